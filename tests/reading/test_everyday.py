"""A handful of the everyday forms that bench/everyday.py makes by seed: exact or asked about, and never wrong."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
HANDFUL = range(900_000, 900_060)


@pytest.fixture(scope="module")
def everyday() -> ModuleType:
    sys.path.insert(0, str(BENCH))
    try:
        spec = importlib.util.spec_from_file_location("everyday", BENCH / "everyday.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules["everyday"] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(BENCH))


def test_everyday_forms_are_read_exactly_or_asked_about(everyday: ModuleType) -> None:
    counts = everyday.score(HANDFUL.start, len(HANDFUL), told=True)
    assert not counts["wrong"] and not counts["doubt missed"]
    assert counts["asked"] <= 1
    assert counts["exact"] and counts["doubt asked"]


def test_a_seed_makes_the_same_form_again(everyday: ModuleType) -> None:
    one, again = everyday.everyday(17), everyday.everyday(17)
    assert (one.figures, one.header, one.how) == (again.figures, again.header, again.how)


def test_the_truth_of_a_form_is_what_its_generator_chose_and_its_checks_hold(everyday: ModuleType) -> None:
    for seed in range(30):
        figures = everyday.everyday(seed).figures
        known = {name: value for name, value in figures.items() if value is not None}
        if {"joint_patrols", "patrols"} <= known.keys():
            assert known["joint_patrols"] <= known["patrols"]


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "零"), (10, "十"), (12, "十二"), (105, "一百零五"), (110, "一百一十"), (1005, "一千零五"), (10_500, "一万零五百"), (63_500, "六万三千五百"), (20_010, "二万零一十")],
)  # fmt: skip
def test_the_generator_writes_numerals_by_the_schoolbook(
    everyday: ModuleType, number: int, written: str
) -> None:
    assert everyday.numeral(number) == written

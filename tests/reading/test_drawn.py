"""What is drawn beside a figure and isn't stored as its text, where the corpus of forms can't show it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.reading.formats.drawn import may_be_figure
from agent.reading.formats.ink import WHITE, of_css, of_hex, visibility
from agent.reading.reading import FileReading

DATA = Path(__file__).parent / "data"
Read = Callable[..., FileReading]


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing")
def test_a_circled_digit_in_an_old_document_makes_its_cell_uncertain(read: Read) -> None:
    """Every cell of that text, since LibreOffice leaves nothing where the field was."""
    reading = read("统计表.doc", (DATA / "circled.doc").read_bytes())
    assert reading.form is not None
    drawn = {one.field for one in reading.findings if one.rule == "drawn"}
    assert drawn == {"people_persuaded", "critically_ill_helped"}
    assert reading.form.values["people_persuaded"] is None


@pytest.mark.parametrize("mark", ["●", "■", "·", "◆", "\uf0b7", "✓", "", "、", "：", ")"])
def test_a_bullet_says_nothing_of_a_figure(mark: str) -> None:
    assert not may_be_figure(mark)


@pytest.mark.parametrize("mark", ["1", "１", "①", "㈠", "a", "一", "-", "—", "−", ".", "，", "+", "\uf081"])
def test_a_mark_that_may_belong_to_a_figure_is_none(mark: str) -> None:
    assert may_be_figure(mark)


@pytest.mark.parametrize(
    ("ink", "ground", "seen"),
    [
        ("FFFFFF", "FFFFFF", "unseen"),
        ("F2F2F2", "FFFFFF", "unseen"),
        ("D9D9D9", "FFFFFF", "faint"),
        ("FFFF00", "FFFFFF", "faint"),
        ("BFBFBF", "FFFFFF", "seen"),
        ("999999", "FFFFFF", "seen"),
        ("00FF00", "FFFFFF", "seen"),
        ("FF0000", "00B050", "seen"),
        ("000000", "111111", "unseen"),
        ("000000", "1F3864", "seen"),
    ],
)
def test_ink_is_seen_by_its_contrast(ink: str, ground: str, seen: str) -> None:
    assert visibility(of_hex(ink), of_hex(ground)) == visibility(of_hex(ground), of_hex(ink)) == seen
    assert visibility(None, of_hex(ground)) == "seen"


@pytest.mark.parametrize(
    "written", ["white", "#fff", "#FFFFFF", "rgb(255, 255, 255)", "rgba(0,0,0,0)", "hsl(0,0%,100%)", "FFFFFF"]
)
def test_white_is_white_however_it_is_written(written: str) -> None:
    assert of_css(written) == WHITE


def test_a_colour_that_isnt_known_is_none() -> None:
    assert [of_css(one) for one in ("windowtext", "", "rgb(", "#12", "x" * 500)] == [None] * 5

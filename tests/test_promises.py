"""docs/promises.md names a test for each promise: each of them is there, and none of the fact's lines is without one."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROMISES = ROOT / "docs" / "promises.md"
NAMED = re.compile(r"`((?:tests|bench)/[\w/]+\.py)(?:::(\w+))?`")

ROWS = [
    line
    for line in PROMISES.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not re.match(r"\| (---|promise|fact) ", line)
]


@functools.cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = [one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(name for name in found if name.startswith("test_"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:60])
def test_what_is_promised_is_tested(row: str) -> None:
    named = NAMED.findall(row.rsplit("|", 2)[1])
    assert any(test for _, test in named), "a line without a test"
    for path, test in named:
        assert (ROOT / path).is_file(), path
        assert not test or test in named_in(path), f"{path}::{test}"


def test_nothing_is_named_in_passing() -> None:
    """A name that is written in another way would not be looked at."""
    text = PROMISES.read_text(encoding="utf-8")
    assert len(ROWS) > 60
    assert len(re.findall(r"\btest_\w+\.py::", text)) == sum(bool(test) for _, test in NAMED.findall(text))

"""Chinese text fills the lines of a terminal, however narrow, and nothing of it is lost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agent.cli.wrapping import breaks

SENTENCE = "表中 13 栏数字都未填写。如是附错了空表（Sheet1!B6），请换上“填好的表”；没有发生的，请填 0。"


def lines(text: str, columns: int) -> list[str]:
    at = [0, *breaks(text, columns), len(text)]
    return [text[start:end].rstrip() for start, end in itertools.pairwise(at)]


@pytest.mark.parametrize("columns", [20, 34, 60, 80])
def test_a_line_is_filled_though_a_number_stands_in_it(columns: int) -> None:
    for line in lines(SENTENCE, columns)[:-1]:
        assert columns - 14 <= cell_len(line) <= columns  # no more is left than the longest piece takes


@pytest.mark.parametrize("columns", range(16, 90))
def test_no_line_begins_with_a_closing_mark_ends_with_an_opening_one_or_breaks_a_word(columns: int) -> None:
    found = lines(SENTENCE, columns)
    assert not any(line[0] in "，。；）”、" for line in found)
    assert not any(line[-1] in "（“" for line in found)
    assert any("Sheet1!B6" in line for line in found)


@given(st.text(), st.integers(12, 60))
def test_whatever_the_text_no_line_is_too_wide_and_all_of_it_is_shown(text: str, columns: int) -> None:
    at = [0, *breaks(text, columns), len(text)]
    assert at == sorted(at)
    assert all(cell_len(line) <= columns for line in lines(text, columns))

"""A sentence of labels and figures without colons: 巡查次数总计15次，联合巡查5次，出动工作人员130人次，…

Knows no form: a paragraph counts where it is nothing but such pairs, and at least so many of them. Anything else is
somebody's account, whose figures are none of a form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

FEWEST = 10
"""Pairs of a paragraph: fewer are said in passing, in an account of the work."""
MOST_LINES = 40
LONGEST = 2000


def in_words(lines: Sequence[str], at: int) -> tuple[int, list[list[str]]]:
    """The line behind the paragraph that begins at a line, and its pairs of label and value; none where it isn't one."""
    if not _FIRST.search(lines[at][:200]):
        return at, []
    end = at
    while end < len(lines) and end - at < MOST_LINES and lines[end].strip():
        end += 1
    paragraph = [line.strip() for line in lines[at:end]]
    if sum(map(len, paragraph)) > LONGEST:
        return at, []
    # A mail program may have broken the lines anywhere; or each pair has a line of its own.
    for text in ("，".join(paragraph), "".join(paragraph)):
        rows = _pairs(text)
        if rows:
            return end, rows
    return at, []


def _pairs(text: str) -> list[list[str]]:
    text = _INTRODUCED.sub("", text)
    pieces = [piece.strip() for piece in _BETWEEN.split(text) if piece.strip()]
    found = [_PAIR.fullmatch(piece) for piece in pieces]
    if len(found) < FEWEST or None in found:
        return []
    return [[match["label"], match["value"].strip()] for match in found if match]


_FIRST = re.compile(r"[\u4e00-\u9fff)）][0-9０-９]")
_INTRODUCED = re.compile(r"^[^:：，,；;。0-9０-９]{0,60}[:：]\s*")
_BETWEEN = re.compile(r"[，,；;。、\n]+(?![0-9０-９])")
_PAIR = re.compile(
    r"(?:[（(]?[0-9]{1,2}[）)]|[0-9]{1,2}[.．、]|[一二三四五六七八九十]{1,3}[、.．])?\s*"
    r"(?P<label>[\u4e00-\u9fff][\u4e00-\u9fff（）()/／ ]{1,24}?)\s*(?:为|是)?\s*"
    r"(?P<value>[0-9０-９][0-9０-９,，.．]*\s*[\u4e00-\u9fff]{0,4})"
)

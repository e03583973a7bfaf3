"""What is written or drawn on the cells of an Excel sheet: comments, text boxes, pictures; and its headers and footers.

None of it is a value: who looks at the sheet sees it on or instead of a figure. Knows one sheet's parts at a time.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from agent.base.errors import Unreadable
from agent.reading.formats.asides import MOST, is_figure, told
from agent.reading.formats.drawn import named
from agent.reading.formats.package import Package
from agent.reading.formats.sheet import column_at
from agent.reading.grid import Cell

if TYPE_CHECKING:
    from lxml.etree import _Element

Place = tuple[int, int]
"""A cell's row and column, from 0."""

MOST_LINES = 5000  # rows whose heights are looked at
WIDE, HIGH = 609_600, 190_500  # of a usual column and row, in EMU
LETTER, POINT = 66_675, 12_700  # a column's width is counted in letters, a row's height in points
LEAST = 0.3  # of a cell's width and height from which it is covered


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is on a sheet's cells: the words written on them, and what hides what is stored."""

    notes: dict[Place, list[str]] = field(default_factory=dict)
    over: dict[Place, str] = field(default_factory=dict)

    def on(self, cells: dict[Place, Cell]) -> dict[Place, Cell]:
        """The cells with what is on them."""
        for place in (*self.notes, *self.over):
            if place in cells:
                cell, over = cells[place], self.over.get(place, "")
                shown = over if f"“{cell.text.strip()}”" not in over else ""  # a box that repeats the figure
                cells[place] = replace(
                    cell, notes=tuple(self.notes.get(place, ())), drawn=named((cell.drawn, shown))
                )
        return cells


def drawn_on(package: Package, sheet: str, part: bytes) -> Drawn:
    """What is written and drawn on the sheet of that part; what can't be read is nothing."""
    drawn = Drawn()
    with contextlib.suppress(Unreadable, ValueError):
        related = [
            (one.kind, one.part) for one in package.relations(sheet).values() if one.part in package.names
        ]
        kinds = {kind for kind, _ in related}
        for kind, name in related:
            if kind == "threadedComment" or (kind == "comments" and "threadedComment" not in kinds):
                _comments(package.xml(name), drawn)
            elif kind == "drawing":
                _drawings(package.xml(name), _Lines.of(part), drawn)
    return drawn


def _comments(root: _Element, drawn: Drawn) -> None:
    for one in islice(root.iter("{*}comment", "{*}threadedComment"), MOST):
        place = _place(one.get("ref", ""))
        if place is not None:
            drawn.notes.setdefault(place, []).extend(told([one]))


def _place(reference: str) -> Place | None:
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", reference)
    return (int(found[2]) - 1, column_at(found[1])) if found else None


# --- drawings --------------------------------------------------------------------------------------------


def _drawings(root: _Element, lines: _Lines, drawn: Drawn) -> None:
    for anchor in islice(root.iter("{*}twoCellAnchor", "{*}oneCellAnchor"), MOST):
        covered = list(_covered(anchor, lines))
        if not covered:
            continue
        words = [text for body in anchor.iter("{*}txBody") for text in told([body])]
        if anchor.find(".//{*}pic") is not None:
            drawn.over.update(dict.fromkeys(covered, "图片"))
        elif any(map(is_figure, words)):
            drawn.over.update(dict.fromkeys(covered, f"文本框“{words[0]}”"))
        elif words and len({column for _, column in covered}) == 1:
            drawn.notes.setdefault(covered[0], []).extend(words)


def _covered(anchor: _Element, lines: _Lines) -> Iterator[Place]:
    """The cells of which a drawing hides enough to be seen instead of them."""
    start, end = anchor.find("{*}from"), anchor.find("{*}to")
    size = anchor.find("{*}ext")
    if start is None:
        return
    rows, columns = (list(_along(start, end, size, lines, kind)) for kind in ("row", "col"))
    for row in rows:
        for column in columns:
            yield row, column


def _along(
    start: _Element, end: _Element | None, size: _Element | None, lines: _Lines, kind: str
) -> Iterator[int]:
    """The rows, or columns, that a drawing covers between its corners."""
    at, offset = _number(start, kind), _number(start, f"{kind}Off")
    last = _number(end, kind) if end is not None else at + MOST
    behind = _number(end, f"{kind}Off") if end is not None else 0
    left = int(size.get("cy" if kind == "row" else "cx", "0")) if size is not None else 0
    for line in range(at, min(last, at + MOST) + 1):
        length = lines.length(kind, line)
        if end is not None:
            shown = (behind if line == last else length) - (offset if line == at else 0)
        else:
            shown = min(left, length - (offset if line == at else 0))
            left -= max(shown, 0)
        if shown >= LEAST * length:
            yield line
        if end is None and left <= 0:
            return


def _number(corner: _Element, name: str) -> int:
    return int(corner.findtext(f"{{*}}{name}") or 0)


@dataclass(frozen=True, slots=True)
class _Lines:
    """How high a sheet's rows and how wide its columns are, where they aren't as usual, in EMU."""

    rows: Mapping[int, int]
    columns: Mapping[int, int]

    @classmethod
    def of(cls, part: bytes) -> _Lines:
        rows = {
            int(number[1]) - 1: int(float(height[1]) * POINT)
            for one in islice(_ROW.finditer(part), MOST_LINES)
            if (number := _R.search(one[0])) and (height := _HT.search(one[0]))
        }
        columns: dict[int, int] = {}
        for one in islice(_COLUMN.finditer(part), MOST):
            first, last, width = (name.search(one[0]) for name in (_MIN, _MAX, _WIDTH))
            if first and last and width:
                span = range(int(first[1]) - 1, min(int(last[1]), int(first[1]) + MOST))
                columns |= dict.fromkeys(span, int(float(width[1]) * LETTER))
        return cls(rows, columns)

    def length(self, kind: str, at: int) -> int:
        return self.rows.get(at, HIGH) if kind == "row" else self.columns.get(at, WIDE)


_ROW, _COLUMN = re.compile(rb"<(?:\w+:)?row\s[^<>]*>"), re.compile(rb"<(?:\w+:)?col\s[^<>]*>")
_R, _HT = re.compile(rb'\sr="(\d{1,7})"'), re.compile(rb'\sht="([\d.]{1,10})"')
_MIN, _MAX, _WIDTH = (re.compile(rb'\s%s="([\d.]{1,12})"' % name) for name in (b"min", b"max", b"width"))


# --- headers and footers ---------------------------------------------------------------------------------


def plain_margin(code: str) -> str:
    """A header's or footer's words, without the codes for where and how they are set (&C&"宋体"&12草稿)."""
    text = _CODES.sub("", _PARTS.sub("\n", code))
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


_PARTS = re.compile("&[LCR]")
_CODES = re.compile(r'&"[^"]*"|&K[0-9A-Fa-f+-]{6}|&\d{1,3}|&[A-Za-z&+-]')

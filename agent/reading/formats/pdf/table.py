"""A page's ruled tables: which letters stand in which cell, and what is uncertain about that.

A spreadsheet's printer lets a long text run over its cell's border and hides the rest with a clip that no reader
sees, so letters go by the run that they are set in, never one by one: a figure cut in two would make two wrong ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from agent.reading.formats.pdf.page import Char, Page, Run, in_a_line

Box = tuple[float, float, float, float]

SAME = 2.5  # points between ruled lines that count as one
MARGIN = 0.35  # points between a letter and the border beside it, at the least
SMALL_MARGIN = (
    0.04  # the same in letters' sizes: a sheet that is made to fit a page shrinks its margins as well
)
THIN = 3.0  # points; a filled rectangle this thin is a line, a thicker one a shade
MARGINS = 11.0  # points that a cell's left and right margins take: 0.19 cm each in Word, WPS and LibreOffice
PROSE = 6  # ideographs from which a cell is prose
CUT = "…"  # stands behind a figure that runs over its cell's border: never read as a number

_FIGURE = re.compile(r"[0-9０-９]")
_IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
_CLOSING = "，,。.．、；;：:）)%％！？”’》"
_OPENING = "（(“‘《，,．."


@dataclass(frozen=True)
class Table:
    """A ruled table.

    Attributes:
        box: on the page, in points.
        rows: for each cell its text, and the text in it that is struck through.
        merges: top, left, bottom and right of cells over several rows or columns, zero-based and inclusive.
        joined: addresses of cells in which a number goes on in the next line.
        edges: where its columns begin, and the last one ends, in points.
    """

    box: Box
    rows: list[list[list[str]]]
    merges: list[list[int]]
    joined: list[str] = field(default_factory=list)
    edges: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell's place in the table and on the page."""

    top: int
    left: int
    bottom: int
    right: int
    box: Box


def tables(page: Page) -> list[Table]:
    """The page's tables with more than one column, from top to bottom."""
    found = _ruled(page.raw.filter(_is_no_shade)) or _ruled(page.raw)
    read = [_table(boxes, page.runs) for boxes in found]
    return sorted((one for one in read if one), key=lambda one: (one.box[1], one.box[0]))


def _is_no_shade(thing: dict[str, Any]) -> bool:
    """Whether something may be a ruled line: a filled rectangle without an outline is one where it is thin."""
    if thing["object_type"] != "rect" or not thing.get("fill") or thing.get("stroke"):
        return True
    return bool(min(thing["width"], thing["height"]) <= THIN)


def _ruled(page: Any) -> list[list[Box]]:
    found: list[list[Box]] = [list(table.cells) for table in page.find_tables()]
    return [boxes for boxes in found if len({round(box[0]) for box in boxes}) > 1]


def _table(boxes: Sequence[Box], runs: Sequence[Run]) -> Table | None:
    cells = _cells(boxes)
    width, height = max(one.right for one in cells) + 1, max(one.bottom for one in cells) + 1
    outline = (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
    rows = [[["", ""] for _ in range(width)] for _ in range(height)]
    joined: list[str] = []
    for cell, held in _filled(cells, runs):
        text, was_joined = _text(held, cell.box)
        rows[cell.top][cell.left] = [text, _struck(held)]
        joined += [f"R{cell.top + 1}C{cell.left + 1}"] if was_joined else []
    merges = [[c.top, c.left, c.bottom, c.right] for c in cells if (c.top, c.left) != (c.bottom, c.right)]
    edges = [*_steps(box[0] for box in boxes), outline[2]]
    return Table(outline, rows, merges, joined, edges)


def _cells(boxes: Sequence[Box]) -> list[_Cell]:
    columns, lines = _steps(box[0] for box in boxes), _steps(box[1] for box in boxes)
    ends, floors = [*columns, max(b[2] for b in boxes)], [*lines, max(b[3] for b in boxes)]
    cells = []
    for box in boxes:
        left, top = _nearest(columns, box[0]), _nearest(lines, box[1])
        right, bottom = _nearest(ends, box[2]) - 1, _nearest(floors, box[3]) - 1
        cells.append(_Cell(top, left, max(top, bottom), max(left, right), box))
    return cells


def _steps(places: Iterator[float]) -> list[float]:
    """The different places, those that are as good as the same counted once."""
    steps: list[float] = []
    for place in sorted(places):
        if not steps or place - steps[-1] > SAME:
            steps.append(place)
    return steps


def _nearest(steps: Sequence[float], place: float) -> int:
    return min(range(len(steps)), key=lambda at: abs(steps[at] - place))


# --- letters into cells ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Held:
    """What stands in a cell: its runs, and whether one of them runs over a border."""

    runs: list[Run] = field(default_factory=list)
    cut: bool = False


def _filled(cells: Sequence[_Cell], runs: Sequence[Run]) -> Iterator[tuple[_Cell, _Held]]:
    held: dict[int, _Held] = {}
    for run in _whole(runs, cells):
        places = [_place(cells, char.middle) for char in run.chars if char.text.strip()]
        inside = [at for at in dict.fromkeys(places) if at is not None]
        if not inside:
            continue
        home = inside[0] if len(inside) == 1 else _home(run, inside, cells)
        one = held.setdefault(home, _Held())
        one.runs.append(run)
        one.cut |= len(set(places)) > 1 or _over_the_edge(run, cells[home].box)
    for at, one in sorted(held.items()):
        yield cells[at], one


def _whole(runs: Sequence[Run], cells: Sequence[_Cell]) -> Iterator[Run]:
    """The runs, parted where a ruled line stands in a gap between two letters: there two cells' margins meet."""
    edges = sorted({edge for cell in cells for edge in (cell.box[0], cell.box[2])})
    for run in runs:
        part: list[Char] = []
        for char in run.chars:
            margin = min(MARGIN, SMALL_MARGIN * char.size)
            if part and any(part[-1].x1 + margin < edge < char.x0 - margin for edge in edges):
                yield Run(tuple(part))
                part = []
            part.append(char)
        yield Run(tuple(part))


def _place(cells: Sequence[_Cell], point: tuple[float, float]) -> int | None:
    across, down = point
    for at, cell in enumerate(cells):
        x0, top, x1, bottom = cell.box
        if x0 <= across < x1 and top <= down < bottom:
            return at
    return None


def _home(run: Run, inside: Sequence[int], cells: Sequence[_Cell]) -> int:
    """The cell that an overflowing run belongs to: where it begins at the margin, else ends at it, else its middle."""
    x0, _, x1, _ = run.box
    begins = next((at for at in inside if 0 <= x0 - cells[at].box[0] < MARGINS / 2 + 1), None)
    if begins is not None:
        return begins
    ends = next((at for at in inside if 0 <= cells[at].box[2] - x1 < MARGINS / 2 + 1), None)
    if ends is not None:
        return ends
    middle = (x0 + x1) / 2
    return min(inside, key=lambda at: abs((cells[at].box[0] + cells[at].box[2]) / 2 - middle))


def _over_the_edge(run: Run, box: Box) -> bool:
    """Whether part of the run lies so far outside its cell that a clip may hide some of it."""
    x0, top, x1, bottom = run.box
    quarter = (bottom - top) / 4
    return (
        x0 < box[0] - quarter or x1 > box[2] + quarter or top < box[1] - quarter or bottom > box[3] + quarter
    )


# --- a cell's text ---------------------------------------------------------------------------------------


def _text(held: _Held, box: Box) -> tuple[str, bool]:
    """The text that counts, and whether a number was put together from two lines."""
    lines = _lines([char for run in held.runs for char in run.chars])
    counted = [[char for char in line if not char.struck] for line in lines]
    lines = [line for line, kept in zip(lines, counted, strict=True) if kept]
    if not lines:
        return "", False
    prose = sum(len(_IDEOGRAPH.findall(in_a_line(line))) for line in lines) >= PROSE
    text, joined = _shown(lines[0]), False
    for last, line in pairwise(lines):
        more = _shown(line)
        if _goes_on(last, line, box, prose):
            joined |= bool(_FIGURE.search(last[-1].text + line[0].text)) and not prose
            text += more
        else:
            text += "\n" + more
    overlapping = any(_overlaps(line) for line in lines)
    if (held.cut or overlapping) and not prose and _FIGURE.search(text):
        text += CUT
    return text, joined


def _shown(line: Sequence[Char]) -> str:
    return in_a_line([char for char in line if not char.struck]).strip()


def _struck(held: _Held) -> str:
    return "\n".join(
        in_a_line(line) for line in _lines([c for run in held.runs for c in run.chars if c.struck])
    )


def _lines(chars: Sequence[Char]) -> list[list[Char]]:
    lines: list[list[Char]] = []
    for char in sorted((one for one in chars if one.text.strip()), key=lambda one: one.bottom):
        if lines and char.bottom - lines[-1][-1].bottom < 0.5 * char.size:
            lines[-1].append(char)
        else:
            lines.append([char])
    return [sorted(line, key=lambda one: one.x0) for line in lines]


def _goes_on(last: Sequence[Char], line: Sequence[Char], box: Box, prose: bool) -> bool:
    """Whether a line is the rest of the one above it, and not a paragraph of its own.

    Nothing begins with a closing mark or goes on behind an opening one; else the line above must be so full that
    what follows had no room in it.
    """
    ends, begins = last[-1].text, line[0].text
    if begins in _CLOSING or ends in _OPENING:
        return True
    latin = ends.isascii() and ends.isalpha() and begins.isascii() and begins.isalpha()
    if latin:
        return False
    taken = last[-1].x1 - last[0].x0
    room = box[2] - box[0] - (MARGINS + 1 if not prose else 2 * MARGINS)
    return taken + (line[0].x1 - line[0].x0) > room


def _overlaps(line: Sequence[Char]) -> bool:
    """Whether letters lie on each other: one text set over another, of which only one may be seen."""
    pairs = pairwise(line)
    return any(
        second.x0 < first.x1 - 0.5 * min(first.x1 - first.x0, second.x1 - second.x0)
        for first, second in pairs
    )

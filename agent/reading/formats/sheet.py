"""A worksheet's grid from the cells that hold something, however far apart they stand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from agent.reading.grid import Cell, Grid, Merge
from agent.reading.limits import Limits
from agent.reading.refusals import too_large

FLAT = 2.0  # points; a row kept lower isn't meant to be seen
NARROW = 0.2  # letters; nor is a narrower column
NO_ZEROS = "0;-0;"  # how a number shows on a sheet that leaves zeros blank
LONGEST_GAP = 3  # blank rows in a row that a grid keeps; cells carry their own addresses
MOST_MERGES = 20_000
WIDEST_FILL = 64  # every used row has at least as many cells as the sheet is wide, up to this


def sheet_grid(
    name: str,
    cells: Mapping[tuple[int, int], Cell],
    merges: Iterable[Merge],
    limits: Limits,
    hidden: bool = False,
) -> Grid:
    """The grid of a worksheet.

    Long runs of blank rows are shortened, and merged ranges clipped to what holds something, so that neither
    a million formatted rows nor a merge over a whole column costs anything.

    Args:
        name: the sheet's.
        cells: those that hold something, by zero-based row and column.
        merges: merged ranges in the sheet's rows and columns, zero-based.
        limits: how many cells may be.
        hidden: whether the sheet is.
    """
    if not cells:
        return Grid(name=name, rows=(), hidden=hidden)
    used = sorted({row for row, _ in cells})
    width = max(column for _, column in cells) + 1
    place = _places(used)
    merges = _bounded(merges, limits)
    clipped = [one for one in (_clip(merge, used, width) for merge in merges) if one]
    rows = _rows(_without_covered(cells, merges, used), place, min(width, WIDEST_FILL), limits)
    moved = tuple(
        Merge(place[merge.top], merge.left, place[merge.bottom], merge.right)
        for merge in clipped
        if (merge.top, merge.left) != (merge.bottom, merge.right)
    )
    return Grid(name=name, rows=rows, merges=moved, hidden=hidden)


def address(row: int, column: int) -> str:
    """``B6`` for row 5 and column 1, both zero-based."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def column_at(letters: str) -> int:
    """A column's number, from 0, by its letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def decimal_text(number: Decimal) -> str:
    """A stored number as a cell of format General shows it, without exponent."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact(number: float | int) -> Decimal:
    """The stored number as its shortest decimal form."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def _bounded(merges: Iterable[Merge], limits: Limits) -> list[Merge]:
    listed = list(merges)
    if len(listed) > min(MOST_MERGES, limits.cells):
        raise too_large("合并的单元格太多")
    return listed


def _places(used: list[int]) -> dict[int, int]:
    """Each used row's place in the grid."""
    place: dict[int, int] = {}
    at = min(used[0], LONGEST_GAP)
    for previous, row in zip([None, *used], used, strict=False):
        if previous is not None:
            at += 1 + min(row - previous - 1, LONGEST_GAP)
        place[row] = at
    return place


def _clip(merge: Merge, used: list[int], width: int) -> Merge | None:
    """The merge between the first and the last used row and column that it covers, or None."""
    first, end = bisect_left(used, merge.top), bisect_right(used, merge.bottom)
    if first >= end or merge.left >= width:
        return None
    return Merge(used[first], merge.left, used[end - 1], min(merge.right, width - 1))


def _without_covered(
    cells: Mapping[tuple[int, int], Cell], merges: list[Merge], used: list[int]
) -> dict[tuple[int, int], Cell]:
    """The cells, with those under a merged range emptied: what is stored there is not to be seen."""
    by_row: dict[int, list[Merge]] = defaultdict(list)
    for merge in merges:
        for row in used[bisect_left(used, merge.top) : bisect_right(used, merge.bottom)]:
            by_row[row].append(merge)
    shown = {}
    for (row, column), cell in cells.items():
        covered = any(
            merge.left <= column <= merge.right and (row, column) != (merge.top, merge.left)
            for merge in by_row.get(row, ())
        )
        shown[row, column] = _emptied(cell) if covered else cell
    return shown


def _emptied(cell: Cell) -> Cell:
    return replace(
        cell, kind="empty", text="", number=None, date=None, withheld=cell.withheld or cell.text, struck=False
    )


def _rows(
    cells: Mapping[tuple[int, int], Cell], place: Mapping[int, int], width: int, limits: Limits
) -> tuple[tuple[Cell, ...], ...]:
    """All rows; a used one reaches to its last cell that holds something, and at least to ``width``."""
    columns: dict[int, list[int]] = defaultdict(list)
    for row, column in cells:
        columns[row].append(column)
    lengths = {row: max(width, max(filled) + 1) for row, filled in columns.items()}
    if sum(lengths.values()) > limits.cells:
        raise too_large("单元格太多")
    rows: list[tuple[Cell, ...]] = [()] * (max(place.values()) + 1)
    for row, length in lengths.items():
        rows[place[row]] = tuple(
            cells.get((row, column)) or Cell(address(row, column)) for column in range(length)
        )
    return tuple(rows)

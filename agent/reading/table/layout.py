"""A grid's cells with the rectangle that each fills, upright or turned on its side.

Merged ranges become one cell; what is hidden or struck through becomes an empty one, so that nothing behind this
room can take it for a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from agent.reading.grid import Cell, Document, Grid, Merge


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell and the rows and columns that it fills, ends exclusive."""

    cell: Cell
    top: int
    left: int
    bottom: int
    right: int

    @property
    def empty(self) -> bool:
        return _is_empty(self.cell)

    @property
    def text(self) -> str:
        """The text of a text cell; empty for all else."""
        return self.cell.text if self.cell.kind == "text" else ""

    def overlaps(self, left: int, right: int) -> bool:
        return self.left < right and left < self.right

    def turned(self) -> Placed:
        return Placed(self.cell, self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class Table:
    """A grid laid out.

    Attributes:
        grid: where it comes from.
        rows: the cells by the row that they begin in, from left to right; covered cells are left out.
        ragged: a row's cells may stand a little beside their headings (Word): see rows.align.
        turned: rows and columns have changed places.
    """

    grid: Grid
    rows: tuple[tuple[Placed, ...], ...]
    ragged: bool = False
    turned: bool = False

    def cells(self, start: int, stop: int) -> Iterator[Placed]:
        for row in self.rows[start:stop]:
            yield from row


def upright(grid: Grid) -> Table:
    """The grid as it stands."""
    rows = tuple(tuple(row) for row in _placed(grid, by_ordinal=False))
    return Table(grid, rows, ragged=bool(grid.columns))


def turned(grid: Grid) -> Table:
    """The grid with rows and columns exchanged: a row for each indicator becomes a column for each."""
    # Where all rows have as many cells, a Word table's ordinals are surer than its spans.
    by_ordinal = bool(grid.columns) and len({len(row) for row in grid.rows}) == 1
    rows: dict[int, list[Placed]] = {}
    for row in _placed(grid, by_ordinal):
        for placed in row:
            rows.setdefault(placed.left, []).append(placed.turned())
    height = max(rows, default=-1) + 1
    return Table(grid, tuple(tuple(rows.get(at, ())) for at in range(height)), turned=True)


def revealed(document: Document) -> Document | None:
    """The document with everything hidden or struck through shown; None where there is nothing of the kind."""
    if not any(_conceals(grid) for grid in document.grids):
        return None
    grids = (
        replace(grid, hidden=False, rows=tuple(tuple(map(_reveal, row)) for row in grid.rows))
        for grid in document.grids
    )
    return replace(document, grids=tuple(grids))


def concealed(cell: Cell) -> bool:
    """Whether a cell holds something that doesn't count because nobody sees it as valid."""
    return bool(cell.withheld.strip()) or ((cell.hidden or cell.struck) and cell.kind != "empty")


def _conceals(grid: Grid) -> bool:
    return grid.hidden or any(concealed(cell) for row in grid.rows for cell in row)


def _reveal(cell: Cell) -> Cell:
    if not concealed(cell):
        return cell
    if not cell.withheld.strip():
        return replace(cell, hidden=False, struck=False)
    return Cell(cell.address, "text", cell.text + cell.withheld, number_format=cell.number_format)


def _placed(grid: Grid, by_ordinal: bool) -> Iterator[list[Placed]]:
    anchors = {(merge.top, merge.left): merge for merge in grid.merges}
    covering = _by_row(grid.merges, len(grid.rows))
    by_span = bool(grid.columns)
    for at, row in enumerate(grid.rows):
        placed: list[Placed] = []
        merges = covering.get(at, ())
        for ordinal, (left, right, cell) in enumerate(_spans(grid, at, row)):
            merge = anchors.get((at, left))
            if merge is None and _is_empty(cell) and any(_covers(one, left, by_span) for one in merges):
                continue
            bottom = min(merge.bottom + 1, len(grid.rows)) if merge else at + 1
            right = max(right, merge.right + 1) if merge else right
            if by_ordinal:
                left, right = ordinal, ordinal + 1
            placed.append(Placed(_visible(cell), at, left, max(bottom, at + 1), right))
        yield placed


def _spans(grid: Grid, at: int, row: Iterable[Cell]) -> Iterator[tuple[int, int, Cell]]:
    spans = grid.columns[at] if at < len(grid.columns) else ()
    end = 0
    for ordinal, cell in enumerate(row):
        left, right = spans[ordinal] if ordinal < len(spans) else (max(end, ordinal), max(end, ordinal) + 1)
        end = max(right, left + 1)
        yield left, end, cell


def _covers(merge: Merge, left: int, by_span: bool) -> bool:
    # In Word each row has a cell of its own for a merge that goes on; its neighbour begins elsewhere.
    return merge.left == left if by_span else merge.left <= left <= merge.right


def _is_empty(cell: Cell) -> bool:
    return cell.kind == "empty" or (cell.kind == "text" and not cell.text.strip())


def _by_row(merges: tuple[Merge, ...], height: int) -> dict[int, list[Merge]]:
    rows: dict[int, list[Merge]] = {}
    if sum(min(merge.bottom + 1, height) - merge.top for merge in merges) > _MOST_COVERED:
        return rows  # no form anybody filled in: its covered cells read as blank ones
    for merge in merges:
        for at in range(merge.top, min(merge.bottom + 1, height)):
            rows.setdefault(at, []).append(merge)
    return rows


def _visible(cell: Cell) -> Cell:
    return Cell(cell.address) if cell.hidden or cell.struck else cell


_MOST_COVERED = 2_000_000

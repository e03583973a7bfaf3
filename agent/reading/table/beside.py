"""Finds what in a document's tables carries labels of the form and isn't the form: tables beside it, or right below it.

What they state is second_tables.py's; here is only which rows of which table are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from agent.campaign.units import Register
from agent.reading.grid import Grid
from agent.reading.reading import Stated
from agent.reading.table import reporter
from agent.reading.table.columns import Header, every_header, of_the_form, title_begin
from agent.reading.table.labels import LabelBook
from agent.reading.table.layout import Table, turned, upright
from agent.reading.table.misread import with_labels_mended
from agent.reading.table.part import Part
from agent.reading.table.second_tables import MOST_ROWS, stated_in_cells

MOST_TABLES = 300  # of a document that are looked at
MOST_LABELS = 200  # cells with labels in one table; more are no correction, and no breakdown
MOST_IN_CELLS = 100  # rows of a table whose cells hold label and figure together


@dataclass(frozen=True, slots=True)
class BesideForm:
    """What it takes to read such tables.

    Attributes:
        book: the campaign's labels.
        register: whose units a row may name.
        unit: the form's own, as it writes it; of a table of several units only its rows count.
        part_of: a part of a laid-out table, from its header, its first row and the row behind its last.
        stated: what a part states of the form's figures.
    """

    book: LabelBook
    register: Register
    unit: str | None
    part_of: Callable[[Table, Header, int, int], Part]
    stated: Callable[[Part], Stated | None]


def stated_beside(grids: Sequence[Grid], by: BesideForm) -> Iterator[tuple[int, Stated]]:
    """What tables that aren't the form state of its figures, each with its grid's place."""
    for at, grid in enumerate(grids[:MOST_TABLES]):
        above = grids[at - 1].lines_after if at and not grid.lines_before else ()
        grid = replace(grid, lines_before=above) if above else grid
        parts = list(_small_parts(grid, by))
        yield from ((at, one) for part in parts if (one := by.stated(_own_rows(part, by))) is not None)
        few = not parts and len(grid.rows) <= MOST_IN_CELLS
        if few and not _has_labels(grid, by.book) and (one := stated_in_cells(grid, by.book.campaign)):
            yield at, one


def _small_parts(grid: Grid, by: BesideForm) -> Iterator[Part]:
    """The parts of a table with labels of the form that aren't the form: such a table, or one below the form."""
    grid = with_labels_mended(grid, by.book)
    if len(grid.rows) > MOST_ROWS or not 1 <= _labels(grid, by.book) <= MOST_LABELS:
        return
    for lay_out in (upright, turned):
        table = lay_out(grid)
        every = every_header(table, by.book)
        forms = of_the_form(every, by.book)
        begins = [title_begin(table, one, every[at - 1].bottom if at else 0) for at, one in enumerate(every)]
        for header, begin, stop in zip(every, begins, [*begins[1:], len(table.rows)], strict=False):
            if header not in forms and (not forms or header.top > forms[0].bottom):
                yield replace(by.part_of(table, header, begin, stop), inside=bool(forms))
        if every:
            return


def _has_labels(grid: Grid, book: LabelBook) -> bool:
    return _labels(grid, book) > 0 and any(every_header(lay_out(grid), book) for lay_out in (upright, turned))


def _labels(grid: Grid, book: LabelBook) -> int:
    """How many cells are labels of figures."""
    cells = (cell for row in grid.rows for cell in row)
    return sum(cell.kind == "text" and book.role(cell.text) != "none" for cell in cells)


def _own_rows(part: Part, by: BesideForm) -> Part:
    """The part; where its rows name several units, only those of the form's own."""
    rows, _ = reporter.rows_by_unit(part.body.rows, by.register)
    if len(rows) < 2:
        return part
    own = by.register.in_form(by.unit).unit if by.unit else None
    return replace(part, body=replace(part.body, rows=rows.get(own.id, ()) if own else ()))

"""One form's part of a table, and what is written around its figures: titles, headings above, notes, lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.reading.table.columns import Column, Header
from agent.reading.table.counting import Counted
from agent.reading.table.heading import Heading
from agent.reading.table.layout import Placed, Table, upright
from agent.reading.table.rows import Body

TITLE_LINES = 5  # lines above a table among which its title is looked for


@dataclass(frozen=True, slots=True)
class Part:
    """One form's part of a table: its header, what stands below it, and the header values around it.

    ``begin`` is the row behind the part before it; ``inside``: it stands in the same table, below a form;
    ``counted``: which of its rows are counted, where no one row is marked as the total.
    """

    table: Table
    begin: int
    header: Header
    body: Body
    heading: Heading
    inside: bool = False
    counted: Counted | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        """What may be its title: the sheet's name, the lines above the table, and the rows above the header."""
        grid = self.table.grid
        above = () if self.table.turned else self.table.cells(self.begin, self.header.top)
        return (grid.name, *grid.lines_before[-TITLE_LINES:], *(cell.text for cell in above if cell.text))

    def above(self, column: Column) -> Iterator[str]:
        """What stands above a column's label: in its heading, and in the rows above the header."""
        yield from column.text.split("/")
        for cell in self.table.cells(self.begin, self.header.top):
            if cell.text and cell.overlaps(column.left, column.right):
                yield cell.text

    @property
    def notes(self) -> tuple[str, ...]:
        """What is written among the figures and isn't one: remarks, and what other columns say beside them.

        In a turned form also the rows that name no field.
        """
        remarks = [text for row in self.body.rows for text in (*row.remarks, *row.names)]
        remarks += [text for _, text in self.body.remarks]
        if not self.table.turned:
            return tuple(remarks)
        stop = len(self.table.rows)
        beside = (cell.text for cell in self.table.cells(self.header.bottom, stop) if cell.text.strip())
        return tuple(dict.fromkeys((*remarks, *beside, *map(_joined, self.beside))))

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands above and below: the lines around the table, and its rows that hold no figures."""
        grid = self.table.grid
        return (*grid.lines_before, *self.rows_beside, *grid.lines_after)

    @property
    def every_line(self) -> tuple[str, ...]:
        """The same, whichever way the form stands."""
        grid = self.table.grid
        return (*grid.lines_before, *map(_joined, self.beside), *grid.lines_after)

    @property
    def rows_beside(self) -> tuple[str, ...]:
        """The table's rows that hold no figures, each as a line; of a turned form they are notes."""
        return () if self.table.turned else tuple(map(_joined, self.beside))

    @property
    def beside(self) -> list[Sequence[Placed]]:
        """The table's rows as they stand that hold neither labels nor figures of the form."""
        if not self.table.turned:
            own = [*range(self.begin, self.header.top), *self.body.lines]
            return [self.table.rows[at] for at in own]
        used = {
            at for column in self.header.columns if column.match for at in range(column.left, column.right)
        }
        return [row for at, row in enumerate(upright(self.table.grid).rows) if at not in used]


def _joined(row: Sequence[Placed]) -> str:
    return "：".join(cell.text for cell in row if cell.text.strip())

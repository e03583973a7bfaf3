"""Comma- and tab-separated text (.csv, .tsv)."""

from __future__ import annotations

import csv
from io import StringIO

from agent.reading.formats.flow import text_cell
from agent.reading.formats.sheet import LONGEST_GAP
from agent.reading.formats.text import decode
from agent.reading.grid import Cell, Document, Grid
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, too_large

LONGEST_CELL = 200_000


def read_delimited(data: bytes, budget: Budget) -> Document:
    """The one table of the file.

    Raises:
        Unreadable: neither UTF-8, UTF-16 nor GB18030, or over the bounds.
    """
    text = decode(data)
    csv.field_size_limit(LONGEST_CELL)
    rows: list[tuple[Cell, ...]] = []
    cells = blank = 0
    try:
        for number, texts in enumerate(csv.reader(StringIO(text), delimiter=_delimiter(text)), 1):
            cells += len(texts)
            blank = 0 if any(texts) else blank + 1
            if blank > LONGEST_GAP:  # a cell says itself in which line it stands
                continue
            if cells > budget.limits.cells:
                raise too_large("单元格太多")
            rows.append(
                tuple(text_cell(f"R{number}C{column}", cell.strip()) for column, cell in enumerate(texts, 1))
            )
    except csv.Error as error:
        raise damaged() from error
    return Document(grids=(Grid(name="表1", rows=tuple(rows)),))


def _delimiter(text: str) -> str:
    """What stands most often in the first lines."""
    beginning = "\n".join(text.split("\n")[:20])
    return max(("\t", ",", ";", "，"), key=lambda one: (beginning.count(one), one == ","))

"""A converted workbook's numbers as the original stores them, by python-calamine.

LibreOffice knows the formats and computes formulas anew; calamine knows what is stored and no formats: what a unit
wrote is the stored result in the cell's own format.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.reading.formats.formulas import OUT_OF_DATE, same
from agent.reading.formats.sheet import decimal_text, exact
from agent.reading.grid import Cell, Document, Grid
from agent.reading.refusals import damaged

Stored = Mapping[str, list[list[Any]]]


def with_stored_results(document: Document, data: bytes) -> Document:
    """The document with the stored numbers; one without a stored result is told as such.

    Raises:
        Unreadable: damaged.
    """
    import python_calamine

    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        stored = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }
    except Exception as error:  # calamine's own errors share no base
        raise damaged() from error
    return replace(document, grids=tuple(_grid(grid, stored) for grid in document.grids))


def _grid(grid: Grid, stored: Stored) -> Grid:
    rows = stored.get(grid.name, [])
    return replace(grid, rows=tuple(tuple(_cell(cell, rows) for cell in row) for row in grid.rows))


def _cell(cell: Cell, rows: list[list[Any]]) -> Cell:
    if cell.kind != "number":
        return cell
    value = _at(cell.address, rows)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return replace(cell, kind="no_result", text="", number=None)
    number = exact(value)
    if cell.number is None or same(cell.number, number):
        return replace(cell, number=number, text=decimal_text(number))
    # What LibreOffice works out from the same formula is another figure.
    return replace(cell, number=number, text=decimal_text(number), drawn=OUT_OF_DATE)


def _at(address: str, rows: list[list[Any]]) -> Any:
    letters = address.rstrip("0123456789")
    row, column = int(address[len(letters) :]) - 1, 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    line = rows[row] if row < len(rows) else []
    return line[column - 1] if column <= len(line) else None

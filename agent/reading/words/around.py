"""The words around a form in its own file, each with its place: remarks, comments, lines, margins, other sheets.

Knows documents and where a form stands in them; what the words say is doubting.py's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from agent.reading.cell.folding import squeeze, trim
from agent.reading.grid import Cell, Document, Grid
from agent.reading.table.part import Part
from agent.reading.table.rows import Row
from agent.reading.words.doubting import Manner, Words

LONG_TEXT = 400  # characters of a document's text from which it is an account
LONG_LINE = 80  # characters from which a line is
FEW_CELLS = 12  # texts of a sheet beside the form's up to which they are notes, and no list of something


def in_document(document: Document, parts: Sequence[Part]) -> Iterator[Words]:
    """The words of a document that holds the form in those parts."""
    telling = len(squeeze(document.text)) > LONG_TEXT
    for part in parts:
        yield from in_part(part, part.body.rows, telling)
    on_cells = {note for grid in document.grids for row in grid.rows for cell in row for note in cell.notes}
    for text in document.asides:
        if text not in on_cells:
            yield Words(text, "批注或文本框")
    for text in document.margins:
        yield Words(text, "页眉、页脚或水印", manner="line")
    tables = [part.table.grid.name for part in parts]
    for grid in document.grids:
        if not grid.hidden and grid.name not in tables:
            yield from _on_another_sheet(grid)
    said = {line for part in parts for line in part.lines}
    for line in document.text.split("\n"):
        if line.strip() and line not in said:
            yield Words(line, "正文", manner="account")


def in_part(part: Part, rows: Sequence[Row], telling: bool = False) -> Iterator[Words]:
    """The words around one form's figures, those of its rows among them.

    ``telling``: the form stands in an account, of which the lines next to it are a piece.
    """
    yield from _on_cells(part, rows)
    several = len(rows) > 1
    of_all = [text for row in rows if row.level for text in row.remarks]
    for text in (*of_all, *(one for one in part.notes if one not in of_all)):
        yield Words(text, "备注", of_a_row=several and text not in of_all)
    lines = part.table.grid
    for place, texts in (
        ("表上方", lines.lines_before),
        ("表中", part.rows_beside),
        ("表下方", lines.lines_after),
    ):
        for text in texts:
            yield Words(text, place, manner="line", telling=telling or len(text) > LONG_LINE)


def _on_cells(part: Part, rows: Sequence[Row]) -> Iterator[Words]:
    """What is written on the table's cells: on a figure's, or on its label's, it is about that figure."""
    about = dict(_figures(part, rows))
    for cell in (cell for row in part.table.grid.rows for cell in row if cell.notes and not cell.hidden):
        field, figure = about.get(cell.address, (None, None))
        for text in cell.notes:
            yield Words(text, "批注或文本框", field, figure=figure)


def _figures(part: Part, rows: Sequence[Row]) -> Iterator[tuple[str, tuple[str, Decimal | None]]]:
    """The cells of figures and of their labels by address: which figure, and the cell's own where there are rows."""
    columns = part.header.columns
    for placed in part.table.cells(part.header.top, part.header.bottom):
        heads = [one.match for one in columns if one.match and placed.overlaps(one.left, one.right)]
        if len(heads) == 1 and heads[0].field.is_figure:
            yield placed.cell.address, (heads[0].field.id, None)
    for row in rows:
        for at, cell in row.cells.items():
            match = columns[at].match
            if match and match.field.is_figure:
                yield cell.address, (match.field.id, _number(cell) if len(rows) > 1 else None)


def _number(cell: Cell) -> Decimal | None:
    if cell.number is not None:
        return cell.number
    text = trim(cell.text)
    return Decimal(text) if text.isascii() and text.isdecimal() else None


def _on_another_sheet(grid: Grid) -> Iterator[Words]:
    texts = [
        cell.text
        for row in grid.rows
        for cell in row
        if cell.kind == "text" and not (cell.hidden or cell.struck)
    ]
    notes = [text for row in grid.rows for cell in row for text in cell.notes if not cell.hidden]
    place = f"工作表“{grid.name}”" if grid.in_workbook else f"“{grid.name}”"
    manner: Manner = "note" if len(texts) <= FEW_CELLS else "account"
    for text in texts:
        yield Words(text, place, manner=manner)
    for text in notes:
        yield Words(text, f"{place}的批注")

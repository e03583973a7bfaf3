"""Old Excel workbooks (.xls, WPS's .et), by xlrd with its formatting."""

from __future__ import annotations

import io
from typing import Any

from agent.reading.folding import RAISED, level
from agent.reading.formats.embedded import in_compound
from agent.reading.formats.limits import Budget
from agent.reading.formats.refusals import damaged, encrypted, too_large
from agent.reading.formats.sheet import address, decimal_text, exact, sheet_grid
from agent.reading.grid import Cell, Document, Grid, Merge

BLANK = (0, 6)
TEXT, NUMBER, DATE, BOOLEAN, ERROR = 1, 2, 3, 4, 5


def read_xls(data: bytes, budget: Budget) -> Document:
    """The workbook's sheets as grids, hidden ones marked.

    Raises:
        Unreadable: damaged, with a password, or over the bounds.
    """
    book = _open(data)
    try:
        grids = tuple(_grid(book, sheet, budget) for sheet in book.sheets())
    except (IndexError, KeyError) as error:  # a cell names a style, a font or a text that isn't there
        raise damaged() from error
    inside = in_compound(data, budget, pool="MBD")
    return Document(grids=grids, files=inside.files, unread=inside.unread)


def _open(data: bytes) -> Any:
    import xlrd

    try:
        return xlrd.open_workbook(
            file_contents=data, formatting_info=True, logfile=io.StringIO(), ragged_rows=True
        )
    except xlrd.XLRDError as error:
        raise (encrypted() if "encrypt" in str(error).lower() else damaged()) from error
    except Exception as error:  # xlrd unpacks whatever the records claim
        raise damaged() from error


def _grid(book: Any, sheet: Any, budget: Budget) -> Grid:
    hidden_sheet = sheet.visibility != 0
    hidden_rows = {row for row, info in sheet.rowinfo_map.items() if info.hidden}
    hidden_columns = {column for column, info in sheet.colinfo_map.items() if info.hidden or info.width == 0}
    cells: dict[tuple[int, int], Cell] = {}
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind in BLANK:
                continue
            hidden = hidden_sheet or row in hidden_rows or column in hidden_columns
            cell = _cell(book, sheet, row, column, hidden)
            if cell is not None:
                cells[row, column] = cell
        if len(cells) > budget.limits.cells:
            raise too_large("单元格太多")
    merges = [Merge(top, left, end - 1, right - 1) for top, end, left, right in sheet.merged_cells]
    return sheet_grid(sheet.name, cells, merges, budget.limits, hidden=hidden_sheet)


def _cell(book: Any, sheet: Any, row: int, column: int, hidden: bool) -> Cell | None:
    place, kind, value = address(row, column), sheet.cell_type(row, column), sheet.cell_value(row, column)
    style = book.xf_list[sheet.cell_xf_index(row, column)]
    code = book.format_map[style.format_key].format_str if style.format_key in book.format_map else "General"
    hidden = hidden or code.strip() == ";;;"
    struck = bool(book.font_list[style.font_index].struck_out)
    if kind == TEXT:
        text, withheld = _text(book, sheet, row, column, value, struck)
        if not text and not withheld:
            return None
        whole = bool(withheld) and not text.strip()
        return Cell(
            place,
            "text" if text else "empty",
            text,
            number_format=code,
            hidden=hidden,
            struck=whole,
            withheld=withheld,
        )
    if kind == NUMBER:
        number = exact(value)
        text = decimal_text(number)
        return Cell(place, "number", text, number, None, code, hidden, struck, text if struck else "")
    if kind == DATE:
        return _date(book, place, value, code, hidden, struck)
    if kind == BOOLEAN:
        return Cell(place, "boolean", "TRUE" if value else "FALSE", None, None, code, hidden, struck)
    return Cell(place, "error", _error(value), None, None, code, hidden, struck)


def _date(book: Any, place: str, value: float, code: str, hidden: bool, struck: bool) -> Cell:
    import xlrd

    try:
        moment = xlrd.xldate_as_datetime(value, book.datemode)
    except (xlrd.XLDateError, OverflowError, ValueError):
        return Cell(place, "error", "####", None, None, code, hidden, struck)
    if value < 1:  # a time of day
        return Cell(place, "date", moment.time().isoformat("seconds"), None, None, code, hidden, struck)
    whole = value == int(value)
    text = moment.date().isoformat() if whole else moment.isoformat(" ", "seconds")
    return Cell(place, "date", text, None, moment.date(), code, hidden, struck, text if struck else "")


def _error(code: int) -> str:
    import xlrd

    return str(xlrd.error_text_from_code.get(code, "#ERR!"))


def _text(book: Any, sheet: Any, row: int, column: int, value: str, struck: bool) -> tuple[str, str]:
    """The text that counts, and what is struck through, by the cell's runs of fonts."""
    runs = sheet.rich_text_runlist_map.get((row, column)) or []
    fonts = [(offset, book.font_list[font]) for offset, font in runs]
    starts = [
        (0, struck, ""),
        *((at, bool(one.struck_out), RAISED * bool(one.escapement)) for at, one in fonts),
    ]
    kept: list[str] = []
    withheld: list[str] = []
    for (start, off, mark), (end, *_) in zip(starts, [*starts[1:], (len(value), False, "")], strict=True):
        (withheld if off else kept).append(mark + value[start:end] + mark)
    return _lines("".join(kept)), _lines("".join(withheld))


def _lines(text: str) -> str:
    return level(text).replace("\r\n", "\n").replace("\r", "\n")

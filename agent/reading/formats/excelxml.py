"""Excel 2003's XML workbooks, which many programs still write; straight from the XML.

LibreOffice computes every formula in them anew, whatever result is stored, so they are read here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from agent.reading.cell.folding import is_wordless
from agent.reading.formats.drawn import REPEATED, named
from agent.reading.formats.formulas import LONGEST, Formula, Sheet, settled
from agent.reading.formats.ink import FAINT_INK, WHITE, Visibility, of_hex, visibility
from agent.reading.formats.package import parse_xml
from agent.reading.formats.sheet import address, decimal_text, sheet_grid
from agent.reading.formats.xlsx.styles import Palette, ink_of_format
from agent.reading.grid import Cell, CellKind, Document, Merge
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, too_large

if TYPE_CHECKING:
    from lxml.etree import _Element

SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
WORKSHEET_OPTIONS = "{urn:schemas-microsoft-com:office:excel}WorksheetOptions"
LAST_ROW, LAST_COLUMN = 1_048_575, 16_383
NAMED_FORMATS = {
    "General Number": "General",
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Percent": "0.00%",
    "Scientific": "0.00E+00",
    "Currency": '"¥"#,##0.00',
}


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style says of a cell."""

    code: str = "General"
    struck: bool = False
    seen: Visibility = "seen"
    repeated: bool = False


def read_excel_xml(data: bytes, budget: Budget) -> Document:
    """The workbook's sheets as grids, hidden ones marked.

    Raises:
        Unreadable: damaged, with a document type, or over the bounds.
    """
    root = parse_xml(data)
    if root.tag != f"{SS}Workbook":
        raise damaged()
    styles = {one.get(f"{SS}ID", ""): _style(one) for one in root.iterfind(f"{SS}Styles/{SS}Style")}
    read = [_sheet(sheet, styles, budget) for sheet in root.iterfind(f"{SS}Worksheet")]
    found = settled([sheet for sheet, _, _ in read], recalculates=False)
    grids = (
        sheet_grid(sheet.name, cells, merges, budget.limits, hidden=hidden)
        for (sheet, merges, hidden), cells in zip(read, found, strict=True)
    )
    return Document(grids=tuple(grids))


def _style(style: _Element) -> _Style:
    number, font = style.find(f"{SS}NumberFormat"), style.find(f"{SS}Font")
    code = (number.get(f"{SS}Format") if number is not None else None) or "General"
    struck = font is not None and font.get(f"{SS}StrikeThrough") == "1"
    aligned, filled = style.find(f"{SS}Alignment"), style.find(f"{SS}Interior")
    code = NAMED_FORMATS.get(code, code)
    ink = ink_of_format(code, Palette()) or (of_hex(font.get(f"{SS}Color")) if font is not None else None)
    ground = WHITE if filled is None or not filled.get(f"{SS}Pattern") else of_hex(filled.get(f"{SS}Color"))
    repeated = aligned is not None and aligned.get(f"{SS}Horizontal") == "Fill"
    return _Style(code, struck, visibility(ink, ground), repeated)


def _sheet(sheet: _Element, styles: Mapping[str, _Style], budget: Budget) -> tuple[Sheet, list[Merge], bool]:
    """A sheet's cells and formulas, its merged ranges, and whether it is hidden."""
    visible = sheet.find(f"{WORKSHEET_OPTIONS}/{{*}}Visible")
    hidden_sheet = visible is not None and (visible.text or "").strip() != "SheetVisible"
    table = sheet.find(f"{SS}Table")
    cells: dict[tuple[int, int], Cell] = {}
    formulas: dict[tuple[int, int], Formula] = {}
    merges: list[Merge] = []
    hidden_columns = _hidden_columns(table) if table is not None else frozenset()
    for row, one in _placed(table, f"{SS}Row", LAST_ROW):
        hidden_row = hidden_sheet or one.get(f"{SS}Hidden") == "1"
        for column, stored in _placed(one, f"{SS}Cell", LAST_COLUMN):
            wide, high = _whole(stored, "MergeAcross"), _whole(stored, "MergeDown")
            if wide or high:
                merges.append(Merge(row, column, min(row + high, LAST_ROW), min(column + wide, LAST_COLUMN)))
            style = styles.get(stored.get(f"{SS}StyleID", ""), styles.get("Default", _Style()))
            cell = _cell(stored, address(row, column), style, hidden_row or column in hidden_columns)
            cell = _painted(cell, style) if cell is not None else None
            if cell is not None:
                cells[row, column] = cell
                formula = stored.get(f"{SS}Formula")
                if formula is not None:
                    formulas[row, column] = Formula(
                        _by_letters(formula, row, column), stored=cell.kind != "no_result"
                    )
            if len(cells) > budget.limits.cells:
                raise too_large("单元格太多")
    return Sheet(sheet.get(f"{SS}Name", ""), cells, formulas), merges, hidden_sheet


def _by_letters(formula: str, row: int, column: int) -> str:
    """SUM(R[-2]C:R[-1]C) as SUM(J7:J8), as it stands in a cell; what points outside of the sheet stays as it is."""

    def named(match: re.Match[str]) -> str:
        down, right = _line(match[1], row), _line(match[2], column)
        return address(down, right) if 0 <= down <= LAST_ROW and 0 <= right <= LAST_COLUMN else match[0]

    return _PLACE.sub(named, formula[: LONGEST + 1])


def _line(written: str | None, own: int) -> int:
    if not written:
        return own
    return own + int(written[1:-1]) if written.startswith("[") else int(written) - 1


_PLACE = re.compile(
    r"(?<![\w.'\"])R(\[-?[0-9]{1,7}\]|[0-9]{1,7})?C(\[-?[0-9]{1,7}\]|[0-9]{1,7})?(?![\w(.'\"])"
)


def _placed(parent: _Element | None, tag: str, last: int) -> Iterator[tuple[int, _Element]]:
    """The rows or cells with their places: each behind the one before it, merged ones passed, or where it says."""
    at = 0
    for one in parent.iterfind(tag) if parent is not None else ():
        index = _whole(one, "Index")
        at = index - 1 if index else at
        if at > last:
            raise damaged()
        yield at, one
        at += 1 + (_whole(one, "MergeAcross") if tag == f"{SS}Cell" else _whole(one, "Span"))


def _hidden_columns(table: _Element) -> frozenset[int]:
    hidden: set[int] = set()
    at = 0
    for one in table.iterfind(f"{SS}Column"):
        index, span = _whole(one, "Index"), min(_whole(one, "Span"), LAST_COLUMN)
        at = index - 1 if index else at
        if one.get(f"{SS}Hidden") == "1":
            hidden.update(range(at, at + span + 1))
        at += span + 1
    return frozenset(hidden)


def _whole(element: _Element, name: str) -> int:
    value = element.get(f"{SS}{name}", "")
    return int(value) if value.isdecimal() and len(value) < 8 else 0


def _cell(stored: _Element, place: str, style: _Style, hidden: bool) -> Cell | None:
    data = stored.find(f"{SS}Data")
    text = "".join(map(str, data.itertext())) if data is not None else ""
    hidden = hidden or style.code.strip() == ";;;"
    if data is None or not text:
        return Cell(place, "no_result", hidden=hidden) if stored.get(f"{SS}Formula") else None
    kind = data.get(f"{SS}Type")
    withheld = text if style.struck else ""
    if kind == "Number":
        number = _number(text)
        shown = decimal_text(number)
        return Cell(place, "number", shown, number, None, style.code, hidden, style.struck, withheld)
    if kind == "DateTime":
        return _date(place, text, style, hidden)
    if kind == "Boolean":
        shown = "TRUE" if text.strip() == "1" else "FALSE"
        return Cell(place, "boolean", shown, None, None, style.code, hidden, style.struck)
    if kind == "Error":
        return Cell(place, "error", text, None, None, style.code, hidden, style.struck)
    return _text(data, place, style, hidden)


def _painted(cell: Cell, style: _Style) -> Cell:
    """The cell as its ink shows it: a figure that nobody sees doesn't count, words are seen."""
    drawn = named((FAINT_INK if style.seen == "faint" else "", REPEATED if style.repeated else ""))
    if style.seen != "unseen" or not is_wordless(cell.text):
        return replace(cell, drawn=drawn)
    if cell.kind == "text":
        return replace(cell, kind="empty", text="", struck=True, withheld=cell.text)
    return replace(cell, hidden=True)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise damaged() from error
    if not number.is_finite() or abs(number.adjusted()) > 400:
        raise damaged()
    return number


def _date(place: str, text: str, style: _Style, hidden: bool) -> Cell:
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return Cell(place, "error", "####", None, None, style.code, hidden, style.struck)
    withheld = text if style.struck else ""
    if moment.date() <= dt.date(1899, 12, 31):  # a time of day
        shown = moment.time().isoformat("seconds")
        return Cell(place, "date", shown, None, None, style.code, hidden, style.struck, withheld)
    shown = moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ", "seconds")
    return Cell(place, "date", shown, None, moment.date(), style.code, hidden, style.struck, withheld)


def _text(data: _Element, place: str, style: _Style, hidden: bool) -> Cell:
    """Rich text is HTML: what stands in <S> is struck through."""
    kept: list[str] = []
    withheld: list[str] = []
    for text, struck in _pieces(data, style.struck):
        (withheld if struck else kept).append(text)
    shown, off = "".join(kept), "".join(withheld)
    whole = bool(off.strip()) and not shown.strip()
    kind: CellKind = "text" if shown.strip() else "empty"
    return Cell(place, kind, shown, None, None, style.code, hidden, whole, off)


def _pieces(element: _Element, struck: bool) -> Iterator[tuple[str, bool]]:
    yield element.text or "", struck
    for one in element:
        if isinstance(one.tag, str):
            yield from _pieces(one, struck or one.tag.rpartition("}")[2] in ("S", "Strike", "Del"))
        yield one.tail or "", struck

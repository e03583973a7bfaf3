"""Excel workbooks (.xlsx, .xlsm, and WPS's of the same kind), by openpyxl."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from agent.errors import Unreadable
from agent.reading.folding import RAISED, is_wordless, level
from agent.reading.formats.asides import in_package
from agent.reading.formats.embedded import in_parts
from agent.reading.formats.limits import Budget
from agent.reading.formats.package import Package, parse_xml
from agent.reading.formats.refusals import damaged, too_large
from agent.reading.formats.sheet import FLAT, NARROW, address, decimal_text, exact, sheet_grid
from agent.reading.grid import Cell, Document, Grid, Merge, Picture

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet


def read_xlsx(data: bytes, budget: Budget) -> Document:
    """The workbook's sheets as grids, hidden ones marked, and the pictures in it.

    Raises:
        Unreadable: damaged, over the bounds, or with a document type in its XML.
    """
    package = Package(data, budget)
    trimmed = _trim(package, budget)
    shown = _load(trimmed.data, stored_results=True)
    formulas = _formula_cells(_load(trimmed.data, stored_results=False)) if trimmed.has_formulas else {}
    grids = tuple(
        _grid(
            sheet,
            trimmed.merges.get(sheet.title, ()),
            formulas.get(sheet.title, frozenset()),
            trimmed,
            budget,
        )
        for sheet in shown.worksheets
    )
    inside = in_parts(package, "xl", budget)
    return Document(
        grids=grids,
        pictures=_pictures(package),
        files=inside.files,
        unread=inside.unread,
        asides=in_package(package),
    )


# --- what openpyxl is given ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Trimmed:
    """A workbook without what only costs: blank formatted cells, comments, drawings, merges (kept aside).

    Attributes:
        merges: merged ranges by sheet title.
        recalculates: the file asks to be calculated anew when it is opened: its stored zeros are no results.
    """

    data: bytes
    merges: Mapping[str, tuple[Merge, ...]]
    has_formulas: bool
    recalculates: bool


_WHITE = re.compile(r"[^;]*\[(?:white|白色)\]", re.IGNORECASE)
LOCAL_DATES = frozenset((*range(27, 37), *range(50, 59), *range(71, 82)))
"""Built-in formats of dates and times in Chinese, Japanese, Korean and Thai (ECMA-376 part 1, 18.8.30)."""
_UNUSED = re.compile(
    r"^(docProps|customXml|xl/(theme|media|drawings|charts|chartsheets|comments|threadedComments|persons|embeddings"
    r"|externalLinks|pivotTables|pivotCache|printerSettings|tables|macrosheets|dialogsheets|vbaProject"
    r"|activeX|ctrlProps|queryTables|worksheets/_rels))"
)
_BLANK_CELL = re.compile(rb"<(?:\w+:)?c\b(?=[^<>]*\sr=)[^<>]*(?:/>|></(?:\w+:)?c>)")
_BLANK_ROW = re.compile(rb"<(?:\w+:)?row\b(?=[^<>]*\sr=)[^<>]*(?:/>|>\s*</(?:\w+:)?row>)")
_UNNUMBERED = re.compile(rb"<(?:\w+:)?(?:c|row)\b(?![^<>]*\sr=)[^<>]*>")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>]")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_AFTER_CELLS = re.compile(rb"</((?:\w+:)?)sheetData\s*>")
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^<>]*?\bref=[\"']\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)[\"']"
)


def _trim(package: Package, budget: Budget) -> _Trimmed:
    buffer = BytesIO()
    merges: dict[str, tuple[Merge, ...]] = {}
    cells, has_formulas = 0, False
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as slim:
        for name in package.names:
            if _UNUSED.match(name) or not name.lower().endswith((".xml", ".rels")):
                continue
            part = _needed(posixpath.basename(name), _utf8(package.read(name)))
            if b"sheetData" in part[:100_000]:
                merges[name] = tuple(_merges(part))
                part = _cells_only(part)
                cells += sum(1 for _ in _CELL.finditer(part))
                has_formulas = has_formulas or _FORMULA.search(part) is not None
            slim.writestr(name, part)
    if cells > budget.limits.cells:
        raise too_large("单元格太多")
    titles, recalculates = _workbook(package)
    return _Trimmed(
        data=buffer.getvalue(),
        merges={titles[name]: found for name, found in merges.items() if name in titles},
        has_formulas=has_formulas,
        recalculates=recalculates,
    )


def _utf8(part: bytes) -> bytes:
    """An XML part in UTF-8; one with a document type is refused, since openpyxl would expand its entities."""
    if part[:2] in (b"\xff\xfe", b"\xfe\xff"):
        part = re.sub(r"^\ufeff?<\?xml[^>]*\?>", "", part.decode("utf-16", "replace")).encode()
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise damaged()
    return part


UNSEEN = "outline"
"""The look by which a font is told apart here that is white or smaller than anybody can read: openpyxl knows it."""
_RUN_LOOKS = re.compile(rb"(<(?:\w+:)?rPr\b[^<>]*(?<!/)>)(.*?)(?=</(?:\w+:)?rPr>)", re.DOTALL)
_LOOK = re.compile(rb"<((?:\w+:)?(?:strike|vertAlign))\b[^<>]*?(?:/>|></\1>)")
_RUN_UNSEEN = re.compile(
    rb"<((?:\w+:)?)(?:color\b(?=[^<>]*(?:rgb=.(?:[0-9A-Fa-f]{2})?[Ff]{6}.|theme=.0.|indexed=.[19].))(?![^<>]*tint=)"
    rb"|sz\b(?=[^<>]*val=.[0-2](?:\.\d+)?[\"']))"
)


_KEPT = {
    "styles.xml": frozenset({"numFmts", "fonts", "cellXfs", "strike", UNSEEN}),
    "workbook.xml": frozenset({"workbookPr", "sheets"}),
}


def _needed(name: str, part: bytes) -> bytes:
    """A part without the looks and names that no figure depends on: at odd ones openpyxl gives up."""
    if name not in _KEPT:
        return _RUN_LOOKS.sub(_run_looks, part)
    from lxml import etree

    root = parse_xml(part)
    for font in root.iterfind("{*}fonts/{*}font"):
        if _RUN_UNSEEN.search(etree.tostring(font)):
            etree.SubElement(font, str(font.tag)[: -len("font")] + UNSEEN)
    for above in (root, *root.iterfind("{*}fonts/{*}font")):
        for one in [one for one in above if str(one.tag).rpartition("}")[2] not in _KEPT[name]]:
            above.remove(one)
    return bytes(etree.tostring(root))


def _run_looks(run: re.Match[bytes]) -> bytes:
    unseen = _RUN_UNSEEN.search(run[2])
    mark = b"<" + unseen[1] + UNSEEN.encode() + b"/>" if unseen else b""
    return run[1] + b"".join(one[0] for one in _LOOK.finditer(run[2])) + mark


def _cells_only(part: bytes) -> bytes:
    if not _UNNUMBERED.search(part):
        part = _BLANK_ROW.sub(b"", _BLANK_CELL.sub(b"", part))
    end = _AFTER_CELLS.search(part)
    return part[: end.end()] + b"</" + end[1] + b"worksheet>" if end else part


def _merges(part: bytes) -> Iterator[Merge]:
    end = _AFTER_CELLS.search(part)
    for match in _MERGED.finditer(part, end.end() if end else 0):
        left, top, right, bottom = (one.decode() for one in match.groups())
        yield Merge(int(top) - 1, _column(left), int(bottom) - 1, _column(right))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _workbook(package: Package) -> tuple[Mapping[str, str], bool]:
    """Part name → sheet title, and whether the file asks to be calculated anew."""
    name = next((one for one in package.names if posixpath.basename(one) == "workbook.xml"), None)
    if name is None:
        return {}, False
    root, targets = package.xml(name), package.relationships(name)
    titles = {}
    for sheet in root.iterfind(".//{*}sheets/{*}sheet"):
        ids = [value for key, value in sheet.attrib.items() if str(key).endswith("}id")]
        if ids and str(ids[0]) in targets:
            titles[targets[str(ids[0])]] = sheet.get("name", "")
    calculation = root.find(".//{*}calcPr")
    again = calculation is not None and calculation.get("fullCalcOnLoad") in ("1", "true")
    return titles, again


def _load(data: bytes, stored_results: bool) -> Workbook:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return load_workbook(BytesIO(data), data_only=stored_results, rich_text=True, keep_links=False)
        except Unreadable:
            raise
        except Exception as error:  # openpyxl lets through whatever its parsers meet
            raise damaged() from error


# --- cells -----------------------------------------------------------------------------------------------


def _stored(sheet: Worksheet) -> Mapping[tuple[int, int], Any]:
    # The public iterators walk the whole box between the farthest cells; a lone XFD1048576 would never end.
    cells: Mapping[tuple[int, int], Any] = sheet._cells
    return cells


def _formula_cells(book: Workbook) -> Mapping[str, frozenset[tuple[int, int]]]:
    return {
        sheet.title: frozenset(place for place, cell in _stored(sheet).items() if cell.data_type == "f")
        for sheet in book.worksheets
    }


def _grid(
    sheet: Worksheet,
    merges: tuple[Merge, ...],
    formulas: frozenset[tuple[int, int]],
    trimmed: _Trimmed,
    budget: Budget,
) -> Grid:
    rows, columns = _hidden_rows(sheet), _hidden_columns(sheet)
    all_rows = bool(sheet.sheet_format.zeroHeight)
    hidden_sheet = sheet.sheet_state != "visible"
    cells = {}
    for (row, column), stored in _stored(sheet).items():
        hidden = (
            hidden_sheet or row in rows or column in columns or (all_rows and row not in sheet.row_dimensions)
        )
        cell = _cell(stored, (row, column) in formulas, trimmed.recalculates, hidden)
        if cell is not None:
            cells[row - 1, column - 1] = cell
    return sheet_grid(sheet.title, cells, merges, budget.limits, hidden=hidden_sheet)


def _hidden_rows(sheet: Worksheet) -> frozenset[int]:
    return frozenset(
        int(number)
        for number, row in sheet.row_dimensions.items()
        if row.hidden or (row.ht is not None and row.ht <= FLAT)
    )


def _hidden_columns(sheet: Worksheet) -> frozenset[int]:
    hidden: set[int] = set()
    for column in sheet.column_dimensions.values():
        if column.hidden or (column.width <= NARROW and column.customWidth):
            hidden.update(range(column.min or 0, min(column.max or 0, 16_384) + 1))
    return frozenset(hidden)


def _cell(stored: Any, formula: bool, recalculates: bool, hidden: bool) -> Cell | None:
    """The cell, or None where nothing stands in it."""
    place = address(stored.row - 1, stored.column - 1)
    value, number_format = stored.value, stored.number_format or "General"
    hidden = hidden or number_format.strip() == ";;;"
    if formula and (recalculates and value == 0 and not isinstance(value, bool)):
        value = None
    if value is None:
        if not formula or stored.data_type == "str":
            return None
        return Cell(place, "no_result", number_format=number_format, hidden=hidden)
    font, plain = stored.font, stored._style.fillId == 0
    struck = bool(font is not None and font.strike)
    unseen = plain and ((font is not None and bool(font.outline)) or _WHITE.match(number_format) is not None)
    if isinstance(value, str | list):
        text, withheld = _text(value, struck, unseen, plain)
        if stored.data_type == "e":
            return Cell(place, "error", text, number_format=number_format, hidden=hidden, struck=struck)
        if not text and not withheld:
            return None
        whole = bool(withheld) and not text.strip()
        return Cell(
            place,
            "text" if text else "empty",
            text,
            number_format=number_format,
            hidden=hidden,
            struck=whole,
            withheld=withheld,
        )
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_local_date(stored):
        value = _moment(value, stored)
    kind, text, number, date = _value(value)
    hidden = hidden or unseen
    return Cell(place, kind, text, number, date, number_format, hidden, struck, text if struck else "")


def _text(value: str | list[Any], struck: bool, unseen: bool, plain: bool) -> tuple[str, str]:
    """The text that counts, and what is struck through or not to be seen; ``plain``: on no ground of its own."""
    runs = [value] if isinstance(value, str) else value
    kept: list[str] = []
    withheld: list[str] = []
    for run in runs:
        font = getattr(run, "font", None)
        white = unseen if font is None else plain and bool(font.outline)
        off = (struck if font is None else bool(font.strike)) or (white and is_wordless(str(run)))
        mark = RAISED if font is not None and font.vertAlign in ("superscript", "subscript") else ""
        (withheld if off else kept).append(mark + _unescape(str(run)) + mark)
    return level("".join(kept)), level("".join(withheld))


def _unescape(text: str) -> str:
    return text.replace("_x000D_\n", "\n").replace("_x000D_", "\n").replace("\r\n", "\n")


def _is_local_date(stored: Any) -> bool:
    # Formats 27 to 36 and 50 to 58 stand in no file and are no formats to openpyxl: 10月20日 would read as 45585.
    return int(stored._style.numFmtId) in LOCAL_DATES


def _moment(value: float, stored: Any) -> Any:
    from openpyxl.utils.datetime import from_excel

    try:
        return from_excel(value, stored.parent.parent.epoch) or value
    except (OverflowError, ValueError):
        return dt.time()


def _value(value: Any) -> tuple[Any, str, Any, dt.date | None]:
    """Kind, text, number and date of a stored value that is no text."""
    if isinstance(value, bool):
        return "boolean", "TRUE" if value else "FALSE", None, None
    if isinstance(value, int | float):
        number = exact(value)
        return "number", decimal_text(number), number, None
    if isinstance(value, dt.datetime):
        day = value.date()
        midnight = value.time() == dt.time()
        return "date", day.isoformat() if midnight else value.isoformat(" ", "seconds"), None, day
    if isinstance(value, dt.date):
        return "date", value.isoformat(), None, value
    return "date", str(value), None, None


def _pictures(package: Package) -> tuple[Picture, ...]:
    return tuple(
        Picture(posixpath.basename(name), package.read(name)) for name in package.pictures_under("xl/media")
    )

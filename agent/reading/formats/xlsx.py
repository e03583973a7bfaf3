"""Excel workbooks (.xlsx, .xlsm, and WPS's of the same kind), straight from their XML.

openpyxl gives up a whole workbook at a colour or a name that no figure depends on, and parses them for nothing; its
functions for formats and dates are used, and its tests' files were read by both.
"""

from __future__ import annotations

import datetime as dt
import math
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from agent.reading.folding import RAISED, is_wordless, level
from agent.reading.formats.asides import in_package
from agent.reading.formats.embedded import in_parts
from agent.reading.formats.limits import Budget
from agent.reading.formats.package import Package, Relation, parse_xml
from agent.reading.formats.refusals import damaged, too_large
from agent.reading.formats.sheet import (
    FLAT,
    NARROW,
    NO_ZEROS,
    address,
    column_at,
    decimal_text,
    exact,
    sheet_grid,
)
from agent.reading.formats.xlsxconditions import MOST_RULES, Condition, conditions, differing_looks, under
from agent.reading.formats.xlsxstyles import (
    MAIN,
    Look,
    Style,
    index,
    is_on,
    local,
    look_of,
    moment,
    moment_of_text,
    styles_of,
)
from agent.reading.grid import Cell, Document, Grid, Merge, Picture

if TYPE_CHECKING:
    from lxml.etree import _Element


def read_xlsx(data: bytes, budget: Budget) -> Document:
    """The workbook's sheets as grids, hidden ones marked, and the pictures in it.

    Raises:
        Unreadable: damaged, over the bounds, or with a document type in its XML.
    """
    from lxml import etree

    package = Package(data, budget)
    try:
        grids = tuple(_grids(package, _book(package), budget))
    except (LookupError, OverflowError, TypeError, ValueError, etree.XMLSyntaxError) as error:
        raise damaged() from error
    inside = in_parts(package, "xl", budget)
    return Document(
        grids=grids,
        pictures=_pictures(package),
        files=inside.files,
        unread=inside.unread,
        asides=in_package(package),
    )


# --- the workbook ----------------------------------------------------------------------------------------

Text = str | tuple["Run", ...]
"""A cell's text: plain, or in runs with looks of their own."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a cell's text. ``look`` is None where it has the cell's."""

    text: str
    look: Look | None


@dataclass(frozen=True, slots=True)
class _Book:
    """What all sheets share.

    Attributes:
        sheets: each one's part, its title, and whether it is hidden.
        differing: what the formats that conditions give make of a cell.
        recalculates: the file asks to be calculated anew when it is opened: its stored zeros are no results.
    """

    sheets: tuple[tuple[str, str, bool], ...]
    styles: tuple[Style, ...]
    differing: tuple[str | None, ...]
    texts: tuple[Text, ...]
    since_1904: bool
    recalculates: bool


def _book(package: Package) -> _Book:
    """Raises:
    Unreadable, LookupError, ValueError: damaged.
    """
    name = _part(package, "", "officeDocument", "sheet.main+xml", "xl/workbook.xml")
    if name is None:
        raise damaged()
    root, relations = parse_xml(_utf8(package.read(name))), package.relations(name)
    folder = posixpath.dirname(name)
    strings = _part(package, name, "sharedStrings", "sharedStrings+xml", f"{folder}/sharedStrings.xml")
    styles = _part(package, name, "styles", "spreadsheetml.styles+xml", f"{folder}/styles.xml")
    styling = _utf8(package.read(styles)) if styles else None
    sheets = tuple(_listed(root, relations))
    if not sheets or any(part not in package.names for part, _, _ in sheets):
        raise damaged()
    properties, calculation = root.find(f"{MAIN}workbookPr"), root.find(f"{MAIN}calcPr")
    return _Book(
        sheets,
        styles_of(styling),
        differing_looks(parse_xml(styling)) if styling and b"dxf>" in styling else (),
        tuple(_texts(_utf8(package.read(strings)))) if strings else (),
        since_1904=properties is not None and is_on(properties.get("date1904")),
        recalculates=calculation is not None and is_on(calculation.get("fullCalcOnLoad")),
    )


_NO_CELLS = ("chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")


def _listed(root: _Element, relations: Mapping[str, Relation]) -> Iterator[tuple[str, str, bool]]:
    """Each sheet of cells: its part, its title, and whether it is hidden."""
    for sheet in root.iterfind(f"{MAIN}sheets/{MAIN}sheet"):
        ids = [str(value) for key, value in sheet.attrib.items() if str(key).endswith("}id")]
        relation = relations[ids[0]]
        if relation.kind not in _NO_CELLS:
            yield relation.part, sheet.get("name", ""), sheet.get("state", "visible") != "visible"


def _part(package: Package, of: str, relation: str, kind: str, usual: str) -> str | None:
    """A part by its relation to another, else by the list of all parts' types, else by its usual name."""
    related = [one.part for one in package.relations(of).values() if one.kind == relation]
    listed = package.find("[Content_Types].xml")
    types = package.xml(listed).iter("{*}Override") if listed else ()
    typed = [
        one.get("PartName", "").lstrip("/") for one in types if one.get("ContentType", "").endswith(kind)
    ]
    found = (package.find(one) for one in (*related, *typed, usual))
    return next((one for one in found if one is not None), None)


def _utf8(part: bytes) -> bytes:
    """An XML part in UTF-8; one with a document type is refused."""
    if part[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
        coding = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(part[:2], "utf-16")
        part = re.sub(r"^\ufeff?<\?xml[^>]*\?>", "", part.decode(coding, "replace")).encode()
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise damaged()
    return part


def _each(part: bytes, root: str, *names: str) -> Iterator[_Element]:
    """The elements of those names, each whole, and gone once the next is asked for.

    Raises:
        Unreadable, XMLSyntaxError: damaged; or the root has another name.
    """
    from lxml import etree

    events = etree.iterparse(
        BytesIO(part),
        tag=[MAIN + name for name in names],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in events:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    if events.root is None or events.root.tag != MAIN + root:
        raise damaged()


def _texts(part: bytes) -> Iterator[Text]:
    """The shared strings."""
    return (_text_of(one) for one in _each(part, "sst", "si"))


def _text_of(item: _Element) -> Text:
    runs: list[Run] = []
    for one in item:
        match local(one):
            case "t":
                runs.append(Run(_unmarked(one.text), None))
            case "r":
                runs.append(_run(one))
    if all(one.look is None for one in runs):
        return "".join(one.text for one in runs)
    return tuple(runs)


def _run(item: _Element) -> Run:
    text, look = "", None
    for one in item:
        match local(one):
            case "t":
                text += _unmarked(one.text)
            case "rPr":
                look = look_of(one)
    return Run(text, look)


def _unmarked(text: str | None) -> str:
    return (text or "").replace("x005F_", "")


# --- a sheet ---------------------------------------------------------------------------------------------

_PREFIX = rb"(?:[^\s<>/:=]+:)?"
_BLANK_CELL = re.compile(rb"<%(p)sc\b(?=[^<>]*\sr=)[^<>]*(?:/>|></%(p)sc>)" % {b"p": _PREFIX})
_BLANK_ROW = re.compile(rb"<%(p)srow\b(?=[^<>]*\sr=)[^<>]*(?:/>|>\s*</%(p)srow>)" % {b"p": _PREFIX})
_UNNUMBERED = re.compile(rb"<%(p)s(?:c|row)\b(?![^<>]*\sr=)[^<>]*>" % {b"p": _PREFIX})
_CELL = re.compile(rb"<%(p)sc[\s>]" % {b"p": _PREFIX})
_CELLS = re.compile(rb"<%(p)ssheetData[\s/>]" % {b"p": _PREFIX})
_AFTER_CELLS = re.compile(rb"</%(p)ssheetData\s*>" % {b"p": _PREFIX})
_ROOT = re.compile(rb"<(%(p)sworksheet)[\s>]" % {b"p": _PREFIX})
_MERGED = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?", re.IGNORECASE)
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384


def _grids(package: Package, book: _Book, budget: Budget) -> Iterator[Grid]:
    cells = 0
    for name, title, hidden in book.sheets:
        part = _utf8(package.read(name))
        merges = tuple(_merges(part)) if b"mergeCell" in part else ()
        rules = tuple(islice(_conditions(part, book), MOST_RULES)) if book.differing else ()
        part = _cells_only(part)
        cells += sum(1 for _ in _CELL.finditer(part))
        if cells > budget.limits.cells:
            raise too_large("单元格太多")
        found = dict(_cells(part, hidden, book, rules))
        yield sheet_grid(title, found, merges, budget.limits, hidden=hidden)


def _cells_only(part: bytes) -> bytes:
    """The part to the end of its cells, without those that are only formatted: there may be a million.

    Raises:
        Unreadable: it has cells in two places, or in two versions.
    """
    if len(_CELLS.findall(part)) > 1:
        raise damaged()
    end, root = _AFTER_CELLS.search(part), _ROOT.search(part)
    if end and root:
        part = part[: end.end()] + b"</" + root[1] + b">"
    if b"AlternateContent" in part:
        raise damaged()
    if not _UNNUMBERED.search(part):
        part = _BLANK_ROW.sub(b"", _BLANK_CELL.sub(b"", part))
    return part


def _conditions(part: bytes, book: _Book) -> Iterator[Condition]:
    if b"conditionalFormatting" in part:
        yield from conditions(
            _each(_around_cells(part), "worksheet", "conditionalFormatting"), book.differing
        )


def _around_cells(part: bytes) -> bytes:
    """The part without its cells: they may be many."""
    cells, end = _CELLS.search(part), _AFTER_CELLS.search(part)
    return part[: cells.start()] + part[end.end() :] if cells and end else part


def _merges(part: bytes) -> Iterator[Merge]:
    for one in _each(_around_cells(part), "worksheet", "mergeCell"):
        match = _MERGED.fullmatch(one.get("ref", ""))
        if match is None:
            raise damaged()
        left, top, right, bottom = match.groups()
        if right:
            yield Merge(int(top) - 1, column_at(left), int(bottom) - 1, column_at(right))


def _cells(
    part: bytes, hidden_sheet: bool, book: _Book, rules: tuple[Condition, ...]
) -> Iterator[tuple[tuple[int, int], Cell]]:
    """The cells that hold something, by zero-based row and column."""
    hidden_columns: set[int] = set()
    hidden_rows, row, seen, zeros = False, -1, set[tuple[int, int]](), True
    for one in _each(part, "worksheet", "sheetView", "sheetFormatPr", "col", "row"):
        match local(one):
            case "sheetView":
                zeros = zeros and is_on(one.get("showZeros", "1"))
            case "sheetFormatPr":
                hidden_rows = is_on(one.get("zeroHeight"))
            case "col" if len(hidden_columns) < MOST_COLUMNS and _is_narrow(one):
                hidden_columns.update(
                    range(int(one.get("min", "")) - 1, min(int(one.get("max", "")), MOST_COLUMNS))
                )
            case "row":
                row = row + 1 if one.get("r") is None else _row_number(one.get("r", ""))
                hidden = hidden_sheet or _is_hidden(one, hidden_rows)
                for place, cell in _in_row(one, row):
                    if place in seen:
                        raise damaged()
                    seen.add(place)
                    read = _cell(cell, place, hidden or place[1] in hidden_columns, book)
                    if read is not None and not zeros and read.number == 0:
                        read = replace(read, number_format=NO_ZEROS)
                    if read is not None and rules:
                        read = under(read, place, book.styles[index(cell.get("s") or "0")], rules)
                    if read is not None:
                        yield place, read


def _is_narrow(column: _Element) -> bool:
    """Whether columns aren't shown, or too narrow to see."""
    return is_on(column.get("hidden")) or float(column.get("width", NARROW + 1)) <= NARROW


def _is_hidden(row: _Element, unless_told: bool) -> bool:
    """Whether a row isn't shown; where all are hidden, one of which more is said than its number is."""
    told = any(name not in ("r", "spans") for name in map(str, row.keys()) if not name.startswith("{"))
    return is_on(row.get("hidden")) or float(row.get("ht", FLAT + 1)) <= FLAT or (unless_told and not told)


def _row_number(text: str) -> int:
    number = float(text)
    if not number.is_integer():
        raise damaged()
    return int(number) - 1


def _in_row(row: _Element, at: int) -> Iterator[tuple[tuple[int, int], _Element]]:
    """A row's cells, each with its place: its own, else the next."""
    column = -1
    for cell in row.iterchildren(f"{MAIN}c"):
        named = cell.get("r")
        column += 1
        if named is not None:
            found = _PLACE.fullmatch(named)
            if found is None:
                raise damaged()
            at, column = int(found[2]) - 1, column_at(found[1])
        if not (0 <= at < MOST_ROWS and column < MOST_COLUMNS):
            raise damaged()
        yield (at, column), cell


# --- a cell ----------------------------------------------------------------------------------------------


def _cell(stored: _Element, at: tuple[int, int], hidden: bool, book: _Book) -> Cell | None:
    """The cell, or None where nothing stands in it."""
    style, place = book.styles[index(stored.get("s") or "0")], address(*at)
    hidden = hidden or style.number_format.strip() == ";;;"
    parts = {local(one): one for one in reversed(stored)}
    kind, formula = stored.get("t", "n"), "f" in parts
    value = _stored(kind, parts, style, book)
    if formula and book.recalculates and value == 0 and not isinstance(value, bool):
        value = None
    if value is None:
        if not formula or kind == "str":
            return None
        return Cell(place, "no_result", number_format=style.number_format, hidden=hidden)
    if isinstance(value, _Error):
        struck = style.look.struck
        return Cell(
            place, "error", value.text, number_format=style.number_format, hidden=hidden, struck=struck
        )
    if isinstance(value, str | tuple):
        return _text_cell(place, value, style, hidden)
    shown, text, number, date = _value(value)
    struck, hidden = style.look.struck, hidden or _is_unseen(style)
    return Cell(place, shown, text, number, date, style.number_format, hidden, struck, text if struck else "")


@dataclass(frozen=True, slots=True)
class _Error:
    text: str


def _stored(kind: str, parts: Mapping[str, _Element], style: Style, book: _Book) -> Any:
    """What a cell holds: text, a number, a yes or no, a date or time, an error; None where nothing."""
    text = parts["v"].text if "v" in parts else None
    if "is" in parts and (kind == "inlineStr" or not text):
        return _text_of(parts["is"])
    if not text:
        return None
    match kind:
        case "s":
            return book.texts[index(text)]
        case "b":
            return bool(int(text))
        case "d":
            return moment_of_text(text)
        case "e":
            return _Error(text)
        case "n":
            return _number(text, style, book)
        case _:
            return text


def _number(text: str, style: Style, book: _Book) -> Any:
    """A number; a date or time where the format makes it one."""
    if not _NUMBER.fullmatch(text):
        raise damaged()
    number = float(text) if _FRACTION.search(text) else int(text)
    if not (style.dated or style.local):
        return number if math.isfinite(number) else _Error("#NUM!")
    found = moment(number, style, book.since_1904)
    return _Error("#VALUE!") if found is None else found


_FRACTION = re.compile(r"[.eE]")
_WHITE_FORMAT = re.compile(r"[^;]*\[(?:white|白色)\]", re.IGNORECASE)


def _is_unseen(style: Style) -> bool:
    """Whether what stands there is white on white, or too small for anybody to read."""
    return style.plain and (style.look.unseen or _WHITE_FORMAT.match(style.number_format) is not None)


def _text_cell(place: str, value: Text, style: Style, hidden: bool) -> Cell | None:
    text, withheld = _seen(value, style)
    if not text and not withheld:
        return None
    whole = bool(withheld) and not text.strip()
    return Cell(
        place, "text" if text else "empty", text, None, None, style.number_format, hidden, whole, withheld
    )


def _seen(value: Text, style: Style) -> tuple[str, str]:
    """The text that counts, and what is struck through or not to be seen."""
    kept: list[str] = []
    withheld: list[str] = []
    for run in (Run(value, None),) if isinstance(value, str) else value:
        look = run.look or style.look
        white = _is_unseen(style) if run.look is None else style.plain and look.unseen
        off = look.struck or (white and is_wordless(run.text))
        # The cell's own font may raise a whole figure; only a run's sets a mark beside one.
        mark = RAISED if run.look is not None and look.raised else ""
        (withheld if off else kept).append(mark + _unescape(run.text) + mark)
    return level("".join(kept)), level("".join(withheld))


def _unescape(text: str) -> str:
    return text.replace("_x000D_\n", "\n").replace("_x000D_", "\n").replace("\r\n", "\n")


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

"""Excel workbooks (.xlsx, .xlsm, and WPS's of the same kind), straight from their XML: the sheets.

What all of them share is xlsxbook.py's, what one cell holds xlsxcells.py's.

openpyxl gives up a whole workbook at a colour or a name that no figure depends on, and parses them for nothing; its
functions for formats and dates are used, and its tests' files were read by both.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from agent.reading.formats.asides import LONGEST, in_package
from agent.reading.formats.embedded import in_parts
from agent.reading.formats.formulas import Formula, Sheet, settled
from agent.reading.formats.package import Package
from agent.reading.formats.sheet import FLAT, NARROW, NO_ZEROS, column_at, sheet_grid
from agent.reading.formats.xlsx.book import Book, elements, read_book, utf8
from agent.reading.formats.xlsx.cells import formula_of, read_cell
from agent.reading.formats.xlsx.conditions import MOST_RULES, Condition, conditions, under
from agent.reading.formats.xlsx.drawn import drawn_on, plain_margin
from agent.reading.formats.xlsx.styles import MAIN, index, is_on, local
from agent.reading.grid import Cell, Document, Grid, Merge, Picture
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, too_large

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
        grids = tuple(_grids(package, book := read_book(package), budget))
    except (LookupError, OverflowError, TypeError, ValueError, etree.XMLSyntaxError) as error:
        raise damaged() from error
    inside = in_parts(package, "xl", budget)
    return Document(
        grids=grids,
        pictures=_pictures(package),
        files=inside.files,
        unread=inside.unread,
        asides=in_package(package),
        margins=tuple(dict.fromkeys(_margins(package, book))),
    )


def _pictures(package: Package) -> tuple[Picture, ...]:
    return tuple(
        Picture(posixpath.basename(name), package.read(name)) for name in package.pictures_under("xl/media")
    )


# --- a sheet ---------------------------------------------------------------------------------------------

_PREFIX = rb"(?:[^\s<>/:=]+:)?"
_BLANK_CELL = re.compile(rb"<%(p)sc\b(?=[^<>]*\sr=)[^<>]*(?:/>|></%(p)sc>)" % {b"p": _PREFIX})
_BLANK_ROW = re.compile(rb"<%(p)srow\b(?=[^<>]*\sr=)[^<>]*(?:/>|>\s*</%(p)srow>)" % {b"p": _PREFIX})
_UNNUMBERED = re.compile(rb"<%(p)s(?:c|row)\b(?![^<>]*\sr=)[^<>]*>" % {b"p": _PREFIX})
_CELL = re.compile(rb"<%(p)sc[\s>]" % {b"p": _PREFIX})
_CELLS = re.compile(rb"<%(p)ssheetData[\s/>]" % {b"p": _PREFIX})
_AFTER_CELLS = re.compile(rb"</%(p)ssheetData\s*>|<%(p)ssheetData(?:\s[^<>]*)?/>" % {b"p": _PREFIX})
_ROOT = re.compile(rb"<(%(p)sworksheet)[\s>]" % {b"p": _PREFIX})
_MERGED = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?", re.IGNORECASE)
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.IGNORECASE)
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384


def _grids(package: Package, book: Book, budget: Budget) -> Iterator[Grid]:
    cells, sheets, merges = 0, list[Sheet](), list[tuple[Merge, ...]]()
    for name, title, hidden in book.sheets:
        part = utf8(package.read(name))
        merges.append(tuple(_merges(part)) if b"mergeCell" in part else ())
        rules = tuple(islice(_conditions(part, book), MOST_RULES)) if book.differing else ()
        whole, part = part, _cells_only(part)
        cells += sum(1 for _ in _CELL.finditer(part))
        if cells > budget.limits.cells:
            raise too_large("单元格太多")
        formulas: dict[tuple[int, int], Formula] = {}
        found = drawn_on(package, name, whole).on(dict(_cells(part, hidden, book, rules, formulas)))
        sheets.append(Sheet(title, found, formulas))
    for (_, title, hidden), found, merged in zip(
        book.sheets, settled(sheets, book.recalculates), merges, strict=True
    ):
        yield sheet_grid(title, found, merged, budget.limits, hidden=hidden)


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
    if b"AlternateContent" in part and _CELLS.search(part):
        raise damaged()
    if not _UNNUMBERED.search(part):
        part = _BLANK_ROW.sub(b"", _BLANK_CELL.sub(b"", part))
    return part


def _conditions(part: bytes, book: Book) -> Iterator[Condition]:
    if b"conditionalFormatting" in part:
        yield from conditions(
            elements(_around_cells(part), "worksheet", "conditionalFormatting"), book.differing
        )


def _margins(package: Package, book: Book) -> Iterator[str]:
    """The headers and footers of the sheets that are shown."""
    for name, _, hidden in book.sheets:
        part = utf8(package.read(name))
        if b"headerFooter" in part and not hidden:
            for one in elements(_around_cells(part), "worksheet", *_MARGINS):
                if text := plain_margin((one.text or "")[:LONGEST]):
                    yield text


_MARGINS = tuple(f"{which}{what}" for which in ("odd", "even", "first") for what in ("Header", "Footer"))


def _around_cells(part: bytes) -> bytes:
    """The part without its cells: they may be many."""
    cells, end = _CELLS.search(part), _AFTER_CELLS.search(part)
    return part[: cells.start()] + part[end.end() :] if cells and end else part


def _merges(part: bytes) -> Iterator[Merge]:
    for one in elements(_around_cells(part), "worksheet", "mergeCell"):
        match = _MERGED.fullmatch(one.get("ref", ""))
        if match is None:
            raise damaged()
        left, top, right, bottom = match.groups()
        if right:
            yield Merge(int(top) - 1, column_at(left), int(bottom) - 1, column_at(right))


def _cells(
    part: bytes,
    hidden_sheet: bool,
    book: Book,
    rules: tuple[Condition, ...],
    formulas: dict[tuple[int, int], Formula],
) -> Iterator[tuple[tuple[int, int], Cell]]:
    """The cells that hold something, by zero-based row and column; their formulas go to ``formulas``."""
    shared: dict[str, tuple[tuple[int, int], str]] = {}
    hidden_columns: set[int] = set()
    hidden_rows, row, seen, zeros = False, -1, set[tuple[int, int]](), True
    for one in elements(part, "worksheet", "sheetView", "sheetFormatPr", "col", "row"):
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
                    read = read_cell(cell, place, hidden or place[1] in hidden_columns, book)
                    if read is not None and not zeros and read.number == 0:
                        read = replace(read, number_format=NO_ZEROS)
                    if read is not None and rules:
                        read = under(read, place, book.styles[index(cell.get("s") or "0")], rules)
                    if read is not None:
                        formula = formula_of(cell, place, shared)
                        if formula is not None:
                            formulas[place] = formula
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

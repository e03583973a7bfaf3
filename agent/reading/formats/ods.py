"""OpenDocument sheets (.ods), from their XML: percentages, currencies and number styles have to be seen."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from agent.reading.cell.folding import RAISED, level
from agent.reading.formats.asides import MARGINS, is_figure, margins, told
from agent.reading.formats.drawn import REPEATED, named
from agent.reading.formats.embedded import in_opendocument
from agent.reading.formats.formulas import LONGEST, Formula, Sheet, settled
from agent.reading.formats.ink import FAINT_INK, WHITE
from agent.reading.formats.odfstyles import OFFICE, TABLE, TEXT, Paint, Styles, small
from agent.reading.formats.package import Package
from agent.reading.formats.sheet import address, decimal_text, exact, sheet_grid
from agent.reading.grid import Cell, CellKind, Document, Grid, Merge, Picture
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, encrypted, too_large

if TYPE_CHECKING:
    from lxml.etree import _Element

CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
HIDDEN_LINES = ("collapse", "filter")


def read_ods(data: bytes, budget: Budget) -> Document:
    """The sheets as grids, hidden ones marked, and the pictures in them.

    Raises:
        Unreadable: damaged, with a password, or over the bounds.
    """
    package = Package(data, budget)
    require_open(package)
    root = package.xml("content.xml")
    styles = Styles.of(root, package.xml("styles.xml") if "styles.xml" in package.names else None)
    sheets = root.iterfind(f"{OFFICE}body/{OFFICE}spreadsheet/{TABLE}table")
    grids = tuple(_grids([_Sheet(sheet, styles, budget) for sheet in sheets], budget))
    pictures = tuple(
        Picture(name.rpartition("/")[2], package.read(name)) for name in package.pictures_under("Pictures")
    )
    inside = in_opendocument(package, budget)
    asides = tuple(told(root.iter(f"{OFFICE}annotation", "{*}text-box")))
    return Document(
        grids=grids,
        pictures=pictures,
        files=inside.files,
        unread=inside.unread,
        asides=asides,
        margins=margins(package, ["styles.xml"] if "styles.xml" in package.names else [], *MARGINS),
    )


def _grids(walked: list[_Sheet], budget: Budget) -> Iterator[Grid]:
    found = [one.read() for one in walked]
    for sheet, cells in zip(walked, settled(found, recalculates=False), strict=True):
        yield sheet_grid(sheet.name, cells, sheet.merges, budget.limits, hidden=sheet.hidden)


def require_open(package: Package) -> None:
    """Refuse a document whose manifest says that its parts are encrypted."""
    if "META-INF/manifest.xml" in package.names and b"encryption-data" in package.read(
        "META-INF/manifest.xml"
    ):
        raise encrypted()


# --- a sheet ---------------------------------------------------------------------------------------------


class _Sheet:
    """Walks one sheet, repeating what is stored once; blank runs cost nothing."""

    def __init__(self, table: _Element, styles: Styles, budget: Budget) -> None:
        self._table = table
        self._styles = styles
        self._limits = budget.limits
        self._cells: dict[tuple[int, int], Cell] = {}
        self._formulas: dict[tuple[int, int], Formula] = {}
        self._columns = list(_columns(table, styles))
        self.name = table.get(f"{TABLE}name", "")
        self.merges: list[Merge] = []
        self.hidden = styles.hides("table", table.get(f"{TABLE}style-name"))

    def read(self) -> Sheet:
        """The sheet's cells and formulas."""
        at = 0
        for row, in_hidden_group in _rows(self._table):
            times = _repeated(row, "rows")
            hidden = self.hidden or in_hidden_group or _is_hidden(row, "row", self._styles)
            cells = list(self._row(row, at, hidden))
            if cells:
                self._repeat(cells, at, times)
            at += times
        return Sheet(self.name, self._cells, self._formulas)

    def _repeat(self, cells: list[tuple[int, Cell]], at: int, times: int) -> None:
        if len(self._cells) + len(cells) * times > self._limits.cells:
            raise too_large("单元格太多")
        for row in range(at, at + times):
            for column, cell in cells:
                self._cells[row, column] = replace(cell, address=address(row, column))

    def _row(self, row: _Element, number: int, hidden: bool) -> Iterator[tuple[int, Cell]]:
        at = 0
        for stored in row:
            if stored.tag not in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                continue
            times = _repeated(stored, "columns")
            self._span(stored, number, at)
            column = self._column(at)
            cell = _with_what_is_on(self._cell(stored, row, column, hidden or column.hidden), stored)
            if cell is not None:
                if times > self._limits.cells:
                    raise too_large("单元格太多")
                formula = stored.get(f"{TABLE}formula")
                if formula is not None and times == 1:
                    self._formulas[number, at] = Formula(
                        _as_in_workbooks(formula), stored=cell.kind != "no_result"
                    )
                for right in range(at, at + times):
                    yield right, cell
            at += times

    def _span(self, stored: _Element, row: int, column: int) -> None:
        wide = _number_of(stored, "number-columns-spanned")
        high = _number_of(stored, "number-rows-spanned")
        if wide * high > 1:
            self.merges.append(Merge(row, column, row + high - 1, column + wide - 1))

    def _column(self, at: int) -> _Column:
        place = bisect_right(self._columns, at, key=lambda column: column.first) - 1
        found = self._columns[place] if place >= 0 else None
        return found if found and at < found.end else _Column(at, at + 1, False, None)

    def _cell(self, stored: _Element, row: _Element, column: _Column, hidden: bool) -> Cell | None:
        style = (
            stored.get(f"{TABLE}style-name")
            or row.get(f"{TABLE}default-cell-style-name")
            or column.default_style
        )
        struck = bool(self._styles.struck("table-cell", style))
        paint = self._styles.paint(
            "table-cell", style, Paint(ground=self._styles.ground("table-cell", style, WHITE))
        )
        paint = replace(paint, ink=self._styles.format_ink(style) or paint.ink)
        kept, withheld, faint = self._text(stored, struck, paint)
        drawn = named((FAINT_INK if faint else "", REPEATED if self._styles.repeats(style) else ""))
        kind = stored.get(f"{OFFICE}value-type")
        if kind is None and stored.get(f"{TABLE}formula") is not None and not kept and not withheld:
            return Cell("", "no_result", hidden=hidden)
        if stored.get(f"{CALC}value-type") == "error":
            return Cell("", "error", kept, hidden=hidden, struck=struck)
        if kind in (None, "string"):
            if not kept and not withheld:
                return None
            whole = bool(withheld) and not kept.strip()
            shown: CellKind = "text" if kept else "empty"
            return Cell("", shown, kept, hidden=hidden, struck=whole, withheld=withheld, drawn=drawn)
        hidden = hidden or paint.seen("0") == "unseen"
        return replace(self._value(stored, kind, kept or withheld, style, hidden, struck), drawn=drawn)

    def _value(
        self, stored: _Element, kind: str, shown: str, style: str | None, hidden: bool, struck: bool
    ) -> Cell:
        withheld = shown if struck else ""
        if kind == "date":
            day = _day(stored.get(f"{OFFICE}date-value", ""))
            return Cell(
                "", "date", day.isoformat() if day else shown, None, day, "General", hidden, struck, withheld
            )
        if kind == "time":
            return Cell("", "date", shown, None, None, "General", hidden, struck, withheld)
        if kind == "boolean":
            text = "TRUE" if stored.get(f"{OFFICE}boolean-value") == "true" else "FALSE"
            return Cell("", "boolean", text, None, None, "General", hidden, struck, withheld)
        number = _stored_number(stored.get(f"{OFFICE}value", ""))
        code = self._styles.format_code(style)
        if kind == "percentage" and "%" not in code:
            code = "0.##%"
        if kind == "currency" and '"' not in code:
            code = f'{code}"{stored.get(f"{OFFICE}currency") or "货币"}"'
        return Cell("", "number", decimal_text(number), number, None, code, hidden, struck, withheld)

    def _text(self, stored: _Element, struck: bool, paint: Paint) -> tuple[str, str, bool]:
        """The text that counts, what is struck or hidden, and whether a figure is faint; notes are neither."""
        kept: list[str] = []
        withheld: list[str] = []
        faint = False
        for number, paragraph in enumerate(stored.iterfind(f"{TEXT}p")):
            if number:
                kept.append("\n")
            for run in runs(paragraph, self._styles, not struck, paint):
                (kept if run.counts else withheld).append(run.text)
                faint = faint or run.faint
        return level("".join(kept)).strip("\n"), level("".join(withheld)), faint


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a text, whether it counts, and whether it is a figure in ink that not everybody sees."""

    text: str
    counts: bool
    faint: bool = False


def _as_in_workbooks(formula: str) -> str:
    """of:=SUM([.J7:.J8];[$Other.J7]) as SUM(J7:J8,Other!J7)."""
    text = _DIALECT.sub("", formula[: LONGEST + 1]).replace(";", ",")
    return (
        _REFERENCE.sub(lambda match: f"{match[1]}!{match[2]}" if match[1] else match[2], text)
        .replace(":.", ":")
        .translate(_BRACKETS)
    )


_DIALECT = re.compile(r"^(?:of|oooc|msoxl):")
_REFERENCE = re.compile(r"\[(?:\$?('[^'\]]*'|[^\[\].']*))?\.([^\[\]]*)\]")
_BRACKETS = {ord("["): None, ord("]"): None}
_NO_FIELD = re.compile(
    r"note|ruby-text|label|hidden-paragraph|script|soft-page-break|tracked-changes|(?:.*-)?mark(?:-start|-end)?"
    r"|(?:bookmark|change)(?:-start|-end)?|.*-decls?|list.*|table-of-content|p|h"
)
"""What stands in a paragraph and isn't a part of its text."""


def _with_what_is_on(cell: Cell | None, stored: _Element) -> Cell | None:
    """The cell with its comments, and what is drawn over it: a picture, or a box with a figure."""
    if cell is None or len(stored) < 2:
        return cell
    words = tuple(told(stored.iter(f"{OFFICE}annotation")))
    boxed = tuple(told(stored.iter("{*}text-box")))
    figures = [text for text in boxed if is_figure(text)]
    over = "图片" if next(stored.iter("{*}image"), None) is not None else ""
    over = over or (f"文本框“{figures[0]}”" if figures else "")
    notes = (*words, *(text for text in boxed if text not in figures))
    return replace(cell, notes=notes, drawn=named((cell.drawn, over)))


def runs(paragraph: _Element, styles: Styles, counts: bool, paint: Paint) -> Iterator[Run]:
    """A paragraph's text in pieces; ``paint``: how it looks where no style inside says otherwise."""

    def told(text: str | None) -> Run:
        seen = paint.seen(text or "")
        return Run(text or "", counts and seen != "unseen", counts and seen == "faint")

    yield told(paragraph.text)
    for one in paragraph:
        if isinstance(one.tag, str):
            name = one.tag.rpartition("}")[2]
            if name == "s":
                yield Run(" " * max(1, min(small(one.get(f"{TEXT}c"), 1), 30)), counts)
            elif name in ("tab", "line-break"):
                yield Run("\t" if name == "tab" else "\n", counts)
            elif name in ("span", "a", "ruby", "ruby-base"):
                yield from _span(one, styles, counts, paint)
            elif one.tag.startswith(TEXT) and not _NO_FIELD.fullmatch(name):  # a field shows what it holds
                shown = "none" not in (one.get(f"{TEXT}display"), one.get(f"{TEXT}hidden"))
                shown = shown and one.get(f"{TEXT}is-hidden") != "true"
                yield from runs(one, styles, counts and shown, paint)
        yield told(one.tail)


def _span(span: _Element, styles: Styles, counts: bool, paint: Paint) -> Iterator[Run]:
    style = span.get(f"{TEXT}style-name")
    struck = styles.struck("text", style)
    inner = (counts if struck is None else not struck) and not styles.hides("text", style)
    mark = Run(RAISED if styles.raises(style) else "", inner)
    yield mark
    yield from runs(span, styles, inner, styles.paint("text", style, paint))
    yield mark


@dataclass(frozen=True, slots=True)
class _Column:
    first: int
    end: int
    hidden: bool
    default_style: str | None


def _is_hidden(line: _Element, kind: str, styles: Styles) -> bool:
    if line.get(f"{TABLE}visibility") in HIDDEN_LINES:
        return True
    return styles.is_flat(kind, line.get(f"{TABLE}style-name"))


def _columns(table: _Element, styles: Styles) -> Iterator[_Column]:
    at = 0
    for one, in_hidden_group in _lines(table, "column"):
        times = _repeated(one, "columns")
        hidden = in_hidden_group or _is_hidden(one, "column", styles)
        yield _Column(at, at + times, hidden, one.get(f"{TABLE}default-cell-style-name"))
        at += times


def _rows(table: _Element) -> Iterator[tuple[_Element, bool]]:
    return _lines(table, "row")


def _lines(parent: _Element, kind: str, hidden: bool = False) -> Iterator[tuple[_Element, bool]]:
    """Rows or columns through header and group elements, each with whether its group is folded away."""
    for one in parent:
        if one.tag == f"{TABLE}table-{kind}":
            yield one, hidden
        elif one.tag in (f"{TABLE}table-header-{kind}s", f"{TABLE}table-{kind}s"):
            yield from _lines(one, kind, hidden)
        elif one.tag == f"{TABLE}table-{kind}-group":
            yield from _lines(one, kind, hidden or one.get(f"{TABLE}display") == "false")


def _repeated(element: _Element, what: str) -> int:
    return _number_of(element, f"number-{what}-repeated")


def _number_of(element: _Element, name: str) -> int:
    value = element.get(f"{TABLE}{name}") or "1"
    return max(1, min(int(value), 2_000_000)) if value.isdecimal() and len(value) < 9 else 1


def _day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        return None


def _stored_number(value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise damaged() from error
    if not number.is_finite() or abs(number.adjusted()) > 400:
        raise damaged()
    return exact(float(number)) if len(number.as_tuple().digits) > 15 else number

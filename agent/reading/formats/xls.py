"""Old Excel workbooks (.xls, WPS's .et), by xlrd with its formatting."""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from agent.base.errors import Unreadable
from agent.reading.cell.folding import RAISED, is_wordless, level
from agent.reading.formats.asides import LONGEST, MOST
from agent.reading.formats.defaultpassword import without_default_password
from agent.reading.formats.drawn import REPEATED, named
from agent.reading.formats.embedded import in_compound
from agent.reading.formats.ink import FAINT_INK, WHITE, Colour, Visibility, visibility
from agent.reading.formats.sheet import FLAT, NARROW, NO_ZEROS, address, decimal_text, exact, sheet_grid
from agent.reading.formats.xlsx.drawn import plain_margin
from agent.reading.formats.xlsx.styles import Palette, ink_of_format
from agent.reading.grid import Cell, CellKind, Document, Grid, Merge
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, encrypted, too_large

BLANK = (0, 6)
FILLING = 4  # an alignment that repeats what stands in a cell to the cell's width
UNICODE = 80  # the version from which texts are Unicode, as xlrd numbers them
ENCODINGS = ("gb18030", "big5")
EVERYDAY = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6))  # where an encoding has its most usual characters
MOST_TEXTS, MOST_LETTERS = 5000, 20_000  # looked at to tell an encoding
TEXT, NUMBER, DATE, BOOLEAN, ERROR = 1, 2, 3, 4, 5


def read_xls(data: bytes, budget: Budget) -> Document:
    """The workbook's sheets as grids, hidden ones marked.

    Raises:
        Unreadable: damaged, with a password, or over the bounds.
    """
    try:
        book = _open(data)
    except Unreadable as refusal:
        plain = without_default_password(data) if refusal.rule == "encrypted" else None
        if plain is None:
            raise
        budget.spend_bytes(len(plain))
        data, book = plain, _open(plain)
    try:
        grids = tuple(_grid(book, sheet, budget) for sheet in book.sheets())
    except (IndexError, KeyError) as error:  # a cell names a style, a font or a text that isn't there
        raise damaged() from error
    inside = in_compound(data, budget, pool="MBD")
    notes = (note.text for sheet in book.sheets() for note in sheet.cell_note_map.values())
    asides = tuple(text[:LONGEST] for text in islice(notes, MOST))
    return Document(
        grids=grids, files=inside.files, unread=inside.unread, asides=asides, margins=_margins(data, book)
    )


def _open(data: bytes) -> Any:
    try:
        book = _opened(data)
    except LookupError:  # an older one in a code page that nothing here knows
        book = None
    if book is not None and book.biff_version >= UNICODE:
        return book
    return _in_its_own_words(data, book)


def _in_its_own_words(data: bytes, declared: Any) -> Any:
    """A workbook of before Unicode in the encoding in which its texts are Chinese: what it declares is often wrong.

    Raises:
        Unreadable: it is in none.
    """
    books = [] if declared is None else [declared]
    for encoding in ENCODINGS:
        with contextlib.suppress(Unreadable, LookupError):
            books.append(_opened(data, encoding))
    if not books:
        raise damaged()
    return max(books, key=_chinese)  # the first of equals: what it declares


def _chinese(book: Any) -> int:
    """How much of a workbook's texts is everyday Chinese, what is neither that nor ASCII counted against it."""
    texts = (
        str(value) for sheet in book.sheets() for row in range(sheet.nrows) for value in sheet.row_values(row)
    )
    letters = "".join(islice(texts, MOST_TEXTS))[:MOST_LETTERS]
    return sum(_weight(one) for one in letters)


def _weight(letter: str) -> int:
    if letter.isascii() or letter in "，。：；、（）“”《》　":
        return 0
    if any(_is_everyday(letter, *level) for level in EVERYDAY):
        return 1
    return -1 if letter < "\u3000" else -2  # a letter with an accent stands for one byte, a character for two


def _is_everyday(letter: str, encoding: str, first: int, last: int) -> bool:
    try:
        code = letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and first <= code[0] <= last


def _opened(data: bytes, encoding: str | None = None) -> Any:
    """The workbook as xlrd has it.

    Raises:
        Unreadable: damaged, or with a password.
        LookupError: it declares an encoding that isn't known, or isn't its own.
    """
    import xlrd

    try:
        return xlrd.open_workbook(
            file_contents=data,
            formatting_info=True,
            logfile=io.StringIO(),
            ragged_rows=True,
            encoding_override=encoding,
        )
    except xlrd.XLRDError as error:
        raise (encrypted() if "encrypt" in str(error).lower() else damaged()) from error
    except UnicodeError as error:
        raise LookupError("another encoding") from error
    except LookupError as error:
        if "unknown encoding" in str(error):
            raise
        raise damaged() from error
    except Exception as error:  # xlrd unpacks whatever the records claim
        raise damaged() from error


def _margins(data: bytes, book: Any) -> tuple[str, ...]:
    """The sheets' page headers and footers, which xlrd passes over ([MS-XLS] 2.4.136, 2.4.123)."""
    from xlrd.compdoc import CompDoc

    if book.biff_version < 80:
        return ()
    try:
        stream = CompDoc(data, logfile=io.StringIO()).get_named_stream("Workbook") or b""
    except Exception:  # the compound file's own reader takes whatever the sectors claim
        return ()
    found: dict[str, None] = {}
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind in (HEADER, FOOTER) and length > 3:
            characters, wide = struct.unpack_from("<HB", stream, at + 4)
            written = stream[at + 7 : at + 4 + length][: characters * (1 + (wide & 1))]
            text = plain_margin(written.decode("utf-16-le" if wide & 1 else "latin-1", "replace"))
            found |= {text: None} if text else {}
        at += 4 + length
    return tuple(islice(found, MOST))


HEADER, FOOTER = 0x14, 0x15


def _grid(book: Any, sheet: Any, budget: Budget) -> Grid:
    hidden_sheet = sheet.visibility != 0
    hidden_rows = {
        row for row, info in sheet.rowinfo_map.items() if info.hidden or 0 < info.height <= 20 * FLAT
    }
    hidden_columns = {
        column for column, info in sheet.colinfo_map.items() if info.hidden or info.width <= 256 * NARROW
    }
    cells: dict[tuple[int, int], Cell] = {}
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind in BLANK:
                continue
            hidden = hidden_sheet or row in hidden_rows or column in hidden_columns
            cell = _cell(book, sheet, row, column, hidden)
            if cell is not None:
                note = sheet.cell_note_map.get((row, column))
                cells[row, column] = replace(cell, notes=(note.text[:LONGEST],)) if note else cell
        if len(cells) > budget.limits.cells:
            raise too_large("单元格太多")
    merges = [Merge(top, left, end - 1, right - 1) for top, end, left, right in sheet.merged_cells]
    return sheet_grid(sheet.name, cells, merges, budget.limits, hidden=hidden_sheet)


def _cell(book: Any, sheet: Any, row: int, column: int, hidden: bool) -> Cell | None:
    place, kind, value = address(row, column), sheet.cell_type(row, column), sheet.cell_value(row, column)
    style = book.xf_list[sheet.cell_xf_index(row, column)]
    format_ = book.format_map.get(style.format_key)
    code = (
        format_.format_str if format_ is not None else None
    ) or "General"  # local dates have no code of their own
    hidden = hidden or code.strip() == ";;;"
    font, ground = book.font_list[style.font_index], _ground(book, style.background)
    coloured = ink_of_format(code, Palette(listed=_listed(book))) if "[" in code else None
    look = _look(book, font, ground, coloured)
    repeated = REPEATED if style.alignment.hor_align == FILLING else ""
    if kind == TEXT:
        text, withheld, faint = _text(_Words(book, sheet, row, column, value), look, ground)
        if not text and not withheld:
            return None
        whole = bool(withheld) and not text.strip()
        drawn = named((FAINT_INK if faint else "", repeated))
        shown: CellKind = "text" if text else "empty"
        return Cell(place, shown, text, None, None, code, hidden, whole, withheld, drawn=drawn)
    cell = _other(book, place, (kind, value), (code, sheet.show_zero_values), look.struck)
    faint = look.seen == "faint"
    return replace(
        cell,
        hidden=hidden or look.seen == "unseen",
        drawn=named((FAINT_INK if faint else "", repeated)) if kind in (NUMBER, DATE) else "",
    )


def _other(book: Any, place: str, stored: tuple[int, Any], format_: tuple[str, bool], struck: bool) -> Cell:
    """A cell that holds no text; ``format_``: its format, and whether the sheet shows zeros."""
    (kind, value), (code, zeros) = stored, format_
    if kind == NUMBER:
        number = exact(value)
        code = code if number or zeros else NO_ZEROS
        text = decimal_text(number)
        return Cell(place, "number", text, number, None, code, False, struck, text if struck else "")
    if kind == DATE:
        return _date(book, place, value, code, struck)
    if kind == BOOLEAN:
        return Cell(place, "boolean", "TRUE" if value else "FALSE", None, None, code, False, struck)
    return Cell(place, "error", _error(value), None, None, code, False, struck)


def _date(book: Any, place: str, value: float, code: str, struck: bool) -> Cell:
    import xlrd

    try:
        moment = xlrd.xldate_as_datetime(value, book.datemode)
    except (xlrd.XLDateError, OverflowError, ValueError):
        return Cell(place, "error", "####", None, None, code, False, struck)
    if value < 1:  # a time of day
        return Cell(place, "date", moment.time().isoformat("seconds"), None, None, code, False, struck)
    whole = value == int(value)
    text = moment.date().isoformat() if whole else moment.isoformat(" ", "seconds")
    return Cell(place, "date", text, None, moment.date(), code, False, struck, text if struck else "")


def _error(code: int) -> str:
    import xlrd

    return str(xlrd.error_text_from_code.get(code, "#ERR!"))


def _listed(book: Any) -> tuple[Colour | None, ...]:
    return tuple(book.colour_map.get(number) for number in range(64))


def _ground(book: Any, fill: Any) -> Colour | None:
    """What a cell is set on: white where it has no ground of its own; None where that isn't known (a pattern)."""
    if fill.fill_pattern == 0:
        return WHITE
    found: Colour | None = book.colour_map.get(fill.pattern_colour_index) if fill.fill_pattern == 1 else None
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    """How letters look."""

    struck: bool
    seen: Visibility
    raised: bool


def _look(book: Any, font: Any, ground: Colour | None, ink: Colour | None = None) -> _Look:
    """How letters of a font look on a ground; ``ink``: where a number format gives another than the font's."""
    tiny = 0 < font.height <= 20 * FLAT
    seen = "unseen" if tiny else visibility(ink or book.colour_map.get(font.colour_index), ground)
    return _Look(bool(font.struck_out), seen, bool(font.escapement))


@dataclass(frozen=True, slots=True)
class _Words:
    """A cell of text, and where it stands."""

    book: Any
    sheet: Any
    row: int
    column: int
    value: str

    def runs(self, look: _Look, ground: Colour | None) -> Iterator[tuple[str, _Look]]:
        """Its pieces by their fonts. The cell's own font may raise all of it; only a piece's sets a mark beside one."""
        listed = self.sheet.rich_text_runlist_map.get((self.row, self.column)) or []
        looks = [(at, _look(self.book, self.book.font_list[font], ground)) for at, font in listed]
        starts = [(0, replace(look, raised=False)), *looks]
        ends = [*(at for at, _ in looks), len(self.value)]
        for (start, one), end in zip(starts, ends, strict=True):
            yield self.value[start:end], one


def _text(words: _Words, look: _Look, ground: Colour | None) -> tuple[str, str, bool]:
    """The text that counts, what is struck through or not to be seen, and whether a figure in it is faint."""
    kept: list[str] = []
    withheld: list[str] = []
    faint = False
    for text, one in words.runs(look, ground):
        seen = one.seen if text.strip() and is_wordless(text) else "seen"
        out = one.struck or seen == "unseen"
        faint = faint or (not out and seen == "faint")
        mark = RAISED * one.raised
        (withheld if out else kept).append(mark + text + mark)
    return _lines("".join(kept)), _lines("".join(withheld)), faint


def _lines(text: str) -> str:
    return level(text).replace("\r\n", "\n").replace("\r", "\n")

"""A table of cells with their addresses, whatever file it came from; and the document around it.

A format's reader yields this and nothing else; what the cells mean is values.py's and form.py's business.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

CellKind = Literal["empty", "text", "number", "date", "boolean", "error", "no_result", "unread"]
"""What is stored: ``error`` is #REF! and its kin, ``no_result`` a formula whose result wasn't stored.

``unread`` is ink in a picture that gives no certain reading; its text is what it may say, never a figure.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it is stored and as it is shown.

    Attributes:
        address: ``B6`` in a workbook, ``R3C2`` elsewhere (1-based, by ordinal in the row for Word).
        kind: what is stored.
        text: the stored text, untouched (line breaks kept); for other kinds how a person would see it.
            Struck-through and hidden runs, comments and deleted revisions are left out.
        number: the stored number of a ``number`` cell, exact as its shortest decimal form, not rounded.
        date: the stored date of a ``date`` cell.
        number_format: the workbook's format code (``0"元"``), or ``General`` where there is none.
        hidden: in a hidden row, column or sheet, or hidden text; never a value.
        struck: struck through as a whole; never a value.
        withheld: text in the cell that doesn't count (hidden or struck runs), for the finding ``hidden``.
        confidence: how sure the reader of a picture is, 0 to 1; None for what wasn't read from one.
        drawn: what is drawn in or over the cell and isn't stored as its text, in Chinese (自动编号, 图片): the cell's
            figure is then uncertain.
        notes: what is written on the cell (a comment, a box anchored there): never its value.
    """

    address: str
    kind: CellKind = "empty"
    text: str = ""
    number: Decimal | None = None
    date: dt.date | None = None
    number_format: str = "General"
    hidden: bool = False
    struck: bool = False
    withheld: str = ""
    confidence: float | None = None
    drawn: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, zero-based and inclusive, in the grid's own rows and columns."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        name: ``Sheet1`` in a workbook; ``表1`` in a document, an HTML page, a mail's text (1-based).
        rows: the cells; rows may differ in length (Word). A covered cell of a merged range is ``empty``.
        merges: merged ranges. A Word table's gridSpan and vMerge appear here too, while a row's cells stay
            by ordinal: see ``columns``.
        columns: for each row the grid columns (start, end exclusive) that each of its cells spans where
            the format knows them (Word: gridSpan), else empty: cell i stands in column i.
        lines_before, lines_after: paragraphs right above and below the table, nearest table only.
        from_picture: came from OCR.
        hidden: the whole sheet or table is hidden.
        complete: blank cells are stored as well (Word, HTML): a row with fewer cells has lost one, while a text
            may only have lost its last blanks.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    merges: tuple[Merge, ...] = ()
    columns: tuple[tuple[tuple[int, int], ...], ...] = ()
    lines_before: tuple[str, ...] = ()
    lines_after: tuple[str, ...] = ()
    from_picture: bool = False
    hidden: bool = False
    complete: bool = False

    @property
    def in_workbook(self) -> bool:
        """Whether the cells have a workbook's addresses: each stands where it is seen, however long its row."""
        first = next((cell.address for row in self.rows for cell in row), "")
        return re.fullmatch(r"[A-Z]+[0-9]+", first) is not None

    def source(self, cell: Cell) -> str:
        """Where a value stands: ``Sheet1!B6``, ``表1!R3C2``."""
        return f"{self.name}!{cell.address}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, or another file, inside a document.

    Attributes:
        name: the file's name inside the document (image1.jpeg).
        data: its bytes, as stored.
    """

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as a picture.

    Attributes:
        number: the page's, from 1.
        data: a picture file's bytes.
        doubted: the page has text, and shows another: it was drawn to be looked at.
    """

    number: int
    data: bytes = field(repr=False)
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds, in reading order.

    Attributes:
        grids: its tables.
        text: its running text without the tables' cells, a paragraph a line.
        pictures: the pictures inside it.
        files: other files inside it, each to be read as what it is.
        pages: pages that are pictures (a scan in a PDF), each by its number and to be read like a picture file.
        joined: sources of cells where a number goes on in the next line, as only the page's layout tells.
        loose: tables without ruled lines, by where their letters stand: a form in one counts whole or not at all.
        downwards: texts outside of tables that stand below each other, as headings of several lines do.
        unread: what calls itself so is inside it, and nothing here can read it (Word.Document.8).
        asides: comments, and text boxes over a sheet: never figures, but they may say that one is wrong.
        margins: page headers, footers and watermarks: never figures, but they may say what the whole page is.
    """

    grids: tuple[Grid, ...] = ()
    text: str = ""
    pictures: tuple[Picture, ...] = ()
    files: tuple[Picture, ...] = ()
    pages: tuple[PagePicture, ...] = ()
    joined: frozenset[str] = frozenset()
    loose: tuple[Grid, ...] = ()
    downwards: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()

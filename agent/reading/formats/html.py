"""HTML pages and mail texts, and what exporting systems call .xls and .doc: tables with their spans expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.reading.cell.folding import RAISED, level
from agent.reading.formats.flow import Block, Line, Table, TableEnd, document, text_cell
from agent.reading.formats.htmldrawn import drawn_in
from agent.reading.formats.htmllooks import hides, is_raised, is_struck, seen, take_over_sheets, withholds
from agent.reading.formats.text import decode
from agent.reading.grid import Cell, Document, Merge
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, too_large

if TYPE_CHECKING:
    from lxml.etree import _Element

INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdo",
        "bdi",
        "big",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "o:p",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
        "img",
    ]
)
SKIPPED = frozenset(
    [
        "head",
        "script",
        "style",
        "template",
        "noscript",
        "title",
        "meta",
        "link",
        "object",
        "svg",
        "textarea",
        "select",
    ]
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SPACE = re.compile(r"[ \t\r\n\f]+")  # a no-break space doesn't collapse


def read_html(data: bytes | str, budget: Budget) -> Document:
    """The page's tables as grids, nested ones on their own, and its text.

    Raises:
        Unreadable: damaged, or over the bounds.
    """
    return read_tree(parse_html(data if isinstance(data, str) else decode_html(data)), budget)


def read_tree(root: _Element | None, budget: Budget) -> Document:
    """The same of a page that is a tree already."""
    try:
        return document(_Reader(budget).blocks(root)) if root is not None else Document()
    finally:
        seen.cache_clear()  # or the whole tree stays in memory


def page_lines(root: _Element | None) -> str:
    """The page's text, that of its tables' cells too, a line for each; nothing that is hidden or struck through."""
    try:
        return "\n".join(_lines_in(root)) if root is not None else ""
    finally:
        seen.cache_clear()


def decode_html(data: bytes) -> str:
    """The text of a page: by its byte order mark, strictly as UTF-8, as it declares, else as GB18030."""
    if data[:3] == b"\xef\xbb\xbf" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return decode(data)
    declared = _CHARSET.search(data[:4096])
    names = ["utf-8", declared[1].decode("ascii", "replace") if declared else "", "gb18030"]
    for name in names:
        try:
            return data.decode("gb18030" if name.lower() in ("gb2312", "gbk") else name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("gb18030", "replace")


def parse_html(text: str) -> _Element | None:
    """The page as a tree; None where there is nothing in it.

    Raises:
        Unreadable: damaged; or nested so deeply that the parser would keep the beginning and drop the rest.
    """
    from lxml import etree

    parser = etree.HTMLParser(no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    text = _DECLARATION.sub("", text).replace("\0", "")
    if not text.strip():
        return None
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise damaged() from error
    if parser.error_log.filter_from_fatals():
        raise too_large("网页里一层套一层，太多")
    if root is not None:
        take_over_sheets(root)
    return root


class _Reader:
    """Walks a page once, counting cells against the bounds."""

    def __init__(self, budget: Budget) -> None:
        self._limit = budget.limits.cells
        self._cells = 0

    def blocks(self, root: _Element) -> Iterator[Block]:
        """Lines and tables in the page's order. A table that only lays out others is no table of figures."""
        return self._walk(root, inside=False)

    def _walk(self, root: _Element, inside: bool) -> Iterator[Block]:
        line: list[str] = []
        for piece in _pieces(root):
            if isinstance(piece, str):
                line.append(piece)
                continue
            yield from _line(line, inside)
            line = []
            if piece is not None:
                layout = _has_inner(piece)
                for caption in piece.findall("caption"):
                    yield from self._walk(caption, inside)
                yield self._table(piece)
                for row in _rows(piece) if layout else ():
                    for cell in _row_cells(row):
                        yield from self._walk(cell, inside)
                yield TableEnd()
        yield from _line(line, inside)

    def _table(self, table: _Element) -> Table:
        grid: list[list[Cell]] = []
        merges: list[Merge] = []
        covered: dict[tuple[int, int], None] = {}
        rows, unseen = list(_rows(table)), _hidden_columns(table)
        for number, row in enumerate(rows):
            cells: list[Cell] = []
            for cell in _row_cells(row):
                while (number, len(cells)) in covered:
                    cells.append(Cell(_address(number, len(cells))))
                wide = _span(cell, "colspan", 1000)
                high = _span(cell, "rowspan", len(rows) - number)
                self._count(wide * high)
                merges += self._cover(covered, number, len(cells), high, wide)
                made = _cell(cell, _address(number, len(cells)))
                cells.append(replace(made, hidden=True) if len(cells) in unseen else made)
            while (number, len(cells)) in covered:
                cells.append(Cell(_address(number, len(cells))))
            grid.append(cells)
        return Table(tuple(tuple(row) for row in grid), tuple(merges), hidden=_is_hidden(table))

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > self._limit:
            raise too_large("表格的单元格太多")

    @staticmethod
    def _cover(
        covered: dict[tuple[int, int], None], row: int, column: int, high: int, wide: int
    ) -> Iterator[Merge]:
        if high * wide > 1:
            yield Merge(row, column, row + high - 1, column + wide - 1)
        for down in range(high):
            for right in range(wide):
                if down or right:
                    covered[row + down, column + right] = None


def _address(row: int, column: int) -> str:
    return f"R{row + 1}C{column + 1}"


def _span(cell: _Element, name: str, most: int) -> int:
    value = (cell.get(name) or "1").strip()
    number = int(value) if value.isdecimal() and len(value) < 7 else 1
    if name == "rowspan" and number == 0:  # to the end of the table
        return most
    return max(1, min(number, most))


def _has_inner(table: _Element) -> bool:
    return any(inner is not table for inner in table.iter("table"))


def _rows(table: _Element) -> Iterator[_Element]:
    for one in table:
        if one.tag == "tr":
            yield one
        elif one.tag in ("tbody", "thead", "tfoot"):
            yield from (row for row in one if row.tag == "tr")


def _hidden_columns(table: _Element) -> frozenset[int]:
    """The columns that a workbook saved as a page has hidden: it says so of the column alone."""
    hidden, at = set[int](), 0
    for group in table.iterchildren("col", "colgroup"):
        for one in [group] if group.tag == "col" else group.iterchildren("col"):
            wide = _span(one, "span", 1000)
            hidden.update(range(at, at + wide) if hides(one) or hides(group) else ())
            at += wide
    return frozenset(hidden)


def _row_cells(row: _Element) -> Iterator[_Element]:
    return (cell for cell in row if cell.tag in ("td", "th"))


def _cell(cell: _Element, address: str) -> Cell:
    kept: list[str] = []
    withheld: list[str] = []
    for text, counts in _cell_text(cell):
        (kept if counts else withheld).append(text)
    hidden = _is_hidden(cell)
    made = text_cell(address, _tidy("".join(kept)), _tidy("".join(withheld)), hidden)
    return replace(made, drawn=drawn_in(cell))


def _cell_text(cell: _Element) -> Iterator[tuple[str, bool]]:
    """The cell's text in pieces, each with whether it counts; tables inside are their own."""
    stack: list[tuple[_Element, bool, bool]] = [(cell, not is_struck(cell), False)]
    while stack:
        element, counts, leaving = stack.pop()
        if leaving:
            if _is_block(element):
                yield "\n", True
            elif is_raised(element):
                yield RAISED, counts
            yield _SPACE.sub(" ", element.tail or ""), counts
            continue
        inner = counts
        if element is not cell:
            stack.append((element, counts, True))
            if not isinstance(element.tag, str) or element.tag in SKIPPED or element.tag == "table":
                continue
            if element.tag == "br" or _is_block(element):
                yield "\n", True
            inner = counts and not withholds(element)
            if is_raised(element):
                yield RAISED, inner
        yield _SPACE.sub(" ", element.text or ""), inner
        stack += [(child, inner, False) for child in reversed(element)]


def _is_hidden(element: _Element) -> bool:
    return hides(element) or any(hides(up) for up in element.iterancestors())


def _is_block(element: _Element) -> bool:
    return isinstance(element.tag, str) and element.tag not in INLINE and element.tag != "br"


def _tidy(text: str) -> str:
    lines = [line.replace("\xa0", " ").strip() for line in level(text).split("\n")]
    return "\n".join(line for line in lines if line)


def _pieces(root: _Element) -> Iterator[str | _Element | None]:
    """What is under an element: text, None for the end of a line, and a table without what is in it."""
    stack: list[tuple[_Element, bool]] = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        if leaving:
            if _is_block(element):
                yield None
            elif is_raised(element):
                yield RAISED
            yield _SPACE.sub(" ", element.tail or "")
            continue
        if element is not root:
            stack.append((element, True))
            if not isinstance(element.tag, str) or element.tag in SKIPPED or withholds(element):
                continue
            if element.tag == "table":
                yield element
                continue
            if element.tag == "br" or _is_block(element):
                yield None
            elif is_raised(element):
                yield RAISED
        yield _SPACE.sub(" ", element.text or "")
        stack += [(child, False) for child in reversed(element)]


def _lines_in(root: _Element) -> Iterator[str]:
    line: list[str] = []
    for piece in _pieces(root):
        if isinstance(piece, str):
            line.append(piece)
            continue
        yield from (one.text for one in _line(line, inside=False))
        line = []
        for row in _rows(piece) if piece is not None else ():
            for cell in _row_cells(row):
                if not _is_hidden(cell) and not withholds(cell):
                    yield from _lines_in(cell)
    yield from (one.text for one in _line(line, inside=False))


def _line(pieces: list[str], inside: bool) -> Iterator[Line]:
    text = _SPACE.sub(" ", level("".join(pieces))).replace("\xa0", " ").strip()
    if text:
        yield Line(text, inside)

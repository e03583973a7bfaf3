"""OpenDocument texts (.odt): the tables by their cells' order, the running text, the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.reading.cell.folding import level
from agent.reading.formats.asides import MARGINS, is_figure, margins, told
from agent.reading.formats.drawn import named
from agent.reading.formats.embedded import in_opendocument
from agent.reading.formats.flow import Block, Line, Table, TableEnd, document, text_cell
from agent.reading.formats.ink import FAINT_INK, WHITE, Colour
from agent.reading.formats.odfdrawn import drawn_in
from agent.reading.formats.odfstyles import OFFICE, TABLE, TEXT, Paint, Styles
from agent.reading.formats.ods import require_open, runs
from agent.reading.formats.package import Package
from agent.reading.grid import Cell, Document, Merge, Picture
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, too_large

if TYPE_CHECKING:
    from lxml.etree import _Element

HREF = "{http://www.w3.org/1999/xlink}href"
PARAGRAPHS = (f"{TEXT}p", f"{TEXT}h")
SKIPPED = frozenset(
    f"{TEXT}{name}" for name in ("tracked-changes", "sequence-decls", "note", "table-of-content")
)


def read_odt(data: bytes, budget: Budget) -> Document:
    """The document's tables as grids, its running text and its pictures.

    Raises:
        Unreadable: damaged, with a password, or over the bounds.
    """
    package = Package(data, budget)
    require_open(package)
    root = package.xml("content.xml")
    body = root.find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        raise damaged()
    styles = Styles.of(root, package.xml("styles.xml") if "styles.xml" in package.names else None)
    inside = in_opendocument(package, budget)
    read = document(_Reader(styles, budget).blocks(body, inside=False), _pictures(package, body))
    asides = tuple(told(body.iter(f"{OFFICE}annotation", f"{TEXT}note-body")))
    about = margins(package, ["styles.xml"] if "styles.xml" in package.names else [], *MARGINS)
    return replace(read, files=inside.files, unread=inside.unread, asides=asides, margins=about)


@dataclass(frozen=True, slots=True)
class _Text:
    """A paragraph's text that counts, what doesn't, and whether a figure in it is in ink that not everybody sees."""

    kept: str
    withheld: str
    faint: bool


class _Reader:
    """Walks a text with its styles at hand, counting cells against the bounds."""

    def __init__(self, styles: Styles, budget: Budget) -> None:
        self._styles = styles
        self._left = budget.limits.cells

    def blocks(self, parent: _Element, inside: bool) -> Iterator[Block]:
        """The paragraphs and tables under an element, those of text boxes behind their paragraph."""
        for one in parent:
            if one.tag in PARAGRAPHS:
                yield Line(self._paragraph(one).kept, inside)
                for box in one.iter("{*}text-box"):
                    yield from self.blocks(box, inside)
            elif one.tag == f"{TABLE}table":
                yield self._table(one)
                for row in _rows(one):
                    # A cell's own lines matter only where they stand beside a table inside it.
                    for cell in row.iterfind(f"{TABLE}table-cell"):
                        if cell.find(f".//{TABLE}table") is not None:
                            yield from self.blocks(cell, inside=True)
                yield TableEnd()
            elif isinstance(one.tag, str) and one.tag not in SKIPPED:
                yield from self.blocks(one, inside)

    def _table(self, table: _Element) -> Table:
        rows: list[tuple[Cell, ...]] = []
        merges: list[Merge] = []
        for row in _rows(table):
            cells: list[Cell] = []
            for stored in row:
                if stored.tag == f"{TABLE}table-cell":
                    wide, high = (
                        _number(stored, "number-columns-spanned"),
                        _number(stored, "number-rows-spanned"),
                    )
                    if wide * high > 1:
                        top, left = len(rows), len(cells)
                        merges.append(Merge(top, left, top + high - 1, left + wide - 1))
                    for _ in range(_number(stored, "number-columns-repeated")):
                        cells.append(self._cell(stored, len(rows), len(cells)))
                elif stored.tag == f"{TABLE}covered-table-cell":
                    for _ in range(_number(stored, "number-columns-repeated")):
                        cells.append(Cell(_address(len(rows), len(cells))))
            rows.append(tuple(cells))
        return Table(tuple(rows), tuple(merges))

    def _cell(self, stored: _Element, row: int, column: int) -> Cell:
        self._left -= 1
        if self._left < 0:
            raise too_large("表格的单元格太多")
        texts = [self._paragraph(one) for one in stored.iter(*PARAGRAPHS) if _innermost(one, stored)]
        made = text_cell(
            _address(row, column),
            "\n".join(text.kept for text in texts),
            "\n".join(text.withheld for text in texts if text.withheld),
        )
        faint = FAINT_INK if any(text.faint for text in texts) else ""
        over = "图片" if is_figure(made.text) and next(stored.iter("{*}image"), None) is not None else ""
        notes = tuple(told(stored.iter(f"{OFFICE}annotation")))
        drawn = named((drawn_in(stored, self._styles), faint, over))
        return replace(made, notes=notes, drawn=drawn)

    def _paragraph(self, paragraph: _Element) -> _Text:
        style = paragraph.get(f"{TEXT}style-name")
        counts = not self._styles.struck("paragraph", style) and not self._styles.hides("paragraph", style)
        kept: list[str] = []
        withheld: list[str] = []
        faint = False
        paint = self._styles.paint("paragraph", style, Paint(ground=self._ground(paragraph, style)))
        for run in runs(paragraph, self._styles, counts, paint):
            (kept if run.counts else withheld).append(run.text)
            faint = faint or run.faint
        return _Text(level("".join(kept)), level("".join(withheld)).strip(), faint)

    def _ground(self, paragraph: _Element, style: str | None) -> Colour | None:
        ground: Colour | None = WHITE
        for up in reversed([*paragraph.iterancestors(*(f"{TABLE}{one}" for one in _GROUNDS))]):
            family = up.tag.removeprefix(TABLE)
            ground = self._styles.ground(family, up.get(f"{TABLE}style-name"), ground)
        return self._styles.ground("paragraph", style, ground)


_GROUNDS = ("table", "table-row", "table-cell")


def _address(row: int, column: int) -> str:
    return f"R{row + 1}C{column + 1}"


def _innermost(paragraph: _Element, cell: _Element) -> bool:
    """Whether a paragraph is the cell's own, and neither a table's inside it nor a comment's or a note's."""
    for up in paragraph.iterancestors(f"{TABLE}table-cell", f"{OFFICE}annotation", f"{TEXT}note"):
        return up is cell
    return False


def _rows(table: _Element) -> Iterator[_Element]:
    for one in table:
        if one.tag == f"{TABLE}table-row":
            yield one
        elif one.tag in (f"{TABLE}table-header-rows", f"{TABLE}table-rows"):
            yield from _rows(one)


def _number(stored: _Element, name: str) -> int:
    value = stored.get(f"{TABLE}{name}") or "1"
    return max(1, min(int(value), 1000)) if value.isdecimal() and len(value) < 6 else 1


def _pictures(package: Package, body: _Element) -> tuple[Picture, ...]:
    names = dict.fromkeys(one.get(HREF, "").removeprefix("./") for one in body.iter("{*}image"))
    return tuple(
        Picture(name.rpartition("/")[2], package.read(name)) for name in names if name in package.names
    )

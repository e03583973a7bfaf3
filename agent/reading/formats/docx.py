"""Word documents (.docx, .docm, and WPS's of the same kind), straight from their XML.

Cells go by their ordinal in the row: LibreOffice writes grids with a column more than cells, and whoever
expands the spans doubles a figure. Tracked changes read as accepted; hidden and struck text doesn't count.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.reading.cell.folding import RAISED, is_wordless, level
from agent.reading.formats.asides import comments, in_package, margins
from agent.reading.formats.docxdrawn import Numbering, drawn_in, read_numbering
from agent.reading.formats.docxlooks import (
    PAPER,
    PLAIN,
    Ground,
    Style,
    W,
    ground_of,
    is_flat,
    properties_of,
    read_styles,
    switch,
)
from agent.reading.formats.drawn import named
from agent.reading.formats.embedded import Embedded, in_parts
from agent.reading.formats.flow import Block, Line, Table, TableEnd, document, text_cell
from agent.reading.formats.ink import FAINT_INK, Visibility, visibility
from agent.reading.formats.package import Package
from agent.reading.grid import Cell, Document, Merge, Picture
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, too_large

if TYPE_CHECKING:
    from lxml.etree import _Element

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
DOCUMENT_TYPE = "/officeDocument"

_WRAPPERS = frozenset(
    f"{W}{name}"
    for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "hyperlink", "fldSimple")
) | {f"{W}ruby", f"{W}rubyBase", f"{W}dir", f"{W}bdo"}
_DROPPED = frozenset(
    f"{W}{name}"
    for name in (
        "del",
        "moveFrom",
        "pPr",
        "rPr",
        "sdtPr",
        "sdtEndPr",
        "instrText",
        "delText",
        "delInstrText",
        "rt",
    )
)


def read_docx(data: bytes, budget: Budget) -> Document:
    """The document's tables as grids, its running text, the pictures and embedded files in it.

    Raises:
        Unreadable: damaged, over the bounds, or with a document type in its XML.
    """
    package = Package(data, budget)
    name = _main_part(package)
    root = package.xml(name)
    body = next((one for one in root if one.tag == f"{W}body"), None)
    if body is None:
        raise damaged()
    numbering = read_numbering(package, name, read_styles(package, name))
    reader = _Reader(numbering, budget, comments(package, posixpath.dirname(name)))
    inside = _embedded(package, name, body, budget)
    read = document(reader.blocks(body, inside=False), _pictures(package, name, body))
    return replace(
        read,
        files=inside.files,
        unread=inside.unread,
        asides=in_package(package),
        margins=margins(package, _margins_of(package, name)),
    )


def _margins_of(package: Package, main: str) -> Iterator[str]:
    """The parts of its page headers and footers."""
    related = package.relations(main).values()
    return (one.part for one in related if one.kind in ("header", "footer") and one.part in package.names)


def _main_part(package: Package) -> str:
    if "word/document.xml" in package.names:
        return "word/document.xml"
    for one in package.xml("_rels/.rels").iter("{*}Relationship"):
        if one.get("Type", "").endswith(DOCUMENT_TYPE):
            return one.get("Target", "").lstrip("/")
    raise damaged()


# --- paragraphs and tables -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Text:
    """A paragraph's text that counts, what doesn't, the blocks of text boxes in it, and whether its ink is faint."""

    kept: str
    withheld: str
    boxes: tuple[_Element, ...] = ()
    faint: bool = False


class _Reader:
    """Walks a body with its styles and lists at hand, counting cells against the bounds."""

    def __init__(self, numbering: Numbering, budget: Budget, comments: Mapping[str, str]) -> None:
        self._numbering = numbering
        self._styles = numbering.styles
        self._comments = comments
        self._limit = budget.limits.cells
        self._cells = 0

    def blocks(self, parent: _Element, inside: bool) -> Iterator[Block]:
        """The paragraphs and tables under an element, those of text boxes behind their paragraph."""
        for one in _content(parent):
            if one.tag == f"{W}p":
                text = self._paragraph(one)
                yield Line(text.kept, inside)
                for box in text.boxes:
                    yield from self.blocks(box, inside)
            elif one.tag == f"{W}tbl":
                yield self._table(one)
                # A cell's own lines matter only where they stand beside a table inside it.
                for cell in (inner for inner in _cells(one) if inner.find(f".//{W}tbl") is not None):
                    yield from self.blocks(cell, inside=True)
                yield TableEnd()

    def _table(self, table: _Element) -> Table:
        rows: list[tuple[Cell, ...]] = []
        spans: list[tuple[tuple[int, int], ...]] = []
        merges: list[Merge] = []
        open_merges: dict[int, int] = {}
        for number, row in enumerate(_rows(table)):
            cells, places = self._row(row, number)
            for cell, (start, end) in zip(_row_cells(row), places, strict=True):
                _merge(cell, number, start, end, merges, open_merges)
            rows.append(cells)
            spans.append(places)
        return Table(tuple(rows), tuple(_wide(merges)), tuple(spans))

    def _row(self, row: _Element, number: int) -> tuple[tuple[Cell, ...], tuple[tuple[int, int], ...]]:
        properties = row.find(f"{W}trPr")
        hidden = properties is not None and (bool(switch(properties, "hidden")) or is_flat(properties))
        at = _whole(properties, "gridBefore", 0)
        cells, places = [], []
        for ordinal, cell in enumerate(_row_cells(row), 1):
            span = max(1, _whole(cell.find(f"{W}tcPr"), "gridSpan", 1))
            cells.append(self._with_what_is_on(self._cell(cell, f"R{number + 1}C{ordinal}", hidden), cell))
            places.append((at, at + span))
            at += span
        self._cells += len(cells)
        if self._cells > self._limit:
            raise too_large("表格的单元格太多")
        return tuple(cells), tuple(places)

    def _cell(self, cell: _Element, address: str, hidden: bool) -> Cell:
        ground = ground_of(cell.find(f"{W}tcPr")) or PAPER
        parts = list(_content(cell))
        texts = [self._paragraph(one, ground) for one in parts if one.tag == f"{W}p"]
        texts += self._boxed(texts)
        if _continues(cell) and not any(text.kept.strip() for text in texts):
            return Cell(address)
        kept = "\n".join(text.kept for text in texts)
        withheld = "\n".join(text.withheld for text in texts if text.withheld)
        if _continues(cell):  # covered by the cell above: what is stored here isn't shown
            return Cell(address, withheld=withheld or kept.strip())
        faint = FAINT_INK if any(text.faint for text in texts) else ""
        drawn = named((drawn_in(parts, self._numbering), faint))
        return replace(text_cell(address, kept, withheld, hidden), drawn=drawn)

    def _with_what_is_on(self, read: Cell, cell: _Element) -> Cell:
        """The cell with the comments that are anchored in it, and whether a picture lies beside its figure."""
        ids = [one.get(f"{W}id", "") for one in cell.iter(f"{W}commentReference", f"{W}commentRangeStart")]
        notes = tuple(dict.fromkeys(self._comments[one] for one in ids if one in self._comments))
        pictured = _DIGIT.search(read.text) and next(cell.iter("{*}blip", "{*}imagedata"), None) is not None
        if not notes and not pictured:
            return read
        return replace(read, notes=notes, drawn=read.drawn or ("图片" if pictured else ""))

    def _boxed(self, texts: list[_Text]) -> list[_Text]:
        """What text boxes in a cell say, where they bear figures and the cell is no label: they lie upon its own."""
        boxes = [box for text in texts for box in text.boxes]
        own = "".join(text.kept for text in texts)
        if not boxes or (own.strip() and not _DIGIT.search(own)):
            return []
        lines = [self._paragraph(one) for box in boxes for one in box.iter(f"{W}p")]
        return [line for line in lines if _DIGIT.search(line.kept)]

    def _paragraph(self, paragraph: _Element, ground: Ground = PAPER) -> _Text:
        properties = paragraph.find(f"{W}pPr")
        style = self._named(properties, "pStyle")
        ground = ground_of(properties) or ground
        kept: list[tuple[str, bool]] = []
        withheld: list[tuple[str, bool]] = []
        boxes: list[_Element] = []
        fields: list[bool] = []
        faint = False
        for run in _runs(paragraph):
            own = run.find(f"{W}rPr")
            shown = properties_of(own).over(self._named(own, "rStyle")).over(style)
            text = _run_text(run, boxes, fields)
            seen = _visibility(text, shown, ground)
            out = shown.hidden or shown.struck or seen == "unseen"
            faint = faint or (not out and seen == "faint")
            (withheld if out else kept).append((text, bool(shown.raised)))
        return _Text(_leveled(kept), _leveled(withheld).strip(), tuple(boxes), faint)

    def _named(self, properties: _Element | None, tag: str) -> Style:
        named = properties.find(f"{W}{tag}") if properties is not None else None
        return self._styles.get(named.get(f"{W}val", "")) if named is not None else PLAIN


_DIGIT = re.compile("[0-9０-９]")


def _visibility(text: str, shown: Style, ground: Ground) -> Visibility:
    """How a run's ink looks; only a figure's matters, since words in white stand on a ground that some style gives."""
    ink = shown.ink
    if ink is None or ink == "auto" or not text.strip() or not is_wordless(text):
        return "seen"
    return visibility(ink, (shown.ground or ground).colour)


def _leveled(runs: Sequence[tuple[str, bool]]) -> str:
    """The runs' text, marked where raised text begins and ends."""
    marked, before = [], False
    for text, raised in runs:
        marked.append(RAISED + text if text and raised != before else text)
        before = raised if text else before
    return level("".join(marked))


def _content(parent: _Element) -> Iterator[_Element]:
    """The children that count, through content controls and accepted changes."""
    for one in parent:
        if not isinstance(one.tag, str) or one.tag in _DROPPED or _placeholder(one):
            continue
        if one.tag in _WRAPPERS:
            yield from _content(one)
        elif one.tag.endswith("}AlternateContent"):
            yield from _content(_alternative(one))
        else:
            yield one


def _placeholder(control: _Element) -> bool:
    """A content control that shows its prompt (单击此处输入文字) and holds nothing."""
    if control.tag != f"{W}sdt":
        return False
    properties = control.find(f"{W}sdtPr")
    return properties is not None and bool(switch(properties, "showingPlcHdr"))


def _alternative(element: _Element) -> _Element:
    """The first of several representations of the same content."""
    return next((one for one in element if isinstance(one.tag, str)), element)


def _rows(table: _Element) -> Iterator[_Element]:
    for row in _content(table):
        if row.tag == f"{W}tr":
            properties = row.find(f"{W}trPr")
            if properties is None or properties.find(f"{W}del") is None:
                yield row


def _row_cells(row: _Element) -> Iterator[_Element]:
    for cell in _content(row):
        if cell.tag == f"{W}tc" and cell.find(f"{W}tcPr/{W}cellDel") is None:
            yield cell


def _cells(table: _Element) -> Iterator[_Element]:
    for row in _rows(table):
        yield from _row_cells(row)


def _runs(paragraph: _Element) -> Iterator[_Element]:
    for one in _content(paragraph):
        if one.tag == f"{W}r" or one.tag.endswith("}r"):
            yield one
        elif one.tag.endswith(("}oMath", "}oMathPara")):
            yield from _runs(one)
        elif one.tag.startswith(MATH) and not one.tag.endswith("Pr"):
            yield one


def _run_text(run: _Element, boxes: list[_Element], fields: list[bool]) -> str:
    """A run's text; ``fields`` holds for each field that is open whether its result has begun."""
    if run.tag.startswith(MATH) and not run.tag.endswith("}r"):
        # A fraction or an index: 1 over 2 is no 12.
        return "".join(f"^{one.text or ''}" for one in run.iter(f"{MATH}t"))
    text: list[str] = []
    for one in _content(run):
        name = one.tag.rpartition("}")[2]
        if name == "fldChar":
            _follow(one.get(f"{W}fldCharType", ""), fields)
        elif not all(fields):  # a field within another one's instructions
            continue
        elif name == "t":
            text.append(one.text or "")
        elif name in ("tab", "ptab"):
            text.append("\t")
        elif name in ("br", "cr"):
            text.append("\n")
        elif name == "noBreakHyphen":
            text.append("-")
        elif name == "sym":  # a character of a symbol font: which one, only the font knows
            text.append("\ufffd")
        elif name in ("drawing", "pict", "object"):
            boxes += [box for box in _boxes(one) if box is not None]
        elif name == "r":
            text.append(_run_text(one, boxes, fields))
    return "".join(text)


def _follow(kind: str, fields: list[bool]) -> None:
    if kind == "begin":
        fields.append(False)
    elif fields and kind == "separate":
        fields[-1] = True
    elif fields and kind == "end":
        fields.pop()


def _boxes(drawing: _Element) -> Iterator[_Element]:
    """Text boxes in a drawing, not those inside another one's fallback."""
    for one in drawing.iter(f"{W}txbxContent"):
        ancestors = [up.tag for up in one.iterancestors()]
        inner = ancestors[: ancestors.index(drawing.tag)]
        if f"{W}txbxContent" not in inner and not any(str(tag).endswith("}Fallback") for tag in inner):
            yield one


def _whole(properties: _Element | None, name: str, default: int) -> int:
    found = properties.find(f"{W}{name}") if properties is not None else None
    value = found.get(f"{W}val", "") if found is not None else ""
    return min(int(value), 1000) if value.isdecimal() else default


# --- merged cells ----------------------------------------------------------------------------------------


def _continues(cell: _Element) -> bool:
    merged = cell.find(f"{W}tcPr/{W}vMerge")
    return merged is not None and merged.get(f"{W}val", "continue") == "continue"


def _merge(
    cell: _Element, row: int, start: int, end: int, merges: list[Merge], open_merges: dict[int, int]
) -> None:
    """Add the cell's own merge, or lengthen the one that it continues."""
    above = open_merges.get(start)
    if _continues(cell) and above is not None and merges[above].bottom == row - 1:
        merges[above] = Merge(merges[above].top, start, row, merges[above].right)
        return
    open_merges[start] = len(merges)
    merges.append(Merge(row, start, row, end - 1))


def _wide(merges: list[Merge]) -> Iterator[Merge]:
    """The merges that cover more than one cell of the grid."""
    return (one for one in merges if (one.top, one.left) != (one.bottom, one.right))


# --- pictures and embedded files -------------------------------------------------------------------------


def _pictures(package: Package, main: str, body: _Element) -> tuple[Picture, ...]:
    """Pictures in the order in which the text shows them."""
    targets = package.relationships(main)
    names: dict[str, None] = {}
    for one in body.iter("{*}blip", "{*}imagedata"):
        for key, value in one.attrib.items():
            if str(key).endswith(("}embed", "}id", "}pict")) and str(value) in targets:
                names[targets[str(value)]] = None
    return tuple(
        Picture(posixpath.basename(name), package.read(name)) for name in names if name in package.names
    )


def _embedded(package: Package, main: str, body: _Element, budget: Budget) -> Embedded:
    """Embedded workbooks and documents, and pages that the text takes in as they are (altChunk)."""
    targets = package.relationships(main)
    ids = [str(value) for one in body.iter(f"{W}altChunk") for value in one.attrib.values()]
    chunks = [targets[one] for one in ids if targets.get(one) in package.names]
    linked = any(one.get("Type") == "Link" for one in body.iter("{*}OLEObject"))
    return (
        Embedded(tuple(Picture(posixpath.basename(name), package.read(name)) for name in chunks))
        + in_parts(package, posixpath.dirname(main), budget)
        + Embedded(unread=("链接的文件",) if linked else ())
    )

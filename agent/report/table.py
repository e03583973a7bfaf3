"""The merged table as a Word table, for the report's annex: XML that stands for itself, whatever the template."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from lxml import etree

from agent.base.plain import plain
from agent.dossier.overview import Overview
from agent.report.layout import NUMBER, UNIT, Layout, layout
from agent.report.merge import Merged, Row
from agent.report.word import FANG, HEI, add_text
from agent.report.words import clean, width

ACROSS = 225.0
"""Millimetres: the type area's width on a page turned."""


def table_xml(overview: Overview, merged: Merged) -> str:
    """The table (w:tbl): the form's own header, a row a unit, 合计."""
    shape = layout(overview.campaign.form)
    texts = [*(_texts(shape, row) for row in merged.rows), _total_texts(shape, merged)]
    table = docx.Document().add_table(rows=shape.depth + len(texts), cols=len(shape.columns))
    points, widths = _fit(shape, texts)
    _frame(table, widths)
    grid = [list(row.cells) for row in table.rows]
    _header(grid, shape, points)
    for row, shown in zip(grid[shape.depth :], texts, strict=True):
        _fill(row, shown, shape, points)
    _span_total(grid[-1], points)
    for place, row in enumerate(table.rows):
        _row_properties(row, header=place < shape.depth)
    return etree.tostring(table._tbl, encoding="unicode")


def _texts(shape: Layout, row: Row) -> list[str]:
    shown = [str(row.number), row.dossier.unit.name]
    for place, column in enumerate(shape.columns[UNIT + 1 :], start=UNIT + 1):
        value = row.values.get(column.field.id) if column.field else None
        lacking = row.standing if place == shape.notes else ""
        shown.append(plain(value) if value is not None else lacking)
    return shown


def _total_texts(shape: Layout, merged: Merged) -> list[str]:
    figures = [column.field.id if column.field and column.is_figure else None for column in shape.columns]
    return ["合计", "", *(_total(merged.totals[name]) if name else "" for name in figures[UNIT + 1 :])]


def _total(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _fit(shape: Layout, texts: list[list[str]]) -> tuple[float, list[float]]:
    """The largest type in which no number breaks, and the columns' widths in millimetres."""
    for points in (10.5, 10, 9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6, 5.5, 5):
        needs = [_need(shape, place, texts, points) for place in range(len(shape.columns))]
        if sum(needs) <= ACROSS:
            break
    else:
        return points, [need * ACROSS / sum(needs) for need in needs]
    spare = ACROSS - sum(needs)
    for place, column in enumerate(shape.columns):
        if column.field is not None and not column.is_figure:
            longest = max(width(line) for row in texts for line in row[place].split("\n"))
            more = min(spare, max(0.0, longest * points * MM / 2 + EDGES - needs[place]), 45.0)
            needs[place], spare = needs[place] + more, spare - more
    shared = spare / (len(needs) - 1)
    return points, [need + (shared if place != NUMBER else 0) for place, need in enumerate(needs)]


MM = 25.4 / 72
"""Millimetres a point."""
EDGES = 1.8
"""Millimetres: a cell's margins, left and right together, and its lines."""
DIGIT = 0.64
"""A digit's width to its height, in the widest of the fonts that stand in where 仿宋 isn't installed."""


def _need(shape: Layout, place: int, texts: list[list[str]], points: float) -> float:
    """The least width of a column: a number stays whole, and so does a measure; a long remark gets more."""
    column = shape.columns[place]
    longest = max(width(line) for row in texts for line in row[place].split("\n"))
    if place == NUMBER:
        return 2.2 * points * MM + EDGES
    if place == UNIT:
        return min(max(longest / 2, 4), 8) * points * MM + EDGES
    if column.is_figure:
        measure = len(column.field.measure or "") + 2 if column.field else 3
        return max(measure * _header_points(points), longest * DIGIT * points) * MM + EDGES
    # In eight lines or so, within reason.
    return min(max(5.0, longest / 2 / 8), 15.0) * points * MM + EDGES


def _header_points(points: float) -> float:
    """A heading's type: a little smaller than the figures', in half points."""
    return int(points * 0.85 * 2) / 2


def _frame(table: Any, widths: list[float]) -> None:
    """Single lines all round, fixed widths, centred."""
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    properties = table._tbl.tblPr
    whole = properties.find(qn("w:tblW"))
    whole.set(qn("w:type"), "dxa")
    whole.set(qn("w:w"), str(round(sum(widths) * 1440 / 25.4)))
    properties.append(_borders())
    margins = OxmlElement("w:tblCellMar")
    for side, twips in (("top", "25"), ("left", "40"), ("bottom", "25"), ("right", "40")):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), twips)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.append(margins)
    _in_order(properties)
    for column, wide in zip(table.columns, widths, strict=True):
        column.width = Mm(wide)


def _in_order(properties: Any) -> None:
    """The order that the schema asks for: tblW, jc, tblBorders, tblLayout, tblCellMar, tblLook."""
    order = ["tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblCellMar", "tblLook"]
    children = sorted(properties, key=lambda child: order.index(etree.QName(child).localname))
    for child in children:
        properties.append(child)


def _borders() -> Any:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    return borders


def _header(grid: list[list[Any]], shape: Layout, points: float) -> None:
    for cell in shape.header:
        first = grid[cell.row][cell.column]
        last = grid[cell.row + cell.rows - 1][cell.column + cell.columns - 1]
        _write(first.merge(last) if first is not last else first, cell.text, HEI, _header_points(points))


def _fill(row: list[Any], texts: list[str], shape: Layout, points: float) -> None:
    for place, (cell, text) in enumerate(zip(row, texts, strict=True)):
        column = shape.columns[place]
        left = column.field is not None and not column.is_figure and len(text) > 6
        _write(cell, text, FANG, points, left=left)


def _span_total(row: list[Any], points: float) -> None:
    row[UNIT].text = row[NUMBER].text = ""
    both = row[NUMBER].merge(row[UNIT])
    for extra in both.paragraphs[1:]:
        extra._p.getparent().remove(extra._p)
    _write(both, "合计", HEI, points)


def _write(cell: Any, text: str, font: str, points: float, *, left: bool = False) -> None:
    cell.vertical_alignment = 1
    for extra in cell.paragraphs[1:]:
        extra._p.getparent().remove(extra._p)
    paragraph = cell.paragraphs[0]
    form = paragraph.paragraph_format
    form.alignment = 0 if left else 1
    form.space_before = form.space_after = form.first_line_indent = Pt(0)
    form.line_spacing = Pt(points + 3)
    if text:
        add_text(paragraph, clean(text), font, points)


def _row_properties(row: Any, *, header: bool) -> None:
    """A row isn't broken over pages; the header stands on each."""
    row.height = Mm(8)
    properties = row._tr.get_or_add_trPr()
    for name in ("w:cantSplit", "w:tblHeader") if header else ("w:cantSplit",):
        properties.insert(0, OxmlElement(name))

"""The made-up papers as Word and Excel files, in the layout of official documents.

Imported only by what writes one, since python-docx and openpyxl take their time. Knows no campaign.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from agent.demo import MARK
from agent.demo.layout import Layout, Placed

TITLE_FONT, HEADING_FONT, BODY_FONT, TABLE_FONT = "方正小标宋简体", "黑体", "仿宋_GB2312", "宋体"
# Top, left, bottom, right in millimetres: GB/T 9704's for a letter, narrower ones for a wide annex.
LETTER_MARGINS, ANNEX_MARGINS = (37, 28, 35, 26), (28, 22, 26, 22)


def form_document(form: Layout) -> bytes:
    """The form as a Word document, a page of A4 on its side."""
    document = _blank_document(landscape=True)
    _paragraph(document, form.title, TITLE_FONT, 22, centred=True, exact=40)
    for line in form.lines:
        paragraph = _paragraph(document, "\t".join(line), BODY_FONT, 14, exact=28)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(165))
    _table(document, form)
    _paragraph(document, form.note, BODY_FONT, 12, exact=24)
    return _saved(document)


def narrative(title: str, paragraphs: Sequence[str], pictures: Sequence[bytes]) -> bytes:
    """A text as a Word document, its pictures below; a paragraph that begins 一、 is a heading."""
    document = _blank_document(landscape=False)
    _paragraph(document, title, TITLE_FONT, 22, centred=True, exact=35)
    _paragraph(document, "", BODY_FONT, 16, exact=28.9)
    for text in paragraphs:
        heading = re.match("[一二三四五六七八九十]、", text) is not None
        line = _paragraph(document, text, HEADING_FONT if heading else BODY_FONT, 16, exact=28.9)
        line.paragraph_format.first_line_indent = Pt(32)
        line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    for picture in pictures:
        line = _paragraph(document, "", BODY_FONT, 16, centred=True)
        line.add_run().add_picture(io.BytesIO(picture), width=Mm(120))
    return _saved(document)


def form_workbook(form: Layout) -> bytes:
    """The form as an Excel workbook of one sheet."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Sheet1"
    first = 2 + len(form.lines)
    _line(sheet, 1, (1, form.width), form.title, 16, "center")
    middle = max(1, form.width * 2 // 3)
    for number, line in enumerate(form.lines, start=2):
        halves = ((1, middle), (middle + 1, form.width))
        for text, half in zip(line, halves, strict=False):
            _line(sheet, number, half, text, 12, "left")
    for placed in form.cells:
        _cell(sheet, placed, first)
    _line(sheet, first + form.height, (1, form.width), form.note, 11, "left")
    _page(sheet, form, first)
    out = io.BytesIO()
    book.save(out)
    return _settled(out.getvalue())


# Word


def _blank_document(*, landscape: bool) -> Document:
    """An empty A4 document with 演示数据 at the head of every page."""
    document = docx.Document()
    section = document.sections[0]
    width, height = (297, 210) if landscape else (210, 297)
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(width), Mm(height)
    margins = (Mm(side) for side in (ANNEX_MARGINS if landscape else LETTER_MARGINS))
    section.top_margin, section.left_margin, section.bottom_margin, section.right_margin = margins
    head = section.header.paragraphs[0]
    _write(head, MARK, TABLE_FONT, 9)
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return document


def _table(document: Document, form: Layout) -> None:
    table = document.add_table(form.height, form.width, style="Table Grid")
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column in table.columns:
        column.width = Mm(252 / form.width)
    grid = [list(row.cells) for row in table.rows]  # python-docx walks the whole table for each single cell
    for placed in form.cells:
        cell = grid[placed.row][placed.column]
        if placed.rows > 1 or placed.columns > 1:
            cell = cell.merge(grid[placed.row + placed.rows - 1][placed.column + placed.columns - 1])
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        narrow = placed.heading and placed.columns == 1
        text = placed.text.replace("（", "\n（") if narrow else placed.text
        _write(cell.paragraphs[0], text, TABLE_FONT, 10.5, centred=True)
    last_heading = max(cell.row + cell.rows for cell in form.cells if cell.heading) - 1
    for number, row in enumerate(table.rows):
        row.height_rule = WD_ROW_HEIGHT_RULE.AT_LEAST
        row.height = Mm(9 if number <= last_heading else 14)


def _paragraph(
    document: Document,
    text: str,
    font: str,
    size: float,
    *,
    centred: bool = False,
    exact: float | None = None,
) -> Paragraph:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(0)
    if exact is not None:
        paragraph.paragraph_format.line_spacing = Pt(exact)
    _write(paragraph, text, font, size, centred=centred)
    return paragraph


def _write(paragraph: Paragraph, text: str, font: str, size: float, *, centred: bool = False) -> None:
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if not text:
        return
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.name = font
    # Word takes Chinese characters' font from an attribute of its own, which python-docx doesn't set.
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _saved(document: Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return _settled(out.getvalue())


# Excel


def _line(sheet: Any, row: int, span: tuple[int, int], text: str, size: int, align: str) -> None:
    left, right = span
    cell = sheet.cell(row, left, text)
    cell.font = Font(name=TABLE_FONT, size=size, bold=row == 1)
    cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
    if right > left:
        sheet.merge_cells(start_row=row, start_column=left, end_row=row, end_column=right)


def _cell(sheet: Any, placed: Placed, first: int) -> None:
    top, left = first + placed.row, 1 + placed.column
    bottom, right = top + placed.rows - 1, left + placed.columns - 1
    side = Side(style="thin")
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            sheet.cell(row, column).border = Border(left=side, right=side, top=side, bottom=side)
    cell = sheet.cell(top, left)
    cell.value = None if placed.content == "" else placed.content
    cell.font = Font(name=TABLE_FONT, size=11, bold=placed.heading)
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    if (top, left) != (bottom, right):
        sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)


def _page(sheet: Any, form: Layout, first: int) -> None:
    wide = form.width > form.height
    sheet.page_setup.orientation = "landscape" if wide else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.right.text = MARK
    for column in range(1, form.width + 1):
        sheet.column_dimensions[get_column_letter(column)].width = max(11, 84 / form.width)
    last = first + form.height
    heights = {1: 36, last: 34, **dict.fromkeys(range(2, first), 22)}
    for row in range(1, last + 1):
        sheet.row_dimensions[row].height = heights.get(row, 32)


def _settled(office: bytes) -> bytes:
    """An Office file without the moment of its making, so that the same content has the same bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(office)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            data = before.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(
                    rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>2023-11-09T00:00:00Z", data
                )
            settled = zipfile.ZipInfo(entry.filename, (2023, 11, 9, 0, 0, 0))
            settled.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(settled, data)
    return out.getvalue()

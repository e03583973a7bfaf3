"""Word files whose bytes depend on their content alone, and the few pieces of WordprocessingML that python-docx lacks."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.run import Run

from agent.report.words import clean

TITLE, SONG, HEI, FANG, KAI = "方正小标宋简体", "宋体", "黑体", "仿宋_GB2312", "楷体_GB2312"
BEHIND = {TITLE: "华文中宋,宋体", FANG: "仿宋", KAI: "楷体"}
"""Which font stands in where the first isn't installed; fonts are named, never embedded."""

_SAME_MOMENT = (1980, 1, 1, 0, 0, 0)


def saved(document: Document, title: str, as_of: dt.datetime) -> bytes:
    """The document's bytes, dated from ``as_of``: the same content gives the same bytes."""
    properties = document.core_properties
    moment = as_of.astimezone(dt.UTC).replace(tzinfo=None)
    properties.created = properties.modified = moment
    properties.title, properties.author, properties.last_modified_by = clean(title)[:255], "report-agent", ""
    properties.comments, properties.revision = "", 1
    _without_thumbnail(document)
    stream = io.BytesIO()
    document.save(stream)
    return _undated(stream.getvalue())


def _without_thumbnail(document: Document) -> None:
    """A template's preview is a picture of another document, and bears what the machine wrote that made it."""
    relations = document.part.package.rels
    for name in [name for name, one in relations.items() if one.reltype.endswith("/metadata/thumbnail")]:
        relations.pop(name)


def _undated(package: bytes) -> bytes:
    """The same package with every part's time fixed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _SAME_MOMENT), source.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def set_font(run: Any, font: str, points: float, *, bold: bool = False) -> None:
    """The font of a run or a style, for Chinese and Latin alike (python-docx names the Latin one only)."""
    run.font.name, run.font.size, run.font.bold = font, Pt(points), bold
    fonts = run.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)


def add_text(paragraph: Any, text: str, font: str, points: float) -> Run:
    """A run of text; a line feed becomes a line break."""
    run: Run = paragraph.add_run(clean(text))
    set_font(run, font, points)
    return run


def add_page_number(paragraph: Any) -> None:
    """— 1 —, in 14 pt, as a field."""
    set_font(paragraph.add_run("— "), SONG, 14)
    field = paragraph.add_run()
    set_font(field, SONG, 14)
    for kind, text in (("begin", ""), ("", " PAGE "), ("separate", ""), ("text", "1"), ("end", "")):
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:t" if kind == "text" else "w:instrText")
            mark.text = text
            mark.set(qn("xml:space"), "preserve")
        field._r.append(mark)
    set_font(paragraph.add_run(" —"), SONG, 14)


def page_numbers(section: Any) -> None:
    """Odd pages right, even pages left, one character in; 7 mm below the type area."""
    for footer, on_the_right in ((section.footer, True), (section.even_page_footer, False)):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        form = paragraph.paragraph_format
        form.alignment = 2 if on_the_right else 0
        form.left_indent, form.right_indent = (None, Pt(14)) if on_the_right else (Pt(14), None)
        form.line_spacing, form.first_line_indent = Pt(20), Pt(0)
        add_page_number(paragraph)


def mark_pages(document: Document, mark: str) -> None:
    """The campaign's mark at the top of every page, odd or even; nothing where there is none."""
    for section in document.sections if mark else ():
        for header in (section.header, section.even_page_header):
            header.is_linked_to_previous = False
            paragraph = header.paragraphs[0]
            paragraph.alignment = 1
            add_text(paragraph, mark, HEI, 12)


def paper(section: Any, *, landscape: bool = False) -> None:
    """A4 with a type area of 156 × 225 mm; across, the same page turned."""
    top, right, bottom, left = (37, 26, 35, 28)
    if landscape:
        top, right, bottom, left = left, top, right, bottom
    section.orientation = 1 if landscape else 0
    section.page_width, section.page_height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.left_margin, section.right_margin = Mm(left), Mm(right)
    # The number's middle stands 7 mm below the type area, in a line of 20 pt.
    section.footer_distance, section.header_distance = Mm(bottom - 7 - 3.5), Mm(15)


def name_fonts(document: Document) -> None:
    """Say in the font table which font stands in for which."""
    from lxml import etree

    for part in document.part.package.iter_parts():
        if not str(part.partname).endswith("fontTable.xml"):
            continue
        table = etree.fromstring(part.blob)
        for name, behind in BEHIND.items():
            font = etree.SubElement(table, qn("w:font"), {qn("w:name"): name})
            etree.SubElement(font, qn("w:altName"), {qn("w:val"): behind})
            etree.SubElement(font, qn("w:charset"), {qn("w:val"): "86"})
        part._blob = etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)

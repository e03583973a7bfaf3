"""Makes templates/report.docx anew, after GB/T 9704-2012's layout: `python -m agent.report.template FILE`.

The operator edits the template itself in Word or WPS; this is where the first one comes from.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from agent.report.word import FANG, HEI, KAI, TITLE, name_fonts, page_numbers, paper, saved, set_font

LINE = Pt(28.9)
CHARACTER = 15.8
"""Points from character to character: 28 of 16 pt in 156 mm stand 0.2 pt closer."""

OPENING = (
    "按照{{ campaign }}的工作安排，{{ district }}自{{ start }}起组织开展专项行动，"
    "各单位应于{{ deadline }}前报送有关材料。截至{{ as_of }}，应报送的{{ due }}个单位中，"
    "{{ due_accepted }}个单位的统计表已审核通过{% if due_lacking %}，"
    "{{ due_lacking }}个单位的统计表未报送或尚未审核通过{% endif %}"
    "{% if voluntary %}；{{ voluntary }}另行报送了统计表{% endif %}。现将有关情况报告如下。"
)
COUNTED = (
    "{% if counted %}以下为{{ counted }}个单位统计表的合计数"
    "{% if uncounted %}，{{ uncounted }}尚未计入，数字仍会变动{% endif %}。"
    "{% else %}还没有单位的统计表审核通过，没有可以汇总的数。{% endif %}"
)
RECEIVED = (
    "统计表审核通过的单位有{{ counted }}个{% if accepted_names %}：{{ accepted_names }}{% endif %}。"
    "{% if narrative_label %}{{ narrative_label }}有{{ narratives }}个单位报送。{% endif %}"
    "{% if photo_label %}{{ photo_label }}共收到{{ photos }}张，来自{{ photo_units }}个单位。{% endif %}"
)
LACKING = (
    "{{ one.number }}.{{ one.unit }}：{{ one.what }}{% if one.days_late %}，已逾期{{ one.days_late }}天"
    "{% else %}，截止{{ one.deadline }}{% endif %}。{{ one.problems }}"
)
LATE = "{{ late_names }}的统计表在截止日期之后收到，已计入合计。"
HINT = "{# 落款：在此行写上发文机关，如“××民政局”；写好后删去这句提示 #}"


def make_template() -> bytes:
    """The report's template in docxtpl's syntax."""
    document = docx.Document()
    _styles(document)
    name_fonts(document)
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    paper(section)
    page_numbers(section)
    _body(document)
    across = document.add_section(WD_SECTION.NEW_PAGE)
    _end_section_with_last_line(document)
    paper(across, landscape=True)
    _annex(document)
    return saved(document, "{{ title }}", dt.datetime(2024, 1, 1, tzinfo=dt.UTC))


def _body(document: Document) -> None:
    add = document.add_paragraph
    add("{{ title_lines }}", style="公文标题")
    add("", style="公文正文")
    add(OPENING, style="公文正文")
    add("一、工作开展情况", style="公文一级标题")
    add(COUNTED, style="公文正文")
    add("{%p for part in parts %}", style="公文正文")
    _headed(add("", style="公文正文"), "（{{ part.numeral }}）{{ part.heading }}。", "{{ part.text }}")
    add("{%p endfor %}", style="公文正文")
    add("二、报送情况", style="公文一级标题")
    _headed(add("", style="公文正文"), "（一）已报送情况。", RECEIVED)
    _headed(add("", style="公文正文"), "（二）尚缺材料。", "{% if not lacking %}无。{% endif %}")
    add("{%p for one in lacking %}", style="公文正文")
    add(LACKING, style="公文正文")
    add("{%p endfor %}", style="公文正文")
    _headed(
        add("", style="公文正文"),
        "（三）逾期报送。",
        f"{{% if late_names %}}{LATE}{{% else %}}无。{{% endif %}}",
    )
    add("三、需要说明的情况", style="公文一级标题")
    add("{%p if not remarks %}", style="公文正文")
    add("没有需要说明的情况。", style="公文正文").paragraph_format.keep_with_next = True
    add("{%p endif %}", style="公文正文")
    add("{%p for group in remarks %}", style="公文正文")
    _headed(add("", style="公文正文"), "（{{ group.numeral }}）{{ group.heading }}。", "")
    add("{%p for text in group.texts %}", style="公文正文")
    add("{{ loop.index }}.{{ text }}", style="公文正文")
    add("{%p endfor %}", style="公文正文")
    add("{%p endfor %}", style="公文正文")
    _closing(add)


def _closing(add: Any) -> None:
    """The annex line one blank line below the body, then signature and date, all on one page."""
    add("", style="公文正文").paragraph_format.keep_with_next = True
    add("附件：{% if album_name %}1.{% endif %}{{ table_name }}", style="公文附件说明")
    add("{%p if album_name %}", style="公文正文")
    second = add("2.{{ album_name }}（另附）", style="公文附件说明")
    second.paragraph_format.left_indent = Pt(5 * CHARACTER + 8)
    second.paragraph_format.first_line_indent = Pt(-8)
    add("{%p endif %}", style="公文正文")
    add("", style="公文正文").paragraph_format.keep_with_next = True
    add(HINT, style="公文落款").paragraph_format.keep_with_next = True
    add("{{ date }}", style="公文落款")


def _end_section_with_last_line(document: Document) -> None:
    """python-docx ends a section with an empty paragraph, which could stand alone on a page."""
    last, empty = (paragraph._p for paragraph in document.paragraphs[-2:])
    properties: Any = empty.get_or_add_pPr()
    last.get_or_add_pPr().append(properties.sectPr)
    document.element.body.remove(empty)


def _annex(document: Document) -> None:
    document.add_paragraph("附件{% if album_name %}1{% endif %}", style="公文附件")
    document.add_paragraph("{{ table_title }}", style="公文表题")
    line = document.add_paragraph("填报单位：{{ district }}\t填报时间：{{ date }}", style="公文表注")
    # The type area across is 225 mm wide: the date ends at its right edge.
    line.paragraph_format.tab_stops.add_tab_stop(Pt(637), 2)
    document.add_paragraph("{{p table }}", style="公文表注")
    document.add_paragraph("{%p for note in table_notes %}", style="公文表注")
    document.add_paragraph(
        "注{% if table_notes|length > 1 %}{{ loop.index }}{% endif %}：{{ note }}", style="公文表注"
    )
    document.add_paragraph("{%p endfor %}", style="公文表注")


def _headed(paragraph: Any, heading: str, text: str) -> None:
    """（一） in 楷体, the text behind it in the body's font."""
    set_font(paragraph.add_run(heading), KAI, 16)
    _closer(paragraph.runs[0].element.get_or_add_rPr())
    if text:
        paragraph.add_run(text)


def _styles(document: Document) -> None:
    normal = document.styles["Normal"]
    set_font(normal, FANG, 16)
    _language(document)
    _paragraph_style(document, "公文标题", TITLE, 22, align=ALIGN.CENTER)
    _paragraph_style(document, "公文正文", FANG, 16, indent=2, align=ALIGN.JUSTIFY)
    _paragraph_style(document, "公文一级标题", HEI, 16, indent=2, keep=True)
    annexes = _paragraph_style(document, "公文附件说明", FANG, 16, keep=True)
    annexes.paragraph_format.left_indent = Pt(5 * CHARACTER + 8)
    annexes.paragraph_format.first_line_indent = Pt(-3 * CHARACTER - 8)
    signature = _paragraph_style(document, "公文落款", FANG, 16, align=ALIGN.RIGHT)
    signature.paragraph_format.right_indent = Pt(2 * CHARACTER)
    _paragraph_style(document, "公文附件", HEI, 16)
    _paragraph_style(document, "公文表题", TITLE, 18, align=ALIGN.CENTER)
    notes = _paragraph_style(document, "公文表注", FANG, 10.5)
    notes.paragraph_format.line_spacing = Pt(18)


def _paragraph_style(
    document: Document,
    name: str,
    font: str,
    points: float,
    *,
    indent: int = 0,
    align: ALIGN = ALIGN.LEFT,
    keep: bool = False,
) -> Any:
    style: Any = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    set_font(style, font, points)
    form = style.paragraph_format
    form.line_spacing, form.space_before, form.space_after = LINE, Pt(0), Pt(0)
    form.alignment, form.widow_control, form.keep_with_next = align, False, keep
    if indent:
        form.first_line_indent = Pt(indent * CHARACTER)
        style.element.pPr.ind.set(qn("w:firstLineChars"), str(100 * indent))
    if points == 16:
        _closer(style.element.get_or_add_rPr())
    return style


def _closer(properties: Any) -> None:
    """Characters 0.2 pt closer, so that a line holds 28."""
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), "-4")
    size = properties.find(qn("w:sz"))
    if size is None:
        properties.append(spacing)
    else:
        size.addprevious(spacing)


def _language(document: Document) -> None:
    language = document.styles.element.find(f".//{qn('w:lang')}")
    if language is not None:
        language.set(qn("w:eastAsia"), "zh-CN")


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(make_template())

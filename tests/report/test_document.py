"""The report in words: the layout of GB/T 9704 measured in its XML, and what it says."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn

District = Any
"""conftest.District: conftest isn't imported, its fixtures hand it over."""

TEMPLATE = Path(__file__).resolve().parents[2] / "templates" / "report.docx"


def opened(district: District) -> Any:
    return docx.Document(io.BytesIO(district.file("报告")))


def text_of(document: Any) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def millimetres(*lengths: Any) -> tuple[float, ...]:
    return tuple(round(length.mm, 1) for length in lengths)


def test_the_page_is_a4_with_the_margins_of_the_standard(complete: District) -> None:
    body, annex = opened(complete).sections
    assert millimetres(body.page_width, body.page_height) == (210, 297)
    margins = (body.top_margin, body.left_margin, body.bottom_margin, body.right_margin)
    assert millimetres(*margins) == (37, 28, 35, 26)
    assert millimetres(annex.page_width, annex.page_height) == (297, 210)
    assert sum(millimetres(annex.left_margin, annex.right_margin)) == 297 - 225


@pytest.mark.parametrize(
    ("style", "font", "points"),
    [
        ("公文标题", "方正小标宋简体", 22),
        ("公文正文", "仿宋_GB2312", 16),
        ("公文一级标题", "黑体", 16),
        ("公文附件", "黑体", 16),
        ("公文落款", "仿宋_GB2312", 16),
    ],
)
def test_each_part_has_its_font_size_and_line(complete: District, style: str, font: str, points: int) -> None:
    document = opened(complete)
    assert any(paragraph.style.name == style for paragraph in document.paragraphs)
    found = document.styles[style]
    fonts = found.element.rPr.rFonts
    assert {fonts.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "eastAsia", "cs")} == {font}
    assert found.font.size.pt == points
    spacing = found.element.pPr.spacing
    assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == ("578", "exact")


def test_the_body_is_justified_and_indented_by_two_characters(complete: District) -> None:
    properties = opened(complete).styles["公文正文"].element.pPr
    assert properties.ind.get(qn("w:firstLineChars")) == "200"
    assert properties.ind.get(qn("w:firstLine")) == "632"
    assert properties.jc.get(qn("w:val")) == "both"


def test_headings_of_the_second_level_are_in_kaiti(complete: District) -> None:
    (paragraph,) = [one for one in opened(complete).paragraphs if one.text.startswith("（一）加强区域巡查")]
    first, second = [run for run in paragraph.runs if run.text]
    assert (first.text, first.font.name) == ("（一）加强区域巡查。", "楷体_GB2312")
    assert second.font.name is None


def test_the_page_number_stands_right_on_odd_and_left_on_even_pages(complete: District) -> None:
    document = opened(complete)
    assert document.settings.odd_and_even_pages_header_footer
    section = document.sections[0]
    for footer, side in ((section.footer, 2), (section.even_page_footer, 0)):
        (paragraph,) = footer.paragraphs
        assert paragraph.alignment == side
        assert "PAGE" in paragraph._p.xml
        assert (paragraph.text, paragraph.runs[0].font.size.pt) == ("— 1 —", 14)


def test_fonts_are_named_with_what_stands_behind_them_and_never_embedded(complete: District) -> None:
    with zipfile.ZipFile(io.BytesIO(complete.file("报告"))) as package:
        fonts = package.read("word/fontTable.xml").decode()
        assert not [name for name in package.namelist() if "fonts/" in name or "embed" in name]
    for name, behind in (("仿宋_GB2312", "仿宋"), ("楷体_GB2312", "楷体"), ("方正小标宋简体", "宋体")):
        assert name in fonts and behind in fonts


def test_the_title_breaks_behind_the_campaigns_name(complete: District) -> None:
    assert opened(complete).paragraphs[0].text == "关于“冬季送温暖”专项救助行动\n开展情况的报告"


def test_an_unfinished_report_says_so_in_its_title_and_names_who_is_not_counted(troubled: District) -> None:
    document = opened(troubled)
    assert document.paragraphs[0].text.endswith("开展情况的报告（未完成）")
    text = text_of(document)
    assert "应报送的10个单位中，7个单位的统计表已审核通过，3个单位的统计表未报送或尚未审核通过" in text
    assert "救助管理站另行报送了统计表" in text
    assert "以下为8个单位统计表的合计数，南桐镇、丛林镇、黑山镇尚未计入，数字仍会变动。" in text


def test_the_campaigns_paragraphs_carry_the_exact_totals(troubled: District) -> None:
    totals = troubled.overview().totals
    assert totals["supplies_distributed"] == Decimal("21.323456")
    text = text_of(opened(troubled))
    assert f"已计入的8个单位开展巡查{totals['patrols']}次，其中联合巡查{totals['joint_patrols']}次" in text
    assert "发放物资21.323456万元" in text


def test_it_tells_who_is_lacking_what_and_who_was_late(troubled: District) -> None:
    text = text_of(opened(troubled))
    assert "2.南桐镇：缺统计表（待补正）、缺开展情况，已逾期1天。“发放物资”未填写，如无请填 0。" in text
    assert "（三）逾期报送。关坝镇（2024年3月6日）的统计表在截止日期之后收到，已计入合计。" in text


def test_it_explains_what_has_to_be_explained(troubled: District) -> None:
    text = text_of(opened(troubled))
    assert (
        "“准备物资”由55000万元更正为5.5万元（2024年3月2日，contact@civil.example），原因：电话核实，系按元填写。"
        in text
    )
    assert "单位说明：该数按参与的工作组计，每组不止一人，已改进统计口径。" in text
    assert (
        "青年镇的统计表由图片识别、未标明合计行、标题不是这次的，或标明不是全部数字，数字经contact@civil.example确认。"
        in text
    )
    assert (
        "H3：someone@elsewhere.example于2024年3月5日17时30分发来“黑山镇统计表”，发件邮箱未登记，待核。"
        in text
    )
    assert "第2次）待补正，汇总采用第1次报送的数。" in text


def test_a_closed_warning_is_told_with_the_contacts_reason(complete: District) -> None:
    sent = complete.send("qingnian", complete.figures(5, staff_deployed=Decimal(3)))
    complete.decide("close", "qingnian", message=sent.message, reason="一人连续巡查")
    assert "联系人已核实：一人连续巡查。" in text_of(opened(complete))


def test_a_complete_report_says_that_nothing_is_left(complete: District) -> None:
    text = text_of(opened(complete))
    assert "（二）尚缺材料。无。" in text
    assert "（三）逾期报送。无。" in text
    assert "没有需要说明的情况。" in text
    assert "（未完成）" not in text


def test_annexes_signature_and_date_close_the_body(complete: District) -> None:
    lines = [paragraph.text for paragraph in opened(complete).paragraphs]
    start = lines.index("附件：1.“冬季送温暖”专项救助行动情况统计汇总表")
    assert lines[start - 1] == ""
    assert lines[start + 1] == "2.“冬季送温暖”专项救助行动照片册（另附）"
    assert lines[start + 2 : start + 5] == ["", "", "2024年3月6日"]


def test_the_date_has_no_leading_zeros(complete: District) -> None:
    complete.as_of = complete.as_of.replace(month=10, day=9)
    assert "2024年10月9日" in text_of(opened(complete))


def cells(document: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[0].rows]


def test_the_annex_holds_the_same_figures_as_the_workbook(troubled: District) -> None:
    import openpyxl

    table = cells(opened(troubled))
    book = openpyxl.load_workbook(io.BytesIO(troubled.file("统计汇总表")), data_only=True)["汇总表"]
    rows = list(book.iter_rows(min_row=5, max_row=16, values_only=True))
    for in_word, in_book in zip(table[2:], rows, strict=True):
        assert in_word[2:15] == ["" if value is None else str(value) for value in in_book[2:15]]


def test_the_annex_repeats_its_header_and_breaks_no_row(complete: District) -> None:
    rows = opened(complete).tables[0].rows
    assert [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in rows][:3] == [True, True, False]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)


def test_the_annex_is_as_wide_as_the_type_area(troubled: District) -> None:
    grid = opened(troubled).tables[0]._tbl.tblGrid
    twips = sum(int(column.get(qn("w:w"))) for column in grid.findall(qn("w:gridCol")))
    assert abs(twips * 25.4 / 1440 - 225) < 0.5


LITERAL = [
    "{{ title }}",
    "{% for x in y %}",
    "{_{ a }_}",
    "{# b #}",
    "<w:t>甲</w:t>",
    "&amp;",
    "]]>",
    "{{",
    "%}",
]


@pytest.mark.parametrize("literal", LITERAL)
def test_what_a_unit_wrote_appears_as_it_wrote_it(
    make_district: Any, campaign: Any, register: Any, literal: str
) -> None:
    from agent.campaign.units import Unit

    unit = Unit(id="odd", name=f"甲镇{literal}")
    made = make_district(campaign, register.model_copy(update={"units": (unit,), "district": f"区{literal}"}))
    made.send("odd", made.figures(5, staff_deployed=Decimal(1), remarks=f"注{literal}"))
    made.send("odd", explanation=f"因{literal}故")
    document = opened(made)
    text = text_of(document)
    assert f"统计表审核通过的单位有1个：甲镇{literal}。" in text
    assert f"单位说明：因{literal}故" in text
    assert f"填报单位：区{literal}" in text
    row = cells(document)[2]
    assert (row[1], row[-1]) == (f"甲镇{literal}", f"注{literal}")


def test_control_characters_and_line_breaks_do_not_break_the_document(district: District) -> None:
    district.send("qingnian", district.figures(3, remarks="甲\x00乙\n丙\x07丁\x0c"))
    (row,) = [row for row in cells(opened(district)) if row[1] == "青年镇"]
    assert row[-1] == "甲\ufffd乙\n丙\ufffd丁\n"


def test_the_shipped_template_is_the_one_that_the_script_makes() -> None:
    from agent.report.template import make_template

    assert TEMPLATE.read_bytes() == make_template()


def test_the_template_imitates_neither_red_head_nor_seal(complete: District) -> None:
    with zipfile.ZipFile(io.BytesIO(complete.file("报告"))) as package:
        assert not [name for name in package.namelist() if "media" in name]
        assert "FF0000" not in package.read("word/document.xml").decode().upper()


def test_a_template_split_into_runs_by_an_editor_still_works(complete: District, tmp_path: Path) -> None:
    document = docx.Document(str(TEMPLATE))
    (paragraph,) = [one for one in document.paragraphs if one.text == "{{ date }}"]
    paragraph.runs[0].text = "{"
    for piece in ("{ da", "te }", "}（拟稿）"):
        paragraph.add_run(piece)
    document.save(str(tmp_path / "report.docx"))
    (report,) = [data for name, data in complete.report([tmp_path]).items() if "报告" in name]
    assert "2024年3月6日（拟稿）" in text_of(docx.Document(io.BytesIO(report)))


def test_a_unit_that_reported_in_its_extended_time_is_not_late(district: District) -> None:
    district.decide("extend", "qingnian", date=dt.date(2024, 3, 8))
    district.send("qingnian", district.figures(3), at=district.as_of)
    assert "（三）逾期报送。无。" in text_of(opened(district))

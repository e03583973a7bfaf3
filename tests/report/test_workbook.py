"""The merged workbook: the form's own header, numbers that are numbers, text that is text, live totals."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal, localcontext
from typing import Any

import openpyxl
import pytest

from agent.base.plain import plain
from agent.report.sheets import exact_number

District = Any
"""conftest.District: conftest isn't imported, its fixtures hand it over."""

HEADER = 3
FIRST = 5


def table(district: District, *, stored: bool = True) -> Any:
    """The sheet 汇总表: formulas' stored results, or the formulas."""
    return openpyxl.load_workbook(io.BytesIO(district.file("统计汇总表")), data_only=stored)["汇总表"]


def row_of(sheet: Any, name: str) -> list[Any]:
    (found,) = [row for row in sheet.iter_rows(values_only=True) if name in row[:2]]
    return list(found)


def test_the_header_is_the_forms_own_on_two_levels(complete: District) -> None:
    sheet = table(complete)
    upper, lower = ([str(cell.value or "").replace("\n", "") for cell in sheet[row]] for row in (3, 4))
    assert upper == [
        "序号", "单位", "巡查次数（次）", "", "出动工作人员（人次）", "动员社会力量参与（人次）", "准备物资（万元）",
        "发放物资（万元）", "发放宣传资料（份）", "媒体宣传（次）", "感人事迹（个）", "劝导人数（人）",
        "劝导进站救助人数（人）", "救助危重病人（人）", "救助未成年人（人）", "备注",
    ]  # fmt: skip
    assert [text for text in lower if text] == ["总计", "联合巡查"]
    merged = {str(span) for span in sheet.merged_cells.ranges}
    assert {"C3:D3", "A3:A4", "B3:B4", "E3:E4", "P3:P4"} <= merged


def test_title_unit_and_date_stand_above_the_table(complete: District) -> None:
    sheet = table(complete)
    assert sheet["A1"].value == "“冬季送温暖”专项救助行动情况统计汇总表"
    line = [cell.value for cell in sheet[2] if cell.value]
    assert line == ["填报单位：万盛经开区", "填报时间：2024年3月6日"]


def test_the_totals_are_live_sums_with_their_results_stored(complete: District) -> None:
    formulas, stored = row_of(table(complete, stored=False), "合计"), row_of(table(complete), "合计")
    assert formulas[2] == f"=SUM(C{FIRST}:C14)"
    assert all(str(cell).startswith("=SUM(") for cell in formulas[2:15])
    sent = [one[0].form.values for one in complete.submissions.values()]
    for place, field in enumerate(complete.campaign.form.figures, start=2):
        by_hand = Decimal(0)
        for values in sent:
            by_hand += values[field.id]
        assert Decimal(repr(stored[place])) == by_hand, field.id


def test_the_stored_results_are_what_the_cells_above_add_up_to(troubled: District) -> None:
    sheet = table(troubled)
    rows = [row for row in sheet.iter_rows(min_row=FIRST, values_only=True) if isinstance(row[0], int)]
    total = row_of(sheet, "合计")
    for place in range(2, 15):
        cells = [Decimal(repr(row[place])) for row in rows if row[place] is not None]
        assert sum(cells) == Decimal(repr(total[place]))
    assert len([row for row in rows if row[2] is not None]) == 8


def test_what_is_lacking_is_told_in_the_remarks_and_its_figures_stay_empty(troubled: District) -> None:
    sheet = table(troubled)
    assert row_of(sheet, "南桐镇")[2:] == [None] * 13 + ["待补正"]
    assert row_of(sheet, "黑山镇")[2:] == [None] * 13 + ["未报送"]
    below = [row[0] for row in sheet.iter_rows(values_only=True) if str(row[0]).startswith("注")]
    assert len(below) == 3


@pytest.mark.parametrize(
    "remark",
    ["=1+1", "=HYPERLINK(\"http://x.example\",\"点\")", "+86", "-1", "@SUM(A1)", "{=1+1}", "https://x.example", "007", "＝1",
     "{{ title }}", "{% raw %}", "<w:p/>", "_x0041_", "\t=1+1", "甲\n乙"],
)  # fmt: skip
def test_what_a_unit_wrote_stays_its_text(district: District, remark: str) -> None:
    district.send("qingnian", district.figures(3, remarks=remark))
    for stored in (True, False):
        cell = row_of(table(district, stored=stored), "青年镇")[15]
        assert cell == remark
    with zipfile.ZipFile(io.BytesIO(district.file("统计汇总表"))) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    assert len(re.findall("<f>", sheet)) == 13
    assert "hyperlink" not in sheet


def test_characters_that_xml_cannot_hold_do_not_break_the_workbook(district: District) -> None:
    district.send("qingnian", district.figures(3, remarks="甲\x00\x0b乙\ud800"))
    assert row_of(table(district), "青年镇")[15] == "甲\ufffd\n乙\ufffd"


def test_amounts_show_all_their_decimals_and_whole_numbers_no_point(district: District) -> None:
    amounts = {"supplies_prepared": Decimal("123456.123456"), "supplies_distributed": Decimal("2")}
    district.send("qingnian", district.figures(3, **amounts))
    sheet = table(district)
    (row,) = [row for row in sheet.iter_rows() if row[1].value == "青年镇"]
    assert (row[6].value, row[7].value) == (123456.123456, 2)
    assert row[6].number_format == "0.0##############"
    assert row[7].number_format == "General"


@pytest.mark.parametrize(
    "text", ["0.1", "9.95", "999999999.999999", "123456789012345", "0.000001", "1.10", "0"]
)
def test_a_number_of_up_to_fifteen_digits_is_stored_exactly(text: str) -> None:
    assert Decimal(repr(exact_number(Decimal(text), "甲"))) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.1234567890123456",
        "1234567890123456.5",
        "99999999999999999",
        "12345678901234567" * 3,
        "1" + "0" * 400,
    ],
)
def test_a_number_that_a_workbook_cannot_hold_stands_there_as_a_text(district: District, text: str) -> None:
    long = Decimal(text)
    district.send("qingnian", district.figures(3, supplies_prepared=long, supplies_distributed=Decimal(0)))
    district.send(
        "shilin", district.figures(4, supplies_prepared=Decimal("0.5"), supplies_distributed=Decimal(0))
    )
    assert row_of(table(district), "青年镇")[6] == text
    assert row_of(table(district), "石林镇")[6] == 0.5
    with localcontext(prec=1000):
        assert row_of(table(district), "合计")[6] == plain(long + Decimal("0.5"))
    assert any("超过 15 位" in str(cell.value) for row in table(district).iter_rows() for cell in row)


def test_it_prints_across_on_one_page_width_with_its_header_repeated(complete: District) -> None:
    sheet = table(complete)
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$3:$4"
    assert sheet.freeze_panes == "C5"


def test_the_fonts_are_named(complete: District) -> None:
    sheet = table(complete)
    fonts = {sheet.cell(row, 2).font.name for row in (HEADER, FIRST)}
    assert fonts == {"黑体", "宋体"}
    assert sheet["A1"].font.name == "黑体"


def test_a_name_of_twenty_characters_wraps_in_its_column(long_names: District) -> None:
    long_names.send("longest", long_names.figures(3))
    sheet = table(long_names)
    assert sheet.column_dimensions["B"].width < 26
    assert sheet.row_dimensions[FIRST].height > 30


def test_every_figure_has_its_source(troubled: District) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(troubled.file("统计汇总表")))["来源"]
    heading, *rows = list(sheet.iter_rows(min_row=2, values_only=True))
    told = [dict(zip(heading, row, strict=True)) for row in rows]
    assert len(told) == 8 * len(troubled.campaign.form.fields)
    (changed,) = [one for one in told if one["原表所填"] == 55000]
    assert (changed["单位"], changed["项目"], changed["登记数"]) == ("万东镇", "准备物资", 5.5)
    assert (changed["核定人"], changed["核定说明"]) == ("contact@civil.example", "电话核实，系按元填写")
    assert changed["邮件（SHA-256）"] == troubled.submissions["wandong"][0].message
    assert (changed["文件"], changed["位置"], changed["第几次"]) == ("统计表.xlsx", "Sheet1!E6", 1)

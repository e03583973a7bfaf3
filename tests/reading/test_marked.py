"""Where a form says that it isn't the whole report: each place of a document, and what is told."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.grid import Cell, Document, Grid
from agent.reading.table.form import FoundForm, find_form, find_forms_by_unit
from tests.reading.conftest import Read

FILES = Path(__file__).parent / "data" / "places"
NEAR = dt.date(2024, 3, 2)


def table(campaign: Campaign, *names: str, name: str = "表1") -> Grid:
    """The form with a row of ones for each name, in Word's way."""
    fields = campaign.form.fields
    heads = [
        Cell("R1C1", "text", "村（社区）"),
        *(_text(1, at, one.full_label) for at, one in enumerate(fields, 2)),
    ]
    rows = [tuple(heads)]
    for number, label in enumerate(names, 2):
        ones = [_text(number, at, "1" if one.is_figure else "") for at, one in enumerate(fields, 2)]
        rows.append((_text(number, 1, label), *ones))
    above = ("单位：青年镇    填报时间：2024年3月1日", "填报人：张三    联系电话：13800000000")
    return Grid(name, tuple(rows), lines_before=above, complete=True)


def _text(row: int, column: int, text: str) -> Cell:
    return Cell(f"R{row}C{column}", "text" if text else "empty", text)


def found(campaign: Campaign, register: Register, document: Document) -> FoundForm:
    form = find_form(document, campaign, register, NEAR)
    assert form is not None
    return form


def rules(form: FoundForm) -> list[str]:
    return [one.rule for one in form.findings]


@pytest.mark.parametrize(
    "text",
    ["草稿", "样本", "征求意见稿", "作 废", "2月报表", "测试数据", "青年镇板辽村统计表", "内部资料\n初稿"],
)
def test_a_pages_margin_that_says_so_is_asked_about(
    text: str, campaign: Campaign, register: Register
) -> None:
    document = Document(grids=(table(campaign, "青年镇"),), margins=(text,))
    form = found(campaign, register, document)
    assert rules(form) == ["called_otherwise"]
    assert form.form.needs_confirmation
    assert "页眉、页脚或水印" in form.findings[0].text


@pytest.mark.parametrize(
    "text",
    [
        "青年镇人民政府",
        "第 1 页  共 2 页",
        "2024年3月1日印发",
        "冬季送温暖专项救助行动",
        "内部资料",
        "演示数据",
        "2月29日",
    ],
)
def test_a_pages_ordinary_margin_is_not(text: str, campaign: Campaign, register: Register) -> None:
    form = found(campaign, register, Document(grids=(table(campaign, "青年镇"),), margins=(text,)))
    assert not rules(form)
    assert not form.form.needs_confirmation


@pytest.mark.parametrize("text", ["作废", "此表为2月数据", "草稿，待核实"])
def test_a_comment_or_box_that_says_so_is_asked_about(
    text: str, campaign: Campaign, register: Register
) -> None:
    form = found(campaign, register, Document(grids=(table(campaign, "青年镇"),), asides=(text,)))
    assert "called_otherwise" in rules(form)
    assert form.form.needs_confirmation


def test_a_form_marked_in_many_places_is_asked_about_once_by_the_gravest(
    campaign: Campaign, register: Register
) -> None:
    grid = replace(table(campaign, "2月", name="草稿"), lines_before=("作废",))
    form = found(campaign, register, Document(grids=(grid,), margins=("样本",)))
    assert rules(form).count("called_otherwise") == 1
    assert "“作废”" in next(one.text for one in form.findings if one.rule == "called_otherwise")


def test_a_unit_written_as_one_of_its_villages_is_a_part(campaign: Campaign, register: Register) -> None:
    grid = replace(table(campaign, "青年镇"), lines_before=("单位：青年镇板辽村", "填报人：张三"))
    assert "called_otherwise" in rules(found(campaign, register, Document(grids=(grid,))))
    office = replace(grid, lines_before=("单位：青年镇社区事务服务中心", "填报人：张三"))
    assert "called_otherwise" not in rules(found(campaign, register, Document(grids=(office,))))


def test_a_whole_span_in_a_title_is_the_campaigns(campaign: Campaign, register: Register) -> None:
    for title, asked in (("2023年11月—2024年3月情况统计表", False), ("2023年11月—12月情况统计表", True)):
        grid = table(campaign, "青年镇")
        grid = replace(grid, lines_before=(title, *grid.lines_before))
        assert found(campaign, register, Document(grids=(grid,))).form.needs_confirmation is asked


def test_another_campaigns_months_are_its_own(campaign: Campaign, register: Register) -> None:
    summer = campaign.model_copy(update={"start": dt.date(2024, 6, 1), "deadline": dt.date(2024, 8, 31)})
    for title, asked in (
        ("6-8月统计表", False),
        ("2024年6月至8月统计表", False),
        ("7月统计表", True),
        ("6-7月统计表", True),
    ):
        grid = table(campaign, "青年镇")
        grid = replace(grid, lines_before=(title, *grid.lines_before))
        assert found(summer, register, Document(grids=(grid,))).form.needs_confirmation is asked


def test_rows_that_have_not_reported_keep_no_other_unit_from_being_handed_in(
    campaign: Campaign, register: Register
) -> None:
    grid = table(campaign, "青年镇", "石林镇", "黑山镇")
    last = (*(replace(cell, kind="empty", text="") for cell in grid.rows[-1][1:-1]), _text(4, 15, "未报送"))
    grid = replace(grid, rows=(*grid.rows[:-1], (grid.rows[-1][0], *last)))
    forms = find_forms_by_unit(Document(grids=(grid,)), campaign, register, NEAR)
    assert set(forms) == {"qingnian", "shilin"}
    assert not any("incomplete" in rules(one) for one in forms.values())
    assert "incomplete" in rules(
        found(
            campaign,
            register,
            Document(grids=(replace(grid, rows=(*grid.rows[:1], *grid.rows[3:], _row(grid))),)),
        )
    )


def _row(grid: Grid) -> tuple[Cell, ...]:
    return (_text(5, 1, "合计"), *grid.rows[1][1:])


def test_many_lines_around_a_form_cost_little(campaign: Campaign, register: Register) -> None:
    lines = tuple(f"第{number}次巡查，2月{number % 28}日在车站附近劝导流浪人员。" for number in range(20_000))
    grid = replace(table(campaign, "青年镇"), lines_before=lines, lines_after=("村" * 50_000,))
    begin = time.process_time()
    found(campaign, register, Document(grids=(grid,)))
    assert time.process_time() - begin < 8


# --- the small inputs that showed the fault --------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "07-row-named-february.xlsx",
        "09-line-last-year.docx",
        "09-title-line-void.docx",
        "11-mail-add-to-last.eml",
    ],
)
def test_a_form_that_calls_itself_otherwise_waits(name: str, read: Read) -> None:
    reading = read(name, (FILES / name).read_bytes())
    [one] = [each for each in reading.everything() if each.form is not None]
    assert one.form is not None
    assert one.form.needs_confirmation
    assert [told.rule for told in one.findings] == ["called_otherwise"]
    assert one.findings[0].text.count("？") == 1


def test_villages_left_blank_are_lacking(read: Read, campaign: Campaign) -> None:
    name = "07-one-village-of-three.xlsx"
    reading = read(name, (FILES / name).read_bytes())
    assert reading.form is not None
    blank = {one.field for one in reading.findings if (one.severity, one.rule) == ("error", "blank")}
    assert blank == {field.id for field in campaign.form.figures}
    assert not any(reading.form.values[name] for name in blank if name)
    assert "“更古村”、“堡堂村”没有填写" in reading.findings[0].text


def test_a_table_that_nobody_has_filled_in_is_no_report_of_zeros(read: Read, campaign: Campaign) -> None:
    name = "nobody-reported-accepted-as-zeros.docx"
    reading = read(name, (FILES / name).read_bytes())
    assert reading.form is not None
    assert {reading.form.values[field.id] for field in campaign.form.figures} == {None}
    assert "未完成" in next(one.text for one in reading.findings if one.rule == "incomplete")

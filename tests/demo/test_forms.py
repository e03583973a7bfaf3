from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from lxml import html
from openpyxl import load_workbook

from agent.base.plain import plain
from agent.campaign.rules import Campaign
from agent.demo import MARK, forms, pictures

HEADER = {
    "unit": "青年镇人民政府",
    "reported_on": "2024年3月1日",
    "reporter": "张演示",
    "phone": "000-00000000",
}

OTHER = Campaign.model_validate(
    {
        "id": "flood", "title": "防汛行动", "start": "2024-06-01", "deadline": "2024-07-15",
        "measures": {"处": {}, "人": {}, "吨": {}},
        "deliverables": {"form": {"label": "统计表"}},
        "form": {
            "title": "防汛行动情况统计表",
            "header": [{"id": "unit", "label": "填报单位", "type": "unit"}],
            "fields": [
                {"id": "dikes", "label": "查险堤段", "type": "count", "measure": "处"},
                {"id": "moved", "group": "转移群众", "label": "人数", "type": "count", "measure": "人"},
                {"id": "grain", "group": "转移群众", "label": "粮食", "type": "amount", "measure": "吨"},
            ],
        },
    }
)  # fmt: skip


@pytest.fixture
def values(campaign: Campaign) -> dict[str, forms.Written]:
    figures = {field.id: Decimal(number) for number, field in enumerate(campaign.form.figures, start=11)}
    amounts = {field.id: Decimal("3.25") for field in campaign.form.figures if field.type == "amount"}
    return {**figures, **amounts}


def _docx_rows(data: bytes) -> list[list[str]]:
    import docx
    from docx.table import _Cell

    table = docx.Document(io.BytesIO(data)).tables[0]
    return [[_Cell(tc, table).text for tc in row._tr.tc_lst] for row in table.rows]


def _everything(data: bytes) -> str:
    """All text in an Office file, by its raw XML."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")]
    return unescape("".join(parts))


def test_the_word_form_has_the_notices_layout(campaign: Campaign, values: dict[str, forms.Written]) -> None:
    data = forms.form_docx(campaign, values, HEADER)
    above, below, row = _docx_rows(data)
    assert above[:3] == ["巡查次数（次）", "出动工作人员\n（人次）", "动员社会力量参与\n（人次）"]
    assert above[-1] == "备注"
    assert below[:2] == ["总计", "联合巡查"]
    assert row == [*(plain(values[field.id]) for field in campaign.form.figures), ""]
    xml = _everything(data)
    assert xml.count('<w:gridSpan w:val="2"/>') == 1
    assert xml.count('<w:vMerge w:val="restart"/>') == 12
    assert 'w:orient="landscape"' in xml


def test_the_word_form_says_who_reports_when_and_to_whom(
    campaign: Campaign, values: dict[str, forms.Written]
) -> None:
    import docx

    document = docx.Document(io.BytesIO(forms.form_docx(campaign, values, HEADER)))
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert lines[0] == campaign.form.title
    assert lines[1:3] == [
        "单位：青年镇人民政府\t填报时间：2024年3月1日",
        "填报人：张演示\t联系电话：000-00000000",
    ]
    assert lines[3].startswith("注：请于2024年3月5日前将此表报区民政局，联系人：××，电话：000-00000000")


def test_the_workbook_stores_numbers_as_numbers_and_merges_its_headings(
    campaign: Campaign, values: dict[str, forms.Written]
) -> None:
    first = campaign.form.figures[0].id
    data = forms.form_xlsx(campaign, {**values, first: "约20"}, HEADER)
    sheet = load_workbook(io.BytesIO(data))["Sheet1"]
    assert sheet["A6"].value == "约20"
    assert sheet["B6"].value == 12
    assert sheet["E6"].value == 3.25
    assert sheet["N6"].value is None
    assert {"A4:B4", "C4:C5", "N4:N5"} <= {str(merged) for merged in sheet.merged_cells.ranges}


def test_a_breakdown_stands_above_its_total(campaign: Campaign, values: dict[str, forms.Written]) -> None:
    data = forms.form_xlsx(campaign, values, HEADER, breakdown={"演示一村": values, "演示二村": {}})
    sheet = load_workbook(io.BytesIO(data))["Sheet1"]
    assert [sheet.cell(row, 1).value for row in (4, 6, 7, 8)] == [
        "村（社区）",
        "演示一村",
        "演示二村",
        "合计",
    ]
    assert [sheet.cell(row, 2).value for row in (6, 7, 8)] == [11, None, 11]


def test_a_turned_form_has_a_row_for_each_indicator(
    campaign: Campaign, values: dict[str, forms.Written]
) -> None:
    data = forms.form_xlsx(campaign, values, HEADER, turned=True)
    sheet = load_workbook(io.BytesIO(data))["Sheet1"]
    assert [sheet.cell(4, column).value for column in (1, 2, 3)] == ["巡查次数（次）", "总计", 11]
    assert [sheet.cell(6, column).value for column in (1, 3)] == ["出动工作人员（人次）", 13]


def test_the_pasted_table_spans_as_the_form_does(
    campaign: Campaign, values: dict[str, forms.Written]
) -> None:
    page = html.fromstring(f"<div>{forms.form_html(campaign, values, HEADER)}</div>")
    rows = page.findall(".//tr")
    assert [len(row.findall("td")) for row in rows] == [13, 2, 14]
    assert rows[0][0].get("colspan") == "2"
    assert [cell.get("rowspan") for cell in list(rows[0])[1:]] == ["2"] * 12
    assert rows[2][4].text == "3.25"


def test_a_pasted_value_is_text_and_never_markup(campaign: Campaign) -> None:
    pasted = forms.form_html(campaign, {campaign.form.figures[0].id: "<5&"}, HEADER)
    assert "&lt;5&amp;" in pasted


def test_the_csv_is_in_the_charset_that_excel_writes_in_china(
    campaign: Campaign, values: dict[str, forms.Written]
) -> None:
    lines = forms.form_csv(campaign, values, HEADER).decode("gb18030").split("\r\n")
    assert lines[3].startswith("巡查次数（次）,,出动工作人员（人次）,")
    assert lines[5].startswith("11,12,13,14,3.25,3.25,")


def test_another_campaign_needs_nothing_but_its_rules() -> None:
    filled: forms.Values = {"dikes": 4, "moved": 120, "grain": Decimal("2.5")}
    above, below, row = _docx_rows(forms.form_docx(OTHER, filled, {"unit": "青年镇"}))
    assert above == ["查险堤段\n（处）", "转移群众"]
    assert below == ["", "人数\n（人）", "粮食\n（吨）"]
    assert row == ["4", "120", "2.5"]
    sheet = load_workbook(io.BytesIO(forms.form_xlsx(OTHER, filled, {"unit": "青年镇"})))["Sheet1"]
    assert sheet["A2"].value == "填报单位：青年镇"
    assert [sheet.cell(5, column).value for column in (1, 2, 3)] == [4, 120, 2.5]


WRITERS: list[Callable[..., Any]] = [forms.form_docx, forms.form_xlsx, forms.form_html, forms.form_csv]


@pytest.mark.parametrize("write", WRITERS)
def test_the_same_form_has_the_same_bytes_and_says_what_it_is(
    campaign: Campaign,
    values: dict[str, forms.Written],
    write: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once = write(campaign, values, HEADER)
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 5, 6, 7, 8, 9, 0, 1, 0))  # what zipfile asks
    assert write(campaign, values, HEADER) == once
    text = (
        once if isinstance(once, str) else once.decode("gb18030") if once[:2] != b"PK" else _everything(once)
    )
    assert MARK in text


def test_a_narrative_holds_its_text_its_pictures_and_the_mark_on_every_page() -> None:
    import docx

    data = forms.narrative_docx(
        "青年镇开展情况", ["一、基本情况", "正文。"], [pictures.photo(1), pictures.photo(2)]
    )
    document = docx.Document(io.BytesIO(data))
    assert [paragraph.text for paragraph in document.paragraphs if paragraph.text] == [
        "青年镇开展情况", "一、基本情况", "正文。",
    ]  # fmt: skip
    assert len(document.inline_shapes) == 2
    assert document.sections[0].header.paragraphs[0].text == MARK

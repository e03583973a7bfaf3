"""A total over nobody is no 0: not in a cell, a sentence, or JSON; and sentences say whom they count."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from decimal import Decimal
from typing import Any

import docx
import openpyxl
import pytest

from agent.campaign.rules import Campaign, ReportRules
from agent.campaign.units import Register
from agent.letters.digest import digest_view
from agent.reading.files import read_file
from agent.report.merge import merge
from agent.report.table import table_xml

NEAR = dt.date(2024, 3, 5)


def words(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def test_a_report_over_nobody_has_no_total(district: Any) -> None:
    files = district.report()
    record = json.loads(files["report.json"])
    assert set(record["totals"].values()) == {None}
    text = words(district.file("报告"))
    assert "还没有单位的统计表审核通过，没有可以汇总的数" in text
    assert not re.search(r"(?<!\d)0(?:次|人|个单位统计表|万元|份)", text)
    sheet = openpyxl.load_workbook(io.BytesIO(district.file("汇总表"))).worksheets[0]
    (total,) = [row for row in sheet.iter_rows(values_only=True) if row[0] == "合计"]
    assert total[2:15] == (None,) * 13
    assert "还没有单位的数审核通过，没有合计" in "".join(
        str(cell.value or "") for row in sheet for cell in row
    )
    assert not digest_view(district.overview(), ()).totals


def test_a_word_table_over_nobody_has_no_total(district: Any) -> None:
    overview = district.overview()
    last = table_xml(overview, merge(overview)).rpartition("合计")[2]
    assert not re.search(r"<w:t[ >]", last)


def test_a_zero_that_somebody_reported_is_a_zero(district: Any) -> None:
    district.send("qingnian", district.figures(3, minors_helped=Decimal(0)))
    assert json.loads(district.report()["report.json"])["totals"]["minors_helped"] == 0
    assert "救助未成年人0人" in words(district.file("报告"))


def test_each_sentence_over_some_says_how_many(district: Any) -> None:
    district.send("qingnian", district.figures(3))
    text = words(district.file("报告"))
    assert "已计入的1个单位开展巡查30次" in text
    assert "全区" not in text
    for told in ("劝导流浪乞讨等困难人员18人", "准备物资3.3万元", "发放宣传资料900份"):
        assert f"已计入的1个单位合计：{told}" in text


def test_sentences_over_all_say_so(complete: Any) -> None:
    text = words(complete.file("报告"))
    assert re.search(r"全区开展巡查\d+次", text)
    assert "已计入的" not in text


def test_a_campaign_without_sentences_lists_what_was_reported(district: Any, campaign: Campaign) -> None:
    district.campaign = campaign.model_copy(update={"report": ReportRules()})
    assert "各项合计" not in words(district.file("报告"))
    district.send("qingnian", district.figures(3))
    assert "已计入的1个单位合计：巡查次数/总计30次" in words(district.file("报告"))


@pytest.mark.parametrize("reported", [(), ("qingnian", "shilin")])
def test_our_own_unfinished_report_is_nobodys_form(
    district: Any, reported: tuple[str, ...], campaign: Campaign, register: Register
) -> None:
    for unit in reported:
        district.send(unit, district.figures(3))
    for name, data in district.report().items():
        if name.endswith((".docx", ".xlsx")) and "照片册" not in name and "清单" not in name:
            reading = read_file("一张表" + name[-5:], data, campaign, register, NEAR)
            found = [one for one in reading.everything() if one.form is not None]
            for one in found:
                assert one.form is not None
                assert not any(one.form.values[field.id] for field in campaign.form.figures)
                assert {"incomplete", "other_unit"} & {
                    told.rule for told in one.findings if told.severity == "error"
                }

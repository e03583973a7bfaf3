"""The list of what is missing, for telephoning."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl

from agent.base.findings import Finding

District = Any
"""conftest.District: conftest isn't imported, its fixtures hand it over."""


def listed(district: District) -> dict[str, dict[str, str]]:
    """Unit → its row, by heading."""
    sheet = openpyxl.load_workbook(io.BytesIO(district.file("缺报清单")))["缺报清单"]
    heading, *rows = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[1] is not None]
    return {row[0]: dict(zip(heading, row, strict=True)) for row in rows}


def test_it_names_what_each_unit_owes_since_when_and_whom_to_call(troubled: District) -> None:
    told = listed(troubled)
    assert list(told) == ["万东镇", "南桐镇", "丛林镇", "金桥镇", "黑山镇"]
    assert told["南桐镇"] == {
        "单位": "南桐镇",
        "缺什么": "统计表（待补正）、开展情况",
        "截止日期": "2024年3月5日",
        "是否逾期": "逾期1天",
        "待补正的问题": "1. “发放物资”未填写，如无请填 0。",
        "联系邮箱": "nantong@town.example",
    }
    assert told["黑山镇"]["联系邮箱"] == "未登记"
    assert told["金桥镇"]["缺什么"] == "更正后的统计表（待补正）"
    assert "“联合巡查”（99）" in told["金桥镇"]["待补正的问题"]


def test_it_keeps_to_an_extended_deadline(complete: District) -> None:
    complete.submissions.pop("qingnian")
    complete.decide("extend", "qingnian", date=dt.date(2024, 3, 8))
    told = listed(complete)["青年镇"]
    assert (told["截止日期"], told["是否逾期"]) == ("2024年3月8日", "未到期")


def test_it_tells_of_a_file_that_could_not_be_read(complete: District) -> None:
    complete.submissions.pop("qingnian")
    locked = Finding("error", "encrypted", "“统计表.xlsx”有密码，打不开，请去掉密码后重新报送。")
    complete.send("qingnian", file_findings=[locked])
    assert "有密码" in listed(complete)["青年镇"]["待补正的问题"]


def test_it_tells_that_a_letter_came_back(complete: District) -> None:
    complete.submissions.pop("qingnian")
    complete.unreachable = frozenset({"qingnian"})
    assert "请电话联系" in listed(complete)["青年镇"]["联系邮箱"]


def test_a_unit_that_need_not_report_is_listed_for_its_waiting_form_alone(complete: District) -> None:
    complete.send("station", complete.figures(1, joint_patrols=Decimal(999)))
    told = listed(complete)
    assert list(told) == ["救助管理站"]
    assert (told["救助管理站"]["缺什么"], told["救助管理站"]["是否逾期"]) == ("统计表（待补正）", "非必报")


def test_where_nothing_is_missing_it_says_so(complete: District) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(complete.file("缺报清单")))["缺报清单"]
    assert sheet["E3"].value == "各单位材料均已报齐。"


def test_mails_that_wait_stand_on_a_sheet_of_their_own(troubled: District) -> None:
    book = openpyxl.load_workbook(io.BytesIO(troubled.file("缺报清单")))
    rows = list(book["待核邮件"].iter_rows(min_row=3, values_only=True))
    assert rows[0][0] == "H3" and rows[0][4:] == ("发件邮箱未登记", "黑山镇")
    assert rows[1][0] == "未能处理" and rows[1][4] == "邮件读取三次均失败"

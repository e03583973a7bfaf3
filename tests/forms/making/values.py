"""Every row of the specification's table of values, several rows to a form."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .model import Case, Expected, Form, Formula, Styled
from .notice import FIGURES, IDS, expect, form, formatted, head, number, row, texts

BOOKS = ("xlsx", "xls", "ods")
PAPERS = ("docx", "html", "csv")


def cases() -> list[Case]:
    return [*_plain(), *_worded(), *_refused(), *_stored(), *_shown(), *_nonsense()]


def _case(name: str, cells: dict[str, Any], expected: Expected, *formats: str) -> Case:
    return Case(name, [form(row(**cells))], expected, formats or ("xlsx", "docx", "gbk.csv"))


def _plain() -> list[Case]:
    return [
        Case("whole numbers", [form()], expect(), (*BOOKS, "docx", "html", "csv", "bom.csv", "gbk.csv", "utf16.csv")),
        Case("figures as text", [form(texts())], expect(), (*BOOKS, "docx>odt", "docx>docx", "xlsx>html")),
        _case(
            "a decimal point and zero",
            {"patrols": "42.0", "joint_patrols": 17.0, "staff_deployed": "136.00", "people_persuaded": 27.0},
            expect(),
            "xlsx", "xls", "docx", "html",
        ),
        _case(
            "full width and spaces",
            {
                "patrols": "４２", "joint_patrols": " 17 ", "staff_deployed": "１３６", "volunteers_mobilised": "　58　",
                "supplies_prepared": "６．３５", "supplies_distributed": "4．8", "leaflets_distributed": "1\u00a0250",
            },
            expect(),
            "xlsx", "xls", "docx", "html", "gbk.csv",
        ),
        _case(
            "thousands",
            {
                "patrols": "3,000", "joint_patrols": "3，000", "staff_deployed": "3 000", "volunteers_mobilised": "12,345,678",
                "leaflets_distributed": "１，２５０", "supplies_prepared": "1,000.5", "people_persuaded": "1 234",
            },
            expect(
                {
                    "patrols": "3000", "joint_patrols": "3000", "staff_deployed": "3000", "volunteers_mobilised": "12345678",
                    "supplies_prepared": "1000.5", "people_persuaded": "1234",
                }
            ),
            "xlsx", "ods", "docx", "html", "csv",
        ),
        _case(
            "own measure behind",
            {
                "patrols": "42次", "joint_patrols": "17 次", "staff_deployed": "136 人次", "volunteers_mobilised": "58人",
                "supplies_prepared": "6.35万元", "supplies_distributed": "4.8 万元", "leaflets_distributed": "1,250份",
                "media_reports": "9次", "moving_stories": "3个", "people_persuaded": "27人次",
                "people_brought_to_station": "11人", "critically_ill_helped": "２人", "minors_helped": "4 人",
            },
            expect(),
            "xlsx", "xls", "docx", "html", "gbk.csv",
        ),
        _case(
            "exact decimals",
            {"supplies_prepared": "0.30", "supplies_distributed": "0.123456", "leaflets_distributed": "0"},
            expect({"supplies_prepared": "0.3", "supplies_distributed": "0.123456", "leaflets_distributed": "0"}),
            "xlsx", "docx", "csv",
        ),
    ]  # fmt: skip


def _worded() -> list[Case]:
    return [
        _case(
            "yuan in an amount",
            {"supplies_prepared": "12000元", "supplies_distributed": "11,500.00 元"},
            expect(
                {"supplies_prepared": "1.2", "supplies_distributed": "1.15"},
                notes=("supplies_prepared", "supplies_distributed"),
            ),
            "xlsx", "xls", "docx", "html", "gbk.csv",
        ),
        _case(
            "ten thousands",
            {"leaflets_distributed": "1.2万", "supplies_prepared": "1.5万", "supplies_distributed": "1万"},
            expect(
                {"leaflets_distributed": "12000", "supplies_prepared": "1.5", "supplies_distributed": "1"},
                notes=("leaflets_distributed", "supplies_prepared", "supplies_distributed"),
            ),
            "xlsx", "ods", "docx", "html",
        ),
        _case(
            "chinese numerals",
            {
                "patrols": "一百零五", "joint_patrols": "十二", "staff_deployed": "两百", "media_reports": "〇",
                "moving_stories": "壹拾贰", "people_persuaded": "二十", "people_brought_to_station": "十",
                "leaflets_distributed": "三千零五十",
            },
            expect(
                {
                    "patrols": "105", "joint_patrols": "12", "staff_deployed": "200", "media_reports": "0",
                    "moving_stories": "12", "people_persuaded": "20", "people_brought_to_station": "10",
                    "leaflets_distributed": "3050",
                },
                notes=(
                    "patrols", "joint_patrols", "staff_deployed", "media_reports", "moving_stories",
                    "people_persuaded", "people_brought_to_station", "leaflets_distributed",
                ),
            ),
            "xlsx", "xls", "docx", "html", "csv",
        ),
        _case(
            "words and strokes for nothing",
            {
                "joint_patrols": "无", "volunteers_mobilised": "没有", "supplies_distributed": "——",
                "leaflets_distributed": "零", "media_reports": "/", "moving_stories": "／",
                "people_brought_to_station": "-", "critically_ill_helped": "—", "minors_helped": " / ",
            },
            expect(
                dict.fromkeys(zeros := (
                    "joint_patrols", "volunteers_mobilised", "supplies_distributed", "leaflets_distributed", "media_reports",
                    "moving_stories", "people_brought_to_station", "critically_ill_helped", "minors_helped",
                ), "0"),
                notes=zeros,
            ),
            "xlsx", "xls", "ods", "docx", "html", "gbk.csv",
        ),
        _case(
            "spoken measures",
            {
                "supplies_prepared": "一点五", "supplies_distributed": "零点八", "staff_deployed": "三百人次",
                "people_persuaded": "25名", "people_brought_to_station": "十一位", "critically_ill_helped": "2位",
            },
            expect(
                {"supplies_prepared": "1.5", "supplies_distributed": "0.8", "staff_deployed": "300", "people_persuaded": "25"},
                notes=(
                    "supplies_prepared", "supplies_distributed", "staff_deployed", "people_persuaded",
                    "people_brought_to_station", "critically_ill_helped",
                ),
            ),
            "xlsx", "docx", "html", "csv",
        ),
    ]  # fmt: skip


def _refused() -> list[Case]:
    blank = dict.fromkeys(("patrols", "supplies_prepared", "minors_helped"), "blank")
    inexact = {
        "patrols": "约20", "joint_patrols": "20余", "staff_deployed": "20多", "volunteers_mobilised": "近20",
        "supplies_prepared": "20左右", "supplies_distributed": "≥20", "leaflets_distributed": "10-20",
        "media_reports": "若干", "moving_stories": "12/5", "people_persuaded": "12、5",
        "people_brought_to_station": "20余人", "critically_ill_helped": "约２人", "minors_helped": "10～20人",
    }  # fmt: skip
    more = {
        "patrols": "不少于40", "joint_patrols": "10多次", "staff_deployed": "100+", "volunteers_mobilised": "几十人",
        "supplies_prepared": "约1.5万元", "supplies_distributed": ">1", "leaflets_distributed": "1000以上",
        "media_reports": "2至3", "moving_stories": "＞3", "people_persuaded": "二十余", "people_brought_to_station": "十几",
        "critically_ill_helped": "1—2", "minors_helped": "3或4",
    }  # fmt: skip
    wrong = {
        "patrols": "42人", "joint_patrols": "17天", "staff_deployed": "136次", "supplies_prepared": "200件",
        "leaflets_distributed": "1250人次", "media_reports": "9篇", "moving_stories": "3人", "people_persuaded": "27户",
    }  # fmt: skip
    return [
        _case("blank cells", dict.fromkeys(blank), expect(errors=blank), *BOOKS, *PAPERS),
        _case("cells of nothing but spaces", {"patrols": " ", "supplies_prepared": "　", "minors_helped": "\n"}, expect(errors=blank), "xlsx", "docx", "html"),
        _case("not exact", inexact, expect(errors=dict.fromkeys(inexact, "not_exact")), "xlsx", "xls", "docx", "html", "gbk.csv"),
        _case("not exact in other words", more, expect(errors=dict.fromkeys(more, "*")), "xlsx", "docx", "csv"),
        _case(
            "below nothing",
            {"patrols": "-3", "staff_deployed": -12, "supplies_prepared": "-1.5", "leaflets_distributed": "－5", "minors_helped": "负3"},
            expect(errors={
                "patrols": "negative", "staff_deployed": "negative", "supplies_prepared": "negative",
                "leaflets_distributed": "negative", "minors_helped": "*",
            }),
            "xlsx", "xls", "docx", "html",
        ),
        _case(
            "halves of a person",
            {"people_persuaded": "2.5", "patrols": 42.5, "staff_deployed": "１.５", "leaflets_distributed": "1.23456万", "minors_helped": "一点五"},
            expect(
                {"leaflets_distributed": "12345.6"},
                errors={
                    "people_persuaded": "not_whole", "patrols": "not_whole", "staff_deployed": "not_whole",
                    "leaflets_distributed": "not_whole", "minors_helped": "not_whole",
                },
            ),
            "xlsx", "xls", "docx", "csv",
        ),
        _case("another measure", wrong, expect(errors=dict.fromkeys(wrong, "wrong_measure")), "xlsx", "xls", "docx", "html"),
        _case(
            "money in a count",
            {"patrols": "300万元", "leaflets_distributed": "1250元", "people_persuaded": "1万元"},
            expect(errors=dict.fromkeys(("patrols", "leaflets_distributed", "people_persuaded"), "wrong_measure")),
            "xlsx", "docx",
        ),
    ]  # fmt: skip


def _stored() -> list[Case]:
    date = dt.date(2024, 3, 1)
    return [
        _case(
            "stored with noise",
            {"supplies_prepared": 1.2000000000000002, "supplies_distributed": 0.1 + 0.2, "patrols": 42.0000000001},
            expect({"supplies_prepared": "1.2", "supplies_distributed": "0.3"}),
            "xlsx", "xls", "ods", "xlsx>xls", "xlsx>ods",
        ),
        _case(
            "formulas with no result",
            {"patrols": Formula("20+22"), "supplies_prepared": Formula("SUM(1,5)")},
            expect(errors=dict.fromkeys(("patrols", "supplies_prepared"), "no_result")),
            "xlsx",
        ),
        _case(
            "formulas with results",
            {"patrols": Formula("20+22"), "supplies_prepared": Formula("6+0.35"), "staff_deployed": Formula("100+36")},
            expect(),
            "xlsx>xls", "xlsx>ods", "xlsx>xlsx", "xlsx>html",
        ),
        _case(
            "failed formulas",
            {"patrols": "#REF!", "supplies_prepared": "#DIV/0!", "minors_helped": "####"},
            expect(errors={"patrols": "no_result", "supplies_prepared": "no_result", "minors_helped": "*"}),
            "xlsx", "xls", "docx", "html", "csv",
        ),
        _case(
            "formulas that fail",
            {"patrols": Formula("1/0"), "supplies_prepared": Formula("NA()")},
            expect(errors=dict.fromkeys(("patrols", "supplies_prepared"), "no_result")),
            "xlsx>xls", "xlsx>ods", "xlsx>xlsx",
        ),
        _case(
            "dates, booleans and percentages",
            {"patrols": Styled(date, format="yyyy-mm-dd"), "staff_deployed": True, "people_persuaded": Styled(0.986, format="0.0%"), "leaflets_distributed": "98.6%", "minors_helped": "2024-3-1"},
            expect(errors={"patrols": "*", "staff_deployed": "*", "people_persuaded": "*", "leaflets_distributed": "*", "minors_helped": "*"}),
            "xlsx", "xls", "ods",
        ),
        _case(
            "dates and percentages in words",
            {"patrols": "3月5日", "people_persuaded": "100%", "leaflets_distributed": "9８.6％", "minors_helped": "2024年3月1日", "staff_deployed": "是"},
            expect(errors=dict.fromkeys(("patrols", "people_persuaded", "leaflets_distributed", "minors_helped", "staff_deployed"), "*")),
            "docx", "html", "csv",
        ),
        _case(
            "numbers in cells formatted as text",
            {name: Styled(text, format="@") for name, text in FIGURES.items() if name != "remarks"},
            expect(),
            "xlsx", "xls", "xlsx>ods",
        ),
        _case(
            "stored numbers in cells formatted as text",
            {name: Styled(number(text), format="@") for name, text in FIGURES.items() if name != "remarks"},
            expect(),
            "xlsx", "xls",
        ),
    ]  # fmt: skip


def _shown() -> list[Case]:
    return [
        _case(
            "fewer decimals shown",
            {"supplies_prepared": formatted(6.35149, "0.00"), "supplies_distributed": formatted(1.23456, "0.00")},
            expect(
                {"supplies_prepared": "6.35149", "supplies_distributed": "1.23456"},
                warnings=["displayed_otherwise:supplies_prepared", "displayed_otherwise:supplies_distributed"],
            ),
            "xlsx", "xls", "xlsx>xls",
        ),
        _case(
            "formats that change nothing",
            {
                "patrols": formatted(42, "0"), "joint_patrols": formatted(17, "0.00"), "staff_deployed": formatted(136, "#,##0"),
                "supplies_prepared": formatted(6.35, "#,##0.00"), "supplies_distributed": formatted(4.8, "0.00"),
                "leaflets_distributed": formatted(1250, "#,##0"), "media_reports": formatted(9, "0_ "),
                "moving_stories": formatted(3, "0;[Red]-0"), "people_persuaded": formatted(27, "#,##0_);(#,##0)"),
                "people_brought_to_station": formatted(11, "00"), "minors_helped": formatted(4, "General"),
            },
            expect(),
            "xlsx", "xls", "xlsx>xls",
        ),
        _case(
            "formats that add the field's own measure",
            {
                "patrols": formatted(42, '0"次"'), "staff_deployed": formatted(136, '0"人次"'),
                "supplies_prepared": formatted(6.35, '0.00"万元"'), "people_persuaded": formatted(27, '0"人"'),
                "leaflets_distributed": formatted(1250, '#,##0"份"'),
            },
            expect(),
            "xlsx", "xls", "xlsx>xls",
        ),
        _case(
            "formats that mean something else",
            {
                "patrols": formatted(42, '0"人"'), "staff_deployed": formatted(136, '0.0,"千"'),
                "supplies_prepared": formatted(6.35, '0.00"元"'), "supplies_distributed": formatted(4.8, "[$¥-804]#,##0.00"),
                "leaflets_distributed": formatted(12500, '0!.0,"万"'), "media_reports": formatted(9, "0%"),
                "people_persuaded": formatted(45352, "yyyy/m/d"), "minors_helped": formatted(4, '"约"0'),
                "critically_ill_helped": formatted(2000, "0,"), "moving_stories": formatted(3, 'h"时"'),
            },
            expect(errors=dict.fromkeys((
                "patrols", "staff_deployed", "supplies_prepared", "supplies_distributed", "leaflets_distributed",
                "media_reports", "people_persuaded", "minors_helped", "critically_ill_helped", "moving_stories",
            ), "*")),
            "xlsx", "xls",
        ),
        _case(
            "currency in an amount",
            {"supplies_prepared": formatted(6.35, "¥#,##0.00"), "supplies_distributed": formatted(4.8, '"￥"#,##0.00')},
            expect(errors=dict.fromkeys(("supplies_prepared", "supplies_distributed"), "*")),
            "xlsx", "xls", "xlsx>xls",
        ),
        _case(
            "currency signs in words",
            {"supplies_prepared": "¥6.35", "supplies_distributed": "￥48000.00"},
            expect({"supplies_distributed": "4.8"}, errors={"supplies_prepared": "*"}, notes=["supplies_distributed"]),
            "docx", "html", "csv",
        ),
    ]  # fmt: skip


def _nonsense() -> list[Case]:
    odd = {
        "patrols": "1,5", "joint_patrols": "见附件", "staff_deployed": "12 5", "volunteers_mobilised": "1.2.3",
        "supplies_prepared": "1，50", "supplies_distributed": "12,00", "leaflets_distributed": "一千二百五十份左右",
        "media_reports": "抖音3次、微信2次", "moving_stories": "3个（2个已报）", "people_persuaded": "男12女15",
        "people_brought_to_station": "O", "critically_ill_helped": "l2", "minors_helped": "0x4",
    }  # fmt: skip
    other = {
        "patrols": "同上", "joint_patrols": "待统计", "staff_deployed": "12人3次", "volunteers_mobilised": "20+15",
        "supplies_prepared": "1.5万元2000元", "supplies_distributed": "棉被10床", "leaflets_distributed": "12?",
        "media_reports": "√", "moving_stories": "1e3", "people_persuaded": "十二百", "people_brought_to_station": "１２,３４",
        "critically_ill_helped": "2,", "minors_helped": "..4",
    }  # fmt: skip
    cells, merges = head()
    shared = row()
    shared[2], shared[3] = 194, None
    merged = Form(
        above=form().above, cells=[*cells, shared], merges=[*merges, (2, 2, 2, 3)], below=form().below
    )
    return [
        _case("separators out of place", odd, expect(errors=dict.fromkeys(odd, "*")), "xlsx", "xls", "docx", "html", "gbk.csv"),
        _case("no numbers at all", other, expect(errors=dict.fromkeys(other, "*")), "xlsx", "docx", "csv"),
        Case("one cell over two columns", [merged], expect(errors={"staff_deployed": "*", "volunteers_mobilised": "*"}), ("xlsx", "xls", "ods", "docx", "html")),
        _case("two figures on two lines", {"patrols": "42\n43", "staff_deployed": "100\n36"}, expect(errors={"patrols": "*", "staff_deployed": "*"}), "xlsx", "docx", "html"),
        _case("empty remarks", {"remarks": None}, expect({"remarks": ""}), "xlsx", "docx", "csv"),
        _case("remarks with figures", {"remarks": "其中夜间巡查12次，另有3人返乡"}, expect({"remarks": "其中夜间巡查12次，另有3人返乡"}), "xlsx", "docx"),
    ]  # fmt: skip


assert len(IDS) == 14

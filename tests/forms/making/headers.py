"""The lines around the table: dates, telephones, units, where they stand and what is no header value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from .model import Case, Form, Styled
from .notice import ABOVE, FOOTNOTE, TITLE, expect, form, row

DATES: tuple[tuple[str, Any, str | None, bool], ...] = (
    # name, written, date, with a note
    ("with characters", "2024年3月1日", "2024-03-01", False),
    ("with dots", "2024.3.1", "2024-03-01", False),
    ("with dashes", "2024-03-01", "2024-03-01", False),
    ("with strokes", "2024/3/1", "2024-03-01", False),
    ("of eight digits", "20240301", "2024-03-01", False),
    ("in chinese numerals", "二〇二四年三月一日", "2024-03-01", False),
    ("in chinese numerals of two places", "二〇二三年十二月二十五日", "2023-12-25", False),
    ("without a year", "3月1日", "2024-03-01", True),
    ("without a year before the new year", "12月20日", "2023-12-20", True),
    ("with a short year", "24.3.1", "2024-03-01", True),
    ("in full width", "２０２４年３月１日", "2024-03-01", False),
    ("with spaces", "2024 年 3 月 1 日", "2024-03-01", False),
    ("without a day", "2024年3月", None, False),
    ("that does not exist", "2024年2月30日", None, False),
    ("before the campaign", "2023年3月1日", "2023-03-01", False),
    ("in words", "月底", None, False),
)
PHONES: tuple[tuple[str, str, str | None], ...] = (
    ("a landline", "00000000", "00000000"),
    ("seven digits", "0000000", "0000000"),
    ("an area code", "000-00000000", "00000000000"),
    ("an area code in brackets", "（000）00000000", "*"),
    ("an extension", "000-00000000转801", "*"),
    ("spaces", "000 0000 0000", "00000000000"),
    ("too few digits", "12345", None),
    ("two numbers", "000-00000000、000-11111111", "*"),
    ("words", "见通讯录", None),
)
UNITS: tuple[tuple[str, str, str | None, Sequence[str]], ...] = (
    ("a short name", "青年镇", "青年镇", ()),
    ("an office", "青年镇民政和社会事务办公室", "青年镇民政和社会事务办公室", ()),
    ("the district before it", "万盛经开区青年镇人民政府", "万盛经开区青年镇人民政府", ()),
    ("a seal's place", "青年镇人民政府（盖章）", "*", ()),
    ("the street that bears the district's name", "万盛街道办事处", "万盛街道办事处", ()),
    ("no place", "民政办", "民政办", ("unit_unknown:unit",)),
)


def cases() -> list[Case]:
    return [*_dates(), *_phones(), *_units(), *_placed(), *_missing()]


def _around(
    unit: Any = "青年镇人民政府",
    date: Any = "2024年3月1日",
    reporter: str = "张三",
    phone: str = "000-00000000",
) -> Form:
    return form(
        above=[
            (TITLE,),
            (f"单位：{unit}", f"填报时间：{date}"),
            (f"填报人：{reporter}", f"联系电话：{phone}"),
        ]
    )


def _dates() -> list[Case]:
    formats = (("xlsx", "csv"), ("docx", "html"), ("xls", "docx"), ("xlsx", "gbk.csv"))
    made = [
        Case(
            f"a date {name}",
            [_around(date=written)],
            expect(
                header={"reported_on": date},
                warnings=[] if date else ["bad_date:reported_on"],
                notes=["reported_on"] if noted else [],
            ),
            formats[place % 4],
        )
        for place, (name, written, date, noted) in enumerate(DATES)
    ]

    def celled(value: Any) -> Form:
        line = (TITLE,), ("单位：青年镇人民政府", "", "填报时间：", value), ABOVE[2]
        return form(above=line)

    date = Styled(dt.date(2024, 3, 1), format="yyyy-mm-dd")
    shown = Styled(dt.date(2024, 3, 1), format='yyyy"年"m"月"d"日"')
    return [
        *made,
        Case("a date in a cell of its own", [celled(date)], expect(), ("xlsx", "xls", "ods", "xlsx>xls", "xlsx>ods", "xlsx>html")),
        Case("a date cell in chinese", [celled(shown)], expect(), ("xlsx", "xls")),
        Case("a date as a number of eight digits", [celled(20240301)], expect(), ("xlsx",)),
        Case("a moment in a date cell", [celled(Styled(dt.datetime(2024, 3, 1, 15, 30), format="yyyy-mm-dd hh:mm"))], expect(), ("xlsx", "xls")),
    ]  # fmt: skip


def _phones() -> list[Case]:
    formats = (("xlsx", "docx"), ("html", "csv"))
    return [
        Case(
            f"a telephone of {name}" if name[0] == "s" or name[0] == "w" else f"a telephone with {name}",
            [_around(phone=written)],
            expect(header={"phone": phone}, warnings=[] if phone else ["bad_phone:phone"]),
            formats[place % 2],
        )
        for place, (name, written, phone) in enumerate(PHONES)
        if phone != "*" or name != "two numbers"
    ]


def _units() -> list[Case]:
    return [
        Case(
            f"unit with {name}",
            [_around(unit=written)],
            expect(header={"unit": unit}, warnings=warnings),
            ("xlsx", "docx"),
        )
        for name, written, unit, warnings in UNITS
    ] + [
        Case(
            "unit with a place not registered",
            [_around(unit="森林镇人民政府")],
            expect(header={"unit": "森林镇人民政府"}, errors={"unit": "unit_unknown"}),
            ("xlsx", "docx"),
        )
    ]


def _placed() -> list[Case]:
    spread = [
        (TITLE,),
        ("单位：", "青年镇人民政府", "填报时间：", "2024年3月1日"),
        ("填报人：", "张三", "联系电话：", "000-00000000"),
    ]
    below = form(
        above=[(TITLE,), ("填报单位：青年镇人民政府",)],
        below=["填报人：张三        联系电话：000-00000000        填报日期：2024年3月1日", FOOTNOTE],
    )
    half = form(
        above=[
            (TITLE,),
            ("单位:青年镇人民政府", "填报时间:2024年3月1日"),
            ("填报人:张三", "联系电话:000-00000000"),
        ]
    )
    wide = form(
        above=[
            (TITLE,),
            ("单　位：青年镇人民政府", "填 报 时 间：2024年3月1日"),
            ("填 报 人：张三", "联系 电话：000-00000000"),
        ]
    )
    aliases = form(
        above=[
            (TITLE,),
            ("填报单位（盖章）：青年镇人民政府", "填表日期：2024年3月1日"),
            ("填表人：张三", "手机：000-00000000"),
        ]
    )
    one = form(
        above=[
            (TITLE,),
            ("单位：青年镇人民政府　填报时间：2024年3月1日　填报人：张三　联系电话：000-00000000",),
        ]
    )
    odd = form(
        below=[
            "注：请于2024年3月5日前将此表报区民政局，联系人：李四，",
            "电话：000-11111111，邮箱：report@civil.example。",
        ]
    )
    foot = form(
        row(),
        ["注：请于2024年3月5日前报区民政局，联系人：李四，电话：000-11111111"] + [None] * 13,
        above=[(TITLE,), ("单位：青年镇人民政府",)],
        below=(),
    )
    none = {"reported_on": None, "reporter": None, "phone": None}
    warned = ["header_missing:reported_on", "header_missing:reporter", "header_missing:phone"]
    return [
        Case("labels and values in cells of their own", [form(above=spread)], expect(), ("xlsx", "xls", "csv")),
        Case("header values below the table", [below], expect(), ("xlsx", "docx", "html")),
        Case("half width colons", [half], expect(), ("xlsx", "docx", "gbk.csv")),
        Case("spaces in header labels", [wide], expect(), ("xlsx", "docx")),
        Case("aliased header labels", [aliases], expect(), ("xlsx", "docx", "html")),
        Case("all on one line", [one], expect(), ("xlsx", "docx", "csv")),
        Case("a footnote on two lines", [odd], expect(), ("xlsx", "docx", "html")),
        Case("a footnote is no header", [foot.but(merges=[*foot.merges, (3, 0, 3, 13)])], expect(header=none, warnings=warned), ("xlsx", "docx")),
        Case("a footnote below the table is no header", [form(above=[(TITLE,), ("单位：青年镇人民政府",)])], expect(header=none, warnings=warned), ("xlsx", "docx", "html", "csv")),
    ]  # fmt: skip


def _missing() -> list[Case]:
    return [
        Case("no reporter", [_around(reporter="")], expect(header={"reporter": None}, warnings=["header_missing:reporter"]), ("xlsx", "docx")),
        Case("no telephone", [_around(phone="")], expect(header={"phone": None}, warnings=["header_missing:phone"]), ("xlsx", "docx")),
        Case("no date", [_around(date="")], expect(header={"reported_on": None}, warnings=["header_missing:reported_on"]), ("xlsx", "docx")),
        Case("an empty date", [_around(date="    年  月  日")], expect(header={"reported_on": None}, warnings=["*:reported_on"]), ("docx", "csv")),
        Case("no unit", [_around(unit="")], expect(header={"unit": None}, warnings=["header_missing:unit"]), ("xlsx", "docx")),
    ]  # fmt: skip

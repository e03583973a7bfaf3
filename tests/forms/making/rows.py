"""Several rows of figures: sums, subtotals, numbered columns, another unit's row, what stands below the table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .finding import _led
from .model import Case, Form
from .notice import ABOVE, FIGURES, FOOTNOTE, IDS, expect, form, head, number, row

ONE = dict(
    zip(IDS, ("20", "8", "70", "30", "3.1", "2.4", "600", "4", "1", "15", "6", "1", "2", ""), strict=True)
)
TWO = dict(
    zip(IDS, ("22", "9", "66", "28", "3.25", "2.4", "650", "5", "2", "12", "5", "1", "2", ""), strict=True)
)
SUM = {name: FIGURES[name] for name in IDS[:-1]}
assert all(Decimal(ONE[name]) + Decimal(TWO[name]) == Decimal(SUM[name]) for name in SUM)
REMARKS = {"remarks": ""}


def cases() -> list[Case]:
    return [*_marked(), *_unmarked(), *_numbered(), *_others(), *_below()]


def line(figures: dict[str, str], **changes: Any) -> list[Any]:
    cells: dict[str, Any] = {name: number(text) if text else None for name, text in figures.items()}
    cells["remarks"] = figures.get("remarks") or None
    return list((cells | changes).values())


def villages(*rows: tuple[str, list[Any]], heading: str = "村（社区）") -> Form:
    return _led(form(*(cells for _, cells in rows)), (heading,), *((name,) for name, _ in rows))


def _marked() -> list[Case]:
    whole = {**SUM, "remarks": ""}
    one, two, total = ("板辽村", line(ONE)), ("更古村", line(TWO)), line(whole)
    wrong = line(whole, patrols=43, supplies_prepared=6.3)
    gap = ("更古村", line(TWO, minors_helped=None))
    first = ("板辽村", line(ONE, minors_helped=4))
    half = {name: str(Decimal(ONE[name]) * 2) for name in SUM}
    numbered = _led(
        form(line(ONE), line(TWO), total), ("序号", "村居"), (1, "板辽村"), (2, "更古村"), ("合计", None)
    )
    numbered = numbered.but(merges=[*numbered.merges, (4, 0, 4, 1)])
    differs = {"patrols": "sum_differs", "supplies_prepared": "sum_differs"}
    return [
        Case("villages and their sum", [villages(one, two, ("合计", total))], expect(REMARKS), ("xlsx", "xls", "docx", "html", "csv")),
        Case("villages and their total", [villages(one, two, ("总计", total))], expect(REMARKS), ("xlsx", "docx")),
        Case("villages and their subtotal", [villages(one, two, ("小 计", total))], expect(REMARKS), ("xlsx", "docx", "gbk.csv")),
        Case("the sum above the villages", [villages(("合计", total), one, two)], expect(REMARKS), ("xlsx", "docx", "html")),
        Case("a sum that differs", [villages(one, two, ("合计", wrong))], expect(REMARKS, errors=differs), ("xlsx", "xls", "docx", "html")),
        Case("a blank village cell above a right sum", [villages(first, gap, ("合计", total))], expect(REMARKS, warnings=["blank:minors_helped"]), ("xlsx", "docx")),
        Case("a sum with a merged name", [numbered], expect(REMARKS), ("xlsx", "docx", "html", "docx>docx")),
        Case("subtotals and a total", [villages(("板辽村", line(ONE)), ("小计", line(ONE)), ("更古村", line(TWO)), ("小计", line(TWO)), ("合计", total))], expect(REMARKS), ("xlsx", "docx")),
        Case("subtotals without a total", [villages(("板辽村", line(ONE)), ("小计", line(ONE)), ("更古村", line(TWO)), ("小计", line(TWO)))], expect(REMARKS, confirm=True, warnings=["sum_unmarked:"]), ("xlsx",)),
        Case("a blank sum", [villages(one, two, ("合计", line(whole, patrols=None)))], expect(REMARKS, errors={"patrols": "*"}), ("xlsx", "docx")),
        Case("a sum of one village", [villages(("板辽村", line(ONE)), ("合计", line(ONE)))], expect({**ONE, **REMARKS}), ("xlsx", "docx")),
        Case("a village that says about", [villages(("板辽村", line(ONE, staff_deployed="约70")), two, ("合计", total))], expect(REMARKS, errors={"staff_deployed": "*"}), ("xlsx", "docx")),
        Case("a sum twice the villages", [villages(one, ("合计", line(half)))], expect(REMARKS, errors=dict.fromkeys(SUM, "sum_differs")), ("xlsx",)),
    ]  # fmt: skip


def _unmarked() -> list[Case]:
    summed = {**SUM, "remarks": ""}
    return [
        Case("villages without a sum", [villages(("板辽村", line(ONE)), ("更古村", line(TWO)))], expect(summed, confirm=True, warnings=["sum_unmarked:"]), ("xlsx", "xls", "docx", "html", "csv")),
        Case("two rows without names", [form(line(ONE), line(TWO))], expect(summed, confirm=True, warnings=["sum_unmarked:"]), ("xlsx", "docx")),
        Case("villages with a blank and without a sum", [villages(("板辽村", line(ONE)), ("更古村", line(TWO, patrols=None)))], expect(summed, confirm=True, errors={"patrols": "blank"}, warnings=["sum_unmarked:"]), ("xlsx", "docx")),
    ]  # fmt: skip


def _numbered() -> list[Case]:
    plain = list(range(1, 15))
    cells, merges = head()
    led = _led(form(plain, row()), ("栏次",), ("栏次",), ("",))
    circled = ["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨", "⑩", "⑪", "⑫", "⑬", "⑭"]
    brackets = [f"（{place}）" for place in plain]
    few = [*range(1, 14), None]
    return [
        Case("a row that numbers the columns", [Form(ABOVE, [*cells, plain, row()], merges, (FOOTNOTE,))], expect(), ("xlsx", "xls", "docx", "html", "csv")),
        Case("a row that numbers the figures", [form(few, row())], expect(), ("xlsx", "docx")),
        Case("columns numbered in brackets", [form(brackets, row())], expect(), ("xlsx", "docx")),
        Case("columns numbered in circles", [form(circled, row())], expect(), ("xlsx", "docx")),
        Case("columns numbered by name", [led], expect(), ("xlsx", "docx", "html")),
    ]  # fmt: skip


def _others() -> list[Case]:
    named = _led(form(row(), row(patrols=50)), ("单位",), ("青年镇",), ("石林镇",))
    summed = _led(
        form(line(ONE), line(TWO), line({**SUM, "remarks": ""})),
        ("镇街",),
        ("青年镇",),
        ("关坝镇",),
        ("合计",),
    )
    every = [name for name in IDS if name != "remarks"]
    return [
        Case("another unit's row", [named], expect({"remarks": "*"}, errors={**dict.fromkeys(every, "other_unit")}, confirm="*", warnings=["?sum_unmarked:"]), ("xlsx", "docx", "html")),
        Case("two units and their sum", [summed], expect({"remarks": "*"}, errors={**dict.fromkeys(every, "other_unit")}), ("xlsx", "docx")),
    ]  # fmt: skip


def _below() -> list[Case]:
    notes = ["备注：其中夜间巡查12次。", "统计截止2024年2月29日，累计救助6人，发放棉被30床。", FOOTNOTE]
    inside = form(row(), ["说明：夜间巡查12次，救助6人"] + [None] * 13, below=())
    signed = form(row(), ["审核人：李四"] + [None] * 6 + ["单位负责人：王五"] + [None] * 6, below=(FOOTNOTE,))
    return [
        Case("notes with figures below", [form(below=notes)], expect(), ("xlsx", "xls", "docx", "html", "csv")),
        Case("a row of notes inside the table", [inside.but(merges=[*inside.merges, (3, 0, 3, 13)])], expect(), ("xlsx", "docx", "html")),
        Case("a row of signatures inside the table", [signed.but(merges=[*signed.merges, (3, 0, 3, 6), (3, 7, 3, 13)])], expect(), ("xlsx", "docx", "html")),
    ]  # fmt: skip

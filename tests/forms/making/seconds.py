"""A second table beside the form: a correction of a column or two, a list that breaks it down, one of another matter."""

from __future__ import annotations

from typing import Any

from .model import Case, Expected, Form
from .notice import FIGURES, IDS, expect, form, row

PERSUADED, MINORS = "劝导人数（人）", "救助未成年人（人）"
EVERY = ("xlsx", "docx", "html")
PAPERS = ("docx", "html")


def cases() -> list[Case]:
    return [*_corrections(), *_doubts(), *_harmless(), *_turned(), *_inside()]


def table(
    *cells: list[Any], above: tuple[str, ...] = (), below: tuple[str, ...] = (), sheet: str = "Sheet2"
) -> Form:
    return Form([(line,) for line in above], list(cells), below=below, sheet=sheet)


def corrected(**values: str) -> Expected:
    """The corrected figures, to be confirmed."""
    return expect(values, confirm=True, warnings=[f"corrected:{name}" for name in values])


def doubted(*names: str) -> Expected:
    return expect(errors=dict.fromkeys(names, "two_forms"))


def _corrections() -> list[Case]:
    two = corrected(people_persuaded="25", minors_helped="3")
    one = corrected(people_persuaded="25")
    whole = form(row(people_persuaded=25), above=(("更正后的统计表",),), sheet="更正")
    return [
        Case("a correction of two columns", [form(), table([PERSUADED, MINORS], [25, 3], above=("更正：",))], two, (*EVERY, "xls", "ods")),
        Case("a sheet named correction", [form(), table([PERSUADED], [25], sheet="更正")], one, ("xlsx", "xls", "ods")),
        Case("a corrected figure beside its label", [form(), table([PERSUADED, 25], above=("有误，以下表为准",))], one, EVERY),
        Case("a table with what was and what is", [form(), table(["", PERSUADED, MINORS], ["原报", 27, 4], ["更正为", 25, 3])], two, EVERY),
        Case("corrected with a sentence below", [form(), table([PERSUADED], [25], below=("以此为准。",))], one, EVERY),
        Case("corrected pairs in a row", [form(), table([PERSUADED, 25, MINORS, 3], above=("勘误表",))], two, EVERY),
        Case("a whole form that corrects", [form(), whole], one, ("xlsx", "xls", "docx", "html")),
        Case("a corrected group", [form(), table(["联合巡查"], [15], above=("订正",))], corrected(joint_patrols="15"), EVERY),
        Case("label and figure in one cell", [form(), table(["劝导人数：25", "救助未成年人：3"], above=("更正",))], two, EVERY),
        Case("a sheet of what was and what is by label", [form(), table(["名称", "更正数"], ["劝导人数", 25], sheet="更正说明")], one, EVERY),
        Case("a correction in yuan", [form(), table(["发放物资（元）"], [45000], above=("更正",))], corrected(supplies_distributed="4.5"), ("xlsx", "docx")),
    ]  # fmt: skip


def _doubts() -> list[Case]:
    villages = [["村", PERSUADED], ["板辽村", 20], ["更古村", 9]]
    whole = form(row(people_persuaded=25), above=(("更正后的统计表",),), sheet="更正")
    return [
        Case("a small table that differs", [form(), table([PERSUADED], [25])], doubted("people_persuaded"), EVERY),
        Case("a small table before the form that differs", [table([PERSUADED, MINORS], [25, 4], above=("更正：",), sheet="Sheet0"), form()], doubted("people_persuaded"), PAPERS),
        Case("a correction of another figure than the form's", [form(), table(["", PERSUADED], ["更正前", 29], ["更正后", 25])], doubted("people_persuaded"), EVERY),
        Case("villages that add up to more", [form(), table(*villages, ["合计", 29])], doubted("people_persuaded"), EVERY),
        Case("a correction of one village", [form(), table(["村", PERSUADED], ["板辽村", 25], above=("更正：",))], doubted("people_persuaded"), EVERY),
        Case("a correction that is not exact", [form(), table([PERSUADED], ["约25"], above=("更正：",))], doubted("people_persuaded"), EVERY),
        Case("if anything is to be corrected", [form(), table([PERSUADED], [25], above=("如有更正请联系",))], doubted("people_persuaded"), PAPERS),
        Case("a correction above the whole form", [whole, form(sheet="Sheet2")], doubted("people_persuaded"), ("xlsx", "docx")),
        Case("this year beside the last", [form(), table(["项目", "本年", "去年同期", "增减"], ["劝导人数", 25, 20, 5])], doubted("people_persuaded"), EVERY),
        Case("the units own row of many", [form(), table(["单位", PERSUADED], ["青年镇", 25], ["石林镇", 60])], doubted("people_persuaded"), EVERY),
        Case("villages that add up to less", [form(), table(["村", PERSUADED], ["板辽村", 12], ["更古村", 9])], expect(warnings=["two_forms:people_persuaded"]), EVERY),
    ]  # fmt: skip


def _harmless() -> list[Case]:
    goods = [
        ["准备物资", None, None],
        ["名称", "数量", "价值（元）"],
        ["棉被", 100, 20000],
        ["大衣", 30, 9000],
    ]
    named = [["物资名称", "准备物资", "发放物资"], ["棉被（床）", 100, 80], ["大衣（件）", 30, 20]]
    months = [["月份", PERSUADED, MINORS], ["12月", 10, 1], ["1月", 8, 2], ["2月", 9, 1]]
    last = [["", PERSUADED], ["上年同期", 55]]
    return [
        Case("a small table that says the same", [form(), table([PERSUADED, MINORS], [27, 4])], expect(), EVERY),
        Case("a correction that is in the form already", [form(), table(["", PERSUADED], ["更正前", 45], ["更正后", 27])], expect(), EVERY),
        Case("villages that add up to the form", [form(), table(["村", PERSUADED], ["板辽村", 15], ["更古村", 12])], expect(), EVERY),
        Case("villages with a sum", [form(), table(["村", PERSUADED], ["板辽村", 15], ["更古村", 12], ["合计", 27])], expect(), EVERY),
        Case("months that add up to the form", [form(), table(*months)], expect(), EVERY),
        Case("a list of goods", [form(), table(*goods)], expect(), EVERY),
        Case("goods by their pieces", [form(), table(*named)], expect(), EVERY),
        Case("the year before", [form(), table(*last)], expect(), EVERY),
        Case("a table of the year before", [form(), table([PERSUADED], [55], above=("2021年冬季送温暖统计表",))], expect(), PAPERS),
        Case("one village of many", [form(), table(["村", PERSUADED], ["板辽村", 12])], expect(), EVERY),
        Case("what is among it", [form(), table([PERSUADED, MINORS], [12, 1], above=("其中夜间：",))], expect(), PAPERS),
        Case("the same this year beside the last", [form(), table(["项目", "本年", "去年同期", "增减"], ["劝导人数", 27, 20, 7])], expect(), EVERY),
        Case("the units own row of many that is the same", [form(), table(["单位", PERSUADED], ["青年镇", 27], ["石林镇", 60])], expect(), EVERY),
        Case("other units only", [form(), table(["单位", PERSUADED], ["关坝镇", 25], ["石林镇", 60])], expect(), EVERY),
        Case("planned and done", [form(), table(["指标", "计划数", "完成数"], ["劝导人数", 50, 27])], expect(), EVERY),
        Case("a list of stories", [form(), table(["序号", "感人事迹", "时间"], [1, "背老人下山", "2月1日"], [2, "送被子", "2月2日"])], expect(), EVERY),
        Case("a duty list", [form(), table(["日期", "联合巡查", "参加人"], ["2月1日", "城管、公安", "张三"], ["2月2日", "卫健", "李四"])], expect(), EVERY),
    ]  # fmt: skip


def _turned() -> list[Case]:
    before = [["项目", "更正前", "更正后"], [PERSUADED, 27, 25], [MINORS, 4, 3]]
    listed = [["指标", "原填数", "应为", "原因"], [PERSUADED, 27, 25, "漏减"]]
    audited = [["项目", "自报", "核定"], [PERSUADED, 27, 25]]
    return [
        Case("rows of what was and what is", [form(), table(*before)], corrected(people_persuaded="25", minors_helped="3"), EVERY),
        Case("rows with a reason", [form(), table(*listed)], corrected(people_persuaded="25"), EVERY),
        Case("reported and audited", [form(), table(*audited)], corrected(people_persuaded="25"), EVERY),
        Case("a turned breakdown", [form(), table(["项目", "板辽村", "更古村"], [PERSUADED, 15, 12])], expect(), EVERY),
    ]  # fmt: skip


def _inside() -> list[Case]:
    """A small table in the rows right below the form's own."""
    empty = [None] * (len(IDS) - 2)
    whole = form(row(), ["更正"] + [None] * 13, [PERSUADED, MINORS, *empty], [25, 3, *empty], below=())
    gap = form(
        row(), [None] * 14, ["更正："] + [None] * 13, [PERSUADED, MINORS, *empty], [25, 3, *empty], below=()
    )
    same = form(
        row(),
        [None] * 14,
        [PERSUADED, MINORS, *empty],
        [int(FIGURES["people_persuaded"]), 4, *empty],
        below=(),
    )
    two = corrected(people_persuaded="25", minors_helped="3")
    return [
        Case("a correction in the rows below", [whole], two, ("xlsx", "xls", "docx", "html")),
        Case("a correction in the rows below a gap", [gap], two, ("xlsx", "xls", "docx", "html")),
        Case("the same in the rows below", [same], expect(), ("xlsx", "docx", "html")),
    ]  # fmt: skip

"""The form found by its labels: other labels, other columns, other directions, other tables beside it."""

from __future__ import annotations

from typing import Any

from .model import Case, Form
from .notice import (
    ABOVE,
    COLUMNS,
    FIGURES,
    FOOTNOTE,
    IDS,
    TITLE,
    expect,
    flat,
    form,
    head,
    labels,
    number,
    row,
    texts,
)


def cases() -> list[Case]:
    return [*_labelled(), *_arranged(), *_missing(), *_scaled(), *_turned(), *_several()]


def _relabelled(change: Any) -> Form:
    cells, merges = head()
    top, low = ([change(text) if text else text for text in line] for line in cells)
    return Form(ABOVE, [top, low, row()], merges, (FOOTNOTE,))


def _labelled() -> list[Case]:
    aliases = labels(measures=False)
    aliases[1], aliases[2], aliases[4] = "其中：联合巡查", "出动人员", "准备物资价值（万元）"
    aliases[7], aliases[10], aliases[11] = "媒体报道", "进站救助人数", "救助危重病人数"
    bare, merges = head(measures=False)
    low = [None] * 14
    low[:2] = ["总计（次）", "联合巡查（次）"]
    return [
        Case("half width brackets", [_relabelled(lambda text: text.replace("（", "(").replace("）", ")"))], expect(), ("xlsx", "docx", "html", "gbk.csv")),
        Case("spaces inside labels", [_relabelled(lambda text: " ".join(text))], expect(), ("xlsx", "docx", "html")),
        Case("ideographic spaces inside labels", [_relabelled(lambda text: text[:2] + "　" + text[2:])], expect(), ("xlsx", "xls", "docx")),
        Case("line breaks inside labels", [_relabelled(lambda text: text.replace("（", "\n（").replace("人员", "人\n员"))], expect(), ("xlsx", "xls", "docx", "html", "csv")),
        Case("no measures in labels", [Form(ABOVE, [*bare, row()], merges, (FOOTNOTE,))], expect(), ("xlsx", "ods", "docx", "html")),
        Case("measures in the lower labels", [Form(ABOVE, [bare[0], low, row()], merges, (FOOTNOTE,))], expect(), ("xlsx", "docx")),
        Case("aliased labels", [Form(ABOVE, [aliases, row()], (), (FOOTNOTE,))], expect(), ("xlsx", "docx", "html", "csv")),
        Case("one level of labels", [flat()], expect(), ("xlsx", "xls", "docx", "html", "csv", "gbk.csv")),
        Case("square brackets and colons", [_relabelled(lambda text: text.replace("（", "【").replace("）", "】"))], expect(), ("xlsx", "docx")),
    ]  # fmt: skip


def _led(form_: Form, headings: tuple[str, ...], *leading: tuple[Any, ...]) -> Form:
    """The form with leading columns: headings over two rows, and a cell each before every data row."""
    cells = [list(headings) + form_.cells[0], [None] * len(headings) + form_.cells[1]]
    cells += [list(before) + line for before, line in zip(leading, form_.cells[2:], strict=True)]
    shift = len(headings)
    merges = [(0, place, 1, place) for place in range(shift)]
    merges += [(one[0], one[1] + shift, one[2], one[3] + shift) for one in form_.merges]
    return form_.but(cells=cells, merges=merges)


def _arranged() -> list[Case]:
    order = ["remarks", "people_persuaded", "minors_helped", "patrols", "joint_patrols", "leaflets_distributed",
             "supplies_distributed", "staff_deployed", "people_brought_to_station", "media_reports",
             "supplies_prepared", "critically_ill_helped", "moving_stories", "volunteers_mobilised"]  # fmt: skip
    cells, merges = head(order)
    by_id = dict(zip(IDS, row(), strict=True))
    shuffled = Form(ABOVE, [*cells, [by_id[name] for name in order]], merges, (FOOTNOTE,))
    single = flat([by_id[name] for name in order], order=order)
    two = [name for name in IDS if name != "joint_patrols"]
    apart = flat([by_id[name] for name in [*two, "joint_patrols"]], order=[*two, "joint_patrols"])
    titled = form().but(above=(), cells=[[TITLE] + [None] * 13, ["单位：青年镇人民政府"] + [None] * 6 + ["填报时间：2024年3月1日"] + [None] * 6,
        ["填报人：张三"] + [None] * 6 + ["联系电话：000-00000000"] + [None] * 6, *form().cells],
        merges=[(0, 0, 0, 13), (1, 0, 1, 6), (1, 7, 1, 13), (2, 0, 2, 6), (2, 7, 2, 13), *((r + 3, c, s + 3, d) for r, c, s, d in form().merges)])  # fmt: skip
    framed = titled.but(
        cells=[*titled.cells, [FOOTNOTE] + [None] * 13], merges=[*titled.merges, (6, 0, 6, 13)], below=()
    )
    empty = [None] * 14
    spaced = form().but(cells=[*form().cells[:2], empty, row(), empty, empty])
    return [
        Case("shuffled columns", [shuffled], expect(), ("xlsx", "xls", "docx", "html", "csv")),
        Case("shuffled columns in one level", [single], expect(), ("xlsx", "docx", "gbk.csv")),
        Case("joint patrols apart from the total", [apart], expect(), ("xlsx", "docx")),
        Case("a leading number", [_led(form(), ("序号",), (1,))], expect(), ("xlsx", "xls", "docx", "html")),
        Case("leading number and unit", [_led(form(), ("序号", "单位"), (1, "青年镇人民政府"))], expect(), ("xlsx", "docx", "html", "csv")),
        Case("leading town", [_led(form(), ("镇街",), ("青年镇",))], expect(), ("xlsx", "ods", "docx")),
        Case("unit in a column only", [_led(form(above=[(TITLE,), ("填报时间：2024年3月1日",), ("填报人：张三", "联系电话：000-00000000")]), ("序号", "单位"), (1, "青年镇"))], expect(header={"unit": "青年镇"}), ("xlsx", "docx")),
        Case("title and header values inside the table", [titled], expect(), ("xlsx", "docx", "html", "docx>docx", "docx>odt")),
        Case("footnote inside the table", [framed], expect(), ("xlsx", "docx", "html", "docx>docx")),
        Case("empty rows around the figures", [spaced], expect(), ("xlsx", "xls", "docx", "html", "csv")),
        Case("empty rows and columns before the table", [Form([(), (), *ABOVE], [[None, None, *line] for line in flat().cells], (), (FOOTNOTE,))], expect(), ("xlsx", "ods", "csv")),
        Case("a page of a mail", [form()], expect(), ("eml", "xlsx>html", "docx>html")),
        Case("fifteen columns by a converter", [form()], expect(), ("docx>docx", "docx>odt", "xlsx>ods", "xlsx>xls")),
    ]  # fmt: skip


def _without(*names: str) -> Form:
    order = [name for name in IDS if name not in names]
    cells, merges = head(order)
    by_id = dict(zip(IDS, row(), strict=True))
    return Form(ABOVE, [*cells, [by_id[name] for name in order]], merges, (FOOTNOTE,))


def _missing() -> list[Case]:
    twice = [*labels(), "劝导人数（人）"]
    swapped = labels()
    swapped[6] = "媒体宣传（次）"
    other = labels()
    other[12] = "救助老年人（人）"
    both = labels()
    both[9:11] = ["劝导（进站救助）人数", "劝导进站救助人数（人）"]
    return [
        Case("no column for minors", [_without("minors_helped")], expect(errors={"minors_helped": "no_column"}, warnings=["shifted:"]), ("xlsx", "docx", "html")),
        Case("no columns for supplies", [_without("supplies_prepared", "supplies_distributed")], expect(errors={"supplies_prepared": "no_column", "supplies_distributed": "no_column"}, warnings=["shifted:"]), ("xlsx", "docx")),
        Case("one column twice", [Form(ABOVE, [twice, [*row(), 28]])], expect(errors={"people_persuaded": "two_columns"}), ("xlsx", "docx", "html", "csv")),
        Case("one label in the place of another", [Form(ABOVE, [swapped, row()])], expect(errors={"leaflets_distributed": "no_column", "media_reports": "two_columns"}), ("xlsx", "docx")),
        Case("a column nobody asked for", [Form(ABOVE, [other, row()])], expect(errors={"minors_helped": "no_column"}), ("xlsx", "docx")),
        Case("a label changed beyond recognition", [Form(ABOVE, [both, row()])], expect(errors={"people_persuaded": "*", "people_brought_to_station": "*"}), ("xlsx", "docx")),
    ]  # fmt: skip


def _scaled() -> list[Case]:
    yuan = labels()
    yuan[4], yuan[5] = "准备物资（元）", "发放物资（元）"
    figures = row(supplies_prepared=63500, supplies_distributed="48,000.00")
    thousand = labels()
    thousand[4] = "准备物资（千元）"
    notes = ("supplies_prepared", "supplies_distributed")
    wrong = labels()
    wrong[0], wrong[6] = "巡查次数总计（人次）", "发放宣传资料（张）"
    line = [*ABOVE[:2], ("填报人：张三", "联系电话：000-00000000", "单位：万元")]
    bare, merges = head(measures=False)
    plain = Form(
        [*ABOVE, ("金额单位：元",)],
        [*bare, row(supplies_prepared=63500, supplies_distributed=48000)],
        merges,
        (FOOTNOTE,),
    )
    titled = [(f"{TITLE}（金额单位：元）",), *ABOVE[1:]]
    unclear = expect(errors=dict.fromkeys(notes, "wrong_measure"))
    own = row(supplies_prepared="6.35万元", supplies_distributed="48000元")
    return [
        Case("labels in yuan", [Form(ABOVE, [yuan, figures])], expect(notes=notes), ("xlsx", "xls", "docx", "html", "csv")),
        Case("a label in thousands of yuan", [Form(ABOVE, [thousand, row(supplies_prepared=63.5)])], expect(notes=notes[:1]), ("xlsx", "docx")),
        Case("labels in yuan and figures with measures", [Form(ABOVE, [yuan, own])], expect(notes=notes[1:]), ("xlsx", "docx")),
        Case("labels in another measure", [Form(ABOVE, [wrong, row()])], expect(errors={"patrols": "*", "leaflets_distributed": "*"}), ("xlsx", "docx")),
        Case("a line that states yuan", [plain], unclear, ("xlsx", "docx", "html", "csv")),
        Case("a title that states yuan", [form(above=titled)], unclear, ("xlsx", "docx")),
        Case("a line that states yuan among others", [form(above=[*ABOVE, ("（单位：人、次、元）",)])], unclear, ("xlsx", "docx")),
        Case("a line that states the measure", [form(above=line)], expect(), ("xlsx", "xls", "docx", "html", "csv")),
        Case("the measure's line alone", [form(above=[(TITLE,), ("单位：万元",), ("填报单位：青年镇人民政府", "填报时间：2024年3月1日"), ABOVE[2]])], expect(), ("xlsx", "docx", "html")),
    ]  # fmt: skip


def _upright(*columns: list[Any], measures: bool = True, split: bool = False) -> Form:
    names = labels(measures=measures)
    heading = [
        "项目",
        *(["数量"] if len(columns) == 1 else [f"第{place}列" for place in range(1, len(columns) + 1)]),
    ]
    lines: list[list[Any]] = [heading] + [
        [name, *(column[place] for column in columns)] for place, name in enumerate(names)
    ]
    if split:
        lines = [["项目", "单位", "数量"]] + [
            [label if group is None else f"{group}{label}", measure or "", columns[0][place]]
            for place, (_, group, label, measure) in enumerate(COLUMNS)
        ]
    return Form(ABOVE, lines, (), (FOOTNOTE,))


def _turned() -> list[Case]:
    grouped: list[list[Any]] = [
        ["项目", None, "数量"],
        ["巡查次数（次）", "总计", 42],
        [None, "联合巡查", 17],
    ]
    grouped += [[label, None, value] for label, value in zip(labels()[2:], row()[2:], strict=True)]
    merges = [(0, 0, 0, 1), (1, 0, 2, 0), *((place, 0, place, 1) for place in range(3, 15))]
    bare = _upright(row())
    bare = bare.but(cells=bare.cells[1:])
    return [
        Case("turned on its side", [_upright(row())], expect(), ("xlsx", "xls", "docx", "html", "csv")),
        Case("turned with groups", [Form(ABOVE, grouped, merges, (FOOTNOTE,))], expect(), ("xlsx", "docx", "html", "docx>docx")),
        Case("turned without a heading", [bare], expect(), ("xlsx", "docx", "csv")),
        Case("turned with messy values", [_upright(row(patrols="约40", supplies_prepared="63500元", minors_helped=None))], expect(notes=("supplies_prepared",), errors={"patrols": "not_exact", "minors_helped": "blank"}), ("xlsx", "docx")),
        Case("turned with a column of measures", [_upright(row(), split=True)], expect(), ("xlsx", "docx", "html")),
    ]  # fmt: skip


def _several() -> list[Case]:
    blank = form([None] * 14, above=[(TITLE,), ("单位：", "填报时间："), ("填报人：", "联系电话：")])
    other = form(row(patrols=43, supplies_distributed=5.1))
    list_ = Form(
        [("附：出动人员名册",)],
        [["序号", "姓名", "电话", "备注"], [1, "张三", "000-00000000", ""], [2, "李四", "000-11111111", ""]],
    )
    stock = Form(
        [("物资明细",)], [["名称", "数量", "准备物资（万元）"], ["棉被", 30, 1.2], ["大衣", 20, 0.8]]
    )
    zeros = form(["0"] * 13 + [None])

    def named(*forms: Form) -> list[Form]:
        return [one.but(sheet=f"Sheet{place}") for place, one in enumerate(forms, 1)]

    differ = {"patrols": "two_forms", "supplies_distributed": "two_forms"}
    every = {name: "two_forms" for name in IDS if name != "remarks"}
    return [
        Case("a blank copy behind", named(form(), blank), expect(), ("xlsx", "xls", "ods", "docx", "html")),
        Case("a blank copy before", named(blank, form()), expect(), ("xlsx", "docx", "html")),
        Case("the same form twice", named(form(), form()), expect(), ("xlsx", "docx", "html")),
        Case("two forms that differ", named(form(), other), expect(errors=differ), ("xlsx", "xls", "docx", "html")),
        Case("two forms with another way of writing", named(form(), form(texts(patrols="４２次", supplies_prepared="6.350"))), expect(), ("xlsx", "docx")),
        Case("other tables beside", named(list_, form(), stock), expect(), ("xlsx", "ods", "docx", "html")),
        Case("a form of nothing but zeros beside a filled one", named(form(), zeros), expect(errors=every, values={"remarks": "*"}), ("xlsx", "docx")),
        Case("a blank form", [blank], expect({"remarks": ""}, errors={name: "blank" for name in IDS if name != "remarks"}, header=dict.fromkeys(("unit", "reported_on", "reporter", "phone")), warnings=["header_missing:unit", "header_missing:reported_on", "header_missing:reporter", "header_missing:phone"]), ("xlsx", "docx")),
        Case("no form", named(list_, stock), None, ("xlsx", "docx", "html", "csv")),
    ]  # fmt: skip


assert set(FIGURES) == set(IDS)
assert number("6.35") == 6.35

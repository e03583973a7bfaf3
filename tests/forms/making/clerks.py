"""What clerks make of the form in WPS: boxes instead of columns, categories above, notes and remarks in rows of their own."""

from __future__ import annotations

from typing import Any

from .finding import _led
from .model import Case, Form, Merge
from .notice import ABOVE, FIGURES, FOOTNOTE, IDS, TITLE, Grid, expect, flat, form, head, labels, row

EVERY = [name for name in IDS if name != "remarks"]
BOTH = ("xlsx", "docx")
ALL = ("xlsx", "xls", "ods", "docx", "html", "csv")


def cases() -> list[Case]:
    return [*_boxes(), *_headers(), *_notes(), *_rows(), *_untold()]


def _form(cells: Grid, merges: list[Merge] | None = None, **more: Any) -> Form:
    return Form(more.get("above", ABOVE), cells, merges or [], more.get("below", (FOOTNOTE,)))


def _padded(lines: Grid) -> Grid:
    width = max(map(len, lines))
    return [line + [None] * (width - len(line)) for line in lines]


def _across(pairs: int) -> Form:
    """Boxes: label and figure, label and figure, so many pairs to a row."""
    every = [cell for pair in zip(labels(), row(), strict=True) for cell in pair]
    return _form(_padded([every[at : at + 2 * pairs] for at in range(0, len(every), 2 * pairs)]))


def _down(pairs: int) -> Form:
    """The same, numbered down the columns."""
    every = list(zip(labels(), row(), strict=True))
    height = -(-len(every) // pairs)
    return _form(_padded([[cell for pair in every[at::height] for cell in pair] for at in range(height)]))


def _stacked(blocks: int) -> Form:
    """The columns in several blocks, one below the other."""
    wide = -(-14 // blocks)
    lines = [line[at : at + wide] for at in range(0, 14, wide) for line in (labels(), row())]
    return _form(_padded(lines))


def _boxes() -> list[Case]:
    card: Grid = [
        ["单位", "青年镇人民政府", "填报时间", "2024年3月1日"],
        ["填报人", "张三", "联系电话", "000-00000000"],
        *_across(2).cells[:6],
        ["救助未成年人（人）", 4, None, None],
        ["备注", "无异常", None, None],
    ]
    return [
        *(Case(f"boxes of {pairs} pairs a row", [_across(pairs)], expect(), ALL) for pairs in (2, 3, 4)),
        *(Case(f"boxes of {pairs} pairs down", [_down(pairs)], expect(), BOTH) for pairs in (2, 3, 4)),
        *(Case(f"columns in {blocks} blocks", [_stacked(blocks)], expect(), ALL) for blocks in (2, 3, 4, 7)),
        Case("a card with everything in boxes", [_form(card, [(8, 1, 8, 3), (9, 1, 9, 3)], above=[(TITLE,)])], expect(), ALL),
    ]  # fmt: skip


def _headers() -> list[Case]:
    cells, merges = head()
    top = [
        "加强巡查",
        None,
        None,
        None,
        "物资保障",
        None,
        "营造氛围",
        None,
        None,
        "救助",
        None,
        None,
        None,
        "备注",
    ]
    spans = [(0, 0, 0, 3), (0, 4, 0, 5), (0, 6, 0, 8), (0, 9, 0, 12)]
    two = _form([top, [*labels()[:13], None], row()], [*spans, (0, 13, 1, 13)])
    lower = [(1, 0, 1, 1), *((1, place, 2, place) for place in range(2, 13))]
    three = _form([top, [*cells[0][:13], None], cells[1], row()], [*spans, *lower, (0, 13, 2, 13)])
    wide = _form([*cells, row()], [(0, 0, 0, 1), (1, 2, 1, 13)])
    pairs = [[cell for one in line for cell in (one, None)] for line in (labels(), row())]
    doubled = [(line, place, line, place + 1) for line in (0, 1) for place in range(0, 28, 2)]
    named = [["冬季送温暖", *[None] * 13], *cells, row()]
    return [
        Case("a category above the labels", [two], expect(), ALL),
        Case("three levels of labels", [three], expect(), ALL),
        Case("a lower header that ends in one blank cell", [wide], expect(), ALL),
        Case("a blank header row", [_form([labels(), [None] * 14, row()], [(1, 0, 1, 13)])], expect(), BOTH),
        Case("a header whose merges were lost", [_form([*cells, row()])], expect(), ALL),
        Case("a title row in the table", [_form(named, [(0, 0, 0, 13), *((a + 1, b, c + 1, d) for a, b, c, d in merges)])], expect(), BOTH),
        Case("columns of two cells each", [_form(pairs, doubled)], expect(), BOTH),
        Case("blank columns between", [_form(pairs)], expect(), BOTH),
        Case("labels set upright", [_form([["\n".join(text) for text in labels()], row()])], expect(), BOTH),
        Case("a gap between two halves", [_form([[*line[:7], None, *line[7:]] for line in (labels(), row())])], expect(), BOTH),
    ]  # fmt: skip


def _notes() -> list[Case]:
    cells, merges = head()
    short = [line[:13] for line in (*cells, row())]
    fewer = [one for one in merges if one[1] < 13]
    beside = _form([*short, ["备注", "无异常", *[None] * 11]], [*fewer, (3, 1, 3, 12)])
    behind = _form([*short, ["备注：无异常", *[None] * 12]], [*fewer, (3, 0, 3, 12)])
    moved = [(a + 1, b, c + 1, d) for a, b, c, d in merges]
    scale = _form([["单位：万元、人次", *[None] * 13], *cells, row()], [(0, 0, 0, 13), *moved])
    signed = [*form().cells, ["填表人签字：张三", *[None] * 6, "负责人签字：", *[None] * 6]]
    below = form(below=["单位负责人（签字）：王五      审核人：李四      填表人：张三", FOOTNOTE])
    return [
        Case("remarks in a row of their own", [beside], expect(), ALL),
        Case("remarks in a line of the table", [behind], expect(), ALL),
        Case("a line of measures above", [scale], expect(), BOTH),
        Case("a row for signatures", [_form(signed, [*merges, (3, 0, 3, 6), (3, 7, 3, 13)])], expect(), BOTH),
        Case("a line for signatures", [below], expect(), BOTH),
        Case("a figure cell over two rows", [_form([*form().cells, [None] * 14], [*merges, *((2, place, 3, place) for place in range(14))])], expect(), BOTH),
    ]  # fmt: skip


def _rows() -> list[Case]:
    lost = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "sum_unmarked"), confirm="*")

    def led(*lines: tuple[str, list[Any]], heading: str = "期别") -> Form:
        return _led(form(*(cells for _, cells in lines)), (heading,), *((name,) for name, _ in lines))

    goals = [
        ["指标", "目标", "完成"],
        *([name, 100, value] for name, value in zip(labels(), row(), strict=True)),
    ]
    villages = [("甲村", [None] * 14), ("乙村", [None] * 14), ("合计", row())]
    return [
        Case("this period and the last", [led(("本期", row()), ("上年同期", row(patrols=40)))], lost, ("xlsx", "docx", "html")),
        Case("an example above", [led(("示例", row(patrols=1)), ("青年镇", row()), heading="单位")], lost, BOTH),
        Case("targets beside", [_form(goals)], lost, BOTH),
        Case("blank villages and a filled sum", [led(*villages, heading="村")], expect(), BOTH),
        Case("a filled village and a blank sum", [led(("甲村", row()), ("合计", [None] * 14), heading="村")], expect(warnings=["called_otherwise:"], confirm=True), BOTH),
        Case("columns numbered from one with a letter", [_led(form(list(range(1, 15)), row()), ("单位",), ("甲",), ("青年镇",))], expect(), BOTH),
    ]  # fmt: skip


def _untold() -> list[Case]:
    """Tables that carry the labels and give no form: said, never passed over."""
    both = [[f"{label}\n{value}" for label, value in zip(labels(), row(), strict=True)]]
    lines = [[f"{label}：{FIGURES[name]}"] for name, label in zip(IDS, labels(), strict=True)]
    told = {"unread": "unreadable"}
    return [
        Case("label and figure in one cell", [_form(both)], told, ALL),
        Case("a line a cell", [_form(lines)], expect(), ALL),
        Case("lines in one row", [_form([[text for (text,) in lines]])], expect(), BOTH),
        Case("a second table that only looks like the form", [flat(), _form(both)], expect(warnings=["unreadable:"]), ("docx", "html")),
        Case("the last row cut off into a table of its own", [flat(), Form((), [row()])], expect(errors={"": "unreadable"}), ("docx", "html")),
    ]  # fmt: skip

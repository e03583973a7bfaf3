"""What ten offices made of the form while nobody who knew the reader looked on: each file could mislead it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import books, papers
from .finding import _led
from .model import Form
from .notice import ABOVE, FIGURES, FOOTNOTE, IDS, TITLE, expect, form, row
from .notice import number as stored

File = tuple[bytes, Any]
EVERY = [name for name in IDS if name != "remarks"]
WRITERS: dict[str, Callable[[list[Form]], bytes]] = {
    "xlsx": books.xlsx,
    "docx": papers.docx,
    "html": papers.html,
    "csv": papers.delimited,
}
BLANK: list[Any] = [None] * 14


def files() -> dict[str, File]:
    return {**_not_theirs(), **_measures()}


def _written(name: str, forms: list[Form], expected: Any, *formats: str) -> dict[str, File]:
    return {f"{name}.{one}": (WRITERS[one](forms), expected) for one in formats or ("xlsx", "docx")}


# --- figures that aren't the unit's ----------------------------------------------------------------------


def _not_theirs() -> dict[str, File]:
    """An example that the county left in its template, last year's figures, a target: alone, or inside a sum."""
    unfilled = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "blank")).as_yaml()
    unclear = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "sum_unmarked"), confirm="*").as_yaml()
    twice = [2 * stored(FIGURES[name]) for name in EVERY] + [None]

    def led(*lines: tuple[str, list[Any]], heading: str = "镇街") -> list[Form]:
        return [_led(form(*(cells for _, cells in lines)), (heading,), *((name,) for name, _ in lines))]

    example = form(row(patrols=50), above=[(f"{TITLE}（示例）",), *ABOVE[1:]], sheet="填表示例")
    titled = form(row(patrols=50), above=[("附件2：填表示例",), *ABOVE])
    return {
        **_written("only-the-template-s-example", led(("示例", row()), ("", BLANK)), unfilled),
        **_written("only-an-example-with-a-name", led(("例：某某镇", row()), ("", BLANK)), unfilled),
        **_written("only-an-example-by-its-remark", [form(row(remarks="示例，请删除"))], unfilled),
        **_written("only-last-year", led(("上年同期", row()), ("本期", BLANK)), unfilled),
        **_written("only-a-target", led(("计划数", row()), ("完成数", BLANK)), unfilled),
        **_written(
            "an-example-in-the-sum", led(("示例", row()), ("红岩村", row()), ("合计", twice)), unclear
        ),
        **_written(
            "an-example-to-be-deleted", led(("示例（填报时删除）", row()), ("红岩村", row())), unclear
        ),
        **_written("last-year-in-the-sum", led(("去年", row()), ("今年", row()), ("合计", twice)), unclear),
        **_written("a-sheet-of-examples-beside", [form(), example], expect().as_yaml(), "xlsx"),
        **_written("an-example-behind-the-form", [form(), titled], expect().as_yaml(), "docx"),
        **_written("a-sheet-of-examples-alone", [example, form(BLANK)], unfilled, "xlsx"),
    }


# --- measures that stand elsewhere -----------------------------------------------------------------------


def _measures() -> dict[str, File]:
    """元 said in a note, a title or a remark, while the label says 万元 still."""
    both = dict.fromkeys(("supplies_prepared", "supplies_distributed"), "wrong_measure")
    unclear = expect(errors=both).as_yaml()
    figures = row(supplies_prepared=63500, supplies_distributed=48000)
    notes = {
        "in-a-footnote": "注：1.物资金额以元为单位；2.请于2024年3月5日前报送。",
        "in-a-note": "说明：本表金额单位：元",
        "in-a-line-below": "以上物资按元填报",
    }
    told = expect({"remarks": "物资单位为元"}, errors=both).as_yaml()
    title = [(f"{TITLE}（金额以元计）",), *ABOVE[1:]]
    good = form(below=("注：准备物资、发放物资以万元为单位，其余按实际次数统计。", FOOTNOTE))
    made: dict[str, File] = {}
    for name, note in notes.items():
        made |= _written(f"yuan-{name}", [form(figures, below=(note, FOOTNOTE))], unclear)
    return {
        **made,
        **_written("yuan-in-the-title", [form(figures, above=title)], unclear),
        **_written("yuan-above", [form(figures, above=[*ABOVE, ("（金额：元）",)])], unclear, "docx", "html"),
        **_written(
            "yuan-among-other-measures", [form(figures, above=[*ABOVE, ("单位：人、元、件",)])], unclear
        ),
        **_written("hundreds-of-yuan", [form(figures, above=[*ABOVE, ("单位：百元",)])], unclear, "docx"),
        **_written("yuan-in-the-remarks", [form([*figures[:-1], "物资单位为元"])], told),
        **_written("wan-yuan-in-a-footnote", [good], expect().as_yaml()),
    }

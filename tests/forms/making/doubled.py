"""Sums by any name, on several levels, above or below their rows: none is added to what it sums up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from .model import Case, Expected, Form
from .notice import ABOVE, IDS, expect, labels
from .rows import ONE, SUM, TWO, line, villages

EVERY = [name for name in IDS if name != "remarks"]
FORMATS = ("xlsx", "docx", "html")
REMARKS = {"remarks": ""}
WHOLE: dict[str, str] = {**SUM, **REMARKS}
TWICE: dict[str, str] = {name: str(Decimal(SUM[name]) * 2).rstrip("0").rstrip(".") if "." in SUM[name] else str(int(SUM[name]) * 2) for name in SUM} | REMARKS  # fmt: skip
A, B = ("板辽村", line(ONE)), ("更古村", line(TWO))
C, D = ("堡堂村", line(ONE)), ("新田村", line(TWO))
ASKED = ["sum_unmarked:"]


def cases() -> list[Case]:
    return [*_named(), *_levels(), *_open(), *_twice(), *_columns(), *_harmless()]


def total(name: str, figures: dict[str, str] = WHOLE) -> tuple[str, list[Any]]:
    return name, line(figures)


def asked(values: dict[str, str]) -> Expected:
    return expect(values, confirm=True, warnings=ASKED)


def refused() -> Expected:
    return expect(
        REMARKS, errors=dict.fromkeys(EVERY, "sum_unmarked"), confirm="*", warnings=["?sum_unmarked:"]
    )


def _named() -> list[Case]:
    marked, others = (
        ("合计数", "计", "合计（2个村）", "总计数"),
        ("全镇", "本级", "青年镇", "青年镇人民政府", "以上村", ""),
    )
    return [
        *(Case(f"a sum by name {at}", [villages(A, B, total(name))], expect(REMARKS), FORMATS) for at, name in enumerate(marked, 1)),
        *(Case(f"a sum by its figures {at}", [villages(A, B, total(name))], asked(WHOLE), FORMATS) for at, name in enumerate(others, 1)),
        Case("a sum by its figures above", [villages(total("全镇"), A, B)], asked(WHOLE), FORMATS),
    ]  # fmt: skip


def _levels() -> list[Case]:
    both = total("合计", TWICE)
    return [
        Case("three sums of one name", [villages(A, B, total("合计"), C, D, total("合计"), both)], asked(TWICE), FORMATS),
        Case("two sums and no total", [villages(A, B, total("合计"), C, D, total("合计"))], asked(TWICE), FORMATS),
        Case("areas and the whole", [villages(A, B, total("东片"), C, D, total("西片"), total("全镇", TWICE))], asked(TWICE), FORMATS),
        Case("areas above their villages", [villages(total("全镇", TWICE), total("东片"), A, B, total("西片"), C, D)], asked(TWICE), FORMATS),
        Case("areas without the whole", [villages(A, B, total("东片"), C, D, total("西片"))], asked(TWICE), FORMATS),
        Case("a subtotal and the whole", [villages(A, B, total("小计"), total("全镇"))], asked(WHOLE), FORMATS),
        Case("what the town itself did and a sum", [villages(("本级", line(ONE)), B, total("合计"))], expect(REMARKS), FORMATS),
        Case("subtotals and the whole", [villages(A, B, total("小计"), C, D, total("小计"), total("全镇", TWICE))], asked(TWICE), FORMATS),
    ]  # fmt: skip


def _open() -> list[Case]:
    wrong = {**WHOLE, "patrols": "43"}
    few = {**dict.fromkeys(SUM, "0"), **REMARKS}
    one, two, three = (line({**few, "patrols": text, "staff_deployed": "9"}) for text in ("3", "5", "8"))
    one[2], two[2], three[2] = 0, 0, 0
    return [
        Case("the whole differs", [villages(A, B, total("全镇", wrong))], refused(), FORMATS),
        Case("the units own name differs", [villages(total("青年镇", wrong), A, B)], refused(), FORMATS),
        Case("a sum by chance", [villages(("板辽村", one), ("更古村", two), ("堡堂村", three))], refused(), FORMATS),
    ]  # fmt: skip


def _twice() -> list[Case]:
    pairs = (
        ("自报", "核定"),
        ("更正前", "更正后"),
        ("初报数", "核实数"),
        ("板辽村（自报）", "板辽村（核定）"),
        ("修改前", "修改后"),
    )
    return [
        Case(f"the same figures twice {at}", [villages((one, line(ONE)), (other, line(TWO)))], refused(), FORMATS)
        for at, (one, other) in enumerate(pairs, 1)
    ]  # fmt: skip


def _columns() -> list[Case]:
    """Each figure in two columns, 自报 and 核定, under its label or above it."""
    names = [name for name in IDS if name != "remarks"]
    head = labels()[:-1]
    under = Form(ABOVE, [[one for label in head for one in (label, None)], ["自报", "核定"] * len(head), [int(at) for at in range(2, 2 * len(head) + 2)]], merges=[(0, 2 * at, 0, 2 * at + 1) for at in range(len(head))])  # fmt: skip
    over = Form(ABOVE, [["自报", *[None] * 12, "核定", *[None] * 12], [*head, *head], [*range(2, 28)]], merges=[(0, 0, 0, 12), (0, 13, 0, 25)])  # fmt: skip
    none = expect(REMARKS, errors=dict.fromkeys(names, "*"), confirm="*", warnings=["?shifted:"])
    twice = replace(none, errors=[*none.errors, *none.errors], warnings=["?sum_unmarked:"])  # in either row
    return [
        Case("reported and audited under each label", [under], twice, ("xlsx", "docx", "html")),
        Case("reported and audited above the labels", [over], none, ("xlsx", "docx", "html")),
        Case("reported and audited and their sum", [villages(("上报数", line(ONE)), ("审核数", line(TWO)), total("合计"))], refused(), FORMATS),
    ]  # fmt: skip


def _harmless() -> list[Case]:
    threefold = {name: str(Decimal(ONE[name]) * 3) for name in SUM} | REMARKS
    threefold = {
        name: text.rstrip("0").rstrip(".") if "." in text else text for name, text in threefold.items()
    }
    return [
        Case("three villages alike", [villages(A, ("更古村", line(ONE)), ("堡堂村", line(ONE)))], asked(threefold), FORMATS),
        Case("villages of the unit", [villages(("青年镇板辽村", line(ONE)), ("青年镇更古村", line(TWO)))], asked(WHOLE), FORMATS),
        Case("the office and a village", [villages(("镇民政办", line(ONE)), B)], asked(WHOLE), FORMATS),
    ]  # fmt: skip

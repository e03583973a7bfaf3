"""Figures pushed one cell on, the last of them in 备注; and remarks that are numbers of another kind."""

from __future__ import annotations

from .model import Case, Expected, Form
from .notice import FIGURES, IDS, expect, form, labels, number, row
from .rows import ONE, SUM, TWO, line, villages

EVERY = ("xlsx", "docx", "html")


def cases() -> list[Case]:
    return [*_pushed(), *_harmless()]


def pushed(at: int) -> tuple[list[object], dict[str, str]]:
    """A row in which the figure at that place was typed twice, and how it reads."""
    figures = list(FIGURES.values())[:-1]
    moved = [*figures[: at + 1], *figures[at:]]
    return [number(one) for one in moved], dict(zip(IDS, moved, strict=True))


def asked(values: dict[str, str], errors: dict[str, str] | None = None) -> Expected:
    return expect(values, errors=errors or {}, warnings=["shifted:remarks"], confirm=True)


def _pushed() -> list[Case]:
    late, late_reads = pushed(10)
    last, last_reads = pushed(12)
    halves = [("板辽村", line(ONE, remarks=3)), ("更古村", line(TWO)), ("合计", line({**SUM, "remarks": ""}))]
    down = Form(
        form().above, [list(pair) for pair in zip(labels(), row(remarks=4), strict=True)], below=form().below
    )
    return [
        Case("a figure typed twice", [form(late)], asked(late_reads), (*EVERY, "xls", "ods")),
        Case("the last figure typed twice", [form(last)], asked(last_reads), EVERY),
        Case("a remark of nothing but a numeral", [form(row(remarks="四"))], asked({"remarks": "四"}), EVERY),
        Case("a remark of a number and a measure", [form(row(remarks="4人"))], asked({"remarks": "4人"}), EVERY),
        Case("a remark that is nought", [form(row(remarks=0))], asked({"remarks": "0"}), EVERY),
        Case("a number in the remark of a village", [villages(*halves)], asked({"remarks": "3"}), EVERY),
        Case("a number in the remark of a turned form", [down], asked({"remarks": "4"}), EVERY),
    ]  # fmt: skip


def _harmless() -> list[Case]:
    said = ("无", "13800000000", "附照片2张", "见附件3", "第3组填报", "20240301", "/", "其中夜间2次")
    return [
        Case(f"a remark that is no figure {at}", [form(row(remarks=text))], expect({"remarks": text}), EVERY)
        for at, text in enumerate(said, 1)
    ]

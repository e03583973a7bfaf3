"""Cases of the other families as pages: printed by LibreOffice's Writer and Calc and by Chromium, old Word, pictures."""

from __future__ import annotations

from dataclasses import replace

from . import checks, clerks, finding, headers, hiding, rows, values
from .model import Case, Expected
from .notice import expect, flat, form, row

PRINTED = ("page>pdf", "html>pdf", "sheet>pdf")
ON_PAPER = ("page>pdf", "html>pdf")
LOOSE = ("loose-page>pdf", "loose-html>pdf")

AS_PRINTED = (
    "whole numbers", "full width and spaces", "own measure behind", "yuan in an amount", "ten thousands",
    "chinese numerals", "words and strokes for nothing", "spoken measures", "not exact", "below nothing",
    "halves of a person", "another measure", "separators out of place", "one level of labels", "shuffled columns",
    "aliased labels", "turned on its side", "turned with a column of measures", "no column for minors",
    "one column twice", "labels in yuan", "leading number and unit", "title and header values inside the table",
    "villages and their sum", "a sum that differs", "villages without a sum", "another unit's row",
    "a row that numbers the columns", "a blank copy behind", "two forms that differ", "header values below the table",
    "a footnote below the table is no header", "a category above the labels", "boxes of 2 pairs a row",
    "columns in 2 blocks", "remarks in a row of their own", "label and figure in one cell",
    "more joint patrols than patrols", "more given out than prepared", "more brought in than persuaded",
)  # fmt: skip
AS_OLD = (
    "whole numbers", "own measure behind", "turned on its side", "villages and their sum", "tracked changes",
    "a struck figure", "a blank copy behind", "title and header values inside the table",
)  # fmt: skip


def named(*names: str) -> list[Case]:
    """Cases of the other families, by their names."""
    made = (checks, clerks, finding, headers, hiding, rows, values)
    every = {case.name: case for family in made for case in family.cases()}
    return [every[name] for name in names]


def printed() -> list[Case]:
    several = {"a blank copy behind", "two forms that differ", "label and figure in one cell"}
    cases = [
        replace(case, formats=ON_PAPER if case.name in several else (PRINTED[0], PRINTED[1 + place % 2]))
        for place, case in enumerate(named(*AS_PRINTED))
    ]
    return [*cases, *_loose(), *_long()]


def _loose() -> list[Case]:
    """Without ruled lines: exact, where every column stands clear."""
    messy = row(patrols="约40", supplies_prepared="63500元", minors_helped=None)
    told = expect(notes=("supplies_prepared",), errors={"patrols": "not_exact", "minors_helped": "blank"})
    turned = named("turned on its side")[0].forms
    return [
        Case("no lines", [form()], expect(), LOOSE),
        Case("no lines and one level", [flat()], expect(), LOOSE),
        Case("no lines and messy figures", [form(messy)], told, LOOSE),
        Case("no lines on its side", turned, expect(), LOOSE),
    ]


def _long() -> list[Case]:
    """A table that goes on on the next page."""
    one = rows.ONE
    many = 60
    total = {name: _times(text, many) for name, text in one.items()}
    lines = [(f"第{place}村", rows.line(one)) for place in range(1, many + 1)]
    long = rows.villages(*lines, ("合计", rows.line(total)))
    return [Case("villages over several pages", [long], expect({**total, "remarks": ""}, warnings=["?staff_at_least_patrols:*"]), ON_PAPER)]  # fmt: skip


def _times(text: str, times: int) -> str:
    from decimal import Decimal

    return f"{(Decimal(text) * times).normalize():f}" if text else ""


def old() -> list[Case]:
    formats = ("docx>doc", "docx>rtf")
    cases = [replace(case, formats=formats) for case in named(*AS_OLD)]
    return [replace(cases[0], formats=(*formats, "docx>wps")), *cases[1:]]


def pictures() -> list[Case]:
    """Scans of prints: read, and to be confirmed by a person."""
    confirmed = _from_picture(expect(confirm=True))
    turned = named("turned on its side")[0].forms
    blank = _from_picture(expect(errors={"minors_helped": "blank"}, confirm=True))
    return [
        Case("a scan", [form()], confirmed, ("page>png", "page>scan.pdf")),
        Case("a scan on its side", turned, confirmed, ("page>tif",)),
        Case("a scan with a blank", [form(row(minors_helped=None))], blank, ("page>jpg",)),
    ]


def _from_picture(expected: Expected) -> Expected:
    return replace(expected, notes=[*expected.notes, "from_picture:"])

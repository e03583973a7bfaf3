"""Workbooks whose stored results are older than the cells they were worked out from, and everyday ones beside them."""

from __future__ import annotations

import re
from typing import Any

from . import books
from .notice import expect, form, row
from .rows import ONE, SUM, TWO, line, villages
from .zips import rewritten

File = tuple[bytes, Any]
SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
GOOD = expect().as_yaml()
DOUBTED = expect(errors={"people_persuaded": "drawn"}).as_yaml()
ANEW = '<calcPr calcId="191029" fullCalcOnLoad="1"/>'
OFFICE, WPS, LIBRE = (
    '<calcPr calcId="191029"/>',
    '<calcPr calcId="144525" concurrentCalc="0"/>',
    '<calcPr iterateCount="100" refMode="A1" iterate="false" iterateDelta="0.001"/>',
)


def files() -> dict[str, File]:
    return {**_asked(), **_not_asked(), **_sums(), **_elsewhere()}


def _cell(place: str, formula: str, stored: str, kind: str = "") -> str:
    return f'<c r="{place}"{kind}><f>{formula}</f><v>{stored}</v></c>'


def _book(asks: str, formula: str, stored: str, kind: str = "") -> bytes:
    """The form with a formula in J6, beside its own cells 17, 10, 27 and 1.6 far to the right."""
    made = form([*row(people_persuaded=27777), None, 17, 10, None, "十"])
    book = rewritten(books.xlsx([made]), BOOK, "<calcPr[^>]*/>", asks)
    return rewritten(book, SHEET, '<c r="J6"[^>]*><v>27777</v></c>', _cell("J6", formula, stored, kind))


def _asked() -> dict[str, File]:
    """The workbook asks to be worked out anew: what is simple is, anything else is doubted."""
    cells = {
        "an-old-sum-of-numbers": ("17+10", "35", GOOD),
        "an-old-sum-of-cells": ("P6+Q6", "35", GOOD),
        "an-old-sum-of-a-range": ("SUM($P$6:Q6)", "35", GOOD),
        "an-old-difference": ("P6-Q6+2*10", "7", GOOD),
        "a-sum-of-zero-that-was-never-worked-out": ("SUM(P6:Q6)", "0", GOOD),
        "a-quotient-that-is-rounded": ("ROUND((P6+Q6)*1000/1000,0)", "35", GOOD),
        "a-sum-over-a-text": ("SUM(P6:S6)", "35", GOOD),
        "a-sum-that-is-right": ("P6+Q6", "27", GOOD),
        "a-choice": ("IF(P6&gt;1,27,35)", "27", DOUBTED),
        "a-count": ("COUNTA(A6:Z6)", "27", DOUBTED),
        "a-text-added": ("P6+S6", "27", DOUBTED),
        "a-sum-of-itself": ("J6+P6", "27", DOUBTED),
        "another-file": ("[1]Sheet1!A1", "27", DOUBTED),
    }
    made = {f"{name}-asked.xlsx": (_book(ANEW, one, old), told) for name, (one, old, told) in cells.items()}
    unfinished = '<calcPr calcId="191029" calcCompleted="0"/>'
    made["never-worked-out-to-its-end.xlsx"] = (_book(unfinished, "P6+Q6", "35"), GOOD)
    return made


def _not_asked() -> dict[str, File]:
    """As office programs write it: the stored result is what is seen, and it can't be right where it isn't the sum."""
    made = {}
    for name, asks in (("excel", OFFICE), ("wps", WPS), ("libreoffice", LIBRE), ("nothing-said", "")):
        made[f"an-old-sum-by-{name}.xlsx"] = (_book(asks, "P6+Q6", "35"), DOUBTED)
        made[f"a-right-sum-by-{name}.xlsx"] = (_book(asks, "P6+Q6", "27"), GOOD)
        made[f"a-choice-by-{name}.xlsx"] = (_book(asks, "IF(P6&gt;1,27,35)", "27"), GOOD)
    made["a-sum-in-binary.xlsx"] = (_book(OFFICE, "26.8+0.1+0.1", "27.000000000000004"), GOOD)
    made["a-sum-of-text-and-number.xlsx"] = (_book(OFFICE, "P6+S6", "27"), GOOD)
    return made


def _sums() -> dict[str, File]:
    """Villages and their sum, the same formula in each column as programs share it."""
    whole, old = {**SUM, "remarks": ""}, {**SUM, "remarks": "", "patrols": "999", "people_persuaded": "998"}
    told = expect(whole).as_yaml()
    lost = expect({**whole}, errors={"patrols": "drawn", "people_persuaded": "drawn"}).as_yaml()
    return {
        "villages-and-an-old-sum-asked.xlsx": (_shared(old, ANEW), told),
        "villages-and-an-old-sum.xlsx": (_shared(old, WPS), lost),
        "villages-and-their-sum.xlsx": (_shared(whole, WPS), told),
    }


def _shared(sums: dict[str, str], asks: str) -> bytes:
    made = villages(("板辽村", line(ONE)), ("更古村", line(TWO)), ("合计", line(sums)))
    book = rewritten(books.xlsx([made]), BOOK, "<calcPr[^>]*/>", asks)
    text = re.findall('<c r="[B-N]8"[^>]*><v>[^<]*</v></c>', _part(book))
    for place, cell in enumerate(text):
        column = cell.split('"')[1].removesuffix("8")
        formula = (
            f'<f t="shared" ref="B8:N8" si="0">SUM({column}6:{column}7)</f>'
            if not place
            else '<f t="shared" si="0"/>'
        )
        book = rewritten(
            book, SHEET, re.escape(cell), cell.replace("><v>", f">{formula}<v>").replace("\\", "")
        )
    return book


def _part(book: bytes) -> str:
    import io
    import zipfile

    return zipfile.ZipFile(io.BytesIO(book)).read(SHEET).decode()


def _elsewhere() -> dict[str, File]:
    """The same in other formats: nothing asks there, and the old result is doubted."""
    made = form(row(people_persuaded=27777))
    sheet = books.ods([made])
    old, right, other = (
        rewritten(
            sheet, "content.xml", 'office:value="27777"', f'office:value="{stored}" table:formula="{formula}"'
        )
        for formula, stored in (("of:=[.L6]+25", "35"), ("of:=SUM([.L6];25)", "27"), ("of:=LEN([.A1])", "27"))
    )
    return {
        "an-old-sum.ods": (old, DOUBTED),
        "a-right-sum.ods": (right, GOOD),
        "a-length.ods": (other, GOOD),
    }

"""Workbooks that every office program opens without a word, and that were refused: locked, in old code pages, with controls."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import locked
import pytest

from agent.reading.formats.defaultpassword import PASSWORD, without_default_password
from agent.reading.formats.xls import read_xls
from agent.reading.limits import Budget, Limits
from agent.reading.reading import FileReading
from tests.forms.making import books, notice, zips

DATA = Path(__file__).parent / "data"
SMALL = ("12", "5", "36", "20", "1.5", "1.2", "300", "2", "1", "9", "3", "1", "0")

Read = Callable[..., FileReading]


def require(reading: FileReading, *figures: str) -> None:
    """The form, with these figures, on the first of March, and nothing said of it."""
    assert reading.form is not None, reading.findings
    values = [one for one in reading.form.values.values() if isinstance(one, Decimal)]
    assert values == list(map(Decimal, figures))
    assert (reading.form.unit, reading.form.reported_on) == ("青年镇人民政府", dt.date(2024, 3, 1))
    assert not [one for one in reading.findings if one.severity == "error"]


FIGURES = list(notice.FIGURES.values())[:-1]


# --- locked with the password that every Excel knows ------------------------------------------------------


def test_a_workbook_locked_with_excels_own_password_is_read(read: Read) -> None:
    require(read("统计表.xlsx", (DATA / "default-password.xlsx").read_bytes()), *SMALL)


def test_an_old_workbook_locked_with_excels_own_password_is_read(read: Read) -> None:
    require(read("统计表.xls", locked.xls(books.xls([notice.form()]), PASSWORD)), *FIGURES)


def test_a_workbook_as_excel_2007_locks_it_is_read(read: Read) -> None:
    info, key = locked.xlsx_info(PASSWORD)
    stored = locked.package(books.xlsx([notice.form()]), key)
    require(read("统计表.xlsx", _compound({"EncryptionInfo": info, "EncryptedPackage": stored})), *FIGURES)


def test_another_password_stays_one(read: Read) -> None:
    info, key = locked.xlsx_info("1234")
    stored = locked.package(books.xlsx([notice.form()]), key)
    for name, data in (
        ("统计表.xls", locked.xls(books.xls([notice.form()]), "1234")),
        ("统计表.xlsx", _compound({"EncryptionInfo": info, "EncryptedPackage": stored})),
    ):
        reading = read(name, data)
        assert (reading.kind, [one.rule for one in reading.findings]) == ("unreadable", ["encrypted"])


def test_a_key_that_takes_forever_is_not_tried() -> None:
    data = (DATA / "default-password.xlsx").read_bytes()
    assert (
        without_default_password(data.replace(b'spinCount="100000"', b'spinCount="9999999"'[:18] + b'"'))
        is None
    )
    assert without_default_password(b"no compound file") is None


def _compound(streams: dict[str, bytes]) -> bytes:
    """A compound file with these streams, in the place of one that has room enough for them."""
    from msoffcrypto.format.ooxml import OOXMLFile
    from olefile import OleFileIO

    data = io.BytesIO()
    large = zips.rewritten(
        books.xlsx([notice.form()]), "xl/theme/theme1.xml", "$", f"<!--{os.urandom(20_000).hex()}-->"
    )
    OOXMLFile(io.BytesIO(large)).encrypt("any", data)
    made = OleFileIO(data, write_mode=True)
    for name, content in streams.items():
        made.write_stream(name, content.ljust(made.get_size(name), b"\0"))
    return data.getvalue()


# --- before Unicode ---------------------------------------------------------------------------------------

CODE_PAGE = b"\x42\x00\x02\x00"


def old_workbook(code_page: int | None) -> bytes:
    """The form as Excel 95 stores it, in GBK, with another code page declared, or none."""
    data = (DATA / "biff5.xls").read_bytes()
    at = data.index(CODE_PAGE)
    record = b"\xff\x00\x02\x00\0\0" if code_page is None else CODE_PAGE + struct.pack("<H", code_page)
    return data[:at] + record + data[at + 6 :]


@pytest.mark.parametrize(
    "code_page", [936, 10008, 1252, 932, 949, 950, 437, 10000, 1200, 54936, 0, 9999, None]
)
def test_a_workbook_of_before_unicode_is_read_whatever_code_page_it_declares(
    code_page: int | None, read: Read
) -> None:
    require(read("统计表.xls", old_workbook(code_page)), *SMALL)


def test_a_workbook_in_french_keeps_its_own_words() -> None:
    chinese = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe]){2,}")
    data = chinese.sub(lambda match: b"\xe9t" * (len(match[0]) // 2), old_workbook(1252))
    first = read_xls(data, Budget(Limits())).grids[0].rows[0][0].text
    assert set(first) == set("ét")


# --- local dates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [*range(27, 37), *range(50, 59)])
def test_a_date_in_a_local_format_of_an_old_workbook_is_read(number: int, read: Read) -> None:
    data = (DATA / "local-date.xls").read_bytes()
    style = b"\xe0\x00\x14\x00\x08\x00\x1f\x00"
    assert data.count(style) == 1
    require(read("统计表.et", data.replace(style, style[:6] + struct.pack("<H", number))), *SMALL)


# --- a sheet with a control -------------------------------------------------------------------------------

CONTROLS = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    '<mc:Choice Requires="x14"><controls/></mc:Choice></mc:AlternateContent>'
)
SECOND = "xl/worksheets/sheet2.xml"


@pytest.mark.parametrize(
    "cells",
    ["<sheetData/>", "<sheetData />", "<sheetData></sheetData>", '<sheetData xml:space="preserve"/>', ""],
)
def test_an_empty_sheet_with_a_control_says_nothing(cells: str, read: Read) -> None:
    book = books.xlsx([notice.form(), notice.Form(above=[], cells=[], sheet="Sheet2")])
    book = zips.rewritten(book, SECOND, "<sheetData ?/>|<sheetData></sheetData>", cells)
    book = zips.rewritten(book, SECOND, "</worksheet>", f"{CONTROLS}</worksheet>")
    require(read("统计表.xlsx", book), *FIGURES)


def test_the_forms_own_sheet_may_have_a_control(read: Read) -> None:
    book = zips.rewritten(
        books.xlsx([notice.form()]), "xl/worksheets/sheet1.xml", "</worksheet>", f"{CONTROLS}</worksheet>"
    )
    require(read("统计表.xlsx", book), *FIGURES)


def test_cells_in_two_versions_stay_refused(read: Read) -> None:
    inside = CONTROLS.replace("<controls/>", "<sheetData><row r='1'/></sheetData>")
    book = zips.rewritten(
        books.xlsx([notice.form()]), "xl/worksheets/sheet1.xml", "<sheetData>", f"{inside}<sheetData>"
    )
    assert [one.rule for one in read("统计表.xlsx", book).findings] == ["unreadable"]

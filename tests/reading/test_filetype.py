"""What a file is goes by its content; what a zip holds, with the names that Chinese Windows gave it."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib

import make_forms as forms
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base.errors import Unreadable
from agent.reading.containers.member import clean_path
from agent.reading.containers.zipped import unpack_zip
from agent.reading.filetype import UNSUPPORTED, refusal_of, sniff
from agent.reading.limits import Budget, Limits

MAIL = b"Received: from a\r\nFrom: a@town.example\r\nSubject: x\r\n\r\nbody"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.xls", forms.xlsx(), "xlsx"),
        ("a.xlsx", forms.xls(), "xls"),
        ("a.et", forms.xls(), "xls"),
        ("a.doc", forms.docx(), "docx"),
        ("a.wps", forms.docx(), "docx"),
        ("a.xls", forms.ods(), "ods"),
        ("a.xls", forms.html(), "html"),
        ("a.doc", b"\xef\xbb\xbf  <!-- x --><HTML><body>", "html"),
        (
            "a.xls",
            b'<?xml version="1.0"?>\n<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>',
            "html",
        ),
        ("a.xls", "<html><table>".encode("utf-16"), "html"),
        ("a.xls", forms.tabbed().encode("utf-16"), "text"),
        ("a.csv", forms.csv(), "csv"),
        ("a.txt", forms.csv(encoding="gb18030"), "text"),
        ("a", forms.NARRATIVE.encode("gb18030"), "text"),
        ("a.docx", forms.zipped([("a.txt", b"x")]), "zip"),
        ("a.dat", MAIL, "message"),
        ("a.eml", b"Subject: x\n\nbody", "message"),
        ("a.txt", "注意: 这不是邮件\n标题: x".encode(), "text"),
        ("a.mht", b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x", "mht"),
        ("a.jpg", PNG, "picture"),
        ("a.txt", b"RIFF\0\0\0\0WEBPVP8 ", "picture"),
        ("a.emf", b"\x01\0\0\0" + b"\0" * 36 + b" EMF", "vector"),
        ("a.vcf", b"BEGIN:VCARD\r\n", "card"),
        ("smime.p7s", b"0\x82\x01\0\0", "card"),
    ],
)
def test_a_file_is_what_its_content_is(name: str, data: bytes, expected: str) -> None:
    assert sniff(name, data).type == expected


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"{\\rtf1\\ansi", "rtf"),
        (b"Rar!\x1a\x07\x00", "rar"),
        (b"Rar!\x1a\x07\x01\x00", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x1f\x8b\x08", "tar"),
        (b"\x78\x9f\x3e\x22\0\0", "tnef"),
        (b"\0\0\0\x18ftypheic", "picture"),
        (forms.zipped([("[Content_Types].xml", b""), ("xl/workbook.bin", b"")]), "xlsb"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "excel-xml",
        ),
    ],
)
def test_a_misleading_name_changes_nothing(data: bytes, kind: str) -> None:
    assert sniff("统计表.xlsx", data).type == kind


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\0\0\0\x18ftypmp42", "media"),
        (b"\0\0\0\x18ftypavif", "avif"),
        (b"MZ\x90\0\x03\0\0\0", "unknown"),
        (forms.zipped([("OFD.xml", b"<x/>")]), "ofd"),
        (forms.zipped([("[Content_Types].xml", b""), ("ppt/presentation.xml", b"")]), "presentation"),
    ],
)
def test_what_cannot_be_read_is_known_by_name(data: bytes, what: str) -> None:
    assert (sniff("统计表.xlsx", data).type, sniff("统计表.xlsx", data).what) == ("unsupported", what)


@pytest.mark.parametrize("what", UNSUPPORTED)
def test_a_format_without_a_reader_says_what_to_send_instead(what: str) -> None:
    refusal = refusal_of(what)
    assert isinstance(refusal, Unreadable)
    assert refusal.rule == "not_supported"
    assert "请" in str(refusal)


def test_a_damaged_compound_file_is_refused() -> None:
    with pytest.raises(Unreadable):
        sniff("a.xls", forms.xls()[:1000])


def test_no_bytes_are_refused() -> None:
    with pytest.raises(Unreadable, match="空文件"):
        sniff("a.xlsx", b"")


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.txt", "a.eml", "a", "a.html"]))
def test_any_bytes_are_something_or_refused(data: bytes, name: str) -> None:
    with contextlib.suppress(Unreadable):
        sniff(name, data)


# --- zip -------------------------------------------------------------------------------------------------


def unpack(data: bytes, **limits: int) -> dict[str, bytes]:
    return {member.name: member.data for member in unpack_zip(data, Budget(Limits(**limits))).members}


@pytest.mark.parametrize("names", ["utf-8", "gbk", "gb18030"])
def test_chinese_names_are_read_however_they_were_written(names: str) -> None:
    assert unpack(forms.zipped([("青年镇/照片一.jpg", b"x")], names)) == {"青年镇/照片一.jpg": b"x"}


def test_utf8_names_without_their_flag_are_read() -> None:
    assert list(unpack(forms.zipped([("青年镇统计表.xlsx", b"x")], flagged=False))) == ["青年镇统计表.xlsx"]


def test_the_unicode_path_beside_a_local_name_counts() -> None:
    name = "照片.jpg".encode()
    extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"__.jpg")) + name
    info = zipfile.ZipInfo("__.jpg")
    info.extra = extra
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, b"x")
    assert list(unpack(buffer.getvalue())) == ["照片.jpg"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("..\\..\\windows\\a.dll", "windows/a.dll"),
        ("C:\\Users\\x\\表.xlsx", "Users/x/表.xlsx"),
        ("/abs/a.txt", "abs/a.txt"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\r\nb.txt", "ab.txt"),
        ("./././", "未命名"),
    ],
)
def test_paths_stay_inside(written: str, name: str) -> None:
    assert clean_path(written) == name


def test_what_systems_add_for_themselves_is_left_out() -> None:
    junk = [
        "__MACOSX/._a.jpg",
        ".DS_Store",
        "照片/Thumbs.db",
        "desktop.ini",
        "~$统计表.docx",
        ".~统计表.docx",
        "a/._b.jpg",
    ]
    assert list(unpack(forms.zipped([*((name, b"x") for name in junk), ("a.jpg", b"x")]))) == ["a.jpg"]


def test_members_behind_a_password_are_told() -> None:
    data = bytearray(forms.zipped([("a.txt", b"x"), ("b.txt", b"y")]))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    unpacked = unpack_zip(bytes(data), Budget(Limits()))
    assert (unpacked.encrypted, [member.name for member in unpacked.members]) == (True, ["b.txt"])


def test_a_damaged_member_stands_alone() -> None:
    data = bytearray(forms.zipped([("a.txt", b"hello hello hello"), ("b.txt", b"y")]))
    at = data.index(b"a.txt") + 6
    data[at : at + 4] = b"\xff\xff\xff\xff"
    damaged, whole = unpack_zip(bytes(data), Budget(Limits())).members
    assert damaged.refusal is not None
    assert whole.data == b"y"


@pytest.mark.parametrize(
    "limits", [{"members": 2}, {"unpacked_bytes": 5000}], ids=["too many files", "too many bytes"]
)
def test_an_archive_over_the_bounds_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(Unreadable) as refusal:
        unpack(forms.zipped([(f"{n}.txt", b"\0" * 3000) for n in range(3)]), **limits)
    assert refusal.value.rule == "too_large"


def test_one_member_over_the_bound_is_refused_and_the_others_are_read() -> None:
    big, small = unpack_zip(
        forms.zipped([("a.bin", b"\0" * 3000), ("b.txt", b"y")]), Budget(Limits(file_bytes=1000))
    ).members
    assert big.refusal is not None and big.refusal.rule == "too_large"
    assert small.data == b"y"


def test_a_zip_that_lies_about_its_sizes_is_damaged_and_nothing_more() -> None:
    data = bytearray(forms.zipped([("a.txt", b"\0" * 1_000_000)]))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.index(mark)
        data[at + offset : at + offset + 4] = struct.pack("<I", 10)
    (member,) = unpack_zip(bytes(data), Budget(Limits())).members
    assert member.refusal is not None

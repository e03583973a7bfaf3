"""Containers of every kind, whole and broken: what is inside them, and a finding where that can't be had."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import time
from collections.abc import Callable
from typing import Any

import make_containers as containers
import make_forms as forms
import pytest
from test_files import require_the_form, rules

from agent.demo import pictures as made_up
from agent.reading.apart import outside
from agent.reading.formats import office
from agent.reading.limits import Limits
from agent.reading.reading import FileReading

Read = Callable[..., FileReading]

FILES = [
    ("青年镇/统计表.xlsx", forms.xlsx()),
    ("青年镇/开展情况.txt", forms.NARRATIVE.encode()),
    ("照片.jpg", made_up.photo(1)),
]
KINDS = [("青年镇/统计表.xlsx", "form"), ("青年镇/开展情况.txt", "narrative"), ("照片.jpg", "photo")]

with_bsdtar = pytest.mark.skipif(shutil.which("bsdtar") is None, reason="bsdtar is not installed")
with_unar = pytest.mark.skipif(shutil.which("unar") is None, reason="unar is not installed")


def seven_zip(files: containers.Files, **options: Any) -> bytes:
    import py7zr

    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", **options) as archive:
        for name, data in files:
            archive.writef(io.BytesIO(data), name)
    return buffer.getvalue()


def tar(files: containers.Files, names: str = "utf-8", layout: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=layout, encoding=names) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


CONTAINERS: dict[str, Callable[[], bytes]] = {
    "材料.7z": lambda: seven_zip(FILES),
    "材料.tar": lambda: tar(FILES),
    "材料gbk.tar": lambda: tar(FILES, "gbk"),
    "材料pax.tar": lambda: tar(FILES, layout=tarfile.PAX_FORMAT),
    "材料.tar.gz": lambda: gzip.compress(tar(FILES)),
    "材料.tgz": lambda: gzip.compress(tar(FILES, "gbk")),
    "材料.tar.bz2": lambda: bz2.compress(tar(FILES)),
    "材料.tar.xz": lambda: lzma.compress(tar(FILES)),
    "winmail.dat": lambda: containers.winmail(FILES),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_read_through(name: str, read: Read) -> None:
    reading = read(name, CONTAINERS[name]())
    assert (reading.kind, [(one.file, one.kind) for one in reading.contains]) == ("archive", KINDS)
    require_the_form(reading.contains[0])


@with_bsdtar
def test_a_new_rar_is_read_through(read: Read) -> None:
    reading = read("材料.rar", containers.rar5(FILES))
    assert [(one.file, one.kind) for one in reading.contains] == KINDS
    require_the_form(reading.contains[0])


@with_bsdtar
def test_a_rar_that_ends_with_a_stored_workbook_is_no_zip(read: Read) -> None:
    reading = read("材料.rar", containers.rar5([FILES[1], FILES[0]]))
    assert [one.kind for one in reading.contains] == ["narrative", "form"]


@with_unar
@pytest.mark.parametrize("names", ["gbk", "utf-8"])
def test_an_old_rar_is_read_through(names: str, read: Read) -> None:
    reading = read("材料.rar", containers.rar3(FILES, names=names))
    assert [(one.file, one.kind) for one in reading.contains] == KINDS
    require_the_form(reading.contains[0])


def test_a_file_that_is_only_compressed_is_read_under_its_own_name(read: Read) -> None:
    reading = read("统计表.xlsx.gz", gzip.compress(forms.xlsx()))
    assert [one.file for one in reading.contains] == ["统计表.xlsx"]
    require_the_form(reading.contains[0])


def test_a_table_in_winmail_is_found_though_the_mail_shows_none(read: Read) -> None:
    reading = read("winmail.dat", containers.winmail([], html=forms.html_table()))
    require_the_form(reading.contains[0])


def test_a_winmail_without_files_is_nothing_to_tell(read: Read) -> None:
    reading = read("winmail.dat", containers.winmail([]))
    assert (reading.kind, reading.contains, reading.findings) == ("archive", (), ())


ENCRYPTED: dict[str, Callable[[], bytes]] = {
    "密.7z": lambda: seven_zip(FILES, password="x"),
    "密头.7z": lambda: seven_zip(FILES, password="x", header_encryption=True),
    "密头.rar": containers.rar5_with_encrypted_headers,
    "旧密头.rar": lambda: containers.rar3(FILES, main_flags=0x80),
}


@pytest.mark.parametrize("name", ENCRYPTED)
def test_a_container_behind_a_password_is_told(name: str, read: Read) -> None:
    assert rules(read(name, ENCRYPTED[name]())) == ["encrypted"]


@with_bsdtar
@with_unar
@pytest.mark.parametrize("make", [containers.rar5, containers.rar3])
def test_one_encrypted_file_in_a_rar_is_told_and_the_others_are_read(
    make: Callable[..., bytes], read: Read
) -> None:
    reading = read("材料.rar", make(FILES, encrypted=["青年镇/开展情况.txt"]))
    assert [finding.rule for finding in reading.findings] == ["encrypted"]
    assert [one.kind for one in reading.contains] == ["form", "photo"]


@with_bsdtar
@with_unar
@pytest.mark.parametrize("make", [containers.rar5, containers.rar3])
def test_a_damaged_file_in_a_rar_is_told_and_never_handed_out(make: Callable[..., bytes], read: Read) -> None:
    data = bytearray(make(FILES))
    data[bytes(data).index("重点区域".encode())] ^= 1
    reading = read("材料.rar", bytes(data))
    assert [one.kind for one in reading.contains] == ["form", "unreadable", "photo"]


@pytest.mark.parametrize("make", [containers.rar5, containers.rar3])
def test_a_part_of_a_split_rar_says_what_to_send(make: Callable[..., bytes], read: Read) -> None:
    reading = read("材料.part1.rar", make(FILES, main_flags=1))
    assert rules(reading) == ["not_supported"]
    assert "分卷" in reading.findings[0].text


TRUNCATED = [*CONTAINERS, "a.msg", "a5.rar", "a3.rar"]
"""Each loses what somebody sent at 85% of its length; a tar's last blocks are only padding."""


@pytest.mark.parametrize("name", TRUNCATED)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.85])
def test_a_container_cut_short_is_told(name: str, share: float, read: Read) -> None:
    makers = {
        **CONTAINERS,
        "a.msg": lambda: containers.compound(containers.msg("报送", files=FILES)),
        "a5.rar": lambda: containers.rar5(FILES),
        "a3.rar": lambda: containers.rar3(FILES),
    }
    data = makers[name]()
    reading = read(name, data[: int(len(data) * share)])
    assert set(rules(reading)) <= {"unreadable", "not_supported"}
    assert rules(reading)


def bomb() -> list[tuple[str, bytes]]:
    """400 MB in eight files; made when it is needed, and its zeros once."""
    zeros = b"\0" * 50_000_000
    return [(f"{number}.txt", zeros) for number in range(8)]


BOMBS: dict[str, Callable[[], bytes]] = {
    "弹.gz": lambda: gzip.compress(b"\0" * 400_000_000, 1),
    "弹.tar.gz": lambda: gzip.compress(tar(bomb()), 1),
    "弹.7z": lambda: seven_zip(bomb(), filters=[{"id": lzma.FILTER_LZMA2, "preset": 0}]),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_in_any_container_costs_little(name: str, read: Read) -> None:
    data = BOMBS[name]()
    started = time.process_time()
    assert set(rules(read(name, data))) == {"too_large"}
    assert time.process_time() - started < 10


@pytest.mark.parametrize("name", ["大.zip", "大.7z", "大.tar.gz"])
def test_one_file_over_the_bound_is_told_and_the_others_are_read(name: str, read: Read) -> None:
    files = [("统计表.csv", forms.csv()), ("大.txt", b"0" * 200_000)]
    make = {
        "大.zip": lambda: forms.zipped(files),
        "大.7z": lambda: seven_zip(files),
        "大.tar.gz": lambda: gzip.compress(tar(files)),
    }
    reading = read(name, make[name](), Limits(file_bytes=100_000))
    form, large = reading.contains
    require_the_form(form)
    assert (large.file, rules(large)) == ("大.txt", ["too_large"])


def test_paths_in_a_tar_stay_inside_and_links_are_left_out(read: Read) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (
            ("../../a.txt", tarfile.REGTYPE),
            ("link", tarfile.SYMTYPE),
            ("pipe", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            info.size = 1 if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(b"x"))
    assert [one.file for one in read("a.tar", buffer.getvalue()).contains] == ["a.txt"]


def test_containers_in_containers_end(read: Read) -> None:
    data = forms.xlsx()
    for _ in range(10):
        data = gzip.compress(tar([("a.tar.gz", data)]))
    assert rules(read("a.tar.gz", data)) == ["too_large"]


@pytest.mark.parametrize(
    ("name", "data", "program"),
    [
        ("a.rar", containers.rar5(FILES), "bsdtar"),
        ("a.rar", containers.rar3(FILES), "unar"),
        (
            "a.doc",
            containers.compound(containers.Storage({"WordDocument": b"\xec\xa5" + b"\0" * 5000})),
            "LibreOffice",
        ),
        ("a.rtf", b"{\\rtf1 x}", "LibreOffice"),
    ],
    ids=["RAR 5", "older RAR", ".doc", ".rtf"],
)
def test_a_missing_program_is_one_clear_finding(
    name: str, data: bytes, program: str, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside.shutil, "which", lambda _: None)
    monkeypatch.setattr(office, "_PLACES", ())
    office.find_office.cache_clear()
    try:
        reading = read(name, data)
    finally:
        office.find_office.cache_clear()
    assert rules(reading) == ["not_supported"]
    assert f"本机没有安装 {program}" in reading.findings[0].text and "请" in reading.findings[0].text


# --- .msg ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codepage", [0, 936], ids=["UTF-16", "GBK"])
def test_an_outlook_message_is_read_as_a_mail(codepage: int, read: Read) -> None:
    message = containers.msg("报送", forms.NARRATIVE, files=FILES, codepage=codepage)
    reading = read("邮件.msg", containers.compound(message))
    assert (reading.kind, reading.text) == ("message", forms.NARRATIVE)
    assert [(one.file, one.kind) for one in reading.contains] == KINDS
    require_the_form(reading.contains[0])


def test_a_form_in_an_outlook_messages_text_is_found(read: Read) -> None:
    require_the_form(read("邮件.msg", containers.compound(containers.msg("报送", forms.pairs()))))
    page = containers.msg("报送", "请查收", html=forms.html_table())
    require_the_form(read("邮件.msg", containers.compound(page)))


def test_a_message_attached_to_an_outlook_message_is_read_too(read: Read) -> None:
    inner = containers.msg("报送", "见附件", files=FILES)
    reading = read("邮件.msg", containers.compound(containers.msg("转发", "请查收", attached=inner)))
    assert [one.kind for one in reading.everything()] == ["message", "message", "form", "narrative", "photo"]


def test_a_form_in_a_message_attached_to_an_outlook_message_is_found_however_deep_it_lies(read: Read) -> None:
    page = containers.msg("报送", "请查收", html=forms.html_table())
    attached = read("邮件.msg", containers.compound(containers.msg("转发", "请查收", attached=page)))
    require_the_form(attached.contains[0])
    middle = containers.msg("转发", "见附件", attached=containers.msg("报送", "见附件", files=FILES))
    deep = read("邮件.msg", containers.compound(containers.msg("再转发", "请查收", attached=middle)))
    assert [one.kind for one in deep.everything()][:4] == ["message", "message", "message", "form"]


@pytest.mark.parametrize(("said", "counts"), [("auto-replied", False), ("no", True)])
def test_a_machines_letter_attached_to_an_outlook_message_is_no_form(
    said: str, counts: bool, read: Read
) -> None:
    letter = containers.msg("回执", forms.pairs(), headers=f"Auto-Submitted: {said}\r\nSubject: x\r\n\r\n")
    reading = read("邮件.msg", containers.compound(containers.msg("转发", "请查收", attached=letter)))
    assert (reading.contains[0].form is not None) == counts


def test_of_two_files_of_one_name_it_is_clear_which_is_meant(read: Read) -> None:
    """Each file is told with the archives that it lies in; a winmail.dat is nothing that its sender knows of."""
    locked = containers.rar5_with_encrypted_headers()
    outer = forms.zipped([("一.zip", forms.zipped([("表.rar", locked)])), ("表.rar", locked)])
    told = [finding.text for file in read("材料.zip", outer).everything() for finding in file.findings]
    assert [text.split("设有")[0] for text in told] == [
        "“材料.zip”里的“一.zip”里的“表.rar”",
        "“材料.zip”里的“表.rar”",
    ]
    mailed = read("winmail.dat", containers.winmail([("表.rar", locked)])).everything()
    assert [finding.text[:7] for file in mailed for finding in file.findings] == ["“表.rar”"]


def test_a_file_too_deep_in_archives_is_to_be_taken_out(read: Read) -> None:
    deep = forms.xlsx()
    for level in range(6):
        deep = forms.zipped([(f"{level}.zip" if level else "表.xlsx", deep)])
    (finding,) = (finding for file in read("材料.zip", deep).everything() for finding in file.findings)
    assert finding.rule == "too_large"
    assert "取出来" in finding.text and "压缩图片" not in finding.text

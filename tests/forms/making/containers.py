"""Forms inside other files, and files that can't be read."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from . import books, papers
from .notice import expect, form, row


def files() -> dict[str, tuple[bytes, Any]]:
    book, paper = books.xlsx([form()]), papers.docx([form()])
    good = expect().as_yaml()
    blank = papers.docx([form(above=[("“冬季送温暖”专项救助行动情况统计表",)])])
    corrected = expect({"patrols": "43"}).as_yaml()
    whole = packed(("青年镇统计表.xlsx", book), gbk=True)
    return {
        "a-zip-from-chinese-windows.zip": (whole, good),
        "a-zip-with-a-folder.zip": (packed(("报送材料/青年镇统计表.docx", paper), ("报送材料/说明.txt", "见统计表。".encode())), good),
        "a-zip-in-a-zip.zip": (packed(("材料.zip", whole)), good),
        "two-forms-in-a-zip.zip": (packed(("1.xlsx", book), ("2.docx", papers.docx([form(row(patrols=43))]))), [good, corrected]),
        "a-workbook-cut-short.xlsx": (book[: len(book) // 2], {"unread": "unreadable"}),
        "a-document-cut-short.docx": (paper[: len(paper) // 2], {"unread": "unreadable"}),
        "an-empty-file.xlsx": (b"", {"unread": "unreadable"}),
        "a-locked-zip.zip": (locked(whole), {"unread": "encrypted"}),
        "a-workbook-named-xls.xls": (book, good),
        "a-document-named-doc.doc": (paper, good),
        "a-page-named-xls.xls": (papers.html([form()]), good),
        "a-list-named-xls.xls": (papers.delimited([form()], "gb18030", "\t"), good),
        "a-document-named-wps.wps": (paper, good),
        "a-workbook-named-et.et": (books.xls([form()]), good),
    } | ({} if blank else {})


def packed(*members: tuple[str, bytes], gbk: bool = False) -> bytes:
    """A zip, with names as Windows in Chinese writes them where asked: GBK without the UTF-8 flag."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, (2024, 3, 1, 9, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    whole = file.getvalue()
    if gbk:
        for name, _ in members:
            old, new = name.encode(), name.encode("gb18030")
            whole = _renamed(whole, old, new)
    return whole


def _renamed(whole: bytes, old: bytes, new: bytes) -> bytes:
    # A name of the same length in bytes would be rare: so the archive is written with a stand-in of the right length.
    file = io.BytesIO()
    stand_in = ("n" * len(new)).encode()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            name = stand_in.decode() if info.filename.encode() == old else info.filename
            entry = zipfile.ZipInfo(name, info.date_time)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(info))
    return file.getvalue().replace(stand_in, new)


def locked(whole: bytes) -> bytes:
    """The archive with the flag of encryption on every entry."""
    data = bytearray(whole)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(signature, place + 4)
    return bytes(data)

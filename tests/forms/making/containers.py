"""Forms inside other files, and files that can't be read."""

from __future__ import annotations

from typing import Any

from . import books, papers
from .notice import expect, form, row
from .zips import locked, packed


def files() -> dict[str, tuple[bytes, Any]]:
    book, paper = books.xlsx([form()]), papers.docx([form()])
    good = expect().as_yaml()
    corrected = expect({"patrols": "43"}).as_yaml()
    whole = packed(("青年镇统计表.xlsx", book), gbk=True)
    return {
        "a-zip-from-chinese-windows.zip": (whole, good),
        "a-zip-with-a-folder.zip": (
            packed(("报送材料/青年镇统计表.docx", paper), ("报送材料/说明.txt", "见统计表。".encode())),
            good,
        ),
        "a-zip-in-a-zip.zip": (packed(("材料.zip", whole)), good),
        "two-forms-in-a-zip.zip": (
            packed(("1.xlsx", book), ("2.docx", papers.docx([form(row(patrols=43))]))),
            [good, corrected],
        ),
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
    }

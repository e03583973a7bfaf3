"""Hostile files of every kind, made when they are needed: what each may cost and come out as is one table.

A case is a name (its suffix says the family), how it is made, and what its sender may be told. ``test_hostile.py``
reads those that are cheap, ``bench/hostile.py`` all of them, and measures.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import make_containers as containers
import make_forms as forms

MEGABYTE = 1024 * 1024
FINE = "read"  # reads as if nothing were the matter; no error of a rule below
REFUSALS = ("unreadable", "encrypted", "too_large", "not_supported")


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile file.

    Attributes:
        name: of the file.
        what: is wrong with it, in a few words.
        make: its bytes.
        may: the rules of the refusals that it may come out as; ``FINE`` where it may be read as well.
        slow: making or reading it takes more than a blink: left to the bench.
        pictured: what is written in it is read from a picture, which has 60 s.
    """

    name: str
    what: str
    make: Callable[[], bytes]
    may: tuple[str, ...]
    slow: bool = False
    pictured: bool = False


CASES: list[Case] = []


def _add(
    name: str, what: str, make: Callable[[], bytes], *may: str, slow: bool = False, pictured: bool = False
) -> None:
    CASES.append(Case(name, what, make, may, slow, pictured))


# --- zips of XML -----------------------------------------------------------------------------------------

PARTS = {
    "xlsx": (forms.xlsx, "xl/worksheets/sheet1.xml"),
    "docx": (forms.docx, "word/document.xml"),
    "ods": (forms.ods, "content.xml"),
}
OTHER_PARTS = {"xlsx": "xl/workbook.xml", "docx": "word/styles.xml", "ods": "styles.xml"}


def changed(data: bytes, part: str, change: Callable[[bytes], bytes], **more: bytes) -> bytes:
    """A zipped document with one part changed, and others added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
        for name, content in more.items():
            with warnings.catch_warnings(action="ignore"):
                new.writestr(name, content)  # perhaps a second time
    return out.getvalue()


def replaced(family: str, make: Callable[[bytes], bytes], part: str = "") -> bytes:
    maker, main = PARTS[family]
    return changed(maker(), part or main, make)


def _declared(declaration: bytes, entity: bytes) -> Callable[[bytes], bytes]:
    """XML with a document type in front and an entity of it in the text."""

    def change(part: bytes) -> bytes:
        start = part.index(b"?>") + 2 if part.startswith(b"<?xml") else 0
        body = part[start:]
        end = body.index(b">") + 1
        return part[:start] + declaration + body[:end] + entity + body[end:]

    return change


LAUGHS = (
    b"<!DOCTYPE x [<!ENTITY a0 'ha'>"
    + b"".join(b"<!ENTITY a%d '%b'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]>"
)
OUTSIDE = b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
REMOTE = b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd' [<!ENTITY e SYSTEM 'http://127.0.0.1:9/x'>]>"


def nested(tag: bytes, times: int) -> bytes:
    return b"<%b>" % tag * times + b"x" + b"</%b>" % tag * times


def _deep(tag: bytes, times: int) -> Callable[[bytes], bytes]:
    def change(part: bytes) -> bytes:
        start = part.index(b">", part.index(b"?>") + 2 if part.startswith(b"<?xml") else 0) + 1
        return part[:start] + nested(tag, times) + part[start:]

    return change


for family, (maker, main) in PARTS.items():
    other = OTHER_PARTS[family]
    _add(f"空.{family}", "no bytes", lambda: b"", "unreadable")
    _add(f"半.{family}", "cut short", lambda maker=maker: maker()[: len(maker()) // 2], "unreadable")
    _add(f"笑.{family}", "XML bomb in its main part",
         lambda family=family: replaced(family, _declared(LAUGHS, b"&a11;")), "unreadable")  # fmt: skip
    _add(f"笑2.{family}", "XML bomb in another part",
         lambda family=family, other=other: replaced(family, _declared(LAUGHS, b"&a11;"), other), "unreadable", FINE)  # fmt: skip
    _add(f"外.{family}", "an external entity",
         lambda family=family: replaced(family, _declared(OUTSIDE, b"&e;")), "unreadable")  # fmt: skip
    _add(f"网.{family}", "an entity from the network",
         lambda family=family: replaced(family, _declared(REMOTE, b"&e;")), "unreadable")  # fmt: skip
    _add(f"弹.{family}", "its main part unpacks to 1 GB",
         lambda family=family: replaced(family, lambda part: part + b" " * (1000 * MEGABYTE)), "too_large", slow=True)  # fmt: skip
    _add(f"弹2.{family}", "its main part unpacks to 200 MB",
         lambda family=family: replaced(family, lambda part: part + b" " * (200 * MEGABYTE)), "too_large", "unreadable", FINE, slow=True)  # fmt: skip
    _add(f"深.{family}", "100,000 tags in each other",
         lambda family=family: replaced(family, _deep(b"x", 100_000)), "unreadable", FINE)  # fmt: skip
    _add(f"并.{family}", "a member stands in the zip twice", lambda maker=maker, main=main: changed(maker(), "", bytes, **{main: b"<x/>"}), "unreadable", FINE)  # fmt: skip


# --- workbooks -------------------------------------------------------------------------------------------


def _sheet(inside: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(b"</sheetData>", inside + b"</sheetData>")


def _behind(inside: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(b"</sheetData>", b"</sheetData>" + inside)


def _before(inside: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(b"<sheetData>", inside + b"<sheetData>")


def sheets(count: int) -> bytes:
    book = forms.workbook()
    for number in range(count - 1):
        book.copy_worksheet(book.worksheets[0]).title = f"表{number}"
    return forms.saved(book)


def blank_rows(rows: int, styled: bool = True) -> bytes:
    cells = b"".join(b'<c r="%c%%d" s="1"/>' % (65 + at) for at in range(4)) if styled else b""
    count = cells.count(b"%d")
    inside = b"".join(
        b'<row r="%d">%b</row>' % (row, cells % ((row,) * count)) for row in range(10, 10 + rows)
    )
    return replaced("xlsx", _sheet(inside))


def strings(shared: bytes, cells: int) -> bytes:
    """A workbook whose one shared string stands in so many cells."""
    inside = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(10, 10 + cells)
    )
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%b"/></Types>' % kind
    table = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%b</t></si></sst>'
        % shared
    )
    book = changed(
        forms.xlsx(), "xl/worksheets/sheet1.xml", _sheet(inside), **{"xl/sharedStrings.xml": table}
    )
    return changed(book, "[Content_Types].xml", lambda part: part.replace(b"</Types>", override))


def styles(count: int) -> bytes:
    font = b'<font><name val="x"/><sz val="%d.5"/></font>'
    fonts = b"".join(font % number for number in range(count))
    return changed(forms.xlsx(), "xl/styles.xml", lambda part: part.replace(b"</fonts>", fonts + b"</fonts>").replace(b"<fonts ", b"<fonts x='' "))  # fmt: skip


def formulas(count: int) -> bytes:
    rows = b"".join(
        b'<row r="%d"><c r="A%d"><f>A%d+1</f></c></row>' % (row, row, row - 1)
        for row in range(10, 10 + count)
    )
    return replaced("xlsx", _sheet(rows))


def names(count: int) -> bytes:
    defined = b"".join(
        b'<definedName name="n%d">n%d</definedName>' % (at, (at + 1) % count) for at in range(count)
    )
    return changed(forms.xlsx(), "xl/workbook.xml", lambda part: part.replace(b"</sheets>", b"</sheets><definedNames>" + defined + b"</definedNames>"))  # fmt: skip


def columns(count: int) -> bytes:
    one = b'<col min="1" max="16384" hidden="1" width="0" customWidth="1"/>'
    return replaced("xlsx", lambda part: _before(b"<cols>" + one * count + b"</cols>")(part))


def merges(count: int, ref: bytes = b"A%d:XFD%d") -> bytes:
    rows = range(20, 20 + 10 * count, 10)
    refs = b"".join(b'<mergeCell ref="%b"/>' % (ref % (row, row + 9) if b"%" in ref else ref) for row in rows)
    return replaced("xlsx", _behind(b"<mergeCells>" + refs + b"</mergeCells>"))


def macros(maker: Callable[[], bytes], part: str) -> bytes:
    return changed(maker(), "", bytes, **{part: b'Attribute VB_Name = "x"\nSub Auto_Open()\nEnd Sub\n'})


_add("密.xlsx", "a password", lambda: containers.compound(containers.Storage({"EncryptionInfo": b"x", "EncryptedPackage": b"x" * 5000})), "encrypted")  # fmt: skip
_add("宏.xlsm", "macros", lambda: macros(forms.xlsx, "xl/vbaProject.bin"), FINE)
_add("宏.docm", "macros", lambda: macros(forms.docx, "word/vbaProject.bin"), FINE)
_add("空行.xlsx", "a million blank rows with formats", lambda: blank_rows(1_000_000), FINE, "too_large", slow=True)  # fmt: skip
_add("空行2.xlsx", "100,000 blank rows", lambda: blank_rows(100_000, styled=False), FINE)
_add("末格.xlsx", "a lone value in the last cell", lambda: replaced("xlsx", _sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')), FINE)  # fmt: skip
_add("二百表.xlsx", "200 sheets, each a form", lambda: sheets(200), FINE, slow=True)
_add("二十表.xlsx", "20 sheets, each a form", lambda: sheets(20), FINE)
_add("共享串.xlsx", "a string of 1 MB in 100,000 cells", lambda: strings(b"a" * MEGABYTE, 100_000), "too_large", slow=True)  # fmt: skip
_add("共享串2.xlsx", "a string of 10 KB in 20,000 cells", lambda: strings(b"a" * 10_000, 20_000), "too_large")
_add("样式.xlsx", "500,000 fonts", lambda: styles(500_000), FINE, "too_large", "unreadable", slow=True)
_add("公式.xlsx", "a chain of 200,000 formulas", lambda: formulas(200_000), FINE, "too_large", slow=True)
_add("公式2.xlsx", "a chain of 5,000 formulas", lambda: formulas(5_000), "too_large")
_add("名称.xlsx", "100,000 names that stand for each other", lambda: names(100_000), FINE, "too_large", slow=True)  # fmt: skip
_add("列.xlsx", "5,000 times all columns hidden", lambda: columns(5_000), FINE, "too_large")
_add("合并.xlsx", "15,000 merges over all columns", lambda: merges(15_000), FINE, "too_large")
_add("合并2.xlsx", "30,000 merges", lambda: merges(30_000), "too_large")
_add("合并3.xlsx", "5,000 merges, each over the whole sheet", lambda: merges(5_000, b"A1:XFD1048576"), FINE, "too_large")  # fmt: skip
_add("满.xlsx", "400,000 values", lambda: replaced("xlsx", _sheet(b"".join(b'<row r="%d">%b</row>' % (row, b"".join(b'<c r="%c%d"><v>7</v></c>' % (65 + at, row) for at in range(20))) for row in range(10, 20_010)))), "too_large")  # fmt: skip
_add("满2.xlsx", "290,000 values", lambda: replaced("xlsx", _sheet(b"".join(b'<row r="%d">%b</row>' % (row, b"".join(b'<c r="%c%d"><v>7</v></c>' % (65 + at, row) for at in range(20))) for row in range(10, 14_500)))), FINE, "too_large", slow=True)  # fmt: skip


def old_sheets(count: int) -> bytes:
    book, _ = forms.old_workbook()
    for number in range(count):
        book.add_sheet(f"表{number}").write(0, 0, "x")
    return forms.saved(book)


def old_blank(rows: int) -> bytes:
    import xlwt

    book, sheet = forms.old_workbook()
    style = xlwt.easyxf("font: bold on")
    for row in range(10, 10 + rows):
        sheet.write(row, 0, None, style)
    return forms.saved(book)


def loop_in_sectors() -> bytes:
    """A compound file whose chain of sectors bites its own tail."""
    data = bytearray(forms.xls())
    at = 512 * (1 + int.from_bytes(data[76:80], "little"))
    data[at : at + 508] = struct.pack("<127I", *([1] * 127))
    return bytes(data)


_add("空.xls", "no bytes", lambda: b"", "unreadable")
_add("半.xls", "cut short", lambda: forms.xls()[:3000], "unreadable")
_add("密.xls", "a password", lambda: struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0) + struct.pack("<HHHHH", 0x2F, 6, 0, 1, 1) + b"\x0a\0\0\0", "encrypted")  # fmt: skip
_add("环.xls", "sectors in a circle", loop_in_sectors, "unreadable")
_add("多表.xls", "200 sheets", lambda: old_sheets(200), FINE)
_add("空行.xls", "60,000 blank rows with formats", lambda: old_blank(60_000), FINE, "too_large", slow=True)
_add("目录.xls", "a compound file of 30 MB that is all directory", lambda: _directory(30 * MEGABYTE), "unreadable", "not_supported", "too_large", slow=True)  # fmt: skip


def _directory(size: int) -> bytes:
    """A compound file whose directory is the rest of the file."""
    sectors = size // 512
    tables = sectors // 128 + 1
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack(
        "<IIIIIIIII", 0, min(tables, 109), 0, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )
    first = sectors
    head += struct.pack("<109I", *[first + at if at < tables else 0xFFFFFFFF for at in range(109)])
    entry = "a".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HBBIII", 4, 2, 1, *[0xFFFFFFFF] * 3)
    chain = b"".join(struct.pack("<I", at + 1) for at in range(min(109, tables) * 128))
    return head + entry.ljust(128, b"\0") * (sectors * 4) + chain


# --- open documents --------------------------------------------------------------------------------------


def open_sheet(rows: str, more: str = "") -> bytes:
    head = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
        ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0">'
    )
    body = f'{more}<office:body><office:spreadsheet><table:table table:name="a">{rows}</table:table></office:spreadsheet></office:body>'
    content = f"{head}{body}</office:document-content>".encode()
    return forms.zipped([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content)])  # fmt: skip


ROW = '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="{}">{}</table:table-cell></table:table-row>'
_add("空行.ods", "a billion blank rows, repeated", lambda: open_sheet(ROW.format(10**9, 16384, "") * 1000), FINE)  # fmt: skip
_add("重复.ods", "a value repeated a billion times", lambda: open_sheet(ROW.format(10**9, 10**9, "<text:p>1</text:p>")), "too_large", FINE)  # fmt: skip
_add("式环.ods", "styles that are based on each other", lambda: open_sheet(ROW.format(1, 1, "<text:p>1</text:p>"), '<style:style style:name="a" style:family="table-cell" style:parent-style-name="a"/>'), FINE)  # fmt: skip
_add("组.ods", "10,000 groups of rows in each other", lambda: open_sheet("<table:table-row-group>" * 10_000 + "</table:table-row-group>" * 10_000), "unreadable", FINE)  # fmt: skip
_add("密.ods", "a password", lambda: forms.zipped([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("META-INF/manifest.xml", b"<m><encryption-data/></m>"), ("content.xml", b"\xff")]), "encrypted")  # fmt: skip
_add("深.odt", "100,000 tags in each other", lambda: forms.zipped([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", nested(b"x", 100_000))]), "unreadable")  # fmt: skip
_add("空.odt", "no bytes", lambda: b"", "unreadable")
_add("笑.odt", "XML bomb", lambda: forms.zipped([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", LAUGHS + b"<x>&a11;</x>")]), "unreadable")  # fmt: skip


# --- Word ------------------------------------------------------------------------------------------------


def _body(inside: bytes) -> bytes:
    return replaced("docx", lambda part: part.replace(b"<w:sectPr", inside + b"<w:sectPr", 1))


CELL = b"<w:tc><w:tcPr>%b</w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>"
_add("行.docx", "100,000 rows", lambda: _body(b"<w:tbl>" + b"<w:tr>%b</w:tr>" % (CELL % b"" * 2) * 100_000 + b"</w:tbl>"), FINE, "too_large", slow=True)  # fmt: skip
_add("格.docx", "400,000 cells", lambda: _body(b"<w:tbl>" + b"<w:tr>%b</w:tr>" % (b"<w:tc><w:p/></w:tc>" * 63) * 6400 + b"</w:tbl>"), "too_large", slow=True)  # fmt: skip
_add("跨.docx", "cells that span a billion columns", lambda: _body(b"<w:tbl>" + b"<w:tr>%b</w:tr>" % (CELL % b'<w:gridSpan w:val="999999999"/>' * 20) * 100 + b"</w:tbl>"), FINE)  # fmt: skip
_add("套.docx", "60 tables in each other", lambda: _body(b"<w:tbl><w:tr><w:tc>" * 60 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 60), FINE, "unreadable")  # fmt: skip
_add("表多.docx", "30,000 tables", lambda: _body(b"<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>" * 30_000), FINE, "too_large", slow=True)  # fmt: skip
_add("段.docx", "300,000 paragraphs", lambda: _body(b"<w:p><w:r><w:t>1</w:t></w:r></w:p>" * 300_000), FINE, "too_large", slow=True)  # fmt: skip
_add("长段.docx", "a paragraph of 30 MB", lambda: _body(b"<w:p><w:r><w:t>" + b"1 " * (15 * MEGABYTE) + b"</w:t></w:r></w:p>"), FINE, "too_large", "unreadable", slow=True)  # fmt: skip
_add("图弹.docx", "a picture in it that is a bomb", lambda: changed(forms.docx(), "", bytes, **{"word/media/image1.png": png_claiming(50_000, 50_000)}), FINE, "too_large", "unreadable")  # fmt: skip


# --- text ------------------------------------------------------------------------------------------------

_add("空.csv", "no bytes", lambda: b"", "unreadable")
_add("一行.csv", "one line of 50 MB", lambda: b"a" * (50 * MEGABYTE), "unreadable", "too_large", slow=True)
_add("逗号.csv", "10,000,000 commas", lambda: b"," * 10_000_000, "too_large")
_add("空行.csv", "a million blank rows", lambda: forms.csv() + b"\n" * 1_000_000, FINE, "too_large")
_add("引号.csv", "a quote that never ends", lambda: b'"' + b"a,\n" * 3_000_000, "unreadable")
_add("数.txt", "50 MB of digits", lambda: b"7" * (50 * MEGABYTE), FINE, "too_large", "unreadable", "not_supported", slow=True)  # fmt: skip
_add("空格.txt", "10 MB of spaces", lambda: b"a" + b" " * (10 * MEGABYTE) + b"b", FINE, "too_large", "unreadable", "not_supported", slow=True)  # fmt: skip
_add(
    "冒号.txt", "a million pairs", lambda: "巡查次数：12\n".encode() * 1_000_000, FINE, "too_large", slow=True
)
_add("冒号2.txt", "20,000 pairs", lambda: "巡查次数：12\n".encode() * 20_000, FINE, "too_large")
_add("竖线.txt", "bars", lambda: b"|" * 5_000_000, FINE, "too_large", "not_supported", "unreadable")
_add("标签.html", "100,000 tags in each other", lambda: b"<html><body>" + b"<div>" * 100_000 + b"x", FINE, "unreadable", "too_large")  # fmt: skip
_add("表套.html", "5,000 tables in each other", lambda: b"<html><body>" + b"<table><tr><td>" * 5_000 + b"x", FINE, "unreadable", "too_large")  # fmt: skip
_add("跨.html", "cells that span everything", lambda: b"<html><table>" + b"<tr>" + b"<td rowspan=65000 colspan=1000>1</td>" * 500 + b"</tr>", FINE, "unreadable", "too_large")  # fmt: skip
_add(
    "行.html",
    "300,000 rows",
    lambda: b"<html><table>" + b"<tr><td>1<td>2</tr>" * 300_000,
    "too_large",
    slow=True,
)
_add("字.html", "40 MB of text", lambda: b"<html><body>" + b"<p>ab</p>" * (4 * MEGABYTE), FINE, "too_large", "unreadable", slow=True)  # fmt: skip
_add("属性.html", "a million attributes", lambda: b"<html><body><table " + b"".join(b"a%d=1 " % n for n in range(200_000)) + b"><tr><td>1</table>", FINE, "unreadable", "too_large", slow=True)  # fmt: skip
_add("实体.html", "entities", lambda: LAUGHS + b"<html><body>&a11;", FINE, "unreadable", "not_supported")
_add("笑.xml", "an XML bomb in a workbook of 2003", lambda: b'<?xml version="1.0"?>' + LAUGHS + b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><x>&a11;</x></Workbook>', "unreadable")  # fmt: skip
_add("深.xml", "100,000 tags in a workbook of 2003", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">' + nested(b"x", 100_000) + b"</Workbook>", "unreadable")  # fmt: skip


def embedding(count: int, data: bytes) -> bytes:
    """A document with so many files set into it."""
    parts = {f"word/embeddings/{number}.docx": data for number in range(count)}
    return changed(forms.docx(), "", bytes, **parts)


def nested_documents(levels: int) -> bytes:
    data = forms.docx()
    for _ in range(levels):
        data = embedding(1, data)
    return data


def objects(*streams: tuple[str, bytes]) -> bytes:
    """An old workbook with an object of these streams."""
    book = containers.Storage({"Workbook": forms.xls()}, {"MBD00000001": containers.Storage(dict(streams))})
    return containers.compound(book)


_add("嵌套.docx", "documents in each other, 30 deep", lambda: nested_documents(30), "too_large")
_add("嵌多.docx", "1,000 documents set into it", lambda: embedding(1000, b"PK"), "too_large")
_add("嵌空.docx", "an embedded document of no bytes", lambda: embedding(1, b""), "unreadable")
_add("嵌乱.xls", "an object that says it has more bytes than it has", lambda: objects(("\x01Ole10Native", b"\xff" * 5000)), "unreadable")  # fmt: skip
_add("嵌乱.rtf", "an object of 5 MB of nonsense", lambda: RTF + b"{\\object{\\*\\objdata " + b"0105000002000000ffffffff" + b"ab" * 5_000_000 + b"}}}", "unreadable", slow=True)  # fmt: skip


# --- pictures --------------------------------------------------------------------------------------------


def png_claiming(width: int, height: int, rows: int = 10) -> bytes:
    """A PNG that says it is that large, and holds a few rows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\0" * (3 * width)) * rows, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def picture(kind: str, width: int, height: int, mode: str = "RGB") -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind)
    return out.getvalue()


def frames(kind: str, count: int, side: int = 300) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    first = Image.new("L", (side, side))
    more = [Image.new("L", (side, side), n % 256) for n in range(1, count)]
    first.save(out, kind, save_all=True, append_images=more)
    return out.getvalue()


def text_bomb() -> bytes:
    """A PNG with a compressed text of 100 MB."""
    body = b"Comment\0\0" + zlib.compress(b"a" * (100 * MEGABYTE), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = picture("PNG", 300, 300)
    return data[:33] + chunk + data[33:]


for kind in ("png", "bmp", "tif", "gif", "webp", "heic", "jpg"):
    _add(f"空.{kind}", "no bytes", lambda: b"", "unreadable")
for kind, name in (("PNG", "png"), ("JPEG", "jpg"), ("GIF", "gif"), ("TIFF", "tif"), ("WEBP", "webp")):
    _add(f"半.{name}", "cut short", lambda kind=kind: _noise(kind)[: len(_noise(kind)) // 2], "unreadable", "not_supported")  # fmt: skip
_add("大.png", "10,000 pixels square", lambda: picture("PNG", 10_000, 10_000), "too_large", slow=True)
_add(
    "大.jpg",
    "10,000 pixels square",
    lambda: picture("JPEG", 10_000, 10_000),
    FINE,
    "not_supported",
    slow=True,
)
_add("大.bmp", "10,000 pixels square, one bit each", lambda: picture("BMP", 10_000, 10_000, "1"), "too_large")
_add("大.gif", "10,000 pixels square", lambda: picture("GIF", 10_000, 10_000, "P"), "too_large", slow=True)
_add("大.tif", "10,000 pixels square", lambda: picture("TIFF", 10_000, 10_000, "1"), "too_large")
_add(
    "大.webp",
    "10,000 pixels square",
    lambda: picture("WEBP", 10_000, 10_000),
    "too_large",
    "unreadable",
    slow=True,
)
_add("适.png", "6,300 pixels square with transparency", lambda: picture("PNG", 6_300, 6_300, "RGBA"), FINE, "too_large", "not_supported", slow=True)  # fmt: skip
_add("称.png", "claims 50,000 pixels square", lambda: png_claiming(50_000, 50_000), "too_large")
_add("称2.png", "claims more than it holds", lambda: png_claiming(5_000, 5_000), "unreadable", FINE)
_add("字.png", "a compressed text of 100 MB beside the pixels", text_bomb, "too_large", "unreadable", FINE)
_add("页.tif", "10,000 pages", lambda: frames("TIFF", 10_000, 16), "too_large", FINE, slow=True)
_add("页2.tif", "30 pages", lambda: frames("TIFF", 30), "too_large", FINE)
_add("帧.gif", "2,000 frames", lambda: frames("GIF", 2_000, 64), FINE, slow=True)


def _noise(kind: str) -> bytes:
    import random

    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("RGB", (300, 300), random.Random(1).randbytes(270_000)).save(out, kind)
    return out.getvalue()


def crowded_page(lines: int, columns: int) -> bytes:
    """A page of paper full of small letters, each in a box of its own."""
    import random

    from PIL import Image, ImageDraw

    wide, high = 2480 // columns, 3508 // lines
    page = Image.new("L", (2480, 3508), 255)
    draw, rng = ImageDraw.Draw(page), random.Random(1)
    for line in range(2, lines - 2):
        for column in range(4, columns - 4):
            draw.text(
                (column * wide, line * high),
                rng.choice("0123456789ABCDEFGHKLMN"),
                0,
                font_size=0.7 * high,
            )
            x, y = column * wide - 4, line * high - 4
            draw.rectangle((x, y, x + wide, y + high), outline=0)
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


_add("满格.png", "a page of 2,600 boxes", lambda: crowded_page(60, 55), "too_large", "unreadable", FINE, slow=True, pictured=True)  # fmt: skip


# --- PDF -------------------------------------------------------------------------------------------------


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of these objects, numbered from 1."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, root, table)
    return bytes(out)


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(data), more, data)


def packed(data: bytes, times: int = 1) -> bytes:
    filters = b"/Filter[" + b"/FlateDecode" * times + b"]"
    for _ in range(times):
        data = zlib.compress(data, 9)
    return stream(data, filters)


def one_page(content: bytes, box: bytes = b"0 0 595 842", more: Iterable[bytes] = ()) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents 4 0 R/Resources<<>>>>" % box
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        content,
        *more,
    )


def pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 4) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count), stream(b""), *[page] * count)  # fmt: skip


_add("空.pdf", "no bytes", lambda: b"", "unreadable")
_add("半.pdf", "cut short", lambda: pages(3)[:200], "unreadable")
_add("环.pdf", "pages that are their own parents", lambda: pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"), "unreadable", "too_large")  # fmt: skip
_add("环2.pdf", "a length that is its own reference", lambda: one_page(b"<</Length 4 0 R>>stream\nx\nendstream"), "unreadable", "too_large", FINE)  # fmt: skip
_add("深.pdf", "100,000 arrays in each other", lambda: one_page(stream(b"x"), more=[b"[" * 100_000 + b"]" * 100_000]), FINE, "unreadable", "too_large")  # fmt: skip
_add("深2.pdf", "100,000 arrays in its page", lambda: one_page(stream(b"[" * 100_000)), FINE, "unreadable", "too_large")  # fmt: skip
_add("流.pdf", "a stream of 1 GB", lambda: one_page(packed(b"0 0 m 1 1 l S\n" * 70_000_000)), "unreadable", "too_large", slow=True)  # fmt: skip
_add("流2.pdf", "a stream packed three times", lambda: one_page(packed(b"q " * 50_000_000, 3)), "unreadable", "too_large", FINE, slow=True)  # fmt: skip
_add("线.pdf", "500,000 lines", lambda: one_page(packed(b"0 0 m 100 100 l S\n" * 500_000)), "unreadable", "too_large", slow=True)  # fmt: skip
_add("页.pdf", "10,000 pages", lambda: pages(10_000), "too_large")
_add("页2.pdf", "90 pages", lambda: pages(90), FINE, slow=True)


def attaching(names: Iterable[bytes], content: bytes) -> bytes:
    """A PDF to which the same file is attached under each of these names."""
    files = b" ".join(b"(%b)<</Type/Filespec/F(%b)/EF<</F 5 0 R>>>>" % (one, one) for one in names)
    made = one_page(stream(b""), more=[content])
    return made.replace(b"/Type/Catalog", b"/Type/Catalog/Names<</EmbeddedFiles<</Names[%b]>>>>" % files)


_add("附弹.pdf", "an attachment of 1 GB", lambda: attaching([b"a.txt"], packed(bytes(1000 * MEGABYTE))), "unreadable", "too_large", slow=True)  # fmt: skip
_add("附多.pdf", "one attachment of 50 MB under 90 names", lambda: attaching([b"%d.txt" % one for one in range(90)], packed(ZEROS)), "unreadable", "too_large", slow=True)  # fmt: skip
_add("附径.pdf", "attachments whose names lead elsewhere", lambda: attaching([b"../../etc/passwd", b"/etc/shadow"], stream(b"x: 1")), FINE, "not_supported")  # fmt: skip
_add("大.pdf", "a page of ten million points", lambda: one_page(stream(b""), b"0 0 10000000 10000000"), FINE, "unreadable", "too_large")  # fmt: skip


# --- by LibreOffice --------------------------------------------------------------------------------------

RTF = b"{\\rtf1\\ansi "
_add("空.doc", "no bytes", lambda: b"", "unreadable")
_add("括号.rtf", "100,000 braces in each other", lambda: RTF + b"{" * 100_000 + b"x" + b"}" * 100_001, FINE, "unreadable", "too_large", slow=True)  # fmt: skip
_add("二进制.rtf", "claims 2 GB of binary", lambda: RTF + b"\\bin2147483647 x}", "unreadable")  # fmt: skip
_add("表.rtf", "20,000 rows", lambda: RTF + b"\\trowd\\cellx1000\\cellx2000 a\\cell b\\cell\\row\n" * 20_000 + b"}", FINE, "unreadable", "too_large", slow=True)  # fmt: skip
_add("段.rtf", "a million paragraphs", lambda: RTF + b"x\\par\n" * 1_000_000 + b"}", FINE, "unreadable", "too_large", slow=True)  # fmt: skip
_add("乱.doc", "a compound file with nonsense for a document", lambda: containers.compound(containers.Storage({"WordDocument": b"\xec\xa5\xc1\0" + b"\x07" * 9000, "1Table": b"\xff" * 9000})), "unreadable", "encrypted", FINE, slow=True)  # fmt: skip
_add("半.rtf", "cut short", lambda: RTF + b"\\pard x", FINE, "unreadable", slow=True)
_add("乱.xlsb", "nonsense for a workbook", lambda: forms.zipped([("[Content_Types].xml", b"<x/>"), ("xl/workbook.bin", b"\xff" * 1000)]), "unreadable", FINE, slow=True)  # fmt: skip
_add(
    "满.xlsb",
    "200,000 values",
    lambda: containers.xlsb([list(range(20))] * 10_000),
    FINE,
    "too_large",
    "unreadable",  # LibreOffice ends itself where its memory is short, and says nothing of why
    slow=True,
)


# --- containers ------------------------------------------------------------------------------------------

ZEROS = bytes(50 * MEGABYTE)


def nested_zip(levels: int, width: int) -> bytes:
    data = forms.zipped([("a.txt", bytes(MEGABYTE))])
    for _ in range(levels):
        data = forms.zipped([(f"{at}.zip", data) for at in range(width)])
    return data


def overlapping(count: int, size: int) -> bytes:
    """A zip all of whose entries are the same bytes: each unpacks to ``size``."""
    single = io.BytesIO()
    with zipfile.ZipFile(single, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(size))
    data = single.getvalue()
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[directory:end]
    tail = bytearray(data[end:])
    tail[8:12] = struct.pack("<HH", count, count)
    tail[12:16] = struct.pack("<I", len(entry) * count)
    return data[:directory] + entry * count + bytes(tail)


def tar(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def xz_dictionary() -> bytes:
    """An .xz whose header asks for a dictionary of 1.5 GB."""
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1536 * MEGABYTE, "preset": 0, "mf": lzma.MF_HC3, "nice_len": 2, "depth": 1, "mode": lzma.MODE_FAST}]  # fmt: skip
    small = [{**filters[0], "dict_size": 4096}]
    data = bytearray(lzma.compress(b"x" * 100, lzma.FORMAT_XZ, filters=small))
    at = data.index(b"\x21\x01") + 2  # LZMA2's id, the length of its properties, the dictionary's size
    data[at] = 37
    block = data[12 : 12 + 4 * (data[12] + 1)]
    block[-4:] = struct.pack("<I", zlib.crc32(bytes(block[:-4])))
    data[12 : 12 + len(block)] = block
    return bytes(data)


def many(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for at in range(count):
            archive.writestr(str(at), b"")
    return out.getvalue()


def seven(members: Iterable[tuple[str, bytes]]) -> bytes:
    import py7zr

    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(content, name)
    return out.getvalue()


def letters(depth: int) -> bytes:
    """A mail in a mail and so on, with a form in the innermost."""
    data = forms.mail("x", forms.html_table())
    for level in range(depth):
        head = b'MIME-Version: 1.0\nFrom: a@town.example\nSubject: %d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (level, level)  # fmt: skip
        data = head + b"--b%d\nContent-Type: message/rfc822\n\n%b\n--b%d--\n" % (level, data, level)
    return data


WALKS = ["../../etc/passwd", "..\\..\\a.txt", "/etc/shadow", "C:\\Windows\\a.txt", "a/../../b.txt", "x" * 5000,
         "CON", "nul.txt", "\u202etxt.exe", "a\nb\x1b[31m.txt", "~/.ssh/id", "a//b", "."]  # fmt: skip

for suffix in ("zip", "rar", "7z", "tar.gz", "tar", "msg", "eml"):
    _add(f"空.{suffix}", "no bytes", lambda: b"", "unreadable")
_add("空.dat", "no bytes", lambda: b"", "unreadable")
_add("半.zip", "cut short", lambda: forms.zipped([("a.xlsx", forms.xlsx())])[:3000], "unreadable")
_add("弹.zip", "400 MB of nothing", lambda: forms.zipped([(f"{n}.txt", ZEROS) for n in range(8)]), "too_large", slow=True)  # fmt: skip
_add("叠.zip", "1,000 entries of 10 MB that are one", lambda: overlapping(1000, 10 * MEGABYTE), "too_large")
_add("叠2.zip", "29 entries of 10 MB that are one", lambda: overlapping(29, 10 * MEGABYTE), FINE, "too_large", "unreadable", "not_supported", slow=True)  # fmt: skip
_add("套.zip", "zips in zips, 16 each, five deep", lambda: nested_zip(4, 16), "too_large", slow=True)
_add("套2.zip", "zips in zips, ten deep", lambda: nested_zip(10, 1), "too_large")
_add("百万.zip", "500,000 entries", lambda: many(500_000), "too_large", slow=True)
_add(
    "十万.zip", "100,000 entries, which are listed in no time", lambda: many(100_000), "too_large", slow=True
)
_add("两千.zip", "2,000 entries", lambda: many(2_000), "too_large")
_add("路径.zip", "names that lead elsewhere", lambda: forms.zipped([(one, b"x: 1") for one in WALKS]), FINE, "not_supported")  # fmt: skip
_add(
    "路径.tar",
    "names that lead elsewhere",
    lambda: tar([(one, b"x: 1") for one in WALKS]),
    FINE,
    "not_supported",
)
_add("路径.rar", "names that lead elsewhere", lambda: containers.rar5([("../../etc/a.txt", b"x: 1"), ("..\\b.txt", b"x: 1")]), FINE, "unreadable", "not_supported")  # fmt: skip
_add("弹.gz", "1 GB of nothing", lambda: gzip.compress(bytes(1000 * MEGABYTE), 1), "too_large", slow=True)
_add("弹.tar.gz", "400 MB of nothing", lambda: gzip.compress(tar([(f"{n}.txt", ZEROS) for n in range(8)]), 1), "too_large", slow=True)  # fmt: skip
_add("弹.bz2", "1 GB of nothing", lambda: bz2.compress(bytes(1000 * MEGABYTE)), "too_large", slow=True)
_add("字典.xz", "asks for a dictionary of 1.5 GB", xz_dictionary, "too_large", "unreadable", FINE)
_add("万.tar.gz", "100,000 files", lambda: gzip.compress(tar((str(n), b"") for n in range(100_000)), 1), "too_large", slow=True)  # fmt: skip
_add(
    "弹.7z",
    "400 MB of nothing",
    lambda: seven([(f"{n}.txt", ZEROS) for n in range(8)]),
    "too_large",
    slow=True,
)
_add("半.7z", "cut short", lambda: seven([("a.xlsx", forms.xlsx())])[:3000], "unreadable")
_add("半.rar", "cut short", lambda: containers.rar5([("a.xlsx", forms.xlsx())])[:3000], "unreadable")
_add("半.dat", "cut short", lambda: containers.winmail([("a.xlsx", forms.xlsx())])[:3000], "unreadable")
_add("半.msg", "cut short", lambda: containers.compound(containers.msg("x", files=[("a.xlsx", forms.xlsx())]))[:3000], "unreadable")  # fmt: skip
_add("套.eml", "100 mails in each other", lambda: letters(100), "too_large")
_add("件.eml", "20,000 parts", lambda: b'MIME-Version: 1.0\nFrom: a@town.example\nReceived: x\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\nContent-Type: application/x\n\nx\n" * 20_000 + b"--b--", "too_large", FINE, "not_supported", slow=True)  # fmt: skip
_add("标签.eml", "a page of 100,000 tags in each other", lambda: forms.mail("", "<div>" * 100_000 + "x"), FINE, "unreadable", "too_large")  # fmt: skip
_add("表.eml", "a page of 100,000 rows", lambda: forms.mail("", "<table>" + "<tr><td>1<td>2</tr>" * 100_000), FINE, "unreadable", "too_large", slow=True)  # fmt: skip

"""Files inside documents: a form in one is read, whatever wraps it; what can't be read there is told."""

from __future__ import annotations

import io
import shutil
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import make_containers as containers
import make_forms as forms
import pytest

from agent.base.findings import Finding
from agent.reading.reading import FileReading

Read = Callable[..., FileReading]
Storage = containers.Storage
with_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing")

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
OBJECT = (
    '<w:p><w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" Type="{}" '
    'ProgID="Excel.Sheet.12" ShapeID="s" DrawAspect="Content" ObjectID="_1" r:id="rId99"/></w:object></w:r></w:p>'
)


def with_part(
    document: bytes, part: str, data: bytes, inside: str = "", main: str = "word/document.xml"
) -> bytes:
    """A .docx (or another package) with one more part, referred to as rId99, and something more in its body."""
    folder, name = main.rsplit("/", 1)
    rels = f"{folder}/_rels/{name}.rels"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            if one == main:
                content = content.replace(b"<w:sectPr", inside.encode() + b"<w:sectPr", 1)
            if one == rels:
                target = part.removeprefix(f"{folder}/")
                link = (
                    f'<Relationship Id="rId99" Type="{RELATION}package" Target="{target}"/></Relationships>'
                )
                content = content.replace(b"</Relationships>", link.encode())
            new.writestr(one, content)
        new.writestr(part, data)
    return out.getvalue()


def letter(words: str = "统计表见下。") -> bytes:
    from docx import Document

    document = Document()
    document.add_paragraph(words)
    return forms.saved(document)


def embedding(name: str, data: bytes, document: bytes | None = None) -> bytes:
    return with_part(document or letter(), f"word/embeddings/{name}", data, OBJECT.format("Embed"))


def sheet_storage(data: bytes) -> containers.Storage:
    """A workbook of 97 to 2003 as an object's storage: the stream in it."""
    from olefile import OleFileIO

    with OleFileIO(io.BytesIO(data)) as book:
        return Storage({"Workbook": book.openstream("Workbook").read()})


def dropped(name: str, data: bytes) -> containers.Storage:
    """A file that was dropped upon a document as an icon."""
    written = name.encode("gbk") + b"\0"
    body = struct.pack("<H", 2) + written + b"C:\\" + written + struct.pack("<HH", 0, 3)
    body += struct.pack("<I", len(written)) + written + struct.pack("<I", len(data)) + data
    return Storage({"\x01Ole10Native": struct.pack("<I", len(body)) + body})


def other_program(kind: str) -> containers.Storage:
    texts = b"".join(struct.pack("<I", len(one) + 1) + one.encode() + b"\0" for one in ("Words", "", kind))
    return Storage({"\x01CompObj": b"\0" * 28 + texts, "Contents": b"x" * 100})


def old_document(*objects: containers.Storage) -> bytes:
    """What sets objects into a workbook of 97 to 2003: a storage each at its root."""
    storages = {f"MBD{number:08X}": one for number, one in enumerate(objects, 1)}
    return containers.compound(Storage(sheet_storage(forms.xls([""] * 14)).streams, storages))


def opendocument(inner: bytes) -> bytes:
    """By odfpy: a text with an object in it, which is a folder inside the zip."""
    from odf.draw import Frame, Object
    from odf.opendocument import OpenDocumentText, load
    from odf.text import P

    text = OpenDocumentText()
    frame, paragraph = Frame(width="20cm", height="4cm", anchortype="as-char"), P(text="统计表见下。")
    frame.addElement(Object(href=text.addObject(load(io.BytesIO(inner)))))
    paragraph.addElement(frame)
    text.text.addElement(paragraph)
    return forms.saved(text)


def pdf(listed: Mapping[str, bytes], pinned: bytes | None = None) -> bytes:
    """A page with a line of text, files attached to the document, and one pinned to the page."""
    import pypdfium2
    from test_pdf import at, drawn_pdf

    note = (
        "<</Type/Annot/Subtype/FileAttachment/Rect[9 9 30 30]/FS<</Type/Filespec/F(a.csv)/EF<</F 6 0 R>>>>>>"
    )
    plain = drawn_pdf(
        at(55, 230, "see the attachment"),
        note if pinned else "",
        f"<</Type/EmbeddedFile/Length {len(pinned)}>>stream\n{pinned.decode('latin-1')}\nendstream"
        if pinned
        else "",
        encoding="latin-1",
    )
    document = pypdfium2.PdfDocument(plain)
    for name, data in listed.items():
        document.new_attachment(name).set_data(data)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


WORKBOOK = forms.xlsx()
CASES: dict[str, Callable[[], bytes]] = {
    "工作簿.docx": lambda: embedding("Microsoft_Excel_Worksheet.xlsx", WORKBOOK),
    "旧工作簿.docx": lambda: embedding("oleObject1.bin", forms.xls()),
    "包装.docx": lambda: embedding("oleObject1.bin", containers.compound(Storage({"Package": WORKBOOK}))),
    "图标.docx": lambda: embedding("oleObject1.bin", containers.compound(dropped("统计表.xlsx", WORKBOOK))),
    "网页.docx": lambda: with_part(letter(), "word/afchunk.htm", forms.html(), '<w:altChunk r:id="rId99"/>'),
    "文档.xlsx": lambda: with_part(forms.xlsx([""] * 14), "xl/embeddings/a.docx", forms.docx(), main="xl/workbook.xml"),
    "工作簿.xls": lambda: old_document(sheet_storage(forms.xls())),
    "图标.xls": lambda: old_document(other_program("Equation.3"), dropped("统计表.docx", forms.docx())),
    "表格.odt": lambda: opendocument(forms.ods()),
    "附件.pdf": lambda: pdf({"说明.txt": "无".encode(), "统计表.xlsx": WORKBOOK}),
    "图钉.pdf": lambda: pdf({}, pinned=forms.csv()),
}  # fmt: skip


def forms_in(reading: FileReading) -> list[FileReading]:
    return [one for one in reading.everything() if one.form and one.form.values["patrols"] is not None]


@pytest.mark.parametrize("name", CASES)
def test_a_form_inside_a_document_is_read(name: str, read: Read) -> None:
    reading = read(name, CASES[name]())
    (found,) = forms_in(reading)
    assert found.form is not None and found.form.values == forms.EXPECTED
    assert [one for one in reading.findings if one.rule == "little_text"] == []


def test_a_form_inside_one_that_differs_from_the_form_around_it_is_there_to_be_compared(read: Read) -> None:
    data = embedding("a.xlsx", forms.xlsx([13, *forms.FIGURES[1:]]), forms.docx())
    reading = read("两张.docx", data)
    assert [one.form.values["patrols"] for one in reading.everything() if one.form] == [12, 13]


def told(reading: FileReading) -> list[Finding]:
    return [one for one in reading.findings if "嵌入了无法读取的对象" in one.text]


UNREADABLE = {
    "docx": lambda document: embedding("a.bin", containers.compound(other_program("Xyz.Table.8")), document),
    "链接.docx": lambda document: with_part(document, "x.xml", b"<x/>", OBJECT.format("Link")),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_object_that_nothing_reads_is_told_an_error_where_there_is_nothing_else(
    name: str, read: Read
) -> None:
    (finding,) = told(read("空.docx", UNREADABLE[name](letter())))
    assert (finding.severity, finding.rule) == ("error", "unreadable")
    reading = read("表.docx", UNREADABLE[name](forms.docx()))
    assert reading.form is not None and [one.severity for one in told(reading)] == ["warning"]


def test_what_an_object_calls_itself_is_named(read: Read) -> None:
    (finding,) = told(read("a.xls", old_document(other_program("Xyz.Table.8"))))
    assert "（Xyz.Table.8）" in finding.text


@pytest.mark.parametrize("kind", ["Equation.3", "MSGraph.Chart.8", "Forms.CommandButton.1"])
def test_what_is_only_shown_is_no_object_to_be_told_of(kind: str, read: Read) -> None:
    data = embedding("oleObject1.bin", containers.compound(other_program(kind)), forms.docx())
    assert read("表.docx", data).findings == read("表.docx", forms.docx()).findings


@pytest.mark.parametrize(
    ("data", "files", "told"),
    [
        (forms.xlsx(), ["form"], []),
        (b"\x01\x02 what only its own program knows", [], ["unreadable"]),
    ],
)
def test_an_object_of_another_program_in_an_open_text_is_read_or_told(
    data: bytes, files: list[str], told: list[str], read: Read
) -> None:
    out = io.BytesIO(opendocument(forms.ods()))
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("Object 9", data)
    reading = read("表格.odt", out.getvalue())
    assert [one.kind for one in reading.contains] == ["form", *files]  # the sheet inside, then the object
    assert [one.rule for one in reading.findings] == told


def test_the_table_behind_a_chart_is_no_file(read: Read) -> None:
    data = with_part(embedding("a.xlsx", WORKBOOK, letter()), "word/charts/chart1.xml", b"<c/>")
    link = f'<Relationship Id="r1" Type="{RELATION}package" Target="../embeddings/a.xlsx"/>'
    rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{link}</Relationships>'
    reading = read("图.docx", with_part(data, "word/charts/_rels/chart1.xml.rels", rels.encode()))
    assert forms_in(reading) == []


# --- by LibreOffice --------------------------------------------------------------------------------------


def rtf(storage: bytes, kind: bytes = b"Excel.Sheet.8") -> bytes:
    """A text with an object as RTF has it: OLE 1 around a compound file, in digits and lines."""
    head = struct.pack("<II", 0x501, 2) + struct.pack("<I", len(kind) + 1) + kind + b"\0" + bytes(8)
    digits = (head + struct.pack("<I", len(storage)) + storage).hex().encode()
    lines = b"\n".join(digits[at : at + 128] for at in range(0, len(digits), 128))
    return b"{\\rtf1\\ansi {\\object\\objemb{\\*\\objclass Excel.Sheet.8}{\\*\\objdata " + lines + b"}}}"


@pytest.mark.integration
@with_office
def test_a_workbook_inside_an_old_document_is_read_from_the_original(read: Read, tmp_path: Path) -> None:
    """Not from what LibreOffice made of it, which computes anew."""
    data = forms.converted(opendocument(forms.ods()), ".odt", "doc", tmp_path)
    (found,) = forms_in(read("旧.doc", data))
    assert found.form is not None and found.form.values == forms.EXPECTED
    assert found.file == "嵌入对象1.xls"


@pytest.mark.integration
@with_office
def test_a_workbook_inside_a_binary_workbook_is_read(read: Read) -> None:
    data = with_part(containers.xlsb([["见附表"]]), "xl/embeddings/a.xlsx", WORKBOOK, main="xl/workbook.bin")
    (found,) = forms_in(read("嵌.xlsb", data))
    assert found.form is not None and found.form.values == forms.EXPECTED


@pytest.mark.integration
@with_office
def test_a_workbook_inside_an_rtf_is_read_and_another_object_told(read: Read) -> None:
    (found,) = forms_in(read("嵌.rtf", rtf(forms.xls())))
    assert found.form is not None and found.form.values == forms.EXPECTED
    (finding,) = told(read("嵌.rtf", rtf(b"nothing known", b"Xyz.Table.8")))
    assert (finding.severity, "Xyz.Table.8" in finding.text) == ("error", True)

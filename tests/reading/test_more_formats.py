"""Old Word, PDF, .xlsb and Office 2003's XML: the same form out of each, in two layouts; and photos from iPhones."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_containers as containers
import make_forms as forms
import pytest
from test_files import require_the_form, rules

from agent.demo import pictures as made_up
from agent.reading.apart import outside
from agent.reading.reading import FileReading

Read = Callable[..., FileReading]

DATA = Path(__file__).with_name("data")
with_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


# --- pictures --------------------------------------------------------------------------------------------


def test_a_photo_from_an_iphone_is_a_photo(read: Read) -> None:
    """480 × 360 pixels of the demo's made-up scene, by libheif's heif-enc."""
    from agent.reading.photos import smaller

    data = (DATA / "photo.heic").read_bytes()
    reading = read("IMG_0001.HEIC", data)
    assert (reading.kind, reading.findings) == ("photo", ())
    assert smaller(data, 100).startswith(b"\xff\xd8")
    assert rules(read("坏.heic", data[:3000])) == ["unreadable"]


# --- what LibreOffice reads ------------------------------------------------------------------------------


def bordered_word(sideways: bool = False) -> bytes:
    """The form in a ruled table; sideways, with a row for each indicator."""
    from docx import Document
    from docx.shared import Cm

    if not sideways:
        document = forms.word(narrative=forms.NARRATIVE)
        section = document.sections[0]
        section.page_width, section.page_height = Cm(40), Cm(21)
    else:
        document = Document()
        document.add_paragraph(forms.NARRATIVE)
        for line in (forms.TITLE, *forms.ABOVE):
            document.add_paragraph(line)
        table = document.add_table(rows=0, cols=2)
        for heading, figure in zip(*forms.flat_rows(), strict=True):
            for cell, text in zip(table.add_row().cells, (heading, figure), strict=True):
                cell.text = text
    document.tables[0].style = "Table Grid"
    document.add_paragraph(forms.NOTE)  # a document ends with a paragraph, never with a table
    return forms.saved(document)


def bordered_workbook(sideways: bool = False) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Side
    from openpyxl.worksheet.properties import PageSetupProperties

    thin = Side(style="thin")
    if not sideways:
        book = forms.workbook()
        ruled = book.active["A4:N6"]
        for number in (4, 5, 6):
            book.active.row_dimensions[number].height = 70
    else:
        book = Workbook()
        for line in (forms.TITLE, *forms.ABOVE):
            book.active.append([line])
        for row in zip(forms.flat_rows()[0], forms.FIGURES, strict=True):
            book.active.append(row)
        book.active.column_dimensions["A"].width = book.active.column_dimensions["B"].width = 30
        ruled = book.active["A6:B19"]
    for row in ruled:
        for cell in row:
            cell.border, cell.alignment = Border(thin, thin, thin, thin), Alignment(wrap_text=True)
    book.active.page_setup.orientation, book.active.page_setup.fitToWidth = "landscape", 1
    book.active.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return forms.saved(book)


SOURCES = {
    "文平.docx": bordered_word(),
    "文竖.docx": bordered_word(sideways=True),
    "图.docx": forms.docx(narrative=forms.NARRATIVE, pictures=[made_up.photo(1)]),
    "表平.xlsx": bordered_workbook(),
    "表竖.xlsx": bordered_workbook(sideways=True),
}
WRITTEN = {
    "文平.doc": "doc",
    "文竖.doc": "doc",
    "文平.rtf": "rtf",
    "文竖.rtf": "rtf",
    "文竖.xml": "xml:MS Word 2003 XML",  # upright, LibreOffice 7.4 loses the merged cells in writing it
    "文平.pdf": "pdf",
    "文竖.pdf": "pdf",
    "表平.pdf": "pdf",
    "表竖.pdf": "pdf",
    "图.pdf": "pdf",
}
FORMS = [name for name in WRITTEN if name != "图.pdf"]


def libreoffice(target: str, sources: list[Path], out: Path, *options: str) -> None:
    """All the files in one call."""
    profile = f"-env:UserInstallation={(out.parent / 'profile').as_uri()}"
    command = [
        "soffice",
        profile,
        "--headless",
        *options,
        "--convert-to",
        target,
        "--outdir",
        str(out),
        *map(str, sources),
    ]
    env = {**os.environ, "HOME": str(out.parent)}
    subprocess.run(command, check=True, capture_output=True, timeout=100, env=env)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The sources as LibreOffice writes them, one call for each format."""
    folder = tmp_path_factory.mktemp("written")
    paths = {Path(name).stem: folder / name for name in SOURCES}
    for name, data in SOURCES.items():
        (folder / name).write_bytes(data)
    for target in dict.fromkeys(WRITTEN.values()):
        stems = [Path(name).stem for name, wanted in WRITTEN.items() if wanted == target]
        libreoffice(target, [paths[stem] for stem in stems], folder / "out")
    return {name: (folder / "out" / name).read_bytes() for name in WRITTEN}


@pytest.mark.integration
@with_office
@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_comes_out_of_old_formats_and_of_pdf(
    name: str, written: dict[str, bytes], read: Read
) -> None:
    reading = read(name, written[name])
    require_the_form(reading)
    if name == "文平.pdf":  # fourteen columns on a page: two figures are broken over lines, and that is told
        assert {finding.rule for finding in reading.findings} == {"displayed_otherwise"}
        assert reading.form is not None and reading.form.sources["joint_patrols"] == "第1页表1!R3C2"
    else:
        assert reading.findings == ()
    if name.startswith("文"):
        assert reading.text.replace("\n", "").startswith(forms.NARRATIVE)


@pytest.mark.integration
@with_office
def test_photos_in_a_pdf_are_photos(written: dict[str, bytes], read: Read) -> None:
    assert [one.kind for one in read("图.pdf", written["图.pdf"]).contains] == ["photo"]


def excel_2003(sideways: bool) -> bytes:
    """As Excel 2003 and many programs write it; LibreOffice 7.4 fails to."""

    def cell(value: Any) -> str:
        return (
            f'<Cell><Data ss:Type="{"String" if isinstance(value, str) else "Number"}">{value}</Data></Cell>'
        )

    rows = "".join(f"<Row>{''.join(map(cell, row))}</Row>" for row in workbook_rows(sideways))
    return (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Sheet1">'
        f"<Table>{rows}</Table></Worksheet></Workbook>"
    ).encode()


@pytest.mark.parametrize("sideways", [False, True], ids=["flat", "sideways"])
def test_the_same_form_comes_out_of_excel_2003s_xml(sideways: bool, read: Read) -> None:
    require_the_form(read("统计表.xml", excel_2003(sideways)))


STYLES = (
    '<Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style>'
    '<Style ss:ID="y"><NumberFormat ss:Format="0&quot;元&quot;"/></Style>'
    '<Style ss:ID="s"><Font ss:StrikeThrough="1"/></Style></Styles><Worksheet '
)
NUMBER_36 = '<Cell><Data ss:Type="Number">36</Data></Cell>'


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<Cell ss:Formula="=30+6"><Data ss:Type="Number">36</Data></Cell>', 36),
        ('<Cell ss:Formula="=30+7"><Data ss:Type="Number">36</Data></Cell>', None),
        ('<Cell ss:Formula="=LEN(R1C1)"><Data ss:Type="Number">36</Data></Cell>', 36),
        ('<Cell ss:Formula="=SUM(RC[1]:RC[2])"><Data ss:Type="Number">36</Data></Cell>', None),
        ('<Cell ss:Formula="=30+6"/>', None),
        ('<Cell ss:StyleID="p"><Data ss:Type="Number">0.36</Data></Cell>', None),
        ('<Cell ss:StyleID="y"><Data ss:Type="Number">36</Data></Cell>', None),
        ('<Cell ss:StyleID="s"><Data ss:Type="Number">36</Data></Cell>', None),
        ('<Cell><Data ss:Type="DateTime">2024-03-01T00:00:00.000</Data></Cell>', None),
        ('<Cell><Data ss:Type="DateTime">1899-12-31T09:30:00.000</Data></Cell>', None),
        ('<Cell><Data ss:Type="DateTime">36</Data></Cell>', None),
        ('<Cell><Data ss:Type="Boolean">1</Data></Cell>', None),
        ('<Cell><Data ss:Type="Error">#REF!</Data></Cell>', None),
        ('<Cell ss:MergeAcross="1"><Data ss:Type="Number">36</Data></Cell>', None),
        ('<Cell ss:Index="3"><Data ss:Type="Number">36</Data></Cell>', 36),
        (
            '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><S>12</S>36</ss:Data></Cell>',
            36,
        ),
    ],
)
def test_a_cell_of_excel_2003s_xml_is_what_is_stored_and_shown(
    cell: str, value: int | None, read: Read
) -> None:
    page = excel_2003(sideways=False).decode()
    assert NUMBER_36 in page
    page = page.replace("<Worksheet ", STYLES, 1).replace(NUMBER_36, cell)
    reading = read("统计表.xml", page.encode())
    assert reading.form is not None and reading.form.values["staff_deployed"] == value
    assert (value is None) == any(finding.severity == "error" for finding in reading.findings)


@pytest.mark.parametrize(
    ("column", "hidden"),
    [
        ('<Column ss:Index="3" ss:Hidden="1"/>', True),
        ('<Column/><Column/><Column ss:Hidden="1"/>', True),
        ('<Column/><Column ss:Hidden="1" ss:Span="1"/>', True),
        ('<Column ss:Hidden="1" ss:Span="1"/><Column/>', False),
    ],
)
def test_a_figure_in_a_hidden_column_of_excel_2003s_xml_is_none(
    column: str, hidden: bool, read: Read
) -> None:
    page = excel_2003(sideways=False).decode().replace("<Table>", f"<Table>{column}")
    reading = read("统计表.xml", page.encode())
    assert reading.form is not None
    assert (reading.form.values["staff_deployed"] is None) == hidden


@pytest.mark.parametrize("number", ["36人", "INF", "1E+500"])
def test_a_number_of_excel_2003s_xml_that_is_none_makes_it_a_damaged_file(number: str, read: Read) -> None:
    page = excel_2003(sideways=False).decode().replace(">36<", f">{number}<")
    assert rules(read("统计表.xml", page.encode())) == ["unreadable"]


@pytest.mark.integration
@with_office
@pytest.mark.parametrize(("stored", "value"), [(37, 37), (36, None)])
def test_a_stored_result_in_a_binary_workbook_counts_where_it_is_the_formulas(
    stored: int, value: int | None, read: Read
) -> None:
    """30 + 7: with 36 stored somebody sees the one and somebody else the other."""
    rows = workbook_rows(False)
    rows[-1][2] = containers.Formula(bytes.fromhex("1e1e001e070003"), stored)
    reading = read("统计表.xlsb", containers.xlsb(rows))
    assert reading.form is not None and reading.form.values["staff_deployed"] == value


def workbook_rows(sideways: bool, **changed: Any) -> list[list[Any]]:
    headings, _ = forms.flat_rows()
    rows = [list(row) for row in zip(headings, forms.FIGURES, strict=True)]
    rows[9][1] = changed.get("people_persuaded", rows[9][1])
    table = rows if sideways else [list(column) for column in zip(*rows, strict=True)]
    return [[forms.TITLE], *[[line] for line in forms.ABOVE], *table]


@pytest.mark.integration
@with_office
@pytest.mark.parametrize("sideways", [False, True], ids=["flat", "sideways"])
def test_the_same_form_comes_out_of_a_binary_workbook(sideways: bool, read: Read) -> None:
    require_the_form(read("统计表.xlsb", containers.xlsb(workbook_rows(sideways))))


@pytest.mark.integration
@with_office
def test_a_percentage_in_a_binary_workbook_is_no_plain_number(read: Read) -> None:
    reading = read("统计表.xlsb", containers.xlsb(workbook_rows(False, people_persuaded=(0.986, 1))))
    assert reading.form is not None and reading.form.values["people_persuaded"] is None
    assert "百分数" in reading.findings[0].text


@pytest.mark.integration
@with_office
def test_a_broken_old_document_is_told(written: dict[str, bytes], read: Read) -> None:
    whole = written["文平.doc"]
    locked = bytearray(whole)
    locked[whole.index(b"\xec\xa5") + 11] |= 1
    assert rules(read("密.doc", bytes(locked))) == ["encrypted"]
    assert rules(read("坏.doc", whole[:7000])) == ["unreadable"]


@pytest.mark.integration
@with_office
def test_nothing_of_a_conversion_stays_behind(written: dict[str, bytes], read: Read, tmp_path: Path) -> None:
    before = set(Path(outside.tempfile.gettempdir()).glob("report-agent-*"))
    read("统计表.doc", written["文平.doc"])
    left = set(Path(outside.tempfile.gettempdir()).glob("report-agent-*")) - before
    assert [one for one in left if not one.name.startswith("report-agent-office-")] == []


@pytest.mark.integration
@with_office
def test_a_scanned_page_behind_the_form_is_a_warning(
    written: dict[str, bytes], read: Read, without_ocr: None
) -> None:
    """The form is read from the text; what the page says is for a person to look at."""
    import pypdfium2
    from test_pdf import picture_pdf
    from test_pictures import ruled_page, stored

    whole = pypdfium2.PdfDocument(written["文竖.pdf"])
    whole.import_pages(pypdfium2.PdfDocument(picture_pdf(stored(ruled_page()))))
    buffer = io.BytesIO()
    whole.save(buffer)
    reading = read("a.pdf", buffer.getvalue())
    require_the_form(reading)
    assert [finding.severity for finding in reading.findings] == ["warning"]
    assert f"第 {len(whole)} 页" in reading.findings[0].text

"""Each format's reader on its own: cells with their addresses, kinds and formats, hidden and struck ones told."""

from __future__ import annotations

import datetime as dt
import io
import re
import time
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import make_forms as forms
import pytest
from hostile import changed
from openpyxl import load_workbook
from openpyxl.styles import Font

from agent.base.errors import Unreadable
from agent.reading.formats.delimited import read_delimited
from agent.reading.formats.docx import read_docx
from agent.reading.formats.html import read_html
from agent.reading.formats.ods import read_ods
from agent.reading.formats.odt import read_odt
from agent.reading.formats.text import decode, read_text
from agent.reading.formats.xls import read_xls
from agent.reading.formats.xlsx.sheets import read_xlsx
from agent.reading.grid import Cell, Document, Grid, Merge
from agent.reading.limits import Budget, Limits


def budget(**limits: int) -> Budget:
    return Budget(Limits(**limits))


def cell(grid: Grid, address: str) -> Cell:
    """The cell of that address; an empty one where the grid has none."""
    return next((one for row in grid.rows for one in row if one.address == address), Cell(address))


def texts(grid: Grid) -> list[list[str]]:
    return [[one.text for one in row] for row in grid.rows]


def xlsx_with(**cells: Any) -> Grid:
    """A sheet whose cells were set to values, or handed to a function that sets them."""
    from openpyxl import Workbook

    book = Workbook()
    for address, value in cells.items():
        one = book.active[address]
        if callable(value):
            value(one)
        else:
            one.value = value
    return read_xlsx(forms.saved(book), budget()).grids[0]


PRINT_TITLES = (
    b'<definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">a b</definedName></definedNames>'
)

# --- .xlsx -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "usual", "odd"),
    [
        ("xl/styles.xml", rb"<patternFill/>", rb""),
        ("xl/styles.xml", rb'patternType="gray125"', rb'patternType="wavy"'),
        ("xl/styles.xml", rb"<left/>", rb'<left style="wavy"/>'),
        ("xl/styles.xml", rb'builtinId="0"', rb'builtinId="x"'),
        ("xl/styles.xml", rb"<color [^>]*", rb'<color rgb="red"/'),
        ("xl/styles.xml", rb"<family [^>]*", rb'<family val="20"/'),
        ("xl/workbook.xml", rb'tabRatio="600"', rb'tabRatio="0.6"'),
        ("xl/workbook.xml", rb"<calcPr ", rb'<calcPr calcMode="odd" '),
        ("xl/workbook.xml", rb"<definedNames/>", PRINT_TITLES),
        ("xl/worksheets/sheet1.xml", rb"<t>(.*?)</t>", rb'<r><rPr><color rgb="red"/></rPr><t>\1</t></r>'),
        ("xl/worksheets/sheet1.xml", rb"<t>(.*?)</t>", rb'<r><rPr><family val="20"/></rPr><t>\1</t></r>'),
    ],
)
def test_what_openpyxl_gives_up_at_keeps_no_workbook_from_being_read(
    part: str, usual: bytes, odd: bytes
) -> None:
    book = forms.workbook()
    book.active["A6"].font = Font(strike=True)
    data = changed(forms.saved(book), part, lambda old: _once(usual, odd, old))
    with pytest.raises((TypeError, ValueError)):
        load_workbook(io.BytesIO(data), rich_text=True)
    sheet = read_xlsx(data, budget()).grids[0]
    assert (cell(sheet, "A6").struck, cell(sheet, "B6").struck) == (True, False)
    assert (cell(sheet, "A1").text, cell(sheet, "B6").number) == (forms.TITLE, forms.FIGURES[1])


FORMS = Path(__file__).resolve().parents[1] / "forms"
WORKBOOKS = [  # but for those whose stored results are none that a program would show
    one for one in sorted(FORMS.rglob("*.xlsx")) if zipfile.is_zipfile(one) and one.parent.name != "stale"
]


def test_numbers_are_those_that_openpyxl_reads_too() -> None:
    read = 0
    for path in WORKBOOKS:
        try:
            theirs = load_workbook(path, data_only=True)
        except (TypeError, ValueError, KeyError):  # what it gives up at; ours are looked at elsewhere
            continue
        grids = {one.name: one for one in read_xlsx(path.read_bytes(), budget()).grids}
        assert grids.keys() >= {one.title for one in theirs.worksheets}, path
        for sheet in theirs.worksheets:
            grid = grids[sheet.title]
            ours = {one.address: one for row in grid.rows for one in row}
            numbers = {at: one.number for at, one in ours.items() if one.kind == "number"}
            stored = {
                one.coordinate: Decimal(repr(one.value))
                for row in sheet.iter_rows()
                for one in row
                if isinstance(one.value, int | float) and not isinstance(one.value, bool)
            }
            assert numbers.items() <= stored.items(), path
            otherwise = {ours[at].kind for at in stored.keys() - numbers.keys()}
            # A local date (10月20日) is a number to openpyxl; what is to be calculated anew has no result yet.
            assert otherwise <= {"date", "no_result"}, path
            read += len(numbers)
    assert read > 3000


SHEET, BOOK, RELATIONS = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
FIRST, SECOND = rb'<c r="A6" t="n"><v>12</v></c>', rb'<c r="B6" t="n"><v>5</v></c>'


@pytest.mark.parametrize(
    ("part", "usual", "odd"),
    [
        (SHEET, FIRST, rb'<c r="A6" t="n"><v>1<!-- x -->2</v></c>'),
        (SHEET, FIRST, rb'<c r="A6" t="n"><v>1<?x y?><![CDATA[2]]></v></c>'),
        (SHEET, FIRST, rb'<c r="A6" t="n"><v>12</v></c><!-- x --><?x r="A1"?>'),
        (SHEET, FIRST, rb'<c r="A6" t="n"><x:v xmlns:x="urn:x">9</x:v><v>12</v></c>'),
        (SHEET, SECOND, SECOND + rb'<x:c xmlns:x="urn:x" r="C6"><x:v>9</x:v></x:c>'),
        (SHEET, rb"<sheetData>", rb'<x:col xmlns:x="urn:x" min="1" max="9" hidden="1"/><sheetData>'),
        (SHEET, rb'<mergeCell ref="A4:B4"/>', rb'<mergeCell ref = "$a$4:$b$4"/>'),
        (RELATIONS, rb'"/?(xl/)?worksheets/sheet1.xml"', rb'"WorkSheets/Sheet%31.xml#A1"'),
        (RELATIONS, rb'"/?(xl/)?worksheets/sheet1.xml"', rb'"worksheets\\sheet1.xml"'),
        (SHEET, FIRST, rb'<c r="A6" t="n"><v>12</v></c><c r="Z6" t="str"><v></v></c>'),
    ],
)
def test_what_says_nothing_of_the_cells_changes_none(part: str, usual: bytes, odd: bytes) -> None:
    plain = read_xlsx(forms.xlsx(), budget())
    assert read_xlsx(changed(forms.xlsx(), part, lambda old: _once(usual, odd, old)), budget()) == plain


@pytest.mark.parametrize(
    ("part", "usual", "odd"),
    [
        (SHEET, SECOND, rb'<c r="A6" t="n"><v>99</v></c>' + SECOND),
        (SHEET, FIRST, rb'<c r="A6" t="n"><v>1_2</v></c>'),
        (SHEET, FIRST, '<c r="A6" t="n"><v>１２</v></c>'.encode()),
        (SHEET, FIRST, rb'<c r="A6" s="-1"><v>12</v></c>'),
        (SHEET, FIRST, rb'<c r="A6" t="s"><v>-1</v></c>'),
        (SHEET, FIRST, rb'<c r="A0" t="n"><v>12</v></c>'),
        (SHEET, FIRST, rb'<c r="XFE6" t="n"><v>12</v></c>'),
        (SHEET, rb'<row r="6"', rb'<row r="6.5"'),
        (SHEET, rb"</sheetData>", rb"</sheetData><sheetData></sheetData>"),
        (SHEET, FIRST, b'<x:AlternateContent xmlns:x="urn:x">' + FIRST + b"</x:AlternateContent>"),
        (SHEET, rb'<mergeCell ref="A4:B4"/>', rb'<mergeCell ref="A4-B4"/>'),
        (BOOK, rb'r:id="rId1"', rb'r:id="rId99"'),
        (BOOK, rb"<sheet .*?/>", rb""),
        (RELATIONS, rb"worksheets/sheet1.xml", rb"worksheets/sheet9.xml"),
    ],
)
def test_what_leaves_a_cell_or_a_sheet_open_makes_a_workbook_a_damaged_one(
    part: str, usual: bytes, odd: bytes
) -> None:
    with pytest.raises(Unreadable, match="已损坏"):
        read_xlsx(changed(forms.xlsx(), part, lambda old: _once(usual, odd, old)), budget())


@pytest.mark.parametrize(
    ("odd", "kind", "text"),
    [
        (rb'<c r="A6" t="d"><v>2024-03-01T00:00:00</v></c>', "date", "2024-03-01"),
        (rb'<c r="A6" t="d"><v>2024-03-01T09:30:00</v></c>', "date", "2024-03-01 09:30:00"),
        (rb'<c r="A6" t="odd"><v>12</v></c>', "text", "12"),
    ],
)
def test_a_workbooks_cell_of_a_rare_type_is_what_it_calls_itself(odd: bytes, kind: str, text: str) -> None:
    one = cell(
        read_xlsx(changed(forms.xlsx(), SHEET, lambda old: _once(FIRST, odd, old)), budget()).grids[0], "A6"
    )
    assert (one.kind, one.text, one.number) == (kind, text, None)


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_workbooks_part_may_be_written_in_utf_16(coding: str) -> None:
    data = changed(
        forms.xlsx(),
        SHEET,
        lambda old: (
            '<?xml version="1.0" encoding="UTF-16"?>' + re.sub(r"^<\?xml.*?\?>", "", old.decode())
        ).encode(coding),
    )
    assert read_xlsx(data, budget()) == read_xlsx(forms.xlsx(), budget())


def _once(usual: bytes, odd: bytes, part: bytes) -> bytes:
    part, changes = re.subn(usual, odd, part, count=1)
    assert changes
    return part


@pytest.mark.parametrize(
    ("value", "kind", "text", "number", "date"),
    [
        (12, "number", "12", Decimal(12), None),
        (1.23456, "number", "1.23456", Decimal("1.23456"), None),
        (1e-7, "number", "0.0000001", Decimal("1E-7"), None),
        (0, "number", "0", Decimal(0), None),
        ("约20", "text", "约20", None, None),
        (True, "boolean", "TRUE", None, None),
        (dt.datetime(2024, 3, 1), "date", "2024-03-01", None, dt.date(2024, 3, 1)),
        (dt.datetime(2024, 3, 1, 9, 30), "date", "2024-03-01 09:30:00", None, dt.date(2024, 3, 1)),
        (dt.time(9, 30), "date", "09:30:00", None, None),
        ("#REF!", "error", "#REF!", None, None),
        ("=1+1", "no_result", "", None, None),
    ],
)
def test_a_workbooks_cell_keeps_what_is_stored(
    value: Any, kind: str, text: str, number: Decimal | None, date: dt.date | None
) -> None:
    one = cell(xlsx_with(B6=value), "B6")
    assert (one.kind, one.text, one.number, one.date) == (kind, text, number, date)


def test_a_number_format_goes_with_the_number() -> None:
    def yuan(one: Any) -> None:
        one.value, one.number_format = 12000, '0"元"'

    assert cell(xlsx_with(A1=yuan), "A1").number_format == '0"元"'


def test_a_format_that_shows_nothing_hides_the_cell() -> None:
    def invisible(one: Any) -> None:
        one.value, one.number_format = 12, ";;;"

    assert cell(xlsx_with(A1=invisible), "A1").hidden


def test_struck_cells_and_runs_do_not_count() -> None:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    def struck(one: Any) -> None:
        one.value, one.font = 12, Font(strike=True)

    grid = xlsx_with(A1=struck, A2=CellRichText(TextBlock(InlineFont(strike=True), "15"), "12"))
    assert (cell(grid, "A1").struck, cell(grid, "A1").withheld) == (True, "12")
    assert (cell(grid, "A2").text, cell(grid, "A2").withheld, cell(grid, "A2").struck) == ("12", "15", False)


def test_hidden_rows_columns_and_sheets_are_marked() -> None:
    book = forms.workbook()
    book.active.row_dimensions[6].hidden = True
    book.active.column_dimensions.group("B", "C", hidden=True)
    book.create_sheet("备份")["A1"] = 1
    book["备份"].sheet_state = "veryHidden"
    first, second = read_xlsx(forms.saved(book), budget()).grids
    assert cell(first, "A6").hidden
    assert cell(first, "B5").hidden and cell(first, "C4").hidden
    assert not cell(first, "A4").hidden
    assert second.hidden and cell(second, "A1").hidden


def test_comments_are_no_values() -> None:
    from openpyxl.comments import Comment

    def commented(one: Any) -> None:
        one.value, one.comment = 12, Comment("15", "审核")

    assert texts(xlsx_with(A1=commented)) == [["12"]]


def test_a_stored_result_is_read_and_a_missing_one_is_told() -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_formula("A1", "=5+7", None, 12)
    sheet.write_formula("A2", "=COUNT(A1)")
    sheet.write_formula("A3", "=5+8")
    book.close()
    grid = read_xlsx(buffer.getvalue(), budget()).grids[0]
    assert (cell(grid, "A1").kind, cell(grid, "A1").number) == ("number", Decimal(12))
    assert cell(grid, "A2").kind == "no_result"
    assert (cell(grid, "A3").kind, cell(grid, "A3").number) == ("number", Decimal(13))


def test_a_covered_cell_of_a_merged_range_is_empty_and_withholds_what_is_stored_in_it() -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"], book.active["B1"], book.active["C1"] = 5, 7, 9
    data = forms.saved(book)
    data = edited(
        data,
        "xl/worksheets/sheet1.xml",
        rb"</sheetData>",
        b'</sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
    )
    grid = read_xlsx(data, budget()).grids[0]
    assert grid.merges == (Merge(0, 0, 0, 1),)
    assert [one.kind for one in grid.rows[0]] == ["number", "empty", "number"]
    assert grid.rows[0][1].withheld == "7"


def edited(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The package with a part changed."""
    buffer = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            stored = source.read(name)
            if name == part:
                stored, times = re.subn(old, lambda _: new, stored)
                assert times
            target.writestr(name, stored)
    return buffer.getvalue()


def test_a_million_blank_formatted_rows_cost_nothing() -> None:
    rows = b"".join(
        b'<row r="%d"><c r="A%d" s="0"/><c r="B%d" s="0"/></row>' % (n, n, n) for n in range(8, 300_000)
    )
    data = edited(forms.xlsx(), "xl/worksheets/sheet1.xml", b"</sheetData>", rows + b"</sheetData>")
    started = time.process_time()
    grid = read_xlsx(data, budget()).grids[0]
    assert time.process_time() - started < 10
    assert len(grid.rows) == 7


def test_far_apart_cells_and_merges_over_whole_columns_cost_nothing() -> None:
    book = forms.workbook()
    book.active["N1048576"] = "尾"
    data = edited(
        forms.saved(book),
        "xl/worksheets/sheet1.xml",
        b"</mergeCells>",
        b'<mergeCell ref="P1:XFD1048576"/></mergeCells>',
    )
    grid = read_xlsx(data, budget()).grids[0]
    assert len(grid.rows) < 15
    assert cell(grid, "N1048576").text == "尾"


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(Unreadable) as refusal:
        read_xlsx(forms.xlsx(), budget(cells=20))
    assert refusal.value.rule == "too_large"


def test_a_workbook_with_a_document_type_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "9"><!ENTITY b "&a;&a;">]><worksheet'
    with pytest.raises(Unreadable):
        read_xlsx(edited(forms.xlsx(), "xl/worksheets/sheet1.xml", b"<worksheet", bomb), budget())


def test_pictures_of_a_workbook_come_along() -> None:
    from openpyxl.drawing.image import Image

    book = forms.workbook()
    book.active.add_image(Image(io.BytesIO(picture())), "A10")
    assert [one.name for one in read_xlsx(forms.saved(book), budget()).pictures] == ["image1.png"]


def picture(size: tuple[int, int] = (4, 4)) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, "PNG")
    return buffer.getvalue()


# --- .xls ------------------------------------------------------------------------------------------------


def test_an_old_workbook_tells_formats_dates_booleans_hidden_and_struck() -> None:
    import xlwt

    book, sheet = forms.old_workbook()
    sheet.write(7, 0, 0.986, xlwt.easyxf(num_format_str="0.0%"))
    sheet.write(7, 1, dt.date(2024, 3, 1), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    sheet.write(7, 2, True)
    sheet.write(7, 3, 12, xlwt.easyxf("font: struck_out on"))
    sheet.write_rich_text(7, 4, [("15", xlwt.easyfont("struck_out on")), ("12", xlwt.easyfont(""))])
    sheet.write(7, 5, dt.time(9, 30), xlwt.easyxf(num_format_str="hh:mm"))
    sheet.write(7, 6, 10_000_000, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    sheet.row(5).hidden = True
    sheet.col(6).hidden = True
    grid = read_xls(forms.saved(book), budget()).grids[0]
    assert cell(grid, "A8").number_format == "0.0%"
    assert (cell(grid, "B8").kind, cell(grid, "B8").date) == ("date", dt.date(2024, 3, 1))
    assert cell(grid, "C8").kind == "boolean"
    assert cell(grid, "D8").struck
    assert (cell(grid, "E8").text, cell(grid, "E8").withheld) == ("12", "15")
    assert (cell(grid, "F8").kind, cell(grid, "F8").text) == ("date", "09:30:00")
    assert (cell(grid, "G8").kind, cell(grid, "G8").text) == ("error", "####")  # beyond the calendar's end
    assert cell(grid, "A6").hidden and cell(grid, "G4").hidden and not cell(grid, "A4").hidden
    assert Merge(3, 0, 3, 1) in grid.merges


def test_a_hidden_sheet_of_an_old_workbook_is_marked() -> None:
    book, _ = forms.old_workbook()
    book.add_sheet("备份").visibility = 1
    book.get_sheet(1).write(0, 0, 1)
    assert [grid.hidden for grid in read_xls(forms.saved(book), budget()).grids] == [False, True]


# --- .ods ------------------------------------------------------------------------------------------------


def ods_with(cells: str, styles: str = "") -> Grid:
    """A sheet of one row from its XML."""
    namespaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("style", "style"),
            ("number", "datastyle"),
        )
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {namespaces}><office:automatic-styles>{styles}'
        f'</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="表格">{cells}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    data = forms.zipped(
        [("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.encode())]
    )
    return read_ods(data, budget()).grids[0]


def number_style(name: str, kind: str, inside: str) -> str:
    return (
        f'<number:{kind} style:name="N{name}">{inside}</number:{kind}>'
        f'<style:style style:name="{name}" style:family="table-cell" style:data-style-name="N{name}"/>'
    )


DIGITS = '<number:number number:decimal-places="1" number:min-integer-digits="1"/>'


@pytest.mark.parametrize(
    ("kind", "value_type", "inside", "code"),
    [
        ("percentage-style", "percentage", DIGITS + "<number:text>%</number:text>", "0.0%"),
        ("number-style", "float", DIGITS + "<number:text>元</number:text>", '0.0"元"'),
        (
            "currency-style",
            "currency",
            "<number:currency-symbol>￥</number:currency-symbol>" + DIGITS,
            '"￥"0.0',
        ),
        (
            "number-style",
            "float",
            '<number:number number:min-integer-digits="1" number:decimal-places="0" number:display-factor="1000"/>',
            "0,",
        ),
        ("number-style", "float", '<number:number number:min-integer-digits="1"/>', "General"),
        ("number-style", "float", '<number:number number:grouping="true"/>', "#,##0"),
        ("number-style", "float", "<number:fraction/>", "# ?/?"),
        ("number-style", "float", "<number:scientific-number/>", "0.00E+00"),
        ("text-style", "float", "<number:text-content/>", "@"),
        ("percentage-style", "percentage", DIGITS, "0.0%"),
        ("currency-style", "currency", DIGITS, '0.0"货币"'),
    ],
)
def test_an_open_sheets_number_style_becomes_a_format_code(
    kind: str, value_type: str, inside: str, code: str
) -> None:
    row = f'<table:table-row><table:table-cell table:style-name="ce1" office:value-type="{value_type}" office:value="0.986"><text:p>x</text:p></table:table-cell></table:table-row>'
    one = ods_with(row, number_style("ce1", kind, inside)).rows[0][0]
    assert (one.kind, one.number, one.number_format) == ("number", Decimal("0.986"), code)


def test_a_number_style_for_numbers_above_zero_goes_before_the_others() -> None:
    positive = (
        f'<number:number-style style:name="P">{DIGITS}<number:text>元</number:text></number:number-style>'
    )
    style = number_style(
        "ce1", "number-style", '<style:map style:condition="value()&gt;0" style:apply-style-name="P"/>'
    )
    row = '<table:table-row><table:table-cell table:style-name="ce1" office:value-type="float" office:value="2"/></table:table-row>'
    assert ods_with(row, positive + style).rows[0][0].number_format == '0.0"元"'


@pytest.mark.parametrize(
    ("stored", "kind", "text"),
    [
        ('office:value-type="time" office:time-value="PT09H30M00S"><text:p>09:30</text:p>', "date", "09:30"),
        ('office:value-type="date" office:date-value="早上"><text:p>早上</text:p>', "date", "早上"),
        ('office:value-type="boolean" office:boolean-value="true"><text:p>是</text:p>', "boolean", "TRUE"),
        ('office:value-type="string"><text:p>1<text:tab/>2<text:line-break/>3</text:p>', "text", "1\t2\n3"),
    ],
)
def test_what_is_no_number_in_an_open_sheet_is_none(stored: str, kind: str, text: str) -> None:
    one = ods_with(f"<table:table-row><table:table-cell {stored}</table:table-cell></table:table-row>").rows[
        0
    ][0]
    assert (one.kind, one.text, one.number) == (kind, text, None)


@pytest.mark.parametrize("value", ["12人", "INF", "1E+500"])
def test_an_open_sheets_number_that_is_none_makes_it_a_damaged_one(value: str) -> None:
    row = f'<table:table-row><table:table-cell office:value-type="float" office:value="{value}"/></table:table-row>'
    with pytest.raises(Unreadable, match="已损坏"):
        ods_with(row)


def test_rows_and_columns_of_a_folded_group_are_hidden_and_those_of_a_header_are_not() -> None:
    cells = '<table:table-cell office:value-type="float" office:value="1"/>' * 2
    row = f"<table:table-row>{cells}</table:table-row>"
    grid = ods_with(
        '<table:table-column/><table:table-column-group table:display="false"><table:table-column/></table:table-column-group>'
        f"<table:table-header-rows>{row}</table:table-header-rows><table:table-row-group>{row}</table:table-row-group>"
        f'<table:table-row-group table:display="false"><table:table-rows>{row}</table:table-rows></table:table-row-group>'
    )
    assert [[one.hidden for one in line] for line in grid.rows] == [
        [False, True],
        [False, True],
        [True, True],
    ]


def test_a_percentage_without_a_style_is_still_a_percentage() -> None:
    row = '<table:table-row><table:table-cell office:value-type="percentage" office:value="0.5"/></table:table-row>'
    assert ods_with(row).rows[0][0].number_format.endswith("%")


def test_repeated_cells_and_rows_stand_as_often_as_they_are_repeated() -> None:
    row = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="0"/>'
        '<table:table-cell table:number-columns-repeated="16000"/></table:table-row><table:table-row table:number-rows-repeated="1048574">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert texts(ods_with(row)) == [["0", "0"], ["0", "0"]]


def test_hidden_and_struck_parts_of_an_open_sheet_are_marked() -> None:
    styles = '<style:style style:name="T1" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    rows = (
        '<table:table-column/><table:table-column table:visibility="collapse"/>'
        '<table:table-row><table:table-cell office:value-type="string"><text:p><text:span text:style-name="T1">15</text:span>12</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="1"/></table:table-row>'
        '<table:table-row table:visibility="collapse"><table:table-cell office:value-type="float" office:value="2"/></table:table-row>'
    )
    grid = ods_with(rows, styles)
    assert (grid.rows[0][0].text, grid.rows[0][0].withheld) == ("12", "15")
    assert (grid.rows[0][1].hidden, grid.rows[1][0].hidden, grid.rows[0][0].hidden) == (True, True, False)


def test_notes_of_an_open_sheet_are_no_text() -> None:
    row = '<table:table-row><table:table-cell office:value-type="string"><office:annotation><text:p>改为15</text:p></office:annotation><text:p>12</text:p></table:table-cell></table:table-row>'
    assert texts(ods_with(row)) == [["12"]]


def test_a_formula_without_a_result_is_told_in_an_open_sheet() -> None:
    row = '<table:table-row><table:table-cell table:formula="of:=1+1"/></table:table-row>'
    assert ods_with(row).rows[0][0].kind == "no_result"


# --- .docx -----------------------------------------------------------------------------------------------

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx_with(body: str, styles: str = "") -> Document:
    """A document from its body's XML."""
    parts = [("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>".encode())]
    if styles:
        parts.append(("word/styles.xml", f"<w:styles {W}>{styles}</w:styles>".encode()))
    return read_docx(forms.zipped([("[Content_Types].xml", b"<Types/>"), *parts]), budget())


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def tc(inside: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p>{inside}</w:p></w:tc>"


@pytest.mark.parametrize(
    ("inside", "text", "withheld"),
    [
        (run("12"), "12", ""),
        (run("1") + run("2"), "12", ""),
        (f"<w:ins>{run('12')}</w:ins><w:del><w:r><w:delText>15</w:delText></w:r></w:del>", "12", ""),
        (f"<w:moveTo>{run('12')}</w:moveTo><w:moveFrom>{run('15')}</w:moveFrom>", "12", ""),
        (run("15", "<w:strike/>") + run("12"), "12", "15"),
        (run("15", '<w:dstrike w:val="true"/>') + run("12", '<w:strike w:val="0"/>'), "12", "15"),
        (run("15", "<w:vanish/>") + run("12"), "12", "15"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('12')}</w:sdtContent></w:sdt>", "12", ""),
        (
            f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('单击此处')}</w:sdtContent></w:sdt>",
            "",
            "",
        ),
        ("<w:r><w:instrText>SUM(ABOVE)</w:instrText></w:r>" + run("12"), "12", ""),
        ("<w:r><w:t>1</w:t><w:br/><w:t>2</w:t></w:r>", "1\n2", ""),
        ("<w:r><w:t>1</w:t><w:tab/><w:t>2</w:t></w:r>", "1\t2", ""),
        ("<w:r><w:t>1</w:t><w:noBreakHyphen/><w:t>2</w:t></w:r>", "1-2", ""),
        ('<w:r><w:t>1</w:t><w:sym w:font="Wingdings" w:char="F032"/></w:r>', "1\ufffd", ""),
        (f"<w:smartTag>{run('12')}</w:smartTag>", "12", ""),
        (run("15", '<w:rStyle w:val="old"/>') + run("12"), "12", "15"),
    ],
)
def test_a_word_cells_text_is_what_a_reader_would_see(inside: str, text: str, withheld: str) -> None:
    styles = '<w:style w:styleId="gone"><w:rPr><w:strike/></w:rPr></w:style><w:style w:styleId="old"><w:basedOn w:val="gone"/></w:style>'
    one = docx_with(table(tc(inside)), styles).grids[0].rows[0][0]
    assert (one.text, one.withheld, one.address) == (text, withheld, "R1C1")


def test_cells_go_by_their_order_and_spans_stand_beside() -> None:
    span, restart, goes_on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    document = docx_with(
        table(
            tc(run("巡查次数"), span) + tc(run("出动"), restart),
            tc(run("总计")) + tc(run("联合")) + tc("", goes_on),
            tc(run("12"), span) + tc(run("5")),
        )
    )
    grid = document.grids[0]
    assert texts(grid) == [["巡查次数", "出动"], ["总计", "联合", ""], ["12", "5"]]
    assert grid.columns == (((0, 2), (2, 3)), ((0, 1), (1, 2), (2, 3)), ((0, 2), (2, 3)))
    assert set(grid.merges) == {Merge(0, 0, 0, 1), Merge(0, 2, 1, 2), Merge(2, 0, 2, 1)}
    assert grid.rows[2][1].address == "R3C2"


def test_what_a_covered_cell_still_holds_is_withheld() -> None:
    rows = (tc(run("12"), '<w:vMerge w:val="restart"/>'), tc(run("15"), "<w:vMerge/>"))
    covered = docx_with(table(*rows)).grids[0].rows[1][0]
    assert (covered.kind, covered.text, covered.withheld) == ("empty", "", "15")


@pytest.mark.parametrize("named", [True, False])
def test_the_text_of_a_word_file_is_the_part_that_the_package_names(named: bool) -> None:
    """Some programs write word/document2.xml; a package that names none holds no text."""
    kind = (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" if named else "x"
    )
    rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="{kind}" Target="/word/document2.xml"/></Relationships>'
    body = f"<w:document {W}><w:body>{table(tc(run('12')))}</w:body></w:document>"
    data = forms.zipped([("_rels/.rels", rels.encode()), ("word/document2.xml", body.encode())])
    if named:
        assert texts(read_docx(data, budget()).grids[0]) == [["12"]]
        return
    with pytest.raises(Unreadable, match="已损坏"):
        read_docx(data, budget())


def test_deleted_rows_are_gone_and_inserted_ones_stay() -> None:
    deleted = "<w:tr><w:trPr><w:del/></w:trPr>" + tc(run("15")) + "</w:tr>"
    inserted = "<w:tr><w:trPr><w:ins/></w:trPr>" + tc(run("12")) + "</w:tr>"
    assert texts(docx_with(f"<w:tbl>{deleted}{inserted}</w:tbl>").grids[0]) == [["12"]]


def test_a_hidden_row_is_marked() -> None:
    row = "<w:tr><w:trPr><w:hidden/></w:trPr>" + tc(run("15")) + "</w:tr>"
    assert docx_with(f"<w:tbl>{row}</w:tbl>").grids[0].rows[0][0].hidden


def test_a_table_in_a_cell_is_a_grid_of_its_own_with_the_lines_around_it() -> None:
    inner = table(tc(run("内")))
    outer = f"<w:tbl><w:tr><w:tc><w:p>{run('单位：青年镇')}</w:p>{inner}<w:p>{run('注')}</w:p></w:tc></w:tr></w:tbl>"
    document = docx_with(f"<w:p>{run('前')}</w:p>{outer}<w:p>{run('后')}</w:p>")
    first, second = document.grids
    assert (texts(first), texts(second)) == ([["单位：青年镇\n注"]], [["内"]])
    assert (second.name, second.lines_before, second.lines_after) == ("表2", ("单位：青年镇",), ("注",))
    assert (first.lines_before, first.lines_after) == (("前",), ("后",))
    assert document.text == "前\n后"


def test_text_boxes_are_read_once() -> None:
    box = f"<w:txbxContent><w:p>{run('单位：青年镇')}</w:p></w:txbxContent>"
    both = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice><w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent>"
    )
    assert docx_with(f"<w:p><w:r>{both}</w:r></w:p>").text.split() == ["单位：青年镇"]


def test_pictures_come_in_the_texts_order() -> None:
    document = forms.word(pictures=[picture((5, 5)), picture((6, 6))])
    read = read_docx(forms.saved(document), budget())
    assert [one.data for one in read.pictures] == [picture((5, 5)), picture((6, 6))]


def test_a_document_with_external_entities_is_refused() -> None:
    xml = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document {W}><w:body><w:p>{run("&x;")}</w:p></w:body></w:document>'
    with pytest.raises(Unreadable):
        read_docx(forms.zipped([("word/document.xml", xml.encode())]), budget())


# --- .odt ------------------------------------------------------------------------------------------------


def odt_with(body: str) -> Document:
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
        for name, full in (("office", "office"), ("table", "table"), ("text", "text"), ("draw", "drawing"))
    )
    content = f"<office:document-content {namespaces}><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    return read_odt(forms.zipped([("content.xml", content.encode())]), budget())


def odt_table(*rows: str) -> str:
    return f"<table:table>{''.join(rows)}</table:table>"


def odt_row(*texts_: str) -> str:
    cells = "".join(f"<table:table-cell>{one}</table:table-cell>" for one in texts_)
    return f"<table:table-row>{cells}</table:table-row>"


def test_a_table_of_an_open_text_is_found_in_sections_and_with_its_header_rows() -> None:
    rows = f"<table:table-header-rows>{odt_row('<text:p>巡查</text:p>')}</table:table-header-rows>{odt_row('<text:p>12</text:p>')}"
    document = odt_with(f"<text:section><text:p>前</text:p>{odt_table(rows)}</text:section>")
    assert (texts(document.grids[0]), document.grids[0].lines_before) == ([["巡查"], ["12"]], ("前",))


def test_a_table_in_a_cell_of_an_open_text_has_the_lines_beside_it() -> None:
    inner = f"<text:p>单位：青年镇</text:p>{odt_table(odt_row('<text:p>12</text:p>'))}"
    outer, found = odt_with(odt_table(odt_row(inner))).grids
    assert (texts(outer), texts(found)) == ([["单位：青年镇"]], [["12"]])
    assert found.lines_before == ("单位：青年镇",)


def test_what_a_text_box_of_an_open_text_says_stands_behind_its_paragraph() -> None:
    box = "<draw:frame><draw:text-box><text:p>单位：青年镇</text:p></draw:text-box></draw:frame>"
    assert odt_with(f"<text:p>前{box}</text:p><text:p>后</text:p>").text.split() == [
        "前",
        "单位：青年镇",
        "后",
    ]


def test_an_open_text_without_a_text_is_a_damaged_one() -> None:
    content = b'<x:document-content xmlns:x="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
    with pytest.raises(Unreadable, match="已损坏"):
        read_odt(forms.zipped([("content.xml", content)]), budget())


# --- pages -----------------------------------------------------------------------------------------------


def page(text: str) -> Document:
    return read_html(text, budget())


def test_spans_of_a_page_are_expanded_and_covered_cells_stay_empty() -> None:
    grid = page(
        "<table><tr><td colspan=2>巡查次数</td><td rowspan=2>出动</td></tr><tr><td>总计</td><td>联合</td></tr><tr><td>12</td><td>5</td><td>36</td></tr></table>"
    ).grids[0]
    assert texts(grid) == [["巡查次数", "", "出动"], ["总计", "联合", ""], ["12", "5", "36"]]
    assert set(grid.merges) == {Merge(0, 0, 0, 1), Merge(0, 2, 1, 2)}
    assert grid.rows[2][2].address == "R3C3"


@pytest.mark.parametrize(
    ("inside", "text", "withheld"),
    [
        ("<s>15</s>12", "12", "15"),
        ("<del>15</del><ins>12</ins>", "12", "15"),
        ('<span style="text-decoration: line-through">15</span>12', "12", "15"),
        ('<span style="display:none">15</span>12', "12", "15"),
        ("<b>1</b><i>2</i>", "12", ""),
        ("1<br>2", "1\n2", ""),
        ("<p>1</p><p>2</p>", "1\n2", ""),
        ("1\n   2", "1 2", ""),
        ("<!-- 15 -->12<script>15</script>", "12", ""),
        ("&nbsp;", "", ""),
    ],
)
def test_a_pages_cell_is_what_a_browser_shows(inside: str, text: str, withheld: str) -> None:
    one = page(f"<table><tr><td>{inside}</td></tr></table>").grids[0].rows[0][0]
    assert (one.text, one.withheld) == (text, withheld)


@pytest.mark.parametrize("where", ["table", "tr", "td", "div"])
def test_what_a_page_does_not_display_is_hidden(where: str) -> None:
    text = "<div><table><tr><td>12</td></tr></table></div>".replace(
        f"<{where}>", f'<{where} style="display: none">'
    )
    document = page(text)
    assert all(one.hidden for grid in document.grids for row in grid.rows for one in row)


def test_lines_around_a_pages_table_and_a_table_for_layout() -> None:
    document = page("<table><tr><td>单位：青年镇<table><tr><td>12</td></tr></table>注</td></tr></table>尾")
    assert (document.grids[1].lines_before, document.grids[1].lines_after) == (("单位：青年镇",), ("注",))
    assert document.text == "单位：青年镇\n注\n尾"


@pytest.mark.parametrize("charset", ["utf-8", "gbk", "utf-16"])
def test_a_pages_charset_is_found(charset: str) -> None:
    data = f'<html><meta charset="{charset}"><table><tr><td>巡查</td></tr></table>'.encode(charset)
    assert texts(read_html(data, budget()).grids[0]) == [["巡查"]]


def test_hostile_spans_are_bounded() -> None:
    with pytest.raises(Unreadable) as refusal:
        page("<table>" + ("<tr>" + "<td colspan=1000 rowspan=60000>" * 100 + "</tr>") * 100 + "</table>")
    assert refusal.value.rule == "too_large"


# --- text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_text_is_decoded_strictly(encoding: str) -> None:
    assert decode("巡查次数：12\r\n".encode(encoding)) == "巡查次数：12\n"


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Unreadable):
        decode(b"\x81\x20\xff\xff")


@pytest.mark.parametrize(
    "text",
    [
        "巡查次数\t联合巡查\t备注\n12\t\t无",
        "| 巡查次数 | 联合巡查 | 备注 |\n|---|---|---|\n| 12 | | 无 |",
        "┌──┬──┬──┐\n│巡查次数│联合巡查│备注│\n├──┼──┼──┤\n│12││无│\n└──┴──┴──┘",
    ],
)
def test_a_table_in_a_text_keeps_its_blank_cells(text: str) -> None:
    assert texts(read_text("单位：青年镇\n\n" + text + "\n\n注：略").grids[-1]) == [
        ["巡查次数", "联合巡查", "备注"],
        ["12", "", "无"],
    ]


def test_columns_by_wide_gaps_count_only_where_no_row_lacks_a_cell() -> None:
    even = "巡查次数   联合巡查   备注\n12         5          无"
    assert texts(read_text(even).grids[0]) == [["巡查次数", "联合巡查", "备注"], ["12", "5", "无"]]
    assert read_text(even.replace("5 ", "  ")).grids == ()


@pytest.mark.parametrize(
    "text",
    [
        "巡查次数：12\n联合巡查：5",
        "1. 巡查次数: 12\n2. 联合巡查: 5",
        "（一）巡查次数：12\n\n（二）联合巡查：5",
        "巡查次数：12；联合巡查：5",
        "巡查次数：12    联合巡查：5",
    ],
)
def test_lines_of_label_and_value_are_a_table_on_its_side(text: str) -> None:
    assert texts(read_text(text).grids[0]) == [["巡查次数", "12"], ["联合巡查", "5"]]


def test_prose_is_no_table() -> None:
    assert read_text(forms.NARRATIVE).grids == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimited_text_keeps_blanks_and_quoted_separators(encoding: str, delimiter: str) -> None:
    text = delimiter.join(["巡查次数", "", '"3,000\t;"']) + "\r\n"
    grid = read_delimited(text.encode(encoding), budget()).grids[0]
    assert texts(grid) == [["巡查次数", "", "3,000\t;"]]
    assert grid.source(grid.rows[0][2]) == "表1!R1C3"


@pytest.mark.parametrize("reader", [read_xlsx, read_xls, read_ods, read_docx], ids=lambda one: one.__name__)
def test_noise_is_refused_in_words(reader: Callable[[bytes, Budget], Document]) -> None:
    with pytest.raises(Unreadable):
        reader(b"PK\x03\x04" + bytes(range(256)) * 8, budget())

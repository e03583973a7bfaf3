"""What nobody sees on paper, or sees otherwise than it is stored: white, tiny, lifted, struck by a style, a formula."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

from . import books, papers
from .model import Form
from .notice import expect, form, row, texts
from .zips import rewritten, settled

File = tuple[bytes, Any]


def files() -> dict[str, File]:
    return {**_word(), **_pages(), **_sheets(), **_strict()}


# --- what Word shows otherwise than its text runs on -----------------------------------------------------

GOOD = expect().as_yaml()
REFUSED = expect(errors={"people_persuaded": "*"}).as_yaml()
BESIDE = expect(warnings=["hidden:people_persuaded"]).as_yaml()
UNSEEN = expect(errors={"people_persuaded": "blank"}, warnings=["hidden:people_persuaded"]).as_yaml()
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
VML = 'xmlns:v="urn:schemas-microsoft-com:vml"'


def _run(text: str, looks: str = "") -> str:
    return f"<w:r>{f'<w:rPr>{looks}</w:rPr>' if looks else ''}<w:t>{text}</w:t></w:r>"


def _field(*inner: str) -> str:
    """A field: its instructions, and its result."""
    begin, parts, end = (
        f'<w:r><w:fldChar w:fldCharType="{one}"/></w:r>' for one in ("begin", "separate", "end")
    )
    return begin + inner[0] + parts + inner[1] + end


def _instructions(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def _math(inner: str) -> str:
    return f"<m:oMath {MATH}>{inner}</m:oMath>"


def _symbol(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def _box(text: str) -> str:
    inner = f"<w:txbxContent><w:p>{_run(text)}</w:p></w:txbxContent>"
    return f"<w:r><w:pict><v:shape {VML}><v:textbox>{inner}</v:textbox></v:shape></w:pict></w:r>"


def _word() -> dict[str, File]:
    nested = _field(_instructions(" MERGEFIELD a "), _run("1"))
    condition = _field(_instructions(" IF ") + nested + _instructions(' = 1 "27" "0" '), _run("27"))
    lifted = '<w:position w:val="8"/>'
    raised = '<w:vertAlign w:val="superscript"/>'
    cells = {
        "a-figure-in-white": (_run("27", '<w:color w:val="FFFFFF"/>'), UNSEEN),
        "a-digit-in-white": (_run("27") + _run("0", '<w:color w:val="FFFFFF"/>'), BESIDE),
        "white-on-a-dark-ground": (
            _run("27", '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="1F3864"/>'),
            GOOD,
        ),
        "a-digit-of-one-point": (_run("27") + _run("0", '<w:sz w:val="2"/>'), BESIDE),
        "a-mark-lifted-by-points": (_run("27") + _run("1", lifted), REFUSED),
        "a-figure-lifted-as-a-whole": (_run("2", lifted) + _run("7", lifted), GOOD),
        "a-figure-raised-as-a-whole": (_run("2", raised) + _run("7", raised), GOOD),
        "a-mark-raised": (_run("27") + _run("1", raised), REFUSED),
        "a-ruby-above-the-figure": (
            f"<w:r><w:ruby><w:rubyPr/><w:rt>{_run('1')}</w:rt><w:rubyBase>{_run('27')}</w:rubyBase></w:ruby></w:r>",
            GOOD,
        ),
        "a-formula": (_math(_symbol("27")), GOOD),
        "a-fraction": (
            _math(f"<m:f><m:num>{_symbol('2')}</m:num><m:den>{_symbol('7')}</m:den></m:f>"),
            REFUSED,
        ),
        "a-power": (
            _math(f"<m:sSup><m:e>{_symbol('27')}</m:e><m:sup>{_symbol('1')}</m:sup></m:sSup>"),
            REFUSED,
        ),
        "a-field-with-its-result": (_field(_instructions(" =SUM(ABOVE) "), _run("27")), GOOD),
        "a-field-inside-a-field": (condition, GOOD),
        "a-text-box-upon-the-figure": (_run("27") + _box("更正为35"), REFUSED),
        "a-figure-in-a-text-box": (_box("27"), GOOD),
    }
    paper = papers.docx([form(texts(people_persuaded="27777"))])
    plain = "<w:r>(?:<w:rPr/>)?<w:t>27777</w:t></w:r>"
    made = {
        f"{name}.docx": (rewritten(paper, DOCUMENT, plain, new), told) for name, (new, told) in cells.items()
    }
    two = papers.docx([form(texts(), texts())])
    low = '<w:tr><w:trPr><w:trHeight w:val="15" w:hRule="exact"/></w:trPr>'
    lines = expect(warnings=["hidden:"]).as_yaml()
    return made | {
        "a-row-too-low-to-see.docx": (
            rewritten(two, DOCUMENT, "<w:tr>((?:(?!<w:tr>).)*</w:tbl>)", low + r"\1"),
            lines,
        )
    }


DOCUMENT = "word/document.xml"
TURNED = (
    ("a-digit-in-white", "odt"),
    ("a-digit-of-one-point", "odt"),
    ("a-mark-lifted-by-points", "odt"),
    ("a-mark-raised", "pdf"),
    ("a-ruby-above-the-figure", "odt"),
)


# --- pages as Excel, Word and mail programs write them ---------------------------------------------------


def _pages() -> dict[str, File]:
    page = papers.html([form(texts(people_persuaded="27777"))]).decode()
    sheet = """<style>
    <!-- .xl65 {mso-number-format:General;}
    td.xl66 {color:red; text-decoration:line-through;} .font6 {vertical-align:super;} /* } */
    .gone, #none {display:none;} .white {color:#FFFFFF;} .dark {background:#1F3864; color:white;} -->
    </style></head>"""
    cells = {
        "struck-by-a-style-sheet": ("<td class='xl65 xl66'>27</td>", UNSEEN),
        "partly-struck-by-a-style-sheet": ("<td><span class=xl66></span><s>3</s>27</td>", BESIDE),
        "deleted-in-word-s-page": ("<td><span class=msoDel>3</span>27</td>", BESIDE),
        "raised-by-a-style-sheet": ("<td>27<font class='font6'>1</font></td>", REFUSED),
        "hidden-by-a-style-sheet": ("<td>27<span class='gone'>0</span></td>", BESIDE),
        "hidden-by-its-name": ("<td>27<span id=none>0</span></td>", BESIDE),
        "white-by-a-style-sheet": ("<td class=white>27</td>", UNSEEN),
        "white-upon-dark-by-a-style-sheet": ("<td class=dark>27</td>", GOOD),
        "a-digit-in-white": ("<td>27<font color='#ffffff'>0</font></td>", BESIDE),
        "a-digit-of-one-pixel": ("<td>27<span style='font-size:1px'>0</span></td>", BESIDE),
        "a-transparent-digit": ("<td>27<span style='color:transparent'>0</span></td>", BESIDE),
        "a-digit-off-the-page": ("<td>27<span style='position:absolute;left:-9999px'>0</span></td>", BESIDE),
        "a-digit-without-width": (
            "<td>27<span style='display:inline-block;width:0;overflow:hidden'>0</span></td>",
            BESIDE,
        ),
        "a-digit-set-elsewhere": ("<td><span style='float:right'>7</span>2</td>", REFUSED),
        "digits-from-right-to-left": ("<td><bdo dir=rtl>72</bdo></td>", UNSEEN),
        "a-small-mark-behind": ("<td>27<small>1</small></td>", REFUSED),
        "lifted-by-points": (
            "<td>27<span style='position:relative;top:-4.0pt;mso-text-raise:4.0pt'>1</span></td>",
            REFUSED,
        ),
    }
    styled = page.replace("</head>", sheet)
    return {
        f"{name}.html": (styled.replace("<td>27777</td>", cell).encode(), told)
        for name, (cell, told) in cells.items()
    }


# --- workbooks -------------------------------------------------------------------------------------------


def _sheets() -> dict[str, File]:
    """White upon white, letters and rows too small to see."""
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont
    from openpyxl.styles import Font, PatternFill

    white, dark = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF1F3864")
    whole = expect(warnings=["hidden:"]).as_yaml()

    def one(cell: Any) -> Any:
        return cell["J6"]

    def by_theme(sheet: Any) -> None:
        from openpyxl.styles.colors import Color

        one(sheet).font = Font(color=Color(theme=0))

    def on_dark(sheet: Any) -> None:
        for row_ in (4, 5, 6):
            for cell in sheet[row_]:
                cell.font, cell.fill = white, dark

    def second_row(sheet: Any, font: Any = None, height: float | None = None) -> None:
        for column in range(1, 15):
            cell = sheet.cell(7, column, sheet.cell(6, column).value)
            cell.font = font or Font()
        sheet.row_dimensions[7].height = height

    def partly(sheet: Any, **looks: Any) -> None:
        one(sheet).value = CellRichText("27", TextBlock(InlineFont(**looks), "0"))

    told: dict[str, tuple[Callable[[Any], None], Any, tuple[str, ...]]] = {
        "a-figure-in-white": (lambda sheet: setattr(one(sheet), "font", white), UNSEEN, ("xls", "ods")),
        "a-figure-in-the-theme-s-white": (by_theme, UNSEEN, ()),
        "a-figure-in-white-by-its-format": (
            lambda sheet: setattr(one(sheet), "number_format", "[White]0"),
            UNSEEN,
            (),
        ),
        "white-on-a-dark-ground": (on_dark, GOOD, ("xls", "ods")),
        "a-row-in-white": (lambda sheet: second_row(sheet, white), whole, ("xls",)),
        "a-row-of-letters-of-one-point": (lambda sheet: second_row(sheet, Font(size=1)), whole, ("ods",)),
        "a-row-too-low-to-see": (lambda sheet: second_row(sheet, height=0.75), whole, ("xls", "ods")),
        "a-digit-in-white": (lambda sheet: partly(sheet, color="FFFFFFFF"), BESIDE, ("xls", "ods")),
        "a-digit-of-one-point": (lambda sheet: partly(sheet, sz=1), BESIDE, ("xls",)),
    }
    made: dict[str, File] = {}
    for name, (change, reading, turned) in told.items():
        book = changed(form(row(remarks="无异常"), below=()), change)
        made[f"{name}.xlsx"] = (book, reading)
        made |= {f"{name}.from-xlsx.{format_}": (book, reading) for format_ in turned}
    return made


def changed(made: Form, change: Callable[[Any], None]) -> bytes:
    """A workbook of the form, its sheet changed by openpyxl."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(books.xlsx([made])))
    change(book.active)
    file = io.BytesIO()
    book.save(file)
    return settled(file.getvalue())


def _strict() -> dict[str, File]:
    """Saved as Strict Open XML: the same under other names."""
    return {
        "saved-as-strict-open-xml.xlsx": (_renamed(books.xlsx([form(row())])), GOOD),
        "saved-as-strict-open-xml.docx": (_renamed(papers.docx([form(texts())])), GOOD),
    }


def _renamed(data: bytes) -> bytes:
    file = io.BytesIO()
    usual = rb"http://schemas\.openxmlformats\.org/(spreadsheetml|wordprocessingml|officeDocument)/2006/(main|relationships)"
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, re.sub(usual, rb"http://purl.oclc.org/ooxml/\1/\2", old.read(name)))
    return settled(file.getvalue())

"""A figure in ink that nobody sees on its ground, that some see, or that everybody sees, in each format."""

from __future__ import annotations

from typing import Any

from . import papers
from .looks import BESIDE, DOCUMENT, GOOD, UNSEEN, _run, changed
from .notice import expect, form, row, texts
from .zips import rewritten

File = tuple[bytes, Any]
FAINT = expect(errors={"people_persuaded": "drawn"}).as_yaml()
INKS: dict[str, tuple[str, str, Any]] = {
    "almost-white": ("FEFEFE", "", UNSEEN),
    "the-lightest-grey": ("F2F2F2", "", UNSEEN),
    "white-on-the-lightest-grey": ("FFFFFF", "F2F2F2", UNSEEN),
    "black-on-almost-black": ("000000", "111111", UNSEEN),
    "dark-blue-on-itself": ("1F3864", "1F3864", UNSEEN),
    "yellow-on-itself": ("FFFF00", "FFFF00", UNSEEN),
    "light-grey": ("D9D9D9", "", FAINT),
    "yellow": ("FFFF00", "", FAINT),
    "pale-orange": ("FCE4D6", "FFFFFF", FAINT),
    "grey-on-grey": ("A6A6A6", "BFBFBF", FAINT),
    "middle-grey": ("BFBFBF", "", GOOD),
    "grey": ("808080", "", GOOD),
    "orange": ("FFC000", "", GOOD),
    "bright-green": ("00FF00", "", GOOD),
    "red-on-yellow": ("FF0000", "FFFF00", GOOD),
    "white-on-blue": ("FFFFFF", "4472C4", GOOD),
}
TURNED = ("the-lightest-grey", "black-on-almost-black", "light-grey", "middle-grey", "white-on-blue")


def files() -> dict[str, File]:
    return {**_one_by_one(), **_otherwise()}


def _one_by_one() -> dict[str, File]:
    made: dict[str, File] = {}
    paper = papers.docx([form(texts(people_persuaded="27777"))])
    page = papers.html([form(texts(people_persuaded="27777"))]).decode()
    for name, (ink, ground, told) in INKS.items():
        made[f"{name}.xlsx"] = (_book(ink, ground), told)
        made[f"{name}.docx"] = (_paper(paper, ink, ground), told)
        style = f"color: #{ink}" + (f"; background: #{ground}" if ground else "")
        made[f"{name}.html"] = (page.replace("<td>27777<", f'<td style="{style}">27<').encode(), told)
        made[f"{name}.xml"] = (_old_book(ink, ground), told)
        if name in TURNED:
            made |= {f"{name}.from-xlsx.{one}": made[f"{name}.xlsx"] for one in ("xls", "ods")}
            made[f"{name}.from-docx.odt"] = made[f"{name}.docx"]
    return made


def _book(ink: str, ground: str) -> bytes:
    from openpyxl.styles import Font, PatternFill

    def paint(sheet: Any) -> None:
        sheet["J6"].font = Font(color=f"FF{ink}")
        if ground:
            sheet["J6"].fill = PatternFill("solid", fgColor=f"FF{ground}")

    return changed(form(row()), paint)


def _paper(paper: bytes, ink: str, ground: str) -> bytes:
    cell = (
        r"(<w:tcPr>(?:(?!</w:tcPr>).)*)(</w:tcPr><w:p>(?:<w:pPr/>)?)<w:r>(?:<w:rPr/>)?<w:t>27777</w:t></w:r>"
    )
    shading = f'<w:shd w:val="clear" w:fill="{ground}"/>' if ground else ""
    return rewritten(paper, DOCUMENT, cell, rf"\1{shading}\2" + _run("27", f'<w:color w:val="{ink}"/>'))


def _old_book(ink: str, ground: str) -> bytes:
    """Excel 2003's XML."""
    made = form(row())
    fill = f'<Interior ss:Color="#{ground}" ss:Pattern="Solid"/>' if ground else "<Interior/>"
    lines = [[" ".join(line)] for line in made.above] + [*made.cells]
    rows = []
    for number, line in enumerate(lines):
        cells = []
        for column, value in enumerate(line):
            if value is None:
                continue
            style = ' ss:StyleID="s"' if (number, column) == (len(lines) - 1, 9) else ""
            spans = [one for one in made.merges if (one[0] + len(made.above), one[1]) == (number, column)]
            span = (
                f' ss:MergeDown="{spans[0][2] - spans[0][0]}" ss:MergeAcross="{spans[0][3] - spans[0][1]}"'
                if spans
                else ""
            )
            kind = "String" if isinstance(value, str) else "Number"
            cells.append(
                f'<Cell ss:Index="{column + 1}"{style}{span}><Data ss:Type="{kind}">{value}</Data></Cell>'
            )
        rows.append(f"<Row>{''.join(cells)}</Row>")
    return (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Styles><Style ss:ID="s"><Font ss:Color="#{ink}"/>{fill}</Style></Styles>'
        f'<Worksheet ss:Name="Sheet1"><Table>{"".join(rows)}</Table></Worksheet></Workbook>'
    ).encode()


def _otherwise() -> dict[str, File]:
    """By the theme's tints, by number formats and conditions, by styles, by what is around, and a digit of several."""
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import Alignment, Color, Font, PatternFill

    def one(sheet: Any) -> Any:
        return sheet["J6"]

    def by_condition(ink: str, ground: str | None) -> Any:
        fill = PatternFill(bgColor=ground) if ground else None
        rule = CellIsRule(operator="greaterThan", formula=["20"], font=Font(color=ink), fill=fill)
        return lambda sheet: sheet.conditional_formatting.add("J6", rule)

    books = {
        "a-tint-of-the-theme-s-white": (
            lambda s: setattr(one(s), "font", Font(color=Color(theme=0, tint=-0.05))),
            UNSEEN,
        ),
        "a-darker-tint-of-the-theme-s-white": (
            lambda s: setattr(one(s), "font", Font(color=Color(theme=0, tint=-0.35))),
            GOOD,
        ),
        "a-pale-tint-of-an-accent": (
            lambda s: setattr(one(s), "font", Font(color=Color(theme=4, tint=0.8))),
            FAINT,
        ),
        "an-accent": (lambda s: setattr(one(s), "font", Font(color=Color(theme=4))), GOOD),
        "yellow-by-its-format": (lambda s: setattr(one(s), "number_format", "[Yellow]0"), FAINT),
        "the-second-colour-by-its-format": (lambda s: setattr(one(s), "number_format", "[Color2]0"), UNSEEN),
        "red-by-its-format": (lambda s: setattr(one(s), "number_format", "[Red]0"), GOOD),
        "light-grey-by-a-condition": (by_condition("FFF2F2F2", None), UNSEEN),
        "ink-of-the-ground-by-a-condition": (by_condition("FFC00000", "FFC00000"), UNSEEN),
        "red-on-pale-red-by-a-condition": (by_condition("FF9C0006", "FFFFC7CE"), GOOD),
        "repeated-to-the-cell-s-width": (
            lambda s: setattr(one(s), "alignment", Alignment(horizontal="fill")),
            FAINT,
        ),
        "set-in-the-middle": (lambda s: setattr(one(s), "alignment", Alignment(horizontal="center")), GOOD),
    }
    made = {f"{name}.xlsx": (changed(form(row()), change), told) for name, (change, told) in books.items()}
    repeated = made["repeated-to-the-cell-s-width.xlsx"]
    made |= {f"repeated-to-the-cell-s-width.from-xlsx.{one}": repeated for one in ("xls", "ods")}
    return {**made, **_in_papers(), **_in_pages()}


def _in_papers() -> dict[str, File]:
    paper = papers.docx([form(texts(people_persuaded="27777"))])
    plain = "<w:r>(?:<w:rPr/>)?<w:t>27777</w:t></w:r>"
    style = '<w:style w:type="character" w:styleId="Pale"><w:name w:val="Pale"/><w:rPr><w:color w:val="F2F2F2"/></w:rPr></w:style>'
    paper = rewritten(paper, "word/styles.xml", "</w:styles>", f"{style}</w:styles>")
    cells = {
        "by-a-style": (_run("27", '<w:rStyle w:val="Pale"/>'), UNSEEN),
        "a-digit-almost-white": (_run("27") + _run("0", '<w:color w:val="FAFAFA"/>'), BESIDE),
        "a-digit-of-light-grey": (_run("2") + _run("7", '<w:color w:val="D9D9D9"/>'), FAINT),
        "marked-in-its-own-ink": (
            _run("27", '<w:color w:val="FFFF00"/><w:highlight w:val="yellow"/>'),
            UNSEEN,
        ),
        "marked-in-yellow": (_run("27", '<w:color w:val="FF0000"/><w:highlight w:val="yellow"/>'), GOOD),
        "the-theme-s-background": (
            _run("27", '<w:color w:val="000000" w:themeColor="background1"/>'),
            UNSEEN,
        ),
        "filled-with-nothing": (
            _run(
                "27",
                '<w14:textFill xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"><w14:noFill/></w14:textFill>',
            ),
            UNSEEN,
        ),
        "automatic-on-black": (
            _run("27", '<w:color w:val="auto"/><w:shd w:val="clear" w:fill="000000"/>'),
            GOOD,
        ),
        "white-on-a-pattern-of-black": (
            _run("27", '<w:color w:val="FFFFFF"/><w:shd w:val="solid" w:color="000000" w:fill="FFFFFF"/>'),
            GOOD,
        ),
    }
    return {
        f"{name}.docx": (rewritten(paper, DOCUMENT, plain, new), told) for name, (new, told) in cells.items()
    }


def _in_pages() -> dict[str, File]:
    page = papers.html([form(texts(people_persuaded="27777"))]).decode()
    cells = {
        "inherited-from-around": ("<td style='color: #fefefe'><b><span>27</span></b></td>", UNSEEN),
        "hardly-opaque": ("<td><span style='color: rgba(0,0,0,.05)'>27</span></td>", UNSEEN),
        "opaque-by-half": ("<td><span style='color: rgba(0,0,0,.5)'>27</span></td>", GOOD),
        "by-its-name": ("<td><font color=ghostwhite>27</font></td>", UNSEEN),
        "on-a-dark-cell": ("<td bgcolor=#1F3864><font color=white>27</font></td>", GOOD),
        "dark-on-a-dark-cell": ("<td bgcolor=black><font color=#111111>27</font></td>", UNSEEN),
        "on-a-picture": ("<td style='background: url(a.png)'><font color=white>27</font></td>", GOOD),
        "a-digit-in-yellow": ("<td>2<span style='color: yellow'>7</span></td>", FAINT),
        "a-digit-almost-white": ("<td>27<span style='color: #fafafa'>0</span></td>", BESIDE),
        "system-colours": ("<td style='color: windowtext; background: window'>27</td>", GOOD),
    }
    return {
        f"{name}.html": (page.replace("<td>27777</td>", new).encode(), told)
        for name, (new, told) in cells.items()
    }

"""What programs draw in a cell and don't store as its text: numbers of lists, fields, tables inside; and what they don't."""

from __future__ import annotations

import io
from typing import Any

from . import papers
from .looks import BESIDE, DOCUMENT, GOOD, REFUSED, _field, _instructions, _run
from .model import Form
from .notice import ABOVE, expect, flat, form, labels, texts
from .zips import rewritten, settled

File = tuple[bytes, Any]
DRAWN = expect(errors={"people_persuaded": "drawn"}).as_yaml()
LISTS = "word/numbering.xml"
PLAIN = "<w:p>(?:<w:pPr/>)?<w:r>(?:<w:rPr/>)?<w:t>27777</w:t></w:r></w:p>"


def files() -> dict[str, File]:
    return {**_lists(), **_fields(), **_inside(), **_labels(), **_pages(), **_texts(), **_old(), **_turned()}


def _paragraph(inner: str, properties: str = "") -> str:
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{inner}</w:p>"


def _in_list(number: int, level: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'


def _level(kind: str, text: str, more: str = "", level: int = 0) -> str:
    return f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'


LEVELS = (
    _level("decimal", "%1.") + _level("none", "", level=1),
    _level("bullet", "●"),
    _level("bullet", "3"),
    _level("bullet", "-"),
    _level("decimal", ""),
    _level("chineseCounting", "%1、"),
    _level("decimal", "%1.", '<w:pStyle w:val="Numbered"/>'),
    _level("none", "%1"),
)


def _paper(cell: str, made: Form | None = None) -> bytes:
    """The form with another cell, and lists numbered 101 and on."""
    paper = papers.docx([made or form(texts(people_persuaded="27777"))])
    patterns = "".join(
        f'<w:abstractNum w:abstractNumId="{number}">{levels}</w:abstractNum>'
        for number, levels in enumerate(LEVELS, 101)
    )
    lists = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
        for number in range(101, 101 + len(LEVELS))
    )
    paper = rewritten(paper, LISTS, "(<w:numbering[^>]*>)(.*)(</w:numbering>)", rf"\1{patterns}{lists}\3")
    style = (
        '<w:style w:type="paragraph" w:styleId="Numbered"><w:name w:val="Numbered"/>'
        '<w:pPr><w:numPr><w:numId w:val="107"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Below"><w:name w:val="Below"/><w:basedOn w:val="Numbered"/></w:style>'
    )
    paper = rewritten(paper, "word/styles.xml", "</w:styles>", f"{style}</w:styles>")
    return rewritten(paper, DOCUMENT, PLAIN, cell) if cell else paper


def _lists() -> dict[str, File]:
    """A figure in a list: its number is drawn before it. Bullets, and numbers that show nothing, say nothing."""
    run = _run("27")
    cells = {
        "an-automatic-number": (_in_list(101), DRAWN),
        "an-automatic-number-in-chinese": (_in_list(106), DRAWN),
        "an-automatic-number-by-its-style": ('<w:pStyle w:val="Numbered"/>', DRAWN),
        "an-automatic-number-by-the-style-below": ('<w:pStyle w:val="Below"/>', DRAWN),
        "a-digit-for-a-bullet": (_in_list(103), DRAWN),
        "a-dash-for-a-bullet": (_in_list(104), DRAWN),
        "a-bullet": (_in_list(102), GOOD),
        "a-level-without-a-number": (_in_list(101, 1), GOOD),
        "a-list-that-draws-nothing": (_in_list(105), GOOD),
        "a-list-of-no-numbers": (_in_list(108), GOOD),
        "taken-out-of-its-style-s-list": ('<w:pStyle w:val="Numbered"/>' + _in_list(0), GOOD),
        "a-list-that-isn-t-there": (_in_list(999), GOOD),
    }
    return {f"{name}.docx": (_paper(_paragraph(run, how)), told) for name, (how, told) in cells.items()}


def _fields() -> dict[str, File]:
    """Fields that Word works out when it draws them."""
    bare = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'

    def unfinished(text: str) -> str:
        return bare.format("begin") + _instructions(text) + bare.format("end")

    dirty = _field(_instructions(" =SUM(ABOVE) "), _run("27")).replace(
        'fldCharType="begin"', 'fldCharType="begin" w:dirty="1"'
    )
    inner = unfinished(" PAGE ")
    condition = bare.format("begin") + _instructions(" IF ") + inner + _instructions(' = 1 "7" "8" ')
    cells = {
        "a-circled-digit-behind": (_run("2") + unfinished(" eq \\\\o\\\\ac(○,7) "), DRAWN),
        "a-circled-digit-with-a-result": (
            _run("2") + _field(_instructions(" EQ \\\\o(7) "), _run("")),
            DRAWN,
        ),
        "a-symbol-by-a-field": (_run("2") + unfinished(" SYMBOL 55 "), DRAWN),
        "a-number-by-a-field": (unfinished(" AUTONUM ") + _run("27"), DRAWN),
        "a-sum-that-was-never-worked-out": (_run("2") + unfinished(" =3+4 "), DRAWN),
        "a-condition-that-was-never-worked-out": (_run("2") + condition + bare.format("end"), DRAWN),
        "a-simple-field-without-a-result": (_run("2") + '<w:fldSimple w:instr=" EQ \\\\o(7) "/>', DRAWN),
        "a-sum-that-is-out-of-date": (dirty, DRAWN),
        "a-choice-from-a-list": (_run("2") + unfinished(" FORMDROPDOWN "), DRAWN),
        "a-simple-field-with-its-result": (
            f'<w:fldSimple w:instr=" =3+24 ">{_run("27")}</w:fldSimple>',
            GOOD,
        ),
        "an-index-entry": (unfinished(' XE "劝导" ') + _run("27"), GOOD),
        "a-deleted-field": (_run("27") + f'<w:del w:id="5">{unfinished(" EQ 5 ")}</w:del>', GOOD),
    }
    return {f"{name}.docx": (_paper(_paragraph(inner)), told) for name, (inner, told) in cells.items()}


def _table(text: str) -> str:
    cell = f'<w:tc><w:tcPr><w:tcW w:w="500" w:type="dxa"/></w:tcPr>{_paragraph(_run(text))}</w:tc>'
    return f'<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w="500"/></w:tblGrid><w:tr>{cell}</w:tr></w:tbl><w:p/>'


def _inside(  # what else stands in a cell beside its text
) -> dict[str, File]:
    combined = '<w:eastAsianLayout w:id="1" w:combine="1"/>'
    upright = '<w:eastAsianLayout w:id="1" w:vert="1"/>'
    cells = {
        "a-table-beside-the-figure": (_paragraph(_run("2")) + _table("7"), DRAWN),
        "a-table-before-the-figure": (_table("7").removesuffix("<w:p/>") + _paragraph(_run("2")), DRAWN),
        "an-empty-table-beside-the-figure": (_paragraph(_run("27")) + _table(""), GOOD),
        "two-lines-in-one": (_paragraph(_run("27", combined)), DRAWN),
        "set-upright": (_paragraph(_run("27", upright)), GOOD),
        "turned-around": (_paragraph(f'<w:bdo w:val="rtl">{_run("27")}</w:bdo>'), DRAWN),
        "the-number-of-its-page": (_paragraph(_run("2") + "<w:r><w:pgNum/></w:r>"), DRAWN),
        "a-hyphen-that-doesn-t-break": (_paragraph("<w:r><w:noBreakHyphen/></w:r>" + _run("27")), REFUSED),
    }
    return {f"{name}.docx": (_paper(cell), told) for name, (cell, told) in cells.items()}


def _labels() -> dict[str, File]:
    """Numbers drawn before labels, and in a column of their own, say nothing of the figures."""
    upright = [[label, figure] for label, figure in zip(labels(), texts(), strict=True)]
    turned = Form(above=ABOVE, cells=[["项目", "数量"], *upright])
    listed = rewritten(_paper("", turned), DOCUMENT, f"<w:p>(?=<w:r><w:t>[^<]*(?:{LABELS})[^<]*<)", NUMBERED)
    once = flat(texts())
    counted = once.but(cells=[["序号", *once.cells[0]], ["27777", *once.cells[1]]])
    numbered = _paper(f"{NUMBERED}</w:p>", counted)
    return {
        "labels-with-automatic-numbers.docx": (listed, GOOD),
        "rows-counted-by-themselves.docx": (numbered, GOOD),
    }


LABELS = "巡查|出动|动员|物资|资料|媒体|事迹|劝导|救助|备注"
NUMBERED = f"<w:p><w:pPr>{_in_list(101)}</w:pPr>"


def _pages() -> dict[str, File]:
    """The same in pages and mails."""
    page = papers.html([form(texts(people_persuaded="27777"))]).decode()
    cells = {
        "a-numbered-item": ("<ol><li>27</li></ol>", DRAWN),
        "an-item-numbered-by-its-style": ("<ul style='list-style-type: decimal'><li>27</ul>", DRAWN),
        "an-item-in-letters": ("<ol type=A><li>27</ol>", DRAWN),
        "a-table-beside-the-figure": ("2<table><tr><td>7</td></tr></table>", DRAWN),
        "a-field-to-fill-in": ("2<input value='7'>", DRAWN),
        "a-choice": ("2<select><option>7</select>", DRAWN),
        "a-box-of-text": ("2<textarea>7</textarea>", DRAWN),
        "a-drawing-with-text": ("2<svg><text>7</text></svg>", DRAWN),
        "an-item-with-a-dot": ("<ul><li>27</li></ul>", GOOD),
        "an-item-without-its-number": ("<ol style='list-style: none'><li>27</li></ol>", GOOD),
        "an-empty-table-beside": ("27<table><tr><td></td></tr></table>", GOOD),
        "a-hidden-field": ("27<input type='hidden' value='7'>", GOOD),
        "an-empty-field": ("27<input value=''>", GOOD),
    }
    made = {
        f"{name}.html": (page.replace("27777", new).encode(), told) for name, (new, told) in cells.items()
    }
    for name in ("a-numbered-item", "a-table-beside-the-figure", "an-item-with-a-dot"):
        body = papers.html_body([form(texts(people_persuaded="27777"))]).replace("27777", cells[name][0])
        made[f"{name}.eml"] = (papers.mail(page=body), cells[name][1])
    return made


def _texts() -> dict[str, File]:
    """Fields of an OpenDocument text: what they hold is drawn among the words."""
    paper = _text_document(form(texts(people_persuaded="27777")))
    fields = {
        "a-field-behind-a-digit": ("2<text:text-input>7</text:text-input>", GOOD),
        "a-choice-behind-a-digit": ("2<text:drop-down>7</text:drop-down>", GOOD),
        "a-sum-in-a-field": ('<text:expression text:formula="ooow:3+24">27</text:expression>', GOOD),
        "a-hidden-variable": ('27<text:variable-set text:display="none">7</text:variable-set>', BESIDE),
        "a-mark-of-a-place": (
            '27<text:bookmark-start text:name="a"/><text:bookmark-end text:name="a"/>',
            GOOD,
        ),
        "a-comment-on-a-figure": ("27<office:annotation><text:p>已核</text:p></office:annotation>", GOOD),
        "a-note-to-a-figure": (
            "27<text:note><text:note-body><text:p>1</text:p></text:note-body></text:note>",
            GOOD,
        ),
    }
    return {
        f"{name}.odt": (rewritten(paper, "content.xml", "27777", new), told)
        for name, (new, told) in fields.items()
    }


def _text_document(made: Form) -> bytes:
    from odf.opendocument import OpenDocumentText
    from odf.table import CoveredTableCell, Table, TableCell, TableColumn, TableRow
    from odf.text import P

    document = OpenDocumentText()
    for line in made.above:
        document.text.addElement(P(text="        ".join(line)))
    table = Table(name="T")
    table.addElement(TableColumn(numbercolumnsrepeated=len(made.cells[0])))
    spans = {(one[0], one[1]): (one[2] - one[0] + 1, one[3] - one[1] + 1) for one in made.merges}
    covered = {
        (row, column)
        for top, left, bottom, right in made.merges
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    } - set(spans)
    for number, cells in enumerate(made.cells):
        row = TableRow()
        for column, text in enumerate(cells):
            high, wide = spans.get((number, column), (1, 1))
            cell = TableCell(numberrowsspanned=high, numbercolumnsspanned=wide)
            cell.addElement(P(text=text or ""))
            row.addElement(CoveredTableCell() if (number, column) in covered else cell)
        table.addElement(row)
    document.text.addElement(table)
    file = io.BytesIO()
    document.save(file)
    return settled(file.getvalue())


def _turned() -> dict[str, File]:
    """The same as LibreOffice writes them in other formats."""
    papers_ = {**_lists(), **_inside()}
    asked = (
        ("an-automatic-number", ("odt", "rtf", "doc")),
        ("an-automatic-number-by-its-style", ("odt", "rtf", "doc")),
        ("a-digit-for-a-bullet", ("odt",)),
        ("a-bullet", ("odt", "rtf", "doc")),
        ("a-table-beside-the-figure", ("odt", "doc")),
    )
    return {
        f"{name}.from-docx.{format_}": papers_[f"{name}.docx"]
        for name, formats in asked
        for format_ in formats
    }


def _old() -> dict[str, File]:
    """Fields that LibreOffice drops, in an .rtf as Word writes them."""
    asked = {"people_persuaded": "drawn", "critically_ill_helped": "drawn"}  # a 2 stands in both
    dropped, ends = expect(errors=asked).as_yaml(), expect(errors={**asked, "patrols": "drawn"}).as_yaml()
    return {
        "a-circled-digit-as-word-writes-it.rtf": (
            _rtf(r"{2}{\field{\*\fldinst {\rtlch EQ \\o\\ac(O,7)}}{\fldrslt }}"),
            dropped,
        ),
        "a-symbol-as-word-writes-it.rtf": (_rtf(r"2{\field{\*\fldinst  SYMBOL 55 }{\fldrslt }}"), dropped),
        "a-number-as-word-writes-it.rtf": (_rtf(r"{\field{\*\fldinst {AUTONUM }}{\fldrslt }}2"), ends),
        "a-field-with-its-result-as-word-writes-it.rtf": (
            _rtf(r"{\field{\*\fldinst =SUM(ABOVE)}{\fldrslt 27}}"),
            GOOD,
        ),
    }


def _rtf(cell: str) -> bytes:
    """The form with another cell, one row after the other as programs write them."""
    cells = [list(map(str, labels())), texts(people_persuaded=None)]
    lines = [" ".join(line) for line in ABOVE]

    def text(words: str) -> str:
        return "".join(one if one.isascii() else f"\\u{(ord(one) + 2**15) % 2**16 - 2**15}?" for one in words)

    borders = "".join(f"\\cellx{(place + 1) * 800}" for place in range(len(cells[0])))
    rows = (
        f"\\trowd{borders}"
        + "".join(f"\\intbl {cell if one is None else text(one)}\\cell" for one in row)
        + "\\row\n"
        for row in cells
    )
    above = "".join(f"\\pard {text(line)}\\par\n" for line in lines)
    return f"{{\\rtf1\\ansi\\uc1 {above}{''.join(rows)}\\pard\\par}}".encode()

"""What ten offices made of the form while nobody who knew the reader looked on: each file could mislead it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import books, papers
from .finding import _led
from .mails import pairs
from .model import Form
from .notice import ABOVE, FIGURES, FOOTNOTE, IDS, TITLE, expect, form, row, texts
from .notice import number as stored
from .zips import rewritten, settled

File = tuple[bytes, Any]
EVERY = [name for name in IDS if name != "remarks"]
WRITERS: dict[str, Callable[[list[Form]], bytes]] = {
    "xlsx": books.xlsx,
    "docx": papers.docx,
    "html": papers.html,
    "csv": papers.delimited,
}
BLANK: list[Any] = [None] * 14


def files() -> dict[str, File]:
    return {
        **_not_theirs(),
        **_measures(),
        **_word(),
        **_pages(),
        **_lines(),
        **_sheets(),
        **_words(),
        **_others(),
    }


def _written(name: str, forms: list[Form], expected: Any, *formats: str) -> dict[str, File]:
    return {f"{name}.{one}": (WRITERS[one](forms), expected) for one in formats or ("xlsx", "docx")}


# --- figures that aren't the unit's ----------------------------------------------------------------------


def _not_theirs() -> dict[str, File]:
    """An example that the county left in its template, last year's figures, a target: alone, or inside a sum."""
    unfilled = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "blank")).as_yaml()
    unclear = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "sum_unmarked"), confirm="*").as_yaml()
    twice = [2 * stored(FIGURES[name]) for name in EVERY] + [None]

    def led(*lines: tuple[str, list[Any]], heading: str = "镇街") -> list[Form]:
        return [_led(form(*(cells for _, cells in lines)), (heading,), *((name,) for name, _ in lines))]

    among = row(patrols=30, staff_deployed=100)
    example = form(row(patrols=50), above=[(f"{TITLE}（示例）",), *ABOVE[1:]], sheet="填表示例")
    titled = form(row(patrols=50), above=[("附件2：填表示例",), *ABOVE])
    return {
        **_written("only-the-template-s-example", led(("示例", row()), ("", BLANK)), unfilled),
        **_written("only-an-example-with-a-name", led(("例：某某镇", row()), ("", BLANK)), unfilled),
        **_written("only-an-example-by-its-remark", [form(row(remarks="示例，请删除"))], unfilled),
        **_written("only-last-year", led(("上年同期", row()), ("本期", BLANK)), unfilled),
        **_written("only-a-target", led(("计划数", row()), ("完成数", BLANK)), unfilled),
        **_written(
            "an-example-in-the-sum", led(("示例", row()), ("红岩村", row()), ("合计", twice)), unclear
        ),
        **_written(
            "an-example-to-be-deleted", led(("示例（填报时删除）", row()), ("红岩村", row())), unclear
        ),
        **_written("last-year-in-the-sum", led(("去年", row()), ("今年", row()), ("合计", twice)), unclear),
        **_written("an-average-below", led(("红岩村", row()), ("平均", row())), unclear),
        **_written("as-reported-and-as-corrected", led(("原报", row()), ("更正", row(patrols=40))), unclear),
        **_written("households-and-people", led(("户数", row()), ("人数", row(patrols=40))), unclear),
        **_written("what-is-among-it-without-a-sum", led(("全镇", row()), ("其中：城区", among)), unclear),
        **_written("what-is-among-the-sum", led(("合计", row()), ("其中：城区", among)), expect().as_yaml()),
        **_written("a-sheet-of-examples-beside", [form(), example], expect().as_yaml(), "xlsx"),
        **_written("an-example-behind-the-form", [form(), titled], expect().as_yaml(), "docx"),
        **_written("a-sheet-of-examples-alone", [example, form(BLANK)], unfilled, "xlsx"),
    }


# --- measures that stand elsewhere -----------------------------------------------------------------------


def _measures() -> dict[str, File]:
    """元 said in a note, a title or a remark, while the label says 万元 still."""
    both = dict.fromkeys(("supplies_prepared", "supplies_distributed"), "wrong_measure")
    unclear = expect(errors=both).as_yaml()
    figures = row(supplies_prepared=63500, supplies_distributed=48000)
    notes = {
        "in-a-footnote": "注：1.物资金额以元为单位；2.请于2024年3月5日前报送。",
        "in-a-note": "说明：本表金额单位：元",
        "in-a-line-below": "以上物资按元填报",
    }
    told = expect({"remarks": "物资单位为元"}, errors=both).as_yaml()
    title = [(f"{TITLE}（金额以元计）",), *ABOVE[1:]]
    good = form(below=("注：准备物资、发放物资以万元为单位，其余按实际次数统计。", FOOTNOTE))
    made: dict[str, File] = {}
    for name, note in notes.items():
        made |= _written(f"yuan-{name}", [form(figures, below=(note, FOOTNOTE))], unclear)
    return {
        **made,
        **_written("yuan-in-the-title", [form(figures, above=title)], unclear),
        **_written("yuan-above", [form(figures, above=[*ABOVE, ("（金额：元）",)])], unclear, "docx", "html"),
        **_written(
            "yuan-among-other-measures", [form(figures, above=[*ABOVE, ("单位：人、元、件",)])], unclear
        ),
        **_written("hundreds-of-yuan", [form(figures, above=[*ABOVE, ("单位：百元",)])], unclear, "docx"),
        **_written("yuan-in-the-remarks", [form([*figures[:-1], "物资单位为元"])], told),
        **_written("wan-yuan-in-a-footnote", [good], expect().as_yaml()),
    }


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
        "raised-by-a-style-sheet": ("<td>27<font class='font6'>1</font></td>", REFUSED),
        "hidden-by-a-style-sheet": ("<td>27<span class='gone'>0</span></td>", BESIDE),
        "hidden-by-its-name": ("<td>27<span id=none>0</span></td>", BESIDE),
        "white-by-a-style-sheet": ("<td class=white>27</td>", UNSEEN),
        "white-upon-dark-by-a-style-sheet": ("<td class=dark>27</td>", GOOD),
        "a-digit-in-white": ("<td>27<font color='#ffffff'>0</font></td>", BESIDE),
        "a-digit-of-one-pixel": ("<td>27<span style='font-size:1px'>0</span></td>", BESIDE),
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


# --- lines of label and figure ---------------------------------------------------------------------------


def _lines() -> dict[str, File]:
    """What mail programs break: a figure over two lines is no figure, and its first line alone is a wrong one."""
    broken = expect(errors={"leaflets_distributed": "not_a_number"}).as_yaml()
    silent = expect({"remarks": ""}).as_yaml()
    figure = "发放宣传资料：1250"
    lines = pairs()

    def mail(new: str, text: str = lines) -> bytes:
        return papers.mail(text=text.replace(figure, new))

    def spaced(sign: str) -> str:
        heads, figures = lines.split("\n")[:4], lines.split("\n")[4:-1]
        return "\n".join([*heads, *(line.replace("：", sign) for line in figures)])

    divs = "".join(f"<div>{line}</div>" for line in lines.split("\n"))
    sentence = "，".join(lines.split("\n")[4:]) + "。"
    headed = "\n".join([*lines.split("\n")[:4], "具体情况：", sentence])
    return {
        "a-figure-broken-in-a-mail.eml": (mail("发放宣传资料：1\n250"), broken),
        "a-figure-broken-behind-its-comma.eml": (mail("发放宣传资料：1,\n250"), broken),
        "a-figure-broken-by-a-break.eml": (papers.mail(page=divs.replace("1250", "12<br>50")), broken),
        "a-figure-below-its-label.eml": (mail("发放宣传资料：\n1250"), GOOD),
        "a-figure-in-the-next-block.eml": (
            papers.mail(page=divs.replace(figure, "发放宣传资料：</div><div>1250")),
            GOOD,
        ),
        "a-measure-on-the-next-line.eml": (mail("发放宣传资料：1250\n份"), GOOD),
        "a-date-below-the-figures.eml": (
            papers.mail(text=f"{lines}\n2024.3.1\n13800000000"),
            GOOD,
        ),
        "labels-and-figures-with-gaps.eml": (papers.mail(text=spaced("    ")), silent),
        "labels-and-figures-with-equals-signs.eml": (papers.mail(text=spaced("=")), silent),
        "label-and-figure-in-one-sentence.eml": (papers.mail(text=headed), GOOD),
        "the-measure-in-brackets-below.eml": (
            papers.mail(text=lines + "\n（物资单位：元）"),
            expect(
                errors=dict.fromkeys(("supplies_prepared", "supplies_distributed"), "wrong_measure")
            ).as_yaml(),
        ),
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
        book = _changed(form(row(remarks="无异常"), below=()), change)
        made[f"{name}.xlsx"] = (book, reading)
        made |= {f"{name}.from-xlsx.{format_}": (book, reading) for format_ in turned}
    return made


def _changed(made: Form, change: Callable[[Any], None]) -> bytes:
    """A workbook of the form, its sheet changed by openpyxl."""
    import io

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(books.xlsx([made])))
    change(book.active)
    file = io.BytesIO()
    book.save(file)
    return settled(file.getvalue())


# --- words beside the figures ----------------------------------------------------------------------------


def _words() -> dict[str, File]:
    """What says that a figure is wrong, wherever it stands: told, and never a figure itself."""
    from openpyxl.comments import Comment

    warned = expect(warnings=["words_besides:"]).as_yaml()
    remark = "劝导人数应为35人"
    in_remarks = expect({"remarks": remark}, warnings=["words_besides:"]).as_yaml()
    plain = expect({"remarks": "劝导人数中含临时救助8人"}).as_yaml()
    template = "填表说明：1.巡查次数应为累计数；2.联合巡查应为总计的一部分；3.联系电话应为11位手机号。"
    line = "更正：劝导人数应为35人。"
    lines = pairs()

    def between(text: str) -> bytes:
        return papers.mail(text=lines.replace("劝导人数：27", f"劝导人数：27\n{text}"))

    def commented(sheet: Any) -> None:
        sheet["J6"].comment = Comment("应为35", "张三")

    book = _changed(form(row(), below=()), commented)
    return {
        **_written("a-remark-that-corrects", [form(row(remarks=remark))], in_remarks, "xlsx", "docx", "html"),
        **_written("a-remark-that-explains", [form(row(remarks="劝导人数中含临时救助8人"))], plain),
        **_written("a-line-that-corrects", [form(below=(line, FOOTNOTE))], warned),
        **_written("a-template-s-own-notes", [form(below=(template, FOOTNOTE))], GOOD),
        "a-comment-that-corrects.xlsx": (book, warned),
        "a-comment-that-corrects.from-xlsx.xls": (book, warned),
        "a-comment-that-corrects.from-xlsx.ods": (book, warned),
        "a-correction-between-the-lines.eml": (between("更正：35人"), warned),
        "a-correction-in-brackets-between-the-lines.eml": (between("（更正：应为35人）"), warned),
        "a-correction-below-the-lines.eml": (
            papers.mail(text=f"{lines}\n\n以上劝导人数有误，实为35人。"),
            warned,
        ),
    }


# --- another year's form, and another action's -----------------------------------------------------------


def _others() -> dict[str, File]:
    told = expect(warnings=["other_title:"]).as_yaml()

    def titled(title: str) -> list[Form]:
        return [form(above=[(title,), *ABOVE[1:]])]

    return {
        **_written("last-year-by-its-title", titled("2022年“冬季送温暖”专项救助行动情况统计表"), told),
        **_written(
            "last-winter-by-its-title", titled("2022—2023年度“冬季送温暖”专项救助行动情况统计表"), told
        ),
        **_written(
            "this-winter-by-its-title", titled("2023—2024年度“寒冬送温暖”专项救助行动情况统计表"), GOOD
        ),
        **_written("another-action-by-its-title", titled("“夏季送清凉”专项救助行动情况统计表"), told),
        **_written("last-year-by-its-sheet", [form(sheet="2022年")], told, "xlsx"),
    }

"""Words and drawings beside a figure: on its cell, over it, in margins, on other sheets, in the mail that brings it.

Each doubt has a harmless twin in the same place: what repeats the figure, breaks it down, or is of something else.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from . import books, papers
from .looks import changed
from .model import Form
from .notice import expect, form, row, texts
from .zips import FIXED, rewritten, settled

File = tuple[bytes, Any]
GOOD = expect().as_yaml()
DOUBTED = expect(warnings=["words_besides:people_persuaded"]).as_yaml()
COVERED = expect(errors={"people_persuaded": "drawn"}).as_yaml()
MONEY = ("supplies_prepared", "supplies_distributed")


def files() -> dict[str, File]:
    return {**_comments(), **_drawings(), **_margins(), **_sheets(), **_remarks(), **_mails()}


# --- on the cell -----------------------------------------------------------------------------------------


def _comments() -> dict[str, File]:
    made: dict[str, File] = {}
    for name, words, expected in (
        ("a-bare-figure-on-the-cell", "35", DOUBTED),
        ("another-count-on-the-cell", "村里报的是三十五人，再核一下", DOUBTED),
        ("the-figure-again-on-the-cell", "3月1日已核，27", GOOD),
        ("a-part-on-the-cell", "含2名婴儿", GOOD),
        ("another-figure-s-count-on-the-cell", "其中进站11人", GOOD),
    ):
        book, paper = _commented(words), _commented_paper(words)
        made |= {f"{name}.xlsx": (book, expected), f"{name}.docx": (paper, expected)}
        made |= {f"{name}.from-xlsx.{one}": (book, expected) for one in ("xls", "ods")}
        made |= {f"{name}.from-docx.odt": (paper, expected)}
    made["a-comment-on-the-label.xlsx"] = (_commented("应填35", "J4"), DOUBTED)
    made["a-comment-thread.xlsx"] = (_threaded("35"), DOUBTED)
    made["a-comment-thread-that-repeats.xlsx"] = (_threaded("27"), GOOD)
    return made


def _commented(words: str, cell: str = "J6") -> bytes:
    from openpyxl.comments import Comment

    def comment(sheet: Any) -> None:
        sheet[cell].comment = Comment(words, "张三")

    return changed(form(row()), comment)


def _commented_paper(words: str) -> bytes:
    """A comment of Word's on the figure."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    part = f'<w:comments {space}><w:comment w:id="0" w:author="张三"><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:comment></w:comments>'
    paper = papers.docx([form(texts())])
    marked = rewritten(
        paper,
        "word/document.xml",
        "(<w:t[^>]*>27</w:t></w:r>)",
        r'\1<w:r><w:commentReference w:id="0"/></w:r>',
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
    return _with_part(marked, "word/comments.xml", part, kind, "word/_rels/document.xml.rels", "comments")


def _threaded(words: str) -> bytes:
    """A thread of comments, with the note that Excel leaves for its older versions."""
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    part = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="J6" id="{{1}}"><text>{words}</text>'
        "</threadedComment></ThreadedComments>"
    )
    old = "[线程批注] 你的 Excel 版本可读取此线程批注，了解详细信息: https://go.microsoft.com/fwlink/?linkid=870924"
    return _with_part(
        _commented(old),
        "xl/threadedComments/threadedComment1.xml",
        part,
        "application/vnd.ms-excel.threadedcomments+xml",
        "xl/worksheets/_rels/sheet1.xml.rels",
        "threadedComment",
    )


def _with_part(data: bytes, name: str, content: str, kind: str, rels: str, relation: str) -> bytes:
    """A package with one part more, and the reference to it."""
    target = f"/{name}"
    related = f'<Relationship Id="rIdMore" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{relation}" Target="{target}"/></Relationships>'
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        there = rels in package.namelist()
    if there:
        data = rewritten(data, rels, "</Relationships>", related)
    data = rewritten(
        data,
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="{target}" ContentType="{kind}"/></Types>',
    )
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package:
        parts = {name: content}
        if not there:
            empty = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            parts[rels] = empty + related
        for path, text in parts.items():
            package.writestr(zipfile.ZipInfo(path, FIXED), text)
    return settled(file.getvalue())


# --- over it ---------------------------------------------------------------------------------------------


def _drawings() -> dict[str, File]:
    words = expect(warnings=["words_besides:people_persuaded"]).as_yaml()
    return {
        "a-box-with-a-figure-over-the-figure.xlsx": (_boxed("35", 9, 5), COVERED),
        "a-box-that-repeats-the-figure.xlsx": (_boxed("27", 9, 5), GOOD),
        "a-box-with-words-at-the-figure.xlsx": (_boxed("此处应填35", 9, 5), words),
        "a-box-with-words-elsewhere.xlsx": (_boxed("填表说明：本表一式2份", 1, 9), GOOD),
        "a-picture-over-the-figure.xlsx": (_pictured("J6"), COVERED),
        "a-picture-beside-the-table.xlsx": (_pictured("Q2"), GOOD),
        "a-picture-below-the-table.xlsx": (_pictured("B12"), GOOD),
        "a-picture-on-a-label.xlsx": (_pictured("J4"), GOOD),
    }


def _boxed(words: str, column: int, at: int) -> bytes:
    """A text box that fills one cell of the sheet."""
    spaces = (
        'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    )
    corner = "<xdr:{0}><xdr:col>{1}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{2}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:{0}>"
    shape = (
        '<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" name="框"/><xdr:cNvSpPr txBox="1"/></xdr:nvSpPr><xdr:spPr/>'
        f"<xdr:txBody><a:bodyPr/><a:p><a:r><a:t>{words}</a:t></a:r></a:p></xdr:txBody></xdr:sp><xdr:clientData/>"
    )
    anchor = corner.format("from", column, at) + corner.format("to", column + 1, at + 1) + shape
    part = f"<xdr:wsDr {spaces}><xdr:twoCellAnchor>{anchor}</xdr:twoCellAnchor></xdr:wsDr>"
    return _with_part(
        books.xlsx([form(row())]),
        "xl/drawings/drawing1.xml",
        part,
        "application/vnd.openxmlformats-officedocument.drawing+xml",
        "xl/worksheets/_rels/sheet1.xml.rels",
        "drawing",
    )


def _pictured(cell: str) -> bytes:
    from openpyxl.drawing.image import Image
    from PIL import Image as Pixels

    def put(sheet: Any) -> None:
        file = io.BytesIO()
        Pixels.new("RGB", (64, 20), "white").save(file, "PNG")
        picture = Image(file)
        sheet.add_image(picture, cell)

    return changed(form(row()), put)


# --- margins ---------------------------------------------------------------------------------------------


def _margins() -> dict[str, File]:
    made: dict[str, File] = {}
    for name, words, expected in (
        ("another-count-in-the-header", "劝导人数更正为35人", DOUBTED),
        ("the-count-again-in-the-header", "劝导27人　第1页 共2页", GOOD),
    ):
        book, paper = _headed(words), _headed_paper(words)
        made |= {f"{name}.xlsx": (book, expected), f"{name}.docx": (paper, expected)}
        made |= {f"{name}.from-xlsx.{one}": (book, expected) for one in ("xls", "ods")}
        made |= {f"{name}.from-docx.{one}": (paper, expected) for one in ("odt", "rtf")}
    made["another-count-in-the-watermark.docx"] = (_watermarked("劝导人数35"), DOUBTED)
    made["a-watermark.docx"] = (_watermarked("内部资料 2024"), GOOD)
    return made


def _headed(words: str) -> bytes:
    def head(sheet: Any) -> None:
        sheet.oddHeader.center.text = words
        sheet.oddHeader.center.size = 12

    return changed(form(row()), head)


def _headed_paper(words: str) -> bytes:
    return _of_paper(lambda paper: _set(paper.sections[0].header.paragraphs[0], words))


def _set(paragraph: Any, words: str) -> None:
    paragraph.text = words


def _watermarked(words: str) -> bytes:
    """A watermark of Word's: letters drawn in the header."""
    paper = _headed_paper("民政办")
    drawn = (
        '<w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape type="#_x0000_t136">'
        f'<v:textpath style="font-family:宋体" string="{words}"/></v:shape></w:pict></w:r></w:p>'
    )
    return rewritten(paper, "word/header1.xml", "</w:p>", drawn)


def _of_paper(change: Callable[[Any], None]) -> bytes:
    from docx import Document

    paper = Document(io.BytesIO(papers.docx([form(texts())])))
    change(paper)
    file = io.BytesIO()
    paper.save(file)
    return settled(file.getvalue())


# --- other sheets, remarks and lines ---------------------------------------------------------------------


def _sheets() -> dict[str, File]:
    def with_sheet(*lines: str) -> bytes:
        note = Form((), [[line] for line in lines], (), ()).but(sheet="说明")
        return books.xlsx([form(row()), note])

    days = [f"2月{day}日 劝导{day % 3 + 1}人" for day in range(1, 20)]
    return {
        "another-count-on-another-sheet.xlsx": (with_sheet("填报说明", "救助站核定我镇劝导35人"), DOUBTED),
        "the-count-again-on-another-sheet.xlsx": (with_sheet("填报说明", "劝导27人，进站11人"), GOOD),
        "a-diary-on-another-sheet.xlsx": (with_sheet("日期和人数", *days), GOOD),
    }


def _remarks() -> dict[str, File]:
    yuan = dict.fromkeys(MONEY, "wrong_measure")
    made: dict[str, File] = {}
    for name, remark, changes, doubts in (
        ("amounts-by-the-yuan-in-the-remark", "准备物资800元，发放650元", (800, 650), {"errors": yuan}),
        (
            "goods-worth-as-much-by-the-yuan",
            "发放棉被20床，价值650元",
            (800, 650),
            {"errors": yuan},  # of one hand
        ),
        ("the-same-amounts-by-the-yuan", "准备物资63500元，发放48000元", (6.35, 4.8), {}),
        ("some-goods-of-all", "发放棉被20床，价值3000元", (6.35, 4.8), {}),
        ("a-figure-put-right", "劝导人数27改35", (6.35, 4.8), {"warnings": ["words_besides:people_persuaded"]}),
        ("two-figures-put-right", "劝导35人，未成年人3人", (6.35, 4.8), {"warnings": ["words_besides:people_persuaded", "words_besides:minors_helped"]}),
        ("a-figure-broken-down", "劝导27人，其中男20人、女7人", (6.35, 4.8), {}),
        ("two-halves-of-a-figure", "白天巡查30次，夜间巡查12次", (6.35, 4.8), {}),
    ):  # fmt: skip
        given = form(row(remarks=remark, supplies_prepared=changes[0], supplies_distributed=changes[1]))
        money = {one: str(value) for one, value in zip(MONEY, changes, strict=True)}
        told: Any = expect({"remarks": remark, **money}, **doubts).as_yaml()  # type: ignore[arg-type]
        made |= {f"{name}.xlsx": (books.xlsx([given]), told), f"{name}.html": (papers.html([given]), told)}
    made["another-count-below-the-table.docx"] = (_below("另：救助站核定劝导35人。"), DOUBTED)
    for name, line, expected in (
        ("a-form-in-an-account", "2月6日夜，出动工作人员8人，劝导3人。", GOOD),
        ("a-form-in-an-account-that-says-otherwise", "全镇累计劝导流浪乞讨人员35人。", DOUBTED),
    ):
        told = (*(("我镇高度重视，压实责任，强化部门联动，确保困难群众温暖过冬。" * 3),) * 5, line)
        made[f"{name}.docx"] = (papers.docx([form(texts(), below=told)]), expected)
    made["the-count-again-below-the-table.docx"] = (_below("以上劝导27人均已登记造册。"), GOOD)
    return made


def _below(line: str) -> bytes:
    return papers.docx([form(texts(), below=(line,))])


# --- the mail that brings it -----------------------------------------------------------------------------


def _mails() -> dict[str, File]:
    book = books.xlsx([form(row())])
    yuan = expect(errors=dict.fromkeys(MONEY, "wrong_measure")).as_yaml()
    made: dict[str, File] = {}
    for name, text, subject, expected in (
        ("another-count-in-the-mail", "老师好，劝导35人，表里没来得及改。", "统计表", DOUBTED),
        ("the-count-again-in-the-mail", "老师好，本次劝导27人，请查收。", "统计表", GOOD),
        ("a-part-in-the-mail", "其中板辽村劝导9人。", "统计表", GOOD),
        ("another-count-in-the-subject", "请查收", "青年镇统计表（劝导35人）", DOUBTED),
        ("a-day-in-the-subject", "请查收", "青年镇统计表2024年3月1日第2次", GOOD),
        ("amounts-by-the-yuan-by-the-mail", "物资那两栏是按元填的。", "统计表", yuan),
        ("amounts-as-asked-by-the-mail", "物资已按万元填写，没有按元。", "统计表", GOOD),
    ):
        made[f"{name}.eml"] = (
            papers.mail(text=text, subject=subject, attachments=[("统计表.xlsx", book)]),
            expected,
        )
    for name, account, expected in (
        ("another-count-in-the-account", "行动开展以来，全镇累计劝导流浪乞讨人员35人。", DOUBTED),
        ("the-count-again-in-the-account", "行动开展以来，全镇累计劝导流浪乞讨人员27人，进站11人。", GOOD),
        (
            "a-night-s-count-in-the-account",
            "2月6日夜，民政办组织巡查2次，共劝导3人，发放宣传资料50份。",
            GOOD,
        ),
        ("a-village-s-count-in-the-account", "板辽村共出动工作人员8人次，劝导5人，送去棉被2床。", GOOD),
    ):
        attached = [("统计表.xlsx", book), ("开展情况.docx", _account(account))]
        made[f"{name}.eml"] = (papers.mail(text="材料请查收。", attachments=attached), expected)
    return made


def _account(sentence: str) -> bytes:
    from docx import Document

    paper = Document()
    papers.slim(paper)
    for line in (
        "青年镇“冬季送温暖”工作开展情况",
        "一是加强组织领导，落实工作责任，明确专人负责。",
        sentence,
    ):
        paper.add_paragraph(line)
    paper.add_paragraph(
        "二是强化部门联动，民政、公安、城管、卫生等部门密切配合，确保流浪乞讨人员安全温暖过冬。" * 2
    )
    file = io.BytesIO()
    paper.save(file)
    return settled(file.getvalue())

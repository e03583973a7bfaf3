"""Files in which a figure was taken in silence that no careful clerk would have registered."""

from __future__ import annotations

from typing import Any

from . import books, papers
from .mails import pairs
from .model import Form, Styled
from .notice import ABOVE, FIGURES, IDS, expect, flat, form, labels, number, row, texts
from .rows import ONE, SUM, TWO, line, villages
from .zips import rewritten

File = tuple[bytes, Any]
EVERY = [name for name in IDS if name != "remarks"]
STYLES, SHEET = "xl/styles.xml", "xl/worksheets/sheet1.xml"
BESIDES = "words_besides:"


def files() -> dict[str, File]:
    return {
        **_unseen(),
        **_by_condition(),
        **_no_counts(),
        **_short(),
        **_villages(),
        **_disowned(),
        **_forwarded(),
    }


def _unseen() -> dict[str, File]:
    """White on a white ground; zeros that the sheet leaves blank; a text in whose place its format shows nothing."""
    blank = expect(errors={"people_persuaded": "blank"}, warnings=["hidden:people_persuaded"]).as_yaml()
    zero = expect({"minors_helped": "0"}, warnings=["displayed_otherwise:minors_helped"]).as_yaml()
    marked = books.xlsx([form(row(people_persuaded=Styled(27, format='"x"0')))])
    white = rewritten(marked, STYLES, "<numFmts.*?</numFmts>", "")
    white = rewritten(white, STYLES, "</fonts>", '<font><color rgb="FFFFFFFF"/></font></fonts>')
    white = rewritten(white, STYLES, "</fills>", f"{SOLID}</fills>")
    white = rewritten(
        white, STYLES, 'numFmtId="164" fontId="0" fillId="0"', 'numFmtId="0" fontId="1" fillId="2"'
    )
    zeros = rewritten(
        books.xlsx([form(row(minors_helped=0))]), SHEET, "<sheetView ", '<sheetView showZeros="0" '
    )
    hidden = books.xlsx([form(row(people_persuaded=Styled("27", format="0;-0;0;")))])
    saved = papers.html([form()]).decode()
    folded = saved.replace("<tr>", f"{COLUMNS_OF_A_PAGE}<tr>", 1).encode()
    away = expect(errors={"people_persuaded": "no_column"}, warnings=["hidden:people_persuaded"]).as_yaml()
    return {
        "white-on-a-white-ground.xlsx": (white, blank),
        "zeros-left-blank-by-the-sheet.xlsx": (zeros, zero),
        "a-column-hidden-in-a-page.html": (folded, away),
        "a-text-whose-format-shows-nothing.xlsx": (hidden, expect(errors=["people_persuaded"]).as_yaml()),
    }


COLUMNS_OF_A_PAGE = "<colgroup><col span=9><col width=0 style='display:none'></colgroup>"
SOLID = '<fill><patternFill patternType="solid"><fgColor rgb="FFFFFFFF"/></patternFill></fill>'


def _by_condition() -> dict[str, File]:
    """Conditional formats that strike a figure through, or hide it, where their condition holds."""
    blank = expect(errors={"people_persuaded": "blank"}, warnings=["hidden:people_persuaded"]).as_yaml()
    zero = expect({"minors_helped": "0"}, warnings=["displayed_otherwise:minors_helped"]).as_yaml()
    white, struck = '<font><color rgb="FFFFFFFF"/></font>', "<font><strike/></font>"
    on_red = f'{white}<fill><patternFill><bgColor rgb="FFFF0000"/></patternFill></fill>'
    over, none = ('operator="greaterThan"', "20", "J6"), ('operator="equal"', "0", "A1:N9")
    return {
        "struck-by-a-condition.xlsx": (_with_condition(struck, *over), blank),
        "white-by-a-condition.xlsx": (_with_condition(white, *over), blank),
        "white-on-red-by-a-condition.xlsx": (_with_condition(on_red, *over), expect().as_yaml()),
        "zeros-white-by-a-condition.xlsx": (_with_condition(white, *none, minors_helped=0), zero),
        "zeros-white-by-a-condition-and-none-there.xlsx": (_with_condition(white, *none), expect().as_yaml()),
    }


def _with_condition(look: str, compare: str, bound: str, cells: str, **changes: Any) -> bytes:
    rule = f'<cfRule type="cellIs" dxfId="0" priority="1" {compare}><formula>{bound}</formula></cfRule>'
    made = f'<conditionalFormatting sqref="{cells}">{rule}</conditionalFormatting><pageMargins'
    book = rewritten(books.xlsx([form(row(**changes))]), SHEET, "<pageMargins", made)
    return rewritten(book, STYLES, "</cellStyles>", f'</cellStyles><dxfs count="1"><dxf>{look}</dxf></dxfs>')


def _no_counts() -> dict[str, File]:
    """A mobile number or a day, eleven and eight digits long, where a count belongs."""
    made = {}
    for name, written in (("telephone", "13800000000"), ("day", "20240229")):
        told = expect(errors={"minors_helped": "not_a_number"}).as_yaml()
        made[f"a-{name}-where-a-count-belongs.docx"] = (
            papers.docx([form(texts(minors_helped=written))]),
            told,
        )
        stored = books.xlsx([form(row(minors_helped=number(written)))])
        made[f"a-{name}-where-a-count-belongs.xlsx"] = (stored, told)
    return made


def _short() -> dict[str, File]:
    """A row of text that lost a cell: the remark stands where the last figure belongs."""
    lost = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "*")).as_yaml()
    plain = papers.delimited([flat(texts(remarks="无"))]).decode()
    short = plain.replace(",27,", ",")
    tabs = "\n".join("\t".join(map(papers.shown, cells)) for cells in flat(texts(remarks="无")).cells)
    above = "\n".join("    ".join(one) for one in ABOVE) + "\n"
    headed = above + tabs.replace("\t27\t", "\t")
    upright = "\n".join(f"{label}\t{figure}" for label, figure in zip(labels(), texts(), strict=True))
    broken = above + upright.replace("1250", "12\n50")
    return {
        "a-cell-lost-before-a-remark.csv": (short.encode(), lost),
        "a-cell-lost-before-a-remark.eml": (papers.mail(text=headed), lost),
        "a-figure-broken-over-two-lines.eml": (
            papers.mail(text=broken),
            expect({"remarks": "*"}, errors=["leaflets_distributed"]).as_yaml(),
        ),
    }


def _villages() -> dict[str, File]:
    """What is among a village's figures is no part of the sum beside them; a village is there once."""
    whole = {**SUM, "remarks": ""}
    added = {name: str(float(FIGURES[name]) + float(ONE[name])) for name in SUM}
    differs = expect({"remarks": ""}, errors=dict.fromkeys(SUM, "sum_differs")).as_yaml()
    among = [("板辽村", line(whole)), ("其中：一组", line(ONE))]
    twice = {name: str(round(float(ONE[name]) * 2, 2)) for name in SUM}
    double = expect(
        {**{name: _plain(text) for name, text in twice.items()}, "remarks": ""}, warnings=["row_twice:"]
    )
    again = [("板辽村", line(ONE)), ("板辽村", line(ONE)), ("合计", line(twice))]
    alone = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "*")).as_yaml()
    mended = [("板辽村", line(ONE)), ("板辽村（更正）", line(TWO)), ("合计", line(whole))]
    lost = expect({"remarks": ""}, errors=dict.fromkeys(SUM, "sum_unmarked")).as_yaml()
    sheets = [form(line(ONE), sheet=name) for name in ("板辽村", "更古村")]
    once = expect({**ONE, "remarks": ""}, warnings=["two_forms:", "called_otherwise:"], confirm=True)
    copies = [form(line(ONE), sheet=name) for name in ("上报", "存档")]
    return {
        "a-village-and-its-correction-in-one-sum.xlsx": (_book(*mended), lost),
        "two-villages-with-the-same-figures.xlsx": (books.xlsx(sheets), once.as_yaml()),
        "the-same-figures-on-two-sheets.xlsx": (
            books.xlsx(copies),
            expect({**ONE, "remarks": ""}).as_yaml(),
        ),
        "what-is-among-a-village.xlsx": (
            _book(*among, ("合计", line(whole))),
            expect({"remarks": ""}).as_yaml(),
        ),
        "what-is-among-a-village-added-again.xlsx": (_book(*among, ("合计", line(added))), differs),
        "only-what-is-among-it.xlsx": (_book(("其中：城区", line(TWO))), alone),
        "a-village-twice.xlsx": (_book(*again), double.as_yaml()),
    }


def _plain(text: str) -> str:
    return text.removesuffix(".0")


def _book(*rows: tuple[str, list[Any]]) -> bytes:
    return books.xlsx([villages(*rows)])


def _disowned() -> dict[str, File]:
    """Words in the mail, or the file's name, by which the figures aren't the ones to report."""
    told = expect(warnings=[BESIDES]).as_yaml()
    asked = expect(warnings=["called_otherwise:"], confirm=True).as_yaml()
    page = papers.html_body([form()])
    last = "以下是去年的数据，供参考，今年的稍后报。"
    book = books.xlsx([form()])
    return {
        "an-item-by-its-number.eml": (papers.mail(text=f"第10项应为35，其余不变。\n\n{pairs()}"), told),
        "an-item-by-its-number-above-a-table.eml": (
            papers.mail(page=f"<p>第10项应为35，其余不变。</p>{page}"),
            told,
        ),
        "last-year-s-by-the-words-above.eml": (papers.mail(text=f"{last}\n\n{pairs()}"), asked),
        "last-year-s-by-the-words-above-a-table.eml": (papers.mail(page=f"<p>{last}</p>{page}"), asked),
        "the-one-before-is-void.eml": (
            papers.mail(text=f"之前报的统计表作废，请用这一份。\n\n{pairs()}"),
            expect().as_yaml(),
        ),
        "统计表（作废）.xlsx": (book, asked),
        "2021年统计表.xlsx": (book, asked),
        "2024年统计表.xlsx": (book, expect().as_yaml()),
        "a-correction-in-a-column-beside.xlsx": (_with_notes("应为35"), told),
        "money-in-yuan-by-the-remark.xlsx": (_in_yuan("金额为元，非万元"), _yuan("金额为元，非万元")),
    }


def _with_notes(words: str) -> bytes:
    """The form turned on its side, with a column of notes."""
    beside = {"people_persuaded": words}
    rows = [[label, cell, beside.get(name)] for name, label, cell in zip(IDS, labels(), row(), strict=True)]
    return books.xlsx([Form(ABOVE, [["指标", "数值", "说明"], *rows])])


def _in_yuan(remark: str) -> bytes:
    return books.xlsx([form(row(supplies_prepared=635, supplies_distributed=480, remarks=remark))])


def _yuan(remark: str) -> Any:
    money = ("supplies_prepared", "supplies_distributed")
    return expect({"remarks": remark}, errors=dict.fromkeys(money, "wrong_measure")).as_yaml()


def _forwarded() -> dict[str, File]:
    """A word above a forwarded mail that puts a figure in it right."""
    forwarded = (
        "---------- 转发的邮件 ----------\n发件人: 青年镇民政办 <qingnian@town.example>\n日期: 2024年3月1日\n"
        "主题: 统计表\n收件人: report@civil.example\n\n"
    )
    text = f"劝导人数应为35人。\n\n{forwarded}{pairs()}\n"
    return {
        "a-word-above-a-forwarded-mail.eml": (
            papers.mail(text=text, subject="转发：统计表"),
            expect(warnings=[f"{BESIDES}people_persuaded"]).as_yaml(),
        )
    }

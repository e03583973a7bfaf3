"""What ten offices made of the form while nobody who knew the reader looked on: each file could mislead it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import books, looks, papers
from .finding import _led
from .looks import GOOD, changed
from .mails import pairs
from .model import Form
from .notice import ABOVE, FIGURES, FOOTNOTE, IDS, TITLE, expect, form, labels, row
from .notice import number as stored

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
        **looks.files(),
        **_lines(),
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
        **_written("a-village-named-like-a-comparison", led(("较场村", row())), expect().as_yaml()),
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


# --- words beside the figures ----------------------------------------------------------------------------


def _words() -> dict[str, File]:
    """What says that a figure is wrong, wherever it stands: told, and never a figure itself."""
    from openpyxl.comments import Comment

    unnamed = expect(warnings=["words_besides:"]).as_yaml()
    warned = expect(warnings=["words_besides:people_persuaded"]).as_yaml()
    remark = "劝导人数应为35人"
    in_remarks = expect({"remarks": remark}, warnings=["words_besides:people_persuaded"]).as_yaml()
    plain = expect({"remarks": "劝导人数中含临时救助8人"}).as_yaml()
    template = "填表说明：1.巡查次数应为累计数；2.联合巡查应为总计的一部分；3.联系电话应为11位手机号。"
    line = "更正：劝导人数应为35人。"
    lines = pairs()

    def between(text: str) -> bytes:
        return papers.mail(text=lines.replace("劝导人数：27", f"劝导人数：27\n{text}"))

    def commented(sheet: Any) -> None:
        sheet["J6"].comment = Comment("应为35", "张三")

    book = changed(form(row(), below=()), commented)
    return {
        **_written("a-remark-that-corrects", [form(row(remarks=remark))], in_remarks, "xlsx", "docx", "html"),
        **_written("a-remark-that-explains", [form(row(remarks="劝导人数中含临时救助8人"))], plain),
        **_written("a-line-that-corrects", [form(below=(line, FOOTNOTE))], warned),
        **_written("a-template-s-own-notes", [form(below=(template, FOOTNOTE))], GOOD),
        "a-comment-that-corrects.xlsx": (book, warned),
        "a-comment-that-corrects.from-xlsx.xls": (book, warned),
        "a-comment-that-corrects.from-xlsx.ods": (book, warned),
        "a-correction-between-the-lines.eml": (between("更正：35人"), unnamed),
        "a-correction-in-brackets-between-the-lines.eml": (between("（更正：应为35人）"), unnamed),
        "a-correction-below-the-lines.eml": (
            papers.mail(text=f"{lines}\n\n以上劝导人数有误，实为35人。"),
            warned,
        ),
    }


# --- another year's form, and another action's -----------------------------------------------------------


def _others() -> dict[str, File]:
    told = expect(warnings=["other_title:"], confirm=True).as_yaml()

    unfilled = expect(errors=dict.fromkeys(EVERY, "blank")).as_yaml()
    unclear = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "sum_unmarked"), confirm="*").as_yaml()
    years = [
        ["项目", "2022年", "2023年"],
        *([one, 1, value] for one, value in zip(labels(), row(), strict=True)),
    ]
    turned = Form(ABOVE, years, (), (FOOTNOTE,))
    marked = Form(
        ABOVE, [[f"{one}{'①' if '人' in one else '*'}" for one in labels()], row()], (), (FOOTNOTE,)
    )

    def below(heading: str) -> list[Form]:
        cells: list[list[Any]] = [[heading, *[None] * 13], labels(), row()]
        return [Form(ABOVE, cells, [(0, 0, 0, 13)], (FOOTNOTE,))]

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
        **_written("last-year-above-the-labels", below("上年同期"), unfilled),
        **_written("a-target-above-the-labels", below("计划数"), unfilled),
        **_written("this-campaign-above-the-labels", below("2024年"), GOOD),
        **_written("two-years-side-by-side", [turned], unclear),
        **_written("labels-with-marks-of-notes", [marked], GOOD),
        **_written("last-year-by-its-sheet", [form(sheet="2022年")], told, "xlsx"),
    }

"""What clerks write around a figure, labels that are nearly the form's, columns in parts, sentences: as every day brings them.

Beside each kind what looks like it and has to be asked about.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from . import papers
from .model import Case, Form, Styled
from .notice import ABOVE, COLUMNS, FIGURES, FOOTNOTE, IDS, SINGLE, expect, flat, form, head, row

BOOKS, PAPERS = ("xlsx", "xls"), ("docx", "html", "csv")
File = tuple[bytes, Any]


def cases() -> list[Case]:
    return [*_around(), *_doubted(), *_dates(), *_headers(), *_labels(), *_columns(), *_unseen()]


def _case(name: str, cells: dict[str, Any], *formats: str, **told: Any) -> Case:
    return Case(name, [form(row(**cells))], expect(**told), formats or ("xlsx", "docx", "csv"))


def _around() -> list[Case]:
    same = dict.fromkeys
    marks = {
        "patrols": "42。", "joint_patrols": "17；", "staff_deployed": "136、", "volunteers_mobilised": "58：", "media_reports": "9①",
        "moving_stories": "3*", "people_persuaded": "（27）", "people_brought_to_station": "“11”", "critically_ill_helped": "2（人）",
        "leaflets_distributed": "1250份。", "supplies_prepared": "6.35万元；",
    }  # fmt: skip
    remarks = {
        "patrols": "42（其中联合17）", "joint_patrols": "17次（含夜间）", "staff_deployed": "136（干部80，社工56）",
        "supplies_prepared": "6.35万元（棉被200床）", "people_persuaded": "27人（含节假日）",
    }  # fmt: skip
    twice = {
        "patrols": "四十二（42）", "joint_patrols": "17（十七）", "supplies_prepared": "6.35万元（63500元）",
        "staff_deployed": "100+36=136", "people_persuaded": "27=20+7", "media_reports": "9次（九次）",
    }  # fmt: skip
    before = {
        "patrols": "共42次", "joint_patrols": "共计17", "supplies_prepared": "价值6.35万元", "supplies_distributed": "折合4.8万元",
        "staff_deployed": "合计136人次", "people_persuaded": "累计：27人",
    }  # fmt: skip
    money = {"supplies_prepared": "63500元整", "supplies_distributed": "¥48,000.00"}
    coins = {"supplies_prepared": "人民币63500元", "supplies_distributed": "48000块"}
    formal = {"supplies_prepared": "陆万叁仟伍佰元整", "supplies_distributed": "4万8千元"}
    signs = {
        "patrols": "042",
        "joint_patrols": "+17",
        "supplies_prepared": "+6.35",
        "supplies_distributed": "04.8",
    }
    nothing = dict(
        zip(
            (*IDS[1:4], *IDS[7:13]),
            ("--", "–", "―", "暂无", "无。", "没", "未开展", "N/A", "0（无）"),
            strict=True,
        )
    )
    return [
        _case("marks behind and around", marks, *BOOKS, *PAPERS),
        _case("remarks in brackets", remarks, *BOOKS, *PAPERS, notes=list(remarks)),
        _case("the same value twice", twice, *BOOKS, *PAPERS, notes=list(twice)),
        _case("words before", before, *BOOKS, *PAPERS, notes=list(before)),
        _case("money in words", money, *BOOKS, *PAPERS, notes=list(money)),
        _case("money in coins", coins, "xlsx", "docx", notes=list(coins)),
        _case("money in formal numerals", formal, "xlsx", "docx", "html", notes=list(formal)),
        _case("zeros and signs before", signs, *BOOKS, *PAPERS),
        _case("a bare point", {"supplies_prepared": ".5", "supplies_distributed": ".25万元"}, "xlsx", "docx", "csv", values={"supplies_prepared": "0.5", "supplies_distributed": "0.25"}),
        _case("nothing in other words", nothing, *BOOKS, *PAPERS, values=same(nothing, "0"), notes=list(nothing)),
    ]  # fmt: skip


def _doubted() -> list[Case]:
    contradicted = {
        "patrols": "42（应为45）", "joint_patrols": "17（十五）", "staff_deployed": "136（13）", "volunteers_mobilised": "100+36=58",
        "supplies_prepared": "6.35万元（6350元）", "people_persuaded": "27（不含儿童3人）", "media_reports": "9（预计）",
        "leaflets_distributed": "1250（含折页1300）", "minors_helped": "4（四五个）",
    }  # fmt: skip
    likely = {
        "patrols": "4O", "joint_patrols": "l7", "staff_deployed": "1.36E+02", "supplies_prepared": "6。35", "supplies_distributed": "4点8",
        "people_persuaded": "廿七", "media_reports": "9②3", "critically_ill_helped": "(2)",
    }  # fmt: skip
    commas = {"leaflets_distributed": "1.250", "staff_deployed": "3.000", "people_persuaded": "27.000人"}
    long = {"patrols": "1234567890123456", "supplies_prepared": "6.350000000000001"}
    money = {"supplies_prepared": "¥6.35", "supplies_distributed": "价值48000"}
    return [
        _case("brackets that contradict", contradicted, *BOOKS, *PAPERS, errors=dict.fromkeys(contradicted, "not_exact")),
        _case("what was likely meant", likely, *BOOKS, *PAPERS, errors=dict.fromkeys(likely, "*")),
        _case("a point where a comma may be meant", commas, *BOOKS, *PAPERS, errors=dict.fromkeys(commas, "not_exact")),
        _case("too many digits", long, "xlsx", "docx", "csv", errors=dict.fromkeys(long, "not_a_number")),
        _case("money of which the scale isn't said", money, "xlsx", "docx", "csv", errors=dict.fromkeys(money, "not_a_number")),
    ]  # fmt: skip


def _dates() -> list[Case]:
    cells = {
        "people_brought_to_station": Styled(dt.date(2024, 2, 8), 'm"月"d"日"'),
        "media_reports": Styled(0.01, "0%"),
        "patrols": Styled(dt.date(2024, 2, 8), "yyyy/m/d"),
    }
    return [_case("cells in a format of dates and percents", cells, "xlsx", "xls", "ods", errors=dict.fromkeys(cells, "not_a_number"))]  # fmt: skip


def _headers() -> list[Case]:
    def phone(name: str, written: str, read: str | None) -> Case:
        above = (*ABOVE[:2], ("填报人：张三", f"联系电话：{written}"))
        told = {"notes": ["phone"]} if read else {"warnings": ["bad_phone:phone"]}
        return Case(
            name, [form(above=above)], expect(header={"phone": read}, **told), ("xlsx", "docx", "csv")
        )  # type: ignore[arg-type]

    return [
        phone("a telephone that is also for messages", "000-00000000（微信同号）", "000-00000000"),
        phone("two telephones", "13800000000/000-00000000", "13800000000"),
        phone("a telephone and half of another", "13800000000/4000", None),
    ]


def _labels() -> list[Case]:
    def renamed(name: str, labels: dict[str, str], errors: dict[str, str] | None = None, **told: Any) -> Case:
        made = flat(row())
        cells = [[labels.get(str(label), label) for label in made.cells[0]], *made.cells[1:]]
        return Case(
            name, [made.but(cells=cells)], expect(errors=errors or {}, **told), ("xlsx", "docx", "csv")
        )

    return [
        renamed(
            "look-alike letters in labels",
            {"出动工作人员（人次）": "岀动工作人员（人次）", "救助未成年人（人）": "救助末成年人（人）", "感人事迹（个）": "感人亊迹（个）", "发放宣传资料（份）": "发放宣传资枓（份）"},
            notes=["staff_deployed", "minors_helped", "moving_stories", "leaflets_distributed"],
        ),
        renamed(
            "labels in near words",
            {"发放宣传资料（份）": "发放宣传单（份）", "媒体宣传（次）": "媒体报道次数", "救助危重病人（人）": "救助危重病患（人）", "出动工作人员（人次）": "派出工作人员（人次）"},
            notes=["leaflets_distributed", "media_reports", "critically_ill_helped", "staff_deployed"],
        ),
        renamed(
            "a group's label for its total",
            {"巡查次数总计（次）": "巡查次数（次）"},
            notes=["patrols"],
        ),
        renamed(
            "labels that only look near",
            {"劝导人数（人）": "劝返人数（人）", "救助未成年人（人）": "救助成年人（人）", "准备物资（万元）": "储备物资（万元）", "联合巡查次数（次）": "联合检查次数（次）"},
            errors=dict.fromkeys(("people_persuaded", "minors_helped", "supplies_prepared", "joint_patrols"), "no_column"),
        ),
    ]  # fmt: skip


def _columns() -> list[Case]:
    cells, merges = head()
    letters = [chr(ord("A") + at) for at in range(len(IDS))]
    stems = list("甲乙丙丁戊己庚辛壬癸子丑寅卯")

    def numbered(name: str, numbers: list[Any]) -> Case:
        made = Form(above=ABOVE, cells=[*cells, numbers, row()], merges=merges, below=(FOOTNOTE,))
        return Case(name, [made], expect(), ("xlsx", "docx", "csv"))

    return [
        numbered("columns lettered", letters),
        numbered("columns named by stems", stems),
        numbered("columns numbered in words", [f"{at}栏" for at in range(1, 15)]),
        Case("a column in parts", [_parted(12, 15, 27)], expect(), ("xlsx", "docx", "html", "csv")),
        Case("a column in parts that make another sum", [_parted(12, 14, 27)], expect(errors={"people_persuaded": "sum_differs"}), ("xlsx", "docx", "csv")),
    ]  # fmt: skip


def _parted(men: int, women: int, all_of_them: int) -> Form:
    cells, merges = head()
    at = IDS.index("people_persuaded")
    parts: list[list[Any]] = [[cells[0][at], None, None], ["男", "女", "合计"], [men, women, all_of_them]]
    rows = [*cells, row()]
    made = [[*one[:at], *part, *one[at + 1 :]] for one, part in zip(rows, parts, strict=True)]
    others = [one for one in merges if one[1] != at]
    moved = [(top, left + 2 * (left > at), low, right + 2 * (right > at)) for top, left, low, right in others]
    return Form(above=ABOVE, cells=made, merges=[*moved, (0, at, 0, at + 2)], below=(FOOTNOTE,))


def _unseen() -> list[Case]:
    above = (
        ABOVE[0],
        ("单位：\u202a青年镇人民政府\u202c", "填报时间：\u202d2024年3月1日\u202c"),
        ("填报人：张\u200b三", "联系电话：000\u2060-00000000\ufeff"),
    )
    cells = {
        "patrols": "\u202d42\u202c", "joint_patrols": "1\u00ad7", "staff_deployed": "\u2066136\u2069", "media_reports": "9\ufe0f",
        "supplies_prepared": "\ufeff6.35\u200b", "volunteers_mobilised": "5\u200b8",
    }  # fmt: skip
    labels, merges = head()
    marked = [[label and "\u200b".join(str(label)) for label in line] for line in labels]
    made = Form(above=above, cells=[*marked, row(**cells)], merges=merges, below=(FOOTNOTE,))
    turned = {"patrols": "\u202e24\u202c", "staff_deployed": "\u202e631", "people_persuaded": "27\u202e"}
    return [
        Case("marks that nobody sees", [made], expect(), ("xlsx", "docx", "html", "csv")),
        _case(
            "figures turned around",
            turned,
            "xlsx",
            "docx",
            "html",
            errors=dict.fromkeys(turned, "not_a_number"),
        ),
    ]


# --- mails -----------------------------------------------------------------------------------------------------


def mails() -> dict[str, File]:
    said = [f"{SINGLE.get(name, label)}{FIGURES[name]}{measure}" for name, _, label, measure in COLUMNS[:-1]]
    start = "\n".join(text for line in ABOVE[1:] for text in line)
    good = expect({"remarks": ""}).as_yaml()
    sentence = "，".join(said) + "。"
    wrapped = "\n".join(sentence[at : at + 38] for at in range(0, len(sentence), 38))
    ended = "\n".join(
        f"{at}、{SINGLE.get(name, label)}：{FIGURES[name]}{'，' if at % 2 else '；'}"
        for at, (name, _, label, _) in enumerate(COLUMNS[:-1], 1)
    )
    account = (
        "春节期间，我镇高度重视，巡查次数42次，出动工作人员136人次，发放宣传资料1250份，媒体宣传9次，劝导人数27人，"
        "救助未成年人4人，救助危重病人2人，群众反响良好，取得了很好的社会效果，下一步将继续做好此项工作。"
    )
    all_figures = (
        "开展巡查42次，联合巡查17次，出动工作人员136人次，发放宣传资料1250份，媒体宣传9次，劝导27人，救助危重病人2人，"
        "救助未成年人4人。"
    )
    return {
        "an-account-of-nothing-but-figures.eml": (papers.mail(text=f"您好：\n{all_figures}\n"), None),
        "a-sentence-of-figures.eml": (papers.mail(text=f"您好：\n{start}\n\n{sentence}\n"), good),
        "a-sentence-behind-its-header-lines.eml": (papers.mail(text=f"{start}\n{sentence}\n"), good),
        "a-sentence-broken-by-the-mail-program.eml": (papers.mail(text=f"{start}\n\n{wrapped}\n"), good),
        "a-sentence-with-an-introduction.eml": (
            papers.mail(text=f"{start}\n\n现将有关情况报告如下：{sentence}\n"),
            good,
        ),
        "a-sentence-in-a-text-file.txt": (f"{start}\n\n{sentence}\n".encode("gb18030"), good),
        "a-sentence-in-a-page.eml": (
            papers.mail(page=f"<div>{'</div><div>'.join(start.splitlines())}</div><p>{sentence}</p>"),
            good,
        ),
        "lines-with-list-ends.eml": (papers.mail(text=f"{start}\n{ended}\n"), good),
        "an-account-with-figures.eml": (papers.mail(text=f"{start}\n\n{account}\n"), None),
        "a-sentence-with-one-about.eml": (
            papers.mail(text=f"{start}\n\n{sentence.replace('劝导人数27人', '劝导人数27余人')}\n"),
            expect({"remarks": ""}, errors={"people_persuaded": "not_exact"}).as_yaml(),
        ),
    }

"""Forms that say by their place that they aren't all that is to be reported, and others that only seem to."""

from __future__ import annotations

from typing import Any

from . import books, papers
from .mails import pairs
from .model import Form
from .notice import ABOVE, FIGURES, FOOTNOTE, IDS, TITLE, expect, form, labels, row
from .rows import ONE, TWO, line, villages
from .zips import packed

File = tuple[bytes, Any]
EVERY = [name for name in IDS if name != "remarks"]
ASKED = expect(warnings=["called_otherwise:"], confirm=True)
FINE = expect()
WRITERS = {"xlsx": books.xlsx, "xls": books.xls, "ods": books.ods, "docx": papers.docx, "html": papers.html}
BLANK: list[Any] = [None] * len(IDS)


def files() -> dict[str, File]:
    return {
        **_sheets(),
        **_titles(),
        **_rows(),
        **_blank_rows(),
        **_headings(),
        **_names(),
        **_words(),
        **_unfinished(),
    }


def _in(name: str, one: Form, expected: Any, *formats: str) -> dict[str, File]:
    return {f"{name}.{suffix}": (WRITERS[suffix]([one]), expected.as_yaml()) for suffix in formats}


def _sheets() -> dict[str, File]:
    named = {
        **dict.fromkeys(("2月", "草稿", "作废", "计划", "测试", "堡堂村", "上月"), ASKED),
        **dict.fromkeys(("Sheet1 (2)", "定稿", "青年镇", "2024年"), FINE),
    }
    return {
        f"a-sheet-named-{sheet}.{suffix}": (WRITERS[suffix]([form(sheet=sheet)]), reading.as_yaml())
        for sheet, reading in named.items()
        for suffix in ("xlsx", "ods")
    }


def _titles() -> dict[str, File]:
    return {
        **_in("last-year-s-by-the-line-above", form(above=[("去年同期：",), *ABOVE]), ASKED, "docx", "html"),
        **_in("last-year-s-by-the-cell-above", form(above=[("去年同期：",), *ABOVE]), expect(errors={"patrols": "blank"}), "xlsx"),
        **_in("void-by-the-line-above", form(above=[("作废",), *ABOVE]), ASKED, "docx", "xls"),
        **_in("a-draft-by-its-title", form(above=[(f"{TITLE}（草稿）",), *ABOVE[1:]]), ASKED, "docx", "xlsx"),
        **_in("february-by-its-title", form(above=[(f"{TITLE}（2月）",), *ABOVE[1:]]), ASKED, "docx", "xlsx"),
        **_in("planned-by-its-title", form(above=[(f"{TITLE}（计划数）",), *ABOVE[1:]]), ASKED, "docx"),
        **_in("a-village-s-by-its-title", form(above=[(f"板辽村{TITLE}",), *ABOVE[1:]]), ASKED, "docx"),
        **_in("a-village-s-by-the-month-line", form(above=[*ABOVE, ("统计月份：2月",)]), ASKED, "xlsx", "docx"),
        **_in("the-whole-span-in-its-title", form(above=[(f"2023年11月至2024年3月{TITLE}",), *ABOVE[1:]]), FINE, "docx", "xlsx"),
        **_in("this-year-s-months-in-its-title", form(above=[(f"2024年1-3月{TITLE}",), *ABOVE[1:]]), FINE, "docx", "xlsx"),
        **_in("not-audited-by-the-line-below", form(below=("以上数据未经审核。", FOOTNOTE)), ASKED, "docx", "xlsx"),
        **_in("a-title-of-all-villages", form(above=[("各村（社区）情况统计表",), *ABOVE]), FINE, "docx"),
    }  # fmt: skip


def _rows() -> dict[str, File]:
    asked = expect({**ONE, "remarks": ""}, warnings=["called_otherwise:"], confirm=True)
    fine = expect({**ONE, "remarks": ""})
    turned = [["指标", "2月"], *([label, cell] for label, cell in zip(labels(), row(), strict=True))]
    plain = [["指标", "数值"], *turned[1:]]
    noted = expect({"remarks": "2月新增流浪人员2名"})
    partly = expect({"remarks": "仅板辽村"}, warnings=["called_otherwise:"], confirm=True)
    return {
        **_in("a-row-named-february", villages(("2月", line(ONE)), heading="月份"), asked, "xlsx", "docx", "xls"),
        **_in("a-row-named-this-month", villages(("本月", line(ONE)), heading="项目"), asked, "xlsx", "html"),
        **_in("a-village-alone", villages(("板辽村", line(ONE))), asked, "xlsx", "docx"),
        **_in("a-place-alone-by-its-heading", villages(("板辽", line(ONE))), asked, "xlsx", "docx"),
        **_in("what-is-new-alone", villages(("新增数", line(ONE)), heading="项目"), asked, "xlsx"),
        **_in("the-total-of-a-month", villages(("一组", line(ONE)), ("2月合计", line(ONE))), asked, "xlsx"),
        **_in("the-unit-s-own-row", villages(("青年镇", line(ONE)), heading="村（社区）"), fine, "xlsx", "docx"),
        **_in("a-row-named-this-period", villages(("本期", line(ONE)), heading="项目"), fine, "xlsx"),
        **_in("turned-with-february-above", Form(ABOVE, turned, (), (FOOTNOTE,)), ASKED, "xlsx", "docx"),
        **_in("turned-with-values-above", Form(ABOVE, plain, (), (FOOTNOTE,)), FINE, "xlsx", "docx"),
        **_in("a-remark-on-february", form(row(remarks="2月新增流浪人员2名")), noted, "xlsx", "docx"),
        **_in("a-remark-on-one-village", form(row(remarks="仅板辽村")), partly, "xlsx", "docx"),
    }  # fmt: skip


def _blank_rows() -> dict[str, File]:
    lacking = expect({"remarks": ""}, errors=dict.fromkeys(EVERY, "blank"))
    several = expect({"remarks": ""}, errors=dict.fromkeys(EVERY, "blank"), confirm=True)
    whole = {**ONE, "remarks": ""}
    three = villages(("板辽村", line(ONE)), ("更古村", BLANK), ("堡堂村", BLANK))
    months = villages(("12月", BLANK), ("1月", line(ONE)), ("2月", BLANK), heading="月份")
    places = villages(("板辽", BLANK), ("更古", line(ONE)))
    two = villages(("板辽村", line(ONE)), ("更古村", line(TWO)), ("堡堂村", BLANK))
    summed = villages(("板辽村", line(ONE)), ("更古村", BLANK), ("合计", line(ONE)))
    units = villages(("青年镇", line(ONE)), ("石林镇", BLANK), ("黑山镇", BLANK), heading="单位名")
    tomorrow = villages(("板辽村", line(ONE)), ("更古村", [*BLANK[:-1], "明天报"]))
    late = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "blank"))
    return {
        **_in("one-village-of-three", three, lacking, "xlsx", "docx", "html", "ods"),
        **_in("one-month-of-three", months, lacking, "xlsx", "docx"),
        **_in("one-place-of-two-by-its-heading", places, lacking, "xlsx"),
        **_in("two-villages-of-three", two, several, "xlsx", "docx"),
        **_in("a-village-that-reports-tomorrow", tomorrow, late, "xlsx", "docx"),
        **_in("a-blank-village-above-the-sum", summed, expect(whole), "xlsx", "docx"),
        **_in("other-units-rows-left-blank", units, expect(whole), "xlsx", "docx"),
    }


def _headings() -> dict[str, File]:
    upper = form()
    cells = [["2月", *[None] * 13], *upper.cells]
    merges = [(0, 0, 0, 13), *((a + 1, b, c + 1, d) for a, b, c, d in upper.merges)]
    above = upper.but(cells=cells, merges=merges)
    return {**_in("february-above-the-labels", above, ASKED, "xlsx", "docx")}


def _names() -> dict[str, File]:
    book, text = books.xlsx([form()]), papers.docx([form()])
    marked = {
        "青年镇统计表草稿.xlsx": book,
        "青年镇一月统计表.xlsx": book,
        "统计表（样表）.docx": text,
        "测试.docx": text,
        "板辽村统计表.xlsx": book,
        "青年镇统计表（计划）.docx": text,
        "新增统计表.xlsx": book,
    }
    harmless = {
        "青年镇统计表2月5日报.docx": text,
        "统计表（最终版）.docx": text,
        "青年镇统计表（定稿）.xlsx": book,
        "统计表（草稿已删除）.xlsx": book,
        "2024年1-3月统计表.docx": text,
    }
    added = expect(warnings=["maybe_added:"])
    return {
        **{name: (data, ASKED.as_yaml()) for name, data in marked.items()},
        **{name: (data, FINE.as_yaml()) for name, data in harmless.items()},
        "补报统计表.xlsx": (book, added.as_yaml()),
        "a-form-in-a-folder-of-drafts.zip": (packed(("草稿/统计表.xlsx", book)), ASKED.as_yaml()),
    }


def _words() -> dict[str, File]:
    book = ("a.xlsx", books.xlsx([form()]))
    asked = {
        "to-be-added": "本次为2月新增数，请与上次累加。",
        "on-the-last-one": "请在上次的基础上累加。",
        "one-village": "附件为板辽村的数据，其他村明天报。",
        "a-draft": "附件是草稿，定稿后再报。",
        "sent-by-mistake": "发错了，请忽略。",
        "a-test": "这是测试邮件。",
    }
    fine = {
        "new-people": "2月新增流浪人员2名，均已劝导进站。请查收附件。",
        "a-correction": "上次发错了，请以这次的表为准。",
        "photos-later": "统计表见附件，照片明天报送。",
        "all-added-up": "数据已与上次累加，附件是累加后的全部数字。",
    }
    return {
        **{f"the-mail-says-{name}.eml": (papers.mail(text=text, attachments=[book]), ASKED.as_yaml()) for name, text in asked.items()},
        **{f"the-mail-says-{name}.eml": (papers.mail(text=text, attachments=[book]), FINE.as_yaml()) for name, text in fine.items()},
        "a-subject-that-says-february.eml": (papers.mail(subject="青年镇2月统计表", text="请查收。", attachments=[book]), ASKED.as_yaml()),
        "a-subject-with-a-day.eml": (papers.mail(subject="青年镇2月29日报送材料", text="请查收。", attachments=[book]), FINE.as_yaml()),
        "a-table-below-this-is-february-s.eml": (papers.mail(text=f"以下是2月的数据。\n\n{pairs()}"), ASKED.as_yaml()),
    }  # fmt: skip


def _unfinished() -> dict[str, File]:
    never = expect(errors=dict.fromkeys(EVERY, "incomplete"))
    zeros = expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "incomplete"))
    total = [*[0] * 13, None]
    names = ["万盛街道", "东林街道", "青年镇"]
    merged = villages(*((name, [*BLANK[:-1], "未报送"]) for name in names), ("合计", total), heading="单位")
    titled = form(above=[("“冬季送温暖”专项救助行动情况统计汇总表（未完成）",), *ABOVE[1:]])
    shown = form(row(remarks="演示数据"))
    partly = villages(("板辽村", line(ONE)), ("更古村", [*BLANK[:-1], "未报"]), ("合计", line(ONE)))
    return {
        **_in("unfinished-by-its-title", titled, never, "docx", "xlsx", "html"),
        **_in(
            "a-demonstration-s-row",
            shown,
            expect({"remarks": "*"}, errors=dict.fromkeys(EVERY, "incomplete")),
            "xlsx",
        ),
        **_in("nobody-has-reported", merged, zeros, "docx", "xlsx", "html"),
        **_in("a-village-that-has-not-reported", partly, zeros, "docx", "xlsx"),
        "统计表_未完成.xlsx": (books.xlsx([form()]), never.as_yaml()),
    }


assert set(ONE) == set(FIGURES)

"""Random everyday forms as clerks fill them in, read: how many are exact at once, how many are asked about, how many wrong.

What a form says is known from what was written into it, by the specification of reading; nothing of the reader is
used to make it. Every form has a seed of its own, so that `--first 4711 --forms 1 --keep DIR` makes one of them again.
A tenth of the forms hold one cell that can't be read for certain (约20, 12（应为15）): that has to be asked about.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from measure import ROOT, result, show

from agent.campaign.rules import load_campaign
from agent.campaign.units import load_register
from agent.reading.files import read_file
from agent.reading.reading import FileReading, Form
from tests.forms.making import books, papers
from tests.forms.making import model as made
from tests.forms.making.notice import COLUMNS, FOOTNOTE, IDS, TITLE

CAMPAIGN = load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")
REGISTER = load_register(ROOT / "agent/demo/campaign/units.yaml")
NEAR = dt.date(2024, 3, 5)
AMOUNTS = ("supplies_prepared", "supplies_distributed")
FIGURES = tuple(name for name in IDS if name != "remarks")
MEASURES = {name: measure or "" for name, _, _, measure in COLUMNS}
PEOPLE = ("people_persuaded", "people_brought_to_station", "critically_ill_helped", "minors_helped")
DOUBTFUL = 0.1  # of the forms

Verdict = Literal["exact", "asked", "wrong", "doubt asked", "doubt missed"]


@dataclass(frozen=True, slots=True)
class Everyday:
    """A form: the file, what it says (None where that isn't certain), and how it was made."""

    name: str
    data: bytes
    figures: dict[str, Decimal | None]
    header: dict[str, str | None]
    how: tuple[str, ...]


# --- how figures are written ------------------------------------------------------------------------------

DIGITS = "零一二三四五六七八九"
FORMAL = "零壹贰叁肆伍陆柒捌玖"


def numeral(number: int, digits: str = DIGITS, places: str = "十百千") -> str:
    """A number below a hundred million in Chinese, written by the schoolbook."""
    text = _numeral(number, digits, places)
    ten = digits[1] + places[0]
    return text[1:] if digits == DIGITS and text.startswith(ten) else text


def _numeral(number: int, digits: str, places: str) -> str:
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = digits[0] if 0 < low < 1000 else ""
        return _numeral(high, digits, places) + "万" + gap + (_numeral(low, digits, places) if low else "")
    text, zero = "", False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if not digit:
            zero = bool(text)
            continue
        text += (digits[0] if zero else "") + digits[digit] + (places[power - 1] if power else "")
        zero = False
    return text or digits[0]


def wide(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def count_ways(number: int, name: str, by: random.Random) -> dict[str, Any]:
    """The ways in which a count is written; what isn't a text is a numeric cell."""
    measure, text = MEASURES[name], str(number)
    part = by.randint(0, number)
    ways: dict[str, Any] = {
        "number": number, "text": text, "measure": f"{text}{measure}", "measure apart": f"{text} {measure}",
        "full width": wide(text), "blanks": f"　{text} ", "point zero": f"{text}.0",
        "full stop": f"{text}。", "semicolon": f"{text}；", "list comma": f"{text}、", "colon": f"{text}：",
        "measure and stop": f"{text}{measure}。", "note mark": f"{text}{by.choice('①②③')}", "star": f"{text}*",
        "brackets": f"（{text}）", "quoted": f"“{text}”", "measure in brackets": f"{text}（{measure}）",
        "numeral": numeral(number), "numeral and measure": f"{numeral(number)}{measure}",
        "twice": f"{numeral(number)}（{text}）", "twice, digits first": f"{text}（{numeral(number)}）",
        "added up": f"{part}+{number - part}={number}", "among": f"{text}（其中{by.choice(('城区', '夜间', '联合'))}{part}）",
        "remark": f"{text}{measure}（{by.choice(('含夜间', '含节假日', '城区和集镇', '干部群众'))}）",
        "together": f"共{text}{measure}", "altogether": f"共计{text}", "sum": f"合计{text}{measure}",
        "plus": f"+{text}", "zero width": f"\u200b{text}\ufeff", "soft": "\u00ad".join(text), "marked": f"\u202d{text}\u202c",
        "apostrophe": f"'{text}", "formatted": made.Styled(number, f'0"{measure}"'), "grouped": made.Styled(number, "#,##0"),
        "two decimals": made.Styled(number, "0.00"),
        "line break": f"{text}\n{measure}", "zero wide space inside": "\u200b".join(text),
        "space in brackets": f"{text} （{measure}）", "half brackets": f"{text}({measure})", "corner": f"「{text}」",
        "in all, told": f"共计{text}{measure}。", "numeral, formal": f"{numeral(number, FORMAL, '拾佰仟')}",
        "measure, twice": f"{text}{measure}（{numeral(number)}{measure}）", "sum to": f"{text}={part}+{number - part}",
    }  # fmt: skip
    if number < 100:
        ways["leading zero"] = f"0{text}"
    if number >= 1000:
        ways |= {"thousands": f"{number:,}", "thousands, wide": f"{number:,}".replace(",", "，")}
        ways["thousands, blank"] = f"{number:,}".replace(",", " ")
    if number >= 1000 and number % 100 == 0:
        ways["ten thousands"] = f"{Decimal(number) / 10000}万{measure}"
    if name in PEOPLE:
        ways |= {"heads": f"{text}名", "persons": f"{text}位"}
    return ways if number else nothing_ways()


def nothing_ways() -> dict[str, Any]:
    words = (
        "无", "没有", "零", "/", "／", "-", "—", "——", "--", "–", "―", "暂无", "无。", "没", "未开展", "N/A", "0（无）",
        "0", "〇", "0。",
    )  # fmt: skip
    return {"number": 0, **{f"nothing: {word}": word for word in words}}


def amount_ways(value: Decimal, by: random.Random) -> dict[str, Any]:
    """The ways in which a sum of money is written, in 万元 or told in 元."""
    text, yuan = f"{value:f}", int(value * 10_000)
    if not yuan:
        return nothing_ways()
    ways: dict[str, Any] = {
        "number": float(value), "text": text, "measure": f"{text}万元", "measure apart": f"{text} 万元",
        "full width": wide(text), "ten thousands": f"{text}万", "measure in brackets": f"{text}（万元）", "stop": f"{text}万元。",
        "yuan": f"{yuan}元", "yuan, thousands": f"{yuan:,}.00元", "yuan sharp": f"{yuan}元整", "yuan in brackets": f"{yuan}（元）",
        "sign": f"¥{yuan:,}.00", "wide sign": f"￥{yuan}元", "people's money": f"人民币{yuan}元", "pieces": f"{yuan}块",
        "worth": f"价值{text}万元", "comes to": f"折合{text}万元", "worth yuan": f"价值{yuan}元", "twice": f"{text}万元（{yuan}元）",
        "formal": f"{numeral(yuan, FORMAL, '拾佰仟')}元整", "goods": f"{text}万元（{by.choice(('棉被、大衣', '含米面油', '食品药品'))}）",
        "among": f"{text}万元（其中现金{yuan // 2}元）", "marked": f"\u202d{text}\u202c", "brackets": f"（{text}）",
        "quoted": f"“{text}”", "note mark": f"{text}①", "together": f"共{text}万元",
    }  # fmt: skip
    if yuan % 1000 == 0 and yuan > 10_000 and yuan % 10_000:
        ways["mixed"] = f"{yuan // 10_000}万{yuan % 10_000 // 1000}千元"
    if value < 1:
        ways["bare point"] = text.removeprefix("0")
    return ways


def doubtful_ways(number: int, name: str, by: random.Random) -> dict[str, str]:
    """What can't be read for certain, however likely one reading is."""
    measure, other = MEASURES[name], number + by.randint(1, 9)
    return {
        "about": f"约{number}", "more": f"{number}余", "range": f"{number}-{other}", "two": f"{number}/{other}",
        "should be": f"{number}（应为{other}）", "another in brackets": f"{number}（{other}）",
        "another numeral": f"{number}（{numeral(other)}）", "wrongly added": f"{number}+1={number + 2}",
        "point or comma": f"{number % 9 + 1}.000", "more than one": f"{number}、{other}", "negative": f"-{number}",
        "letters": f"{number}O", "last month's": f"{number}（上月{other}）", "planned": f"{number}（计划）",
        "ordinal": f"第{number}{measure}", "at least": f"至少{number}", "percent": f"{number}%",
        "turned around": f"\u202e{number}{other}\u202c", "circled inside": f"{number}②{other}", "another measure": f"{number}斤",
        "exponent": f"{number}.2E+03", "too long": f"{number}23456789012345678", "excluded": f"{number}（不含夜间{other}次）",
    }  # fmt: skip


# --- what a form says ---------------------------------------------------------------------------------------


def figures_of(by: random.Random) -> dict[str, Decimal]:
    """A township's figures, as they may well be, and in order."""
    patrols = by.randint(1, 60)
    prepared = Decimal(by.randint(0, 200)) / by.choice((10, 100))
    persuaded = by.choice((0, by.randint(1, 80)))
    counts = {
        "patrols": patrols,
        "joint_patrols": by.randint(0, patrols),
        "staff_deployed": patrols * by.randint(2, 12),
        "volunteers_mobilised": by.choice((0, by.randint(1, 400))),
        "leaflets_distributed": by.choice(
            (by.randint(0, 900), by.randint(10, 60) * 100, by.randint(1000, 9000))
        ),
        "media_reports": by.randint(0, 9),
        "moving_stories": by.choice((0, 0, by.randint(1, 3))),
        "people_persuaded": persuaded,
        "people_brought_to_station": by.randint(0, persuaded),
        "critically_ill_helped": by.choice((0, by.randint(1, 6))),
        "minors_helped": by.choice((0, by.randint(1, 6))),
    }
    distributed = (prepared * by.randint(0, 10) / 10).quantize(Decimal("0.0001")).normalize()
    amounts = {"supplies_prepared": prepared, "supplies_distributed": distributed}
    every = {**{name: Decimal(number) for name, number in counts.items()}, **amounts}
    return {name: every[name] for name in FIGURES}


def cells_of(figures: dict[str, Decimal], by: random.Random, odd: int, how: list[str]) -> dict[str, Any]:
    """The cells of a row, so many of them in another way than as a number or its text."""
    oddly = set(by.sample(FIGURES, odd))
    cells: dict[str, Any] = {}
    for name, value in figures.items():
        ways = amount_ways(value, by) if name in AMOUNTS else count_ways(int(value), name, by)
        way = by.choice(list(ways)) if name in oddly else "number"
        cells[name] = ways[way]
        if name in oddly:
            how.append(f"{name}: {way}: {ways[way]!r}")
    cells["remarks"] = by.choice(("", "", "", "无", "正常", "已按要求开展", "物资已全部发放到位"))
    return cells


UNITS = {
    "青年镇": (
        "青年镇",
        "青年镇人民政府",
        "青年镇政府",
        "万盛经开区青年镇",
        "青 年 镇",
        "青年镇民政和社会事务办公室",
    ),
    "万盛街道": ("万盛街道", "万盛街道办事处", "万盛街道办"),
    "石林镇": ("石林镇", "石林镇人民政府", "石林镇政府（盖章）"),
    "丛林镇": ("丛林镇", "丛林镇人民政府"),
}
PHONES = (
    "13800000000",
    "138 0000 0000",
    "138-0000-0000",
    "13800000000（微信同号）",
    "13800000000/000-00000000",
)


def header_of(by: random.Random) -> tuple[dict[str, str], dict[str, str | None]]:
    """The header values as they are written, and what they are."""
    unit = by.choice(list(UNITS))
    day = dt.date(2024, by.choice((1, 2, 3)), by.randint(1, 28))
    dates = (
        f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}", day.isoformat(), f"{day:%Y/%m/%d}",
        f"{day.month}月{day.day}日", f"{day:%Y%m%d}",
    )  # fmt: skip
    reporter = by.choice(("张三", "李小四", "王五"))
    written = {
        "单位": by.choice(UNITS[unit]),
        "填报时间": by.choice(dates),
        "填报人": by.choice((reporter, " ".join(reporter) if len(reporter) == 2 else reporter)),
        "联系电话": by.choice(PHONES),
    }
    truth = {"unit": unit, "reported_on": day.isoformat(), "reporter": reporter, "phone": "13800000000"}
    return written, truth  # type: ignore[return-value]


# --- how it is set out ---------------------------------------------------------------------------------------

SINGLE = {"patrols": "巡查次数总计", "joint_patrols": "联合巡查次数"}
NEAR_LABELS = {
    "staff_deployed": ("岀动工作人员", "出动人员", "出动工作人员数"),
    "minors_helped": ("救助末成年人", "救助未成年人数"),
    "leaflets_distributed": ("发放宣传单", "发放资料", "发放宣传资枓"),
    "volunteers_mobilised": ("动员社会力量", "动员社会カ量参与"),
    "moving_stories": ("感人事迹数", "感人亊迹"),
    "people_persuaded": ("劝导人员", "劝导人次"),
    "patrols": ("巡查次数", "巡查总数", "巡查总次数"),
    "joint_patrols": ("联合巡查", "联合巡察次数"),
    "media_reports": ("媒体报道", "新闻媒体宣传", "煤体宣传"),
    "supplies_prepared": ("准备物资金额", "准备物质"),
    "supplies_distributed": ("发放物资价值", "派发物资"),
    "people_brought_to_station": ("劝导进站人数", "劝导入站救助人数"),
    "critically_ill_helped": ("救助危重病人数",),
}


def label_of(name: str, by: random.Random, how: list[str], style: str) -> str:
    """A column's label, as it may be printed."""
    label = SINGLE.get(name) or next(label for one, _, label, _ in COLUMNS if one == name)
    if style == "near" and name in NEAR_LABELS and by.random() < 0.3:
        label = by.choice(NEAR_LABELS[name])
        how.append(f"label: {label}")
    if style == "spaced":
        label = by.choice((" ", "\n")).join((label[:2], label[2:]))
    if style == "counted":
        label = f"{IDS.index(name) + 1}.{label}"
    measure = MEASURES[name]
    brackets = by.choice(("（）", "()"))
    return label + (f"{brackets[0]}{measure}{brackets[1]}" if measure and style != "bare" else "")


def lines_above(written: dict[str, str], by: random.Random) -> list[list[str]]:
    pairs = [f"{label}：{value}" for label, value in written.items()]
    return [[TITLE], pairs[:2], pairs[2:]] if by.random() < 0.7 else [[TITLE], [f"{'　　'.join(pairs)}"]]


def two_levels(rows: list[dict[str, Any]], style: str, by: random.Random, how: list[str]) -> made.Form:
    """The notice's own layout: 巡查次数 over 总计 and 联合巡查."""
    top: list[Any] = [label_of(name, by, how, style) for name in IDS]
    low: list[Any] = [None] * len(IDS)
    measure = "" if style == "bare" else "（次）"
    top[0], top[1], low[0], low[1] = f"巡查次数{measure}", None, "总计", "联合巡查"
    merges = [(0, 0, 0, 1), *((0, at, 1, at) for at in range(2, len(IDS)))]
    return made.Form((), [top, low, *([row[name] for name in IDS] for row in rows)], merges)


def one_level(rows: list[dict[str, Any]], style: str, by: random.Random, how: list[str]) -> made.Form:
    return made.Form(
        (), [[label_of(name, by, how, style) for name in IDS], *([row[name] for name in IDS] for row in rows)]
    )


def beside_columns(form: made.Form, names: Sequence[str], heading: str) -> made.Form:
    """The same with a column before the others: 序号, 单位, 村（社区）."""
    head = len(form.cells) - len(names)
    before = [heading, *[None] * (head - 1), *names]
    cells = [[one, *row] for one, row in zip(before, form.cells, strict=True)]
    merges = [(top, left + 1, bottom, right + 1) for top, left, bottom, right in form.merges]
    return form.but(cells=cells, merges=[*merges, *([(0, 0, head - 1, 0)] if head > 1 else [])])


def numbered(form: made.Form, rows: int, by: random.Random) -> made.Form:
    """A row below the header that numbers the columns."""
    width, head = len(form.cells[0]), len(form.cells) - rows
    ways = [
        [str(at + 1) for at in range(width)],
        [chr(ord("A") + at) for at in range(width)],
        [f"（{at + 1}）" for at in range(width)],
        [f"{at + 1}栏" for at in range(width)],
        list("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未")[:width],
        [at + 1 for at in range(width)],
    ]
    cells = [*form.cells[:head], list(by.choice(ways)), *form.cells[head:]]
    return form.but(cells=cells)


def split(form: made.Form, rows: list[dict[str, Any]], by: random.Random, how: list[str]) -> made.Form:
    """劝导人数 in parts with a 合计 of its own: the part's columns come in its place."""
    at, shown = IDS.index("people_persuaded"), []
    for row in rows:
        number = row["people_persuaded"]
        if not isinstance(number, int):
            return form
        part = by.randint(0, number)
        shown.append([part, number - part, number])
    names = by.choice((["男", "女", "合计"], ["本地", "外地", "小计"], ["男", "女", "合计"]))
    how.append(f"split: {names}")
    head = [[form.cells[0][at], None, None], names]
    parts = [*head, *shown]
    cells = [[*row[:at], *part, *row[at + 1 :]] for row, part in zip(form.cells, parts, strict=True)]
    others = [one for one in form.merges if one[1] != at]
    moved = [(top, left + 2 * (left > at), low, right + 2 * (right > at)) for top, left, low, right in others]
    return form.but(cells=cells, merges=[*moved, (0, at, 0, at + 2)])


def turned(row: dict[str, Any], style: str, by: random.Random, how: list[str]) -> made.Form:
    """A row for each indicator."""
    shown = [name for name in IDS if name != "remarks"]
    kind = by.choice(("label", "measure", "number", "remark"))
    lines: list[list[Any]] = []
    for at, name in enumerate(shown, 1):
        label = label_of(name, by, how, "bare" if kind == "measure" else style)
        cells: list[Any] = [label, row[name]]
        if kind == "measure":
            cells = [label, MEASURES[name], row[name]]
        elif kind == "number":
            cells = [at, label, row[name]]
        elif kind == "remark":
            cells = [label, row[name], by.choice((None, None, "正常"))]
        lines.append(cells)
    heads = {
        "label": ["项目", "数量"],
        "measure": ["指标", "计量单位", "数量"],
        "number": ["序号", "项目", "填报数"],
        "remark": ["项目", "数量", "备注"],
    }
    return made.Form((), [heads[kind], *lines])


def villages_of(figures: dict[str, Decimal], by: random.Random, how: list[str]) -> list[dict[str, Any]]:
    """Two to four villages' rows that add up to the figures, and the total's row."""
    number = by.randint(2, 4)
    parts: list[dict[str, Decimal]] = [{} for _ in range(number)]
    for name, value in figures.items():
        rest = value
        for part in parts[:-1]:
            step = Decimal("0.01") if name in AMOUNTS else Decimal(1)
            part[name] = min(rest, Decimal(by.randint(0, int(rest / step))) * step)
            rest -= part[name]
        parts[-1][name] = rest
    rows = [cells_of(part, by, by.choice((0, 0, 1, 2)), how) for part in (*parts, figures)]
    return [{**row, "remarks": ""} for row in rows]


# --- files -----------------------------------------------------------------------------------------------------

WRITERS: dict[str, Callable[[made.Form], bytes]] = {
    "xlsx": lambda form: books.xlsx([form]),
    "xls": lambda form: books.xls([_plainly(form)]),
    "docx": lambda form: papers.docx([_plainly(form)]),
    "html": lambda form: papers.html([_plainly(form)]),
    "csv": lambda form: papers.delimited([_plainly(form)], "utf-8-sig"),
    "gbk.csv": lambda form: papers.delimited([_plainly(form)], "gb18030"),
    "table.eml": lambda form: papers.mail(
        page=f"<p>您好！报表如下，请查收。</p>{papers.html_body([_plainly(form)])}"
    ),
}
WRITTEN_OUT = ("lines.eml", "measured.eml", "sentence.eml", "tabs.eml", "tabs.txt")


def pairs_text(kind: str, cells: dict[str, Any], written: dict[str, str], by: random.Random) -> str:
    """The form as lines of label and value, or as one sentence of them."""
    head = [f"{label}：{value}" for label, value in written.items()]
    if kind == "sentence.eml":
        said = [
            f"{SINGLE.get(name, label)}{_said(cells[name])}{MEASURES[name]}"
            for name, _, label, _ in COLUMNS[:-1]
        ]
        return "\n".join((*head, *by.choice(((), ("",))), sentence(said, by)))
    mark = by.choice(("：", ": ", "：", "="))
    ends = by.choice(("", "；", "。", "，")) if kind == "measured.eml" else ""
    lines = []
    for at, (name, _, label, _) in enumerate(COLUMNS[:-1], 1):
        before = by.choice((f"{at}.", f"{at}、")) if kind == "measured.eml" else ""
        lines.append(f"{before}{SINGLE.get(name, label)}{mark}{_said(cells[name])}{ends}")
    return "\n".join((*head, *lines))


def sentence(said: list[str], by: random.Random) -> str:
    """Labels and figures in a paragraph, which the mail program may have broken anywhere."""
    end = by.randint(3, 9)
    text = by.choice(
        (
            "，".join(said) + "。",
            "；".join(said) + "。",
            "，".join(said[:end]) + "。" + "，".join(said[end:]) + "。",
            "现将我镇有关情况报告如下：" + "，".join(said) + "。",
            "，\n".join(said) + "。",
        )
    )
    if "\n" in text or by.random() < 0.7:
        return text
    return "\n".join(text[at : at + 38] for at in range(0, len(text), 38))


def _said(content: Any) -> str:
    return papers.shown(_settled(content)).replace("\n", "").replace("\t", "")


def _settled(content: Any) -> Any:
    """The cell as a program has it that knows no formulas."""
    if isinstance(content, made.Styled) and isinstance(content.value, made.Formula):
        return content.value.result
    return content


def _plainly(form: made.Form) -> made.Form:
    return form.but(cells=[[_settled(content) for content in row] for row in form.cells])


def tabs_text(form: made.Form) -> str:
    return "\n".join("\t".join(line) for line in papers.lines_of(_plainly(form)))


def everyday(seed: int) -> Everyday:
    """The form of a seed."""
    by = random.Random(f"everyday {seed}")
    how: list[str] = []
    figures: dict[str, Decimal | None] = dict(figures_of(by))
    written, header = header_of(by)
    kind = by.choice((*WRITERS, *WRITERS, *WRITTEN_OUT))
    plain = kind in ("sentence.eml", "tabs.eml", "tabs.txt")
    sure = {name: value for name, value in figures.items() if value is not None}
    cells = cells_of(sure, by, 0 if kind == "sentence.eml" else by.choice((0, 1, 2, 3, 5)), how)
    if by.random() < DOUBTFUL and kind != "sentence.eml":
        name = by.choice([name for name in FIGURES if name not in AMOUNTS])
        ways = doubtful_ways(int(figures[name] or 0) + 3, name, by)
        way = by.choice(list(ways))
        cells[name], figures[name] = ways[way], None
        how = [one for one in how if not one.startswith(f"{name}:")] + [
            f"{name}: doubtful: {way}: {ways[way]!r}"
        ]
    if kind in WRITTEN_OUT and not plain:
        text = pairs_text(kind, cells, written, by)
        return Everyday(
            f"{seed}.eml", papers.mail(text=f"您好！\n{text}\n\n谢谢！\n"), figures, header, (kind, *how)
        )
    if kind == "sentence.eml":
        text = pairs_text(kind, cells, written, by)
        return Everyday(
            f"{seed}.eml", papers.mail(text=f"您好！现将情况报上：\n{text}\n"), figures, header, (kind, *how)
        )
    form, layout = _laid_out(cells, figures, written, by, how, plain)
    if plain:
        head = "\n".join("    ".join(line) for line in form.above)
        text = f"{head}\n{tabs_text(form.but(above=(), below=()))}\n"
        data = papers.mail(text=text) if kind == "tabs.eml" else text.encode("gb18030", "replace")
        return Everyday(f"{seed}.{kind.split('.')[1]}", data, figures, header, (kind, layout, *how))
    return Everyday(f"{seed}.{kind}", WRITERS[kind](form), figures, header, (kind, layout, *how))


def _laid_out(
    cells: dict[str, Any], figures: dict[str, Decimal | None], written: dict[str, str], by: random.Random,
    how: list[str], plain: bool,
) -> tuple[made.Form, str]:  # fmt: skip
    style = (
        by.choice(("printed", "printed", "bare", "spaced", "near", "counted"))
        if not plain
        else by.choice(("printed", "bare"))
    )
    layout = by.choice(
        (
            "two levels",
            "one level",
            "leading column",
            "two leading",
            "turned",
            "villages",
            "numbered",
            "split",
            "no remarks",
        )
    )
    layout = "one level" if plain else layout
    rows, sure = [cells], {name: value for name, value in figures.items() if value is not None}
    if layout == "villages" and len(sure) == len(figures):
        how.clear()
        rows = villages_of(sure, by, how)
    if layout == "turned":
        form = turned(cells, style, by, how)
    elif layout == "split":
        form = split(two_levels(rows, style, by, how), rows, by, how)
    else:
        make = by.choice((two_levels, one_level)) if not plain and layout != "one level" else one_level
        form = make(rows, style, by, how)
    if len(rows) > 1:
        names = [
            *by.sample(("板辽村", "湛家村", "燕石村", "更古村", "毛里社区"), len(rows) - 1),
            by.choice(("合计", "总计", "合 计")),
        ]
        form = beside_columns(form, names, by.choice(("村（社区）", "村居", "单位")))
    elif layout == "leading column":
        heading, value = by.choice((("序号", "1"), ("单位", written["单位"]), ("镇街", written["单位"])))
        form = beside_columns(form, [value], heading)
    elif layout == "two leading":
        form = beside_columns(beside_columns(form, [written["单位"]], "单位"), [1], "序号")
    elif layout == "numbered":
        form = numbered(form, len(rows), by)
    elif layout == "no remarks":
        merges = [one for one in form.merges if one[3] < len(IDS) - 1]
        form = form.but(cells=[row[: len(IDS) - 1] for row in form.cells], merges=merges)
    below = [FOOTNOTE] if by.random() < 0.5 else []
    if by.random() < 0.25:
        signed = "　　".join(f"{label}：{written[label]}" for label in ("填报人", "联系电话"))
        top = [[TITLE], [f"单位：{written['单位']}", f"填报时间：{written['填报时间']}"]]
        return form.but(above=top, below=[signed, *below]), f"{layout}, {style}, signed below"
    return form.but(above=lines_above(written, by), below=below), f"{layout}, {style}"


# --- what is read --------------------------------------------------------------------------------------------


def judge(form: Everyday) -> tuple[Verdict, list[str]]:
    """The verdict, and each difference in words."""
    reading = read_file(form.name, form.data, CAMPAIGN, REGISTER, NEAR)
    found = [one for one in reading.everything() if one.form]
    doubtful = {name for name, value in form.figures.items() if value is None}
    if len(found) != 1 or found[0].form is None:
        told = [f"{len(found)} forms", *_told(reading, ("error", "warning"))]
        return ("wrong" if len(found) > 1 else "doubt asked" if doubtful else "asked"), told
    read = found[0].form
    wrong = [*_wrong(form, read)]
    missed = [
        f"{name} was read as {read.values.get(name)}"
        for name in doubtful
        if read.values.get(name) is not None
    ]
    asked = [
        f"{name} is null" for name in form.figures if name not in doubtful and read.values.get(name) is None
    ]
    asked += ["to be confirmed"] if read.needs_confirmation else []
    if wrong:
        return "wrong", wrong
    if doubtful:
        return ("doubt missed" if missed else "doubt asked"), missed
    told = _told(reading, ("error", "warning"))
    return ("asked", [*asked, *told]) if asked or told else ("exact", [])


def _wrong(form: Everyday, read: Form) -> Iterator[str]:
    for name, truth in form.figures.items():
        value = read.values.get(name)
        if truth is not None and value is not None and value != truth:
            yield f"{name} is {value} instead of {truth}"
    unit = REGISTER.match(read.unit or "") if hasattr(REGISTER, "match") else None
    shown = {
        "unit": unit.name if unit else read.unit,
        "reported_on": read.reported_on and read.reported_on.isoformat(),
        "reporter": read.reporter and read.reporter.replace(" ", ""),
        "phone": read.phone,
    }
    for name, wanted in form.header.items():
        value = shown[name]
        if (
            value is not None
            and value != wanted
            and not (name == "unit" and str(wanted) in str(value).replace(" ", ""))
        ):
            yield f"{name} is {value!r} instead of {wanted!r}"


def _told(reading: FileReading, severities: Sequence[str]) -> list[str]:
    return [
        f"{one.severity} {one.rule}: {one.text}"
        for every in reading.everything()
        for one in every.findings
        if one.severity in severities and one.rule != "header_missing"
    ]


def score(first: int, forms: int, keep: Path | None = None, told: bool = True) -> Counter[Verdict]:
    """Reads so many forms, from a seed on; what isn't exact is printed and, with ``keep``, kept as a file."""
    counts: Counter[Verdict] = Counter()
    for seed in range(first, first + forms):
        form = everyday(seed)
        verdict, differences = judge(form)
        counts[verdict] += 1
        if verdict in ("exact", "doubt asked"):
            continue
        if told:
            print(f"{verdict}: {form.name}: {'; '.join(form.how)}", *differences, sep="\n    ")
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / form.name).write_bytes(form.data)
    return counts


SEEDS = (0, 100_000, 200_000)


def main() -> int:
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=1000)
    parser.add_argument("--first", type=int, action="append", help="the first seed; several may be given")
    parser.add_argument("--keep", type=Path, help="a folder for the files that weren't read exactly")
    given = parser.parse_args()
    rows, met, figures = [], {}, {}
    for first in given.first or SEEDS:
        counts = score(first, given.forms, given.keep)
        plain = counts["exact"] + counts["asked"] + counts["wrong"]
        share = counts["exact"] / plain if plain else 1.0
        rows.append((f"from {first}", counts["exact"], counts["asked"], counts["wrong"], share, counts["doubt asked"], counts["doubt missed"]))  # fmt: skip
        met |= {
            f"{first}: exact >= 0.98": share >= 0.98,
            f"{first}: none wrong": not counts["wrong"] + counts["doubt missed"],
        }
        figures[str(first)] = dict(counts)
    heads = ("seeds", "exact", "asked", "wrong", "share exact", "doubtful, asked", "doubtful, missed")
    show(f"{given.forms} everyday forms", heads, rows)
    result("everyday", met, **figures)
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

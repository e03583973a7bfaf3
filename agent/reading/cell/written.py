"""A figure as people write it in words: 12次, 十二（12）, 共12次, 1万5千元, ¥15,000.00, or --.

Knows one text and its field. What is written is peeled layer by layer (a full stop, brackets, a word before) down to a
plain number; whatever doesn't come down to one exact number is an error, with the likely reading where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, localcontext

from agent.base.plain import plain
from agent.base.unseen import is_turned
from agent.reading.cell import numerals
from agent.reading.cell.asked import Asked, Reading
from agent.reading.cell.brackets import bracketed
from agent.reading.cell.dates import parse_date
from agent.reading.cell.folding import squeeze, trim
from agent.reading.cell.likely import likely
from agent.reading.cell.measures import MULTIPLIERS, scale_of
from agent.reading.cell.phrases import phrases


def read_written(written: str, asked: Asked) -> Reading:
    """The figure that a text says, or the error that says why it says none."""
    text = trim(written)
    if not text:
        return asked.blank()
    if is_turned(written):
        return asked.error(
            "not_a_number", written, "字里有改变书写方向的符号，看到的和存的可能不同，请重新填写数字"
        )
    if len(text) > _LONGEST:
        return asked.error("not_a_number", written, "此栏应只填一个数字")
    return _read(text, written, asked) or _refuse(text, written, asked)


def is_nothing(text: str) -> bool:
    """Whether a trimmed text says that there is nothing to report: 无, 暂无, --, N/A."""
    bare = squeeze(text).lower().rstrip("。.!;；,")
    return bare in phrases().nothing or _STROKES.fullmatch(bare) is not None


def _read(text: str, written: str, asked: Asked, depth: int = 0) -> Reading | None:
    """The figure of a trimmed text; None where it is none that is known."""
    if not text or depth > _DEEPEST:
        return None
    if is_nothing(text):
        return Reading(Decimal(0), (asked.note(written, Decimal(0)),))
    for plainly in (_digits, _mixed, _numeral):
        reading = plainly(text, written, asked)
        if reading is not None:
            return reading

    def read(inner: str) -> Reading | None:
        return _read(inner.strip(), written, asked, depth + 1)

    for peel in (_ended, _marked, _wrapped, bracketed, _introduced, _added_up):
        reading = peel(text, written, asked, read)
        if reading is not None:
            return reading
    return None


# --- a plain number -------------------------------------------------------------------------------------


def _digits(text: str, written: str, asked: Asked) -> Reading | None:
    match = _NUMBER.fullmatch(text)
    if match is None or _MONTH_AND_DAY.fullmatch(match["number"]):
        return None
    number, suffix = Decimal(re.sub("[, +]", "", match["number"])), squeeze(match["suffix"])
    measure = _money(suffix, asked)
    scale = scale_of(measure, asked.field, asked.campaign, asked.stated)
    if scale is None:
        return asked.wrong_measure(written) if _is_other_measure(measure, asked) else None
    if _COMMA_MEANT.fullmatch(match["number"]) and (
        asked.field.type == "count" or (suffix and scale.factor < 1)
    ):
        return _point_or_comma(match["number"], suffix, written, asked)
    return asked.value(number, written, measure, told=measure != suffix)


def _point_or_comma(number: str, suffix: str, written: str, asked: Asked) -> Reading | None:
    if suffix[:1] in MULTIPLIERS:
        return asked.value(Decimal(number), written, suffix)  # 1.234万 is 12340
    point, comma = plain(Decimal(number)), number.replace(".", "")
    why = f"不能确定是 {point} 还是 {comma}（小数点可能是千位分隔号），请填准确数字，填 {point} 或 {comma}"
    return asked.error("not_exact", written, why)


def _mixed(text: str, written: str, asked: Asked) -> Reading | None:
    """1万5千元, 3千5百, 1万5000元: each part smaller than the one before it; 1万5 may be 15000 or 10005."""
    match = _MIXED.fullmatch(text)
    if match is None:
        return None
    number, above = Decimal(0), Decimal(10) ** 12
    for digits, mark in _MIXED_PART.findall(match["parts"]):
        each = MULTIPLIERS[mark]
        if int(digits) * each >= above:
            return None
        number, above = number + int(digits) * each, each
    rest = match["rest"]
    if rest and Decimal(10) ** len(rest) != above:
        return None
    number += int(rest or 0)
    measure = _money(squeeze(match["suffix"]), asked)
    if not measure and _scaled(asked):
        return None  # 1万5千 where 万元 is asked
    if scale_of(measure, asked.field, asked.campaign, asked.stated) is None:
        return None
    return asked.value(number, written, measure, told=True)


def _numeral(text: str, written: str, asked: Asked) -> Reading | None:
    match = _NUMERAL.match(text)
    if match is None:
        return None
    for end in range(match.end(), 0, -1):
        number, suffix = numerals.parse(text[:end]), _money(squeeze(text[end:]), asked)
        if number is not None and scale_of(suffix, asked.field, asked.campaign, asked.stated):
            if not suffix and _could_be_cut_short(text, asked):
                continue
            if _runs_on(text, end):
                continue
            return asked.value(number, written, suffix, told=True)
    number, suffix = numerals.parse(match[0]), squeeze(text[match.end() :])
    return (
        asked.wrong_measure(written)
        if number is not None and suffix in asked.campaign.measure_names
        else None
    )


def _runs_on(text: str, end: int) -> bool:
    # 十二百 is no numeral and not twelve hundred; but 一点五万 and, where 万元 is asked, 两万 are numbers.
    return (
        text[end : end + 1] in tuple(numerals.CHARACTERS)
        and "点" not in text
        and numerals.parse(text) is None
    )


def _could_be_cut_short(numeral: str, asked: Asked) -> bool:
    # 一万二千 where 万元 is asked: 12000万元, or 1.2万元? (两万 alone is 2万元, as 1.5万 is 1.5万元.)
    return _scaled(asked) and any(mark in numeral for mark in "万亿萬億")


def _scaled(asked: Asked) -> bool:
    return (asked.stated or asked.field.measure or "")[:1] in MULTIPLIERS


def _money(suffix: str, asked: Asked) -> str:
    """元 for what else is said for it behind a sum of money: 块, 圆, 元整, 元人民币."""
    if asked.field.type != "amount":
        return suffix
    match = _MONEY.fullmatch(suffix)
    return f"{match['scale']}元" if match else suffix


def _is_other_measure(suffix: str, asked: Asked) -> bool:
    if suffix in asked.campaign.measure_names:
        return True
    return (
        _INEXACT.search(suffix) is None
        and re.fullmatch("[\u4e00-\u9fff]{1,3}|[A-Za-z]{1,3}", suffix) is not None
        and _LETTERS.fullmatch(suffix) is None
        and numerals.parse(suffix) is None
    )


# --- what is peeled off it ---------------------------------------------------------------------------------

Read = Callable[[str], Reading | None]


def _ended(text: str, written: str, asked: Asked, read: Read) -> Reading | None:
    """12。 and 12；as they end a line of a list. Behind a comma a figure may have been cut off (12,000), as behind a point."""
    match = _ENDED.fullmatch(text)
    if match is None:
        return None
    body, end = match["body"], match["end"]
    if body[-1].isdigit() and (
        "," in end or ("." in end and "." not in body and asked.field.type != "count")
    ):
        return None
    reading = read(body)
    return _told(reading, written, asked) if "." in end else reading


def _marked(text: str, _written: str, _asked: Asked, read: Read) -> Reading | None:
    """12① and 12*: the mark of a note below the table."""
    match = _MARKED.fullmatch(text)
    return read(match["body"]) if match else None


def _wrapped(text: str, written: str, asked: Asked, read: Read) -> Reading | None:
    """（12） and “12”. But (12), in half-width, is how a workbook may show -12."""
    match = _QUOTED.fullmatch(text) or _ENCLOSED.fullmatch(text)
    if match is None:
        return None
    body = (match["body"] or match["only"] or "").strip()
    if text.startswith("(") and "（" not in written and body[-1:].isdigit():
        return asked.error("not_a_number", written, "括号里的数可能表示负数，请只填数字，不加括号")
    return read(body)


def _introduced(text: str, written: str, asked: Asked, read: Read) -> Reading | None:
    """共12次, 价值1.5万元, ¥15,000.00."""
    match = phrases().before.match(text)
    if match:
        return _told(read(_behind(text, match.end())), written, asked)
    if asked.field.type != "amount":
        return None
    match = phrases().before_amount.match(text)
    if match:
        rest = _behind(text, match.end())
        if rest[:1] == "¥":
            return _told(read(rest), written, asked)
        # Without its measure nobody knows whether it is 元 or 万元.
        return _told(read(rest), written, asked) if _COINS.search(rest) else None
    return _with_sign(text, written, asked, read)


def _with_sign(text: str, written: str, asked: Asked, read: Read) -> Reading | None:
    match = re.fullmatch(r"(?:¥|CNY|RMB)\s*(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)(?P<suffix>[^0-9]*)", text)
    if match is None:
        return None
    if match["suffix"].strip():
        return _told(read(match["number"] + match["suffix"]), written, asked)
    # ¥1.5 in a column of 万元 is hardly one and a half 元; ¥700.00 has its 分 behind it.
    least = _SURELY_YUAN / 10 if re.search(r"\.[0-9]{2}$", match["number"]) else _SURELY_YUAN
    if Decimal(match["number"].replace(",", "")) < least:
        return None
    return _told(read(match["number"] + "元"), written, asked)


def _behind(text: str, end: int) -> str:
    return text[end:].lstrip(" :为是有")


def _added_up(text: str, written: str, asked: Asked, read: Read) -> Reading | None:
    """5+7=12, where it is right."""
    sides = [side.strip() for side in text.split("=")]
    if len(sides) != 2 or sum("+" in side for side in sides) != 1:
        return None
    result, parts = sorted(sides, key=lambda side: "+" in side)
    found = [_PART.fullmatch(part.strip()) for part in (*parts.split("+"), result)]
    if len(found) < 3 or None in found:
        return None
    *terms, total = [one for one in found if one]
    measures = {squeeze(one["suffix"]) for one in terms}
    if len(measures) != 1 or not measures <= {"", squeeze(total["suffix"])}:
        return None
    with localcontext(prec=100):
        added = sum((Decimal(one["number"]) for one in terms), Decimal(0))
    if added != Decimal(total["number"]):
        return asked.error(
            "not_exact", written, f"各数相加是 {plain(added)}，与所写的不等，请只填一个准确数字"
        )
    return _told(read(result), written, asked)


def _told(reading: Reading | None, written: str, asked: Asked) -> Reading | None:
    """The reading with the note that it was normalised."""
    if reading is None or not isinstance(reading.value, Decimal) or reading.findings:
        return reading
    return replace(reading, findings=(asked.note(written, reading.value),))


# --- what is no figure -------------------------------------------------------------------------------------


def _refuse(text: str, written: str, asked: Asked) -> Reading:
    """The error for what isn't one exact number: the more is known of what was meant, the more is said."""
    if re.match(r"[-−－–]\s*[0-9]|负", text):
        return asked.error("negative", written, "不能为负数，请核对")
    if _ERROR.fullmatch(text):
        return asked.error("no_result", written, "公式没有结果或显示不全，请直接填写数字")
    if parse_date(text, asked.campaign.deadline) is not None:
        return asked.error("not_a_number", written, "这是日期，此栏应填数字")
    if re.search("[%‰％]", text):
        return asked.error("not_a_number", written, "这是百分数，此栏应填数字")
    meant = likely(text)
    if meant:
        rule = "not_exact" if _INEXACT.search(text) else "not_a_number"
        return asked.error(rule, written, f"可能是 {meant}，但不能确定，请用阿拉伯数字填写准确的数")
    if _INEXACT.search(text):
        return asked.error("not_exact", written, "请填准确数字")
    return asked.error("not_a_number", written, "此栏应只填一个数字，请填准确数字")


_LONGEST = 60
_DEEPEST = 5
_SURELY_YUAN = 1000
_STROKES = re.compile("[-—–―−‐‑‒─━]{1,6}")
_NUMBER = re.compile(
    # Separators strictly at each third digit, all of one kind; no dot without digits behind it.
    r"(?P<number>\+?(?:(?:[1-9][0-9]{0,2}(?:(?P<mark>[, ])[0-9]{3}(?:(?P=mark)[0-9]{3})*)|0|[1-9][0-9]*"
    r"|0{1,2}[1-9][0-9]{0,2})(?:\.[0-9]+)?|\.[0-9]+))"
    r"\s*(?P<suffix>(?:[^0-9.,\s].*)?)"
)
_MONTH_AND_DAY = re.compile(r"0[1-9](?:0[1-9]|[12][0-9]|3[01])")
_COMMA_MEANT = re.compile(r"\+?[1-9][0-9]{0,2}\.[0-9]{3}")
_MIXED = re.compile(
    r"(?P<parts>(?:[1-9][0-9]{0,3}\s*[亿万千百]\s*)+)(?P<rest>[0-9]{0,4})\s*(?P<suffix>[^0-9亿万千百\s]\S*|)"
)
_MIXED_PART = re.compile(r"([0-9]{1,4})\s*([亿万千百])")
_NUMERAL = re.compile(f"[{numerals.CHARACTERS}点點]+")
_COINS = re.compile("[元圆块]|[0-9一二三四五六七八九十百千][万亿]")
_MONEY = re.compile("(?P<scale>百万|千万|[百千万亿]?)(?:[元圆块](?:钱|整|正|人民币)|[圆块])")
_ENDED = re.compile(r"(?P<body>.*[^。;；、:!,.，])\s*(?P<end>[。;；、:!,.，]{1,2})")
_MARKED = re.compile(r"(?P<body>.*[0-9\u4e00-\u9fff)])\s*(?:[①-⑳]{1,3}|[*※†‡])")
_QUOTED = re.compile(
    r"[\"“”'‘’「『](?P<body>[^\"“”'‘’「」『』]+)[\"“”'‘’」』]|['‘](?P<only>[^\"“”'‘’「」『』]+)"
)
_ENCLOSED = re.compile(r"[(\[【〔](?P<body>[^()\[\]【】〔〕]+)[)\]】〕](?P<only>)")
_PART = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(?P<suffix>[^0-9=+.,]{0,4})")
_LETTERS = re.compile("[OoIlSZB]+")
_ERROR = re.compile(r"#+|#[A-Z][A-Z/0-9_]*[!?]?", re.IGNORECASE)
_INEXACT = re.compile(
    "[约近余多几数许来≥≤><≧≦＞＜~≈±+?？]|左右|上下|以上|以下|以内|之间|若干|大概|不到|不足|超过|至少|不少"
    r"|[0-9]\s*[-—–―~至到/、]\s*[0-9]|[一二两三四五六七八九]{2}|[百千万亿][一二三四五六七八九]$"
)

"""How the district report names things: titles, file names, dates, and text made safe for XML.

Knows the campaign's title and nothing of its figures.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from agent.base.plain import plain
from agent.base.unseen import without_unseen
from agent.campaign.rules import Campaign

INCOMPLETE = "（未完成）"
NO_TOTAL = "—"
"""What stands in a sentence for a total over nobody; a cell stays blank, since a dash there is read as 0."""


@dataclass(frozen=True, slots=True)
class Titles:
    """What the parts of the report are called, on paper and (made safe) as files."""

    table: str
    report: str
    album: str
    missing: str


def titles(campaign: Campaign, complete: bool) -> Titles:
    """Named after the campaign; each says so where something is still missing, and bears the campaign's mark."""
    mark = (f"（{campaign.mark}）" if campaign.mark else "") + ("" if complete else INCOMPLETE)
    return Titles(
        table=f"{_merged(campaign.form.title)}{mark}",
        report=f"关于{campaign.title}开展情况的报告{mark}",
        album=f"{campaign.title}照片册{mark}",
        missing=f"{campaign.title}缺报清单{mark}",
    )


def _merged(form_title: str) -> str:
    """统计表 → 统计汇总表."""
    stem, found, _ = form_title.rpartition("表")
    return f"{stem}汇总表" if found and form_title.endswith("表") else f"{form_title}汇总表"


def whom(counted: int, of: int, district: str) -> str:
    """Whom a sentence about totals counts: 全区 where everybody is in them, else 已计入的3个单位."""
    if counted < of:
        return f"已计入的{counted}个单位"
    return (
        f"全{district[-1]}" if district[-1:] in ("省", "市", "州", "盟", "县", "旗", "镇", "乡") else "全区"
    )


def file_name(title: str, suffix: str) -> str:
    """A name that Windows takes: its reserved characters as their full-width forms, not too long."""
    wide = "".join(_WIDE.get(letter, letter) for letter in clean(title).replace("\n", " "))
    return f"{wide[:100].strip(' .') or '汇总'}{suffix}"


_WIDE = {"<": "＜", ">": "＞", ":": "：", '"': "＂", "/": "／", "\\": "＼", "|": "｜", "?": "？", "*": "＊"}


def clean(text: str) -> str:
    """The text as XML 1.0 can hold it: what it can't hold shows as �; a line ends with a line feed.

    Without what nobody sees, and what turns text around: a figure would read the other way.
    """
    seen = without_unseen(_CONTROLS.sub("", re.sub(r"\r\n?|[\u2028\u2029\v\f]", "\n", text)))
    return _NOT_XML.sub("\ufffd", seen)


_CONTROLS = re.compile(r"[\x7f-\x9f]")
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def one_line(text: str, limit: int = 300) -> str:
    """The text on one line, cut where it is very long."""
    joined = re.sub(r"\s*\n\s*", "；", clean(text).strip())
    return joined if len(joined) <= limit else f"{joined[:limit]}……（全文见原邮件）"


def width(text: str) -> int:
    """How wide the text stands, in half-width characters."""
    return sum(1 if unicodedata.east_asian_width(letter) in "HNaN" else 2 for letter in text)


def lines(text: str, room: float) -> int:
    """How many lines the text takes in a column that holds ``room`` half-width characters."""
    return sum(max(1, -(-width(line) // max(1, int(room)))) for line in text.split("\n"))


def moment(at: dt.datetime) -> str:
    """2024年3月6日17时30分."""
    return f"{plain(at)}{at.hour}时{at.minute:02d}分"


def numeral(number: int) -> str:
    """1 → 一, 12 → 十二, for headings; up to 99."""
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[ones] if ones else "")


_DIGITS = "〇一二三四五六七八九"

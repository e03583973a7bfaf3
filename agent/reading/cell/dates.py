"""Dates as people write them on forms: what is sure is taken, the rest is None."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from agent.reading.cell import numerals
from agent.reading.cell.folding import squeeze, trim


@dataclass(frozen=True, slots=True)
class DateRead:
    """A date, and whether something had to be added to what was written (the year, or its century)."""

    date: dt.date
    completed: bool = False


def parse_date(text: str, near: dt.date) -> DateRead | None:
    """The date that the text is, whole; None for anything else.

    Args:
        text: 2024年3月5日, 2024.3.5, 2024-03-05, 2024/3/5, 20240305, 二〇二四年三月五日, 3月5日, 24.3.5.
        near: the mail's date: a date without a year is the one nearest to it.
    """
    if len(text) > 60:
        return None
    written = _WEEKDAY.sub("", squeeze(_CLOCK.sub("", trim(text)))).rstrip("。.;,、")
    match = _NUMERIC.fullmatch(written) or _COMPACT.fullmatch(written)
    if match:
        return _numeric(match["year"], int(match["month"]), int(match["day"]), near)
    match = _NO_YEAR.fullmatch(written)
    if match:
        return _nearest(int(match["month"]), int(match["day"]), near)
    match = _CHINESE.fullmatch(written)
    return _chinese(match["year"], match["month"], match["day"], near) if match else None


def _numeric(year: str, month: int, day: int, near: dt.date) -> DateRead | None:
    if len(year) == 4:
        return _date(int(year), month, day)
    # 12/5/24 is no date of 2012: which part is the year isn't clear.
    full = 2000 + int(year)
    read = _date(full, month, day) if abs(full - near.year) <= 5 else None
    return replace(read, completed=True) if read else None


def _chinese(year: str | None, month_text: str, day_text: str, near: dt.date) -> DateRead | None:
    month, day = numerals.parse(month_text), numerals.parse(day_text)
    if month is None or day is None:
        return None
    if year is None:
        return _nearest(int(month), int(day), near)
    written = numerals.digits(year)
    return _date(int(written), int(month), int(day)) if written and len(written) == 4 else None


def _nearest(month: int, day: int, near: dt.date) -> DateRead | None:
    # Some years to each side, so that a 29 February finds its leap year.
    reads = [_date(year, month, day) for year in range(near.year - 8, near.year + 9)]
    dates = [read.date for read in reads if read]
    return DateRead(min(dates, key=lambda date: abs((date - near).days)), completed=True) if dates else None


def _date(year: int, month: int, day: int) -> DateRead | None:
    if not 1900 <= year <= 2100:
        return None
    try:
        return DateRead(dt.date(year, month, day))
    except ValueError:
        return None


_CLOCK = re.compile(r"[\sT]+\d{1,2}:\d{2}(?::\d{2})?(?:\.0+)?$", re.ASCII)
_WEEKDAY = re.compile(r"[(,]?(?:星期|周|礼拜)[一二三四五六日天][)]?$")
_NUMERIC = re.compile(
    r"(?P<year>\d{4}|\d{2})(?:年|(?P<mark>[-./]))(?P<month>\d{1,2})(?(mark)(?P=mark)|月)"
    r"(?P<day>\d{1,2})[日号]?",
    re.ASCII,
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII)
_NO_YEAR = re.compile(r"(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]", re.ASCII)
_CHINESE = re.compile(
    "(?:(?P<year>[零〇○一二三四五六七八九]{4})年)?(?P<month>[一二三四五六七八九十]{1,3})月(?P<day>[一二三四五六七八九十]{1,3})[日号]"
)

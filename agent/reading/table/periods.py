"""Which stretch of time a title, a name or a sentence speaks of, and whether that is only a part of the campaign's.

A day is when something was written or sent, and no period. Knows words and the campaign's dates; nothing of forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.campaign.rules import Campaign

OF_OWN_MONTH = 10
"""Day of the month up to which a deadline's own month has no figures yet: what names it was written in it."""


def parts_of_campaign(text: str, campaign: Campaign) -> Iterator[str]:
    """What a text says that names a month, or some months, but not all of the campaign's.

    Args:
        text: folded and without white space.
        campaign: from whose start to whose deadline a form reports.
    """
    if _UP_TO.search(text):
        return
    for found, first, last in _spans(text):
        if not _whole(first, last, campaign):
            yield found[0]
        text = text.replace(found[0], " ")
    yield from (found[0] for found in _MONTHS.finditer(DAYS.sub(" ", text)) if _counts(found, campaign))


def of_another_year(text: str, campaign: Campaign) -> bool:
    """Whether a text names years, none of them, or no span of them, the campaign's (2021年, 2021-2022年度)."""
    first, last = campaign.start.year, campaign.deadline.year
    span = _YEARS.search(text)
    if span:
        end = int(span[2]) if len(span[2]) == 4 else int(span[1][:2] + span[2])
        return int(span[1]) < end and (int(span[1]), end) != (first, last)
    years = [int(year) for year in _YEAR.findall(text)]
    return bool(years) and not any(first <= year <= last for year in years)


def _spans(text: str) -> Iterator[tuple[re.Match[str], int, int]]:
    """Each 1-3月, 11月至次年2月 in the text, with its two months."""
    for spans in _SPANS:
        for found in spans.finditer(text):
            first, last = _month(found["first"]), _month(found["last"])
            if first and last:
                yield found, first, last
            text = text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]


def _whole(first: int, last: int, campaign: Campaign) -> bool:
    """Whether the months are all of the campaign's, or those of this year, up to its end.

    The deadline's own month may be left out where it has hardly begun by then.
    """
    end = campaign.deadline.month
    ends = {end, (end - 2) % 12 + 1} if campaign.deadline.day <= OF_OWN_MONTH else {end}
    return (first == campaign.start.month and last in ends) or (first == 1 and last == end)


def _counts(found: re.Match[str], campaign: Campaign) -> bool:
    """Whether a month is a period: not the deadline's own with its year, in which the form was only written."""
    month = _month(found["month"] or found["dotted"] or found["joined"])
    year = found["year"] or found["with_dot"] or found["with_none"]
    written = campaign.deadline.day <= OF_OWN_MONTH and month == campaign.deadline.month
    return month > 0 and not (year and int(year) == campaign.deadline.year and written)


def _month(text: str) -> int:
    if text.isdigit():
        return int(text) if 1 <= int(text) <= 12 else 0
    return _NAMES.get(text, 0)


_NAMES = {
    name: number
    for number, name in enumerate(
        ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"), 1
    )
} | {"元": 1, "正": 1, "腊": 12}
_NAME = "(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九元正腊])"
_TO = "(?:-{1,2}|—{1,2}|–|―|~|～|－|至|到|、|和|及)"
_YEAR_BEFORE = r"(?:(?:20\d\d年?[.\-/]?)|次年|今年|当年)?"
_UP_TO = re.compile(r"截[至止]|(?:月|月份)(?:底|末)?(?:止|为止)|以来|至今|累计")
_UNTIL = "(?:-{1,2}|—{1,2}|–|―|~|～|－|至|到)"
_SPANS = tuple(
    map(
        re.compile,
        (
            rf"(?<![\d.]){_YEAR_BEFORE}(?P<first>{_NAME})月(?:\d{{1,2}}[日号])?{_UNTIL}{_YEAR_BEFORE}(?P<last>{_NAME})月份?(?:\d{{1,2}}[日号])?",
            rf"(?<![\d.]){_YEAR_BEFORE}(?P<first>(?P<last>{_NAME}))月\d{{1,2}}[日号]?{_UNTIL}\d{{1,2}}[日号]",
            rf"(?<![\d.]){_YEAR_BEFORE}(?P<first>{_NAME})(?:月份?)?{_TO}{_YEAR_BEFORE}(?P<last>{_NAME})月份?(?!\d)",
            rf"20\d\d[./](?P<first>{_NAME})(?:[./]\d{{1,2}})?{_UNTIL}(?:20\d\d[./])(?P<last>{_NAME})(?:[./]\d{{1,2}})?(?![\d./])",
        ),
    )
)
DAYS = re.compile(
    rf"(?:20\d\d年)?{_NAME}月(?:[0-3]?\d|[一二三四五六七八九十]{{1,3}})(?:[日号]|(?=\D|$))"
    r"|20\d\d[./\-][01]?\d[./\-][0-3]?\d|20\d\d[01]\d[0-3]\d"
)
_MONTHS = re.compile(
    rf"(?:(?P<year>20\d\d)年)?(?<![\d.第个])(?P<month>{_NAME})月份?(?![来间内度]|底?前|\d)"
    r"|(?<!\d)(?P<with_dot>20\d\d)[./\-](?P<dotted>1[0-2]|0?[1-9])(?![\d./\-])"
    r"|(?<!\d)(?P<with_none>20\d\d)(?P<joined>0[1-9]|1[0-2])(?!\d)"
)
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年)")
_YEARS = re.compile(r"(?<!\d)(20\d\d)年?(?:[-—–~－至/]+)(20\d\d|\d\d)(?=年)")

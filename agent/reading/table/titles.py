"""What a form's title says besides that it is the form: another year's, or another action's.

Last year's form has the same columns, and so may another action's: only the title tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.reading.cell.folding import squeeze
from agent.reading.cell.values import quote
from agent.reading.table.labels import key


def other_title(titles: Iterable[str], campaign: Campaign) -> tuple[Finding, ...]:
    """The warning for a title that names another year or another action than the campaign's.

    Args:
        titles: a sheet's name, and what stands above the table.
        campaign: whose form it should be.
    """
    for title in titles:
        line = _PREFIX.sub("", squeeze(title))
        if len(line) > _LONGEST or ":" in line:
            continue
        if _of_another_year(line, campaign) or _of_another_action(line, campaign):
            text = (
                f"表的标题写的是“{quote(title.strip())}”，看来不是这次行动（{campaign.title}）的表。"
                "请核对：如填的是这次的数，确认后登记；如附错了表，请重报。"
            )
            return (Finding("warning", "other_title", text),)
    return ()


def _of_another_year(line: str, campaign: Campaign) -> bool:
    if not (_is_title(line, campaign) or _SHEET_OF_A_YEAR.fullmatch(line)):
        return False
    first, last = campaign.start.year, campaign.deadline.year
    span = _SPAN.search(line)
    if span:
        end = int(span[2]) if len(span[2]) == 4 else int(span[1][:2] + span[2])
        return int(span[1]) < end and (int(span[1]), end) != (first, last)
    years = [int(year) for year in _YEAR.findall(line)]
    return bool(years) and not any(first <= year <= last for year in years)


def _of_another_action(line: str, campaign: Campaign) -> bool:
    names = [key(name) for name in (campaign.title, campaign.form.title, *campaign.also_called)]
    quoted = [key(name) for name in _QUOTED.findall(line)] if line.endswith("表") else []
    return bool(quoted) and not any(name in one or one in name for name in names for one in quoted)


def _is_title(line: str, campaign: Campaign) -> bool:
    return line.endswith("表") or any(
        key(name) in key(line) for name in (campaign.title, *campaign.also_called)
    )


_LONGEST = 60
_PREFIX = re.compile(r"^附[件表][0-9一二三四五六七八九十]{0,3}[:.、]?")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年)")
_SPAN = re.compile(r"(?<!\d)(20\d\d)年?(?:[-—–~－至/]+)(20\d\d|\d\d)(?=年)")
_SHEET_OF_A_YEAR = re.compile(r"20\d\d年度?(?:[^\d]{0,10})?")
_QUOTED = re.compile('[“"「『]([^“”"「」『』]{2,20})[”"」』]')

"""How a workbook shows a date or a percentage, for letters that quote what the clerk sees: 1月8日, 1%.

Knows format codes (ECMA-376 part 1, 18.8.30, the dates' letters); what it can't show is left to the stored text.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext


def seen_date(code: str, date: dt.date) -> str:
    """The date under a format code; "" where the code shows a time of day, or what isn't known here."""
    section = re.sub(r"\[[^\]]*\]", "", code).partition(";")[0].strip()
    if section.lower() in _LOCAL:
        return f"{date.year}/{date.month}/{date.day}"
    shown: list[str] = []
    for match in _TOKEN.finditer(section):
        if match["text"] is not None or match["escaped"] is not None:
            shown.append(match["text"] or match["escaped"] or "")
            continue
        letters = match["letters"].lower() if match["letters"] else ""
        if letters and letters not in _PARTS:
            return ""
        shown.append(_PARTS[letters].format(date=date) if letters else match[0].rstrip("@_*"))
    return "".join(shown).strip()


def seen_serial(code: str, number: Decimal) -> str:
    """As seen_date, of a stored number of days since the last of 1899, as workbooks count them."""
    if not 0 < number < _LAST_DAY:
        return ""
    days = int(number)
    # A workbook knows a 29 February 1900.
    return seen_date(code, dt.date(1899, 12, 30 if days >= 60 else 31) + dt.timedelta(days=days))


def seen_percent(code: str, number: Decimal) -> str:
    """A stored number as its percentage, with the code's decimals."""
    decimals = re.search(r"\.([0#?]+)", code)
    with localcontext(prec=100):
        places = Decimal(1).scaleb(-len(decimals[1]) if decimals else 0)
        return f"{(number * 100).quantize(places, ROUND_HALF_UP)}%"


_LAST_DAY = 2_958_466
_LOCAL = {"mm-dd-yy", "m/d/yy", "m/d/yyyy"}  # what stands for the computer's own short date
_TOKEN = re.compile(
    r'"(?P<text>[^"]*)"|[\\!](?P<escaped>.)|(?P<letters>[yY]+|[mM]+|[dD]+|[hHsSeEgGbB]+|[aA]+)|[_*].|.',
    re.DOTALL,
)
_PARTS = {
    "y": "{date:%y}",
    "yy": "{date:%y}",
    "yyy": "{date.year}",
    "yyyy": "{date.year}",
    "m": "{date.month}",
    "mm": "{date:%m}",
    "mmm": "{date.month}月",
    "mmmm": "{date.month}月",
    "d": "{date.day}",
    "dd": "{date:%d}",
}

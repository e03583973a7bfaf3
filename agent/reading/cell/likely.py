"""What a text that is no figure may have been meant for (3OO: 300), to be offered in a question and never taken."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from agent.base.plain import plain
from agent.reading.cell import numerals


def likely(text: str) -> str:
    """The number that a folded text looks like; "" where nothing suggests itself."""
    for guess in (_exponent, _sum, _old_numeral, _point, _letters):
        found = guess(text)
        if found:
            return found
    return ""


def _exponent(text: str) -> str:
    match = re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,12})?[eE][+-]?[0-9]{1,2}", text)
    if match is None:
        return ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return ""
    return plain(number) if abs(number.adjusted()) <= 15 else ""


def _sum(text: str) -> str:
    parts = text.strip("=").split("+")
    if len(parts) < 2 or not all(re.fullmatch(r"\s*[0-9]{1,9}(?:\.[0-9]{1,6})?\s*", part) for part in parts):
        return ""
    return plain(sum(map(Decimal, (part.strip() for part in parts)), Decimal(0)))


def _old_numeral(text: str) -> str:
    match = re.fullmatch(rf"(?P<tens>[廿卄卅卌])(?P<ones>[{numerals.CHARACTERS}]?)\D{{0,2}}", text)
    if match is None:
        return ""
    number = numerals.parse(f"{_TENS[match['tens']]}十{match['ones']}")
    return "" if number is None else plain(number)


def _point(text: str) -> str:
    match = re.fullmatch(r"([0-9]{1,9})\s*[。·・点點,]\s*([0-9]{1,4})(?![0-9])[^0-9]{0,3}", text)
    return f"{match[1]}.{match[2]}" if match and not (len(match[2]) == 3 and "," in text) else ""


def _letters(text: str) -> str:
    match = re.fullmatch(r"([0-9OoQDlISsZzBgq丨]{1,9}(?:\.[0-9OolI]{1,4})?)[^0-9A-Za-z.]{0,3}", text)
    if match is None or not re.search("[0-9]", match[1]) or not re.search("[^0-9.]", match[1]):
        return ""
    digits = match[1].translate(_AS_DIGITS)
    return digits if re.fullmatch(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", digits) else ""


_TENS = {"廿": "二", "卄": "二", "卅": "三", "卌": "四"}
_AS_DIGITS = str.maketrans("OoQDlISsZzBgq丨", "00001155228991")

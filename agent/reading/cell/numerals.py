"""Chinese numerals (十二, 一百零五, 两百, 壹拾贰, 一点五) as exact numbers.

Strict: a text counts only where it is the one proper writing of a number. 三五 (three to five), 一百二
(102 or 120?) and 二四 aren't, and neither is anything that a lenient parser would make a number of.
"""

from __future__ import annotations

import re
from decimal import Decimal

CHARACTERS = "零〇一二两三四五六七八九十百千万亿壹贰貳叁參肆伍陆陸柒捌玖拾佰仟萬億兩"
"""Every character that a numeral's whole part is written with."""


def parse(text: str) -> Decimal | None:
    """The number that the numeral names, below a trillion; None where it isn't properly written."""
    match = _NUMERAL.fullmatch(text.translate(_SIMPLE))
    if match is None:
        return None
    whole = _whole(match["whole"])
    if whole is None:
        return None
    fraction = "".join(str(_DIGITS.index(digit)) for digit in match["fraction"] or "")
    return Decimal(f"{whole}.{fraction}") if fraction else Decimal(whole)


def digits(text: str) -> str | None:
    """A number read out digit by digit, as years are (二〇二四): ``2024``; None for anything else."""
    simple = text.translate(_SIMPLE).replace("○", "零")
    if not simple or any(character not in _DIGITS for character in simple):
        return None
    return "".join(str(_DIGITS.index(character)) for character in simple)


def compose(number: int) -> str:
    """The proper numeral of a whole number from 0 to below a trillion, with 一十 written in full."""
    if number == 0:
        return "零"
    text, gap = "", False
    for mark, place in (("亿", 10**8), ("万", 10**4), ("", 1)):
        section = number // place % 10_000
        if section == 0:
            gap = bool(text)
            continue
        text += ("零" if text and (gap or section < 1000) else "") + _section(section) + mark
        gap = False
    return text


def _whole(text: str) -> int | None:
    written = re.sub("两(?=[百千万亿])|^两$", "二", text)
    written = f"一{written}" if written.startswith("十") else written
    number = _loosely(written)
    return number if number < 10**12 and compose(number) == written else None


def _loosely(text: str) -> int:
    # Any number will do for what isn't properly written: compose() doesn't give it back.
    total = section = digit = 0
    for character in text:
        if character in "万亿":
            total += (section + digit) * _PLACES[character]
            section = digit = 0
        elif character in _PLACES:
            section, digit = section + digit * _PLACES[character], 0
        else:
            digit = _DIGITS.find(character)
    return total + section + digit


def _section(number: int) -> str:
    text, gap = "", False
    for mark, place in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // place % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + mark
        gap = False
    return text


_DIGITS = "零一二三四五六七八九"
_PLACES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_SIMPLE = str.maketrans(
    "〇壹贰貳叁參肆伍陆陸柒捌玖拾佰仟萬億兩點", "零一二二三三四五六六七八九十百千万亿两点"
)
_NUMERAL = re.compile(f"(?P<whole>[{_DIGITS}两十百千万亿]+)(?:点(?P<fraction>[{_DIGITS}]{{1,12}}))?")

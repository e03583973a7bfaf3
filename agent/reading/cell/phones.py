"""Telephone numbers as people write them on forms: what is sure is taken, the rest is None."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.reading.cell.folding import trim


@dataclass(frozen=True, slots=True)
class PhoneRead:
    """A telephone number, and whether something that was written beside it was left out."""

    number: str
    shortened: bool = False


def parse_phone(written: str) -> PhoneRead | None:
    """The number that a text is, or the first of several: a mobile's 11 digits, a landline as it is written.

    Words without digits may stand behind it or in brackets (微信同号).
    """
    text = trim(written)
    if len(text) > _LONGEST:
        return None
    number = _phone(text)
    if number is not None:
        return PhoneRead(number)
    for parted in (_WORDS.sub("", text), *(pattern.sub(" ", _WORDS.sub("", text)) for pattern in _OWNERS)):
        for between in _BETWEEN:
            numbers = [_phone(one.strip()) for one in between.split(parted.strip()) if one.strip()]
            if numbers and None not in numbers:
                return PhoneRead(str(numbers[0]), shortened=True)
    return None


def _phone(written: str) -> str | None:
    bare = re.sub(r"[\s-]+", "", written)
    mobile = re.fullmatch(r"(?:\+?86)?(1\d{10})", bare, re.ASCII)
    if mobile:
        return mobile[1]
    number = _EXTENSION.sub("", written)
    if _landline(number):
        return written
    base, _, tail = written.rpartition("-")
    return written if re.fullmatch(r"\s*\d{1,6}", tail, re.ASCII) and _landline(base) else None


def _landline(text: str) -> bool:
    bare = re.sub(r"[\s-]+", "", text)
    return re.fullmatch(r"(?:\(0\d{2,3}\)|0\d{2,3})?\d{7,8}", bare, re.ASCII) is not None


_LONGEST = 60
_EXTENSION = re.compile(r"\s*(?:转|分机|#|ext\.?)\s*:?\s*[0-9]{1,6}$", re.IGNORECASE)
_WORDS = re.compile(r"\s*(?:\([^()0-9]{1,12}\)|(?<=[0-9])[,，;；\s]*微信(?:号)?(?:同号|同步|同))\s*[。.]?")
_OWNERS = (re.compile(r"(?:手机|电话|座机|办公(?:室)?|移动|固话|固定电话|值班)(?:号码?)?\s*:?\s*"),)
_BETWEEN = tuple(map(re.compile, ("[、/;；,，\n]+|或者?|和|及", r"\s+")))

"""Personal data in a text (个人信息): numbers of identity cards, bank cards, telephones, passports; found, and masked.

Knows texts alone, nothing of mail or forms. A number that carries a check digit counts only where that is right, so
that amounts, dates and document numbers are left alone.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from agent.base.unseen import is_unseen

Kind = Literal["identity_card", "bank_card", "telephone", "passport"]

NAMES: dict[Kind, str] = {
    "identity_card": "身份证号",
    "bank_card": "银行卡号",
    "telephone": "电话号码",
    "passport": "护照号",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One number and where it stands: ``text[start:end]``; ``digits`` is it without separators and country code."""

    start: int
    end: int
    kind: Kind
    digits: str


def find(text: str, known: Collection[str] = ()) -> tuple[Found, ...]:
    """Every such number, from the left, none overlapping another.

    Args:
        text: as written: full-width digits, spaces and dashes between the groups are seen through.
        known: numbers that are nobody's own (the bureau's telephone), in digits alone.
    """
    if _ENOUGH.search(text) is None:
        return ()
    found, taken = [], bytearray(len(text))
    for one in sorted(_candidates(_narrow(text)), key=_rank):
        if one.digits not in known and not any(taken[one.start : one.end]):
            found.append(one)
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
    return tuple(sorted(found, key=lambda one: one.start))


def mask(text: str, known: Collection[str] = ()) -> str:
    """The text with the middle of each number starred, its length kept: 500***********1234, 138****5678.

    Of what was cut off within a number (a quotation's …) all but the first three digits, whatever it was.
    """
    masked = list(text)
    for one in find(text, known):
        places = [at for at in range(one.start, one.end) if text[at].isalnum()]
        front, back = (3, 4) if len(places) >= _LONG else (2, 2)
        for at in places[len(places) - len(one.digits) + front : -back]:
            masked[at] = "*"
    for cut in _CUT.finditer(_narrow(text)) if "…" in text else ():
        for at in [at for at in range(*cut.span()) if text[at].isdecimal()][3:]:
            masked[at] = "*"
    return "".join(masked)


def counted(found: Iterable[Found]) -> str:
    """How many of which, each number once: 身份证号 1 个、电话号码 2 个; "" where there are none."""
    numbers: dict[Kind, set[str]] = {}
    for one in found:
        numbers.setdefault(one.kind, set()).add(one.digits)
    return "、".join(f"{name} {len(numbers[kind])} 个" for kind, name in NAMES.items() if kind in numbers)


def numbers_in(text: str) -> frozenset[str]:
    """The telephone numbers that a setting names, as ``known`` wants them, also without country or area code."""
    found: set[str] = set()
    for part in re.split(r"[、，,;；/转]| {2,}", _narrow(text)):
        number = re.sub(r"\D", "", part)
        bare = re.sub(r"^(?:0086|86(?=0|1[3-9]\d{9}$))", "", number)
        local = re.sub(r"^0(?:10|2\d|[3-9]\d\d)(?=[2-9]\d{6,7}$)", "", bare)
        found |= {number, bare, bare.removeprefix("0"), local}
    return frozenset(number for number in found if len(number) >= _LEAST)


# --- candidates ------------------------------------------------------------------------------------------

_LEAST = 7
"""Digits of the shortest number that counts (a telephone without its area code)."""
_LONG = 10
"""Digits from which the first three and last four may show, as is usual for identity cards and mobiles."""
_MOST = 19
_CUT = re.compile(r"\d(?:[ -]?\d){6,} ?(?=…)")
_ENOUGH = re.compile(r"(?:\d\D{0,4}){7}")

_Join = Literal["", "plain", "dot", "line", "bracket"]
"""What stands between two groups of digits; "" parts two numbers."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Groups of digits that may be one number.

    Attributes:
        start, end: in the text.
        before, after: the text around it, a little of it.
    """

    start: int
    end: int
    groups: tuple[str, ...]
    joins: tuple[_Join, ...]
    before: str
    after: str

    @property
    def digits(self) -> str:
        return "".join(self.groups)

    def joined_by(self, *joins: _Join) -> bool:
        return all(one in joins for one in self.joins)


def _candidates(text: str) -> Iterator[Found]:
    for run in _runs(text):
        yield from _identity_card(run)
        kind: Kind | None = "bank_card" if _is_bank_card(run) else "telephone" if _is_telephone(run) else None
        if kind is not None:
            digits = _CODE.sub("", run.digits) if kind == "telephone" else run.digits
            yield Found(run.start, run.end, kind, digits)
    for match in _LOCAL.finditer(text):
        digits = re.sub(r"\D", "", match["number"])
        if not (_DATE.fullmatch(digits) or _is_amount(text[match.end() : match.end() + 8])):
            yield Found(*match.span("number"), "telephone", digits)
    for match in _PASSPORT.finditer(text):
        yield Found(*match.span("number"), "passport", match["number"].upper())


def _rank(one: Found) -> tuple[int, int, int]:
    """What is surest comes first, the longest of a kind, from the left."""
    return list(NAMES).index(one.kind), one.start - one.end, one.start


def _runs(text: str) -> Iterator[_Run]:
    """Each group of digits, and with the groups behind it, as far as one number may reach."""
    groups = list(re.finditer("[0-9]+", text))
    joins = [_join(text[one.end() : next_.start()]) for one, next_ in pairwise(groups)]
    for first, group in enumerate(groups):
        start, length, small = group.start(), 0, False
        if _FRACTION.search(text[max(0, start - 3) : start]):
            continue
        for last in range(first, len(groups)):
            length += len(groups[last][0])
            if length > _MOST or (last > first and not joins[last - 1]):
                break
            end = groups[last].end()
            if length in (17, 18) if small else length >= _LONG - 1:
                taken = tuple(one[0] for one in groups[first : last + 1])
                after = text[end : end + 8]
                if not _DECIMALS.match(after):
                    between = tuple(joins[first:last])
                    yield _Run(start, end, taken, between, text[max(0, start - 12) : start], after)
            small = small or _is_small(tuple(one[0] for one in groups[first : last + 1]))


def _is_small(groups: Sequence[str]) -> bool:
    """Whether the last group is one of so few digits as only identity cards are written in; 86 23 are codes."""
    return len(groups[-1]) < 3 and not (groups[0] == "86" and len(groups) <= 2 and len(groups[-1]) == 2)


_FRACTION = re.compile(r"(?:^|[^0-9])0\.$")
_DECIMALS = re.compile(r"\.[0-9]{1,2}(?![0-9])")


def _join(between: str) -> _Join:
    for join, pattern in _JOINS.items():
        if pattern.fullmatch(between):
            return join
    return ""


_JOINS: dict[_Join, re.Pattern[str]] = {
    "plain": re.compile(r"\u200b*(?: | ?-{1,2} ?)?\u200b*"),
    "dot": re.compile(r"[.·]"),
    "line": re.compile(r" ?\r?\n ?"),
    "bracket": re.compile(r" ?\) ?-? ?"),
}


# --- identity cards (GB 11643) ---------------------------------------------------------------------------

_REGIONS = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
"""Of GB/T 2260: the provinces, by an identity card's first two digits."""


def _identity_card(run: _Run) -> Iterator[Found]:
    digits = run.digits
    if len(digits) == 17:
        tail = _X.match(run.after)
        if tail is not None and run.joined_by("plain", "line") and _is_identity_card(f"{digits}X"):
            yield Found(run.start, run.end + tail.end(), "identity_card", f"{digits}X")
    elif not run.after[:1].isascii() or not run.after[:1].isalpha():
        whole = len(digits) == 18 and run.joined_by("plain", "line") and _is_identity_card(digits)
        old = len(digits) == 15 and run.joined_by("plain") and _is_old_identity_card(run)
        if whole or old:
            yield Found(run.start, run.end, "identity_card", digits)


def _is_identity_card(number: str) -> bool:
    """Of 18 characters: a region (9: a foreigner's), a date of birth, and the right check digit (ISO 7064, MOD 11-2)."""
    if not (_REGIONS.match(number) or number[0] == "9") or not _is_birth(number[6:14]):
        return False
    from stdnum.cn import ric

    return bool(ric.calc_check_digit(number) == number[-1])


def _is_old_identity_card(run: _Run) -> bool:
    """Of 15 digits, without a check digit: named as one before it, or of a county that there was in that year."""
    number, groups = run.digits, tuple(map(len, run.groups))
    if (
        groups not in ((15,), (6, 6, 3))
        or _REGIONS.match(number) is None
        or not _is_birth(f"19{number[6:12]}")
    ):
        return False
    if re.search("证|身份", run.before):
        return True
    from stdnum.cn import ric
    from stdnum.exceptions import ValidationError

    try:
        return bool(ric.get_birth_place(f"{number[:6]}19{number[6:]}0"))
    except ValidationError:
        return False


def _is_birth(digits: str) -> bool:
    try:
        return 1900 <= dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year < 2100
    except ValueError:
        return False


_X = re.compile(r"\u200b*(?: ?-{1,2} ?| ?\r?\n ?| )?\u200b*[Xx](?![0-9A-Za-z])")


# --- bank cards (ISO/IEC 7812) ---------------------------------------------------------------------------


def _is_bank_card(run: _Run) -> bool:
    """By its beginning (UnionPay's, a Chinese bank's own, Visa's, MasterCard's), its length and Luhn's check digit."""
    if not run.joined_by("plain") or any(len(group) < 4 for group in run.groups[:-1]) or _in_a_word(run):
        return False
    if _CARD.fullmatch(run.digits) is None:
        return False
    from stdnum import luhn

    return bool(luhn.is_valid(run.digits))


_CARD = re.compile(r"(?:62|60|81|9558|68|69)\d{14,17}|4\d{15}(?:\d{3})?|(?:5[1-5]|2[2-7])\d{14}|35\d{14}")


# --- telephones ------------------------------------------------------------------------------------------


def _is_telephone(run: _Run) -> bool:
    small = any(_is_small(run.groups[:place]) for place in range(1, len(run.groups) + 1))
    if small or _in_a_word(run) or _is_amount(run.after):
        return False
    if _MOBILE.fullmatch(run.digits):
        dotted = run.joined_by("dot") and tuple(map(len, run.groups)) == (3, 4, 4)
        return run.joined_by("plain") or dotted
    bracketed = run.joins[:1] == ("bracket",) and run.before.endswith("(")
    joined = "bracket" not in run.joins[1:] and run.joined_by("plain", *(("bracket",) if bracketed else ()))
    return joined and _LANDLINE.fullmatch(run.digits) is not None


_CODE = re.compile(r"^(?:0086|86|0(?=1[3-9]\d{9}$))")
_MOBILE = re.compile(r"(?:0086|86|0)?1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:0|(?:0086|86)0?)(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7}")
_LOCAL = re.compile(
    r"(?:电话|座机|固话|传真|(?<![A-Za-z])[Tt][Ee][Ll])(?:号码?)? {0,2}[:为是] {0,2}(?P<number>[2-9]\d{2,3}[ -]?\d{4})(?!\d|[ -]\d)"
)
_DATE = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_PASSPORT = re.compile(r"护照(?:号码?)? {0,2}[:为是]? {0,2}(?P<number>[A-Za-z]{1,2}\d{7,8})(?![0-9A-Za-z])")


def _in_a_word(run: _Run) -> bool:
    """Whether it is a piece of something longer: a hash, a file's hexadecimal name."""
    return (
        re.search(r"[0-9][A-Za-z]+$", run.before) is not None or re.match("[A-Za-z]", run.after) is not None
    )


def _is_amount(after: str) -> bool:
    """Whether a measure stands behind it, and nothing that the measure's character would begin a word with."""
    return re.match(r" ?(?:元|万元|亿元|(?:人次|次|人|份|个|件|册|套|张|%)(?!\w))", after) is not None


# --- letters ---------------------------------------------------------------------------------------------


def _narrow(text: str) -> str:
    """The text, character for character, with plain digits, letters, dashes, spaces and brackets."""
    return text if text.isascii() else "".join(map(_plain, text))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if is_unseen(character):  # letters leave it out
        return "\u200b"
    match unicodedata.category(character):
        case "Pd":
            return "-"
        case "Zs":
            return " "
        case "Cf" | "Cs" | "Cn":  # nor these do letters keep
            return "\u200b"
    wide = unicodedata.normalize("NFKC", character)
    return wide if len(wide) == 1 and wide.isascii() else "-" if character in "－ー" else character

"""What a workbook's number format makes of a stored number: the number shown, and the text around it.

Covers the codes of ECMA-376 part 1, 18.8.30 as far as they change what a person reads; knows nothing of forms.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

from agent.reading.cell.folding import squeeze


@dataclass(frozen=True, slots=True)
class Shown:
    r"""How a number appears.

    Attributes:
        number: the number that is shown; None where no digits are shown at all.
        prefix, suffix: the text before and behind it, without white space.
        distorted: scaled by commas, or with text between its digits (``0\.0000`` shows 12345 as 1.2345).
        percent: shown as a percentage.
        moment: shown as a date or a time.
    """

    number: Decimal | None
    prefix: str = ""
    suffix: str = ""
    distorted: bool = False
    percent: bool = False
    moment: bool = False


def show(code: str, number: Decimal) -> Shown:
    """How a number that isn't negative appears under a format code."""
    if code in ("", "General", "@"):
        return Shown(number)
    section = _choose(_sections(code), number)
    if section is None:
        return Shown(None)
    with localcontext(prec=100):
        return _apply(section, number)


def around_text(code: str) -> tuple[str, str]:
    """What a format code puts before and behind a text: ``@"元"`` puts 元 behind it."""
    if "@" not in code or code == "@":
        return "", ""
    for section in _sections(code):
        for at, (kind, _) in enumerate(section.pieces):
            if kind == "text":
                return _literal(section.pieces[:at]), _literal(section.pieces[at + 1 :])
    return "", ""


def hides_text(code: str) -> bool:
    """Whether a format code shows something else in a text's place, or nothing (``0;-0;0;``)."""
    sections = _sections(code) if code.count(";") > 2 else ()
    return len(sections) > 3 and all(kind not in ("text", "general") for kind, _ in sections[3].pieces)


Piece = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Section:
    pieces: tuple[Piece, ...]
    holds: Callable[[Decimal], bool] | None


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[_Section, ...]:
    sections: list[list[Piece]] = [[]]
    conditions: list[Callable[[Decimal], bool] | None] = [None]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup or "plain", match[match.lastgroup or 0]
        if kind == "plain" and text == ";":
            sections.append([])
            conditions.append(None)
        elif kind == "bracket":
            conditions[-1] = _condition(text) or conditions[-1]
            sections[-1].extend(_bracket(text))
        else:
            sections[-1].append(_piece(kind, text))
    return tuple(_Section(tuple(pieces), holds) for pieces, holds in zip(sections, conditions, strict=True))


def _piece(kind: str, text: str) -> Piece:
    if kind == "plain":
        return _PLAIN.get(text) or ("moment" if text.lower() in "ymdhsegb" else "literal", text)
    return {"quoted": "literal", "escaped": "literal", "skip": "space", "fill": "space"}.get(kind, kind), text


def _bracket(text: str) -> list[Piece]:
    if text.startswith("$"):
        return [("literal", text[1:].partition("-")[0])]
    return [("moment", text)] if re.fullmatch("(?i)h+|m+|s+", text) else []


def _condition(text: str) -> Callable[[Decimal], bool] | None:
    match = re.fullmatch(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)", text)
    if match is None:
        return None
    compare, bound = _COMPARE[match[1]], Decimal(match[2])
    return lambda number: bool(compare(number, bound))


def _choose(sections: tuple[_Section, ...], number: Decimal) -> _Section | None:
    numeric = sections[:3]
    if any(section.holds for section in numeric):
        rest = [section for section in numeric if section.holds is None]
        return next((one for one in numeric if one.holds and one.holds(number)), rest[0] if rest else None)
    return numeric[2] if number == 0 and len(numeric) == 3 else numeric[0]


def _apply(section: _Section, number: Decimal) -> Shown:
    pieces = section.pieces
    kinds = [kind for kind, _ in pieces]
    if "moment" in kinds:
        return Shown(number, moment=True)
    places = [at for at, kind in enumerate(kinds) if kind in ("digit", "general", "text")]
    if not places:
        return Shown(None, prefix=_literal(pieces))
    first, last = places[0], places[-1]
    inner = pieces[first : last + 1]
    shown, scaled = _digits_shown(pieces, first, last, number)
    return Shown(
        shown,
        prefix=_literal(pieces[:first]),
        suffix=_literal(pieces[last + 1 :]),
        distorted=scaled or bool(_literal(inner)),
        percent="percent" in kinds,
    )


def _digits_shown(
    pieces: tuple[Piece, ...], first: int, last: int, number: Decimal
) -> tuple[Decimal | None, bool]:
    kinds = [kind for kind, _ in pieces]
    if "general" in kinds or "text" in kinds:
        return number, False
    dot = kinds.index("dot") if "dot" in kinds else len(kinds)
    decimals = min(sum(kind == "digit" for kind in kinds[dot:]), 30)
    whole = [kind for kind in kinds[:dot] if kind in ("digit", "comma")]
    commas = len(whole) - len("".join("," if kind == "comma" else "0" for kind in whole).rstrip(","))
    commas += sum(kind == "comma" for kind in kinds[max(dot, last) :])
    if "exponent" in kinds:
        return _scientific(number, decimals), False
    if "slash" in kinds[first:last]:
        # A fraction shows 1.33 as 1 1/3: only a whole number is surely shown as it is.
        return number.quantize(Decimal(1), ROUND_HALF_UP), False
    shown = number.scaleb(-3 * commas).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    optional = all(text in "#?" for kind, text in pieces if kind == "digit")
    return (None if shown == 0 and optional else shown), bool(commas) and number != 0


def _scientific(number: Decimal, decimals: int) -> Decimal:
    if number == 0:
        return number
    return number.quantize(Decimal(1).scaleb(number.adjusted() - decimals), ROUND_HALF_UP)


def _literal(pieces: tuple[Piece, ...]) -> str:
    return squeeze("".join(text for kind, text in pieces if kind == "literal"))


_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|_(?P<skip>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式|Standard)|(?P<exponent>E[+-][0#?]+)|(?P<digit>[0#?])|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN: dict[str, Piece] = {
    ".": ("dot", "."),
    ",": ("comma", ","),
    "%": ("percent", "%"),
    "/": ("slash", "/"),
    "@": ("text", "@"),
}
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "=": operator.eq,
}

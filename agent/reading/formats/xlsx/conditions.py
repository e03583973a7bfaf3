"""A workbook's conditional formats, as far as they hide a figure or strike it through (white where it is 0).

Conditions that compare with a number are worked out; of any other it isn't known whether it holds, and it counts.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from agent.reading.cell.folding import is_wordless
from agent.reading.formats.drawn import named
from agent.reading.formats.ink import FAINT_INK, Colour, Visibility, visibility
from agent.reading.formats.sheet import NO_ZEROS, column_at
from agent.reading.formats.xlsx.styles import MAIN, Look, Palette, Style, is_on, look_of
from agent.reading.grid import Cell

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_RULES = 500  # of a sheet that hide something


@dataclass(frozen=True, slots=True)
class Differing:
    """What a format that a rule may give makes of its cells.

    Attributes:
        struck: it strikes them through.
        hidden: nobody sees them (a format that shows nothing, letters too small).
        ink: the letters' colour, where it gives one.
        ground: the cells', where it gives one.
    """

    struck: bool = False
    hidden: bool = False
    ink: Colour | None = None
    ground: Colour | None = None

    def seen(self, style: Style) -> Visibility:
        """How what stands in a cell of that style is to be seen under it."""
        own = style.ink or style.look.ink
        return "unseen" if self.hidden else visibility(self.ink or own, self.ground or style.ground)


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule that may hide the cells for which it holds, or strike them through.

    Attributes:
        ranges: its cells: first row, first column, last row, last column, zero-based.
        look: what it makes of them.
        holds: whether it holds for a number, or for a text (None).
    """

    ranges: tuple[tuple[int, int, int, int], ...]
    look: Differing
    holds: Callable[[Decimal | None], bool]

    def covers(self, row: int, column: int) -> bool:
        return any(
            top <= row <= bottom and left <= column <= right for top, left, bottom, right in self.ranges
        )


def differing_looks(styles: _Element, palette: Palette) -> tuple[Differing | None, ...]:
    """What each format that a rule may give makes of its cells; None where it can't hide or strike them."""
    return tuple(_look(one, palette) for one in styles.iterfind(f"{MAIN}dxfs/{MAIN}dxf"))


def conditions(formatting: Iterable[_Element], looks: tuple[Differing | None, ...]) -> Iterator[Condition]:
    """The rules of a sheet that may hide or strike out; ``formatting``: its conditionalFormatting elements."""
    for element in formatting:
        ranges = tuple(_ranges(element.get("sqref", "")))
        for rule in element.iterfind(f"{MAIN}cfRule"):
            number = rule.get("dxfId", "")
            look = looks[int(number)] if number.isdecimal() and int(number) < len(looks) else None
            if any(
                not is_on(one.get("showValue", "1")) for one in rule
            ):  # bars or icons in the number's place
                look = Differing(hidden=True)
            if look is not None:
                yield Condition(ranges, look, _holds(rule))


def under(cell: Cell, place: tuple[int, int], style: Style, rules: Iterable[Condition]) -> Cell:
    """The cell as the rules leave it."""
    for rule in rules:
        if not rule.covers(*place) or not rule.holds(cell.number) or not is_wordless(cell.text):
            continue
        if rule.look.struck:
            return replace(cell, struck=True, withheld=cell.withheld or cell.text)
        seen = rule.look.seen(style)
        if seen == "unseen":
            return replace(cell, number_format=NO_ZEROS) if cell.number == 0 else replace(cell, hidden=True)
        if seen == "faint" and cell.kind != "empty":
            return replace(cell, drawn=named((cell.drawn, FAINT_INK)))
    return cell


def _look(dxf: _Element, palette: Palette) -> Differing | None:
    font, fill = dxf.find(f"{MAIN}font"), dxf.find(f"{MAIN}fill")
    look = look_of(font, palette) if font is not None else Look()
    formats = [one.get("formatCode", "").strip() for one in dxf.iterfind(f"{MAIN}numFmt")]
    grounds = list(fill.iter(f"{MAIN}bgColor", f"{MAIN}stop")) if fill is not None else []
    colours = {palette.colour(one) for one in (inner for ground in grounds for inner in (ground, *ground))}
    ground = next(iter(colours - {None}), None) if len(colours - {None}) == 1 else None
    found = Differing(look.struck, look.tiny or ";;;" in formats, look.ink, ground)
    return found if found != Differing() else None


def _ranges(text: str) -> Iterator[tuple[int, int, int, int]]:
    for one in text.split():
        match = _RANGE.fullmatch(one)
        if match:
            left, top, right, bottom = match.groups()
            yield int(top) - 1, column_at(left), int(bottom or top) - 1, column_at(right or left)


def _holds(rule: _Element) -> Callable[[Decimal | None], bool]:
    compare = _COMPARE.get(rule.get("operator", "")) if rule.get("type") == "cellIs" else None
    bounds = [(one.text or "").strip() for one in rule.iterfind(f"{MAIN}formula")]
    if compare is None or len(bounds) != 1 or not _NUMBER.fullmatch(bounds[0]):
        return lambda _: True
    bound = Decimal(bounds[0])
    text = bool(compare(Decimal(1), Decimal(0)))  # is more than any number
    return lambda number: text if number is None else bool(compare(number, bound))


_RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Za-z]{1,3})\$?([0-9]{1,7}))?")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "equal": operator.eq,
    "notEqual": operator.ne,
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
}

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

from agent.reading.folding import is_wordless
from agent.reading.formats.sheet import NO_ZEROS, column_at
from agent.reading.formats.xlsxstyles import MAIN, Style, is_on, is_white, look_of
from agent.reading.grid import Cell

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_RULES = 500  # of a sheet that hide something


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule that hides the cells for which it holds, or strikes them through.

    Attributes:
        ranges: its cells: first row, first column, last row, last column, zero-based.
        strikes: it strikes them through, else nobody sees them.
        holds: whether it holds for a number, or for a text (None).
    """

    ranges: tuple[tuple[int, int, int, int], ...]
    strikes: bool
    holds: Callable[[Decimal | None], bool]

    def covers(self, row: int, column: int) -> bool:
        return any(
            top <= row <= bottom and left <= column <= right for top, left, bottom, right in self.ranges
        )


def differing_looks(styles: _Element) -> tuple[str | None, ...]:
    """What each format that a rule may give makes of its cells: ``struck``, ``unseen``, or neither."""
    return tuple(_look(one) for one in styles.iterfind(f"{MAIN}dxfs/{MAIN}dxf"))


def conditions(formatting: Iterable[_Element], looks: tuple[str | None, ...]) -> Iterator[Condition]:
    """The rules of a sheet that hide or strike out; ``formatting``: its conditionalFormatting elements."""
    for element in formatting:
        ranges = tuple(_ranges(element.get("sqref", "")))
        for rule in element.iterfind(f"{MAIN}cfRule"):
            number = rule.get("dxfId", "")
            look = looks[int(number)] if number.isdecimal() and int(number) < len(looks) else None
            if any(
                not is_on(one.get("showValue", "1")) for one in rule
            ):  # bars or icons in the number's place
                look = "unseen"
            if look is not None:
                yield Condition(ranges, look == "struck", _holds(rule))


def under(cell: Cell, place: tuple[int, int], style: Style, rules: Iterable[Condition]) -> Cell:
    """The cell as the rules leave it."""
    for rule in rules:
        if not rule.covers(*place) or not rule.holds(cell.number) or not is_wordless(cell.text):
            continue
        if rule.strikes:
            return replace(cell, struck=True, withheld=cell.withheld or cell.text)
        if style.plain:
            return replace(cell, number_format=NO_ZEROS) if cell.number == 0 else replace(cell, hidden=True)
    return cell


def _look(dxf: _Element) -> str | None:
    font, fill = dxf.find(f"{MAIN}font"), dxf.find(f"{MAIN}fill")
    look = look_of(font) if font is not None else None
    if look and look.struck:
        return "struck"
    formats = [one.get("formatCode", "").strip() for one in dxf.iterfind(f"{MAIN}numFmt")]
    grounds = list(fill.iter(f"{MAIN}bgColor", f"{MAIN}stop")) if fill is not None else []
    unseen = look is not None and look.unseen and all(map(is_white, grounds))
    return "unseen" if unseen or ";;;" in formats else None


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

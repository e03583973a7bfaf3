"""Formulas that are simple arithmetic of a workbook's own cells, worked out: a stored result may be older than they are.

Sums, differences, products and quotients of numbers and cells, SUM and ROUND; nothing else is touched. Whoever wrote the
file last may have changed cells without working out what depends on them (a script, a phone); a program that opens it
shows other figures then, or the old ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, DecimalException, localcontext

from agent.reading.formats.drawn import named
from agent.reading.formats.sheet import column_at, decimal_text
from agent.reading.grid import Cell

OUT_OF_DATE = "结果可能未更新的公式"
"""What a cell holds whose stored result can't be trusted, for ``Cell.drawn``."""

DEEPEST = 60  # formulas that depend on each other, and brackets in each other
LONGEST = 2000  # characters of a formula
MOST_STEPS = 400_000  # cells looked at for one workbook
MILLIONTH = Decimal("0.000001")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell's formula in a workbook's notation (J7+J8, SUM(J7:J8)).

    Attributes:
        text: as it stands in the first of the cells that share it.
        moved: how many rows and columns further this cell stands; what isn't fixed with $ moves along.
        stored: whether a result was stored, even one that is no longer one.
    """

    text: str
    moved: Place = (0, 0)
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's cells and formulas by place, zero-based."""

    name: str
    cells: Mapping[Place, Cell]
    formulas: Mapping[Place, Formula]


def settled(sheets: list[Sheet], recalculates: bool) -> Iterator[dict[Place, Cell]]:
    """Each sheet's cells, with the results that a program would show which opens the workbook.

    ``recalculates``: the workbook asks to be worked out anew, so what is simple is, and of anything else the stored
    result is doubted. Where it doesn't ask, a stored result that differs from a simple formula's is doubted.
    """
    book = _Workbook(sheets, recalculates)
    for sheet in sheets:
        cells = dict(sheet.cells)
        for place, formula in sheet.formulas.items():
            cell = cells.get(place)
            if cell is not None and formula.stored:
                cells[place] = _settled(cell, book.result(sheet, place), recalculates)
        yield cells


def _settled(cell: Cell, result: Decimal | None, recalculates: bool) -> Cell:
    if result is None:
        kept = not recalculates or cell.kind in ("no_result", "error")
        return cell if kept else _doubted(cell)
    if cell.kind == "number" and cell.number is not None and same(cell.number, result):
        return cell
    if recalculates and cell.kind in ("number", "no_result"):
        withheld = decimal_text(result) if cell.struck else cell.withheld
        return replace(cell, kind="number", number=result, text=decimal_text(result), withheld=withheld)
    return _doubted(cell) if cell.kind == "number" or recalculates else cell


def _doubted(cell: Cell) -> Cell:
    return replace(cell, drawn=named((cell.drawn, OUT_OF_DATE)))


def same(stored: Decimal, result: Decimal) -> bool:
    """Whether two results are the same but for what computing in binary adds."""
    return abs(stored - result) <= max(MILLIONTH / 2, abs(result) * Decimal("1e-12"))


class _Unknown(Exception):
    """The formula isn't simple, or what it depends on isn't known."""


class _Workbook:
    """Works formulas out, each once, within bounds; ``recalculates``: as for ``settled``."""

    def __init__(self, sheets: list[Sheet], recalculates: bool) -> None:
        self._recalculates = recalculates
        self._open: set[tuple[str, Place]] = set()
        self._sheets = {sheet.name.lower(): sheet for sheet in sheets}
        self._known: dict[tuple[str, Place], Decimal | None] = {}
        self._steps = 0
        self._depth = 0

    def result(self, sheet: Sheet, place: Place) -> Decimal | None:
        """What the formula at a place gives; None where that isn't known."""
        key = (sheet.name.lower(), place)
        if key not in self._known:
            self._known[key] = None
            self._open.add(key)
            self._depth += 1
            try:
                with localcontext(prec=50):
                    self._known[key] = self._worked_out(sheet, sheet.formulas[place])
            except (_Unknown, DecimalException, RecursionError):
                pass
            finally:
                self._depth -= 1
                self._open.discard(key)
        return self._known[key]

    def _worked_out(self, sheet: Sheet, formula: Formula) -> Decimal:
        self._spend(1 + len(formula.text) // 4)
        if self._depth > DEEPEST or len(formula.text) > LONGEST:
            raise _Unknown
        found = _Parser(
            formula.text, lambda area, summed: self._of(sheet, formula.moved, area, summed)
        ).whole()
        if not found.is_finite() or abs(found.adjusted()) > 30:
            raise _Unknown
        with localcontext(prec=15):  # as many digits as a workbook keeps
            return +found

    def _of(self, sheet: Sheet, moved: Place, area: re.Match[str], summed: bool) -> Decimal:
        """The value of a cell, or a sum of cells."""
        named = (area["quoted"] or area["sheet"] or sheet.name).replace("''", "'").lower()
        target = self._sheets.get(named)
        if target is None:
            raise _Unknown
        top, left = _corner(area, "row", "column", moved)
        bottom, right = _corner(area, "last_row", "last_column", moved) if area["last_row"] else (top, left)
        if not summed and (top, left) != (bottom, right):
            raise _Unknown
        values = (
            self._value(target, place, summed) for place in self._within(target, top, left, bottom, right)
        )
        return sum(values, Decimal(0))

    def _within(self, sheet: Sheet, top: int, left: int, bottom: int, right: int) -> Iterator[Place]:
        """The places in an area at which something stands."""
        area = max(0, bottom - top + 1) * max(0, right - left + 1)
        self._spend(min(area, len(sheet.cells)))
        if area <= len(sheet.cells):
            for row in range(top, bottom + 1):
                yield from (
                    (row, column) for column in range(left, right + 1) if (row, column) in sheet.cells
                )
        else:
            for row, column in sheet.cells:
                if top <= row <= bottom and left <= column <= right:
                    yield row, column

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise _Unknown

    def _value(self, sheet: Sheet, place: Place, summed: bool) -> Decimal:
        cell = sheet.cells[place]
        if place in sheet.formulas:
            if (sheet.name.lower(), place) in self._open:  # it depends on itself
                raise _Unknown
            found = self.result(sheet, place)
            if found is not None:
                return found
            if self._recalculates:  # what is stored there may be old, too
                raise _Unknown
        if cell.kind == "number" and cell.number is not None:
            return cell.number
        if cell.kind == "empty" or (summed and cell.kind in ("text", "boolean")):
            return Decimal(0)
        raise _Unknown


def _corner(area: re.Match[str], row: str, column: str, moved: Place) -> Place:
    down, right = int(area[row].removeprefix("$")) - 1, column_at(area[column].removeprefix("$"))
    down += 0 if area[row].startswith("$") else moved[0]
    right += 0 if area[column].startswith("$") else moved[1]
    if down < 0 or right < 0:
        raise _Unknown
    return down, right


# --- the notation ----------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)(?![\w.(!])"
    r"|(?P<function>SUM|ROUND)\("
    r"|(?P<area>(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<sheet>[^\W\d][\w.]*))!)?"
    r"(?P<column>\$?[A-Z]{1,3})(?P<row>\$?[0-9]{1,7})(?::(?P<last_column>\$?[A-Z]{1,3})(?P<last_row>\$?[0-9]{1,7}))?)"
    r"(?![\w.(!:])"
    r"|(?P<mark>[-+*/(),]))",
    re.IGNORECASE,
)

Lookup = Callable[["re.Match[str]", bool], Decimal]


class _Parser:
    """Reads a formula from left to right, and works it out on the way."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self._tokens = list(_tokens(text.strip().removeprefix("=")))
        self._at = 0
        self._depth = 0
        self._lookup = lookup

    def whole(self) -> Decimal:
        found = self._sum()
        if self._at != len(self._tokens):
            raise _Unknown
        return found

    def _sum(self) -> Decimal:
        found = self._product()
        while (mark := self._mark("+", "-")) is not None:
            other = self._product()
            found = found + other if mark == "+" else found - other
        return found

    def _product(self) -> Decimal:
        found = self._signed()
        while (mark := self._mark("*", "/")) is not None:
            other = self._signed()
            found = found * other if mark == "*" else found / other
        return found

    def _signed(self) -> Decimal:
        sign = 1
        while (mark := self._mark("+", "-")) is not None:
            sign = -sign if mark == "-" else sign
        return sign * self._one()

    def _one(self) -> Decimal:
        token = self._next()
        if token["number"]:
            return Decimal(token["number"])
        if token["area"]:
            return self._lookup(token, False)
        if token["function"]:
            return self._deeper(self._rounded if token["function"].upper() == "ROUND" else self._summed)
        if token["mark"] == "(":
            return self._deeper(self._in_brackets)
        raise _Unknown

    def _in_brackets(self) -> Decimal:
        found = self._sum()
        self._require(")")
        return found

    def _summed(self) -> Decimal:
        found = self._addend()
        while self._mark(",") is not None:
            found += self._addend()
        self._require(")")
        return found

    def _addend(self) -> Decimal:
        """One of a SUM's arguments: cells that stand alone are looked at as a range is."""
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        after = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
        if token is not None and token["area"] and after is not None and after["mark"] in (",", ")"):
            self._at += 1
            return self._lookup(token, True)
        return self._sum()

    def _rounded(self) -> Decimal:
        number = self._sum()
        self._require(",")
        places = self._sum()
        self._require(")")
        if places not in range(0, 16):
            raise _Unknown
        return number.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)

    def _deeper(self, read: Callable[[], Decimal]) -> Decimal:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _Unknown
        found = read()
        self._depth -= 1
        return found

    def _mark(self, *marks: str) -> str | None:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        if token is None or token["mark"] not in marks:
            return None
        self._at += 1
        return str(token["mark"])

    def _require(self, mark: str) -> None:
        if self._mark(mark) is None:
            raise _Unknown

    def _next(self) -> re.Match[str]:
        if self._at >= len(self._tokens):
            raise _Unknown
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at, end = 0, len(text)
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _Unknown
        yield match
        at = match.end()

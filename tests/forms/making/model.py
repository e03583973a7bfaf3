"""A form as its maker sees it, before any program writes it: lines above, a grid, lines below; and what it means.

Written from the specification alone. Knows nothing of the reader, and imports nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

Grid = list[list[Any]]
Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column, in grid coordinates from 0."""


@dataclass(frozen=True, slots=True)
class Styled:
    """A cell with more than its content. ``value`` may be text, a number, a date, a boolean or a Formula."""

    value: Any
    format: str | None = None
    struck: bool = False
    hidden: bool = False
    comment: str | None = None
    inserted: bool = False
    deleted: str | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the result that the program stored with it, or None."""

    text: str
    result: Any = None


@dataclass(frozen=True, slots=True)
class Form:
    """One table with the lines around it. ``above`` and ``below`` are lines of several texts each."""

    above: Sequence[Sequence[Any]]
    cells: Grid
    merges: Sequence[Merge] = ()
    below: Sequence[str] = ()
    sheet: str = "Sheet1"
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    hidden_sheet: bool = False

    def but(self, **changes: Any) -> Form:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Expected:
    """The reading that the specification asks for.

    ``errors``, ``warnings`` and ``notes`` are ``rule:field``, ``*`` where the specification leaves it open, ``?`` before
    what may be told and need not.
    """

    values: Mapping[str, str | None]
    errors: Sequence[str] = ()
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    header: Mapping[str, str | None] = field(default_factory=dict)
    needs_confirmation: bool | str = False

    def as_yaml(self) -> dict[str, Any]:
        errors, warnings = _checks(self.values, self.header.get("reported_on"))
        shown: dict[str, Any] = {"header": dict(self.header), "values": dict(self.values)}
        for name, found in (
            ("errors", [*self.errors, *errors]),
            ("warnings", [*self.warnings, *warnings]),
            ("notes", list(self.notes)),
        ):
            if found:
                shown[name] = found
        if self.needs_confirmation:
            shown["needs_confirmation"] = self.needs_confirmation
        return shown


def _checks(values: Mapping[str, str | None], reported_on: str | None) -> tuple[list[str], list[str]]:
    """The checks across fields, by hand: what must be told besides, as ``check:``."""

    def figure(name: str) -> Decimal | None:
        written = values.get(name)
        return None if written is None else Decimal(written)

    def both(one: str, other: str) -> tuple[Decimal, Decimal] | None:
        first, second = figure(one), figure(other)
        return None if first is None or second is None else (first, second)

    errors = [
        f"{check}:*"
        for check, pair in (
            ("joint_within_patrols", both("joint_patrols", "patrols")),
            ("distributed_within_prepared", both("supplies_distributed", "supplies_prepared")),
            ("station_within_persuaded", both("people_brought_to_station", "people_persuaded")),
        )
        if pair and pair[0] > pair[1]
    ]
    warnings = []
    if (pair := both("staff_deployed", "patrols")) and pair[0] < pair[1]:
        warnings.append("staff_at_least_patrols:*")
    if (pair := both("people_persuaded", "patrols")) and pair[0] > 0 and pair[1] == 0:
        warnings.append("persuaded_without_patrol:*")
    for check, name in (
        ("prepared_very_large", "supplies_prepared"),
        ("distributed_very_large", "supplies_distributed"),
    ):
        if (one := figure(name)) is not None and one > 1000:
            warnings.append(f"{check}:{name}")
    if reported_on is not None and reported_on < "2023-11-09":
        warnings.append("reported_before_start:reported_on")
    return errors, warnings


@dataclass(frozen=True, slots=True)
class Case:
    """One form in several formats.

    ``expected`` is None where no form is to be found, ``{"unread": rule}`` where that is an error.
    """

    name: str
    forms: Sequence[Form]
    expected: Expected | Mapping[str, str] | None
    formats: Sequence[str] = ("xlsx", "docx")
    differs: Mapping[str, Expected] = field(default_factory=dict)
    """By format, where the same form means something else there."""

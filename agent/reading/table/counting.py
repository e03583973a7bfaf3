"""Which of several rows are counted where no one row is marked as the total: none that only sums up others.

A sum may have any name, stand above or below its rows, and be summed up again: it is known by being the sum of rows
next to it in every column. What is called the whole (全镇, 本级, the unit's own name) and is no such sum leaves the
figures open, since it may be the whole or one more part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from agent.base.findings import Finding
from agent.campaign.rules import FormField
from agent.campaign.units import Register
from agent.reading.cell.values import Reading, quote
from agent.reading.table.labels import key
from agent.reading.table.rows import Row

FEWEST = 3  # columns with a figure above 0: in fewer the sum of some rows may equal another by chance

Vector = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of several rows.

    Attributes:
        rows: the places of the rows that are counted.
        sums: those among all rows that were found to be sums of others.
        unclear: the name of a row that may be a sum and may be none, so that nothing can be added up; or "".
    """

    rows: tuple[int, ...]
    sums: frozenset[int] = frozenset()
    unclear: str = ""

    @property
    def total(self) -> int | None:
        """The row that is the sum of all others, where there is one."""
        return self.rows[0] if len(self.rows) == 1 and self.rows[0] in self.sums else None


def counted(rows: Sequence[Row], columns: Sequence[Sequence[Reading]], whole: Iterable[int]) -> Counted:
    """What is counted of rows of which none is marked as the total of all.

    Args:
        rows: the data rows, at least two.
        columns: for each field that has a column, what each row says.
        whole: the places of rows that are called the whole.
    """
    clear = [column for column in columns if not any(map(_unreadable, column))]
    vectors = [tuple(_number(column[at]) for column in clear) for at in range(len(rows))]
    called = frozenset(whole)
    marked = called | {at for at, row in enumerate(rows) if row.level}
    with localcontext(prec=100):
        ways = [
            _reduced(vectors, order, marked) for order in (range(len(rows)), range(len(rows) - 1, -1, -1))
        ]
    best = min(ways, key=lambda one: len(one.rows))
    left = sorted(best.rows)
    open_ = [at for at in left if at in called and at not in best.sums] if len(left) > 1 else []
    unclear = _name(rows, open_[0]) if open_ else (_name(rows, best.doubted[0]) if best.doubted else "")
    return Counted(tuple(left), frozenset(best.sums), unclear)


def calls_the_whole(name: str) -> bool:
    """Whether a row's name says that it is the whole of the unit: 全镇, 本级, 全街道情况."""
    return _WHOLE.fullmatch(key(name)) is not None


def is_name_of(register: Register, name: str) -> bool:
    """Whether a row's name is a registered unit's, whole."""
    unit = register.in_form(name).unit
    return unit is not None and key(name) in {key(one) for one in (unit.name, *unit.aliases)}


def may_be_a_sum(field: FormField, name: str) -> Finding:
    """The error for a figure of a form with a row of that name, which may be the total or one more part."""
    text = (
        f"“{field.full_label}”：表中没有标明合计，“{quote(name)}”一行可能是合计，也可能不是，不能确定该不该相加。"
        "请在合计一行的行首写明“合计”，并核对它等于其余各行之和。"
    )
    return Finding("error", "sum_unmarked", text, field.id, None, (field.id,))


@dataclass(slots=True)
class _Way:
    """What is left of rows when sums have taken the place of what they sum up."""

    rows: list[int]
    sums: set[int]
    doubted: list[int]


def _reduced(vectors: Sequence[Vector], order: Iterable[int], marked: frozenset[int]) -> _Way:
    """The rows in that order, each sum in place of the rows right before it that it sums up."""
    way = _Way([], set(), [])
    if not vectors or not vectors[0]:
        return _Way(list(order), set(), [])
    prefixes: list[Vector] = [tuple(Decimal(0) for _ in vectors[0])]
    places: dict[Vector, int] = {prefixes[0]: 0}
    for at in order:
        here = vectors[at]
        begin = places.get(tuple(map(_less, prefixes[-1], here))) if any(here) else None
        many = len(way.rows) - begin if begin is not None else 0
        if begin is not None and many >= (1 if at in marked else 2):
            if at in marked or sum(map(bool, here)) >= FEWEST:
                _drop(way.rows, prefixes, places, begin)
                way.sums.add(at)
            else:
                way.doubted.append(at)
        way.rows.append(at)
        prefixes.append(tuple(map(_more, prefixes[-1], here)))
        places.setdefault(prefixes[-1], len(way.rows))
    return way


def _drop(rows: list[int], prefixes: list[Vector], places: dict[Vector, int], begin: int) -> None:
    while len(rows) > begin:
        rows.pop()
        gone = prefixes.pop()
        if places.get(gone) == len(prefixes):
            del places[gone]


def _less(one: Decimal, other: Decimal) -> Decimal:
    return one - other


def _more(one: Decimal, other: Decimal) -> Decimal:
    return one + other


def _number(reading: Reading) -> Decimal:
    return reading.value if isinstance(reading.value, Decimal) else Decimal(0)


def _unreadable(reading: Reading) -> bool:
    return reading.value is None and any(
        one.severity == "error" and one.rule != "blank" for one in reading.findings
    )


def _name(rows: Sequence[Row], at: int) -> str:
    return rows[at].name or f"第 {at + 1} 行"


_WHOLE = re.compile(
    "(?:全|本|我)?(?:镇|乡|街道|街|区|县|市|办|站|单位)(?:本级|合计)?(?:情况|数据?)?|本级(?:数据?)?|机关本级|总体(?:情况)?|全部|整体|汇总数?"
)

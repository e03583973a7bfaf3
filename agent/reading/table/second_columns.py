"""Columns that name a figure once more and say another number: 劝导人数（核定） beside 劝导人数.

Knows the columns below a header and how a cell reads; which of the two is meant is for the sender to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from agent.campaign.rules import Campaign, FormField
from agent.reading.grid import Cell
from agent.reading.table.columns import Assigned, Column
from agent.reading.table.labels import key, names_of
from agent.reading.table.other_figures import is_revised
from agent.reading.table.rows import Row


def named_again(one: Assigned, columns: Sequence[Column], campaign: Campaign) -> Iterator[tuple[int, bool]]:
    """The other columns that name a field, and no other one, by index; and whether it is a revised figure's.

    Others say what they count besides (含板辽村), and are no part of it where they count more.
    """
    if not one.field.is_figure or one.at is None:
        return
    for at, column in enumerate(columns):
        other = column.match is not None and column.match.field is not one.field
        if at == one.at or other or column.header is not None or not column.text:
            continue
        more = _beside_the_label(column.text, one.field, campaign)
        if more and (is_revised(more) or _BESIDES.match(more)):
            yield at, is_revised(more)


def says_otherwise(
    own: int, other: int, revised: bool, rows: Sequence[Row], read: Callable[[Cell], object]
) -> bool:
    """Whether in a row the other column holds another figure, or, where it isn't a revised one, a greater one."""
    for row in rows:
        cell, beside = row.cells.get(own, Cell("")), row.cells.get(other, Cell(""))
        if beside.kind == "empty" or (beside.kind == "text" and not beside.text.strip()):
            continue
        figure, another = read(cell), read(beside)
        if figure == another and another is not None:
            continue
        if revised:
            return True
        if isinstance(figure, Decimal) and isinstance(another, Decimal) and another > figure:
            return True
    return False


def _beside_the_label(heading: str, one: FormField, campaign: Campaign) -> str:
    """What a heading says besides the field's label (核定); "" where it doesn't name it."""
    text = key(heading)
    labels = sorted((name for name, below in names_of(one, campaign) if not below), key=len, reverse=True)
    found = next((name for name in labels if len(name) >= _SHORTEST and name in text), None)
    if found is None:
        return ""
    before, _, behind = text.partition(found)
    return re.sub(f"{re.escape(one.measure or '')}$", "", before + behind) if one.measure else before + behind


_BESIDES = re.compile("[不未]?(?:包?含|包括)|加上?")
_SHORTEST = 4  # characters of a label: 劝导返乡 isn't 劝导

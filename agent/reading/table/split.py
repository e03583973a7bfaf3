"""A field's column in parts (男, 女) with a 合计 of its own beside them: the 合计 counts, and has to be the parts' sum.

Knows one row and its header; several rows are sums.py's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.campaign.rules import Campaign, FormField
from agent.reading.cell.asked import Reading, tidy
from agent.reading.cell.values import read_figure
from agent.reading.grid import Cell
from agent.reading.table.columns import Header
from agent.reading.table.rows import Row


def checked(
    reading: Reading, at: int, row: Row, header: Header, campaign: Campaign, measure: str | None
) -> Reading:
    """The reading of a field's column, or an error where it is the 合计 of parts that make another sum."""
    match = header.columns[at].match
    if match is None or not match.split or not isinstance(reading.value, Decimal):
        return reading
    parts = [
        read_figure(row.cells.get(part, Cell("")), match.field, campaign, measure).value
        for part in _parts(at, header)
    ]
    numbers = [part for part in parts if isinstance(part, Decimal)]
    if len(parts) < 2 or len(numbers) < len(parts):
        return reading
    with localcontext(prec=100):
        added = tidy(sum(numbers, Decimal(0)))
    return (
        reading if added == reading.value else Reading(None, (_differs(match.field, reading.value, added),))
    )


def _parts(at: int, header: Header) -> Iterator[int]:
    """The columns that stand below the same heading and name no field; 其中 says that there are more."""
    above = header.columns[at].text.rpartition("/")[0]
    for other, column in enumerate(header.columns):
        own = column.text.removeprefix(f"{above}/")
        if other != at and own != column.text and column.match is None and not own.startswith("其中"):
            yield other


def _differs(field: FormField, marked: Decimal, added: Decimal) -> Finding:
    text = (
        f"“{field.full_label}”的合计写的是 {plain(marked)}，它的各分项相加是 {plain(added)}，两者不等。"
        "请核对各分项和合计。"
    )
    return Finding("error", "sum_differs", text, field.id, plain(marked), (field.id,))

"""Several data rows to one figure: a marked sum must be right, an unmarked one needs a person.

A 小计 sums up the rows since the last one, a 合计 all rows; a 小计 is never added to a 合计.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.campaign.rules import FormField
from agent.reading.cell.values import Reading, tidy
from agent.reading.reading import Figure
from agent.reading.table.labels import key
from agent.reading.table.rows import Row

MOST_TOLD = 20  # rows of one column


def total_row(rows: Sequence[Row]) -> int | None:
    """The index of the row that is the form's total: the only one of the highest kind of sum, if any."""
    highest = max((row.level for row in rows), default=0)
    marked = [at for at, row in enumerate(rows) if row.level == highest > 0]
    return marked[0] if len(marked) == 1 else None


def add_up(field: FormField, rows: Sequence[Row], readings: Sequence[Reading]) -> Reading:
    """One field's figure from its readings in all data rows, of which there are at least two.

    Args:
        field: the field.
        rows: the data rows, in order.
        readings: what each says for this field.
    """
    total = total_row(rows)
    unclear = [
        _in_row(finding, row)
        for row, reading in zip(rows, readings, strict=True)
        for finding in reading.findings
        if finding.severity == "error" and finding.rule != "blank"
    ]
    if unclear:
        return Reading(None, _shortened(unclear))
    blank = [at for at, reading in enumerate(readings) if reading.value is None]
    if (total is None and blank) or any(rows[at].level for at in blank):
        return Reading(None, _shortened([_in_row(_blank(readings[at]), rows[at]) for at in blank]))
    with localcontext(prec=100):
        added = _add(rows, [_number(reading.value) for reading in readings], total)
        if total is not None and isinstance(added, Mismatch) and _only_some_of_it(rows, total):
            added = added if added.parts > added.marked else added.marked
    if isinstance(added, Mismatch):
        return Reading(None, (_differs(field, added),))
    if total is None:
        notes = [
            _in_row(one, row) for row, reading in zip(rows, readings, strict=True) for one in reading.findings
        ]
        return Reading(tidy(added), tuple(notes))
    gaps = tuple(_gap(field, rows[at]) for at in blank)
    return Reading(readings[total].value, (*readings[total].findings, *gaps))


def likely_total(rows: Sequence[Row], readings: Sequence[Sequence[Reading]]) -> int | None:
    """The index of a row that nobody marked and that is the sum of all others in every figure, if there is one.

    Args:
        rows: the data rows, at least two.
        readings: for each field that has a column, what each row says.
    """
    columns = [[_number(reading.value) for reading in column] for column in readings]
    sums = [sum(column) for column in columns]
    for at in range(len(rows)):
        doubled = (2 * column[at] == total for column, total in zip(columns, sums, strict=True))
        if any(column[at] for column in columns) and all(doubled):
            # Of two equal rows either is the sum of the other: two villages, not a total.
            return at if len(rows) > 2 else None
    return None


def twice(rows: Sequence[Row], readings: Sequence[Sequence[Reading]]) -> Iterator[str]:
    """The names of rows that say the same as one before them, name and figures (not all of them 0).

    Arguments as for ``likely_total``.
    """
    seen = set[tuple[object, ...]]()
    for row, figures in zip(rows, zip(*readings, strict=True), strict=False):
        values = tuple(_number(one.value) for one in figures)
        if (row.names, values) in seen and row.name and not row.level and any(values):
            yield row.name
        seen.add((row.names, values))


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A marked sum that isn't the sum of its rows."""

    row: Row
    marked: Decimal
    parts: Decimal


def _add(rows: Sequence[Row], numbers: Sequence[Decimal], total: int | None) -> Decimal | Mismatch:
    """The sum of all rows, each counted once, or the first marked sum that is wrong."""
    parts: list[tuple[int, Decimal]] = []
    for at, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        if at == total or _is_among(rows, at):
            continue
        below: list[Decimal] = []
        while row.level and parts and parts[-1][0] < row.level:
            below.append(parts.pop()[1])
        if below and sum(below) != number:
            return Mismatch(row, number, sum(below, Decimal(0)))
        parts.append((row.level, number))
    added = sum((number for _, number in parts), Decimal(0))
    if total is not None and parts and added != numbers[total]:
        return Mismatch(rows[total], numbers[total], added)
    return added


def _only_some_of_it(rows: Sequence[Row], total: int) -> bool:
    """Whether what stands beside the total only says what is among it (其中：城区), and not all of that."""
    return all(_says_what_is_among(row) for at, row in enumerate(rows) if at != total)


def _is_among(rows: Sequence[Row], at: int) -> bool:
    """Whether a row only says what is among a village's (其中：一组): it is counted in that one already."""
    above = next((row for row in reversed(rows[:at]) if not _says_what_is_among(row)), None)
    return _says_what_is_among(rows[at]) and above is not None and not above.level


def _says_what_is_among(row: Row) -> bool:
    return key(row.name).startswith("其中")


def _shortened(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The first ones, and how many more there are: nobody reads a thousand lines."""
    if len(findings) <= MOST_TOLD:
        return tuple(findings)
    *first, last = findings[:MOST_TOLD]
    more = len(findings) - MOST_TOLD
    return (*first, replace(last, text=f"{last.text}（这一栏还有 {more} 行有问题）"))


def _number(value: Figure) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def _blank(reading: Reading) -> Finding:
    return reading.findings[0]


def _in_row(finding: Finding, row: Row) -> Finding:
    return replace(finding, text=f"“{row.name}”一行：{finding.text}") if row.name else finding


def _differs(field: FormField, found: Mismatch) -> Finding:
    text = (
        f"“{field.full_label}”一栏“{found.row.name or '合计'}”写的是 {plain(found.marked)}，"
        f"各行相加是 {plain(tidy(found.parts))}，两者不等。请核对各行和合计。"
    )
    return Finding("error", "sum_differs", text, field.id, plain(found.marked), (field.id,))


def _gap(field: FormField, row: Row) -> Finding:
    where = f"“{row.name}”一行" if row.name else "有一行"
    text = f"“{field.full_label}”一栏{where}未填写，合计按 0 相加无误。如无请填 0。"
    return Finding("warning", "blank", text, field.id, None, (field.id,))

"""The merged table: the accepted forms by unit id and field id, never by position, and their exact totals.

pandas does the table work on ``Decimal`` objects; its sums are checked against plain ones before anything is made.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from agent.base.errors import AgentError
from agent.dossier.dossier import Dossier
from agent.dossier.overview import Overview
from agent.reading.reading import Figure
from agent.report.owed import STANDING, standing

if TYPE_CHECKING:
    import pandas as pd

EXACT = decimal.Context(prec=10_000, traps=[decimal.Inexact, decimal.InvalidOperation])
"""Arithmetic that would rather fail than round."""


@dataclass(frozen=True, slots=True)
class Row:
    """A unit's row: its values by field id, or none and what its form's standing is (未报送, 待补正 …)."""

    number: int
    dossier: Dossier
    values: Mapping[str, Figure]
    standing: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged table: a row a unit in the register's order, the totals, and the notes below them.

    A total over nobody is None.
    """

    rows: tuple[Row, ...]
    totals: Mapping[str, Decimal | None]
    notes: tuple[str, ...]

    @property
    def counted(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.values)

    @property
    def is_whole(self) -> bool:
        """Whether every row is in the totals."""
        return len(self.counted) == len(self.rows)


def merge(overview: Overview) -> Merged:
    """The merged table of all accepted forms.

    Raises:
        AgentError: the totals, made in three ways, differ.
    """
    frame = _frame(overview)
    rows = tuple(
        Row(
            number=number,
            dossier=dossier,
            values=_row(frame, dossier) if dossier.accepted else {},
            standing="" if dossier.accepted else standing(dossier),
        )
        for number, dossier in enumerate(overview.reporting, start=1)
    )
    return Merged(rows=rows, totals=_totals(frame, overview), notes=_notes(overview, rows))


def _frame(overview: Overview) -> pd.DataFrame:
    """Unit ids down, field ids across, Decimals and texts as they are."""
    import pandas as pd

    names = [field.id for field in overview.campaign.form.fields]
    accepted = {one.unit.id: one.accepted.values for one in overview.dossiers if one.accepted}
    cells = [[values.get(name) for name in names] for values in accepted.values()]
    return pd.DataFrame(cells, index=list(accepted), columns=names, dtype=object)


def _row(frame: pd.DataFrame, dossier: Dossier) -> dict[str, Figure]:
    cells = cast("pd.Series[Any]", frame.loc[dossier.unit.id])
    return {str(name): value for name, value in cells.items()}


def _totals(frame: pd.DataFrame, overview: Overview) -> dict[str, Decimal | None]:
    names = [field.id for field in overview.campaign.form.figures]
    if frame.empty:
        return dict.fromkeys(names)
    with decimal.localcontext(EXACT):
        by_table = {name: Decimal(frame[name].sum()) for name in names}
        by_hand = {name: Decimal(0) for name in names}
        for dossier in overview.dossiers:
            if dossier.accepted is None:
                continue
            for name in names:
                by_hand[name] += Decimal(str(dossier.accepted.values[name]))
    for name in names:
        if not by_table[name] == by_hand[name] == overview.totals[name]:
            label = overview.campaign.form.label_of(name)
            raise AgentError(
                f"“{label}”的合计三次算得不一致（{by_table[name]}、{by_hand[name]}、{overview.totals[name]}），"
                "未生成汇总表。请保留档案并报告程序的维护者。"
            )
    return dict(by_table)


def _notes(overview: Overview, rows: tuple[Row, ...]) -> tuple[str, ...]:
    """What a reader of the table alone has to know."""
    notes = []
    empty = [row for row in rows if not row.values]
    if empty:
        names = "、".join(f"{row.dossier.unit.name}（{row.standing}）" for row in empty)
        counted = len(rows) - len(empty)
        whom = (
            f"合计为{counted}个单位已审核通过的数，未含"
            if counted
            else "还没有单位的数审核通过，没有合计。尚缺"
        )
        notes.append(f"{whom}{names}。")
    for row in rows:
        pending = row.dossier.pending
        if row.values and pending is not None and row.dossier.accepted is not None:
            notes.append(
                f"{row.dossier.unit.name}重新报送的统计表（第{pending.number}次）{STANDING[pending.standing]}，"
                f"表中为第{row.dossier.accepted.number}次报送的数。"
            )
    waiting = len(overview.held) + len(overview.failed)
    if waiting:
        notes.append(f"另有{waiting}封邮件待核或未能处理，其中的数未计入。")
    return tuple(notes)

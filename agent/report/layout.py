"""The columns of the merged table and its header, as the form itself has them; for workbook and document alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from agent.campaign.rules import FormField, FormRules


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the merged table; ``field`` is None for 序号, 单位 and a 备注 that the form doesn't have."""

    label: str
    field: FormField | None = None

    @property
    def is_figure(self) -> bool:
        return self.field is not None and self.field.is_figure


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A cell of the header, by its row and column from 0, and how many it spans."""

    text: str
    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The merged table's columns: 序号, 单位, the form's own; ``notes`` is the column that tells what is lacking."""

    columns: tuple[Column, ...]
    header: tuple[HeaderCell, ...]
    depth: int
    notes: int


NUMBER, UNIT = 0, 1


def layout(form: FormRules) -> Layout:
    """The form's columns behind 序号 and 单位; a form without a text column gets 备注."""
    columns = [Column("序号"), Column("单位"), *(Column(field.label, field) for field in form.fields)]
    texts = [place for place, column in enumerate(columns) if column.field and not column.field.is_figure]
    if not texts:
        columns.append(Column("备注"))
    depth = 2 if any(field.group for field in form.fields) else 1
    return Layout(
        columns=tuple(columns),
        header=tuple(_header(columns, depth)),
        depth=depth,
        notes=texts[-1] if texts else len(columns) - 1,
    )


def _header(columns: list[Column], depth: int) -> list[HeaderCell]:
    """Cells over the columns: a group spans its columns, another label both rows."""
    cells: list[HeaderCell] = []
    groups = groupby(
        enumerate(columns), key=lambda one: (one[1].field and one[1].field.group) or f"\0{one[0]}"
    )
    for group, members in groups:
        placed = list(members)
        first = placed[0][0]
        if group.startswith("\0"):
            cells.append(HeaderCell(_heading(placed[0][1]), 0, first, depth, 1))
            continue
        shared = {column.field.measure for _, column in placed if column.field}
        measure = next(iter(shared)) if len(shared) == 1 else None
        cells.append(HeaderCell(f"{group}{_bracket(measure)}", 0, first, 1, len(placed)))
        cells.extend(
            HeaderCell(column.label if measure else _heading(column), 1, place, 1, 1)
            for place, column in placed
        )
    return cells


def _heading(column: Column) -> str:
    """The label, its measure on a line of its own: a narrow column would break inside the brackets."""
    measure = column.field.measure if column.field else None
    return f"{column.label}\n{_bracket(measure)}" if measure else column.label


def _bracket(measure: str | None) -> str:
    return f"（{measure}）" if measure else ""

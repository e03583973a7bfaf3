"""Paragraphs and tables in reading order to a Document: which lines stand above and below which table.

Shared by the formats that have running text: Word, OpenDocument text, HTML; and by pages, whose lines are told apart
already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.reading.grid import Cell, CellKind, Document, Grid, Merge, Picture

LINES_BESIDE = 15  # lines above and below a table that are looked at for header values


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph; ``inside`` is true for one in a table's cell, which is no running text."""

    text: str
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table where it begins; the lines and tables of its own cells follow, then its end."""

    rows: tuple[tuple[Cell, ...], ...]
    merges: tuple[Merge, ...] = ()
    columns: tuple[tuple[tuple[int, int], ...], ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class TableEnd:
    """Where a table ends."""


Block = Line | Table | TableEnd


def document(blocks: Iterable[Block], pictures: Sequence[Picture] = ()) -> Document:
    """The document whose blocks these are, its tables named 表1, 表2 … in the order of their beginnings.

    The lines next to a table reach to the next beginning or end of any table.
    """
    grids: list[Grid] = []
    text: list[str] = []
    near: list[str] = []
    open_tables: list[int] = []
    ended: int | None = None
    for block in blocks:
        if isinstance(block, Line):
            near += [line for line in block.text.split("\n") if line.strip()]
            if not block.inside:
                text.append(block.text)
            continue
        grids = _with_lines_after(grids, ended, near)
        ended = None
        if isinstance(block, Table):
            open_tables.append(len(grids))
            grids.append(
                Grid(
                    name=f"表{len(grids) + 1}",
                    rows=block.rows,
                    merges=block.merges,
                    columns=block.columns,
                    lines_before=tuple(near[-LINES_BESIDE:]),
                    hidden=block.hidden,
                    complete=True,
                )
            )
        elif open_tables:
            ended = open_tables.pop()
        near = []
    grids = _with_lines_after(grids, ended, near)
    return Document(grids=tuple(grids), text="\n".join(text).strip("\n"), pictures=tuple(pictures))


def _with_lines_after(grids: list[Grid], ended: int | None, near: list[str]) -> list[Grid]:
    if ended is not None and near:
        grids[ended] = replace(grids[ended], lines_after=tuple(near[:LINES_BESIDE]))
    return grids


def text_cell(address: str, text: str, withheld: str = "", hidden: bool = False) -> Cell:
    """A cell that holds text, some of which may not count."""
    struck = not hidden and bool(withheld.strip()) and not text.strip()
    kind: CellKind = "text" if text.strip() else "empty"
    return Cell(address, kind, text, hidden=hidden, struck=struck, withheld=withheld)


def page_grid(
    name: str, told: Mapping[str, Any], cell: Callable[..., Cell], from_picture: bool = False
) -> Grid:
    """A page's table as the process apart tells it; ``cell`` makes one of its address and what is told of it."""
    return Grid(
        name=name,
        rows=tuple(
            tuple(cell(f"R{row}C{column}", *one) for column, one in enumerate(cells, 1))
            for row, cells in enumerate(told["rows"], 1)
        ),
        merges=tuple(Merge(*map(int, one)) for one in told["merges"]),
        lines_before=tuple(map(str, told["before"][-LINES_BESIDE:])),
        lines_after=tuple(map(str, told["after"][:LINES_BESIDE])),
        from_picture=from_picture,
    )

"""Where the made-up form's texts stand, before a format writes them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from agent.base.plain import plain

Written = Decimal | int | str
"""What a cell holds: a number is stored as a number where the format knows any, a text as that text."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One cell of the form's table, or the first of a merged range; zero-based."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1
    content: Written = ""
    heading: bool = False

    @property
    def text(self) -> str:
        return plain(self.content)


@dataclass(frozen=True, slots=True)
class Layout:
    """The form as it stands on paper, before it becomes a file of some format."""

    title: str
    lines: tuple[tuple[str, ...], ...]
    cells: tuple[Placed, ...]
    note: str

    @property
    def height(self) -> int:
        return max(cell.row + cell.rows for cell in self.cells)

    @property
    def width(self) -> int:
        return max(cell.column + cell.columns for cell in self.cells)

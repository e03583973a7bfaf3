"""Sheets that look alike and are safe to open: fonts, borders, printing, text that never becomes a formula.

Knows nothing of what stands in them.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.base.errors import AgentError
from agent.base.plain import plain
from agent.report.words import clean, lines

SONG, HEI = "宋体", "黑体"
TALLEST = 409.0
"""Points: a workbook has no higher row."""
LONGEST = 32767
"""Characters: a cell holds no more."""


class Book:
    """A workbook in memory whose bytes depend on its content alone."""

    def __init__(self, title: str, as_of: dt.datetime, mark: str = "") -> None:
        import xlsxwriter

        self.mark = clean(mark).replace("&", "&&")
        self._stream = io.BytesIO()
        literal = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
        self._book: Any = xlsxwriter.Workbook(self._stream, {"in_memory": True, **literal})
        created = as_of.astimezone(dt.UTC).replace(tzinfo=None)
        self._book.set_properties({"title": clean(title), "author": "report-agent", "created": created})
        self._styles: dict[tuple[tuple[str, Any], ...], Any] = {}

    def sheet(self, name: str) -> Sheet:
        return Sheet(self, self._book.add_worksheet(name))

    def finish(self) -> bytes:
        self._book.close()
        return self._stream.getvalue()

    def style(self, **look: Any) -> Any:
        """A cell's format, made once."""
        key = tuple(sorted({**_LOOK, **look}.items()))
        if key not in self._styles:
            self._styles[key] = self._book.add_format(dict(key))
        return self._styles[key]


_LOOK = {
    "font_name": SONG, "font_size": 11, "align": "center", "valign": "vcenter", "text_wrap": True, "border": 1,
}  # fmt: skip


MOST_DIGITS = 15
"""Significant digits that a workbook's number shows."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a book; rows and columns count from 0."""

    book: Book
    raw: Any

    def text(self, row: int, column: int, text: str, **look: Any) -> None:
        """A text as a text: one that begins like a formula is marked, so that an edit doesn't make it one."""
        shown = clean(text)[:LONGEST]
        if shown.lstrip()[:1] in tuple("=+-@＝＋－＠"):
            look = {**look, "quote_prefix": True}
        self.raw.write_string(row, column, shown, self.book.style(**look))

    def number(self, row: int, column: int, value: Decimal, where: str, **look: Any) -> None:
        """A number with all its decimals shown; as a text where a cell would hold another number."""
        if not fits(value):
            self.text(row, column, plain(value), **{"align": "right", **look})
            return
        style = self.book.style(**look, num_format=_number_format(value))
        self.raw.write_number(row, column, exact_number(value, where), style)

    def total(
        self, row: int, column: int, value: Decimal, over: tuple[int, int], where: str, **look: Any
    ) -> None:
        """A live sum over the rows from ``over[0]`` to ``over[1]``, with its result stored.

        Raises:
            AgentError: the cell would hold another number.
        """
        from xlsxwriter.utility import xl_range

        style = self.book.style(**look, num_format=_number_format(value))
        span = xl_range(over[0], column, over[1], column)
        self.raw.write_formula(row, column, f"=SUM({span})", style, exact_number(value, where))

    def empty(self, row: int, column: int, **look: Any) -> None:
        self.raw.write_blank(row, column, None, self.book.style(**look))

    def span(self, cells: tuple[int, int, int, int], text: str, **look: Any) -> None:
        """A text over the cells (first row, first column, last row, last column)."""
        top, left, bottom, right = cells
        if (top, left) != (bottom, right):
            self.raw.merge_range(top, left, bottom, right, "", self.book.style(**look))
        self.text(top, left, text, **look)

    def height(self, row: int, points: float) -> None:
        self.raw.set_row(row, min(points, TALLEST))

    def widths(self, widths: Sequence[float]) -> None:
        for place, wide in enumerate(widths):
            self.raw.set_column(place, place, wide)

    def printing(self, header: tuple[int, int], last: tuple[int, int]) -> None:
        """A4 across, one page wide, the header (first row, last row) on each page."""
        self.raw.set_paper(9)
        self.raw.set_landscape()
        self.raw.fit_to_pages(1, 0)
        self.raw.repeat_rows(*header)
        self.raw.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        self.raw.center_horizontally()
        if self.book.mark:
            self.raw.set_header(f'&C&"黑体,Regular"&12{self.book.mark}')
        self.raw.set_footer('&C&"宋体,Regular"&10第 &P 页，共 &N 页')
        self.raw.print_area(0, 0, *last)

    def listing(
        self,
        title: str,
        columns: Sequence[tuple[str, float]],
        rows: Sequence[Sequence[str | Decimal]],
        *,
        wrapped: bool = True,
    ) -> int:
        """A plain list below a title: headings with their widths, then the rows; returns the row below it."""
        widths = [wide for _, wide in columns]
        self.widths(widths)
        self.span((0, 0, 0, len(columns) - 1), title, font_name=HEI, font_size=16, border=0)
        self.height(0, 22 * lines(title, sum(widths) * 11 / 16) + 12)
        for place, (heading, _) in enumerate(columns):
            self.text(1, place, heading, font_name=HEI)
        self.height(1, 24)
        for at, row in enumerate(rows, start=2):
            self._list_row(at, row, widths, wrapped=wrapped)
        self.raw.freeze_panes(2, 1)
        self.printing((1, 1), (len(rows) + 1, len(columns) - 1))
        return len(rows) + 2

    def _list_row(
        self, at: int, row: Sequence[str | Decimal], widths: Sequence[float], *, wrapped: bool
    ) -> None:
        for place, value in enumerate(row):
            if isinstance(value, Decimal):
                self.number(at, place, value, "来源表里的数")
            else:
                self.text(at, place, value, align="left", text_wrap=wrapped)
        if not wrapped:
            self.height(at, 18)
            return
        shown = zip(row, widths, strict=True)
        tallest = max(lines(value, wide - 1) for value, wide in shown if isinstance(value, str))
        self.height(at, max(20.0, tallest * 14.5 + 6))


def fits(value: Decimal) -> bool:
    """Whether a workbook, which shows 15 digits, stores just this number."""
    if value.adjusted() > 300 or len(plain(value).replace(".", "").strip("0")) > MOST_DIGITS:
        return False
    return Decimal(repr(float(value))) == value


def exact_number(value: Decimal, where: str) -> float | int:
    """The number as a workbook stores it, which shows 15 digits.

    Raises:
        AgentError: it would come back as another number.
    """
    if not fits(value):
        raise AgentError(f"{where}为 {plain(value)}，超过 {MOST_DIGITS} 位有效数字，电子表格存不下。")
    number = float(value)
    return int(number) if number == int(number) else number


def _number_format(value: Decimal) -> str:
    """A format that hides no decimal: General shows up to 11 characters, and follows an edit."""
    if len(plain(value)) <= 10:
        return "General"
    return "0" if value == value.to_integral_value() else "0.0" + "#" * 14

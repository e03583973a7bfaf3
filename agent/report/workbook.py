"""The merged statistics table as a workbook: the form's own header, a row a unit, live totals; and every source."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from agent.base.plain import plain
from agent.dossier.overview import Overview
from agent.report.layout import NUMBER, UNIT, Column, Layout, layout
from agent.report.merge import Merged, Row
from agent.report.missing import write_missing
from agent.report.record import Source, sources
from agent.report.sheets import HEI, MOST_DIGITS, Book, Sheet, fits
from agent.report.words import Titles, clean, lines, width


def merged_workbook(overview: Overview, merged: Merged, titles: Titles) -> bytes:
    """The merged table, where each figure comes from, and what is missing: a sheet each.

    Raises:
        AgentError: a figure has more digits than a workbook's number can hold.
    """
    book = Book(titles.table, overview.as_of, overview.campaign.mark)
    _Table(book.sheet("汇总表"), overview, merged).write(titles.table)
    _write_sources(book.sheet("来源"), overview)
    write_missing(book.sheet("缺报清单"), overview, titles.missing)
    return book.finish()


class _Table:
    """The merged table's sheet: where its parts stand, and how wide they are."""

    TOP = 2
    """The header's first row, below the title and the line with unit and date."""

    def __init__(self, sheet: Sheet, overview: Overview, merged: Merged) -> None:
        self.sheet, self.overview, self.merged = sheet, overview, merged
        self.layout: Layout = layout(overview.campaign.form)
        self.last = len(self.layout.columns) - 1
        self.first = self.TOP + self.layout.depth
        self.total = self.first + len(merged.rows)
        self.widths = [self._width(place, column) for place, column in enumerate(self.layout.columns)]

    def write(self, title: str) -> None:
        self.sheet.widths(self.widths)
        self._heading(title)
        self._header()
        for at, row in enumerate(self.merged.rows, start=self.first):
            self._row(at, row)
        self._totals()
        bottom = self._notes()
        self.sheet.printing((self.TOP, self.first - 1), (bottom, self.last))
        self.sheet.raw.freeze_panes(self.first, UNIT + 1)

    def _heading(self, title: str) -> None:
        self.sheet.span((0, 0, 0, self.last), title, font_name=HEI, font_size=18, border=0)
        self.sheet.height(0, 26 * lines(title, sum(self.widths) * 11 / 18) + 10)
        middle = self.last // 2
        unit = f"填报单位：{self.overview.register.district}"
        self.sheet.span((1, 0, 1, middle), unit, align="left", border=0)
        day = f"填报时间：{plain(self.overview.as_of)}"
        self.sheet.span((1, middle + 1, 1, self.last), day, align="right", border=0)
        self.sheet.height(1, 22)

    def _header(self) -> None:
        heights = [24.0] * self.layout.depth
        for cell in sorted(self.layout.header, key=lambda one: one.rows):
            top, right = self.TOP + cell.row, cell.column + cell.columns - 1
            span = (top, cell.column, top + cell.rows - 1, right)
            self.sheet.span(span, cell.text, font_name=HEI, font_size=10)
            needed = lines(cell.text, sum(self.widths[cell.column : right + 1]) - 1) * 14 + 6
            bottom = cell.row + cell.rows - 1
            above = sum(heights[cell.row : bottom])
            heights[bottom] = max(heights[bottom], needed - above)
        for offset, height in enumerate(heights):
            self.sheet.height(self.TOP + offset, height)

    def _row(self, at: int, row: Row) -> None:
        self.sheet.number(at, NUMBER, Decimal(row.number), "序号")
        self.sheet.text(at, UNIT, row.dossier.unit.name)
        tallest = lines(row.dossier.unit.name, self.widths[UNIT] - 1)
        for place, column in enumerate(self.layout.columns[UNIT + 1 :], start=UNIT + 1):
            value = row.values.get(column.field.id) if column.field else None
            if isinstance(value, Decimal):
                assert column.field is not None
                self.sheet.number(at, place, value, f"{row.dossier.unit.name}的“{column.field.full_label}”")
            elif value:
                self.sheet.text(at, place, value, align="left")
                tallest = max(tallest, lines(clean(value), self.widths[place] - 1))
            elif row.standing and place == self.layout.notes:
                self.sheet.text(at, place, row.standing, font_color="#C00000")
            else:
                self.sheet.empty(at, place)
        self.sheet.height(at, max(26, tallest * 14.5 + 8))

    def _totals(self) -> None:
        self.sheet.span((self.total, NUMBER, self.total, UNIT), "合计", font_name=HEI)
        rows = (self.first, self.total - 1)
        for place, column in enumerate(self.layout.columns[UNIT + 1 :], start=UNIT + 1):
            if column.field is None or not column.is_figure:
                self.sheet.empty(self.total, place)
                continue
            value, where = self.merged.totals[column.field.id], f"“{column.field.full_label}”的合计"
            if value is None:
                self.sheet.empty(self.total, place)
            # A sum by formula would pass over what is stored as a text.
            elif self.merged.rows and not self._is_long(column):
                self.sheet.total(self.total, place, value, rows, where, font_name=HEI)
            else:
                self.sheet.number(self.total, place, value, where, font_name=HEI)
        self.sheet.height(self.total, 28)

    def _notes(self) -> int:
        """What a reader has to know, below the table; returns the sheet's last row."""
        notes = (*self.merged.notes, *self._of_long_numbers())
        for number, note in enumerate(notes, start=1):
            text = f"注：{note}" if len(notes) == 1 else f"注{number}：{note}"
            row = self.total + number
            self.sheet.span((row, 0, row, self.last), text, align="left", border=0)
            self.sheet.height(row, lines(text, sum(self.widths)) * 15 + 6)
        return self.total + len(notes)

    def _is_long(self, column: Column) -> bool:
        """Whether a figure in the column, or its total, has more digits than a workbook's number."""
        if column.field is None or not column.is_figure:
            return False
        name = column.field.id
        values = [row.values.get(name) for row in self.merged.rows]
        every = [*values, self.merged.totals[name]]
        return not all(fits(value) for value in every if isinstance(value, Decimal))

    def _of_long_numbers(self) -> Iterator[str]:
        labels = [
            column.field.full_label
            for column in self.layout.columns
            if column.field and self._is_long(column)
        ]
        if labels:
            named = "、".join(f"“{label}”" for label in labels)
            yield f"{named}一栏有超过 {MOST_DIGITS} 位有效数字的数，按文本存放，合计不是公式。请与报送单位核对。"

    def _width(self, place: int, column: Column) -> float:
        """Wide enough for the longest number; narrow enough that a telephone shows several columns."""
        rows = self.merged.rows
        if place == NUMBER:
            return 5
        if place == UNIT:
            return min(max((width(row.dossier.unit.name) for row in rows), default=0) + 4, 24)
        if column.field is not None and column.is_figure:
            numbers = [row.values[column.field.id] for row in rows if row.values]
            total = self.merged.totals[column.field.id]
            longest = max(len(plain(one)) for one in [*numbers, total] if one is not None) if numbers else 0
            return max(9, longest * 1.1 + 2)
        texts = [clean(str(row.values.get(column.field.id) or "")) for row in rows if column.field]
        return min(max([14, *(width(line) + 2 for text in texts for line in text.split("\n"))]), 40)


def _write_sources(sheet: Sheet, overview: Overview) -> None:
    """A row a figure: what it is, where it stands, which mail brought it, who decided it."""
    title = "各单位数据来源"
    columns = (
        ("单位", 16), ("项目", 24), ("登记数", 14), ("计量单位", 9), ("原表所填", 12), ("文件", 30),
        ("位置", 16), ("收到时间", 21), ("发件人", 28), ("第几次", 7), ("核定人", 24), ("核定说明", 24),
        ("邮件（SHA-256）", 24), ("文件（SHA-256）", 24),
    )  # fmt: skip
    found = list(sources(overview))
    sheet.listing(title, columns, [_source_row(source, overview) for source in found], wrapped=False)
    sheet.raw.set_paper(8)  # A3
    sheet.raw.autofilter(1, 0, max(1, len(found) + 1), len(columns) - 1)


def _source_row(source: Source, overview: Overview) -> tuple[str | Decimal, ...]:
    field = overview.campaign.form.field(source.field)
    submission, file = source.submission, source.file
    return (
        source.dossier.unit.name,
        field.full_label,
        _shown(source.value),
        field.measure or "",
        _shown(source.written),
        file.name if file else "邮件正文",
        source.cell or "",
        submission.received.strftime("%Y-%m-%d %H:%M:%S"),
        submission.sender,
        Decimal(source.version.number),
        source.decided_by or "",
        source.reason,
        submission.message,
        file.sha256 if file else "",
    )


def _shown(value: Decimal | str | None) -> Decimal | str:
    return "" if value is None else value

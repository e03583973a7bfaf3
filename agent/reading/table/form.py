"""The form (统计表) in a document: found by its labels, its figures and header values read.

Knows grids, the campaign and the register; knows neither files nor who sent them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from agent.base.findings import Finding
from agent.campaign.rules import Campaign, FormField
from agent.campaign.units import Register, Unit
from agent.reading.cell.measures import factor_of
from agent.reading.cell.values import Reading, clear, quote, read_figure, read_text, unclear_text
from agent.reading.grid import Cell, Document, Grid
from agent.reading.reading import Figure, Form, Stated
from agent.reading.refusals import too_large
from agent.reading.table import reporter
from agent.reading.table.beside import BesideForm, stated_beside
from agent.reading.table.columns import (
    Assigned,
    Header,
    are_parts,
    assign,
    every_header,
    of_the_form,
    title_begin,
    two_columns,
    worth_a_look,
)
from agent.reading.table.combining import combine, is_blank, join
from agent.reading.table.counting import Counted, calls_the_whole, counted, is_name_of, may_be_a_sum
from agent.reading.table.found import FoundForm
from agent.reading.table.heading import Heading, from_cells, from_lines, stated
from agent.reading.table.labels import LabelBook
from agent.reading.table.layout import Table, concealed, revealed, turned, upright
from agent.reading.table.marked import (
    Mark,
    is_marked,
    lacking_rows,
    left_blank,
    mark_of_page,
    mark_of_part,
    told,
    unfinished,
    with_mark,
)
from agent.reading.table.misread import with_labels_mended
from agent.reading.table.other_figures import (
    heads_other_figures,
    is_example,
    not_counted,
    only_an_example,
    other_figures,
    wrongly_headed,
)
from agent.reading.table.part import Part
from agent.reading.table.rows import Body, Row, read_body
from agent.reading.table.second_columns import named_again, says_otherwise
from agent.reading.table.second_tables import mark_of, set_against, stated_in
from agent.reading.table.shifted import beside_missing, shifted
from agent.reading.table.split import checked
from agent.reading.table.sums import add_up, total_row, twice
from agent.reading.table.titles import other_title
from agent.reading.words import around
from agent.reading.words.doubting import with_doubts
from agent.reading.words.signs import Signs

MOST_ROWS = 3000  # with something in them, in all tables of a document that have the form's labels

__all__ = ["FoundForm", "combine", "find_form", "find_forms_by_unit", "find_stated"]


def find_form(document: Document, campaign: Campaign, register: Register, near: dt.date) -> FoundForm | None:
    """The one form that a document holds, or None where it holds none.

    Args:
        document: any file's tables.
        campaign: whose form it is.
        register: whose units a row may name.
        near: the mail's date, or the deadline: what a date without a year is nearest to.
    """
    reader = _Reader(campaign, register, near, LabelBook.of(campaign))
    found = reader.read(document)
    shown = revealed(document)
    if shown is None:
        return found
    return _with_hidden(found, reader.read(shown), document, campaign)


def find_stated(
    document: Document, campaign: Campaign, register: Register, near: dt.date
) -> tuple[Stated, ...]:
    """What the tables of a document without a form state of the form's figures. Arguments as for ``find_form``."""
    reader = _Reader(campaign, register, near, LabelBook.of(campaign))
    return tuple(one for _, one in reader.stated([grid for grid in document.grids if not grid.hidden]))


def find_forms_by_unit(
    document: Document, campaign: Campaign, register: Register, near: dt.date
) -> dict[str, FoundForm]:
    """A form for each unit, by its id, in a document whose rows name several units; else empty.

    Only for a file that the bureau's own contact hands in: from anybody else one form is one unit's. A row with
    figures that names no registered unit is an error in each of the forms. Arguments as for ``find_form``.
    """
    reader = _Reader(campaign, register, near, LabelBook.of(campaign))
    reader.refuse_registers(document)
    forms: dict[str, FoundForm] = {}
    for grid in document.grids:
        for unit, form in reader.by_unit(grid).items() if not grid.hidden else ():
            forms[unit] = combine([forms[unit], form], campaign) if unit in forms else form
    return forms


@dataclass(frozen=True, slots=True)
class _FieldRead:
    """What a form says for a field, where it stands, and what each of several rows says."""

    reading: Reading
    source: str | None = None
    each: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class _Reader:
    campaign: Campaign
    register: Register
    near: dt.date
    book: LabelBook

    @property
    def years(self) -> range:
        return range(self.campaign.start.year, self.campaign.deadline.year + 1)

    @property
    def signs(self) -> Signs:
        return Signs.of(self.campaign, self.register)

    def read(self, document: Document) -> FoundForm | None:
        self.refuse_registers(document)
        shown = [grid for grid in document.grids if not grid.hidden]
        each = [list(self.parts(grid)) for grid in shown]
        found = [self.in_grid(parts) for parts in each]
        if not any(found):
            return None
        form = combine([one for forms in found for one in forms], self.campaign)
        first = next(
            at
            for at, forms in enumerate(found)
            if any(self._filled(one) for one in forms) or at == len(found) - 1
        )
        figures = self.campaign.form.figures
        for at, one in self.stated(shown, form.form.unit):
            form = set_against(form, [one], figures, later=at >= first)
        said = around.in_document(document, [part for parts in each for part in parts])
        form = with_doubts(form, said, self.campaign)
        mark = mark_of_page(document.asides, document.margins, self.signs)
        if mark is None or is_marked(form.findings):
            return form
        marked, findings = with_mark(form.form, mark, self.campaign)
        return FoundForm(marked, (*form.findings, *findings))

    def refuse_registers(self, document: Document) -> None:
        """One unit's form has a row for each village at most: what has thousands is no form, and no small work."""
        if sum(len(grid.rows) for grid in document.grids) <= MOST_ROWS:
            return
        looked_at = [grid for grid in document.grids if worth_a_look(grid, self.book)]
        rows = sum(any(cell.kind != "empty" for cell in row) for grid in looked_at for row in grid.rows)
        if rows > MOST_ROWS or sum(len(grid.rows) for grid in looked_at) > 10 * MOST_ROWS:
            raise too_large(f"带有统计表栏目的表格超过 {MOST_ROWS} 行")

    def _filled(self, found: FoundForm) -> bool:
        return not is_blank(found, self.campaign)

    def stated(self, grids: Sequence[Grid], unit: str | None = None) -> Iterator[tuple[int, Stated]]:
        """What tables that aren't the form state of its figures; of a table of several units only ``unit``'s rows."""
        return stated_beside(grids, BesideForm(self.book, self.register, unit, self._part, self._stated))

    def _stated(self, part: Part) -> Stated | None:
        return stated_in(part, lambda column, some: self._field(column, some).reading, self.book)

    def in_grid(self, parts: Sequence[Part]) -> list[FoundForm]:
        """Every form in a table's parts."""
        forms = [self._form(part, part.body.rows) for part in parts]
        return [join(forms, self.campaign)] if are_parts([part.header for part in parts]) else forms

    def by_unit(self, grid: Grid) -> dict[str, FoundForm]:
        """A form for each unit in a table whose rows name several; empty where they don't."""
        forms: dict[str, FoundForm] = {}
        for part in self.parts(grid):
            rows, strays = reporter.rows_by_unit(part.body.rows, self.register)
            part = replace(part, body=replace(part.body, unfilled=()))  # other units', or nobody's
            for unit, own in rows.items():
                part.heading.values.update(reporter.unit_value(self.book, self.register.by_id[unit]))
                form = with_doubts(self._form(part, own), around.in_part(part, own), self.campaign)
                told = [reporter.stray(row) for row in strays]
                form = replace(form, findings=(*form.findings, *told))
                forms[unit] = combine([forms[unit], form], self.campaign) if unit in forms else form
        return forms if len(forms) > 1 else {}

    def parts(self, grid: Grid) -> Iterator[Part]:
        """Each form's part of a table, upright or else turned on its side: its rows end at the next header."""
        book = self._book_of(grid)
        grid = with_labels_mended(grid, book)
        if not worth_a_look(grid, book):
            return
        for lay_out in (upright, turned):
            table = lay_out(grid)
            every = every_header(table, book)
            headers, begin = of_the_form(every, book), 0
            for header in headers:
                stop = self._stop(table, header, headers, every)
                yield self._part(table, header, begin, stop)
                begin = stop
            if headers:
                return

    def _book_of(self, grid: Grid) -> LabelBook:
        return self.book.strict if grid.from_picture else self.book

    def _stop(self, table: Table, header: Header, forms: Sequence[Header], every: Sequence[Header]) -> int:
        """Where the rows below a header end: at the next form, or at a small table below its figures."""
        for other in every:
            if other in forms and other.top > header.top:
                return other.top
            if other.top > header.bottom and other not in forms:
                begin = title_begin(table, other, header.bottom)
                if any(not cell.empty for cell in table.cells(header.bottom, begin)):
                    return begin
        return len(table.rows)

    def _part(self, table: Table, header: Header, begin: int, stop: int) -> Part:
        body = read_body(table, header, stop, self._book_of(table.grid))
        return Part(table, begin, header, body, self._heading(table, header, body, begin))

    def _form(self, part: Part, rows: tuple[Row, ...]) -> FoundForm:
        """The form that some rows of a part make."""
        part = replace(part, body=replace(part.body, rows=rows))
        strangers = reporter.other_units(rows, part.heading, self.book, self.register)
        headed, of_heading = reporter.read_heading(part.heading, self.book, self.register, self.near)
        mark = mark_of_part(part, rows, headed.unit or "", self.signs)
        refusal = self._refusal(part, rows, mark, strangers)
        first = refusal(self.campaign.form.figures[0])
        refused = first is not None
        values: dict[str, Figure] = {}
        sources: dict[str, str] = {}
        findings: list[Finding] = []
        assigned = assign(part.header, self.book)
        another = (*other_title(part.titles, self.campaign), *shifted(part, assigned, self.campaign))
        unmarked = len(rows) > 1 and total_row(rows) is None
        if len(rows) > 1 and not refused:
            part = replace(part, counted=self._counted(part, assigned))
            unmarked = part.counted is not None
        read = {one.field.id: self._field(one, part) for one in assigned}
        for field in self.campaign.form.fields:
            reading, source = read[field.id].reading, read[field.id].source
            if refused and field.is_figure:
                reading = Reading(None, tuple(filter(None, [refusal(field)])))
            values[field.id] = reading.value
            findings.extend(reading.findings)
            sources |= {field.id: source} if source else {}
        added = unmarked and (first is None or first.rule == "other_unit")
        findings += _doubts(part, added, [one.each for one in read.values() if one.each])
        asked = [mark] if mark is not None and not refused and not another else []
        findings += [*of_heading, *another, *beside_missing(part, assigned)]
        findings += [
            *(one.note for one in assigned if one.note and values[one.field.id] is not None),
            *map(told, asked),
        ]
        if strangers and len(rows) == 1:
            findings.append(reporter.another(self.book, strangers))
        needs = part.table.grid.from_picture or unmarked or bool(another)
        needs = needs or any(one.needs_confirmation for one in asked)
        form = replace(headed, values=values, sources=sources, needs_confirmation=needs)
        # What a table of fewer columns states is known only here: it may turn out to be no form.
        some = len(part.header.figures) < len(self.campaign.form.figures)
        return FoundForm(
            form, tuple(findings), mark_of(part), (self._stated(part) or Stated({})) if some else None
        )

    def _refusal(
        self, part: Part, rows: tuple[Row, ...], mark: Mark | None, strangers: Sequence[Unit]
    ) -> Callable[[FormField], Finding | None]:
        """What makes each figure of the form none that could be registered, if anything does."""
        alien, example = other_figures(rows, self.years), next(filter(is_example, part.titles), None)
        blank = left_blank(part, rows, self.signs)
        if strangers and len(rows) > 1:
            return lambda field: reporter.mixed(field, strangers)
        if mark is not None and mark.unfinished:
            return lambda field: unfinished(field, mark)
        if alien is not None:
            return lambda field: not_counted(field, alien, rows)
        if example and rows:
            return lambda field: only_an_example(field, example)
        return lambda field: lacking_rows(field, blank) if blank else None

    # Figures

    def _field(self, one: Assigned, part: Part) -> _FieldRead:
        rows, grid = part.body.rows, part.table.grid
        if not one.field.is_figure:
            return self._remarks(one, part.body, grid)
        if one.finding is not None or one.at is None:
            return _FieldRead(Reading(None, (one.finding,) if one.finding else ()))
        head = heads_other_figures(part.above(part.header.columns[one.at]), self.years)
        if head is not None:
            return _FieldRead(Reading(None, (wrongly_headed(one.field, head),)))
        measure, problem = self._measure(one, one.at, part)
        if problem is not None:
            return _FieldRead(Reading(None, (problem,)))
        again = self._again(one, one.at, part, measure)
        if again is not None:
            return _FieldRead(Reading(None, (again,)))
        readings = self._readings(one, one.at, part, measure)
        cells = [row.cells.get(one.at) for row in rows]
        if not readings:
            return _FieldRead(read_figure(Cell(""), one.field, self.campaign))
        if len(readings) == 1:
            return _FieldRead(readings[0], _source(grid, cells))
        if part.counted is not None:
            return self._of_counted(one, part.counted, part, readings)
        total = total_row(rows)
        counted = cells if total is None else [cells[total]]
        return _FieldRead(add_up(one.field, rows, readings), _source(grid, counted), readings)

    def _again(self, one: Assigned, at: int, part: Part, measure: str | None) -> Finding | None:
        """The error where another column names the figure as well, and says that it is another one."""

        def read(cell: Cell) -> Figure:
            return read_figure(cell, one.field, self.campaign, measure).value

        columns = part.header.columns
        for other, revised in named_again(one, columns, self.campaign):
            if says_otherwise(at, other, revised, part.body.rows, read):
                return two_columns(one.field, [columns[at].text, columns[other].text])
        return None

    def _readings(self, one: Assigned, at: int, part: Part, measure: str | None) -> tuple[Reading, ...]:
        """What each row says for a field."""
        header, campaign = part.header, self.campaign
        return tuple(
            checked(self._cell(one, at, row, measure), at, row, header, campaign, measure)
            for row in part.body.rows
        )

    def _counted(self, part: Part, assigned: Sequence[Assigned]) -> Counted | None:
        """Which rows are counted of those below the header; None where one of them is marked as the total of all."""
        rows, total = part.body.rows, total_row(part.body.rows)
        whole = [at for at, row in enumerate(rows) if row.name and self._is_whole(row)]
        if total is not None and not whole:
            return None
        columns = []
        for one in assigned:
            if one.field.is_figure and one.finding is None and one.at is not None:
                measure, problem = self._measure(one, one.at, part)
                if problem is None:
                    columns.append(self._readings(one, one.at, part, measure))
        told = counted(rows, columns, whole if len(whole) < len(rows) else ())
        # 小计 may be the only row with a known name, and 全镇 stand above it.
        return told if total is None or told.total not in (None, total) else None

    def _is_whole(self, row: Row) -> bool:
        """Whether a row is called the whole, or by the unit's own name and nothing else (not a village of it)."""
        return all(calls_the_whole(name) or is_name_of(self.register, name) for name in row.words)

    def _of_counted(
        self, one: Assigned, told: Counted, part: Part, readings: tuple[Reading, ...]
    ) -> _FieldRead:
        """A field's figure from the rows that are counted: none that is only the sum of others."""
        rows = part.body.rows
        whole = add_up(one.field, rows, readings)
        unreadable = any(one.severity == "error" and one.rule != "sum_differs" for one in whole.findings)
        if unreadable:
            return _FieldRead(whole, None, readings)
        if told.unclear:
            return _FieldRead(Reading(None, (may_be_a_sum(one.field, told.unclear),)), None, readings)
        cells = [rows[at].cells.get(one.at) for at in told.rows] if one.at is not None else []
        source = _source(part.table.grid, cells)
        if len(told.rows) == 1:
            return _FieldRead(readings[told.rows[0]], source, readings)
        left = [replace(rows[at], level=0) if at in told.sums else rows[at] for at in told.rows]
        reading = add_up(one.field, left, [readings[at] for at in told.rows])
        return _FieldRead(reading, source, readings)

    def _cell(self, one: Assigned, at: int, row: Row, measure: str | None) -> Reading:
        cell = row.cells.get(at, Cell(""))
        if at in row.problems:
            text = f"“{one.field.full_label}”{row.problems[at]}。"
            written = cell.text or None
            return Reading(
                None, (Finding("error", "not_a_number", text, one.field.id, written, (one.field.id,)),)
            )
        return read_figure(cell, one.field, self.campaign, measure)

    def _measure(self, one: Assigned, at: int, part: Part) -> tuple[str | None, Finding | None]:
        """The measure that the table states for a column, where it isn't the field's own."""
        match, body, heading = part.header.columns[at].match, part.body, part.heading
        written = (*((match.measure, match.below) if match else ()), body.measures.get(at))
        stated = {text for text in written if text}
        # A line that says 元 where the label says nothing, or 万元, leaves it open in which of them the figures are.
        scaled = {text for text in heading.measures if self._converts(text, one.field)}
        if scaled - stated:
            return None, _unclear_measure(one.field, sorted(stated | scaled))
        factors = {text: factor_of(text, one.field, self.campaign) for text in stated}
        if None in factors.values() or len(set(factors.values())) > 1:
            return None, _unclear_measure(one.field, sorted(stated))
        return next((text for text, factor in factors.items() if factor != 1), None), None

    def _converts(self, text: str, field: FormField) -> bool:
        return factor_of(text, field, self.campaign) not in (None, 1)

    def _remarks(self, one: Assigned, body: Body, grid: Grid) -> _FieldRead:
        cells = [row.cells[one.at] for row in body.rows if one.at in row.cells] if one.at is not None else []
        texts = [read_text(cell) for cell in cells] + [
            text.strip() for at, text in body.remarks if at in (one.at, one.field.id)
        ]
        source = next((grid.source(cell) for cell in cells if read_text(cell)), None)
        first = grid.source(cells[0]) if cells else None
        unclear = next((cell for cell in cells if not clear(cell)), None)
        if unclear is not None:
            return _FieldRead(unclear_text(unclear, one.field), grid.source(unclear))
        return _FieldRead(Reading("；".join(dict.fromkeys(text for text in texts if text))), source or first)

    # Header values

    def _heading(self, table: Table, header: Header, body: Body, begin: int) -> Heading:
        heading, lines = Heading(), table.grid
        heading.take(from_lines(lines.lines_before, self.book), self.book)
        if table.turned:
            used = {
                at for column in header.columns if column.match for at in range(column.left, column.right)
            }
            rows = [row for at, row in enumerate(upright(lines).rows) if at not in used]
        else:
            rows = [*table.rows[begin : header.top]]
        heading.take(from_cells(rows, self.book), self.book)
        heading.take(reporter.from_columns(header, body.rows, self.register), self.book)
        heading.take(from_cells([table.rows[at] for at in body.lines], self.book), self.book)
        heading.take(from_lines(lines.lines_after, self.book), self.book)
        for text in (
            *(text for row in body.rows for text in row.remarks),
            *(text for _, text in body.remarks),
        ):
            heading.take(stated(text, self.book), self.book)
        return heading


def _source(grid: Grid, cells: Sequence[Cell | None]) -> str | None:
    there = [cell for cell in cells if cell is not None and cell.address]
    if not there:
        return None
    last = f":{there[-1].address}" if len(there) > 1 else ""
    return grid.source(there[0]) + last


def _doubts(part: Part, unmarked: bool, readings: list[tuple[Reading, ...]]) -> list[Finding]:
    """What makes a form wait for a person."""
    doubts, rows = [], part.body.rows
    if unmarked:
        text = (
            f"表中有 {len(rows)} 行数据，没有标明哪一行是合计，已逐栏相加。请核对相加后的数，确认后才登记。"
        )
        likely = part.counted.total if part.counted else None
        if likely is not None:
            name = f"“{rows[likely].name}”一行" if rows[likely].name else f"第 {likely + 1} 行"
            text = (
                f"表中有 {len(rows)} 行数据，没有标明哪一行是合计。{name}恰为其余各行之和，已按这一行列出。"
                "请核对，确认后才登记；以后请在行首写明“合计”。"
            )
        elif part.counted and part.counted.sums:
            text = text.replace("已逐栏相加", "已逐栏相加（其中是小计的行没有重复计入）")
        doubts.append(Finding("warning", "sum_unmarked", text))
    for name in twice(rows, readings):
        text = f"“{name}”有两行，各栏的数完全相同，可能重复填了一行。请核对；如重复，请删去一行并改好合计后重报。"
        doubts.append(Finding("warning", "row_twice", text))
    if part.table.grid.from_picture:
        text = "此表是从图片识别的，可能认错。请逐项核对识别出的数，确认后才登记。"
        doubts.append(Finding("note", "from_picture", text))
    return doubts


def _unclear_measure(field: FormField, stated: Sequence[str]) -> Finding:
    text = (
        f"表上写的单位是“{'、'.join(stated)}”，而“{field.full_label}”应以“{field.measure}”计，"
        f"不能确定此栏的数是哪种单位。请按“{field.measure}”填写，并在栏目标题中注明。"
    )
    return Finding("error", "wrong_measure", text, field.id, "、".join(stated), (field.id,))


def _with_hidden(
    found: FoundForm | None, shown: FoundForm | None, document: Document, campaign: Campaign
) -> FoundForm | None:
    """The form as seen, with a warning where what is hidden or struck through would have changed it."""
    if shown is None:
        return found
    if found is None:
        return _all_hidden(shown, campaign)
    names = [
        field.id
        for field in campaign.form.fields
        if found.form.values.get(field.id) != shown.form.values.get(field.id)
    ]
    if not names and _heads(found.form) == _heads(shown.form):
        return found
    field = names[0] if len(names) == 1 else None
    about = "、".join(f"“{campaign.form.label_of(name)}”" for name in names[:3]) or "填报信息"
    more = "等" if len(names) > 3 else ""
    text = f"表中有隐藏或划去的内容（{_hidden_cells(document)}），未作为填报数据，涉及{about}{more}。如应计入，请取消隐藏后重报。"
    return replace(
        found, findings=(*found.findings, Finding("warning", "hidden", text, field, None, tuple(names)))
    )


def _heads(form: Form) -> tuple[object, ...]:
    return form.unit, form.reported_on, form.reporter, form.phone, tuple(form.headers.items())


def _all_hidden(shown: FoundForm, campaign: Campaign) -> FoundForm:
    """A form that stands on a hidden sheet only: none of it counts, but it is said."""
    figures = campaign.form.figures
    told = "统计表在隐藏的工作表或单元格里，没有作为填报数据。请取消隐藏后重报。"
    findings = [
        Finding("error", "blank", f"“{field.full_label}”未填写，如无请填 0。", field.id, None, (field.id,))
        for field in figures
    ]
    values: dict[str, Figure] = {field.id: None if field.is_figure else "" for field in campaign.form.fields}
    form = replace(
        shown.form,
        unit=None,
        reported_on=None,
        reporter=None,
        phone=None,
        values=values,
        sources={},
        headers={},
    )
    return FoundForm(form, (*findings, Finding("warning", "hidden", told)))


def _hidden_cells(document: Document) -> str:
    told = []
    for grid in document.grids:
        cells = [cell for row in grid.rows for cell in row if concealed(cell)]
        told += [
            f"{grid.source(cell)} “{quote(cell.withheld or read_text(replace(cell, hidden=False, struck=False)))}”"
            for cell in cells[:3]
        ]
        if grid.hidden:
            told.append(f"隐藏的表 {grid.name}")
    return "、".join(told[:3]) + ("等" if len(told) > 3 else "")

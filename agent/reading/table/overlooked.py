"""Tables that carry the form's labels and of which no form came: said, each with its reason, never passed over.

Knows grids and the campaign's labels; what such a table holds is nobody's guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.base.findings import Finding, Severity
from agent.campaign.rules import Campaign, FormField
from agent.reading.grid import Cell, Document, Grid
from agent.reading.table.columns import fewest_figures, find_headers, like_a_figure, worth_a_look
from agent.reading.table.form import FoundForm
from agent.reading.table.labels import LabelBook, key
from agent.reading.table.layout import turned, upright
from agent.reading.table.misread import with_labels_mended

MOST_NAMED = 3
LONGEST = 60  # characters of a cell that is a label with a figure or two, and no prose
MOST_CELLS = 20_000  # beyond them a table is a list of something, and no form


def overlooked(document: Document, campaign: Campaign, found: FoundForm | None) -> tuple[Finding, ...]:
    """What is told of a document's tables that look like the form and weren't read.

    Args:
        document: any file's tables.
        campaign: whose form they may be.
        found: the form that the document's tables gave, if they gave one: then the others are a warning.
    """
    book = LabelBook.of(campaign)
    shown = [grid for grid in document.grids if not grid.hidden]
    forms = [_makes_a_form(with_labels_mended(grid, book), book) for grid in shown]
    severity: Severity = "warning" if found else "error"
    told = [_unclear(grid, labels, severity) for grid, labels in _unread(shown, forms, book)]
    told += [_goes_on(grid) for grid in _continuations(shown, forms)]
    return tuple(told)


def with_overlooked(found: FoundForm, document: Document, campaign: Campaign) -> FoundForm:
    """The form, with what is told of the tables beside it."""
    if len(document.grids) == 1 and found.form.sources:  # it is from that one
        return found
    return replace(found, findings=(*found.findings, *overlooked(document, campaign, found)))


def in_lines(document: Document) -> str:
    """The document's text with its tables' cells as lines: a form may be written as 巡查次数：12 in either."""
    cells = [
        cell.text
        for grid in document.grids
        for row in grid.rows
        for cell in row
        if not grid.hidden and _may_be_a_label(cell)
    ]
    return "\n".join([document.text, *cells[:MOST_CELLS]])


def _makes_a_form(grid: Grid, book: LabelBook) -> bool:
    return worth_a_look(grid, book) and any(
        find_headers(lay_out(grid), book) for lay_out in (upright, turned)
    )


def _unread(
    grids: Sequence[Grid], forms: Sequence[bool], book: LabelBook
) -> Iterator[tuple[Grid, list[FormField]]]:
    for grid, form in zip(grids, forms, strict=True):
        labels = [] if form else _labels_in(grid, book.campaign)
        if len(labels) >= fewest_figures(book.campaign):
            yield grid, labels


def _labels_in(grid: Grid, campaign: Campaign) -> list[FormField]:
    """The figures whose labels stand in cells, alone or with a value; one cell of prose that names many is none."""
    cells = [cell for row in grid.rows for cell in row if _may_be_a_label(cell)]
    if len(cells) > MOST_CELLS:
        return []
    texts = {key(cell.text) for cell in cells}
    found: list[FormField] = []
    for field in campaign.form.figures:
        names = [key(name) for name in (field.label, *field.aliases)]
        # A label that stands for a sum anywhere (总计) says nothing by itself.
        if any(text.startswith(name) for text in texts for name in names if len(name) > 2):
            found.append(field)
    return found


def _may_be_a_label(cell: Cell) -> bool:
    return cell.kind == "text" and not cell.hidden and not cell.struck and len(cell.text) <= LONGEST


def _continuations(grids: Sequence[Grid], forms: Sequence[bool]) -> Iterator[Grid]:
    """Tables without a header below the form, as wide as it is: the rest of one that was cut in two."""
    width = 0
    for grid, form in zip(grids, forms, strict=True):
        if form:
            width = _width(grid)
        elif width and _width(grid) == width and _begins_with_figures(grid):
            yield grid


def _width(grid: Grid) -> int:
    if grid.columns:
        return max((spans[-1][1] for spans in grid.columns if spans), default=0)
    return max(map(len, grid.rows), default=0)


def _begins_with_figures(grid: Grid) -> bool:
    first = next((row for row in upright(grid).rows if any(not cell.empty for cell in row)), ())
    figures, filled = sum(map(like_a_figure, first)), sum(not cell.empty for cell in first)
    return figures > 2 and 2 * figures > filled


def _unclear(grid: Grid, labels: Sequence[FormField], severity: Severity) -> Finding:
    named = "、".join(f"“{field.full_label}”" for field in labels[:MOST_NAMED])
    text = (
        f"“{grid.name}”里有统计表的栏目（{named}等 {len(labels)} 个），但看不出哪个数属于哪一栏，没有读取。"
        "请用原表填报：标题独占格子，每栏一格只填一个数，不要改动表格的结构。"
    )
    return Finding(severity, "unreadable", text)


def _goes_on(grid: Grid) -> Finding:
    text = (
        f"“{grid.name}”紧接在统计表后面，没有标题行，里面的数没有计入。"
        "如是统计表的后半部分，请与前面合并成一张表后重报；如不是，请删去或在前面加一行说明。"
    )
    return Finding("error", "unreadable", text)

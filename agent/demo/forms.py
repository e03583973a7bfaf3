"""Documents as townships send them: the statistics table in several formats, and the narrative.

Everything about the form's looks comes from the campaign; the values stand in the cells exactly as they are
given, right or wrong. The same input gives the same bytes. Knows nothing of mails or of the district.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import Any

from agent.base.plain import plain
from agent.campaign.rules import Campaign, FormField
from agent.demo import MARK
from agent.demo.layout import Layout, Placed, Written

Values = Mapping[str, Written]
"""Field id → what is written there; a field left out is an empty cell."""
Header = Mapping[str, "str | dt.date"]
"""Header value's id → what is written behind its label."""

BREAKDOWN_HEADING, TOTAL_LABEL = "村（社区）", "合计"


def form_docx(campaign: Campaign, values: Values, header: Header, **options: Any) -> bytes:
    """The form as the Word document that the notice's annex is. Options: see ``layout``."""
    from agent.demo import office

    return office.form_document(layout(campaign, values, header, **options))


def form_xlsx(campaign: Campaign, values: Values, header: Header, **options: Any) -> bytes:
    """The form as an Excel workbook of one sheet. Options: see ``layout``."""
    from agent.demo import office

    return office.form_workbook(layout(campaign, values, header, **options))


def form_html(campaign: Campaign, values: Values, header: Header, **options: Any) -> str:
    """The form as a table pasted into a mail, a fragment of HTML. Options: see ``layout``."""
    return _html(layout(campaign, values, header, **options))


def form_csv(
    campaign: Campaign, values: Values, header: Header, *, encoding: str = "gb18030", **options: Any
) -> bytes:
    """The form as Excel's 另存为 CSV writes it in China. Options: see ``layout``."""
    return _csv(layout(campaign, values, header, **options), encoding)


def layout(
    campaign: Campaign,
    values: Values,
    header: Header,
    *,
    breakdown: Mapping[str, Values] | None = None,
    turned: bool = False,
    note: str | None = None,
) -> Layout:
    """The form, filled in.

    Args:
        campaign: whose form: title, header lines, columns with their two levels and measures.
        values: the figures; with ``breakdown``, the row of the total.
        header: what stands in the lines above the table.
        breakdown: a row for each of these above the total, named in a first column.
        turned: on its side, a row for each indicator.
        note: the line below the table; None: the bureau's own.
    """
    cells = [*_headings(campaign.form.fields), *_row(campaign.form.fields, values, 2)]
    if breakdown:
        cells = _broken_down(campaign.form.fields, values, breakdown)
    if turned:
        cells = [_turned(cell) for cell in cells]
    return Layout(
        title=campaign.form.title,
        lines=_lines(campaign, header),
        cells=tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))),
        note=_bureau_note(campaign) if note is None else note,
    )


def narrative_docx(title: str, paragraphs: Sequence[str], pictures: Sequence[bytes] = ()) -> bytes:
    """The unit's account as a Word document in the layout of official papers, its pictures at the end."""
    from agent.demo import office

    return office.narrative(title, paragraphs, pictures)


# The form on paper


def _headings(fields: Sequence[FormField]) -> list[Placed]:
    """Two rows of headings: a group spans its columns, any other heading spans both rows."""
    cells: list[Placed] = []
    for group, members in groupby(enumerate(fields), key=lambda numbered: numbered[1].group):
        columns = list(members)
        if group is None:
            cells += [Placed(0, i, rows=2, content=_label(field), heading=True) for i, field in columns]
            continue
        measures = {field.measure for _, field in columns}
        common = len(measures) == 1
        above = _with_measure(group, measures.pop() if common else None)
        cells.append(Placed(0, columns[0][0], columns=len(columns), content=above, heading=True))
        cells += [
            Placed(1, i, content=field.label if common else _label(field), heading=True)
            for i, field in columns
        ]
    return cells


def _label(field: FormField) -> str:
    return _with_measure(field.label, field.measure)


def _with_measure(label: str, measure: str | None) -> str:
    return f"{label}（{measure}）" if measure else label


def _row(fields: Sequence[FormField], values: Values, row: int) -> list[Placed]:
    return [Placed(row, column, content=values.get(field.id, "")) for column, field in enumerate(fields)]


def _broken_down(fields: Sequence[FormField], total: Values, breakdown: Mapping[str, Values]) -> list[Placed]:
    rows = [*breakdown.items(), (TOTAL_LABEL, total)]
    cells = _headings(fields)
    for number, (_, values) in enumerate(rows, start=2):
        cells += _row(fields, values, number)
    shifted = [replace(cell, column=cell.column + 1) for cell in cells]
    names = [Placed(number, 0, content=name) for number, (name, _) in enumerate(rows, start=2)]
    return [Placed(0, 0, rows=2, content=BREAKDOWN_HEADING, heading=True), *names, *shifted]


def _turned(cell: Placed) -> Placed:
    return replace(cell, row=cell.column, column=cell.row, rows=cell.columns, columns=cell.rows)


def _lines(campaign: Campaign, header: Header) -> tuple[tuple[str, ...], ...]:
    """Two header values a line, in the form's order: 单位 and 填报时间, 填报人 and 联系电话."""
    written = [f"{field.label}：{plain(header.get(field.id, ''))}" for field in campaign.form.header]
    pairs = zip_longest(written[::2], written[1::2], fillvalue="")
    return tuple(tuple(text for text in pair if text) for pair in pairs)


def _bureau_note(campaign: Campaign) -> str:
    return (
        f"注：请于{plain(campaign.deadline)}前将此表报区民政局，联系人：××，电话：000-00000000，"
        f"邮箱：contact@civil.example。（{MARK}）"
    )


# Text formats


def _html(form: Layout) -> str:
    rows = []
    for number in range(form.height):
        cells = "".join(_html_cell(cell) for cell in form.cells if cell.row == number)
        rows.append(f'<tr style="height: 30px;">{cells}</tr>')
    lines = [f"<div>{_SPACES.join(html.escape(text) for text in line)}</div>" for line in form.lines]
    return "\n".join([
        f'<div style="text-align: center; font-size: 18px;"><b>{html.escape(form.title)}</b></div>',
        *lines,
        '<table border="1" cellspacing="0" cellpadding="4" style="border-collapse: collapse; font-size: 14px;">',
        "<tbody>", *rows, "</tbody></table>",
        f"<div>{html.escape(form.note)}</div>",
    ])  # fmt: skip


_SPACES = "&nbsp;" * 24


def _html_cell(placed: Placed) -> str:
    spans = "".join(
        f' {name}="{count}"'
        for name, count in (("rowspan", placed.rows), ("colspan", placed.columns))
        if count > 1
    )
    return f'<td{spans} style="text-align: center;">{html.escape(placed.text) or "&nbsp;"}</td>'


def _csv(form: Layout, encoding: str) -> bytes:
    table = [["" for _ in range(form.width)] for _ in range(form.height)]
    for placed in form.cells:
        table[placed.row][placed.column] = placed.text
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([form.title])
    writer.writerows(form.lines)
    writer.writerows(table)
    writer.writerow([form.note])
    return out.getvalue().encode(encoding)

"""Forms as workbooks: openpyxl for .xlsx, xlwt for .xls, odfpy for .ods."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from .model import Form, Formula, Styled
from .zips import settled


def styled(value: Any) -> Styled:
    return value if isinstance(value, Styled) else Styled(value)


def placed(form: Form) -> tuple[list[tuple[int, int, Any]], int]:
    """Every cell of a sheet as (row, column, content) from 0, and the row at which the grid begins."""
    width = max(map(len, form.cells)) if form.cells else 2
    cells: list[tuple[int, int, Any]] = []
    for place, line in enumerate(form.above):
        step = max(width // max(len(line), 1), 1)
        cells += [(place, column * step, text) for column, text in enumerate(line)]
    top = len(form.above)
    for place, line in enumerate(form.cells):
        cells += [(top + place, column, value) for column, value in enumerate(line) if value is not None]
    cells += [(top + len(form.cells) + place, 0, text) for place, text in enumerate(form.below)]
    return cells, top


def xlsx(forms: Sequence[Form]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.active)
    for form in forms:
        sheet = book.create_sheet(form.sheet)
        cells, top = placed(form)
        for row, column, content in cells:
            cell = styled(content)
            target = sheet.cell(row + 1, column + 1)
            if isinstance(cell.value, str):
                target.value = cell.value
                target.data_type = (
                    "e" if cell.value.startswith("#") and cell.value.endswith(("!", "?")) else "s"
                )
            else:
                target.value = f"={cell.value.text}" if isinstance(cell.value, Formula) else cell.value
            if cell.format:
                target.number_format = cell.format
            if cell.struck:
                target.font = Font(strike=True)
            if cell.comment:
                target.comment = Comment(cell.comment, "审核")
        for first_row, first, last_row, last in form.merges:
            sheet.merge_cells(
                start_row=top + first_row + 1,
                start_column=first + 1,
                end_row=top + last_row + 1,
                end_column=last + 1,
            )
        for row in form.hidden_rows:
            sheet.row_dimensions[top + row + 1].hidden = True
        for column in form.hidden_columns:
            sheet.column_dimensions[get_column_letter(column + 1)].hidden = True
        if form.hidden_sheet:
            sheet.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return settled(file.getvalue())


def xls(forms: Sequence[Form]) -> bytes:
    import xlwt

    book = xlwt.Workbook()
    for form in forms:
        sheet = book.add_sheet(form.sheet)
        cells, top = placed(form)
        merges = {(top + one[0], one[1]): one for one in form.merges}
        for row, column, content in cells:
            cell = styled(content)
            style = xlwt.easyxf(f"font: struck_out {'on' if cell.struck else 'off'}")
            if cell.format:
                style.num_format_str = cell.format
            value = xlwt.Formula(cell.value.text) if isinstance(cell.value, Formula) else cell.value
            if (row, column) in merges:
                first_row, first, last_row, last = merges[row, column]
                sheet.write_merge(top + first_row, top + last_row, first, last, value, style)
            else:
                sheet.write(row, column, value, style)
        for row in form.hidden_rows:
            sheet.row(top + row).hidden = True
        for column in form.hidden_columns:
            sheet.col(column).hidden = True
        if form.hidden_sheet:
            sheet.visibility = 1
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(forms: Sequence[Form]) -> bytes:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import CoveredTableCell, Table, TableCell, TableColumn, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    for form in forms:
        cells, top = placed(form)
        content = {(row, column): styled(value) for row, column, value in cells}
        covered = {
            (top + row, column)
            for first_row, first, last_row, last in form.merges
            for row in range(first_row, last_row + 1)
            for column in range(first, last + 1)
        } - {(top + one[0], one[1]) for one in form.merges}
        spans = {(top + one[0], one[1]): (one[2] - one[0] + 1, one[3] - one[1] + 1) for one in form.merges}
        width = max(column for _, column in content) + 1
        table = Table(name=form.sheet)
        for column in range(width):
            hidden = {"visibility": "collapse"} if column in form.hidden_columns else {}
            table.addElement(TableColumn(**hidden))
        for row in range(max(place for place, _ in content) + 1):
            line = TableRow(**({"visibility": "collapse"} if row - top in form.hidden_rows else {}))
            for column in range(width):
                if (row, column) in covered:
                    line.addElement(CoveredTableCell())
                    continue
                attributes = {}
                if (row, column) in spans:
                    attributes = dict(
                        zip(("numberrowsspanned", "numbercolumnsspanned"), spans[row, column], strict=True)
                    )
                line.addElement(_ods_cell(content.get((row, column)), attributes, TableCell, P))
            table.addElement(line)
        book.spreadsheet.addElement(table)
    file = io.BytesIO()
    book.save(file)
    return settled(file.getvalue())


def _ods_cell(cell: Styled | None, attributes: dict[str, Any], table_cell: Any, paragraph: Any) -> Any:
    value = cell.value if cell else None
    if value is None:
        return table_cell(**attributes)
    if isinstance(value, bool):
        made = table_cell(valuetype="boolean", booleanvalue=str(value).lower(), **attributes)
        value = str(value).upper()
    elif isinstance(value, dt.date):
        made = table_cell(valuetype="date", datevalue=value.isoformat(), **attributes)
    elif isinstance(value, (int, float)) and cell and cell.format and cell.format.endswith("%"):
        made = table_cell(valuetype="percentage", value=repr(value), **attributes)
        value = f"{value:.1%}"
    elif isinstance(value, (int, float)):
        made = table_cell(valuetype="float", value=repr(value), **attributes)
        value = f"{value:g}" if value < 100000 else repr(value)
    else:
        made = table_cell(valuetype="string", **attributes)
    for line in str(value).split("\n"):
        made.addElement(paragraph(text=line))
    return made

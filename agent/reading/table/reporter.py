"""Who reports, when and how to reach them, as the form says: header values read, and rows of other units.

Whether the form and its sender agree is judged elsewhere: nothing here knows of senders.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from agent.base.findings import Finding
from agent.campaign.rules import FormField, HeaderField
from agent.campaign.units import Register, Unit
from agent.reading.cell.values import quote, read_date, read_phone, read_text
from agent.reading.grid import Cell
from agent.reading.reading import Form
from agent.reading.table.columns import Header
from agent.reading.table.headers import kept
from agent.reading.table.heading import Heading, Written
from agent.reading.table.labels import LabelBook
from agent.reading.table.rows import Row


def read_heading(
    heading: Heading, book: LabelBook, register: Register, near: dt.date
) -> tuple[Form, list[Finding]]:
    """A form with nothing but its header values, and what is wrong with those."""
    values: dict[str, object] = {}
    findings: list[Finding] = []
    for header in book.campaign.form.header:
        value, told = _read(header, heading.values.get(header.id, ""), register, near)
        values[header.id] = value
        findings += told
    return Form(**kept(values, book.campaign), values={}, sources={}), findings


def from_columns(
    header: Header, rows: Sequence[Row], register: Register
) -> Iterator[tuple[HeaderField, Written]]:
    """The header values that stand in columns of their own; several rows must name one unit (not its villages)."""
    for at, column in enumerate(header.columns):
        if column.header is None:
            continue
        cells = [row.cells[at] for row in rows if at in row.cells and row.level == 0]
        cells = [cell for cell in cells if read_text(cell) or cell.kind == "date"]
        if column.header.type == "unit" and len(rows) > 1:
            units = [register.in_form(read_text(cell)).unit for cell in cells]
            cells = cells if units and units[0] and all(unit is units[0] for unit in units) else []
        if cells:
            yield column.header, cells[0]


def other_units(
    rows: Sequence[Row], heading: Heading, book: LabelBook, register: Register
) -> tuple[Unit, ...]:
    """The registered units that the form and its rows name, where they are more than one."""
    own = [register.in_form(_text(heading.values.get(header.id, ""))).unit for header in _unit_headers(book)]
    named = [unit for row in rows for name in row.names if (unit := register.in_form(name).unit)]
    units = {unit.id: unit for unit in (*own, *named) if unit}
    return tuple(units.values()) if len(units) > 1 else ()


def rows_by_unit(rows: Sequence[Row], register: Register) -> tuple[dict[str, tuple[Row, ...]], list[Row]]:
    """The data rows of each registered unit, by its id, and those that name none and are no sum."""
    units: dict[str, list[Row]] = {}
    strays = []
    for row in rows:
        unit = next((unit for name in row.names if (unit := register.in_form(name).unit)), None)
        if unit is not None:
            units.setdefault(unit.id, []).append(row)
        elif not row.level:
            strays.append(row)
    return {name: tuple(own) for name, own in units.items()}, strays


def unit_value(book: LabelBook, unit: Unit) -> dict[str, Written]:
    """The header value that names a unit."""
    return {header.id: unit.name for header in _unit_headers(book)}


def stray(row: Row) -> Finding:
    """The error for a row that belongs to nobody, in a table of several units."""
    named = f"“{quote(row.name)}”一行" if row.name else "有一行"
    return Finding("error", "other_unit", f"{named}有数据，但没有写明是哪个单位的。请补写单位名称。")


def mixed(field: FormField, units: Sequence[Unit]) -> Finding:
    """The error for a figure whose column holds several units' figures."""
    text = f"“{field.full_label}”：{_several(units)}，不能确定是哪个单位的数。一个单位报一份表，请分开填报。"
    return Finding("error", "other_unit", text, field.id, None, (field.id,))


def another(book: LabelBook, units: Sequence[Unit]) -> Finding:
    """The error for a form whose only row names another unit than its heading."""
    field = next((header.id for header in _unit_headers(book)), None)
    text = f"{_several(units)}，不能确定是哪个单位的表。一个单位报一份表，请核对单位名称。"
    return Finding("error", "other_unit", text, field, None, (field,) if field else ())


def _several(units: Sequence[Unit]) -> str:
    return f"表中写有{'、'.join(unit.name for unit in units[:4])}{'等' if len(units) > 4 else ''}不同单位"


def _unit_headers(book: LabelBook) -> list[HeaderField]:
    return [header for header in book.campaign.form.header if header.type == "unit"]


def _text(written: Written) -> str:
    return read_text(written) if isinstance(written, Cell) else written


def _read(
    header: HeaderField, written: Written, register: Register, near: dt.date
) -> tuple[object, tuple[Finding, ...]]:
    text = _text(written)
    is_date = isinstance(written, Cell) and written.kind == "date"
    if not text.strip() and not is_date:
        return None, (_missing(header),)
    if header.type == "date":
        return read_date(written, near, header.id, header.label)
    if header.type == "phone":
        return read_phone(written, header.id, header.label)
    if header.type == "unit":
        return text.strip(), _unknown(header, text.strip(), register)
    return text.strip(), ()


def _missing(header: HeaderField) -> Finding:
    text = f"没有填写“{header.label}”。请补填。"
    return Finding("warning", "header_missing", text, header.id, None, (header.id,))


def _unknown(header: HeaderField, text: str, register: Register) -> tuple[Finding, ...]:
    named = register.in_form(text)
    if named.unit:
        return ()
    if named.place:
        told = f"“{header.label}”写的是“{quote(text)}”，不在报送单位名册里。请填写本单位的规范名称。"
        return (Finding("error", "unit_unknown", told, header.id, text, (header.id,)),)
    told = f"“{header.label}”写的是“{quote(text)}”，看不出是哪个镇街。请填写单位全称。"
    return (Finding("warning", "unit_unknown", told, header.id, text, (header.id,)),)

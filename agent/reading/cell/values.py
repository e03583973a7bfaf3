"""What a cell means: an exact value where the reading is certain, else none and a finding that says why.

Knows one cell at a time, its field and the campaign's measures; nothing of tables, files or mail. Nothing here
guesses and nothing here raises: whatever a cell holds, there is a value or an error that names its field.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal, localcontext

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.base.unseen import is_turned
from agent.campaign.rules import Campaign, FormField
from agent.reading.cell import numberformat
from agent.reading.cell.asked import MOST_DIGITS, Asked, Reading, is_too_long, quote, tidy
from agent.reading.cell.dates import parse_date
from agent.reading.cell.measures import scale_of
from agent.reading.cell.phones import parse_phone
from agent.reading.cell.seen import seen_date, seen_percent, seen_serial
from agent.reading.cell.written import is_nothing, read_written
from agent.reading.grid import Cell

__all__ = [
    "Reading",
    "clear",
    "quote",
    "read_date",
    "read_figure",
    "read_phone",
    "read_text",
    "tidy",
    "unclear_text",
]

CLEAR = 0.9  # of the least certain character of a text in a picture


def read_figure(
    cell: Cell, field: FormField, campaign: Campaign, scale_measure: str | None = None
) -> Reading:
    """One cell of a count or amount, in the field's own measure.

    Args:
        cell: hidden and struck cells hold nothing.
        field: a count or an amount.
        campaign: whose measures convert.
        scale_measure: the measure that the column's label states, where it isn't the field's.
    """
    asked = Asked(field, campaign, scale_measure)
    if cell.drawn and not (cell.hidden or cell.struck):
        why = f"格子里{'还' if cell.text else ''}有{cell.drawn}，不能确定要报的数，请直接填写数字"
        return asked.error("drawn", cell.text, f"但{why}") if cell.text else asked.of_the_cell("drawn", why)
    if cell.hidden or cell.struck or cell.kind == "empty":
        return asked.blank()
    if cell.kind == "number":
        return _number(cell, asked)
    if cell.kind == "text":
        return _text(cell, asked)
    if cell.kind == "date":
        seen = seen_date(cell.number_format, cell.date) if cell.date else ""
        return asked.error("not_a_number", seen or _shown(cell), _AS_DATE)
    if cell.kind == "boolean":
        return asked.error("not_a_number", _shown(cell), "此栏应填数字")
    if cell.kind == "unread":
        return asked.unread(cell.text)
    return asked.error("no_result", _shown(cell), "公式没有结果，请直接填写数字")


def read_text(cell: Cell) -> str:
    """The text of a text field (备注): as a person sees it, without white space around it."""
    if cell.hidden or cell.struck or cell.kind in ("empty", "error", "no_result"):
        return ""
    return _shown(cell).strip()


def clear(cell: Cell) -> bool:
    """Whether a text reads for certain: in a picture a wrong character makes another sense and looks as good."""
    return cell.kind != "unread" and (cell.confidence is None or cell.confidence >= CLEAR or not cell.text)


def unclear_text(cell: Cell, field: FormField) -> Reading:
    """What a picture's cell says of a text field where it isn't clear: nothing, and a warning with the guess."""
    seen = f"（像是“{quote(cell.text)}”）" if cell.text.strip() else ""
    told = f"“{field.full_label}”在图片上看不清{seen}，没有登记。如有内容，请用文字写明。"
    return Reading(None, (Finding("warning", "unreadable", told, field.id, cell.text or None, (field.id,)),))


def read_date(
    written: Cell | str, near: dt.date, field: str | None = None, label: str = "日期"
) -> tuple[dt.date | None, tuple[Finding, ...]]:
    """The date that a text or a cell holds, or None with a warning.

    Args:
        written: the text, or a cell.
        near: the mail's date; a date without a year is the one nearest to it.
        field: the id that findings name.
        label: how the field is called on paper.
    """
    if isinstance(written, Cell) and written.kind == "date" and written.date is not None:
        return written.date, ()
    text = written if isinstance(written, str) else _digits_of(written)
    read = None if is_turned(text) else parse_date(text, near)
    if read is None:
        told = f"“{label}”写的是“{quote(text)}”，看不出是哪一天。请写成如 2024年3月5日 的样子。"
        return None, (Finding("warning", "bad_date", told, field, text, _fields(field)),)
    if not read.completed:
        return read.date, ()
    told = f"“{label}”写的是“{quote(text)}”，按 {plain(read.date)} 登记。如不对，请更正。"
    return read.date, (Finding("note", "normalised", told, field, text, _fields(field)),)


def read_phone(
    written: Cell | str, field: str | None = None, label: str = "电话"
) -> tuple[str | None, tuple[Finding, ...]]:
    """The telephone number that a text or a cell holds, or None with a warning.

    A mobile number reads as its 11 digits, a landline as it is written; of several the first, with a note.
    """
    text = written if isinstance(written, str) else _digits_of(written)
    read = None if is_turned(text) else parse_phone(text)
    if read is not None and not read.shortened:
        return read.number, ()
    if read is not None:
        told = f"“{label}”写的是“{quote(text)}”，按 {read.number} 登记。如不对，请更正。"
        return read.number, (Finding("note", "normalised", told, field, text, _fields(field)),)
    told = f"“{label}”写的是“{quote(text)}”，不像一个完整的电话号码。请写一个手机号码，或带区号的座机号码。"
    return None, (Finding("warning", "bad_phone", told, field, text, _fields(field)),)


# Numbers as a workbook stores them


def _number(cell: Cell, asked: Asked) -> Reading:
    number, written = cell.number, _shown(cell)
    if number is None or not number.is_finite() or abs(number) >= 10**MOST_DIGITS:
        return asked.error("not_a_number", written, "读不出确切的数，请填准确数字")
    with localcontext(prec=400):
        stored = tidy(number.quantize(_MILLIONTH, ROUND_HALF_UP))
    if is_too_long(stored):
        return asked.error("not_a_number", written, f"数字超过 {MOST_DIGITS} 位，请核对")
    if stored < 0:
        return asked.error("negative", written, "不能为负数，请核对")
    shown = numberformat.show(cell.number_format, stored)
    problem = _misshown(shown, stored, cell, asked)
    if problem is not None:
        return problem
    reading = asked.value(stored, written, shown.suffix)
    if reading.value is None or shown.number == stored or (shown.number is None and shown.prefix):
        return reading
    return Reading(reading.value, (*reading.findings, _displayed_otherwise(shown.number, stored, asked)))


def _misshown(shown: numberformat.Shown, stored: Decimal, cell: Cell, asked: Asked) -> Reading | None:
    """The error where what is shown means something else than what is stored."""
    written = _shown(cell)
    if shown.moment:
        seen = seen_serial(cell.number_format, stored)
        return asked.error("not_a_number", seen or written, _AS_DATE)
    if shown.percent:
        return asked.error("not_a_number", seen_percent(cell.number_format, stored), _AS_PERCENT)
    if shown.number is None:
        if stored == 0 and (not shown.prefix or is_nothing(shown.prefix)):
            return None
        return _differ(cell, stored, asked)
    prefix = "元" if shown.prefix == "¥" else shown.prefix.lstrip("+")
    if shown.distorted or (prefix and shown.suffix):
        return _differ(cell, stored, asked)
    around = prefix or shown.suffix
    if around and (prefix not in ("", "元") or not _says_nothing_new(around, asked)):
        return _differ(cell, stored, asked)
    return None


def _says_nothing_new(suffix: str, asked: Asked) -> bool:
    scale = scale_of(suffix, asked.field, asked.campaign, asked.stated)
    bare = scale_of("", asked.field, asked.campaign, asked.stated)
    return scale is not None and bare is not None and scale.factor == bare.factor


def _differ(cell: Cell, stored: Decimal, asked: Asked) -> Reading:
    measure = asked.stated or asked.field.measure
    text = (
        f"“{asked.field.full_label}”的单元格里存的数是 {plain(stored)}，单元格格式（{quote(cell.number_format)}）"
        f"却使它显示成另外的意思。请把单元格格式改为“常规”，按“{measure}”填写数字。"
    )
    return Reading(None, (asked.finding("error", "wrong_measure", text, _shown(cell)),))


def _displayed_otherwise(shown: Decimal | None, stored: Decimal, asked: Asked) -> Finding:
    seen = "什么也不显示" if shown is None else f"显示为 {plain(shown)}"
    text = (
        f"“{asked.field.full_label}”的单元格{seen}，存的数是 {plain(stored)}，按存的数登记。"
        "请核实；如应以显示的为准，请更正后重报。"
    )
    return asked.finding("warning", "displayed_otherwise", text, plain(stored))


# Texts, and small things


def _text(cell: Cell, asked: Asked) -> Reading:
    before, behind = numberformat.around_text(cell.number_format)
    text = cell.text.strip()
    changed = before or (behind and not _says_nothing_new(behind, asked))
    if text and (changed or numberformat.hides_text(cell.number_format)):
        return asked.error(
            "wrong_measure", f"{before}{text}{behind}", "显示的和存的意思不同，请把单元格格式改为常规"
        )
    return read_written(cell.text, asked)


def _digits_of(cell: Cell) -> str:
    # A telephone number in a numeric cell may be shown as 1.38E+10.
    if cell.kind == "number" and cell.number is not None and not (cell.hidden or cell.struck):
        return plain(cell.number)
    return read_text(cell)


def _shown(cell: Cell) -> str:
    if cell.text:
        return cell.text
    if cell.number is not None and cell.number.is_finite():
        return plain(cell.number) if abs(cell.number.adjusted()) < 50 else str(cell.number)
    return cell.date.isoformat() if cell.date else ""


def _fields(field: str | None) -> tuple[str, ...]:
    return (field,) if field else ()


_AS_DATE = "这是日期，不是数字，请把单元格格式改为“常规”后填写数字"
_AS_PERCENT = "这是百分数，此栏应填数字，请把单元格格式改为“常规”后填写数字"
_MILLIONTH = Decimal("0.000001")

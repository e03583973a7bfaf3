"""What a cell means: an exact value where the reading is certain, else none and a finding that says why.

Knows one cell at a time, its field and the campaign's measures; nothing of tables, files or mail. Nothing here
guesses and nothing here raises: whatever a cell holds, there is a value or an error that names its field.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from agent.findings import Finding, Severity
from agent.reading import numberformat, numerals
from agent.reading.dates import parse_date
from agent.reading.folding import squeeze, trim
from agent.reading.grid import Cell
from agent.reading.measures import MULTIPLIERS, scale_of
from agent.reading.reading import Figure
from agent.rules import Campaign, FormField, plain

CLEAR = 0.9  # of the least certain character of a text in a picture


@dataclass(frozen=True, slots=True)
class Reading:
    """What one cell of a figure field says; ``value`` is None exactly where a finding is an error."""

    value: Figure
    findings: tuple[Finding, ...] = ()


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
    column = _Column(field, campaign, scale_measure)
    if cell.drawn and not (cell.hidden or cell.struck):
        return column.error("drawn", cell.text, f"但格子里还有{cell.drawn}，不能确定要报的数，请直接填写数字")
    if cell.hidden or cell.struck or cell.kind == "empty":
        return column.blank()
    if cell.kind == "number":
        return _number(cell, column)
    if cell.kind == "text":
        return _text(cell, column)
    if cell.kind == "date":
        return column.error("not_a_number", _shown(cell), "这是日期，此栏应填数字")
    if cell.kind == "boolean":
        return column.error("not_a_number", _shown(cell), "此栏应填数字")
    if cell.kind == "unread":
        return column.unread(cell.text)
    return column.error("no_result", _shown(cell), "公式没有结果，请直接填写数字")


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
    read = parse_date(text, near)
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

    A mobile number reads as its 11 digits, a landline as it is written.
    """
    text = written if isinstance(written, str) else _digits_of(written)
    number = _phone(trim(text))
    if number is not None:
        return number, ()
    told = f"“{label}”写的是“{quote(text)}”，不像一个完整的电话号码。请写一个手机号码，或带区号的座机号码。"
    return None, (Finding("warning", "bad_phone", told, field, text, _fields(field)),)


def quote(text: str) -> str:
    """What somebody wrote, fit to stand between quotation marks: one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


@dataclass(frozen=True, slots=True)
class _Column:
    field: FormField
    campaign: Campaign
    stated: str | None

    def value(self, number: Decimal, written: str, suffix: str = "", told: bool = False) -> Reading:
        """The value of a number with a measure behind it; ``told``: it was written so that a note is due."""
        if _TELEPHONE.fullmatch(trim(written)):
            return self.error("not_a_number", written, "像是电话号码，此栏应填数字")
        if _DAY.fullmatch(trim(written)):
            return self.error("not_a_number", written, "像是日期，此栏应填数字")
        scale = scale_of(suffix, self.field, self.campaign, self.stated)
        if scale is None:
            return self.wrong_measure(written)
        with localcontext(prec=100):
            value = tidy(number * scale.factor)
        if self.field.type == "count" and value != value.to_integral_value():
            return self.error("not_whole", written, "应为整数")
        if told or not scale.plain:
            return Reading(value, (self.note(written, value),))
        return Reading(value)

    def blank(self) -> Reading:
        text = f"“{self.field.full_label}”未填写，如无请填 0。"
        return Reading(None, (self.finding("error", "blank", text, None),))

    def wrong_measure(self, written: str) -> Reading:
        asked = f"单位不符：此栏以“{self.field.measure}”计，请按“{self.field.measure}”填写数字"
        return self.error("wrong_measure", written, asked)

    def unread(self, guess: str) -> Reading:
        seen = f"（像是“{quote(guess)}”）" if guess.strip() else ""
        text = (
            f"“{self.field.full_label}”在图片上看不清{seen}，不能登记。"
            "请发送更清晰的图片，或直接发送 Word、Excel 文件。"
        )
        return Reading(None, (self.finding("error", "unreadable", text, guess or None),))

    def error(self, rule: str, written: str, why: str) -> Reading:
        text = f"“{self.field.full_label}”写的是“{quote(written)}”，{why}。"
        return Reading(None, (self.finding("error", rule, text, written),))

    def note(self, written: str, value: Decimal) -> Finding:
        measure = self.field.measure if value else ""
        doubt = "如是表示没有的横线，请改填 0" if trim(written) == "一" else "如不对，请更正后重报"
        text = (
            f"“{self.field.full_label}”写的是“{quote(written)}”，按 {plain(value)} {measure}登记。{doubt}。"
        )
        return self.finding("note", "normalised", text, written)

    def finding(self, severity: Severity, rule: str, text: str, written: str | None) -> Finding:
        return Finding(severity, rule, text, self.field.id, written, (self.field.id,))


# Numbers as a workbook stores them


def _number(cell: Cell, column: _Column) -> Reading:
    number, written = cell.number, _shown(cell)
    if number is None or not number.is_finite() or abs(number) >= _TOO_LARGE:
        return column.error("not_a_number", written, "读不出确切的数，请填准确数字")
    with localcontext(prec=400):
        stored = tidy(number.quantize(_MILLIONTH, ROUND_HALF_UP))
    if stored < 0:
        return column.error("negative", written, "不能为负数，请核对")
    shown = numberformat.show(cell.number_format, stored)
    problem = _misshown(shown, stored, cell, column)
    if problem is not None:
        return problem
    reading = column.value(stored, written, shown.suffix)
    if reading.value is None or shown.number == stored or (shown.number is None and shown.prefix):
        return reading
    return Reading(reading.value, (*reading.findings, _displayed_otherwise(shown.number, stored, column)))


def _misshown(shown: numberformat.Shown, stored: Decimal, cell: Cell, column: _Column) -> Reading | None:
    """The error where what is shown means something else than what is stored."""
    written = _shown(cell)
    if shown.moment:
        return column.error("not_a_number", written, "这是日期或时间的格式，此栏应填数字")
    if shown.percent:
        return column.error("not_a_number", written, "这是百分数，此栏应填数字")
    if shown.number is None:
        if stored == 0 and shown.prefix in _ZERO_WORDS | {""}:
            return None
        return _differ(cell, stored, column)
    prefix = "元" if shown.prefix == "¥" else shown.prefix.lstrip("+")
    if shown.distorted or (prefix and shown.suffix):
        return _differ(cell, stored, column)
    around = prefix or shown.suffix
    if around and (prefix not in ("", "元") or not _says_nothing_new(around, column)):
        return _differ(cell, stored, column)
    return None


def _says_nothing_new(suffix: str, column: _Column) -> bool:
    scale = scale_of(suffix, column.field, column.campaign, column.stated)
    bare = scale_of("", column.field, column.campaign, column.stated)
    return scale is not None and bare is not None and scale.factor == bare.factor


def _differ(cell: Cell, stored: Decimal, column: _Column) -> Reading:
    asked = column.stated or column.field.measure
    text = (
        f"“{column.field.full_label}”的单元格里存的数是 {plain(stored)}，单元格格式（{quote(cell.number_format)}）"
        f"却使它显示成另外的意思。请把单元格格式改为“常规”，按“{asked}”填写数字。"
    )
    return Reading(None, (column.finding("error", "wrong_measure", text, _shown(cell)),))


def _displayed_otherwise(shown: Decimal | None, stored: Decimal, column: _Column) -> Finding:
    seen = "什么也不显示" if shown is None else f"显示为 {plain(shown)}"
    text = (
        f"“{column.field.full_label}”的单元格{seen}，存的数是 {plain(stored)}，按存的数登记。"
        "请核实；如应以显示的为准，请更正后重报。"
    )
    return column.finding("warning", "displayed_otherwise", text, plain(stored))


# Numbers as people write them


def _text(cell: Cell, column: _Column) -> Reading:
    before, behind = numberformat.around_text(cell.number_format)
    written, text = cell.text, trim(cell.text)
    if not text:
        return column.blank()
    if (
        before
        or (behind and not _says_nothing_new(behind, column))
        or numberformat.hides_text(cell.number_format)
    ):
        return column.error(
            "wrong_measure", f"{before}{text}{behind}", "显示的和存的意思不同，请把单元格格式改为常规"
        )
    if text in _ZERO_WORDS:
        return Reading(Decimal(0), (column.note(written, Decimal(0)),))
    if len(text) > _LONGEST:
        return column.error("not_a_number", written, "此栏应只填一个数字")
    return _digits(text, written, column) or _numeral(text, written, column) or _refuse(text, written, column)


def _digits(text: str, written: str, column: _Column) -> Reading | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    number, suffix = Decimal(re.sub("[, ]", "", match["number"])), squeeze(match["suffix"])
    if len(number.as_tuple().digits) > _MOST_DIGITS:
        return column.error("not_a_number", written, "数字过长，请核对")
    if scale_of(suffix, column.field, column.campaign, column.stated) is not None:
        return column.value(number, written, suffix)
    return column.wrong_measure(written) if _is_other_measure(suffix, column) else None


def _numeral(text: str, written: str, column: _Column) -> Reading | None:
    match = _NUMERAL.match(text)
    if match is None:
        return None
    for end in range(match.end(), 0, -1):
        number, suffix = numerals.parse(text[:end]), squeeze(text[end:])
        if number is not None and scale_of(suffix, column.field, column.campaign, column.stated):
            if not suffix and _could_be_cut_short(text, column):
                continue
            if _runs_on(text, end):
                continue
            return column.value(number, written, suffix, told=True)
    number, suffix = numerals.parse(match[0]), squeeze(text[match.end() :])
    return (
        column.wrong_measure(written)
        if number is not None and suffix in column.campaign.measure_names
        else None
    )


def _runs_on(text: str, end: int) -> bool:
    # 十二百 is no numeral and not twelve hundred; but 一点五万 and, where 万元 is asked, 两万 are numbers.
    return (
        text[end : end + 1] in tuple(numerals.CHARACTERS)
        and "点" not in text
        and numerals.parse(text) is None
    )


def _could_be_cut_short(numeral: str, column: _Column) -> bool:
    # 一万二千 where 万元 is asked: 12000万元, or 1.2万元? (两万 alone is 2万元, as 1.5万 is 1.5万元.)
    asked = column.stated or column.field.measure or ""
    return asked[:1] in MULTIPLIERS and any(mark in numeral for mark in "万亿萬億")


def _refuse(text: str, written: str, column: _Column) -> Reading:
    """The error for what isn't one exact number: the more is known of what was meant, the more is said."""
    if re.match(r"[-−－]\s*[0-9]|负", text):
        return column.error("negative", written, "不能为负数，请核对")
    if _ERROR.fullmatch(text):
        return column.error("no_result", written, "公式没有结果或显示不全，请直接填写数字")
    if parse_date(text, column.campaign.deadline) is not None:
        return column.error("not_a_number", written, "这是日期，此栏应填数字")
    if re.search("[%‰％]", text):
        return column.error("not_a_number", written, "这是百分数，此栏应填数字")
    if _INEXACT.search(text):
        return column.error("not_exact", written, "请填准确数字")
    return column.error("not_a_number", written, "此栏应只填一个数字，请填准确数字")


def _is_other_measure(suffix: str, column: _Column) -> bool:
    if suffix in column.campaign.measure_names:
        return True
    return (
        _INEXACT.search(suffix) is None
        and re.fullmatch("[\u4e00-\u9fff]{1,3}|[A-Za-z]{1,3}", suffix) is not None
    )


# Telephones and small things


def _phone(written: str) -> str | None:
    bare = re.sub(r"[\s-]+", "", written)
    mobile = re.fullmatch(r"(?:\+?86)?(1\d{10})", bare, re.ASCII)
    if mobile:
        return mobile[1]
    number = _EXTENSION.sub("", written)
    if _landline(number):
        return written
    base, _, tail = written.rpartition("-")
    return written if re.fullmatch(r"\s*\d{1,6}", tail, re.ASCII) and _landline(base) else None


def _landline(text: str) -> bool:
    bare = re.sub(r"[\s-]+", "", text)
    return re.fullmatch(r"(?:\(0\d{2,3}\)|0\d{2,3})?\d{7,8}", bare, re.ASCII) is not None


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


def tidy(number: Decimal) -> Decimal:
    """Without trailing zeros, exponent or a negative zero."""
    whole = number.to_integral_value()
    if number == whole:
        return abs(whole.quantize(Decimal(1))) if whole == 0 else whole.quantize(Decimal(1))
    return number.normalize()


def _fields(field: str | None) -> tuple[str, ...]:
    return (field,) if field else ()


_MILLIONTH = Decimal("0.000001")
_TOO_LARGE = Decimal(10) ** 15
_MOST_DIGITS = 20
_LONGEST = 60
_TELEPHONE = re.compile(r"1[3-9][0-9]{9}")
_DAY = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_ZERO_WORDS = frozenset({"无", "没有", "零", "/", "-", "—", "——"})
_NUMBER = re.compile(
    # Separators strictly at each third digit, all of one kind; no leading zeros, no dot without digits around it.
    r"(?P<number>(?:[1-9][0-9]{0,2}(?:(?P<mark>[, ])[0-9]{3}(?:(?P=mark)[0-9]{3})*)|0|[1-9][0-9]*)(?:\.[0-9]+)?)"
    r"\s*(?P<suffix>(?:[^0-9.,\s].*)?)"
)
_NUMERAL = re.compile(f"[{numerals.CHARACTERS}点點]+")
_ERROR = re.compile(r"#+|#[A-Z][A-Z/0-9_]*[!?]?", re.IGNORECASE)
_INEXACT = re.compile(
    "[约近余多几数许来≥≤><≧≦＞＜~≈±+?？]|左右|上下|以上|以下|以内|之间|若干|大概|不到|不足|超过|至少|不少"
    r"|[0-9]\s*[-—–―~至到/、]\s*[0-9]|[一二两三四五六七八九]{2}|[百千万亿][一二三四五六七八九]$"
)
_EXTENSION = re.compile(r"\s*(?:转|分机|#|ext\.?)\s*:?\s*[0-9]{1,6}$", re.IGNORECASE)

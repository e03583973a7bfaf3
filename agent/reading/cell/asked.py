"""What a cell of figures is asked for: a field, its measure, and what is told where the cell doesn't give it.

Knows one field and the campaign's measures; how a cell is written is values.py's and written.py's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext

from agent.base.findings import Finding, Severity
from agent.base.plain import plain
from agent.campaign.rules import Campaign, FormField
from agent.reading.cell.folding import trim
from agent.reading.cell.measures import scale_of
from agent.reading.reading import Figure

MOST_DIGITS = 15
"""Significant digits that a figure may have: a workbook holds no more, and no sum of a district needs them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one cell of a figure field says; ``value`` is None exactly where a finding is an error."""

    value: Figure
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The field that a cell's column names; ``stated`` is the measure of its label, where it isn't the field's own."""

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
        if is_too_long(number) or is_too_long(value):
            return self.error("not_a_number", written, f"数字超过 {MOST_DIGITS} 位，请核对")
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

    def of_the_cell(self, rule: str, why: str) -> Reading:
        """An error about a cell of which nothing can be quoted."""
        return Reading(None, (self.finding("error", rule, f"“{self.field.full_label}”的{why}。", None),))

    def note(self, written: str, value: Decimal, more: str = "") -> Finding:
        """What a normalised figure is taken for, and ``more`` that is said of it."""
        measure = self.field.measure if value else ""
        doubt = "如是表示没有的横线，请改填 0" if trim(written) == "一" else "如不对，请更正后重报"
        text = f"“{self.field.full_label}”写的是“{quote(written)}”，按 {plain(value)} {measure}登记{more}。{doubt}。"
        return self.finding("note", "normalised", text, written)

    def finding(self, severity: Severity, rule: str, text: str, written: str | None) -> Finding:
        return Finding(severity, rule, text, self.field.id, written, (self.field.id,))


def quote(text: str) -> str:
    """What somebody wrote, fit to stand between quotation marks: one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def is_too_long(number: Decimal) -> bool:
    """Whether a number has more digits than a figure may have, before the point or in all that aren't zeros."""
    return len(tidy(number).as_tuple().digits) > MOST_DIGITS or abs(number) >= Decimal(10) ** MOST_DIGITS


def tidy(number: Decimal) -> Decimal:
    """Without trailing zeros, exponent or a negative zero."""
    with localcontext(prec=400):
        whole = number.to_integral_value()
        if number == whole:
            return abs(whole.quantize(Decimal(1))) if whole == 0 else whole.quantize(Decimal(1))
        return number.normalize()


_TELEPHONE = re.compile(r"1[3-9][0-9]{9}")
_DAY = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")

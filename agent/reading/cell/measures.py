"""What a unit of measure (计量单位) behind a number or in a label makes of the number: 元 where 万元 is asked.

Knows the campaign's measures and the multipliers 百, 千, 万, 亿; nothing of cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from agent.campaign.rules import Campaign, FormField

MULTIPLIERS = {
    "百": Decimal(100),
    "千": Decimal(1000),
    "万": Decimal(10**4),
    "十万": Decimal(10**5),
    "百万": Decimal(10**6),
    "千万": Decimal(10**7),
    "亿": Decimal(10**8),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """What a measure does to a number.

    Attributes:
        factor: the number times this is in the field's own measure.
        plain: written as the form asks, so that nobody needs to be told.
    """

    factor: Decimal
    plain: bool


def scale_of(suffix: str, field: FormField, campaign: Campaign, stated: str | None = None) -> Scale | None:
    """What the text behind a number means in a field; None where it doesn't fit or isn't clear.

    Args:
        suffix: without white space; empty for a bare number.
        field: whose measure is asked.
        campaign: whose measures count.
        stated: the measure that the column's label states, where it isn't the field's own.
    """
    if not suffix:
        return _bare(field, campaign, stated)
    own = _own(suffix, field, campaign)
    if own is not None:
        return own
    for multiplier in sorted(MULTIPLIERS, key=len, reverse=True):
        if suffix.startswith(multiplier):
            return _multiplied(multiplier, suffix[len(multiplier) :], field, campaign, stated)
    return None


def factor_of(measure: str, field: FormField, campaign: Campaign) -> Decimal | None:
    """How a label's measure converts into the field's; None where it doesn't."""
    if measure in MULTIPLIERS and not (field.measure or "").startswith(measure):
        return None  # （万）in a label may be 万次 or 万元: not clear enough for a whole column
    scale = scale_of(measure, field, campaign)
    return scale.factor if scale else None


def is_measure(text: str, campaign: Campaign) -> bool:
    """Whether the text is a measure that the campaign knows, on its own (（人次）, 单位：元)."""
    return strip_measure(text) in campaign.measure_names


def is_scale(text: str, campaign: Campaign) -> bool:
    """Whether the text is a measure that the campaign knows, or a multiple of one (百元)."""
    if text in campaign.measure_names:
        return True
    return text not in MULTIPLIERS and any(
        factor_of(text, field, campaign) is not None for field in campaign.form.figures
    )


def strip_measure(text: str) -> str:
    """A measure without brackets and without 单位： before it, from text without white space."""
    return re.sub(r"^(?:计量|金额)?单位[:：]", "", text.strip("()"))


def _bare(field: FormField, campaign: Campaign, stated: str | None) -> Scale | None:
    if stated is None:
        return Scale(Decimal(1), plain=True)
    factor = factor_of(stated, field, campaign)
    return None if factor is None else Scale(factor, plain=factor == 1)


def _own(suffix: str, field: FormField, campaign: Campaign) -> Scale | None:
    measure = campaign.measure_of(field)
    if suffix == field.measure or suffix in measure.same:
        return Scale(Decimal(1), plain=True)
    if suffix in measure.colloquial:
        return Scale(Decimal(1), plain=False)
    if suffix in measure.scales:
        return Scale(measure.scales[suffix], plain=False)
    return None


def _multiplied(
    multiplier: str, rest: str, field: FormField, campaign: Campaign, stated: str | None
) -> Scale | None:
    if rest:
        own = _own(rest, field, campaign)
        return own and Scale(own.factor * MULTIPLIERS[multiplier], plain=False)
    asked = stated or field.measure or ""
    bare = _bare(field, campaign, stated)
    if bare is None:
        return None
    if asked.startswith(multiplier):
        # 1.5万 where 万元 is asked: the measure, cut short.
        return Scale(bare.factor, plain=False)
    if asked[:1] in MULTIPLIERS:
        return None  # 2千 where 万元 is asked: 2千元 or 2千万元?
    return Scale(bare.factor * MULTIPLIERS[multiplier], plain=False)

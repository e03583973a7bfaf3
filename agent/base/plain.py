"""A number as people write it: exact, without an exponent or trailing zeros."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal


def plain(value: object) -> str:
    """A value as people write it: no exponent, no trailing zeros, a date as 2024年3月5日."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, dt.date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)

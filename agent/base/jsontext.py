"""JSON with exact decimals: counts and amounts go through it and back without passing a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import simplejson


def dumps(value: Any, indent: int | None = 2) -> str:
    """JSON text in UTF-8's own characters, keys in their order, decimals exact and without trailing zeros."""
    return simplejson.dumps(_shortest(value), ensure_ascii=False, indent=indent, use_decimal=True)


def loads(text: str | bytes) -> Any:
    """The value of a JSON text; a number with a fraction is a Decimal, a whole one an int."""
    return simplejson.loads(text, use_decimal=True)


def _shortest(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    if isinstance(value, dict):
        return {key: _shortest(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shortest(inner) for inner in value]
    return value

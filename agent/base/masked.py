"""What may leave the house: an overview or a letter's view, with the personal data in every text of it masked.

Works on the types of values alone. Numbers, dates, labels, ids and addresses stay as they are, and so does a number in
a sentence that is one of the figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast

from agent.base.personal import mask, numbers_in
from agent.base.plain import plain

Whole = TypeVar("Whole")

KEPT = frozenset({
    "id", "message", "sha256", "pixels", "path", "source", "sources", "message_id", "references", "answers",
    "sender", "to", "reply_to", "address", "by", "confirmed_by", "decided_by", "phone", "kind",
    "via", "token",
})  # fmt: skip
"""Fields that no person's words stand in, or that must stay exact: ids, hashes, cells, the form's own telephone, and
the addresses by which the contact knows who wrote."""

_SENDERS = frozenset({"sender", "to", "senders"})


def masked(whole: Whole, *phones: str) -> Whole:
    """The same, with what others wrote masked.

    Args:
        whole: a frozen dataclass, or tuples and mappings of such; rules and units in it stay as they are.
        phones: numbers that are no secret: the bureau's own.
    """
    open_numbers = frozenset().union(*map(numbers_in, phones))
    return cast(Whole, _masked(whole, open_numbers | frozenset(_numbers(whole))))


def _masked(value: Any, known: frozenset[str]) -> Any:
    if isinstance(value, str):
        return mask(value, known)
    if isinstance(value, tuple):
        return tuple(_masked(one, known) for one in value)
    if isinstance(value, Mapping):
        return {key: _masked(one, known) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        inner = {name: getattr(value, name) for name in _names(type(value)) if name not in KEPT}
        return replace(value, **{name: _masked(one, known) for name, one in inner.items()})
    return value


def _numbers(value: Any, name: str = "") -> Iterator[str]:
    """Numbers that may stand in a sentence: the figures, and those that are a sender's address."""
    if value is None or isinstance(value, int | dt.date):
        return
    if isinstance(value, Decimal):
        yield plain(value)
    elif isinstance(value, str):
        yield from numbers_in(value.partition("@")[0]) if name in _SENDERS else ()
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _numbers(one, name)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _numbers(one, name)
    else:
        for inner, one in _members(value):
            yield from _numbers(one, inner)


def _members(value: Any) -> Iterable[tuple[str, Any]]:
    kind: type = type(value)
    if is_dataclass(kind):
        return [(name, getattr(value, name)) for name in _names(kind)]
    senders = getattr(value, "senders", None)
    return [("senders", senders)] if senders else [("units", getattr(value, "units", ()))]


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))

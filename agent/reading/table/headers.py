"""Where a form keeps its header values: one of each type under the type's own name, and where a campaign asks for
two of a type (填报时间 and 统计截止时间), each of them under its own id besides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from agent.campaign.rules import Campaign, HeaderField, HeaderType
from agent.reading.reading import Form

ATTRIBUTES: dict[HeaderType, str] = {
    "unit": "unit",
    "date": "reported_on",
    "text": "reporter",
    "phone": "phone",
}
"""Where a Form keeps a header value, by its type: the first one that the rules have of it."""


def kept(values: Mapping[str, object], campaign: Campaign) -> dict[str, Any]:
    """The fields of a Form for header values by their ids."""
    fields: dict[str, Any] = dict.fromkeys(ATTRIBUTES.values())
    for header in reversed(campaign.form.header):
        fields[ATTRIBUTES[header.type]] = values.get(header.id)
    return fields | {"headers": {one.id: _as_text(values.get(one.id)) for one in _sharing(campaign)}}


def header_value(form: Form, header: HeaderField, campaign: Campaign) -> Any:
    """What a form says for one header value; None where it says nothing certain."""
    if header not in _sharing(campaign) or header.id not in form.headers:
        first = next(one for one in campaign.form.header if one.type == header.type)
        return getattr(form, ATTRIBUTES[header.type]) if header.id == first.id else None
    text = form.headers[header.id]
    return dt.date.fromisoformat(text) if text and header.type == "date" else text


def header_values(form: Form, campaign: Campaign) -> dict[str, Any]:
    """All of them, by id."""
    return {one.id: header_value(form, one, campaign) for one in campaign.form.header}


def _sharing(campaign: Campaign) -> list[HeaderField]:
    types = [one.type for one in campaign.form.header]
    return [one for one in campaign.form.header if types.count(one.type) > 1]


def _as_text(value: object) -> str | None:
    return value.isoformat() if isinstance(value, dt.date) else str(value) if value is not None else None

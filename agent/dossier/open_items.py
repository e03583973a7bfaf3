"""What people said that waits for a person (未了事项): what there is follows from what is recorded, and what settles it.

A question, a correction in words, a request for more time, a letter that came back: each stays listed until the unit
mends it, the contact decides it, or `review settle` says that it is done. A pure fold: rebuilt, it comes out the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from agent.dossier.dossier import Dossier
from agent.dossier.submission import Decision, Submission
from agent.dossier.version import FormVersion
from agent.reading.reading import Figure

Kind = Literal["correction", "question", "extension", "bounce", "other"]
KINDS: tuple[Kind, ...] = ("correction", "question", "extension", "bounce", "other")
"""In the order in which they are listed: what may be a wrong figure first, then what somebody waits for."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One thing that was said.

    Attributes:
        id: ``Q5``, what `review settle` takes: the place of its mail in the record; ``Q5-2`` the second of one mail.
        kind: what it is; ``told`` the same more exactly, as it was recorded (overview.Told).
        unit: whose, or None.
        text: in words, complete in itself.
        message: SHA-256 of the mail.
        seq: the mail's place in the record.
        field, value: of a correction: the figure that is disputed, and what it should be; None where that wasn't said.
        about: of a bounce: whom it is about.
    """

    id: str
    kind: Kind
    unit: str | None
    text: str
    received: dt.datetime
    message: str
    seq: int
    told: str = ""
    field: str | None = None
    value: Figure = None
    about: str = ""

    def as_json(self) -> dict[str, Any]:
        shown = {
            "id": self.id,
            "kind": self.kind,
            "unit": self.unit,
            "text": self.text,
            "received": self.received.isoformat(),
            "message": self.message,
        }
        return shown | ({"field": self.field, "value": self.value} if self.kind == "correction" else {})


def kind_of(told: str) -> Kind:
    """The kind of what was recorded under that name."""
    return next((one for one in KINDS if one == told), "other")


def item_id(seq: int, number: int) -> str:
    """The id of the number-th thing (from 1) that the mail recorded at that place says."""
    return f"Q{seq}" if number == 1 else f"Q{seq}-{number}"


def still_open(
    said: Iterable[OpenItem],
    decisions: Sequence[Decision],
    dossiers: Iterable[Dossier],
    contacts: Sequence[str],
) -> tuple[OpenItem, ...]:
    """What of all that was said nobody has settled, in the order of KINDS, then of arrival.

    Args:
        said: all of it, in any order.
        decisions: all that the contact has decided.
        dossiers: what each unit has sent.
        contacts: addresses of the contact and the deputies, in lower case: what they send isn't the unit's own word.
    """
    settled = {one.item: one.seq for one in decisions if one.kind == "settle"}
    by_unit = {one.unit.id: one for one in dossiers}
    waiting: dict[object, OpenItem] = {}
    for matter, items in _matters(said).items():
        # Who settles a letter that came back settles those that had come back by then.
        until = max((settled[one.id] for one in items if one.id in settled), default=-1)
        for item in items:
            if item.seq < until or _is_mended(item, by_unit.get(item.unit or ""), decisions, contacts):
                continue
            first = waiting.get(matter)
            waiting[matter] = replace(item, id=first.id, seq=first.seq) if first else item
    return tuple(sorted(waiting.values(), key=lambda one: (KINDS.index(one.kind), one.received, one.seq)))


def _matters(said: Iterable[OpenItem]) -> dict[object, list[OpenItem]]:
    """The items in order, each a matter of its own; letters that came back from one unit, or address, are one."""
    matters: dict[object, list[OpenItem]] = {}
    for item in sorted(said, key=lambda one: (one.seq, one.id)):
        matter = (item.unit, item.about) if item.kind == "bounce" else item.id
        matters.setdefault(matter, []).append(item)
    return matters


def _is_mended(
    item: OpenItem, dossier: Dossier | None, decisions: Sequence[Decision], contacts: Sequence[str]
) -> bool:
    """Whether what the unit has sent, or the contact decided, since then settles it by itself."""
    if dossier is None:
        return False
    since = [one for one in decisions if one.unit == item.unit and one.seq > item.seq]
    wrote = [
        one for one in dossier.submissions if one.seq > item.seq and one.sender.casefold() not in contacts
    ]
    if item.kind == "bounce":
        return any(one.received > item.received for one in wrote)
    if item.kind == "extension":
        brought = any(one.pieces for one in wrote)
        return any(one.kind == "extend" for one in since) or (brought and dossier.complete)
    if item.kind == "correction":
        return _is_put_right(item, dossier, since)
    return False


def _is_put_right(item: OpenItem, dossier: Dossier, since: Sequence[Decision]) -> bool:
    """Whether a later form, the unit's later words, or the contact set the disputed figure."""
    if item.field and any(one.kind == "override" and one.field == item.field for one in since):
        return True
    if any(one.kind == "confirm" and one.message == _spoken_of(item, dossier) for one in since):
        return True
    if item.field and any(_says(one, item.field) for one in dossier.submissions if one.seq > item.seq):
        return True
    newer = dossier.accepted
    if newer is not None and item.value is not None and newer.values.get(item.field or "") == item.value:
        return True
    if newer is None or newer.submission.seq <= item.seq or newer.received < item.received:
        return False
    if item.field is None:
        return True
    before, now = _figure_then(item, dossier), newer.values.get(item.field)
    # A form that repeats the figure that was called wrong mends something else.
    return now != before


def _says(submission: Submission, field: str) -> bool:
    return submission.confirms and field in submission.corrections


def _figure_then(item: OpenItem, dossier: Dossier) -> Figure:
    """The figure that the unit spoke of: of its newest form by then."""
    version = _version_then(item, dossier)
    return version.values.get(item.field or "") if version else None


def _spoken_of(item: OpenItem, dossier: Dossier) -> str:
    version = _version_then(item, dossier)
    return version.submission.message if version else ""


def _version_then(item: OpenItem, dossier: Dossier) -> FormVersion | None:
    sent = [one for one in dossier.versions if one.submission.seq < item.seq]
    return max(sent, key=lambda one: (one.received, one.number), default=None)

"""Where the campaign stands at one moment: every dossier, what is held, what failed, what has been sent.

What `status`, the digest, the reminders and the merge look at.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any, Literal

from agent.base import jsontext
from agent.base.findings import Finding
from agent.base.plain import plain
from agent.campaign.rules import Campaign
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import Dossier
from agent.dossier.open_items import OpenItem
from agent.dossier.submission import Decision
from agent.dossier.version import Filed, FormVersion
from agent.reading.reading import Figure

HeldReason = Literal["unknown_sender", "unit_conflict", "failed_authentication", "automatic", "after_final"]


@dataclass(frozen=True, slots=True)
class Held:
    """A mail that waits for the contact's decision (待核).

    Attributes:
        id: ``H3``, what `review` takes.
        form_unit: 单位 as its form writes it, or None.
        files: names of what it brought.
        brings: of form, narrative, photos, what it would bring to a dossier.
    """

    id: str
    message: str
    reason: HeldReason
    sender: str
    subject: str
    suggested_unit: str | None
    received: dt.datetime
    form_unit: str | None = None
    files: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A mail that was set aside after it failed a bounded number of times; ``reason`` is in words."""

    message: str
    sender: str
    subject: str
    received: dt.datetime
    reason: str

    @property
    def id(self) -> str:
        """``F1a2b3c4d``, what `review reject` takes."""
        return failed_id(self.message)


def failed_id(message: str) -> str:
    """The id of a mail that failed, from its SHA-256."""
    return f"F{message[:8]}"


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """Mails by the SHA-256 of their raw bytes; received = processed + held + ignored + failed.

    Attributes:
        waiting: kept, and still to be judged: the agent was stopped, or the last try went wrong.
        passed_over: received too early to be asked for (inbox.since); not among those received.
    """

    received: int = 0
    processed: int = 0
    held: int = 0
    ignored: int = 0
    failed: int = 0
    waiting: int = 0
    passed_over: int = 0


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """Letters by state. Doubtful: the connection died after the text was sent; it may arrive twice."""

    queued: int = 0
    sent: int = 0
    doubtful: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """One thing for the contact to see: a unit's question, a letter that couldn't be delivered, a limit reached.

    Attributes:
        kind: ``question``, ``correction``, ``extension``, ``bounce``, ``misuse``, ``explanation``, ``other``;
            ``letter_failed``, ``letter_doubtful``, ``limit``, ``purge``.
        text: in words, complete in itself.
        field, value: of ``correction``: the figure that is disputed, where it is said which; and what it should be,
            where that is certain.
    """

    kind: str
    at: dt.datetime
    text: str
    unit: str | None = None
    field: str | None = None
    value: Figure = None


@dataclass(frozen=True, slots=True)
class Purged:
    """What the rule of retention has removed at one time.

    Attributes:
        before: only what was received before that day.
        counts: how much of each; ``bytes`` of all together.
    """

    at: dt.datetime
    by: str
    before: dt.date
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stray:
    """What is filed under a unit's id that the register doesn't have, or whose forms now name another unit.

    Attributes:
        unit: the id that it is filed under; ``written`` what its forms write as their 单位, or "".
        mails: how many mails brought it.
        registered: the name that the register has for that id now; None where it has no such id.
    """

    unit: str
    written: str
    mails: int
    registered: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Stray.__slots__}

    @property
    def words(self) -> str:
        """What is wrong and what to do, complete in itself."""
        if self.registered is not None:
            return (
                f"{self.registered}（{self.unit}）名下的统计表写的单位是“{self.written}”。请核对 units.yaml："
                f"单位改了名的，把“{self.written}”加进它的 aliases；id 写串了的，改回来。"
            )
        written = f"，表上写的单位是“{self.written}”" if self.written else ""
        return (
            f"units.yaml 里没有 id 为 {self.unit} 的单位，而归档里有它的材料（{self.mails} 封信{written}）。"
            f"请把它写回 units.yaml：改过 id 的，改回 {self.unit}；不要它再报的，写上 required: false，"
            f"再用 report-agent review withdraw {self.unit} 撤回它的统计表。"
        )


@dataclass(frozen=True, slots=True)
class Made:
    """The report that was made last.

    Attributes:
        at: when; ``final``: it closed the campaign.
        outdated: what it says isn't what it would say now.
    """

    at: dt.datetime
    final: bool
    outdated: bool

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "final": self.final, "outdated": self.outdated}


@dataclass(frozen=True, slots=True)
class Health:
    """How the agent itself is: when it last looked into the mailbox, and what troubles it.

    Attributes:
        last_digest_seq: the last digest's place in the record; what came after it is new. 0: none yet.
    """

    last_poll: dt.datetime | None = None
    last_digest: dt.datetime | None = None
    troubles: tuple[str, ...] = ()
    last_digest_seq: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """Where the campaign stands.

    Attributes:
        as_of: in the configured zone.
        dossiers: one a unit, in the register's order.
        cross_findings: unit id → warnings to the contact that arise among units.
        purged: what the rule of retention has removed, in order.
        unreachable: units whose last letter bounced.
        final: the decision that closed the campaign, or None.
        told: what the contact should see that arose since the last digest.
        open: what people said that nobody has settled, the gravest first.
        strays: what is filed under a unit that the register doesn't have, or doesn't call so.
        report: the report that was made last, or None.
    """

    campaign: Campaign
    register: Register
    as_of: dt.datetime
    dossiers: tuple[Dossier, ...]
    held: tuple[Held, ...] = ()
    failed: tuple[Failed, ...] = ()
    messages: MessageCounts = MessageCounts()
    letters: LetterCounts = LetterCounts()
    unreachable: frozenset[str] = frozenset()
    final: Decision | None = None
    told: tuple[Told, ...] = ()
    open: tuple[OpenItem, ...] = ()
    strays: tuple[Stray, ...] = ()
    report: Made | None = None
    health: Health = Health()
    cross_findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    purged: tuple[Purged, ...] = ()

    @property
    def photos_removed(self) -> bool:
        """Photos were removed by the rule of retention: no album can be made of them any more."""
        return any(one.piece.removed for dossier in self.dossiers for one in dossier.photos)

    @property
    def today(self) -> dt.date:
        return self.as_of.date()

    def held_of(self, unit: Unit) -> tuple[Held, ...]:
        """The held mails that come from the unit, or seem to be the unit's."""
        senders = {sender.casefold() for sender in unit.senders}
        return tuple(
            one for one in self.held if one.suggested_unit == unit.id or one.sender.casefold() in senders
        )

    def lacks(self, dossier: Dossier) -> tuple[str, ...]:
        """What the unit owes and no held mail of its brings either."""
        held = {what for one in self.held_of(dossier.unit) for what in one.brings}
        return tuple(what for what in dossier.owes if what not in held)

    @property
    def reporting(self) -> tuple[Dossier, ...]:
        """The dossiers that the report has a row for: every required unit, and others that sent a form."""
        return tuple(one for one in self.dossiers if one.unit.required or one.accepted)

    @property
    def incomplete(self) -> tuple[Dossier, ...]:
        """Required units that owe something, or whose form waits to be mended or confirmed."""
        return tuple(
            one
            for one in self.dossiers
            if (one.unit.required and not one.complete) or one.pending is not None
        )

    @property
    def is_complete(self) -> bool:
        """Nothing is missing, unmended, unconfirmed or held; a mail that failed is told apart."""
        return not self.incomplete and not self.held

    @property
    def disputed(self) -> tuple[OpenItem, ...]:
        """The figures that somebody has called wrong: no report is final before that is settled."""
        return tuple(one for one in self.open if one.kind == "correction")

    @property
    def may_be_final(self) -> bool:
        """Nothing that the report is made of is missing, waits, or is disputed."""
        return self.is_complete and not self.disputed

    @property
    def totals(self) -> dict[str, Decimal | None]:
        """Field id → the sum over the accepted forms, exact; None where there is none: nobody's total is no 0."""
        totals: dict[str, Decimal | None] = dict.fromkeys(one.id for one in self.campaign.form.figures)
        with localcontext(prec=10_000):
            for dossier in self.dossiers:
                for name in totals if dossier.accepted else ():
                    value = dossier.accepted.values[name] if dossier.accepted else None
                    assert isinstance(value, Decimal), f"an accepted form without {name}"
                    totals[name] = (totals[name] or Decimal(0)) + value
        return totals

    def as_json(self) -> dict[str, Any]:
        """As `status --json` shows it."""
        return {
            "campaign": self.campaign.id,
            "deadline": self.campaign.deadline.isoformat(),
            "as_of": self.as_of.isoformat(),
            "final": self.final is not None,
            "units": [self._unit_json(one) for one in self.dossiers],
            "held": [_held_json(one) for one in self.held],
            "open": [one.as_json() for one in self.open],
            **({"strays": [one.as_json() for one in self.strays]} if self.strays else {}),
            **({"report": self.report.as_json()} if self.report else {}),
            "messages": _counts_json(self.messages),
            "failed": [_failed_json(one) for one in self.failed],
            "letters": {name: getattr(self.letters, name) for name in LetterCounts.__slots__},
            **({"purged": [_purged_json(one) for one in self.purged]} if self.purged else {}),
        }

    def _unit_json(self, dossier: Dossier) -> dict[str, Any]:
        shown = {
            "id": dossier.unit.id,
            "name": dossier.unit.name,
            "required": dossier.unit.required,
            "complete": dossier.complete,
            "late": dossier.late(self.today),
            "deadline": dossier.deadline.isoformat(),
            "form": _form_json(dossier),
            "narrative": _files_json(dossier.narratives, owed="narrative" not in dossier.owes),
            "photos": {
                "count": len(dossier.photos),
                **_files_json(dossier.photos, owed="photos" not in dossier.owes),
            },
            "warnings": [one.as_json() for one in self.cross_findings.get(dossier.unit.id, ())],
        }
        return {**shown, "unreachable": True} if dossier.unit.id in self.unreachable else shown


def what_it_shows(dossiers: Iterable[Dossier]) -> str:
    """What a report made now would show, as a hash: of another hash, the report is out of date."""
    shown = [
        [
            one.unit.id,
            one.unit.name,
            one.accepted.number if one.accepted else 0,
            [[name, "" if value is None else plain(value)] for name, value in _shown_values(one).items()],
            one.pending.number if one.pending else 0,
            list(one.owes),
            [filed.piece.sha256 for filed in (*one.narratives, *one.photos)],
        ]
        for one in dossiers
    ]
    return hashlib.sha256(jsontext.dumps(shown).encode("utf-8", "replace")).hexdigest()


def _shown_values(dossier: Dossier) -> Mapping[str, Figure]:
    return dossier.accepted.values if dossier.accepted else {}


def _form_json(dossier: Dossier) -> dict[str, Any]:
    version = dossier.shown
    if version is None:
        return {"status": "missing", "version": 0, "values": {}, "findings": [], "source": None}
    shown = {"status": dossier.form_status, **_version_json(version)}
    if dossier.accepted is not None and dossier.pending is not None:
        pending = dossier.pending
        shown["pending"] = {
            "version": pending.number,
            "status": pending.standing,
            "findings": [one.as_json() for one in pending.findings],
            "values": dict(pending.values),
        }
    return shown


def _version_json(version: FormVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "values": dict(version.values),
        "findings": [one.as_json() for one in version.findings],
        "explanation": version.explanation or None,
        "closed": version.closed,
        "confirmed_by": version.confirmed_by,
        **({"corrections": _corrections_json(version)} if version.corrections else {}),
        "source": {
            "message": version.submission.message,
            "file": version.file,
            "received": version.received.isoformat(),
        },
    }


def _corrections_json(version: FormVersion) -> dict[str, Any]:
    """Field id → the unit's mail that put the figure right, and what had been read."""
    return {
        name: {
            "message": mail.message,
            "received": mail.received.isoformat(),
            "by": mail.sender,
            "read": version.form.values.get(name),
        }
        for name, mail in version.corrections.items()
    }


def _files_json(filed: Sequence[Filed], *, owed: bool) -> dict[str, Any]:
    shown = {
        "status": "accepted" if owed and filed else "missing",
        "files": [one.path for one in filed if not one.piece.removed],
    }
    removed = sum(1 for one in filed if one.piece.removed)
    return {**shown, "removed": removed} if removed else shown


def _purged_json(purged: Purged) -> dict[str, Any]:
    return {
        "at": purged.at.isoformat(),
        "by": purged.by,
        "before": purged.before.isoformat(),
        "counts": dict(purged.counts),
    }


def _counts_json(counts: MessageCounts) -> dict[str, int]:
    shown = {name: getattr(counts, name) for name in MessageCounts.__slots__}
    return {name: count for name, count in shown.items() if count or name not in ("waiting", "passed_over")}


def _held_json(held: Held) -> dict[str, Any]:
    return {
        "id": held.id,
        "reason": held.reason,
        "from": held.sender,
        "subject": held.subject,
        "suggested_unit": held.suggested_unit,
        "received": held.received.isoformat(),
        "message": held.message,
        "files": list(held.files),
    }


def _failed_json(failed: Failed) -> dict[str, Any]:
    return {
        "id": failed.id,
        "message": failed.message,
        "from": failed.sender,
        "subject": failed.subject,
        "received": failed.received.isoformat(),
        "reason": failed.reason,
    }

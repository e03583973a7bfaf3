"""What the digest shows: the overview, sorted by what the contact has to do. Holds no wording."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.base.findings import Finding
from agent.campaign.settings import Contact
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import Dossier
from agent.dossier.open_items import OpenItem
from agent.dossier.overview import Failed, Held, Overview, Stray, Told
from agent.dossier.submission import Submission
from agent.dossier.version import Standing
from agent.judging.command_words import ReadyReply, ready_replies, rejecting
from agent.judging.personal_notes import notes
from agent.letters.views import Owed, Problem, file_of, owed


@dataclass(frozen=True, slots=True)
class NewItem:
    """One mail that joined a dossier since the last digest: what it brought.

    Attributes:
        unit: the unit's name.
        form: the version's number where it brought a form, else None; ``standing`` is that version's now.
        unread: how many of its files couldn't be read.
    """

    at: dt.datetime
    unit: str
    form: int | None = None
    standing: Standing | None = None
    narratives: int = 0
    photos: int = 0
    others: int = 0
    unread: int = 0
    explains: bool = False
    confirms: bool = False

    @classmethod
    def of(cls, dossier: Dossier, submission: Submission) -> NewItem:
        """What the submission brought to the dossier; what an earlier mail brought already doesn't count."""
        new = [one.piece for one in dossier.filed if one.message == submission.message]
        versions = [one for one in dossier.versions if one.submission.message == submission.message]
        return cls(
            at=submission.received,
            unit=dossier.unit.name,
            form=versions[-1].number if versions else None,
            standing=versions[-1].standing if versions else None,
            narratives=sum(one.is_narrative for one in new),
            photos=sum(one.kind == "photo" for one in new),
            others=sum(one.kind == "other" and not one.is_narrative for one in new),
            unread=sum(one.severity == "error" for one in submission.findings),
            explains=bool(submission.explanation),
            confirms=submission.confirms,
        )


def news(overview: Overview) -> tuple[NewItem, ...]:
    """One item a mail that joined a dossier since the last digest, oldest first.

    By its place in the record, not by its date: a mail that lay in the mailbox for a while is new, too.
    """
    items = [
        NewItem.of(dossier, submission)
        for dossier in overview.dossiers
        for submission in dossier.submissions
        if submission.seq > overview.health.last_digest_seq
    ]
    return tuple(sorted(items, key=lambda item: item.at))


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit's line of the matrix.

    Attributes:
        overdue: it owes something and the deadline is over; ``late``: that, or its form came late.
        pending: a newer form waits while an older one stands: how it waits, or None.
    """

    unit: Unit
    owed: tuple[Owed, ...]
    complete: bool
    overdue: bool
    late: bool
    days_over: int
    pending: Standing | None
    unreachable: bool
    has_sent: bool


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A held mail with the suggested unit, and the one that its sender is registered to.

    Attributes:
        acceptable: ``accept`` alone will do.
        token, replies: for deciding by mail; none where that isn't offered.
    """

    held: Held
    sender_unit: Unit | None
    suggested: Unit | None
    acceptable: bool
    token: str = ""
    replies: tuple[ReadyReply, ...] = ()

    @property
    def agrees(self) -> bool:
        """The form's unit is the suggested one, so that it needn't be told apart."""
        name = self.suggested.name if self.suggested else None
        return name is not None and (self.held.form_unit or name).startswith(name)


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A mail that failed, which may be set aside by mail, too."""

    failed: Failed
    token: str = ""
    replies: tuple[ReadyReply, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What ready replies are made of: the token of each mail by its id, whom they go to, and who writes them."""

    tokens: Mapping[str, str]
    to: str
    contact: Contact


@dataclass(frozen=True, slots=True)
class UnitNote:
    """Something about one unit that the contact should look at."""

    unit: Unit
    version: int
    file: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of one figure over the accepted forms."""

    label: str
    value: Decimal
    measure: str


@dataclass(frozen=True, slots=True)
class DigestView:
    """All that a digest tells of; ``waiting`` is how many things wait for the contact.

    Attributes:
        personal: units whose words hold personal data, in what has come since the last digest.
        disputed, said: what people said and nobody has settled: figures called wrong, and the rest.
        questions: all of that once more, in the shape that templates of earlier versions look for.
        troubles: what became of letters, and the like, since the last digest.
        strays: what is filed under a unit that the register doesn't have.
        outdated: the report that was made shows something else than it would now.
    """

    complete: int
    required: int
    accepted: int
    days_left: int
    rows: tuple[UnitRow, ...]
    overdue: tuple[UnitRow, ...]
    held: tuple[HeldRow, ...]
    to_confirm: tuple[UnitNote, ...]
    to_mend: tuple[UnitNote, ...]
    cross: tuple[UnitNote, ...]
    unexplained: tuple[UnitNote, ...]
    questions: tuple[Told, ...]
    troubles: tuple[Told, ...]
    failed: tuple[FailedRow, ...]
    totals: tuple[Total, ...]
    news: tuple[NewItem, ...]
    to_phone: tuple[Unit, ...] = ()
    personal: tuple[UnitNote, ...] = ()
    disputed: tuple[OpenItem, ...] = ()
    said: tuple[OpenItem, ...] = ()
    strays: tuple[Stray, ...] = ()
    outdated: bool = False

    @property
    def by_mail(self) -> str:
        """The first mail that can be decided by mail, for the example; "" where none can."""
        return next((row.held.id for row in self.held if row.token), "")

    @property
    def waiting(self) -> int:
        groups = (
            self.held, self.to_confirm, self.cross, self.unexplained, self.disputed, self.said, self.failed,
            self.personal, self.strays,
        )  # fmt: skip
        return sum(len(group) for group in groups) + bool(self.to_phone) + self.outdated


def digest_view(
    overview: Overview, new: Iterable[NewItem], to_phone: Iterable[Unit] = (), offer: Offer | None = None
) -> DigestView:
    """All that a digest tells of; with ``offer`` the held mails can be decided by mail."""
    rows = tuple(_row(one, overview) for one in overview.dossiers)
    required = [row for row in rows if row.unit.required]
    pending = [one for one in overview.dossiers if one.pending is not None]
    return DigestView(
        complete=sum(row.complete for row in required),
        required=len(required),
        accepted=sum(one.accepted is not None for one in overview.dossiers),
        days_left=(overview.campaign.deadline - overview.today).days,
        rows=rows,
        overdue=tuple(row for row in rows if row.overdue),
        held=tuple(
            _offered(_held(one, overview.register), overview.register, offer) for one in overview.held
        ),
        to_confirm=tuple(_waiting(one) for one in pending if _standing(one) == "needs_confirmation"),
        to_mend=tuple(_waiting(one) for one in pending if _standing(one) == "needs_correction"),
        cross=tuple(_cross(one, overview) for one in overview.dossiers if _crossed(one, overview)),
        unexplained=tuple(_unexplained(one) for one in overview.dossiers if _open(one)),
        questions=tuple(
            Told(one.told or one.kind, one.received, one.text, one.unit) for one in overview.open
        ),
        troubles=tuple(one for one in overview.told if one.kind in OF_LETTERS),
        failed=tuple(_failed(one, offer) for one in overview.failed),
        totals=tuple(_totals(overview)),
        news=tuple(new),
        to_phone=tuple(to_phone),
        personal=tuple(_personal(overview)),
        disputed=overview.disputed,
        said=tuple(one for one in overview.open if one.kind != "correction"),
        strays=overview.strays,
        outdated=overview.report is not None and overview.report.outdated,
    )


OF_LETTERS = ("letter_failed", "letter_doubtful", "limit", "oversize", "purge")
"""Kinds of what is told once: nobody has said it, and nothing is to be settled."""


def _row(dossier: Dossier, overview: Overview) -> UnitRow:
    over = (overview.today - dossier.deadline).days
    both = dossier.accepted is not None and dossier.pending is not None
    return UnitRow(
        unit=dossier.unit,
        owed=owed(dossier),
        complete=dossier.complete,
        overdue=dossier.unit.required and not dossier.complete and over > 0,
        late=dossier.late(overview.today),
        days_over=over,
        pending=_standing(dossier) if both else None,
        unreachable=dossier.unit.id in overview.unreachable,
        has_sent=dossier.has_sent,
    )


def _held(held: Held, register: Register) -> HeldRow:
    suggested = register.by_id.get(held.suggested_unit or "")
    # accept refuses where sender and form disagree: there a person has to name the unit.
    acceptable = suggested is not None and held.reason != "unit_conflict"
    return HeldRow(held, register.of_sender(held.sender), suggested, acceptable)


def _offered(row: HeldRow, register: Register, offer: Offer | None) -> HeldRow:
    """The row with its ready replies: the units that it seems to be from first."""
    token = offer.tokens.get(row.held.id, "") if offer else ""
    if offer is None or not token:
        return row
    accept = row.suggested.name if row.suggested and row.acceptable else None
    named = register.in_form(row.held.form_unit).unit if row.held.form_unit else None
    likely = dict.fromkeys(one.name for one in (row.sender_unit, named, row.suggested) if one)
    unknown = (
        bool(row.held.sender) and row.sender_unit is None and not offer.contact.is_contact(row.held.sender)
    )
    others = [name for name in likely if name != accept]
    replies = ready_replies(row.held.id, token, offer.to, accept, others, register=unknown)
    return replace(row, token=token, replies=replies)


def _failed(failed: Failed, offer: Offer | None) -> FailedRow:
    token = offer.tokens.get(failed.id, "") if offer else ""
    replies = rejecting(failed.id, token, offer.to) if offer and token else ()
    return FailedRow(failed, token, replies)


def _standing(dossier: Dossier) -> Standing | None:
    return dossier.pending.standing if dossier.pending else None


def _waiting(dossier: Dossier) -> UnitNote:
    version = dossier.pending
    assert version is not None
    return _note(dossier, version.number, file_of(version), version.of_severity("error"))


def _open(dossier: Dossier) -> tuple[Finding, ...]:
    return tuple(one for one in dossier.accepted.open_warnings) if dossier.accepted else ()


def _unexplained(dossier: Dossier) -> UnitNote:
    version = dossier.accepted
    assert version is not None
    return _note(dossier, version.number, file_of(version), _open(dossier))


def _crossed(dossier: Dossier, overview: Overview) -> tuple[Finding, ...]:
    return overview.cross_findings.get(dossier.unit.id, ())


def _cross(dossier: Dossier, overview: Overview) -> UnitNote:
    number = dossier.accepted.number if dossier.accepted else 0
    return _note(dossier, number, "", _crossed(dossier, overview))


def _personal(overview: Overview) -> Iterable[UnitNote]:
    for dossier in overview.dossiers:
        found = notes(dossier, overview.health.last_digest_seq)
        if found:
            yield _note(dossier, 0, "", found)


def _note(dossier: Dossier, number: int, file: str, findings: Iterable[Finding]) -> UnitNote:
    label = dossier.campaign.form.label_of
    problems = (
        Problem(one.severity, label(one.field) if one.field else "", "", (), one.text) for one in findings
    )
    return UnitNote(dossier.unit, number, file, tuple(dict.fromkeys(problems)))


def _totals(overview: Overview) -> Iterable[Total]:
    for name, value in overview.totals.items():
        if value is None:  # nobody's total is no 0
            continue
        column = overview.campaign.form.field(name)
        yield Total(column.full_label, value, column.measure or "")

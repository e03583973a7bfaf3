"""The pure middle: one mail to its Outcome. No clock, no network, no disk.

What a mail is, whose it is, what it brings, and what to answer, from its bytes, the campaign's rules, the units,
and what the unit has sent before. Effects (filing, letters, ledger) stand elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import Unit
from agent.dossier.dossier import Dossier
from agent.dossier.overview import HeldReason, Told
from agent.dossier.own_corrections import overruled
from agent.dossier.submission import Submission
from agent.judging.command_words import Order
from agent.judging.commands import hear
from agent.judging.contents import Brought, bring
from agent.judging.evidence import (
    Circumstances,
    answer_to,
    disagrees,
    doubted,
    is_private,
    not_reached,
    own_letters_bounced,
    suggested,
    written_by_machine,
)
from agent.judging.personal_notes import in_accounts, in_remarks
from agent.judging.replies import in_own_words, spoken_about
from agent.judging.restated import with_restated
from agent.judging.saying import Letter, said_alone, said_beside, said_by_the_contact
from agent.judging.tokens import PATTERN
from agent.mail.authentication import Signed, names_a_stranger, verdict
from agent.mail.automatic import bounced_ids, failed_recipients, is_bounce
from agent.mail.message import Message, parse, parse_head
from agent.reading.files import Mail, open_mail, read_message
from agent.reading.reading import READERS_VERSION, Figure
from agent.reading.words.explaining import announces_file

State = Literal["processed", "held", "ignored", "failed"]
Reply = Literal["receipt", "correction", "acknowledgement", "noted", "decision"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one mail comes to.

    Attributes:
        reason: why it is held (overview.HeldReason) or ignored; of a failed mail, in words.
        unit: the id of the unit whose dossier it joins; None unless processed.
        suggested_unit: for a held mail, whose it seems to be.
        submission: what it brings; kept for a held mail too, until the contact decides.
        reply: which letter answers it, or None.
        bounced: Message-IDs of our own letters that it says weren't delivered.
        undelivered: addresses that it says a letter couldn't be delivered to, where it names no letter.
        orders: what the contact decides by it; what became of each, once they have been carried out.
        lacks_file: it has no file, and means to bring one (explaining.announces_file).
        private: a mail in somebody's own mailbox that is none of ours: nothing of it is kept.
        removed: the day on which its raw text was removed by the rule of retention, or None.
        blobs: SHA-256 → bytes of the pieces; never stored with the outcome.
    """

    state: State
    reason: str | None = None
    unit: str | None = None
    suggested_unit: str | None = None
    form_unit: str | None = None
    sender: str = ""
    subject: str = ""
    submission: Submission | None = None
    reply: Reply | None = None
    reply_to: str = ""
    told: tuple[Told, ...] = ()
    bounced: tuple[str, ...] = ()
    undelivered: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    lacks_file: bool = False
    private: bool = False
    removed: str | None = None
    rules: str = ""
    readers: str = READERS_VERSION
    blobs: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """The recorded reading: everything but the bytes."""
        return {
            "state": self.state,
            "reason": self.reason,
            "unit": self.unit,
            "suggested_unit": self.suggested_unit,
            "form_unit": self.form_unit,
            "sender": self.sender,
            "subject": self.subject,
            "submission": self.submission.as_json() if self.submission else None,
            "reply": self.reply,
            "reply_to": self.reply_to,
            "told": [_told_json(one) for one in self.told],
            "bounced": list(self.bounced),
            **({"undelivered": list(self.undelivered)} if self.undelivered else {}),
            **({"orders": [one.as_json() for one in self.orders]} if self.orders else {}),
            **({"lacks_file": True} if self.lacks_file else {}),
            "private": self.private,
            **({"removed": self.removed} if self.removed else {}),
            "rules": self.rules,
            "readers": self.readers,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Outcome:
        names = cls.__dataclass_fields__
        plain = {name: value for name, value in stored.items() if name in names}
        return cls(
            **{
                **plain,
                "submission": Submission.from_json(stored["submission"]) if stored["submission"] else None,
                "told": tuple(map(_told_from_json, stored["told"])),
                "bounced": tuple(stored["bounced"]),
                "undelivered": tuple(stored.get("undelivered", ())),
                "orders": tuple(map(Order.from_json, stored.get("orders", ()))),
            }
        )


_Sent = tuple[Mail, bytes]
"""A mail taken apart, and as it came."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One mail with all that bears on it."""

    message: Message
    sent: _Sent
    received: dt.datetime
    submission: Submission
    brought: Brought
    circumstances: Circumstances
    dossier_of: Callable[[str], Dossier]
    signed: Signed | None = None

    def letter(self, unit: Unit | None) -> Letter:
        """The mail's own words, as they are told to the contact; with what is registered of the unit."""
        shown = self.dossier_of(unit.id).shown if unit else None
        circumstances, said = self.circumstances, self.submission
        accepted = self.dossier_of(unit.id).accepted if unit else None
        stands = (
            accepted.submission.message if accepted else None
        )  # what waits to be confirmed is asked about again
        return Letter(
            sender=unit.name if unit else self.message.sender,
            unit=unit.id if unit else None,
            subject=self.message.subject,
            words=self.brought.own_words,
            received=self.received,
            values=(shown.values if shown else {}) if unit else None,
            brought=self.brought,
            about_a_form=self.brought.form is not None or said.confirms or bool(said.correction_findings),
            explains=bool(said.explanation),
            not_taken=said.corrections
            if said.not_taken and stands == said.answers
            else self._overruled(unit)
            if unit
            else {},
            campaign=circumstances.campaign,
            phone=circumstances.contact.phone,
        )

    def _overruled(self, unit: Unit) -> Mapping[str, Figure]:
        """The figures that it puts right, and that the contact has set otherwise: the contact's stand, in dispute."""
        said, dossier = self.submission, self.dossier_of(unit.id)
        versions = (dossier.pending, dossier.accepted)
        about = [one for one in versions if one is not None and one.submission.message == said.answers]
        return overruled(said.corrections, about[0].overrides) if said.confirms and about else {}

    @property
    def registered(self) -> Unit | None:
        """The unit to which the sender's address is registered."""
        return self.circumstances.register.of_sender(self.message.sender)


def decide(
    raw: bytes,
    received: dt.datetime,
    seq: int,
    circumstances: Circumstances,
    dossier_of: Callable[[str], Dossier],
    signed: Signed | None = None,
) -> Outcome:
    """What the mail comes to.

    Args:
        raw: the mail's bytes.
        received: when the mailbox got it (aware).
        seq: the place that it will take in the order of everything recorded.
        circumstances: the rules, the units, the settings that bear on it.
        dossier_of: unit id → what that unit has sent before.
        signed: what verifying its signature came to when it was taken in; None: it wasn't verified.
    """
    mail = open_mail(raw)
    message = parse(raw, mail.mime)
    local = received.astimezone(circumstances.zone)
    outcome = _judge(message, (mail, raw), local, seq, circumstances, dossier_of, signed)
    return replace(
        outcome,
        sender=message.sender,
        subject=_subject(message, outcome),
        reply_to=answer_to(message, circumstances.register),
        rules=circumstances.campaign.digest,
    )


def _subject(message: Message, outcome: Outcome) -> str:
    """The subject; of a ready reply without its token, which is nobody else's to see."""
    said = outcome.submission
    ready = outcome.orders or (said is not None and said.answers)
    return PATTERN.sub("…", message.subject) if ready else message.subject


def hand_in(
    raw: bytes, received: dt.datetime, seq: int, unit: Unit, by: str, circumstances: Circumstances
) -> Outcome:
    """What a mail comes to that the contact hands in for a unit: that unit's, whatever it says.

    Of a table of several units, that unit's rows.
    """
    mail = open_mail(raw)
    message = parse(raw, mail.mime)
    local = received.astimezone(circumstances.zone)
    brought = _read(message, (mail, raw), local, circumstances, unit)
    submission = adopt(
        _submission(message, local, seq, brought, circumstances), seq, by, circumstances.campaign
    )
    return Outcome(
        "processed",
        unit=unit.id,
        submission=submission,
        sender=message.sender,
        subject=message.subject,
        rules=circumstances.campaign.digest,
        blobs=brought.blobs,
    )


def withheld(
    head: bytes, received: dt.datetime, seq: int, envelope: Mapping[str, Any], circumstances: Circumstances
) -> Outcome:
    """What a mail comes to whose text the mailbox didn't hand over: too large, or refused by the server.

    Only a registered unit's is answered, and only where its headers leave no doubt of whose it is.
    """
    message = parse_head(head)
    if is_private(message, Brought(), circumstances):
        return Outcome("ignored", "private", private=True, rules=circumstances.campaign.digest)
    told = f"邮件太大（{int(envelope['size']) / 1_000_000:.0f} MB），"
    registered = circumstances.register.of_sender(message.sender)
    certain = written_by_machine(message, circumstances) is None and not doubted(message, circumstances, None)
    outcome = Outcome(
        "failed", sender=message.sender, subject=message.subject, rules=circumstances.campaign.digest
    )
    if envelope["withheld"] != "too_large" or registered is None or not certain or circumstances.closed:
        why = f"{told}没有取回" if envelope["withheld"] == "too_large" else "邮件服务器没有给出这封邮件"
        return replace(outcome, reason=f"{why}。请在邮箱网页里打开这封邮件查看。")
    advice = "系统没有取回其中的材料。请压缩照片，或分几封邮件发送，每封不超过 50 MB。"
    brought = Brought(findings=(Finding("error", "too_large", told + advice),))
    local = received.astimezone(circumstances.zone)
    return replace(
        outcome,
        state="processed",
        unit=registered.id,
        submission=_submission(message, local, seq, brought, circumstances),
        reply="receipt",
        reply_to=answer_to(message, circumstances.register),
    )


def adopt(submission: Submission, seq: int, by: str, campaign: Campaign) -> Submission:
    """The submission once a person has decided whose it is: what the form says of its unit is settled."""
    settled = {header.id for header in campaign.form.header if header.type == "unit"}
    findings = tuple(
        one
        for one in submission.form_findings
        if not (one.field in settled and one.rule in ("unit_unknown", "header_missing"))
    )
    return replace(submission, seq=seq, decided_by=by, form_findings=findings)


def _judge(
    message: Message,
    sent: _Sent,
    received: dt.datetime,
    seq: int,
    circumstances: Circumstances,
    dossier_of: Callable[[str], Dossier],
    signed: Signed | None,
) -> Outcome:
    machine = written_by_machine(message, circumstances)
    bounced = own_letters_bounced(message, circumstances) if machine else ()
    if bounced:
        return Outcome("ignored", "bounce", bounced=bounced)
    outcome = _judge_unless_bounced(message, sent, received, seq, circumstances, dossier_of, machine, signed)
    # Anything with a form in it is for a person to see, whatever it says besides.
    names_addresses = machine is not None and outcome.state == "ignored"
    return _undelivered(outcome, message, received, circumstances) if names_addresses else outcome


def _judge_unless_bounced(
    message: Message,
    sent: _Sent,
    received: dt.datetime,
    seq: int,
    circumstances: Circumstances,
    dossier_of: Callable[[str], Dossier],
    machine: str | None,
    signed: Signed | None,
) -> Outcome:
    if machine == "own" and not is_private(message, Brought(), circumstances):
        return Outcome("ignored", "own")
    brought = _read(message, sent, received, circumstances)
    if is_private(message, brought, circumstances):
        return Outcome("ignored", "private", private=True)
    submission = _submission(message, received, seq, brought, circumstances)
    case = _Case(message, sent, received, submission, brought, circumstances, dossier_of, signed)
    if machine is None:
        return _from_a_person(case)
    if brought.form is None or machine == "own":
        return Outcome("ignored", machine)
    return _held(
        "automatic", case, suggested(case.message, case.brought, case.circumstances.register), reply=None
    )


def _from_a_person(case: _Case) -> Outcome:
    """The contact's decisions; else what the mail brings."""
    proven = verdict(case.message, case.circumstances.authentication.trust, case.signed)
    hearing = hear(case.message, case.brought, case.received, case.circumstances, proven)
    if hearing.orders:
        return Outcome("processed", "decision", orders=hearing.orders, reply="decision", told=hearing.told)
    outcome = _what_it_brings(case)
    return replace(outcome, told=(*outcome.told, *hearing.told))


def _what_it_brings(case: _Case) -> Outcome:
    """Whose mail it is, by the evidence, strongest first: the sender, the form, the subject and file names."""
    registered = case.registered
    likely = suggested(case.message, case.brought, case.circumstances.register)
    # Who is named in From didn't write what fails: a letter would be about a stranger's mail.
    forged = names_a_stranger(case.message, case.circumstances.authentication.trust, case.signed)
    reply: Reply | None = None if forged else "acknowledgement"
    if registered is None and not case.circumstances.contact.is_contact(case.message.sender):
        return _held("unknown_sender", case, likely, reply)
    if doubted(case.message, case.circumstances, case.signed):
        return _held("failed_authentication", case, likely, reply)
    if registered is None:
        return _from_the_contact(case)
    if disagrees(case.brought, registered, case.circumstances.register):
        return _held("unit_conflict", case, None)
    return _from_a_unit(case, registered)


def _from_a_unit(case: _Case, unit: Unit) -> Outcome:
    """A registered unit's mail: something to file, a 确认, an explanation, or a question."""
    spoken = _spoken(case, case.dossier_of(unit.id)) or _restated(case, unit)
    if spoken is None and not case.brought.anything:
        return _question(case, unit)
    if spoken is not None:
        case = replace(case, submission=spoken)
    return _held("after_final", case, unit) if case.circumstances.closed else _processed(case, unit)


def _from_the_contact(case: _Case) -> Outcome:
    """The contact hands in for a unit by forwarding its mail, or confirms what came so: decided by the contact."""
    unit = suggested(case.message, case.brought, case.circumstances.register)
    if not case.brought.anything or in_own_words(case.brought):
        found = ((one, _spoken(case, case.dossier_of(one.id))) for one in case.circumstances.register.units)
        owner, spoken = next((pair for pair in found if pair[1] is not None), (None, None))
        if spoken is not None:
            unit, case = owner, replace(case, submission=spoken)
        elif not case.brought.anything:
            return Outcome("ignored", "nothing_to_file", told=said_by_the_contact(case.letter(None)))
    if unit is None:
        return _held("unknown_sender", case, None)
    if case.circumstances.closed:
        return _held("after_final", case, unit)
    case = _of_its_rows(case, unit)
    sender, campaign = case.message.sender, case.circumstances.campaign
    said = _restated(case, unit) or case.submission
    adopted = adopt(said, said.seq, sender, campaign)
    return _processed(replace(case, submission=adopted), unit)


def _of_its_rows(case: _Case, unit: Unit) -> _Case:
    """The case; where its table is several units', only what that unit's rows say."""
    if not any(one.rule == "other_unit" for one in case.brought.form_findings):
        return case
    brought = _read(case.message, case.sent, case.received, case.circumstances, unit)
    submission = _submission(case.message, case.received, case.submission.seq, brought, case.circumstances)
    return replace(case, brought=brought, submission=submission)


def _spoken(case: _Case, dossier: Dossier) -> Submission | None:
    """The submission with what the mail says about a form in reply to our letter; None where it says nothing."""
    address, tokens = case.circumstances.address, case.circumstances.tokens
    spoken = spoken_about(case.message, case.brought, dossier, address, tokens, case.received)
    if spoken is None:
        return None
    said = case.submission
    if spoken.corrections:  # figures in its own words are no form of their own, and no account
        files = tuple(one for one in said.pieces if one.text is None)
        said = replace(said, pieces=files, form=None, form_file=None, form_findings=(), elsewhere={})
    return replace(
        said,
        subject=PATTERN.sub("…", said.subject),
        corrections=spoken.corrections,
        correction_findings=spoken.findings,
        confirms=spoken.confirms,
        explanation=spoken.explanation,
        explains=spoken.explains,
        answers=spoken.version.submission.message,
    )


def _restated(case: _Case, unit: Unit) -> Submission | None:
    """The submission with what a table of some figures says of the unit's form; None where it says nothing."""
    stated = [one for one in case.brought.stated if not one.in_lines]
    if case.brought.form is not None or not stated or case.submission.answers:
        return None
    said = with_restated(case.submission, stated, case.dossier_of(unit.id))
    return said if said is not case.submission else None


def _question(case: _Case, unit: Unit) -> Outcome:
    """Words alone: a person's to answer; thanks are nobody's, unless they may have been meant to confirm a form."""
    dossier = case.dossier_of(unit.id)
    waiting, accepted = dossier.pending, dossier.accepted
    asked = waiting is not None and waiting.standing == "needs_confirmation"
    settled = waiting is None and accepted is not None and not accepted.open_warnings
    told = said_alone(case.letter(unit), may_confirm=asked, nothing_asked=settled)
    # A mail without a word means to bring a file, unless its subject says what it is about.
    in_subject = not case.brought.own_words.strip() and any(one.kind == "correction" for one in told)
    return Outcome(
        "processed",
        unit=unit.id,
        submission=case.submission,
        reply="noted" if told else None,
        told=told,
        lacks_file=not in_subject and announces_file(case.brought.own_words, case.message.subject),
    )


def _processed(case: _Case, unit: Unit) -> Outcome:
    # Whether the form has errors is the dossier's to say (checks run there): letters pick the kind by it.
    return Outcome(
        "processed",
        unit=unit.id,
        submission=case.submission,
        reply="receipt",
        told=said_beside(case.letter(unit)) if case.registered else (),
        blobs=case.brought.blobs,
    )


def _held(
    reason: HeldReason, case: _Case, suggested: Unit | None, reply: Reply | None = "acknowledgement"
) -> Outcome:
    return Outcome(
        "held",
        reason,
        suggested_unit=suggested.id if suggested else None,
        form_unit=case.brought.form.unit if case.brought.form else None,
        submission=case.submission,
        reply=reply,
        told=() if reason == "automatic" else _said_in_held(case, suggested),
        blobs=case.brought.blobs,
    )


def _said_in_held(case: _Case, suggested: Unit | None) -> tuple[Told, ...]:
    """What a held mail's words ask: it counts once the mail is taken for a unit's."""
    letter = case.letter(suggested)
    return said_beside(letter) if case.brought.anything else said_alone(letter)


def _undelivered(
    outcome: Outcome, message: Message, received: dt.datetime, circumstances: Circumstances
) -> Outcome:
    """With whom a delivery report says wasn't reached, where it names no letter, ours or another's.

    Told where it is a unit's address or the contact's; which letter of ours it was, the ledger may find.
    """
    if not is_bounce(message) or bounced_ids(message):
        return outcome
    addresses = failed_recipients(message)
    told = tuple(one for address in addresses for one in not_reached(address, received, circumstances))
    return replace(outcome, undelivered=addresses, told=told)


def _read(
    message: Message,
    sent: _Sent,
    received: dt.datetime,
    circumstances: Circumstances,
    owner: Unit | None = None,
) -> Brought:
    """What the mail holds; with an owner, what it holds of that unit's."""
    campaign, near = circumstances.campaign, received.date()
    register = circumstances.register
    mail, raw = sent
    reading = read_message("这封邮件", raw, campaign, register, near, owner=owner, mail=mail)
    # The contact's own words are about a unit's material, or for the agent; what is forwarded is the unit's.
    registered = circumstances.register.of_sender(message.sender)
    for_another = registered is None and circumstances.contact.is_contact(message.sender)
    return bring(message, reading, campaign, mail.pages, for_another)


def _submission(
    message: Message, received: dt.datetime, seq: int, brought: Brought, circumstances: Circumstances
) -> Submission:
    campaign, phone = circumstances.campaign, circumstances.contact.phone
    return Submission(
        seq=seq,
        message=message.sha256,
        received=received,
        sender=message.sender,
        subject=message.subject,
        pieces=brought.pieces,
        form=brought.form,
        form_file=brought.form_file,
        elsewhere=brought.elsewhere,
        form_findings=(
            *brought.form_findings,
            *in_remarks(brought, campaign, phone),
        ),
        findings=(*brought.findings, *in_accounts(brought, phone)),
    )


def _told_json(told: Told) -> dict[str, Any]:
    shown = {"kind": told.kind, "at": told.at.isoformat(), "text": told.text, "unit": told.unit}
    about = {"field": told.field, "value": told.value}
    return shown | {name: value for name, value in about.items() if value is not None}


def _told_from_json(stored: Mapping[str, Any]) -> Told:
    value = stored.get("value")
    return Told(
        stored["kind"],
        dt.datetime.fromisoformat(stored["at"]),
        stored["text"],
        stored["unit"],
        stored.get("field"),
        Decimal(value) if isinstance(value, int) else value,
    )


COPY = "copy"
"""Why a mail is ignored that was had before, by another way."""

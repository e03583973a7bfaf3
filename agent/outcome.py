"""The pure middle: one mail to its Outcome. No clock, no network, no disk.

What a mail is, whose it is, what it brings, and what to answer, from its bytes, the campaign's rules, the units,
and what the unit has sent before. Effects (filing, letters, ledger) stand elsewhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from agent.dossier import Dossier, FormVersion, Piece, PieceKind, Submission
from agent.findings import Finding
from agent.letters import is_own_id, message_id
from agent.mail.automatic import automatic, bounced_ids
from agent.mail.links import linked_files
from agent.mail.message import Message, authentication_verdict, parse
from agent.overview import HeldReason, Told
from agent.reading.files import read_message
from agent.reading.form import FoundForm, combine
from agent.reading.quoting import own_text
from agent.reading.reading import READERS_VERSION, FileReading, Form
from agent.rules import Campaign
from agent.settings import Contact
from agent.units import Register, Unit, fold

State = Literal["processed", "held", "ignored", "failed"]
Reply = Literal["receipt", "correction", "acknowledgement", "noted"]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Everything that decides besides the mail and the unit's dossier.

    Attributes:
        register: with the addresses that the contact has registered.
        address: the agent's own.
        trust: the authserv-id whose Authentication-Results count; None: the topmost line's.
        closed: the report is final.
    """

    campaign: Campaign
    register: Register
    contact: Contact
    address: str
    zone: ZoneInfo
    dedicated: bool = True
    trust: str | None = None
    closed: bool = False


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
        private: a mail in somebody's own mailbox that is none of ours: nothing of it is kept.
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
    private: bool = False
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
            "private": self.private,
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
                "told": tuple(
                    Told(one["kind"], dt.datetime.fromisoformat(one["at"]), one["text"], one["unit"])
                    for one in stored["told"]
                ),
                "bounced": tuple(stored["bounced"]),
            }
        )


@dataclass(frozen=True, slots=True)
class _Brought:
    """What was found in a mail before it is known whose it is."""

    pieces: tuple[Piece, ...]
    form: Form | None
    form_file: Piece | None
    form_findings: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    own_words: str
    blobs: Mapping[str, bytes]

    @property
    def anything(self) -> bool:
        return bool(self.pieces) or bool(self.findings)


def decide(
    raw: bytes,
    received: dt.datetime,
    seq: int,
    circumstances: Circumstances,
    dossier_of: Callable[[str], Dossier],
) -> Outcome:
    """What the mail comes to.

    Args:
        raw: the mail's bytes.
        received: when the mailbox got it (aware).
        seq: the place that it will take in the order of everything recorded.
        circumstances: the rules, the units, the settings that bear on it.
        dossier_of: unit id → what that unit has sent before.
    """
    message = parse(raw)
    local = received.astimezone(circumstances.zone)
    outcome = _judge(message, raw, local, seq, circumstances, dossier_of)
    return replace(
        outcome,
        sender=message.sender,
        subject=message.subject,
        reply_to=_answer_to(message, circumstances.register),
        rules=circumstances.campaign.digest,
    )


def hand_in(
    raw: bytes, received: dt.datetime, seq: int, unit: Unit, by: str, circumstances: Circumstances
) -> Outcome:
    """What a mail comes to that the contact hands in for a unit: that unit's, whatever it says."""
    message = parse(raw)
    local = received.astimezone(circumstances.zone)
    brought = _bring(message, read_message("", raw, **_reading(circumstances, local)), circumstances.campaign)
    submission = adopt(_submission(message, local, seq, brought), seq, by, circumstances.campaign)
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
    """What a mail comes to whose text the mailbox didn't hand over: too large, or refused by the server."""
    message = parse(head)
    local = received.astimezone(circumstances.zone)
    size = f"{int(envelope['size']) / 1_000_000:.0f} MB"
    registered = circumstances.register.of_sender(message.sender)
    outcome = Outcome(
        "failed", sender=message.sender, subject=message.subject, rules=circumstances.campaign.digest
    )
    if envelope["withheld"] != "too_large" or registered is None:
        why = (
            f"邮件太大（{size}），没有取回"
            if envelope["withheld"] == "too_large"
            else "邮件服务器没有给出这封邮件"
        )
        return replace(outcome, reason=f"{why}。请在邮箱网页里打开这封邮件查看。")
    text = f"邮件太大（{size}），系统没有取回其中的材料。请压缩照片，或分几封邮件发送，每封不超过 50 MB。"
    finding = Finding("error", "too_large", text)
    brought = _Brought((), None, None, (), (finding,), "", {})
    submission = _submission(message, local, seq, brought)
    return replace(
        outcome,
        state="processed",
        unit=registered.id,
        submission=submission,
        reply="receipt",
        reply_to=_answer_to(message, circumstances.register),
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
    raw: bytes,
    received: dt.datetime,
    seq: int,
    circumstances: Circumstances,
    dossier_of: Callable[[str], Dossier],
) -> Outcome:
    own = {circumstances.address.casefold()}
    machine = automatic(message, own, lambda one: is_own_id(one, circumstances.address))
    bounced = (
        tuple(one for one in bounced_ids(message) if is_own_id(one, circumstances.address)) if machine else ()
    )
    if bounced:
        return Outcome("ignored", "bounce", bounced=bounced)
    if machine == "own":
        return Outcome("ignored", "own")
    reading = read_message("", raw, **_reading(circumstances, received))
    brought = _bring(message, reading, circumstances.campaign)
    submission = _submission(message, received, seq, brought)
    if machine is not None:
        if brought.form is None:
            return Outcome("ignored", machine)
        return _held(
            "automatic", submission, _suggest(message, brought, circumstances.register), brought, reply=None
        )
    return _from_a_person(message, received, submission, brought, circumstances, dossier_of)


def _from_a_person(
    message: Message,
    received: dt.datetime,
    submission: Submission,
    brought: _Brought,
    circumstances: Circumstances,
    dossier_of: Callable[[str], Dossier],
) -> Outcome:
    """Whose mail it is, by the evidence of design.md: the sender, the form, the subject and file names."""
    register, contact = circumstances.register, circumstances.contact
    by_contact = contact.is_contact(message.sender)
    registered = register.of_sender(message.sender)
    suggested = _suggest(message, brought, register)
    if not by_contact and registered is None:
        return _from_a_stranger(message, submission, brought, circumstances, suggested)
    if authentication_verdict(message, circumstances.trust) == "fail":
        return _held("failed_authentication", submission, registered or suggested, brought)
    if registered is None:
        return _from_the_contact(message, received, submission, brought, circumstances, suggested)
    if _disagrees(brought, registered, register):
        return _held("unit_conflict", submission, None, brought)
    if circumstances.closed and brought.anything:
        return _held("after_final", submission, registered, brought)
    if not brought.anything:
        return _words_only(message, received, submission, brought, circumstances, dossier_of(registered.id))
    return _processed(submission, registered, brought)


def _from_a_stranger(
    message: Message,
    submission: Submission,
    brought: _Brought,
    circumstances: Circumstances,
    suggested: Unit | None,
) -> Outcome:
    if not circumstances.dedicated and not _sign_of_campaign(message, brought, circumstances):
        return Outcome("ignored", "private", private=True)
    return _held("unknown_sender", submission, suggested, brought)


def _from_the_contact(
    message: Message,
    received: dt.datetime,
    submission: Submission,
    brought: _Brought,
    circumstances: Circumstances,
    suggested: Unit | None,
) -> Outcome:
    """The contact hands in for a unit by forwarding its mail: the unit's, decided by the contact."""
    if not brought.anything:
        text = f"收到您的邮件“{_shorten(message.subject)}”，其中没有可归档的材料，未作处理。"
        return Outcome("ignored", "nothing_to_file", told=(Told("question", received, text),))
    if suggested is None:
        return _held("unknown_sender", submission, None, brought)
    if circumstances.closed:
        return _held("after_final", submission, suggested, brought)
    adopted = adopt(submission, submission.seq, message.sender, circumstances.campaign)
    return _processed(adopted, suggested, brought)


def _processed(submission: Submission, unit: Unit, brought: _Brought) -> Outcome:
    # Whether the form has errors is the dossier's to say (checks run there): service.py picks the letter by it.
    return Outcome("processed", unit=unit.id, submission=submission, reply="receipt", blobs=brought.blobs)


def _words_only(
    message: Message,
    received: dt.datetime,
    submission: Submission,
    brought: _Brought,
    circumstances: Circumstances,
    dossier: Dossier,
) -> Outcome:
    """A registered unit's mail that holds nothing to file: a 确认, an explanation, or a question."""
    words = brought.own_words.strip()
    answers = {message.in_reply_to, *message.references}

    def answers_letter_about(version: FormVersion) -> bool:
        sha256 = version.submission.message
        abouts = (sha256, f"{sha256}+{version.submission.seq}")  # the second: once a person had decided
        ids = {
            message_id(kind, about, circumstances.address)
            for kind in _LETTERS_WITH_FIGURES
            for about in abouts
        }
        return not ids.isdisjoint(answers)

    pending, shown = dossier.pending, dossier.pending or dossier.accepted
    if (
        pending is not None
        and pending.standing == "needs_confirmation"
        and _CONFIRMS.fullmatch(words)
        and answers_letter_about(pending)
    ):
        return _spoken(submission, dossier.unit, confirms=True)
    if (
        shown is not None
        and shown.open_warnings
        and answers_letter_about(shown)
        and len(_BARE_ASSURANCE.sub("", fold(words))) >= _LEAST_EXPLANATION
    ):
        return _spoken(submission, dossier.unit, explanation=words)
    text = f"{dossier.unit.name}来信“{_shorten(message.subject)}”，没有附材料：{_shorten(words, 120) or '（无正文）'}"
    told = (Told("question", received, text, dossier.unit.id),)
    return Outcome("processed", unit=dossier.unit.id, submission=submission, reply="noted", told=told)


def _spoken(submission: Submission, unit: Unit, *, confirms: bool = False, explanation: str = "") -> Outcome:
    spoken = replace(submission, confirms=confirms, explanation=explanation)
    return Outcome("processed", unit=unit.id, submission=spoken, reply="receipt")


_LETTERS_WITH_FIGURES: tuple[Reply, ...] = ("receipt", "correction")
_CONFIRMS = re.compile(r"\s*(确认|确认无误|确认。|确认无误。|确认!|确认！)\s*")
_BARE_ASSURANCE = re.compile(r"已?经?核实|核对|无误|属实|没有问题|正确|确认|数据|情况|以上|[，。、,.!！\s]")
_LEAST_EXPLANATION = 6


def _held(
    reason: HeldReason,
    submission: Submission,
    suggested: Unit | None,
    brought: _Brought,
    reply: Reply | None = "acknowledgement",
) -> Outcome:
    return Outcome(
        "held",
        reason,
        suggested_unit=suggested.id if suggested else None,
        form_unit=brought.form.unit if brought.form else None,
        submission=submission,
        reply=reply,
        blobs=brought.blobs,
    )


def _disagrees(brought: _Brought, registered: Unit, register: Register) -> bool:
    """Whether the form names another unit, or a place that isn't registered."""
    if brought.form is None or not brought.form.unit:
        return False
    named = register.in_form(brought.form.unit)
    return named.place is not None or (named.unit is not None and named.unit.id != registered.id)


def _suggest(message: Message, brought: _Brought, register: Register) -> Unit | None:
    """Whose the mail seems to be, without its sender: the form's unit, else the one that names name."""
    if brought.form is not None and brought.form.unit:
        named = register.in_form(brought.form.unit)
        if named.unit is not None or named.place is not None:
            return named.unit
    return register.in_text(message.subject, *(piece.name for piece in brought.pieces))


def _sign_of_campaign(message: Message, brought: _Brought, circumstances: Circumstances) -> bool:
    """A form, or the campaign's title or a unit in the subject or a file's name."""
    texts = [fold(text) for text in (message.subject, *(part.name for part in message.parts))]
    campaign, register = circumstances.campaign, circumstances.register
    names = [fold(name) for name in (campaign.title, campaign.form.title, *campaign.also_called)]
    units = [fold(name) for unit in register.units for name in unit.names]
    return brought.form is not None or any(name in text for name in (*names, *units) for text in texts)


def _answer_to(message: Message, register: Register) -> str:
    """From; Reply-To only where it is registered to the same unit."""
    registered = register.of_sender(message.sender)
    if message.reply_to and registered is not None:
        other = register.of_sender(message.reply_to)
        if other is not None and other.id == registered.id:
            return message.reply_to
    return message.sender


def _reading(circumstances: Circumstances, received: dt.datetime) -> dict[str, Any]:
    return {"campaign": circumstances.campaign, "register": circumstances.register, "near": received.date()}


def _submission(message: Message, received: dt.datetime, seq: int, brought: _Brought) -> Submission:
    return Submission(
        seq=seq,
        message=message.sha256,
        received=received,
        sender=message.sender,
        subject=message.subject,
        pieces=brought.pieces,
        form=brought.form,
        form_file=brought.form_file,
        form_findings=brought.form_findings,
        findings=brought.findings,
    )


def _bring(message: Message, reading: FileReading, campaign: Campaign) -> _Brought:
    """The pieces, the form and the findings in a mail that has been read."""
    blobs: dict[str, bytes] = {}
    pieces: list[Piece] = []
    forms: list[tuple[FoundForm, Piece]] = []
    findings: list[Finding] = []
    for file in reading.everything():
        piece = _piece(file, campaign)
        if piece is not None:
            pieces.append(piece)
            blobs[piece.sha256] = piece.text.encode() if piece.text is not None else file.data
        if file.form is not None and piece is not None:
            forms.append((FoundForm(file.form, file.findings), piece))
        else:
            findings.extend(file.findings)
    words = own_text(message.text)
    pieces.extend(_words_as_narrative(reading, pieces, words, campaign, blobs))
    findings.extend(linked_files(message.text, message.html))
    found = combine([form for form, _ in forms], campaign) if forms else None
    return _Brought(
        pieces=tuple(pieces),
        form=found.form if found else None,
        form_file=forms[0][1] if forms else None,
        form_findings=found.findings if found else (),
        findings=tuple(findings),
        own_words=words,
        blobs=blobs,
    )


_PIECES: Mapping[str, PieceKind] = {
    "form": "form",
    "narrative": "narrative",
    "photo": "photo",
    "other": "other",
    "unreadable": "other",
}


def _piece(file: FileReading, campaign: Campaign) -> Piece | None:
    """The file as a piece to be filed; None for a container, and for a logo or a signature's picture."""
    if file.kind in ("message", "archive"):
        return _text_piece("form", file.text) if file.form is not None else None
    if file.kind == "other" and file.pixels is not None:
        return None
    owed = campaign.deliverables.narrative
    long_enough = owed is not None and len(fold(file.text)) >= owed.min_characters
    is_narrative = file.kind == "narrative" or (file.kind == "form" and long_enough)
    return Piece(file.file, file.sha256, _PIECES[file.kind], is_narrative and owed is not None, file.pixels)


def _words_as_narrative(
    reading: FileReading, pieces: Sequence[Piece], words: str, campaign: Campaign, blobs: dict[str, bytes]
) -> list[Piece]:
    """The mail's own text (or a forwarded mail's) where it is long enough and no document came as the narrative."""
    owed = campaign.deliverables.narrative
    if owed is None or any(piece.is_narrative for piece in pieces):
        return []
    inner = [
        own_text(one.text) for one in reading.everything() if one.kind == "message" and one is not reading
    ]
    texts = [text for text in (words, *inner) if len(fold(text)) >= owed.min_characters]
    if not texts:
        return []
    piece = _text_piece("narrative", texts[0])
    blobs[piece.sha256] = texts[0].encode()
    return [piece]


def _text_piece(kind: PieceKind, text: str) -> Piece:
    name = "邮件正文.txt"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Piece(name, digest, kind, is_narrative=kind == "narrative", text=text)


def _shorten(text: str, length: int = 40) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def _told_json(told: Told) -> dict[str, Any]:
    return {"kind": told.kind, "at": told.at.isoformat(), "text": told.text, "unit": told.unit}

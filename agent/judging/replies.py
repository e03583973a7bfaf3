"""What a reply to one of our letters says about a form: that it is right (确认), why it is so, or neither.

Only a reply counts, and only about the form that the letter it answers showed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.base.unseen import without_unseen
from agent.campaign.rules import Campaign, run_checks
from agent.campaign.units import fold
from agent.dossier.closing import named
from agent.dossier.dossier import Dossier
from agent.dossier.letter_ids import Kind, is_own_id, message_id, notice_about, once_more, reminder_about
from agent.dossier.version import FormVersion
from agent.judging.contents import Brought
from agent.judging.tokens import PATTERN, Tokens, Verdict, of_form
from agent.mail.message import Message
from agent.reading.cell.folding import squeeze
from agent.reading.reading import Figure
from agent.reading.words.corrections import Corrections, read_corrections
from agent.reading.words.explaining import explained, explains, states_another


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said about which version; an explanation in the sender's words, or "", and which warnings it explains.

    Attributes:
        confirms: the form is right, with its ``corrections``.
        findings: how these were read; errors, where they (or a 确认) weren't taken: then it is asked again.
    """

    version: FormVersion
    confirms: bool = False
    explanation: str = ""
    explains: tuple[str, ...] | None = None
    corrections: Mapping[str, Figure] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def spoken_about(
    message: Message,
    brought: Brought,
    dossier: Dossier,
    address: str,
    tokens: Tokens | None = None,
    received: dt.datetime | None = None,
) -> Spoken | None:
    """What a mail says about the unit's form, in answer to a letter of ours; None: nothing.

    Args:
        message: the mail.
        brought: what it brings besides words: a 确认 may come with photos, but not with another file, which may
            be the figures put right; an explanation comes alone, since words beside files are about the files.
        dossier: what the unit has sent before.
        address: the agent's own, of which our letters' ids are made.
        tokens: what judges the token that the letter's link carried, where a program drops what a mail answers.
        received: when the mail came: by then a token may have expired.
    """
    reply = _Reply(message, brought, dossier, address, tokens, received)
    found = (reply.about(version) for version in (dossier.pending, dossier.accepted) if version is not None)
    spoken = next(filter(None, found), None)
    return spoken or reply.explanation()


@dataclass(frozen=True, slots=True)
class _Reply:
    """A mail with all that tells whether it answers a letter of ours."""

    message: Message
    brought: Brought
    dossier: Dossier
    address: str
    tokens: Tokens | None
    received: dt.datetime | None

    def about(self, version: FormVersion) -> Spoken | None:
        """What it says about the figures of a form: that they are right, or what they should be."""
        answers = answers_letter_about(self.message, version, self.address, self.dossier, self.received)
        edited = tuple(_edited(self.message, self.brought, version, self.dossier)) if answers else ()
        if edited:
            values = {one.field: value for one, value in edited if one.field}
            return Spoken(version, corrections=values, findings=tuple(one for one, _ in edited))
        if version.form.needs_confirmation and version is self.dossier.pending:
            return self._vouched_for(version, answers)
        return self._put_right(version) if answers else None

    def _vouched_for(self, version: FormVersion, answers: bool) -> Spoken | None:
        """A 确认, or the figures put right, of a form of which each figure waits for a person."""
        verdict = _token_verdict(
            self.message, self.brought, self.dossier, version, self.tokens, self.received
        )
        if verdict == "wrong" and not answers:
            return None
        said = self._said()
        if said is None:
            return None
        expired = verdict == "expired" and not answers
        doubts = (*_doubts(said, version, self.dossier.campaign), *((_EXPIRED,) if expired else ()))
        return _spoken(version, said, doubts)

    def _put_right(self, version: FormVersion) -> Spoken | None:
        """Figures put right in a form that was read for certain: the others stand as they were."""
        said = self._said()
        if said is None or not said.values:
            return None
        wrong = tuple(one for one in said.findings if one.severity == "error")
        return _spoken(version, said, (*wrong, *_new_errors(said, version, self.dossier.campaign)))

    def _said(self) -> Corrections | None:
        """The figures that its own words state, where they say nothing else and no other file may say it better."""
        if _brings_others(self.brought):
            return None
        return read_corrections(PATTERN.sub("", self.brought.own_words), self.dossier.campaign)

    def explanation(self) -> Spoken | None:
        """Why the accepted form is as it is, where it has open warnings.

        It comes alone: words beside files are about the files. Words about a form that isn't accepted may put its
        figures right: those are for the contact to see.
        """
        accepted, words = self.dossier.accepted, self.brought.own_words.strip()
        if accepted is None or not accepted.open_warnings or self.brought.anything or not explains(words):
            return None
        if states_another(words, accepted.values):
            return None
        told = [one for one in accepted.open_warnings if not one.contact_only]
        about = explained(words, told, self.dossier.campaign)
        if not about or not answers_letter_about(
            self.message, accepted, self.address, self.dossier, self.received
        ):
            return None
        names = (name for name, one in named(accepted.findings, accepted.values) if one in about)
        return Spoken(accepted, explanation=words, explains=tuple(names))


def _spoken(version: FormVersion, said: Corrections, doubts: tuple[Finding, ...]) -> Spoken:
    notes = tuple(one for one in said.findings if one.severity != "error")
    return Spoken(version, not doubts, corrections=said.values, findings=(*doubts, *notes))


def _new_errors(said: Corrections, version: FormVersion, campaign: Campaign) -> Iterator[Finding]:
    """Errors that the figures as said would bring into a form: then none of them is taken."""
    known = {one.rule for one in version.of_severity("error")}
    yield from (
        one
        for one in run_checks(campaign, {**version.values, **said.values})
        if one.severity == "error" and one.rule not in known
    )


def _edited(
    message: Message, brought: Brought, version: FormVersion, dossier: Dossier
) -> Iterator[tuple[Finding, Figure]]:
    """Figures in our quoted letter that we never wrote there: somebody has typed over them.

    They are asked for in a line of their own: what a program does to a quotation is nobody's word.
    """
    if brought.form is not None and not in_own_words(brought):
        return
    own = {line.strip() for line in brought.own_words.splitlines()}
    lines = (_QUOTING.sub("", line).strip() for line in message.text[:_LONGEST_QUOTED].splitlines())
    quoted = squeeze("".join(line for line in lines if line not in own))
    for figure in dossier.campaign.form.figures:
        shown = re.escape(squeeze(figure.full_label)) + r":?(?:[\d.,]+→)?(\d{1,12}(?:\.\d{1,6})?)(?![\d.])"
        found = re.search(shown, quoted)
        number = Decimal(found[1]) if found else None
        known = {one.values.get(figure.id) for one in dossier.versions}
        known |= {one.form.values.get(figure.id) for one in dossier.versions}
        if number is None or number in known or version.values.get(figure.id) is None:
            continue
        label, line = figure.full_label, f"{figure.full_label}：{plain(number)}"
        text = (
            f"来信引用的原信里，“{label}”改成了 {plain(number)}，登记的是 {plain(version.values[figure.id])}。"
            f"如应为 {plain(number)}，请回复一行“{line}”；如是无意改动，请回复“{label}：{plain(version.values[figure.id])}”。"
        )
        yield Finding("error", "edited_quotation", text, figure.id, fields=(figure.id,)), number


def question(words: str) -> str:
    """The first sentence that asks something, with its mark; "" where none does."""
    asking = (one.strip() for one in _QUESTIONS.findall(_LINKS.sub("", words)))
    return next((one for one in asking if _ASKS_FOR_AN_ANSWER.search(one)), "")


def in_own_words(brought: Brought) -> bool:
    """Whether what was taken for a form is nothing but the sender's own words: figures put right, a line each."""
    text = brought.form_file.text if brought.form_file else None
    return text is not None and fold(brought.own_words) in fold(text)


def _brings_others(brought: Brought) -> bool:
    """Whether it brings another file, which may be the figures put right."""
    own = in_own_words(brought)
    others = (one for one in brought.pieces if not (own and one == brought.form_file))
    return any(one.kind not in ("photo", "narrative") for one in others) or bool(brought.findings)


def _doubts(said: Corrections, version: FormVersion, campaign: Campaign) -> Iterator[Finding]:
    """Why what was said can't be taken as it stands: nothing counts before the whole form is vouched for."""
    yield from (one for one in said.findings if one.severity == "error")
    figures = campaign.form.figures
    lacking = [one for one in figures if one.id not in said.values and version.values.get(one.id) is None]
    for one in lacking:
        text = f"“{one.full_label}”没有读出来，来信也没有写。请补上这一行。"
        yield Finding("error", "blank", text, one.id, fields=(one.id,))
    yield from _left(said, version, campaign)
    for name, value in version.said.items():
        if name not in said.values:
            before, label = _shown(value), campaign.form.label_of(name)
            text = f"“{label}”贵单位此前写的是“{before}”，读到的是“{_shown(version.values.get(name))}”。请把这一行写上正确的数。"
            yield Finding("error", "said_before", text, name, fields=(name,))
    if not said.affirms and not lacking and any(one.id not in said.values for one in figures):
        yield Finding("error", "rest_unsaid", "没有写明其余各数是否无误。如果无误，请加一行“其余无误”。")


def _left(said: Corrections, version: FormVersion, campaign: Campaign) -> Iterator[Finding]:
    """Errors that the figures as said leave: of the form as a whole, and of checks among them."""
    checks = {one.id for one in campaign.checks}
    for one in version.of_severity("error"):
        about = one.fields or ((one.field,) if one.field else ())
        # What has no figure yet is asked for by its name.
        settled = about and all(name in said.values or version.values.get(name) is None for name in about)
        if one.rule not in checks and not settled:
            yield one
    kept = {name: value for name, value in said.values.items() if name not in version.overrides}
    for one in run_checks(campaign, {**version.values, **kept}):
        if one.severity == "error" and not any(name in version.overrides for name in one.fields):
            yield one


def _shown(value: Figure) -> str:
    return "" if value is None else plain(value)


def _token_verdict(
    message: Message,
    brought: Brought,
    dossier: Dossier,
    version: FormVersion,
    tokens: Tokens | None,
    received: dt.datetime | None,
) -> Verdict:
    """The best that a token in the subject or the sender's own words is worth, for this version."""
    if tokens is None or received is None:
        return "wrong"
    about = of_form(dossier.unit.id, version.submission.message)
    written = PATTERN.findall(
        unicodedata.normalize("NFKC", without_unseen(f"{message.subject}\n{brought.own_words}"))
    )
    verdicts = {tokens.judge(one, about, received) for one in written}
    return "valid" if "valid" in verdicts else "expired" if "expired" in verdicts else "wrong"


def answers_letter_about(
    message: Message,
    version: FormVersion,
    address: str,
    dossier: Dossier,
    received: dt.datetime | None = None,
) -> bool:
    """Whether the mail answers a letter of ours that was written about this version, or since it came."""
    parent = message.in_reply_to or next(reversed(message.references), "")
    if not is_own_id(parent, address):
        return False
    shown = {message_id(kind, about, address) for about in _abouts(version, dossier) for kind in _ANSWERING}
    notices = {
        message_id("notice", notice_about(dossier.campaign, one), address)
        for one in dossier.decisions
        if one.seq > version.submission.seq
    }
    return parent in shown | notices or parent in _reminders(version, address, dossier, received)


def _abouts(version: FormVersion, dossier: Dossier) -> Iterator[str]:
    """What the letters about a version were derived from: its mail, what was decided of it, later mails without a form.

    A later mail with a form got a letter about that one.
    """
    sha256, seq = version.submission.message, version.submission.seq
    yield sha256
    yield f"{sha256}+{seq}"
    for decision in dossier.decisions:
        if decision.message == sha256:
            yield f"{sha256}+{decision.seq}"
    until = min((one.submission.seq for one in dossier.versions if one.submission.seq > seq), default=None)
    for one in dossier.submissions:
        answers_another = one.answers and one.answers != sha256
        if (
            one.seq > seq
            and (until is None or one.seq < until or one.answers == sha256)
            and not answers_another
        ):
            yield one.message


def _reminders(
    version: FormVersion, address: str, dossier: Dossier, received: dt.datetime | None
) -> Iterator[str]:
    """The ids of the reminders that this version stood or waited in, if there was one on each day since it came."""
    if version not in (dossier.pending, dossier.accepted) or received is None:
        return
    first = version.received.date()
    for days in range(min((received.date() - first).days, _MOST_DAYS) + 1):
        day = f"{first + dt.timedelta(days)}"
        for when in (day, *(once_more(day, number) for number in range(1, _MOST_BY_HAND + 1))):
            yield message_id("reminder", reminder_about(dossier, when), address)


_MOST_DAYS = 400
_MOST_BY_HAND = 5  # reminders of one day
_ANSWERING: tuple[Kind, ...] = ("receipt", "correction", "noted", "acknowledgement")
_LONGEST_QUOTED = 200_000  # characters of a mail's text that are searched for a letter of ours
_QUOTING = re.compile(r"^[\s>＞|]+")
_EXPIRED = Finding("error", "expired", "信里的口令已过期，所写的没有登记。请对照下面的数，用本邮件重新答复。")
_LINKS = re.compile(r"https?://\S+")
_SENTENCES = re.compile(r"[。！!？?；;\n]+")
_QUESTIONS = re.compile(r"[^。！!？?；;\n]+[？?]?")
_ASKS_FOR_AN_ANSWER = re.compile(r"[？?]|请问|是否可以|能否|可否")

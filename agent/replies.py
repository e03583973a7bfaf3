"""What a reply to one of our letters says about a form: that it is right (确认), why it is so, or neither.

Only a reply counts, and only about the form that the letter it answers showed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.brought import Brought
from agent.deciding.tokens import PATTERN, Tokens, Verdict, of_form
from agent.dossier import Dossier, FormVersion
from agent.findings import Finding
from agent.letters import message_id
from agent.letters.confirming import reminder_about
from agent.letters.envelope import Kind
from agent.mail.message import Message
from agent.reading.corrections import Corrections, read_corrections
from agent.reading.reading import Figure
from agent.rules import Campaign, plain, run_checks
from agent.units import fold


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said about which version; an explanation in the sender's words, or "".

    Attributes:
        confirms: the form is right, with its ``corrections``.
        findings: how these were read; errors, where they (or a 确认) weren't taken: then it is asked again.
    """

    version: FormVersion
    confirms: bool = False
    explanation: str = ""
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
    pending, accepted = dossier.pending, dossier.accepted
    if pending is not None and pending.form.needs_confirmation:
        spoken = _about_its_figures(message, brought, dossier, pending, address, tokens, received)
        if spoken is not None:
            return spoken
    if brought.form is not None:
        return None
    words = brought.own_words.strip()
    # Words about a form that isn't accepted may put its figures right: those are for the contact to see.
    if accepted is not None and accepted.open_warnings and not brought.anything and explains(words):
        return Spoken(accepted, explanation=words) if _answers(message, accepted, address, dossier) else None
    return None


def explains(words: str) -> bool:
    """Whether the words say something about why: neither a bare assurance (核实无误) nor a question."""
    return not _ASKS.search(words) and len(_BARE.sub("", fold(words))) >= _LEAST_EXPLANATION


def question(words: str) -> str:
    """The first sentence that asks something, with its mark; "" where none does."""
    asking = (one.strip() for one in _QUESTIONS.findall(_LINKS.sub("", words)))
    return next((one for one in asking if _ASKS_FOR_AN_ANSWER.search(one)), "")


def _about_its_figures(
    message: Message,
    brought: Brought,
    dossier: Dossier,
    version: FormVersion,
    address: str,
    tokens: Tokens | None,
    received: dt.datetime | None,
) -> Spoken | None:
    """A 确认, or the figures put right; None where the words say anything else, or it isn't about this version."""
    verdict = _token_verdict(message, brought, dossier, version, tokens, received)
    answers = _answers(message, version, address, dossier, received)
    if verdict == "wrong" and not answers:
        return None
    said = read_corrections(PATTERN.sub("", brought.own_words), dossier.campaign)
    if said is None or _brings_others(brought):
        return None
    expired = verdict == "expired" and not answers
    doubts = (*_doubts(said, version, dossier.campaign), *((_EXPIRED,) if expired else ()))
    notes = tuple(one for one in said.findings if one.severity != "error")
    return Spoken(version, not doubts, corrections=said.values, findings=(*doubts, *notes))


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
    written = PATTERN.findall(unicodedata.normalize("NFKC", f"{message.subject}\n{brought.own_words}"))
    verdicts = {tokens.judge(one, about, received) for one in written}
    return "valid" if "valid" in verdicts else "expired" if "expired" in verdicts else "wrong"


def _answers(
    message: Message,
    version: FormVersion,
    address: str,
    dossier: Dossier,
    received: dt.datetime | None = None,
) -> bool:
    """Whether the mail answers a letter that showed this version's figures."""
    parent = message.in_reply_to or next(reversed(message.references), "")
    sha256 = version.submission.message
    asked_again = [one.message for one in dossier.submissions if one.answers == sha256 and one.not_taken]
    once_decided = f"{sha256}+{version.submission.seq}"
    abouts = (sha256, once_decided, *asked_again)
    shown = {message_id(kind, about, address) for kind in _WITH_FIGURES for about in abouts}
    return parent in shown or parent in _reminders(version, address, dossier, received)


def _reminders(
    version: FormVersion, address: str, dossier: Dossier, received: dt.datetime | None
) -> Iterator[str]:
    """The ids of the reminders that have shown this version, if there was one on each day since it came."""
    if version is not dossier.pending or received is None:
        return
    first = version.received.date()
    for days in range(min((received.date() - first).days, _MOST_DAYS) + 1):
        yield message_id("reminder", reminder_about(dossier, f"{first + dt.timedelta(days)}"), address)


_MOST_DAYS = 400
_WITH_FIGURES: tuple[Kind, ...] = ("receipt", "correction")
_EXPIRED = Finding("error", "expired", "信里的口令已过期，所写的没有登记。请对照下面的数，用本邮件重新答复。")
_ASKS = re.compile(r"[?？]|请问|吗(?:[。!！]|$)|怎么|如何|是否|能否|可否|什么|哪")
_BARE = re.compile(
    r"[已均都全经再]*核实|核对|无误|属实|没有问题|没问题|正确|准确|真实|完整|确认|数据|数字|情况|以上|上述|各项|统计表|报表|填报"
    r"|上报|报送|我镇|我街道|我单位|我们|我站|请查收|查收|请审阅|审阅|收悉|收到|谢谢|感谢|支持|领导|老师|您好|你好|特此|说明"
    r"|回复|此致|敬礼|为准|[已均都全该所请的了,。、.!:;~\s]"
)
_LEAST_EXPLANATION = 6
_LINKS = re.compile(r"https?://\S+")
_SENTENCES = re.compile(r"[。！!？?；;\n]+")
_QUESTIONS = re.compile(r"[^。！!？?；;\n]+[？?]?")
_ASKS_FOR_AN_ANSWER = re.compile(r"[？?]|请问|是否可以|能否|可否")

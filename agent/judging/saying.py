"""What the contact is told that a mail's own words say: they dispute a figure, ask for more time, ask something.

Pure, a part of the outcome; each thing told waits for a person (open_items.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.base.personal import mask, numbers_in
from agent.base.plain import plain
from agent.campaign.rules import Campaign
from agent.dossier.overview import Told
from agent.judging.contents import Brought
from agent.judging.replies import question
from agent.reading.cell.folding import fold
from agent.reading.reading import Figure
from agent.reading.words.affirming import affirmation
from agent.reading.words.asking import Disputed, asks, asks_for_time, disputed, thanks_only


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's own words, and what they are held against.

    Attributes:
        sender: whose it is, as the contact is told: the unit's name, or the address.
        unit: the unit's id, or None where it isn't known whose it is.
        words: without quotations and signature.
        values: what is registered of the unit by field id; None where it isn't known whose the mail is.
        about_a_form: a form came with it, or its words were taken to confirm or to put right one, or not to: what
            they say of figures is that form's affair.
        explains: its words were taken for the reason of a warning.
        not_taken: figures that it puts right in answer to a letter, and that couldn't be taken as they were said.
        phone: the bureau's own, which isn't masked.
    """

    sender: str
    unit: str | None
    subject: str
    words: str
    received: dt.datetime
    values: Mapping[str, Figure] | None
    brought: Brought
    about_a_form: bool
    explains: bool
    not_taken: Mapping[str, Figure]
    campaign: Campaign
    phone: str


def said_alone(letter: Letter, *, may_confirm: bool = False, nothing_asked: bool = False) -> tuple[Told, ...]:
    """What a mail without anything to file says: nothing but thanks is nothing; whatever else, somebody should read.

    ``may_confirm``: a form waits for the unit's 确认, which even 好的 may have been meant to give. ``nothing_asked``:
    its form is accepted, and nothing in it waits for a word: that it is right (确认无误) is no news.
    """
    about = f"{letter.sender}来信“{_quoted(letter.subject, letter)}”，没有附材料："
    found = tuple(_said(letter, about))
    if found:
        return found
    if (_is_thanks(letter) and not may_confirm) or (_agrees(letter) and nothing_asked):
        return ()
    words = _quoted(letter.words, letter, 120) or "（无正文）"
    kind = "question" if asks(letter.words) or asks(letter.subject) else "other"
    return (_told(kind, f"{about}{words}", letter),)


def said_beside(letter: Letter) -> tuple[Told, ...]:
    """What the words say beside what is filed."""
    return tuple(_said(letter, f"{letter.sender}来信“{_quoted(letter.subject, letter)}”，材料已归档，信中"))


def said_by_the_contact(letter: Letter) -> tuple[Told, ...]:
    """That a mail of the contact's own held nothing to file, so that nobody waits for what it should have brought."""
    if _is_thanks(letter):
        return ()
    text = f"收到您的邮件“{_quoted(letter.subject, letter)}”，其中没有可归档的材料，未作处理。"
    return (_told("question" if asks(letter.words) or asks(letter.subject) else "other", text, letter),)


def _said(letter: Letter, about: str) -> Iterator[Told]:
    beside = letter.brought.anything
    for name, value in letter.not_taken.items():
        yield _correction(Disputed(name, value, letter.words), letter)
    if not letter.about_a_form:
        narrative = any(one.is_narrative and one.text is not None for one in letter.brought.pieces)
        account = narrative or letter.explains
        found = list(disputed(letter.words, letter.values, letter.campaign, account=account))
        for one in found or disputed(letter.subject, letter.values, letter.campaign, account=account):
            yield _correction(one, letter)
    time = asks_for_time(letter.words)
    if time:
        yield _told("extension", f"{about}{'说' if beside else ''}{_quoted(time, letter, 120)}", letter)
    asked = question(letter.words)
    if asked and fold(asked) not in fold(time):
        words = asked if beside else letter.words
        yield _told("question", f"{about}{'问：' if beside else ''}{_quoted(words, letter, 120)}", letter)


def _correction(one: Disputed, letter: Letter) -> Told:
    said = _quoted(one.sentence, letter, 100)
    subject = _quoted(letter.subject, letter)
    if one.field is None:
        text = f"{letter.sender}来信“{subject}”，说所报的统计表有误：{said}"
        return _told("correction", text, letter)
    label = letter.campaign.form.label_of(one.field)
    was = (letter.values or {}).get(one.field)
    stands = f"登记的是 {plain(was)}，" if was is not None else ""
    should = f"来信说应为 {plain(one.value)}" if one.value is not None else "来信说有误"
    text = f"{letter.sender}来信“{subject}”，“{label}”{stands}{should}：{said}"
    return Told("correction", letter.received, text, letter.unit, one.field, one.value)


def _told(kind: str, text: str, letter: Letter) -> Told:
    return Told(kind, letter.received, text, letter.unit)


def _is_thanks(letter: Letter) -> bool:
    """Whether somebody wrote, and nothing but thanks; the subject may ask something."""
    return thanks_only(letter.words) and not asks(letter.subject)


def _agrees(letter: Letter) -> bool:
    """Whether somebody wrote nothing but that all is right."""
    kinds = {affirmation(line) for line in letter.words.splitlines() if line.strip()}
    return "affirms" in kinds and "other" not in kinds and not asks(letter.subject)


def _quoted(text: str, letter: Letter, length: int = 40) -> str:
    return _on_one_line(text, letter.phone, length)


def _on_one_line(text: str, phone: str, length: int) -> str:
    """The words on one line, personal data masked before they are cut: half a number would be known by nobody."""
    flat = " ".join(mask(text, numbers_in(phone)).split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"

"""Letters opened again, as their readers see them; and a mail to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.dossier.dossier import Dossier, assemble
from agent.dossier.overview import Overview
from agent.letters import Answered, Letter, Letters, news

from .made_up import (
    answer,
    form,
    form_file,
    form_values,
    mail,
    moment,
)

Case = tuple[Answered, Dossier, Dossier]
EVENING = moment("2024-03-06T17:30")


def digest_of(letters: Letters, shown: Overview) -> Letter:
    return letters.digest(shown, shown.as_of, news(shown))


def parsed(letter: Letter) -> EmailMessage:
    opened = message_from_bytes(letter.raw, policy=SMTP)
    assert isinstance(opened, EmailMessage)
    return opened


def text_of(letter: Letter) -> str:
    return _body(letter, "plain")


def html_of(letter: Letter) -> str:
    return _body(letter, "html")


def _body(letter: Letter, subtype: str) -> str:
    part = parsed(letter).get_body((subtype,))
    assert part is not None
    return str(part.get_content())


class _Shown(HTMLParser):
    """What a reader of the HTML sees, and with which elements."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.text += "\n" if tag in ("tr", "td", "br", "div") else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(letter: Letter) -> _Shown:
    reader = _Shown()
    reader.feed(html_of(letter))
    return reader


def both(letter: Letter) -> Iterator[str]:
    """The letter as it is read: as text and as HTML, without white space."""
    for text in (text_of(letter), shown(letter).text):
        yield re.sub(r"\s", "", text)


def says(letter: Letter, *wanted: str) -> None:
    for text in both(letter):
        for one in wanted:
            assert re.sub(r"\s", "", one) in text, f"“{one}” is missing in:\n{text}"


def is_silent_about(letter: Letter, *unwanted: str) -> None:
    for text in both(letter):
        for one in unwanted:
            assert re.sub(r"\s", "", one) not in text, one


def case_of(campaign: Campaign, register: Register, **content: object) -> Case:
    unit = register.by_id["qingnian"]
    came = mail(
        1,
        "2024-03-01T09:32",
        form=form(unit, form_values(campaign)),
        form_file=form_file(),
        pieces=(form_file(),),
    )
    came = replace(came, **content)  # type: ignore[arg-type]
    return answer(came), assemble(unit, (), (), campaign), assemble(unit, (came,), (), campaign)

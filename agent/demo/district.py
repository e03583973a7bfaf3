"""The made-up district: the mails of its towns and streets, as district.yaml tells them, from a fixed seed.

Knows who sends what and when, and which figures must be accepted in the end; nothing of how they are read.
Nobody in it exists.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.demo import post
from agent.demo.papers import Papers
from agent.letters import message_id

AGENT_ADDRESS = "report@civil.example"
CONTACT_ADDRESS = "contact@civil.example"

Script = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoMail:
    """One mail of the demo.

    Attributes:
        sender: the address it is sent from, also in the envelope.
        raw: the mail's bytes.
        what: one Chinese sentence for the terminal.
        sent: when, by the demo's clock.
    """

    sender: str
    raw: bytes
    what: str
    sent: dt.datetime


def mails(campaign: Campaign, register: Register, when: dt.datetime) -> list[DemoMail]:
    """The district's mails in the order they were sent, the last some hours before ``when`` (with a zone)."""
    made: dict[str, DemoMail] = {}
    scripts = {script.get("id", str(number)): script for number, script in enumerate(_district()["mails"])}
    for number, (key, script) in enumerate(scripts.items()):
        sent = when - dt.timedelta(hours=script["hours"])
        if "same_as" in script:
            made[key] = replace(made[script["same_as"]], what=script["what"], sent=sent)
            continue
        told, written_on = script, sent.date()
        if "again" in script:
            told, written_on = {**scripts[script["again"]], **script}, made[script["again"]].sent.date()
        unit = told.get("from") or told.get("form_of")
        papers = Papers(campaign, register, _district(), unit, max(written_on, campaign.start))
        answered = made[script["answers"]] if "answers" in script else None
        made[key] = _mail(told, papers, number, sent, answered)
    return list(made.values())


def addresses() -> dict[str, str]:
    """Unit id → the address that it sends from, for the demo's register."""
    return {unit: about["address"] for unit, about in _district()["units"].items()}


def expected(*, accepting_held: bool = False) -> dict[str, dict[str, Decimal]]:
    """Unit id → field id → the figure that the district report must show in the end.

    Args:
        accepting_held: as if the contact had accepted the mail from the address that isn't registered.
    """
    reported = set()
    for script in _district()["mails"]:
        unit = script.get("from") or (script.get("form_of") if accepting_held else None)
        if any("form" in item and item.get("unit", unit) == unit for item in _items(script)):
            reported.add(unit)
    return {
        unit: {field: Decimal(str(value)) for field, value in about["figures"].items()}
        for unit, about in _district()["units"].items()
        if unit in reported
    }


def _mail(
    script: Script, papers: Papers, number: int, sent: dt.datetime, answered: DemoMail | None = None
) -> DemoMail:
    sender = script.get("sender") or f"{papers.unit_name} <{papers.about['address']}>"
    attachments = [
        part for item in script.get("attach", ()) for part in _attachments(item, papers, number, sent)
    ]
    message = post.message(_body(script, papers), attachments)
    post.address(
        message,
        post.Envelope(sender, AGENT_ADDRESS, script["subject"], sent, number, papers.charset),
        {**script.get("headers", {}), **(_reply_to(answered) if answered else {})},
    )
    return DemoMail(parseaddr(sender)[1], post.as_bytes(message, number), script["what"], sent)


def _reply_to(answered: DemoMail) -> Mapping[str, str]:
    """The header of a reply to the receipt that the agent will have sent for that mail."""
    receipt = message_id("receipt", hashlib.sha256(answered.raw).hexdigest(), AGENT_ADDRESS)
    return {"In-Reply-To": receipt}


def _body(script: Script, papers: Papers) -> post.Part:
    """The mail's own text; with a form pasted in, as HTML too."""
    pasted = script.get("paste", {})
    lines = papers.narrative(pasted["narrative"]) if "narrative" in pasted else [script["text"]]
    if "form" in pasted:
        return post.rich_text(lines, papers.form(pasted), papers.charset)
    return post.plain_text(lines, papers.charset)


def _attachments(item: Script, papers: Papers, number: int, sent: dt.datetime) -> Iterator[post.Part]:
    if "message" not in item:
        yield from (post.attachment(file, papers.charset) for file in papers.files(item))
        return
    address = papers.about["address"]
    inner = post.message(
        post.plain_text([item["text"]], papers.charset),
        [post.attachment(file, papers.charset) for held in item["holds"] for file in papers.files(held)],
    )
    earlier = sent - dt.timedelta(hours=2)
    colleague = f"民政办 <office.{address}>"
    post.address(inner, post.Envelope(colleague, address, item["message"], earlier, number, papers.charset))
    yield post.forwarded(inner, item["message"], papers.charset)


def _items(script: Script) -> Iterator[Script]:
    """Everything that a mail carries, down into archives and forwarded mails."""
    yield script.get("paste", {})
    for item in script.get("attach", ()):
        yield item
        yield from item.get("holds", ())


@cache
def _district() -> Mapping[str, Any]:
    text = (Path(__file__).parent / "district.yaml").read_text(encoding="utf-8")
    district: Mapping[str, Any] = yaml.safe_load(text)
    return district

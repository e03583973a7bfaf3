"""What our letters are called: Message-IDs derived from what a letter answers, never random."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from agent.campaign.rules import Campaign
from agent.dossier.dossier import Dossier
from agent.dossier.submission import Decision

Kind = Literal[
    "receipt", "correction", "acknowledgement", "noted", "decision", "reminder", "notice", "digest"
]


def message_id(kind: Kind, about: str, sender: str) -> str:
    """``<report-agent.receipt.0123456789abcdef01234567@town.example>``: derived, never random."""
    return f"<report-agent.{kind}.{_digest(about)}@{_domain(sender)}>"


def is_own_id(candidate: str, sender: str) -> bool:
    """Whether a Message-ID is one of ours: of this form, at the sender's domain."""
    found = _OWN.fullmatch(candidate.strip())
    return found is not None and found["domain"].casefold() == _domain(sender)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _domain(sender: str) -> str:
    domain = sender.rpartition("@")[2].casefold()
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")


_OWN = re.compile(r"<report-agent\.[a-z]+\.[0-9a-f]{24}@(?P<domain>[^<>@\s]+)>")


def reminder_about(dossier: Dossier, when: str, *, shows: bool = True) -> str:
    """What a reminder's id is derived from: with the form that it asks to confirm, so that an answer to it is known.

    ``shows``: it shows the form that waits, if one does.
    """
    about, version = f"{dossier.campaign.id}/{dossier.unit.id}/{when}", dossier.pending
    asks = shows and version is not None and version.form.needs_confirmation
    return f"{about}+{version.submission.message}" if version is not None and asks else about


def notice_about(campaign: Campaign, decision: Decision) -> str:
    """What a notice's id is derived from: the decision that it tells of."""
    return f"{campaign.id}/notice/{decision.seq}"


def once_more(day: str, number: int) -> str:
    """The day of a reminder that somebody sends by hand, whatever was sent on it before: the number-th of that day."""
    return f"{day}/{number}"

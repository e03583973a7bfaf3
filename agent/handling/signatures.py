"""Find out whether a mail is signed by its sender's domain, where the settings ask for that, and note it beside it.

The only thing about a mail that the network is asked for: once, when the mail is taken in. What it came to lies in
the mail's envelope, so that judging the mail again, from the archive alone, comes to the same.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace

from agent.base.failpoints import passing
from agent.keeping.ledger import MessageRow
from agent.keeping.workspace import Workplace
from agent.mail.authentication import verdict
from agent.mail.message import Message, parse_head
from agent.mail.signature import SIGNED, signed

log = logging.getLogger(__name__)


PATIENCE = dt.timedelta(days=1)
"""How long a mail waits for the DNS before it is judged without: it is held then, for a person to see."""


class Vouching:
    """One pass's: a mail that waits for the DNS holds up the later ones of the same sender, for their order counts."""

    def __init__(self, work: Workplace) -> None:
        self._work = work
        self._waiting: set[str] = set()

    def vouched(self, row: MessageRow, now: dt.datetime) -> MessageRow | None:
        """The mail, with what its signature came to where that is asked for; None where it has to wait for the DNS."""
        asked = self._work.settings.authentication.otherwise == "verify"
        if not asked or "withheld" in row.envelope or "handed_in_by" in row.envelope:
            return row
        kept = self._work.archive.envelope(row.sha256)
        if SIGNED in kept:  # found out, and perhaps not noted before a crash
            return self._noted(row, kept)
        raw = self._work.archive.raw(row.sha256)
        message = parse_head(raw)
        sender = self._whose(message)
        if sender is None:
            return row
        found = signed(raw, message, row.received) if sender not in self._waiting else "unanswered"
        if found == "unanswered" and now - dt.datetime.fromisoformat(kept["fetched_at"]) < PATIENCE:
            self._waiting.add(sender)
            log.warning("mail %s waits: the DNS gives no answer about its signature", row.sha256[:12])
            return None
        envelope = self._work.archive.add_to_envelope(row.sha256, {SIGNED: found})
        passing("signature noted")
        return self._noted(row, envelope)

    def _whose(self, message: Message) -> str | None:
        """Whose mail it claims to be, where a signature would decide; None where it is settled without."""
        trust = self._work.settings.authentication.trust
        if verdict(message, trust) != "unknown":
            return None
        if self._work.settings.contact.is_contact(message.sender):
            return message.sender
        unit = self._work.register().of_sender(message.sender)
        return unit.id if unit else None

    def _noted(self, row: MessageRow, envelope: dict[str, object]) -> MessageRow:
        if envelope == row.envelope:
            return row
        with self._work.ledger.writing() as writing:
            writing.set_envelope(row.sha256, envelope)
        return replace(row, envelope=envelope)

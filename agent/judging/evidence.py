"""Whose a mail is and who wrote it, by the evidence: the sender, the form, the subject and file names.

Pure: knows no clock, no network, no disk, and nothing of what becomes of the mail (outcome.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from agent.campaign.rules import Campaign
from agent.campaign.settings import Authentication, Contact
from agent.campaign.units import Register, Unit, fold
from agent.dossier.letter_ids import is_own_id
from agent.dossier.overview import Told
from agent.judging.contents import Brought
from agent.judging.tokens import Tokens
from agent.mail.authentication import Signed, verdict
from agent.mail.automatic import automatic, bounced_ids, is_bounce
from agent.mail.message import Message


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Everything that decides besides the mail and the unit's dossier.

    Attributes:
        register: with the addresses that the contact has registered.
        address: the agent's own.
        authentication: whose results count, and what becomes of a mail that none proves or refutes.
        closed: the report is final.
        tokens: what judges the tokens of our letters; None where none was ever made.
        items: id of each mail that waits or waited for the contact's decision → its SHA-256.
    """

    campaign: Campaign
    register: Register
    contact: Contact
    address: str
    zone: ZoneInfo
    dedicated: bool = True
    authentication: Authentication = field(default_factory=Authentication)
    closed: bool = False
    tokens: Tokens | None = None
    items: Mapping[str, str] = field(default_factory=dict)


def suggested(message: Message, brought: Brought, register: Register) -> Unit | None:
    """Whose the mail seems to be: the sender's, where the form doesn't disagree; the form's; the one that names name."""
    registered = register.of_sender(message.sender)
    if registered is not None:
        return None if disagrees(brought, registered, register) else registered
    if brought.form is not None and brought.form.unit:
        named = register.in_form(brought.form.unit)
        if named.unit is not None or named.place is not None:
            return named.unit
    return register.in_text(message.subject, *brought.names)


def disagrees(brought: Brought, registered: Unit, register: Register) -> bool:
    """Whether the form names another unit, or a place that isn't registered."""
    if brought.form is None or not brought.form.unit:
        return False
    return names_another(brought.form.unit, registered, register)


def names_another(written: str, owner: Unit, register: Register) -> bool:
    """Whether what a form writes as its 单位 is another unit than that, or a place that isn't registered."""
    named = register.in_form(written)
    return named.place is not None or (named.unit is not None and named.unit.id != owner.id)


def doubted(message: Message, circumstances: Circumstances, signed: Signed | None) -> bool:
    """Whether the mail isn't from whom it claims; or may not be, where the settings ask for a proof."""
    found = verdict(message, circumstances.authentication.trust, signed)
    return found == "fails" or (found == "unknown" and circumstances.authentication.otherwise != "accept")


# --- machines --------------------------------------------------------------------------------------------


def written_by_machine(message: Message, circumstances: Circumstances) -> str | None:
    """What says that no person wrote the mail (mail/automatic.py), or None."""
    own = {circumstances.address.casefold()}
    return automatic(message, own, lambda one: is_own_id(one, circumstances.address))


def own_letters_bounced(message: Message, circumstances: Circumstances) -> tuple[str, ...]:
    """Our own letters that the mail says weren't delivered. An out-of-office note names our letter, too."""
    if not is_bounce(message):
        return ()
    return tuple(one for one in bounced_ids(message) if is_own_id(one, circumstances.address))


def not_reached(address: str, at: dt.datetime, circumstances: Circumstances) -> Iterator[Told]:
    """What the contact is told of an address that a letter didn't get to: where it is a unit's, or the contact's."""
    unit = circumstances.register.of_sender(address)
    if unit is not None or circumstances.contact.is_contact(address):
        whose = unit.name if unit else circumstances.contact.name
        text = f"给 {address}（{whose}）的信被退回，对方没有收到"
        yield Told("bounce", at, text, unit.id if unit else None)


# --- somebody's own mailbox, and whom to answer ----------------------------------------------------------


def is_private(message: Message, brought: Brought, circumstances: Circumstances) -> bool:
    """Whether it is none of ours, in a mailbox that is somebody's own, whoever or whatever wrote it."""
    register, sender = circumstances.register, message.sender
    if circumstances.dedicated or circumstances.contact.is_contact(sender) or register.of_sender(sender):
        return False
    return not _sign_of_campaign(message, brought, circumstances)


def _sign_of_campaign(message: Message, brought: Brought, circumstances: Circumstances) -> bool:
    """A form, or the campaign's title or a unit in the subject or a file's name."""
    names = (message.subject, *(part.name for part in message.parts), *brought.names)
    texts = [fold(text) for text in names]
    campaign, register = circumstances.campaign, circumstances.register
    titles = [fold(name) for name in (campaign.title, campaign.form.title, *campaign.also_called)]
    units = [fold(name) for unit in register.units for name in unit.names]
    return brought.form is not None or any(name in text for name in (*titles, *units) for text in texts)


def answer_to(message: Message, register: Register) -> str:
    """From; Reply-To only where it is registered to the same unit. Nobody, where no letter could get there."""
    registered = register.of_sender(message.sender)
    if message.reply_to and registered is not None:
        other = register.of_sender(message.reply_to)
        if other is not None and other.id == registered.id:
            return message.reply_to
    return message.sender if message.sender.isascii() else ""

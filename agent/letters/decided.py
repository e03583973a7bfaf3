"""What the answer to the contact's decisions shows: each order, the mail that it is about, and what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from agent.dossier.submission import Decision
from agent.judging.command_words import Order


@dataclass(frozen=True, slots=True)
class Decided:
    """One order and what became of it.

    Attributes:
        sender, subject, received: of the mail that it is about; "" and None where no right token was given for it.
        unit: the name of the unit that the order names, or what was written.
        decision: what was decided about the mail, by this order or before it; None where nothing was.
        decided_unit: the name of the unit that it was taken for; "" where for none.
        answered: the mail's sender gets a letter of it.
        known: the names that a unit may be called by.
    """

    order: Order
    sender: str = ""
    subject: str = ""
    received: dt.datetime | None = None
    unit: str = ""
    decision: Decision | None = None
    decided_unit: str = ""
    answered: bool = False
    known: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        return self.order.result == "done"

"""After a stop: what the ledger says and the archive lacks is laid down, and copies of what was never recorded go."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from agent.keeping.ledger import MailEntry
from agent.keeping.workspace import Workplace


def lay_down(work: Workplace) -> None:
    """Make good what a crash left half done between the ledger and the archive."""
    _lay_down_what_is_missing(work)
    _lay_down_departures(work)
    if work.ledger.purges():
        from agent.keeping.removal import finish

        finish(work)
    take_back_copies(work)


LAID_DOWN = "laid_down"
"""The ledger's note up to which entry of the journal all lies as files: what is below isn't looked at again."""


def _lay_down_what_is_missing(work: Workplace) -> None:
    """Mails kept but not yet in the ledger join it; entries committed but not yet files become files."""
    laid_down = work.ledger.meta(LAID_DOWN)
    # With a ledger that has never looked, every mail is asked for.
    for kept in work.archive.unnoted() if laid_down else work.archive.kept():
        if not work.ledger.knows(kept.sha256):
            with work.ledger.writing() as writing:
                writing.add_message(kept.sha256, kept.received, kept.envelope)
        work.archive.noted(kept.sha256)
    entries = work.ledger.entries(above=int(laid_down or 0))
    for entry in entries:
        if not work.archive.has_record(entry):
            work.archive.record(replace(entry, letters=tuple(work.ledger.with_bytes(entry.letters))))
        if isinstance(entry, MailEntry) and entry.outcome.private:
            work.archive.discard(entry.message)
    if entries:
        with work.ledger.writing() as writing:
            writing.set_meta(LAID_DOWN, str(entries[-1].seq))


def _lay_down_departures(work: Workplace) -> None:
    """Letters that have left, and of which only the ledger knows: the archive's disk was full."""
    for row in work.ledger.unrecorded_departures():
        at = dt.datetime.fromisoformat(row["sent_at"])
        work.archive.record_departure(row["id"], row["state"], at, row["error"])
        with work.ledger.writing() as writing:
            writing.letter_recorded(row["id"])


def take_back_copies(work: Workplace) -> None:
    """Take back the copies that earlier tries at a mail filed, and that what it came to doesn't name."""
    if not work.archive.filing_begun():
        return
    with work.ledger.writing() as writing:  # so that nobody who decides is filing just now
        filed = [one.path for dossier in work.dossiers() for one in dossier.filed]
        for message in work.archive.filing_begun():
            if writing.state(message) != "waiting":  # else it is tried again
                work.archive.end_filing(message, filed)

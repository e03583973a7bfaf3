"""Mail from the mailbox to the disk, before anything else happens."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.base.failpoints import passing
from agent.handling.cutshort import ANNOUNCED
from agent.handling.intake import Clock, _begins_anew, judge, log
from agent.handling.refetch import aborted_before, given_now
from agent.handling.signatures import Vouching
from agent.keeping.ledger import IDENTITY, MessageRow, RunEntry
from agent.keeping.recovery import lay_down
from agent.keeping.workspace import Workplace
from agent.mail.inbox import Arrival, Event, Inbox, Mark, Passed, Withheld
from agent.mail.message import identity_of, is_whole


@dataclass(frozen=True, slots=True)
class Intake:
    """What one pass took in: how many new mails, and how many were judged to each state."""

    new: int = 0
    judged: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        return self.judged.count("failed")


def take_in(
    work: Workplace,
    inbox: Inbox,
    clock: Clock,
    tell: Callable[[str], None] = lambda _text: None,
    after_each: Callable[[], object] = lambda: None,
) -> Intake:
    """Keep and judge all that is new; first what an earlier pass left.

    ``after_each`` is called after each mail that was judged: a chance for its answer to leave.

    Raises:
        Unreachable: the mailbox couldn't be reached; what was had before stays had.
    """
    start(work, clock())
    vouching = Vouching(work)
    _ = work.began_at  # what was set aside before this start is tried once more
    judged = [judge(work, row, clock(), vouching, tell) for row in work.ledger.waiting()]
    new = 0
    since = _since(work)
    mark = _mark(work, inbox, since)
    arrivals = inbox.arrivals(mark, since, work.ledger.knows)
    for event in itertools.chain(arrivals, given_now(work, inbox, clock())):
        row = _receive(work, inbox, event, clock())
        if row is not None:
            new += 1
            raw = event.raw if isinstance(event, Arrival) else None
            judged.append(judge(work, row, clock(), vouching, tell, raw))
            after_each()
    # Alone, and last: should it end the process once more, it keeps no other mail from being judged.
    judged += [judge(work, row, clock(), vouching, tell) for row in aborted_before(work)]
    with work.ledger.writing() as writing:
        writing.set_meta("last_poll", clock().isoformat())
    return Intake(new, tuple(judged))


def start(work: Workplace, now: dt.datetime) -> None:
    """Note the first start; make good what a crash left half done, and a ledger that was lost."""
    if work.ledger_is_lost():
        from agent.keeping.rebuild import rebuild

        log.warning("the ledger is lost, and made anew from the archive")
        rebuild(work)
    if work.first_start() is None:
        with work.ledger.writing() as writing:
            entry = RunEntry(writing.next_seq(), now, "start", now)
            writing.append(entry)
        work.archive.record(entry)
    lay_down(work)


def _mark(work: Workplace, inbox: Inbox, since: dt.datetime) -> Mark | None:
    """How far the mailbox was had; None, so that all is listed again, where older mail is asked for than before."""
    key, told = f"since {inbox.name}", since.isoformat()
    before = work.ledger.meta(key)
    if before != told:
        with work.ledger.writing() as writing:
            if before is not None and since < dt.datetime.fromisoformat(before):
                writing.forget_mark(inbox.name)
            writing.set_meta(key, told)
    mark = work.ledger.mark(inbox.name)
    return Mark(*mark) if mark else None


def _since(work: Workplace) -> dt.datetime:
    day = work.settings.inbox.since or work.campaign.start
    return dt.datetime.combine(day, dt.time(), work.zone)


def _receive(work: Workplace, inbox: Inbox, event: Event, now: dt.datetime) -> MessageRow | None:
    """Keep the mail, then note it and the mailbox's mark together; None where there is nothing new to judge."""
    passing("mail fetched")
    kept = None if isinstance(event, Passed) else work.archive.keep(*_to_keep(work, inbox, event, now))
    with work.ledger.writing() as writing:
        new = kept is not None and writing.add_message(kept.sha256, kept.received, kept.envelope)
        early, anew = getattr(event, "early", None), _begins_anew(work, inbox, event.mark)
        if early is not None or (anew and event.mark is not None):
            writing.passed_over(inbox.name, early or 0, anew=anew)
        if event.mark is not None:
            writing.set_mark(inbox.name, event.mark.uidvalidity, event.mark.uid)
    passing("mail noted")
    if kept is not None:
        work.archive.noted(kept.sha256)
    return work.ledger.message(kept.sha256) if kept is not None and new else None


def _to_keep(
    work: Workplace, inbox: Inbox, event: Arrival | Withheld, now: dt.datetime
) -> tuple[bytes, dict[str, Any]]:
    """What is kept of a mail: its bytes (of one that isn't handed over, its headers), and its envelope."""
    place = dict(event.place)
    if not work.settings.inbox.dedicated:
        place.pop("file", None)  # a private mail's file may be named after what it says
    envelope = {
        "number": work.ledger.next_number(),
        "received": event.received.astimezone(work.zone).isoformat(),
        "fetched_at": now.isoformat(),
        **({"mailbox": inbox.name} if event.mark is not None else {}),
        **place,
    }
    if isinstance(event, Withheld):
        # Two such mails without headers are still two: the place tells them apart.
        head = event.head or f"X-Withheld: {dict(event.place)}\r\n\r\n".encode()
        return head, envelope | {"withheld": event.reason, "size": event.size}
    identity = identity_of(event.raw)
    found: dict[str, Any] = {IDENTITY: identity} if identity else {}
    if event.announced is not None and not is_whole(event.raw):
        found[ANNOUNCED] = event.announced
    return event.raw, envelope | found

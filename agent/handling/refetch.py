"""Mails that were set aside, and for which there is another chance.

Those that the mailbox didn't give (the line broke at them again and again) are asked for once more each hour. What
comes then is taken in as any mail, and what was set aside in its place is settled. Those at which the process ended
each time are tried once more at a later start: it may have been ended from outside.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator

from agent.base.errors import UsageError
from agent.keeping.ledger import MessageRow
from agent.keeping.workspace import Workplace
from agent.mail.inbox import Arrival, Inbox, Mark

log = logging.getLogger(__name__)

EACH = dt.timedelta(hours=1)
FOR = dt.timedelta(days=7)
"""How often, and for how long, such a mail is asked for: it may break the connection each time."""

ASKED = "asked again"
COME = "这封邮件后来取回了，已另行登记。"


def given_now(work: Workplace, inbox: Inbox, now: dt.datetime) -> Iterator[Arrival]:
    """Those of them that are given by now; none where it isn't an hour since they were last asked for."""
    settle(work, now)
    waiting = [row for row in _withheld(work) if _mailbox(row) == inbox.name and _is_young(row, now)]
    asked = work.ledger.meta(ASKED)
    if not waiting or (asked and abs(now - dt.datetime.fromisoformat(asked)) < EACH):
        return
    with work.ledger.writing() as writing:
        writing.set_meta(ASKED, now.isoformat())
    yield from inbox.again([Mark(*_place(row)) for row in waiting])
    settle(work, now)


def aborted_before(work: Workplace) -> list[MessageRow]:
    """The mails that an earlier process has set aside because it ended at them each time, and that nobody tried since."""
    from agent.handling.intake import ABORTED, TRIES

    return [
        row
        for row in work.ledger.failed_messages()
        if (row.reason or "").endswith(f"（{ABORTED}）")
        and row.attempts <= TRIES + 1
        and (row.seq or 0) <= work.began_at
    ]


def settle(work: Workplace, now: dt.datetime) -> None:
    """Set aside for good what was had since, so that nobody looks for it."""
    for row in _withheld(work):
        if any("withheld" not in one.envelope for one in work.ledger.at_place(*_place(row))):
            _set_aside(work, row, now)


def _set_aside(work: Workplace, row: MessageRow, now: dt.datetime) -> None:
    from agent.dossier.submission import Ruling
    from agent.handling.decisions import reject

    log.warning("mail %s was given after all", row.sha256[:12])
    with contextlib.suppress(UsageError):  # the contact was quicker
        reject(work, f"F{row.sha256}", Ruling(work.settings.address, now, COME))


def _withheld(work: Workplace) -> list[MessageRow]:
    rows = work.ledger.failed_messages()
    return [row for row in rows if row.envelope.get("withheld") == "refused" and "uid" in row.envelope]


def _mailbox(row: MessageRow) -> str:
    return str(row.envelope.get("mailbox", ""))


def _place(row: MessageRow) -> tuple[int, int]:
    return row.envelope["uidvalidity"], row.envelope["uid"]


def _is_young(row: MessageRow, now: dt.datetime) -> bool:
    """It wasn't given just now, nor so long ago that nobody expects it any more."""
    since = now - dt.datetime.fromisoformat(row.envelope["fetched_at"])
    return EACH <= abs(since) < FOR

"""The letters that answer no mail: the daily digest to the contact, reminders to units that owe something."""

from __future__ import annotations

import datetime as dt

from agent.intake import queued
from agent.ledger import QueuedLetter, RunEntry
from agent.letters import Letter, news
from agent.overview import Overview
from agent.timetable import digest_due, reminder_due, to_remind
from agent.workplace import Workplace


def digest_letter(work: Workplace, now: dt.datetime, about: str | None = None) -> Letter:
    """The digest as of now: what came since the last one, and where everything stands."""
    overview = work.overview(now)
    return work.letters.digest(overview, overview.as_of, news(overview), about)


def reminder_letters(work: Workplace, now: dt.datetime, due: dt.datetime | None = None) -> list[Letter]:
    """A reminder for each unit that must report, owes something, and has an address.

    Args:
        work: whose units.
        now: today.
        due: only units whose own timetable fell due; None: every unit that owes.
    """
    overview = work.overview(now)
    return [
        work.letters.reminder(one, one.unit.senders, overview.as_of)
        for one in to_remind(overview.dossiers)
        if one.unit.senders and (due is None or _due(work, overview, one.deadline) is not None)
    ]


def send_digest(work: Workplace, now: dt.datetime, due: dt.datetime, about: str | None = None) -> None:
    """Queue the digest, and record that it ran, in one step."""
    _record(work, now, "digest", due, (queued(digest_letter(work, now, about)),))


def send_reminders(work: Workplace, now: dt.datetime, due: dt.datetime, *, all_who_owe: bool = False) -> int:
    """Queue the reminders, and record that they ran, in one step; returns how many."""
    letters = tuple(queued(one) for one in reminder_letters(work, now, None if all_who_owe else due))
    _record(work, now, "remind", due, letters)
    return len(letters)


def run_timetable(work: Workplace, now: dt.datetime) -> list[str]:
    """Queue what fell due since it last ran; returns the names of what ran."""
    ran = []
    overview = work.overview(now)
    due = [moment for one in overview.dossiers if (moment := _due(work, overview, one.deadline))]
    if due:
        send_reminders(work, now, max(due))
        ran.append("remind")
    at = digest_due(work.settings.schedule, work.zone, now, _last(work, "digest", now))
    if at is not None:
        send_digest(work, now, at)
        ran.append("digest")
    return ran


def _due(work: Workplace, overview: Overview, deadline: dt.date) -> dt.datetime | None:
    if overview.final is not None:
        return None
    now = overview.as_of
    return reminder_due(work.settings.schedule, work.zone, now, _last(work, "remind", now), deadline)


def _last(work: Workplace, name: str, now: dt.datetime) -> dt.datetime:
    """When it was last due and ran; else the first start, before which nothing was due."""
    run = work.ledger.last_run(name)
    return run.due if run else work.first_start() or now


def _record(
    work: Workplace, now: dt.datetime, name: str, due: dt.datetime, letters: tuple[QueuedLetter, ...]
) -> None:
    with work.ledger.writing() as writing:
        entry = RunEntry(writing.next_seq(), now, name, due, letters)
        writing.append(entry)
    work.archive.record(entry)

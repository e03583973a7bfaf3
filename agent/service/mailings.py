"""The letters that answer no mail: the daily digest to the contact, reminders to units that owe something."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from agent.campaign.units import Unit
from agent.dossier.dossier import Dossier
from agent.dossier.letter_ids import once_more, reminder_about
from agent.dossier.overview import Overview
from agent.dossier.submission import final_decision
from agent.handling.answering import queued
from agent.keeping.ledger import RunEntry
from agent.keeping.workspace import Workplace
from agent.letters import Letter, news
from agent.service.timetable import digest_due, first_reminder, reminder_due, to_remind


def digest_letter(work: Workplace, now: dt.datetime, day: dt.date | None = None) -> Letter:
    """The digest as of now: what came since the last one, and where everything stands.

    Args:
        work: whose units.
        now: what it is as of.
        day: on which it fell due by the timetable; None: it was asked for.
    """
    overview = work.overview(now)
    about = f"{work.campaign.id}/{day or overview.as_of.isoformat()}"
    waiting = {
        **{one.id: one.message for one in overview.held},
        **{one.id: one.message for one in overview.failed},
    }
    return work.letters.digest(
        overview,
        overview.as_of,
        news(overview),
        about,
        _to_phone(work, overview),
        work.mail_tokens(waiting, now),
        work.settings.decisions.valid_days,
    )


def reminder_letters(work: Workplace, now: dt.datetime) -> list[Letter]:
    """A reminder for each unit that must report, owes something, and has an address."""
    overview = work.overview(now)
    reminded, owing = _reminded(work, overview.today), _owing(overview, overview.dossiers)
    return [
        _reminder(work, overview, one, once_more(f"{overview.today}", reminded[one.unit.id] + 1))
        for one in owing
        if one.unit.senders
    ]


def without_address(work: Workplace, now: dt.datetime) -> list[Unit]:
    """The units that would be reminded if an address of theirs were known."""
    return _without_address(work.overview(now))


def _without_address(overview: Overview) -> list[Unit]:
    return [one.unit for one in _owing(overview, overview.dossiers) if not one.unit.senders]


def _owing(overview: Overview, dossiers: Iterable[Dossier]) -> list[Dossier]:
    """The units to be reminded; not those of which all that they owe has come, and is held."""
    return [one for one in to_remind(dossiers) if overview.lacks(one)]


def _to_phone(work: Workplace, overview: Overview) -> list[Unit]:
    """Those among them whose first reminder would have gone out by today."""
    if overview.final is not None:
        return []
    first = first_reminder(work.settings.schedule, overview.campaign.deadline)
    return _without_address(overview) if overview.today >= first else []


def send_digest(work: Workplace, now: dt.datetime) -> None:
    """Queue the digest, and record that it ran, in one step."""
    _record(work, now, "digest", now, [digest_letter(work, now)])


def send_reminders(work: Workplace, now: dt.datetime) -> None:
    """Queue a reminder to everybody who owes something, and record that they ran, in one step."""
    _record(work, now, "remind", now, reminder_letters(work, now))


def run_timetable(work: Workplace, now: dt.datetime) -> list[str]:
    """Queue what fell due since it last ran; returns the names of what ran."""
    reminders = _reminders_due(work, now)
    due = digest_due(work.settings.schedule, work.zone, now, _last(work, "digest", now))
    if not reminders and due is None:
        return []  # as nearly always: where all stands needn't be put together for that
    overview, ran = work.overview(now), []
    if reminders:
        # One a unit and day, also where yesterday's was made good this morning or the contact has sent one.
        already = _reminded(work, overview.today)
        due_now = _owing(overview, (one for one, _ in reminders))
        owing = [one for one in due_now if one.unit.id not in already]
        letters = _reminders(work, overview, owing, f"{overview.today}")
        _record(work, now, "remind", max(moment for _, moment in reminders), letters)
        ran.append("remind")
    if due is not None:
        # Of the day that it fell due on: yesterday's, made good this morning, isn't today's.
        letters = [digest_letter(work, now, due.date())] if _has_news(overview) else []
        _record(work, now, "digest", due, letters)
        ran.append("digest")
    return ran


def _reminders_due(work: Workplace, now: dt.datetime) -> list[tuple[Dossier, dt.datetime]]:
    """The units whose reminder fell due, and when, each by its own deadline; none once the report is final."""
    if final_decision(work.ledger.decisions()) is not None:
        return []
    schedule, now, last = work.settings.schedule, now.astimezone(work.zone), _last(work, "remind", now)
    due = []
    for dossier in work.dossiers():
        # What would have fallen due before the unit was given its deadline didn't.
        since = max([last, *(one.at for one in dossier.decisions if one.kind == "extend")])
        moment = reminder_due(schedule, work.zone, now, since, dossier.deadline)
        if moment is not None:
            due.append((dossier, moment))
    return due


def _reminders(work: Workplace, overview: Overview, owing: Iterable[Dossier], when: str) -> list[Letter]:
    return [_reminder(work, overview, one, when) for one in owing if one.unit.senders]


def _reminder(work: Workplace, overview: Overview, dossier: Dossier, when: str) -> Letter:
    held, unit = overview.held_of(dossier.unit), dossier.unit
    about = reminder_about(dossier, when, shows=not any("form" in one.brings for one in held))
    token = work.form_token(dossier, overview.as_of)
    return work.letters.reminder(dossier, unit.senders, overview.as_of, about, held, token)


def _reminded(work: Workplace, day: dt.date) -> Counter[str]:
    """How often each unit was sent a reminder on that day."""
    reminders = [row for row in work.ledger.letter_rows() if row["kind"] == "reminder"]
    return Counter(
        row["unit"]
        for row in reminders
        if dt.datetime.fromisoformat(row["queued_at"]).astimezone(work.zone).date() == day
    )


def _has_news(overview: Overview) -> bool:
    """Whether the digest has something to say: always while the campaign is open."""
    waiting = overview.held or overview.failed or overview.health.troubles or overview.open or overview.strays
    return overview.final is None or bool(waiting or overview.told or news(overview))


def _last(work: Workplace, name: str, now: dt.datetime) -> dt.datetime:
    """When it was last due and ran; else the first start, before which nothing was due."""
    run = work.ledger.last_run(name)
    return run.due if run else work.first_start() or now


def _record(
    work: Workplace, now: dt.datetime, name: str, due: dt.datetime, letters: Iterable[Letter]
) -> None:
    with work.ledger.writing() as writing:
        entry = RunEntry(writing.next_seq(), now, name, due, tuple(queued(one) for one in letters))
        writing.append(entry)
    work.archive.record(entry)

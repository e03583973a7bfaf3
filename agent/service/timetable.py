"""What is due when: pure arithmetic on the timetable's settings, the dates, and what has run before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from agent.campaign.settings import ScheduleSettings
from agent.dossier.dossier import Dossier


def digest_due(
    schedule: ScheduleSettings, zone: ZoneInfo, now: dt.datetime, since: dt.datetime
) -> dt.datetime | None:
    """The latest digest that fell due after ``since`` (the last run, or the first start), or None.

    A digest missed while the machine was off is due once it is on, once: only the latest counts.
    """
    return _latest(daily(schedule.digest_at, zone, now), now, since)


def reminder_due(
    schedule: ScheduleSettings, zone: ZoneInfo, now: dt.datetime, since: dt.datetime, deadline: dt.date
) -> dt.datetime | None:
    """The latest reminder before or after this deadline that fell due after ``since``, or None."""
    before = [
        _at(deadline - dt.timedelta(days=days), schedule.remind_at, zone)
        for days in schedule.remind_days_before
    ]
    overdue = [moment for moment in daily(schedule.remind_at, zone, now) if moment.date() > deadline]
    return _latest([*before, *(overdue if schedule.remind_overdue else ())], now, since)


def first_reminder(schedule: ScheduleSettings, deadline: dt.date) -> dt.date:
    """The day from which units are reminded: by the timetable's days before, else the day after the deadline."""
    return deadline - dt.timedelta(days=max(schedule.remind_days_before, default=-1))


def to_remind(dossiers: Iterable[Dossier]) -> list[Dossier]:
    """The units that are reminded: those that must report and owe something."""
    return [one for one in dossiers if one.unit.required and one.owes]


def latest_moment(schedule: ScheduleSettings, zone: ZoneInfo, now: dt.datetime) -> dt.datetime:
    """The last moment at which anything may have fallen due: until the next one, nothing does by time alone."""
    moments = [*daily(schedule.digest_at, zone, now), *daily(schedule.remind_at, zone, now)]
    return max(moment for moment in moments if moment <= now)


def daily(clock: str, zone: ZoneInfo, now: dt.datetime) -> list[dt.datetime]:
    """Today's and yesterday's moment at that clock time."""
    today = now.astimezone(zone).date()
    return [_at(today - dt.timedelta(days=days), clock, zone) for days in (1, 0)]


def _at(day: dt.date, clock: str, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), zone)


def _latest(moments: Iterable[dt.datetime], now: dt.datetime, since: dt.datetime) -> dt.datetime | None:
    return max((moment for moment in moments if since < moment <= now), default=None)

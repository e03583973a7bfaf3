"""What is due when: tables of moments."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from agent.campaign.settings import ScheduleSettings
from agent.service.timetable import digest_due, reminder_due, to_remind
from tests.commands import CAMPAIGN

CHINA, XINJIANG, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Urumqi"), ZoneInfo("Europe/London")
DEADLINE = dt.date(2024, 3, 5)


def at(text: str, zone: ZoneInfo = CHINA) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("since", "now", "due"),
    [
        ("02-01 08:00", "02-01 17:29", None),
        ("02-01 08:00", "02-01 17:30", "02-01 17:30"),
        ("02-01 08:00", "02-01 23:59", "02-01 17:30"),
        ("02-01 17:30", "02-01 17:31", None),
        ("02-01 17:30", "02-02 00:00", None),
        ("02-01 17:30", "02-02 17:30", "02-02 17:30"),
        # first started after today's digest: none until tomorrow
        ("02-01 18:00", "02-01 18:00", None),
        ("02-01 18:00", "02-02 17:29", None),
        ("02-01 18:00", "02-02 17:30", "02-02 17:30"),
        # off since the morning, on again at night, or next morning, or days later: once, the latest
        ("01-31 17:30", "02-01 23:00", "02-01 17:30"),
        ("01-31 17:30", "02-02 08:00", "02-01 17:30"),
        ("01-31 17:30", "02-09 08:00", "02-08 17:30"),
        # over the end of a month, of a leap February, of a year
        ("02-28 17:30", "02-29 17:30", "02-29 17:30"),
        ("02-28 17:30", "03-01 08:00", "02-29 17:30"),
        ("2023-12-31 17:30", "01-01 08:00", None),
        ("2023-12-30 17:30", "01-01 08:00", "2023-12-31 17:30"),
        # a digest sent by hand after today's is no reason to leave out tomorrow's
        ("02-01 19:00", "02-02 17:30", "02-02 17:30"),
        # the clock was set back: nothing twice
        ("02-05 17:30", "02-03 18:00", None),
    ],
)
def test_the_digest_falls_due_once_a_day(since: str, now: str, due: str | None) -> None:
    schedule = ScheduleSettings(digest_at="17:30")
    moment = digest_due(schedule, CHINA, _moment(now), _moment(since))
    assert moment == (None if due is None else _moment(due))


@pytest.mark.parametrize(
    ("zone", "since", "now", "due"),
    [
        (XINJIANG, "2024-02-01T08:00+08:00", "2024-02-01T17:30+08:00", None),
        (XINJIANG, "2024-02-01T08:00+08:00", "2024-02-01T19:30+08:00", "2024-02-01T17:30+06:00"),
        (CHINA, "2024-02-01T00:00+00:00", "2024-02-01T09:29+00:00", None),
        (CHINA, "2024-02-01T00:00+00:00", "2024-02-01T09:30+00:00", "2024-02-01T17:30+08:00"),
        # summer time begins on 31 March: the clock on the wall counts
        (LONDON, "2024-03-30T17:30+00:00", "2024-03-31T16:29+00:00", None),
        (LONDON, "2024-03-30T17:30+00:00", "2024-03-31T16:30+00:00", "2024-03-31T17:30+01:00"),
    ],
)
def test_clock_times_are_the_configured_zones(zone: ZoneInfo, since: str, now: str, due: str | None) -> None:
    moment = digest_due(ScheduleSettings(digest_at="17:30"), zone, at(now), at(since))
    assert moment == (None if due is None else at(due))


@pytest.mark.parametrize(
    ("since", "now", "due"),
    [
        ("02-20 09:00", "02-27 09:29", None),
        ("02-20 09:00", "02-27 09:30", "02-27 09:30"),
        ("02-27 09:30", "02-28 09:30", None),
        ("02-27 09:30", "03-01 23:59", None),
        ("02-27 09:30", "03-02 09:30", "03-02 09:30"),
        ("03-02 09:30", "03-04 09:30", "03-04 09:30"),
        ("03-04 09:30", "03-05 23:59", None),  # the day itself isn't over
        # overdue: daily
        ("03-04 09:30", "03-06 09:29", None),
        ("03-04 09:30", "03-06 09:30", "03-06 09:30"),
        ("03-06 09:30", "03-07 09:30", "03-07 09:30"),
        ("03-07 09:30", "03-07 18:00", None),
        # off for days: one reminder, the latest
        ("02-20 09:00", "03-03 08:00", "03-02 09:30"),
        ("02-20 09:00", "03-05 08:00", "03-04 09:30"),
        ("02-20 09:00", "03-06 08:00", "03-04 09:30"),
        ("02-20 09:00", "03-10 08:00", "03-09 09:30"),
        ("03-06 09:30", "03-20 12:00", "03-20 09:30"),
        # first started in between
        ("03-02 10:00", "03-02 10:00", None),
        ("03-02 10:00", "03-04 09:30", "03-04 09:30"),
        # reminded by hand this morning before the timetable's time: the timetable's is due as well
        ("03-04 09:00", "03-04 09:30", "03-04 09:30"),
    ],
)
def test_reminders_fall_due_before_the_deadline_and_daily_after_it(
    since: str, now: str, due: str | None
) -> None:
    schedule = ScheduleSettings(remind_days_before=(7, 3, 1), remind_at="09:30", remind_overdue=True)
    moment = reminder_due(schedule, CHINA, _moment(now), _moment(since), DEADLINE)
    assert moment == (None if due is None else _moment(due))


@pytest.mark.parametrize(
    ("days", "overdue", "now", "due"),
    [
        ((0,), False, "03-05 09:29", None),
        ((0,), False, "03-05 09:30", "03-05 09:30"),
        ((0,), False, "03-08 12:00", "03-05 09:30"),
        ((), False, "03-08 12:00", None),
        ((), True, "03-08 12:00", "03-08 09:30"),
        ((7, 3, 1), False, "03-20 12:00", "03-04 09:30"),
        ((30,), True, "02-04 09:30", "02-04 09:30"),
        ((365,), False, "2023-03-06 09:30", "2023-03-06 09:30"),
        ((1, 3, 7), True, "03-02 09:30", "03-02 09:30"),
        ((4, 5), True, "03-01 09:30", "03-01 09:30"),  # over the end of a leap February
    ],
)
def test_the_days_before_are_those_of_the_settings(
    days: tuple[int, ...], overdue: bool, now: str, due: str | None
) -> None:
    schedule = ScheduleSettings(remind_days_before=days, remind_at="09:30", remind_overdue=overdue)
    moment = reminder_due(schedule, CHINA, _moment(now), at("2022-01-01T00:00"), DEADLINE)
    assert moment == (None if due is None else _moment(due))


def test_a_unit_with_more_time_is_reminded_by_its_own_deadline() -> None:
    schedule = ScheduleSettings(remind_days_before=(7, 3, 1), remind_at="09:30")
    now, since, extended = _moment("03-07 09:30"), _moment("03-06 09:30"), dt.date(2024, 3, 8)
    assert reminder_due(schedule, CHINA, now, since, DEADLINE) == now  # overdue
    assert reminder_due(schedule, CHINA, now, since, extended) == now  # a day before
    assert reminder_due(schedule, CHINA, _moment("03-06 09:30"), _moment("03-05 09:30"), extended) is None


def test_only_units_that_must_report_and_owe_something_are_reminded() -> None:
    from agent.campaign.units import Unit
    from agent.dossier.dossier import assemble

    owing = assemble(Unit(id="a", name="甲镇"), (), (), CAMPAIGN)
    optional = assemble(Unit(id="b", name="乙站", required=False), (), (), CAMPAIGN)
    assert to_remind([owing, optional]) == [owing]


def _moment(text: str) -> dt.datetime:
    """03-04 09:30 of 2024, in China, where no year is given."""
    return at(text if text[4] == "-" else f"2024-{text}")

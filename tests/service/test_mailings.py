"""The letters that answer no mail, day by day: who gets which, how often, and what a stop makes of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.demo.district import addresses
from agent.handling.fetching import start
from agent.keeping.workspace import Workplace
from agent.service.loop import Service
from agent.service.mailings import run_timetable
from tests.commands import ZONE, Bureau, bureau, form, mail, whole

CONTACT = "contact@civil.example"
REQUIRED = [name for name in addresses() if name != "station"]


class Days:
    """An agent at work at the moments that it is told."""

    def __init__(self, office: Bureau, first: str = "2024-02-20T08:00") -> None:
        self.office = office
        self.work: Workplace = office.office.open()
        self.now = _moment(first)
        start(self.work, self.now)

    def at(self, *moments: str) -> Counter[str]:
        """Who is sent a letter of the timetable in these moments, and how many."""
        before = self._letters()
        for moment in moments:
            self.now = _moment(moment)
            run_timetable(self.work, self.now)
            Service(self.work, lambda: self.now).send()
        return self._letters() - before

    def _letters(self) -> Counter[str]:
        letters = (one for one in self.office.letters() if ".notice." not in str(one["Message-ID"]))
        return Counter(str(one["To"]) for one in letters)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text if text[:3] == "202" else f"2024-{text}").replace(tzinfo=ZONE)


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(bureau(tmp_path))


EVERYBODY = Counter(addresses()[name] for name in REQUIRED)


def test_the_digest_goes_to_the_contact_once_a_day(days: Days) -> None:
    assert days.at("02-20T17:29") == Counter()
    assert days.at("02-20T17:30") == Counter([CONTACT])
    assert days.at("02-20T17:31", "02-20T23:59", "02-21T17:29") == Counter()
    assert days.at("02-21T17:30") == Counter([CONTACT])


def test_a_digest_that_was_missed_is_made_good_once_and_todays_still_comes(days: Days) -> None:
    assert days.at("02-24T08:00") == Counter([CONTACT])
    assert days.at("02-24T08:01", "02-24T17:29") == Counter()
    assert days.at("02-24T17:30") == Counter([CONTACT])


def test_started_after_todays_digest_none_comes_until_tomorrow(tmp_path: Path) -> None:
    days = Days(bureau(tmp_path), first="2024-02-20T18:00")
    assert days.at("02-20T18:00", "02-20T23:00", "02-21T17:29") == Counter()
    assert days.at("02-21T17:30") == Counter([CONTACT])


def test_units_that_owe_are_reminded_before_the_deadline_and_daily_after_it(days: Days) -> None:
    days.office.post(whole("qingnian"))
    Service(days.work, lambda: _moment("02-20T09:00")).poll()
    owing = EVERYBODY - Counter([addresses()["qingnian"]])
    for morning in ("02-27", "03-02", "03-04", "03-06", "03-07"):
        assert days.at(f"{morning}T09:29")[addresses()["heishan"]] == 0
        assert days.at(f"{morning}T09:30", f"{morning}T09:31", f"{morning}T12:00") == owing, morning
    assert days.at("02-28T09:30", "03-01T09:30") - Counter([CONTACT] * 9) == Counter()


def test_a_machine_that_was_off_for_days_sends_one_reminder(days: Days) -> None:
    assert days.at("03-09T08:00") == EVERYBODY + Counter([CONTACT])


def test_a_reminder_made_good_this_morning_is_todays(days: Days) -> None:
    assert days.at("03-08T08:00") == EVERYBODY + Counter([CONTACT])
    assert days.at("03-08T09:30", "03-08T10:00") == Counter()
    assert days.at("03-09T09:30") == EVERYBODY + Counter([CONTACT])


def test_whom_the_contact_has_reminded_today_the_timetable_leaves_alone(days: Days) -> None:
    assert days.office.run("remind", "--send", now="2024-03-04T08:00").status == 0
    assert days.at("03-04T09:30") - Counter([CONTACT]) == Counter()
    assert days.at("03-06T09:30") - Counter([CONTACT]) == EVERYBODY


def test_the_contact_may_remind_twice_a_day(days: Days) -> None:
    days.office.run("remind", "--send", now="2024-03-04T08:00")
    ran = days.office.run("remind", "--send", now="2024-03-04T14:00")
    assert "10" in ran.out
    letters = Counter(str(one["To"]) for one in days.office.letters())
    assert letters == EVERYBODY + EVERYBODY


def test_a_digest_sent_by_hand_leaves_the_timetables_in_place(days: Days) -> None:
    days.office.run("digest", "--send", now="2024-02-20T16:00")
    assert days.at("02-20T17:30") == Counter([CONTACT])


def test_a_unit_with_more_time_is_reminded_by_its_own_deadline(days: Days) -> None:
    days.at("03-04T09:30")
    days.office.run("review", "extend", "heishan", "2024-03-08", now="2024-03-05T10:00")
    heishan = addresses()["heishan"]
    assert days.at("03-05T10:01")[heishan] == 0, "the days before the new deadline are only now its own"
    assert days.at("03-06T09:30") - Counter([CONTACT]) == EVERYBODY - Counter([heishan])
    assert days.at("03-07T09:30")[heishan] == 1
    assert days.at("03-08T09:30")[heishan] == 0
    assert days.at("03-09T09:30")[heishan] == 1


def test_an_extension_brings_no_reminder_at_once(days: Days) -> None:
    days.at("03-02T09:30", "03-02T17:30")
    days.office.run("review", "extend", "heishan", "2024-03-06", now="2024-03-03T10:00")
    assert days.at("03-03T10:01") == Counter(), "three days before was half an hour ago"


def test_a_unit_without_an_address_is_left_out(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    path = tmp_path / "rules" / "units.yaml"
    register = yaml.safe_load(path.read_text(encoding="utf-8"))
    next(unit for unit in register["units"] if unit["id"] == "heishan")["senders"] = []
    path.write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    days = Days(office)
    assert days.at("02-27T09:30") - Counter([CONTACT]) == EVERYBODY - Counter([addresses()["heishan"]])


def test_what_is_held_of_a_unit_isn_t_asked_for_again(days: Days) -> None:
    days.office.post(mail(form("青年镇"), sender="a@personal.example", sent="2024-02-20T09:00+08:00"))
    days.office.post(whole("heishan", 1).replace(addresses()["heishan"].encode(), b"b@personal.example"))
    Service(days.work, lambda: _moment("02-20T10:00")).poll()
    assert len(days.work.ledger.held()) == 2
    reminded = days.at("02-27T09:30")
    assert reminded[addresses()["heishan"]] == 0, "all that it owes is held"
    assert reminded[addresses()["qingnian"]] == 1
    to_qingnian = [one for one in days.office.letters() if one["To"] == addresses()["qingnian"]]
    [letter] = [one for one in to_qingnian if "催报" in one["Subject"]]
    text = letter.get_body(("plain",)).get_content()
    assert "正在核对，不必重复发送" in text
    assert "正在核对，不必重复发送" in letter.get_body(("html",)).get_content()
    assert "统计表" not in str(letter["Subject"])
    assert "照片" in str(letter["Subject"])
    assert "统计表 已收到来信，正在核对" in " ".join(text.replace("\u3000", " ").split())


def test_units_without_an_address_are_named_for_a_call(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    path = tmp_path / "rules" / "units.yaml"
    register = yaml.safe_load(path.read_text(encoding="utf-8"))
    for unit in register["units"]:
        unit["senders"] = unit["senders"] if unit["id"] in ("qingnian", "station") else []
    path.write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    office.post(whole("qingnian"))
    office.run("poll", now="2024-02-20T10:00")
    for options in ((), ("--send",)):
        ran = office.run("remind", *options, now="2024-02-26T10:00")
        assert ran.status == 1
        assert "没有登记邮箱，请电话催报：" in ran.out
        assert "黑山镇" in ran.out
        assert "没有需要催报的单位" not in ran.out
        assert not any(name in ran.out for name in ("青年镇", "救助管理站"))
    assert "请电话催报" not in office.run("digest", now="2024-02-26T17:30").out
    printed = office.run("digest", now="2024-02-27T17:30").out
    [line] = [line for line in printed.splitlines() if "请电话催报（没有登记邮箱）：" in line]
    assert "黑山镇" in line
    assert "青年镇" not in line
    assert "没有待处理的事项" not in printed


def test_once_the_report_is_final_nobody_is_reminded_and_the_digest_comes_with_news_only(
    tmp_path: Path,
) -> None:
    office = bureau(tmp_path)
    for number, unit in enumerate(REQUIRED, start=1):
        office.post(whole(unit, number))
    days = Days(office, first="2024-03-01T09:30")
    office.run("poll", now="2024-03-01T10:00")
    assert days.at("03-01T17:30") == Counter([CONTACT])
    assert office.run("merge", "--final", now="2024-03-02T10:00").status == 0
    office.run("review", "withdraw", "heishan", "--reason", "重报", now="2024-03-02T10:30")
    assert days.at("03-02T17:30", "03-03T17:30", "03-06T09:30", "03-06T17:30") == Counter()
    office.post(mail(form(), sent="2024-03-07T09:00+08:00"))
    office.run("poll", now="2024-03-07T09:10")
    assert days.at("03-07T09:10") == Counter(), "not before its time"
    assert days.at("03-07T17:30") == Counter([CONTACT])
    assert days.at("03-08T17:30") == Counter([CONTACT]), "a mail is still held"
    office.run("review", "reject", "H1", now="2024-03-09T10:00")
    assert days.at("03-09T17:30", "03-10T17:30") == Counter()


def test_what_is_new_is_told_once(days: Days) -> None:
    days.office.post(mail(form("青年镇"), sent="2024-02-20T09:00+08:00"))
    days.office.run("poll", now="2024-02-20T09:10")
    days.at("02-20T17:30", "02-21T17:30")
    first, second = (one.get_body(("plain",)).get_content() for one in _digests(days.office))
    assert "青年镇：统计表第 1 版" in first
    assert "青年镇：统计表第 1 版" not in second


def _digests(office: Bureau) -> list[Any]:
    letters = (one for one in office.letters() if one["To"] == CONTACT)
    return sorted(letters, key=lambda one: one["Date"].datetime)


def test_everything_the_timetable_did_is_in_the_record(days: Days) -> None:
    days.at("02-20T17:30", "02-27T09:30", "03-06T09:30")
    days.work.ledger.close()
    before = days.office.json("status")
    assert days.office.run("rebuild", "--verify").status == 0
    for path in days.office.office.archive.glob("ledger.sqlite*"):
        path.unlink()
    assert days.office.run("rebuild").status == 0
    assert days.office.json("status") == before
    days = Days(days.office, first="2024-03-06T09:40")
    assert days.at("03-06T09:40") - Counter([CONTACT]) == Counter(), "a rebuilt ledger knows what was sent"

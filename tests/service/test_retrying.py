"""What goes wrong is tried again after growing pauses, told once, and forgotten once it goes well."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import agent.service.loop
from agent.keeping.workspace import Workplace
from agent.mail.connection import login_refused
from agent.service.loop import Service
from agent.service.mailings import digest_letter
from tests.commands import ZONE, Bureau, bureau, form, mail
from tests.integration.servers.ports import free_ports
from tests.mail.conftest import quirky as quirky

if TYPE_CHECKING:
    from tests.mail.conftest import QuirkyServer

NOW = dt.datetime(2024, 3, 1, 12, tzinfo=ZONE)
REFUSED = "{tag} NO 登录失败，请使用授权码登录\n".encode()
DONE = b"{tag} OK done\n"


class Day:
    """A service whose hours pass at once: what `run` would do, minute by minute."""

    def __init__(self, office: Bureau) -> None:
        self.office, self.now, self.seconds = office, NOW, 1000.0
        self.told: list[str] = []
        self.work: Workplace = office.office.open()
        self.service = Service(self.work, lambda: self.now, self.told.append, lambda: self.seconds)

    def pass_minutes(self, minutes: int) -> None:
        every = self.work.settings.schedule.poll_minutes
        for minute in range(minutes):
            (self.service.tick if minute % every == 0 else self.service.minute)()
            self.now += dt.timedelta(minutes=1)
            self.seconds += 60

    @property
    def troubles(self) -> tuple[str, ...]:
        return self.work.overview(self.now).health.troubles


@pytest.fixture
def day(tmp_path: Path, quirky: QuirkyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", "secret")
    quirky.on("SEARCH", b"* SEARCH\n" + DONE)
    account = {"host": "127.0.0.1", "port": quirky.port, "user": "report@civil.example", "tls": False}
    one = Day(bureau(tmp_path, inbox={"imap": account}))
    yield one
    one.work.ledger.close()


def logins(server: QuirkyServer) -> int:
    return sum(command.startswith("LOGIN") for command in server.commands)


def test_a_refused_login_is_tried_ever_more_rarely_and_told_once(day: Day, quirky: QuirkyServer) -> None:
    quirky.on("LOGIN", REFUSED)
    day.pass_minutes(60)
    assert logins(quirky) == 3
    day.pass_minutes(23 * 60)
    assert 6 <= logins(quirky) <= 12
    assert len([line for line in day.told if "授权码" in line]) == 1
    assert "①" in day.told[0]
    assert "④" in day.told[0]
    [trouble] = day.troubles
    assert "以后再试" in trouble
    assert "故障" in day.office.run("status").out


def test_once_the_login_is_taken_again_all_is_as_before(day: Day, quirky: QuirkyServer) -> None:
    quirky.on("LOGIN", REFUSED)
    day.pass_minutes(120)
    quirky.on("LOGIN", DONE)
    day.pass_minutes(240)
    assert day.troubles == ()
    before = logins(quirky)
    day.pass_minutes(30)
    assert logins(quirky) - before == 6
    quirky.on("LOGIN", REFUSED)
    day.pass_minutes(30)
    assert logins(quirky) - before == 8, "the first pause is short again"
    assert len([line for line in day.told if "①" in line]) == 2


def test_polling_by_hand_is_never_held_back(day: Day, quirky: QuirkyServer) -> None:
    quirky.on("LOGIN", REFUSED)
    day.pass_minutes(60)
    quirky.on("LOGIN", DONE)
    before = logins(quirky)
    assert Service(day.work, lambda: day.now).poll().went_well
    assert logins(quirky) == before + 1


def test_what_the_contact_reads_names_every_cause(day: Day) -> None:
    imap = day.work.settings.inbox.imap
    assert imap is not None
    day.service.tick()
    told = login_refused(imap.model_copy(update={"host": "imap.qq.com"}), b"Login fail. " + b"x" * 60)
    with day.work.ledger.writing() as writing:
        writing.set_meta("trouble", f"{told}（16:10 以后再试）")
    text = email.message_from_bytes(digest_letter(day.work, day.now).raw, policy=email.policy.default)
    for kind in ("plain", "html"):
        body = text.get_body((kind,))
        assert body is not None
        flat = "".join(body.get_content().split())
        assert "⑤" in flat
        assert "16:10" in flat


def test_a_lost_connection_is_made_again_after_a_moment_and_then_ever_later(
    day: Day, quirky: QuirkyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that hangs up whenever it is waited on costs few logins more than polling does."""
    monkeypatch.setattr(day.service._inbox, "wait", lambda _: "lost")
    quirky.commands.clear()
    for _ in range(3600):
        if day.service._again_at is None:
            day.service._wait(1)
        elif day.seconds >= day.service._again_at:
            day.service.tick()
        day.seconds += 1
    assert 15 < logins(quirky) < 25


def test_an_unreachable_mailbox_is_looked_for_soon_and_then_at_each_poll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", "secret")
    account = {"host": "127.0.0.1", "port": free_ports(1)[0], "user": "report@civil.example", "tls": False}
    day = Day(bureau(tmp_path, inbox={"imap": account}))
    monkeypatch.setattr(day.service._inbox._inbox, "sleep", lambda _: None)
    waits = []
    for _ in range(10):
        day.service.tick()
        assert day.service._again_at is not None
        waits.append(day.service._again_at - day.seconds)
        day.seconds = day.service._again_at
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert len(day.told) == 1


def test_a_minute_in_which_nothing_happened_looks_at_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = bureau(tmp_path, schedule={"poll_minutes": 60})
    office.post(mail(form()))
    day, runs = Day(office), []

    def run(work: Workplace, now: dt.datetime) -> Any:
        runs.append(f"{now:%H:%M}")
        return true_run(work, now)

    true_run = agent.service.loop.run_timetable
    monkeypatch.setattr(agent.service.loop, "run_timetable", run)
    day.pass_minutes(24 * 60)
    assert runs == ["12:00", "17:30", "17:31", "09:30", "09:31"]
    office.run("review", "extend", "qingnian", "2024-03-20", now="2024-03-02T12:00")
    day.pass_minutes(10)
    assert runs[5:] == ["12:00"]
    assert [one["To"] for one in office.letters()].count("contact@civil.example") == 1

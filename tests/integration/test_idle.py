"""Told of new mail by a real Dovecot, through connections that die, and the receipt that leaves on it."""

from __future__ import annotations

import datetime as dt
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from agent.campaign.settings import ImapServer
from agent.demo.district import AGENT_ADDRESS, addresses
from agent.mail.imap import ImapInbox
from agent.mail.inbox import Arrival, Mark
from tests.commands import Bureau, form, mail
from tests.integration.office import make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.service.test_loop import running, stopped, wait_until

if TYPE_CHECKING:
    from tests.integration.servers.proxy import FaultProxy
    from tests.integration.servers.smtp import SmtpServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

NOW = dt.datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0)


class Watcher:
    """An inbox that stays, and what it has had."""

    def __init__(self, dovecot: Dovecot, user: User, port: int) -> None:
        account = ImapServer(
            host="127.0.0.1", port=port, user=user.address, ca_file=dovecot.ca_file, timeout=1.5
        )
        self.inbox = ImapInbox(account, "INBOX", user.password)
        self.inbox.stay()
        self.mark: Mark | None = None
        self.had: list[bytes] = []

    def look(self) -> int:
        new = 0
        for event in self.inbox.arrivals(self.mark, NOW - dt.timedelta(days=1), lambda _: False):
            assert isinstance(event, Arrival)
            self.had.append(event.raw)
            self.mark = event.mark
            new += 1
        return new

    def hear(self, seconds: float = 10) -> tuple[str, float]:
        """What was told, and after how many seconds."""
        began = time.monotonic()
        while (told := self.inbox.wait(0.2)) == "none" and time.monotonic() - began < seconds:
            pass
        return told, time.monotonic() - began


Watching = tuple[Watcher, "FaultProxy", Callable[[int], None]]


@pytest.fixture
def watching(dovecot: Dovecot, fault_proxy: Callable[[int], FaultProxy]) -> Watching:
    """A watcher through a proxy, by TLS, and a way to deliver to it."""
    user = dovecot.new_user()
    proxy = fault_proxy(dovecot.imaps_port)
    watcher = Watcher(dovecot, user, proxy.port)

    def deliver(number: int) -> None:
        dovecot.deliver_by_lmtp("a@b.example", [user.address], _mail(number))

    assert watcher.look() == 0
    return watcher, proxy, deliver


def _mail(number: int) -> bytes:
    return b"Subject: mail %d\r\n\r\nend of %d\r\n" % (number, number)


def test_mail_is_told_of_at_once_and_fetched_on_the_one_connection(watching: Watching) -> None:
    watcher, proxy, deliver = watching
    for number in range(5):
        threading.Timer(0.1, deliver, (number,)).start()
        told, seconds = watcher.hear()
        assert told == "mail"
        assert seconds < 1.5
        assert watcher.look() == 1
    assert [raw.endswith(_mail(number)) for number, raw in enumerate(watcher.had)] == [True] * 5
    assert proxy.connections == 1


def test_mail_that_comes_just_before_the_waiting_begins_is_not_missed(watching: Watching) -> None:
    watcher, _, deliver = watching
    for number in range(3):
        deliver(number)
        assert watcher.hear()[0] == "mail"
        assert watcher.look() == 1


def test_a_restarted_server_is_heard_of_and_what_came_meanwhile_is_had(watching: Watching) -> None:
    watcher, proxy, deliver = watching
    assert watcher.inbox.wait(0.1) == "none"
    proxy.cut_all()
    assert watcher.hear()[0] == "lost"
    deliver(1)
    assert watcher.look() == 1
    threading.Timer(0.1, deliver, (2,)).start()
    assert watcher.hear()[0] == "mail"
    assert watcher.look() == 1
    assert proxy.connections == 2


def test_a_connection_that_died_without_a_word_does_not_keep_the_poll_from_its_mail(
    watching: Watching,
) -> None:
    watcher, proxy, deliver = watching
    assert watcher.hear(2.5)[0] == "none"
    proxy.freeze_all()
    deliver(1)
    assert watcher.hear(0.5)[0] == "none"
    began = time.monotonic()
    assert watcher.look() == 1
    assert time.monotonic() - began < 4
    assert proxy.connections == 2


def _office(folder: Path, dovecot: Dovecot, smtp: SmtpServer, **imap: Any) -> Bureau:
    ways = on_servers(dovecot, smtp)
    ways["inbox"]["imap"] |= imap
    days = (NOW.date() - dt.timedelta(days=30), NOW.date() + dt.timedelta(days=15))
    office = make_office(folder, ways, days, schedule={"poll_minutes": 60, "digest_at": "23:59"})
    smtp.accepted.clear()
    return Bureau(office)


def test_receipts_leave_within_seconds_though_polls_are_an_hour_apart(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    proxy = fault_proxy(dovecot.imaps_port)
    office = _office(tmp_path, dovecot, smtp_server, port=proxy.port)
    with running(office, now=None, password=PASSWORD) as process:
        wait_until(lambda: proxy.connections and office.office.open().ledger.meta("last_poll"))
        for number in range(3):
            if number == 2:
                proxy.cut_all()
                wait_until(lambda: proxy.connections == 2)
            raw = mail(form(patrols=10 + number), sent=NOW + dt.timedelta(seconds=number))
            dovecot.deliver_by_lmtp(addresses()["qingnian"], [AGENT_ADDRESS], raw)
            delivered = time.monotonic()
            wait_until(lambda had=number: len(smtp_server.accepted) > had, 20)
            assert time.monotonic() - delivered < 5
        time.sleep(0.5)
        status, seconds, _, err = stopped(process, signal.SIGTERM)
    assert (status, "Traceback" in err) == (0, False)
    assert seconds < 5  # of 30; under 2 where the machine is idle
    assert proxy.connections == 2
    assert office.run("rebuild", "--verify").status == 0


def test_it_stops_at_once_while_it_waits_on_a_dead_connection(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    proxy = fault_proxy(dovecot.imaps_port)
    office = _office(tmp_path, dovecot, smtp_server, port=proxy.port)
    with running(office, now=None, password=PASSWORD) as process:
        wait_until(lambda: proxy.connections and office.office.open().ledger.meta("last_poll"))
        proxy.freeze_all()  # before the second look: the agent waits for an answer that never comes
        time.sleep(4)
        status, seconds, _, _ = stopped(process, signal.SIGTERM)
    assert status == 0
    assert seconds < 5  # of 30; under 2 where the machine is idle

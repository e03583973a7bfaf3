"""A mail at which the line broke again and again is set aside and told of; once it can be had, it is taken in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.demo.district import AGENT_ADDRESS
from agent.mail import imap
from tests.commands import run
from tests.integration.office import Office, make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.integration.servers.proxy import FaultProxy
from tests.integration.servers.smtp import SmtpServer
from tests.outcome.bureau import NOON, form, make_mail, photo, sender_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

USER = User(AGENT_ADDRESS, PASSWORD)
IN_THE_MAIL = 20_000  # of the server's bytes: past the greetings, in the midst of the photo


@pytest.fixture
def proxy(dovecot: Dovecot, fault_proxy: Callable[[int], FaultProxy]) -> FaultProxy:
    return fault_proxy(dovecot.imap_port)


@pytest.fixture
def office(
    tmp_path: Path,
    dovecot: Dovecot,
    smtp_server: SmtpServer,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    monkeypatch.setattr(imap, "LONGEST_PAUSE", 0.0)
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", PASSWORD)
    ways = on_servers(dovecot, smtp_server)
    ways["inbox"]["imap"] |= {"port": proxy.port, "tls": False}
    smtp_server.accepted.clear()
    dovecot.deliver(USER, make_mail(sender_of("qingnian"), form(), photo()), NOON)
    proxy.fail(IN_THE_MAIL, times=imap.GIVE_UP)
    office = make_office(tmp_path, ways)
    assert poll(office, 0) == 1
    assert office.json("status")["messages"]["failed"] == 1
    return office


def poll(office: Office, hours: float) -> int:
    now = NOON + dt.timedelta(hours=hours)
    return run("poll", "--now", now.isoformat(), "--config", office.config).status


def test_it_is_taken_in_within_the_hour_and_once(office: Office, smtp_server: SmtpServer) -> None:
    assert poll(office, 0.2) == 0
    assert not smtp_server.accepted, "not at each pass: it may break the connection each time"
    for hours in (1.5, 3, 5):
        assert poll(office, hours) == 0
    status = office.json("status")
    assert (status["messages"]["processed"], status["messages"]["failed"]) == (1, 0)
    assert [one.recipients for one in smtp_server.accepted] == [(sender_of("qingnian"),)]
    unit = next(one for one in status["units"] if one["id"] == "qingnian")
    assert (unit["form"]["status"], unit["photos"]["count"]) == ("accepted", 1)
    assert office.run("rebuild", "--verify").returncode == 0


def test_one_that_never_comes_holds_up_no_other(
    office: Office, dovecot: Dovecot, proxy: FaultProxy, smtp_server: SmtpServer
) -> None:
    dovecot.deliver(USER, make_mail(sender_of("shilin"), form("石林镇")), NOON)
    proxy.fail(0, times=0)
    for hours in (1.5, 3, 5):
        proxy.fail(1 << 40)  # the pass itself
        proxy.fail(IN_THE_MAIL)  # and what it asks for again
        poll(office, hours)
    assert [one.recipients for one in smtp_server.accepted] == [(sender_of("shilin"),)]
    assert office.json("status")["messages"]["failed"] == 1

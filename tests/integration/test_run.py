"""The scheduled agent on a real mailbox whose connection breaks."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS, addresses
from tests.commands import Bureau, form, mail
from tests.integration.office import make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.integration.servers.proxy import FaultProxy
from tests.integration.servers.smtp import SmtpServer
from tests.service.test_loop import running, stopped, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(200)]

NOW = dt.datetime.now(ZoneInfo("Asia/Shanghai"))


def test_it_outlives_a_broken_connection_and_sends_what_was_asked_for_beside_it(
    tmp_path: Path,
    dovecot: Dovecot,
    smtp_server: SmtpServer,
    fault_proxy: Callable[[int], FaultProxy],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", PASSWORD)
    proxy = fault_proxy(dovecot.imaps_port)
    ways = on_servers(dovecot, smtp_server)
    ways["inbox"]["imap"]["port"] = proxy.port
    days = (NOW.date() - dt.timedelta(days=30), NOW.date() + dt.timedelta(days=15))
    office = Bureau(make_office(tmp_path, ways, days, schedule={"poll_minutes": 1, "digest_at": "23:59"}))
    dovecot.doveadm("expunge", "-u", AGENT_ADDRESS, "mailbox", "INBOX", "all")
    dovecot.deliver(User(AGENT_ADDRESS, PASSWORD), mail(form(), sent=NOW), NOW)
    smtp_server.accepted.clear()

    proxy.fail(0, "reset", times=1000)
    with running(office, now=None, password=PASSWORD) as process:
        wait_until(lambda: proxy.connections and office.office.open().ledger.meta("trouble"), 60)
        assert process.poll() is None
        assert not smtp_server.accepted
        proxy.faults.clear()
        assert office.run("digest", "--send", now=None).status == 0
        wait_until(lambda: len(smtp_server.accepted) >= 2, 90)
        recipients = {one.recipients[0] for one in smtp_server.accepted}
        assert recipients == {CONTACT_ADDRESS, addresses()["qingnian"]}
        time.sleep(0.5)
        status, seconds, _, err = stopped(process, signal.SIGTERM)
    assert (status, seconds < 3) == (0, True)
    assert f"127.0.0.1:{proxy.port}" in err
    assert "Traceback" not in err
    assert office.office.open().ledger.meta("trouble") == ""

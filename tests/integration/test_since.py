"""What is asked for by `inbox.since` comes, also where it is set back later; and nothing comes twice."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from agent.demo.district import AGENT_ADDRESS
from tests.integration.office import Office, make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.integration.servers.smtp import SmtpServer
from tests.outcome.bureau import ZONE, form, make_mail, sender_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

USER = User(AGENT_ADDRESS, PASSWORD)


def asking_since(office: Office, day: str | None) -> Office:
    content = yaml.safe_load(office.config.read_text(encoding="utf-8"))
    content["inbox"]["since"] = day
    office.config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return office


def received(office: Office) -> int:
    assert office.run("poll", "--now", "2024-03-01T12:00").returncode == 0
    count: int = office.json("status")["messages"]["received"]
    return count


def test_mail_from_before_comes_once_since_is_set_back(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    office = make_office(tmp_path, on_servers(dovecot, smtp_server))
    smtp_server.accepted.clear()
    for day in (5, 15, 25):
        at = dt.datetime(2024, 2, day, 9, tzinfo=ZONE)
        dovecot.deliver(USER, make_mail(sender_of("qingnian"), form(patrols=day), at=at), at)
    counts = [received(asking_since(office, day)) for day in ("2024-02-20", "2024-02-10", "2024-02-20", None)]
    assert counts == [1, 2, 2, 3]
    assert len(smtp_server.accepted) == 3

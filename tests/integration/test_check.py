"""`check` against real servers: what it says of a password, a certificate, a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_check import wrong
from tests.commands import Bureau, Ran
from tests.integration.office import make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot
from tests.integration.servers.smtp import SmtpServer

pytestmark = pytest.mark.integration


def check(folder: Path, ways: Mapping[str, Any], password: str = PASSWORD) -> Ran:
    office = Bureau(make_office(folder, dict(ways)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORT_AGENT_PASSWORD", password)
        return office.run("check", now=None)


def test_both_servers_answer(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> None:
    ran = check(tmp_path, on_servers(dovecot, smtp_server))
    assert ran.status == 0, ran.out
    assert "收件" in ran.out
    assert "发件" in ran.out


def test_a_wrong_password_says_what_to_try(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> None:
    ran = check(tmp_path, on_servers(dovecot, smtp_server), password="not-the-one")
    assert ran.status == 3
    inbox, outbox = wrong(ran)
    assert "授权码" in inbox
    assert "授权码" in outbox
    assert "not-the-one" not in ran.out


def test_an_unknown_certificate_is_refused_with_the_way_out(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    ways = on_servers(dovecot, smtp_server)
    del ways["inbox"]["imap"]["ca_file"]
    ran = check(tmp_path, ways)
    assert ran.status == 3
    (line,) = wrong(ran)
    assert "证书" in line
    assert "ca_file" in line


def test_a_folder_that_the_mailbox_has_not_is_named(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    ways = on_servers(dovecot, smtp_server)
    ways["inbox"]["imap"]["folder"] = "Nowhere"
    ran = check(tmp_path, ways)
    assert ran.status == 3
    (line,) = wrong(ran)
    assert "Nowhere" in line

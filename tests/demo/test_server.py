from __future__ import annotations

import datetime as dt
import logging
import smtplib
import threading
import time
import warnings
from collections.abc import Iterator

import pytest
from imap_tools import MailboxLoginError, MailBoxUnencrypted

from agent.demo.server import HOST, MailServer

AGENT, TOWN = "report@civil.example", "qingnian@town.example"
NOON = dt.datetime(2024, 3, 4, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer({AGENT: "one", TOWN: "two"}, clock=lambda: NOON) as running:
        yield running


def _send(server: MailServer, recipients: list[str], raw: bytes) -> None:
    with smtplib.SMTP(HOST, server.smtp_port, timeout=5) as client:
        client.sendmail(TOWN, recipients, raw)


def _mailbox(server: MailServer, user: str = AGENT, password: str = "one") -> MailBoxUnencrypted:
    mailbox = MailBoxUnencrypted(HOST, server.imap_port, timeout=5)
    mailbox.login(user, password)
    return mailbox


def test_is_there_within_half_a_second_and_gone_after_it() -> None:
    began = time.monotonic()
    with MailServer() as server:
        assert time.monotonic() - began < 5
        assert server.imap_port != server.smtp_port
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(HOST, server.smtp_port, timeout=5)


def test_what_comes_by_smtp_is_read_by_imap(server: MailServer) -> None:
    _send(server, [AGENT], "Subject: 统计表\r\n\r\n正文\r\n".encode())
    mailbox = _mailbox(server)
    assert [one.obj["Subject"] is not None for one in mailbox.fetch(mark_seen=False)] == [True]
    mailbox.logout()


def test_a_mail_arrives_byte_for_byte(server: MailServer) -> None:
    raw = b"Subject: x\r\n\r\n.a leading dot\r\n\xb1\xed raw GBK\r\n\r\n.\r\n"
    _send(server, [AGENT], raw)
    assert server.messages(AGENT) == [raw]


def test_a_large_mail_arrives(server: MailServer) -> None:
    raw = b"Subject: photos\r\n\r\n" + (b"A" * 76 + b"\r\n") * 60_000
    _send(server, [AGENT], raw)
    assert server.messages(AGENT) == [raw]


def test_each_recipient_gets_one_copy_whatever_the_case(server: MailServer) -> None:
    _send(server, [AGENT, AGENT.upper(), TOWN], b"Subject: x\r\n\r\ny\r\n")
    assert len(server.messages(AGENT)) == len(server.messages(TOWN.upper())) == 1


def test_an_unknown_recipient_is_refused_until_the_account_is_added(server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        _send(server, ["nobody@town.example"], b"Subject: x\r\n\r\ny\r\n")
    assert refused.value.recipients["nobody@town.example"][0] == 550
    server.add_account("nobody@town.example", "three")
    _send(server, ["nobody@town.example"], b"Subject: x\r\n\r\ny\r\n")
    assert len(server.messages("nobody@town.example")) == 1


def test_a_login_is_optional_for_sending_but_must_be_right(server: MailServer) -> None:
    with smtplib.SMTP(HOST, server.smtp_port, timeout=5) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(AGENT, "two")
        client.login(AGENT, "one")
        client.sendmail(AGENT, [TOWN], b"Subject: x\r\n\r\ny\r\n")
    assert len(server.messages(TOWN)) == 1


def test_a_wrong_password_opens_no_mailbox(server: MailServer) -> None:
    with pytest.raises(MailboxLoginError):
        _mailbox(server, password="two")


def test_mail_is_stamped_by_the_clock_or_as_delivered(server: MailServer) -> None:
    _send(server, [AGENT], b"Subject: x\r\n\r\ny\r\n")
    server.deliver(AGENT, b"Subject: earlier\r\n\r\ny\r\n", NOON - dt.timedelta(days=3))
    mailbox = _mailbox(server)
    answer = mailbox.client.uid("FETCH", "1:*", "(INTERNALDATE)")
    mailbox.logout()
    assert "04-Mar-2024 12:00:00 +0800" in str(answer)
    assert "01-Mar-2024 12:00:00 +0800" in str(answer)


def test_idle_wakes_when_mail_arrives(server: MailServer) -> None:
    mailbox = _mailbox(server)
    mailbox.idle.start()
    delivery = threading.Timer(0.1, _send, (server, [AGENT], b"Subject: x\r\n\r\ny\r\n"))
    delivery.start()
    # Below imap-tools, whose poll breaks on a line that comes in two pieces.
    connection = mailbox.client.socket()
    connection.settimeout(30)
    woken = b""
    while b"EXISTS" not in woken:
        woken += connection.recv(4096) or pytest.fail("the server hung up")
    delivery.join()


def test_an_account_that_does_not_exist_is_a_key_error(server: MailServer) -> None:
    with pytest.raises(KeyError):
        server.messages("nobody@town.example")
    with pytest.raises(KeyError):
        server.deliver("nobody@town.example", b"Subject: x\r\n\r\ny\r\n")


def test_stops_quietly_under_clients_that_are_still_connected(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        with MailServer({AGENT: "one"}) as server:
            mailbox = _mailbox(server)
            mailbox.idle.start()
            client = smtplib.SMTP(HOST, server.smtp_port, timeout=5)
            client.mail(TOWN)
            began = time.monotonic()
        assert time.monotonic() - began < 5
    client.close()
    mailbox.client.shutdown()
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert not [thread for thread in threading.enumerate() if thread.name == "mail-server"]

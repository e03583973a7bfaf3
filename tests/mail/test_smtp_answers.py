"""Mail servers' real answers, each sorted as wait, never, doubt, or the operator's matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agent.base.errors import Unreachable
from agent.campaign.settings import SmtpServer
from agent.mail.connection import LoginRefused
from agent.mail.outbox import Deferred, Doubt, Refused
from agent.mail.smtp import SmtpOutbox
from tests.integration.servers.scripted_smtp import (
    CUT,
    SILENCE,
    TAKEN_AND_CUT,
    TAKEN_AND_SILENT,
    ScriptedSmtp,
    running_scripted_smtp,
)

LETTER = "Subject: 回执\r\nMessage-ID: <1@civil.example>\r\n\r\n.已收到。\r\n".encode()
AGENT, TOWN, OTHER = "agent@civil.example", "town@civil.example", "other@civil.example"

# stage, the server's answer, what it means for the letter
ANSWERS: list[tuple[str, bytes, str]] = [
    # the connection itself
    ("greeting", b"421 4.3.2 service shutting down", "unreachable"),
    ("greeting", b"554 IP in blacklist", "unreachable"),
    ("greeting", b"421 HL:ICC concurrent connections", "unreachable"),
    ("greeting", b"\xff\xfe\x00garbage", "unreachable"),
    ("greeting", CUT, "unreachable"),
    ("greeting", SILENCE, "unreachable"),
    ("ehlo", b"421 too busy", "unreachable"),
    ("ehlo", b"550 MI:NHD", "unreachable"),
    ("ehlo", CUT, "unreachable"),
    ("ehlo", SILENCE, "unreachable"),
    # the login
    ("auth", b"535 5.7.8 authentication failed", "login"),
    ("auth", "535 登录失败，请使用授权码登录".encode("gbk"), "login"),
    ("auth", b"535 Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy", "login"),
    ("auth", b"534 5.7.9 mechanism too weak", "login"),
    ("auth", b"526 Authentication failure", "login"),
    ("auth", b"554 IP is rejected, smtp auth error limit exceed", "login"),
    ("auth", b"451 Requested mail action not taken: too much fail authentication", "login"),
    ("auth", b"454 4.7.0 temporary authentication failure", "unreachable"),
    ("auth", b"421 closing", "unreachable"),
    ("auth", b"334 %%% not base64", "unreachable"),
    ("auth", CUT, "unreachable"),
    ("auth", SILENCE, "unreachable"),
    # the sender
    ("mail", b"530 5.7.0 Authentication required", "login"),
    ("mail", b"503 Error: need EHLO and AUTH first !", "login"),
    ("mail", b"553 authentication is required", "login"),
    ("mail", b"501 Mail from address must be same as authorization user", "unreachable"),
    ("mail", b"553 sender is rejected", "unreachable"),
    ("mail", b"421 closing", "server"),
    ("mail", b"450 MI:DMC", "server"),
    ("mail", b"451 MI:SFQ", "server"),
    ("mail", b"452 4.3.1 insufficient system storage", "server"),
    ("mail", b"550 Connection frequency limited", "server"),
    ("mail", b"554 MI:STC daily count", "server"),
    ("mail", b"550 sending quota exceeded", "server"),
    ("mail", b"complete nonsense", "server"),
    ("mail", CUT, "unreachable"),
    ("mail", SILENCE, "unreachable"),
    # a recipient
    ("rcpt", b"450 4.2.0 greylisted", "letter"),
    ("rcpt", b"451 4.3.0 local error", "letter"),
    ("rcpt", b"452 4.2.2 mailbox full", "letter"),
    ("rcpt", b"421 4.4.5 too many connections", "server"),
    ("rcpt", b"450 RP:DRC", "server"),
    ("rcpt", b"550 RP:TRC", "server"),
    ("rcpt", "550 发送过于频繁，请稍后再试".encode("gb18030"), "server"),
    ("rcpt", b"550 5.1.1 user unknown", "address"),
    ("rcpt", b"550 5.1.1 no such user, check the address and try again", "address"),
    ("rcpt", b"550 5.1.1 unknown; try again later under another name", "address"),
    ("rcpt", b"550-5.1.1 The account\r\n550-does not exist\r\n550 5.1.1 at all", "address"),
    ("rcpt", b"550 Mailbox not found", "address"),
    ("rcpt", b"550 5.2.2 mailbox full", "address"),
    ("rcpt", b"552 5.2.2 over quota", "address"),
    ("rcpt", b"551 user not local", "address"),
    ("rcpt", b"553 mailbox name not allowed", "address"),
    ("rcpt", b"554 relay denied", "address"),
    ("rcpt", "550 \u7528\u6237\u4e0d\u5b58\u5728".encode("gbk"), "address"),
    ("rcpt", b"450 4.7.1 Greylisted, please try again later", "letter"),
    ("rcpt", b"550 mailbox busy, try again later", "letter"),
    ("rcpt", CUT, "unreachable"),
    ("rcpt", SILENCE, "unreachable"),
    # the announcement of the text
    ("data", b"451 4.3.0 try later", "letter"),
    ("data", b"421 closing", "server"),
    ("data", b"550 Connection frequency limited", "server"),
    ("data", b"554 no valid recipients", "text"),
    ("data", b"250 what?", "server"),
    ("data", CUT, "unreachable"),
    ("data", SILENCE, "unreachable"),
    # the text
    ("text", b"250 2.0.0 queued", "sent"),
    ("text", b"250-queued\r\n250-as\r\n250 abc", "sent"),
    ("text", b"252 will try", "sent"),
    ("text", b"421 closing", "server"),
    ("text", b"450 4.7.1 later", "letter"),
    ("text", b"451 DT:SPM ,please try again", "letter"),
    ("text", b"452 insufficient storage", "letter"),
    ("text", b"451 MI:SFQ", "server"),
    ("text", b"550 Sender frequency limited", "server"),
    ("text", b"554 DT:SPM 163 smtp8,xx", "text"),
    ("text", b"554 DT:SUM", "text"),
    ("text", b"550 Mail content denied", "text"),
    ("text", b"552 Illegal Attachment", "text"),
    ("text", b"552 5.3.4 message too big", "text"),
    ("text", b"552 too many same size mails.", "text"),
    ("text", b"553 anti-spam", "text"),
    ("text", b"535 not logged in any more", "login"),
    ("text", b"\x80\x81 garbage", "doubt"),
    ("text", b"354 again", "doubt"),
    ("text", b"250" + b"x" * 9000, "doubt"),
    ("text", CUT, "doubt"),
    ("text", SILENCE, "doubt"),
    ("text", TAKEN_AND_CUT, "doubt"),
    ("text", TAKEN_AND_SILENT, "doubt"),
]  # fmt: skip


@pytest.fixture(scope="module")
def _server() -> Iterator[ScriptedSmtp]:
    with running_scripted_smtp() as server:
        yield server


@pytest.fixture
def server(_server: ScriptedSmtp) -> ScriptedSmtp:
    _server.as_usual()
    _server.taken.clear()
    _server.asked.clear()
    return _server


def outbox_to(server: ScriptedSmtp, **changes: Any) -> SmtpOutbox:
    account = {"host": "127.0.0.1", "port": server.port, "user": AGENT, "tls": False, "timeout": 0.25}
    return SmtpOutbox(SmtpServer.model_validate(account | changes), "secret")


def outcome(outbox: SmtpOutbox, *recipients: str, **more: Any) -> str:
    """What became of the letter, and whether it was said to be leaving before it could."""
    left: list[int] = []
    try:
        told = outbox.send(LETTER, AGENT, recipients or (TOWN,), lambda: left.append(1), **more)
    except Doubt:
        assert left == [1]
        return "doubt"
    except Deferred as error:
        return error.scope
    except Refused as error:
        return error.scope
    except LoginRefused as error:
        assert "①" in str(error)
        return "login"
    except Unreachable:
        assert left == []
        return "unreachable"
    assert left == [1]
    return "sent" if not told else f"sent but to {', '.join(told)}"


@pytest.mark.parametrize(("stage", "answer", "expected"), ANSWERS, ids=lambda one: repr(one)[:50])
def test_each_answer_means_one_thing_and_the_next_letter_leaves(
    server: ScriptedSmtp, stage: Any, answer: bytes, expected: str
) -> None:
    outbox = outbox_to(server)
    server.say(stage, answer, times=2 if stage == "ehlo" and b" " in answer else 1)  # HELO is tried, too
    assert outcome(outbox) == expected
    certain = {"sent": 1}.get(expected, 0)
    assert len(server.taken) == certain or expected == "doubt"
    before = len(server.taken)
    assert outcome(outbox) == "sent"
    assert len(server.taken) == before + 1
    assert server.taken[-1].replace(b"\r\n..", b"\r\n.") == LETTER
    outbox.close()


def test_words_in_gbk_are_told_in_chinese(server: ScriptedSmtp) -> None:
    server.say("rcpt", "550 用户不存在".encode("gbk"))
    with pytest.raises(Refused, match="用户不存在"):
        outbox_to(server).send(LETTER, AGENT, [TOWN])


def test_a_wrong_password_is_given_once_though_the_server_knows_several_ways(server: ScriptedSmtp) -> None:
    server.say("auth", b"535 wrong")
    assert outcome(outbox_to(server)) == "login"
    assert server.asked["auth"] == 1


def test_a_way_of_login_that_the_server_does_not_know_after_all_is_passed_over(server: ScriptedSmtp) -> None:
    server.say("auth", b"504 unknown", times=1)
    assert outcome(outbox_to(server)) == "sent"
    assert server.asked["auth"] == 2


def test_a_letter_put_off_or_refused_costs_no_new_login(server: ScriptedSmtp) -> None:
    outbox = outbox_to(server)
    server.say("rcpt", b"450 later", times=1)
    server.say("text", b"554 DT:SPM", times=1)
    assert [outcome(outbox) for _ in range(3)] == ["letter", "text", "sent"]
    assert server.asked["auth"] == 1


def test_one_recipient_put_off_puts_off_the_letter_until_patience_is_over(server: ScriptedSmtp) -> None:
    outbox = outbox_to(server)
    server.say("rcpt", b"250 ok", times=1)
    server.say("rcpt", b"450 later", times=1)
    assert outcome(outbox, TOWN, OTHER) == "letter"
    server.say("rcpt", b"250 ok", times=1)
    server.say("rcpt", b"450 later", times=1)
    assert outcome(outbox, TOWN, OTHER, patient=False) == f"sent but to {OTHER}"
    server.say("rcpt", b"450 later", times=2)
    assert outcome(outbox, TOWN, OTHER, patient=False) == "letter"


def test_a_server_that_fell_silent_is_not_asked_to_say_goodbye(server: ScriptedSmtp) -> None:
    server.say("text", SILENCE)
    server.say("quit", SILENCE)
    assert outcome(outbox_to(server)) == "doubt"
    assert server.asked["quit"] == 0

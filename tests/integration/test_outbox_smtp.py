"""Letters to a real mail server, which delivers them to Dovecot, or fails as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from agent.base.errors import Unreachable
from agent.campaign.settings import SmtpServer as Account
from agent.mail.outbox import Deferred, Doubt, Refused
from agent.mail.smtp import SmtpOutbox

if TYPE_CHECKING:
    from tests.integration.servers.dovecot import Dovecot, User
    from tests.integration.servers.proxy import FaultProxy
    from tests.integration.servers.smtp import SmtpServer

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore:Requiring AUTH")]

LETTER = "From: agent@civil.example\r\nSubject: 回执\r\n\r\n已收到。\r\n.一行以点开头\r\n".encode()


@pytest.fixture
def user(dovecot: Dovecot) -> User:
    return dovecot.new_user()


def account(smtp_server: SmtpServer, user: User, **changes: object) -> Account:
    settings = {
        "host": "127.0.0.1",
        "port": smtp_server.port,
        "user": user.address,
        "ca_file": smtp_server.dovecot.ca_file,
        "timeout": 5,
    }
    return Account.model_validate(settings | changes)


@pytest.fixture
def outbox(smtp_server: SmtpServer, user: User) -> Iterator[SmtpOutbox]:
    outbox = SmtpOutbox(account(smtp_server, user), user.password)
    yield outbox
    outbox.close()


def arrived(dovecot: Dovecot, user: User) -> list[bytes]:
    with dovecot.session(user) as client:
        _, found = client.search(None, "ALL")
        fetched = [client.fetch(number, "(BODY.PEEK[])")[1][0] for number in found[0].split()]
        return [one[1] for one in fetched if isinstance(one, tuple)]


def test_a_letter_arrives_as_it_was_written(outbox: SmtpOutbox, dovecot: Dovecot, user: User) -> None:
    assert outbox.send(LETTER, user.address, [user.address]) == {}
    assert [raw.endswith(LETTER) for raw in arrived(dovecot, user)] == [True]


def test_one_connection_serves_a_run(outbox: SmtpOutbox, smtp_server: SmtpServer, user: User) -> None:
    for _ in range(3):
        outbox.send(LETTER, user.address, [user.address])
    assert (len(smtp_server.accepted), smtp_server.connections) == (3, 1)


def test_a_closed_outbox_opens_again(outbox: SmtpOutbox, smtp_server: SmtpServer, user: User) -> None:
    outbox.send(LETTER, user.address, [user.address])
    outbox.close()
    outbox.send(LETTER, user.address, [user.address])
    assert smtp_server.connections == 2


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(
    "words",
    ["450 4.7.1 later", "421 busy", "550 Connection frequency limited", "554 发送过于频繁，请稍后再试"],
)
def test_a_busy_server_defers_the_letter_and_takes_it_later(
    outbox: SmtpOutbox, smtp_server: SmtpServer, user: User, stage: str, words: str
) -> None:
    smtp_server.answer(stage, words)  # type: ignore[arg-type]
    with pytest.raises(Deferred, match="稍后再发"):
        outbox.send(LETTER, user.address, [user.address])
    assert smtp_server.accepted == []
    outbox.send(LETTER, user.address, [user.address])
    assert len(smtp_server.accepted) == 1


@pytest.mark.parametrize("words", ["554 DT:SPM", "552 too large"])
def test_a_refused_text_is_refused_for_its_text(
    outbox: SmtpOutbox, smtp_server: SmtpServer, user: User, words: str
) -> None:
    smtp_server.answer("data", words)
    with pytest.raises(Refused, match=words.split()[1]) as refusal:
        outbox.send(LETTER, user.address, [user.address])
    assert refusal.value.scope == "text"


def test_an_unknown_address_is_refused_and_the_next_letter_still_leaves(
    outbox: SmtpOutbox, smtp_server: SmtpServer, user: User
) -> None:
    with pytest.raises(Refused, match=r"nobody@town\.example") as refusal:
        outbox.send(LETTER, user.address, ["nobody@town.example"])
    assert refusal.value.scope == "address"
    outbox.send(LETTER, user.address, [user.address])
    assert len(smtp_server.accepted) == 1


def test_one_unknown_address_among_several_keeps_the_letter_from_nobody_else(
    outbox: SmtpOutbox, smtp_server: SmtpServer, user: User
) -> None:
    refused = outbox.send(LETTER, user.address, ["nobody@town.example", user.address])
    assert list(refused) == ["nobody@town.example"]
    assert smtp_server.accepted[0].recipients == (user.address,)


def test_a_sender_that_is_not_the_account_is_the_operators_matter(
    outbox: SmtpOutbox, smtp_server: SmtpServer, user: User
) -> None:
    smtp_server.answer("mail", "501 Mail from address must be same as authorization user")
    with pytest.raises(Unreachable, match="address 要与"):
        outbox.send(LETTER, "other@civil.example", [user.address])


@pytest.mark.parametrize(("switch", "taken"), [("cut_before", 0), ("cut_after", 1)])
def test_a_connection_that_dies_after_the_text_leaves_a_doubt(
    outbox: SmtpOutbox, smtp_server: SmtpServer, user: User, switch: str, taken: int
) -> None:
    setattr(smtp_server, switch, 1)
    with pytest.raises(Doubt):
        outbox.send(LETTER, user.address, [user.address])
    assert len(smtp_server.accepted) == taken
    outbox.send(LETTER, user.address, [user.address])
    assert len(smtp_server.accepted) == taken + 1


def test_a_connection_that_dies_earlier_leaves_no_doubt(
    smtp_server: SmtpServer, user: User, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    """Cut at any of the server's bytes: sent for certain, unsent for certain, or a doubt; and never a lie."""
    kinds = set()
    for after in range(1800, 3400, 40):
        proxy = fault_proxy(smtp_server.port)
        proxy.fail(after, "reset")
        outbox = SmtpOutbox(account(smtp_server, user, port=proxy.port), user.password)
        before = len(smtp_server.accepted)
        try:
            outbox.send(LETTER, user.address, [user.address])
            kind = "sent"
        except Doubt:
            kind = "doubt"
        except Unreachable:
            kind = "unsent"
        outbox.close()
        kinds.add(kind)
        assert kind == "doubt" or len(smtp_server.accepted) - before == (kind == "sent")
    assert "unsent" in kinds


def test_a_wrong_password_is_told_with_its_causes(smtp_server: SmtpServer, user: User) -> None:
    with pytest.raises(Unreachable, match="授权码"):
        SmtpOutbox(account(smtp_server, user), "wrong").send(LETTER, user.address, [user.address])


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(smtp_server: SmtpServer, user: User) -> None:
    with pytest.raises(Unreachable, match=r"证书未通过验证.*ca_file"):
        SmtpOutbox(account(smtp_server, user, ca_file=None), user.password).send(
            LETTER, user.address, ["a@b"]
        )


def test_the_check_tells_success_and_failure(smtp_server: SmtpServer, user: User) -> None:
    good = SmtpOutbox(account(smtp_server, user), user.password).check()
    bad = SmtpOutbox(account(smtp_server, user, port=1), user.password).check()
    assert [line.ok for line in good + bad] == [True, False]
    assert "对方拒绝连接" in bad[0].advice

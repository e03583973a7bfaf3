"""Letters by a real mail server that says later, no, or nothing at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.demo.district import AGENT_ADDRESS
from agent.keeping.workspace import Workplace
from agent.service.loop import Pass, Service
from agent.service.mailings import send_digest
from tests.integration.office import Office, make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot
from tests.integration.servers.smtp import SmtpServer
from tests.outcome.bureau import DEPUTY, NOON, assert_rebuilds, form, make_mail, sender_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


class Desk:
    """An office whose mails lie in a folder and whose letters leave by the server."""

    def __init__(self, office: Office, smtp: SmtpServer) -> None:
        self.office, self.smtp, self.now = office, smtp, NOON
        self.work: Workplace = office.open()

    def receive(self, *raws: bytes) -> Pass:
        for number, raw in enumerate(raws):
            (self.office.folder / "mails" / f"{self.now:%H%M%S}-{number}.eml").write_bytes(raw)
        with self.work.archive.locked():
            return Service(self.work, lambda: self.now).poll()

    def later(self, **delta: float) -> Pass:
        self.now += dt.timedelta(**delta)
        return self.receive()

    @property
    def letters(self) -> dict[str, Any]:
        counts = self.work.overview(self.now).letters
        return {name: getattr(counts, name) for name in counts.__slots__ if getattr(counts, name)}

    def told(self) -> str:
        return "\n".join(one.text for one in self.work.overview(self.now).told)


@pytest.fixture
def desk(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", PASSWORD)
    ways = {**on_servers(dovecot, smtp_server), "inbox": {"folder": "mails"}}
    contact = {"name": "联系人", "address": "contact@civil.example", "phone": "000", "deputies": [DEPUTY]}
    one = Desk(make_office(tmp_path, ways, contact=contact), smtp_server)
    smtp_server.accepted.clear()
    yield one
    assert_rebuilds(one.work)
    one.work.ledger.close()


def mail(sender: str = QINGNIAN, **more: Any) -> bytes:
    return make_mail(sender, form("" if sender == QINGNIAN else "石林镇"), **more)


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_letter_that_the_server_takes_later_leaves_later(desk: Desk, stage: Any) -> None:
    desk.smtp.answer(stage, "450 4.2.0 greylisted")
    desk.receive(mail(), mail(SHILIN))
    assert desk.letters == {"queued": 1, "sent": 1}
    assert desk.later(seconds=30).dispatch.sent == 0
    assert desk.later(minutes=2).dispatch.sent == 1
    assert [one.recipients for one in desk.smtp.accepted] == [(SHILIN,), (QINGNIAN,)]


def test_a_letter_that_is_refused_for_good_is_told_and_holds_up_no_other(desk: Desk) -> None:
    desk.smtp.answer("rcpt", "550 5.1.1 no such user")
    done = desk.receive(mail(), mail(SHILIN))
    assert (done.went_well, done.dispatch.failed, done.dispatch.sent) == (False, 1, 1)
    assert desk.letters == {"failed": 1, "sent": 1}
    assert "没能发出" in desk.told()
    assert "no such user" in desk.told()
    assert desk.later(hours=2).went_well


def test_a_letter_whose_connection_died_before_its_end_arrives_once(desk: Desk) -> None:
    desk.smtp.cut_before = 1
    desk.receive(mail())
    desk.later(minutes=5)
    assert len(desk.smtp.accepted) == 1
    assert desk.letters in ({"sent": 1}, {"doubtful": 1})


def test_a_letter_whose_answer_never_came_is_a_doubt_and_arrives_twice_at_most(desk: Desk) -> None:
    desk.smtp.cut_after = 1
    desk.receive(mail(), mail(SHILIN))
    desk.later(minutes=5)
    desk.later(minutes=5)
    assert desk.letters == {"doubtful": 1, "sent": 1}
    assert sorted(one.recipients for one in desk.smtp.accepted) == sorted(
        [(QINGNIAN,), (QINGNIAN,), (SHILIN,)]
    )
    assert len({one.raw for one in desk.smtp.accepted}) == 2
    assert "可能重复" in desk.told()


def test_a_recipient_of_several_who_did_not_get_it_is_told(desk: Desk) -> None:
    desk.receive()
    desk.smtp.answer("rcpt", "550 5.1.1 contact is unknown")
    desk.smtp.dovecot.new_user(DEPUTY)
    send_digest(desk.work, desk.now)
    desk.later(minutes=1)
    assert [one.recipients for one in desk.smtp.accepted] == [(DEPUTY,)]
    assert "有收件人没有收到" in desk.told()


def test_a_letter_that_cannot_leave_for_hours_is_told(desk: Desk) -> None:
    desk.smtp.answer("rcpt", "450 4.2.0 later", times=6)
    desk.receive(mail())
    for _ in range(5):
        assert "没能发出" not in desk.told()
        desk.later(hours=1)
    assert "6 次" in desk.told()
    desk.later(hours=1)
    assert desk.letters == {"sent": 1}
    assert desk.told() == ""


def test_a_server_that_is_away_loses_no_letter(desk: Desk) -> None:
    settings = desk.work.settings.outbox.smtp
    assert settings is not None
    object.__setattr__(desk.work.settings.outbox, "smtp", settings.model_copy(update={"port": 1}))
    done = desk.receive(mail(), mail(SHILIN))
    assert not done.went_well
    assert done.dispatch.trouble
    assert desk.letters == {"queued": 2}
    object.__setattr__(desk.work.settings.outbox, "smtp", settings)
    assert desk.later(minutes=10).dispatch.sent == 2


def test_every_letter_is_the_agent_s_own(desk: Desk) -> None:
    desk.receive(mail())
    assert [one.sender for one in desk.smtp.accepted] == [AGENT_ADDRESS]

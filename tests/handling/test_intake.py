"""What an earlier pass left half done is made good; what is done isn't looked at again."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.keeping.archive import Archive
from agent.keeping.ledger import Ledger
from agent.service.loop import Service
from tests.integration.office import FOLDERS, Office, make_office

NOW = dt.datetime(2024, 3, 5, 18, tzinfo=ZoneInfo("Asia/Shanghai"))


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = make_office(tmp_path, FOLDERS)
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = "someone@elsewhere.example", "统计表", NOW
    mail.set_content("请查收。")
    (tmp_path / "mails" / "1.eml").write_bytes(mail.as_bytes())
    return made


def test_a_mail_kept_before_a_crash_is_judged_though_it_is_gone_from_the_mailbox(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _poll(office, NOW - dt.timedelta(days=30), mails=0)  # an agent that has been at work
    with monkeypatch.context() as broken, pytest.raises(Crash):
        broken.setattr("agent.keeping.ledger.Writing.add_message", _crash)
        _poll(office)
    (office.folder / "mails" / "1.eml").unlink()
    _poll(office)
    assert office.open().overview(NOW).messages.held == 1


def test_a_mail_is_judged_again_with_a_ledger_that_was_lost(office: Office) -> None:
    _poll(office)
    for path in office.archive.glob("ledger.sqlite*"):
        path.unlink()
    (office.folder / "mails" / "1.eml").unlink()
    _poll(office)
    assert office.open().overview(NOW).messages.held == 1


def test_an_outcome_recorded_before_a_crash_is_laid_down_as_a_file(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _poll(office, NOW - dt.timedelta(days=30), mails=0)
    with monkeypatch.context() as broken, pytest.raises(Crash):
        broken.setattr(Archive, "record", _crash)
        _poll(office)
    assert not list(office.archive.rglob("*.reading.json"))
    _poll(office)
    assert len(list(office.archive.rglob("*.reading.json"))) == 1


def test_an_idle_pass_looks_at_nothing_that_was_done_before(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _poll(office)
    _poll(office)
    for method in ("envelope", "has_record", "kept", "raw"):
        monkeypatch.setattr(Archive, method, _crash)
    monkeypatch.setattr(Ledger, "each_message", _crash)
    _poll(office)


def _poll(office: Office, now: dt.datetime = NOW, mails: int | None = None) -> None:
    work = office.open()
    mailbox, away = office.folder / "mails", office.folder / "away"
    if mails == 0:
        mailbox.rename(away)
        mailbox.mkdir()
    with work.archive.locked():
        Service(work, lambda: now).poll()
    if mails == 0:
        mailbox.rmdir()
        away.rename(mailbox)
    work.ledger.close()


def _crash(*_arguments: object, **_options: object) -> None:
    raise Crash


def test_a_mail_of_the_second_in_which_the_agent_first_starts_is_answered(tmp_path: Path) -> None:
    """A mailbox says when a mail came in whole seconds: one that came just after the start would seem to be older."""
    from agent.handling.fetching import start

    account = {"host": "127.0.0.1", "user": "report@civil.example"}
    work = make_office(tmp_path, {"inbox": {"imap": account}, "outbox": {"folder": "sent"}}).open()
    start(work, NOW.replace(microsecond=700_000))
    assert work.answers_from() == NOW

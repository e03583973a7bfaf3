"""A mail that was set aside has another chance: at a later start where the process was ended, and when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.base.errors import StillFails, UsageError
from agent.handling.retrying import retry
from agent.keeping.rebuild import rebuild
from agent.keeping.verify import verify
from agent.keeping.workspace import Workplace
from tests.commands import run
from tests.outcome.bureau import Bureau, bureau, form, killed, kinds, sender_of

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Bureau]:
    with bureau(tmp_path) as one:
        one.poll()
        yield one


def started_anew(office: Bureau) -> Workplace:
    office.work.__dict__.pop("began_at", None)
    return office.work


def set_aside_after_kills(office: Bureau) -> str:
    office.deliver(office.mail(QINGNIAN, form(), number="1"))
    for _ in range(3):
        assert killed(office, "before commit")
    started_anew(office)
    office.poll()
    [failed] = office.status["failed"]
    assert "意外中止" in failed["reason"]
    return str(failed["id"])


def test_what_was_killed_from_outside_is_tried_once_more_at_a_later_start(office: Bureau) -> None:
    set_aside_after_kills(office)
    office.poll()
    assert office.counts() == (0, 0, 0, 1), "not at the same start"
    started_anew(office)
    office.poll()
    assert office.counts() == (1, 0, 0, 0)
    assert kinds(office.new_letters()) == ["receipt"]
    assert office.status["failed"] == []
    assert verify(office.work) == []


def test_what_ends_the_process_again_is_left_to_a_person(office: Bureau) -> None:
    set_aside_after_kills(office)
    started_anew(office)
    assert killed(office, "before commit")
    for _ in range(2):
        started_anew(office)
        office.poll()
        assert office.counts() == (0, 0, 0, 1)


def test_it_is_tried_after_every_other_mail(office: Bureau) -> None:
    set_aside_after_kills(office)
    started_anew(office)
    office.deliver(office.mail(SHILIN, form("石林镇"), number="2"))
    office.poll()
    assert office.counts() == (2, 0, 0, 0)
    order = [one.message for one in office.work.ledger.entries("mail")]
    first, second = (row.sha256 for row in office.work.ledger.each_message())
    assert order == [first, second, first]


def fail(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as broken:
        broken.setattr("agent.handling.intake.decide", _fail)
        office.deliver(office.mail(QINGNIAN, form(), number="1"))
        for _ in range(3):
            office.poll()
    [failed] = office.status["failed"]
    return str(failed["id"])


def test_what_the_program_failed_at_is_tried_when_somebody_asks(
    office: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = fail(office, monkeypatch)
    started_anew(office)
    office.poll()
    assert office.counts() == (0, 0, 0, 1), "by itself only what was ended from outside"
    assert "已登记，青年镇" in retry(office.work, failed, office.ruling("新版本"))
    office.poll()
    assert kinds(office.new_letters()) == ["receipt"]
    assert office.counts() == (1, 0, 0, 0)
    assert [(one.kind, one.reason) for one in office.work.ledger.decisions()] == [("retry", "新版本")]
    with pytest.raises(UsageError, match="没有编号"):
        retry(office.work, failed, office.ruling())


def test_what_fails_again_stays_and_says_so(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = fail(office, monkeypatch)
    with monkeypatch.context() as broken, pytest.raises(StillFails, match="已试 4 次"):
        broken.setattr("agent.handling.intake.decide", _fail)
        retry(office.work, failed, office.ruling())
    assert office.counts() == (0, 0, 0, 1)
    assert "已登记" in retry(office.work, failed, office.ruling())


def test_a_rebuilt_ledger_has_both_tries(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    retry(office.work, fail(office, monkeypatch), office.ruling())
    assert verify(office.work) == []
    rebuild(office.work)
    assert office.counts() == (1, 0, 0, 0)
    assert office.figure("qingnian") == 10
    assert verify(office.work) == []


@pytest.mark.parametrize("identity", ["F00000000", "H1", "", "F"])
def test_what_did_not_fail_is_not_tried(office: Bureau, identity: str) -> None:
    with pytest.raises(UsageError, match="处理失败"):
        retry(office.work, identity, office.ruling())


def _fail(*_arguments: object) -> None:
    raise ValueError("no reader reads it")


def test_the_command_says_what_came_of_it(office: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = fail(office, monkeypatch)
    config = ("--config", office.office.config)
    assert f"review retry {failed}" in run("review", *config).out
    with monkeypatch.context() as broken:
        broken.setattr("agent.handling.intake.decide", _fail)
        again = run("review", "retry", failed, "--reason", "试试", *config)
    assert (again.status, "仍然失败" in again.err) == (1, True)
    done = run("review", "retry", failed, "--reason", "已更新", *config)
    assert (done.status, "已登记" in done.out) == (0, True)
    assert run("review", "retry", failed, *config).status == 2

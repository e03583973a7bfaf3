"""A mail that makes trouble stops nobody; trouble that the machine makes is no mail's fault."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

import agent.judging.outcome
from agent.base import failpoints as faults
from agent.base.errors import ReaderNotStarted
from agent.handling.decisions import assign, reject
from agent.keeping.ledger import Writing
from agent.reading.apart import apart
from tests.outcome.bureau import (
    STRANGER,
    bureau,
    form,
    in_a_fork,
    killed,
    kinds,
    limited,
    limited_command,
    make_mail,
    narrative,
    photo,
    sender_of,
)

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


def test_a_mail_that_cannot_be_judged_is_set_aside_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bureau(tmp_path) as office:
        bad = office.mail(QINGNIAN, form(), subject="坏邮件")
        _raises_for(monkeypatch, agent.judging.outcome, "bring", "坏邮件")
        for attempt in (1, 2, 3):
            done = [office.mail(SHILIN, photo(attempt), number=str(attempt))]
            office.deliver(bad, "bad.eml")
            letters = office.receive(*done)
            assert [one.to for one in letters] == [SHILIN]
            assert office.counts()[3] == (attempt == 3)
        [failed] = office.status["failed"]
        assert failed["from"] == QINGNIAN
        assert "3 次" in failed["reason"]
        assert office.work.archive.raw(failed["message"]) == bad
        assert office.poll().intake.judged == ()
        told = reject(office.work, failed["id"], office.ruling("已看过"))
        assert failed["id"] in told
        assert office.status["failed"] == []
        assert office.status["messages"]["ignored"] == 1


def test_a_pass_with_a_mail_that_fails_did_not_go_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bureau(tmp_path) as office:
        _raises_for(monkeypatch, agent.judging.outcome, "bring", "坏邮件")
        office.deliver(office.mail(QINGNIAN, form(), subject="坏邮件"))
        assert [office.poll().went_well for _ in range(4)] == [False, False, False, True]


def test_a_mail_whose_answer_cannot_be_written_is_set_aside_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bureau(tmp_path) as office:
        import agent.letters.letters as written

        _raises_for(monkeypatch, written, "unit_view", "坏邮件")
        office.deliver(office.mail(QINGNIAN, form(), subject="坏邮件"))
        for attempt in (1, 2, 3):
            assert [one.to for one in office.send(SHILIN, photo(attempt), number=str(attempt))] == [SHILIN]
        assert office.counts() == (3, 0, 0, 1)
        assert office.unit("qingnian")["form"]["status"] == "missing"


def test_a_picture_without_a_thumbnail_is_filed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import agent.reading.photos

    with bureau(tmp_path) as office:
        monkeypatch.setattr(agent.reading.photos, "smaller", _refuse)
        assert kinds(office.send(QINGNIAN, photo())) == ["receipt"]
        assert office.unit("qingnian")["photos"]["count"] == 1


def test_a_mail_that_takes_the_process_down_is_set_aside(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form()))
        for _ in range(3):
            assert killed(office, "attempt counted")
        assert kinds(office.send(SHILIN, photo())) == ["receipt"]
        assert office.counts() == (1, 0, 0, 1)


def test_a_mail_that_takes_the_process_down_leaves_no_copies(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form(), photo()))
        for place in ("copy filed", "before commit", "before commit"):
            assert killed(office, place)
        assert list((office.work.archive.folder / "青年镇").glob("*.*"))
        office.poll()
        assert office.counts() == (0, 0, 0, 1)
        assert [path for path in (office.work.archive.folder / "青年镇").rglob("*") if path.is_file()] == []
        office.send(QINGNIAN, photo(2))
        assert office.unit("qingnian")["photos"]["files"] == ["青年镇/青年镇_照片_01.jpg"]


def test_what_was_half_written_when_the_process_died_is_taken_away(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form(), photo()))
        for place in ("thumbnail written beside", "copy written beside"):
            assert killed(office, place)
        folder = office.work.archive.folder / "青年镇"
        assert len(list(folder.rglob("*.part"))) == 2
        office.poll()
        assert list(folder.rglob("*.part")) == []
        assert office.counts() == (1, 0, 0, 0)


def test_copies_of_a_decision_that_never_came_to_be_are_taken_back(tmp_path: Path) -> None:
    """The contact's command dies once the copies are filed; the mail is then given to another unit."""
    with bureau(tmp_path) as office:
        office.send(STRANGER, form(), photo())
        ruling = office.ruling()
        died = in_a_fork(
            office,
            lambda: faults.arm("before ledger commit"),
            lambda work: assign(work, "H1", "qingnian", ruling),
        )
        assert died == signal.SIGKILL
        assign(office.work, "H1", "shilin", ruling)
        office.poll()
        folder = office.work.archive.folder
        assert [path for path in (folder / "青年镇").rglob("*") if path.is_file()] == []
        assert len(list((folder / "石林镇").glob("*.*"))) == 2


def test_a_full_disk_is_not_the_mail_s_fault_and_loses_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.poll()
        office.deliver(office.mail(QINGNIAN, form(), photo(), narrative()))
        for limit in (2_000, 20_000, 60_000, 100_000, 200_000):
            assert limited(office, limit) != 0
        assert kinds(office.send(SHILIN, photo(2))) == ["receipt", "receipt"]
        assert office.counts() == (2, 0, 0, 0)
        assert office.unit("qingnian")["complete"] is True


def test_a_disk_that_fills_up_while_copies_are_filed_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form(), photo()))
        for _ in range(5):
            with monkeypatch.context() as patch:
                patch.setattr(type(office.work.archive), "file", _full)
                with pytest.raises(OSError, match="No space"):
                    office.poll()
        assert kinds(office.send(SHILIN, photo(2))) == ["receipt", "receipt"]
        assert office.counts() == (2, 0, 0, 0)


@pytest.mark.parametrize("limit", [0, 20_000, 100_000])
def test_the_operator_hears_of_a_full_disk_in_words(tmp_path: Path, limit: int) -> None:
    with bureau(tmp_path) as office:
        office.poll()
        office.deliver(office.mail(QINGNIAN, form(), photo(), narrative()))
        status, said = limited_command(office, limit, "poll", "--now", "2024-03-01T12:00")
        assert status == 2
        assert re.search("磁盘|上限", said)
        assert not re.search("Traceback|程序出错", said)
        assert kinds(office.receive()) == ["receipt"]


@pytest.mark.parametrize("limit", [0, 20_000])
def test_an_agent_on_duty_outlives_a_full_disk_and_says_so_without_a_traceback(
    tmp_path: Path, limit: int
) -> None:
    with bureau(tmp_path) as office:
        office.poll()
        office.deliver(office.mail(QINGNIAN, form(), photo(), narrative()))
        status, said = limited_command(office, limit, "run", "--now", "2024-03-01T12:00", until="会继续重试")
        assert status == 0
        assert re.search("磁盘|上限", said)
        assert "Traceback" not in said
        assert kinds(office.receive()) == ["receipt"]


def test_a_database_that_is_full_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form()))
        for _ in range(5):
            with monkeypatch.context() as patch:
                patch.setattr(Writing, "_judge", full)
                with pytest.raises(OperationalError):
                    office.poll()
        assert kinds(office.send(SHILIN, photo(2))) == ["receipt", "receipt"]


def test_a_reader_that_cannot_be_started_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form()))
        for _ in range(5):
            with monkeypatch.context() as patch:
                patch.setattr(apart, "_workers", {})
                patch.setattr(apart.sys, "executable", "/nowhere/python")
                patch.setattr(apart, "network_cut", lambda: ())
                with pytest.raises(ReaderNotStarted):
                    office.poll()
        assert kinds(office.receive()) == ["receipt"]


def _raises_for(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, subject: str) -> None:
    """Whatever looks at the mail of that subject fails, as a library may on hostile input."""
    sound = getattr(module, name)

    def fail(*given: Any, **more: Any) -> Any:
        if any(getattr(one, "subject", "") == subject for one in given):
            raise ValueError("deep inside")
        return sound(*given, **more)

    monkeypatch.setattr(module, name, fail)


def _refuse(*_: object) -> None:
    raise OSError("cannot identify image file")


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


# --- the trouble is the operator's -----------------------------------------------------------------------


def test_a_template_that_is_wrong_keeps_no_mail_waiting(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        own = office.office.folder / "templates"
        own.mkdir()
        (own / "receipt.txt.j2").write_text("{{ nothing.of.this }}", encoding="utf-8")
        office.reopen()
        [letter] = office.send(QINGNIAN, form())
        assert letter.kind == "receipt"
        assert "登记" in letter.text
        assert office.counts() == (1, 0, 0, 0)


def test_a_folder_of_letters_that_never_arrived_is_made_good(tmp_path: Path) -> None:
    """The pass is killed once its outcome is committed: the letter leaves with the next one."""
    with bureau(tmp_path) as office:
        office.deliver(make_mail(QINGNIAN, form()))
        assert killed(office, "outcome committed")
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]

"""Letters leave once each; what holds one back is told to the contact and never drops it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from agent.handling.fetching import take_in
from agent.keeping.archive import Archive
from agent.service.dispatch import dispatch, pause_after
from agent.service.loop import Service
from agent.service.mailings import send_digest
from tests.outcome.bureau import STRANGER, Bureau, bureau, form, killed, kinds, photo, sender_of

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


def test_a_reply_over_the_limit_of_an_address_waits_is_told_and_leaves_later(tmp_path: Path) -> None:
    with bureau(tmp_path, outbox={"per_address_per_hour": 2}) as office:
        mails = [office.mail(QINGNIAN, photo(n), number=str(n)) for n in range(3)]
        letters = office.receive(*mails, office.mail(SHILIN, photo(9)))
        assert sorted(one.to for one in letters) == [QINGNIAN, QINGNIAN, SHILIN]
        assert office.status["letters"] == {"queued": 1, "sent": 3, "doubtful": 0, "failed": 0}
        assert [text for text in office.told() if "暂缓" in text and QINGNIAN in text]
        office.pass_time(minutes=30)
        office.poll()
        assert office.new_letters() == []
        office.pass_time(minutes=40)
        office.poll()
        assert [one.to for one in office.new_letters()] == [QINGNIAN]
        assert any("现已发出" in text for text in office.told())
        send_digest(office.work, office.now + dt.timedelta(minutes=1))
        assert office.told() == []


def test_letters_that_answer_nothing_know_no_such_limit(tmp_path: Path) -> None:
    with bureau(tmp_path, outbox={"per_address_per_hour": 1}) as office:
        office.poll()
        for _ in range(3):
            office.pass_time(minutes=1)
            send_digest(office.work, office.now)
        office.poll()
        assert kinds(office.new_letters()) == ["digest"] * 3


def test_a_folder_that_cannot_be_written_keeps_the_letter_for_later(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.poll()
        sent = office.office.folder / "sent"
        sent.write_bytes(b"no folder")
        office.send(QINGNIAN, form())
        assert office.status["letters"]["queued"] == 1
        sent.unlink()
        office.poll()
        assert office.new_letters() == [], "not before its time"
        office.pass_time(minutes=2)
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]


def test_one_letter_that_fails_in_an_unknown_way_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import agent.mail.folders as outbox

    sound = outbox.FolderOutbox.send

    def fail(self: Any, raw: bytes, sender: str, recipients: Any, *more: Any) -> Any:
        if STRANGER in recipients:
            raise ValueError("deep inside")
        return sound(self, raw, sender, recipients, *more)

    with bureau(tmp_path) as office:
        monkeypatch.setattr(outbox.FolderOutbox, "send", fail)
        letters = office.receive(office.mail(STRANGER, photo()), office.mail(QINGNIAN, form()))
        assert [one.to for one in letters] == [QINGNIAN]
        assert office.status["letters"]["queued"] == 1
        assert not office.poll().dispatch.sent
        monkeypatch.undo()
        office.pass_time(hours=1)
        office.poll()
        assert kinds(office.new_letters()) == ["acknowledgement"]


def test_a_letter_that_left_is_not_sent_again_though_its_departure_could_not_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form()))
        with monkeypatch.context() as patch:
            patch.setattr(Archive, "record_departure", full)
            with pytest.raises(OSError, match="No space"):
                office.poll()
        assert kinds(office.new_letters()) == ["receipt"]
        before = _times(office)
        office.poll()
        assert _times(office) == before
        assert office.status["letters"] == {"queued": 0, "sent": 1, "doubtful": 0, "failed": 0}


def test_a_letter_whose_copy_could_not_be_kept_is_kept_before_it_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with bureau(tmp_path) as office:
        office.poll()
        office.deliver(office.mail(QINGNIAN, form()))
        with monkeypatch.context() as patch:
            patch.setattr(Archive, "record", full)
            with pytest.raises(OSError, match="No space"):
                office.poll()
        with office.work.archive.locked():
            assert Service(office.work, lambda: office.now).send().sent == 1
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]


def _times(office: Bureau) -> list[float]:
    return [path.stat().st_mtime_ns for path in (office.office.folder / "sent").iterdir()]


@pytest.mark.parametrize(
    "place", ["letter begins", "letter accepted", "departure recorded", "letter settled"]
)
def test_into_a_folder_a_letter_leaves_once_wherever_the_process_dies(tmp_path: Path, place: str) -> None:
    with bureau(tmp_path) as office:
        office.deliver(office.mail(QINGNIAN, form()))
        assert killed(office, place)
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]
        assert office.status["letters"] == {"queued": 0, "sent": 1, "doubtful": 0, "failed": 0}


def test_the_rest_waits_where_the_pace_says_so(tmp_path: Path) -> None:
    with bureau(tmp_path) as office, office.work.archive.locked():
        service, turns = Service(office.work, lambda: office.now), iter([True, False])
        for unit in ("shilin", "guanba", "heishan"):
            office.deliver(office.mail(sender_of(unit), photo(), number=unit))
        take_in(office.work, service._inbox, lambda: office.now)
        done = dispatch(office.work, service._outbox, lambda: office.now, lambda: next(turns))
        assert (done.sent, office.status["letters"]["queued"]) == (1, 2)
        assert service.send().sent == 2


def test_the_pause_doubles_up_to_an_hour() -> None:
    assert [pause_after(n).total_seconds() / 60 for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_after(1000) == dt.timedelta(hours=1)


def test_receipts_leave_before_acknowledgements(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        left: list[str] = []
        for number in range(3):
            office.deliver(office.mail(f"stranger{number}@personal.example", photo(number)))
        office.deliver(office.mail(QINGNIAN, form()))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                Service, "_send_at_once", lambda _self: None
            )  # all of them wait at the end of the pass
            patched.setattr(
                "agent.service.dispatch._in_a_line",
                lambda letter, *_: left.append(letter.kind) or "",
                raising=True,
            )
            office.poll()
        assert left == ["receipt", *["acknowledgement"] * 3]

"""A folder of .eml files as the inbox."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path

import pytest

from agent.base.errors import Unreachable
from agent.mail.folders import FolderInbox
from agent.mail.inbox import Arrival, Event, Withheld

START = dt.datetime(2023, 11, 9, tzinfo=dt.UTC)


def at(day: int) -> bytes:
    return (
        b"Received: by mx; %d Mar 2024 10:00:00 +0800\r\nDate: 1 Jan 2024 10:00:00 +0800\r\n\r\nwords" % day
    )


def everything(inbox: FolderInbox, known: frozenset[str] = frozenset()) -> list[Event]:
    return list(inbox.arrivals(None, START, known.__contains__))


def names(events: list[Event]) -> list[object]:
    return [event.place["file"] for event in events if isinstance(event, Arrival | Withheld)]


def test_mails_come_by_the_time_they_were_received_then_by_name(tmp_path: Path) -> None:
    for name, raw in {"b.eml": at(3), "a.eml": at(5), "c.EML": at(3), "d.txt": at(1)}.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "folder.eml").mkdir()
    events = everything(FolderInbox(tmp_path))
    assert names(events) == ["b.eml", "c.EML", "a.eml"]
    assert isinstance(events[0], Arrival)
    assert events[0].raw == at(3)
    assert events[0].received == dt.datetime(2024, 3, 3, 2, tzinfo=dt.UTC)


def test_without_received_the_date_counts_and_without_that_the_files_time(tmp_path: Path) -> None:
    (tmp_path / "dated.eml").write_bytes(b"Date: 1 Mar 2024 10:00:00 +0800\r\n\r\n")
    (tmp_path / "bare.eml").write_bytes(b"words")
    os.utime(tmp_path / "bare.eml", (1_709_251_200, 1_709_251_200))
    received = {event.place["file"]: event.received for event in everything(FolderInbox(tmp_path))}  # type: ignore[union-attr]
    assert received == {
        "dated.eml": dt.datetime(2024, 3, 1, 2, tzinfo=dt.UTC),
        "bare.eml": dt.datetime(2024, 3, 1, 0, tzinfo=dt.UTC),
    }


def test_known_and_early_mails_do_not_come(tmp_path: Path) -> None:
    (tmp_path / "known.eml").write_bytes(at(3))
    (tmp_path / "new.eml").write_bytes(at(4))
    (tmp_path / "early.eml").write_bytes(b"Date: 1 Nov 2023 10:00:00 +0800\r\n\r\n")
    known = frozenset({hashlib.sha256(at(3)).hexdigest()})
    assert names(everything(FolderInbox(tmp_path), known)) == ["new.eml"]


def test_an_oversized_mail_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "large.eml").write_bytes(at(3) + b"x" * 1000)
    [event] = everything(FolderInbox(tmp_path, max_bytes=500))
    assert isinstance(event, Withheld)
    assert (event.reason, event.size) == ("too_large", len(at(3)) + 1000)
    assert event.head.startswith(b"Received: by mx")


def test_the_folder_is_only_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(at(3))
    before = (tmp_path / "a.eml").stat()
    everything(FolderInbox(tmp_path))
    after = (tmp_path / "a.eml").stat()
    assert (after.st_mtime_ns, after.st_size, len(list(tmp_path.iterdir()))) == (
        before.st_mtime_ns,
        before.st_size,
        1,
    )


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path / "nowhere")
    with pytest.raises(Unreachable, match=r"inbox\.folder"):
        everything(inbox)
    assert [line.ok for line in inbox.check()] == [False]

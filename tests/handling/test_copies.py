"""The same mail by another way changes nothing and is answered once; what only looks like it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.demo.district import CONTACT_ADDRESS
from agent.handling.decisions import accept, reject
from agent.keeping.rebuild import rebuild
from agent.keeping.verify import verify
from agent.mail.message import identity_of
from tests.outcome.bureau import STRANGER, bureau, form, kinds, make_mail, photo, sender_of

QINGNIAN = sender_of("qingnian")
WAY = b"Received: from relay.example by mx.civil.example; Fri, 01 Mar 2024 12:00:09 +0800\r\n"


def with_body(raw: bytes, **change: bytes) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    return change.get("head", head) + b"\r\n\r\n" + change.get("body", body)


def head_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[0]


RAW = make_mail(QINGNIAN, form(), photo(), number="1")
COPIES = {
    "trace header on top": WAY + RAW,
    "delivered to": b"Delivered-To: report@civil.example\r\nReturn-Path: <qingnian@town.example>\r\n" + RAW,
    "another results line": b"Authentication-Results: mx.b.example; spf=none\r\n" + RAW,
    "line ends": RAW.replace(b"\r\n", b"\n"),
    "blank lines at the end": RAW + b"\r\n\r\n",
    "spam mark": with_body(RAW, head=b"X-Spam: no\r\n" + head_of(RAW)),
    "another Subject": RAW.replace(b"Subject: ", b"Subject: Fwd: ", 1),
    "another To": RAW.replace(b"To: ", b"To: other@civil.example, ", 1),
}
OTHERS = {
    "another Message-ID": RAW.replace(b"<1@town.example>", b"<2@town.example>"),
    "another body": RAW.replace("请查收。".encode(), "请收。".encode()).replace(
        b"6K+35p+l5pS244CC", b"6K+35p+l5pS2"
    ),
    "without Message-ID": RAW.replace(b"Message-ID: <1@town.example>\r\n", b""),
    "two Message-IDs": b"Message-ID: <0@town.example>\r\n" + RAW,
    "another sender": RAW.replace(QINGNIAN.encode(), sender_of("shilin").encode(), 1),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_mail_is_the_same_whatever_its_way(way: str) -> None:
    assert identity_of(COPIES[way]) == identity_of(RAW) != ""


@pytest.mark.parametrize("way", OTHERS)
def test_another_mail_is_another(way: str) -> None:
    assert OTHERS[way] != RAW
    assert identity_of(OTHERS[way]) != identity_of(RAW)


def test_a_long_body_is_the_same_in_pieces() -> None:
    head = b"From: a@b.example\r\nMessage-ID: <x@b.example>\r\n\r\n"
    lines = b"x\r\n" * 400_000 + b"y" * 999_999 + b"\r\n\r\r\nend"
    unix = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert identity_of(head + lines) == identity_of(head + unix)


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_changes_nothing_and_is_answered_once(tmp_path: Path, way: str) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(QINGNIAN, form(), photo(), number="1")
        assert raw == RAW
        assert kinds(office.receive(raw)) == ["receipt"]
        before = office.unit("qingnian")
        office.pass_time(hours=1)
        assert office.receive(COPIES[way]) == []
        assert office.unit("qingnian") == before
        assert office.counts() == (1, 0, 1, 0)
        copy = next(office.work.ledger.each_message(newest_first=True))
        assert (copy.state, copy.reason) == ("ignored", "copy")
        assert office.work.archive.raw(copy.sha256) == COPIES[way], "kept all the same"


def test_a_copy_of_an_older_mail_does_not_bring_back_its_figures(tmp_path: Path) -> None:
    """Whoever sends a unit's signed mail again changes nothing."""
    with bureau(tmp_path) as office:
        old = office.mail(QINGNIAN, form(leaflets_distributed=20), number="1")
        office.receive(old)
        office.pass_time(hours=1)
        office.send(QINGNIAN, form(leaflets_distributed=30), number="2")
        office.pass_time(hours=1)
        assert office.receive(WAY + old) == []
        assert office.unit("qingnian")["form"]["values"]["leaflets_distributed"] == 30
        assert office.unit("qingnian")["form"]["version"] == 2


def test_a_copy_of_what_was_held_rejected_or_taken_is_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        for number, decide in enumerate((None, accept, reject)):
            raw = office.mail(STRANGER, form(leaflets_distributed=number), number=str(number))
            office.receive(raw)
            [held] = [one["id"] for one in office.held][-1:]
            if decide is not None:
                decide(office.work, held, office.ruling())
                office.poll()
            waiting, seen = len(office.held), office.counts()[2]
            office.new_letters()
            office.pass_time(hours=25)
            assert office.receive(WAY + raw) == []
            assert (len(office.held), office.counts()[2]) == (waiting, seen + 1)


def test_a_mail_that_came_by_a_bad_way_first_counts_when_it_comes_by_a_good_one(tmp_path: Path) -> None:
    ways = [
        b"Authentication-Results: mx; dmarc=fail\r\n",
        b"Precedence: list\r\n",
        b"Auto-Submitted: auto-forwarded\r\n",
    ]
    for number, way in enumerate(ways):
        with bureau(tmp_path / str(number)) as office:
            raw = office.mail(QINGNIAN, form(), number="1")
            assert office.receive(way + raw) == []
            assert office.receive(way + b"X-Again: 1\r\n" + raw) == []
            assert len(office.held) == 1, "a copy, as bad as the first"
            assert kinds(office.receive(raw)) == ["receipt"]
            assert office.figure("qingnian") == 10


def test_the_contact_s_decision_comes_twice_and_is_answered_once(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(CONTACT_ADDRESS, form(), subject="代青年镇报送", number="1")
        assert len(office.receive(raw)) == 1
        assert office.receive(WAY + raw) == []


def test_a_rebuilt_ledger_knows_its_copies(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(QINGNIAN, form(), number="1")
        office.receive(raw)
        office.receive(WAY + raw)
        assert verify(office.work) == []
        rebuild(office.work)
        assert office.counts() == (1, 0, 1, 0)
        assert verify(office.work) == []
        assert office.receive(b"X: y\r\n" + raw) == []


def test_of_a_mail_that_failed_the_copy_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(QINGNIAN, form(), number="1")
        with monkeypatch.context() as broken:
            broken.setattr("agent.handling.intake.decide", _fail)
            for _ in range(3):
                office.receive(raw)
        assert office.counts()[3] == 1
        assert kinds(office.receive(WAY + raw)) == ["receipt"]


def _fail(*_arguments: object) -> None:
    raise ValueError("no reader reads it")

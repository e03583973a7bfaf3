"""Mail that came before the time from which mail is asked for is counted, once; a text that was cut off is told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.keeping.rebuild import rebuild
from agent.mail.message import is_whole
from tests.commands import ZONE, Bureau, bureau
from tests.mail.conftest import quirky as quirky
from tests.outcome.bureau import form, make_mail, sender_of

if TYPE_CHECKING:
    from tests.mail.conftest import QuirkyServer

QINGNIAN = sender_of("qingnian")
NOW = dt.datetime(2024, 3, 1, 12, tzinfo=ZONE)
FACTS = b'* 1 FETCH (UID %d RFC822.SIZE %d INTERNALDATE "%s 09:30:00 +0800")\n'
DONE = b"{tag} OK done\n"


@pytest.fixture
def office(tmp_path: Path, quirky: QuirkyServer, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", "secret")
    account = {
        "host": "127.0.0.1",
        "port": quirky.port,
        "user": "report@civil.example",
        "tls": False,
        "timeout": 5,
    }
    return bureau(tmp_path, inbox={"imap": account})


def offer(
    server: QuirkyServer, uids: dict[int, bytes], raw: bytes = b"", announced: int = 0, given: int = 0
) -> None:
    """Mails of these UIDs and days; of those of the campaign's time the text is that."""
    server.on("SEARCH", b"* SEARCH " + b" ".join(b"%d" % uid for uid in uids) + b"\n" + DONE)
    size = announced or len(raw)
    server.on(
        "RFC822.SIZE INTERNALDATE", b"".join(FACTS % (uid, size, day) for uid, day in uids.items()) + DONE
    )
    given_raw = (raw[:given] if given else raw).replace(b"\r\n", b"\n")
    sent = len(given_raw.replace(b"\n", b"\r\n"))
    newest = max(uids)
    server.on("BODY.PEEK[]", b"* 1 FETCH (UID %d BODY[] {%d}\n%s)\n" % (newest, sent, given_raw) + DONE)


def passed_over(office: Bureau) -> int:
    return int(office.run("status", "--json").json["messages"].get("passed_over", 0))


def test_what_came_too_early_is_counted_outside_of_what_was_received(
    office: Bureau, quirky: QuirkyServer
) -> None:
    offer(
        quirky, {5: b"05-Mar-2001", 6: b"06-Mar-2001", 7: b"01-Mar-2024"}, make_mail(QINGNIAN, form(), at=NOW)
    )
    assert office.run("poll").status == 0
    shown = office.run("status", "--json").json["messages"]
    assert (shown["received"], shown["passed_over"]) == (1, 2)
    assert "另有 2 封早于收信的起始日期" in office.run("status").out
    office.run("poll")
    assert passed_over(office) == 2
    rebuild(office.office.open())
    assert passed_over(office) == 2


def test_a_mailbox_whose_uids_mean_others_is_counted_anew(office: Bureau, quirky: QuirkyServer) -> None:
    offer(quirky, {5: b"05-Mar-2001", 6: b"06-Mar-2001"})
    office.run("poll")
    assert passed_over(office) == 2
    quirky.on("EXAMINE", b"* OK [UIDVALIDITY 4] ok\n" + DONE)
    offer(quirky, {1: b"05-Mar-2001"})
    office.run("poll")
    assert passed_over(office) == 1


def test_in_a_folder_each_look_counts_all(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    for number in range(3):
        (office.folder / "mails" / f"{number}.eml").write_bytes(
            make_mail(QINGNIAN, form(), at=NOW.replace(year=2021 if number else 2024))
        )
    for _ in range(2):
        assert office.run("poll").status == 0
        assert passed_over(office) == 2


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("SEARCH", b"* SEARCH none\n"),
        ("EXAMINE", b"* OK [UIDVALIDITY x] ok\n"),
        ("SEARCH", b"* SEARCH 1e9\n"),
    ],
)
def test_a_strange_answer_ends_the_pass_as_an_unreachable_mailbox(
    office: Bureau, quirky: QuirkyServer, word: str, answer: bytes
) -> None:
    quirky.on(word, answer + DONE)
    ran = office.run("poll")
    assert ran.status == 3
    assert "看不懂" in ran.err
    assert "Traceback" not in ran.err


def test_a_mail_that_is_cut_short_gives_no_figure_and_both_sides_hear_of_it(
    office: Bureau, quirky: QuirkyServer
) -> None:
    text = "单位：青年镇\n填报时间：2024年3月1日\n填报人：甲\n联系电话：000-00000000\n" + "\n".join(
        f"{label}：12" for label in ("巡查次数总计", "联合巡查", "出动工作人员", "劝导人数")
    )
    raw = make_mail(QINGNIAN, text=text, at=NOW)
    office.run("poll")
    offer(quirky, {7: b"01-Mar-2024"}, raw, announced=len(raw) + 500, given=len(raw) - 4)
    office.run("poll")
    [row] = office.office.open().ledger.each_message()
    assert row.outcome is not None
    assert [one.kind for one in row.outcome.told][-1:] == ["cut_short"]
    assert "没有取全" in office.run("digest").out
    assert row.outcome.submission is not None
    found = (*row.outcome.submission.form_findings, *row.outcome.submission.findings)
    assert [one.severity for one in found if one.rule == "cut_short"] == ["error"]


def test_a_whole_mail_whose_size_was_an_estimate_is_like_any(office: Bureau, quirky: QuirkyServer) -> None:
    raw = make_mail(QINGNIAN, form(), at=NOW)
    offer(quirky, {7: b"01-Mar-2024"}, raw, announced=len(raw) + 500)
    office.run("poll")
    [row] = office.office.open().ledger.each_message()
    assert row.outcome is not None
    assert (row.state, row.outcome.told) == ("processed", ())


PARTS = b'From: a@b.example\r\nContent-Type: multipart/mixed;\r\n boundary="x y"\r\n\r\n--x y\r\n\r\nwords\r\n--x y--'


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (PARTS, True),
        (PARTS + b"\r\n-- \r\nsent by a list\r\n", True),
        (PARTS[:-2], False),
        (PARTS[:-8], False),
        (b"From: a@b.example\r\n\r\nwords\r\n", True),
        (b"From: a@b.example\r\n\r\nwords: 1", False),
        (b"Content-Type: text/plain; boundary=x\r\n\r\n12\n", True),
        (b"Content-Type: multipart/mixed; boundary=abc\n\n--abc\n\nx\n--abc--\n", True),
        (b"", False),
    ],
)
def test_a_whole_mail_has_its_end(raw: bytes, whole: bool) -> None:
    assert is_whole(raw) == whole

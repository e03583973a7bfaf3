"""Waiting for news on a connection whose server tells it badly, late, or never."""

from __future__ import annotations

import datetime as dt
import itertools
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base.errors import Unreachable
from agent.campaign.settings import ImapServer
from agent.mail.idle import Client
from agent.mail.imap import ImapInbox
from agent.mail.inbox import Event

if TYPE_CHECKING:
    from tests.mail.conftest import QuirkyServer

START = dt.datetime(2023, 11, 9, tzinfo=dt.UTC)
IDLES = b"+ idling\n"
DONE = b"{tag} OK done\n"


@pytest.fixture
def idler(quirky: QuirkyServer) -> QuirkyServer:
    """One that has IDLE, and whose mailbox is empty."""
    quirky.on("CAPABILITY", b"* CAPABILITY IMAP4rev1 IDLE\n" + DONE)
    quirky.on("SEARCH", b"* SEARCH\n" + DONE)
    quirky.on("IDLE", IDLES)
    quirky.on("DONE", DONE)
    return quirky


def inbox_of(server: QuirkyServer, **changes: Any) -> ImapInbox:
    account = ImapServer(host="127.0.0.1", port=server.port, user="a@civil.example", tls=False, timeout=0.5)
    inbox = ImapInbox(account, "INBOX", "secret", **{"sleep": lambda _: None, **changes})
    inbox.stay()
    return inbox


def look(inbox: ImapInbox) -> list[Event]:
    return list(inbox.arrivals(None, START, lambda _: False))


def looked(server: QuirkyServer, **changes: Any) -> ImapInbox:
    """An inbox that has looked once, and whose first second look is over."""
    inbox = inbox_of(server, **changes)
    assert look(inbox) == []
    assert inbox._kept is not None
    if inbox._kept.watch is not None:
        inbox._kept.watch.now = _Clock()
        inbox.wait(0)
        inbox._kept.watch.now.leap(3)
        assert inbox.wait(0) == "none"
    return inbox


class _Clock:
    """A clock that leaps when it is told to."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

    def leap(self, seconds: float) -> None:
        self.ahead += seconds


def leap(inbox: ImapInbox, seconds: float) -> None:
    assert inbox._kept is not None
    assert inbox._kept.watch is not None
    inbox._kept.watch.now.leap(seconds)  # type: ignore[attr-defined]


def test_new_mail_wakes_once_and_is_searched_for_before_anybody_is_woken(idler: QuirkyServer) -> None:
    inbox = looked(idler)
    assert inbox.wait(0.05) == "none"
    idler.on("SEARCH", b"* SEARCH 8\n" + DONE)
    idler.push(b"* 1 EXISTS\n")
    assert inbox.wait(5) == "mail"
    idler.on("SEARCH", b"* SEARCH\n" + DONE)
    look(inbox)
    assert inbox.wait(0.05) == "none"


def test_half_a_line_wakes_nobody_and_breaks_nothing(idler: QuirkyServer) -> None:
    inbox = looked(idler)
    idler.on("SEARCH", b"* SEARCH 8\n" + DONE)
    idler.push(b"* 1 EXI")
    assert inbox.wait(0.05) == "none"
    threading.Timer(0.1, idler.push, (b"STS\n",)).start()
    while (told := inbox.wait(5)) == "none":
        pass
    assert told == "mail"
    assert idler.connections == 1


def test_what_was_told_between_search_and_idle_is_found_by_a_second_look(idler: QuirkyServer) -> None:
    """It sat in the read buffer, and the server tells it nobody again."""
    inbox = inbox_of(idler)
    look(inbox)
    idler.on("SEARCH", b"* SEARCH 8\n" + DONE)
    began = time.monotonic()
    while inbox.wait(1) != "mail":
        assert time.monotonic() - began < 4


def test_what_is_told_together_with_the_plus_is_heard(idler: QuirkyServer) -> None:
    idler.on("IDLE", b"* 1 EXISTS\n" + IDLES, IDLES)
    inbox = inbox_of(idler)
    look(inbox)
    idler.on("SEARCH", b"* SEARCH 8\n" + DONE)
    assert inbox.wait(1) == "mail"


def test_a_server_that_cries_wolf_is_looked_after_ever_more_rarely(idler: QuirkyServer) -> None:
    idler.on("IDLE", IDLES + b"* 5 EXISTS\n")
    inbox = looked(idler)
    before = len(idler.commands)
    for _ in range(3600):
        leap(inbox, 1)
        assert inbox.wait(0.0001) == "none"
    looks = [command for command in idler.commands[before:] if "SEARCH" in command]
    assert 10 < len(looks) < 80


def test_other_talk_of_the_server_costs_no_look(idler: QuirkyServer) -> None:
    inbox = looked(idler)
    before = len(idler.commands)
    idler.push(b"* OK still here\n* 1 FETCH (FLAGS (\\Seen))\n* 3 EXPUNGE\n")
    for _ in range(5):
        assert inbox.wait(0.02) == "none"
    assert idler.commands[before:] == []


def test_idle_is_renewed_before_a_server_would_hang_up(idler: QuirkyServer) -> None:
    inbox = looked(idler)
    before = idler.commands.count("IDLE")
    for _ in range(12):
        leap(inbox, 600)
        assert inbox.wait(0) == "none"
    assert 4 <= idler.commands.count("IDLE") - before <= 6
    assert idler.connections == 1


@pytest.mark.parametrize("words", [b"* BYE shutting down\n", None])
def test_a_server_that_hangs_up_is_told_of_and_the_next_look_logs_in_again(
    idler: QuirkyServer, words: bytes | None
) -> None:
    inbox = looked(idler)
    if words is None:
        idler.hang_up()
    else:
        idler.push(words)
    assert inbox.wait(5) == "lost"
    assert inbox.wait(0) == "none"
    assert look(inbox) == []
    assert idler.connections == 2


def test_a_connection_that_is_silently_dead_costs_the_next_look_one_new_login(idler: QuirkyServer) -> None:
    inbox = looked(idler)
    idler.on("DONE", b"")
    assert look(inbox) == []
    assert idler.connections == 2


def test_a_server_without_idle_is_asked_on_the_connection_that_stays(quirky: QuirkyServer) -> None:
    naps: list[float] = []
    quirky.on("SEARCH", b"* SEARCH\n" + DONE)
    inbox = inbox_of(quirky, sleep=naps.append)
    for _ in range(5):
        assert look(inbox) == []
        assert inbox.wait(7) == "none"
    assert (quirky.connections, naps) == (1, [7] * 5)
    assert "IDLE" not in quirky.commands


def test_a_server_that_announces_idle_and_refuses_it_is_polled(idler: QuirkyServer) -> None:
    idler.on("IDLE", b"{tag} BAD no such thing\n")
    inbox = inbox_of(idler)
    assert look(inbox) == []
    assert inbox.wait(0) == "none"
    assert look(inbox) == []
    assert inbox.wait(0) == "none"
    assert (idler.connections, idler.commands.count("IDLE")) == (1, 1)


def test_without_idle_in_the_settings_each_look_logs_in_and_out(idler: QuirkyServer) -> None:
    inbox = inbox_of(idler, idle=False)
    look(inbox)
    look(inbox)
    assert (idler.connections, idler.commands.count("LOGOUT")) == (2, 2)


def test_the_folder_is_opened_anew_at_each_look_for_its_uids_may_mean_others_now(idler: QuirkyServer) -> None:
    inbox = looked(idler)
    idler.on("EXAMINE", b"* OK [UIDVALIDITY 4] ok\n" + DONE)
    idler.on("SEARCH", b"* SEARCH 1\n" + DONE)
    old = b'* 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE "05-Mar-2001 09:30:00 +0800")\n'
    idler.on("RFC822.SIZE INTERNALDATE", old + DONE)
    [event] = look(inbox)
    assert event.mark is not None
    assert event.mark.uidvalidity == 4


def test_a_login_that_is_refused_keeps_nothing(idler: QuirkyServer) -> None:
    idler.on("LOGIN", b"{tag} NO wrong\n")
    inbox = inbox_of(idler)
    with pytest.raises(Unreachable):
        look(inbox)
    assert inbox.wait(0) == "none"


def test_a_server_that_never_tells_is_found_out_by_the_next_poll(idler: QuirkyServer) -> None:
    inbox = looked(idler)
    old = b'* 1 FETCH (UID 8 RFC822.SIZE 5 INTERNALDATE "05-Mar-2001 09:30:00 +0800")\n'
    idler.on("SEARCH", b"* SEARCH 8\n" + DONE)
    idler.on("RFC822.SIZE INTERNALDATE", old + DONE)
    for _ in range(3):
        leap(inbox, 60)
        assert inbox.wait(0) == "none"
    assert len(look(inbox)) == 1
    assert idler.connections == 1


@given(st.data())
def test_lines_are_the_same_however_they_come_in_pieces(data: st.DataObject) -> None:
    told = data.draw(st.lists(st.binary(max_size=30).map(lambda one: one.replace(b"\n", b"")), max_size=8))
    stream = b"".join(line + b"\n" for line in told)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    here, there = socket.socketpair()
    with here, there:
        client = Client.__new__(Client)
        client.sock, client._had = here, bytearray()
        here.settimeout(1)
        heard: list[bytes] = []
        for begin, end in itertools.pairwise([0, *cuts, len(stream)]):
            there.sendall(stream[begin:end])
            heard += client.lines(0)
        heard += client.lines(0)
    assert heard == [line + b"\n" for line in told]

"""The mailbox on a real Dovecot: every trap of fetching that has cost somebody mail."""

from __future__ import annotations

import datetime as dt
import imaplib
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.base.errors import Unreachable
from agent.campaign.settings import ImapServer
from agent.mail.connection import LoginRefused
from agent.mail.imap import ImapInbox
from agent.mail.inbox import Arrival, Event, Mark, Passed, Withheld

if TYPE_CHECKING:
    from tests.integration.servers.dovecot import Dovecot, User
    from tests.integration.servers.proxy import FaultProxy

pytestmark = pytest.mark.integration

ZONE = dt.timezone(dt.timedelta(hours=8))
START = dt.datetime(2023, 11, 9, tzinfo=ZONE)
LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=ZONE)


@pytest.fixture
def user(dovecot: Dovecot) -> User:
    return dovecot.new_user()


def mail(number: int, size: int = 0) -> bytes:
    """A mail that tells its number in its first and last line, so that no other can be taken for it."""
    filling = b"".join(b"%07d " % (number * 1000 + line) + b"x" * 60 + b"\r\n" for line in range(size // 70))
    return b"Subject: mail %d\r\n\r\n" % number + filling + b"end of %d\r\n" % number


def inbox_of(dovecot: Dovecot, user: User, port: int | None = None, **changes: Any) -> ImapInbox:
    account = ImapServer(
        host="127.0.0.1", port=port or dovecot.imap_port, user=user.address, tls=False, timeout=2
    )
    return ImapInbox(account, "INBOX", user.password, sleep=changes.pop("sleep", lambda _: None), **changes)


def everything(inbox: ImapInbox, mark: Mark | None = None, since: dt.datetime = START) -> list[Event]:
    return list(inbox.arrivals(mark, since, lambda _: False))


def raws(events: Iterable[Event]) -> list[bytes]:
    return [event.raw for event in events if isinstance(event, Arrival)]


def uids(events: Iterable[Event]) -> list[int]:
    return [event.mark.uid for event in events if event.mark is not None]


def flag_lines(client: imaplib.IMAP4) -> list[bytes]:
    """UID and flags of each mail, without Recent, which belongs to whichever session saw a mail first."""
    found = client.fetch("1:*", "(UID FLAGS)")[1]
    return [re.sub(rb" ?\\Recent", b"", line) for line in found if isinstance(line, bytes)]


def flags(dovecot: Dovecot, user: User) -> list[bytes]:
    with dovecot.session(user) as client:
        return flag_lines(client)


# --- what is had -----------------------------------------------------------------------------------------


def test_a_mail_comes_byte_for_byte_with_its_place_and_date(dovecot: Dovecot, user: User) -> None:
    received = dt.datetime(2024, 3, 5, 9, 30, tzinfo=ZONE)
    raw = b"Subject: \xc7\xe0\xc4\xea\xd5\xf2\r\n\r\n\xff 8bit\r\n.\r\n)\r\n"
    dovecot.deliver(user, raw, received)
    [arrival] = everything(inbox_of(dovecot, user))
    assert isinstance(arrival, Arrival)
    assert (arrival.raw, arrival.received) == (raw, received)
    assert arrival.mark is not None
    assert arrival.place == {"folder": "INBOX", "uidvalidity": arrival.mark.uidvalidity, "uid": 1}


def test_only_what_lies_above_the_mark_comes(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2), mail(3)])
    events = everything(inbox_of(dovecot, user))
    assert raws(everything(inbox_of(dovecot, user), events[1].mark)) == [mail(3)]


def test_a_mark_at_the_last_mail_gives_nothing_though_the_server_names_it_again(
    dovecot: Dovecot, user: User
) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2)])
    last = everything(inbox_of(dovecot, user))[-1].mark
    with dovecot.session(user) as client:
        assert client.uid("SEARCH", "UID", "3:*")[1] == [b"2"]  # the trap is really there
    assert everything(inbox_of(dovecot, user), last) == []


def test_an_empty_mailbox_gives_nothing(dovecot: Dovecot, user: User) -> None:
    assert everything(inbox_of(dovecot, user)) == []


def test_mail_from_before_the_start_is_passed_over_and_moves_the_mark(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2)], received=START - dt.timedelta(seconds=1))
    dovecot.deliver(user, mail(3), received=START)
    passed, arrival = everything(inbox_of(dovecot, user))
    assert isinstance(passed, Passed)
    assert (passed.count, uids([passed]), raws([arrival])) == (2, [2], [mail(3)])


def test_a_known_mail_is_passed_over(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver(user, mail(1))
    [event] = list(inbox_of(dovecot, user).arrivals(None, START, lambda _: True))
    assert isinstance(event, Passed)


def test_nothing_in_the_mailbox_changes(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2), mail(3)])
    with dovecot.session(user) as client:
        client.store("2", "+FLAGS.SILENT", r"(\Deleted)")  # marked by somebody, not expunged by them
        before = flag_lines(client)
    everything(inbox_of(dovecot, user, max_bytes=10))
    everything(inbox_of(dovecot, user))
    after = flags(dovecot, user)
    assert after == before
    assert not any(b"Seen" in line for line in after)


def test_what_another_program_has_read_still_comes(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver(user, mail(1))
    with dovecot.session(user) as client:
        client.store("1", "+FLAGS", r"(\Seen)")
    assert raws(everything(inbox_of(dovecot, user))) == [mail(1)]


def test_more_mails_than_one_command_can_name_all_come(dovecot: Dovecot, user: User) -> None:
    mails = [mail(number) for number in range(1200)]
    dovecot.deliver_all(user, mails)
    events = everything(inbox_of(dovecot, user))
    assert raws(events) == mails
    assert uids(events) == list(range(1, 1201))


def test_a_new_uidvalidity_lists_everything_again(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2)])
    old = everything(inbox_of(dovecot, user))[-1].mark
    dovecot.doveadm("mailbox", "update", "-u", user.address, "--uid-validity", "777", "INBOX")
    events = everything(inbox_of(dovecot, user), old)
    assert raws(events) == [mail(1), mail(2)]
    assert {event.mark.uidvalidity for event in events if event.mark} == {777}


def test_uids_may_leap(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver(user, mail(1))
    mark = everything(inbox_of(dovecot, user))[-1].mark
    dovecot.doveadm("mailbox", "update", "-u", user.address, "--min-next-uid", "5000", "INBOX")
    dovecot.deliver(user, mail(2))
    events = everything(inbox_of(dovecot, user), mark)
    assert (raws(events), uids(events)) == ([mail(2)], [5000])


def test_an_oversized_mail_is_told_of_and_not_fetched(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2, size=50_000), mail(3)])
    first, large, last = everything(inbox_of(dovecot, user, max_bytes=10_000))
    assert isinstance(large, Withheld)
    assert (large.reason, large.size) == ("too_large", len(mail(2, size=50_000)))
    assert large.head.startswith(b"Subject: mail 2\r\n")
    assert raws([first, last]) == [mail(1), mail(3)]
    assert uids([large]) == [2]


# --- what happens meanwhile ------------------------------------------------------------------------------


def test_mails_that_vanish_meanwhile_take_no_other_with_them(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(number) for number in range(1, 9)])
    arrivals = inbox_of(dovecot, user, batch_bytes=1).arrivals(None, START, lambda _: False)
    had = [next(arrivals)]
    dovecot.doveadm("expunge", "-u", user.address, "mailbox", "INBOX", "uid", "2:4,7")
    had += arrivals
    assert raws(had) == [mail(1), mail(5), mail(6), mail(8)]


def test_a_whole_batch_that_vanishes_takes_no_other_with_it(dovecot: Dovecot, user: User) -> None:
    size = 2_000
    dovecot.deliver_all(user, [mail(number, size) for number in range(1, 10)])
    arrivals = inbox_of(dovecot, user, batch_bytes=3 * len(mail(1, size))).arrivals(
        None, START, lambda _: False
    )
    had = [next(arrivals)]
    dovecot.doveadm("expunge", "-u", user.address, "mailbox", "INBOX", "uid", "4:6")
    had += arrivals
    assert raws(had) == [mail(number, size) for number in (1, 2, 3, 7, 8, 9)]


@pytest.fixture
def meddling(dovecot: Dovecot, user: User) -> Iterator[Callable[[], None]]:
    """Another session that changes flags all the time, once it is called."""
    stop = threading.Event()

    def change_flags() -> None:
        with dovecot.session(user) as client:
            while not stop.is_set():
                client.store("1:*", "+FLAGS", r"(\Flagged)")
                client.store("1:*", "-FLAGS", r"(\Flagged)")

    thread = threading.Thread(target=change_flags)
    yield thread.start
    stop.set()
    thread.join(10)


def test_flags_that_change_meanwhile_never_mix_up_two_mails(
    dovecot: Dovecot, user: User, meddling: Callable[[], None]
) -> None:
    mails = [mail(number, size=300) for number in range(1, 101)]
    dovecot.deliver_all(user, mails)
    meddling()
    for batch_bytes in (1, 2_000, 8_000_000):
        events = everything(inbox_of(dovecot, user, batch_bytes=batch_bytes))
        assert raws(events) == mails
        assert uids(events) == list(range(1, 101))


def test_a_mail_that_arrives_meanwhile_comes_at_the_next_look(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2)])
    arrivals = inbox_of(dovecot, user).arrivals(None, START, lambda _: False)
    had = [next(arrivals)]
    dovecot.deliver(user, mail(3))
    had += arrivals
    had += everything(inbox_of(dovecot, user), had[-1].mark)
    assert raws(had) == [mail(1), mail(2), mail(3)]


# --- connections that break ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["cut", "reset", "stall"])
@pytest.mark.parametrize("after", [0, 60, 300, 700, 1_200, 40_000, 250_000, 333_333, 499_999])
def test_a_broken_connection_is_taken_up_where_it_broke(
    dovecot: Dovecot, user: User, fault_proxy: Callable[[int], FaultProxy], after: int, how: Any
) -> None:
    mails = [mail(number, size=50_000) for number in range(1, 11)]
    dovecot.deliver_all(user, mails)
    proxy = fault_proxy(dovecot.imap_port)
    proxy.fail(after, how)
    inbox = inbox_of(dovecot, user, proxy.port, batch_bytes=120_000)
    inbox = ImapInbox(**{**vars(inbox), "account": inbox.account.model_copy(update={"timeout": 0.4})})  # type: ignore[attr-defined]
    events = everything(inbox)
    assert raws(events) == mails
    assert uids(events) == list(range(1, 11))
    assert proxy.connections == 2


def test_a_line_that_keeps_breaking_is_given_up_with_what_was_had(
    dovecot: Dovecot, user: User, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    dovecot.deliver_all(user, [mail(1, 20_000), mail(2, 20_000)])
    proxy = fault_proxy(dovecot.imap_port)
    proxy.fail(25_000)
    proxy.fail(200, times=50)
    waits: list[float] = []
    had: list[Event] = []
    with pytest.raises(Unreachable, match="连接中断"):
        for event in inbox_of(dovecot, user, proxy.port, batch_bytes=1, sleep=waits.append).arrivals(
            None, START, lambda _: False
        ):
            had.append(event)
    assert raws(had) == [mail(1, 20_000)]
    assert waits == sorted(waits)
    assert len(waits) == proxy.connections - 1


def test_a_session_that_the_server_ends_is_taken_up_again(dovecot: Dovecot, user: User) -> None:
    mails = [mail(number) for number in range(1, 6)]
    dovecot.deliver_all(user, mails)
    arrivals = inbox_of(dovecot, user, batch_bytes=1).arrivals(None, START, lambda _: False)
    had = [next(arrivals), next(arrivals)]
    dovecot.doveadm("kick", user.address)
    had += arrivals
    assert raws(had) == mails


def kept_file(dovecot: Dovecot, user: User, number: int) -> Path:
    start = b"Subject: mail %d\n" % number
    [kept] = [path for path in dovecot.maildir(user).glob("*/*,S=*") if path.read_bytes().startswith(start)]
    return kept


def test_a_mail_that_the_server_itself_cannot_read_stops_no_other(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1, 3_000), mail(2, 3_000), mail(3, 3_000)])
    kept_file(dovecot, user, 2).chmod(0)
    events = everything(inbox_of(dovecot, user))
    assert raws(events) == [mail(1, 3_000), mail(3, 3_000)]
    assert [event.reason for event in events if isinstance(event, Withheld)] == ["refused"]
    assert uids(events) == [1, 2, 3]


def test_a_mail_at_which_the_server_breaks_the_connection_stops_no_other(
    dovecot: Dovecot, user: User, fault_proxy: Callable[[int], FaultProxy]
) -> None:
    dovecot.deliver_all(user, [mail(1, 3_000), mail(2, 3_000), mail(3, 3_000)])
    damaged = kept_file(dovecot, user, 2)
    damaged.write_bytes(damaged.read_bytes()[:500])
    proxy = fault_proxy(dovecot.imap_port)
    events = everything(inbox_of(dovecot, user, proxy.port))
    assert proxy.connections > 1
    assert raws([events[0], events[-1]]) == [mail(1, 3_000), mail(3, 3_000)]
    assert uids(events) == [1, 2, 3]


# --- what the operator hears -----------------------------------------------------------------------------


def test_a_wrong_password_is_told_at_once_and_not_tried_again(dovecot: Dovecot, user: User) -> None:
    def never(_: float) -> None:
        pytest.fail("tried again")

    wrong = ImapInbox(inbox_of(dovecot, user).account, "INBOX", "wrong", sleep=never)
    with pytest.raises(LoginRefused, match="授权码"):
        everything(wrong)


def test_a_password_with_full_width_letters_is_told(dovecot: Dovecot, user: User) -> None:
    with pytest.raises(LoginRefused, match="全角"):
        everything(ImapInbox(inbox_of(dovecot, user).account, "INBOX", "ａｂｃ"))


def test_a_folder_that_is_not_there_is_told(dovecot: Dovecot, user: User) -> None:
    with pytest.raises(Unreachable, match=r"打不开文件夹 报送.*inbox\.imap\.folder"):
        everything(ImapInbox(inbox_of(dovecot, user).account, "报送", user.password))


def test_a_folder_with_a_chinese_name_is_read(dovecot: Dovecot, user: User) -> None:
    dovecot.doveadm("mailbox", "create", "-u", user.address, "报送")
    assert everything(ImapInbox(inbox_of(dovecot, user).account, "报送", user.password)) == []


def tls_inbox(dovecot: Dovecot, user: User, **changes: Any) -> ImapInbox:
    settings = {"host": "127.0.0.1", "port": dovecot.imaps_port, "user": user.address, "timeout": 5}
    return ImapInbox(ImapServer.model_validate(settings | changes), "INBOX", user.password)


def test_tls_is_verified_by_ones_own_authority(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver(user, mail(1, 100_000))
    assert raws(everything(tls_inbox(dovecot, user, ca_file=dovecot.ca_file))) == [mail(1, 100_000)]


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(dovecot: Dovecot, user: User) -> None:
    with pytest.raises(Unreachable, match=r"证书未通过验证.*ca_file"):
        everything(tls_inbox(dovecot, user))


def test_the_check_counts_the_mails_and_names_what_fails(dovecot: Dovecot, user: User) -> None:
    dovecot.deliver_all(user, [mail(1), mail(2)], received=LONG_AGO)
    [good] = inbox_of(dovecot, user).check()
    [bad] = inbox_of(dovecot, user, port=1).check()
    assert (good.ok, "2 封" in good.what) == (True, True)
    assert (bad.ok, "对方拒绝连接" in bad.advice) == (False, True)

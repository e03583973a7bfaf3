"""Servers' quirks that cost mail, told word for word; the rest is tried on a real server (integration)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from agent.base.errors import Unreachable
from agent.campaign.settings import ImapServer
from agent.mail.connection import LoginRefused
from agent.mail.imap import ImapInbox, ways_of
from agent.mail.inbox import Arrival, Event, Passed, Withheld

if TYPE_CHECKING:
    from tests.mail.conftest import QuirkyServer

START = dt.datetime(2023, 11, 9, tzinfo=dt.UTC)
FACTS = b'* 1 FETCH (UID 7 RFC822.SIZE 5 INTERNALDATE "05-Mar-2024 09:30:00 +0800")\n{tag} OK done\n'
RECEIVED = dt.datetime(2024, 3, 5, 1, 30, tzinfo=dt.UTC)


def inbox_of(server: QuirkyServer, **changes: Any) -> ImapInbox:
    account = ImapServer(host="127.0.0.1", port=server.port, user="a@civil.example", tls=False, timeout=1)
    return ImapInbox(account, "INBOX", "secret", sleep=lambda _: None, **changes)


def everything(server: QuirkyServer, **changes: Any) -> list[Event]:
    return list(inbox_of(server, **changes).arrivals(None, START, lambda _: False))


@pytest.mark.parametrize(
    "body",
    [
        b"* 1 FETCH (UID 7 RFC822.SIZE 5 BODY[] {5}\nhello)\n",
        b"* 1 FETCH (RFC822.SIZE 5 BODY[] {5}\nhello UID 7)\n",
        b'* 1 FETCH (UID 7 BODY[] "hello")\n',
        b"* 2 FETCH (FLAGS (\\Seen))\n* 1 FETCH (UID 7 BODY[] {5}\nhello)\n* 1 FETCH (UID 7 FLAGS ())\n",
        b"* 2 FETCH (UID 6 FLAGS ())\n* 1 FETCH (BODY[] {5}\nhello FLAGS () UID 7)\n* 3 EXISTS\n",
        b"* 3 FETCH (UID 9 BODY[] {5}\nother)\n* 1 FETCH (UID 7 BODY[] {5}\nhello)\n",
    ],
    ids=["usual", "UID behind the text", "quoted", "flags around", "flags inside", "another mail before"],
)
def test_a_text_is_taken_under_the_uid_of_its_own_line(quirky: QuirkyServer, body: bytes) -> None:
    quirky.on("BODY.PEEK[]", body + b"{tag} OK done\n")
    quirky.on("RFC822.SIZE INTERNALDATE", b"* 4 FETCH (UID 7 FLAGS ())\n" + FACTS)
    [arrival] = everything(quirky)
    assert isinstance(arrival, Arrival)
    assert (arrival.raw, arrival.received) == (b"hello", RECEIVED)
    assert arrival.place == {"folder": "INBOX", "uidvalidity": 3, "uid": 7}


def test_a_text_without_its_uid_is_nobodys(quirky: QuirkyServer) -> None:
    quirky.on("BODY.PEEK[]", b"* 1 FETCH (BODY[] {5}\nhello)\n{tag} OK done\n")
    quirky.on("HEADER", b"* 1 FETCH (UID 7 BODY[HEADER] {3}\nA:b)\n{tag} OK done\n")
    quirky.on("RFC822.SIZE INTERNALDATE", FACTS)
    [withheld] = everything(quirky)
    assert isinstance(withheld, Withheld)
    assert (withheld.reason, withheld.size, withheld.head) == ("refused", 5, b"A:b")


def test_an_empty_text_of_a_mail_that_has_a_size_is_asked_for_again(quirky: QuirkyServer) -> None:
    quirky.on(
        "BODY.PEEK[]",
        b"* 1 FETCH (UID 7 BODY[] {0}\n)\n{tag} OK done\n",
        b"* 1 FETCH (UID 7 BODY[] {5}\nhello)\n{tag} OK done\n",
    )
    quirky.on("RFC822.SIZE INTERNALDATE", FACTS)
    [arrival] = everything(quirky)
    assert isinstance(arrival, Arrival)
    assert arrival.raw == b"hello"


def test_a_size_that_is_announced_wrongly_keeps_no_mail_back(quirky: QuirkyServer) -> None:
    quirky.on("BODY.PEEK[]", b"* 1 FETCH (UID 7 BODY[] {5}\nhello)\n{tag} OK done\n")
    quirky.on("RFC822.SIZE INTERNALDATE", FACTS.replace(b"SIZE 5", b"SIZE 6"))
    [arrival] = everything(quirky)
    assert isinstance(arrival, Arrival)
    assert arrival.raw == b"hello"


def test_a_mail_without_a_date_of_receipt_takes_its_own(quirky: QuirkyServer) -> None:
    text = b"Date: Tue, 5 Mar 2024 09:30:00 +0800\n\n"
    size = len(text.replace(b"\n", b"\r\n"))
    quirky.on("BODY.PEEK[]", b"* 1 FETCH (UID 7 BODY[] {%d}\n%s)\n{tag} OK done\n" % (size, text))
    quirky.on("RFC822.SIZE INTERNALDATE", b"* 1 FETCH (UID 7 RFC822.SIZE %d)\n{tag} OK done\n" % size)
    [arrival] = everything(quirky)
    assert isinstance(arrival, Arrival)
    assert arrival.received == RECEIVED


def test_a_list_of_uids_in_several_lines_is_one(quirky: QuirkyServer) -> None:
    old = b'* %d FETCH (UID %d RFC822.SIZE 5 INTERNALDATE "05-Mar-2001 09:30:00 +0800")\n'
    quirky.on("SEARCH", b"* SEARCH 9 7\n* SEARCH 8\n* SEARCH\n{tag} OK done\n")
    quirky.on(
        "RFC822.SIZE INTERNALDATE", b"".join(old % (uid, uid) for uid in (9, 7, 8)) + b"{tag} OK done\n"
    )
    [passed] = everything(quirky)
    assert isinstance(passed, Passed)
    assert (passed.count, passed.mark and passed.mark.uid) == (3, 9)


def test_the_mailbox_is_only_ever_asked(quirky: QuirkyServer) -> None:
    quirky.on("BODY.PEEK[]", b"* 1 FETCH (UID 7 BODY[] {5}\nhello)\n{tag} OK done\n")
    quirky.on("RFC822.SIZE INTERNALDATE", FACTS)
    everything(quirky)
    asked = [command for command in quirky.commands if not command.startswith("LOGIN")]
    assert asked == [
        "CAPABILITY",
        "CAPABILITY",
        'EXAMINE "INBOX"',
        "NOOP",
        "UID SEARCH UID 1:*",
        "UID FETCH 7 (UID RFC822.SIZE INTERNALDATE)",
        "UID FETCH 7 (UID INTERNALDATE RFC822.SIZE BODY.PEEK[])",
        "LOGOUT",
    ]


def test_the_program_introduces_itself_where_that_is_announced_after_the_login(quirky: QuirkyServer) -> None:
    """163, 126 and yeah open no folder without it."""
    quirky.on(
        "CAPABILITY",
        b"* CAPABILITY IMAP4rev1\n{tag} OK done\n",
        b"* CAPABILITY IMAP4rev1 ID IDLE\n{tag} OK done\n",
    )
    quirky.on("SEARCH", b"* SEARCH\n{tag} OK done\n")
    assert everything(quirky) == []
    order = [command.split()[0] for command in quirky.commands]
    assert order.index("LOGIN") < order.index("ID") < order.index("EXAMINE")


def test_an_unsafe_login_is_explained(quirky: QuirkyServer) -> None:
    quirky.on("EXAMINE", b"{tag} NO EXAMINE Unsafe Login. Please contact kefu@provider.example for help\n")
    with pytest.raises(Unreachable, match="不安全"):
        everything(quirky)


def test_a_refused_login_tells_the_servers_own_words(quirky: QuirkyServer) -> None:
    quirky.on("LOGIN", b"{tag} NO " + "登录失败，请使用授权码登录".encode("gbk") + b"\n")
    with pytest.raises(LoginRefused, match=r"请使用授权码登录.*①"):
        everything(quirky)
    assert sum(command.startswith("LOGIN") for command in quirky.commands) == 1


def test_a_server_that_is_only_busy_is_asked_again(quirky: QuirkyServer) -> None:
    quirky.on("LOGIN", b"{tag} NO [UNAVAILABLE] try later\n", b"{tag} OK done\n")
    quirky.on("SEARCH", b"* SEARCH\n{tag} OK done\n")
    assert everything(quirky) == []


def test_a_server_that_always_says_no_is_given_up_with_its_words(quirky: QuirkyServer) -> None:
    quirky.on("SEARCH", b"{tag} NO " + "系统繁忙".encode("gbk") + b"\n")
    with pytest.raises(Unreachable, match="系统繁忙"):
        everything(quirky)


@pytest.mark.parametrize(
    "nonsense", [b"nonsense\n", b"* BYE going down\n", b"{tag} BAD what\n", b"* 1 FETCH (UID 7 BODY[] {"]
)
def test_nonsense_ends_in_words_and_not_in_a_traceback(quirky: QuirkyServer, nonsense: bytes) -> None:
    quirky.on("RFC822.SIZE INTERNALDATE", nonsense)
    with pytest.raises(Unreachable, match="连接不上"):
        everything(quirky, tries=2)


def test_the_five_causes_of_qqs_one_answer_are_told_in_order() -> None:
    from agent.mail.connection import login_refused

    account = ImapServer(host="imap.qq.com", user="a@qq.example")
    text = str(login_refused(account, b"Login fail. Account is abnormal, service is not open"))
    places = [text.index(cause) for cause in ("没有开启", "不是授权码", "太频繁", "账号异常", "服务器繁忙")]
    assert places == sorted(places)


def test_of_qq_it_is_told_that_only_the_last_thirty_days_come_unless_that_is_set() -> None:
    [told] = ways_of("imap.qq.com")
    assert "30 天" in told.advice
    assert "收取选项" in told.advice
    assert ways_of("imap.163.com") == []


def mail_of(words: bytes, announced: int | None = None, size: int | None = None) -> tuple[bytes, bytes]:
    """What a server answers about one mail of these words: its facts, and its text."""
    sent = len(words.replace(b"\n", b"\r\n"))
    facts = FACTS.replace(b"SIZE 5", b"SIZE %d" % (sent if announced is None else announced))
    text = b"* 1 FETCH (UID 7 BODY[] {%d}\n%s)\n{tag} OK done\n" % (sent if size is None else size, words)
    return facts, text


@pytest.mark.parametrize("announced", [5, 90, 10_000_000_000])
@pytest.mark.parametrize("literal", [101, 300_000_000, 99_999_999_999_999])
def test_a_text_over_the_bound_is_cut_off_there_and_told(
    quirky: QuirkyServer, announced: int, literal: int
) -> None:
    facts, text = mail_of(b"x" * 5000, announced, literal)
    quirky.on("BODY.PEEK[]", text)
    quirky.on("RFC822.SIZE INTERNALDATE", facts)
    [withheld] = everything(quirky, max_bytes=100)
    assert isinstance(withheld, Withheld)
    assert (withheld.reason, withheld.size) == ("too_large", announced if announced > 100 else literal)


def test_what_lies_behind_a_text_over_the_bound_is_had(quirky: QuirkyServer) -> None:
    quirky.on("SEARCH", b"* SEARCH 7 8\n{tag} OK done\n")
    facts = FACTS.replace(b"{tag} OK done\n", b"")
    quirky.on("RFC822.SIZE INTERNALDATE", facts + facts.replace(b"UID 7", b"UID 8") + b"{tag} OK done\n")
    quirky.on("FETCH 7 (UID INTERNALDATE", b"* 1 FETCH (UID 7 BODY[] {7000}\nhello")
    quirky.on("FETCH 8 (UID INTERNALDATE", b"* 2 FETCH (UID 8 BODY[] {5}\nhello)\n{tag} OK done\n")
    quirky.on("FETCH 7,8 (UID INTERNALDATE", b"* 1 FETCH (UID 7 BODY[] {7000}\nhello")
    first, second = everything(quirky, max_bytes=100)
    assert isinstance(first, Withheld)
    assert isinstance(second, Arrival)
    assert second.raw == b"hello"


@pytest.mark.parametrize(("announced", "said"), [(5, None), (4, None), (6, 6), (5_000_000, 5_000_000)])
def test_a_text_that_is_shorter_than_announced_says_so(
    quirky: QuirkyServer, announced: int, said: int | None
) -> None:
    facts, text = mail_of(b"hello", announced)
    quirky.on("BODY.PEEK[]", text)
    quirky.on("RFC822.SIZE INTERNALDATE", facts)
    [arrival] = everything(quirky)
    assert isinstance(arrival, Arrival)
    assert (arrival.raw, arrival.announced) == (b"hello", said)


STRANGE = {
    "SEARCH": [b"* SEARCH seven\n", b"* SEARCH 7 -8\n", b"* SEARCH 7.5\n", b"* SEARCH 99999999999999999999\n", b"* SEARCH \xe4\xb8\x83\n", b"* SEARCH 7,8:9\n", b"* SEARCH " + b"9" * 5000 + b"\n"],
    "EXAMINE": [b"* OK [UIDVALIDITY abc] ok\n", b"* OK [UIDVALIDITY -3] ok\n", b"* OK [UIDVALIDITY 3.5] ok\n", b"* OK [UIDVALIDITY 99999999999999999999] ok\n", b"* OK [UIDVALIDITY 3 4] ok\n", b"* OK [UIDVALIDITY \xff] ok\n"],
    "RFC822.SIZE INTERNALDATE": [b"* 1 FETCH (UID 7 RFC822.SIZE {" + b"9" * 5000 + b"}\n", b"* FETCH\n* 1 FETCH (UID 7 {x}\n", b"* 1 FETCH {3}\nab"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("word", "answer"), [(word, one) for word, all_of in STRANGE.items() for one in all_of]
)
def test_a_strange_answer_is_an_unreachable_mailbox_or_nothing_new(
    quirky: QuirkyServer, word: str, answer: bytes
) -> None:
    quirky.on(word, answer + b"{tag} OK done\n")
    quirky.on("BODY.PEEK[]", b"* 1 FETCH (UID 7 BODY[] {5}\nhello)\n{tag} OK done\n")
    if word != "RFC822.SIZE INTERNALDATE":
        quirky.on("RFC822.SIZE INTERNALDATE", FACTS)
    if word == "RFC822.SIZE INTERNALDATE":
        try:
            assert everything(quirky) == []
        except Unreachable:
            return
    else:
        with pytest.raises(Unreachable, match="看不懂"):
            everything(quirky)


@pytest.mark.parametrize(
    "date", ["01-Jan-0001 00:00:00 +1400", "31-Dec-9999 23:59:59 -1200", "99-Foo-2024 99:99:99 +9999"]
)
def test_a_date_that_is_no_moment_is_none(quirky: QuirkyServer, date: str) -> None:
    text = b"Date: Tue, 5 Mar 2024 09:30:00 +0800\n\nhello\n"
    facts, body = mail_of(text)
    quirky.on("BODY.PEEK[]", body)
    quirky.on("RFC822.SIZE INTERNALDATE", facts.replace(b"05-Mar-2024 09:30:00 +0800", date.encode()))
    [arrival] = everything(quirky)
    assert isinstance(arrival, Arrival)
    assert arrival.received == RECEIVED


def test_mail_that_came_too_early_is_counted(quirky: QuirkyServer) -> None:
    old = b'* %d FETCH (UID %d RFC822.SIZE 5 INTERNALDATE "05-Mar-2001 09:30:00 +0800")\n'
    quirky.on("SEARCH", b"* SEARCH 5 6 7\n{tag} OK done\n")
    quirky.on("RFC822.SIZE INTERNALDATE", old % (1, 5) + old % (2, 6) + FACTS)
    quirky.on("BODY.PEEK[]", b"* 3 FETCH (UID 7 BODY[] {5}\nhello)\n{tag} OK done\n")
    passed, _ = everything(quirky)
    assert isinstance(passed, Passed)
    assert (passed.count, passed.early) == (2, 2)
    [known] = inbox_of(quirky).arrivals(passed.mark, START, lambda _: True)
    assert isinstance(known, Passed)
    assert (known.count, known.early) == (1, 0)

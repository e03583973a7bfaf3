"""An IMAP mailbox, only ever read: every UID above the last one had, raw, with its own UID and date.

Built on imap-tools for connection, login and folders. Searching and fetching go through its client
directly, for its own loop pairs replies by position and can hand out one mail under another's UID when flags
change meanwhile. Nothing is marked, moved or expunged: the folder is opened with EXAMINE. Knows nothing
of messages' content.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import imaplib
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailboxLoginError, MailBoxUnencrypted

from agent.errors import Unreachable
from agent.mail.connection import (
    Account,
    Checked,
    is_hopeless,
    login_refused,
    server_words,
    unreachable,
    verified_tls,
)
from agent.mail.inbox import MAX_BYTES, Arrival, Event, Mark, Passed, Withheld
from agent.mail.message import received_of

# Every way in which a broken connection has shown itself.
BROKEN = (imaplib.IMAP4.error, OSError, EOFError, ImapToolsError)
PAGE = 500  # UIDs named in one command
BATCH_BYTES = 8_000_000  # of mail asked for in one command
BATCH_COUNT = 200
TRIES = 4
GIVE_UP = 3  # breaks of the connection at one mail, asked for alone, before it is passed over and told of
IDENTITY = '("name" "report-agent" "version" "1" "vendor" "report-agent")'


@dataclass(frozen=True)
class ImapInbox:
    """The mailbox of an account.

    Attributes:
        sleep: waits for so many seconds before another try.
        tries: connections in a row without a mail had, before the mailbox counts as unreachable.
    """

    account: Account
    folder: str
    password: str = field(repr=False)
    max_bytes: int = MAX_BYTES
    batch_bytes: int = BATCH_BYTES
    tries: int = TRIES
    sleep: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        return f"imap:{self.account.user}@{self.account.host}/{self.folder}"

    def arrivals(
        self, mark: Mark | None, since: dt.datetime, known: Callable[[str], bool]
    ) -> Iterator[Event]:
        failures, broken_at = 0, Counter[int]()
        while True:
            try:
                with self._session(one_by_one=failures > 0) as session:
                    given_up = {uid for uid, times in broken_at.items() if times >= GIVE_UP}
                    for event in session.events(mark, since, known, given_up):
                        yield event
                        mark, failures = event.mark, 0
                return
            except _BrokenAt as error:
                broken_at[error.uid] += 1
                broken: BaseException = error.cause
            except BROKEN as error:
                broken = error
            failures += 1
            if failures >= self.tries or is_hopeless(broken):
                raise unreachable(self.account, broken) from broken
            self.sleep(2.0 ** (failures - 1))

    def check(self) -> list[Checked]:
        where = f"收件 {self.account.host}:{self.account.port}"
        try:
            with self._session() as session:
                count = len(session.uids_above(0))
        except Unreachable as error:
            return [Checked(False, where, str(error))]
        except BROKEN as error:
            return [Checked(False, where, str(unreachable(self.account, error)))]
        lines = [Checked(True, f"{where}：登录成功，{self.folder} 中有 {count} 封邮件")]
        if self.account.host.lower().endswith(("qq.com", "foxmail.com")):
            lines.append(
                Checked(
                    True,
                    "QQ 邮箱的收取范围",
                    "默认只给出最近 30 天的邮件：请在网页版“设置—账号—收取选项”中选“全部”",
                )
            )
        return lines

    @contextlib.contextmanager
    def _session(self, one_by_one: bool = False) -> Iterator[_Session]:
        """A new connection: no broken one was ever of use again."""
        batch = 0 if one_by_one else self.batch_bytes
        mailbox = _connected(self.account)
        try:
            _log_in(mailbox, self.account, self.password)
            uidvalidity = _examine(mailbox, self.account, self.folder)
            yield _Session(mailbox.client, self.folder, uidvalidity, self.max_bytes, batch)
        except BaseException:
            # Without a goodbye: on a dead connection that would hang, and hide the error.
            with contextlib.suppress(*BROKEN):
                mailbox.client.shutdown()
            raise
        with contextlib.suppress(*BROKEN):
            mailbox.client.logout()


# --- getting in ------------------------------------------------------------------------------------------


def _connected(account: Account) -> BaseMailBox:
    if not account.tls:
        return MailBoxUnencrypted(account.host, account.port, timeout=account.timeout)
    context = verified_tls(account.ca_file)
    return MailBox(account.host, account.port, timeout=account.timeout, ssl_context=context)


def _log_in(mailbox: BaseMailBox, account: Account, password: str) -> None:
    """Logs in and introduces the program, without opening a folder yet.

    163, 126 and yeah refuse every folder (Unsafe Login) until the ID command; QQ drops the connection on a
    command that it didn't announce.
    """
    before = set(mailbox.client.capabilities)
    try:
        mailbox.login(account.user, password, initial_folder=None)
    except UnicodeEncodeError as error:
        raise login_refused(account, "用户名或授权码中有中文或全角字符".encode()) from error
    except imaplib.IMAP4.abort:
        raise
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if re.search(r"\[(UNAVAILABLE|INUSE|SERVERBUG)\]", server_words(error)):
            raise imaplib.IMAP4.abort(server_words(error)) from error
        raise login_refused(account, error) from error
    _, announced = mailbox.client.capability()  # some are announced only now
    words = {word.upper() for line in announced if line for word in line.decode("ascii", "replace").split()}
    if "ID" in before | words:
        try:
            mailbox.client.xatom("ID", IDENTITY)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            pass  # announced and not understood: nothing is lost


def _examine(mailbox: BaseMailBox, account: Account, folder: str) -> int:
    """Opens the folder for reading only; its UIDVALIDITY (0 where the server tells none)."""
    try:
        mailbox.folder.set(folder, readonly=True)
    except ImapToolsError as error:
        said = server_words(error)
        advice = (
            "服务器认为这次登录不安全：请在网页版邮箱的 IMAP 设置中允许客户端登录，或联系邮箱客服"
            if "unsafe login" in said.lower()
            else "请核对 inbox.imap.folder 的名称（收件箱写 INBOX）"
        )
        raise Unreachable(f"{account.host} 打不开文件夹 {folder}（{said}）：{advice}") from error
    _, told = mailbox.client.response("UIDVALIDITY")
    return int(told[-1]) if told and told[-1] else 0


# --- one connection --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is known of a mail before its body is asked for."""

    uid: int
    size: int
    received: dt.datetime | None
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Session:
    """One logged-in connection with its folder open."""

    client: imaplib.IMAP4
    folder: str
    uidvalidity: int
    max_bytes: int
    batch_bytes: int

    def events(
        self,
        mark: Mark | None,
        since: dt.datetime,
        known: Callable[[str], bool],
        given_up: Collection[int] = (),
    ) -> Iterator[Event]:
        """Everything above the mark, in ascending order of UIDs; from the start under a new UIDVALIDITY."""
        above = mark.uid if mark is not None and mark.uidvalidity == self.uidvalidity else 0
        for page in _pages(self.uids_above(above), PAGE):
            facts = self._facts(page)
            for group in _groups(facts, since, self.max_bytes, self.batch_bytes):
                if group[0].uid in given_up:
                    yield self._withheld(group.pop(0), "refused", with_head=False)
                if group:
                    yield from self._group(group, since, known)

    def uids_above(self, uid: int) -> list[int]:
        """The UIDs above one, ascending. By range alone: other criteria return wrong mail on some servers."""
        self._ask("NOOP")  # without it the list can be stale
        found = self._ask("SEARCH", "UID", f"{uid + 1}:*")
        numbers = {int(word) for line in found if isinstance(line, bytes) for word in line.split()}
        return sorted(number for number in numbers if number > uid)  # n:* names the last one though below n

    def _group(self, group: list[_Fact], since: dt.datetime, known: Callable[[str], bool]) -> Iterator[Event]:
        if _is_early(group[0], since):
            yield Passed(len(group), self._mark(group[-1]))
        elif group[0].size > self.max_bytes:
            yield self._withheld(group[0], "too_large")
        else:
            with _blamed_on(group):
                bodies = self._bodies(group)
            for fact in group:
                with _blamed_on([fact]):
                    event = self._event(bodies.pop(fact.uid, None), fact, since, known)
                if event is not None:
                    yield event

    def _event(
        self, had: _Fact | None, fact: _Fact, since: dt.datetime, known: Callable[[str], bool]
    ) -> Event | None:
        """What became of one mail of a batch; None where it has vanished from the mailbox meanwhile."""
        had = had or self._alone(fact)
        if had is None or had.body is None:
            return self._withheld(fact, "refused") if self._facts([fact.uid]) else None
        received = had.received or fact.received or received_of(had.body) or dt.datetime.now(dt.UTC)
        if received < since or known(hashlib.sha256(had.body).hexdigest()):
            return Passed(1, self._mark(fact))
        return Arrival(had.body, received, self._place(fact), self._mark(fact))

    def _withheld(
        self, fact: _Fact, reason: Literal["too_large", "refused"], with_head: bool = True
    ) -> Withheld:
        head = self._head(fact) if with_head else b""
        received = fact.received or received_of(head) or dt.datetime.now(dt.UTC)
        return Withheld(reason, fact.size, head, received, self._place(fact), self._mark(fact))

    def _head(self, fact: _Fact) -> bytes:
        with contextlib.suppress(_Refused):
            for one in _replies(self._ask("FETCH", str(fact.uid), "(UID BODY.PEEK[HEADER])")):
                if one.uid == fact.uid and one.body:
                    return one.body
        return b""

    def _facts(self, uids: Sequence[int]) -> list[_Fact]:
        """Sizes and dates of the mails that are still there.

        A reply without a size is about something else (a flag that changed meanwhile).
        """
        replies = _replies(self._ask("FETCH", _listed(uids), "(UID RFC822.SIZE INTERNALDATE)"))
        found = {one.uid: one for one in replies if one.size >= 0}
        return [found[uid] for uid in uids if uid in found]

    def _bodies(self, group: list[_Fact]) -> dict[int, _Fact]:
        """The mails of a batch that came whole: the size as announced, under their own UID."""
        sizes = {fact.uid: fact.size for fact in group}
        try:
            found = self._fetched(list(sizes))
        except _Refused:  # one mail that the server can't read spoils the batch: each alone, then
            return {}
        return {
            uid: had for uid, had in found.items() if had.body is not None and len(had.body) == sizes.get(uid)
        }

    def _alone(self, fact: _Fact) -> _Fact | None:
        """A mail that the batch didn't bring: once more, on its own. Some servers announce wrong sizes."""
        for _ in range(2):
            self._ask("NOOP")
            with contextlib.suppress(_Refused):
                had = self._fetched([fact.uid]).get(fact.uid)
                if had is not None and had.body:
                    return had
        return None

    def _fetched(self, uids: Sequence[int]) -> dict[int, _Fact]:
        replies = _replies(self._ask("FETCH", _listed(uids), "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[])"))
        return {one.uid: one for one in replies if one.body is not None}

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        """The untagged replies to a command.

        Raises:
            _Refused: the server said no.
        """
        if command == "NOOP":
            status, replies = self.client.noop()
        else:
            status, replies = self.client.uid(command, *arguments)
        if status != "OK":
            raise _Refused(server_words(b" ".join(one for one in replies if isinstance(one, bytes))))
        return [one for one in replies if one is not None]

    def _mark(self, fact: _Fact) -> Mark:
        return Mark(self.uidvalidity, fact.uid)

    def _place(self, fact: _Fact) -> dict[str, str | int]:
        return {"folder": self.folder, "uidvalidity": self.uidvalidity, "uid": fact.uid}


class _Refused(imaplib.IMAP4.error):
    """The server answered a command with no."""


class _BrokenAt(Exception):
    """The connection broke while one mail was asked for, alone."""

    def __init__(self, uid: int, cause: BaseException) -> None:
        super().__init__(uid)
        self.uid, self.cause = uid, cause


@contextlib.contextmanager
def _blamed_on(group: Sequence[_Fact]) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        if len(group) == 1:
            raise _BrokenAt(group[0].uid, error) from error
        raise


def _is_early(fact: _Fact, since: dt.datetime) -> bool:
    return fact.received is not None and fact.received < since


def _groups(
    facts: Iterable[_Fact], since: dt.datetime, max_bytes: int, batch_bytes: int
) -> Iterator[list[_Fact]]:
    """Runs of mails, in their order, that go together: all too early, or a batch; each oversized one alone."""
    group: list[_Fact] = []
    kind, total = "", 0
    for fact in facts:
        now = "early" if _is_early(fact, since) else "large" if fact.size > max_bytes else "batch"
        full = now == "large" or (
            now == "batch" and (total + fact.size > batch_bytes or len(group) >= BATCH_COUNT)
        )
        if group and (now != kind or full):
            yield group
            group, total = [], 0
        group.append(fact)
        kind, total = now, total + fact.size
    if group:
        yield group


def _pages(uids: list[int], count: int) -> Iterator[list[int]]:
    rest = iter(uids)
    while page := list(islice(rest, count)):
        yield page


def _listed(uids: Sequence[int]) -> str:
    assert uids  # an empty list would mean something else to some servers
    return ",".join(map(str, uids))


# --- replies ---------------------------------------------------------------------------------------------

_INTERNALDATE = re.compile(
    rb'INTERNALDATE "([ \d]?\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def _replies(lines: Iterable[Any]) -> Iterator[_Fact]:
    """FETCH replies, each with the UID of its own line; size -1 where it tells none.

    imaplib gives a reply with a literal as a pair (line up to the literal, literal) and then the line's rest,
    and one without as its line. An unsolicited one has no body or no UID and is of no use here.
    """
    words, body = b"", None
    for line in lines:
        if isinstance(line, tuple):
            words += line[0]
            if re.search(rb"BODY\[(HEADER)?\] ?\{\d+\}$", line[0]) and _is_whole(line):
                body = line[1]
            continue
        yield from _reply(words + line, body)
        words, body = b"", None


def _is_whole(line: tuple[bytes, bytes]) -> bool:
    announced = re.search(rb"\{(\d+)\}$", line[0])
    return announced is not None and int(announced[1]) == len(line[1])


def _reply(words: bytes, body: bytes | None) -> Iterator[_Fact]:
    uid = re.search(rb"\bUID (\d+)", words)
    size = re.search(rb"RFC822\.SIZE (\d+)", words)
    if body is None and (quoted := re.search(rb'BODY\[(?:HEADER)?\] "((?:[^"\\]|\\.)*)"', words)):
        body = re.sub(rb"\\(.)", rb"\1", quoted[1])
    if uid is not None:
        yield _Fact(int(uid[1]), int(size[1]) if size else -1, _moment(words), body)


def _moment(words: bytes) -> dt.datetime | None:
    found = _INTERNALDATE.search(words)
    if not found:
        return None
    day, month, year, hour, minute, second, sign, off_hours, off_minutes = found.groups()
    offset = dt.timedelta(hours=int(off_hours), minutes=int(off_minutes)) * (-1 if sign == b"-" else 1)
    try:
        return dt.datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second),
            tzinfo=dt.timezone(offset),
        )  # fmt: skip
    except ValueError:
        return None

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
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal

from imap_tools import ImapToolsError

from agent.base.errors import Unreachable
from agent.mail.connection import Account, Checked, Strange, is_hopeless, server_words, unreachable
from agent.mail.fetched import Fact, facts_in
from agent.mail.folders import HEAD_BYTES
from agent.mail.idle import Client, IdleRefused, Mailbox, TlsClient, TooLong, Watch
from agent.mail.imap_login import examine, log_in, number_in
from agent.mail.inbox import MAX_BYTES, Arrival, Event, Mark, News, Passed, Withheld
from agent.mail.message import received_of

log = logging.getLogger(__name__)

# Every way in which a broken connection has shown itself.
BROKEN = (imaplib.IMAP4.error, OSError, EOFError, ImapToolsError)
ODD = (ValueError, LookupError, TypeError, AttributeError)
"""How the libraries fail at an answer that they didn't expect: the server's doing, too."""
PAGE = 500  # UIDs named in one command
BATCH_BYTES = 8_000_000  # of mail asked for in one command
BATCH_COUNT = 200
TRIES = 4
GIVE_UP = 6  # breaks of the connection at one mail, asked for alone, before it is passed over and told of
LONGEST_PAUSE = 8.0  # seconds before another try


@dataclass
class ImapInbox:
    """The mailbox of an account. Not frozen: it keeps its connection for somebody who stays.

    Attributes:
        idle: somebody who stays keeps one connection, and is told of new mail on it where the server can.
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
    idle: bool = True
    _stays: bool = field(default=False, init=False)
    _kept: _Kept | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str:
        return f"imap:{self.account.user}@{self.account.host}/{self.folder}"

    def stay(self) -> None:
        self._stays = self.idle

    def wait(self, seconds: float) -> News:
        if self._kept is None or self._kept.watch is None:
            self.sleep(seconds)
            return "none"
        try:
            return "mail" if self._kept.watch.wait(seconds) else "none"
        except IdleRefused:
            self._kept = _Kept(self._kept.mailbox, None)
            return "none"
        except BROKEN:
            self.close()
            return "lost"

    def close(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            _hung_up(kept.mailbox)

    def arrivals(
        self, mark: Mark | None, since: dt.datetime, known: Callable[[str], bool]
    ) -> Iterator[Event]:
        failures, broken_at, too_long = 0, Counter[int](), dict[int, int]()
        while True:
            try:
                with self._session(one_by_one=failures > 0) as session:
                    given_up = {uid: 0 for uid, times in broken_at.items() if times >= GIVE_UP} | too_long
                    for event in session.events(mark, since, known, given_up):
                        yield event
                        mark, failures = event.mark, 0
                return
            except _BrokenAt as error:
                broken_at[error.uid] += 1
                broken: BaseException = error.cause
                if isinstance(broken.__context__, TooLong):  # imaplib raises its own in its place
                    too_long[error.uid] = broken.__context__.size
                most = GIVE_UP + 1  # a line that breaks now and then mustn't make a sound mail look bad
            except BROKEN as error:
                broken, most = error, self.tries
            failures += 1
            if failures >= most or is_hopeless(broken):
                raise unreachable(self.account, broken) from broken
            self.sleep(min(2.0 ** (failures - 1), LONGEST_PAUSE))

    def again(self, places: Sequence[Mark]) -> Iterator[Arrival]:
        for place in places:
            try:
                with self._session(one_by_one=True) as session:
                    had = session.again(place)
            except (Unreachable, *BROKEN):  # as before; the next look is another's
                self.close()
                continue
            if had is not None:
                yield had

    def check(self) -> list[Checked]:
        where = f"收件 {self.account.host}:{self.account.port}"
        try:
            with self._session() as session:
                count = len(session.uids_above(0))
        except Unreachable as error:
            return [Checked(False, where, str(error))]
        except BROKEN as error:
            return [Checked(False, where, str(unreachable(self.account, error)))]
        return [
            Checked(True, f"{where}：登录成功，{self.folder} 中有 {count} 封邮件"),
            *ways_of(self.account.host),
        ]

    @contextlib.contextmanager
    def _session(self, one_by_one: bool = False) -> Iterator[_Session]:
        """The connection that was kept, where it still lives; else a new one: no broken one was ever of use again."""
        mailbox, can_idle = self._still_there() or self._entered()
        try:
            # Anew for each look: it shows the folder as it is now, and whether its UIDs still mean the same.
            uidvalidity = examine(mailbox, self.account, self.folder)
            batch = 0 if one_by_one else self.batch_bytes
            mailbox.client.largest = self.max_bytes
            session = _Session(mailbox.client, self.folder, uidvalidity, self.max_bytes, batch)
            yield session
        except ODD as error:
            _hung_up(mailbox)
            log.exception("an answer of the mailbox")
            raise Strange(str(error)) from error
        except BaseException:
            _hung_up(mailbox)
            raise
        if self._stays:
            watch = Watch(mailbox.client, session.has_more, self.account.timeout) if can_idle else None
            self._kept = _Kept(mailbox, watch)
        else:
            with contextlib.suppress(*BROKEN):
                mailbox.client.logout()

    def _entered(self) -> tuple[Mailbox, bool]:
        """A new connection, logged in; whether it can tell of new mail."""
        mailbox = Mailbox(self.account)
        try:
            return mailbox, "IDLE" in log_in(mailbox, self.account, self.password)
        except ODD as error:
            _hung_up(mailbox)
            log.exception("an answer of the mailbox")
            raise Strange(str(error)) from error
        except BaseException:
            _hung_up(mailbox)
            raise

    def _still_there(self) -> tuple[Mailbox, bool] | None:
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        try:
            if kept.watch is not None:
                kept.watch.end()
            kept.mailbox.client.noop()
        except BROKEN:
            _hung_up(kept.mailbox)
            return None
        except BaseException:
            _hung_up(kept.mailbox)
            raise
        return kept.mailbox, kept.watch is not None


@dataclass(frozen=True)
class _Kept:
    """A connection between two looks, and who watches it: nobody where the server has no IDLE."""

    mailbox: Mailbox
    watch: Watch | None


def _hung_up(mailbox: Mailbox) -> None:
    """Without a goodbye: on a dead connection that would hang, and hide the error."""
    with contextlib.suppress(*BROKEN):
        mailbox.client.shutdown()


def ways_of(host: str) -> list[Checked]:
    """What the operator should know of this provider's mailboxes."""
    if not host.lower().endswith(("qq.com", "foxmail.com")):
        return []
    advice = "默认只给出最近 30 天的邮件：请在网页版“设置—账号—收取选项”中选“全部”"
    return [Checked(True, "QQ 邮箱的收取范围", advice)]


# --- one connection --------------------------------------------------------------------------------------


@dataclass
class _Session:
    """One logged-in connection with its folder open.

    Attributes:
        highest: the highest UID that was listed.
    """

    client: Client | TlsClient
    folder: str
    uidvalidity: int
    max_bytes: int
    batch_bytes: int
    highest: int = 0

    def has_more(self) -> bool:
        """Whether there is mail that wasn't listed yet; each is told of once."""
        return bool(self.uids_above(self.highest))

    def events(
        self,
        mark: Mark | None,
        since: dt.datetime,
        known: Callable[[str], bool],
        given_up: Mapping[int, int] = MappingProxyType({}),
    ) -> Iterator[Event]:
        """Everything above the mark, in ascending order of UIDs; from the start under a new UIDVALIDITY.

        ``given_up``: the mails that aren't asked for any more → the size of what came, where it was too much; else 0.
        """
        above = mark.uid if mark is not None and mark.uidvalidity == self.uidvalidity else 0
        for page in _pages(self.uids_above(above), PAGE):
            facts = self._facts(page)
            for group in _groups(facts, since, self.max_bytes, self.batch_bytes):
                if group[0].uid in given_up:
                    fact = group.pop(0)
                    size = given_up[fact.uid]
                    reason: Literal["too_large", "refused"] = "too_large" if size else "refused"
                    yield self._withheld(replace(fact, size=size or fact.size), reason, with_head=False)
                if group:
                    yield from self._group(group, since, known)

    def again(self, place: Mark) -> Arrival | None:
        """A mail that wasn't given before, if it is now; None, too, where its UID may mean another by now."""
        facts = self._facts([place.uid]) if place.uidvalidity == self.uidvalidity else []
        had = self._alone(facts[0]) if facts else None
        if had is None or had.body is None:
            return None
        received = had.received or facts[0].received or received_of(had.body) or dt.datetime.now(dt.UTC)
        return Arrival(had.body, received, self._place(facts[0]))

    def uids_above(self, uid: int) -> list[int]:
        """The UIDs above one, ascending. By range alone: other criteria return wrong mail on some servers."""
        self._ask("NOOP")  # without it the list can be stale
        found = self._ask("SEARCH", "UID", f"{uid + 1}:*")
        numbers = {
            number_in(word, "SEARCH") for line in found if isinstance(line, bytes) for word in line.split()
        }
        self.highest = max(self.highest, uid, *numbers)
        return sorted(number for number in numbers if number > uid)  # n:* names the last one though below n

    def _group(self, group: list[Fact], since: dt.datetime, known: Callable[[str], bool]) -> Iterator[Event]:
        if _is_early(group[0], since):
            yield Passed(len(group), self._mark(group[-1]), early=len(group))
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
        self, had: Fact | None, fact: Fact, since: dt.datetime, known: Callable[[str], bool]
    ) -> Event | None:
        """What became of one mail of a batch; None where it has vanished from the mailbox meanwhile."""
        had = had or self._alone(fact)
        if had is None or had.body is None:
            return self._withheld(fact, "refused") if self._facts([fact.uid]) else None
        received = had.received or fact.received or received_of(had.body) or dt.datetime.now(dt.UTC)
        if received < since or known(hashlib.sha256(had.body).hexdigest()):
            return Passed(1, self._mark(fact), early=int(received < since))
        # Some servers announce an estimate: whether the text is whole, who reads it has to see.
        announced = fact.size if len(had.body) < fact.size else None
        return Arrival(had.body, received, self._place(fact), self._mark(fact), announced)

    def _withheld(
        self, fact: Fact, reason: Literal["too_large", "refused"], with_head: bool = True
    ) -> Withheld:
        head = self._head(fact) if with_head else b""
        received = fact.received or received_of(head) or dt.datetime.now(dt.UTC)
        return Withheld(reason, fact.size, head, received, self._place(fact), self._mark(fact))

    def _head(self, fact: Fact) -> bytes:
        with contextlib.suppress(_Refused), self.client.bounded(max(self.max_bytes, HEAD_BYTES)):
            for one in facts_in(self._ask("FETCH", str(fact.uid), "(UID BODY.PEEK[HEADER])")):
                if one.uid == fact.uid and one.body:
                    return one.body
        return b""

    def _facts(self, uids: Sequence[int]) -> list[Fact]:
        """Sizes and dates of the mails that are still there.

        A reply without a size is about something else (a flag that changed meanwhile).
        """
        replies = facts_in(self._ask("FETCH", _listed(uids), "(UID RFC822.SIZE INTERNALDATE)"))
        found = {one.uid: one for one in replies if one.size >= 0}
        return [found[uid] for uid in uids if uid in found]

    def _bodies(self, group: list[Fact]) -> dict[int, Fact]:
        """The mails of a batch that came whole: the size as announced, under their own UID."""
        sizes = {fact.uid: fact.size for fact in group}
        try:
            found = self._fetched(list(sizes))
        except _Refused:  # one mail that the server can't read spoils the batch: each alone, then
            return {}
        return {
            uid: had for uid, had in found.items() if had.body is not None and len(had.body) == sizes.get(uid)
        }

    def _alone(self, fact: Fact) -> Fact | None:
        """A mail that the batch didn't bring: once more, on its own. Some servers announce wrong sizes."""
        for _ in range(2):
            self._ask("NOOP")
            with contextlib.suppress(_Refused):
                had = self._fetched([fact.uid]).get(fact.uid)
                if had is not None and had.body:
                    return had
        return None

    def _fetched(self, uids: Sequence[int]) -> dict[int, Fact]:
        replies = facts_in(self._ask("FETCH", _listed(uids), "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[])"))
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

    def _mark(self, fact: Fact) -> Mark:
        return Mark(self.uidvalidity, fact.uid)

    def _place(self, fact: Fact) -> dict[str, str | int]:
        return {"folder": self.folder, "uidvalidity": self.uidvalidity, "uid": fact.uid}


class _Refused(imaplib.IMAP4.error):
    """The server answered a command with no."""


class _BrokenAt(Exception):
    """The connection broke while one mail was asked for, alone."""

    def __init__(self, uid: int, cause: BaseException) -> None:
        super().__init__(uid)
        self.uid, self.cause = uid, cause


@contextlib.contextmanager
def _blamed_on(group: Sequence[Fact]) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        if len(group) == 1:
            raise _BrokenAt(group[0].uid, error) from error
        raise


def _is_early(fact: Fact, since: dt.datetime) -> bool:
    return fact.received is not None and fact.received < since


def _groups(
    facts: Iterable[Fact], since: dt.datetime, max_bytes: int, batch_bytes: int
) -> Iterator[list[Fact]]:
    """Runs of mails, in their order, that go together: all too early, or a batch; each oversized one alone."""
    group: list[Fact] = []
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

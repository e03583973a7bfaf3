"""Hearing of new mail the moment a server has it: IDLE (RFC 2177), on the connection that fetches, too.

Knows nothing of messages. IDLE is a hint and no more: what it tells is looked up by a search, and whoever waits
here polls besides, because IDLE fails without a word (a server that never tells, a connection that is dead).
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import select
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imap_tools import BaseMailBox

from agent.mail.connection import Account, verified_tls
from agent.mail.pace import Patience

if TYPE_CHECKING:
    from socket import socket

AT_MOST = 20 * 60.0
"""Seconds of one IDLE: a server may hang up after 30 minutes, and some routers forget a connection sooner."""

SECOND_LOOK = 2.0
"""Seconds after which the mailbox is searched once more: what came just before IDLE is told by nobody."""

LONGEST_LINE = 20_000_000
LARGEST_LITERAL = 130_000_000  # bytes of one text; whoever fetches may allow less
TAG = b"IDLING"  # imaplib's own tags have digits


class TooLong(imaplib.IMAP4.abort):
    """A literal announces more bytes than any text may have; it is cut off there, and the connection with it.

    Attributes:
        size: what it announced.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"a literal of {size} bytes")
        self.size = size


class ByLines:
    """imaplib's reading with a buffer of its own, in which half a line waits for its other half.

    imaplib reads through a file object: `select` doesn't see what lies in there already, and a line that was
    half read when the time was up is lost.
    """

    sock: socket
    largest: int = LARGEST_LITERAL
    _had: bytearray

    def open(self, *args: object, **named: object) -> None:
        self._had = bytearray()
        super().open(*args, **named)  # type: ignore[misc]  # imaplib's

    @contextlib.contextmanager
    def bounded(self, largest: int) -> Iterator[None]:
        """What is asked for meanwhile may have so many bytes."""
        before, self.largest = self.largest, largest
        try:
            yield
        finally:
            self.largest = before

    def read(self, size: int) -> bytes:
        if size > self.largest:
            raise TooLong(size)
        while len(self._had) < size and self._receive():
            pass
        return self._taken(size)

    def readline(self) -> bytes:
        while (end := self._had.find(b"\n") + 1) == 0 and self._receive():
            if len(self._had) > LONGEST_LINE:
                raise imaplib.IMAP4.abort("a line without an end")
        return self._taken(end or len(self._had))

    def lines(self, seconds: float) -> Iterator[bytes]:
        """The whole lines that are there; where there is none, those that come within so many seconds.

        Raises:
            EOFError, OSError: the server has hung up.
        """
        if b"\n" not in self._had and self._is_readable(seconds):
            self._receive_at_once()
        while b"\n" in self._had:
            yield self.readline()

    def _is_readable(self, seconds: float) -> bool:
        in_tls = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0
        return in_tls or bool(select.select([self.sock], [], [], seconds)[0])

    def _receive_at_once(self) -> None:
        timeout = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            if not self._receive():
                raise EOFError("the server has hung up")
        except (BlockingIOError, ssl.SSLWantReadError):
            pass  # part of a TLS record: no byte of it can be had yet
        finally:
            self.sock.settimeout(timeout)

    def _receive(self) -> bool:
        piece = self.sock.recv(262_144)
        self._had += piece
        return bool(piece)

    def _taken(self, size: int) -> bytes:
        with memoryview(self._had) as view:
            taken = bytes(view[:size])
        del self._had[:size]
        return taken


class Client(ByLines, imaplib.IMAP4):
    """In the clear: to a server on this machine."""


class TlsClient(ByLines, imaplib.IMAP4_SSL):
    """By TLS from the first byte."""


class Mailbox(BaseMailBox):
    """imap-tools' mailbox on such a client.

    Raises:
        OSError, imaplib.IMAP4.error: no connection.
        Unreachable: the file of the own authority can't be read.
    """

    client: Client | TlsClient

    def __init__(self, account: Account) -> None:
        self._account = account
        super().__init__()

    def _get_mailbox_client(self) -> Client | TlsClient:
        account = self._account
        if not account.tls:
            return Client(account.host, account.port, timeout=account.timeout)
        context = verified_tls(account.ca_file)
        return TlsClient(account.host, account.port, ssl_context=context, timeout=account.timeout)


class IdleRefused(Exception):
    """The server announces IDLE and doesn't understand it; the connection is good for everything else."""


@dataclass
class Watch:
    """One logged-in connection with its folder open, that is asked to tell of new mail.

    Attributes:
        client: the connection; nobody else uses it before `end`.
        look: searches the mailbox: whether there is mail that nobody has had.
        timeout: seconds for every answer.
        now: seconds of a clock that is never set.
    """

    client: Client | TlsClient
    look: Callable[[], bool]
    timeout: float
    now: Callable[[], float] = time.monotonic
    _began: float | None = field(default=None, init=False)
    _hinted: bool = field(default=False, init=False)
    _look_at: float = field(default=0.0, init=False)
    _patience: Patience = field(default_factory=lambda: Patience(0.5, 60), init=False)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or less where something is told; whether there is mail that nobody has had.

        Raises:
            IdleRefused: polling is all that is left.
            EOFError, OSError, imaplib.IMAP4.error: the connection is of no more use.
        """
        if self._began is None:
            self._begin()
            self._look_at = self.now() + SECOND_LOOK
        self._hear(max(0.0, min(seconds, self._next_look() - self.now())))
        if self.now() < self._next_look():
            return False
        in_vain, self._hinted, self._look_at = self._hinted, False, float("inf")
        self.end()
        if self.look():
            return True
        self._begin()
        if in_vain:  # a server that cries wolf is believed after ever longer pauses
            self._patience.next(self.now())
        return False

    def end(self) -> None:
        """The connection is free for other commands again."""
        if self._began is None:
            return
        self._began = None
        self.client.send(b"DONE\r\n")
        for line in self._answers():
            if line.startswith(TAG):
                return

    def _next_look(self) -> float:
        """When to look: soon after a hint, once soon after the beginning, and before IDLE grows too old."""
        assert self._began is not None
        hinted = self._patience.over if self._hinted else float("inf")
        return min(hinted, self._look_at, self._began + AT_MOST)

    def _begin(self) -> None:
        self.client.send(TAG + b" IDLE\r\n")
        for line in self._answers():
            if line.startswith(b"+"):
                self._began = self.now()
                return
            if line.startswith(TAG):
                raise IdleRefused(line)

    def _answers(self) -> Iterator[bytes]:
        """Lines as they come, until nobody wants more; a hint among them is noted."""
        until = self.now() + self.timeout
        while self.now() < until:
            for line in self.client.lines(max(0.0, until - self.now())):
                self._note(line)
                yield line
        raise TimeoutError("no answer")

    def _hear(self, seconds: float) -> None:
        for line in self.client.lines(seconds):
            self._note(line)

    def _note(self, line: bytes) -> None:
        if re.match(rb"\* \d+ EXISTS", line, re.IGNORECASE):
            self._hinted = True
        elif re.match(rb"\* BYE", line, re.IGNORECASE):
            raise EOFError("the server said goodbye")

"""What is new: mail that arrives, from a mailbox (imap.py) or from a folder of .eml files.

Only read from; what is done with a mail, and what was done before, is the caller's business.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from agent.base.errors import Unreachable
from agent.mail.connection import Checked
from agent.mail.message import received_of
from agent.mail.password import find_password

if TYPE_CHECKING:
    from agent.campaign.settings import Settings

MAX_BYTES = 120_000_000  # of a raw mail: a file of 60 MB is 82 MB in base64
HEAD_BYTES = 256_000  # in which a mail's headers end


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a mailbox has been had: the highest UID whose mail was had, under this UIDVALIDITY."""

    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that isn't known yet.

    Attributes:
        raw: its bytes.
        received: when (aware): the mailbox's INTERNALDATE; in a folder the topmost Received header's, else
            Date's, else the file's time.
        place: where it stands: folder, uidvalidity and uid in a mailbox; file in a folder.
        mark: to be kept once the mail is safe; None in a folder.
        announced: its size in bytes as the server announced it, where it gave less; else None.
    """

    raw: bytes = field(repr=False)
    received: dt.datetime
    place: Mapping[str, str | int]
    mark: Mark | None = None
    announced: int | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A mail that is there and that isn't handed over: somebody has to be told of it.

    Attributes:
        reason: ``too_large``, or ``refused`` where the server or the disk doesn't give it.
        size: in bytes, as announced.
        head: its headers' bytes, or b"" where even they weren't given.
        received, place, mark: as of an arrival.
    """

    reason: Literal["too_large", "refused"]
    size: int
    head: bytes = field(repr=False)
    received: dt.datetime
    place: Mapping[str, str | int]
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """Mails that need nothing (received too early, or known): only the mark moves.

    Attributes:
        early: how many of them were received before the time from which mail is asked for; in a folder, where each
            look is at every file, of all that lie there.
    """

    count: int
    mark: Mark | None = None
    early: int = 0


Event = Arrival | Withheld | Passed

News = Literal["none", "mail", "lost"]
"""What was heard while somebody waited: there is new mail, or the connection is lost."""


class Inbox(Protocol):
    """Where mail comes from.

    Attributes:
        name: tells one inbox from another, for the mark that is kept of each.
    """

    @property
    def name(self) -> str: ...

    def arrivals(
        self, mark: Mark | None, since: dt.datetime, known: Callable[[str], bool]
    ) -> Iterator[Event]:
        """What came after the mark, oldest first; in a mailbox in the order of the UIDs.

        Args:
            mark: of the last event whose work is done; None for the first time.
            since: mail received before this moment (aware) isn't handed over.
            known: whether a raw mail's SHA-256 is had already.

        Raises:
            Unreachable: after some tries; every event before it counts.
        """
        ...

    def again(self, places: Sequence[Mark]) -> Iterator[Arrival]:
        """Of mails that weren't given before, those that are given now; they move no mark. Nothing is raised."""
        ...

    def check(self) -> list[Checked]:
        """The connection tried, a line for each step."""
        ...

    def stay(self) -> None:
        """From now on the connection is kept from one look to the next, to wait on it."""
        ...

    def wait(self, seconds: float) -> News:
        """Waits so long between two looks, or less where there is news. A look is due from time to time all the same."""
        ...

    def close(self) -> None:
        """Ends the connection; the next look opens another."""
        ...


def open_inbox(settings: Settings) -> Inbox:
    """The inbox that the settings name; nothing is connected yet.

    Raises:
        ConfigurationError: no password.
    """
    if settings.inbox.imap is None:
        assert settings.inbox.folder is not None  # settings take one of the two
        return FolderInbox(settings.path(settings.inbox.folder))
    from agent.mail.imap import ImapInbox

    server = settings.inbox.imap
    if server.ca_file is not None:
        server = server.model_copy(update={"ca_file": settings.path(server.ca_file)})
    password = find_password(server.user, server.password_env)
    return ImapInbox(server, server.folder, password, idle=settings.inbox.idle)


@dataclass(frozen=True)
class FolderInbox:
    """A folder of .eml files, read only. It has no marks: what is known is asked for each file."""

    folder: Path
    max_bytes: int = MAX_BYTES

    @property
    def name(self) -> str:
        return f"folder:{self.folder}"

    def arrivals(
        self, mark: Mark | None, since: dt.datetime, known: Callable[[str], bool]
    ) -> Iterator[Event]:
        del mark
        early = 0
        for received, path in sorted((_received(path), path) for path in self._files()):
            if received >= since:
                yield from self._event(path, received, known)
            else:
                early += 1
        if early:
            yield Passed(early, early=early)

    def again(self, places: Sequence[Mark]) -> Iterator[Arrival]:
        del places  # there are none: each look is at every file
        return iter(())

    def check(self) -> list[Checked]:
        try:
            found = len(self._files())
        except Unreachable as error:
            return [Checked(False, f"邮件文件夹 {self.folder}", str(error))]
        return [Checked(True, f"邮件文件夹 {self.folder}：{found} 封邮件")]

    def stay(self) -> None:
        pass

    def wait(self, seconds: float) -> News:
        time.sleep(seconds)
        return "none"

    def close(self) -> None:
        pass

    def _files(self) -> list[Path]:
        try:
            return [
                path for path in self.folder.iterdir() if path.suffix.lower() == ".eml" and path.is_file()
            ]
        except OSError as error:
            raise Unreachable(f"邮件文件夹 {self.folder} 打不开：请检查 inbox.folder 的路径和权限") from error

    def _event(self, path: Path, received: dt.datetime, known: Callable[[str], bool]) -> Iterator[Event]:
        place = {"file": path.name}
        try:
            size = path.stat().st_size
            if size > self.max_bytes:
                yield Withheld("too_large", size, _head(path), received, place)
                return
            raw = path.read_bytes()
        except FileNotFoundError:  # moved away meanwhile
            return
        except OSError:
            yield Withheld("refused", 0, b"", received, place)
            return
        if not known(hashlib.sha256(raw).hexdigest()):
            yield Arrival(raw, received, place)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _received(path: Path) -> dt.datetime:
    try:
        told = received_of(_head(path))
        return told or dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except OSError:  # it is told of when its turn comes: last
        return dt.datetime.max.replace(tzinfo=dt.UTC)

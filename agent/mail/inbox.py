"""What is new: mail that arrives, from a mailbox (imap.py) or from a folder of .eml files.

Only read from; what is done with a mail, and what was done before, is the caller's business.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from agent.mail.connection import Checked

if TYPE_CHECKING:
    pass

MAX_BYTES = 120_000_000  # of a raw mail: a file of 60 MB is 82 MB in base64


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

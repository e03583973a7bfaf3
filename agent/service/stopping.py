"""A stop that is heard while the agent waits for a server: what may be left at any moment is left at once."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Sequence

from agent.mail.connection import Checked
from agent.mail.inbox import Arrival, Event, Inbox, Mark, News


class Stopped(BaseException):
    """The stop came while the agent waited for a server, and nothing is lost where it is left."""


class Stoppable:
    """An inbox that gives nothing more after the stop.

    Attributes:
        waits: it waits for the mailbox, and nothing is lost where it is left.
    """

    def __init__(self, inbox: Inbox, stop: threading.Event) -> None:
        self._inbox = inbox
        self._stop = stop
        self.name = inbox.name
        self.waits = False

    def arrivals(
        self, mark: Mark | None, since: dt.datetime, known: Callable[[str], bool]
    ) -> Iterator[Event]:
        events = self._inbox.arrivals(mark, since, known)
        while not self._stop.is_set() and (event := self._next(events)) is not None:
            yield event

    def again(self, places: Sequence[Mark]) -> Iterator[Arrival]:
        events = self._inbox.again(places)
        while not self._stop.is_set() and isinstance(event := self._next(events), Arrival):
            yield event

    def check(self) -> list[Checked]:
        return self._inbox.check()

    def stay(self) -> None:
        self._inbox.stay()

    def wait(self, seconds: float) -> News:
        self.waits = True
        try:
            return "none" if self._stop.is_set() else self._inbox.wait(seconds)
        finally:
            self.waits = False

    def close(self) -> None:
        self._inbox.close()

    def _next(self, events: Iterator[Event] | Iterator[Arrival]) -> Event | None:
        self.waits = True
        try:
            return next(events, None)
        finally:
            self.waits = False

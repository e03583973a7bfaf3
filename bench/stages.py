"""Where the time of a pass goes: stopwatches put around functions of the program, in the bench only.

A stage's time is its own: what a stage inside it takes is that one's. What no stage covers is shown as the rest.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any


class Stopwatch:
    """Seconds and calls of each stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._open: list[list[Any]] = []

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began, inside = time.perf_counter(), [0.0]
        self._open.append(inside)
        try:
            yield
        finally:
            took = time.perf_counter() - began
            self._open.pop()
            if self._open:
                self._open[-1][0] += took
            self.seconds[name] += took - inside[0]
            self.calls[name] += 1

    def around(self, owner: Any, attribute: str, name: str) -> None:
        """Time every call of a function or method from now on."""
        plain = getattr(owner, attribute)

        @functools.wraps(plain)
        def timed(*arguments: Any, **options: Any) -> Any:
            with self.stage(name):
                return plain(*arguments, **options)

        setattr(owner, attribute, timed)

    def around_steps(self, owner: Any, attribute: str, name: str) -> None:
        """Time every step of a generator, not what its reader does between them."""
        plain = getattr(owner, attribute)

        @functools.wraps(plain)
        def timed(*arguments: Any, **options: Any) -> Iterator[Any]:
            steps = plain(*arguments, **options)
            while True:
                with self.stage(name):
                    step = next(steps, steps)
                if step is steps:
                    return
                yield step

        setattr(owner, attribute, timed)

    def around_block(self, owner: Any, attribute: str, name: str) -> None:
        """Time the beginning and the end of a context manager, not what happens inside it."""
        plain = getattr(owner, attribute)

        @functools.wraps(plain)
        @contextlib.contextmanager
        def timed(*arguments: Any, **options: Any) -> Iterator[Any]:
            block = plain(*arguments, **options)
            with self.stage(name):
                value = block.__enter__()
            try:
                yield value
            except BaseException as error:
                if not block.__exit__(type(error), error, error.__traceback__):
                    raise
            else:
                with self.stage(name):
                    block.__exit__(None, None, None)

        setattr(owner, attribute, timed)


def watch_a_pass() -> Stopwatch:
    """Stopwatches around the stages of a pass, and a count of what is synced to the disk."""
    from agent.base import mime
    from agent.handling import intake
    from agent.judging import outcome
    from agent.keeping import archive as filing
    from agent.keeping import workspace as workplace
    from agent.keeping.ledger import Writing, ledger
    from agent.letters import Letters
    from agent.mail import imap, smtp
    from agent.reading import photos, pictures

    watch = Stopwatch()
    watch.around_steps(imap.ImapInbox, "arrivals", "fetch")
    watch.around(filing.Archive, "keep", "keep raw")
    watch.around(mime, "parse_mime", "MIME")
    for room in (intake, outcome):
        watch.around(room, "parse", "MIME")
    watch.around(outcome, "read_message", "reading")
    watch.around(pictures, "look_at", "looking at photos")
    watch.around(photos, "smaller", "thumbnails")
    watch.around(filing.Archive, "file", "filing")
    watch.around(filing.Archive, "record", "record")
    watch.around(filing.Archive, "raw", "raw mail again")
    watch.around(workplace, "assemble", "dossier")
    watch.around(intake, "assemble", "dossier")
    watch.around_block(ledger.Ledger, "writing", "ledger")
    _watch_methods(watch, ledger.Ledger, "ledger", but=("writing", "close", "dump"))
    _watch_methods(watch, Writing, "ledger")
    _watch_methods(watch, Letters, "letters")
    watch.around(smtp.SmtpOutbox, "send", "SMTP")
    watch.around(filing.Archive, "record_departure", "record")
    _count_syncs(watch)
    return watch


def _watch_methods(watch: Stopwatch, owner: Any, name: str, but: tuple[str, ...] = ()) -> None:
    for attribute, value in list(vars(owner).items()):
        if callable(value) and not attribute.startswith("_") and attribute not in but:
            watch.around(owner, attribute, name)


def _count_syncs(watch: Stopwatch) -> None:
    plain = os.fsync

    def counted(fd: Any) -> None:
        began = time.perf_counter()
        plain(fd)
        watch.calls["fsync"] += 1
        watch.seconds["fsync"] += time.perf_counter() - began

    os.fsync = counted

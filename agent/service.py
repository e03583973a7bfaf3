"""The timetable at work: poll, send, digest, remind; what was missed while the machine was off is made good.

`schedule` reads the clock itself, so it only decides when to call a tick; the tick is given the time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import schedule

from agent.dispatch import Dispatch, dispatch, pacing
from agent.errors import AgentError, ArchiveBusy, Unreachable
from agent.intake import Intake, start, take_in
from agent.mail.connection import Checked
from agent.mail.inbox import Event, Inbox, Mark, open_inbox
from agent.mail.outbox import Outbox, open_outbox
from agent.mail.pace import Pace
from agent.mailings import run_timetable
from agent.trouble import in_words
from agent.workplace import Workplace

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]
Tell = Callable[[str], None]

LONGEST_NAP = 1.0
"""Seconds between looks at the stop flag."""

UNEXPECTED = "出错了，会继续重试；详情在归档文件夹的 agent.log 里。"


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    intake: Intake
    dispatch: Dispatch

    @property
    def went_well(self) -> bool:
        return not self.intake.failed and self.dispatch.went_well and "waiting" not in self.intake.judged


class Stopped(BaseException):
    """The stop came while the agent waited for the mailbox."""


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

    def check(self) -> list[Checked]:
        return self._inbox.check()

    def _next(self, events: Iterator[Event]) -> Event | None:
        self.waits = True
        try:
            return next(events, None)
        finally:
            self.waits = False


def send_now(
    work: Workplace, clock: Clock, queue: Callable[[], object], tell: Tell = lambda _text: None
) -> Dispatch | None:
    """Queue letters, then send all that is queued; None where a running agent holds the archive and will send them.

    Raises:
        ConfigurationError: no password.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(work.archive.locked())
        except ArchiveBusy:
            queue()
            return None
        service = Service(work, clock, tell)
        start(work, clock())
        queue()
        return service.send()


class Service:
    """One agent at work on one archive, with its way in and its way out."""

    def __init__(self, work: Workplace, clock: Clock, tell: Tell = lambda _text: None) -> None:
        self._work = work
        self._clock = clock
        self._tell = tell
        self.stop = threading.Event()
        self._inbox = Stoppable(open_inbox(work.settings), self.stop)
        self._outbox: Outbox = open_outbox(work.settings)
        outbox = work.settings.outbox
        self._pace = Pace(outbox.per_minute) if outbox.smtp else None
        self._left = Dispatch()

    def poll(self) -> Pass:
        """One pass: fetch, judge, file, send. The caller holds the archive's lock.

        Raises:
            Unreachable: the mailbox; letters that were queued before have been sent all the same.
        """
        self._left = Dispatch()
        try:
            intake = take_in(self._work, self._inbox, self._clock, self._tell, self._send_at_once)
        except Unreachable as error:
            self._note_trouble(str(error))
            self.send()
            raise
        self._note_trouble("")
        return Pass(intake, self._left + self.send())

    def _send_at_once(self) -> None:
        """Between two mails: what may leave now leaves, so that in a rush nobody waits for the last mail."""
        pace, clock = self._pace, time.monotonic

        def free() -> bool:
            return not self.stop.is_set() and (
                pace is None or (pace.ready(clock()) and pace.wait(clock()) == 0)
            )

        if not self._left.trouble:  # a server that is away is tried again at the end, not for each mail
            self._left += dispatch(self._work, self._outbox, self._clock, free, self._tell)

    def send(self) -> Dispatch:
        """Send what is queued, at the provider's rate."""
        wait = pacing(self._pace, self.stop.wait, time.monotonic)
        try:
            return dispatch(
                self._work, self._outbox, self._clock, lambda: wait() and not self.stop.is_set(), self._tell
            )
        finally:
            self._outbox.close()

    def tick(self) -> None:
        """What is due now: a pass, then the digest and reminders. Nothing that goes wrong ends the service."""
        try:
            self._report(self.poll().dispatch)
        except AgentError as error:
            self._note_trouble(str(error))
            self._tell(str(error))
            log.warning("poll: %s", error)
        except Exception as error:  # the edge of the loop: told to the contact, tried again at the next tick
            log.exception("poll failed")
            told = in_words(error) or f"处理来信时出错（{type(error).__name__}）"
            self._note_trouble(f"{told}，会继续重试。")
            self._tell(_to_say(error))
        self._timetable_only()

    def run(self) -> None:
        """Until stopped: tick at once, then by the timetable."""
        plan = schedule.Scheduler()
        plan.every(self._work.settings.schedule.poll_minutes).minutes.do(self.tick)
        plan.every(1).minutes.do(self._timetable_only)
        with contextlib.suppress(Stopped):
            self.tick()
            while not self.stop.is_set():
                plan.run_pending()
                idle = plan.idle_seconds
                self.stop.wait(min(max(idle if idle is not None else LONGEST_NAP, 0.05), LONGEST_NAP))

    def end(self) -> None:
        """Stop as soon as no mail and no letter is in work; may be called from a signal's handler."""
        self.stop.set()
        if self._inbox.waits:
            raise Stopped

    def _timetable_only(self) -> None:
        """The digest leaves on the minute, and a letter that was put off leaves when its time has come."""
        try:
            run_timetable(self._work, self._clock())
            self._report(self.send())
        except Exception as error:
            log.exception("timetable failed")
            self._tell(f"日报、催报出错：{error}" if isinstance(error, AgentError) else _to_say(error))

    def _report(self, done: Dispatch) -> None:
        if done.trouble:
            self._tell(f"信件没能发出，稍后再试：{done.trouble}")

    def _note_trouble(self, text: str) -> None:
        try:
            with self._work.ledger.writing() as writing:
                writing.set_meta("trouble", text)
        except Exception:
            log.exception("could not note the trouble")


def _to_say(error: Exception) -> str:
    told = in_words(error)
    return f"{told}。会继续重试。" if told else UNEXPECTED

"""The timetable at work: poll, send, digest, remind; what was missed while the machine was off is made good.

`schedule` reads the clock itself, so it only decides when to call a tick; the tick is given the time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import schedule

from agent.base.errors import AgentError, ArchiveBusy, Unreachable
from agent.base.line import Line
from agent.base.trouble import in_words
from agent.handling.fetching import Intake, start, take_in
from agent.keeping.workspace import TROUBLE, Workplace
from agent.mail.connection import LoginRefused
from agent.mail.outbox import Outbox
from agent.mail.pace import Pace, Patience
from agent.mail.ways import open_inbox, open_outbox
from agent.service.dispatch import Dispatch, dispatch, pacing
from agent.service.mailings import run_timetable
from agent.service.stopping import Stoppable, Stopped
from agent.service.timetable import latest_moment

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]
Tell = Callable[[str], None]

LONGEST_NAP = 1.0
"""Seconds between looks at the timetable."""

AFTER_A_LOSS = 2.0
"""Seconds before a lost connection, or an unreachable mailbox, is tried again; then ever longer, up to the poll."""

AFTER_A_REFUSAL = (600.0, 4 * 3600.0)
"""Seconds before a refused login is tried again, and at most: QQ locks an account that keeps on trying."""

REST = (60.0, 1800.0)
"""Seconds without a letter after a mail server couldn't be reached or wanted no more, and at most."""

LAST_WORD = 1.0
"""Seconds after a stop in which a mail server may still confirm the letter that it has been given."""

UNEXPECTED = "出错了，会继续重试；详情在归档文件夹的 agent.log 里。"


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    intake: Intake
    dispatch: Dispatch

    @property
    def went_well(self) -> bool:
        return not self.intake.failed and self.dispatch.went_well and "waiting" not in self.intake.judged


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

    def __init__(
        self,
        work: Workplace,
        clock: Clock,
        tell: Tell = lambda _text: None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._clock = clock
        self._tell = tell
        self._seconds = seconds
        self.stop = threading.Event()
        self._inbox = Stoppable(open_inbox(work.settings), self.stop)
        self._outbox: Outbox = open_outbox(work.settings)
        outbox = work.settings.outbox
        self._pace = Pace(outbox.per_minute) if outbox.smtp else None
        self._left = Dispatch()
        self._stays = False
        self._rests = Patience(*REST)
        self._refusals_to_send = Patience(*AFTER_A_REFUSAL)
        self._told_of_letters = ""
        self._losses = Patience(AFTER_A_LOSS, work.settings.schedule.poll_minutes * 60.0)
        self._refusals = Patience(*AFTER_A_REFUSAL)
        self._again_at: float | None = None
        self._told = ""
        self._stood: tuple[int, dt.datetime] | None = None

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
        if not self._stays and not self._left.halted:
            self._rests.calm()
        return Pass(intake, self._left + self.send())

    def _send_at_once(self) -> None:
        """Between two mails: what may leave now leaves, so that in a rush nobody waits for the last mail."""
        pace, clock = self._pace, time.monotonic

        def free() -> bool:
            return not self.stop.is_set() and (
                pace is None or (pace.ready(clock()) and pace.wait(clock()) == 0)
            )

        if not self._left.trouble:  # a server that is away is tried again at the end, not for each mail
            self._left += self._dispatch(free)

    def send(self) -> Dispatch:
        """Send what is queued, at the provider's rate."""
        wait = pacing(self._pace, self.stop.wait, time.monotonic)
        try:
            return self._dispatch(lambda: wait() and not self.stop.is_set())
        finally:
            self._outbox.close()

    def _dispatch(self, free: Callable[[], bool]) -> Dispatch:
        """Send, unless the server is being left in peace: after each failure for longer."""
        if self._seconds() < max(self._rests.over, self._refusals_to_send.over):
            return Dispatch()
        done = dispatch(self._work, self._outbox, self._clock, free, self._tell)
        if done.sent:
            self._rests.calm()
            self._refusals_to_send.calm()
        if done.login_refused:
            self._refusals_to_send.next(self._seconds())
        elif done.trouble or done.halted:
            self._rests.next(self._seconds())
        if done.sent or done.trouble or done.halted:
            self._note_trouble(done.trouble or (done.put_off if done.halted else ""), of="letters")
        return done

    def tick(self) -> None:
        """What is due now: a pass, then the digest and reminders. Nothing that goes wrong ends the service."""
        self._again_at = None
        if self._seconds() >= self._refusals.over:
            self._look()
        self.minute()

    def minute(self) -> None:
        """The digest leaves on the minute, and a letter that was put off leaves when its time has come."""
        try:
            self._run_timetable()
            self._report(self.send())
        except Exception as error:
            log.exception("timetable failed")
            told = f"日报、催报出错（{type(error).__name__}），请运行 report-agent check。"
            expected = isinstance(error, AgentError)
            self._tell(Line(f"日报、催报出错：{error}", told) if expected else _to_say(error))

    def run(self) -> None:
        """Until stopped: tick at once, then by the timetable, and as soon as the mailbox tells of new mail."""
        plan = self._plan()
        self._stays = True
        self._inbox.stay()
        threading.Thread(target=self._hasten, daemon=True).start()
        with contextlib.suppress(Stopped):
            self.tick()
            while not self.stop.is_set():
                plan.run_pending()
                plan = self._plan() if _was_set_back(plan) else plan
                self._wait(min(max(plan.idle_seconds or 0, 0.05), LONGEST_NAP))
        self._inbox.close()

    def _plan(self) -> schedule.Scheduler:
        plan = schedule.Scheduler()
        plan.every(self._work.settings.schedule.poll_minutes).minutes.do(self.tick)
        plan.every(1).minutes.do(self.minute)
        return plan

    def end(self) -> None:
        """Stop as soon as no mail and no letter is in work; may be called from a signal's handler."""
        self.stop.set()
        if self._inbox.waits or self._outbox.waits:
            raise Stopped

    def _hasten(self) -> None:
        """After the stop, a server that doesn't confirm the letter it has been given isn't waited for."""
        self.stop.wait()
        time.sleep(LAST_WORD)
        self._outbox.hurry()

    def _wait(self, seconds: float) -> None:
        """Wait for the mailbox; what it tells, or what was put off until now, is done before the next poll is due."""
        told = self._inbox.wait(seconds)
        if told == "lost":
            log.info("the connection to the mailbox is lost")
            self._try_again_later()
        if told == "mail" or (self._again_at is not None and self._seconds() >= self._again_at):
            self.tick()

    def _try_again_later(self) -> None:
        self._again_at = self._seconds() + self._losses.next(self._seconds())

    def _look(self) -> None:
        """A pass; a mailbox that is away is tried again after a growing pause, one that refuses after a long one."""
        try:
            done = self.poll()
        except LoginRefused as error:
            pause = self._refusals.next(self._seconds())
            self._in_trouble(f"{error}（{self._moment_in(pause):%H:%M} 以后再试）", str(error))
        except AgentError as error:
            if isinstance(error, Unreachable):
                self._try_again_later()
            self._in_trouble(str(error))
        except Exception as error:  # the edge of the loop: told to the contact, tried again at the next tick
            log.exception("poll failed")
            told = in_words(error) or f"处理来信时出错（{type(error).__name__}）"
            self._note_trouble(f"{told}，会继续重试。")
            self._tell(_to_say(error))
        else:
            self._told = ""
            self._refusals.calm()
            if done.intake.new:
                self._losses.calm()
            self._report(done.dispatch)

    def _moment_in(self, seconds: float) -> dt.datetime:
        return (self._clock() + dt.timedelta(seconds=seconds)).astimezone(self._work.zone)

    def _in_trouble(self, text: str, same: str = "") -> None:
        """Noted for the contact; on the terminal once, though it happens again and again."""
        self._note_trouble(text)
        log.warning("poll: %s", text)
        if self._told != (same or text):
            self._tell(text)
        self._told = same or text

    def _run_timetable(self) -> None:
        """What is due depends on what is recorded and on which clock times have passed: the same, and nothing is new."""
        now = self._clock()
        stands = (
            self._work.ledger.last_seq(),
            latest_moment(self._work.settings.schedule, self._work.zone, now),
        )
        if stands != self._stood:
            run_timetable(self._work, now)
        self._stood = stands

    def _report(self, done: Dispatch) -> None:
        if done.trouble and done.trouble != self._told_of_letters:
            self._tell(f"信件没能发出，稍后再试：{done.trouble}")
        if done.trouble or done.sent:
            self._told_of_letters = done.trouble

    def _note_trouble(self, text: str, of: Literal["mails", "letters"] = "mails") -> None:
        try:
            if text != (self._work.ledger.meta(TROUBLE[of]) or ""):
                with self._work.ledger.writing() as writing:
                    writing.set_meta(TROUBLE[of], text)
        except Exception:
            log.exception("could not note the trouble")


def _was_set_back(plan: schedule.Scheduler) -> bool:
    """Whether the machine's clock was set back: something is due each minute, and nothing is within the next two."""
    return (plan.idle_seconds or 0) > 120


def _to_say(error: Exception) -> str:
    told = in_words(error)
    return f"{told}。会继续重试。" if told else UNEXPECTED

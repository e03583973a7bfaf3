"""From the ledger to the outbox: send the letters that are queued, each once.

SMTP leaves one doubt: a connection that dies after the text was sent and before the answer. It is recorded, the
letter is sent again, and at most that one arrives twice: after a second doubt it isn't sent any more.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.base.errors import Unreachable
from agent.base.failpoints import passing
from agent.base.line import Line
from agent.keeping.ledger import DueLetter, QueuedLetter
from agent.keeping.workspace import Workplace
from agent.letters.names import LETTER_NAMES
from agent.mail.connection import LoginRefused
from agent.mail.outbox import Deferred, Doubt, Outbox, Refused
from agent.mail.pace import Pace

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

LONGEST_PAUSE = dt.timedelta(hours=1)
PATIENCE = 3
"""So many tries a letter waits for a recipient who is put off while others would get it."""

UNCONFIRMED = "发了两次，都没有等到服务器的确认，不再重发：请核实对方是否收到"
REPLIES = ("receipt", "correction", "acknowledgement", "noted", "decision")


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What became of the letters that were due.

    Attributes:
        postponed: held back by the address's limit, or put off by the server.
        put_off: why the server put a letter off, in words; "" where it put off none.
        trouble: why no letter could leave, in words; "" where they could.
        halted: the server wants no more letters for now: the rest wasn't tried.
        login_refused: the trouble is the password's.
    """

    sent: int = 0
    failed: int = 0
    postponed: int = 0
    put_off: str = ""
    trouble: str = ""
    halted: bool = False
    login_refused: bool = False

    def __add__(self, other: Dispatch) -> Dispatch:
        return Dispatch(
            self.sent + other.sent,
            self.failed + other.failed,
            self.postponed + other.postponed,
            self.put_off or other.put_off,
            self.trouble or other.trouble,
            self.halted or other.halted,
            self.login_refused or other.login_refused,
        )

    @property
    def went_well(self) -> bool:
        return not (self.failed or self.put_off or self.trouble)


def dispatch(
    work: Workplace,
    outbox: Outbox,
    clock: Clock,
    wait: Callable[[], bool],
    tell: Callable[[str], None] = lambda _text: None,
) -> Dispatch:
    """Send what is due.

    Args:
        work: whose ledger holds the letters.
        outbox: the way out.
        clock: the time, for the record and for the limit of an address.
        wait: called before each letter; waits as the pace asks, or says False to leave the rest for later.
        tell: gets a line for each letter.
    """
    done = Dispatch()
    # What was never tried comes first: a letter at which the server fails each time keeps no other from leaving.
    # And an acknowledgement comes last: many of them, which strangers can bring about, hold up no unit's receipt.
    for found in sorted(work.ledger.letters_due(clock()), key=_in_turn):
        if _left_before(work, found) or _given_up(work, found, clock()):
            continue
        due = _doubted(work, found)
        if _over_limit(work, due, clock()):
            done += Dispatch(postponed=1)
            continue
        if not wait():
            break
        done += _tried(work, outbox, due, clock, tell)
        if done.halted or done.trouble:
            break
    return done


def _in_turn(due: DueLetter) -> tuple[int, bool]:
    return due.attempts, due.letter.kind == "acknowledgement"


def _tried(
    work: Workplace, outbox: Outbox, due: DueLetter, clock: Clock, tell: Callable[[str], None]
) -> Dispatch:
    """What became of one letter."""
    try:
        _send(work, outbox, due, clock)
    except (Deferred, Doubt) as error:
        log.warning("letter %s: %s", due.letter.id, type(error).__name__)
        halted = isinstance(error, Doubt) or error.scope == "server"
        if isinstance(error, Doubt) and due.doubt:
            tell(_in_a_line(due.letter, f"  {UNCONFIRMED}", f"  {UNCONFIRMED}"))
            return Dispatch(failed=1, halted=halted)
        return Dispatch(postponed=1, put_off=str(error), halted=halted)
    except Refused as error:
        tell(_in_a_line(due.letter, f"  没能发出：{error}", "  没能发出"))
        return Dispatch(failed=1)
    except Unreachable as error:
        return Dispatch(trouble=str(error), login_refused=isinstance(error, LoginRefused))
    tell(_in_a_line(due.letter, ""))
    return Dispatch(sent=1)


def _in_a_line(letter: QueuedLetter, became: str, without_words: str = "") -> Line:
    """One line for the terminal: which letter, to whom, and what became of it."""
    name = LETTER_NAMES[letter.kind]
    way = "  →  " if not became else "  "
    return Line(f"{name}{way}{'、'.join(letter.to)}{became}", f"{name}{way}{letter.id}{without_words}")


def pacing(
    pace: Pace | None, sleep: Callable[[float], object], now: Callable[[], float]
) -> Callable[[], bool]:
    """A wait that sleeps as the provider's rate asks; None: no rate (a folder)."""

    def wait() -> bool:
        pause = pace.wait(now()) if pace else 0.0
        if pause > 0:
            sleep(pause)
        return True

    return wait


def _send(work: Workplace, outbox: Outbox, due: DueLetter, clock: Clock) -> None:
    letter, begun = due.letter, False

    def leaving() -> None:
        nonlocal begun
        with work.ledger.writing() as writing:
            writing.letter_begins(letter.id)
        begun = True
        passing("letter begins")

    def put_off(error: str, in_doubt: bool = False) -> None:
        with work.ledger.writing() as writing:
            if in_doubt:
                writing.letter_in_doubt(letter.id)
            writing.letter_postponed(letter.id, clock() + pause_after(due.attempts), error)

    work.archive.keep_letter(letter)
    try:
        patient = due.attempts < PATIENCE
        refused = outbox.send(letter.raw, work.settings.address, letter.to, leaving, patient)
    except Doubt as error:
        if due.doubt:
            _settle(work, due, clock(), UNCONFIRMED)
        else:
            put_off(str(error), in_doubt=True)
        raise
    except (Deferred, Unreachable) as error:
        put_off(str(error))
        raise
    except Refused as error:
        work.archive.record_departure(letter.id, "failed", clock(), str(error))
        with work.ledger.writing() as writing:
            writing.letter_failed(letter.id, str(error), clock())
            writing.letter_recorded(letter.id)
        raise
    except Exception as error:  # one letter holds up no other; whether it has left, nobody may know
        log.exception("letter %s", letter.id)
        put_off(type(error).__name__, in_doubt=begun and work.settings.outbox.folder is None)
        raise Deferred(type(error).__name__, scope="letter") from error
    passing("letter accepted")
    _settle(
        work, due, clock(), "；".join(f"{address} 没有收到：{words}" for address, words in refused.items())
    )


def _settle(work: Workplace, due: DueLetter, now: dt.datetime, error: str) -> None:
    # The file first: after a crash it tells that there is no doubt. Where it can't be written, the ledger knows,
    # and the next pass lays it down.
    recorded = False
    try:
        work.archive.record_departure(due.letter.id, "doubtful" if due.doubt else "sent", now, error or None)
        recorded = True
    finally:
        passing("departure recorded")
        with work.ledger.writing() as writing:
            writing.letter_sent(due.letter.id, now, error or None)
            if recorded:
                writing.letter_recorded(due.letter.id)
        passing("letter settled")


def _left_before(work: Workplace, due: DueLetter) -> bool:
    """Settle a letter that was being sent when the agent died: it left for certain, or there is a doubt."""
    departure = work.archive.departure(due.letter.id) if due.state == "sending" else None
    if departure is None:
        return False
    with work.ledger.writing() as writing:
        writing.letter_restored(due.letter.id, departure["state"], departure["at"], departure["error"])
    return True


def _given_up(work: Workplace, due: DueLetter, now: dt.datetime) -> bool:
    """Settle a letter that was being sent, for the second time, when the agent died: a third may be one too many."""
    if due.state != "sending" or not due.doubt or work.settings.outbox.folder is not None:
        return False
    _settle(work, due, now, UNCONFIRMED)
    return True


def _doubted(work: Workplace, due: DueLetter) -> DueLetter:
    """The letter, with its doubt noted where it was being sent when the agent died."""
    # A folder leaves no doubt: the same letter is the same file.
    if due.state != "sending" or work.settings.outbox.folder is not None:
        return due
    with work.ledger.writing() as writing:
        writing.letter_in_doubt(due.letter.id)
    return replace(due, doubt=True)


def _over_limit(work: Workplace, due: DueLetter, now: dt.datetime) -> bool:
    """Hold back a reply to an address that has had its share this hour: a loop that no header betrays dies out."""
    if due.letter.kind not in REPLIES:
        return False
    hour = dt.timedelta(hours=1)
    limit = work.settings.outbox.per_address_per_hour
    if all(work.ledger.sent_to_since(address, now - hour) < limit for address in due.letter.to):
        return False
    with work.ledger.writing() as writing:
        writing.letter_postponed(
            due.letter.id, now + hour / 4, f"一小时内已给该地址发出 {limit} 封答复", held_back=True
        )
    return True


def pause_after(attempts: int) -> dt.timedelta:
    """One minute after the first try, twice as long after each further one, an hour at most."""
    return min(dt.timedelta(minutes=2 ** min(attempts, 10)), LONGEST_PAUSE)

"""From the mailbox to the ledger: keep each new mail, judge it, file what it brings, queue the answer."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import replace

from agent.base.failpoints import passing
from agent.base.line import Line
from agent.base.trouble import is_the_machine_s
from agent.dossier.dossier import Dossier, joined
from agent.handling.answering import _answered, answer, queued, written
from agent.handling.cutshort import ANNOUNCED, told_as_cut_short
from agent.handling.signatures import Vouching
from agent.judging.outcome import COPY, Outcome, decide, hand_in, withheld
from agent.keeping.ledger import IDENTITY, MailEntry, MessageRow, QueuedLetter
from agent.keeping.recovery import take_back_copies
from agent.keeping.workspace import Workplace
from agent.mail.inbox import Inbox, Mark
from agent.mail.message import parse_head
from agent.mail.signature import SIGNED

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

TRIES = 3
"""How often a mail is tried before it is set aside where the contact sees it."""


ABORTED = "处理时程序意外中止"
"""What is said of a mail at which the process ended, each time: of the mail's doing, or of something else's."""

REASON_TRIES = "处理时出错，已试 {tries} 次。原始邮件已保存，请人工查看。（{error}）"


def _begins_anew(work: Workplace, inbox: Inbox, mark: Mark | None) -> bool:
    """Whether all that lies in the mailbox is listed again: a folder always is, and a mailbox whose UIDs mean others."""
    had = work.ledger.mark(inbox.name)
    return mark is None or (had is not None and had[0] != mark.uidvalidity)


def judge(
    work: Workplace,
    row: MessageRow,
    now: dt.datetime,
    vouching: Vouching,
    tell: Callable[[str], None] = lambda _text: None,
    raw: bytes | None = None,
) -> str:
    """Judge one kept mail, file what it brings, queue its answer; returns the state that it came to.

    ``raw`` is its text, where that is at hand: a mail of 80 MB need not be there twice. One that was set aside is
    tried this once (again.py, review), and stays set aside where it fails.

    What goes wrong is the mail's fault and counted, unless the machine is at fault (a full disk): that ends the pass.
    """
    begun = bool(work.archive.filing_begun())
    with work.ledger.writing() as writing:
        tries = writing.begin_attempt(row.sha256)
    passing("attempt counted")
    entry = _try(work, row, tries, now, vouching, raw)
    if entry is None:
        return "waiting"
    passing("outcome committed")
    work.archive.record(entry)
    if tries > 1 or begun:
        take_back_copies(work)
    else:
        work.archive.end_filing(row.sha256)
    outcome = entry.outcome
    if outcome.private:
        work.archive.discard(row.sha256)
    log.info("mail %s: %s %s", row.sha256[:12], outcome.state, outcome.unit or outcome.reason or "")
    tell(_in_a_line(work, outcome, entry))
    return outcome.state


def _try(
    work: Workplace, row: MessageRow, tries: int, now: dt.datetime, vouching: Vouching, raw: bytes | None
) -> MailEntry | None:
    """The mail's outcome, recorded: failed once it has been tried often enough; None: to be tried again."""
    again = row.state == "failed"
    if tries > TRIES and not again:
        outcome = _set_aside(work, row, row.error or ABORTED)
        return _recorded(work, row, lambda _seq: outcome, now)
    try:
        vouched = vouching.vouched(row, now)
        if vouched is not None:
            return _recorded(work, row, lambda seq: _decide(work, vouched, seq, raw), now)
        _not_its_fault(work, row, "等待域名服务器的答复")
        return None
    except Overtaken:
        return None
    except Exception as error:  # the edge of the loop: one bad mail stops nobody
        name = type(error).__name__
        if is_the_machine_s(error):
            _not_its_fault(work, row, name)
            raise
        log.exception("mail %s: attempt %d failed", row.sha256[:12], tries)
        if tries >= TRIES or again:
            outcome = _set_aside(work, row, name, max(tries, TRIES))
            return _recorded(work, row, lambda _seq: outcome, now)
    with work.ledger.writing() as writing:
        writing.end_attempt(row.sha256, name, counted=True)
    return None


class Overtaken(Exception):
    """Somebody else has decided about the mail, or tried it again, in this very moment."""


def _recorded(
    work: Workplace, row: MessageRow, judging: Callable[[int], Outcome], now: dt.datetime
) -> MailEntry:
    """Judge and record; again where a decision came between, since it may bear on this mail."""
    while True:
        seq = work.ledger.last_seq() + 1
        now_is = work.ledger.message(row.sha256) if row.state == "failed" else row
        if now_is is None or now_is.state != row.state:
            raise Overtaken
        outcome = judging(seq)
        if outcome.orders:
            from agent.handling.executing import obey  # here, since it answers by this file's means

            outcome = obey(work, row, outcome, now)
            seq = work.ledger.last_seq() + 1
        entry = _commit(work, row, _stripped(outcome) if outcome.private else outcome, seq, now)
        if entry is not None:
            return entry


def _decide(work: Workplace, row: MessageRow, seq: int, raw: bytes | None) -> Outcome:
    """The mail's outcome: of what was handed in for a unit, too, if the process died before it was recorded."""
    circumstances, envelope = work.circumstances(), row.envelope
    raw = work.archive.raw(row.sha256) if raw is None else raw
    if "handed_in_by" in envelope:
        unit = circumstances.register.by_id[envelope["unit"]]
        return hand_in(raw, row.received, seq, unit, envelope["handed_in_by"], circumstances)
    if "withheld" in envelope:
        return withheld(raw, row.received, seq, envelope, circumstances)
    had = _had_before(work, row)
    if had is not None and _is_settled(had):
        return _copy_of(had, work)
    outcome = decide(raw, row.received, seq, circumstances, work.dossier, envelope.get(SIGNED))
    if had is not None and outcome.state == "held" == had.state and outcome.reason == had.reason:
        return _copy_of(had, work)
    if ANNOUNCED in envelope and not outcome.private:
        outcome = told_as_cut_short(outcome, envelope[ANNOUNCED], len(raw), row.received)
    return _of_which_letter(work, outcome, row.received)


def _had_before(work: Workplace, row: MessageRow) -> MessageRow | None:
    """The first of a mail that came by another way before (same Message-ID, same sender, same body), if it counts."""
    identity = row.envelope.get(IDENTITY)
    earlier = work.ledger.first_of(identity, row.number) if identity else []
    return next((one for one in earlier if _counts(one)), None)


def _counts(row: MessageRow) -> bool:
    """Not where it couldn't be judged, or nothing of it is kept: its copy may be judged in its place."""
    return row.state != "failed" and (row.outcome is None or not row.outcome.private)


def _is_settled(row: MessageRow) -> bool:
    """Whether by another way it would come to the same; what held it may have been the way: a list, a forwarder."""
    return row.state in ("waiting", "processed") or row.reason in ("rejected", "nothing_to_file")


def _copy_of(had: MessageRow, work: Workplace) -> Outcome:
    was = had.outcome or Outcome("ignored")
    return Outcome("ignored", COPY, sender=was.sender, subject=was.subject, rules=work.campaign.digest)


def _of_which_letter(work: Workplace, outcome: Outcome, received: dt.datetime) -> Outcome:
    """A delivery report that names an address alone is about the newest letter that left for it, if one did lately."""
    found = [work.ledger.newest_letter_to(one, received) for one in outcome.undelivered]
    ids = tuple(dict.fromkeys(one for one in found if one is not None))
    if not ids:
        return outcome
    unfound = {one for one, letter in zip(outcome.undelivered, found, strict=True) if letter is None}
    told = tuple(one for one in outcome.told if any(f" {address}（" in one.text for address in unfound))
    return replace(outcome, reason="bounce", bounced=ids, told=told, private=False)


def _set_aside(work: Workplace, row: MessageRow, error: str, tries: int = TRIES) -> Outcome:
    reason = REASON_TRIES.format(tries=tries, error=error)
    outcome = Outcome("failed", reason, rules=work.campaign.digest)
    try:
        message = parse_head(work.archive.raw(row.sha256))
    except Exception:  # it may be this that fails
        return outcome
    return replace(outcome, sender=message.sender, subject=message.subject)


def _stripped(outcome: Outcome) -> Outcome:
    """Private mail leaves no trace but its hash."""
    bare = replace(outcome, sender="", subject="", reply_to="", submission=None)
    return replace(bare, undelivered=(), told=(), blobs={})


def _not_its_fault(work: Workplace, row: MessageRow, error: str) -> None:
    try:
        with work.ledger.writing() as writing:
            writing.end_attempt(row.sha256, error, counted=False)
    except Exception:  # the disk may be full for the ledger, too; the attempt then counts once
        log.exception("mail %s: could not note the failure", row.sha256[:12])


def _commit(
    work: Workplace, row: MessageRow, outcome: Outcome, seq: int, now: dt.datetime
) -> MailEntry | None:
    """File and record the outcome in one step; None where something else was recorded meanwhile."""
    with work.ledger.writing() as writing:
        if writing.next_seq() != seq:
            return None
        letters: tuple[QueuedLetter, ...] = ()
        after: Dossier | None = None
        if outcome.unit is not None and outcome.submission is not None:
            before = work.dossier(outcome.unit)
            after = joined(before, outcome.submission)
            letters = answer(work, row, outcome, (before, after), now)
            work.archive.file(after, row.sha256, outcome.blobs)  # last: what fails above leaves no copies
        elif outcome.orders:
            letters = _answer_to_orders(work, row, outcome, now)
        elif outcome.reply is not None:
            letters = answer(work, row, outcome, None, now)
        entry = MailEntry(seq, now, row.sha256, outcome, letters, again=row.state == "failed")
        writing.append(entry)
        passing("before commit")
    return entry


def _answer_to_orders(
    work: Workplace, row: MessageRow, outcome: Outcome, now: dt.datetime
) -> tuple[QueuedLetter, ...]:
    """What the contact is told of each decision that a mail asked for."""
    from agent.handling.executing import decided

    told, answered = decided(work, outcome.orders), _answered(work, row, outcome, None)
    return (queued(written(work, lambda letters: letters.decision(answered, told, now))),)


STATE_NAMES = {"processed": "已登记", "held": "待核", "ignored": "不处理", "failed": "失败"}


def _in_a_line(work: Workplace, outcome: Outcome, entry: MailEntry) -> Line:
    """One line for the terminal: whose mail, what came of it, which letter answers it."""
    from agent.letters.names import LETTER_NAMES

    state = "重复来信" if outcome.reason == COPY else STATE_NAMES[outcome.state]
    unit = work.listed.by_id[outcome.unit].name if outcome.unit else ""
    letters = "、".join(LETTER_NAMES[one.kind] for one in entry.letters) or "不回信"
    subject = " ".join(outcome.subject.split())[:40] or "（无主题）"
    text = f"{state}  {unit or outcome.sender or '—'}  {subject}  →  {letters}"
    return Line(text, f"{state}  {unit or '—'}  {entry.message[:12]}  →  {letters}")

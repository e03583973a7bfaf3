"""From the mailbox to the ledger: keep each new mail, judge it, file what it brings, queue the answer."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from agent.base.errors import ConfigurationError
from agent.base.failpoints import passing
from agent.base.line import Line
from agent.base.trouble import is_the_machine_s
from agent.dossier.dossier import Dossier, joined
from agent.handling.cutshort import ANNOUNCED, told_as_cut_short
from agent.handling.refetch import aborted_before, given_now
from agent.handling.signatures import SIGNED, Vouching
from agent.judging.outcome import Outcome, decide, hand_in, withheld
from agent.keeping.ledger import IDENTITY, MailEntry, MessageRow, QueuedLetter, RunEntry
from agent.keeping.workspace import Workplace
from agent.letters import Answered, Letter, Letters
from agent.letters.envelope import SaidOtherwise
from agent.mail.inbox import Arrival, Event, Inbox, Mark, Passed, Withheld
from agent.mail.message import identity_of, is_whole, parse_head, thread_of

log = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

TRIES = 3
"""How often a mail is tried before it is set aside where the contact sees it."""

COPY = "copy"
"""Why a mail is ignored that was had before, by another way."""

ABORTED = "处理时程序意外中止"
"""What is said of a mail at which the process ended, each time: of the mail's doing, or of something else's."""

REASON_TRIES = "处理时出错，已试 {tries} 次。原始邮件已保存，请人工查看。（{error}）"


@dataclass(frozen=True, slots=True)
class Intake:
    """What one pass took in: how many new mails, and how many were judged to each state."""

    new: int = 0
    judged: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        return self.judged.count("failed")


def take_in(
    work: Workplace,
    inbox: Inbox,
    clock: Clock,
    tell: Callable[[str], None] = lambda _text: None,
    after_each: Callable[[], object] = lambda: None,
) -> Intake:
    """Keep and judge all that is new; first what an earlier pass left.

    ``after_each`` is called after each mail that was judged: a chance for its answer to leave.

    Raises:
        Unreachable: the mailbox couldn't be reached; what was had before stays had.
    """
    start(work, clock())
    vouching = Vouching(work)
    _ = work.began_at  # what was set aside before this start is tried once more
    judged = [judge(work, row, clock(), vouching, tell) for row in work.ledger.waiting()]
    new = 0
    since = _since(work)
    mark = _mark(work, inbox, since)
    arrivals = inbox.arrivals(mark, since, work.ledger.knows)
    for event in itertools.chain(arrivals, given_now(work, inbox, clock())):
        row = _receive(work, inbox, event, clock())
        if row is not None:
            new += 1
            raw = event.raw if isinstance(event, Arrival) else None
            judged.append(judge(work, row, clock(), vouching, tell, raw))
            after_each()
    # Alone, and last: should it end the process once more, it keeps no other mail from being judged.
    judged += [judge(work, row, clock(), vouching, tell) for row in aborted_before(work)]
    with work.ledger.writing() as writing:
        writing.set_meta("last_poll", clock().isoformat())
    return Intake(new, tuple(judged))


def start(work: Workplace, now: dt.datetime) -> None:
    """Note the first start; make good what a crash left half done, and a ledger that was lost."""
    if work.ledger_is_lost():
        from agent.keeping.rebuild import rebuild

        log.warning("the ledger is lost, and made anew from the archive")
        rebuild(work)
    if work.first_start() is None:
        with work.ledger.writing() as writing:
            entry = RunEntry(writing.next_seq(), now, "start", now)
            writing.append(entry)
        work.archive.record(entry)
    lay_down(work)


def lay_down(work: Workplace) -> None:
    """Make good what a crash left half done between the ledger and the archive."""
    _lay_down_what_is_missing(work)
    _lay_down_departures(work)
    if work.ledger.purges():
        from agent.keeping.purge import finish

        finish(work)
    take_back_copies(work)


LAID_DOWN = "laid_down"
"""The ledger's note up to which entry of the journal all lies as files: what is below isn't looked at again."""


def _lay_down_what_is_missing(work: Workplace) -> None:
    """Mails kept but not yet in the ledger join it; entries committed but not yet files become files."""
    laid_down = work.ledger.meta(LAID_DOWN)
    # With a ledger that has never looked, every mail is asked for.
    for kept in work.archive.unnoted() if laid_down else work.archive.kept():
        if not work.ledger.knows(kept.sha256):
            with work.ledger.writing() as writing:
                writing.add_message(kept.sha256, kept.received, kept.envelope)
        work.archive.noted(kept.sha256)
    entries = work.ledger.entries(above=int(laid_down or 0))
    for entry in entries:
        if not work.archive.has_record(entry):
            work.archive.record(replace(entry, letters=tuple(work.ledger.with_bytes(entry.letters))))
        if isinstance(entry, MailEntry) and entry.outcome.private:
            work.archive.discard(entry.message)
    if entries:
        with work.ledger.writing() as writing:
            writing.set_meta(LAID_DOWN, str(entries[-1].seq))


def _lay_down_departures(work: Workplace) -> None:
    """Letters that have left, and of which only the ledger knows: the archive's disk was full."""
    for row in work.ledger.unrecorded_departures():
        at = dt.datetime.fromisoformat(row["sent_at"])
        work.archive.record_departure(row["id"], row["state"], at, row["error"])
        with work.ledger.writing() as writing:
            writing.letter_recorded(row["id"])


def take_back_copies(work: Workplace) -> None:
    """Take back the copies that earlier tries at a mail filed, and that what it came to doesn't name."""
    if not work.archive.filing_begun():
        return
    with work.ledger.writing() as writing:  # so that nobody who decides is filing just now
        filed = [one.path for dossier in work.dossiers() for one in dossier.filed]
        for message in work.archive.filing_begun():
            if writing.state(message) != "waiting":  # else it is tried again
                work.archive.end_filing(message, filed)


def _mark(work: Workplace, inbox: Inbox, since: dt.datetime) -> Mark | None:
    """How far the mailbox was had; None, so that all is listed again, where older mail is asked for than before."""
    key, told = f"since {inbox.name}", since.isoformat()
    before = work.ledger.meta(key)
    if before != told:
        with work.ledger.writing() as writing:
            if before is not None and since < dt.datetime.fromisoformat(before):
                writing.forget_mark(inbox.name)
            writing.set_meta(key, told)
    mark = work.ledger.mark(inbox.name)
    return Mark(*mark) if mark else None


def _since(work: Workplace) -> dt.datetime:
    day = work.settings.inbox.since or work.campaign.start
    return dt.datetime.combine(day, dt.time(), work.zone)


def _receive(work: Workplace, inbox: Inbox, event: Event, now: dt.datetime) -> MessageRow | None:
    """Keep the mail, then note it and the mailbox's mark together; None where there is nothing new to judge."""
    passing("mail fetched")
    kept = None if isinstance(event, Passed) else work.archive.keep(*_to_keep(work, inbox, event, now))
    with work.ledger.writing() as writing:
        new = kept is not None and writing.add_message(kept.sha256, kept.received, kept.envelope)
        early, anew = getattr(event, "early", None), _begins_anew(work, inbox, event.mark)
        if early is not None or (anew and event.mark is not None):
            writing.passed_over(inbox.name, early or 0, anew=anew)
        if event.mark is not None:
            writing.set_mark(inbox.name, event.mark.uidvalidity, event.mark.uid)
    passing("mail noted")
    if kept is not None:
        work.archive.noted(kept.sha256)
    return work.ledger.message(kept.sha256) if kept is not None and new else None


def _begins_anew(work: Workplace, inbox: Inbox, mark: Mark | None) -> bool:
    """Whether all that lies in the mailbox is listed again: a folder always is, and a mailbox whose UIDs mean others."""
    had = work.ledger.mark(inbox.name)
    return mark is None or (had is not None and had[0] != mark.uidvalidity)


def _to_keep(
    work: Workplace, inbox: Inbox, event: Arrival | Withheld, now: dt.datetime
) -> tuple[bytes, dict[str, Any]]:
    """What is kept of a mail: its bytes (of one that isn't handed over, its headers), and its envelope."""
    place = dict(event.place)
    if not work.settings.inbox.dedicated:
        place.pop("file", None)  # a private mail's file may be named after what it says
    envelope = {
        "number": work.ledger.next_number(),
        "received": event.received.astimezone(work.zone).isoformat(),
        "fetched_at": now.isoformat(),
        **({"mailbox": inbox.name} if event.mark is not None else {}),
        **place,
    }
    if isinstance(event, Withheld):
        # Two such mails without headers are still two: the place tells them apart.
        head = event.head or f"X-Withheld: {dict(event.place)}\r\n\r\n".encode()
        return head, envelope | {"withheld": event.reason, "size": event.size}
    identity = identity_of(event.raw)
    found: dict[str, Any] = {IDENTITY: identity} if identity else {}
    if event.announced is not None and not is_whole(event.raw):
        found[ANNOUNCED] = event.announced
    return event.raw, envelope | found


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


def answer(
    work: Workplace,
    row: MessageRow,
    outcome: Outcome,
    dossiers: tuple[Dossier, Dossier] | None,
    now: dt.datetime,
    decided_seq: int | None = None,
) -> tuple[QueuedLetter, ...]:
    """The letter that answers the mail, or none: from before the agent's time, or to whom enough was written."""
    bound = work.answers_from()
    if outcome.reply is None or not outcome.reply_to or (bound is not None and row.received < bound):
        return ()
    if _enough_was_written(work, outcome, dossiers is None, now):
        return ()
    answered = _answered(work, row, outcome, decided_seq)
    token = work.form_token(dossiers[1], now) if dossiers is not None else ""

    def write(letters: Letters) -> Letter:
        if dossiers is None:
            return letters.acknowledgement(answered, now)
        before, after = dossiers
        mail = replace(answered, disputed=tuple(_disputed(outcome, after)))
        if outcome.reply == "noted":
            return letters.noted(mail, after, now, outcome.lacks_file)
        return letters.reply(mail, before, after, now, token=token)

    return (queued(written(work, write)),)


def _disputed(outcome: Outcome, dossier: Dossier) -> Iterator[SaidOtherwise]:
    """The figures that its words say otherwise, beside those that were read as put right, whether taken or not.

    A form each figure of which waits for a 确认 is asked about as a whole.
    """
    waiting, shown = dossier.pending, dossier.shown
    if shown is None or (waiting is not None and waiting.standing == "needs_confirmation"):
        return
    read = outcome.submission.corrections if outcome.submission else {}
    for told in outcome.told:
        if told.kind == "correction" and told.field and told.field not in read:
            label = dossier.campaign.form.label_of(told.field)
            yield SaidOtherwise(label, shown.values.get(told.field), told.value)


def _answer_to_orders(
    work: Workplace, row: MessageRow, outcome: Outcome, now: dt.datetime
) -> tuple[QueuedLetter, ...]:
    """What the contact is told of each decision that a mail asked for."""
    from agent.handling.executing import decided

    told, answered = decided(work, outcome.orders), _answered(work, row, outcome, None)
    return (queued(written(work, lambda letters: letters.decision(answered, told, now))),)


def _enough_was_written(work: Workplace, outcome: Outcome, neutral: bool, now: dt.datetime) -> bool:
    """Whether a stranger had an acknowledgement today, or a unit so many answers this hour that it may be a machine.

    Or whether all acknowledgements together are enough for a day: what they are about is in the digest. What is
    filed always gets its receipt, though it may have to wait. What a unit asked is in the digest anyway, and an
    answer too many would keep two machines talking for ever.
    """
    to = outcome.reply_to
    if outcome.reply == "noted":
        most = work.settings.outbox.per_address_per_hour
        return work.ledger.written_since(to, "noted", now - dt.timedelta(hours=1)) >= most
    day_ago = now - dt.timedelta(days=1)
    stranger = neutral and not _is_a_unit_s(work, outcome)
    if stranger and work.ledger.written_since(to, "acknowledgement", day_ago) > 0:
        return True
    most = work.settings.outbox.acknowledgements_per_day
    return neutral and work.ledger.count_written_since("acknowledgement", day_ago) >= most


def _is_a_unit_s(work: Workplace, outcome: Outcome) -> bool:
    """Whether the sender is registered, and nothing says that it is another who writes in that name."""
    registered = work.register().of_sender(outcome.sender) is not None
    return registered and outcome.reason != "failed_authentication"


def written(work: Workplace, write: Callable[[Letters], Letter]) -> Letter:
    """The letter by the operator's own templates; where those are wrong, no mail waits for them to be mended."""
    try:
        return write(work.letters)
    except ConfigurationError:
        log.warning("the built-in template is used instead of the operator's: `report-agent check` says why")
        return write(work.built_in_letters)


def _answered(work: Workplace, row: MessageRow, outcome: Outcome, decided_seq: int | None) -> Answered:
    message_id, references = thread_of(work.archive.head(row.sha256))
    return Answered(
        message=row.sha256,
        message_id=message_id,
        references=references,
        subject=outcome.subject,
        to=outcome.reply_to,
        received=row.received,
        decision=decided_seq,
    )


def queued(letter: Letter) -> QueuedLetter:
    digest = hashlib.sha256(letter.raw).hexdigest()
    return QueuedLetter(letter.id, letter.kind, letter.to, letter.unit, letter.about, letter.raw, digest)


STATE_NAMES = {"processed": "已登记", "held": "待核", "ignored": "不处理", "failed": "失败"}


def _in_a_line(work: Workplace, outcome: Outcome, entry: MailEntry) -> Line:
    """One line for the terminal: whose mail, what came of it, which letter answers it."""
    from agent.keeping.workspace import LETTER_NAMES

    state = "重复来信" if outcome.reason == COPY else STATE_NAMES[outcome.state]
    unit = work.listed.by_id[outcome.unit].name if outcome.unit else ""
    letters = "、".join(LETTER_NAMES[one.kind] for one in entry.letters) or "不回信"
    subject = " ".join(outcome.subject.split())[:40] or "（无主题）"
    text = f"{state}  {unit or outcome.sender or '—'}  {subject}  →  {letters}"
    return Line(text, f"{state}  {unit or '—'}  {entry.message[:12]}  →  {letters}")

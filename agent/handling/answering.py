"""The letter that answers a mail: whether one is owed, and which; queued with the outcome that it tells of."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from agent.base.errors import ConfigurationError
from agent.dossier.dossier import Dossier
from agent.judging.outcome import Outcome
from agent.keeping.ledger import MessageRow, QueuedLetter
from agent.keeping.workspace import Workplace
from agent.letters import Answered, Letter, Letters
from agent.letters.envelope import SaidOtherwise
from agent.mail.message import thread_of

log = logging.getLogger(__name__)


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

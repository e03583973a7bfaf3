"""What may be written into the ledger, inside one transaction; the tables follow from the journal's entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from agent.base import jsontext
from agent.judging.outcome import Outcome
from agent.keeping.ledger.entries import (
    DecisionEntry,
    Entry,
    MailEntry,
    PurgeEntry,
    QueuedLetter,
    entry_from_json,
)
from agent.keeping.ledger.redaction import REMOVED, redacted_entry, redacted_envelope, redacted_outcome
from agent.keeping.ledger.schema import journal, letters, marks, messages, meta

PASSED_OVER = "passed over "
"""The ledger's note, for each mailbox, of how much mail was too early to be asked for."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What may be written, inside one transaction."""

    connection: Connection

    def next_seq(self) -> int:
        return highest(self.connection, journal.c.seq) + 1

    def state(self, sha256: str) -> str | None:
        """What has become of the mail by now; None where there is none."""
        query = select(messages.c.state).where(messages.c.sha256 == sha256)
        found: str | None = self.connection.execute(query).scalar()
        return found

    def set_meta(self, key: str, value: str) -> None:
        statement = insert(meta).values(key=key, value=value)
        self.connection.execute(
            statement.on_conflict_do_update(index_elements=["key"], set_={"value": value})
        )

    def passed_over(self, mailbox: str, early: int, *, anew: bool) -> None:
        """Count mail that was received too early to be asked for; ``anew``: these are all of them."""
        key = PASSED_OVER + mailbox
        before = self.connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
        count = early if anew else int(before or 0) + early
        if count != int(before or 0):
            self.set_meta(key, str(count))

    def set_mark(self, mailbox: str, uidvalidity: int, uid: int) -> None:
        new = {"uidvalidity": uidvalidity, "uid": uid}
        statement = insert(marks).values(mailbox=mailbox, **new)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["mailbox"], set_=new))

    def forget_mark(self, mailbox: str) -> None:
        """All that lies there is listed again; what is known stays known by its hash."""
        self.passed_over(mailbox, 0, anew=True)
        self.connection.execute(marks.delete().where(marks.c.mailbox == mailbox))

    def add_message(self, sha256: str, received: dt.datetime, envelope: Mapping[str, Any]) -> bool:
        """The mail joins the work list; False, and nothing changes, where it is known."""
        number = (
            self.connection.execute(select(func.coalesce(func.max(messages.c.number), 0))).scalar_one() + 1
        )
        statement = insert(messages).values(
            sha256=sha256,
            number=number,
            received=received.isoformat(),
            envelope=jsontext.dumps(dict(envelope), indent=None),
            state="waiting",
        )
        return self.connection.execute(statement.on_conflict_do_nothing()).rowcount == 1

    def set_envelope(self, sha256: str, envelope: Mapping[str, Any]) -> None:
        """Note what was found out about a mail after it was kept."""
        text = jsontext.dumps(dict(envelope), indent=None)
        self.connection.execute(messages.update().where(messages.c.sha256 == sha256).values(envelope=text))

    def begin_attempt(self, sha256: str) -> int:
        """Count a try before it begins, so that one that takes the process down is counted too, and known by its silence."""
        change = {"attempts": messages.c.attempts + 1, "error": None}
        query = messages.update().where(messages.c.sha256 == sha256).values(**change)
        self.connection.execute(query)
        query_tries = select(messages.c.attempts).where(messages.c.sha256 == sha256)
        tries: int = self.connection.execute(query_tries).scalar_one()
        return tries

    def end_attempt(self, sha256: str, error: str | None, *, counted: bool) -> None:
        """Note what went wrong; a try that failed through no fault of the mail's isn't counted."""
        change: dict[str, Any] = {"error": error}
        if not counted:
            change["attempts"] = messages.c.attempts - 1
        self.connection.execute(messages.update().where(messages.c.sha256 == sha256).values(change))

    def append(self, entry: Entry) -> None:
        """Record the entry, and all that follows from it."""
        text = jsontext.dumps(entry.as_json(), indent=None)
        values = {"seq": entry.seq, "kind": entry.kind, "at": entry.at.isoformat(), "entry": text}
        self.connection.execute(journal.insert().values(values))
        if isinstance(entry, MailEntry):
            self._judge(entry)
        elif isinstance(entry, DecisionEntry):
            self._decide(entry)
        elif isinstance(entry, PurgeEntry):
            self.purge(entry)
        for letter in entry.letters:
            self._queue(letter, entry)

    def _judge(self, entry: MailEntry) -> None:
        outcome = entry.outcome
        change: dict[str, Any] = {
            "state": outcome.state,
            "reason": outcome.reason,
            "unit": outcome.unit,
            "seq": entry.seq,
            "outcome": jsontext.dumps(outcome.as_json(), indent=None),
        }
        if outcome.state == "held":
            change["held_number"] = highest(self.connection, messages.c.held_number) + 1
        self._change(entry.message, change)
        for letter_id in outcome.bounced:
            self._letter(letter_id, bounced_at=stamp(self._received(entry.message)))

    def _received(self, sha256: str) -> dt.datetime:
        query = select(messages.c.received).where(messages.c.sha256 == sha256)
        return dt.datetime.fromisoformat(self.connection.execute(query).scalar_one())

    def _decide(self, entry: DecisionEntry) -> None:
        decision = entry.decision
        if decision.kind in ("assign", "reject"):
            self._require_outcome(decision.message)
        if decision.kind == "assign":
            change = {
                "state": "processed",
                "unit": decision.unit,
                "seq": entry.seq,
                "decided_by": decision.by,
            }
            self._change(decision.message, change)
        elif decision.kind == "reject":
            self._change(decision.message, {"state": "ignored", "reason": "rejected", "seq": entry.seq})

    def _require_outcome(self, sha256: str | None) -> None:
        """A mail is decided about once it was judged: replayed without that, its form would drop out unseen."""
        query = select(messages.c.outcome).where(messages.c.sha256 == sha256)
        if self.connection.execute(query).scalar_one_or_none() is None:
            raise LookupError(f"缺少邮件 {sha256} 读出的结果")

    def purge(self, entry: PurgeEntry) -> None:
        """Take out of the rows what the entry says is removed; done again, it changes nothing."""
        for sha256 in entry.mails:
            self._purge_mail(sha256, entry)
        mails, gone = frozenset(entry.mails), frozenset(entry.gone)
        rows = self.connection.execute(
            select(journal.c.seq, journal.c.entry).where(journal.c.seq < entry.seq)
        )
        for seq, text in rows.all():
            stored = jsontext.loads(text)
            queued = tuple(QueuedLetter.from_json(one, b"") for one in stored["letters"])
            was = entry_from_json(stored, queued)
            now = redacted_entry(was, entry, mails, gone)
            if now != was:
                text = jsontext.dumps(now.as_json(), indent=None)
                self.connection.execute(journal.update().where(journal.c.seq == seq).values(entry=text))
        for letter_id in entry.gone:
            self._letter(letter_id, raw=None)
            if "names" in entry.removes:
                self._letter(letter_id, recipients=jsontext.dumps([REMOVED], indent=None))
                noted = letters.c.error.is_not(None) & (letters.c.id == letter_id)
                self.connection.execute(letters.update().where(noted).values(error=REMOVED))

    def _purge_mail(self, sha256: str, entry: PurgeEntry) -> None:
        query = select(messages.c.envelope, messages.c.outcome).where(messages.c.sha256 == sha256)
        envelope, stored = self.connection.execute(query).one()
        outcome = redacted_outcome(Outcome.from_json(jsontext.loads(stored)), entry)
        change = {
            "envelope": jsontext.dumps(redacted_envelope(jsontext.loads(envelope), entry), indent=None),
            "outcome": jsontext.dumps(outcome.as_json(), indent=None),
            "error": None,
        }
        self._change(sha256, change)

    def _change(self, sha256: str | None, change: Mapping[str, Any]) -> None:
        changed = self.connection.execute(
            messages.update().where(messages.c.sha256 == sha256).values(**change)
        ).rowcount
        if changed != 1:
            raise LookupError(f"no message {sha256} in the ledger")

    def _queue(self, letter: QueuedLetter, entry: Entry) -> None:
        statement = insert(letters).values(
            id=letter.id,
            seq=entry.seq,
            kind=letter.kind,
            recipients=jsontext.dumps(list(letter.to), indent=None),
            unit=letter.unit,
            about=letter.about,
            raw=letter.encoded,
            state="queued",
            queued_at=stamp(entry.at),
            next_try=stamp(entry.at),
        )
        # The same letter about the same thing is one letter: its Message-ID says so.
        self.connection.execute(statement.on_conflict_do_nothing())

    def letter_begins(self, letter_id: str) -> None:
        """From here on until it is settled, a crash leaves a doubt."""
        self._letter(letter_id, state="sending")

    def letter_in_doubt(self, letter_id: str) -> None:
        self._letter(letter_id, doubt=True, state="queued")

    def letter_sent(self, letter_id: str, at: dt.datetime, error: str | None = None) -> None:
        """It has left; ``error`` tells which of several recipients were refused for good."""
        doubt = self.connection.execute(select(letters.c.doubt).where(letters.c.id == letter_id)).scalar_one()
        self._letter(letter_id, state="doubtful" if doubt else "sent", sent_at=stamp(at), error=error)

    def letter_postponed(
        self, letter_id: str, until: dt.datetime, error: str, *, held_back: bool = False
    ) -> None:
        """To be tried again then; ``held_back``: by us, and no try was made. That stays said until the contact heard it."""
        change: dict[str, Any] = {"held_back": True} if held_back else {"attempts": letters.c.attempts + 1}
        self._letter(letter_id, state="queued", next_try=stamp(until), error=error, **change)

    def letter_failed(self, letter_id: str, error: str, at: dt.datetime) -> None:
        self._letter(letter_id, state="failed", error=error, sent_at=stamp(at))

    def letter_recorded(self, letter_id: str) -> None:
        """The archive has the letter and how it left: its bytes needn't be kept here."""
        self._letter(letter_id, raw=None)

    def letter_restored(self, letter_id: str, state: str, sent_at: str | None, error: str | None) -> None:
        """What the archive records of a letter that left; for rebuilding."""
        self._letter(
            letter_id, state=state, sent_at=sent_at, error=error, raw=None, doubt=state == "doubtful"
        )

    def _letter(self, letter_id: str, **change: Any) -> None:
        self.connection.execute(letters.update().where(letters.c.id == letter_id).values(**change))


def highest(connection: Connection, column: Any) -> int:
    highest: int = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
    return highest


def stamp(at: dt.datetime) -> str:
    """A moment as text that sorts like time, whatever the zone: in UTC."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")

"""The ledger's reads and writes. Every write is one transaction; times are ISO 8601 in the configured zone."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, create_engine, event, func, select
from sqlalchemy.dialects.sqlite import insert

from agent import jsontext
from agent.dossier import Decision, Submission
from agent.ledger.entries import DecisionEntry, Entry, MailEntry, QueuedLetter, RunEntry
from agent.ledger.schema import journal, letters, marks, messages, meta, prepare
from agent.outcome import Outcome, adopt
from agent.overview import Failed, Held, LetterCounts, MessageCounts, Told
from agent.rules import Campaign

BUSY_SECONDS = 30
"""How long one process waits for another's transaction."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A mail as the ledger knows it."""

    sha256: str
    number: int
    received: dt.datetime
    envelope: Mapping[str, Any]
    state: str
    reason: str | None
    held_number: int | None
    unit: str | None
    seq: int | None
    decided_by: str | None
    outcome: Outcome | None
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class DueLetter:
    """A letter that waits to be sent."""

    letter: QueuedLetter
    state: str
    attempts: int
    doubt: bool


class Ledger:
    """One campaign's ledger, in one SQLite file."""

    def __init__(self, path: Path, campaign: Campaign) -> None:
        self._campaign = campaign
        self._engine = _engine(path)
        with self.writing() as writing:
            prepare(writing.connection)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction that no other can come between: what is read in it still holds when it commits."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield Writing(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    # What there is

    def meta(self, key: str) -> str | None:
        with self._engine.connect() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()

    def mark(self, mailbox: str) -> tuple[int, int] | None:
        """(UIDVALIDITY, highest UID had) of the mailbox, or None before the first."""
        with self._engine.connect() as connection:
            row = connection.execute(select(marks).where(marks.c.mailbox == mailbox)).mappings().first()
        return (row["uidvalidity"], row["uid"]) if row else None

    def knows(self, sha256: str) -> bool:
        with self._engine.connect() as connection:
            return (
                connection.execute(select(messages.c.sha256).where(messages.c.sha256 == sha256)).first()
                is not None
            )

    def next_number(self) -> int:
        """The place in the order of arrival that the next mail takes."""
        with self._engine.connect() as connection:
            return _highest(connection, messages.c.number) + 1

    def with_bytes(self, queued: Sequence[QueuedLetter]) -> list[QueuedLetter]:
        """The letters with their bytes, where the ledger still has them (until they are sent)."""
        with self._engine.connect() as connection:
            query = select(letters.c.id, letters.c.raw).where(letters.c.id.in_([one.id for one in queued]))
            raw = {row[0]: base64.b64decode(row[1] or "") for row in connection.execute(query)}
        return [replace(one, raw=raw.get(one.id, b"")) for one in queued]

    def message(self, sha256: str) -> MessageRow | None:
        return next(iter(self._messages(messages.c.sha256 == sha256)), None)

    def held_message(self, number: int) -> MessageRow | None:
        return next(iter(self._messages(messages.c.held_number == number)), None)

    def waiting(self) -> list[MessageRow]:
        """Mails that are kept but not judged yet, in the order of arrival."""
        return self._messages(messages.c.state == "waiting")

    def all_messages(self) -> list[MessageRow]:
        return self._messages()

    def submissions(self, unit: str | None = None) -> dict[str, list[Submission]]:
        """Unit id → what it has sent; of one unit, or of all."""
        of_unit = messages.c.unit == unit if unit else messages.c.unit.is_not(None)
        found: dict[str, list[Submission]] = {}
        for row in self._messages((messages.c.state == "processed") & of_unit):
            submission = row.outcome.submission if row.outcome else None
            if submission is None or row.unit is None:
                continue
            if row.decided_by is not None and row.seq is not None:
                submission = adopt(submission, row.seq, row.decided_by, self._campaign)
            found.setdefault(row.unit, []).append(submission)
        return found

    def decisions(self) -> list[Decision]:
        return [one.decision for one in self.entries("decision") if isinstance(one, DecisionEntry)]

    def entries(self, kind: str | None = None, above: int = 0) -> list[Entry]:
        """The journal, in order; letters without their bytes."""
        from agent.ledger.entries import entry_from_json

        query = select(journal.c.entry).where(journal.c.seq > above).order_by(journal.c.seq)
        if kind:
            query = query.where(journal.c.kind == kind)
        with self._engine.connect() as connection:
            stored = [jsontext.loads(text) for text in connection.execute(query).scalars()]
        return [
            entry_from_json(one, tuple(QueuedLetter.from_json(letter, b"") for letter in one["letters"]))
            for one in stored
        ]

    def last_seq(self) -> int:
        with self._engine.connect() as connection:
            return _highest(connection, journal.c.seq)

    def last_run(self, name: str) -> RunEntry | None:
        runs = [one for one in self.entries("run") if isinstance(one, RunEntry) and one.name == name]
        return runs[-1] if runs else None

    # Letters

    def letters_due(self, now: dt.datetime) -> list[DueLetter]:
        """Letters to be sent now, oldest first; one that was being sent when the agent died comes with its doubt."""
        query = (
            select(letters)
            .where(letters.c.state.in_(("queued", "sending")), letters.c.next_try <= _stamp(now))
            .order_by(letters.c.seq, letters.c.id)
        )
        with self._engine.connect() as connection:
            return [_due(row) for row in connection.execute(query).mappings()]

    def letter_rows(self) -> list[RowMapping]:
        """Every letter's row, without its bytes."""
        columns = [column for column in letters.c if column.name != "raw"]
        with self._engine.connect() as connection:
            return list(connection.execute(select(*columns).order_by(letters.c.seq, letters.c.id)).mappings())

    def sent_to_since(self, address: str, since: dt.datetime) -> int:
        """How many letters have gone to the address since then."""
        return self._letters_to(address, letters.c.sent_at >= _stamp(since))

    def acknowledged_since(self, address: str, since: dt.datetime) -> bool:
        """Whether the address was sent, or is to be sent, a neutral acknowledgement since then."""
        recent = letters.c.queued_at >= _stamp(since)
        return self._letters_to(address, letters.c.kind == "acknowledgement", recent) > 0

    def _letters_to(self, address: str, *where: Any) -> int:
        with self._engine.connect() as connection:
            found = connection.execute(select(letters.c.recipients).where(*where)).scalars()
            return sum(1 for recipients in found if address in jsontext.loads(recipients))

    # Where it stands

    def held(self) -> list[Held]:
        return [_held(row) for row in self._messages(messages.c.state == "held")]

    def failed(self) -> list[Failed]:
        return [
            Failed(row.sha256, row.outcome.sender, row.outcome.subject, row.received, row.reason or "")
            for row in self._messages(messages.c.state == "failed")
            if row.outcome
        ]

    def message_counts(self) -> MessageCounts:
        query = select(messages.c.state, func.count()).group_by(messages.c.state)
        with self._engine.connect() as connection:
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        waiting = counts.pop("waiting", 0)
        return MessageCounts(received=sum(counts.values()) + waiting, **counts)

    def letter_counts(self) -> LetterCounts:
        query = select(letters.c.state, func.count()).group_by(letters.c.state)
        with self._engine.connect() as connection:
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        counts["queued"] = counts.get("queued", 0) + counts.pop("sending", 0)
        return LetterCounts(**{name: counts.get(name, 0) for name in LetterCounts.__slots__})

    def told_since(self, since: dt.datetime | None) -> list[Told]:
        """What mails told the contact since then: questions and the like."""
        told = [one for row in self._messages() if row.outcome for one in row.outcome.told]
        return [one for one in told if since is None or one.at > since]

    def unreachable(self) -> frozenset[str]:
        """Units whose letter bounced, and that have not written since."""
        bounced: dict[str, str] = {}
        for row in self.letter_rows():
            if row["bounced_at"] and row["unit"]:
                bounced[row["unit"]] = max(bounced.get(row["unit"], ""), row["bounced_at"])
        last = {
            unit: max(_stamp(one.received) for one in submissions)
            for unit, submissions in self.submissions().items()
        }
        return frozenset(unit for unit, at in bounced.items() if last.get(unit, "") <= at)

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that the archive alone must yield again, for comparing; counters of tries are left out."""
        with self._engine.connect() as connection:
            return {
                "journal": [
                    dict(row)
                    for row in connection.execute(select(journal).order_by(journal.c.seq)).mappings()
                ],
                "messages": [
                    {key: value for key, value in row.items() if key not in ("number", "attempts", "error")}
                    for row in connection.execute(select(messages).order_by(messages.c.number)).mappings()
                ],
                "letters": [
                    {
                        key: row[key]
                        for key in (
                            "id",
                            "seq",
                            "kind",
                            "recipients",
                            "unit",
                            "about",
                            "state",
                            "sent_at",
                            "bounced_at",
                        )
                    }
                    for row in connection.execute(
                        select(letters).order_by(letters.c.seq, letters.c.id)
                    ).mappings()
                ],
            }

    def _messages(self, *where: Any) -> list[MessageRow]:
        query = select(messages).where(*where).order_by(messages.c.number)
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class Writing:
    """What may be written, inside one transaction."""

    connection: Connection

    def next_seq(self) -> int:
        return _highest(self.connection, journal.c.seq) + 1

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

    def set_mark(self, mailbox: str, uidvalidity: int, uid: int) -> None:
        new = {"uidvalidity": uidvalidity, "uid": uid}
        statement = insert(marks).values(mailbox=mailbox, **new)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["mailbox"], set_=new))

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

    def begin_attempt(self, sha256: str) -> int:
        """Count a try before it begins, so that one that takes the process down is counted too."""
        query = messages.update().where(messages.c.sha256 == sha256).values(attempts=messages.c.attempts + 1)
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
            change["held_number"] = _highest(self.connection, messages.c.held_number) + 1
        self._change(entry.message, change)
        for letter_id in outcome.bounced:
            query = letters.update().where(letters.c.id == letter_id).values(bounced_at=_stamp(entry.at))
            self.connection.execute(query)

    def _decide(self, entry: DecisionEntry) -> None:
        decision = entry.decision
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
            queued_at=_stamp(entry.at),
            next_try=_stamp(entry.at),
        )
        # The same letter about the same thing is one letter: its Message-ID says so.
        self.connection.execute(statement.on_conflict_do_nothing())

    def letter_begins(self, letter_id: str) -> None:
        """From here on until it is settled, a crash leaves a doubt."""
        self._letter(letter_id, state="sending", attempts=letters.c.attempts + 1)

    def letter_in_doubt(self, letter_id: str) -> None:
        self._letter(letter_id, doubt=True, state="queued")

    def letter_sent(self, letter_id: str, at: dt.datetime, error: str | None = None) -> None:
        """It has left; ``error`` tells which of several recipients were refused for good."""
        doubt = self.connection.execute(select(letters.c.doubt).where(letters.c.id == letter_id)).scalar_one()
        self._letter(
            letter_id, state="doubtful" if doubt else "sent", sent_at=_stamp(at), raw=None, error=error
        )

    def letter_postponed(
        self, letter_id: str, until: dt.datetime, error: str, *, held_back: bool = False
    ) -> None:
        self._letter(letter_id, state="queued", next_try=_stamp(until), error=error, held_back=held_back)

    def letter_failed(self, letter_id: str, error: str, at: dt.datetime) -> None:
        self._letter(letter_id, state="failed", error=error, sent_at=_stamp(at))

    def letter_restored(self, letter_id: str, state: str, sent_at: str | None, error: str | None) -> None:
        """What the archive records of a letter that left; for rebuilding."""
        self._letter(
            letter_id, state=state, sent_at=sent_at, error=error, raw=None, doubt=state == "doubtful"
        )

    def _letter(self, letter_id: str, **change: Any) -> None:
        self.connection.execute(letters.update().where(letters.c.id == letter_id).values(**change))


def _engine(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS}, isolation_level="AUTOCOMMIT"
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine


def _highest(connection: Connection, column: Any) -> int:
    highest: int = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
    return highest


def _stamp(at: dt.datetime) -> str:
    """A moment as text that sorts like time, whatever the zone: in UTC."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _message(row: RowMapping) -> MessageRow:
    return MessageRow(
        **{
            **row,
            "received": dt.datetime.fromisoformat(row["received"]),
            "envelope": jsontext.loads(row["envelope"]),
            "outcome": Outcome.from_json(jsontext.loads(row["outcome"])) if row["outcome"] else None,
        }
    )


def _held(row: MessageRow) -> Held:
    outcome = row.outcome
    assert outcome is not None
    pieces = outcome.submission.pieces if outcome.submission else ()
    return Held(
        id=f"H{row.held_number}",
        message=row.sha256,
        reason=row.reason,  # type: ignore[arg-type]  # one of HeldReason: outcome.py wrote it
        sender=outcome.sender,
        subject=outcome.subject,
        suggested_unit=outcome.suggested_unit,
        received=row.received,
        form_unit=outcome.form_unit,
        files=tuple(piece.name for piece in pieces),
    )


def _due(row: RowMapping) -> DueLetter:
    letter = QueuedLetter(
        id=row["id"],
        kind=row["kind"],
        to=tuple(jsontext.loads(row["recipients"])),
        unit=row["unit"],
        about=row["about"],
        raw=base64.b64decode(row["raw"] or ""),
    )
    return DueLetter(letter, row["state"], row["attempts"], row["doubt"])

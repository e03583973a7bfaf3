"""The ledger's reads and writes. Every write is one transaction; times are ISO 8601 in the configured zone."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import URL, ColumnElement, Engine, RowMapping, create_engine, event, func, select

from agent.base import jsontext
from agent.base.errors import ArchiveDamaged
from agent.base.failpoints import around
from agent.base.private_files import make_private
from agent.campaign.rules import Campaign
from agent.dossier.overview import Failed, Held, LetterCounts, MessageCounts, Told, failed_id
from agent.dossier.submission import Decision, Submission
from agent.judging.outcome import Outcome, adopt
from agent.keeping.ledger.entries import DecisionEntry, Entry, PurgeEntry, QueuedLetter, RunEntry
from agent.keeping.ledger.schema import is_prepared, journal, letters, marks, messages, meta, prepare
from agent.keeping.ledger.writing import PASSED_OVER, Writing, highest, stamp

BUSY_SECONDS = 30
"""How long one process waits for another's transaction."""

BOUNCES_WITHIN = dt.timedelta(days=7)
"""How long after a letter has left a delivery report may be about it: servers give up after five days."""

IDENTITY = "identity"
"""The envelope's key for what a mail has in common with its copies (agent.mail.message.identity_of)."""

DONE_WITH = ("sent", "doubtful", "failed")
"""States of a letter that has left, or never will."""

CLOCKS_DIFFER = dt.timedelta(hours=1)
"""By how much a letter may seem to have left after its own bounce came."""


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
        self._read: dict[str, list[Entry]] = {}
        with self._engine.connect() as connection:
            ready = is_prepared(connection)
        if not ready:  # only then: somebody who only asks doesn't wait for one who writes
            with self.writing() as writing:
                prepare(writing.connection)

    def forget(self) -> None:
        """Read anew what was kept of earlier answers: a purge has changed it."""
        self._read.clear()

    def close(self) -> None:
        self._engine.dispose()

    def copy_to(self, path: Path) -> None:
        """All of it as it is at one moment, into a file that isn't there yet; whoever writes meanwhile goes on.

        Raises:
            ArchiveDamaged: it is damaged.
        """
        import sqlite3
        from contextlib import closing

        path.touch(mode=0o600)
        try:
            with self._engine.connect() as connection, closing(sqlite3.connect(path)) as copy:
                source = connection.connection.driver_connection
                assert isinstance(source, sqlite3.Connection)
                source.backup(copy)  # in one step: no other's transaction comes between
                found = str(copy.execute("PRAGMA quick_check").fetchone()[0])
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            raise ArchiveDamaged(f"台账已损坏（{found}）。请停下值守，运行 report-agent rebuild，再备份。")

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
            with around("ledger commit"):
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
            return highest(connection, messages.c.number) + 1

    def with_bytes(self, queued: Sequence[QueuedLetter]) -> list[QueuedLetter]:
        """The letters with their bytes, where the ledger still has them (until they are sent)."""
        with self._engine.connect() as connection:
            query = select(letters.c.id, letters.c.raw).where(letters.c.id.in_([one.id for one in queued]))
            raw = {row[0]: base64.b64decode(row[1] or "") for row in connection.execute(query)}
        return [replace(one, raw=raw.get(one.id, b"")) for one in queued]

    def letter_bytes(self, letter_id: str) -> bytes:
        """The letter's bytes, where the ledger still has them; else b""."""
        with self._engine.connect() as connection:
            query = select(letters.c.raw).where(letters.c.id == letter_id)
            return base64.b64decode(connection.execute(query).scalar() or "")

    def message(self, sha256: str) -> MessageRow | None:
        return next(iter(self._messages(messages.c.sha256 == sha256)), None)

    def held_message(self, item: str) -> MessageRow | None:
        """The mail that was once held under that id (H12), or None."""
        return next(iter(self._messages(messages.c.held_number == _held_number(item))), None)

    def waiting(self) -> list[MessageRow]:
        """Mails that are kept but not judged yet, in the order of arrival."""
        return self._messages(messages.c.state == "waiting")

    def failed_messages(self) -> list[MessageRow]:
        return self._messages(messages.c.state == "failed")

    def at_place(self, uidvalidity: int, uid: int) -> list[MessageRow]:
        """The mails that were had, or withheld, under that UID."""
        near = self._messages(messages.c.envelope.contains(f'"uid": {uid}'))
        place = (uidvalidity, uid)
        return [row for row in near if (row.envelope.get("uidvalidity"), row.envelope.get("uid")) == place]

    def first_of(self, identity: str, than: int) -> list[MessageRow]:
        """The mails of that identity (mail/message.py) that came before the one of that number."""
        near = self._messages(messages.c.envelope.contains(identity), messages.c.number < than)
        return [row for row in near if row.envelope.get(IDENTITY) == identity]

    def each_message(self, *, newest_first: bool = False) -> Iterator[MessageRow]:
        """Every mail, one at a time, in the order of arrival or backwards."""
        return self._each(newest_first=newest_first)

    def submissions(self, unit: str, above: int = 0) -> list[Submission]:
        """What the unit has sent, in the order of joining its dossier; of that what joined above that place."""
        columns = (messages.c.seq, messages.c.decided_by, messages.c.outcome)
        of_unit = (messages.c.unit == unit) & (messages.c.seq > above) & (messages.c.state == "processed")
        found = []
        with self._engine.connect() as connection:
            rows = connection.execute(select(*columns).where(of_unit).order_by(messages.c.seq))
            for seq, decided_by, outcome in rows:
                submission = Outcome.from_json(jsontext.loads(outcome)).submission
                if submission is not None and decided_by is not None:
                    submission = adopt(submission, seq, decided_by, self._campaign)
                if submission is not None:
                    found.append(submission)
        return found

    def units_filed(self) -> dict[str, int]:
        """Id of each unit that mails were filed under → how many."""
        filed = (messages.c.state == "processed") & messages.c.unit.is_not(None)
        query = select(messages.c.unit, func.count()).where(filed).group_by(messages.c.unit)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def decidable(self) -> Mapping[str, str]:
        """Id, as `review` takes it → SHA-256 of each mail that waits or waited for the contact's decision."""
        return _Decidable(self)

    def with_ids(self, item: str | None = None) -> dict[str, str]:
        """The same, read at once; or of one such id alone."""
        failed: ColumnElement[bool] = (messages.c.state == "failed") | (messages.c.reason == "rejected")
        which: ColumnElement[bool] = messages.c.held_number.is_not(None) | failed
        if item is not None and item[:1] == "H":
            which = messages.c.held_number == _held_number(item)
        elif item is not None:
            which = failed
        query = select(messages.c.sha256, messages.c.held_number).where(which)
        with self._engine.connect() as connection:
            found = connection.execute(query).all()
        return {f"H{number}" if number is not None else failed_id(sha256): sha256 for sha256, number in found}

    def decisions(self) -> list[Decision]:
        return [one.decision for one in self._few("decision") if isinstance(one, DecisionEntry)]

    def _few(self, kind: str) -> list[Entry]:
        """Decisions, or runs: few and asked for at each mail, so what was read of the journal is kept."""
        known = self._read.setdefault(kind, [])
        known += self.entries(kind, above=known[-1].seq if known else 0)
        return known

    def entries(self, kind: str | None = None, above: int = 0) -> list[Entry]:
        """The journal, in order; letters without their bytes."""
        return list(self.each_entry(kind, above))

    def each_entry(self, kind: str | None = None, above: int = 0) -> Iterator[Entry]:
        """The same, one at a time."""
        from agent.keeping.ledger.entries import entry_from_json

        query = select(journal.c.entry).where(journal.c.seq > above).order_by(journal.c.seq)
        if kind:
            query = query.where(journal.c.kind == kind)
        with self._engine.connect() as connection:
            for text in connection.execute(query).scalars():
                one = jsontext.loads(text)
                queued = tuple(QueuedLetter.from_json(letter, b"") for letter in one["letters"])
                yield entry_from_json(one, queued)

    def purges(self) -> list[PurgeEntry]:
        """What was removed by the rule of retention, in order."""
        return [one for one in self._few("purge") if isinstance(one, PurgeEntry)]

    def compact(self) -> None:
        """Leave nothing in the file of what was taken out of its rows."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def last_seq(self) -> int:
        with self._engine.connect() as connection:
            return highest(connection, journal.c.seq)

    def last_run(self, name: str) -> RunEntry | None:
        runs = [one for one in self._few("run") if isinstance(one, RunEntry) and one.name == name]
        return runs[-1] if runs else None

    # Letters

    def letters_due(self, now: dt.datetime) -> list[DueLetter]:
        """Letters to be sent now, oldest first; one that was being sent when the agent died comes with its doubt."""
        query = (
            select(letters)
            .where(letters.c.state.in_(("queued", "sending")), letters.c.next_try <= stamp(now))
            .order_by(letters.c.seq, letters.c.id)
        )
        with self._engine.connect() as connection:
            return [_due(row) for row in connection.execute(query).mappings()]

    def letter_rows(self) -> list[RowMapping]:
        """Every letter's row, without its bytes."""
        return self._letter_rows()

    def _letter_rows(self, *where: Any) -> list[RowMapping]:
        columns = [column for column in letters.c if column.name != "raw"]
        query = select(*columns).where(*where).order_by(letters.c.seq, letters.c.id)
        with self._engine.connect() as connection:
            return list(connection.execute(query).mappings())

    def unrecorded_departures(self) -> list[RowMapping]:
        """The rows of letters that have left, or never will, of which the archive wasn't told."""
        return self._letter_rows(letters.c.state.in_(DONE_WITH) & letters.c.raw.is_not(None))

    def sent_to_since(self, address: str, since: dt.datetime) -> int:
        """How many letters have gone to the address since then."""
        likely = letters.c.recipients.contains(address, autoescape=True)  # a hint: the JSON says for certain
        return self._letters_to(address, letters.c.sent_at >= stamp(since), likely)

    def written_since(self, address: str, kind: str, since: dt.datetime) -> int:
        """How many letters of that kind were written since then to the mailbox, whatever its tag (name+tag@…)."""
        recent = select(letters.c.recipients).where(
            letters.c.kind == kind, letters.c.queued_at >= stamp(since)
        )
        with self._engine.connect() as connection:
            found = connection.execute(recent).scalars()
            return sum(1 for to in found if _untagged(address) in map(_untagged, jsontext.loads(to)))

    def count_written_since(self, kind: str, since: dt.datetime) -> int:
        """How many letters of that kind were written since then, to whomever."""
        recent = select(func.count()).where(letters.c.kind == kind, letters.c.queued_at >= stamp(since))
        with self._engine.connect() as connection:
            count: int = connection.execute(recent).scalar_one()
        return count

    def newest_letter_to(self, address: str, bounced_at: dt.datetime) -> str | None:
        """The letter that a delivery report about the address is about: the last that left in the days before."""
        first, last = bounced_at - BOUNCES_WITHIN, bounced_at + CLOCKS_DIFFER
        near = letters.c.sent_at.between(stamp(first), stamp(last))
        rows = self._letter_rows(letters.c.state.in_(("sent", "doubtful")), near)
        ids = {
            row["sent_at"]: str(row["id"])
            for row in rows
            if address.casefold() in (one.casefold() for one in jsontext.loads(row["recipients"]))
        }
        return ids[max(ids)] if ids else None

    def _letters_to(self, address: str, *where: Any) -> int:
        with self._engine.connect() as connection:
            found = connection.execute(select(letters.c.recipients).where(*where)).scalars()
            return sum(1 for recipients in found if address in jsontext.loads(recipients))

    # Where it stands

    def held(self) -> list[Held]:
        return [_held(row) for row in self._each(messages.c.state == "held")]

    def failed(self) -> list[Failed]:
        return [
            Failed(row.sha256, row.outcome.sender, row.outcome.subject, row.received, row.reason or "")
            for row in self._each(messages.c.state == "failed")
            if row.outcome
        ]

    def message_counts(self) -> MessageCounts:
        query = select(messages.c.state, func.count()).group_by(messages.c.state)
        with self._engine.connect() as connection:
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
            early = connection.execute(
                select(meta.c.value).where(meta.c.key.startswith(PASSED_OVER))
            ).scalars()
            passed_over = sum(map(int, early))
        waiting = counts.pop("waiting", 0)
        received = sum(counts.values())
        return MessageCounts(received=received, waiting=waiting, passed_over=passed_over, **counts)

    def notes_of_passed_over(self) -> dict[str, str]:
        """How much mail of each mailbox was too early: nothing in the archive tells it."""
        with self._engine.connect() as connection:
            found = connection.execute(
                select(meta.c.key, meta.c.value).where(meta.c.key.startswith(PASSED_OVER))
            )
            return {str(key): str(value) for key, value in found.all()}

    def letter_counts(self) -> LetterCounts:
        query = select(letters.c.state, func.count()).group_by(letters.c.state)
        with self._engine.connect() as connection:
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        counts["queued"] = counts.get("queued", 0) + counts.pop("sending", 0)
        return LetterCounts(**{name: counts.get(name, 0) for name in LetterCounts.__slots__})

    def told_since(self, seq: int) -> list[Told]:
        """What mails recorded after that place in the journal told the contact: questions and the like.

        By their place, not by their date: a mail that came just before a digest may be read just after it.
        """
        return [one for _, told in self.telling(seq) for _, one in told]

    def telling(self, above: int = 0) -> Iterator[tuple[MessageRow, list[tuple[int, Told]]]]:
        """The mails recorded after that place that tell the contact something, and what, numbered from 1.

        What a held mail's words say counts once it is taken for a unit's; that it misuses a token counts at once.
        """
        told = (messages.c.seq > above) & messages.c.outcome.not_like('%"told": []%')
        for row in self._each(told):
            told_of = list(enumerate(row.outcome.told if row.outcome else (), start=1))
            waits = row.state == "held" or row.reason == "rejected"
            yield row, [one for one in told_of if one[1].kind == "misuse" or not waits]

    def bounced_since(self, seq: int) -> list[tuple[MessageRow, int, RowMapping]]:
        """The letters that bounces recorded after that place tell of, each with its bounce, numbered from 1."""
        found = []
        for row in self._messages((messages.c.seq > seq) & (messages.c.reason == "bounce")):
            ids = row.outcome.bounced if row.outcome else ()
            rows = self._letter_rows(letters.c.id.in_(ids))
            found += [(row, number, letter) for number, letter in enumerate(rows, start=1)]
        return found

    def troubled_letters(self) -> list[RowMapping]:
        """The rows of letters that didn't leave as they should have."""
        troubled = letters.c.state.in_(("failed", "doubtful")) | letters.c.error.is_not(None)
        return self._letter_rows(troubled | letters.c.held_back)

    def unreachable(self, wrote: Callable[[Submission], bool] = lambda _one: True) -> frozenset[str]:
        """Units whose letter bounced, and that have not written since.

        Args:
            wrote: whether the unit itself sent it, rather than somebody for it.
        """
        bounced: dict[str, str] = {}
        for row in self._letter_rows(letters.c.bounced_at.is_not(None) & letters.c.unit.is_not(None)):
            bounced[row["unit"]] = max(bounced.get(row["unit"], ""), row["bounced_at"])
        last = {
            unit: max((stamp(one.received) for one in self.submissions(unit) if wrote(one)), default="")
            for unit in bounced
        }
        return frozenset(unit for unit, at in bounced.items() if last[unit] <= at)

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
        return list(self._each(*where))

    def _each(self, *where: Any, newest_first: bool = False) -> Iterator[MessageRow]:
        """One at a time: of a thousand mails that wait, nobody needs all their outcomes at once."""
        number = messages.c.number
        query = select(messages).where(*where).order_by(number.desc() if newest_first else number)
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                yield self._message(row)

    def _message(self, row: RowMapping) -> MessageRow:
        return MessageRow(
            **{
                **row,
                "received": dt.datetime.fromisoformat(row["received"]),
                "envelope": jsontext.loads(row["envelope"]),
                "outcome": Outcome.from_json(jsontext.loads(row["outcome"])) if row["outcome"] else None,
            }
        )


class _Decidable(Mapping[str, str]):
    """Looked up when somebody asks: of ten thousand mails hardly one bears a decision."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getitem__(self, item: str) -> str:
        return self._ledger.with_ids(item)[item]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ledger.with_ids())

    def __len__(self) -> int:
        return len(self._ledger.with_ids())


def _held_number(item: str) -> int:
    """The number in a held mail's id (H12); -1, which no mail has, where SQLite couldn't hold it."""
    digits = item.upper().removeprefix("H")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 9 else -1


def _untagged(address: str) -> str:
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _engine(path: Path) -> Engine:
    make_private(path.parent)
    path.touch(mode=0o600)  # readable to its owner alone, and so are the files that SQLite lays beside it
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, isolation_level="AUTOCOMMIT")

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine


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
        brings=tuple(_brings(outcome.submission)) if outcome.submission else (),
    )


def _brings(submission: Submission) -> Iterator[str]:
    if submission.form is not None:
        yield "form"
    if any(piece.is_narrative for piece in submission.pieces):
        yield "narrative"
    if any(piece.kind == "photo" for piece in submission.pieces):
        yield "photos"


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

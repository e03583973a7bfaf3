"""The ledger's tables, its version, and the way from each older version to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Boolean, Column, Connection, Index, Integer, MetaData, String, Table, Text, text

from agent.base.errors import ConfigurationError

VERSION = 3

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)

# The highest UID had of each mailbox: with its UIDVALIDITY, or UIDs would be taken for others.
marks = Table(
    "marks",
    metadata,
    Column("mailbox", String, primary_key=True),
    Column("uidvalidity", Integer, nullable=False),
    Column("uid", Integer, nullable=False),
)

# What was recorded, in order: everything below but meta and marks follows from it.
journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("kind", String, nullable=False),  # mail, decision, run
    Column("at", String, nullable=False),
    Column("entry", Text, nullable=False),  # JSON
)
journal_kind = Index("journal_kind", journal.c.kind)  # decisions are asked for at each mail, and are few

messages = Table(
    "messages",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),  # in order of arrival
    Column("received", String, nullable=False),
    Column("envelope", Text, nullable=False),  # JSON: where it was, when it was fetched
    Column("state", String, nullable=False),  # waiting, processed, held, ignored, failed
    Column("reason", Text),
    Column("held_number", Integer),
    Column("unit", String),
    Column("seq", Integer),  # the journal's entry that joined it to a dossier, or that judged it
    Column("decided_by", String),
    Column("outcome", Text),  # JSON
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
)
Index("messages_state", messages.c.state)
Index("messages_unit", messages.c.unit)
# What is asked for at each mail, among thousands.
messages_seq = Index("messages_unit_seq", messages.c.unit, messages.c.seq)
messages_held = Index("messages_held_number", messages.c.held_number)
messages_reason = Index("messages_reason", messages.c.reason)

letters = Table(
    "letters",
    metadata,
    Column("id", String, primary_key=True),  # its Message-ID
    Column("seq", Integer, nullable=False),  # the journal's entry that queued it
    Column("kind", String, nullable=False),
    Column("recipients", Text, nullable=False),  # JSON
    Column("unit", String),
    Column("about", String, nullable=False),
    Column("raw", Text),  # base64; NULL once it has been sent: the archive has it
    Column("state", String, nullable=False),  # queued, sending, sent, doubtful, failed
    Column("queued_at", String, nullable=False),
    Column("next_try", String, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("doubt", Boolean, nullable=False, default=False),
    Column("held_back", Boolean, nullable=False, default=False),
    Column("sent_at", String),
    Column("error", Text),
    Column("bounced_at", String),
)
Index("letters_state", letters.c.state)
letters_sent = Index("letters_sent_at", letters.c.sent_at)
letters_kind = Index("letters_kind", letters.c.kind, letters.c.queued_at)
# Few at any time: what waits, and what has left and isn't recorded yet.
letters_bytes = Index("letters_with_bytes", letters.c.state, sqlite_where=letters.c.raw.is_not(None))


def _find_entries_by_kind(connection: Connection) -> None:
    journal_kind.create(connection)


def _find_among_thousands(connection: Connection) -> None:
    for index in (messages_seq, messages_held, messages_reason, letters_sent, letters_kind, letters_bytes):
        index.create(connection, checkfirst=True)


MIGRATIONS: Sequence[Callable[[Connection], None]] = (_find_entries_by_kind, _find_among_thousands)
"""MIGRATIONS[n] brings version n + 1 to n + 2."""


def is_prepared(connection: Connection) -> bool:
    """Whether the file is of this very version."""
    return bool(connection.execute(text("PRAGMA user_version")).scalar_one() == VERSION)


def prepare(connection: Connection) -> None:
    """Make the tables in an empty file; bring an older version up to this one.

    Raises:
        ConfigurationError: the file was made by a newer version of the program.
    """
    found = connection.execute(text("PRAGMA user_version")).scalar_one()
    if found > VERSION:
        raise ConfigurationError(
            f"台账是较新版本的程序建立的（版本 {found}，本程序认到 {VERSION}）。请升级 report-agent。"
        )
    if found == 0:
        metadata.create_all(connection)
    for step in MIGRATIONS[max(found - 1, 0) :] if found else ():
        step(connection)
    if found != VERSION:
        connection.execute(text(f"PRAGMA user_version = {VERSION}"))

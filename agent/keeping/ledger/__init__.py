"""The ledger (台账): what has been done, and what was decided by a person. The only room that speaks SQL.

A journal of entries (a mail's outcome, a decision, a run of the timetable) is the record; the tables of messages
and letters follow from it, in the same transaction. The journal's entries are also files in the archive
(filing.py), so that replaying them into an empty ledger yields the same tables.
"""

from agent.keeping.ledger.entries import (
    DecisionEntry,
    Entry,
    MailEntry,
    PurgeEntry,
    QueuedLetter,
    RunEntry,
    entry_from_json,
)
from agent.keeping.ledger.ledger import DONE_WITH, IDENTITY, DueLetter, Ledger, MessageRow
from agent.keeping.ledger.writing import Writing

__all__ = [
    "DONE_WITH",
    "IDENTITY",
    "DecisionEntry",
    "DueLetter",
    "Entry",
    "Ledger",
    "MailEntry",
    "MessageRow",
    "PurgeEntry",
    "QueuedLetter",
    "RunEntry",
    "Writing",
    "entry_from_json",
]

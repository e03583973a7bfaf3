"""What a purge removes from the archive, and puts right in its records; finished after a stop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

from agent.dossier.version import Filed
from agent.keeping.archive import departure_bytes, entry_bytes, envelope_bytes
from agent.keeping.ledger import Entry, MailEntry, PurgeEntry
from agent.keeping.ledger.redaction import redacted_entry, removes_piece
from agent.keeping.workspace import Workplace
from agent.report.words import file_name, titles

DONE = "purged"
"""The ledger's note up to which purge all files are gone."""


def finish(work: Workplace) -> None:
    """Remove the files of every purge that the ledger records; what is gone already is gone."""
    done = int(work.ledger.meta(DONE) or 0)
    for entry in work.ledger.purges():
        if entry.seq > done:
            _remove_files(work, entry)
            with work.ledger.writing() as writing:
                writing.purge(entry)  # what a crash kept in a file may have come back by it
                writing.set_meta(DONE, str(entry.seq))
            work.ledger.compact()


def is_unfinished(work: Workplace) -> bool:
    """Whether a purge was broken off before all its files were gone."""
    return any(one.seq > int(work.ledger.meta(DONE) or 0) for one in work.ledger.purges())


def _albums(work: Workplace) -> list[Path]:
    names = (file_name(titles(work.campaign, complete).album, ".docx") for complete in (True, False))
    return [path for name in names if (path := work.archive.final / name).exists()]


def _filed(work: Workplace, mails: Iterable[str], removes: Iterable[str]) -> Iterator[Filed]:
    """The copies that go with these mails."""
    chosen, kinds = frozenset(mails), frozenset(removes)
    for unit in work.listed.units:
        for filed in work.dossier(unit.id).filed:
            if filed.message in chosen and removes_piece(filed.piece, kinds):
                yield filed


def _remove_files(work: Workplace, entry: PurgeEntry) -> None:
    archive = work.archive
    if not archive.has_record(entry):
        archive.record(entry)
    for filed in _filed(work, entry.mails, entry.removes):
        archive.take_away(archive.copy_path(filed))
        archive.take_away(archive.thumbnail_path(filed))
    for sha256 in entry.mails:
        archive.take_away(archive.raw_path(sha256))
    for letter in entry.gone:
        archive.take_away(archive.letter_path(letter))
    if entry.counts.get("album"):
        for path in _albums(work):
            archive.take_away(path)
    _put_records_right(work, entry)
    traces = ("ledger.old*", "agent.log*") if "names" in entry.removes else ("ledger.old*",)
    for path in [path for name in traces for path in archive.folder.glob(name)]:
        archive.take_away(path)


def _put_records_right(work: Workplace, entry: PurgeEntry) -> None:
    """The records in the archive say what the ledger's rows say now."""
    archive, mails, gone = work.archive, frozenset(entry.mails), frozenset(entry.gone)
    for one in work.ledger.each_entry():
        if one.seq < entry.seq and _concerns(one, mails, gone):
            archive.put_right(archive.entry_path(one), entry_bytes(redacted_entry(one, entry, mails, gone)))
    for mail in map(work.ledger.message, entry.mails):
        assert mail is not None
        archive.put_right(archive.envelope_path(mail.sha256), envelope_bytes(mail.envelope))
    if "names" in entry.removes:
        for row in work.ledger.letter_rows():
            if row["id"] in gone:
                at = dt.datetime.fromisoformat(row["sent_at"])
                said = departure_bytes(row["id"], row["state"], at, row["error"])
                archive.put_right(archive.departure_path(row["id"]), said)


def _concerns(entry: Entry, mails: frozenset[str], gone: frozenset[str]) -> bool:
    mine = isinstance(entry, MailEntry) and entry.message in mails
    return mine or any(one.id in gone for one in entry.letters)

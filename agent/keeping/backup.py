"""One consistent copy of everything, while the agent goes on: the archive, and the settings that it is read with.

The order makes it consistent. First the ledger is copied at one moment; then the files of what stood in it at that
moment, and of nothing that came since. Those files are written once: a mail lies there before it is in the ledger,
and a copy filed for people before its outcome is. Only records may lie there later than in the ledger: what is
lacking is laid down from the ledger's copy, byte for byte as the agent would. So `rebuild` of the unpacked copy
yields what the ledger held at that moment, whatever happened meanwhile.

A mail that isn't in the ledger yet is left out: it stands in the mailbox still, and comes in again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from agent import __version__
from agent.base.errors import UsageError
from agent.base.failpoints import passing
from agent.keeping.archive import (
    MANIFEST,
    THUMBNAILS,
    departure_bytes,
    entry_bytes,
    envelope_bytes,
    sync_folder,
)
from agent.keeping.bundle import PART, Gone, Item, read_again, write_bundle
from agent.keeping.ledger import DONE_WITH, Ledger, MessageRow
from agent.keeping.workfolder import ARCHIVE, work_folder
from agent.keeping.workspace import Workplace

TRIES = 20
"""How often it begins anew where a mail's text went before it was copied (a private mail, once it is judged)."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made and read again.

    Attributes:
        counts: of mails, entries of the journal, letters, copies filed, and all files.
        size: in bytes.
        problems: files of the archive that were missing or altered; each in words.
        strangers: files in the units' folders that the program hasn't filed: they aren't in it.
    """

    path: Path
    counts: dict[str, int]
    size: int
    problems: tuple[str, ...]
    strangers: tuple[str, ...]


def back_up(work: Workplace, now: dt.datetime, dest: Path | None = None) -> Backup:
    """Copy everything into one file, which gets its name once it has been read again and compared.

    Args:
        work: whose archive.
        now: for the file's name.
        dest: a folder, or a file that isn't there yet; None: a dated name beside the archive.

    Raises:
        UsageError: it can't be written there.
        ArchiveBusy: a purge, a rebuild or another backup is at work.
        ArchiveDamaged: the ledger.
        BackupDamaged: what was written doesn't read back.
    """
    target = _target(work, now, dest)
    part = target.with_name(target.name + PART)
    with work.archive.held_still():
        _sweep(work, target.parent)
        try:
            made = _written(work, now, target, part)
            read_again(part)
            passing("backup verified")
            part.replace(target)
        finally:
            _sweep(work, target.parent, part.name)
        sync_folder(target.parent)
    return made


def _target(work: Workplace, now: dt.datetime, dest: Path | None) -> Path:
    folder = work.archive.folder.parent.parent if dest is None else dest
    target = folder / f"{_stem(work)}{now:%Y%m%d-%H%M%S}.zip" if folder.is_dir() else folder
    if not target.parent.is_dir() or target.suffix.lower() != ".zip":
        missing = folder if target.suffix.lower() != ".zip" else target.parent
        raise UsageError(f"没有文件夹 {missing}。请先建好它；要写文件名，请以 .zip 结尾。")
    if target.exists():
        raise UsageError(f"已有 {target}，不覆盖以前的备份。请换一个名字，或先移走它。")
    return target


def _stem(work: Workplace) -> str:
    return f"{work.campaign.id}-备份-"


def _sweep(work: Workplace, folder: Path, name: str = "") -> None:
    """Take away what is half written: by this run, or by one that died (nobody else holds the archive still)."""
    for path in folder.iterdir():
        if PART in path.suffix and path.name.startswith(name or _stem(work)):
            path.unlink(missing_ok=True)


def _written(work: Workplace, now: dt.datetime, target: Path, part: Path) -> Backup:
    for tried in range(TRIES):
        try:
            return _write(work, now, target, part, may_go=tried < TRIES - 1)
        except Gone:
            continue
    raise AssertionError("the last time nothing may go")


def _write(work: Workplace, now: dt.datetime, target: Path, part: Path, *, may_go: bool) -> Backup:
    there = _in_the_units_folders(work)
    snapshot = part.with_name(f"{part.name}-ledger")
    _remove(snapshot)
    work.ledger.copy_to(snapshot)
    then = work.with_ledger(Ledger(snapshot, work.campaign))
    try:
        counts = _counts(then)
        about: dict[str, Any] = {"program": __version__, "campaign": work.campaign.id}
        about |= {"made_at": now.isoformat(), "last_entry": counts["entries"], "counts": counts}
        files = chain(_mails(then, may_go), work_folder(work), _records(then), _letters(then), _copies(then))
        written = write_bundle(part, chain(files, _key(then), _report(then), _ledger(then, snapshot)), about)
        filed = {one.path for unit in then.listed.units for one in then.dossier(unit.id).filed}
    finally:
        then.ledger.close()
        _remove(snapshot)
    return Backup(
        path=target,
        counts={**counts, "files": len(written.files)},
        size=part.stat().st_size,
        problems=tuple(written.problems),
        strangers=tuple(sorted(there - filed)),
    )


def _counts(then: Workplace) -> dict[str, int]:
    messages, letters = then.ledger.message_counts(), then.ledger.letter_counts()
    return {
        "mails": messages.received + messages.waiting,
        "entries": then.ledger.last_seq(),
        "letters": letters.queued + letters.sent + letters.doubtful + letters.failed,
        "copies": sum(
            not filed.piece.removed for unit in then.listed.units for filed in then.dossier(unit.id).filed
        ),
    }


def _mails(then: Workplace, may_go: bool) -> Iterator[Item]:
    """Each mail's envelope and text; first those that wait to be judged, whose text may go at any moment."""
    waiting = {row.sha256 for row in then.ledger.waiting()}
    for row in then.ledger.waiting():
        yield from _mail(then, row, may_go=may_go)
    for row in then.ledger.each_message():
        if row.sha256 not in waiting:
            yield from _mail(then, row)


def _mail(then: Workplace, row: MessageRow, *, may_go: bool = False) -> Iterator[Item]:
    envelope, raw = then.archive.envelope_path(row.sha256), then.archive.raw_path(row.sha256)
    yield Item(
        _name(then, envelope), envelope_bytes(row.envelope)
    )  # what is found out later is added to the file
    # Of a private mail the text isn't kept; of another its time may be over.
    if row.outcome is None or not (row.outcome.private or row.outcome.removed):
        yield Item(_name(then, raw), raw, row.sha256, may_go)


def _records(then: Workplace) -> Iterator[Item]:
    """Each entry of the journal: as it lies there, else as the agent is about to lay it down."""
    for entry in then.ledger.each_entry():
        path = then.archive.entry_path(entry)
        yield Item(_name(then, path), path if path.exists() else entry_bytes(entry))


def _letters(then: Workplace) -> Iterator[Item]:
    """Each letter that isn't removed; and how it left, if it had."""
    gone = {letter for one in then.ledger.purges() for letter in one.gone}
    for row in then.ledger.letter_rows():
        letter, departure = then.archive.letter_path(row["id"]), then.archive.departure_path(row["id"])
        if row["id"] not in gone:
            lies = letter.exists()
            yield Item(_name(then, letter), letter if lies else then.ledger.letter_bytes(row["id"]))
        if row["state"] in DONE_WITH:
            at = dt.datetime.fromisoformat(row["sent_at"])
            made = departure_bytes(row["id"], row["state"], at, row["error"])
            yield Item(_name(then, departure), departure if departure.exists() else made)


def _copies(then: Workplace) -> Iterator[Item]:
    """What is filed for people, with thumbnails."""
    for unit in then.listed.units:
        for filed in then.dossier(unit.id).filed:
            if filed.piece.removed:
                continue
            copy, thumbnail = then.archive.copy_path(filed), then.archive.thumbnail_path(filed)
            yield Item(_name(then, copy), copy, filed.piece.sha256)
            if filed.piece.kind == "photo" and thumbnail.exists():
                yield Item(_name(then, thumbnail), thumbnail)


def _key(then: Workplace) -> Iterator[Item]:
    """What tokens are signed with: without it those in letters that have left would be worth nothing."""
    path = then.archive.key_path
    if path.exists():
        yield Item(_name(then, path), path)


def _report(then: Workplace) -> Iterator[Item]:
    """What the last merge made; while the archive is held still no other makes another."""
    folder = then.archive.final
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and (path.name == MANIFEST or not path.name.startswith(".")):
            yield Item(_name(then, path), path)


def _ledger(then: Workplace, snapshot: Path) -> Iterator[Item]:
    then.ledger.close()  # and so nothing of it lies beside it
    yield Item(_name(then, then.archive.ledger), snapshot)


def _name(then: Workplace, path: Path) -> str:
    """The file's path in the backup."""
    return f"{ARCHIVE}/{then.archive.folder.name}/{path.relative_to(then.archive.folder).as_posix()}"


def _in_the_units_folders(work: Workplace) -> set[str]:
    """Every file in the folders of the units but the thumbnails, relative to the campaign's folder."""
    return {
        path.relative_to(work.archive.folder).as_posix()
        for unit in work.listed.units
        for path in (work.archive.folder / unit.folder).glob("*")
        if path.name != THUMBNAILS and not path.name.startswith(".")
    }


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)

"""The ledger and the filed copies anew, from the archive alone; or only compared (`rebuild --verify`)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from agent.base.errors import ConfigurationError
from agent.base.failpoints import around
from agent.keeping.ledger import Ledger
from agent.keeping.pieces import blobs_of
from agent.keeping.recovery import lay_down, take_back_copies
from agent.keeping.removal import finish
from agent.keeping.replay import _expected_copies, _replay, damaged_letters, damaged_mails, removed_words
from agent.keeping.workspace import Workplace

log = logging.getLogger(__name__)


def rebuild(work: Workplace) -> list[str]:
    """Make the ledger and the filed copies anew; returns what was done, a line each.

    The old ledger stays beside the new one, as ledger.old.
    """
    _complete_the_record(work)
    path = work.archive.ledger
    fresh = path.with_suffix(".new")
    _remove(fresh)
    ledger = Ledger(fresh, work.campaign)
    _replay(work, ledger)
    _doubt_again(work, ledger)
    _count_on(work, ledger)
    ledger.close()
    if path.exists():
        if "ledger" in work.__dict__:  # else it isn't open, and may be past opening
            work.ledger.close()
        _remove(path.with_suffix(".old"))
        with around("old ledger set aside"):
            path.replace(path.with_suffix(".old"))
    _remove(path)  # of a ledger that was open when the machine died, more than one file is left
    with around("new ledger in place"):
        fresh.replace(path)
    work.__dict__.pop("ledger", None)
    finish(work)
    damaged = damaged_mails(work)
    strays = [one.words for one in work.strays()]
    # Under a register that doesn't fit, copies would go into other units' folders.
    copies = 0 if strays else _copy_again(work, damaged)
    work.archive.sweep()
    take_back_copies(work)
    counts = work.ledger.message_counts()
    return [
        f"台账已重建：{counts.received} 封邮件。",
        f"归档文件：补写 {copies} 份。",
        *(f"{one}改好以前，归档文件不补写。" for one in strays),
        *damaged.values(),
        *damaged_letters(work),
        *removed_words(work),
    ]


def _doubt_again(work: Workplace, ledger: Ledger) -> None:
    """Letters that may have left already stay in doubt; without the old ledger, those of which no departure is known."""
    if work.settings.outbox.folder is not None:  # there the same letter is the same file
        return
    from sqlalchemy.exc import DatabaseError

    waiting = {row["id"] for row in ledger.letter_rows() if row["state"] == "queued"}
    try:
        known = {} if work.ledger_is_lost() else {row["id"]: row for row in work.ledger.letter_rows()}
    except (ConfigurationError, DatabaseError):
        known = {}
    with ledger.writing() as writing:
        for letter in waiting:
            if letter not in known or known[letter]["doubt"] or known[letter]["state"] == "sending":
                writing.letter_in_doubt(letter)


def _count_on(work: Workplace, ledger: Ledger) -> None:
    """How much mail was passed over for its date: the old ledger alone knows."""
    from sqlalchemy.exc import DatabaseError

    try:
        notes = (
            {}
            if work.ledger_is_lost() or not work.archive.ledger.exists()
            else work.ledger.notes_of_passed_over()
        )
    except (ConfigurationError, DatabaseError):
        return
    with ledger.writing() as writing:
        for key, value in notes.items():
            writing.set_meta(key, value)


def _complete_the_record(work: Workplace) -> None:
    """Lay down as files what the old ledger has and the archive lacks yet: a crash may have come between."""
    if not work.archive.ledger.exists() or work.ledger_is_lost():
        return
    from sqlalchemy.exc import DatabaseError

    try:
        lay_down(work)
    except (ConfigurationError, DatabaseError):  # damaged past reading: the archive alone must do
        log.warning("the old ledger can't be read")


def _copy_again(work: Workplace, damaged: Mapping[str, str]) -> int:
    """File every copy that is missing or altered, but of what no raw mail vouches for."""
    by_mail: dict[str, list[str]] = {}
    for path, (sha256, message) in _expected_copies(work).items():
        file = work.archive.folder / path
        if message in damaged or not work.archive.has_raw(message):
            continue
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
            by_mail.setdefault(message, []).append(path)
    for message in by_mail:
        row = work.ledger.message(message)
        assert row is not None
        assert row.unit is not None
        work.archive.file(work.dossier(row.unit), message, blobs_of(work, row))
    return sum(map(len, by_mail.values()))


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

"""The ledger anew, from the archive's records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from agent.base.errors import ArchiveDamaged, in_words
from agent.base.plain import plain
from agent.keeping.ledger import Ledger
from agent.keeping.workspace import Workplace
from agent.letters.names import purged_words

LETTER_LOST = "信的原文丢失，发不出去，请联系对方"


def removed_words(work: Workplace) -> list[str]:
    """What the rule of retention has removed, a line each time: it isn't missing."""
    if work.ledger_is_lost():
        return []
    return [
        f"{plain(one.at.astimezone(work.zone))}{purged_words(one.before, one.counts)}（{one.by}），不是缺失。"
        for one in work.ledger.purges()
    ]


def damaged_mails(work: Workplace) -> dict[str, str]:
    """SHA-256 → what is wrong with the raw mail that should be kept under it."""
    found = {}
    for row in work.ledger.each_message():
        if row.outcome is not None and (row.outcome.private or row.outcome.removed):
            continue
        if not work.archive.has_raw(row.sha256):
            found[row.sha256] = f"原始邮件 {row.sha256}：缺失。请从备份恢复。"
        elif hashlib.sha256(work.archive.raw(row.sha256)).hexdigest() != row.sha256:
            found[row.sha256] = f"原始邮件 {row.sha256}：内容已被改动。请从备份恢复。"
    return found


def damaged_letters(work: Workplace) -> Iterator[str]:
    """What is wrong with the letters that should be kept; what had left stays sent all the same."""
    gone = {letter for one in work.ledger.purges() for letter in one.gone}
    for letter in (one for entry in work.ledger.entries() for one in entry.letters if one.id not in gone):
        path = work.archive.letter_path(letter.id)
        if not path.exists():
            yield f"信件 {path.name}：缺失。请从备份恢复。"
        elif letter.sha256 and hashlib.sha256(path.read_bytes()).hexdigest() != letter.sha256:
            yield f"信件 {path.name}：内容已被改动。请从备份恢复。"


def _replay(work: Workplace, ledger: Ledger) -> None:
    """The archive's mails and records into an empty ledger.

    Raises:
        ArchiveDamaged: a record is missing, or can't be read.
    """
    try:
        _replay_all(work, ledger)
    except OSError as error:
        raise ArchiveDamaged(
            f"归档里的 {error.filename} 读不出来（{in_words(error)}）。请从备份恢复这个文件。"
        ) from error
    except (LookupError, ValueError) as error:
        raise ArchiveDamaged(
            f"归档 {work.archive.folder} 里的记录不完整或已损坏（{error}）。请从备份恢复。"
        ) from error


def _replay_all(work: Workplace, ledger: Ledger) -> None:
    archive = work.archive
    kept = archive.kept()
    with ledger.writing() as writing:
        for mail in kept:
            writing.add_message(mail.sha256, mail.received, mail.envelope)
        entries = archive.entries()
        for entry in entries:
            writing.append(entry)
        for letter, at in ((letter.id, entry.at) for entry in entries for letter in entry.letters):
            departure = archive.departure(letter)
            if departure is not None:
                writing.letter_restored(letter, departure["state"], departure["at"], departure["error"])
            elif not archive.letter_path(letter).exists():  # it can't leave any more: the contact is told
                writing.letter_failed(letter, LETTER_LOST, at)
        for mail in kept:
            place = mail.envelope
            if "uid" in place and "mailbox" in place:
                writing.set_mark(place["mailbox"], place["uidvalidity"], place["uid"])


def _expected_copies(work: Workplace) -> dict[str, tuple[str, str]]:
    """Path → (SHA-256, raw mail) of every copy that should be filed."""
    expected: dict[str, tuple[str, str]] = {}
    for dossier in work.dossiers():
        for filed in dossier.filed:
            if filed.piece.removed:
                continue
            expected[filed.path] = (filed.piece.sha256, filed.message)
    return expected

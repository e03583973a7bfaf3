"""The ledger and the filed copies anew, from the archive alone; or only compared (`rebuild --verify`)."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.base.errors import ArchiveDamaged, ConfigurationError, in_words
from agent.base.failpoints import around
from agent.campaign.rules import plain
from agent.dossier.dossier import Dossier, assemble
from agent.handling.intake import COPY, lay_down, take_back_copies
from agent.handling.signatures import SIGNED
from agent.judging.outcome import Outcome, decide, hand_in, withheld
from agent.keeping.archive import THUMBNAILS
from agent.keeping.ledger import Ledger, MessageRow
from agent.keeping.purge import finish, is_unfinished
from agent.keeping.workspace import Workplace, purged_words
from agent.reading.files import read_message

log = logging.getLogger(__name__)

LETTER_LOST = "信的原文丢失，发不出去，请联系对方"


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


def removed_words(work: Workplace) -> list[str]:
    """What the rule of retention has removed, a line each time: it isn't missing."""
    if work.ledger_is_lost():
        return []
    return [
        f"{plain(one.at.astimezone(work.zone))}{purged_words(one.before, one.counts)}（{one.by}），不是缺失。"
        for one in work.ledger.purges()
    ]


def _complete_the_record(work: Workplace) -> None:
    """Lay down as files what the old ledger has and the archive lacks yet: a crash may have come between."""
    if not work.archive.ledger.exists() or work.ledger_is_lost():
        return
    from sqlalchemy.exc import DatabaseError

    try:
        lay_down(work)
    except (ConfigurationError, DatabaseError):  # damaged past reading: the archive alone must do
        log.warning("the old ledger can't be read")


def verify(work: Workplace) -> list[str]:
    """Every difference between ledger, filed copies, and what the archive yields; empty when all is equal."""
    if work.ledger_is_lost():
        return [f"台账 {work.archive.ledger} 不见了，而归档里有记录。请运行 report-agent rebuild。"]
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite", work.campaign)
        try:
            _replay(work, ledger)
        except ArchiveDamaged as error:
            return [str(error)]
        differences = [*_differing_tables(work.ledger, ledger)]
        ledger.close()
    damaged = damaged_mails(work)
    if is_unfinished(work):
        differences.append("上次按保存期限的清理没有做完。请停下值守，运行 report-agent rebuild。")
    return [
        *differences,
        *damaged.values(),
        *damaged_letters(work),
        *(one.words for one in work.strays()),
        *_differing_copies(work),
        *_differing_readings(work, damaged),
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


def blobs_of(work: Workplace, row: MessageRow) -> Mapping[str, bytes]:
    """SHA-256 → bytes of the pieces in a kept mail, read again from its raw text."""
    assert row.outcome is not None
    submission = row.outcome.submission
    pieces = submission.pieces if submission else ()
    found = {piece.sha256: piece.text.encode() for piece in pieces if piece.text is not None}
    if any(piece.sha256 not in found for piece in pieces):
        raw = work.archive.raw(row.sha256)
        near = row.received.astimezone(work.zone).date()
        reading = read_message("", raw, campaign=work.campaign, register=work.listed, near=near)
        found |= {file.sha256: file.data for file in reading.everything()}
    return found


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


def _differing_tables(old: Ledger, new: Ledger) -> Iterator[str]:
    """Rows that differ, named by their table and key."""
    keys = {"journal": "seq", "messages": "sha256", "letters": "id"}
    names = {"journal": "记录", "messages": "邮件", "letters": "信件"}
    before, after = old.dump(), new.dump()
    for table, key in keys.items():
        was = {row[key]: row for row in before[table]}
        now = {row[key]: row for row in after[table]}
        for missing in was.keys() - now.keys():
            yield f"台账{names[table]} {missing}：归档里没有。"
        for extra in now.keys() - was.keys():
            yield f"台账{names[table]} {extra}：归档里有，台账里没有。"
        for same in was.keys() & now.keys():
            columns = [name for name in was[same] if was[same][name] != now[same][name]]
            if columns:
                yield f"台账{names[table]} {same}：{'、'.join(columns)} 不一致。"


def _expected_copies(work: Workplace) -> dict[str, tuple[str, str]]:
    """Path → (SHA-256, raw mail) of every copy that should be filed."""
    expected: dict[str, tuple[str, str]] = {}
    for dossier in work.dossiers():
        for filed in dossier.filed:
            if filed.piece.removed:
                continue
            expected[filed.path] = (filed.piece.sha256, filed.message)
    return expected


def _differing_copies(work: Workplace) -> Iterator[str]:
    expected = _expected_copies(work)
    for path, (sha256, _) in expected.items():
        file = work.archive.folder / path
        if not file.exists():
            yield f"归档文件 {path}：缺失。"
        elif hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
            yield f"归档文件 {path}：内容与原件不同。"
    for unit in work.listed.units:
        for file in sorted((work.archive.folder / unit.folder).glob("*")):
            relative = file.relative_to(work.archive.folder).as_posix()
            half_written = file.name.startswith(".") and file.suffix == ".part"
            if file.name != THUMBNAILS and not half_written and relative not in expected:
                yield f"归档文件 {relative}：不是由本程序归档的。"


def _differing_readings(work: Workplace, damaged: Mapping[str, str]) -> Iterator[str]:
    """What today's readers and rules would read differently from what is recorded; accepted figures stay."""
    for row in work.ledger.each_message():
        if row.outcome is None or row.outcome.state == "failed" or row.outcome.reason == COPY:
            continue
        if row.sha256 in damaged:
            continue
        if not work.archive.has_raw(row.sha256):  # a private mail's text isn't kept
            continue
        now = _read_again(work, row, row.outcome)
        was = row.outcome.submission.form if row.outcome.submission else None
        new = now.submission.form if now.submission else None
        if was != new:
            yield from _differing_forms(row, was.values if was else {}, new.values if new else {})


def _differing_forms(row: MessageRow, was: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    changed = [name for name in dict.fromkeys((*was, *now)) if was.get(name) != now.get(name)]
    told = "；".join(f"{name} 原读 {was.get(name)}，现读 {now.get(name)}" for name in changed) or "表头不同"
    yield f"邮件 {row.sha256[:12]}：现在的程序会读得不同：{told}。已登记的数没有改变。"


def _read_again(work: Workplace, row: MessageRow, outcome: Outcome) -> Outcome:
    raw, circumstances = work.archive.raw(row.sha256), work.circumstances()
    seq = outcome.submission.seq if outcome.submission else 0
    if "handed_in_by" in row.envelope:
        unit = work.listed.by_id.get(row.envelope["unit"])
        if unit is None:  # it stands in the register no more, and is named by itself
            return outcome
        return hand_in(raw, row.received, seq, unit, row.envelope["handed_in_by"], circumstances)
    if "withheld" in row.envelope:
        return withheld(raw, row.received, seq, row.envelope, circumstances)
    signed = row.envelope.get(SIGNED)
    return decide(
        raw, row.received, seq, circumstances, lambda unit: _dossier_before(work, unit, seq), signed
    )


def _dossier_before(work: Workplace, unit: str, seq: int) -> Dossier:
    """The unit's dossier as it was before that entry: words in answer to a letter are about what it showed."""
    dossier = work.dossier(unit)
    sent = [one for one in dossier.submissions if one.seq < seq]
    decided = [one for one in dossier.decisions if one.seq < seq]
    return assemble(dossier.unit, sent, decided, dossier.campaign)


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

"""Ledger, filed copies and readings, compared with the raw mails."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.base.errors import ArchiveDamaged
from agent.dossier.dossier import Dossier, assemble
from agent.judging.outcome import COPY, Outcome, decide, hand_in, withheld
from agent.keeping.archive import THUMBNAILS
from agent.keeping.ledger import Ledger, MessageRow
from agent.keeping.removal import is_unfinished
from agent.keeping.replay import _expected_copies, _replay, damaged_letters, damaged_mails
from agent.keeping.workspace import Workplace
from agent.mail.signature import SIGNED


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

"""What the contact hands in for a unit (review hand-in): files that came another way, as a mail of the contact's own.

They go the way of every mail, decided by the contact; of a table of several units each takes its own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from agent.base.errors import UsageError
from agent.campaign.units import Unit
from agent.dossier.dossier import Dossier, joined
from agent.dossier.submission import Ruling, Submission
from agent.handling.decisions import find_unit, require_open
from agent.judging.evidence import names_another
from agent.judging.outcome import Outcome
from agent.judging.outcome import hand_in as judge_hand_in
from agent.keeping.ledger import MailEntry
from agent.keeping.recovery import take_back_copies
from agent.keeping.workspace import Workplace
from agent.reading.reading import Form

ALL_UNITS = ("all", "全部")


def hand_in(
    work: Workplace, unit: str, files: Sequence[Path], ruling: Ruling, *, anyway: bool = False
) -> str:
    """File what came another way (on paper, by chat) as the unit's; decided by the contact.

    Raises:
        UsageError: a file can't be read from the disk; the same was handed in just now; the report is final; the
            form names another unit (``anyway``: take it all the same).
    """
    handed = _handed(work, find_unit(work, unit), files, ruling)
    if not anyway:
        _require_own_form(work, handed)
    return _file(work, handed, ruling)


@dataclass(frozen=True, slots=True)
class _Handed:
    """The files as a mail of the contact's, and what it comes to for a unit."""

    owner: Unit
    raw: bytes
    outcome: Outcome
    submission: Submission


def _handed(work: Workplace, owner: Unit, files: Sequence[Path], ruling: Ruling) -> _Handed:
    require_open(work)
    circumstances = work.circumstances()
    raw = _hand_in_mail(work, owner, files, ruling)
    outcome = judge_hand_in(raw, ruling.at, 0, owner, ruling.by, circumstances)
    assert outcome.submission is not None
    return _Handed(owner, raw, outcome, outcome.submission)


def _file(work: Workplace, handed: _Handed, ruling: Ruling) -> str:
    """Into the unit's dossier; returns what the contact is told."""
    owner = handed.owner
    envelope = {
        "number": work.ledger.next_number(),
        "received": ruling.at.isoformat(),
        "fetched_at": ruling.at.isoformat(),
        "handed_in_by": ruling.by,
        "unit": owner.id,
        "reason": ruling.reason,
    }
    require_open(work)  # not below: what is kept is judged, sooner or later
    kept = work.archive.keep(handed.raw, envelope)
    with work.ledger.writing() as writing:
        seq = writing.next_seq()
        if not writing.add_message(kept.sha256, kept.received, kept.envelope):
            raise UsageError(f"这些文件刚才已经为{owner.name}登记过。")
        submission = replace(handed.submission, seq=seq)
        after = joined(work.dossier(owner.id), submission)
        work.archive.file(after, kept.sha256, handed.outcome.blobs)
        entry = MailEntry(seq, ruling.at, kept.sha256, replace(handed.outcome, submission=submission))
        writing.append(entry)
    work.archive.noted(kept.sha256)
    work.archive.record(entry)
    take_back_copies(work)
    return _handed_in(after, kept.sha256)


def hand_in_table(work: Workplace, files: Sequence[Path], ruling: Ruling) -> str:
    """File a table in which several units' rows stand: to each unit its own.

    Raises:
        UsageError: no unit's figures are in it; it holds more than forms, which would be every unit's; as `hand_in`.
    """
    return "\n".join([_file(work, handed, ruling) for handed in _for_each_unit(work, files, ruling)])


def _for_each_unit(work: Workplace, files: Sequence[Path], ruling: Ruling) -> list[_Handed]:
    """What the files come to for each unit whose form is in them."""
    found = []
    for unit in work.listed.units:
        handed = _handed(work, unit, files, ruling)
        others = [one.name for one in handed.submission.pieces if one.kind != "form" or one.is_narrative]
        if others:
            raise UsageError(
                f"{'、'.join(others)} 不只是统计表。开展情况和照片请用 review hand-in 单位 分别代交。"
            )
        if handed.submission.form is not None and _has_figures_of(unit, handed.submission.form, work):
            found.append(handed)
    if not found:
        raise UsageError("文件里没有找到写明单位的统计数据。请检查表中每一行是否写有单位名称。")
    return found


def _has_figures_of(unit: Unit, form: Form, work: Workplace) -> bool:
    named = work.listed.in_form(form.unit or "").unit
    figures = (form.values.get(one.id) for one in work.campaign.form.figures)
    return named is not None and named.id == unit.id and any(one is not None for one in figures)


def _require_own_form(work: Workplace, handed: _Handed) -> None:
    """A slip of the hand would put one unit's figures into another's row."""
    owner, form = handed.owner, handed.submission.form
    written = form.unit if form else None
    if written and names_another(written, owner, work.register()):
        raise UsageError(
            f"统计表上写的单位是“{written}”，不是{owner.name}。如确要登记给{owner.name}，请加 --anyway。"
        )


def _hand_in_mail(work: Workplace, owner: Unit, files: Sequence[Path], ruling: Ruling) -> bytes:
    """The files as a mail of the contact's, so that they go the way of every mail."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = work.settings.contact.address
    mail["To"] = work.settings.address
    mail["Subject"] = f"{owner.name}材料（联系人代交）"
    mail["Date"] = ruling.at
    mail.set_content("联系人代交。")  # the reason is the contact's, not the unit's: it lies in the envelope
    for path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"读不到文件 {path}：{error.strerror}。") from error
        mail.add_attachment(data, "application", "octet-stream", filename=" ".join(path.name.split()))
    mail.set_boundary(f"hand-in-{owner.id}-{ruling.at:%Y%m%d%H%M%S}")
    return mail.as_bytes()


def _handed_in(dossier: Dossier, sha256: str) -> str:
    filed = [one for one in dossier.filed if one.message == sha256]
    version = dossier.version_of(sha256)
    submission = next(one for one in dossier.submissions if one.message == sha256)
    lines = [f"已为{dossier.unit.name}登记 {len(filed)} 份材料。"]
    if version is not None and sha256 in version.again:
        lines.append(f"统计表与第 {version.number} 版是同一个文件，没有另登记为新的一版。")
    if version is not None and version.standing == "needs_correction":
        lines.append("统计表有错误，暂不计入汇总：")
    if version is not None and version.standing == "needs_confirmation":
        lines.append(f"统计表需要确认：核对后运行 review confirm {dossier.unit.id}。")
    findings = (*(version.findings if version else ()), *submission.findings)
    lines.extend(f"  · {one.text}" for one in findings if one.severity != "note")
    return "\n".join(lines)

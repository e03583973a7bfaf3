"""What the bureau's rule of retention says goes, goes; and it is recorded that it did, not what it was.

The rule is the operator's (config.yaml, `retention`): without one nothing is ever removed. Of a campaign that is
still open only goes what was set aside (strangers' mail, automatic answers); what waits for a decision never does.
A figure, how a form stands and who decided what stay whatever the rule says, and that is checked before anything is
touched. First the ledger records it and takes it out of its own rows, in one step; then the files go. A crash
between leaves files that the next start, rebuild or purge removes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.base.errors import AgentError, UsageError
from agent.base.failpoints import passing
from agent.campaign.settings import RetentionSettings
from agent.dossier.dossier import Dossier, assemble
from agent.dossier.submission import Ruling, final_decision
from agent.keeping.ledger import DONE_WITH, MessageRow, PurgeEntry
from agent.keeping.ledger.redaction import KINDS, redacted_outcome
from agent.keeping.recovery import lay_down
from agent.keeping.removal import _albums, _filed, finish
from agent.keeping.workspace import Workplace

if TYPE_CHECKING:
    from agent.dossier.submission import Submission


NO_RULE = """{file} 里没有 retention，不知道该删什么，所以什么也没有删。写上本局的规定，例如：

retention:
  keep_days: 365                                   # 收到以后至少保存多少天
  remove: [mails, ignored, photos, letters]        # 期满删去什么；没写的照留

各项的意思见 docs/keeping.md。"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would remove.

    Attributes:
        entry: what it would record.
        units: the names of the units whose material it touches.
        held_back: what was received before that day and stays all the same, and why; in words.
    """

    entry: PurgeEntry
    units: tuple[str, ...]
    held_back: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.entry.mails and not self.entry.gone and not self.entry.counts.get("album")


def plan(work: Workplace, before: dt.date, ruling: Ruling) -> Plan:
    """What the rule says of all that was received before that day; nothing is changed.

    Raises:
        UsageError: there is no rule, or the day is too late for it.
    """
    rule = _rule(work, before, ruling.at.astimezone(work.zone).date())
    final = final_decision(work.ledger.decisions())
    closed = final is not None
    waiting = _waiting(work)
    mails = [
        row
        for row in work.ledger.each_message()
        if _goes(row, rule, closed) and _before(work, row, before) and row.sha256 not in waiting
    ]
    gone = _letters(work, before) if closed and "letters" in rule.remove else []
    aged = final is not None and final.at.astimezone(work.zone).date() < before
    album = _albums(work) if aged and "album" in rule.remove else []
    entry = PurgeEntry(
        seq=work.ledger.last_seq() + 1,
        at=ruling.at,
        by=ruling.by,
        reason=ruling.reason,
        before=before,
        removes=rule.remove,
        texts=_texts(work),
        mails=tuple(row.sha256 for row in mails),
        gone=tuple(gone),
        counts=_counts(work, rule, mails, gone, album),
    )
    units = {work.listed.by_id[row.unit or ""].name for row in mails if (row.unit or "") in work.listed.by_id}
    in_order = tuple(unit.name for unit in work.listed.units if unit.name in units)
    return Plan(entry, in_order, tuple(_held_back(work, before, closed)))


def purge(work: Workplace, before: dt.date, ruling: Ruling) -> Plan:
    """Remove what the rule says; first what an earlier purge left. The caller holds the archive's locks.

    Raises:
        UsageError: as for the plan; or something was recorded since it was planned.
        AgentError: a figure would change.
    """
    lay_down(work)
    planned = plan(work, before, ruling)
    if not planned.is_empty:
        _require_same_figures(work, planned.entry)
        _carry_out(work, planned)
    return planned


def _carry_out(work: Workplace, planned: Plan) -> None:
    with work.ledger.writing() as writing:
        if writing.next_seq() != planned.entry.seq:
            raise UsageError("这期间收到了新的邮件或决定，什么也没有删。请再运行一次。")
        writing.append(planned.entry)
    work.ledger.forget()
    passing("purge committed")
    finish(work)


# --- what goes -------------------------------------------------------------------------------------------


def _rule(work: Workplace, before: dt.date, today: dt.date) -> RetentionSettings:
    rule = work.settings.retention
    if rule is None:
        raise UsageError(NO_RULE.format(file=work.settings.file.name))
    latest = today - dt.timedelta(days=rule.keep_days)
    if before > latest:
        why = f"retention.keep_days 规定保存 {rule.keep_days} 天，" if rule.keep_days else ""
        raise UsageError(f"{why}--before 最晚可以写 {latest}，写的是 {before}。什么也没有删。")
    return rule


def _goes(row: MessageRow, rule: RetentionSettings, closed: bool) -> bool:
    """Whether the rule removes the mail, its time being over; held, failed and waiting mails are open matters."""
    if row.outcome is None or row.outcome.removed or row.outcome.private:
        return False
    if row.state == "ignored":
        return "ignored" in rule.remove
    return row.state == "processed" and closed and "mails" in rule.remove


def _waiting(work: Workplace) -> frozenset[str]:
    """The mails that say something which nobody has settled: they stay, with what they say."""
    return frozenset(one.message for one in work.open_items())


def _before(work: Workplace, row: MessageRow, before: dt.date) -> bool:
    return row.received.astimezone(work.zone).date() < before


def _letters(work: Workplace, before: dt.date) -> list[str]:
    """The letters queued before that day that have left, and aren't gone yet."""
    earlier = {letter for one in work.ledger.purges() for letter in one.gone}
    return [
        row["id"]
        for row in work.ledger.letter_rows()
        if row["state"] in DONE_WITH
        and row["id"] not in earlier
        and dt.datetime.fromisoformat(row["queued_at"]).astimezone(work.zone).date() < before
    ]


def _texts(work: Workplace) -> tuple[str, ...]:
    """The form's text fields, but those that a check looks at: their words decide about figures."""
    looked_at = {name for check in work.campaign.checks for name in check.names}
    return tuple(one.id for one in work.campaign.form.fields if not one.is_figure and one.id not in looked_at)


def _counts(
    work: Workplace,
    rule: RetentionSettings,
    mails: list[MessageRow],
    gone: list[str],
    album: list[Path],
) -> dict[str, int]:
    filed = list(_filed(work, (row.sha256 for row in mails), rule.remove))
    counts = Counter(KINDS[one.piece.kind] for one in filed)
    counts["mails"] = sum(row.state == "processed" for row in mails)
    counts["ignored"] = len(mails) - counts["mails"]
    counts["letters"], counts["album"] = len(gone), len(album)
    counts["names"] = len(mails) if "names" in rule.remove else 0
    archive = work.archive
    paths = [
        *(archive.raw_path(row.sha256) for row in mails),
        *(archive.copy_path(one) for one in filed),
        *(archive.thumbnail_path(one) for one in filed if one.piece.kind == "photo"),
        *(archive.letter_path(one) for one in gone),
        *album,
    ]
    counts["bytes"] = sum(path.stat().st_size for path in paths if path.exists())
    return {what: count for what, count in counts.items() if count}


def _held_back(work: Workplace, before: dt.date, closed: bool) -> Iterator[str]:
    rows = [row for row in work.ledger.each_message() if _before(work, row, before)]
    states = Counter(row.state for row in rows if row.outcome is None or not row.outcome.removed)
    if not closed and states["processed"]:
        yield f"各单位的邮件和材料 {states['processed']} 封没有动：本次行动还没有定稿（report-agent merge --final）。"
    if states["held"]:
        yield f"待核邮件 {states['held']} 封没有动：先用 report-agent review 作出决定。"
    open_mails = _waiting(work) & {row.sha256 for row in rows}
    if open_mails:
        yield f"有话没有了结的邮件 {len(open_mails)} 封没有动：办完以后先用 report-agent review settle 了结。"
    if states["failed"]:
        yield f"处理失败的邮件 {states['failed']} 封没有动：看过以后先用 report-agent review reject 了结。"


# --- that no figure changes ------------------------------------------------------------------------------


def _require_same_figures(work: Workplace, entry: PurgeEntry) -> None:
    """Put each dossier together as it will be, and compare all that the report is made of."""
    mails = frozenset(entry.mails)
    for unit in work.listed.units:
        now = work.dossier(unit.id)
        sent = [_afterwards(one, entry) if one.message in mails else one for one in now.submissions]
        then = assemble(now.unit, sent, now.decisions, now.campaign)
        if _what_counts(now) != _what_counts(then):
            raise AgentError(
                f"删去以后{unit.name}的数或登记情况会改变，所以什么也没有删。请保留档案并报告程序的维护者。"
            )


def _afterwards(submission: Submission, entry: PurgeEntry) -> Submission:
    from agent.judging.outcome import Outcome

    after = redacted_outcome(Outcome("processed", submission=submission), entry).submission
    assert after is not None
    return after


def _what_counts(dossier: Dossier) -> Any:
    figures = [one.id for one in dossier.campaign.form.figures]
    return (
        dossier.owes,
        dossier.deadline,
        dossier.accepted.number if dossier.accepted else None,
        [(one.path, one.message, one.piece.sha256, one.piece.is_narrative) for one in dossier.filed],
        [
            (
                one.number,
                one.standing,
                {name: one.values.get(name) for name in figures},
                [(found.severity, found.rule, found.field) for found in one.findings],
                len(one.open_warnings),
                one.received,
            )
            for one in dossier.versions
        ],
    )


# --- the files -------------------------------------------------------------------------------------------

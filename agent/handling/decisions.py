"""What the contact decides (review): each decision checked, and recorded with its reason.

A held mail that is taken gets its receipt; of what changes its figures or its deadline the unit gets a notice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from agent.base.errors import UsageError
from agent.base.plain import plain
from agent.campaign.rules import FormField, run_checks
from agent.campaign.units import Unit
from agent.dossier.closing import cross_named, named
from agent.dossier.dossier import Dossier, assemble, joined
from agent.dossier.submission import CHANGING, NOTICED, Decision, DecisionKind, Ruling, final_decision
from agent.dossier.version import FormVersion
from agent.handling.answering import answer, queued, written
from agent.judging.outcome import adopt
from agent.keeping.ledger import DecisionEntry, MessageRow, QueuedLetter, Writing
from agent.keeping.recovery import take_back_copies
from agent.keeping.workspace import Workplace
from agent.reading.cell.values import read_figure
from agent.reading.grid import Cell

LAST_YEAR = dt.date(2200, 1, 1)
FINAL = (
    "本次行动已经定稿，没有改动。确要改的，请先运行 report-agent review reopen --reason 原因，"
    "改好以后再运行 report-agent merge --final。"
)


def accept(work: Workplace, held: str, ruling: Ruling, *, register: bool = False) -> str:
    """Take a held mail as the suggested unit's.

    Raises:
        UsageError: no such mail; or it is not certain whose it is, and `assign` must say.
    """
    row = _held(work, held)
    suggested = row.outcome.suggested_unit if row.outcome else None
    if row.reason == "unit_conflict":
        raise UsageError(
            f"{held} 的发件邮箱和统计表写的单位不一致，请用 review assign {held} 单位 指明归哪个单位。"
        )
    if suggested is None:
        raise UsageError(f"{held} 看不出是哪个单位的，请用 review assign {held} 单位 指明归哪个单位。")
    return assign(work, held, suggested, ruling, register=register)


def assign(work: Workplace, held: str, unit: str, ruling: Ruling, *, register: bool = False) -> str:
    """Take a held mail as that unit's; with ``register``, its sender's address is the unit's from now on."""
    row, owner = _held(work, held), find_unit(work, unit)
    outcome = row.outcome
    assert outcome is not None
    address = _to_register(work, outcome.sender, owner) if register else None
    blobs = _blobs(work, row)
    with work.ledger.writing() as writing:
        _require_held(work, writing, held, row)
        require_open(work)
        seq = writing.next_seq()
        decision = _decision(seq, "assign", ruling, unit=owner.id, message=row.sha256, address=address)
        letters: tuple[QueuedLetter, ...] = ()
        if outcome.submission is not None:
            before = work.dossier(owner.id)
            after = joined(before, adopt(outcome.submission, seq, ruling.by, work.campaign))
            # An automatic mail is never answered, not even once its form is taken.
            welcome = replace(outcome, reply=None if outcome.reason == "automatic" else "receipt")
            letters = answer(work, row, welcome, (before, after), ruling.at, decided_seq=seq)
            work.archive.file(after, row.sha256, blobs)
        entry = DecisionEntry(seq, ruling.at, decision, letters)
        writing.append(entry)
    work.archive.record(entry)
    take_back_copies(work)
    also = f"，并登记 {address}" if address else ""
    return f"{held} 已归入{owner.name}{also}。"


def _to_register(work: Workplace, address: str, owner: Unit) -> str:
    """The sender's address, where it may become the unit's: with it, the unit's mail needs nobody's decision."""
    if not address:
        raise UsageError("这封邮件没有写明发件人，没有地址可以登记。请去掉 --register。")
    if work.settings.contact.is_contact(address) or address.casefold() == work.settings.address.casefold():
        raise UsageError(f"{address} 是联系人或本系统的邮箱，不能登记给{owner.name}。请去掉 --register。")
    other = work.register().of_sender(address)
    if other is not None and other.id != owner.id:
        raise UsageError(f"{address} 已登记为{other.name}的邮箱，不能再登记给{owner.name}。")
    return address


def reject(work: Workplace, held: str, ruling: Ruling) -> str:
    """Set a held mail, or one that couldn't be processed, aside: it changes nothing; its raw mail stays."""
    row = _failed(work, held) or _held(work, held)
    with work.ledger.writing() as writing:
        _require_held(work, writing, held, row)
        seq = writing.next_seq()
        entry = DecisionEntry(seq, ruling.at, _decision(seq, "reject", ruling, message=row.sha256))
        writing.append(entry)
    work.archive.record(entry)
    return f"{held} 已退回，不计入；原始邮件仍保存。"


def confirm(work: Workplace, unit: str, ruling: Ruling) -> str:
    """Confirm a form that was read from a picture, or a sum that nobody marked as the total."""
    dossier = work.dossier(find_unit(work, unit).id)
    version = dossier.pending
    if version is None or version.standing != "needs_confirmation":
        raise UsageError(f"{dossier.unit.name}没有等待确认的统计表。")
    _record(work, "confirm", ruling, unit=dossier.unit.id, message=version.submission.message)
    return f"{dossier.unit.name}第 {version.number} 版统计表已确认。"


def override(work: Workplace, unit: str, field: str, value: str, ruling: Ruling) -> str:
    """Set one figure of a unit's newest form; the field by its id or by its whole label.

    Raises:
        UsageError: no form, no such field, or not a value that the field can take.
    """
    dossier = work.dossier(find_unit(work, unit).id)
    version = _newest(dossier)
    about = _field(work, field)
    figure = _value(work, about, value)
    _record(
        work,
        "override",
        ruling,
        unit=dossier.unit.id,
        message=version.submission.message,
        field=about.id,
        value=figure,
    )
    after = work.dossier(dossier.unit.id)
    left = sum(1 for one in _same(after, version).findings if one.severity == "error")
    more = f"该表还有 {left} 处错误待改。" if left else ""
    against = _against(work, _same(after, version), about.id)
    return f"{dossier.unit.name}第 {version.number} 版统计表：“{about.full_label}”改为 {plain(figure)}。{more}{against}"


def _against(work: Workplace, version: FormVersion, field: str) -> str:
    """Which checks the figure fails still: the contact's word stands, and a slip of the hand should be seen."""
    failed = [one.text for one in run_checks(work.campaign, version.values) if field in one.fields]
    return f"注意，按此登记后仍有不符，如系笔误请再改：{''.join(failed)}" if failed else ""


def close(work: Workplace, unit: str, ruling: Ruling) -> str:
    """Close the open warnings of a unit's newest form that has any, and what is odd about it among the units.

    Those that there are now: what arises later stays open.
    """
    dossier = work.dossier(find_unit(work, unit).id)
    _newest(dossier)
    crossed = work.crossed().get(dossier.unit.id, ())
    versions = [one for one in (dossier.pending, dossier.accepted) if one is not None]
    version = next((one for one in versions if one.open_warnings), dossier.accepted if crossed else None)
    if version is None:
        raise UsageError(f"{dossier.unit.name}没有待核实的事项。")
    own = [name for name, one in named(version.findings, version.values) if one in version.open_warnings]
    odd = cross_named(crossed, version.values) if version is dossier.accepted else []
    closes = tuple(dict.fromkeys((*own, *(name for name, _ in odd))))
    _record(work, "close", ruling, unit=dossier.unit.id, message=version.submission.message, closes=closes)
    return f"{dossier.unit.name}的 {len(closes)} 处待核实事项已了结。以后再出现的，仍会列出。"


def settle(work: Workplace, item: str, ruling: Ruling) -> str:
    """What somebody said is dealt with: it is listed no more. Changes no figure.

    Raises:
        UsageError: nothing of that id is open.
    """
    wanted, waiting = item.strip().upper(), work.open_items()
    found = next((one for one in waiting if one.id == wanted), None)
    if found is None:
        ids = "、".join(one.id for one in waiting) or "没有"
        raise UsageError(f"没有编号 {item} 的未了事项。现有：{ids}。")
    _record(work, "settle", ruling, unit=found.unit, message=found.message, item=found.id)
    figure = "登记的数没有因此改变；要改请用 review override。" if found.kind == "correction" else ""
    return f"{found.id} 已了结，不再列出。{figure}"


def withdraw(work: Workplace, unit: str, ruling: Ruling) -> str:
    """Withdraw the forms that a unit has sent so far; narrative and photos stay."""
    dossier = work.dossier(find_unit(work, unit).id)
    _newest(dossier)
    _record(work, "withdraw", ruling, unit=dossier.unit.id)
    return f"{dossier.unit.name}已报的统计表已撤回，不计入汇总，等待重新报送。"


def extend(work: Workplace, unit: str, date: str, ruling: Ruling) -> str:
    """Give a unit another deadline."""
    owner = find_unit(work, unit)
    try:
        until = dt.date.fromisoformat(date)
    except ValueError as error:
        raise UsageError(f"日期 {date} 不对，应写成 2024-03-08 这样。") from error
    if not work.campaign.start <= until <= LAST_YEAR:
        raise UsageError(f"日期 {date} 不在本次行动开始（{work.campaign.start}）之后，请核对年份。")
    _record(work, "extend", ruling, unit=owner.id, date=until)
    past = "这一天已过，该单位按逾期计。" if until < ruling.at.date() else ""
    return f"{owner.name}的报送期限改为 {plain(until)}。{past}"


def close_campaign(work: Workplace, ruling: Ruling, seen: int | None = None) -> None:
    """Record that the report is final: later changes are held.

    Args:
        work: whose campaign.
        ruling: who closes it.
        seen: the last entry of the journal that the report took into account; None: whatever there is.

    Raises:
        UsageError: something was recorded since, that the report lacks.
    """
    with work.ledger.writing() as writing:
        seq = writing.next_seq()
        if seen is not None and seq != seen + 1:
            raise UsageError("生成汇总报告期间收到了新的邮件或决定，还没有定稿。请再运行一次 merge --final。")
        entry = DecisionEntry(seq, ruling.at, _decision(seq, "final", ruling))
        writing.append(entry)
    work.archive.record(entry)


def reopen(work: Workplace, ruling: Ruling) -> str:
    """Open the campaign again after a final report."""
    if not work.circumstances().closed:
        raise UsageError("本次行动还没有定稿，不用重新打开。")
    _record(work, "reopen", ruling)
    return "已重新打开，之后的来件照常登记。"


def require_open(work: Workplace) -> None:
    """Nothing that changes the report is decided once it is final.

    Raises:
        UsageError: it is final.
    """
    if final_decision(work.ledger.decisions()) is not None:
        raise UsageError(FINAL)


def find_unit(work: Workplace, name: str) -> Unit:
    """The unit of that id, name or alias.

    Raises:
        UsageError: there is none; the message lists them.
    """
    for unit in work.listed.units:
        if name == unit.id or name in unit.names:
            return unit
    known = "、".join(f"{unit.id}（{unit.name}）" for unit in work.listed.units)
    raise UsageError(f"没有名为 {name} 的单位。可用：{known}")


def _held(work: Workplace, held: str) -> MessageRow:
    row = work.ledger.held_message(held)
    if row is None or row.state != "held":
        raise _not_held(work, held)
    return row


def _failed(work: Workplace, identity: str) -> MessageRow | None:
    """The failed mail of that id (F and the first digits of its hash), or None."""
    digits = identity.lower().removeprefix("f")
    failed = [one for one in work.ledger.failed() if identity[:1] in "Ff" and one.message.startswith(digits)]
    return work.ledger.message(failed[0].message) if len(failed) == 1 and len(digits) >= 8 else None


def _require_held(work: Workplace, writing: Writing, held: str, row: MessageRow) -> None:
    """Look again inside the transaction: somebody else may have decided meanwhile."""
    if writing.state(row.sha256) != row.state:
        raise _not_held(work, held)


def _not_held(work: Workplace, held: str) -> UsageError:
    waiting = "、".join(one.id for one in work.ledger.held()) or "没有"
    return UsageError(f"没有编号 {held} 的待核邮件。现有待核：{waiting}。")


def _newest(dossier: Dossier) -> FormVersion:
    """The form that a decision about a unit is about: the one that waits, else the accepted one."""
    version = dossier.pending or dossier.accepted
    if version is None:
        raise UsageError(f"{dossier.unit.name}还没有报送统计表。")
    return version


def _same(dossier: Dossier, version: FormVersion) -> FormVersion:
    return next(one for one in dossier.versions if one.number == version.number)


def _field(work: Workplace, name: str) -> FormField:
    """The field of that id or label, whole: 总计 alone may be another column's tomorrow."""
    fields = work.campaign.form.fields
    field = next((one for one in fields if name in (one.id, one.full_label)), None)
    if field is None:
        known = "、".join(f"{one.id}（{one.full_label}）" for one in fields)
        raise UsageError(f"没有名为 {name} 的项目。写代号或者表上的名称，可用：{known}")
    return field


def _value(work: Workplace, field: FormField, text: str) -> Decimal | str:
    if not field.is_figure:
        return text
    reading = read_figure(Cell("命令行", "text", text), field, work.campaign)
    if not isinstance(reading.value, Decimal):
        why = "；".join(one.text for one in reading.findings)
        raise UsageError(f"没有改：{why}")
    return reading.value


def _decision(seq: int, kind: DecisionKind, ruling: Ruling, **about: Any) -> Decision:
    via = ruling.via or None
    return Decision(seq=seq, kind=kind, at=ruling.at, by=ruling.by, reason=ruling.reason, via=via, **about)


def _record(work: Workplace, kind: DecisionKind, ruling: Ruling, **about: Any) -> None:
    with work.ledger.writing() as writing:
        if kind in CHANGING:
            require_open(work)
        seq = writing.next_seq()
        decision = _decision(seq, kind, ruling, **about)
        entry = DecisionEntry(seq, ruling.at, decision, _noticed(work, decision))
        writing.append(entry)
    work.archive.record(entry)


def _noticed(work: Workplace, decision: Decision) -> tuple[QueuedLetter, ...]:
    """The letter that tells the unit what was decided about its figures or its deadline, where its address is known."""
    if decision.unit is None or decision.kind not in NOTICED:
        return ()
    before = work.dossier(decision.unit)
    if not before.unit.senders:
        return ()
    after = assemble(before.unit, before.submissions, [*before.decisions, decision], before.campaign)
    return (queued(written(work, lambda letters: letters.notice(decision, before, after, decision.at))),)


def _blobs(work: Workplace, row: MessageRow) -> Mapping[str, bytes]:
    from agent.keeping.pieces import blobs_of

    return blobs_of(work, row)

"""A mail that failed, tried again because somebody asks: `review retry`."""

from __future__ import annotations

from agent.base.errors import StillFails, UsageError
from agent.dossier.submission import Ruling
from agent.handling.decisions import _failed, _record
from agent.handling.intake import STATE_NAMES, judge
from agent.handling.signatures import Vouching
from agent.keeping.workspace import Workplace


def retry(work: Workplace, failed: str, ruling: Ruling) -> str:
    """Try a mail that couldn't be processed once more: the program, or the machine, may be another by now.

    Raises:
        UsageError: no such mail, or its text was never had.
    """
    row = _failed(work, failed)
    if row is None:
        known = "、".join(one.id for one in work.ledger.failed()) or "没有"
        raise UsageError(f"没有编号 {failed} 的处理失败邮件。现有：{known}。")
    if "withheld" in row.envelope:
        raise UsageError(
            f"{failed} 的原文没有取回来，无法重新处理。请在邮箱网页里打开，材料用 review hand-in 代交。"
        )
    _record(work, "retry", ruling, message=row.sha256)
    state = judge(work, row, ruling.at, Vouching(work))
    after = work.ledger.message(row.sha256)
    if state == "failed" and after is not None:
        raise StillFails(f"{failed} 重新处理，仍然失败：{after.reason}")
    if state == "waiting":
        raise StillFails(
            f"{failed} 这次没有处理：等待域名服务器的答复，或刚被别人处理。请稍后用 report-agent review 查看。"
        )
    unit = work.listed.by_id[after.unit].name if after is not None and after.unit else ""
    return f"{failed} 已重新处理：{STATE_NAMES[state]}{f'，{unit}' if unit else ''}。"

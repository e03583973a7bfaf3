"""What backup and purge say on the terminal, in Chinese."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.base.line import size_words
from agent.base.plain import plain
from agent.keeping.backup import Backup
from agent.keeping.purge import Plan
from agent.letters.names import PURGED_NAMES


def backup_words(made: Backup) -> str:
    """What a backup holds, and what to do with it."""
    lines = [
        str(made.path),
        f"{_holds(made.counts)}，共 {made.counts['files']} 个文件，{size_words(made.size)}。"
        "写完后重新读过一遍，与写入的一致。",
    ]
    if made.strangers:
        lines.append(f"不是由本程序归档的文件没有放进备份：{'、'.join(made.strangers)}")
    lines.append("里面有个人信息，请放到另一台机器或移动硬盘上，只让自己能打开。恢复办法写在备份里。")
    return "\n".join(lines)


def bundle_words(path: Path, listed: Mapping[str, Any]) -> str:
    """What a backup that was checked holds."""
    at = dt.datetime.fromisoformat(listed["made_at"])
    made = f"{plain(at)}{at.hour}时{at.minute:02d}分的备份"
    return f"{path}：{made}，完好。{_holds(listed['counts'])}，共 {len(listed['files'])} 个文件。"


def plan_words(planned: Plan, *, done: bool) -> str:
    """What a purge removes or has removed, what it leaves, and how to go on."""
    counts, day = planned.entry.counts, plain(planned.entry.before)
    if planned.is_empty:
        return "\n".join([f"{day}以前收到的，没有要删去的。", *planned.held_back])
    rule = "按保存期限（config.yaml 的 retention）"
    lines = [f"{rule}{'删去了' if done else '将要删去'}{day}以前的："]
    lines += [
        f"  {name}　{counts[what]} {unit}" for what, (name, unit) in PURGED_NAMES.items() if counts.get(what)
    ]
    lines.append(f"  共 {size_words(counts.get('bytes', 0))}")
    if planned.units:
        lines.append(f"涉及单位：{'、'.join(planned.units)}")
    lines += ["留下：登记的数、汇总报告、决定的记录，以及规定里没有写的。", *planned.held_back]
    lines.append(DONE if done else NOT_YET)
    return "\n".join(lines)


NOT_YET = "现在什么也没有删。核对以后加上 --yes 再运行一次；删去以后不能恢复。"
DONE = "已记入台账。邮箱里和以前的备份里还有同样的材料，请一并处理。"


def _holds(counts: Mapping[str, int]) -> str:
    return (
        f"邮件 {counts['mails']} 封、记录 {counts['entries']} 条、信件 {counts['letters']} 封、"
        f"归档文件 {counts['copies']} 份"
    )

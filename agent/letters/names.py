"""What letters and other things are called in a line for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from agent.base.plain import plain

MANY_ATTEMPTS = 6
"""After so many attempts, over an hour's, the contact hears of a letter that doesn't leave."""

PURGED_NAMES = {
    "mails": ("原始邮件", "封"),
    "ignored": ("不处理的来信", "封"),
    "forms": ("统计表", "份"),
    "narratives": ("开展情况", "份"),
    "photos": ("照片", "张"),
    "others": ("其他材料", "份"),
    "letters": ("发出的信", "封"),
    "album": ("照片册", "份"),
    "names": ("记录里的姓名、地址、主题和文字", "封信的"),
}
"""What the rule of retention may remove, as people call and count it."""


def purged_words(before: dt.date, counts: Mapping[str, int]) -> str:
    """What was removed, in a sentence's part: 按保存期限删去了2024年6月30日以前的原始邮件 31 封、照片 45 张."""
    parts = (
        f"{name} {counts[what]} {unit}" for what, (name, unit) in PURGED_NAMES.items() if counts.get(what)
    )
    return f"按保存期限删去了{plain(before)}以前的{'、'.join(parts)}"


LETTER_NAMES = {
    "receipt": "回执",
    "correction": "退回补正通知",
    "acknowledgement": "收件说明",
    "noted": "来信答复",
    "decision": "决定答复",
    "notice": "变动通知",
    "reminder": "催报",
    "digest": "日报",
}


def _trouble_with(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """What kind of trouble a letter's row tells of, and in which words; None where all is well."""
    state = row["state"]
    if state == "failed":
        return "letter_failed", "没能发出"
    if state == "doubtful":
        return "letter_doubtful", "发送时连接中断，可能重复送达一次"
    if state == "sent" and row["error"]:
        return "letter_failed", "有收件人没有收到"
    if row["held_back"]:
        later = "，现已发出" if state == "sent" else ""
        return "limit", f"因一小时内给同一地址的来信答复过多，暂缓发送{later}"
    if state == "queued" and row["error"] and row["attempts"] >= MANY_ATTEMPTS:
        return "letter_failed", f"试了 {row['attempts']} 次还没能发出"
    return None


def _recipients(stored: str) -> list[str]:
    from agent.base import jsontext

    recipients: list[str] = jsontext.loads(stored)
    return recipients

"""A mail of which the server gave less than it had announced, and whose end isn't there: told, and no figure counts.

Pure. What is missing may be half a number.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from agent.base.findings import Finding
from agent.dossier.overview import Told
from agent.judging.outcome import Outcome

ANNOUNCED = "announced"
"""The envelope's key for the size in bytes that the server had announced, where it gave less."""

TO_SENDER = "这封邮件没有取全（应有 {announced} 字节，只取到 {had} 字节），材料可能缺了一部分。请重新发送。"
TO_CONTACT = (
    "{sender} 的邮件没有取全（服务器说有 {announced} 字节，只给出 {had} 字节），已请对方重发：{subject}"
)


def told_as_cut_short(outcome: Outcome, announced: int, had: int, received: dt.datetime) -> Outcome:
    """The outcome with an error about its form, or about the mail, and a line for the contact."""
    sizes = {"announced": announced, "had": had}
    said = outcome.submission
    if said is not None:
        finding = Finding("error", "cut_short", TO_SENDER.format(**sizes))
        if said.form is not None:
            said = replace(said, form_findings=(*said.form_findings, finding))
        else:
            said = replace(said, findings=(*said.findings, finding))
    subject = " ".join(outcome.subject.split())[:40] or "（无主题）"
    text = TO_CONTACT.format(sender=outcome.sender or "（发件人不明）", subject=subject, **sizes)
    told = Told("cut_short", received, text, outcome.unit)
    return replace(outcome, submission=said, told=(*outcome.told, told))

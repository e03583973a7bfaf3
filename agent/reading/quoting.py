"""What the sender of a mail wrote now, apart from what is quoted and from the signature.

Our own letters quote figures, and a reply quotes our letter: what stands in a quotation is never a new form.
A forwarded mail is another matter: there the quotation is what is being sent. Knows text; pages are quotedpages.py's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.unseen import without_unseen

MOST_LEVELS = 4  # forwarded mails inside each other
LONGEST_LINE = 400  # characters of a line that are looked at
WRAPPED = 3  # lines over which mail programs break "在 … 写道："


def own_text(text: str) -> str:
    """What the sender wrote now: without quoted replies, forwarded mails, and the signature."""
    return "\n".join(_without_signature(unquoted(text).split("\n"))).strip()


def unquoted(text: str) -> str:
    """The same with the signature, since a form may stand below a drawn line as well."""
    lines = text.replace("\r\n", "\n").split("\n")
    cut = find_cut(lines)
    own = lines[: cut.start] if cut else lines
    return "\n".join(line for line in own if not _QUOTED.match(line)).strip()


def forwarded_texts(subject: str, text: str) -> tuple[str, ...]:
    """What each forwarded mail in the text said itself, the outermost first; empty where none is forwarded."""
    found: list[str] = []
    lines = text.replace("\r\n", "\n").split("\n")
    for _ in range(MOST_LEVELS):
        cut = find_cut(lines)
        if cut is None or not is_forwarded(cut, subject):
            break
        subject, lines = cut.subject, lines[cut.body :]
        if is_automatic("\n".join(lines)):
            break
        found.append(unquoted("\n".join(lines)))
    return tuple(found)


# --- where a quotation begins ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a quotation begins.

    Attributes:
        start: its first line.
        body: the first line of what is quoted, behind the line that announces it and its From, To, Subject.
        forwarded: what the announcing line says; None where programs use it for replies as well.
        subject: the quoted mail's, where it is given.
    """

    start: int
    body: int
    forwarded: bool | None
    subject: str = ""


_QUOTED = re.compile(r"^\s*[>＞]")
_DASHES = r"[-—–_=*─━\s]"
_FORWARDING = re.compile(
    rf"^{_DASHES}{{2,}}(?:转发邮件信息|转发的?原?邮件|转发的?(?:消息|信息)|轉寄的?郵件"
    rf"|forwarded\s+(?:message|mail|by\b.*))[:：]?{_DASHES}*$"
    r"|^(?:begin forwarded message|以下是转发的邮件|开始转发的邮件|已转发的邮件|下面是被转发的邮件|转发的邮件)\s*[:：]\s*$",
    re.IGNORECASE,
)
_REPLYING = re.compile(
    rf"^{_DASHES}{{2,}}(?:回复的原邮件|回复邮件信息|reply\s+message){_DASHES}*$", re.IGNORECASE
)
_QUOTING = re.compile(
    rf"^{_DASHES}{{2,}}(?:原始邮件(?:信息)?|原始信息|原始郵件|原邮件|邮件原[文件]|原文"
    rf"|original(?:\s+(?:message|mail|e-?mail))?)[:：]?{_DASHES}*$",
    re.IGNORECASE,
)
_WROTE = re.compile(r"(?:写道|写到|寫道|写了|wrote|writes)\s*[:：]?\s*$", re.IGNORECASE)
_WHEN_OR_WHO = re.compile(r"\d{1,4}\s*[-/年.]\s*\d{1,2}|\d{1,2}:\d{2}|\S@\S")
SPACES = re.compile(r"\s+")
_FROM = re.compile(r"^[\s>*]*(?:发件人|寄件人|發件人|from)\s*\**\s*(?:[:：]|$)", re.IGNORECASE)
_HEADER = re.compile(
    r"^[\s>*]*(?:发件人|寄件人|發件人|发件日期|发送时间|发送日期|傳送時間|日期|时间|收件人|抄送人?|密送|主题|主旨|回复|附件|重要性"
    r"|from|sent|date|to|cc|bcc|subject|reply-to|attachments?|importance|发送至)\s*\**\s*(?:[:：]|$)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"^[\s>*]*(?:主题|主旨|subject)\s*\**\s*[:：]\s*\**\s*(.*)$", re.IGNORECASE)
_RULE = re.compile(r"^\s*[-—_=─━*]{5,}\s*$")
_FORWARD_SUBJECT = re.compile(r"^\s*(?:\[?转发\]?|转|轉寄|fwd?|wg|tr)\s*[:：\]】]", re.IGNORECASE)
_AUTOMATIC = re.compile(r"本邮件由[^\n]{0,80}自动(?:发送|发出|回复)|系统自动(?:发送|发出|回复|生成)")

_LETTER_S_TITLE = re.compile(
    r"^.{0,80}[（(]自动(?:回复|发送)[）)]$|^(?:报送回执(?:（请确认）)?|退回补正通知|催报通知|来信已收到|决定答复|变动通知|报送日报.{0,40})$"
)


def find_cut(lines: Sequence[str]) -> Cut | None:
    """Where the first quotation begins, or None."""
    lines = [line[:LONGEST_LINE] for line in lines]
    for number in range(len(lines)):
        line = SPACES.sub(" ", without_unseen(lines[number])).strip()
        if not line:
            continue
        bare = line.lstrip(">＞ ")
        if _FORWARDING.match(bare):
            return _cut(lines, number, number + 1, True)
        if _REPLYING.match(bare):
            return _cut(lines, number, number + 1, False)
        if _QUOTING.match(bare):
            return _cut(lines, number, number + 1, None)
        end = _attribution(lines, number)
        if end is not None:
            return _cut(lines, number, end, False)
        if _header_block(lines, number):
            start = number - 1 if number and _RULE.match(lines[number - 1]) else number
            return _cut(lines, start, number, None)
    return None


def is_forwarded(cut: Cut, subject: str) -> bool:
    """Whether the quotation is what is being sent: its own words say so, or else the mail's subject."""
    return cut.forwarded if cut.forwarded is not None else bool(_FORWARD_SUBJECT.match(subject))


def is_automatic(text: str) -> bool:
    """Whether a mail says, apart from what it quotes, that a system has sent it.

    A letter of ours is no new form, wherever it stands: forwarded, or quoted without a sign of it.
    """
    lines = text.split("\n")
    cut = find_cut(lines)
    return _AUTOMATIC.search("\n".join(lines[: cut.start] if cut else lines)) is not None


def above_letter(text: str) -> str:
    """What stands above a letter of ours that lies in a text without a sign of quotation; else the whole text.

    Nothing where the letter's title isn't found: none of it is sure to be the sender's.
    """
    if not is_automatic(text):
        return text
    lines = text.split("\n")
    titles = (number for number, line in enumerate(lines) if _LETTER_S_TITLE.match(line.strip()))
    return "\n".join(lines[: next(titles, 0)])


def _cut(lines: Sequence[str], start: int, end: int, forwarded: bool | None) -> Cut:
    subject, body = "", end
    for number in range(end, len(lines)):
        line = lines[number]
        if line.strip(" \t>＞\u00a0*") and not _HEADER.match(line):
            break
        body = number + 1
        found = _SUBJECT.match(line)
        subject = found[1].strip() if found else subject
    return Cut(start, body, forwarded, subject)


def _attribution(lines: Sequence[str], number: int) -> int | None:
    """The line behind "在 2024年3月1日，某某 写道：", also where it is broken over lines; else None."""
    joined = ""
    for end in range(number, min(number + WRAPPED, len(lines))):
        if end > number and not lines[end].strip():
            return None
        joined = f"{joined} {lines[end].strip()}"
        if len(joined) > 300:
            return None
        if "。" in joined:
            return None
        if _WROTE.search(joined):
            return end + 1 if _WHEN_OR_WHO.search(joined) else None
        if not _WHEN_OR_WHO.search(joined) and not re.match(r"^\s*[>＞]?\s*(?:在|于|on|at)\b", joined, re.I):
            return None
    return None


def _header_block(lines: Sequence[str], number: int) -> bool:
    """Whether 发件人 stands here with at least two of 发送时间, 收件人 and 主题 right below."""
    if not _FROM.match(lines[number]):
        return False
    below = [line for line in lines[number + 1 : number + 12] if line.strip()][:8]
    return sum(1 for line in below if _HEADER.match(line)) >= 2


# --- signatures ------------------------------------------------------------------------------------------

_SIGNATURE = re.compile(r"^--\s?$")
_DEVICE = re.compile(
    r"^\s*(?:发自|發自|来自|從|从)\s*(?:我的|移动|手机|新浪|网易|QQ|139|189|[\w\s+-]{0,20}(?:iPhone|iPad|手机|邮箱|邮件|客户端|版|Outlook|Mail|Foxmail)).{0,40}$"
    r"|^\s*sent (?:from|with|via) (?:my|mail|outlook|yahoo|proton|the |foxmail|huawei|xiaomi).{0,40}$"
    r"|^\s*(?:获取|get)\s*outlook.{0,40}$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^\s*(?:(?:本|此|该)(?:电子)?邮件(?:及其?附件)?.{0,30}(?:保密|机密)|this (?:e-?mail|message).{0,80}(?:confidential|intended))",
    re.IGNORECASE,
)
LONGEST_SIGNATURE_LINE = 40
LONGEST_SIGNATURE = 8
LONGEST_TAIL = 50  # lines, blank ones too, from the drawn one to the end


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line) or _DISCLAIMER.match(line) or _short_end(lines, number):
            lines = lines[:number]
            break
    return [line for line in lines if not _DEVICE.match(line)]


def _short_end(lines: list[str], number: int) -> bool:
    """A drawn line with nothing but a few short lines below it (a name, an office, a telephone)."""
    if not re.match(r"^\s*[-—_=─━]{4,}\s*$", lines[number]):
        return False
    if len(lines) - number > LONGEST_TAIL:
        return False
    below = [line.strip() for line in lines[number + 1 :] if line.strip()]
    return len(below) <= LONGEST_SIGNATURE and all(len(line) <= LONGEST_SIGNATURE_LINE for line in below)

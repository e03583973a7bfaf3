"""What the sender of a mail wrote now, apart from what is quoted and from the signature.

Our own letters quote figures, and a reply quotes our letter: what stands in a quotation is never a new form.
A forwarded mail is another matter: there the quotation is what is being sent. Knows text; pages are quotedpages.py's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.base.unseen import without_unseen
from agent.reading.cell.folding import squeeze

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
_RULER = "[-—–_=*─━~＝－＊～]"
_RULED = re.compile(rf"^{_RULER}{{2,}}(?P<words>[^-—–_=*─━~＝－＊～].*)$")
_RULE = re.compile(rf"^{_RULER}{{5,}}$")
_ORIGINAL = re.compile(
    r"(?:(?:以下|下面)[是为]?)?(?:您?(?:的)?(?:来信|原信)(?:内容|原文)?|原(?:始)?(?:的)?(?:邮件|郵件|信件|信息|消息|文|件)|邮件原[文件]|引用的?(?:邮件|原文|内容))"
    r"(?:内容|信息|正文|如下)?|original(?:messages?|mails?|e-?mails?)?|previousmessage",
)
_FORWARDING = re.compile(
    r"(?:(?:以下|下面)[是为])?(?:被|已|开始)?(?:转发|轉寄|轉發)(?:的|人|者|邮件|郵件|消息|信息|内容|原|信件|:|$).*|(?:begin)?forwarded(?:message|mail|by).*"
)
_FORWARDING_LINE = re.compile(
    r"(?:(?:以下|下面)[是为])?(?:被|已|开始)?(?:转发|轉寄|轉發)的?(?:邮件|郵件|消息|信件)(?:内容|原文|如下)?:|beginforwarded(?:message|mail):"
)
_REPLYING = re.compile(r"(?:回复|答复)(?:的)?(?:原)?(?:邮件|信息|信件|消息).*|reply(?:message|mail)")
_WROTE = re.compile(r"(?:写道|写到|寫道|写了|wrote|writes)\s*[:：]?\s*$", re.IGNORECASE)
_WHEN_OR_WHO = re.compile(r"\d{1,4}\s*[-/年.]\s*\d{1,2}|\d{1,2}:\d{2}|\S@\S")
SPACES = re.compile(r"\s+")
_LABELS = {
    label: kind
    for kind, labels in {
        "from": "发件人 寄件人 寄件者 发信人 发送人 发送者 發件人 發信人 from sender",
        "to": "收件人 收件者 收信人 发送至 抄送 抄送人 密送 副本 to cc bcc",
        "when": "发件日期 发件时间 发送时间 发送日期 发信时间 已发送 傳送時間 寄件日期 日期 时间 時間 sent date time",
        "subject": "主题 主旨 标题 主題 subject",
        "other": "回复 附件 重要性 优先级 reply-to attachment attachments importance",
    }.items()
    for label in labels.split()
}
"""The labels of a quoted mail's head, with all spaces gone, and what each says."""
_LONGEST_LABEL = 24  # characters, with what programs put between its own
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
        announced = _announced(line.lstrip(">＞ "))
        if announced is not None:
            return _cut(lines, number, number + 1, announced.forwarded)
        end = _attribution(lines, number)
        if end is not None:
            return _cut(lines, number, end, False)
        if _is_ruled(line) and {"from", "to"} & set(_heads_of(lines, number + 1)):
            return _cut(lines, number, number + 1, None)
        if _header_block(lines, number):
            ruled = number > 0 and _RULE.match(SPACES.sub("", lines[number - 1]))
            return _cut(lines, number - 1 if ruled else number, number, None)
    return None


@dataclass(frozen=True, slots=True)
class _Announced:
    """What a line that announces a quotation says of it: forwarded, answered, or (None) neither."""

    forwarded: bool | None


def _announced(line: str) -> _Announced | None:
    """What a line says that announces a quotation: the words between its rulers, or a line of such words with a colon."""
    ruled = _RULED.match(line)
    if ruled:
        words = squeeze(ruled["words"]).rstrip("-—–_=*─━~")
    elif line.endswith((":", "：", "】", "]")) and len(line) <= 40:
        words = squeeze(line)
    else:
        return None
    words = words.strip("()").casefold()
    if (_FORWARDING if ruled else _FORWARDING_LINE).fullmatch(words):
        return _Announced(True)
    if _REPLYING.fullmatch(words) or (ruled and _WROTE.search(words)):
        return _Announced(False)
    return _Announced(None) if _ORIGINAL.fullmatch(words.rstrip(":")) else None


def _is_ruled(line: str) -> bool:
    return _RULED.match(line) is not None or _RULE.match(line.replace(" ", "")) is not None


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
        kind, value = _head(line)
        bare = line.strip(" \t>＞\u00a0*|")
        if bare and not kind and not _RULE.match(SPACES.sub("", bare)):
            break
        body = number + 1
        subject = value if kind == "subject" and value else subject
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
        joined = joined.rstrip("-—–_=*─━~ ") if end == number else joined
        if _WROTE.search(joined):
            return end + 1 if _WHEN_OR_WHO.search(joined) else None
        if not _WHEN_OR_WHO.search(joined) and not re.match(r"^\s*[>＞]?\s*(?:在|于|on|at)\b", joined, re.I):
            return None
    return None


def _header_block(lines: Sequence[str], number: int) -> bool:
    """Whether the head of a quoted mail begins here: a sender or receiver among three of its lines at least.

    From a sender on the others may stand among values of their own lines, as in a table; else one below another.
    """
    kind, _ = _head(lines[number])
    if kind == "from":
        below = [line for line in lines[number + 1 : number + 12] if line.strip()][:8]
        return sum(bool(_head(line)[0]) for line in below) >= 2
    if kind not in ("to", "when", "subject"):
        return False
    kinds = _heads_of(lines, number)
    return len(kinds) >= 3 and len(set(kinds)) >= 2 and bool({"from", "to"} & set(kinds))


def _heads_of(lines: Sequence[str], number: int) -> list[str]:
    """What the lines of a quoted mail's head say that stand here one below another; empty for fewer than two."""
    kinds: list[str] = []
    for line in lines[number : number + 12]:
        if not line.strip(" \t>＞\u00a0|"):
            continue
        kind, _ = _head(line)
        if not kind:
            break
        kinds.append(kind)
    return kinds if len(set(kinds)) > 1 else []


def _head(line: str) -> tuple[str, str]:
    """What a line of a mail's head says (from, to, when, subject, other) and its value; "" for any other line.

    Spaces and marks that nobody sees make no difference: 日　期, *From:*, | 主题 |.
    """
    bare = line.strip(" \t>＞\u00a0*|•·")
    found = _HEAD_END.search(bare[:_LONGEST_LABEL])
    if found:
        label, value = bare[: found.start()], bare[found.end() :]
    elif bare.isascii():
        label, value = bare, ""
    else:  # 主题  统计表, as Domino sets it
        label, value = _parted(bare)
    kind = _LABELS.get(squeeze(label).strip("*()").casefold(), "") if len(label) < _LONGEST_LABEL else ""
    return kind, value.strip(" \t\u00a0*|")


def _parted(line: str) -> tuple[str, str]:
    """A line that begins with a label and has no colon, as label and value; the label may be set in pieces (主 题)."""
    pieces = line[:_LONGEST_LABEL].split()
    for many in range(1, min(len(pieces), 3) + 1):
        label = "".join(pieces[:many])
        if squeeze(label) in _LABELS:
            return label, " ".join(line.split()[many:])
    return line, ""


_HEAD_END = re.compile(r"\s*\**\s*[:：|]\**")


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

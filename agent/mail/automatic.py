"""Is this mail a machine's, a bounce, or our own? Then it is never answered, and never a unit's report.

Pure; knows nothing of mailboxes and forms. It asks for what RFC 3834 section 2 names, and for what mail
programs write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from agent.base.mime import decode_text
from agent.mail.message import Message, Part, message_ids

Check = Callable[[Message], bool]


def automatic(
    message: Message, own_addresses: Collection[str], is_own_id: Callable[[str], bool]
) -> str | None:
    """Why the mail must not be answered, or None where a person wrote it.

    Args:
        message: the mail.
        own_addresses: the agent's own; a mail from one of them is ``own``.
        is_own_id: whether a Message-ID (with angle brackets) is that of a letter of ours.

    Returns:
        ``own``, ``bounce``, ``report`` (a read receipt), ``auto_submitted``, ``precedence``, ``list``,
        ``suppressed``, ``auto_reply``, ``loop``, ``no_ack``, ``null_sender``, ``machine_sender``,
        ``auto_subject`` or None.
    """
    own = {address.casefold() for address in own_addresses}
    if message.sender.casefold() in own or (message.message_id and is_own_id(message.message_id)):
        return "own"
    return next((reason for reason, check in _CHECKS if check(message)), None)


def bounced_ids(message: Message) -> tuple[str, ...]:
    """The Message-IDs that a delivery report refers to, likeliest first.

    They come from the headers of the original that it brings along, as a part or in its text, and from its
    own In-Reply-To and References.
    """
    found: dict[str, None] = {}
    for original in _originals(message):
        for line in re.findall(
            r"(?im)^[ \t>|]*(?:X-)?(?:Original-)?Message-ID:\s*(<[^<>\s]{1,998}>)", original
        ):
            found.update(dict.fromkeys(message_ids(line)))
    found.update(dict.fromkeys((message.in_reply_to, *reversed(message.references))))
    return tuple(one for one in found if one)


def is_bounce(message: Message) -> bool:
    """Whether a machine tells that a letter wasn't delivered: not that it is late, was read, or found nobody in."""
    statuses = _statuses(message)
    if any(re.search(r"(?im)^action:", status) for status in statuses):
        return any(re.search(r"(?im)^action:\s*failed", status) for status in statuses)
    if _bounce(message):
        return True
    return bool(_POSTMASTERS.match(message.sender) or _NOT_DELIVERED.search(message.subject))


def failed_recipients(message: Message) -> tuple[str, ...]:
    """The addresses that a delivery report calls failed, in lower case; none where it tells of a delay.

    Of one in plain words (QQ's, a gateway's), each address that it names: whose mail it was, the ledger knows.
    """
    found: dict[str, None] = {}
    for part in message.parts:
        if part.content_type.startswith("message/") and part.content_type.endswith("delivery-status"):
            found.update(dict.fromkeys(_failed_in(decode_text(part.data[:_HEAD], None))))
    for value in _values(message, "x-failed-recipients"):
        found.update(dict.fromkeys(_ADDRESS.findall(value)))
    if not found and not _statuses(message) and is_bounce(message):
        found.update(dict.fromkeys(_IN_WORDS.findall(message.text[:_HEAD])[:_MOST_NAMED]))
    return tuple(dict.fromkeys(address.lower() for address in found))


def _statuses(message: Message) -> list[str]:
    reports = [part for part in message.parts if part.content_type in _STATUS_TYPES]
    return [decode_text(part.data[:_HEAD], None) for part in reports[:_MOST_NAMED]]


# --- the checks ------------------------------------------------------------------------------------------


def _values(message: Message, name: str) -> list[str]:
    return [value.strip().lower() for one, value in message.all_headers if one.lower() == name]


def _has_any(*names: str) -> Check:
    return lambda message: any(name.lower() in names for name, _ in message.all_headers)


def _says(names: Sequence[str], *words: str) -> Check:
    def check(message: Message) -> bool:
        values = (value for name in names for value in _values(message, name))
        return any(word in words for value in values for word in re.split(r"[\s,;]+", value))

    return check


def _auto_submitted(message: Message) -> bool:
    values = (re.split(r"[\s;(]", value)[0] for value in _values(message, "auto-submitted"))
    return any(value not in ("", "no") for value in values)


def _bounce(message: Message) -> bool:
    status = any(part.content_type in _STATUS_TYPES for part in message.parts)
    declared = "report-type=delivery-status" in message.headers.get("content-type", "").lower().replace(
        '"', ""
    )
    return status or declared or _has_any("x-failed-recipients")(message)


def _report(message: Message) -> bool:
    return message.headers.get("content-type", "").lower().startswith("multipart/report")


def _null_sender(message: Message) -> bool:
    return message.return_path == "<>" or not message.sender


def _machine_sender(message: Message) -> bool:
    returned = _local((message.return_path or "").strip("<> ").lower())
    named = any(_MACHINES.fullmatch(local) for local in (_local(message.sender), returned))
    return named or bool(_LISTS.fullmatch(returned))


def _local(address: str) -> str:
    return (address.rpartition("@")[0] or address).partition("+")[0]


def _auto_subject(message: Message) -> bool:
    return bool(_SUBJECTS.match(message.subject))


_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_MACHINES = re.compile(
    r"mailer[-_.]?daemon|post[-_.]?master|abuse|root"
    r"|(?:[^@]*[-_.])?(?:no[-_.]?reply|do[-_.]?not[-_.]?reply)(?:[-_.][^@]*)?",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"owner-.*|.*-(?:owner|request|bounces?)|bounces?(?:[-=].*)?", re.IGNORECASE
)  # RFC 3834 section 2
_POSTMASTERS = re.compile(r"(?:mailer[-_.]?daemon|post[-_.]?master)@", re.IGNORECASE)
_NOT_DELIVERED = re.compile(
    r"退信|未能?送达|无法送达|投递失败|发送失败|undeliver|delivery (?:status|failure|has failed)|failure notice"
    r"|returned (?:mail|to sender)|mail delivery failed|could not be delivered",
    re.IGNORECASE,
)
# Webmail's own automatic replies and bounces, of which some carry none of the headers.
_SUBJECTS = re.compile(
    r"\s*(?:\[?自动(?:回复|答复|应答)|\[?(?:外出|休假|离开办公室)(?:时的?)?(?:自动)?(?:回复|答复|应答)|系统退信|退信通知"
    r"|automatic reply\b|auto(?:matic)?[- ]?reply:|out of (?:the )?office(?: auto[- ]?reply| reply)?\s*:)",
    re.IGNORECASE,
)

_CHECKS: tuple[tuple[str, Check], ...] = (
    ("bounce", _bounce),
    ("report", _report),
    ("auto_submitted", _auto_submitted),
    ("precedence", _says(("precedence", "x-precedence"), "bulk", "junk", "list", "auto_reply", "auto-reply")),
    ("list", lambda message: any(name.lower().startswith("list-") for name, _ in message.all_headers)),
    ("suppressed", _says(("x-auto-response-suppress",), "all", "autoreply", "dr")),
    (
        "auto_reply",
        _has_any(
            "x-autoreply",
            "x-autorespond",
            "x-autoresponder",
            "x-autoresponse",
            "x-autoreply-from",
            "x-mail-autoreply",
            "x-autogenerated",
        ),
    ),
    ("loop", _has_any("x-loop")),
    ("no_ack", lambda message: _has_any("x-no-ack")(message) or _says(("x-ack",), "no")(message)),
    ("null_sender", _null_sender),
    ("machine_sender", _machine_sender),
    ("auto_subject", _auto_subject),
)


# --- what a report tells ---------------------------------------------------------------------------------

_ADDRESS = re.compile(r"[^@\s<>\"(),;:]{1,64}@[^@\s<>\"(),;:]{1,255}")
_IN_WORDS = re.compile(r"[a-z0-9._%+=-]{1,64}@[a-z0-9.-]{1,250}[a-z0-9]", re.IGNORECASE)
_MOST_NAMED = 20  # addresses, and parts that are looked at
_ORIGINAL_TYPES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/partial")
_HEAD = 100_000  # of an original, and of a report's text, that is searched


def _originals(message: Message) -> Iterator[str]:
    attached = [part for part in message.parts if _is_original(part)]
    for part in attached[:_MOST_NAMED]:
        yield decode_text(part.data[:_HEAD], None)
    yield message.text[:_HEAD]


def _is_original(part: Part) -> bool:
    return part.content_type in (*_ORIGINAL_TYPES, *_STATUS_TYPES) or (
        part.content_type.startswith("text/") and len(part.data) < _HEAD
    )


def _failed_in(status: str) -> Iterator[str]:
    """Each recipient's block (RFC 3464 section 2.3) whose action is failed."""
    for block in re.split(r"\r?\n[ \t]*\r?\n", status):
        unfolded = re.sub(r"\r?\n[ \t]+", " ", block)
        if not re.search(r"(?im)^action:\s*failed", unfolded):
            continue
        recipient = re.search(r"(?im)^(?:original|final)-recipient:(?:[^;\r\n]*;)?(.*)$", unfolded)
        yield from _ADDRESS.findall(recipient[1])[:1] if recipient else ()

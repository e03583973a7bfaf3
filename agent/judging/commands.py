"""Who may decide by mail: a mail's orders, heard only from the contact, and obeyed only where it is shown to be theirs.

Pure, a part of the outcome; carries nothing out (obeying.py does).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.dossier.overview import Told
from agent.judging.command_words import Order, heard, judged
from agent.judging.contents import Brought
from agent.judging.evidence import Circumstances
from agent.mail.authentication import Verdict
from agent.mail.message import Message


@dataclass(frozen=True, slots=True)
class Hearing:
    """The orders that the contact gave, each with what is wrong about it; and what the contact must see."""

    orders: tuple[Order, ...] = ()
    told: tuple[Told, ...] = ()


def hear(
    message: Message,
    brought: Brought,
    received: dt.datetime,
    circumstances: Circumstances,
    verdict: Verdict,
) -> Hearing:
    """What the mail asks to be decided. From anybody but the contact nothing is heard.

    Args:
        message: the mail.
        brought: what it holds.
        received: by then a token may have expired.
        circumstances: who the contact is, and what a token is worth.
        verdict: whether it is proven to come from the address that it names: it has to be, more than that nothing
            speaks against it.
    """
    asked = heard(message.subject, brought.own_words)
    orders = judged(asked, circumstances.tokens, circumstances.items, circumstances.register, received)
    if not orders:
        return Hearing()
    if not circumstances.contact.is_contact(message.sender):
        return Hearing(told=_misused(message, orders, received))
    told = []
    if verdict != "passes":
        orders = tuple(replace(one, result="unauthenticated") for one in orders)
    if verdict == "fails":
        told.append(Told("misuse", received, IN_YOUR_NAME.format(items=_items(orders))))
    if brought.anything:
        told.append(
            Told("question", received, BESIDES.format(subject=" ".join(message.subject.split())[:40]))
        )
    return Hearing(orders, tuple(told))


def _misused(message: Message, orders: Iterable[Order], received: dt.datetime) -> tuple[Told, ...]:
    """Somebody else than the contact holds a right token: the contact should know, and nobody else."""
    right = [one for one in orders if one.right]
    text = IN_WRONG_HANDS.format(sender=message.sender or "没有写明地址的人", items=_items(right))
    return (Told("misuse", received, text),) if right else ()


def _items(orders: Iterable[Order]) -> str:
    return "、".join(one.item for one in orders)


IN_YOUR_NAME = "有人以您的地址来信，要对 {items} 作决定，而邮箱服务商说发件人未通过验证，没有执行"
IN_WRONG_HANDS = "{sender} 用 {items} 的口令来信，而该邮箱不是联系人的，没有执行；请留意日报是否被转发"
BESIDES = "您作决定的邮件“{subject}”还带有附件，没有登记；要登记请另发一封邮件转交"

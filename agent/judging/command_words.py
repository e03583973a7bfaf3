"""What the contact decides by mail: the few words that a letter offers ready to send, and how they are read back.

    待核 H3 接受 K7MQ2-9XWPA-4TZ3N-8BVDE                in the subject of a ready reply, or
    H3 归入青年镇 K7MQ2-9XWPA-4TZ3N-8BVDE 原因：电话核实     in the sender's own words, a line each

Both sides of this small language stand here, so that they agree. Pure: knows neither the ledger nor how a decision is
carried out (obeying.py).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote

from agent.base.unseen import without_unseen
from agent.campaign.units import Register, fold
from agent.judging.tokens import PATTERN, Tokens, of_mail

Verb = Literal["accept", "assign", "reject"]
Result = Literal[
    "asked", "done", "used", "gone", "refused",
    "no_token", "wrong", "expired", "unclear", "two", "no_unit", "unit_unknown", "more_words", "replied", "unauthenticated",
]  # fmt: skip
"""What became of an order. ``asked``: it may be carried out; ``done``: it was; ``used``: it had been decided before;
``gone``: it waits no more; ``refused``: it can't be done (the reason in words). The rest were never asked: no token, a
wrong or an expired one; not clear what is wanted; two decisions about one mail; no unit named, or none of that name;
other words beside it that may change it; the subject of a ready reply on an answer to it; not shown to be the
contact's."""

VERBS: Mapping[Verb, str] = {"accept": "接受", "assign": "归入", "reject": "退回"}
REGISTER = "并登记"
OTHER_UNIT = "其他单位"
_REASON, _UNIT, _REGISTER = "原因", "单位", "登记邮箱"


@dataclass(frozen=True, slots=True)
class Order:
    """One decision that a mail asks for, and what became of it.

    Attributes:
        item: ``H3`` or ``F1a2b3c4d``, what `review` takes.
        unit: of ``assign``: the id of the unit, or what was written where no unit is called so.
        register: the sender's address becomes the unit's.
        why: of ``refused``: in words.
        right: it bore the right token, whatever else was wrong.
        token: as written; never stored.
    """

    item: str
    verb: Verb | None = None
    unit: str = ""
    register: bool = False
    reason: str = ""
    result: Result = "asked"
    why: str = ""
    right: bool = False
    token: str = field(default="", repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        stored = {
            name: getattr(self, name) for name in ("item", "verb", "unit", "register", "reason", "result")
        }
        return stored | ({"why": self.why} if self.why else {}) | {"right": self.right}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Order:
        return cls(**stored)


# --- offering --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadyReply:
    """A reply that a link opens, ready to send: ``label`` is what the link is called."""

    label: str
    subject: str
    body: str
    href: str


def ready_replies(
    item: str, token: str, to: str, accept: str | None, others: Sequence[str] = (), *, register: bool = False
) -> tuple[ReadyReply, ...]:
    """The decisions about one mail, each as a ready reply.

    Args:
        item: what is decided about.
        token: its token.
        to: the agent's address.
        accept: the name of the unit that ``accept`` takes it for; None where it can't.
        others: names of units that it may belong to as well.
        register: offer to register the sender's address, too.
    """
    because = f"{_REASON}："
    asked = f"{_UNIT}：\r\n{_REGISTER}：否\r\n{because}" if register else f"{_UNIT}：\r\n{because}"
    offers: list[tuple[str, str, str]] = []
    if accept is not None:
        offers.append((f"{VERBS['accept']}（{accept}）", VERBS["accept"], because))
        if register:
            offers.append((f"{VERBS['accept']}{REGISTER}邮箱", VERBS["accept"] + REGISTER, because))
    offers += [(f"{VERBS['assign']}{name}", f"{VERBS['assign']}{name}", because) for name in others]
    offers.append((f"{VERBS['assign']}{OTHER_UNIT}", f"{VERBS['assign']}{OTHER_UNIT}", asked))
    asked_for = (_ready(label, item, words, token, body, to) for label, words, body in offers)
    return (*asked_for, *rejecting(item, token, to))


def rejecting(item: str, token: str, to: str) -> tuple[ReadyReply, ...]:
    """The one decision that can be made about a mail that failed, as a ready reply."""
    return (_ready(VERBS["reject"], item, VERBS["reject"], token, f"{_REASON}：", to),)


def _ready(label: str, item: str, words: str, token: str, body: str, to: str) -> ReadyReply:
    return ready_reply(label, f"待核 {item} {words} {token}", body, to)


def ready_reply(label: str, subject: str, body: str, to: str) -> ReadyReply:
    """A reply as a link that every mail program opens (RFC 6068): UTF-8, and CRLF between lines."""
    href = f"mailto:{quote(to, safe='@')}?subject={quote(subject, safe='')}&body={quote(body, safe='')}"
    return ReadyReply(label, subject, body, href)


# --- hearing ---------------------------------------------------------------------------------------------


def heard(subject: str, own_words: str) -> tuple[Order, ...]:
    """The decisions that a mail asks for, as they stand there: by its subject, and by its sender's own words.

    Several about one mail that say the same are one; two that don't are each ``two``.
    """
    lines = [_flat(line) for line in own_words.split("\n")]
    answering = _ANSWERS.match(_flat(subject)) is not None
    first = None if answering else _order(_flat(subject))
    orders, rest = _in_words(first, [line for line in lines if line.strip()])
    if not orders and answering:
        again = _order(_ANSWERS.sub("", _flat(subject)))
        return (replace(again, result="replied"),) if again is not None and again.token else ()
    if any(_MORE.search(line) for line in rest):
        orders = [replace(one, result="more_words") for one in orders]
    return tuple(_together(orders))


def judged(
    orders: Sequence[Order],
    tokens: Tokens | None,
    items: Mapping[str, str],
    register: Register,
    at: dt.datetime,
) -> tuple[Order, ...]:
    """The orders with what is wrong about each, if anything is.

    Args:
        orders: as heard.
        tokens: None where no token was ever made.
        items: id of each mail that waits or waited for a decision → its SHA-256.
        register: the units.
        at: when the mail that asks was received (aware): by then a token may have expired.
    """
    return tuple(_judged(one, tokens, items, register, at) for one in orders)


def _judged(
    order: Order, tokens: Tokens | None, items: Mapping[str, str], register: Register, at: dt.datetime
) -> Order:
    sha256, verdict = items.get(order.item), "wrong"
    if tokens is not None and sha256 is not None and order.token:
        verdict = tokens.judge(order.token, of_mail(order.item, sha256), at)
    order = replace(order, right=verdict != "wrong")
    if order.result != "asked":
        return order
    if verdict != "valid":
        return replace(order, result="expired" if order.right else "wrong" if order.token else "no_token")
    if order.verb is None:
        return replace(order, result="unclear")
    if order.verb != "assign":
        return order
    if not order.unit:
        return replace(order, result="no_unit")
    named = [unit.id for unit in register.units if fold(order.unit) in {fold(name) for name in unit.names}]
    return replace(order, unit=named[0]) if named else replace(order, result="unit_unknown")


def _in_words(first: Order | None, lines: Sequence[str]) -> tuple[list[Order], list[str]]:
    """The orders, the subject's first, each with what the lines below it add; and the lines that are neither."""
    orders, rest, in_reason = [first] if first is not None else [], [], False
    for line in lines:
        order, filled = _order(line), _FILLED.match(line)
        if order is not None:
            orders.append(order)
        elif filled and orders:
            orders[-1] = _with(orders[-1], filled["name"], filled["value"].strip())
        elif in_reason and orders[-1].verb == "reject":  # whatever it says, nothing is taken
            orders[-1] = replace(orders[-1], reason=f"{orders[-1].reason} {line.strip()}".strip())
        else:
            rest.append(line)
        in_reason = bool(orders) and (in_reason or _REASON in line) and not order
    return orders, rest


def _with(order: Order, name: str, value: str) -> Order:
    """The order with what a line below it fills in."""
    if name == _REASON:
        return replace(order, reason=order.reason or value)
    if name == _UNIT:
        if order.verb != "assign" or (order.unit and value and fold(order.unit) != fold(value)):
            return replace(order, verb=None) if value else order
        return replace(order, unit=order.unit or value)
    return replace(order, register=order.register or fold(value) in ("是", "登记", "要"))


def _order(line: str) -> Order | None:
    """The order in one line: a mail's id with a decision or a token; None where there is none."""
    said, _, reason = line.partition(f"{_REASON}:")
    token = PATTERN.search(said)
    without = f"{said[: token.start()]} {said[token.end() :]}" if token else said
    item = _ITEM.search(without)
    if item is None:
        return None
    words = fold(_ORNAMENT.sub("", f"{without[: item.start()]}{without[item.end() :]}"))
    found = _DECISION.fullmatch(words)
    if found is None and token is None and not any(verb in words for verb in VERBS.values()):
        return None
    identity = item[0][0].upper() + item[0][1:].lower()
    written = token[0] if token else ""
    if found is None:
        return Order(identity, reason=reason.strip(), token=written)
    verb = next(one for one, name in VERBS.items() if name == found["verb"])
    unit = found["unit"] or ""
    return Order(
        identity,
        verb,
        "" if unit == OTHER_UNIT else unit,
        bool(found["register"]),
        reason.strip(),
        token=written,
    )


def _together(orders: Sequence[Order]) -> Iterator[Order]:
    """One order a mail; where two differ, both are ``two``, but shown as one."""
    for item in dict.fromkeys(one.item for one in orders):
        about = [one for one in orders if one.item == item]
        merged = replace(
            about[0],
            token=next((one.token for one in about if one.token), ""),
            reason=next((one.reason for one in about if one.reason), ""),
        )
        same = {(one.verb, fold(one.unit), one.register) for one in about}
        tokens = {one.token for one in about if one.token}
        yield merged if len(same) == 1 and len(tokens) < 2 else replace(merged, verb=None, result="two")


def _flat(text: str) -> str:
    """One line in half-width characters: a phone writes Ｈ３ and ：as it likes."""
    return unicodedata.normalize("NFKC", without_unseen(text)).replace("—", "-").replace("–", "-")


_ITEM = re.compile(r"(?<![0-9A-Za-z])(?:[Hh][0-9]{1,9}|[Ff][0-9a-fA-F]{8})(?![0-9A-Za-z])")
_DECISION = re.compile(
    rf"(?:待核)?(?P<verb>{'|'.join(VERBS.values())})(?P<unit>(?<=归入).{{1,20}}?)?(?P<register>{REGISTER}(?:发件)?(?:邮箱)?)?"
)
_ORNAMENT = re.compile(r"[\s,，.。;；:：、!！()（）\[\]【】〔〕“”\"'<>《》]|口令")
_FILLED = re.compile(rf"^\s*(?P<name>{_REASON}|{_UNIT}|{_REGISTER})\s*:\s*(?P<value>.*)$")
_ANSWERS = re.compile(r"^\s*(?:(?:回复|答复|转发|转|re|fwd?|fw)\s*:\s*|\[(?:回复|转发)\]\s*)+", re.IGNORECASE)
_MORE = re.compile(
    r"不|没|别|勿|暂|稍[后等]|等一|先[等放别]|改|撤|取消|作废|错|有误|应[为是该归]|是否|能否|吗|[?]|请问|接受|退回|归入|登记"
    r"|(?<![0-9A-Za-z])[HhFf][0-9]|[\u4e00-\u9fff](?:镇|街道)(?!.*[路号楼室巷])"
)
"""Words beside an order that may mean something else than the order says: a person should look first."""

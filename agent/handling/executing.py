"""Carries out what the contact decided by mail, each decision once, and writes the answer.

The same decisions as `review` makes, recorded with the mail that asked for them. Each is a transaction of its own; a
mail that is judged again after a crash finds what it had decided before, and goes on from there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from agent.base.errors import UsageError
from agent.base.failpoints import passing
from agent.dossier.submission import Decision, Ruling
from agent.handling.decisions import assign, reject
from agent.judging.command_words import Order
from agent.judging.outcome import Outcome
from agent.keeping.ledger import MessageRow
from agent.keeping.workspace import Workplace
from agent.letters import Decided


def obey(work: Workplace, row: MessageRow, outcome: Outcome, now: dt.datetime) -> Outcome:
    """The outcome with what became of each order; those that may be carried out are."""
    orders = []
    for order in outcome.orders:
        orders.append(_obeyed(work, row, outcome.sender, order, now))
        passing("order obeyed")
    return replace(outcome, orders=tuple(orders))


def decided(work: Workplace, orders: Sequence[Order]) -> list[Decided]:
    """What the answer tells of each order: the mail that it is about, and what has been decided about that."""
    return [_decided(work, order) for order in orders]


def _obeyed(work: Workplace, row: MessageRow, by: str, order: Order, now: dt.datetime) -> Order:
    if order.result not in ("asked", "expired"):
        return order
    before = _decision(work, order)
    if before is not None:  # a token that has run out since says who decided as well
        mine = before.via == row.sha256
        return (
            replace(order, result="done", unit=before.unit or "") if mine else replace(order, result="used")
        )
    if order.result == "expired":
        return order
    ruling = Ruling(by, now, order.reason, via=row.sha256)
    try:
        return _carried_out(work, order, ruling)
    except UsageError as error:
        # Somebody at the terminal may have decided in just this moment.
        if _decision(work, order) is not None:
            return replace(order, result="used")
        return replace(order, result="refused", why=str(error))


def _carried_out(work: Workplace, order: Order, ruling: Ruling) -> Order:
    held = work.ledger.message(work.ledger.decidable()[order.item])
    if held is None or held.state not in ("held", "failed"):
        return replace(order, result="gone")
    if order.verb == "reject":
        reject(work, order.item, ruling)
        return replace(order, result="done")
    if held.state == "failed":
        return replace(order, result="refused", why=FAILED)
    outcome = held.outcome
    unit = order.unit if order.verb == "assign" else outcome.suggested_unit if outcome else None
    if unit is None or (order.verb == "accept" and held.reason == "unit_conflict"):
        return replace(order, result="refused", why=WHOSE)
    assign(work, order.item, unit, ruling, register=order.register)
    return replace(order, result="done", unit=unit)


def _decision(work: Workplace, order: Order) -> Decision | None:
    """What was decided about the order's mail, by whomever."""
    sha256 = work.ledger.decidable().get(order.item)
    about = (one for one in work.ledger.decisions() if one.message == sha256)
    return next((one for one in about if one.kind in ("assign", "reject")), None)


def _decided(work: Workplace, order: Order) -> Decided:
    sha256 = work.ledger.decidable().get(order.item)
    # Of a mail for which no right token was given nothing is told.
    row = work.ledger.message(sha256) if sha256 and order.right else None
    decision = _decision(work, order) if order.result in ("done", "used") else None
    units = work.listed.by_id
    return Decided(
        order=order,
        sender=row.outcome.sender if row and row.outcome else "",
        subject=row.outcome.subject if row and row.outcome else "",
        received=row.received.astimezone(work.zone) if row else None,
        unit=units[order.unit].name if order.unit in units else order.unit,
        decided_unit=units[decision.unit].name
        if decision and decision.unit and decision.unit in units
        else "",
        decision=decision,
        known=tuple(unit.name for unit in work.listed.units),
        answered=decision is not None and _is_answered(work, decision),
    )


def _is_answered(work: Workplace, decision: Decision) -> bool:
    """Whether the sender of the mail that was taken gets a letter of it."""
    entries = work.ledger.entries("decision", above=decision.seq - 1)
    return any(entry.seq == decision.seq and bool(entry.letters) for entry in entries[:1])


WHOSE = "看不出是哪个单位的，请写明归入哪个单位"
FAILED = "这封邮件没能处理，只能退回；其中的材料请另行转交"

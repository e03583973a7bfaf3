"""What stays of a record once its time is over: figures, dates, hashes, decisions; no names and no words. Pure.

Whatever decides about a figure stays as it is: how a form stands, which findings it has (not their words), what was
decided. Done twice, it changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

from agent.base.findings import Finding
from agent.dossier.dossier import suffix_of
from agent.dossier.submission import REMOVED, Piece, Submission
from agent.judging.outcome import Outcome
from agent.keeping.ledger.entries import Entry, MailEntry, PurgeEntry
from agent.reading.reading import Form

__all__ = ["KINDS", "REMOVED", "redacted_entry", "redacted_envelope", "redacted_outcome", "removes_piece"]

KINDS = {"form": "forms", "narrative": "narratives", "photo": "photos", "other": "others"}
"""A piece's kind → what the rule calls such copies."""


def redacted_entry(entry: Entry, purge: PurgeEntry, mails: Set[str], gone: Set[str]) -> Entry:
    """The journal's entry without what the purge removes; ``mails`` and ``gone`` are the purge's own."""
    if isinstance(entry, PurgeEntry):
        return entry
    if isinstance(entry, MailEntry) and entry.message in mails:
        entry = replace(entry, outcome=redacted_outcome(entry.outcome, purge))
    if "names" in purge.removes and any(one.id in gone for one in entry.letters):
        letters = (replace(one, to=(REMOVED,)) if one.id in gone else one for one in entry.letters)
        entry = replace(entry, letters=tuple(letters))
    return entry


def redacted_outcome(outcome: Outcome, purge: PurgeEntry) -> Outcome:
    submission = _submission(outcome.submission, purge) if outcome.submission else None
    outcome = replace(outcome, submission=submission, removed=outcome.removed or _day(purge))
    if "names" not in purge.removes:
        return outcome
    return replace(
        outcome,
        sender=_gone(outcome.sender),
        subject=_gone(outcome.subject),
        reply_to=_gone(outcome.reply_to),
        told=(),
        undelivered=(),
    )


def redacted_envelope(envelope: Mapping[str, Any], purge: PurgeEntry) -> dict[str, Any]:
    """When and under which number it came stays; the file's name and a reason in words go."""
    words = ("file", "reason") if "names" in purge.removes else ()
    return {name: value for name, value in envelope.items() if name not in words}


def removes_piece(piece: Piece, removes: Set[str]) -> bool:
    """Whether such a copy goes; a form with the narrative in the same file goes with either."""
    return KINDS[piece.kind] in removes or (piece.is_narrative and "narratives" in removes)


def _submission(one: Submission, purge: PurgeEntry) -> Submission:
    form_file = _piece(one.form_file, purge) if one.form_file else None
    one = replace(one, pieces=tuple(_piece(piece, purge) for piece in one.pieces), form_file=form_file)
    if "names" not in purge.removes:
        return one
    return replace(
        one,
        sender=_gone(one.sender),
        subject=_gone(one.subject),
        explanation=_gone(one.explanation),
        form=_form(one.form, purge) if one.form else None,
        form_findings=tuple(map(_finding, one.form_findings)),
        findings=tuple(map(_finding, one.findings)),
        correction_findings=tuple(map(_finding, one.correction_findings)),
    )


def _piece(piece: Piece, purge: PurgeEntry) -> Piece:
    if removes_piece(piece, frozenset(purge.removes)):
        piece = replace(piece, text=None, removed=piece.removed or _day(purge))
    if "names" in purge.removes:  # the suffix stays: its copy is named with it
        piece = replace(piece, name=REMOVED + suffix_of(piece))
    return piece


def _form(form: Form, purge: PurgeEntry) -> Form:
    texts = {name: _gone(str(form.values[name])) for name in purge.texts if form.values.get(name)}
    days = {name: text if text and _DAY.fullmatch(text) else None for name, text in form.headers.items()}
    return replace(form, reporter=None, phone=None, headers=days, values={**form.values, **texts})


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _finding(finding: Finding) -> Finding:
    return replace(finding, text=REMOVED, written=None)


def _gone(text: str) -> str:
    return REMOVED if text else text


def _day(purge: PurgeEntry) -> str:
    return purge.at.date().isoformat()

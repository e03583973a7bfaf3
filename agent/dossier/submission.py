"""What is recorded of a unit: what one mail brought to its dossier (报送), and what a person decided; as plain data."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from agent.base.findings import Finding
from agent.reading.reading import Figure, Form

PieceKind = Literal["form", "narrative", "photo", "other"]
DecisionKind = Literal[
    "assign", "reject", "retry", "confirm", "override", "withdraw", "extend", "close", "settle", "final", "reopen"
]  # fmt: skip

CHANGING: tuple[DecisionKind, ...] = ("assign", "confirm", "override", "withdraw")
"""Decisions that change what the report says: once it is final, only after `reopen`."""
REMOVED = "（已按保存期限删去）"
"""What stands in a record in place of words that the rule of retention removed."""

NOTICED: tuple[DecisionKind, ...] = ("override", "confirm", "withdraw", "extend")
"""Decisions that the unit is told of: they change its figures or its deadline, and answer no mail of its."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file that a mail brought (a document, a photo, the mail's own text).

    Attributes:
        name: as sent; what it is filed under is ``Filed.path``.
        sha256: of its bytes; of ``text`` in UTF-8 where that is set.
        is_narrative: counts as the narrative (a document of kind form may, too).
        pixels: of a photo: the same photo has the same.
        text: the mail's own text where that is the narrative; None for files, whose bytes are in the raw mail.
        removed: the day on which its copy and its bytes were removed by the rule of retention, or None.
    """

    name: str
    sha256: str
    kind: PieceKind
    is_narrative: bool = False
    pixels: str | None = None
    text: str | None = None
    removed: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """What one mail brought to a unit's dossier: the recorded reading, as plain data.

    Attributes:
        seq: when it joined, in the order of everything recorded.
        message: SHA-256 of the raw mail.
        received: in the configured zone.
        form, form_file, form_findings: the form, the piece it stands in, what reading found in it.
        elsewhere: field id → SHA-256 of the piece that it stands in, where that isn't ``form_file``.
        findings: about files of this mail rather than its form (one that can't be read).
        explanation: the sender's words where the mail explains open warnings; else "".
        explains: which (closing.named); None, recorded before they were named: all.
        answers: SHA-256 of the mail whose form it confirms, corrects or explains; else "".
        corrections: field id → the figure that the sender put right in words; they count where it ``confirms``.
        correction_findings: how those were read; and, as errors, why they (or a 确认) weren't taken.
        decided_by: who decided that it is this unit's, where a person did; else None.
    """

    seq: int
    message: str
    received: dt.datetime
    sender: str
    subject: str
    pieces: tuple[Piece, ...] = ()
    form: Form | None = None
    form_file: Piece | None = None
    form_findings: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    explanation: str = ""
    explains: tuple[str, ...] | None = None
    confirms: bool = False
    decided_by: str | None = None
    answers: str = ""
    corrections: Mapping[str, Figure] = field(default_factory=dict)
    correction_findings: tuple[Finding, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def file_of(self, name: str) -> Piece | None:
        """The piece that a field of the form stands in."""
        sha256 = self.elsewhere.get(name)
        return next((piece for piece in self.pieces if piece.sha256 == sha256), self.form_file)

    @property
    def not_taken(self) -> tuple[Finding, ...]:
        """Why what the mail says about figures wasn't taken; empty where it was, or says nothing of the kind."""
        return (
            () if self.confirms else tuple(one for one in self.correction_findings if one.severity == "error")
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "message": self.message,
            "received": self.received.isoformat(),
            "sender": self.sender,
            "subject": self.subject,
            "pieces": [_piece_json(piece) for piece in self.pieces],
            "form": self.form.as_json() if self.form else None,
            "form_file": _piece_json(self.form_file) if self.form_file else None,
            "form_findings": [finding.as_json() for finding in self.form_findings],
            "findings": [finding.as_json() for finding in self.findings],
            "explanation": self.explanation,
            **({"explains": list(self.explains)} if self.explains is not None else {}),
            "confirms": self.confirms,
            "decided_by": self.decided_by,
            "answers": self.answers,
            **({"corrections": dict(self.corrections)} if self.corrections else {}),
            **({"elsewhere": dict(self.elsewhere)} if self.elsewhere else {}),
            **_if_any("correction_findings", [one.as_json() for one in self.correction_findings]),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Submission:
        return cls(
            seq=stored["seq"],
            message=stored["message"],
            received=dt.datetime.fromisoformat(stored["received"]),
            sender=sys.intern(stored["sender"]),
            subject=stored["subject"],
            pieces=tuple(Piece(**piece) for piece in stored["pieces"]),
            form=Form.from_json(stored["form"]) if stored["form"] else None,
            form_file=Piece(**stored["form_file"]) if stored["form_file"] else None,
            form_findings=tuple(map(Finding.from_json, stored["form_findings"])),
            findings=tuple(map(Finding.from_json, stored["findings"])),
            explanation=stored["explanation"],
            explains=tuple(stored["explains"]) if "explains" in stored else None,
            confirms=stored["confirms"],
            decided_by=stored["decided_by"],
            answers=stored.get("answers", ""),
            corrections={
                name: Decimal(value) if isinstance(value, int) else value
                for name, value in stored.get("corrections", {}).items()
            },
            correction_findings=tuple(map(Finding.from_json, stored.get("correction_findings", ()))),
            elsewhere=stored.get("elsewhere", {}),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided. ``message`` is the raw mail (and so the form version) that it is about.

    Attributes:
        by: who: an address, or the name given on the command line.
        field, value: of ``override``; the value as a number or text in the form's own measure.
        date: of ``extend``.
        address: of ``assign`` with registration: the sender's address, from now on the unit's.
        via: SHA-256 of the mail by which it was decided; None: at the terminal.
        item: of ``settle``: the id of what was said (Q5).
        closes: of ``close``: the warnings that it closes (closing.warning_id); None, recorded before they were
            named: all of them.
    """

    seq: int
    kind: DecisionKind
    at: dt.datetime
    by: str
    reason: str = ""
    unit: str | None = None
    message: str | None = None
    field: str | None = None
    value: Decimal | str | None = None
    date: dt.date | None = None
    address: str | None = None
    via: str | None = None
    item: str | None = None
    closes: tuple[str, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "kind": self.kind,
            "at": self.at.isoformat(),
            "by": self.by,
            "reason": self.reason,
            "unit": self.unit,
            "message": self.message,
            "field": self.field,
            "value": self.value,
            "date": self.date.isoformat() if self.date else None,
            "address": self.address,
            **({"via": self.via} if self.via else {}),
            **({"item": self.item} if self.item else {}),
            **({"closes": list(self.closes)} if self.closes is not None else {}),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Decision:
        value = stored["value"]
        return cls(
            **{
                **stored,
                "at": dt.datetime.fromisoformat(stored["at"]),
                "value": Decimal(value) if isinstance(value, int) else value,
                "date": dt.date.fromisoformat(stored["date"]) if stored["date"] else None,
                "closes": tuple(stored["closes"]) if "closes" in stored else None,
            }
        )


def _if_any(name: str, values: list[Any]) -> dict[str, Any]:
    return {name: values} if values else {}


def _piece_json(piece: Piece) -> dict[str, Any]:
    return {
        "name": piece.name,
        "sha256": piece.sha256,
        "kind": piece.kind,
        "is_narrative": piece.is_narrative,
        "pixels": piece.pixels,
        "text": piece.text,
        **({"removed": piece.removed} if piece.removed else {}),
    }


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who decides, when, why, and by which mail (its SHA-256; "" at the terminal): recorded with every decision."""

    by: str
    at: dt.datetime
    reason: str = ""
    via: str = ""


def final_decision(decisions: Sequence[Decision]) -> Decision | None:
    """The decision that closed the campaign, or None while it is open."""
    closing = [one for one in decisions if one.kind in ("final", "reopen")]
    return closing[-1] if closing and closing[-1].kind == "final" else None

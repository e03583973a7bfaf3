"""The journal's entries: what was recorded, as plain data that is a row of the ledger and a file of the archive."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent.dossier.submission import Decision
from agent.judging.outcome import Outcome


@dataclass(frozen=True, slots=True)
class QueuedLetter:
    """A letter that an entry queued: its Message-ID, whom it goes to, its bytes, and their SHA-256 ("": not known)."""

    id: str
    kind: str
    to: tuple[str, ...]
    unit: str | None
    about: str
    raw: bytes
    sha256: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without the bytes: those lie beside, as an .eml file."""
        told = {"id": self.id, "kind": self.kind, "to": list(self.to), "unit": self.unit, "about": self.about}
        return told | ({"sha256": self.sha256} if self.sha256 else {})

    @classmethod
    def from_json(cls, stored: dict[str, Any], raw: bytes) -> QueuedLetter:
        return cls(
            stored["id"],
            stored["kind"],
            tuple(stored["to"]),
            stored["unit"],
            stored["about"],
            raw,
            stored.get("sha256", ""),
        )

    @property
    def encoded(self) -> str:
        return base64.b64encode(self.raw).decode()


@dataclass(frozen=True, slots=True)
class MailEntry:
    """A mail was judged; ``again``: one that had been set aside before was tried once more."""

    seq: int
    at: dt.datetime
    message: str
    outcome: Outcome
    letters: tuple[QueuedLetter, ...] = ()
    kind: Literal["mail"] = "mail"
    again: bool = False

    def as_json(self) -> dict[str, Any]:
        told = _common(self) | {"message": self.message, "outcome": self.outcome.as_json()}
        return told | ({"again": True} if self.again else {})


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """A person decided something."""

    seq: int
    at: dt.datetime
    decision: Decision
    letters: tuple[QueuedLetter, ...] = ()
    kind: Literal["decision"] = "decision"

    def as_json(self) -> dict[str, Any]:
        return _common(self) | {"decision": self.decision.as_json()}


@dataclass(frozen=True, slots=True)
class RunEntry:
    """The timetable ran: ``name`` is digest or remind, ``due`` the moment that it was due."""

    seq: int
    at: dt.datetime
    name: str
    due: dt.datetime
    letters: tuple[QueuedLetter, ...] = ()
    kind: Literal["run"] = "run"

    def as_json(self) -> dict[str, Any]:
        return _common(self) | {"name": self.name, "due": self.due.isoformat()}


@dataclass(frozen=True, slots=True)
class PurgeEntry:
    """What the rule of retention says was removed: that it was, by whom and how much; nothing of the content.

    Attributes:
        before: only what was received before that day.
        removes: what the rule named (settings.RetentionSettings.remove).
        texts: ids of the form's text fields (remarks) whose words went with ``names``.
        mails: SHA-256 of each mail that it applies to.
        gone: ids of the letters that it applies to.
        counts: how much of each; ``bytes`` of all together.
    """

    seq: int
    at: dt.datetime
    by: str
    reason: str
    before: dt.date
    removes: tuple[str, ...]
    texts: tuple[str, ...]
    mails: tuple[str, ...]
    gone: tuple[str, ...]
    counts: Mapping[str, int]
    letters: tuple[QueuedLetter, ...] = ()
    kind: Literal["purge"] = "purge"

    def as_json(self) -> dict[str, Any]:
        return _common(self) | {
            "by": self.by,
            "reason": self.reason,
            "before": self.before.isoformat(),
            "removes": list(self.removes),
            "texts": list(self.texts),
            "mails": list(self.mails),
            "gone": list(self.gone),
            "counts": dict(self.counts),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> PurgeEntry:
        return cls(
            seq=stored["seq"],
            at=dt.datetime.fromisoformat(stored["at"]),
            by=stored["by"],
            reason=stored["reason"],
            before=dt.date.fromisoformat(stored["before"]),
            removes=tuple(stored["removes"]),
            texts=tuple(stored["texts"]),
            mails=tuple(stored["mails"]),
            gone=tuple(stored["gone"]),
            counts=stored["counts"],
        )


Entry = MailEntry | DecisionEntry | RunEntry | PurgeEntry


def entry_from_json(stored: dict[str, Any], letters: tuple[QueuedLetter, ...]) -> Entry:
    """The entry back from its JSON (jsontext.loads), with its letters."""
    seq, at = stored["seq"], dt.datetime.fromisoformat(stored["at"])
    if stored["kind"] == "mail":
        outcome, again = Outcome.from_json(stored["outcome"]), stored.get("again", False)
        return MailEntry(seq, at, stored["message"], outcome, letters, again=again)
    if stored["kind"] == "decision":
        return DecisionEntry(seq, at, Decision.from_json(stored["decision"]), letters)
    if stored["kind"] == "purge":
        return PurgeEntry.from_json(stored)
    return RunEntry(seq, at, stored["name"], dt.datetime.fromisoformat(stored["due"]), letters)


def _common(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "letters": [letter.as_json() for letter in entry.letters],
    }

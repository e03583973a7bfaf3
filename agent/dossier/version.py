"""One form of a unit's as it stands now, and a piece where it is filed (the types)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent.base.findings import Finding
from agent.dossier.closing import still_open
from agent.dossier.submission import Decision, Piece, Submission
from agent.reading.reading import Figure, Form

Standing = Literal["accepted", "needs_correction", "needs_confirmation", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Filed:
    """A piece and where it is filed, relative to the campaign's folder in the archive (posix)."""

    piece: Piece
    path: str
    message: str
    received: dt.datetime


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One form that the unit has sent, as it stands now.

    Attributes:
        number: 1 for the first, in the order of joining the dossier.
        values: as read, with what the unit put right, and the contact's overrides.
        findings: of reading and of the checks, those that the contact overrode left out.
        overrides: field id → the decision that set it.
        said: field id → what the unit said in words that couldn't be taken, where it differs and still waits.
        corrections: field id → the unit's mail that put the figure right, where no override stands above it.
        confirmed_by: who confirmed it, where it needed that.
        explained: the unit's mails that explain warnings of it.
        closings: the decisions by which the contact has closed warnings of it.
        again: SHA-256 of each later mail that brought the same file and nothing new about it.
    """

    number: int
    submission: Submission
    form: Form
    values: Mapping[str, Figure]
    findings: tuple[Finding, ...]
    standing: Standing
    overrides: Mapping[str, Decision] = field(default_factory=dict)
    corrections: Mapping[str, Submission] = field(default_factory=dict)
    said: Mapping[str, Figure] = field(default_factory=dict)
    confirmed_by: str | None = None
    explained: tuple[Submission, ...] = ()
    closings: tuple[Decision, ...] = ()
    again: tuple[str, ...] = ()

    @property
    def explanation(self) -> str:
        """The unit's words about its warnings, or ""."""
        return "\n".join(one.explanation for one in self.explained)

    @property
    def closed(self) -> bool:
        """Whether the contact has closed warnings of it."""
        return bool(self.closings)

    @property
    def received(self) -> dt.datetime:
        return self.submission.received

    @property
    def file(self) -> str:
        return self.submission.form_file.name if self.submission.form_file else ""

    def of_severity(self, severity: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == severity)

    @property
    def open_warnings(self) -> tuple[Finding, ...]:
        """Warnings that nobody has explained or closed yet."""
        settled = [*(one.closes for one in self.closings), *(one.explains for one in self.explained)]
        return still_open(self.findings, self.values, settled)

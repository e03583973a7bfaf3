"""A finding (问题): one thing wrong or odd in what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong or odd.

    Attributes:
        severity: ``error`` 强制性错误 keeps the form out of the report; ``warning`` 核实性错误 and
            ``note`` 提示 keep nothing out.
        rule: the id of the rule (reading) or of the check (the campaign's rules file).
        field: the id of the field it is about, or None.
        text: what is wrong and what to do, in Chinese, complete in itself.
        written: what the sender wrote there, as written, or None.
        fields: every field that a check across fields looks at (for one field: that one).
        contact_only: told to the contact, never to the sender.
    """

    severity: Severity
    rule: str
    text: str
    field: str | None = None
    written: str | None = None
    fields: tuple[str, ...] = ()
    contact_only: bool = False

    def as_json(self) -> dict[str, Any]:
        """The finding as `read --json`, `status --json` and the recorded reading show it."""
        shown: dict[str, Any] = {
            "severity": self.severity,
            "rule": self.rule,
            "field": self.field,
            "text": self.text,
        }
        if self.written is not None:
            shown["written"] = self.written
        if self.fields:
            shown["fields"] = list(self.fields)
        if self.contact_only:
            shown["contact_only"] = True
        return shown

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Finding:
        return cls(
            severity=stored["severity"],
            rule=stored["rule"],
            text=stored["text"],
            field=stored["field"],
            written=stored.get("written"),
            fields=tuple(stored.get("fields", ())),
            contact_only=stored.get("contact_only", False),
        )


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)

"""report.json: every figure of the report with where it comes from, for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.base.findings import Finding
from agent.base.jsontext import dumps
from agent.dossier.dossier import Dossier
from agent.dossier.open_items import OpenItem
from agent.dossier.overview import Overview
from agent.dossier.submission import Piece, Submission
from agent.dossier.version import FormVersion
from agent.reading.reading import Figure
from agent.report.merge import Merged
from agent.report.owed import owes


@dataclass(frozen=True, slots=True)
class Source:
    """Where one figure of the report comes from; ``written`` is what the form said where somebody changed it."""

    dossier: Dossier
    version: FormVersion
    field: str
    value: Figure

    @property
    def cell(self) -> str | None:
        if self.correction is not None:
            return None
        return self.version.form.sources.get(self.field)

    @property
    def correction(self) -> Submission | None:
        """The unit's mail that put the figure right, where one did."""
        return self.version.corrections.get(self.field)

    @property
    def submission(self) -> Submission:
        """The mail that the figure comes from."""
        return self.correction or self.version.submission

    @property
    def file(self) -> Piece | None:
        """The file that the figure stands in; None where it is the unit's own words."""
        return None if self.correction else self.version.submission.file_of(self.field)

    @property
    def decided_by(self) -> str | None:
        """Who decided the figure: by an override, by putting it right, confirming the form, or assigning the mail."""
        override = self.version.overrides.get(self.field)
        if override is not None:
            return override.by
        if self.correction is not None:
            return self.correction.sender
        return self.version.confirmed_by or self.version.submission.decided_by

    @property
    def reason(self) -> str:
        override = self.version.overrides.get(self.field)
        return override.reason if override else ""

    @property
    def written(self) -> Figure:
        changed = self.field in self.version.overrides or self.correction is not None
        return self.version.form.values.get(self.field) if changed else None

    def as_json(self) -> dict[str, Any]:
        submission, file = self.submission, self.file
        return {
            "message": submission.message,
            "received": submission.received.isoformat(),
            "sender": submission.sender,
            "file": file.name if file else None,
            "sha256": file.sha256 if file else None,
            "cell": self.cell,
            "version": self.version.number,
            "decided_by": self.decided_by,
        }


def sources(overview: Overview) -> Iterator[Source]:
    """Every figure and text of the report, by unit in the register's order, then by field in the form's."""
    for dossier in overview.reporting:
        version = dossier.accepted
        if version is None:
            continue
        for field in overview.campaign.form.fields:
            yield Source(dossier, version, field.id, version.values.get(field.id))


def warnings(overview: Overview) -> Iterator[tuple[Dossier, Finding]]:
    """What nobody has explained yet in the accepted forms, and what is odd among units."""
    for dossier in overview.dossiers:
        for finding in dossier.accepted.open_warnings if dossier.accepted else ():
            yield dossier, finding
        for finding in overview.cross_findings.get(dossier.unit.id, ()):
            yield dossier, finding


def _said_json(item: OpenItem) -> dict[str, Any]:
    """What somebody said and nobody has settled, in the shape of a warning."""
    return {
        "unit": item.unit,
        "severity": "warning",
        "rule": "said",
        "field": item.field,
        "text": item.text,
        "id": item.id,
        "kind": item.kind,
    }


def record(overview: Overview, merged: Merged) -> bytes:
    """report.json."""
    traced: dict[str, dict[str, Any]] = {}
    for source in sources(overview):
        traced.setdefault(source.dossier.unit.id, {})[source.field] = source.as_json()
    content = {
        "campaign": overview.campaign.id,
        "complete": overview.is_complete,
        "as_of": overview.as_of.isoformat(),
        "units": [
            {
                "id": row.dossier.unit.id,
                "name": row.dossier.unit.name,
                "values": dict(row.values),
                "sources": traced.get(row.dossier.unit.id, {}),
            }
            for row in merged.rows
        ],
        "totals": dict[str, Decimal | None](merged.totals),
        "missing": [
            {"id": one.unit.id, "owes": list(owes(one))} for one in overview.incomplete if one.unit.required
        ],
        "warnings": [
            *({"unit": dossier.unit.id, **found.as_json()} for dossier, found in warnings(overview)),
            *(_said_json(one) for one in overview.open),
        ],
        "held": [held.id for held in overview.held],
        "failed": [failed.message for failed in overview.failed],
    }
    # A file name may carry what no UTF-8 can (a mail's undecodable byte): it shows as "?".
    return (dumps(content) + "\n").encode("utf-8", "replace")

"""What is odd among the units (疑点), which belongs to no single mail: a value far from the others', a photo that two sent."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from decimal import Decimal

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.campaign.rules import Campaign
from agent.dossier.closing import cross_named
from agent.dossier.dossier import Dossier
from agent.dossier.version import Filed, FormVersion


def across_units(dossiers: Sequence[Dossier], campaign: Campaign) -> dict[str, tuple[Finding, ...]]:
    """Unit id → what is odd among the units and not closed: outliers, and photos that two units sent."""
    found: dict[str, list[Finding]] = {}
    for unit_id, finding in (*_outliers(dossiers, campaign), *_shared_photos(dossiers)):
        found.setdefault(unit_id, []).append(finding)
    accepted = {one.unit.id: one.accepted for one in dossiers}
    left = {unit_id: _not_closed(findings, accepted[unit_id]) for unit_id, findings in found.items()}
    return {unit_id: findings for unit_id, findings in left.items() if findings}


def _not_closed(findings: Sequence[Finding], accepted: FormVersion | None) -> tuple[Finding, ...]:
    closings = accepted.closings if accepted else ()
    closed = {name for one in closings for name in one.closes or ()}
    values = accepted.values if accepted else {}
    return tuple(one for name, one in cross_named(findings, values) if name not in closed)


def _outliers(dossiers: Sequence[Dossier], campaign: Campaign) -> Iterable[tuple[str, Finding]]:
    """Values whose modified z-score, 0.6745·|x − median| / MAD, is over the limit (Iglewicz and Hoaglin)."""
    rule = campaign.outliers
    accepted = [(one.unit.id, one.accepted) for one in dossiers if one.accepted]
    if len(accepted) < rule.min_units:
        return
    for column in campaign.form.figures:
        values = {unit_id: version.values[column.id] for unit_id, version in accepted}
        numbers = {unit_id: value for unit_id, value in values.items() if isinstance(value, Decimal)}
        middle = statistics.median(numbers.values())
        spread = statistics.median(abs(value - middle) for value in numbers.values())
        if spread == 0:
            continue
        for unit_id, value in numbers.items():
            if Decimal("0.6745") * abs(value - middle) / spread > rule.score:
                yield unit_id, _outlier(column.id, value, middle, campaign)


def _outlier(name: str, value: Decimal, middle: Decimal, campaign: Campaign) -> Finding:
    column = campaign.form.field(name)
    text = (
        f"“{column.full_label}”为 {plain(value)} {column.measure}，与其他单位相差较大"
        f"（中位数 {plain(middle)} {column.measure}），请核实。"
    )
    return Finding("warning", "outlier", text, field=name, contact_only=True)


def _shared_photos(dossiers: Sequence[Dossier]) -> Iterable[tuple[str, Finding]]:
    owners: dict[str, list[tuple[Dossier, Filed]]] = {}
    for dossier in dossiers:
        for photo in dossier.photos:
            owners.setdefault(photo.piece.pixels or photo.piece.sha256, []).append((dossier, photo))
    for shared in owners.values():
        if len({dossier.unit.id for dossier, _ in shared}) < 2:
            continue
        names = "、".join(dossier.unit.name for dossier, _ in shared)
        for dossier, photo in shared:
            text = f"照片“{photo.piece.name}”由 {names} 都报送过，请核实是谁的工作。"
            yield dossier.unit.id, Finding("warning", "shared_photo", text, contact_only=True)

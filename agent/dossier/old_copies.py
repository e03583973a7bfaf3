"""A form that says again what the unit has replaced since: most likely an old file, sent by mistake. Part of the dossier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.reading.reading import Figure

if TYPE_CHECKING:
    from agent.dossier.version import FormVersion


def equal_older(
    version: FormVersion, before: Sequence[FormVersion], campaign: Campaign
) -> FormVersion | None:
    """The newest earlier version with the same figures, where others have taken their place since; else None.

    A form that was filled in later than that one says so itself: it is a new one.

    Args:
        version: the one that has come.
        before: those that joined the dossier before it.
        campaign: whose figures are compared.
    """
    names = [one.id for one in campaign.form.figures]
    newest = max((one for one in before if one.standing != "withdrawn"), key=_age, default=None)
    if newest is None or _age(version) < _age(newest) or _alike(version.values, newest.values, names):
        return None
    alike = [one for one in before if _alike(version.form.values, one.form.values, names)]
    older = max(alike, key=_age, default=None)
    if older is None:
        return None
    then, now = older.form.reported_on, version.form.reported_on
    return None if then is not None and now is not None and now > then else older


def old_copy(older: FormVersion) -> Finding:
    """The warning for a form that equals that older version; a confirmation answers it."""
    text = (
        f"此表的数与第 {older.number} 版（{older.received:%Y-%m-%d %H:%M} 收到）完全相同，而那一版的数之后已有更正，"
        f"可能误发了旧表，暂未采用。请核对：如确要改回第 {older.number} 版的数，请确认；否则不必处理，原来登记的数不变。"
    )
    return Finding("warning", "old_copy", text)


def _age(version: FormVersion) -> tuple[object, int]:
    return version.received, version.number


def _alike(one: Mapping[str, Figure], other: Mapping[str, Figure], names: Sequence[str]) -> bool:
    return all(one.get(name) == other.get(name) for name in names)

"""What is still lacking for the report, unit by unit, in words. Knows dossiers, and no file format."""

from __future__ import annotations

from dataclasses import dataclass

from agent.dossier.dossier import Dossier
from agent.dossier.overview import Overview

STANDING = {"needs_correction": "待补正", "needs_confirmation": "待确认"}


@dataclass(frozen=True, slots=True)
class Lack:
    """One unit on the list of what is missing.

    Attributes:
        owes: of form, narrative and photos, in that order.
        what: the same on paper, with how the form stands: 统计表（待补正）.
        days_late: days since the deadline; 0 before it, for a unit that needn't report, and where an accepted
            form stands while its newer one waits.
        problems: what is to be mended, complete sentences.
        addresses: where to write: the registered ones, else where its last mail came from.
    """

    dossier: Dossier
    owes: tuple[str, ...]
    what: tuple[str, ...]
    days_late: int
    problems: tuple[str, ...]
    addresses: tuple[str, ...]
    unreachable: bool


def lacks(overview: Overview) -> tuple[Lack, ...]:
    """In the register's order; also a unit that needn't report, where it has sent a form that waits."""
    return tuple(_lack(dossier, overview) for dossier in overview.incomplete)


def owes(dossier: Dossier) -> tuple[str, ...]:
    """What the unit owes. A newer form that waits is owed, also where an older one is accepted."""
    owed = dossier.owes if dossier.unit.required else ()
    return owed if dossier.pending is None or "form" in owed else ("form", *owed)


def standing(dossier: Dossier) -> str:
    """How the unit's form stands where it isn't accepted: 未报送, 待补正, 待确认, 已撤回."""
    if dossier.pending is not None:
        return STANDING[dossier.pending.standing]
    return "已撤回" if dossier.versions else "未报送"


def _lack(dossier: Dossier, overview: Overview) -> Lack:
    owed = owes(dossier)
    labels = dossier.campaign.deliverables.labels()
    over = (overview.today - dossier.deadline).days if dossier.unit.required else 0
    last = dossier.submissions[-1].sender if dossier.submissions else ""
    return Lack(
        dossier=dossier,
        owes=owed,
        what=tuple(_form(dossier, labels[name]) if name == "form" else labels[name] for name in owed),
        days_late=max(0, over) if dossier.owes else 0,
        problems=_problems(dossier),
        addresses=dossier.unit.senders or ((last,) if last else ()),
        unreachable=dossier.unit.id in overview.unreachable,
    )


def _form(dossier: Dossier, label: str) -> str:
    how = f"（{standing(dossier)}）" if dossier.versions else ""
    return f"更正后的{label}{how}" if dossier.accepted else f"{label}{how}"


def _problems(dossier: Dossier) -> tuple[str, ...]:
    """The waiting form's errors; without one, what was wrong with the files that the unit sent."""
    waiting = dossier.pending
    if waiting is not None:
        errors = [finding.text for finding in waiting.of_severity("error")]
        asked = [
            "统计表由图片识别、未标明合计行、标题不是这次的，或标明不是全部数字，请报送单位或联系人确认数字。"
        ]
        return tuple(errors if waiting.standing == "needs_correction" else asked)
    files = [one for submission in dossier.submissions for one in submission.findings]
    return tuple(dict.fromkeys(one.text for one in files if one.severity == "error"))

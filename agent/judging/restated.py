"""A table with some of the form's figures that comes after the form, alone: what the unit says of these, and nothing more.

It is no version of the form, since the other figures are missing in it; and no figure is changed by it before the
unit has sent the whole form again. Until then the figures are disputed. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.dossier.dossier import Dossier
from agent.dossier.submission import Submission
from agent.dossier.version import FormVersion
from agent.reading.reading import Figure, Stated


def with_restated(submission: Submission, stated: Sequence[Stated], dossier: Dossier) -> Submission:
    """The submission with what such tables say of the unit's newest form, where that is something else.

    Args:
        submission: of a mail without a form.
        stated: what its tables state.
        dossier: what the unit has sent before.
    """
    version = dossier.pending or dossier.accepted
    values = {
        name: value for one in stated for name, value in one.values.items() if isinstance(value, Decimal)
    }
    if version is None:
        return _without_form(submission, values, dossier)
    parts = [one for one in stated if not (one.part and not one.mark)]
    differing = {
        name: value
        for one in parts
        for name, value in one.values.items()
        if isinstance(value, Decimal) and _differs(one, version.values.get(name), name, value)
    }
    if not differing:
        return submission
    told = tuple(_told(name, value, version, dossier) for name, value in differing.items())
    return replace(
        submission, corrections=differing, correction_findings=told, answers=version.submission.message
    )


def _differs(stated: Stated, known: Figure, name: str, value: Decimal) -> bool:
    return known != value and known not in stated.alike.get(name, ())


def _told(name: str, value: Decimal, version: FormVersion, dossier: Dossier) -> Finding:
    label, known = dossier.campaign.form.label_of(name), version.values.get(name)
    before = (
        f"统计表（第 {version.number} 版）里是 {plain(known)}" if known is not None else "统计表里没有这个数"
    )
    text = (
        f"来信的表里“{label}”写的是 {plain(value)}，{before}。只有部分栏目的表不能登记，原来的数没有改动。"
        "如要更正，请把改好的数填入完整的统计表重报；如不是更正，请回信说明。"
    )
    return Finding("error", "partial_table", text, name, plain(value), (name,))


def _without_form(submission: Submission, values: dict[str, Decimal], dossier: Dossier) -> Submission:
    if not values:
        return submission
    labels = "、".join(f"“{dossier.campaign.form.label_of(name)}”" for name in list(values)[:3])
    text = f"来信的表里只有{labels}等部分栏目，不是完整的统计表，没有登记。请填写完整的统计表后发送。"
    finding = Finding("warning", "partial_table", text)
    return replace(submission, findings=(*submission.findings, finding))

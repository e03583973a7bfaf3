"""A form's figures that the unit itself put right in words: which count, and what they settle. Part of the dossier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.campaign.rules import Campaign
from agent.reading.reading import Figure

if TYPE_CHECKING:
    from agent.dossier.submission import Decision, Submission


def corrections_of(replies: Iterable[Submission]) -> dict[str, Submission]:
    """Field id → the unit's mail that put it right, the newest where there are several.

    Only of mails that vouch for the whole form: what else was said changes nothing.
    """
    return {name: one for one in replies if one.confirms for name in one.corrections}


def outstanding(replies: Iterable[Submission], values: Mapping[str, Figure]) -> dict[str, Figure]:
    """Field id → what the unit said that it should be, in a mail that couldn't be taken, and has not said since.

    None where its line held no certain value. What stands as it was said is left out.
    """
    said: dict[str, Figure] = {}
    for one in replies:
        said = {} if one.confirms else {**said, **(one.corrections if one.not_taken else {})}
    return {name: value for name, value in said.items() if value is None or value != values.get(name)}


def said_otherwise(said: Mapping[str, Figure], campaign: Campaign) -> Iterator[Finding]:
    """What the unit said and nobody has taken: the contact, who may confirm the form as it was read, should know."""
    for name, value in said.items():
        label = campaign.form.label_of(name)
        text = f"单位来信说“{label}”应为 {_told(value)}，来信不能照办，已请它再答复；登记的数没有据此改。"
        yield Finding("warning", "said_otherwise", text, name, contact_only=True)


def without_corrected(
    found: Iterable[Finding], replies: Iterable[Submission], corrected: Mapping[str, Figure]
) -> Iterator[Finding]:
    """The findings of reading once the unit's own figures stand: what was wrong with those alone is settled."""
    for one in found:
        about = one.fields or ((one.field,) if one.field else ())
        if not about or not all(name in corrected for name in about):
            yield one
    for reply in replies:
        if reply.confirms:
            yield from reply.correction_findings


def against_overrides(
    corrected: Mapping[str, Figure], overrides: Mapping[str, Decision], campaign: Campaign
) -> Iterator[Finding]:
    """What the unit put right otherwise than the contact has set it, which stands: the contact should look again."""
    for name, value in overruled(corrected, overrides).items():
        label = campaign.form.label_of(name)
        text = (
            f"“{label}”单位来信写的是 {_told(value)}，联系人已改定为 {_told(overrides[name].value)}，"
            f"按联系人改定的登记，请核实。"
        )
        yield Finding("warning", "corrected_otherwise", text, name, contact_only=True)


def overruled(corrected: Mapping[str, Figure], overrides: Mapping[str, Decision]) -> dict[str, Figure]:
    """The figures that the unit puts right otherwise than the contact has set them, as the unit says them."""
    return {
        name: corrected[name]
        for name, decision in overrides.items()
        if name in corrected and corrected[name] != decision.value
    }


def _told(value: Figure) -> str:
    return "（空）" if value is None or value == "" else plain(value)

"""Where a mail's words hold personal data: a note for each remark and each narrative, never with the number itself.

Pure; what leaves the house is masked elsewhere (masked.py), whether or not there is a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.base.findings import Finding
from agent.base.personal import counted, find, numbers_in
from agent.campaign.rules import Campaign
from agent.dossier.dossier import Dossier
from agent.judging.contents import Brought

RULE = "personal_data"
LONGEST = 1_000_000
"""Characters of a narrative that are looked through."""


def in_remarks(brought: Brought, campaign: Campaign, phone: str) -> Iterator[Finding]:
    """One note a text field of the form (备注); ``phone``: the bureau's own, which is nobody's secret."""
    for field in campaign.form.fields:
        value = brought.form.values.get(field.id) if brought.form else None
        held = _held(value, phone) if isinstance(value, str) else ""
        if held:
            cell = brought.form.sources.get(field.id) if brought.form else None
            where = f"“{field.full_label}”{f'（{cell}）' if cell else ''}"
            yield Finding("note", RULE, f"{where}里有{held}。", field=field.id)


def in_accounts(brought: Brought, phone: str) -> Iterator[Finding]:
    """One note a narrative (开展情况)."""
    for name, text in brought.accounts:
        held = _held(text, phone)
        if held:
            yield Finding("note", RULE, f"“{name}”里有{held}。")


def notes(dossier: Dossier, above: int = 0) -> tuple[Finding, ...]:
    """The notes about what the unit has sent since that place in the record, each once."""
    found = (
        finding
        for one in dossier.submissions
        if one.seq > above
        for finding in (*one.form_findings, *one.findings)
        if finding.rule == RULE
    )
    return tuple(dict.fromkeys(found))


def _held(text: str, phone: str) -> str:
    return counted(find(text[:LONGEST], numbers_in(phone)))

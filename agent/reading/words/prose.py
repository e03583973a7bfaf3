"""What a document says in words, apart from the form that may stand in it, and whether that is anything to speak of.

Knows no file formats: text in, text out.
"""

from __future__ import annotations

import re

from agent.campaign.rules import Campaign
from agent.campaign.units import fold

LEAST = 30  # characters under which no document is an account of anything
LONG_TITLE = 40  # characters around the form's title from which the line is prose that names the form


def says_little(text: str, campaign: Campaign) -> bool:
    """Whether a document's text can't be the narrative: next to nothing but what belongs to the form."""
    owed = campaign.deliverables.narrative
    lines = text.replace("\t", "\n")  # a tab parts the cells of a row, but also a number from its paragraph
    return len(fold(prose(lines, campaign))) < (min(LEAST, owed.min_characters) if owed else 1)


def prose(text: str, campaign: Campaign) -> str:
    """A text without the lines that belong to the form: its title, header values, table and footnote."""
    form = campaign.form
    labels = [fold(name) for header in form.header for name in (header.label, *header.aliases)]
    heads = tuple(f"{label}:" for label in labels)
    cells = {fold(name) for one in form.fields for name in (one.label, *one.aliases, one.group or "")}

    def is_form_s(line: str) -> bool:
        folded = fold(line)
        return (
            (fold(form.title) in folded and len(folded) < len(fold(form.title)) + LONG_TITLE)
            or folded.startswith((*heads, "注:"))
            or "\t" in line.strip()
            or re.sub(r"\(.*\)$", "", folded) in cells
            or re.fullmatch(r"[\d.,/—-]*", folded) is not None
        )

    return "\n".join(line for line in text.split("\n") if not is_form_s(line)).strip()

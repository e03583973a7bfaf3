"""What the sender of a mail wrote now, apart from a letter of ours that stands below it without any sign of quoting."""

from __future__ import annotations

import re

from agent.campaign.rules import Campaign
from agent.campaign.units import fold
from agent.reading.words.quoting import above_letter, own_text


def own_words(text: str, campaign: Campaign) -> str:
    """What the sender wrote now: also without a letter of ours below it, and the head above that letter's title."""
    above = above_letter(text)
    if above == text:
        return own_text(text)
    lines = above.rstrip().split("\n")
    head = {
        fold(part) for part in (campaign.title, f"{campaign.mark}{campaign.title}", campaign.mark, "报送邮箱")
    }
    while lines and (fold(lines[-1]) in head or not re.search(r"\w", lines[-1].replace("_", ""))):
        lines.pop()
    return own_text("\n".join(lines))

"""What people write in a figure's place and around it, as figures.yaml lists it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agent.campaign.yamlfile import packaged
from agent.reading.cell.folding import squeeze


@dataclass(frozen=True, slots=True)
class Phrases:
    """The lists, ready to be matched against squeezed text.

    Attributes:
        nothing: whole texts that say that there is nothing to report, in small letters.
        before: a word that may stand before a figure.
        before_amount: one that stands before a sum of money and says nothing of its scale.
        doubtful: what makes the figure before a bracket uncertain.
        harmless: what only looks like it.
        among: how a remark begins that breaks the figure down.
        goods: what goods are counted in, behind a number.
    """

    nothing: frozenset[str]
    before: re.Pattern[str]
    before_amount: re.Pattern[str]
    doubtful: re.Pattern[str]
    harmless: re.Pattern[str]
    among: re.Pattern[str]
    goods: re.Pattern[str]


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """The lists of figures.yaml, read once."""
    listed = packaged(Path(__file__).parent.parent / "data" / "figures.yaml")
    words = {name: [squeeze(str(word)) for word in some] for name, some in listed.items()}
    return Phrases(
        nothing=frozenset(word.lower() for word in words["nothing"]),
        before=_any(words["before"]),
        before_amount=_any(words["before_amount"]),
        doubtful=_any(words["doubtful"]),
        harmless=_any(words["harmless"]),
        among=_any(words["among"]),
        goods=_any(words["goods"]),
    )


def _any(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))

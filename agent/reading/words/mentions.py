"""How the form's figures are called in sentences: by a label, by a label without what is counted, by half a label.

Made from the campaign's labels alone: 劝导人数 is called 劝导, 救助未成年人 未成年人, 发放宣传资料 资料发放.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from agent.campaign.rules import Campaign, FormField
from agent.reading.table.labels import key, names_of


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names a figure: ``whole`` by its label; else by half of one, and then maybe several."""

    start: int
    end: int
    fields: tuple[str, ...]
    whole: bool


@dataclass(frozen=True)
class Lexicon:
    """What a campaign's figures may be called in sentences."""

    campaign: Campaign
    whole: Mapping[str, tuple[str, ...]]
    halves: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, campaign: Campaign) -> Lexicon:
        """The lexicon of a campaign, made once for all the texts that are read by it."""
        global _last
        if _last is None or _last.campaign is not campaign:
            _last = cls._made(campaign)
        return _last

    @classmethod
    def _made(cls, campaign: Campaign) -> Lexicon:
        whole: dict[str, dict[str, None]] = {}
        halves: dict[str, dict[str, None]] = {}
        for one in campaign.form.figures:
            for name in _names(one, campaign):
                whole.setdefault(name, {})[one.id] = None
                for half in _halves(name):
                    halves.setdefault(half, {})[one.id] = None
        return cls(
            campaign,
            {name: tuple(ids) for name, ids in whole.items()},
            {name: tuple(ids) for name, ids in halves.items() if name not in whole},
        )

    @cached_property
    def _names(self) -> re.Pattern[str]:
        names = sorted({*self.whole, *self.halves}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, names)) or "(?!)")

    def mentions(self, text: str) -> list[Mention]:
        """Every mention in a text without white space, none overlapping another, the longest first."""
        return [
            Mention(
                one.start(), one.end(), self.whole.get(one[0]) or self.halves[one[0]], one[0] in self.whole
            )
            for one in self._names.finditer(text)
        ]


_last: Lexicon | None = None


@lru_cache(1)
def beside() -> Mapping[str, Any]:
    """The words by which sentences beside a form are understood (data/beside.yaml)."""
    from agent.campaign.yamlfile import packaged

    words: Mapping[str, Any] = packaged(Path(__file__).parent.parent / "data" / "beside.yaml")
    return words


def _names(one: FormField, campaign: Campaign) -> Iterator[str]:
    """Its labels, and those without what is only counting at their ends."""
    for name, needs_group in names_of(one, campaign):
        if needs_group:
            continue
        yield name
        for _ in range(3):
            shorter = next((name.removesuffix(end) for end in beside()["counting"] if name.endswith(end)), "")
            if len(shorter) < 2:
                break
            name = shorter
            yield name


def _halves(name: str) -> Iterator[str]:
    """What is left of a name without its first or last word; most words are two characters."""
    if len(name) < 4:
        return
    cuts = [(0, 2), (2, len(name))]
    cuts += [(0, 4)] if len(name) >= 6 else []
    cuts += [(2, 6)] if len(name) >= 8 else []
    for start, end in cuts:
        half = key(name[start:end])
        if len(half) >= 2 and half not in beside()["vague"]:
            yield half

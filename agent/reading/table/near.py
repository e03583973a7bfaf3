"""A label that is nearly one of the form's, where only one field can be meant: one look-alike character, or other words.

labels.yaml lists what is alike; nothing is taken for likely because it is similar. Knows the campaign's labels alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agent.campaign.rules import FormField
from agent.campaign.yamlfile import packaged

SHORTEST = 4  # characters: of 总计 too little is left where one is wrong
LONGEST = 24


@dataclass(frozen=True, slots=True)
class NearLabels:
    """The labels of a campaign, by how they look and by what they mean.

    Attributes:
        looks: a label with each character as the first of its look-alikes → the labels that look so.
        fields: each label's fields; empty for a group's.
        meanings: a label in the first of the words that mean the same, without its ending → the figures' fields
            that have such a label.
        endings: all that may be left out behind a label of some field.
    """

    looks: Mapping[str, Sequence[str]]
    fields: Mapping[str, frozenset[str]]
    meanings: Mapping[str, Sequence[FormField]]
    endings: frozenset[str]

    @classmethod
    def of(cls, names: Mapping[str, Iterable[FormField]]) -> NearLabels:
        """Of the keys of labels, with the fields that each names."""
        looks: dict[str, list[str]] = {}
        for name in names:
            looks.setdefault(name.translate(_words().looks), []).append(name)
        fields = {name: frozenset(one.id for one in some) for name, some in names.items()}
        meanings: dict[str, list[FormField]] = {}
        for name, some in names.items():
            for one in some:
                stem = _without_ending(_core(name), one)
                if one.is_figure and one not in meanings.setdefault(stem, []):
                    meanings[stem].append(one)
        endings = (ending for some in names.values() for one in some for ending in _endings(one))
        return cls(looks, fields, meanings, frozenset(endings))

    def meant(self, name: str) -> str | None:
        """The key of the label that a key of another text stands for; None where it isn't certain."""
        if not SHORTEST <= len(name) <= LONGEST or name in self.fields:
            return None
        return self._alike(name) or self._same(name)

    def _alike(self, name: str) -> str | None:
        found = [
            label
            for label in self.looks.get(name.translate(_words().looks), ())
            if sum(one != other for one, other in zip(name, label, strict=True)) == 1
        ]
        return found[0] if found and len({self.fields[label] for label in found}) == 1 else None

    def _same(self, name: str) -> str | None:
        core = _core(name)
        stems = {core.removesuffix(ending) for ending in self.endings} | {core}
        found = {
            one.id
            for stem in stems
            for one in self.meanings.get(stem, ())
            if _without_ending(core, one) == stem
        }
        if len(found) != 1:
            return None
        return next(label for label, fields in self.fields.items() if fields == found)


@dataclass(frozen=True, slots=True)
class _Words:
    """labels.yaml, ready to be used."""

    looks: Mapping[int, str]
    same: Mapping[str, str]
    any_same: re.Pattern[str]
    before: re.Pattern[str]
    behind: Mapping[str, Sequence[str]]


@lru_cache(maxsize=1)
def _words() -> _Words:
    listed = packaged(Path(__file__).parent.parent / "data" / "labels.yaml")
    same = {word: words[0] for words in listed["same"] for word in words}
    return _Words(
        looks={ord(one): alike[0] for alike in listed["lookalikes"] for one in alike[1:]},
        same=same,
        any_same=_any(same),
        before=_any(listed["before"]),
        behind=listed["behind"],
    )


def _any(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def _core(name: str) -> str:
    """A label in the first of the words that mean the same, without what stands before it."""
    words = _words()
    text = words.any_same.sub(lambda match: words.same[match[0]], name.replace("的", ""))
    before = words.before.match(text)
    return text[before.end() :] if before else text


def _without_ending(core: str, field: FormField) -> str:
    for ending in sorted(_endings(field), key=len, reverse=True):
        if core.endswith(ending) and len(core) > len(ending) + 1:
            return core.removesuffix(ending)
    return core


def _endings(field: FormField) -> list[str]:
    behind, measure = _words().behind, field.measure or ""
    if field.type == "amount":
        return list(behind["amount"])
    return [*behind["count"], f"{measure}数", *(behind["people"] if measure.startswith("人") else ())]

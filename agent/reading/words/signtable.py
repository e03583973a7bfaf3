"""The table of signs (signs.yaml), as patterns: which words count in which place, and what speaks against them.

Knows the file and its way of writing; what a text says by it is signs.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agent.campaign.rules import Model
from agent.campaign.yamlfile import load_model

FILE = Path(__file__).parent.parent / "data" / "signs.yaml"


class _Kind(Model):
    says: str
    send: str
    named: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    firm: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    headed: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    not_earlier: bool = False
    only_after: bool = False


class _Denied(Model):
    before: tuple[str, ...]
    after: tuple[str, ...]


class _Places(Model):
    endings: tuple[str, ...]
    not_before: str
    not_in: str
    before: tuple[str, ...]


class _File(Model):
    kinds: dict[str, _Kind]
    about: tuple[str, ...]
    earlier: tuple[str, ...]
    denied: _Denied
    periods: tuple[str, ...]
    places: _Places
    fillers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that a form may be instead of the whole report.

    Attributes:
        says: what to call it, in Chinese.
        send: what is to be sent instead.
        named, told, firm: its words in a name; in a sentence about a form; in any sentence.
        cells: what a cell says that says nothing else.
        headed: headings below which the name of a form's only row is one.
        unless: what speaks against it.
        not_earlier: in a sentence about an earlier form it says nothing of this one.
        only_after: it asks for nothing before the unit has sent another form.
    """

    id: str
    says: str
    send: str
    named: tuple[re.Pattern[str], ...]
    told: tuple[re.Pattern[str], ...]
    firm: tuple[re.Pattern[str], ...]
    cells: frozenset[str]
    headed: frozenset[str]
    unless: tuple[re.Pattern[str], ...]
    not_earlier: bool
    only_after: bool


@dataclass(frozen=True, slots=True)
class SignTable:
    """All kinds, in the order in which they are looked for, and the words that they share."""

    kinds: tuple[Kind, ...]
    about: re.Pattern[str]
    earlier: re.Pattern[str]
    denied_before: tuple[str, ...]
    denied_after: tuple[str, ...]
    periods: re.Pattern[str]
    places: re.Pattern[str]
    not_places: str
    fillers: re.Pattern[str]

    def places_in(self, text: str) -> Iterator[str]:
        """Each village, community … that a text names."""
        for found in self.places.finditer(text):
            if found["name"][-1] not in self.not_places:
                yield found[0]


@lru_cache(1)
def load_signs() -> SignTable:
    """The table that ships with the program."""
    file, _ = load_model(_File, FILE)
    endings = "|".join(sorted(file.places.endings, key=len, reverse=True))
    before = "|".join(file.places.before)
    return SignTable(
        kinds=tuple(_kind(name, one) for name, one in file.kinds.items()),
        about=_any(file.about),
        earlier=_any(file.earlier),
        denied_before=file.denied.before,
        denied_after=file.denied.after,
        periods=_any(file.periods),
        places=re.compile(
            rf"(?P<name>(?:(?![{file.places.not_in}])[\u4e00-\u9fff]){{1,5}})(?:{endings})(?=$|[^\u4e00-\u9fff]|{before})"
        ),
        not_places=file.places.not_before,
        fillers=_any(sorted(file.fillers, key=len, reverse=True)),
    )


def _kind(name: str, one: _Kind) -> Kind:
    return Kind(
        id=name,
        says=one.says,
        send=one.send,
        named=_patterns(one.named),
        told=_patterns(one.told),
        firm=_patterns(one.firm),
        cells=frozenset(one.cells),
        headed=frozenset(one.headed),
        unless=_patterns(one.unless),
        not_earlier=one.not_earlier,
        only_after=one.only_after,
    )


def _patterns(written: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_pattern(one)) for one in written)


def _any(written: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern, written)))


def _pattern(written: str) -> str:
    """A regular expression for what the file writes: see its head."""
    named = written.replace("{period}", "\ue001").replace("{place}", "\ue002")
    return "".join(_SIGNS.get(one, re.escape(one)) for one in named)


_SIGNS = {
    "…": "[^。;!?]{0,8}?",
    "(": "(?:",
    ")": ")",
    "/": "|",
    "N": "[0-9一二三四五六七八九十]{1,3}",
    "^": "(?<![\u4e00-\u9fffa-z])",
    "$": "(?![\u4e00-\u9fffa-z])",
}

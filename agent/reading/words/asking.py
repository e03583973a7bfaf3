"""What a unit's own words ask of a person: another figure than the one reported, more time, an answer.

Nothing of it is a figure: what is said stays listed until somebody settles it. The words are data (data/requests.yaml,
data/answers.yaml). Knows nothing of mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.campaign.rules import Campaign, FormField
from agent.reading.cell.folding import fold, squeeze
from agent.reading.cell.values import read_figure
from agent.reading.grid import Cell
from agent.reading.reading import Figure
from agent.reading.table.labels import LabelBook, key, sum_level
from agent.reading.words.affirming import answers, clauses, is_courtesy
from agent.reading.words.doubting import Words, doubted

LONGEST = 4000  # characters of words that are looked at sentence by sentence
MOST = 20  # figures that one mail may dispute by name; who disputes more disputes the form


@dataclass(frozen=True, slots=True)
class Disputed:
    """A figure that words say is another, or wrong.

    Attributes:
        field: its field's id; None where the words only say that something in the form is wrong.
        value: what it should be; None where they don't say so for certain.
        sentence: the words.
    """

    field: str | None
    value: Figure
    sentence: str


def disputed(
    words: str, values: Mapping[str, Figure] | None, campaign: Campaign, *, account: bool = False
) -> tuple[Disputed, ...]:
    """The figures that the words dispute; a sentence that asks, or says again what is registered, disputes none.

    Args:
        words: what the sender wrote, without quotations.
        values: what is registered by field id; None where it isn't known whose.
        campaign: whose form.
        account: the words tell of the work, or why a figure is as it is: there a number beside a name is nothing odd
            by itself.
    """
    found: dict[str | None, Disputed] = {}
    for sentence in _sentences(words):
        for one in _in_sentence(sentence, values, campaign, account):
            found.setdefault(one.field, one)
        for name in _doubted(sentence, values, campaign, account):
            found.setdefault(name, Disputed(name, None, sentence))
    named = [one for name, one in found.items() if name is not None]
    if len(named) > MOST:
        return (Disputed(None, None, named[0].sentence),)
    return tuple(named) or tuple(found.values())


def asks_for_time(words: str) -> str:
    """The sentence that asks for more time, or ""."""
    known = requests()
    for sentence in _sentences(words):
        for part in _parts(sentence):
            if _has(part, known["granted"]):
                continue
            later = _has(part, known["later"]) and (_has(part, known["reporting"]) or _wishes(part))
            if later or _has(part, known["more_time"]):
                return sentence
    return ""


def _wishes(part: str) -> bool:
    """Whether a part of a sentence asks whether something may be (能不能延到3月8日)."""
    return _has(part, requests()["wishes"])


def thanks_only(words: str) -> bool:
    """Whether some words are nothing but thanks (谢谢, 收到, 好的) or pictures (👍); 请查收 may have lost its file."""
    known = requests()
    rest = [one for one in clauses(words) if one not in known["acknowledges"]]
    if not words.strip() or not is_courtesy("。".join(rest)):
        return False
    plain = fold(words)
    silent = re.search(r"\w", plain.replace("_", "")) is None
    return silent or (
        _has(plain, [*known["thanks"], *known["acknowledges"]]) and not _has(plain, known["announces"])
    )


def asks(words: str) -> bool:
    """Whether any sentence asks something."""
    return any(_asks(sentence) for sentence in _sentences(words))


@lru_cache(1)
def requests() -> Mapping[str, Any]:
    """What units ask for (data/requests.yaml)."""
    from agent.campaign.yamlfile import packaged

    known: Mapping[str, Any] = packaged(Path(__file__).parent.parent / "data" / "requests.yaml")
    return known


# --- one sentence ----------------------------------------------------------------------------------------


def _in_sentence(
    sentence: str, values: Mapping[str, Figure] | None, campaign: Campaign, account: bool
) -> Iterator[Disputed]:
    if _asks(sentence):
        return
    plain = _CONDITIONS.sub("", fold(sentence))
    states = _has(plain, requests()["right_one"])
    admits = _has(plain, answers()["admits"])
    named = list(_named(plain, campaign))
    for field, tail, direct in named:
        # 漏报了200份 says how many were left out, not how many there are.
        value = _value(tail, field, campaign) if states or direct or not admits else None
        same = value is not None and values is not None and value == values.get(field.id)
        if account and (value is None or not (states or tail.startswith((":", "=")))):
            continue
        other = (
            value is not None and values is not None and direct and not _has(plain, requests()["elsewhere"])
        )
        if (admits or states or other) and (admits or not same):
            yield Disputed(field.id, None if same else value, sentence)
    about_the_form = admits and re.search("[表数报填]", plain)
    if not named and not account and (about_the_form or (states and re.search(r"\d", plain))):
        yield Disputed(None, None, sentence)


def _doubted(
    sentence: str, values: Mapping[str, Figure] | None, campaign: Campaign, account: bool
) -> tuple[str, ...]:
    """The figures of which a sentence names another number, or another measure, in whatever words."""
    if values is None or _asks(sentence):
        return ()
    return doubted(Words(sentence, "来信正文", manner="account" if account else "note"), values, campaign)


def _named(sentence: str, campaign: Campaign) -> Iterator[tuple[FormField, str, bool]]:
    """Each figure that a sentence names, what stands behind its name up to the next, and whether that begins a number."""
    squeezed = squeeze(sentence)
    places: list[tuple[int, int, FormField]] = []
    for name, field in _names(campaign):
        at = squeezed.find(name)
        if at >= 0 and not any(start < at + len(name) and at < end for start, end, _ in places):
            places.append((at, at + len(name), field))
    places.sort(key=lambda one: one[0])
    for number, (_, end, field) in enumerate(places):
        until = places[number + 1][0] if number + 1 < len(places) else len(squeezed)
        tail = squeezed[end:until]
        yield field, tail, _DIRECT.match(tail) is not None


def _names(campaign: Campaign) -> Sequence[tuple[str, FormField]]:
    """The names that figures go by in a sentence, the longest first; a group's name alone means its total."""
    names: dict[str, FormField] = {}
    for name, entries in LabelBook.of(campaign).fields.items():
        field, needs_group = entries[0]
        if field.is_figure and not needs_group and len(entries) == 1 and len(name) > 2:
            names[name] = field
    for field in campaign.form.figures:
        if field.group and sum_level(field.label):
            names.setdefault(key(field.group), field)
    return sorted(names.items(), key=lambda one: len(one[0]), reverse=True)


def _value(tail: str, field: FormField, campaign: Campaign) -> Figure:
    """The figure behind a name: the one that is called right, else the first that isn't called wrong."""
    known = requests()
    right = max((tail.rfind(word) + len(word) for word in known["right_one"] if word in tail), default=0)
    for found in (_NUMBER if right else _DIGITS).finditer(tail, right):
        before = tail[max(right, found.start() - 4) : found.start()]
        if not right and _has(before, known["wrong_one"]):
            continue
        written = found[0].rstrip(",.")
        return read_figure(Cell("来信", "text", written), field, campaign).value
    return None


def _sentences(words: str) -> Iterator[str]:
    """As they are written."""
    for found in _SENTENCE.finditer(fold(words)[:LONGEST]):  # folding changes no character's place
        if found[0].strip():
            yield words[found.start() : found.end()].strip()


def _parts(sentence: str) -> list[str]:
    return re.split("[,、]", fold(sentence))


def _asks(sentence: str) -> bool:
    return "?" in fold(sentence) or _has(sentence, requests()["asks"])


def _has(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


_SENTENCE = re.compile("[^。!?;\n]+[?]?")
_CONDITIONS = re.compile(
    "(?:如|若|倘|假如|万一)[^,]{0,12}?(?:有误|填错|漏填|漏报|不符|问题|错误|错)|[没未]有?(?:填错|写错|报错|漏报|漏填|错)|有误之处"
)
_MEASURE = "(?:万元|千元|亿元|元|万|千|人次|余?[次人份个元])?"
_DIGITS = re.compile(rf"\d[\d,]{{0,15}}(?:\.\d{{1,8}})?{_MEASURE}")
_NUMBER = re.compile(
    rf"(?:\d[\d,]{{0,15}}(?:\.\d{{1,8}})?|[〇零一二两三四五六七八九十百千万]{{1,12}}){_MEASURE}"
)
_DIRECT = re.compile(r"[:=为是共计总约有]{0,4}\d")

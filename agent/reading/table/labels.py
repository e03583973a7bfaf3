"""The form's labels, as they may be printed: which field or header value a text names, and in what measure.

Brackets, spaces, line breaks, width, numbering and a missing （单位） make no difference; a different word does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Literal

from agent.campaign.rules import Campaign, FormField, HeaderField
from agent.reading.cell.folding import fold, squeeze
from agent.reading.cell.measures import is_measure, strip_measure
from agent.reading.table.near import NearLabels

SUM_LEVELS = {
    **dict.fromkeys(("小计", "小計"), 1),
    **dict.fromkeys(("合计", "合計", "共计", "总和", "总数", "汇总", "累计"), 2),
    **dict.fromkeys(("总计", "總計"), 3),
}
"""Words that mark a row as a sum; a higher one sums up the lower ones."""

Role = Literal["label", "child", "none"]


@dataclass(frozen=True, slots=True)
class Match:
    """The field that a column's heading names, the measure that it states, and that of a row of measures below it.

    ``near``: the label isn't the form's own, but nearly. ``split``: the heading is the 合计 of the field's parts (男, 女).
    """

    field: FormField
    measure: str | None = None
    below: str | None = None
    near: bool = False
    split: bool = False


@dataclass(frozen=True, slots=True)
class _Name:
    """What a text may name: a label's key, the measure behind it, and whether the label is only nearly so."""

    key: str
    measure: str | None
    near: bool = False


@dataclass(frozen=True)
class LabelBook:
    """A campaign's labels, ready to be looked up; ``nearly``: those too that are only nearly the form's."""

    campaign: Campaign
    fields: dict[str, list[tuple[FormField, bool]]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    headers: dict[str, HeaderField] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    read: dict[str, list[_Name]] = field(default_factory=dict)
    nearly: bool = True

    @classmethod
    def of(cls, campaign: Campaign) -> LabelBook:
        """The book of a campaign, made once for all the files that are read by it."""
        global _last
        if _last is None or _last.campaign is not campaign:
            _last = cls._made(campaign)
        return _last

    @classmethod
    def _made(cls, campaign: Campaign) -> LabelBook:
        book = cls(campaign)
        for one in campaign.form.fields:
            for name, needs_group in names_of(one, campaign):
                entries = book.fields.setdefault(name, [])
                if all(known is not one for known, _ in entries):
                    entries.append((one, needs_group))
            if one.group:
                book.groups[key(one.group)] = one.group
        for header in campaign.form.header:
            for label in (header.label, *header.aliases):
                book.headers.setdefault(key(label), header)
        return book

    @cached_property
    def strict(self) -> LabelBook:
        """The same without near labels: in a picture misread.py knows better, and a measure may be misread too."""
        return replace(self, roles={}, read={}, nearly=False)

    def match(self, path: Sequence[str]) -> Match | None:
        """The field that a heading names.

        Args:
            path: the heading's texts, the lowest first, then those above it.
        """
        texts, below = list(path), None
        if len(texts) > 1 and is_measure(squeeze(texts[0]), self.campaign):
            below, texts = strip_measure(squeeze(texts[0])), texts[1:]
        groups = [self.group(text) for text in texts[1:]]
        for name in self._readings(texts[0]):
            found = [
                one for one, needs_group in self.fields.get(name.key, ()) if _fits(one, needs_group, groups)
            ]
            if len(found) == 1:
                above = next((one[1] for one in groups if one and one[0] == found[0].group), None)
                return Match(found[0], name.measure or below or above, below, name.near)
        return self._whole_of_parts(texts, below)

    def _whole_of_parts(self, texts: Sequence[str], below: str | None) -> Match | None:
        """The field above a 合计 that stands beside its parts (男, 女)."""
        if len(texts) < 2 or not is_sum_word(texts[0]):
            return None
        if self.group(texts[1]) is not None:
            total = self.alone(texts[1])
            return total and replace(total, measure=total.measure or below, below=below, near=False)
        match = self.match(texts[1:])
        if match is None or not match.field.is_figure or match.split:
            return None
        return replace(match, measure=match.measure or below, below=below, split=True)

    def alone(self, text: str) -> Match | None:
        """The total that a group's label heads where nothing stands below it: 巡查次数 beside 联合巡查."""
        group = self.group(text) if self.nearly else None
        if group is None:
            return None
        fields = self.campaign.form.fields
        totals = [one for one in fields if one.group == group[0] and is_sum_word(one.label)]
        return Match(totals[0], group[1], near=True) if len(totals) == 1 else None

    def group(self, text: str) -> tuple[str, str | None] | None:
        """The group that a text names, and the measure that it states."""
        for name in self._readings(text):
            if name.key in self.groups:
                return self.groups[name.key], name.measure
        return None

    def header(self, text: str) -> HeaderField | None:
        """The header value that a text, whole, is the label of."""
        return self.headers.get(key(re.sub(r"\([^()]*\)$", "", squeeze(text)))) or self.headers.get(key(text))

    @cached_property
    def labelled(self) -> re.Pattern[str]:
        """Finds a header value's label with its colon in folded text, as ``label``.

        As ``glued`` where no gap is before it: 单位：青年镇填报时间：… But 单位 in 上级单位：… is no label.
        """
        labels = sorted({name for one in self.campaign.form.header for name in (one.label, *one.aliases)})
        long = [label for label in labels if len(label) > 2]
        glued = f"|(?P<glued>{_spaced(long)})" if long else "|(?P<glued>(?!))"
        return re.compile(
            rf"(?:(?<![\u4e00-\u9fffA-Za-z0-9])(?P<label>{_spaced(labels)}){glued})\s*(?:\([^()]{{0,8}}\))?\s*:"
        )

    def role(self, text: str) -> Role:
        """Whether a text can head a column of figures: by itself, only below its group (总计), or not."""
        if len(text) > _LONGEST:
            return "none"
        if text not in self.roles:
            self.roles[text] = self._role(text)
        return self.roles[text]

    def _role(self, text: str) -> Role:
        found: Role = "none"
        for name in self._readings(text):
            if name.key in self.groups:
                return "label"
            for one, needs_group in self.fields.get(name.key, ()):
                if one.is_figure and not needs_group:
                    return "label"
                found = "child" if needs_group else found
        return found

    def _readings(self, text: str) -> Sequence[_Name]:
        """What the text may name, the likelier first; what is only nearly a label where it is none."""
        if len(text) > _LONGEST:
            return [_Name(*name) for name in self._read(text)]
        if len(self.read) > MOST_REMEMBERED:
            self.read.clear()
            self.roles.clear()
        if text not in self.read:
            names = [_Name(*name) for name in self._read(text)]
            known = any(name.key in self.fields or name.key in self.groups for name in names)
            self.read[text] = names if known or not self.nearly else [*names, *self._nearly(names)]
        return self.read[text]

    def _nearly(self, names: Sequence[_Name]) -> Iterator[_Name]:
        for name in names:
            meant = self._near.meant(name.key)
            if meant is not None:
                yield _Name(meant, name.measure, near=True)

    @cached_property
    def _near(self) -> NearLabels:
        names = {
            name: [one for one, _ in entries]
            for name, entries in self.fields.items()
            if not all(needs_group for _, needs_group in entries)
        }
        return NearLabels.of({**dict.fromkeys(self.groups, ()), **names})

    def _read(self, text: str) -> Iterator[tuple[str, str | None]]:
        squeezed = squeeze(text).rstrip("*:;,.。、；，※①②③④⑤⑥⑦⑧⑨⑩¹²³")
        for label in dict.fromkeys((squeezed, _NUMBERING.sub("", squeezed))):
            yield key(label), None
            bracketed = re.fullmatch(r"(.+?)\(([^()]*)\)", label)
            if bracketed and not bracketed[2]:
                yield key(bracketed[1]), None
            elif bracketed and _like_a_measure(strip_measure(bracketed[2]), self.campaign):
                yield key(bracketed[1]), strip_measure(bracketed[2])
            else:
                yield from self._unbracketed(label)

    def _unbracketed(self, label: str) -> Iterator[tuple[str, str | None]]:
        for measure in sorted(self.campaign.measure_names, key=len, reverse=True):
            if label.endswith(measure) and len(label) > len(measure):
                yield key(label.removesuffix(measure)), measure


_last: LabelBook | None = None
MOST_REMEMBERED = 5000  # texts, of all files


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """A label without white space and punctuation."""
    return re.sub(r"[\W_]+", "", squeeze(text))


def is_sum_word(text: str) -> bool:
    """Whether a text is nothing but a word for a sum (合计, 总计（人）)."""
    return key(re.sub(r"\([^()]*\)$", "", squeeze(text))) in SUM_LEVELS if len(text) <= _LONGEST else False


def sum_level(text: str) -> int:
    """How high a sum a row's own label marks (小计 1, 合计 2, 全镇总计 3, 合计（2个村） 2, 计 2); 0 for no sum."""
    name = key(re.sub(r"\([^()]*\)", "", squeeze(text))) if len(text) <= _LONGEST else ""
    if len(name) > 12:
        return 0
    if name == "计":
        return 2
    bare = re.sub("(?:的?(?:数据?|情况|人数|次数|金额))$", "", name)
    return next(
        (level for word, level in SUM_LEVELS.items() if name.endswith(word) or bare.endswith(word)), 0
    )


def _spaced(labels: Sequence[str]) -> str:
    """A regular expression for folded text that finds any of the labels, spaces inside them allowed."""
    return "|".join(
        r"\s*".join(map(re.escape, fold(label))) for label in sorted(labels, key=len, reverse=True)
    )


def names_of(one: FormField, campaign: Campaign) -> Iterator[tuple[str, bool]]:
    """What a field is called on paper, as keys; and whether that names it only below its group (总计)."""
    same_label = sum(key(other.label) == key(one.label) for other in campaign.form.fields)
    yield key(one.label), one.group is not None and (sum_level(one.label) > 0 or same_label > 1)
    for alias in one.aliases:
        yield key(alias), False
    if one.group:
        yield key(one.group + one.label), False


def _fits(one: FormField, needs_group: bool, above: Sequence[tuple[str, str | None] | None]) -> bool:
    groups = [group[0] for group in above if group]
    if needs_group:
        return one.group in groups
    return one.group is None or not groups or one.group in groups


def _like_a_measure(text: str, campaign: Campaign) -> bool:
    return (
        text in campaign.measure_names or re.fullmatch("[\u4e00-\u9fff]{1,3}|[A-Za-z]{1,3}", text) is not None
    )


_LONGEST = 60
_NUMBERING = re.compile(
    r"^(?:\*|[0-9]{1,2}[.、)]|\([0-9一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}[、.]|[①-⑳])+"
)

"""What a sentence says of the form's figures: which number it gives for which of them, and as what.

Knows the campaign's labels and measures and the words of data/beside.yaml; nothing of forms, files or mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from agent.campaign.rules import Campaign, FormField
from agent.reading.cell import numerals
from agent.reading.cell.measures import scale_of
from agent.reading.words.mentions import Lexicon, Mention, beside

LONGEST = 600  # characters of a sentence that is looked into


@dataclass(frozen=True, slots=True)
class Statement:
    """A number that a sentence gives for a figure.

    Attributes:
        start, end: where the number and its measure stand.
        number: as written, without its measure.
        values: the number in the field's own measure, by the id of each field that it may be of; none where it is
            an amount of money of which the sentence doesn't say what for.
        measure: what stands behind it, or "".
        named: by a label, or by both halves of one.
        part: of a part of the figure (其中, 每村, 当晚).
        total: the sentence says that it is the whole (累计, 共).
        about, over: 近40; 40余.
        negated: 不是45.
        alone: it stands in a clause of its own, and the figure was named before it.
        again: a number was given for what was named before.
        listed: it may be one of several that make the figure (公众号2次), and says nothing of the whole.
    """

    start: int
    end: int
    number: Decimal
    values: Mapping[str, Decimal]
    measure: str = ""
    named: bool = False
    part: bool = False
    total: bool = False
    about: bool = False
    over: bool = False
    negated: bool = False
    alone: bool = False
    again: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence read: what it states, which figures it names, and which amounts' measure it doubts.

    Attributes:
        text: without white space.
        measures: the measures that it says the amounts are in (按元填的), other than the form's; "" for one that it
            only says isn't the form's.
    """

    text: str
    statements: tuple[Statement, ...]
    named: tuple[str, ...]
    measures: tuple[str, ...]


def read_sentence(text: str, campaign: Campaign, about: str | None = None) -> Sentence:
    """A sentence's statements.

    Args:
        text: without white space, one style of brackets and marks.
        campaign: whose figures.
        about: the figure on whose cell the sentence is written, or None.
    """
    text = text[:LONGEST]
    masked = words("no_number").sub(lambda one: "□" * len(one[0]), text)
    lexicon = Lexicon.of(campaign)
    mentions = [
        replace(one, fields=()) if words("refused").search(masked[: one.start][-2:]) else one  # 未进站
        for one in lexicon.mentions(masked)
        if about is None or one.whole or len(one.fields) == 1
    ]
    sentence = _Sentence(text, masked, mentions, campaign, about)
    named = dict.fromkeys(
        name for one in mentions if one.whole or len(one.fields) == 1 for name in one.fields
    )
    return Sentence(text, tuple(sentence.statements()), tuple(named), tuple(_stated_measures(text, campaign)))


@lru_cache(64)
def words(kind: str) -> re.Pattern[str]:
    """The words of one kind of data/beside.yaml, as one pattern."""
    return re.compile("|".join(beside()[kind]))


# --- clauses ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Clause:
    start: int
    end: int
    bracketed: bool
    total: bool = False
    part: bool = False


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    value: Decimal
    spelt: bool  # in Chinese numerals


@dataclass(frozen=True, slots=True)
class _Before:
    """What stands before a number: what was named in earlier clauses, whether with a number; where the last one ends."""

    named: tuple[Mention, ...]
    spoken: bool
    last: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    masked: str
    mentions: list[Mention]
    campaign: Campaign
    about: str | None

    def statements(self) -> Iterator[Statement]:
        """Each number of the sentence that may be a figure's."""
        named: tuple[Mention, ...] = ()
        spoken = False  # a number was given for what was named last
        for clause in self._clauses():
            mentions = [one for one in self.mentions if clause.start <= one.start < clause.end]
            numbers = list(_numbers(self.masked, clause.start, clause.end))
            last = clause.start
            for number in numbers:
                found = self._statement(number, clause, mentions, numbers, _Before(named, spoken, last))
                aside = clause.bracketed and spoken and not self.about
                if found is not None and not (aside and found.alone):
                    yield found
                last = number.end
            if mentions and (not clause.bracketed or not named):
                named, spoken = (*(() if spoken else named), *mentions)[-2:], False
            spoken = spoken or bool(numbers)

    def _clauses(self) -> Iterator[_Clause]:
        """The clauses between marks; each knows whether it, or one that governs it, says 累计, or only when."""
        total = part = False
        start, depth = 0, 0
        for mark in (*_MARKS.finditer(self.masked), None):
            end = mark.start() if mark else len(self.masked)
            piece = self.text[start:end]
            if piece:
                total = total or words("total").search(piece) is not None
                within = words("part_of_all").search(piece) or words("only_when").fullmatch(piece)
                part = within is not None or (part and words("of_all").search(piece) is None)
                yield _Clause(start, end, depth > 0, total, part)
            if mark:
                depth = max(0, depth + {"(": 1, ")": -1}.get(mark[0], 0))
                start = mark.end()

    # --- a number and what it is of ---

    def _statement(
        self,
        number: _Number,
        clause: _Clause,
        mentions: Sequence[Mention],
        numbers: Sequence[_Number],
        before: _Before,
    ) -> Statement | None:
        head = self.masked[clause.start : number.start]
        if self._elsewhere(clause, head):
            return None
        group, alone = self._of_what(number, mentions, numbers, before)
        ids = _fields_of(group)
        values, measure, end = self._values(number, ids)
        if group and not values and not alone:
            values, measure, end = self._values(number, ())
        if alone and not self._only_says(number, clause, end):
            values, _, _ = self._values(number, ())
        if not values and measure not in _money(self.campaign):
            return None
        behind = self.masked[end : clause.end]
        return Statement(
            number.start,
            end,
            number.value,
            values,
            measure,
            named=any(one.whole for one in group) or len(group) > 1 or bool(self.about),
            part=clause.part or self._is_part(clause, number, group) or self._is_told_of(number, group),
            total=clause.total,
            about=_ends(head, "about") or words("about_behind").match(behind) is not None,
            over=_ends(head, "over") or self.masked[end - len(measure) - 1 : end - len(measure)] in "余多来",
            negated=_ends(head, "negated"),
            alone=alone,
            again=before.spoken,
            listed=alone and before.spoken and not _ends(head, "linking"),
        )

    def _elsewhere(self, clause: _Clause, head: str) -> bool:
        """Whether the clause speaks of another time, or compares with one."""
        piece = self.text[clause.start : clause.end]
        if words("governing").match(self.text) and not words("corrects").search(self.text):
            return True
        compares = words("compared").search(piece)
        if compares and not words("with_the_form").search(piece):
            return True
        return words("other_time").search(head) is not None

    def _is_part(self, clause: _Clause, number: _Number, group: Sequence[Mention]) -> bool:
        """Whether the words before a number say that it is a part; 其中 before another figure's label doesn't."""
        start = self._listed_from(clause)
        head = self.text[start : number.start]
        first = group[0].start if group and group[0].start >= clause.start else clause.start
        if words("only_when").fullmatch(self.text[clause.start : first]):
            return True
        own = next((one.whole for one in group), False) and not (
            start < clause.start and self._named(group, start)
        )
        return words("part").search(re.sub("^其中", "", head) if own else head) is not None

    def _is_told_of(self, number: _Number, group: Sequence[Mention]) -> bool:
        """Whether the sentence goes on with what became of so many (2名未成年人已返家): there may be more of them."""
        last = group[-1] if group else None
        return (
            last is not None
            and last.start >= number.end
            and words("told_of").match(self.masked[last.end :]) is not None
        )

    def _named(self, group: Sequence[Mention], before: int) -> bool:
        """Whether the same figure is named before that place already."""
        ids = set(_fields_of(group))
        return any(ids & set(one.fields) for one in self.mentions if one.end <= before)

    def _listed_from(self, clause: _Clause) -> int:
        """Where the words begin that a clause goes on with in a list (其中联合公安、城管巡查12次)."""
        start = clause.start
        while start and self.masked[start - 1] == "、":
            before = max((one.end() for one in _MARKS.finditer(self.masked, 0, start - 1)), default=0)
            if any(_numbers(self.masked, before, start - 1)):
                break
            start = before
        return start

    def _of_what(
        self, number: _Number, mentions: Sequence[Mention], numbers: Sequence[_Number], before: _Before
    ) -> tuple[tuple[Mention, ...], bool]:
        """The mentions that a number belongs to, and whether it stands in a clause without any."""
        nearer = [one for one in mentions if before.last <= one.start and one.end <= number.start]
        after = self._right_behind(number, mentions, numbers)
        if after is not None:
            return (*(one for one in nearer if set(one.fields) & set(after.fields)), after), False
        earlier = nearer or [one for one in mentions if one.end <= number.start]
        if earlier:
            return tuple(earlier[-2:]), False
        later = [one for one in mentions if one.start >= number.end]
        if later:
            return tuple(later[:1]), False
        if self.about is not None:
            return (Mention(0, 0, (self.about,), True),), False
        return before.named or self._next(number), True

    def _next(self, number: _Number) -> tuple[Mention, ...]:
        """The name in the clause behind a number before which nothing is named: 对账是1180份，宣传资料按这个来."""
        later = next((one for one in self.mentions if one.start >= number.end), None)
        if later is None or len(_MARKS.findall(self.masked, number.end, later.start)) > 1:
            return ()
        mark = _MARKS.search(self.masked, later.end)
        numbered = _DIGITS.search(self.masked, number.end, mark.start() if mark else len(self.masked))
        return () if numbered else (later,)

    def _right_behind(
        self, number: _Number, mentions: Sequence[Mention], numbers: Sequence[_Number]
    ) -> Mention | None:
        """The name right behind a number and its measure (3名未成年人), where no number of its own follows."""
        for at, one in enumerate(mentions):
            if number.end <= one.start <= number.end + _GAP:
                stop = mentions[at + 1].start if at + 1 < len(mentions) else len(self.masked)
                own = any(one.end <= other.start < stop for other in numbers)
                return None if own else one
        return None

    def _only_says(self, number: _Number, clause: _Clause, end: int) -> bool:
        """Whether a clause is hardly more than its number: 是35人, 按35计, 一共16次."""
        return number.start - clause.start <= _FEW and clause.end - end <= _FEWER

    def _values(self, number: _Number, ids: Sequence[str]) -> tuple[dict[str, Decimal], str, int]:
        """The number in the measure of each of those fields that it can be of, its measure, and where that ends."""
        tail = _tail(self.masked, number.end)
        skipped = 1 if tail[:1] in tuple("余多来") and tail[:1] else 0
        rest = tail[skipped:]
        values: dict[str, Decimal] = {}
        measure, end = "", number.end
        for one in self._figures(ids):
            found = _measured(rest, one, self.campaign)
            if found is None or (number.spelt and not found[1] and not self._ends_clause(number)):
                continue
            factor, written, length = found
            values[one.id] = number.value * factor
            if len(written) >= len(measure):
                measure, end = written, number.end + skipped + length
        if not ids:
            values = {}
        return values, measure, end

    def _ends_clause(self, number: _Number) -> bool:
        """Whether a numeral without a measure is the last word of its clause: 应为二, 台账为五十二."""
        before = self.masked[max(0, number.start - 3) : number.start]
        ends = number.end >= len(self.masked) or _MARKS.match(self.masked, number.end) is not None
        return ends and (number.end - number.start > 1 or _ends(before, "linking"))

    def _figures(self, ids: Sequence[str]) -> Iterator[FormField]:
        """Those fields; without any all that are counted in money, or else in scales of a measure."""
        for one in self.campaign.form.figures:
            if one.id in ids or (not ids and self.campaign.measure_of(one).scales):
                yield one


def _fields_of(group: Sequence[Mention]) -> tuple[str, ...]:
    """What several names mean together: 物资准备 is 准备物资; where they don't agree, the last counts."""
    ids: tuple[str, ...] = ()
    for one in group:
        common = tuple(name for name in one.fields if name in ids)
        ids = common or one.fields
    return ids


def _ends(head: str, kind: str) -> bool:
    return words(kind).search(head[-6:]) is not None


# --- numbers and measures --------------------------------------------------------------------------------

_MARKS = re.compile(r",(?!\d{3}(?!\d))|(?<!\d),|[、:()/|]")
_DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?")
_SPELT = re.compile(f"[{numerals.CHARACTERS}][{numerals.CHARACTERS}点]{{0,15}}")
_LETTER = re.compile("[A-Za-z]")
_GAP = 3  # characters of a measure (and 的) between a number and its name
_FEW, _FEWER = 8, 2  # characters of a clause before and behind its number, where it says nothing else


def _numbers(text: str, start: int, end: int) -> Iterator[_Number]:
    """The numbers in a clause, in digits or in numerals; 一个 is no number."""
    at = start
    while at < end:
        digits, spelt = _DIGITS.match(text, at, end), _SPELT.match(text, at, end)
        if digits:
            if not _LETTER.match(text[max(0, at - 1) : at]):  # A4 is paper
                yield _Number(at, digits.end(), Decimal(digits[0].replace(",", "")), False)
            at = digits.end()
        elif spelt:
            found = _numeral(spelt[0])
            if found is not None and (found[0] != 1 or found[1] > 1):
                yield _Number(at, at + found[1], found[0], True)
            at = at + found[1] if found else spelt.end()
        else:
            at += 1


def _numeral(text: str) -> tuple[Decimal, int] | None:
    """The longest numeral at the beginning of a text, and its length."""
    for end in range(len(text), 0, -1):
        value = numerals.parse(text[:end])
        if value is not None:
            return value, end
    return None


def _tail(text: str, at: int) -> str:
    """What stands behind a number, with one word for what is the same money."""
    return re.sub("^([百千万十亿]{0,2})(?:块钱|块|圆)", r"\1元", text[at : at + 8])


def _measured(tail: str, one: FormField, campaign: Campaign) -> tuple[Decimal, str, int] | None:
    """What the measure behind a number makes of it: factor, measure, length. None where something else is counted."""
    for length in range(min(4, len(tail)), 0, -1):
        scale = scale_of(tail[:length], one, campaign)
        if scale is not None:
            return scale.factor, tail[:length], length
    alike = beside()["alike"].get(one.measure or "", ())
    things = ("个", *beside()["of_things"].get(one.measure or "", ()))
    for word in sorted(alike, key=len, reverse=True):
        if tail.startswith(word) and not (word in things and re.match("[\u4e00-\u9fff]", tail[1:])):
            return Decimal(1), word, len(word)
    if tail[:1] in beside()["counted"] and tail:
        return None
    return Decimal(1), "", 0


def _money(campaign: Campaign) -> frozenset[str]:
    """The measures that may be taken for each other: those that scale an amount's, and its own."""
    return frozenset(
        name
        for one in campaign.form.figures
        if campaign.measure_of(one).scales
        for name in (one.measure or "", *campaign.measure_of(one).scales)
    )


def _stated_measures(text: str, campaign: Campaign) -> Iterator[str]:
    """The measures that a sentence says the amounts are in."""
    for pattern, plain in _measure_patterns(tuple(sorted(_money(campaign)))):
        for found in pattern.finditer(text):
            if plain or not _NOT.search(text[max(0, found.start() - 4) : found.start()]):
                yield "" if plain else found[1]


_NOT = re.compile("[不勿非别未没]")


@lru_cache(4)
def _measure_patterns(names: tuple[str, ...]) -> Sequence[tuple[re.Pattern[str], bool]]:
    one = f"({'|'.join(sorted(map(re.escape, names), key=len, reverse=True)) or '(?!)'})(?![旦宵])"
    ends = r"(?=$|[,.!)、:]|而|不|非|没|吧|的|了)"
    return [
        (
            re.compile(
                rf"[按以用](?:照)?(?:人民币)?[\"“”]?{one}[\"“”]?(?:来|作|为|作为)?(?:单位|计(?!划)|填|算|统计|核算|写|报)"
            ),
            False,
        ),
        (re.compile(rf"单位[:为是都均统一填写了的]{{0,4}}{one}"), False),
        (re.compile(rf"(?:[均都全]|全部)?[为是]{one}{ends}"), False),
        (re.compile(rf"[填写](?:的是|成了?|为){one}{ends}"), False),
        (re.compile(rf"^(?:单位)?{one}[!.]*$"), False),
        (re.compile(rf"(?:没有?|未|忘了?|忘记)(?:换算|折算|折合|转换|换|改|化)[成为作]?{one}"), True),
    ]

"""Words beside a form against its figures: what names a figure and another number is a doubt about that figure.

A figure that is doubted by its measure (800 beside 准备物资800元, where 万元 is asked) is none until it is put right.
What repeats a figure, or breaks it down, is no doubt. Knows neither files nor mail: words come with their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Literal

from agent.base.findings import Finding
from agent.base.personal import mask
from agent.base.plain import plain
from agent.campaign.rules import Campaign, FormField
from agent.reading.cell.folding import squeeze
from agent.reading.reading import Figure
from agent.reading.table.found import FoundForm
from agent.reading.words.contradicting import contradiction, speaks_of_figures
from agent.reading.words.statements import Sentence, Statement, read_sentence, words

Manner = Literal["note", "line", "account"]
"""Whether words are about these figures (a remark, a mail), stand around them, or tell of the work as a whole."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words beside a form.

    Attributes:
        place: where they stand, in Chinese (备注, 页眉, 附件“情况.docx”).
        field: the figure on whose cell they are written, or None.
        manner: as what they are read: a line counts where it names a figure, an account where it states a whole.
        telling: they also tell of the work, as an account does: a number is a doubt where it is the whole's (累计, 共).
        of_a_row: they belong to one of several rows, and may give that row's figures.
        figure: that of the cell, where it isn't the form's (one of several rows).
    """

    text: str
    place: str
    field: str | None = None
    manner: Manner = "note"
    telling: bool = False
    of_a_row: bool = False
    figure: Decimal | None = None


def with_doubts(found: FoundForm, said: Iterable[Words], campaign: Campaign) -> FoundForm:
    """The form with what the words say against its figures; one doubted by its measure is None, with an error.

    Args:
        found: the form, with what is known of it.
        said: words and where they stand; of each figure the first doubt is told.
        campaign: whose figures.
    """
    if not any(isinstance(value, Decimal) for value in found.form.values.values()):
        return found
    judge = _Judge(found.form.values, _converted(found), campaign)
    told = {one.field for one in found.findings if one.rule == "words_besides"}
    values, findings = dict(found.form.values), list(found.findings)
    pieces = list(islice(said, MOST))
    doubts = _most_serious(one for piece in pieces for one in judge.of(piece).doubts(piece))
    for doubt in (*doubts, *judge.filled_alike(doubts, pieces)):
        if doubt.rule == "words_besides" and doubt.field in told:
            continue
        told.add(doubt.field)
        findings.append(doubt)
        if doubt.severity == "error" and doubt.field is not None:
            values[doubt.field] = None
    return FoundForm(replace(found.form, values=values), tuple(findings))


def doubted(said: Words, values: Mapping[str, Figure], campaign: Campaign) -> tuple[str, ...]:
    """The figures that words doubt by a number or a measure, of a form that isn't at hand but for its values."""
    judge = _Judge(values, frozenset(), campaign)
    return tuple(dict.fromkeys(one.field for one in judge.of_numbers(said) if one.field is not None))


def _most_serious(doubts: Iterable[Finding]) -> list[Finding]:
    """One doubt of each figure: an error, else the first."""
    kept: dict[str | None, Finding] = {}
    for one in doubts:
        before = kept.get(one.field)
        if before is None or (one.severity == "error" and before.severity != "error"):
            kept[one.field] = one
    return list(kept.values())


def _converted(found: FoundForm) -> frozenset[str]:
    """Figures whose measure is known: they were written in another one than the form's, and converted."""
    return frozenset(
        one.field
        for one in found.findings
        if one.rule == "normalised" and one.field and _is_other(one.written, found.form.values.get(one.field))
    )


def _is_other(written: str | None, value: Figure) -> bool:
    digits = re.sub(r"[^\d.]", "", squeeze(written or ""))
    return (
        isinstance(value, Decimal)
        and re.fullmatch(r"\d+(\.\d+)?", digits) is not None
        and Decimal(digits) != value
    )


MOST = 1000  # pieces of words that are looked at
LONGEST = 20_000  # characters of each

Verdict = Literal["agrees", "part", "differs", "measure", "nothing"]


@dataclass(frozen=True, slots=True)
class _Judged:
    statement: Statement
    verdict: Verdict
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Judge:
    values: Mapping[str, Figure]
    converted: frozenset[str]
    campaign: Campaign

    def of(self, said: Words) -> _Judge:
        """The judge of words that are written on a cell with a figure of its own."""
        if said.field is None or said.figure is None:
            return self
        return replace(self, values={**self.values, said.field: said.figure})

    def doubts(self, said: Words) -> Iterator[Finding]:
        """What some words say against the figures."""
        left: list[str] = []
        yield from self.of_numbers(said, left)
        yield from self._in_general(left, said)

    def of_numbers(self, said: Words, left: list[str] | None = None) -> Iterator[Finding]:
        """What the numbers and measures in some words say against the figures; other sentences are ``left``."""
        left = [] if left is None else left
        raws = [raw for raw in _SENTENCES.split(said.text[:LONGEST]) if raw.strip()]
        read = [read_sentence(squeeze(raw), self.campaign, said.field) for raw in raws]
        judged = [self._judged(one, said) for one in read]
        parts = self._adding_up([one for each in judged for one in each], said.text)
        for raw, sentence, each in zip(raws, read, judged, strict=True):
            doubts = [*self._measures(sentence, raw, said)]
            for one in each:
                if one.statement not in parts and self._counts(one, sentence, said):
                    place = len(raw) * one.statement.end // len(sentence.text)
                    doubts += self._told(one, _quoted(raw, place), said)
            yield from doubts
            agrees = any(one.verdict == "agrees" for one in each)
            if not doubts and not (agrees and not words("wrong").search(sentence.text)):
                left.append(raw)

    def filled_alike(self, doubts: Sequence[Finding], pieces: Sequence[Words]) -> Iterator[Finding]:
        """The other amounts of a form in which one was written by another measure: one hand filled them in.

        Not those that were written with their measure, that words give in the form's own, or that are broken or under ten.
        """
        known = {one.field: one for one in doubts if one.severity == "error" and one.field}
        first = next((self.campaign.form.field(name) for name in known), None)
        if first is None:
            return
        own = {name for piece in pieces for name in self._given_as_asked(piece)}
        for field in self.campaign.form.figures:
            value = self.values.get(field.id)
            alike = field.type == "amount" and field.measure == first.measure and field.id not in known
            if not alike or not isinstance(value, Decimal) or field.id in self.converted | own:
                continue
            if value >= 10 and value == value.to_integral_value():
                yield self._filled_alike(field, value, first)

    def _given_as_asked(self, said: Words) -> Iterator[str]:
        """The figures that some words repeat in the form's own measure (准备物资800万元)."""
        for raw in _SENTENCES.split(said.text[:LONGEST]):
            for one in self._judged(read_sentence(squeeze(raw), self.campaign, said.field), said):
                measures = {self.campaign.form.field(name).measure for name in one.fields}
                if one.verdict == "agrees" and one.statement.measure in measures:
                    yield from one.fields

    # --- numbers ---

    def _judged(self, sentence: Sentence, said: Words) -> list[_Judged]:
        """A verdict on each statement of a sentence."""
        judged = [self._verdict(one, said) for one in sentence.statements]
        for at, one in enumerate(judged):
            others = [other for other in judged if set(other.fields) & set(one.fields) and other is not one]
            settled = any(other.verdict == "agrees" and not other.statement.negated for other in others)
            if one.statement.negated and one.verdict in ("differs", "part") and settled:
                judged[at] = replace(one, verdict="agrees")
            elif one.statement.negated and one.verdict == "agrees" and not settled:
                judged[at] = replace(one, verdict="differs")
            elif at + 1 < len(judged) and judged[at + 1] in others and judged[at + 1].verdict == "agrees":
                between = sentence.text[one.statement.end : judged[at + 1].statement.start]
                if words("changed").search(between):
                    judged[at] = replace(one, verdict="agrees")
        return judged

    def _verdict(self, one: Statement, said: Words) -> _Judged:
        known = {
            name: (value, figure)
            for name, value in one.values.items()
            if isinstance(figure := self.values.get(name), Decimal)
        }
        if not known or (one.alone and self._unnamed(one).fields):
            return self._unnamed(one)
        agreeing = tuple(name for name, pair in known.items() if _agrees(one, *pair))
        if agreeing:
            return _Judged(one, "agrees", agreeing)
        scaled = tuple(name for name in known if self._off_by_measure(one, name))
        if scaled and not (one.part and one.measure and one.total is False and len(known) > 1):
            return _Judged(one, "measure", scaled)
        if len(known) > 1:
            return self._of_several(one, known)
        [(name, (value, figure))] = known.items()
        partial = (one.part or said.of_a_row) and value < figure
        return _Judged(one, "part" if partial else "differs", (name,))

    def _of_several(self, one: Statement, known: Mapping[str, tuple[Decimal, Decimal]]) -> _Judged:
        """A number of which it isn't said of which of several figures: the whole's may be none of theirs (共投入物资86000元)."""
        together = sum(figure for _, figure in known.values())
        value = next(iter(known.values()))[0]
        if (
            one.total
            and not one.part
            and value > max(figure for _, figure in known.values())
            and value != together
        ):
            return _Judged(one, "differs", tuple(known))
        return _Judged(one, "nothing")

    def _unnamed(self, one: Statement) -> _Judged:
        """An amount of which nobody says what for: a doubt where its digits are a figure's."""
        if one.part or one.number < _LEAST:  # 每件80元
            return _Judged(one, "nothing")
        names = tuple(
            field.id
            for field in self.campaign.form.figures
            if self._same_digits(one.number, one.measure, field) and _is_far(self._scale(field, one.measure))
        )
        return _Judged(one, "measure", names) if names else _Judged(one, "nothing")

    def _off_by_measure(self, one: Statement, name: str) -> bool:
        field = self.campaign.form.field(name)
        value, figure = one.values[name], self.values[name]
        if self._same_digits(one.number, one.measure, field):
            return True
        if name in self.converted or not isinstance(figure, Decimal) or not figure:
            return False
        scales = self.campaign.measure_of(field).scales.values()
        return any(value == figure * scale for scale in scales if _is_far(scale))

    def _same_digits(self, number: Decimal, measure: str, field: FormField) -> bool:
        """Whether an amount in another measure than the form's has the digits of the form's figure."""
        scale = self.campaign.measure_of(field).scales.get(measure)
        figure = self.values.get(field.id)
        return (
            bool(scale is not None and scale != 1 and figure and number == figure)
            and field.id not in self.converted
        )

    def _adding_up(self, judged: Sequence[_Judged], text: str) -> list[Statement]:
        """The numbers that break a figure down: with others beside them they make it (but 多写了10人，按35计)."""
        found: list[Statement] = []
        if words("wrong").search(squeeze(text)):
            return found
        for name, figure in self.values.items():
            own = [
                one.statement for one in judged if name in one.fields and one.verdict in ("differs", "part")
            ]
            if not own or not isinstance(figure, Decimal):
                continue
            numbers = [one.values.get(name, Decimal(0)) for one in own]
            others = [
                value for one in judged for value in one.statement.values.values() if one.statement not in own
            ]
            rest = figure - numbers[0]
            if sum(numbers) == figure if len(own) > 1 else rest > 0 and rest in others:
                found += own
        return found

    def _counts(self, one: _Judged, sentence: Sentence, said: Words) -> bool:
        """Whether a verdict is a doubt, for words of that manner."""
        if one.verdict == "measure":
            return True
        if one.verdict != "differs" or one.statement.listed:
            return False
        valued = (
            one.statement.measure and self.campaign.measure_of(self.campaign.form.field(one.fields[0])).scales
        )
        if one.statement.alone and not one.statement.named and valued:
            return False  # 发放棉被20床，价值3000元
        if said.manner != "account" and not said.telling:
            return said.manner == "note" or one.statement.named or bool(one.statement.measure)
        stated = one.statement.total or any(
            words(kind).search(sentence.text) for kind in ("of_the_form", "corrects")
        )
        return (
            one.statement.named
            and stated
            and (not one.statement.alone or bool(valued and not one.statement.again))
        )

    # --- measures ---

    def _measures(self, sentence: Sentence, raw: str, said: Words) -> Iterator[Finding]:
        """The doubts of a sentence that says in what measure the amounts are."""
        if not sentence.measures or (
            said.manner == "account" and not words("of_the_form").search(sentence.text)
        ):
            return
        figures = self.campaign.form.figures
        named = [name for name in (said.field, *sentence.named) if name]
        for measure in sentence.measures:
            scaled = [one for one in figures if self._scale(one, measure) is not None]
            about = [one for one in scaled if one.id in named] or ([] if said.field else scaled)
            for one in about:
                if self.values.get(one.id) and one.id not in self.converted:
                    yield self._wrong_measure(one, self._scale(one, measure), _quoted(raw, len(raw)), said)

    def _scale(self, field: FormField, measure: str) -> Decimal | None:
        scales = self.campaign.measure_of(field).scales
        scale = scales.get(measure) if measure else min(scales.values(), default=None)
        return None if scale == 1 else scale

    # --- what is told ---

    def _told(self, one: _Judged, quoted: str, said: Words) -> Iterator[Finding]:
        for name in one.fields:
            field = self.campaign.form.field(name)
            if one.verdict == "measure":
                yield self._wrong_measure(field, self._scale(field, ""), quoted, said)
            else:
                yield self._differs(field, quoted, said)

    def _differs(self, field: FormField, quoted: str, said: Words) -> Finding:
        figure = f"“{field.full_label}”填的是 {plain(self.values[field.id])}"
        text = f"{_where(said)}“{quoted}”，与统计表可能不一致：{figure}。请核对：{_WHAT_TO_DO}"
        return Finding("warning", "words_besides", text, field.id, quoted, (field.id,))

    def _wrong_measure(self, field: FormField, scale: Decimal | None, quoted: str, said: Words) -> Finding:
        value, own = self.values[field.id], field.measure
        assert isinstance(value, Decimal)
        measures = self.campaign.measure_of(field).scales
        other = next((name for name, factor in measures.items() if factor == scale), "")
        as_other = plain((value * scale).normalize()) if scale else ""
        text = (
            f"“{field.full_label}”填的是 {plain(value)}，此栏以“{own}”计；{_where(said)}“{quoted}”，"
            f"表中的数可能是以“{other}”计的，没有登记。请改好表中的数后重报：如是 {plain(value)} {other}，请填 {as_other}；"
            f"如确是 {plain(value)} {own}，请在格子里连同单位写明“{plain(value)}{own}”，并改正这句话后重报。"
        )
        return Finding("error", "wrong_measure", text, field.id, plain(value), (field.id,))

    def _filled_alike(self, field: FormField, value: Decimal, first: FormField) -> Finding:
        text = (
            f"“{field.full_label}”填的是 {plain(value)}；“{first.full_label}”可能不是以“{field.measure}”计的，"
            f"此栏可能也不是，没有登记。请一并核对：应以“{field.measure}”计；如确是 {plain(value)} {field.measure}，"
            f"请在格子里连同单位写明“{plain(value)}{field.measure}”。"
        )
        return Finding("error", "wrong_measure", text, field.id, plain(value), (field.id,))

    # --- words without a number of their own ---

    def _in_general(self, sentences: Sequence[str], said: Words) -> Iterator[Finding]:
        """The warning for words that seem to put a figure right, and don't say which, or by how much (漏报8人)."""
        texts = [one for one in sentences if self._speaks(one, said)]
        if said.manner == "note":
            texts = ["。".join(texts), *(one for one in texts if words("muddled").search(squeeze(one)))]
            quoted = contradiction(texts[0]) or next(map(_first, texts[1:]), "")
        else:
            quoted = next(filter(None, map(contradiction, texts)), "")
        if not quoted:
            return
        named = read_sentence(squeeze(quoted), self.campaign).named
        about = said.field or (named[0] if len(named) == 1 else None)
        if about and self.values.get(about) is not None:
            yield self._differs(self.campaign.form.field(about), quoted, said)
        else:
            text = f"{_where(said)}“{quoted}”，与统计表可能不一致。请核对：{_WHAT_TO_DO}"
            yield Finding("warning", "words_besides", text, about, quoted, (about,) if about else ())

    def _speaks(self, sentence: str, said: Words) -> bool:
        if said.manner == "note":
            return True
        if said.manner == "line":
            return speaks_of_figures(sentence, self.campaign)
        return (
            words("of_the_form").search(squeeze(sentence)) is not None
            and len(sentence) <= _LONGEST_OF_AN_ACCOUNT
        )


def _is_far(scale: Decimal | None) -> bool:
    """Whether two measures are so far apart that nobody means the one who says the other."""
    return scale is not None and (scale <= _FAR or scale >= 1 / _FAR)


def _agrees(one: Statement, value: Decimal, figure: Decimal) -> bool:
    if value == figure:
        return True
    if one.over:
        return value <= figure <= value * _ABOUT
    if one.about:
        return figure / _ABOUT <= value <= figure * _ABOUT
    exponent = int(value.normalize().as_tuple().exponent)
    return exponent < 0 and figure.quantize(Decimal(1).scaleb(exponent)) == value


def _where(said: Words) -> str:
    return f"{said.place}{'提到' if said.place.startswith('来信') else '写有'}"


def _first(text: str) -> str:
    return _quoted(text, 0)


def _quoted(text: str, place: int) -> str:
    """At most 60 characters of a sentence, those around that place; personal data masked before it is cut."""
    line = " ".join(mask(text).split())
    start = max(0, min(place - 40, len(line) - 60))
    return line[start : start + 60]


_SENTENCES = re.compile(r"[。！!？?；;\n\r]+")
_WHAT_TO_DO = "如表中的数不对，请改好后重报；如无误，请说明原因。"
_ABOUT = Decimal("1.25")
_FAR = Decimal("0.001")
_LEAST = Decimal(10)
_LONGEST_OF_AN_ACCOUNT = 60

"""What a unit's own words say about figures that it was shown: that they are right, or what they should be, a line each.

    发放宣传资料：3000
    巡查次数/总计应为 15 次
    其余无误

Labels and values are read as in a form; what isn't one of these lines is for a person to read. Knows nothing of mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.reading.cell.folding import fold
from agent.reading.cell.values import read_figure
from agent.reading.grid import Cell
from agent.reading.reading import Figure
from agent.reading.table.labels import LabelBook, Match
from agent.reading.words.affirming import affirmation

LONGEST_LINE = 80


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the words say, where every line of them was understood.

    Attributes:
        values: field id → what it should be; None where the line holds no certain value.
        findings: errors of such lines, and notes on how a value was read.
        affirms: the figures that aren't named are right.
    """

    values: Mapping[str, Figure] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    affirms: bool = False


def read_corrections(words: str, campaign: Campaign) -> Corrections | None:
    """What the words say about the figures; None where they say anything else, or nothing."""
    book = LabelBook.of(campaign)
    lines = [part for line in re.split(r"[\n;；]", fold(words)) for part in _sayings(line.strip(), book)]
    kinds = [affirmation(line) for line in lines]
    told = [line for line, kind in zip(lines, kinds, strict=True) if kind == "other"]
    affirms = "affirms" in kinds
    named = [_named(line, book) for line in told]
    if not (told or affirms) or any(found is None for found in named):
        return None
    values: dict[str, Figure] = {}
    findings: list[Finding] = []
    for found in named:
        assert found is not None
        match, written = found
        value, about = _value(match, written, campaign)
        if match.field.id in values and values[match.field.id] != value:
            label = match.field.full_label
            value, about = (
                None,
                (Finding("error", "two_values", f"“{label}”写了不同的数，请只写一个。", match.field.id),),
            )
        values[match.field.id] = value
        findings.extend(about)
    return Corrections(values, tuple(findings), affirms)


def _sayings(line: str, book: LabelBook) -> Iterator[str]:
    """A line's parts: 出动工作人员改为130，联合巡查5次，其余无误 says three things, and 您好，… greets first."""
    named = _named(line, book)
    if named is not None and not named[0].field.is_figure:  # a remark may say anything
        yield line
        return
    begin = 0
    for comma in _COMMAS.finditer(line):
        part, rest = line[begin : comma.start()], _COMMAS.split(line[comma.end() :], maxsplit=1)[0]
        if _says(part, book) and _says(rest, book):
            yield part
            begin = comma.end()
    if line[begin:].strip():
        yield line[begin:]


def _says(part: str, book: LabelBook) -> bool:
    """Whether a part of a line stands by itself: it names a figure, or says yes or thanks."""
    return affirmation(part) != "other" or _named(part, book) is not None


def stated_figures(words: str, campaign: Campaign) -> Iterator[tuple[str, str, Figure]]:
    """The figures that lines of some words state (劝导人数：35): the line, the field's id, the value where it is certain."""
    book = LabelBook.of(campaign)
    for line in re.split(r"[\n;；。]", fold(words)):
        found = _named(line.strip(), book) if len(line) <= LONGEST_LINE else None
        if found is not None and found[0].field.is_figure and found[1]:
            value, _ = _value(*found, campaign)
            yield line.strip(), found[0].field.id, value


def _named(line: str, book: LabelBook) -> tuple[Match, str] | None:
    """The field that the line begins with, and what stands behind its sign."""
    for label, written in _splits(line):
        path = [part for part in reversed(re.split(r"[/／]", label)) if part.strip()]
        match = book.match(path) if path else None
        if match is not None:
            return match, written
    return None


def _splits(line: str) -> Iterator[tuple[str, str]]:
    """A line as label and value, at each sign that may part them."""
    for sign in _SIGNS.finditer(line):
        yield line[: sign.start()].strip(), line[sign.end() :].strip()


def _value(match: Match, written: str, campaign: Campaign) -> tuple[Figure, tuple[Finding, ...]]:
    if not match.field.is_figure:
        return written, ()
    kept = written.rstrip("。.,，")
    if kept.startswith(
        "+"
    ):  # in a form it says nothing; behind a figure that is known, it may be added to that
        label = match.field.full_label
        text = (
            f"“{label}”写的是“{kept[:20]}”，看不出是增加这么多，还是就是这个数。请写更正后的全数，不带加号。"
        )
        return None, (Finding("error", "not_exact", text, match.field.id),)
    reading = read_figure(
        Cell("来信", "text" if kept else "empty", kept), match.field, campaign, match.measure
    )
    return reading.value, reading.findings


_COMMAS = re.compile(r"[,，。!！](?!\d)|[.](?!\d)|(?<=[\u4e00-\u9fff])[.]")
_SIGNS = re.compile(
    r"(?<=[\u4e00-\u9fff])\s*(?=\d)|\s*(?:[由从][^由从:=]{1,12}?)?(?::|=|应该?[为是]|实际?[为是]|(?:更正|修正|改正|调整|修改|改|变更?)[为成到]|改回)\s*:?\s*"
)

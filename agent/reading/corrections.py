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

from agent.findings import Finding
from agent.reading.folding import fold, squeeze
from agent.reading.grid import Cell
from agent.reading.labels import LabelBook, Match
from agent.reading.reading import Figure
from agent.reading.values import read_figure
from agent.rules import Campaign

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
    lines = [line.strip() for line in re.split(r"[\n;；]", fold(words)) if line.strip()]
    told = [line for line in lines if not _COURTESY.fullmatch(squeeze(line))]
    affirming = [line for line in told if _AFFIRMS.fullmatch(squeeze(line))]
    book = LabelBook.of(campaign)
    named = [(line, _named(line, book)) for line in told if line not in affirming]
    if not told or any(found is None for _, found in named):
        return None
    values: dict[str, Figure] = {}
    findings: list[Finding] = []
    for _, found in named:
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
    return Corrections(values, tuple(findings), bool(affirming))


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
    reading = read_figure(
        Cell("来信", "text" if kept else "empty", kept), match.field, campaign, match.measure
    )
    return reading.value, reading.findings


_SIGNS = re.compile(r"\s*(?::|=|应为|应是|更正为|改为)\s*:?\s*")
_AFFIRMS = re.compile(
    r"[“\"]?(?:(?:其余|其他|其它)(?:各?[项数]|各项数据|数字|数据|项目)?,?(?:均|都)?(?:核对|核实)?(?:确认|无误|正确|不变|属实|没有错误|没有问题|确认无误)"
    r"|确认(?:无误)?)[”\"]?[。.!]?"
)
_COURTESY = re.compile(
    r"(?:您好|你好|老师好|谢谢|感谢|谢谢您|此致|敬礼|更正如下|有误的更正如下|更正)[。.,!:]?"
)

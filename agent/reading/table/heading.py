"""Header values (单位, 填报时间, 填报人, 联系电话): in lines around the table and in cells around the figures.

Taken by their labels; the 注 footnote's telephone and date are the bureau's and never count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from agent.campaign.rules import HeaderField
from agent.reading.cell.folding import fold, squeeze
from agent.reading.cell.measures import is_scale
from agent.reading.grid import Cell
from agent.reading.table.columns import MEASURE_HEADINGS, UNIT_HEADINGS
from agent.reading.table.labels import LabelBook, key
from agent.reading.table.layout import Placed

Written = Cell | str
"""A header value as it was found: a piece of text, or the cell that holds it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The header values found so far, by id, the first one of each; and measures that a line states."""

    values: dict[str, Written] = field(default_factory=dict)
    measures: list[str] = field(default_factory=list)

    def take(self, found: Iterable[tuple[HeaderField, Written]], book: LabelBook) -> None:
        """Adds what isn't there yet; 单位：万元 is a measure, not a unit."""
        for header, written in found:
            text = written if isinstance(written, str) else written.text
            if header.type == "unit" and (measures := _measures(text, book)):
                self.measures.extend(measures)
            elif header.id not in self.values:
                self.values[header.id] = written


def from_lines(lines: Sequence[str], book: LabelBook) -> Iterator[tuple[HeaderField, str]]:
    """The header values in paragraphs, the footnote and what belongs to it apart."""
    seen = unfinished = False
    for line in (part for paragraph in lines for part in paragraph.splitlines() if part.strip()):
        yield from stated(line, book)
        if is_footnote(line) or (seen and (unfinished or not _begins_anew(line, book))):
            seen, unfinished = True, re.search("[,，、:：]\\s*$", line) is not None
        else:
            yield from ((header, value) for header, value in _pairs(line, book) if value)


def from_cells(rows: Iterable[Sequence[Placed]], book: LabelBook) -> Iterator[tuple[HeaderField, Written]]:
    """The header values in rows that hold no figures: 单位：青年镇 in a cell, or 单位 with 青年镇 beside it."""
    for row in rows:
        filled = [placed for placed in row if not placed.empty]
        texts = [placed.text for placed in filled if placed.text]
        for text in [*texts, "：".join(texts)] if len(texts) == 2 else texts:
            yield from stated(text, book)
        if any(is_footnote(placed.text) for placed in filled):
            continue
        if any(key(placed.text) in _TABLE_WORDS for placed in filled):
            continue
        yield from _in_row(filled, book)


def is_footnote(text: str) -> bool:
    """Whether a text is the form's footnote: 注：请于…前将此表报…"""
    return re.match(r"\(?(?:备?注|说明|填[表报]说明)\)?[0-9]{0,2}[:：]", squeeze(text[:20])) is not None


def is_line(text: str, book: LabelBook) -> bool:
    """Whether a text holds header values with their labels."""
    return bool(text) and bool(list(_pairs(text, book)))


def _begins_anew(line: str, book: LabelBook) -> bool:
    # Below the footnote its own lines may go on with 联系人 and 电话: only 填报人 and its like are the form's.
    first = next(_pairs(line, book), None)
    return (
        first is not None and first[0].type != "phone" and squeeze(line).startswith(squeeze(first[0].label))
    )


def _in_row(filled: Sequence[Placed], book: LabelBook) -> Iterator[tuple[HeaderField, Written]]:
    awaiting: HeaderField | None = None
    for placed in filled:
        pairs = list(_pairs(placed.text, book)) if placed.text else []
        label = book.header(placed.text) if placed.text and not pairs else None
        if pairs:
            yield from ((header, value) for header, value in pairs if value)
            awaiting = pairs[-1][0] if not pairs[-1][1] else None
        elif label is not None:
            awaiting = label
        elif awaiting is not None:
            yield awaiting, placed.cell
            awaiting = None


def stated(text: str, book: LabelBook) -> Iterator[tuple[HeaderField, str]]:
    """The measures that a line, a title, a note or a remark states: 金额单位：元, （单位：元）, 以元为单位, 金额按元填写."""
    header = next((one for one in book.campaign.form.header if one.type == "unit"), None)
    if header is None or not text or len(text) > _LONGEST_STATEMENT:
        return
    line = squeeze(text)
    for match in (match for pattern in _MEASURE_LINES for match in pattern.finditer(line)):
        yield from ((header, one) for one in _measures(match[1], book))


def _pairs(text: str, book: LabelBook) -> Iterator[tuple[HeaderField, str]]:
    """Label and value of each ``label：value`` in a text; the first label must begin it, or a new phrase."""
    for line in fold(text).splitlines():
        found = list(book.labelled.finditer(line))
        while found and not _begins(line[: found[0].start()]):
            found.pop(0)
        for at, match in enumerate(found):
            end = found[at + 1].start() if at + 1 < len(found) else len(line)
            header = book.headers.get(key(match["label"] or match["glued"]))
            if header is not None:
                yield header, _clean(line[match.end() : end])


def _begins(before: str) -> bool:
    """Whether a label after this text starts something: nothing before it, or a short heading and a gap."""
    return not before.strip(" 　•·-(") or (
        before[-1].isspace() and len(before) <= 30 and not re.search("[,。;:，；]", before)
    )


def _clean(value: str) -> str:
    """A value without the blanks to fill in, the stamp's place and separators at its ends."""
    value = re.sub(r"\((?:公?章|盖章|签章|签字|签名|加盖公章)\)", " ", value)
    value = re.split(r"\s+(?=[\u4e00-\u9fff]{2,8}\s*:)", value)[0]  # a label that isn't known
    value = re.sub("_{2,}", " ", value).strip(" \t_,;|、，；")
    return "" if squeeze(value) == "年月日" else value


def _measures(text: str, book: LabelBook) -> list[str]:
    """The measures that a text lists; none where it is no list of measures (青年镇). 件 and its like may be among them."""
    listed = re.split(r"[\s、,，/;；和及或]+", fold(text).strip(" ()"))
    parts = [part.removeprefix("人民币") for part in listed if part]
    known = [part for part in parts if is_scale(part, book.campaign)]
    others = [part for part in parts if part not in known]
    return known if known and all(len(part) <= _LONGEST_MEASURE for part in others) else []


_LONGEST_STATEMENT = 400
_LONGEST_MEASURE = 2
_LIST = r"([^():;。为是]{1,30})"
_MEASURE_LINES = tuple(
    map(
        re.compile,
        (
            # 单位：青年镇 on a line of its own is a header value; behind 金额 or in brackets it isn't.
            rf"(?:金额|计量|货币|数据|统计|物资|经费|资金|款项)[^,。;:]{{0,6}}?单位:{_LIST}",
            rf"\(单位:{_LIST}",
            rf"单位(?:均|都|统一)?[为是]:?{_LIST}",
            rf"(?:金额|物资|经费|资金|人民币):{_LIST}(?=\)|$)",
            r"(?:金额|物资|经费|资金)(?:均|都)?[为是](?:人民币)?([\u4e00-\u9fff]{1,2}?)(?=[,。;)]|而?[非不]|$)",  # 金额为元，非万元
            r"(?=(?:以|按|均?为|用)[“\"]?([\u4e00-\u9fff]{1,6}?)[”\"]?(?:[为作]|作为)(?:计量)?单位)",
            r"(?=(?:以|按|用)[“\"]?([\u4e00-\u9fff]{1,6}?)[”\"]?(?:计(?!划)|填[写报列]?|核?算|统计))",
            r"(?:单位|金额|表)\(([^():;。]{1,6})\)$",
        ),
    )
)
_TABLE_WORDS = (
    UNIT_HEADINGS
    | MEASURE_HEADINGS
    | {"指标", "项目", "内容", "指标名称", "项目名称", "数量", "数值", "填报数", "序号"}
) - {"单位"}

"""Tables beside the form that state some of its figures: a correction of one column, a list by villages or months.

None is dropped: each is held against the form. What says the same or breaks it down is nothing; a correction is offered
for a person to confirm; anything else leaves open which of the two counts. The words are data/second_tables.yaml's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.campaign.rules import Campaign, FormField
from agent.campaign.yamlfile import packaged
from agent.reading.cell.folding import squeeze
from agent.reading.cell.values import Reading, quote
from agent.reading.grid import Grid
from agent.reading.reading import Figure, Stated
from agent.reading.table.columns import Assigned, assign
from agent.reading.table.labels import LabelBook, key
from agent.reading.table.other_figures import is_example, other_figures
from agent.reading.table.part import Part
from agent.reading.table.rows import Row
from agent.reading.table.sums import likely_total, total_row
from agent.reading.table.titles import other_title
from agent.reading.words.corrections import stated_figures

if TYPE_CHECKING:
    from agent.reading.table.found import FoundForm

MOST_ROWS = 500  # beyond them a table is a register, and no correction
MOST_TEXTS = 500  # texts of a table that may say what it is
LINES = 3  # lines above a table that are about it


@dataclass(frozen=True, slots=True)
class Words:
    """What data/second_tables.yaml lists, each as the key of a label."""

    marks: tuple[str, ...]
    no_marks: tuple[str, ...]
    after: frozenset[str]
    before: frozenset[str]
    things: frozenset[str]
    part: tuple[str, ...]


@cache
def words() -> Words:
    """The lists, read once."""
    listed = packaged(Path(__file__).parent.parent / "data" / "second_tables.yaml")
    texts = {name: tuple(map(key, some)) for name, some in listed.items()}
    return Words(
        texts["marks"],
        texts["no_marks"],
        frozenset(texts["after"]),
        frozenset(texts["before"]),
        frozenset(texts["things"]),
        texts["part"],
    )


def mark_in(texts: Iterable[str]) -> str:
    """The first of some texts that says of a table that it puts figures right (更正, 以此为准); "" where none does."""
    return next((text.strip() for text in texts if _marks(text)), "")


def _marks(text: str) -> bool:
    said = squeeze(text[:_LONGEST])
    for one in words().no_marks:
        said = said.replace(one, "")
    found = [said.find(word) for word in words().marks if word in said]
    at = min(found, default=-1)
    counts = _COUNTS.search(said)
    at = counts.start() if counts and (at < 0 or counts.start() < at) else at
    # 如有更正请联系 and 若填错请重报 say nothing of this table.
    return at >= 0 and _CONDITION.search(said[:at]) is None


def stated_in(part: Part, read: Callable[[Assigned, Part], Reading], book: LabelBook) -> Stated | None:
    """What a table that isn't the form states of its figures; None where that is nothing, or not the form's matter.

    Args:
        part: the table.
        read: what a column of a part says.
        book: the campaign's labels.
    """
    rows = tuple(row for row in part.body.rows if not _is_mark(row))
    if not rows or len(rows) > MOST_ROWS or _of_another_matter(part, book):
        return None
    after = [row for row in rows if _named(row, words().after)]
    before = [row for row in rows if _named(row, words().before)]
    years = range(book.campaign.start.year, book.campaign.deadline.year + 1)
    chosen = after or [row for row in rows if row not in before and not _alien(row, years)]
    if not chosen:
        return None
    own = _own_lines(part)
    mark = mark_in(name for row in after for name in row.names) or mark_in(own)
    mark = mark or (after[0].name if after else "")
    columns = [one for one in assign(part.header, book) if one.field.is_figure and one.at is not None]
    # A label that is only nearly one may be of another matter, unless the table says that it corrects.
    columns = [one for one in columns if mark or one.note is None]
    found = {one.field.id: _figures(one, part, chosen, read) for one in columns}
    was = {one.field.id: _figures(one, part, before, read)[0] for one in columns} if before else {}
    return Stated(
        values={name: value for name, (value, _, _) in found.items()},
        alike={name: alike for name, (_, alike, _) in found.items()},
        written={name: written for name, (_, _, written) in found.items()},
        was={name: value for name, value in was.items() if isinstance(value, Decimal)},
        mark=mark,
        name=part.table.grid.name,
        part=_only_part(chosen) or any(word in key(text[:_LONGEST]) for text in own for word in words().part),
        rows=len(chosen),
    )


def stated_in_cells(grid: Grid, campaign: Campaign) -> Stated | None:
    """What a table of cells like 劝导人数：25 states."""
    texts = [cell.text for row in grid.rows for cell in row if cell.kind == "text" and not cell.hidden]
    short = [text for text in texts[:MOST_TEXTS] if len(text) <= _LONGEST]
    if not any(map(_LABELLED.search, short)):
        return None
    values = {
        name: value
        for text in filter(_LABELLED.search, short)
        for _, name, value in stated_figures(text, campaign)
    }
    mark = mark_in((grid.name, *grid.lines_before[-LINES:], *grid.lines_after[:1], *short))
    return Stated(values=values, mark=mark, name=grid.name) if values else None


def mark_of(part: Part) -> str:
    """What calls a whole form a correction: a sheet's name, its title."""
    above = () if part.table.turned else part.table.cells(part.begin, part.header.top)
    grid = part.table.grid
    return mark_in((grid.name, *grid.lines_before[-LINES:], *(cell.text for cell in above if cell.text)))


def as_stated(found: FoundForm, figures: Sequence[FormField]) -> Stated:
    """A form with some of the figures only, or one that puts another right, as what it states."""
    if found.stated is not None and not found.mark:
        return found.stated
    lacking = {one.field for one in found.findings if one.rule in ("no_column", "blank")}
    values = {one.id: found.form.values.get(one.id) for one in figures if one.id not in lacking}
    written = {one.field: one.written or "" for one in found.findings if one.field in values}
    name = next(iter(found.form.sources.values()), "").rpartition("!")[0]
    return Stated(values=values, written=written, mark=found.mark, name=name)


def set_against(
    found: FoundForm, stated: Iterable[Stated], figures: Sequence[FormField], later: bool = True
) -> FoundForm:
    """The form, held against what other tables state of its figures.

    Args:
        found: the form.
        stated: what they state, in their order.
        figures: the campaign's.
        later: they stand after the form: then a correction is offered to be confirmed.
    """
    for one in stated:
        for field in figures:
            found = _held_against(found, one, field, later)
    return found


def _held_against(found: FoundForm, stated: Stated, field: FormField, later: bool) -> FoundForm:
    name, value = field.id, found.form.values.get(field.id)
    if name not in stated.values or not isinstance(value, Decimal):
        return found
    other, was = stated.values[name], stated.was.get(name)
    if value == other or value in stated.alike.get(name, ()):
        return found
    if not isinstance(other, Decimal):
        # What can't be read is doubted where a correction says it; else it may be of another matter.
        return _undecided(found, field, stated) if stated.mark and stated.written.get(name) else found
    if stated.part and not stated.mark and other < value:
        return found if stated.rows == 1 else _undecided(found, field, stated, certain=True)
    if stated.mark and later and not stated.part and was in (None, value):
        return _offered(found, field, stated, other)
    return _undecided(found, field, stated)


def _offered(found: FoundForm, field: FormField, stated: Stated, other: Decimal) -> FoundForm:
    value = plain(found.form.values[field.id])
    text = (
        f"“{field.full_label}”统计表里写的是 {value}，“{_called(stated)}”更正为 {plain(other)}，已按更正后的数列出。"
        f"请核对，确认后按 {plain(other)} 登记；如应为 {value}，请回复更正或改好统计表后重报。"
    )
    finding = Finding("warning", "corrected", text, field.id, value, (field.id,))
    form = replace(found.form, values={**found.form.values, field.id: other}, needs_confirmation=True)
    return replace(found, form=form, findings=(*found.findings, finding))


def _undecided(found: FoundForm, field: FormField, stated: Stated, certain: bool = False) -> FoundForm:
    """With the doubt; ``certain``: the other table may only list some of the villages, and the form's figure stays."""
    value, other = found.form.values[field.id], stated.values[field.id]
    told = plain(other) if other is not None else quote(stated.written.get(field.id, ""))
    text = f"“{field.full_label}”在统计表里写的是“{plain(value)}”，在“{_called(stated)}”里是“{told}”，"
    if certain:
        text += "请核对；如统计表有误，请改好后重报。"
        return replace(
            found,
            findings=(*found.findings, Finding("warning", "two_forms", text, field.id, None, (field.id,))),
        )
    text += "不能确定以哪个为准。请改好统计表，两处写同一个数后重报。"
    form = replace(found.form, values={**found.form.values, field.id: None})
    return replace(
        found,
        form=form,
        findings=(*found.findings, Finding("error", "two_forms", text, field.id, None, (field.id,))),
    )


def _called(stated: Stated) -> str:
    mark = quote(stated.mark.rstrip("：:")) if stated.mark else ""
    return mark if not stated.name or mark == stated.name else f"{stated.name}{f'（{mark}）' if mark else ''}"


# --- what a table states ---------------------------------------------------------------------------------


_Stating = tuple[Figure, tuple[Decimal, ...], str]  # the figure, what says the same, what is written


def _figures(
    one: Assigned, part: Part, rows: Sequence[Row], read: Callable[[Assigned, Part], Reading]
) -> _Stating:
    """A column's figure in some rows: of a marked sum, else of all added up; and what a breakdown of it adds up to."""
    each = [read(one, replace(part, body=replace(part.body, rows=(row,)))) for row in rows]
    written = next((told.written for reading in each for told in reading.findings if told.written), "")
    if len(rows) == 1:
        value = each[0].value
        looks = value is None and any(character.isdigit() for character in written)
        return value if isinstance(value, Decimal) else None, (), written if looks else ""
    numbers = [reading.value for reading in each if isinstance(reading.value, Decimal)]
    if not numbers:
        return None, (), ""
    total = total_row(rows)
    likely = likely_total(rows, [each]) if total is None else total
    sums = [value for row, value in _values(rows, each) if row.level]
    with localcontext(prec=100):
        added = sum((value for row, value in _values(rows, each) if not row.level), Decimal(0))
    marked = each[likely].value if likely is not None else None
    value = marked if isinstance(marked, Decimal) else added
    return value, tuple(dict.fromkeys((added, value, *sums))), ""


def _values(rows: Sequence[Row], each: Sequence[Reading]) -> Iterator[tuple[Row, Decimal]]:
    for row, reading in zip(rows, each, strict=True):
        if isinstance(reading.value, Decimal):
            yield row, reading.value


def _is_mark(row: Row) -> bool:
    """Whether a row is nothing but the words that call the table a correction (以此为准)."""
    filled = [cell for cell in row.cells.values() if cell.kind != "empty"]
    return len(filled) == 1 and filled[0].kind == "text" and bool(mark_in([filled[0].text]))


def _named(row: Row, names: frozenset[str]) -> bool:
    return any(_bare(name) in names for name in row.names)


def _bare(name: str) -> str:
    said = key(name)
    return said if said in words().after | words().before else _COUNTED.sub("", said)


def _only_part(rows: Sequence[Row]) -> bool:
    """Whether each row is of one place or time, and none a total: they may be some of many."""
    return all(not row.level and any(map(PLACE_OR_TIME.search, row.names)) for row in rows)


def _alien(row: Row, years: range) -> bool:
    return other_figures([row], years) is not None


def _own_lines(part: Part) -> tuple[str, ...]:
    """What is written about a table that isn't the form: its name, lines right around it, its texts that are no labels."""
    grid, table = part.table.grid, part.table
    heads = [column.text for column in part.header.columns if column.match is None and column.text]
    if part.inside:
        cells = [cell.text for cell in table.cells(part.begin, part.header.top) if cell.text]
        own = [cell.text for row in part.body.rows for cell in row.cells.values() if cell.kind == "text"]
        lines = [cell.text for at in part.body.lines for cell in table.rows[at] if cell.text]
        return (*cells, *heads, *own, *lines)
    every = (cell.text for row in grid.rows for cell in row if cell.kind == "text" and cell.text)
    around = (grid.name, *grid.lines_before[-LINES:], *grid.lines_after[:1])
    return (*around, *heads, *islice(every, MOST_TEXTS))


def _of_another_matter(part: Part, book: LabelBook) -> bool:
    """Whether a table only looks like the form's matter: a list of goods, an example, another year's or action's."""
    heads = () if part.table.turned else part.header.columns
    if any(key(column.text) in words().things for column in heads if column.match is None):
        return True
    titles = _own_lines(part)
    return bool(other_title(titles, book.campaign)) or any(map(is_example, titles))


PLACE_OR_TIME = re.compile("(?:村|社区|居委会|居|[小一二三四五六七八九十]组|片区|月|月份|旬|周)$")
_LONGEST = 60  # characters of a title, or of a line that is about a table
_LABELLED = re.compile("[\u4e00-\u9fff）)][:：=] ?[0-9０-９]")
_COUNTS = re.compile("以[^,。;]{0,8}为准")
_CONDITION = re.compile("(?:如|若|倘|凡|需要?|无|未|不)[^,。;]{0,8}$")
_COUNTED = re.compile("(?:的?(?:数据?|数值|值|人数|次数|金额|情况)|为)$")

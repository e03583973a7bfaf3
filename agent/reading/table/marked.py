"""Where a form, its table or its file says by its place that it isn't all that is to be reported; and what is told.

A sheet's name, a title, a row, a heading, a remark, a page's header, a file's name, a mail's words: each is looked at
as signs.py looks at texts. Such a form waits for its sender's word; an unfinished one is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.base.findings import Finding
from agent.base.personal import mask
from agent.campaign.rules import Campaign, FormField
from agent.campaign.units import Register
from agent.reading.cell.folding import squeeze
from agent.reading.cell.values import quote
from agent.reading.reading import Figure, FileReading, Form
from agent.reading.table.other_figures import heads_other_figures
from agent.reading.table.part import Part
from agent.reading.table.rows import Row
from agent.reading.table.sums import total_row
from agent.reading.words.signs import Sign, Signs

ASKED, ASKED_LATER, UNFINISHED = "called_otherwise", "maybe_added", "incomplete"
"""The rules: asked about; asked about where the unit has sent a form before; no form at all."""

MOST_LINES = 300  # around a table that are looked at, above and below
LONGEST_ROW = 20  # characters of a row's name, or of a heading, that may be a sign


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign, where it stands (文件名, 表的标题), and all that is written there."""

    where: str
    written: str
    sign: Sign

    @property
    def unfinished(self) -> bool:
        return self.sign.kind.id == UNFINISHED

    @property
    def needs_confirmation(self) -> bool:
        return not self.unfinished and not self.sign.kind.only_after


# Where marks stand


def mark_of_part(part: Part, rows: Sequence[Row], unit: str, signs: Signs) -> Mark | None:
    """The gravest that a form's table bears: the first kind of the table of signs that any of its places names.

    Args:
        part: the form's part of a table.
        rows: those of its rows that are the form's.
        unit: 单位 as the form writes it (青年镇板辽村 is a village).
        signs: what is looked for.
    """
    if any(_headed_otherwise(part, signs)):
        return None  # told of each column (other_figures.py)
    order = {kind.id: at for at, kind in enumerate(signs.table.kinds)}
    found = [
        *_of_titles(part, signs),
        *_marks("单位", [unit], signs.in_name),
        *_of_cells(part, signs),
        *_of_rows(part, rows, signs),
        *_of_headings(part, signs),
        *_of_words(part, rows, signs),
    ]
    return min(found, key=lambda one: order[one.sign.kind.id], default=None)


def mark_of_page(asides: Iterable[str], margins: Iterable[str], signs: Signs) -> Mark | None:
    """What a document's margins, or its comments and boxes, say of the form in it."""
    marks = [
        *_marks("页眉、页脚或水印", margins, signs.in_margin),
        *_marks("批注或文本框", asides, signs.in_words),
    ]
    return next(iter(marks), None)


def mark_of_file(name: str, signs: Signs) -> Mark | None:
    """What the name of a form's file says."""
    return next(_marks("文件名", [name], signs.in_file_name), None)


def mark_of_mail(subject: str, texts: Iterable[str], signs: Signs) -> Mark | None:
    """What a mail says of the forms that came with it: its subject, and its own words."""
    flags = re.findall("【([^【】]*)】", subject)
    subject = "" if re.search("通知|【", subject) else subject  # another's, that is answered or passed on
    marks = [*_marks("邮件主题", [subject], signs.in_name), *_marks("邮件主题", flags, signs.in_title)]
    marks += _marks("来信正文", texts, signs.in_words)
    return next(iter(marks), None)


def _of_titles(part: Part, signs: Signs) -> Iterator[Mark]:
    sheet, *lines = part.titles
    yield from _marks("工作表名", [sheet], signs.in_name)
    yield from _marks("表的标题", lines, signs.in_title)


def _of_cells(part: Part, signs: Signs) -> Iterator[Mark]:
    rows = (*part.body.rows, *part.body.unfilled)
    yield from _marks("表中", [text for row in rows for text in (*row.remarks, *row.names)], signs.in_cell)


def _of_rows(part: Part, rows: Sequence[Row], signs: Signs) -> Iterator[Mark]:
    """What the only row is, or the row that counts as the total."""
    counted = _counted(rows)
    if len(counted) != 1:
        return
    [row] = counted
    named = [(column, name) for column, name in _names(part, row) if len(name) <= LONGEST_ROW]
    yield from _marks("行名", [name for _, name in named], signs.in_name)
    for heading, name in named if not row.level else ():
        sign = signs.under_heading(heading, name)
        if sign is not None:
            yield Mark("行名", name, sign)


def _names(part: Part, row: Row) -> Iterator[tuple[str, str]]:
    """The row's names, each with what stands above it."""
    columns = part.header.columns
    for at, cell in sorted(row.cells.items()):
        if columns[at].match is None and columns[at].header is None and cell.text.strip():
            yield columns[at].text, cell.text.strip()


def _of_headings(part: Part, signs: Signs) -> Iterator[Mark]:
    figures = [one for one in part.header.columns if one.match is not None and one.match.field.is_figure]
    texts = list(dict.fromkeys(text for column in figures for text in part.above(column)))
    yield from _marks("栏的标题", [one for one in texts if len(one) <= LONGEST_ROW], signs.in_name)


def _headed_otherwise(part: Part, signs: Signs) -> Iterator[bool]:
    years = range(signs.campaign.start.year, signs.campaign.deadline.year + 1)
    for column in part.header.columns:
        if column.match is not None and column.match.field.is_figure:
            yield heads_other_figures(part.above(column), years) is not None


def _of_words(part: Part, rows: Sequence[Row], signs: Signs) -> Iterator[Mark]:
    counted = _counted(rows)
    remarks = [text for row in counted for text in row.remarks]
    yield from _marks("备注", [*remarks, *(text for _, text in part.body.remarks)], signs.in_words)
    lines = part.every_line
    yield from _marks("表旁", [*lines[:MOST_LINES], *lines[MOST_LINES:][-MOST_LINES:]], signs.in_words)


def _counted(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows whose figures count: the total alone where there is one."""
    total = total_row(rows)
    return rows if total is None else [rows[total]]


def _marks(where: str, texts: Iterable[str], look: object) -> Iterator[Mark]:
    for text in texts:
        sign = look(text) if text.strip() else None  # type: ignore[operator]
        if sign is not None:
            yield Mark(where, text, sign)


# What is told


def told(mark: Mark) -> Finding:
    """What the sender is asked, or why the form can't be taken."""
    kind, words = mark.sign.kind, _quoted(mark)
    if mark.unfinished:
        text = f"{words}，看来是{kind.says}，不能登记。请报{kind.send}。"
        return Finding("error", UNFINISHED, text)
    if kind.only_after:
        text = (
            f"{words}，而此前已报过统计表。这张表的数是否就是要报的全部数字？如是，请回复“确认”；"
            f"如要加在此前所报的数上，请报{kind.send}。"
        )
        return Finding("warning", ASKED_LATER, text)
    text = (
        f"{words}，看来是{kind.says}。这张表的数是否就是要报的全部数字？如是，请回复“确认”；"
        f"如不是，请报{kind.send}。"
    )
    return Finding("warning", ASKED, text)


def _quoted(mark: Mark) -> str:
    written, words = quote(mask(mark.sign.sentence or mark.written)), mark.sign.words
    if squeeze(written).lower() == squeeze(words).lower():
        return f"{mark.where}写的是“{written}”"
    if squeeze(words).lower() in squeeze(written).lower():
        return f"{mark.where}写有“{written}”"
    return f"{mark.where}写有“{words}”（“{written}”）"


def unfinished(field: FormField, mark: Mark) -> Finding:
    """The error for a figure of a form that says that it isn't finished."""
    text = f"“{field.full_label}”没有登记：{told(mark).text}"
    return Finding("error", UNFINISHED, text, field.id, None, (field.id,))


def with_mark(form: Form, mark: Mark, campaign: Campaign) -> tuple[Form, tuple[Finding, ...]]:
    """The form as it stands with a mark on it: to be confirmed, or without figures; and what is told."""
    if not mark.unfinished:
        return replace(form, needs_confirmation=form.needs_confirmation or mark.needs_confirmation), (
            told(mark),
        )
    figures = campaign.form.figures
    values: Mapping[str, Figure] = {**form.values, **dict.fromkeys(one.id for one in figures)}
    return replace(form, values=values), tuple(unfinished(one, mark) for one in figures)


def marked_reading(reading: FileReading, mark: Mark | None, campaign: Campaign) -> FileReading:
    """The reading of a file, its form and the forms in it, with the mark on those that bear none yet."""
    if mark is None:
        return reading
    inner = tuple(marked_reading(one, mark, campaign) for one in reading.contains)
    if reading.form is None or is_marked(reading.findings):
        return replace(reading, contains=inner)
    form, findings = with_mark(reading.form, mark, campaign)
    return replace(reading, form=form, findings=(*reading.findings, *findings), contains=inner)


def marked_by_name(reading: FileReading, campaign: Campaign, register: Register) -> FileReading:
    """The reading of a file with a form in it, asked about where the file's name says that it isn't the report."""
    return marked_reading(reading, mark_of_file(reading.file, Signs.of(campaign, register)), campaign)


def is_marked(findings: Iterable[Finding]) -> bool:
    """Whether a form is asked about, or refused, already: one question is enough."""
    return any(one.rule in (ASKED, UNFINISHED, "other_title") for one in findings)


# Rows left blank


def left_blank(part: Part, rows: Sequence[Row], signs: Signs) -> tuple[str, ...]:
    """The names of rows that nobody filled in beside rows like them, where no row is the total.

    A village, a month: their figures are lacking. Other units' rows of a common table aren't this unit's to fill in.
    """
    if not rows or total_row(rows) is not None:
        return ()
    if not any(_is_part(part, row, signs) for row in rows):
        return ()
    blank = [row.name for row in part.body.unfilled if row.level == 0 and _is_part(part, row, signs)]
    return tuple(dict.fromkeys(name for name in blank if name))


def _is_part(part: Part, row: Row, signs: Signs) -> bool:
    for heading, name in _names(part, row):
        sign = signs.in_name(name) if len(name) <= LONGEST_ROW else None
        sign = sign or signs.under_heading(heading, name)
        if sign is not None and sign.kind.id in ("part", "period"):
            return True
    return False


def lacking_rows(field: FormField, names: Sequence[str]) -> Finding:
    """The error for a figure of a form some of whose rows nobody filled in."""
    listed = "、".join(f"“{quote(name)}”" for name in names[:4]) + ("等" if len(names) > 4 else "")
    text = (
        f"“{field.full_label}”没有登记：{listed}没有填写，也没有合计，不能确定全部的数。"
        "请补填各行（如无请填 0），或填好合计后重报。"
    )
    return Finding("error", "blank", text, field.id, None, (field.id,))

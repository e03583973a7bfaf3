"""The header of a table: which rows it is, and which column belongs to which field.

Works on a laid-out table, upright or turned; knows the campaign's labels and nothing of the figures below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.base.findings import Finding
from agent.campaign.rules import Campaign, FormField, HeaderField
from agent.reading.cell import numerals
from agent.reading.cell.folding import squeeze, trim
from agent.reading.cell.measures import factor_of, is_measure
from agent.reading.cell.values import quote
from agent.reading.cell.written import is_nothing
from agent.reading.grid import Grid
from agent.reading.table.labels import LabelBook, Match, is_sum_word, key
from agent.reading.table.layout import Placed, Table


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        left, right: the grid columns that its heading spans, end exclusive.
        text: its heading as printed, the group first.
        match: the field that it names.
        header: the header value that it holds (单位, 填报人), where it names one.
        torn: one field's label stands below another's (联合巡查 below 出动工作人员).
    """

    left: int
    right: int
    text: str
    match: Match | None = None
    header: HeaderField | None = None
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one form.

    Attributes:
        top, bottom: its rows, end exclusive.
        columns: the columns below it from left to right.
    """

    top: int
    bottom: int
    columns: tuple[Column, ...]

    @property
    def skewed(self) -> bool:
        """Whether labels stand under labels of other fields: what spanned several columns was lost on the way."""
        return any(column.torn for column in self.columns)

    @property
    def right(self) -> int:
        """Where the last column with a heading ends."""
        return max((column.right for column in self.columns if column.text), default=0)

    @property
    def ends_in_text(self) -> bool:
        """Whether the last column with a heading holds text (备注)."""
        last = [column.match for column in self.columns if column.text and column.right == self.right]
        return any(match is not None and not match.field.is_figure for match in last)

    @property
    def pure(self) -> bool:
        """Whether every heading from the first of the form's to the last names a field or a header value."""
        ours = [at for at, column in enumerate(self.columns) if column.match]
        within = self.columns[ours[0] : ours[-1] + 1] if ours else ()
        return all(column.match or column.header for column in within if column.text)

    @property
    def figures(self) -> frozenset[str]:
        """The ids of the figure fields that have a column."""
        return frozenset(
            column.match.field.id for column in self.columns if column.match and column.match.field.is_figure
        )


@dataclass(frozen=True, slots=True)
class Assigned:
    """Where a field stands: ``at`` is its column's index, None without one certain column.

    ``note`` tells that the column's label was only nearly the field's.
    """

    field: FormField
    at: int | None
    measure: str | None = None
    finding: Finding | None = None
    note: Finding | None = None


def every_header(table: Table, book: LabelBook) -> list[Header]:
    """Whatever heads columns with labels of figures, from top to bottom, one label or many."""
    headers = [
        Header(top, bottom, tuple(_columns(table, top, bottom, book))) for top, bottom in _blocks(table, book)
    ]
    return [header for header in headers if header.figures]


def find_headers(table: Table, book: LabelBook) -> list[Header]:
    """The headers in a table, from top to bottom; none where it isn't the form."""
    return of_the_form(every_header(table, book), book)


def of_the_form(headers: list[Header], book: LabelBook) -> list[Header]:
    """Those that head the form, or all where they are its parts; none where there are too few labels."""
    enough = fewest_figures(book.campaign)
    if are_parts(headers) and sum(len(header.figures) for header in headers) >= enough:
        return headers
    return [header for header in headers if len(header.figures) >= enough]


def title_begin(table: Table, header: Header, floor: int) -> int:
    """Where a small table below a form begins: with the lines of one text each right above its header."""
    begin = header.top
    while begin > floor:
        filled = [cell for cell in table.rows[begin - 1] if not cell.empty]
        if len(filled) > 1 or any(like_a_figure(cell) for cell in filled):
            break
        begin -= 1
    return begin


def are_parts(headers: Sequence[Header]) -> bool:
    """Whether several headers are one form's, set in pieces: no field twice, no heading that isn't the form's."""
    figures = [name for header in headers for name in header.figures]
    return len(headers) > 1 and len(figures) == len(set(figures)) and all(one.pure for one in headers)


def worth_a_look(grid: Grid, book: LabelBook) -> bool:
    """Whether there are labels enough at all: most tables, and all large ones, end here."""
    enough, seen = fewest_figures(book.campaign), set[str]()
    for row in grid.rows:
        for cell in row:
            if cell.kind == "text" and cell.text not in seen and book.role(cell.text) != "none":
                seen.add(cell.text)
                if len(seen) >= enough:
                    return True
    return False


def fewest_figures(campaign: Campaign) -> int:
    """How many of the form's figures a table must have columns for to be the form at all: a third."""
    figures = len(campaign.form.figures)
    return min(figures, max(2, -(-figures // 3)))


_Heading = tuple[int, Match, str]  # a column's index, the field that it names, its text


def assign(header: Header, book: LabelBook) -> list[Assigned]:
    """A column for each field of the campaign, or the finding that says why there is none."""
    skewed = header.skewed
    found: dict[str, list[_Heading]] = {}
    for at, column in enumerate(header.columns):
        if column.match:
            found.setdefault(column.match.field.id, []).append((at, column.match, column.text))
    return [_assign(one, found.get(one.id, []), skewed, book.campaign) for one in book.campaign.form.fields]


def _assign(one: FormField, found: Sequence[_Heading], skewed: bool, campaign: Campaign) -> Assigned:
    """The one column, where among the headings that name the field one is certain."""
    found = [entry for entry in found if not entry[1].near and not entry[1].split] or found
    if not one.is_figure:
        printed = [entry for entry in found if key(entry[2]) == key(one.label)] or found
        return Assigned(one, printed[0][0] if printed else None)
    if skewed:
        return Assigned(one, None, finding=_skewed(one))
    fitting = [entry for entry in found if _converts(entry[1], campaign)]
    if len(fitting or found) > 1:
        return Assigned(one, None, finding=two_columns(one, [text for _, _, text in fitting or found]))
    if fitting:
        at, match, text = fitting[0]
        return Assigned(one, at, _other_scale(match), note=_near(one, text) if match.near else None)
    if found:
        return Assigned(one, None, finding=_wrong_measure(one, found[0][2]))
    return Assigned(one, None, finding=_no_column(one))


def _converts(match: Match, campaign: Campaign) -> bool:
    return match.measure is None or factor_of(match.measure, match.field, campaign) is not None


def _other_scale(match: Match) -> str | None:
    return None if match.measure == match.field.measure else match.measure


# Rows of the header


def _blocks(table: Table, book: LabelBook) -> list[tuple[int, int]]:
    """Runs of rows (start, end exclusive) that hold labels of figures."""
    blocks: list[list[int]] = []
    for at, row in enumerate(table.rows):
        current = blocks[-1] if blocks and at <= blocks[-1][1] else None
        heads = [cell for cell in row if _heads(cell, book, current is not None)]
        figures = sum(map(_may_be_a_figure, [cell for cell in row if cell not in heads]))
        if heads and (not figures or len(heads) > max(2, figures)):
            if current is None:
                blocks.append([at, at])
            blocks[-1][1] = max(blocks[-1][1], *(cell.bottom for cell in heads))
        elif (
            current is not None
            and at == current[1]
            and (_only_measures(row, book.campaign) or _only_parts(row, table.rows[current[0] : at], book))
        ):
            current[1] = at + 1
    return [(_with_what_spans(table, top, book), bottom) for top, bottom in blocks]


def _with_what_spans(table: Table, top: int, book: LabelBook) -> int:
    """Where a header begins whose labels stand from ``top`` on: 备注 may begin a row higher, beside a category."""
    heads = {at for cell in table.rows[top] if not cell.empty for at in range(cell.left, cell.right)}

    def reaches(cell: Placed) -> bool:
        # Where merges were lost (.csv), the cell below it is blank.
        return cell.bottom > top or (cell.bottom == top and cell.left not in heads)

    reaching = (
        cell.top
        for cell in table.cells(0, top)
        if cell.text and reaches(cell) and (book.match([cell.text]) or book.header(cell.text))
    )
    return min(reaching, default=top)


def _heads(cell: Placed, book: LabelBook, below_a_label: bool) -> bool:
    if not cell.text:
        return False
    role = book.role(cell.text)
    return role == "label" or (role == "child" and below_a_label)


def like_a_figure(cell: Placed) -> bool:
    """Whether a cell can be no label: a number, a date, or text that is little else."""
    if cell.empty:
        return False
    return cell.cell.kind != "text" or re.fullmatch(r"[0-9][0-9.,\s]*\D{0,2}", trim(cell.text)) is not None


def _may_be_a_figure(cell: Placed) -> bool:
    """Whether a cell that is no label looks like a figure, in whatever words: 17（含夜间）, 共12次, 十二, --."""
    if like_a_figure(cell):
        return True
    text = trim(cell.text)
    numeral = _NUMERAL.fullmatch(text)
    if numeral and numerals.parse(numeral["number"]) is not None:
        return True
    return bool(text) and (_WORDED.match(text) is not None or is_nothing(text))


def _only_measures(row: Sequence[Placed], campaign: Campaign) -> bool:
    texts = [squeeze(cell.text) for cell in row if not cell.empty]
    return len(texts) >= 2 and all(
        is_measure(text, campaign) or key(text) in MEASURE_HEADINGS for text in texts
    )


def _only_parts(row: Sequence[Placed], above: Sequence[Sequence[Placed]], book: LabelBook) -> bool:
    """Whether a row below labels names the parts of one of them (男, 女, 合计), over which that label spans."""
    filled = [cell for cell in row if not cell.empty]
    if len(filled) < 2 or any(not cell.text or _may_be_a_figure(cell) for cell in filled):
        return False
    spanning = [cell for line in above for cell in line if cell.right - cell.left > 1 and cell.text]
    return any(
        is_sum_word(part.text) and part.overlaps(cell.left, cell.right) and book.match([cell.text])
        for part in filled
        for cell in spanning
    )


# Columns below the header


def _columns(table: Table, top: int, bottom: int, book: LabelBook) -> list[Column]:
    above = _by_column(table, top, bottom)
    for cell in [cell for cell in table.cells(top, bottom) if _under_several(cell, above)]:
        for at in range(cell.left, cell.right):
            above[at].remove(cell)
    leaves = [
        cell
        for cell in table.cells(top, bottom)
        if cell in above.get(cell.left, ())
        and not any(
            other.top >= cell.bottom for at in range(cell.left, cell.right) for other in above.get(at, ())
        )
    ]
    columns = [_column(leaf, table, above, top, book) for leaf in sorted(leaves, key=lambda cell: cell.left)]
    return [_alone(column, columns, book) for column in columns]


def _alone(column: Column, columns: Sequence[Column], book: LabelBook) -> Column:
    """A group's label with nothing below it as its total, where the group's other fields have columns of their own."""
    match = book.alone(column.text) if column.text and not column.match else None
    if match is None:
        return column
    named = {one.match.field.id for one in columns if one.match}
    others = {one.id for one in book.campaign.form.fields if one.group == match.field.group} - {
        match.field.id
    }
    return replace(column, match=match) if others <= named else column


def _under_several(cell: Placed, above: dict[int, list[Placed]]) -> bool:
    """Whether a blank cell was merged below several headings, whose columns it doesn't make one."""
    if not cell.empty or cell.right - cell.left < 2:
        return False
    over = {
        other
        for at in range(cell.left, cell.right)
        for other in above.get(at, ())
        if other.bottom <= cell.top and not other.empty
    }
    return len(over) > 1


def _by_column(table: Table, top: int, bottom: int) -> dict[int, list[Placed]]:
    columns: dict[int, list[Placed]] = {}
    for cell in table.cells(top, bottom):
        for at in range(cell.left, cell.right):
            columns.setdefault(at, []).append(cell)
    return columns


def _column(leaf: Placed, table: Table, above: dict[int, list[Placed]], top: int, book: LabelBook) -> Column:
    path = _path(leaf, table, above, top, book)
    if not path:
        return Column(leaf.left, leaf.right, "")
    match = book.match(path)
    text = "/".join(reversed(path))
    if match:
        torn = len({one.field.id for one in map(book.match, ([each] for each in path)) if one}) > 1
        return Column(leaf.left, leaf.right, text, match, torn=torn)
    return Column(leaf.left, leaf.right, text, header=book.header(path[0]) or _unit_heading(path[0], book))


def _path(leaf: Placed, table: Table, above: dict[int, list[Placed]], top: int, book: LabelBook) -> list[str]:
    """The texts of a heading, the lowest first."""
    path = [] if leaf.empty else [_printed(leaf)]
    for at in range(leaf.top - 1, top - 1, -1):
        over = [cell for cell in above.get(leaf.left, ()) if cell.top == at and cell.bottom <= leaf.top]
        if over and not over[0].empty:
            path.append(_printed(over[0]))
        elif path and not any(cell.top < at < cell.bottom for cell in above.get(leaf.left, ())):
            group = _group_to_the_left(leaf.left, table.rows[at], book) or _parted_to_the_left(
                leaf, above, at, book
            )
            path.extend([group] if group else [])
    return path


def _group_to_the_left(column: int, row: Sequence[Placed], book: LabelBook) -> str | None:
    """A group's label whose cell wasn't merged over its columns: it holds on over empty cells."""
    before = [cell for cell in row if cell.left < column and not cell.empty]
    return _printed(before[-1]) if before and book.group(before[-1].text) else None


def _parted_to_the_left(
    leaf: Placed, above: dict[int, list[Placed]], row: int, book: LabelBook
) -> str | None:
    """The same of a field's label over its parts (男, 女, 合计): each column since then has a part below it."""
    if book.match([leaf.text]):
        return None
    for column in range(leaf.left, -1, -1):
        cells = above.get(column, ())
        if not any(cell.top == leaf.top and not cell.empty for cell in cells):
            return None
        over = next((cell for cell in cells if cell.top == row and not cell.empty), None)
        if over is not None:
            match = book.match([over.text])
            return _printed(over) if column < leaf.left and match and match.field.is_figure else None
    return None


def _printed(cell: Placed) -> str:
    return cell.text.strip() or str(cell.cell.number or "")


def _unit_heading(text: str, book: LabelBook) -> HeaderField | None:
    if key(text) not in UNIT_HEADINGS:
        return None
    return next((header for header in book.campaign.form.header if header.type == "unit"), None)


# What is told


def _no_column(one: FormField) -> Finding:
    text = f"表中没有找到“{one.full_label}”一栏。请用原表填报，不要删改栏目名称。"
    return Finding("error", "no_column", text, one.id, None, (one.id,))


def _near(one: FormField, heading: str) -> Finding:
    text = f"栏目“{quote(heading)}”按“{one.full_label}”登记。如不对，请用原表填报，不要改栏目名称。"
    return Finding("note", "normalised", text, one.id, heading, (one.id,))


def two_columns(one: FormField, texts: Sequence[str]) -> Finding:
    named = "、".join(f"“{quote(text)}”" for text in texts)
    text = f"表中有 {len(texts)} 栏都像“{one.full_label}”（{named}），不能确定用哪一栏。请只保留一栏。"
    return Finding("error", "two_columns", text, one.id, None, (one.id,))


def _skewed(one: FormField) -> Finding:
    text = f"表头的各级标题对不齐（可能是粘贴时丢了合并的单元格），不能确定“{one.full_label}”是哪一栏。请以附件报送原表。"
    return Finding("error", "two_columns", text, one.id, None, (one.id,))


def _wrong_measure(one: FormField, heading: str) -> Finding:
    text = (
        f"“{one.full_label}”一栏的标题写的是“{quote(heading)}”，单位不符：此栏以“{one.measure}”计。"
        f"请按“{one.measure}”填写，标题勿改。"
    )
    return Finding("error", "wrong_measure", text, one.id, heading, (one.id,))


_WORDED = re.compile("[(\\[【“\"'‘+¥.共计合约近]{0,4}\\s*[0-9]")
_NUMERAL = re.compile(rf"(?P<number>[{numerals.CHARACTERS}点]{{1,12}})\D{{0,3}}")
MEASURE_HEADINGS = frozenset({"单位", "计量单位"})
"""Headings of a column that holds the measures, in a form turned on its side."""
UNIT_HEADINGS = frozenset(
    {"单位", "镇街", "街镇", "镇", "乡镇", "镇乡", "街道", "镇街道", "乡镇街道", "镇乡街道"}
)
"""Headings of a column that holds the reporting units, besides the rules' own labels."""

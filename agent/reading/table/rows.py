"""The rows below a header: which of them are data, and which cell stands under which column.

Works on a laid-out table; what the cells mean is values.py's business, how rows add up is sums.py's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.reading.cell import numerals
from agent.reading.cell.folding import fold, squeeze, trim
from agent.reading.cell.measures import is_measure, strip_measure
from agent.reading.grid import Cell, Grid
from agent.reading.table.columns import MEASURE_HEADINGS, Header, like_a_figure
from agent.reading.table.heading import is_footnote, is_line
from agent.reading.table.labels import SUM_LEVELS, LabelBook, key, sum_level
from agent.reading.table.layout import Placed, Table


@dataclass(frozen=True, slots=True)
class Row:
    """A data row.

    Attributes:
        cells: the cell under each column that has one, by the column's index.
        problems: for a column, why its cell can't be told from its neighbours'.
        names: what the row's other columns say (a village, 合计).
        remarks: what its text columns say.
        level: how high a sum it is (labels.SUM_LEVELS); 0 for none.
    """

    cells: Mapping[int, Cell]
    problems: Mapping[int, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    level: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What to call the row: its first words that are no number."""
        return next(iter(self.words), "")

    @property
    def words(self) -> tuple[str, ...]:
        """What the row's other columns say but for numbers."""
        return tuple(name for name in self.names if not re.fullmatch(r"[\d.、]+", name))


@dataclass(frozen=True, slots=True)
class Body:
    """What stands below a header.

    Attributes:
        rows: the data rows; none in a blank form.
        measures: for a column, the measure that a row of measures states.
        remarks: the texts under text columns in rows without figures, by column; by the field's id where it has
            no column, but a row of its own.
        lines: the indices of the table's rows that are no data: header values, the footnote.
        unfilled: rows without any figure.
    """

    rows: tuple[Row, ...]
    measures: Mapping[int, str]
    remarks: tuple[tuple[int | str, str], ...]
    lines: tuple[int, ...]
    unfilled: tuple[Row, ...] = ()


def read_body(table: Table, header: Header, stop: int, book: LabelBook) -> Body:
    """The rows from below the header to ``stop``, each taken for what it is."""
    rows: list[Row] = []
    measures: dict[int, str] = {}
    remarks: list[tuple[int | str, str]] = []
    lines: list[int] = []
    unfilled: list[Row] = []
    numbered = False
    for at in range(header.bottom, min(stop, len(table.rows))):
        filled = [placed for placed in table.rows[at] if not placed.empty]
        if not filled:
            continue
        if not table.turned and (remark := _own_row(filled, header, book)):
            remarks.append(remark)
            continue
        if not table.turned and (
            _is_line(filled, header, book)
            or (rows and _is_words(filled, _below_all(filled[0], rows[-1], header)))
        ):
            lines.append(at)
            continue
        row = _row(table, at, header)
        if found := _measures(row, header, book):
            measures |= found
        elif not rows and not numbered and _is_numbering(row, header):
            numbered = True
        elif _has_figures(row, header) and not _is_notes(row, book, table):
            rows.append(row)
        else:
            remarks.extend(_remarks(row, header))
            unfilled.append(row)
    return Body(tuple(rows), measures, tuple(remarks), tuple(lines), tuple(unfilled))


# What kind of row


def _own_row(filled: Sequence[Placed], header: Header, book: LabelBook) -> tuple[str, str] | None:
    """The text field that has this row for itself, and its text: 备注 and the remark beside it, or 备注：…"""
    label, colon, behind = trim(filled[0].text).partition(":")
    match = book.match([label]) if label else None
    if match is None or match.field.is_figure or len(filled) > 2:
        return None
    if any(column.match and column.match.field is match.field for column in header.columns):
        return None
    if len(filled) == 2 and not behind.strip() and filled[1].text:
        return match.field.id, filled[1].text
    return (match.field.id, behind) if colon and len(filled) == 1 else None


def _is_line(filled: Sequence[Placed], header: Header, book: LabelBook) -> bool:
    """Whether a row holds header values, the footnote or a sentence, and surely no figures."""
    if any(_may_be_read(cell) and not labelled for cell, labelled in _labelled(filled, book)):
        return False
    first = filled[0]
    if is_footnote(first.text) or any(is_line(placed.text, book) for placed in filled):
        return True
    if first.text and (re.match(r"[^:]{1,12}:", squeeze(first.text)) or book.header(first.text)):
        return True
    if key(book.campaign.form.title) in key(first.text) or any(_is_date(cell) for cell in filled):
        return True
    across = sum(first.overlaps(*span) for span in _figure_spans(header)) > 1
    words = re.findall("[\u4e00-\u9fff]+", first.text)
    wordy = any(len(word) >= 6 for word in words) or sum(map(len, words)) >= 10
    return len(filled) == 1 and wordy and (across or _is_sentence(first.text))


def _is_words(filled: Sequence[Placed], below_all: bool) -> bool:
    """Whether a row below figures is a lone phrase, and so nobody's figures.

    Below a row in which each figure is filled in, a short one is, too, with a day, a page's number or a seal, unless
    it could stand for a figure (二十多次).
    """
    text = squeeze(filled[0].text)
    if len(filled) > 1 or not text:
        return False
    rest = _NO_FIGURES.sub("", text)
    signs = rest != text or re.search("[\u4e00-\u9fff]{3}|章[)]?$|签[字名]", text) is not None
    figure = filled[0].cell.kind != "text" or _FIGURE.search(rest) or _INSTEAD.match(rest)
    if below_all and signs and not figure:
        return True
    if _may_be_read(filled[0]) or any(mark in text for mark in numerals.CHARACTERS):
        return False
    return re.search("[\u4e00-\u9fff]{6}", text) is not None


def _below_all(cell: Placed, row: Row, header: Header) -> bool:
    """Whether a cell stands under a figure's heading, below a row that says something under each of them."""
    figures = (at for at in range(len(header.columns)) if _is_figure(at, header))
    full = not row.problems and all(_says(row.cells.get(at, Cell(""))) for at in figures)
    return full and any(cell.overlaps(*span) for span in _figure_spans(header))


def _labelled(filled: Sequence[Placed], book: LabelBook) -> Iterator[tuple[Placed, bool]]:
    """Each cell, and whether the one before it is the label of its value (传真： before a long number)."""
    before = ""
    for placed in filled:
        known = bool(before) and book.header(before.rstrip(":")) is not None
        yield placed, known or (before.endswith(":") and _digits(placed) >= 5)
        before = squeeze(placed.text)


def _may_be_read(cell: Placed) -> bool:
    """Whether a cell could hold a figure, however it is written or misspelt; a date below a table signs it."""
    if cell.cell.kind != "text":
        return not _is_date(cell)
    text = trim(cell.text)
    return len(text) <= 12 and not _is_date(cell) and _FIGURE.search(text) is not None


def _is_date(cell: Placed) -> bool:
    if cell.cell.kind == "date":
        return True
    return (
        re.fullmatch(
            r"(?:[0-9]{4}|[〇零○一二三四五六七八九]{4})[-./年].{1,6}[-./月].{1,3}日?", squeeze(cell.text)
        )
        is not None
    )


def _digits(cell: Placed) -> int:
    return sum(character.isdigit() for character in str(cell.cell.number or cell.text))


def _is_sentence(text: str) -> bool:
    return re.search("[。；;：:，]", text) is not None and not re.match(r"\s*[0-9]", fold(text))


def _figure_spans(header: Header) -> list[tuple[int, int]]:
    return [
        (column.left, column.right)
        for column in header.columns
        if column.match is not None and column.match.field.is_figure
    ]


def _measures(row: Row, header: Header, book: LabelBook) -> dict[int, str]:
    """The measures by column, where the row holds nothing else under the figures."""
    texts = {
        at: squeeze(cell.text) for at, cell in row.cells.items() if _is_figure(at, header) and _says(cell)
    }
    if len(texts) < 2 or not all(is_measure(text, book.campaign) for text in texts.values()):
        return {}
    return {at: strip_measure(text) for at, text in texts.items()}


def _is_numbering(row: Row, header: Header) -> bool:
    """Whether the row numbers the columns: 1, 2, 3 …, A, B, C … or 甲, 乙, 丙 … under the header, or 栏次 before it."""
    if any(key(name) in NUMBERING_NAMES for name in row.names):
        return True
    figures = [at for at in range(len(header.columns)) if _is_figure(at, header)]
    numbers = [_ordinal(row.cells.get(at, Cell(""))) for at in figures]
    first = numbers[0] if numbers else None
    if first is None or len(numbers) < 3 or not 1 <= first <= figures[0] + 1:
        return False
    # Counted over the figures alone, or over every column between them (备注 may stand among the figures).
    return numbers in (
        list(range(first, first + len(numbers))),
        [first + at - figures[0] for at in figures],
    )


def _ordinal(cell: Cell) -> int | None:
    if cell.kind == "number" and cell.number is not None and cell.number == cell.number.to_integral_value():
        return int(cell.number) if abs(cell.number) < 1000 else None
    text = unicodedata.normalize("NFKC", squeeze(cell.text)).strip("()<>栏列")
    for letters in _LETTERED:
        if len(text) == 1 and text.upper() in letters:
            return letters.index(text.upper()) + 1
    match = re.fullmatch(r"([0-9]{1,3})(?:=.*)?", text)
    return int(match[1]) if match else None


def _is_notes(row: Row, book: LabelBook, table: Table) -> bool:
    # A column of notes beside the figures, in a form turned on its side.
    texts = {
        name for one in book.campaign.form.fields if not one.is_figure for name in (one.label, *one.aliases)
    }
    headings, notes = NUMBERING_NAMES | MEASURE_HEADINGS, tuple(map(key, texts))
    names = [key(name) for name in row.names if len(name) <= 20]
    return table.turned and any(
        name in headings or name.startswith(notes) or name.endswith(notes) for name in names
    )


def _has_figures(row: Row, header: Header) -> bool:
    return any(_is_figure(at, header) for at, cell in row.cells.items() if _says(cell)) or bool(row.problems)


def _remarks(row: Row, header: Header) -> list[tuple[int, str]]:
    return [
        (at, cell.text)
        for at, cell in sorted(row.cells.items())
        if (match := header.columns[at].match) and not match.field.is_figure and cell.text.strip()
    ]


def _is_figure(at: int, header: Header) -> bool:
    match = header.columns[at].match
    return match is not None and match.field.is_figure


def _says(cell: Cell) -> bool:
    return cell.kind != "empty" and (cell.kind != "text" or bool(cell.text.strip()))


# Which cell stands under which column


def _row(table: Table, at: int, header: Header) -> Row:
    placed = table.rows[at]
    if not table.turned and _beside(placed, table, at, header):
        problems = {at: _ASIDE for at in range(len(header.columns)) if _is_figure(at, header)}
        return Row(_below(placed, header, table.ragged)[0], problems, ())
    as_many = table.ragged and len(placed) == len(header.columns)
    under, problems = _in_order(placed, header) if as_many else _below(placed, header, table.ragged)
    names = [
        cell.text.strip() for at, cell in sorted(under.items()) if _names(at, header) and cell.text.strip()
    ]
    marks = [sum_level(name) for name in names]
    marks += [SUM_LEVELS.get(key(cell.text), 0) for at, cell in under.items() if not _is_figure(at, header)]
    remarks = tuple(text for _, text in _remarks(Row(under), header))
    return Row(under, problems, tuple(names), max(marks, default=0), remarks)


def _beside(placed: Sequence[Placed], table: Table, at: int, header: Header) -> bool:
    """Whether a row seems to stand a cell beside its headings: 1,250 without quotes in a .csv is two cells."""
    # Where each cell has its heading, it doesn't matter to which grid column Word has moved a border.
    as_many = table.ragged and len(placed) == len(header.columns)
    behind = _behind(placed, header)
    if (not as_many and _ends_elsewhere(table.grid, at, header)) or any(map(like_a_figure, behind)):
        return True
    drawn = table.grid.complete or table.grid.in_workbook or table.grid.from_picture
    last = [cell for cell in placed if cell.right == header.right]
    if not drawn and header.ends_in_text and _lacks_one(placed, header):
        return True
    return (bool(behind) or not drawn) and header.ends_in_text and any(map(like_a_figure, last))


def _lacks_one(placed: Sequence[Placed], header: Header) -> bool:
    """Whether a row of a text is a cell short, and no figure but the remark seems to stand in the last one."""
    end = max((cell.right for cell in placed), default=0)
    lefts = sorted(column.left for column in header.columns if column.text)
    return len(lefts) > 1 and lefts[-2] < end <= lefts[-1] and not like_a_figure(placed[-1])


def _ends_elsewhere(grid: Grid, at: int, header: Header) -> bool:
    """Whether a row has a cell more than its header, or, where blank cells are stored as well, one less."""
    if grid.in_workbook:
        return False
    end = grid.columns[at][-1][1] if grid.columns else len(grid.rows[at])
    last = max((column.left for column in header.columns if column.text), default=0)
    widest = max(column.right for column in header.columns)
    return end > widest or (grid.complete and end <= last)


def _behind(placed: Sequence[Placed], header: Header) -> list[Placed]:
    """The filled cells right behind the last heading, without a gap."""
    behind: list[Placed] = []
    for cell in placed:
        if cell.left >= header.right:
            if cell.empty or cell.left > header.right + len(behind):
                break
            behind.append(cell)
    return behind


def _names(at: int, header: Header) -> bool:
    return header.columns[at].match is None


def _in_order(placed: Sequence[Placed], header: Header) -> tuple[dict[int, Cell], dict[int, str]]:
    """Cell i under column i, as Word's grids ask for; a pair that doesn't even touch is a problem."""
    under: dict[int, Cell] = {}
    problems: dict[int, str] = {}
    for at, (cell, column) in enumerate(zip(placed, header.columns, strict=True)):
        under[at] = cell.cell
        if not cell.overlaps(column.left, column.right) and (not cell.empty or _is_figure(at, header)):
            problems[at] = _ASIDE
    for cell in placed:
        covered = [
            at
            for at, column in enumerate(header.columns)
            if cell.left <= column.left and column.right <= cell.right and column.match
        ]
        if len(covered) > 1 and not cell.empty:
            problems |= dict.fromkeys(covered, _MERGED)
    return under, problems


def _below(placed: Sequence[Placed], header: Header, ragged: bool) -> tuple[dict[int, Cell], dict[int, str]]:
    """Each cell under the column whose grid columns it fills."""
    index = _column_index(header)
    beneath = [
        sorted({at for spot in range(cell.left, cell.right) for at in index.get(spot, ())}) for cell in placed
    ]
    certain = {touched[0] for touched in beneath if len(touched) == 1}
    under: dict[int, Cell] = {}
    problems: dict[int, str] = {}
    for cell, touched in zip(placed, beneath, strict=True):
        homes = touched if cell.empty else _homes(touched, certain if ragged else set(), header)
        if len(homes) > 1 and not cell.empty:
            problems |= dict.fromkeys(homes, _MERGED)
        for at in homes:
            if at in under and _says(under[at]) and not cell.empty:
                problems[at] = _SEVERAL
            elif at not in under or not cell.empty:
                under[at] = cell.cell
    return under, problems


def _homes(touched: Sequence[int], certain: set[int], header: Header) -> list[int]:
    """The columns that a cell may belong to: fields before others, and those without a cell of their own."""
    fields = [at for at in touched if header.columns[at].match] or list(touched)
    return [at for at in fields if at not in certain] or fields if len(fields) > 1 else fields


def _column_index(header: Header) -> dict[int, list[int]]:
    columns: dict[int, list[int]] = {}
    for at, column in enumerate(header.columns):
        for spot in range(column.left, column.right):
            columns.setdefault(spot, []).append(at)
    return columns


_MERGED = "与相邻栏的单元格合并了，看不出是哪一栏的数。请取消合并，每栏各填一个数字"
_SEVERAL = "下有不止一个数，不能确定用哪一个。请每栏只填一个数字"
_ASIDE = "的单元格与标题对不齐，不能确定是哪一栏的数。请用原表填报，不要增删单元格"
_LETTERED = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥")
_FIGURE = re.compile(rf"[0-9]|^[{numerals.CHARACTERS}点]+\D{{0,2}}$|^(?:无|没有|/|-|—|——|若干)$|^[约近]")
_NO_FIGURES = re.compile(r"\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?|[第共]\d{1,3}页/?")
_INSTEAD = re.compile(  # what stands in a figure's place: 二十多次, 几次, 未统计, 同上
    rf"[{numerals.CHARACTERS}几多数无没未待暂缺同不大少更]|[-/—–―]+$|应[为是]|[(][无没零/]"
)
NUMBERING_NAMES = frozenset({"栏次", "行次", "列次", "栏号", "行号", "编号", "序号"})

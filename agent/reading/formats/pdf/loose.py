"""A page's tables that have no ruled lines, by where the letters stand; none where that leaves a doubt.

Columns are what stands below each other with a gap on both sides. A figure that stands below no heading, or below
two, makes the table no table: whoever reads it further takes it whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agent.reading.formats.pdf.page import Page, Placed, Run
from agent.reading.formats.pdf.table import Table

Span = tuple[float, float]

LEAST_FIGURES = 3  # in a row of figures
LEAST_GAP = 0.25  # of the letters' size, between two columns
FAR = 3.0  # letters' sizes between two lines that belong to one header
WIDE = 0.45  # share of the table's width from which a text stands above or below it, not in it

_FIGURE = re.compile(
    r"[0-9０-９][0-9０-９.,，．\s]*[^\W\d_]{0,3}|[无零〇/／—－-]+|没有|[一二三四五六七八九十百千两]+"
)
_LABEL = re.compile(r"[:：]")


@dataclass(frozen=True, slots=True)
class _Line:
    """Runs on one line, from left to right."""

    runs: tuple[Run, ...]

    @property
    def bottom(self) -> float:
        return max(run.box[3] for run in self.runs)

    @property
    def top(self) -> float:
        return min(run.box[1] for run in self.runs)

    @property
    def figures(self) -> int:
        return sum(_FIGURE.fullmatch(_text(run)) is not None for run in self.runs)


@dataclass(slots=True)
class _Column:
    """What stands below each other: its span, and its heading's runs from top to bottom."""

    span: Span
    heading: list[Run] = field(default_factory=list)


def loose_tables(page: Page, ruled: Sequence[Placed]) -> list[Table]:
    """The table outside the ruled ones, upright or a row for each label; at most one."""
    lines = _lines(page, ruled)
    if any(char.struck for line in lines for run in line.runs for char in run.chars):
        return []
    found = _upright(lines) or _in_rows(lines)
    return [found] if found else []


def downwards(page: Page, ruled: Sequence[Placed]) -> list[str]:
    """What stands below each other with no more than a line between, as one text each: a heading of several lines."""
    chains: list[list[Run]] = []
    for line in _lines(page, ruled):
        for run in line.runs:
            x0, top, x1, bottom = run.box
            above = [
                chain
                for chain in chains
                if _meets(chain[-1], (x0, x1)) and -0.5 < (top - chain[-1].box[3]) / (bottom - top) < 1
            ]
            if above:
                min(above, key=lambda chain: abs(chain[-1].box[0] - x0)).append(run)
            else:
                chains.append([run])
    return ["".join(map(_text, chain)) for chain in chains if len(chain) > 1]


def _lines(page: Page, ruled: Sequence[Placed]) -> list[_Line]:
    boxes = [table.box for table in ruled]
    rows: list[list[Run]] = []
    for run in sorted((run for run in page.runs if run.text.strip()), key=lambda run: run.box[3]):
        x0, top, x1, bottom = run.box
        middle = ((x0 + x1) / 2, (top + bottom) / 2)
        if any(box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3] for box in boxes):
            continue
        if rows and bottom - rows[-1][0].box[3] < 0.35 * (bottom - top):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [_Line(tuple(sorted(row, key=lambda run: run.box[0]))) for row in rows]


def _text(run: Run) -> str:
    return run.text.strip()


# --- a header above, figures below -----------------------------------------------------------------------


def _upright(lines: Sequence[_Line]) -> Table | None:
    """The table whose first rows of figures stand below a header."""
    first = next((at for at, line in enumerate(lines) if _is_row(line)), None)
    if first is None:
        return None
    rows = [lines[first]]
    width = _width([run for line in lines[max(0, first - 6) : first + 1] for run in line.runs])
    header = list(_header(lines[:first], lines[first], width))
    rest: list[_Line] = []
    for line in lines[first + 1 :]:
        if any(_LABEL.search(_text(run)) or _wide(run, width) for run in line.runs):
            break
        if _is_row(line) and not rest:
            rows.append(line)
        else:
            rest.append(line)
    columns = _columns(header, [run for row in rows for run in row.runs])
    if columns is None or any(line.figures for line in rest):
        return None
    above = [_text_above(column, columns, rows[0]) for column in columns]
    tail = _tail(rest, rows, columns)
    if tail is None:
        return None
    groups = [_group(column, header) for column in columns]
    headings = ["".join(map(_text, column.heading)) for column in columns]
    cells = [
        [group or heading for group, heading in zip(groups, headings, strict=True)],
        [heading if group else "" for group, heading in zip(groups, headings, strict=True)],
        *(_cells(row, columns) for row in rows),
    ]
    cells[2] = [before + text for before, text in zip(above, cells[2], strict=True)]
    cells[-1] = [text + more for text, more in zip(cells[-1], tail, strict=True)]
    return _table([*header, *(run for row in rows for run in row.runs)], cells)


def _text_above(column: _Column, columns: Sequence[_Column], row: _Line) -> str:
    """The lines of a remark that stand above its row's figures and below every heading: no part of its heading."""
    figures = [run for run in row.runs if _FIGURE.fullmatch(_text(run))]
    if any(_meets(run, column.span) for run in figures):
        return ""
    others = [one for one in columns if any(_meets(run, one.span) for run in figures)]
    floor = max(run.box[3] for one in others for run in one.heading)
    lower = [run for run in column.heading[1:] if run.box[1] >= floor]
    for run in lower:
        column.heading.remove(run)
    return "".join(map(_text, lower))


def _is_row(line: _Line) -> bool:
    return line.figures >= LEAST_FIGURES and 2 * line.figures > len(line.runs)


def _width(runs: Sequence[Run]) -> float:
    return max(run.box[2] for run in runs) - min(run.box[0] for run in runs)


def _wide(run: Run, width: float) -> bool:
    return run.box[2] - run.box[0] > WIDE * width


def _header(above: Sequence[_Line], row: _Line, width: float) -> Iterator[Run]:
    """The runs of the header: what stands close above the figures, up to a line of header values or the title."""
    floor = row.top
    for line in reversed(above):
        size = line.bottom - line.top
        if floor - line.bottom > FAR * size or any(
            _LABEL.search(_text(run)) or _wide(run, width) for run in line.runs
        ):
            return
        yield from line.runs
        floor = line.top


def _columns(header: Sequence[Run], figures: Sequence[Run]) -> list[_Column] | None:
    """The columns from left to right; None where one has no heading or two come too close."""
    groups = {id(run) for run in header if _over_several(run, [*header, *figures])}
    leaves = [run for run in (*header, *figures) if id(run) not in groups]
    columns: list[_Column] = []
    for run in sorted(leaves, key=lambda run: run.box[0]):
        x0, top, x1, bottom = run.box
        if columns and x0 <= columns[-1].span[1]:
            columns[-1].span = (columns[-1].span[0], max(columns[-1].span[1], x1))
        elif columns and x0 - columns[-1].span[1] < LEAST_GAP * (bottom - top):
            return None
        else:
            columns.append(_Column((x0, x1)))
    for run in sorted(header, key=lambda run: run.box[3]):
        if id(run) not in groups:
            next(column for column in columns if _meets(run, column.span)).heading.append(run)
    return columns if len(columns) > 1 and all(column.heading for column in columns) else None


def _over_several(run: Run, others: Sequence[Run]) -> bool:
    """Whether a text heads several columns: below it stand texts that don't meet each other."""
    below = [
        _span(one)
        for one in others
        if one is not run and one.box[1] > (run.box[1] + run.box[3]) / 2 and _meets(one, _span(run))
    ]
    return bool(below) and min(end for _, end in below) < max(begin for begin, _ in below)


def _span(run: Run) -> Span:
    return run.box[0], run.box[2]


def _meets(run: Run, span: Span) -> bool:
    return run.box[0] <= span[1] and span[0] <= run.box[2]


def _group(column: _Column, header: Sequence[Run]) -> str:
    """What stands above the column's heading and others'."""
    top = column.heading[0].box[1]
    over = [
        run
        for run in header
        if run not in column.heading and run.box[3] <= top + 1 and _meets(run, column.span)
    ]
    return "".join(map(_text, sorted(over, key=lambda run: run.box[3])))


def _cells(row: _Line, columns: Sequence[_Column]) -> list[str]:
    return [" ".join(_text(run) for run in row.runs if _meets(run, column.span)) for column in columns]


def _tail(rest: Sequence[_Line], rows: Sequence[_Line], columns: Sequence[_Column]) -> list[str] | None:
    """What goes on below the last row (a remark of several lines); None where it stands below no column alone."""
    more = [""] * len(columns)
    floor = rows[-1].bottom
    for line in rest:
        if line.top - floor > 1.5 * (line.bottom - line.top):
            break
        for run in line.runs:
            at = [place for place, column in enumerate(columns) if _meets(run, column.span)]
            if len(at) != 1:
                return None
            more[at[0]] += _text(run)
        floor = line.bottom
    return more


# --- a row for each label --------------------------------------------------------------------------------


def _in_rows(lines: Sequence[_Line]) -> Table | None:
    """The longest run of lines of a label and a figure with a clear gap down all of them."""
    best: list[_Line] = []
    current: list[_Line] = []
    for line in lines:
        label = len(line.runs) in (1, 2) and not any(_LABEL.search(_text(run)) for run in line.runs)
        current = [*current, line] if label else []
        if sum(len(one.runs) == 2 for one in current) > sum(len(one.runs) == 2 for one in best):
            best = current
    pairs = [line for line in best if len(line.runs) == 2]
    if len(pairs) <= LEAST_FIGURES:
        return None
    edge = max(line.runs[0].box[2] for line in pairs)
    if any(line.runs[1].box[0] <= edge for line in pairs):
        return None
    cells = []
    for line in best[best.index(pairs[0]) :]:
        texts = [_text(run) for run in line.runs]
        if len(texts) == 1:
            if line.runs[0].box[0] > edge:  # a figure whose label stands on another line
                return None
            texts.append("")
        cells.append(texts)
    return _table([run for line in best for run in line.runs], cells)


def _table(runs: Sequence[Run], cells: Sequence[Sequence[str]]) -> Table:
    boxes = [run.box for run in runs]
    box = (
        min(one[0] for one in boxes),
        min(one[1] for one in boxes),
        max(one[2] for one in boxes),
        max(one[3] for one in boxes),
    )
    return Table(box, [[[text, ""] for text in row] for row in cells], [])

"""Tables without lines: read where every figure stands below one heading, whatever their widths; else not at all."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from decimal import Decimal

import make_forms as forms
import pytest

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.formats.flow import text_cell
from agent.reading.formats.pdf.document import read_pdf
from agent.reading.formats.pdf.loose import loose_tables
from agent.reading.formats.pdf.page import Char, Page, Run
from agent.reading.grid import Document, Grid
from agent.reading.paged import is_whole
from agent.reading.table.form import find_form

SIZE = 9.0


@dataclass(frozen=True)
class Drawn:
    """A table as some program might set it: for each column its place, its heading's lines, its figure."""

    runs: list[Run]
    truth: dict[str, Decimal | None]


def written(text: str, x: float, y: float) -> Run:
    """Letters side by side: ideographs as wide as they are high, figures half of that."""
    chars = []
    for letter in text:
        width = SIZE / 2 if letter.isascii() else SIZE
        chars.append(Char(letter, x, y, x + width, y + SIZE))
        x += width
    return Run(tuple(chars))


def width_of(text: str) -> float:
    return sum(SIZE / 2 if letter.isascii() else SIZE for letter in text)


def drawn(campaign: Campaign, seed: int) -> Drawn:
    """Columns of any width, headings broken anywhere, figures left, right or in the middle, some cells blank."""
    rng = random.Random(seed)
    runs, truth, x = [], {}, 40.0
    margin, align = rng.choice((1.0, 3.0, 5.4)), rng.choice(("left", "middle", "right", "any"))
    ragged = rng.random() < 0.7
    floor = 100 + 12 * 10.0
    for field in campaign.form.fields:
        heading = field.label if field.group is None else field.group + field.label
        per_line = rng.choice((2, 3, 4, 20)) if ragged else 20
        parts = [heading[at : at + per_line] for at in range(0, len(heading), per_line)]
        text = "" if rng.random() < 0.15 else str(rng.choice((rng.randint(0, 9), rng.randint(10, 99999))))
        wide = max(map(width_of, parts)) + rng.choice((0, 10, 40))
        for at, part in enumerate(reversed(parts)):
            runs.append(written(part, x + margin, floor - 14 - 12 * at))
        if field.is_figure:
            truth[field.id] = Decimal(text) if text else None
            how = rng.choice(("left", "middle", "right")) if align == "any" else align
            gap = wide - width_of(text)
            aside = {"left": 0.0, "middle": gap / 2, "right": gap}[how]
            if text:
                runs.append(written(text, x + margin + aside, floor))
        x += wide + 2 * margin
    return Drawn(runs, truth)


def grids(runs: list[Run]) -> list[Grid]:
    page = Page(1, None, tuple(runs), 0.0, 0.0, False)
    return [
        Grid(
            "第1页表1",
            tuple(
                tuple(text_cell(f"R{row}C{column}", text) for column, (text, _) in enumerate(cells, 1))
                for row, cells in enumerate(table.rows, 1)
            ),
        )
        for table in loose_tables(page, [])
    ]


def test_a_figure_is_never_read_under_another_heading(campaign: Campaign, register: Register) -> None:
    read = 0
    for seed in range(120):
        made = drawn(campaign, seed)
        found = find_form(Document(tuple(grids(made.runs))), campaign, register, dt.date(2024, 3, 5))
        if found is None or not is_whole(found, campaign):
            continue
        read += 1
        values = {name: found.form.values[name] for name in made.truth}
        assert values == made.truth, seed
    assert read >= 15, read


def test_an_invisible_layer_of_text_is_never_trusted() -> None:
    from test_pdf import PLAIN, at, drawn_pdf, two_columns

    from agent.reading.limits import Budget, Limits

    for options, pages in (("0 Tr", []), ("3 Tr", [1]), ("7 Tr", [1])):
        data = drawn_pdf(two_columns(*PLAIN, at(55, 200, "12", options)))
        document = read_pdf(data, Budget(Limits()))
        assert [page.number for page in document.pages] == pages, options


@pytest.mark.parametrize(
    ("over", "pages"),
    [
        ("1 1 1 rg 52 195 30 15 re f", [1]),  # a white box over the figure
        ("1 1 1 rg 52 225 30 15 re f 0 g", [1]),
        ("0 0 0 RG 52 195 30 15 re S", []),  # a frame around it
        ("1 1 1 rg 300 20 30 15 re f", []),  # a box elsewhere
    ],
)
def test_text_that_something_was_drawn_over_is_read_as_it_looks(over: str, pages: list[int]) -> None:
    from test_pdf import PLAIN, at, drawn_pdf, two_columns

    from agent.reading.limits import Budget, Limits

    data = drawn_pdf(two_columns(*PLAIN, at(55, 200, "12"), over))
    assert [page.number for page in read_pdf(data, Budget(Limits())).pages] == pages


def test_radicals_that_a_font_gives_for_ideographs_read_as_these() -> None:
    from agent.reading.cell.folding import ideographs

    assert ideographs("⻘年镇⼈⺠政府⽆⻅⻋") == "青年镇人民政府无见车"
    assert ideographs(forms.NARRATIVE) == forms.NARRATIVE


def heads(campaign: Campaign) -> list[Run]:
    """The form's labels side by side, 100 points each, and a figure below each: 10, 11, 12, …"""
    labels = [(one.group or "") + one.label for one in campaign.form.fields]
    top = [written(label, 40 + 120 * at, 100) for at, label in enumerate(labels)]
    figures = [written(str(10 + at), 40 + 120 * at, 114) for at in range(len(labels) - 1)]
    return [*top, *figures]


def last_cell(runs: list[Run]) -> str | None:
    found = grids(runs)
    return found[0].rows[-1][-1].text if found else None


def test_a_remark_of_several_lines_goes_on_below_the_row_and_nothing_else_does(campaign: Campaign) -> None:
    runs, x = heads(campaign), 40 + 120 * (len(campaign.form.fields) - 1)
    remark = [written("已经", x, 114), written("核对", x, 126)]
    assert last_cell([*runs, *remark]) == "已经核对"
    assert (
        last_cell([*runs, *remark, written("过了", x, 200)]) == "已经核对"
    )  # far below: no part of the table
    across = written("看不出是哪一栏的", x - 69, 126)
    assert last_cell([*runs, remark[0], across]) is None


def in_rows(campaign: Campaign, *more: Run) -> list[list[str]]:
    labels = [(one.group or "") + one.label for one in campaign.form.figures]
    runs = [written(label, 40, 100 + 14 * at) for at, label in enumerate(labels)]
    figures = [written(str(10 + at), 300, 100 + 14 * at) for at in range(len(labels)) if at != 4]
    found = grids([*runs, *figures, *more])
    return [[cell.text for cell in row] for row in found[0].rows] if found else []


def test_a_label_without_a_figure_is_blank_and_a_figure_without_a_label_leaves_no_table(
    campaign: Campaign,
) -> None:
    rows = in_rows(campaign)
    assert [figure for _, figure in rows] == [
        "" if at == 4 else str(10 + at) for at in range(len(campaign.form.figures))
    ]
    assert in_rows(campaign, written("99", 300, 100 + 14 * 4 + 7)) == []

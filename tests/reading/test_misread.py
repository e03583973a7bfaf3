"""Labels misread by a character in a picture: set right where nothing else can be meant, else no column."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.grid import Cell, Document, Grid, Merge
from agent.reading.table.form import FoundForm, find_form

UNSURE = 0.6
FIRST = 21  # the first field's figure, the next one's one more


def scanned(campaign: Campaign, labels: dict[str, str], sure: float = UNSURE) -> Grid:
    """The form with its fields' numbers as figures, some labels printed otherwise and read so surely."""
    fields = campaign.form.fields
    heads = [labels.get(one.id, f"{one.group or ''}{one.label}") for one in fields]
    figures = [str(FIRST + at) if one.is_figure else "已核对" for at, one in enumerate(fields)]
    rows = []
    for row, texts in enumerate((heads, figures), 1):
        odd = {heads.index(text) for text in labels.values()} if row == 1 else set()
        rows.append(
            tuple(
                Cell(f"R{row}C{at + 1}", "text", text, confidence=sure if at in odd else 0.999)
                for at, text in enumerate(texts)
            )
        )
    return Grid("第1页表1", tuple(rows), from_picture=True)


def read(grid: Grid, campaign: Campaign, register: Register) -> FoundForm:
    form = find_form(Document((grid,)), campaign, register, dt.date(2024, 3, 5))
    assert form is not None
    return form


@pytest.mark.parametrize(
    ("field", "printed"),
    [
        ("people_brought_to_station", "劝导进站教助\n人数（人）"),
        ("critically_ill_helped", "教助危重病人"),
        ("moving_stories", "人事迹（个）"),
        ("leaflets_distributed", "发放寞传资料(份"),
        ("minors_helped", "救助未成年人（入）"),
        ("media_reports", "媒体宣传（次1"),
        ("supplies_prepared", "准备物资万元)"),
        ("supplies_distributed", "发放物货（万元）"),
    ],
)
def test_a_label_misread_by_a_character_is_the_one_that_stands_there(
    field: str, printed: str, campaign: Campaign, register: Register
) -> None:
    form = read(scanned(campaign, {field: printed}), campaign, register)
    at = [one.id for one in campaign.form.fields].index(field)
    assert form.form.values[field] == FIRST + at
    assert [one.field for one in form.findings if one.severity == "error"] == []
    assert form.form.needs_confirmation


@pytest.mark.parametrize(
    ("field", "printed"),
    [
        ("supplies_distributed", "发放物货（元）"),  # another scale may be printed
        ("supplies_distributed", "发放物货"),
        ("supplies_prepared", "准备物资元)"),
        ("supplies_distributed", "准放物资（万元）"),  # two labels are as near
        ("critically_ill_helped", "救助老年病人（人）"),
        ("minors_helped", "救助未成年人（户户）"),
    ],
)
def test_a_label_that_may_be_another_is_none(
    field: str, printed: str, campaign: Campaign, register: Register
) -> None:
    form = read(scanned(campaign, {field: printed}), campaign, register)
    assert form.form.values[field] is None
    assert field in {one.field for one in form.findings if one.severity == "error"}


def test_a_groups_label_misread_by_a_character_is_the_one_that_stands_there(
    campaign: Campaign, register: Register
) -> None:
    """巡查次数 over 总计 and 联合巡查: without it 总计 would name no field."""
    table = scanned(campaign, {})
    heads, figures = table.rows
    group = Cell("R1C1", "text", "巡查次效", confidence=UNSURE)
    above = (group, Cell("R1C2"), *heads[2:])
    below = (
        Cell("R2C1", "text", "总计"),
        Cell("R2C2", "text", "联合巡查"),
        *(Cell(f"R2C{at}") for at in range(3, len(heads) + 1)),
    )
    rows = (above, below, tuple(replace(cell, address=cell.address.replace("R2", "R3")) for cell in figures))
    merges = (Merge(0, 0, 0, 1), *(Merge(0, at, 1, at) for at in range(2, len(heads))))
    form = read(replace(table, rows=rows, merges=merges), campaign, register)
    assert (form.form.values["patrols"], form.form.values["joint_patrols"]) == (FIRST, FIRST + 1)


def test_what_was_read_surely_is_another_label(campaign: Campaign, register: Register) -> None:
    grid = scanned(campaign, {"critically_ill_helped": "救助危难病人（人）"}, sure=0.99)
    assert read(grid, campaign, register).form.values["critically_ill_helped"] is None


def test_a_label_out_of_its_place_isnt_set_right(campaign: Campaign, register: Register) -> None:
    grid = scanned(campaign, {"media_reports": "媒体室传（次）"})
    rows = (row[7:] + row[:5] + row[6:7] + row[5:6] for row in grid.rows)
    moved = replace(grid, rows=tuple((*row,) for row in rows))
    assert read(moved, campaign, register).form.values["media_reports"] == FIRST + 7  # beside 感人事迹 still
    apart = replace(grid, rows=tuple(row[7:8] + row[:7] + row[8:] for row in grid.rows))
    assert read(apart, campaign, register).form.values["media_reports"] is None


def test_a_label_that_is_there_already_isnt_made_again(campaign: Campaign, register: Register) -> None:
    grid = scanned(campaign, {"moving_stories": "媒体室传（次）"})
    form = read(grid, campaign, register)
    assert form.form.values["media_reports"] == FIRST + 7
    assert form.form.values["moving_stories"] is None


def test_what_isnt_from_a_picture_stays_as_it_is_written(campaign: Campaign, register: Register) -> None:
    grid = replace(scanned(campaign, {"media_reports": "媒体室传（次）"}), from_picture=False)
    assert read(grid, campaign, register).form.values["media_reports"] is None


@pytest.mark.parametrize(("kind", "sure"), [("text", 0.8), ("unread", 0.5)])
def test_remarks_that_arent_clear_are_asked_for_and_keep_no_figure_out(
    kind: str, sure: float, campaign: Campaign, register: Register
) -> None:
    grid = scanned(campaign, {})
    unclear = replace(grid.rows[1][-1], kind=kind, text="3核对", confidence=sure)
    form = read(replace(grid, rows=(grid.rows[0], (*grid.rows[1][:-1], unclear))), campaign, register)
    assert form.form.values["remarks"] is None
    assert [form.form.values[one.id] for one in campaign.form.figures] == list(range(FIRST, FIRST + 13))
    (finding,) = [one for one in form.findings if one.field == "remarks"]
    assert (finding.severity, finding.rule) == ("warning", "unreadable")
    assert "像是“3核对”" in finding.text

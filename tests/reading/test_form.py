"""The form in a document's tables: cases as data, and what never changes a reading."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import Register, load_register
from agent.reading.grid import Cell, Document, Grid, Merge
from agent.reading.table.form import FoundForm, combine, find_form, find_forms_by_unit

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CAMPAIGN = load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")
REGISTER = load_register(ROOT / "agent/demo/campaign/units.yaml")
DATA = yaml.load((HERE / "forms.yaml").read_text("utf-8"), yaml.CSafeLoader)
NEAR = dt.date(2024, 3, 2)
FIGURES = [field.id for field in CAMPAIGN.form.figures]


def grid_of(text: str, name: str = "Sheet1", before: Sequence[str] = (), after: Sequence[str] = ()) -> Grid:
    """The grid that a case draws."""
    drawn = [_expand(line).split("|") for line in text.splitlines()]
    rows = [[written.strip(" ").replace("\\n", "\n") for written in row] for row in drawn]
    cells = tuple(
        tuple(_cell(at, column, written) for column, written in enumerate(row)) for at, row in enumerate(rows)
    )
    return Grid(name, cells, tuple(_merges(rows)), lines_before=tuple(before), lines_after=tuple(after))


def _expand(line: str) -> str:
    for macro, text in DATA["macros"].items():
        line = re.sub(rf"{macro}(?![a-z])", text, line)
    return line


def _cell(row: int, column: int, written: str) -> Cell:
    address = f"{chr(65 + column)}{row + 1}"
    written, _, withheld = written.partition("(w)")
    hidden, struck = written.startswith("(h)"), written.startswith("(s)")
    written = written[3:] if hidden or struck else written
    if written in ("", "<", "^"):
        return Cell(address, hidden=hidden, withheld=withheld)
    if written.startswith("="):
        return Cell(address, "number", written[1:], Decimal(written[1:]), hidden=hidden, struck=struck)
    return Cell(address, "text", written, hidden=hidden, struck=struck, withheld=withheld)


def _merges(rows: list[list[str]]) -> list[Merge]:
    merges = []
    for at, row in enumerate(rows):
        for column, written in enumerate(row):
            if written in ("<", "^"):
                continue
            right, bottom = column, at
            while right + 1 < len(row) and row[right + 1] == "<":
                right += 1
            while (
                bottom + 1 < len(rows) and column < len(rows[bottom + 1]) and rows[bottom + 1][column] == "^"
            ):
                bottom += 1
            if (right, bottom) != (column, at):
                merges.append(Merge(at, column, bottom, right))
    return merges


def read(*grids: Grid, campaign: Campaign = CAMPAIGN, register: Register = REGISTER) -> FoundForm | None:
    return find_form(Document(grids), campaign, register, NEAR)


def found(*grids: Grid) -> FoundForm:
    form = read(*grids)
    assert form is not None
    return form


def told(form: FoundForm) -> list[str]:
    return [f"{one.severity} {one.rule} {one.field or 'null'}" for one in form.findings]


def document_of(case: dict[str, Any]) -> list[Grid]:
    before, after = case.get("before", DATA["before"]), case.get("after", [])
    drawn = case.get("grids") or [case["grid"]]
    return [grid_of(text, f"Sheet{at}", before, after) for at, text in enumerate(drawn, 1)]


@pytest.mark.parametrize("case", DATA["cases"], ids=[case["name"] for case in DATA["cases"]])
def test_a_form_is_found_and_read(case: dict[str, Any]) -> None:
    form = read(*document_of(case))
    if case.get("none"):
        assert form is None
        return
    assert form is not None
    assert told(form) == case.get("told", [])
    expected = {**DATA["sums" if case.get("sums") else "figures"], **case.get("figures", {})}
    for name, value in expected.items():
        wanted = None if name in case.get("no_value", []) else value if name == "remarks" else Decimal(value)
        assert (name, form.form.values[name]) == (name, wanted)
    header = {**DATA["header"], **case.get("header", {})}
    assert {name: getattr(form.form, name) for name in header} == header
    assert form.form.needs_confirmation == case.get("confirm", False)
    for name, source in case.get("source", {}).items():
        assert form.form.sources[name] == source


@pytest.mark.parametrize(
    "case", [case for case in DATA["cases"] if not case.get("none")], ids=lambda case: case["name"]
)
def test_a_value_is_null_exactly_where_an_error_names_its_field(case: dict[str, Any]) -> None:
    form = found(*document_of(case))
    errors = {one.field for one in form.findings if one.severity == "error"}
    assert {name for name in FIGURES if form.form.values[name] is None} == errors & set(FIGURES)
    assert list(form.form.values) == [field.id for field in CAMPAIGN.form.fields]


# --- Word's grids ------------------------------------------------------------------------------------------


def word(rows: list[list[tuple[str, int]]], merges: Sequence[Merge] = ()) -> Grid:
    """A Word table: each row's cells with the number of grid columns that they span."""
    cells, columns = [], []
    for at, row in enumerate(rows):
        spans, begin = [], 0
        for _, span in row:
            spans.append((begin, begin + span))
            begin += span
        columns.append(tuple(spans))
        cells.append(
            tuple(
                Cell(f"R{at + 1}C{ordinal}", "text" if written else "empty", written)
                for ordinal, (written, _) in enumerate(row, 1)
            )
        )
    return Grid("表1", tuple(cells), tuple(merges), tuple(columns), tuple(DATA["before"]))


HEADINGS = _expand("@s").split(" | ")
VALUES = [str(value) for value in DATA["figures"].values()]


def test_a_word_grid_with_a_column_too_many_reads_by_ordinal() -> None:
    heads = [(heading, 2 if at == 5 else 1) for at, heading in enumerate(HEADINGS)]
    figures = [(value, 2 if at == 4 else 1) for at, value in enumerate(VALUES)]
    form = found(word([heads, figures]))
    assert told(form) == []
    assert [str(value) for value in form.form.values.values()] == VALUES
    assert form.form.sources["supplies_distributed"] == "表1!R2C6"


def test_a_word_header_of_two_levels_reads() -> None:
    top = [("巡查次数（次）", 2), *((heading, 1) for heading in HEADINGS[2:])]
    below = [("总计", 1), ("联合巡查", 1), *(("", 1) for _ in HEADINGS[2:])]
    merges = [Merge(0, 0, 0, 1), *(Merge(0, at, 1, at) for at in range(2, 14))]
    for given_merges in (merges, merges[:1], ()):
        form = found(word([top, below, [(value, 1) for value in VALUES]], given_merges))
        assert told(form) == []
        assert [str(value) for value in form.form.values.values()] == VALUES


def test_ordinals_and_spans_that_contradict_are_errors() -> None:
    # As many cells as headings, but one is merged over two columns and another is split.
    figures = [(VALUES[0], 2), *((value, 1) for value in VALUES[1:])]
    heads = [
        *((heading, 1) for heading in HEADINGS),
    ]
    form = found(word([heads, figures]))
    unsure = {one.field for one in form.findings if one.severity == "error"}
    assert {"patrols", "joint_patrols", "staff_deployed"} <= unsure
    assert all(form.form.values[name] is None for name in unsure if name)


def test_as_many_cells_as_headings_that_stand_elsewhere_are_errors() -> None:
    heads = [*((heading, 1) for heading in HEADINGS[:-1]), (HEADINGS[-1], 2)]
    figures = [(VALUES[0], 2), *((value, 1) for value in VALUES[1:])]
    form = found(word([heads, figures]))
    assert told(form) == [f"error not_a_number {name}" for name in FIGURES]
    assert not any(form.form.values[name] for name in FIGURES)


def test_a_word_cell_merged_over_two_fields_is_an_error_for_both_and_shifts_nothing() -> None:
    figures = [("12", 2), *((value, 1) for value in VALUES[2:])]
    form = found(word([[(heading, 1) for heading in HEADINGS], figures]))
    assert told(form) == ["error not_a_number patrols", "error not_a_number joint_patrols"]
    assert [str(form.form.values[name]) for name in FIGURES[2:]] == VALUES[2:-1]


def test_a_word_row_that_lacks_a_cell_never_shifts_the_others_in_silence() -> None:
    figures = [(value, 1) for at, value in enumerate(VALUES) if at != 3]
    form = found(word([[(heading, 1) for heading in HEADINGS], figures]))
    # The cells stand where they stand: whoever deleted one moved the rest, so the last column is empty.
    assert "error not_a_number minors_helped" in told(form) or "error blank minors_helped" in told(form)


# --- what never changes a reading --------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    blanks=st.lists(st.integers(0, 3), max_size=3),
    brackets=st.sampled_from(["（）", "()", "〔〕", "【】"]),
)
def test_order_of_columns_blank_rows_and_brackets_never_change_a_reading(
    seed: int, blanks: list[int], brackets: str
) -> None:
    labels = [
        f"{field.group or ''}{field.label}{brackets[0]}{field.measure}{brackets[1]}"
        for field in CAMPAIGN.form.figures
    ]
    labels.append("备注")
    order = list(range(len(labels)))
    random.Random(seed).shuffle(order)
    rows: list[list[str]] = [[labels[at] for at in order], [VALUES[at] for at in order]]
    for at in sorted(blanks, reverse=True):
        rows.insert(min(at, len(rows)), [""] * (at + 1)) if at != 1 else rows.append([])
    cells = tuple(
        tuple(_cell(at, column, text) for column, text in enumerate(row)) for at, row in enumerate(rows)
    )
    form = found(Grid("Sheet1", cells, lines_before=tuple(DATA["before"])))
    assert told(form) == []
    assert [str(value) for value in form.form.values.values()] == VALUES


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 10**6), min_size=13, max_size=13),
    rows=st.integers(2, 5),
    total=st.booleans(),
)
def test_rows_add_up_to_what_they_add_up_to(numbers: list[int], rows: int, total: bool) -> None:
    drawn = [["村", *HEADINGS], *([f"第{at}村", *map(str, numbers), ""] for at in range(rows))]
    if total:
        drawn.append(["合计", *(str(number * rows) for number in numbers), ""])
    cells = tuple(
        tuple(_cell(at, column, text) for column, text in enumerate(row)) for at, row in enumerate(drawn)
    )
    form = found(Grid("Sheet1", cells, lines_before=tuple(DATA["before"])))
    if [*numbers] != list(range(numbers[0], numbers[0] + 13)):
        assert [form.form.values[name] for name in FIGURES] == [number * rows for number in numbers]
        assert form.form.needs_confirmation is not total


TEXTS = st.sampled_from(
    [
        *HEADINGS,
        "总计",
        "合计",
        "小计",
        "巡查次数（次）",
        "单位",
        "单位：青年镇",
        "填报人：",
        "注：",
        "元",
        "12",
        "约20",
        "青年镇",
        "万东镇",
        "栏次",
        "1",
        "2",
        "3",
        "",
        "",
    ]
)
ANY_CELL = st.builds(
    lambda text, kind, hidden: Cell(
        "A1", kind if text else "empty", text, Decimal(7) if kind == "number" else None, hidden=hidden
    ),
    TEXTS | st.text(max_size=6),
    st.sampled_from(["text", "text", "text", "number", "error", "boolean", "no_result"]),
    st.sampled_from([False, False, False, True]),
)
ANY_MERGE = st.builds(
    lambda top, left, down, across: Merge(top, left, top + down, left + across),
    *[st.integers(0, 6)] * 2,
    *[st.integers(0, 3)] * 2,
)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.lists(ANY_CELL, max_size=10).map(tuple), max_size=8).map(tuple),
    merges=st.lists(ANY_MERGE, max_size=4).map(tuple),
    spans=st.booleans(),
    lines=st.lists(TEXTS | st.text(max_size=20), max_size=3).map(tuple),
)
def test_any_grid_reads_without_raising_and_each_null_has_its_error(
    rows: tuple[tuple[Cell, ...], ...], merges: tuple[Merge, ...], spans: bool, lines: tuple[str, ...]
) -> None:
    header = tuple(_cell(0, column, text) for column, text in enumerate(HEADINGS))
    columns = (
        tuple(tuple((at, at + 1 + at % 2) for at in range(len(row))) for row in (header, *rows))
        if spans
        else ()
    )
    for grid in (
        Grid("Sheet1", rows, merges, (), lines),
        Grid("Sheet1", (header, *rows), merges, columns, lines, lines),
    ):
        form = read(grid)
        if form is not None:
            errors = {one.field for one in form.findings if one.severity == "error"}
            assert {name for name in FIGURES if form.form.values[name] is None} <= errors


# --- several forms -------------------------------------------------------------------------------------------


def filled(*lines: str, **changes: Any) -> FoundForm:
    grid = replace(grid_of("\n".join(lines or ("@s", "@v")), before=DATA["before"]), **changes)
    return found(grid)


def test_forms_of_several_files_count_once_where_they_are_equal() -> None:
    form = combine([filled(), filled("@1", "@2", "@v")], CAMPAIGN)
    assert form == filled()


def test_a_blank_form_never_displaces_a_filled_one_whichever_comes_first() -> None:
    blank, full = filled("@s", "@e"), filled()
    assert combine([blank, full], CAMPAIGN) == combine([full, blank], CAMPAIGN) == full
    assert combine([blank, blank], CAMPAIGN) == blank


def test_a_scan_equal_to_a_file_needs_no_confirmation_and_one_that_differs_does() -> None:
    scan = filled(from_picture=True)
    assert scan.form.needs_confirmation
    assert "note from_picture null" in told(scan)
    assert combine([scan, filled()], CAMPAIGN) == filled()
    other = filled("@s", "@w", from_picture=True)
    assert combine([filled(), other], CAMPAIGN).form.needs_confirmation


def test_a_column_that_only_the_scan_has_makes_the_whole_wait_for_a_person() -> None:
    lines = [_expand(line).split("|", 1)[1] for line in ("@s", "@v")]
    lacking, scan = filled(*lines), filled(from_picture=True)
    assert "error no_column patrols" in told(lacking)
    form = combine([lacking, scan], CAMPAIGN)
    assert form.form.values["patrols"] == 12
    assert form.form.needs_confirmation
    assert told(form) == ["note from_picture null"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["@v", "@w", "@e"]), st.integers(0, 3), st.booleans()),
        min_size=2,
        max_size=3,
    )
)
def test_a_figure_of_several_forms_is_one_that_a_certain_form_has_or_waits_for_a_person(
    drawn: list[tuple[str, int, bool]],
) -> None:
    forms = []
    for row, lacks, scan in drawn:
        lines = [_expand(line).split("|", lacks)[lacks] for line in ("@s", row)]
        forms.append(filled(*lines, from_picture=scan))
    result = combine(forms, CAMPAIGN).form
    certain = [one.form.values for one in forms if not one.form.needs_confirmation]
    for name in FIGURES:
        value = result.values[name]
        assert value is None or result.needs_confirmation or any(one[name] == value for one in certain)


def test_two_forms_of_two_units_have_no_unit() -> None:
    other = filled(
        lines_before=("单位：万东镇 填报时间：2024年3月1日", "填报人：张三 联系电话：000-00000000")
    )
    form = combine([filled(), other], CAMPAIGN)
    assert form.form.unit is None
    assert told(form) == ["error two_forms unit"]


def test_header_values_missing_in_one_form_come_from_its_equal() -> None:
    bare = filled(lines_before=("单位：青年镇",))
    form = combine([bare, filled()], CAMPAIGN)
    assert (form.form.unit, form.form.reporter, form.form.phone) == ("青年镇人民政府", "张三", "000-00000000")
    assert told(form) == []


def test_a_hidden_sheet_is_no_form_and_a_filled_one_there_is_told() -> None:
    hidden = replace(grid_of("@s\n@v", "Sheet2"), hidden=True)
    shown = grid_of("@s\n@e", before=DATA["before"])
    assert told(found(shown, hidden))[-1] == "warning hidden null"
    assert set(told(found(hidden))) == {*(f"error blank {name}" for name in FIGURES), "warning hidden null"}
    assert all(found(hidden).form.values[name] is None for name in FIGURES)


# --- several units in one table ----------------------------------------------------------------------------


def test_a_table_of_several_units_reads_by_unit_for_the_contact_only() -> None:
    grid = grid_of(
        "单位 | @s\n青年镇 | @v\n万东镇人民政府 | @w\n合计 | @sum", before=["填报时间：2024年3月1日"]
    )
    forms = find_forms_by_unit(Document((grid,)), CAMPAIGN, REGISTER, NEAR)
    assert {unit: (form.form.unit, form.form.values["patrols"]) for unit, form in forms.items()} == {
        "qingnian": ("青年镇", Decimal(12)),
        "wandong": ("万东镇", Decimal(3)),
    }
    assert not any(form.form.needs_confirmation for form in forms.values())
    assert forms["wandong"].form.sources["patrols"] == "Sheet1!B3"
    assert {one.rule for one in found(grid).findings if one.severity == "error"} == {"other_unit"}


def test_a_row_of_nobody_in_a_table_of_several_units_is_an_error_for_all() -> None:
    grid = grid_of("单位 | @s\n青年镇 | @v\n万东镇 | @w\n某地 | @w")
    forms = find_forms_by_unit(Document((grid,)), CAMPAIGN, REGISTER, NEAR)
    assert all("error other_unit null" in told(form) for form in forms.values())


def test_one_units_form_is_no_table_of_several_units() -> None:
    assert (
        find_forms_by_unit(Document((grid_of("@s\n@v", before=DATA["before"]),)), CAMPAIGN, REGISTER, NEAR)
        == {}
    )


def test_a_column_with_many_wrong_rows_tells_the_first_ones_and_how_many_more() -> None:
    """25 villages without a figure where the total stands."""
    row = DATA["macros"]["@w"].replace("=3", "约3", 1)
    total = " | ".join(["合计", *["=0"] * 13, ""])
    form = found(
        grid_of("\n".join([f"村 | {_expand('@s')}", *[f"{at}村 | {row}" for at in range(25)], total]))
    )
    patrols = [one for one in form.findings if one.field == "patrols" and one.rule == "not_exact"]
    assert len(patrols) == 20 and patrols[-1].text.endswith("（这一栏还有 5 行有问题）")
    assert form.form.values["patrols"] is None


def test_a_total_that_nobody_marked_is_pointed_out() -> None:
    form = filled("村 | @s", "板辽村 | @v", "更古村 | @w", "全镇 | @sum")
    assert told(form) == ["warning sum_unmarked null"]
    assert "“全镇”一行恰为其余各行之和" in form.findings[0].text
    assert form.form.needs_confirmation


# --- another campaign ----------------------------------------------------------------------------------------


def test_a_campaign_with_other_fields_needs_no_code() -> None:
    rules = {
        "id": "flood", "title": "防汛", "start": "2024-06-01", "deadline": "2024-07-01",
        "measures": {"处": {}, "千克": {"scales": {"克": "0.001"}}},
        "form": {
            "title": "防汛统计表",
            "header": [{"id": "who", "label": "报送单位", "type": "unit"}],
            "fields": [
                {"id": "spots", "label": "排查点位", "measure": "处", "type": "count"},
                {"id": "sand", "label": "储备沙石", "measure": "千克", "type": "amount"},
            ],
        },
        "deliverables": {"form": {"label": "统计表"}},
    }  # fmt: skip
    campaign = Campaign.model_validate(rules)
    grid = grid_of("排查点位（处） | 储备沙石\n3处 | 500克", before=["报送单位：青年镇"])
    form = read(grid, campaign=campaign)
    assert form is not None
    assert form.form.values == {"spots": Decimal(3), "sand": Decimal("0.5")}
    assert form.form.unit == "青年镇"
    assert told(form) == ["note normalised sand"]

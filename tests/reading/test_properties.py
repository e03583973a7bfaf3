"""What must hold of any form in any format: numbers read back, strings never raise, the layout changes nothing."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from typing import Any

import make_forms as forms
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.campaign.rules import Campaign, FormField
from agent.reading.cell import numerals
from agent.reading.reading import FileReading

Read = Callable[..., FileReading]
Rows = Sequence[Sequence[Any]]
RELAXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def xlsx(rows: Rows) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in forms.ABOVE:
        sheet.append([line])
    for at, row in enumerate(rows, len(forms.ABOVE) + 1):
        for column, value in enumerate(row, 1):
            sheet.cell(at, column, value)
            if isinstance(value, str):
                sheet.cell(at, column).data_type = "s"  # or = would be a formula
    return forms.saved(book)


def docx(rows: Rows) -> bytes:
    import docx

    document = docx.Document()
    for line in forms.ABOVE:
        document.add_paragraph(line)
    table = document.add_table(len(rows), max(map(len, rows)))
    for row, cells in zip(rows, table.rows, strict=True):
        for value, cell in zip(row, cells.cells, strict=False):
            cell.text = _text(value)
    return forms.saved(document)


def html(rows: Rows) -> bytes:
    lines = "".join(f"<p>{line}</p>" for line in forms.ABOVE)
    cells = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row) + "</tr>" for row in rows
    )
    return f"<html><meta charset=utf-8><body>{lines}<table border=1>{cells}</table>".encode()


def comma(rows: Rows) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(
        [*([line] for line in forms.ABOVE), *([_text(one) for one in row] for row in rows)]
    )
    return out.getvalue().encode("utf-8-sig")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else format(Decimal(repr(value)), "f")


FORMATS = {"xlsx": xlsx, "docx": docx, "html": html, "csv": comma}
EXAMPLES = {"xlsx": 10, "docx": 6, "html": 25, "csv": 25}


def labels(campaign: Campaign, brackets: str = "（）") -> list[str]:
    return [
        f"{one.group or ''}{one.label}{brackets[0]}{one.measure}{brackets[1]}"
        for one in campaign.form.figures
    ]


# --- a number ----------------------------------------------------------------------------------------------

WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


def writings(number: Decimal, field: FormField) -> list[Any]:
    """Every permitted way to write a number in a field."""
    plain, grouped = f"{number:f}", f"{number:,f}"
    ways: list[Any] = [plain, plain.translate(WIDE), grouped, grouped.translate(WIDE), grouped.replace(",", " "),
                       f" {plain} ", f"{plain}{field.measure}", f"{grouped} {field.measure}", float(number)]  # fmt: skip
    if field.type == "count":
        ways += [f"{plain}.0", numerals.compose(int(number)), int(number)]
        if number % 10_000 == 0 and number:
            ways.append(f"{number / 10_000:f}万")
    elif field.measure == "万元":
        ways += [f"{number * 10_000:f}元", f"{number * 10_000:,f} 元", f"{number:f}万"]
    return ways


@pytest.mark.parametrize("suffix", FORMATS)
def test_any_number_reads_back_as_itself_however_it_is_written(
    suffix: str, read: Read, campaign: Campaign
) -> None:
    figures = campaign.form.figures
    numbers = st.tuples(
        *(
            st.integers(0, 10**8).map(Decimal) if one.type == "count" else st.decimals(0, 10**5, places=4)
            for one in figures
        )
    )

    @settings(max_examples=EXAMPLES[suffix], deadline=None, suppress_health_check=RELAXED)
    @given(numbers=numbers, choice=st.randoms(use_true_random=False))
    def holds(numbers: tuple[Decimal, ...], choice: random.Random) -> None:
        written = [choice.choice(writings(one, field)) for one, field in zip(numbers, figures, strict=True)]
        reading = read(f"a.{suffix}", FORMATS[suffix]([labels(campaign), written]))
        assert reading.form is not None
        values = [reading.form.values[field.id] for field in figures]
        assert values == list(numbers), written

    holds()


# --- a string ----------------------------------------------------------------------------------------------

SAYING = "0123456789０１２．,，。.、 /-—~%万千百十亿零〇一二两三五壹拾次人名位份个元约余多近左右无没有年月日#!REF=合计小总村"
SENDABLE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=20) | st.text(
    SAYING, max_size=10
)


@pytest.mark.parametrize("suffix", FORMATS)
def test_any_string_reads_to_a_value_or_to_an_error_that_names_its_field(
    suffix: str, read: Read, campaign: Campaign
) -> None:
    figures = campaign.form.figures

    @settings(max_examples=2 * EXAMPLES[suffix], deadline=None, suppress_health_check=RELAXED)
    @given(texts=st.lists(SENDABLE, min_size=len(figures), max_size=len(figures)))
    def holds(texts: list[str]) -> None:
        reading = read(f"a.{suffix}", FORMATS[suffix]([labels(campaign), texts]))
        if reading.form is None:  # a row without any figure may be a sentence, and the form a blank one
            return
        errors = {one.field for one in reading.findings if one.severity == "error"}
        told = {one.field for one in reading.findings}
        for text, field in zip(texts, figures, strict=True):
            value = reading.form.values[field.id]
            assert (value is None) <= (field.id in errors), text
            if isinstance(value, Decimal):
                assert value.is_finite() and value >= 0
                digits = "".join(one for one in text if one.isascii() and one.isdigit())
                assert field.id in told or digits or any(one.isdigit() for one in text), text

    holds()


# --- the layout --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_order_blank_rows_and_brackets_never_change_a_reading(
    suffix: str, read: Read, campaign: Campaign
) -> None:
    figures = [str(number) for number in range(40, 40 + len(campaign.form.figures))]
    figures[1] = "7"  # no more joint patrols than patrols
    plain = read(f"a.{suffix}", FORMATS[suffix]([labels(campaign), figures]))
    assert plain.form is not None

    @settings(max_examples=EXAMPLES[suffix], deadline=None, suppress_health_check=RELAXED)
    @given(
        order=st.permutations(range(len(figures))),
        above=st.integers(0, 3),
        between=st.integers(0, 3),
        below=st.integers(0, 3),
        brackets=st.sampled_from(["（）", "()", "〔〕", "【】"]),
    )
    def holds(order: list[int], above: int, between: int, below: int, brackets: str) -> None:
        blank, heads = [[""] * len(figures)], labels(campaign, brackets)
        rows = [
            *blank * above, [heads[at] for at in order], *blank * between, [figures[at] for at in order],
            *blank * below,
        ]  # fmt: skip
        reading = read(f"a.{suffix}", FORMATS[suffix](rows))
        assert reading.form is not None and plain.form is not None
        assert reading.form.values == plain.form.values
        assert [one.rule for one in reading.findings] == [one.rule for one in plain.findings]

    holds()

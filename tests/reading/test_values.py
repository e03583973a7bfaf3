"""What a cell means: every row of the table of values, and what must hold for whatever a cell holds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.campaign.rules import load_campaign
from agent.reading.cell import numerals
from agent.reading.cell.values import Reading, read_date, read_figure, read_phone, read_text
from agent.reading.grid import Cell, CellKind

HERE = Path(__file__).parent
CAMPAIGN = load_campaign(HERE.parent.parent / "agent/demo/campaign/winter-warmth.yaml")
GROUPS = yaml.load((HERE / "values.yaml").read_text("utf-8"), yaml.CSafeLoader)
CASES = [
    pytest.param(case, id=f"{group}-{case['cell']}") for group, cases in GROUPS.items() for case in cases
]
KINDS: tuple[CellKind, ...] = ("empty", "text", "number", "date", "boolean", "error", "no_result")


def cell_of(written: str | dict[str, Any]) -> Cell:
    """The cell that a case describes."""
    if isinstance(written, str):
        return Cell("B6", "text", written)
    flags = {name: written.get(name, False) for name in ("hidden", "struck")}
    if "number" in written:
        number = Decimal(written["number"])
        return Cell("B6", "number", str(number), number, None, written.get("format", "General"), **flags)
    if "text" in written:
        return Cell("B6", "text", written["text"], number_format=written.get("format", "@"), **flags)
    return Cell(
        "B6",
        written["kind"],
        written.get("shown", ""),
        date=written.get("date"),
        number_format=written.get("format", "General"),
    )


def figure(written: str | Cell, field: str = "patrols") -> Reading:
    cell = Cell("B6", "text", written) if isinstance(written, str) else written
    return read_figure(cell, CAMPAIGN.form.field(field), CAMPAIGN)


@pytest.mark.parametrize("case", CASES)
def test_a_cell_reads_as_the_table_of_values_says(case: dict[str, Any]) -> None:
    field = CAMPAIGN.form.field(case["field"])
    reading = read_figure(cell_of(case["cell"]), field, CAMPAIGN, case.get("label_measure"))
    expected = None if case["value"] is None else Decimal(case["value"])
    assert reading.value == expected
    assert [[one.severity, one.rule] for one in reading.findings] == (
        [case["told"]] if "told" in case else []
    )
    if "told" in case:
        finding = reading.findings[0]
        assert finding.field == case["field"]
        assert f"“{field.full_label}”" in finding.text
        assert case.get("says", "") in finding.text


def test_every_row_of_the_table_of_values_has_cases_with_each_outcome() -> None:
    told = {tuple(case.get("told", ())) for cases in GROUPS.values() for case in cases}
    errors = ("blank", "not_exact", "negative", "not_whole", "wrong_measure", "no_result", "not_a_number")
    assert told == {
        (),
        ("note", "normalised"),
        ("warning", "displayed_otherwise"),
        *(("error", one) for one in errors),
    }


def test_a_reading_is_written_without_exponent_trailing_zeros_or_minus_zero() -> None:
    for written, shown in [("12.0", "12"), ("100", "100"), ("1,000,000", "1000000"), ("0.0", "0")]:
        assert str(figure(written).value) == shown
    assert str(figure("1.50", "supplies_prepared").value) == "1.5"
    assert str(figure(Cell("A1", "number", "-0", Decimal("-0"))).value) == "0"


def test_a_long_text_is_quoted_in_short_and_on_one_line() -> None:
    finding = figure("今年以来\n我镇" + "认真开展巡查" * 100).findings[0]
    assert "今年以来 我镇" in finding.text
    assert len(finding.text) < 120
    assert "\n" not in finding.text


def test_a_finding_keeps_what_was_written_untouched() -> None:
    assert figure(" 约20 ").findings[0].written == " 约20 "


# --- whatever a cell holds ---------------------------------------------------------------------------------

FIGURES = [field.id for field in CAMPAIGN.form.figures]
WRITABLE = "0123456789０１２．,，。.、 　/-—－~%万千百十亿零〇一二两三五壹拾佰次人名位份个元约余多近左右无没有①²½\n\t年月日#!REF"
FORMATS = [
    "General",
    "0",
    "0.00",
    '0"元"',
    "0%",
    "#,##0",
    "0!.0,",
    "yyyy-mm-dd",
    "@",
    ";;;",
    '[>1]0"次";General',
    '"',
    "[",
    "\\",
]
CELLS = st.builds(
    Cell,
    address=st.just("B6"),
    kind=st.sampled_from(KINDS),
    text=st.one_of(st.text(max_size=30), st.text(alphabet=WRITABLE, max_size=12)),
    number=st.none() | st.decimals(),
    date=st.none() | st.dates(),
    number_format=st.sampled_from(FORMATS) | st.text(max_size=12),
    hidden=st.booleans(),
    struck=st.booleans(),
    withheld=st.just("") | st.text(max_size=5),
)


@settings(max_examples=600, deadline=None)
@given(
    cell=CELLS,
    field=st.sampled_from(FIGURES),
    stated=st.none() | st.sampled_from(["元", "次", "斤", "万份", ""]),
)
def test_any_cell_gives_a_value_or_an_error_that_names_its_field(
    cell: Cell, field: str, stated: str | None
) -> None:
    reading = read_figure(cell, CAMPAIGN.form.field(field), CAMPAIGN, stated)
    errors = [one for one in reading.findings if one.severity == "error"]
    assert (reading.value is None) == bool(errors)
    assert all(one.field == field for one in reading.findings)
    if reading.value is not None:
        assert isinstance(reading.value, Decimal)
        assert reading.value.is_finite() and reading.value >= 0
        if CAMPAIGN.form.field(field).type == "count":
            assert reading.value == reading.value.to_integral_value()


@settings(max_examples=400, deadline=None)
@given(text=st.text(alphabet=WRITABLE, max_size=10), field=st.sampled_from(FIGURES))
@example(text="3 0 0", field="patrols")
def test_a_text_that_reads_without_a_note_shows_just_its_own_digits(text: str, field: str) -> None:
    reading = figure(text, field)
    if reading.value is not None and not reading.findings:
        digits = "".join(one for one in text.translate(WIDE) if one in "0123456789.")
        assert Decimal(digits) == reading.value


WIDE = str.maketrans("０１２３４５６７８９．", "0123456789.")


@given(number=st.integers(0, 10**9))
def test_a_whole_number_reads_back_in_each_permitted_writing(number: int) -> None:
    own = CAMPAIGN.form.field("patrols").measure
    plain = str(number)
    narrow = "0123456789"
    full_width = plain.translate(str.maketrans(narrow, "０１２３４５６７８９"))
    spaced, comma = f"{number:,}".replace(",", " "), f"{number:,}"
    for written in (
        plain,
        f"{plain}.0",
        full_width,
        comma,
        comma.replace(",", "，"),
        spaced,
        f" {plain} ",
        f"{plain}{own}",
    ):
        assert figure(written).value == number
    assert figure(Cell("B6", "number", plain, Decimal(number))).value == number
    assert figure(f"{plain}万").value == number * 10_000


@given(amount=st.decimals(0, 10**7, places=4, allow_nan=False))
def test_an_amount_reads_back_exactly_in_each_permitted_writing(amount: Decimal) -> None:
    for written in (
        f"{amount:f}",
        f"{amount:,f}",
        f"{amount:f}万元",
        f"{amount * 10_000:f}元",
        f"{amount:f}万",
    ):
        assert figure(written, "supplies_prepared").value == amount
    assert (
        figure(
            Cell("B6", "number", str(float(amount)), Decimal(repr(float(amount)))), "supplies_prepared"
        ).value
        == amount
    )


@given(number=st.integers(0, 10**12 - 1))
def test_each_numeral_reads_back_as_the_number_it_was_composed_of(number: int) -> None:
    text = numerals.compose(number)
    assert numerals.parse(text) == number
    assert numerals.parse(text.removeprefix("一") if text.startswith("一十") else text) == number
    financial = text.translate(str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟"))
    assert numerals.parse(financial) == number


@given(text=st.text(alphabet="零〇一二两三五十百千万亿点", max_size=8))
def test_two_readings_of_one_numeral_are_impossible(text: str) -> None:
    number = numerals.parse(text)
    if number is not None and "点" not in text:
        spoken = text.replace("〇", "零").replace("两", "二")
        assert numerals.compose(int(number)) in (spoken, f"一{spoken}")


@pytest.mark.parametrize(
    "text",
    [
        "三五",
        "二四",
        "一百二",
        "一百十二",
        "一千五",
        "十两",
        "两十",
        "零五",
        "百",
        "万",
        "一万零零五",
        "二点",
        "点五",
        "一亿亿",
        "",
        "点",
    ],
)
def test_what_is_no_proper_numeral_is_no_number(text: str) -> None:
    assert numerals.parse(text) is None


# --- texts, dates, telephones --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Cell("N6"), ""),
        (Cell("N6", "text", "  春节期间加密巡查 \n"), "春节期间加密巡查"),
        (Cell("N6", "text", "第一行\n第二行"), "第一行\n第二行"),
        (Cell("N6", "number", "12", Decimal("12.0")), "12"),
        (Cell("N6", "text", "隐藏", hidden=True), ""),
        (Cell("N6", "text", "划去", struck=True), ""),
        (Cell("N6", "no_result"), ""),
    ],
)
def test_remarks_are_the_text_that_is_seen(cell: Cell, text: str) -> None:
    assert read_text(cell) == text


NEAR = dt.date(2024, 3, 2)


@pytest.mark.parametrize(
    "written",
    ["2024年3月5日", "2024年3月5日（星期二）", "2024年3月5日 周二", "2024 年 3 月 5 日", "2024.3.5", "2024-03-05", "2024/3/5", "20240305", "二〇二四年三月五日", "二○二四年三月五日",
     "２０２４年３月５日", "2024-03-05 00:00:00", "2024年3月5号", "2024.3.5。",
     Cell("B2", "date", "2024-03-05", date=dt.date(2024, 3, 5)), Cell("B2", "number", "20240305", Decimal(20240305))],
)  # fmt: skip
def test_a_whole_date_reads_without_a_word(written: str | Cell) -> None:
    assert read_date(written, NEAR) == (dt.date(2024, 3, 5), ())


@pytest.mark.parametrize(
    ("written", "near", "date"),
    [
        ("3月5日", NEAR, dt.date(2024, 3, 5)),
        ("三月五日", NEAR, dt.date(2024, 3, 5)),
        ("12月30日", dt.date(2024, 1, 3), dt.date(2023, 12, 30)),
        ("1月2日", dt.date(2023, 12, 30), dt.date(2024, 1, 2)),
        ("2月29日", dt.date(2023, 3, 1), dt.date(2024, 2, 29)),
        ("24.3.5", NEAR, dt.date(2024, 3, 5)),
        ("24年3月5日", NEAR, dt.date(2024, 3, 5)),
        ("24-03-05", NEAR, dt.date(2024, 3, 5)),
    ],
)
def test_a_date_short_of_its_year_reads_with_a_note(written: str, near: dt.date, date: dt.date) -> None:
    read, findings = read_date(written, near, "reported_on", "填报时间")
    assert read == date
    assert [(one.severity, one.rule, one.field) for one in findings] == [
        ("note", "normalised", "reported_on")
    ]


@pytest.mark.parametrize(
    "written",
    ["2024年3月", "3月", "2024", "3.5", "2024年2月30日", "2023.2.29", "2024.3/5", "2024年3.5", "12/5/24", "昨天", "2024年13月1日", "1024年3月5日", "٢٠٢٤年3月5日", "2024-3-5至3-8"],
)  # fmt: skip
def test_what_is_no_certain_date_is_null_with_a_warning(written: str) -> None:
    read, findings = read_date(written, NEAR, "reported_on", "填报时间")
    assert read is None
    assert [(one.severity, one.rule, one.field, one.written) for one in findings] == [
        ("warning", "bad_date", "reported_on", written)
    ]


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("13800000000", "13800000000"),
        ("138 0000 0000", "13800000000"),
        ("138-0000-0000", "13800000000"),
        ("１３８００００００００", "13800000000"),
        (Cell("B3", "number", "1.38E+10", Decimal("13800000000")), "13800000000"),
        ("000-00000000", "000-00000000"),
        ("0000-0000000", "0000-0000000"),
        ("(000)00000000", "(000)00000000"),
        ("（000）00000000", "(000)00000000"),
        ("40000000", "40000000"),
        ("4000000", "4000000"),
        ("000-00000000-801", "000-00000000-801"),
        ("40000000转801", "40000000转801"),
    ],
)
def test_a_telephone_number_reads(written: str | Cell, phone: str) -> None:
    assert read_phone(written) == (phone, ())


@pytest.mark.parametrize(
    "written",
    ["1380000000", "138000000000", "12345", "无", "13800000000/4000", "23800000000", "١٣٨٠٠٠٠٠٠٠٠"],
)
def test_what_is_no_whole_telephone_number_is_null_with_a_warning(written: str) -> None:
    phone, findings = read_phone(written, "phone", "联系电话")
    assert phone is None
    assert [(one.severity, one.rule, one.field) for one in findings] == [("warning", "bad_phone", "phone")]


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(max_size=40) | st.text(alphabet="0123456789年月日.-/转()一二三十〇 ", max_size=20),
    near=st.dates(),
)
def test_no_text_makes_dates_and_telephones_raise(text: str, near: dt.date) -> None:
    date, told = read_date(text, near)
    assert (date is None) == (told != () and told[0].rule == "bad_date")
    phone, told = read_phone(text)
    assert (phone is None) == (told != ())

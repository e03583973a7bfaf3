"""Files whose cells a clerk saw otherwise than they are stored: dates, marks that nobody sees, a point for a comma."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.cli.read_files import read_files
from agent.reading.reading import Form

HERE = Path(__file__).parent / "everyday"


def read(name: str, campaign: Campaign, register: Register) -> tuple[Form, list[Finding]]:
    (reading,) = read_files([HERE / name], campaign, register)
    assert reading.form is not None
    return reading.form, [one for one in reading.findings if one.severity == "error"]


def test_a_cell_in_a_format_of_dates_is_told_as_it_is_seen_and_how_to_mend_it(
    campaign: Campaign, register: Register
) -> None:
    form, errors = read("date_cell_8.xlsx", campaign, register)
    assert form.values["people_brought_to_station"] is None
    (told,) = [one.text for one in errors if one.field == "people_brought_to_station"]
    assert "“1月8日”" in told
    assert "请把单元格格式改为“常规”" in told


def test_marks_round_a_unit_a_date_and_a_figure_are_as_if_they_were_not_there(
    campaign: Campaign, register: Register
) -> None:
    form, errors = read("bidi-marks-round-unit-date-figure.docx", campaign, register)
    assert form.values["patrols"] == Decimal(12)
    assert form.unit == "青年镇人民政府"
    assert form.reported_on == dt.date(2024, 3, 1)
    assert not errors


def test_a_count_with_three_decimals_is_asked_back(campaign: Campaign, register: Register) -> None:
    form, errors = read("12-3.000.docx", campaign, register)
    assert form.values["leaflets_distributed"] is None
    (told,) = [one.text for one in errors if one.field == "leaflets_distributed"]
    assert "填 3 或 3000" in told

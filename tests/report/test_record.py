"""report.json: what other programs rely on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from agent.base.jsontext import loads

District = Any
"""conftest.District: conftest isn't imported, its fixtures hand it over."""


def record(district: District) -> Any:
    return loads(district.file("report.json"))


def test_a_complete_report_says_so_and_misses_nothing(complete: District) -> None:
    told = record(complete)
    assert (told["campaign"], told["complete"], told["missing"]) == ("winter-warmth", True, [])
    assert told["as_of"] == "2024-03-06T17:30:00+08:00"
    assert [unit["id"] for unit in told["units"]] == [unit.id for unit in complete.register.units][:10]


def test_each_figure_is_traced_to_its_mail_file_and_cell(complete: District) -> None:
    sent = complete.submissions["qingnian"][0]
    (unit,) = [unit for unit in record(complete)["units"] if unit["id"] == "qingnian"]
    assert unit["sources"]["patrols"] == {
        "message": sent.message,
        "received": sent.received.isoformat(),
        "sender": "qingnian@town.example",
        "file": "统计表.xlsx",
        "sha256": sent.form_file.sha256,
        "cell": "Sheet1!A6",
        "version": 1,
        "decided_by": None,
    }
    assert set(unit["sources"]) == set(unit["values"]) == {one.id for one in complete.campaign.form.fields}


def test_amounts_are_exact_decimals_without_trailing_zeros(district: District) -> None:
    amounts = {"supplies_prepared": Decimal("1.2500"), "supplies_distributed": Decimal("1.100001")}
    district.send("qingnian", district.figures(3, **amounts))
    text = district.file("report.json").decode()
    assert '"supplies_prepared": 1.25,' in text
    assert '"supplies_distributed": 1.100001,' in text
    assert record(district)["totals"]["supplies_prepared"] == Decimal("1.25")


def test_who_decided_is_the_one_who_overrode_else_confirmed_else_assigned(troubled: District) -> None:
    scanned = troubled.submissions["qingnian"][0]
    troubled.decide(
        "override",
        "qingnian",
        by="deputy@civil.example",
        message=scanned.message,
        field="patrols",
        value=Decimal(41),
    )
    sources = {unit["id"]: unit["sources"] for unit in record(troubled)["units"]}
    assert sources["qingnian"]["patrols"]["decided_by"] == "deputy@civil.example"
    assert sources["qingnian"]["joint_patrols"]["decided_by"] == "contact@civil.example"
    assert sources["station"]["patrols"]["decided_by"] == "contact@civil.example"
    assert sources["wandong"]["patrols"]["decided_by"] is None
    assert sources["wandong"]["supplies_prepared"]["decided_by"] == "contact@civil.example"


def test_a_form_that_waits_counts_as_owed_and_brings_no_values(troubled: District) -> None:
    told = record(troubled)
    assert told["missing"] == [
        {"id": "wandong", "owes": ["narrative"]},
        {"id": "nantong", "owes": ["form", "narrative"]},
        {"id": "conglin", "owes": ["form", "narrative", "photos"]},
        {"id": "jinqiao", "owes": ["form"]},
        {"id": "heishan", "owes": ["form", "narrative", "photos"]},
    ]
    (nantong,) = [unit for unit in told["units"] if unit["id"] == "nantong"]
    assert (nantong["values"], nantong["sources"]) == ({}, {})
    assert told["complete"] is False


def test_a_form_that_waits_from_a_unit_that_need_not_report_is_not_missing(complete: District) -> None:
    complete.send("station", complete.figures(1, joint_patrols=Decimal(999)))
    told = record(complete)
    assert (told["complete"], told["missing"]) == (False, [])


def test_the_warnings_are_those_that_nobody_explained_and_those_among_units(troubled: District) -> None:
    told = {(one["unit"], one["rule"]) for one in record(troubled)["warnings"]}
    assert ("shilin", "staff_at_least_patrols") in told
    assert ("donglin", "staff_at_least_patrols") not in told
    assert {("donglin", "shared_photo"), ("wandong", "shared_photo"), ("guanba", "outlier")} <= told


def test_totals_are_over_the_units_listed(troubled: District) -> None:
    told = record(troubled)
    for name, total in told["totals"].items():
        assert sum(unit["values"][name] for unit in told["units"] if unit["values"]) == total


@pytest.mark.parametrize("name", ["统计\ud8ff表.xlsx", "=1+1.xlsx", "{{ x }}.xlsx"])
def test_a_strange_file_name_breaks_no_part_of_the_report(district: District, name: str) -> None:
    district.send("qingnian", district.figures(3), file=name)
    assert record(district)["units"][4]["sources"]["patrols"]["file"] == name.replace("\ud8ff", "?")

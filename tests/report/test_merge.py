"""The merged table: by unit id and field id, exact, and honest about what is lacking."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.base.errors import AgentError
from agent.dossier.overview import Overview
from agent.report.merge import merge

District = Any
"""conftest.District: conftest isn't imported, its fixtures hand it over."""


def test_the_rows_stand_in_the_registers_order_whatever_order_they_came_in(district: District) -> None:
    for number, unit in enumerate(reversed(district.register.units), start=1):
        district.send(unit.id, district.figures(number))
    rows = merge(district.overview()).rows
    assert [row.dossier.unit.id for row in rows] == [unit.id for unit in district.register.units]
    assert [row.values["patrols"] for row in rows] == [Decimal(10 * n) for n in range(11, 0, -1)]


def test_values_go_by_field_id_whatever_order_a_form_lists_them_in(district: District) -> None:
    values = district.figures(3)
    sent = district.send("qingnian", values)
    turned = replace(sent.form, values=dict(reversed(sent.form.values.items())))
    district.submissions["qingnian"] = [replace(sent, form=turned)]
    (row,) = [row for row in merge(district.overview()).rows if row.values]
    assert {name: row.values[name] for name in values} == values


def test_a_unit_without_an_accepted_form_has_an_empty_row_and_no_zeros(troubled: District) -> None:
    rows = {row.dossier.unit.id: row for row in merge(troubled.overview()).rows}
    empty = {unit: row.standing for unit, row in rows.items() if not row.values}
    assert empty == {"nantong": "待补正", "conglin": "待确认", "heishan": "未报送"}


def test_a_withdrawn_form_leaves_the_row_empty(complete: District) -> None:
    complete.decide("withdraw", "qingnian")
    (row,) = [row for row in merge(complete.overview()).rows if not row.values]
    assert (row.dossier.unit.id, row.standing) == ("qingnian", "已撤回")


def test_a_unit_that_need_not_report_has_a_row_only_where_its_form_stands(complete: District) -> None:
    assert "station" not in [row.dossier.unit.id for row in merge(complete.overview()).rows]
    complete.send("station", complete.figures(1, joint_patrols=Decimal(999)))
    assert "station" not in [row.dossier.unit.id for row in merge(complete.overview()).rows]
    complete.send("station", complete.figures(1))
    assert merge(complete.overview()).rows[-1].dossier.unit.id == "station"


def test_an_override_counts_and_a_newer_form_that_waits_does_not(troubled: District) -> None:
    rows = {row.dossier.unit.id: row for row in merge(troubled.overview()).rows}
    assert rows["wandong"].values["supplies_prepared"] == Decimal("5.5")
    assert rows["jinqiao"].values["joint_patrols"] == 12


def test_the_notes_name_who_is_not_in_the_totals_and_why(troubled: District) -> None:
    notes = "".join(merge(troubled.overview()).notes)
    assert "未含南桐镇（待补正）、丛林镇（待确认）、黑山镇（未报送）" in notes
    assert "金桥镇重新报送的统计表（第2次）待补正，表中为第1次报送的数" in notes
    assert "2封邮件待核" in notes


def test_a_complete_table_has_no_notes(complete: District) -> None:
    assert merge(complete.overview()).notes == ()


def test_tenths_add_up_to_tenths(district: District) -> None:
    for unit, amount in (("wansheng", "0.1"), ("donglin", "0.2"), ("wandong", "0.0000001")):
        district.send(
            unit, district.figures(3, supplies_prepared=Decimal(amount), supplies_distributed=Decimal(0))
        )
    assert merge(district.overview()).totals["supplies_prepared"] == Decimal("0.3000001")


def test_totals_that_differ_stop_the_report(complete: District, monkeypatch: pytest.MonkeyPatch) -> None:
    true = complete.overview().totals
    wrong = {**true, "patrols": true["patrols"] + 1}
    monkeypatch.setattr(Overview, "totals", property(lambda _: wrong))
    with pytest.raises(AgentError, match="巡查次数/总计"):
        merge(complete.overview())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    amounts=st.lists(
        st.decimals(min_value=0, max_value=10**7, places=6, allow_nan=False), min_size=1, max_size=10
    )
)
def test_totals_are_the_exact_sums(make_district: Any, campaign: Any, register: Any, amounts: Any) -> None:
    made = make_district(campaign, register)
    for unit, amount in zip(register.units, amounts, strict=False):
        made.send(unit.id, made.figures(3, supplies_prepared=amount, supplies_distributed=Decimal(0)))
    in_millionths = sum(int(amount.scaleb(6)) for amount in amounts)
    assert merge(made.overview()).totals["supplies_prepared"] == Decimal(in_millionths).scaleb(-6)

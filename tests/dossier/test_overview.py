"""Where the campaign stands: status fields, what is odd among units, what is complete."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.dossier.dossier import Dossier, assemble
from agent.dossier.oddities import across_units
from agent.dossier.overview import Overview
from tests.outcome.bureau import STRANGER, bureau, everything, form, photo, sender_of, unmarked_sum
from tests.sent import FIRST_DAY, decision, piece, submission
from tests.sent import form as filled

QINGNIAN = sender_of("qingnian")


def dossiers(campaign: Campaign, register: Register, field: str, values: list[Any]) -> list[Dossier]:
    """One accepted form a unit, with these values in the field."""
    return [
        assemble(unit, [submission(seq, of=filled(campaign, **{field: value}))], [], campaign)
        for seq, (unit, value) in enumerate(zip(register.units, values, strict=False), start=1)
    ]


def overview(campaign: Campaign, register: Register, *given: Dossier, **more: Any) -> Overview:
    empty = [assemble(unit, [], [], campaign) for unit in register.units[len(given) :]]
    return Overview(campaign, register, FIRST_DAY, (*given, *empty), **more)


# --- among units -----------------------------------------------------------------------------------------


def test_a_value_far_from_the_others_is_told_of_that_unit_alone(
    campaign: Campaign, register: Register
) -> None:
    found = across_units(
        dossiers(campaign, register, "leaflets_distributed", [10, 11, 12, 10, 9, 400]), campaign
    )
    assert list(found) == [register.units[5].id]
    [finding] = found[register.units[5].id]
    assert (finding.rule, finding.severity, finding.contact_only) == ("outlier", "warning", True)
    assert "400 份" in finding.text


@pytest.mark.parametrize(
    "values",
    [
        [10, 11, 12, 10, 400],  # five units: too few
        [10, 10, 10, 10, 10, 400],  # a MAD of 0 says nothing
        [10, 11, 12, 13, 14, 15],
    ],
)
def test_where_it_says_nothing_nothing_is_told(
    campaign: Campaign, register: Register, values: list[int]
) -> None:
    assert across_units(dossiers(campaign, register, "leaflets_distributed", values), campaign) == {}


@given(st.lists(st.decimals(min_value=0, max_value=10**9, places=2), min_size=6, max_size=11))
def test_outliers_never_fail_whatever_the_values(
    campaign: Campaign, register: Register, values: list[Decimal]
) -> None:
    across_units(dossiers(campaign, register, "supplies_prepared", list(values)), campaign)


def test_a_photo_that_two_units_sent_is_told_of_both(campaign: Campaign, register: Register) -> None:
    shared = piece("photo", "夜巡.jpg")
    units = [assemble(register.units[n], [submission(n, shared)], [], campaign) for n in (0, 1, 2)]
    units[2] = assemble(register.units[2], [submission(3, piece("photo", "别的.jpg"))], [], campaign)
    found = across_units(units, campaign)
    assert list(found) == [register.units[0].id, register.units[1].id]
    assert all(one.contact_only for findings in found.values() for one in findings)


# --- complete --------------------------------------------------------------------------------------------


def all_in(campaign: Campaign, register: Register) -> list[Dossier]:
    return [
        assemble(
            unit,
            [
                submission(
                    seq, piece("narrative", f"{seq}.docx"), piece("photo", f"{seq}.jpg"), of=filled(campaign)
                )
            ],
            [],
            campaign,
        )
        for seq, unit in enumerate(register.units, start=1)
        if unit.required
    ]


def test_it_is_complete_once_every_required_unit_s_is(campaign: Campaign, register: Register) -> None:
    sent = all_in(campaign, register)
    assert overview(campaign, register, *sent).is_complete
    assert not overview(campaign, register, *sent[:-1]).is_complete


def test_a_newer_form_that_waits_and_a_held_mail_keep_it_from_complete_and_a_failed_one_does_not(
    campaign: Campaign, register: Register
) -> None:
    sent = all_in(campaign, register)
    again = submission(99, of=filled(campaign, needs_confirmation=True), day=99)
    waiting = assemble(sent[0].unit, [*sent[0].submissions, again], [], campaign)
    assert overview(campaign, register, waiting, *sent[1:]).incomplete == (waiting,)
    assert not overview(campaign, register, *sent, held=(object(),)).is_complete
    assert overview(campaign, register, *sent, failed=(object(),)).is_complete


def test_totals_are_exact_and_of_accepted_forms_only(campaign: Campaign, register: Register) -> None:
    one = assemble(
        register.units[0], [submission(1, of=filled(campaign, supplies_prepared="0.1"))], [], campaign
    )
    two = assemble(
        register.units[1],
        [submission(2, of=filled(campaign, supplies_prepared="0.2", supplies_distributed="0.2"))],
        [],
        campaign,
    )
    wrong = assemble(register.units[2], [submission(3, of=filled(campaign, joint_patrols=99))], [], campaign)
    assert (one.accepted is None, two.accepted is None, wrong.accepted is None) == (True, False, True)
    assert overview(campaign, register, one, two, wrong).totals["supplies_prepared"] == Decimal("0.2")


def test_a_figure_that_lacks_although_a_finding_about_it_is_settled_is_never_counted(
    campaign: Campaign, register: Register
) -> None:
    from agent.base.findings import Finding

    both = Finding("error", "two_columns", "一格横跨两栏", fields=("media_reports", "moving_stories"))
    sent = submission(1, of=filled(campaign, media_reports=None, moving_stories=None), findings=(both,))
    settled = decision(
        2, "override", register.units[0].id, about=sent, field="media_reports", value=Decimal(3)
    )
    dossier = assemble(register.units[0], [sent], [settled], campaign)
    assert dossier.form_status == "needs_correction"
    assert overview(campaign, register, dossier).totals["media_reports"] is None


# --- status ----------------------------------------------------------------------------------------------


def test_status_tells_all_that_others_rely_on(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(supplies_prepared="1.50", supplies_distributed="1.2"))
        office.send(STRANGER, photo(5), subject="黑山镇")
        status = office.status
        assert (status["campaign"], status["deadline"]) == ("winter-warmth", "2024-03-05")
        assert dt.datetime.fromisoformat(status["as_of"]) == office.now
        assert status["messages"] == {"received": 2, "processed": 1, "held": 1, "ignored": 0, "failed": 0}
        assert status["letters"] == {"queued": 0, "sent": 2, "doubtful": 0, "failed": 0}
        [held] = status["held"]
        assert (held["id"], held["subject"], held["suggested_unit"]) == ("H1", "黑山镇", "heishan")
        unit = office.unit("qingnian")
        assert (unit["complete"], unit["late"], unit["required"]) == (True, False, True)
        assert str(unit["form"]["values"]["supplies_prepared"]) == "1.5"
        source = unit["form"]["source"]
        assert (source["file"], len(source["message"])) == ("统计表.xlsx", 64)
        assert source["received"] == "2024-03-01T12:00:00+08:00"
        assert unit["narrative"]["status"] == unit["photos"]["status"] == "accepted"


def test_a_form_to_be_confirmed_shows_its_values(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, unmarked_sum(leaflets=6))
        shown = office.unit("qingnian")["form"]
        assert (shown["status"], shown["version"]) == ("needs_confirmation", 1)
        assert shown["values"]["leaflets_distributed"] == 12


@pytest.mark.parametrize(
    ("moment", "late"),
    [
        ("2024-03-05T23:59:59+08:00", False),
        ("2024-03-06T00:00:00+08:00", True),
        ("2024-03-05T16:30:00+00:00", True),
    ],
)
def test_the_deadline_ends_with_its_day_in_the_configured_zone(
    tmp_path: Path, moment: str, late: bool
) -> None:
    with bureau(tmp_path) as office:
        at = dt.datetime.fromisoformat(moment)
        office.now = at + dt.timedelta(minutes=1)
        [letter] = office.send(QINGNIAN, *everything(), at=at)
        assert office.unit("qingnian")["late"] is late
        assert ("逾期" in letter.text) is late


def test_a_unit_that_owes_after_the_deadline_is_late(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        assert not office.unit("qingnian")["late"]
        office.now = office.now.replace(day=6)
        assert [office.unit(one)["late"] for one in ("qingnian", "shilin", "station")] == [True, True, False]

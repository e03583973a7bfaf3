"""A campaign's rules: what may stand in the file, and what its checks find."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from agent.base.errors import ConfigurationError
from agent.base.plain import plain
from agent.campaign.rules import Campaign, Check, fill, load_campaign, run_checks

RULES = Path(__file__).resolve().parent.parent.parent / "rules" / "winter-warmth.yaml"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = RULES.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "rules.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def figures(campaign: Campaign, **values: str) -> dict[str, Decimal | None]:
    return {field.id: Decimal(values.get(field.id, "10")) for field in campaign.form.figures}


@pytest.mark.parametrize(
    ("values", "rule", "severity"),
    [
        ({"patrols": "3", "joint_patrols": "4"}, "joint_within_patrols", "error"),
        ({"supplies_prepared": "1.2", "supplies_distributed": "1.3"}, "distributed_within_prepared", "error"),
        ({"people_persuaded": "1", "people_brought_to_station": "2"}, "station_within_persuaded", "error"),
        ({"staff_deployed": "9"}, "staff_at_least_patrols", "warning"),
        ({"patrols": "0", "joint_patrols": "0"}, "persuaded_without_patrol", "warning"),
        ({"supplies_prepared": "1000.01"}, "prepared_very_large", "warning"),
        ({"supplies_prepared": "2000", "supplies_distributed": "1001"}, "distributed_very_large", "warning"),
    ],
)
def test_each_check_across_fields_finds_what_it_is_for(
    campaign: Campaign, values: dict[str, str], rule: str, severity: str
) -> None:
    assert run_checks(campaign, figures(campaign)) == []
    found = {finding.rule: finding for finding in run_checks(campaign, figures(campaign, **values))}
    assert found[rule].severity == severity
    assert set(values) & set(found[rule].fields)


def test_a_check_holds_at_its_bound(campaign: Campaign) -> None:
    at_bound = {"supplies_prepared": "1000", "supplies_distributed": "1000", "joint_patrols": "10"}
    assert run_checks(campaign, figures(campaign, **at_bound)) == []


def test_a_check_with_a_missing_value_is_left_out(campaign: Campaign) -> None:
    values = figures(campaign, joint_patrols="99")
    assert run_checks(campaign, {**values, "patrols": None}) == []


def test_checks_that_need_the_mail_or_the_dossier_run_only_with_them(campaign: Campaign) -> None:
    values = {**figures(campaign), "reported_on": dt.date(2024, 3, 4)}
    assert run_checks(campaign, values) == []
    late = run_checks(campaign, {**values, "received_on": dt.date(2024, 3, 1)})
    assert [finding.rule for finding in late] == ["reported_after_mail"]
    silent = run_checks(campaign, {**values, "narrative_sent": False})
    assert [finding.rule for finding in silent] == ["stories_without_narrative"]


def test_literals_in_checks_are_decimals(tmp_path: Path) -> None:
    path = changed(tmp_path, "supplies_prepared <= 1000", "supplies_prepared + supplies_distributed <= 0.3")
    campaign = load_campaign(path)
    values = {"supplies_prepared": Decimal("0.2"), "supplies_distributed": Decimal("0.1")}
    assert run_checks(campaign, values) == []  # as floats, 0.1 + 0.2 is more than 0.3


def test_a_message_shows_values_and_labels(campaign: Campaign) -> None:
    assert (
        fill("{label:patrols}为{patrols}", {"patrols": Decimal("12.50")}, campaign) == "巡查次数/总计为12.5"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1200", "1200"),
        ("1.20", "1.2"),
        ("0.000001", "0.000001"),
        ("1E+3", "1000"),
        ("0", "0"),
        ("100", "100"),
    ],
)
def test_numbers_are_shown_as_people_write_them(value: str, shown: str) -> None:
    assert plain(Decimal(value)) == shown


@pytest.mark.parametrize(
    "expression",
    [
        "patrols ** 2 > 1",
        "abs(patrols) > 1",
        "patrols.real > 1",
        "[patrols]",
        "patrols >",
        "lambda: 1",
        "f'{patrols}'",
    ],
)
def test_a_check_may_hold_nothing_but_arithmetic_comparison_and_logic(
    tmp_path: Path, expression: str
) -> None:
    with pytest.raises(ConfigurationError, match="joint_within_patrols"):
        load_campaign(changed(tmp_path, "require: joint_patrols <= patrols", f'require: "{expression}"'))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "joint_patrols <= patrols\n",
            "joint_patrols <= patrolls\n",
            ["joint_within_patrols", "patrolls", "patrols"],
        ),
        ("severity: error", "severity: eror", ["checks.0.severity", "eror", "error"]),
        ("deadline: 2024-03-05", "deadline: 2023-03-05", ["deadline", "2023-11-09"]),
        ("deadline: 2024-03-05", "deadlin: 2024-03-05", ["deadlin", "deadline"]),
        ("start: 2023-11-09", "start: soon", ["start", "soon", "2024-03-05"]),
        ("measure: 万元, type: amount", "measure: 美元, type: amount", ["supplies_prepared", "美元", "万元"]),
        ("{patrols}次，其中", "{patrol}次，其中", ["report.paragraphs", "patrol"]),
        ("id: winter-warmth", "id: winter-warmth\nid: again", ["id", "两次"]),
        ("  title: “", "title: “", ["YAML", "行"]),
    ],
)
def test_a_mistake_is_told_with_file_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, told: list[str]
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(ConfigurationError) as error:
        load_campaign(path)
    for word in [str(path), *told]:
        assert word in str(error.value)


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing.yaml"):
        load_campaign(tmp_path / "nothing.yaml")


def test_a_check_that_cannot_be_worked_out_is_left_out(campaign: Campaign) -> None:
    check = Check(id="share", severity="error", require="joint_patrols / patrols <= 0.5", message="x")
    with_division = campaign.model_copy(update={"checks": (check,)})
    assert run_checks(with_division, {"joint_patrols": Decimal(1), "patrols": Decimal(0)}) == []
    assert [
        one.rule for one in run_checks(with_division, {"joint_patrols": Decimal(2), "patrols": Decimal(2)})
    ] == ["share"]


@pytest.mark.parametrize(
    "require",
    [
        "patrols <= remarks",
        "reported_on >= 5",
        "patrols + start > 0",
        "narrative_sent + remarks == 1",
        "reported_on - start > 3",
    ],
)
def test_a_check_that_compares_what_cannot_be_compared_is_refused_when_it_is_read(
    tmp_path: Path, require: str
) -> None:
    with pytest.raises(ConfigurationError, match="joint_within_patrols"):
        load_campaign(changed(tmp_path, "require: joint_patrols <= patrols", f"require: {require}"))

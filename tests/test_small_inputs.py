"""Small inputs that once showed a fault, each one of a kind: what each ends as. Their likes are in the other corpora."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.cli.read_files import read_files
from tests.outcome.bureau import bureau

HERE = Path(__file__).parent / "small_inputs"
EXPECTED: dict[str, Any] = yaml.safe_load((HERE / "expected.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_form_is_read_as_its_sender_meant_it_or_asked_about(
    name: str, campaign: Campaign, register: Register
) -> None:
    (reading,) = read_files([HERE / name], campaign, register)
    [form] = [one.form for one in reading.everything() if one.form]
    expected = EXPECTED[name]
    wanted = {
        field: None if value is None else Decimal(str(value)) for field, value in expected["figures"].items()
    }
    assert {field: form.values[field] for field in wanted} == wanted
    told = [one for file in reading.everything() for one in file.findings if one.severity != "note"]
    assert sorted(f"{one.severity} {one.rule} {one.field}" for one in told) == sorted(expected["told"])


@pytest.mark.parametrize("name", ["from-group-name.eml", "from-two-brackets.eml"])
def test_a_sender_that_can_be_read_in_two_ways_is_nobody_and_gets_no_letter(
    tmp_path: Path, name: str
) -> None:
    with bureau(tmp_path) as office:
        assert office.receive((HERE / name).read_bytes()) == []
        assert [one["reason"] for one in office.held] == ["failed_authentication"]


def test_a_mail_with_two_subjects_orders_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.receive((HERE / "two-subjects.eml").read_bytes())
        assert office.work.ledger.decisions() == []


def test_contradicting_results_prove_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path, authentication={"otherwise": "hold"}) as office:
        office.receive((HERE / "ar-comment-break.eml").read_bytes())
        assert [one["reason"] for one in office.held] == ["failed_authentication"]


def test_an_exchange_note_is_a_machine_s(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert office.receive((HERE / "ooo-exchange.eml").read_bytes()) == []
        assert office.counts() == (0, 0, 1, 0)


def test_a_photo_beside_its_form_counts(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.receive((HERE / "photo-taken-for-scan.eml").read_bytes())
        assert receipt.kind == "receipt"
        assert office.unit("donglin")["photos"]["count"] == 1

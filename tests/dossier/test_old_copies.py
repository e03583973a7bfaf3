"""A form that equals an older version of the unit's own is an old copy: told, and in force only when it is confirmed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from agent.handling.decisions import override, withdraw
from tests.outcome.bureau import Bureau, File, Sent, bureau, everything, form, sender_of

QINGNIAN = sender_of("qingnian")


def later(office: Bureau, *files: File) -> Sent:
    office.pass_time(hours=1)
    letters = office.send(QINGNIAN, *files, subject=f"统计表{office.delivered}")
    return next(one for one in letters if one.kind in ("receipt", "correction"))


def persuaded(office: Bureau) -> object:
    accepted = office.dossier("qingnian").accepted
    return accepted.values["people_persuaded"] if accepted else None


def rules(office: Bureau) -> list[str]:
    return [one.rule for one in office.dossier("qingnian").versions[-1].findings]


def corrected(office: Bureau) -> None:
    """First 45, then 35."""
    office.send(QINGNIAN, *everything(people_persuaded=45))
    later(office, form(people_persuaded=35))
    assert persuaded(office) == 35


@pytest.mark.parametrize("name", ["统计表.xlsx", "统计表(旧).xlsx"])
def test_an_old_copy_is_told_and_not_put_in_force(tmp_path: Path, name: str) -> None:
    with bureau(tmp_path) as office:
        corrected(office)
        letter = later(office, form(people_persuaded=45, name=name))
        assert persuaded(office) == 35
        assert "old_copy" in rules(office)
        assert "第 1 版（2024-03-01 12:00 收到）完全相同" in letter.text
        assert "请确认" in letter.subject


def test_a_confirmation_goes_back_to_the_first_figures(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        corrected(office)
        letter = later(office, form(people_persuaded=45))
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="确认", answers=letter, subject="回复")
        assert persuaded(office) == 45
        assert rules(office) == []


def test_the_form_in_force_sent_again_is_harmless(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        corrected(office)
        later(office, form(people_persuaded=35, name="再发.xlsx"))
        assert rules(office) == []
        assert persuaded(office) == 35


def test_a_form_of_a_later_day_is_a_new_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(people_persuaded=45))
        later(office, form(people_persuaded=35))
        office.pass_time(days=1)
        later(office, form(people_persuaded=45, header={"reported_on": "2024年3月2日"}))
        assert rules(office) == []
        assert persuaded(office) == 45


def test_an_old_copy_in_another_file_does_not_take_back_what_the_contact_has_set(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(people_persuaded=45))
        override(office.work, "qingnian", "people_persuaded", "35", office.ruling("电话核实"))
        assert persuaded(office) == 35
        later(office, form(people_persuaded=45, name="再发.xlsx", header={"reporter": "李演示"}))
        assert persuaded(office) == 35
        assert "old_copy" in rules(office)


def test_a_pending_correction_is_not_pushed_aside_by_an_old_copy(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(people_persuaded=45))
        later(office, form(people_persuaded="约35"))
        later(office, form(people_persuaded=45))
        assert rules(office) == ["old_copy"]
        assert persuaded(office) == Decimal(45)


def test_after_a_withdrawal_the_same_form_is_a_new_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        corrected(office)
        withdraw(office.work, "qingnian", office.ruling("重报"))
        later(office, form(people_persuaded=45))
        assert rules(office) == []
        assert persuaded(office) == 45

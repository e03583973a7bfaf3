"""Which unit a name means: whole names only, never by similarity."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.base.errors import ConfigurationError
from agent.campaign.units import Register, load_register


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("青年镇", "qingnian"),
        ("青年镇人民政府", "qingnian"),
        ("青年镇民政和社会事务办公室", "qingnian"),
        ("万盛经开区青年镇", "qingnian"),
        ("重庆市万盛经开区 青年镇 人民政府", "qingnian"),
        ("青 年 镇", "qingnian"),
        ("石林镇", "shilin"),
        ("丛林镇", "conglin"),
        ("东林街道", "donglin"),
        ("万盛街道办事处", "wansheng"),
        ("万盛经开区万盛街道", "wansheng"),
        ("救助站", "station"),
    ],
)
def test_a_form_s_unit_is_found_whole(register: Register, written: str, unit: str) -> None:
    named = register.in_form(written)
    assert named.unit is not None
    assert named.unit.id == unit


@pytest.mark.parametrize("written", ["森林镇", "青年街道", "万盛镇", "石林街道办事处", "新青年镇"])
def test_a_place_that_is_not_registered_is_no_unit(register: Register, written: str) -> None:
    named = register.in_form(written)
    assert named.unit is None
    assert named.place is not None


@pytest.mark.parametrize(
    "written", ["青年镇、石林镇", "青年镇和黑山镇人民政府", "青年镇（原万盛经开区石林镇）", "青年镇、森林镇"]
)
def test_a_text_that_names_two_units_is_neither_s(register: Register, written: str) -> None:
    named = register.in_form(written)
    assert named.unit is None
    assert named.place is not None


@pytest.mark.parametrize("written", ["民政办", "社会事务办公室", "", "本单位"])
def test_a_text_that_names_no_place_names_no_unit(register: Register, written: str) -> None:
    assert register.in_form(written) == type(register.in_form(written))()


def test_a_subject_names_a_unit_only_where_it_names_just_one(register: Register) -> None:
    qingnian = register.in_text("报送：青年镇统计表", "青年镇政府.docx")
    assert qingnian is not None
    assert qingnian.id == "qingnian"
    assert register.in_text("青年镇、黑山镇统计表") is None
    assert register.in_text("统计表") is None


def test_addresses_are_compared_without_regard_to_case(register: Register) -> None:
    assert register.by_id["qingnian"].senders == ()
    with_sender = register.with_senders([("Qingnian@Town.Example", "qingnian")])
    assert with_sender.by_id["qingnian"].senders == ("Qingnian@Town.Example",)
    unit = with_sender.of_sender("qingnian@town.example")
    assert unit is not None
    assert unit.id == "qingnian"
    assert register.of_sender("qingnian@town.example") is None


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("{id: a, name: 乙镇}", "a"),
        ("{id: b, name: 乙镇, aliases: [甲镇]}", "甲镇"),
        ("{id: b, name: 乙镇, senders: [X@town.example]}", "x@town.example"),
        ("{id: b, name: 乙镇, senders: [nobody]}", "senders"),
    ],
)
def test_what_two_units_may_not_share_is_told(tmp_path: Path, second: str, told: str) -> None:
    path = tmp_path / "units.yaml"
    first = "{id: a, name: 甲镇, senders: [x@town.example]}"
    path.write_text(f"district: 某区\nunits:\n  - {first}\n  - {second}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        load_register(path)

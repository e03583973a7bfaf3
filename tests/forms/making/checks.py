"""The checks across fields, each broken once."""

from __future__ import annotations

from .model import Case
from .notice import TITLE, expect, form, row

CHANGES: dict[str, dict[str, str]] = {
    "more joint patrols than patrols": {"patrols": "10", "joint_patrols": "17"},
    "more given out than prepared": {"supplies_prepared": "4.5", "supplies_distributed": "4.8"},
    "more brought in than persuaded": {"people_persuaded": "10", "people_brought_to_station": "11"},
    "fewer staff than patrols": {"staff_deployed": "40"},
    "people persuaded without a patrol": {"patrols": "0", "joint_patrols": "0"},
    "yuan where ten thousands are asked": {"supplies_prepared": "63500", "supplies_distributed": "48000"},
    "several checks at once": {"joint_patrols": "43", "supplies_distributed": "6.36", "staff_deployed": "0"},
}


def cases() -> list[Case]:
    made = [
        Case(name, [form(row(**changes))], expect(changes), ("xlsx", "docx", "html"))
        for name, changes in CHANGES.items()
    ]
    early = [
        (TITLE,),
        ("单位：青年镇人民政府", "填报时间：2023年11月1日"),
        ("填报人：张三", "联系电话：000-00000000"),
    ]
    before = expect(header={"reported_on": "2023-11-01"})
    return [*made, Case("filled in before the start", [form(above=early)], before, ("xlsx", "docx"))]

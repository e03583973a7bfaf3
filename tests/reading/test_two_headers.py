"""Two header values of one type (填报时间 and 统计截止时间): each is kept under its own id, and none instead of the other."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.base.jsontext import dumps, loads
from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import Register
from agent.reading.files import read_file
from agent.reading.reading import Form
from agent.reading.table.headers import header_values
from tests.commands import bureau, mail, run

HERE = Path(__file__).parent / "headers"
RULES = Path(__file__).resolve().parents[2] / "agent/demo/campaign/winter-warmth.yaml"
CUTOFF = {"id": "cutoff", "label": "统计截止时间", "type": "date"}
AUDITOR = {"id": "auditor", "label": "审核人", "type": "text"}
MOBILE = {"id": "mobile", "label": "手机", "type": "phone"}


def rules_with(tmp_path: Path, *headers: dict[str, str], first: bool = False, **more: Any) -> Path:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    own = rules["form"]["header"]
    rules["form"]["header"] = [*headers, *own] if first else [*own, *headers]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump(rules | more, allow_unicode=True), encoding="utf-8")
    return path


def read(data: bytes, campaign: Campaign, register: Register, name: str = "表.csv") -> Form:
    form = read_file(name, data, campaign, register, dt.date(2024, 3, 5)).form
    assert form is not None
    return form


def test_a_second_date_is_kept_beside_the_first(tmp_path: Path, register: Register) -> None:
    campaign = load_campaign(rules_with(tmp_path, CUTOFF))
    form = read((HERE / "second-date-header.csv").read_bytes(), campaign, register)
    assert form.reported_on == dt.date(2022, 3, 1)
    assert form.headers == {"reported_on": "2022-03-01", "cutoff": "2024-02-29"}
    assert header_values(form, campaign)["cutoff"] == dt.date(2024, 2, 29)


def test_a_second_name_is_kept_beside_the_first(tmp_path: Path, register: Register) -> None:
    campaign = load_campaign(rules_with(tmp_path, AUDITOR))
    form = read((HERE / "second-text-header.csv").read_bytes(), campaign, register)
    assert (form.reporter, form.headers) == ("甲某", {"reporter": "甲某", "auditor": "乙某"})


def lines(*heads: str) -> bytes:
    table = (HERE / "second-date-header.csv").read_text(encoding="utf-8").splitlines()
    figures = next(at for at, line in enumerate(table) if line.startswith("巡查次数"))
    return "\n".join([table[0], *heads, *table[figures:]]).encode()


@pytest.mark.parametrize(
    ("heads", "headers"),
    [
        (
            ["单位：青年镇,填报时间：2024年3月1日", "统计截止时间：2024年2月29日"],
            ("2024-03-01", "2024-02-29"),
        ),
        (
            ["统计截止时间：2024年2月29日,单位：青年镇", "填报时间：2024年3月1日"],
            ("2024-03-01", "2024-02-29"),
        ),
        (["单位：青年镇,统计截止时间：2024年2月29日"], (None, "2024-02-29")),
        (["单位：青年镇,填报时间：2024年3月1日"], ("2024-03-01", None)),
        (["单位：青年镇,统计截止时间,2024-02-29,填报时间,2024-03-01"], ("2024-03-01", "2024-02-29")),
        (["单位：青年镇,填报时间：2024年2月30日,统计截止时间：2024年2月29日"], (None, "2024-02-29")),
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_each_stands_under_its_own_label(
    tmp_path: Path, register: Register, heads: list[str], headers: tuple[str | None, str | None], first: bool
) -> None:
    campaign = load_campaign(rules_with(tmp_path, CUTOFF, first=first))
    form = read(lines(*heads), campaign, register)
    assert (form.headers["reported_on"], form.headers["cutoff"]) == headers
    shown = header_values(form, campaign)
    assert shown["reported_on"] == (dt.date.fromisoformat(headers[0]) if headers[0] else None)


def test_one_of_each_type_is_written_as_ever(campaign: Campaign, register: Register) -> None:
    form = read(lines("单位：青年镇,填报时间：2024年3月1日"), campaign, register)
    assert form.headers == {}
    assert "headers" not in form.as_json()


def test_it_goes_through_json_unchanged(tmp_path: Path, register: Register) -> None:
    campaign = load_campaign(rules_with(tmp_path, CUTOFF, AUDITOR, MOBILE))
    form = read(lines("单位：青年镇,统计截止时间：2024年2月29日,审核人：乙某"), campaign, register)
    assert Form.from_json(loads(dumps(form.as_json()))) == form
    older = loads(dumps(replace(form, headers={}).as_json()))
    assert header_values(Form.from_json(older), campaign)["cutoff"] is None


def test_a_check_may_compare_the_two(tmp_path: Path) -> None:
    check = {
        "id": "cutoff_before_report",
        "severity": "error",
        "require": "cutoff <= reported_on",
        "message": "{label:cutoff}晚于{label:reported_on}，请核对。",
    }
    rules = rules_with(tmp_path, CUTOFF, checks=[check])
    office = bureau(tmp_path, campaign=str(rules))
    config = ("--config", office.office.config)
    file = HERE / "second-date-header.csv"
    [read_back] = run("read", "--json", file, *config).json
    assert [one["text"] for one in read_back["findings"] if one["rule"] == "cutoff_before_report"] == [
        "统计截止时间晚于填报时间，请核对。"
    ]
    (office.folder / "mails" / "1.eml").write_bytes(mail(("表.csv", file.read_bytes())))
    assert run("poll", *config).status == 0
    letter = next((office.folder / "sent").glob("*.eml")).read_bytes()
    unit = next(one for one in run("status", "--json", *config).json["units"] if one["id"] == "qingnian")
    assert unit["form"]["status"] == "needs_correction"
    assert letter

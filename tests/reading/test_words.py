"""Words beside a form: what names a figure and another number is a doubt of it, what repeats or breaks it down is none.

The sentences are data (data/words.yaml), as clerks write them; each stands beside the figures of its group.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.base.findings import Finding
from agent.campaign.rules import Campaign, load_campaign
from agent.reading.reading import Form
from agent.reading.table.found import FoundForm
from agent.reading.words.doubting import Manner, Words, with_doubts

GROUPS = yaml.safe_load((Path(__file__).parent / "data" / "words.yaml").read_text(encoding="utf-8"))
LINES = ("表上方", "表下方", "页眉", "页脚", "水印")
MOST_FALSE = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the data: where, what it is (a field, ? for any, - for none), and the words."""

    values: dict[str, Any]
    place: str
    what: str
    text: str

    def findings(self, campaign: Campaign) -> tuple[Finding, ...]:
        return doubts(self.text, campaign, self.values, self.place)


def said(kind: str) -> Iterator[Said]:
    for group in GROUPS:
        for line in group[kind]:
            place, what, text = line.split(" | ", 2)
            yield Said(group["values"], place, what, text.strip('"'))


def doubts(
    text: str, campaign: Campaign, values: dict[str, Any] = GROUPS[0]["values"], place: str = "备注"
) -> tuple[Finding, ...]:
    where, _, field = place.partition("@")
    manner: Manner = "account" if where.startswith("附件") else "line" if where in LINES else "note"
    figures: dict[str, Any] = {name: Decimal(str(value)) for name, value in values.items()}
    form = Form("青年镇", dt.date(2024, 3, 1), "张三", None, figures | {"remarks": ""}, {})
    found = with_doubts(FoundForm(form), [Words(text, where, field or None, manner)], campaign)
    nothing = {name for name in figures if found.form.values[name] is None}
    assert nothing == {one.field for one in found.findings if one.severity == "error"}
    return found.findings


CONTRADICTING, HARMLESS = list(said("contradicting")), list(said("harmless"))


@pytest.mark.parametrize("one", CONTRADICTING, ids=lambda one: f"{one.place}: {one.text}")
def test_what_contradicts_a_figure_is_a_doubt_of_that_figure(one: Said, campaign: Campaign) -> None:
    found = {f"{told.field}{'!' * (told.severity == 'error')}" for told in one.findings(campaign)}
    if one.what == "?":
        assert found
    else:
        assert found >= set(one.what.split())


def test_at_most_one_in_twenty_of_the_harmless_is_doubted(campaign: Campaign) -> None:
    wrong = [one.text for one in HARMLESS if one.findings(campaign)]
    assert len(wrong) <= MOST_FALSE * len(HARMLESS), wrong


def test_there_are_as_many_harmless_words_as_contradicting_ones() -> None:
    assert len(CONTRADICTING) >= 150
    assert len(HARMLESS) >= 150


def test_a_doubt_says_where_the_words_stand_what_they_are_and_what_to_do(campaign: Campaign) -> None:
    [told] = doubts("劝导人数45改35", campaign)
    assert (told.severity, told.rule, told.field) == ("warning", "words_besides", "people_persuaded")
    assert told.text == (
        "备注写有“劝导人数45改35”，与统计表可能不一致：“劝导人数”填的是 45。"
        "请核对：如表中的数不对，请改好后重报；如无误，请说明原因。"
    )


def test_an_amount_of_which_the_measure_is_doubted_says_what_to_write(campaign: Campaign) -> None:
    values = GROUPS[0]["values"] | {"supplies_prepared": 800}
    [told] = doubts("准备物资800元", campaign, values)
    assert (told.severity, told.rule, told.field) == ("error", "wrong_measure", "supplies_prepared")
    assert "如是 800 元，请填 0.08" in told.text


def test_nobody_s_number_is_quoted_whole(campaign: Campaign) -> None:
    [told] = doubts("劝导人数应为35人，有疑问请打13812345678", campaign)
    assert "13812345678" not in told.text


def test_long_words_are_looked_at_in_time(campaign: Campaign) -> None:
    for text in ("劝导" * 50_000, "1" * 100_000, "劝导3人，" * 20_000, "(" * 100_000, "按元" * 50_000):
        doubts(text, campaign)


@pytest.mark.parametrize(
    ("words", "doubted"),
    [
        ("慰问资金5000万元", {"funds"}),
        ("服务户外劳动者300人", {"workers_served"}),
        ("驿站开放9处", {"stations"}),
        ("慰问资金0.5万元", set()),
        ("棉衣30件", set()),
        ("服务劳动者260人，其中女性12人", set()),
    ],
)
def test_another_campaign_s_figures_are_named_by_its_own_labels(words: str, doubted: set[str]) -> None:
    summer = load_campaign(Path(__file__).parents[1] / "second_campaign" / "summer.yaml")
    values = {"stations": 8, "hours": 100, "workers_served": 260, "drinks": 30, "funds": 5000}
    assert {one.field for one in doubts(words, summer, values)} == doubted

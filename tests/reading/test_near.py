"""Labels that are nearly the form's: taken where one field can be meant, and never by mere likeness."""

from __future__ import annotations

import pytest

from agent.campaign.rules import Campaign
from agent.reading.table.labels import LabelBook

MEANT = {
    "岀动工作人员": "staff_deployed",
    "出动工作入员（人次）": "staff_deployed",
    "出动工作人员数量": "staff_deployed",
    "派出工作人员": "staff_deployed",
    "动员杜会力量参与": "volunteers_mobilised",
    "动员社会カ量参与（人次）": "volunteers_mobilised",
    "动员社会力量人数": "volunteers_mobilised",
    "淮备物资（万元）": "supplies_prepared",
    "准备物质": "supplies_prepared",
    "准备物资总价值": "supplies_prepared",
    "发放物质（万元）": "supplies_distributed",
    "发放宣传单": "leaflets_distributed",
    "发放宣传材料（份）": "leaflets_distributed",
    "发放宜传资料": "leaflets_distributed",
    "累计发放宣传资料": "leaflets_distributed",
    "煤体宣传": "media_reports",
    "媒体报道次数": "media_reports",
    "感人亊迹（个）": "moving_stories",
    "感人故事": "moving_stories",
    "功导人数": "people_persuaded",
    "劝导的人数": "people_persuaded",
    "劝导迸站救助人数": "people_brought_to_station",
    "劝导入站救助人数": "people_brought_to_station",
    "劝导进站": "people_brought_to_station",
    "救助厄重病人": "critically_ill_helped",
    "救助危重病患（人）": "critically_ill_helped",
    "救助末成年人（人）": "minors_helped",
    "救助未成年": "minors_helped",
    "联合巡察": "joint_patrols",
    "巡查总数": "patrols",
    "发放宣传资料总数": "leaflets_distributed",
}
ANOTHER = [
    "劝返人数", "劝阻人数", "劝导次数", "教导人数", "救助人数", "进站人数", "救助成年人", "救助老年人", "救助危重老人", "储备物资",
    "准备物资数量", "发放物资件数", "物资", "宣传物资", "发放物品", "联合检查", "联合督查", "出动车辆", "出动人次", "群体宣传",
    "好人事迹", "动员群众参与", "发放慰问金", "准备", "发放", "备汪", "救助残疾人", "社会救助人数", "媒体人员",
]  # fmt: skip


@pytest.mark.parametrize(("label", "field"), MEANT.items())
def test_a_label_that_can_mean_one_field_alone_is_that_fields_and_told(
    campaign: Campaign, label: str, field: str
) -> None:
    match = LabelBook.of(campaign).match([label])
    assert match is not None and match.near
    assert match.field.id == field


@pytest.mark.parametrize("label", ANOTHER)
def test_what_only_looks_like_a_label_is_none(campaign: Campaign, label: str) -> None:
    match = LabelBook.of(campaign).match([label])
    assert match is None or not match.near


def test_no_label_of_the_form_is_near_to_another_fields(campaign: Campaign) -> None:
    book = LabelBook.of(campaign)
    for one in campaign.form.fields:
        for name in (one.label, *one.aliases):
            match = book.match([name, one.group] if one.group else [name])
            assert match is not None and match.field.id == one.id and not match.near


def test_the_sum_of_a_columns_parts_is_the_column(campaign: Campaign) -> None:
    book = LabelBook.of(campaign)
    match = book.match(["合计", "劝导人数（人）"])
    assert (
        match is not None and match.split and match.field.id == "people_persuaded" and match.measure == "人"
    )
    assert book.match(["合计", "救助人员"]) is None
    assert book.match(["合计"]) is None
    assert book.match(["男", "劝导人数（人）"]) is None


def test_a_groups_label_with_nothing_below_it_is_its_total(campaign: Campaign) -> None:
    book = LabelBook.of(campaign)
    match = book.alone("巡查次数（次）")
    assert match is not None and match.near and match.field.id == "patrols"
    assert book.alone("劝导人数") is None
    assert book.match(["巡查次数"]) is None

"""What names, titles, rows and words say of the form in them, and what they don't (signs.yaml beside)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.cell.folding import squeeze
from agent.reading.table.marked import mark_of_mail
from agent.reading.words.signs import Sign, Signs

CASES = yaml.safe_load(Path(__file__).with_name("signs.yaml").read_text(encoding="utf-8"))


def found(place: str, text: str, signs: Signs) -> Sign | None:
    by_place = {
        "file": signs.in_file_name,
        "title": signs.in_title,
        "margin": signs.in_margin,
        "words": signs.in_words,
        "line": signs.in_words,
        "remark": signs.in_words,
    }
    return by_place.get(place, signs.in_name)(text)


@pytest.mark.parametrize(("place", "text", "kind"), CASES["marked"])
def test_a_mark_is_seen_for_what_it_is(
    place: str, text: str, kind: str, campaign: Campaign, register: Register
) -> None:
    sign = found(place, text, Signs.of(campaign, register))
    assert sign is not None
    assert sign.kind.id == kind
    assert squeeze(sign.words) in squeeze(text).lower()


@pytest.mark.parametrize(("place", "text"), CASES["harmless"])
def test_a_harmless_name_or_sentence_is_no_mark(
    place: str, text: str, campaign: Campaign, register: Register
) -> None:
    assert found(place, text, Signs.of(campaign, register)) is None


@pytest.mark.parametrize(("subject", "kind"), [("【测试】青年镇统计表", "test"), ("【作废】统计表", "void")])
def test_a_subject_s_flag_is_a_mark(subject: str, kind: str, campaign: Campaign, register: Register) -> None:
    mark = mark_of_mail(subject, [], Signs.of(campaign, register))
    assert mark is not None
    assert mark.sign.kind.id == kind


@pytest.mark.parametrize(
    "subject", ["【青年镇】统计表", "Re:【请确认】青年镇统计表", "【紧急通知】2月报送草稿"]
)
def test_another_flag_of_a_subject_is_none(subject: str, campaign: Campaign, register: Register) -> None:
    assert mark_of_mail(subject, [], Signs.of(campaign, register)) is None


def test_there_are_as_many_harmless_texts_as_marked_ones_to_learn_from() -> None:
    assert len(CASES["marked"]) >= 60
    assert len(CASES["harmless"]) >= 60

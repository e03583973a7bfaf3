"""What names, titles, rows and words say of the form in them, and what they don't (signs.yaml beside)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agent.reading.folding import squeeze
from agent.reading.signs import Sign, Signs
from agent.rules import Campaign
from agent.units import Register

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


def test_there_are_as_many_harmless_texts_as_marked_ones_to_learn_from() -> None:
    assert len(CASES["marked"]) >= 60
    assert len(CASES["harmless"]) >= 60

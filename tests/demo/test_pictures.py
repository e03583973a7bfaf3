from __future__ import annotations

import io

import pytest
from PIL import Image, ImageStat

from agent.demo import pictures


def test_a_photo_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert pictures.photo(7, "青年镇") == pictures.photo(7, "青年镇")
    assert pictures.photo(7, "青年镇") != pictures.photo(8, "青年镇")


@pytest.mark.parametrize("seed", range(12))
def test_a_photo_is_colourful_and_no_page_of_paper(seed: int) -> None:
    image = Image.open(io.BytesIO(pictures.photo(seed, "夜间巡查")))
    assert (image.format, image.size) == ("JPEG", (1024, 768))
    saturation = ImageStat.Stat(image.convert("HSV")).mean[1]
    bright = sum(image.convert("L").histogram()[225:]) / (1024 * 768)
    assert saturation > 60
    assert bright < 0.1


def test_a_photo_is_drawn_where_there_is_no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    has_font, usual = pictures._font(30) is not None, pictures.photo(7, "青年镇")
    monkeypatch.setattr(pictures, "_font", lambda _: None)
    without = pictures.photo(7, "青年镇")
    assert Image.open(io.BytesIO(without)).size == (1024, 768)
    assert (without != usual) == has_font


@pytest.mark.parametrize("wanted", [60_000, 250_000, 700_000, 2_000_000])
def test_a_photo_weighs_what_is_asked(wanted: int) -> None:
    data = pictures.photo_size(3, wanted)
    assert abs(len(data) - wanted) < wanted / 10
    assert data == pictures.photo_size(3, wanted)


def test_the_logo_is_too_small_for_a_photo() -> None:
    assert max(Image.open(io.BytesIO(pictures.logo())).size) < 200

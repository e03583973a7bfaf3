"""The album: every photo once, upright, small, and without what its camera wrote into it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
from PIL import Image

from agent.reading.photos import smaller

District = Any
"""conftest.District: conftest isn't imported, its fixtures hand it over."""


def telling_photo(size: tuple[int, int] = (3000, 2000), orientation: int = 6) -> bytes:
    """A photo that tells where and with what it was taken; red on its left half, as stored."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0110] = orientation, "SecretMaker", "SecretModel"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (29.0, 1.0, 2.0)
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif, comment=b"SecretComment", icc_profile=b"SecretProfile" * 20)
    return stream.getvalue()


def test_a_photo_is_scaled_down_upright_and_says_nothing_of_place_or_camera() -> None:
    assert b"SecretMaker" in telling_photo()
    small = smaller(telling_photo(), 1280)
    assert b"Secret" not in small and b"Exif" not in small
    with Image.open(io.BytesIO(small)) as image:
        assert (image.format, image.size) == ("JPEG", (853, 1280))
        assert not image.getexif() and set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }
        top, bottom = image.getpixel((400, 100)), image.getpixel((400, 1200))
    assert top[1] < 50 and bottom[1] > 200, "turned by its orientation: what was left is on top"


def test_a_small_photo_is_not_blown_up() -> None:
    with Image.open(io.BytesIO(smaller(telling_photo((300, 200), 1), 1280))) as image:
        assert image.size == (300, 200)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("P", "GIF"), ("L", "PNG"), ("CMYK", "JPEG"), ("LA", "PNG"), ("1", "BMP"), ("I;16", "PNG")]
)  # fmt: skip
def test_every_kind_of_picture_becomes_a_jpeg(mode: str, kind: str) -> None:
    stream = io.BytesIO()
    Image.new(mode, (400, 300)).save(stream, kind)
    with Image.open(io.BytesIO(smaller(stream.getvalue(), 1280))) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (400, 300))


def test_what_is_transparent_shows_white() -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(stream, "PNG")
    with Image.open(io.BytesIO(smaller(stream.getvalue(), 1280))) as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


def opened(district: District) -> Any:
    return docx.Document(io.BytesIO(district.file("照片册")))


def test_it_stands_by_unit_two_photos_a_row_with_captions(troubled: District) -> None:
    document = opened(troubled)
    headings = [one.text for one in document.paragraphs if one.text.endswith("张）")]
    assert headings[:4] == ["万盛街道（2张）", "东林街道（1张）", "万东镇（1张）", "南桐镇（1张）"]
    qingnian = document.tables[4]
    captions = [
        [cell.paragraphs[1].text for cell in row.cells if len(cell.paragraphs) > 1] for row in qingnian.rows
    ]
    assert captions == [["青年镇_照片_01", "青年镇_照片_02"], ["青年镇_照片_03"]]
    assert qingnian.cell(0, 0).paragraphs[2].text == "现场1.jpg　2024年3月1日收到"


def test_no_photo_in_it_carries_metadata(district: District) -> None:
    district.send("qingnian", photos=[telling_photo()])
    with zipfile.ZipFile(io.BytesIO(district.file("照片册"))) as package:
        (name,) = [name for name in package.namelist() if name.startswith("word/media/")]
        assert b"Secret" not in package.read(name)


def test_each_photo_fits_its_place_and_keeps_its_proportions(troubled: District) -> None:
    shapes = opened(troubled).inline_shapes
    assert len(shapes) == 11
    for shape in shapes:
        wide, high = shape.width.mm, shape.height.mm
        assert wide <= 78.1 and high <= 54.1
        assert abs(wide / high - 4 / 3) < 0.01 or abs(wide / high - 3 / 4) < 0.01


def test_a_photo_that_cannot_be_shown_is_told_and_stops_nothing(troubled: District) -> None:
    (cell,) = [
        cell for table in opened(troubled).tables for row in table.rows for cell in row.cells if "无法显示" in cell.text
    ]  # fmt: skip
    assert "金桥镇_照片_02" in cell.text


def test_a_picture_bomb_is_told_and_stops_nothing(district: District) -> None:
    stream = io.BytesIO()
    Image.new("1", (20000, 20000)).save(stream, "PNG")
    district.send("qingnian", photos=[stream.getvalue()])
    assert "无法显示" in opened(district).tables[0].cell(0, 0).text


def test_an_album_without_photos_says_so(district: District) -> None:
    assert "尚未收到照片。" in [one.text for one in opened(district).paragraphs]

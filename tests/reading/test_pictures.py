"""A photo of the work, a page to be read, or a logo: drawn pages and scenes, lit and turned as phones have them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from agent.base.errors import Unreadable
from agent.demo import pictures as made_up
from agent.reading.limits import Budget, Limits
from agent.reading.pictures import look_at, looks_like_a_page


def budget(**limits: int) -> Budget:
    return Budget(Limits(**limits))


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def ruled_page() -> Image.Image:
    """A page with a title, a ruled table of figures, and a few lines of writing."""
    page = Image.new("RGB", (1240, 1754), (252, 252, 250))
    draw = ImageDraw.Draw(page)
    draw.text((300, 120), "STATISTICS OF THE WINTER CAMPAIGN", fill=(20, 20, 20), font_size=36)
    for row in range(8):
        draw.line((100, 300 + row * 90, 1140, 300 + row * 90), fill=(0, 0, 0), width=3)
        for column in range(14):
            draw.text((115 + column * 80, 320 + row * 90), str(row * column), fill=(10, 10, 10), font_size=30)
    for column in range(14):
        draw.line((100 + column * 80, 300, 100 + column * 80, 930), fill=(0, 0, 0), width=3)
    for row in range(12):
        draw.text(
            (110, 1000 + row * 50),
            "lorem ipsum dolor sit amet consectetur adipisci elit",
            fill=(30, 30, 30),
            font_size=28,
        )
    draw.ellipse((800, 1350, 1100, 1650), outline=(220, 30, 30), width=12)
    return page


def on_a_desk(page: Image.Image) -> Image.Image:
    desk = Image.new("RGB", (page.width * 5 // 4, page.height * 5 // 4), (110, 85, 60))
    desk.paste(page, (page.width // 8, page.height // 8))
    return desk


def in_the_shade(page: Image.Image) -> Image.Image:
    slope = Image.linear_gradient("L").resize(page.size).point(lambda level: 140 + level * 115 // 255)
    return ImageChops.multiply(page, Image.merge("RGB", [slope] * 3))


def grainy(page: Image.Image) -> Image.Image:
    return ImageChops.add(page, Image.merge("RGB", [Image.effect_noise(page.size, 25)] * 3), 1, -128)


TAKEN: dict[str, Callable[[Image.Image], Image.Image]] = {
    "scanned": lambda page: page,
    "dim": lambda page: ImageEnhance.Brightness(page).enhance(0.65),
    "turned": lambda page: page.rotate(4, expand=True, fillcolor=(90, 80, 70)),
    "on its side": lambda page: page.rotate(90, expand=True),
    "blurred": lambda page: page.filter(ImageFilter.GaussianBlur(2)),
    "on a desk": on_a_desk,
    "on a desk in the shade": lambda page: in_the_shade(on_a_desk(page)),
    "grainy": lambda page: grainy(in_the_shade(page)),
    "yellow lamp": lambda page: ImageChops.multiply(page, Image.new("RGB", page.size, (255, 240, 215))),
    "small": lambda page: page.resize((310, 438)),
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_a_page_is_seen_however_it_was_taken(take: Callable[[Image.Image], Image.Image]) -> None:
    assert look_at(stored(take(ruled_page()), "JPEG"), 200, budget()).look == "page"


@pytest.mark.parametrize("seed", range(12))
def test_a_street_scene_is_a_photo(seed: int) -> None:
    assert look_at(made_up.photo(seed), 200, budget()).look == "photo"


def snow() -> Image.Image:
    image = Image.merge(
        "RGB", [Image.effect_noise((1200, 900), 25).point(lambda level: min(255, level + 90))] * 3
    )
    draw = ImageDraw.Draw(image)
    for x in range(100, 1100, 200):
        draw.rectangle((x, 300, x + 60, 700), fill=(40, 50, 80))
    return image


def people_before_a_white_wall() -> Image.Image:
    image = Image.new("RGB", (1200, 900), (230, 225, 220))
    draw = ImageDraw.Draw(image)
    for x in range(80, 1150, 130):
        draw.ellipse((x, 350, x + 60, 420), fill=(60, 40, 30))
        draw.rectangle((x - 20, 420, x + 90, 800), fill=(30 + x % 90, 40, 80))
    draw.rectangle((0, 800, 1200, 900), fill=(120, 90, 70))
    return image


def scattered(seed: int, ground: tuple[int, int, int], shape: str) -> Image.Image:
    """Coloured things on an even bright ground: balloons, parcels, tents, umbrellas."""
    rng = random.Random(seed)
    image = Image.new("RGB", (800, 600), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y, size = rng.randrange(800), rng.randrange(600), rng.randrange(8, 90)
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        if shape == "balloons":
            draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)
        elif shape == "parcels":
            draw.rectangle((x - size, y - size // 2, x + size, y + size // 2), fill=colour)
        else:
            draw.polygon([(x, y - size), (x - size, y + size), (x + size, y + size)], fill=colour)
    return image


@pytest.mark.parametrize("shape", ["balloons", "parcels", "tents"])
@pytest.mark.parametrize("ground", [(204, 255, 238), (250, 250, 250), (220, 230, 240)])
@pytest.mark.parametrize("seed", range(4))
def test_things_on_an_even_bright_ground_are_no_page(
    seed: int, ground: tuple[int, int, int], shape: str
) -> None:
    assert not looks_like_a_page(scattered(seed, ground, shape))


@pytest.mark.parametrize("scene", [snow, people_before_a_white_wall], ids=lambda one: one.__name__)
def test_a_bright_scene_is_no_page(scene: Callable[[], Image.Image]) -> None:
    assert not looks_like_a_page(scene())


def test_an_empty_white_picture_is_no_page() -> None:
    assert not looks_like_a_page(Image.new("RGB", (800, 600), "white"))


def test_a_logo_is_small() -> None:
    assert look_at(stored(Image.new("RGB", (600, 199), "red")), 200, budget()).look == "small"
    assert look_at(stored(Image.new("RGB", (200, 200), "red")), 200, budget()).look == "photo"


def test_the_same_pixels_have_the_same_digest_whatever_the_file_says_besides() -> None:
    image = Image.open(io.BytesIO(made_up.photo(1)))
    plain, with_comment = stored(image), stored(image, "BMP")
    assert look_at(plain, 200, budget()).pixels == look_at(with_comment, 200, budget()).pixels
    assert look_at(plain, 200, budget()).pixels != look_at(made_up.photo(2), 200, budget()).pixels


def test_a_photo_turned_by_its_exif_is_the_photo_turned() -> None:
    image = Image.open(io.BytesIO(made_up.photo(1)))
    exif = Image.Exif()
    exif[0x0112] = 6
    said = look_at(stored(image, "PNG", exif=exif), 200, budget())
    assert said.pixels == look_at(stored(image.rotate(-90, expand=True)), 200, budget()).pixels


def test_pictures_of_the_same_bytes_in_another_shape_differ() -> None:
    wide, high = Image.new("RGB", (400, 200), "red"), Image.new("RGB", (200, 400), "red")
    assert look_at(stored(wide), 100, budget()).pixels != look_at(stored(high), 100, budget()).pixels


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_kind_of_pixel_is_decoded(mode: str) -> None:
    image = Image.new(mode, (300, 300))
    kind = "TIFF" if mode in ("CMYK", "I;16", "F") else "PNG"
    assert len(look_at(stored(image, kind), 200, budget()).pixels) == 64


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF"])
def test_every_format_is_decoded(kind: str) -> None:
    image = Image.open(io.BytesIO(made_up.photo(3))).convert("P" if kind == "GIF" else "RGB")
    assert look_at(stored(image, kind), 200, budget()).look == "photo"


def test_a_huge_jpeg_is_looked_at_smaller_and_a_huge_png_is_refused() -> None:
    image = Image.new("RGB", (1000, 800), "red")
    assert look_at(stored(image, "JPEG"), 200, budget(pixels=300_000)).look == "photo"
    with pytest.raises(Unreadable) as refusal:
        look_at(stored(image), 200, budget(pixels=300_000))
    assert refusal.value.rule == "too_large"


def test_many_pictures_together_are_bounded() -> None:
    left = budget(pixels_in_all=100_000)
    look_at(stored(Image.new("RGB", (300, 300))), 200, left)
    with pytest.raises(Unreadable):
        look_at(stored(Image.new("RGB", (300, 300))), 200, left)


@pytest.mark.parametrize("length", [3, 20, 200, 2000])
def test_a_photo_cut_short_is_unreadable(length: int) -> None:
    with pytest.raises(Unreadable) as refusal:
        look_at(made_up.photo(1)[:length], 200, budget())
    assert refusal.value.rule == "unreadable"

"""Photos that were never taken: little winter street scenes, drawn, the same bytes for the same seed.

Knows nothing of mails or forms. Each picture says 演示数据, or DEMO where this machine has no Chinese font.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from agent.demo import MARK

Colour = tuple[int, int, int]

SIZE = (1024, 768)
QUALITY = 82

# Sky above, sky at the horizon, snow near the horizon, snow in front: dusk, night, a cold morning.
PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    ((28, 38, 92), (214, 126, 98), (120, 132, 184), (158, 172, 214)),
    ((14, 22, 58), (62, 84, 148), (70, 88, 146), (104, 124, 182)),
    ((84, 138, 198), (236, 190, 150), (150, 172, 210), (172, 196, 226)),
    ((48, 40, 96), (228, 148, 120), (128, 120, 178), (160, 156, 208)),
)
COATS: tuple[Colour, ...] = ((196, 44, 38), (236, 132, 28), (30, 104, 178), (34, 128, 84), (120, 60, 140))
FONTS = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf",
    "wqy-zenhei.ttc", "wqy-microhei.ttc", "uming.ttc", "msyh.ttc", "simhei.ttf", "simsun.ttc",
    "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc",
)  # fmt: skip


def photo(seed: int, caption: str = "") -> bytes:
    """A JPEG of 1024 × 768: a street in winter, people out to help; another seed, another scene."""
    return _jpeg(_scene(seed, caption), QUALITY)


def photo_size(seed: int, approx_bytes: int) -> bytes:
    """A JPEG within a tenth of so many bytes (from 50 KB up), as heavy as a telephone's camera makes them."""
    rng = random.Random(seed)
    width = max(640, min(4000, round((approx_bytes * 4) ** 0.5 / 16) * 16))
    image = _scene(seed, "").resize((width, width * 3 // 4))
    grain = Image.frombytes("L", image.size, rng.randbytes(image.width * image.height))
    best = b""
    low, high = 0, 200
    while low <= high:  # the more of the grain, the heavier the file
        middle = (low + high) // 2
        grainy = Image.blend(image, Image.merge("RGB", (grain, grain, grain)), middle / 256)
        data = _jpeg(grainy, QUALITY)
        if not best or abs(len(data) - approx_bytes) < abs(len(best) - approx_bytes):
            best = data
        low, high = (middle + 1, high) if len(data) < approx_bytes else (low, middle - 1)
    return best


def logo() -> bytes:
    """A small PNG as it stands in a mail's signature: no photo of anything."""
    image = Image.new("RGB", (120, 48), (190, 40, 40))
    ImageDraw.Draw(image).text((26, 14), "DEMO", font=ImageFont.load_default(20), fill=(255, 236, 170))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Canvas:
    """What a scene is drawn on: the picture, its seeded chance, and where the ground begins."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    rng: random.Random
    horizon: int


def _scene(seed: int, caption: str) -> Image.Image:
    rng = random.Random(f"photo {seed}")
    above, far, snow_far, snow_near = rng.choice(PALETTES)
    horizon = rng.randint(400, 470)
    image = Image.new("RGB", SIZE)
    image.paste(_gradient(above, far, horizon), (0, 0))
    image.paste(_gradient(snow_far, snow_near, SIZE[1] - horizon), (0, horizon))
    canvas = _Canvas(image, ImageDraw.Draw(image), rng, horizon)
    _hills(canvas, far)
    _houses(canvas)
    _road(canvas)
    _trees(canvas)
    lamps = _lamps(canvas)
    _people(canvas)
    lit = _glow(image, lamps)
    _snow(lit, rng)
    _words(lit, caption)
    return lit


def _gradient(top: Colour, bottom: Colour, height: int) -> Image.Image:
    column = Image.new("RGB", (1, height))
    for y in range(height):
        share = y / max(1, height - 1)
        column.putpixel((0, y), _between(top, bottom, share))
    return column.resize((SIZE[0], height))


def _between(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _hills(canvas: _Canvas, sky: Colour) -> None:
    for depth, height in ((0.35, 150), (0.6, 95)):
        points = [(0, canvas.horizon)]
        for x in range(0, SIZE[0] + 129, 128):
            points.append((x, canvas.horizon - canvas.rng.randint(height // 3, height)))
        canvas.draw.polygon([*points, (SIZE[0], canvas.horizon)], fill=_between(sky, (58, 66, 110), depth))


def _houses(canvas: _Canvas) -> None:
    x = canvas.rng.randint(-60, 0)
    while x < SIZE[0]:
        width, height = canvas.rng.randint(90, 170), canvas.rng.randint(90, 220)
        wall = _between((70, 62, 84), (150, 96, 84), canvas.rng.random())
        top = canvas.horizon + 18 - height
        canvas.draw.rectangle((x, top, x + width, canvas.horizon + 18), fill=wall)
        canvas.draw.polygon(
            [(x - 12, top), (x + 14, top - 26), (x + width - 14, top - 26), (x + width + 12, top)],
            fill=(206, 216, 238),
        )
        _windows(canvas, x, top, width, height)
        x += width + canvas.rng.randint(8, 60)


def _windows(canvas: _Canvas, x: int, top: int, width: int, height: int) -> None:
    for left in range(x + 14, x + width - 24, 34):
        for upper in range(top + 16, top + height - 40, 42):
            lit = canvas.rng.random() < 0.55
            colour = (252, 208, 112) if lit else (48, 54, 84)
            canvas.draw.rectangle((left, upper, left + 18, upper + 24), fill=colour)


def _road(canvas: _Canvas) -> None:
    middle = canvas.rng.randint(380, 640)
    foot = canvas.rng.randint(300, 720)
    canvas.draw.polygon(
        [
            (middle - 46, canvas.horizon + 18),
            (middle + 46, canvas.horizon + 18),
            (foot + 330, 768),
            (foot - 330, 768),
        ],
        fill=(92, 94, 124),
    )
    for step in range(5):
        share = (step + 0.4) / 5
        x, y = middle + (foot - middle) * share, canvas.horizon + 18 + (750 - canvas.horizon) * share
        canvas.draw.polygon(
            [(x - 3 - 6 * share, y), (x + 3 + 6 * share, y), (x + 4 + 9 * share, y + 34 * share + 8), (x - 4 - 9 * share, y + 34 * share + 8)],
            fill=(212, 196, 140),
        )  # fmt: skip


def _trees(canvas: _Canvas) -> None:
    for _ in range(canvas.rng.randint(2, 5)):
        x, foot = (
            canvas.rng.choice((canvas.rng.randint(20, 240), canvas.rng.randint(800, 1000))),
            canvas.horizon,
        )
        foot += canvas.rng.randint(40, 130)
        canvas.draw.rectangle((x - 6, foot - 40, x + 6, foot), fill=(74, 52, 48))
        for level in range(3):
            half, top = 52 - 13 * level, foot - 110 - 42 * level
            canvas.draw.polygon([(x - half, top + 76), (x + half, top + 76), (x, top)], fill=(34, 92, 78))
            canvas.draw.polygon(
                [(x - half // 2, top + 38), (x + half // 2, top + 38), (x, top)], fill=(190, 208, 236)
            )


def _lamps(canvas: _Canvas) -> list[tuple[int, int]]:
    lamps = []
    for number in range(canvas.rng.randint(2, 4)):
        x = 110 + number * 260 + canvas.rng.randint(-40, 40)
        foot = canvas.horizon + 60 + canvas.rng.randint(0, 60)
        top = foot - 290
        canvas.draw.line((x, foot, x, top), fill=(40, 42, 62), width=9)
        canvas.draw.line((x, top, x + 44, top), fill=(40, 42, 62), width=7)
        canvas.draw.ellipse((x + 30, top - 4, x + 60, top + 20), fill=(255, 236, 170))
        lamps.append((x + 45, top + 8))
    return lamps


def _people(canvas: _Canvas) -> None:
    count = canvas.rng.randint(3, 6)
    places = sorted(
        (canvas.rng.randint(560, 700), 120 + number * 780 // count + canvas.rng.randint(0, 60))
        for number in range(count)
    )
    for foot, x in places:  # from the back to the front
        _person(canvas, x, foot, (foot - 330) / 230)


def _person(canvas: _Canvas, x: int, foot: int, scale: float) -> None:
    def at(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return x + left * scale, foot + top * scale, x + right * scale, foot + bottom * scale

    draw, coat = canvas.draw, canvas.rng.choice(COATS)
    draw.ellipse(at(-34, -8, 34, 8), fill=(82, 90, 136))
    draw.rounded_rectangle(at(-16, -58, -2, 0), 5, fill=(38, 40, 58))
    draw.rounded_rectangle(at(2, -58, 16, 0), 5, fill=(38, 40, 58))
    draw.rounded_rectangle(at(-24, -126, 24, -46), 14, fill=coat)
    draw.rounded_rectangle(at(-36, -120, -22, -62), 7, fill=_between(coat, (0, 0, 0), 0.15))
    draw.rounded_rectangle(at(22, -120, 36, -62), 7, fill=_between(coat, (0, 0, 0), 0.15))
    draw.rectangle(at(-36, -102, -22, -88), fill=(226, 40, 40))  # the volunteers' armband
    draw.ellipse(at(-17, -162, 17, -122), fill=(236, 190, 158))
    draw.pieslice(at(-19, -168, 19, -122), 180, 360, fill=_between(coat, (255, 255, 255), 0.25))
    if canvas.rng.random() < 0.5:  # a parcel of winter clothes
        draw.rectangle(at(-20, -96, 26, -66), fill=(190, 140, 84), outline=(120, 84, 50), width=2)


def _glow(image: Image.Image, lamps: list[tuple[int, int]]) -> Image.Image:
    mask = Image.new("L", SIZE)
    draw = ImageDraw.Draw(mask)
    for x, y in lamps:
        draw.ellipse((x - 70, y - 60, x + 70, y + 80), fill=120)
        draw.polygon([(x - 12, y), (x + 12, y), (x + 130, y + 320), (x - 130, y + 320)], fill=60)
    # Blurred small and enlarged: the same soft light for a fraction of the time.
    small = mask.resize((256, 192)).filter(ImageFilter.GaussianBlur(8)).resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, (255, 222, 150)), image, small)


def _snow(image: Image.Image, rng: random.Random) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(120, 320)):
        x, y, radius = rng.randint(0, SIZE[0]), rng.randint(0, SIZE[1]), rng.choice((1, 1, 2, 2, 3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(238, 242, 252))


def _words(image: Image.Image, caption: str) -> None:
    font = _font(30)
    text = f"{MARK} {caption}".strip() if font else "DEMO"
    draw = ImageDraw.Draw(image)
    draw.text(
        (28, 712),
        text,
        font=font or ImageFont.load_default(30),
        fill=(255, 244, 214),
        stroke_width=2,
        stroke_fill=(24, 28, 60),
    )


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | None:
    """A font of this machine that can write Chinese, or None. Pillow looks for the name where fonts are kept."""
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()

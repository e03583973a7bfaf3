"""A picture: a photo of the work, a page to be read, or a logo; and what tells the same photo again."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from agent.reading.formats.limits import Budget
from agent.reading.formats.refusals import damaged, too_large

if TYPE_CHECKING:
    from PIL.Image import Image

Look = Literal["photo", "page", "small"]

SMALLER_JPEG = 4  # a JPEG may have this many times the pixels: it can be decoded at a smaller scale
SIDE = 160  # pixels of the longer side of the small version that is looked at
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "MPO")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a picture looks like, and the SHA-256 of its decoded, oriented pixels and its size."""

    look: Look
    pixels: str


def look_at(data: bytes, min_pixels: int, budget: Budget) -> Looked:
    """What the picture is.

    Args:
        data: the file's bytes.
        min_pixels: a picture with a shorter side is a logo or a signature.
        budget: bounds.

    Raises:
        Unreadable: damaged, or over the bounds.
    """
    image = _decoded(data, budget)
    digest = hashlib.sha256(f"{image.width}x{image.height}:".encode())
    digest.update(image.tobytes())
    if min(image.size) < min_pixels:
        return Looked("small", digest.hexdigest())
    return Looked("page" if looks_like_a_page(image) else "photo", digest.hexdigest())


def _decoded(data: bytes, budget: Budget) -> Image:
    """The first frame in RGB, turned as its EXIF says, on white where it is transparent."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    most = budget.limits.pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened: Image.Image = Image.open(BytesIO(data), formats=FORMATS)
            width, height = opened.size
            if opened.format == "JPEG" and most < width * height <= most * SMALLER_JPEG:
                opened.draft("RGB", (width // 2, height // 2))
                width, height = opened.size
            if width * height > most:
                raise too_large(f"有 {width}×{height} 像素，太大")
            budget.spend_pixels(width * height)
            opened.load()
            return _rgb(ImageOps.exif_transpose(opened) or opened)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise damaged() from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
        ZeroDivisionError,
    ) as error:
        raise damaged() from error


def _rgb(image: Image) -> Image:
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        shown = image.convert("RGBA")
        paper = Image.new("RGBA", shown.size, "white")
        return Image.alpha_composite(paper, shown).convert("RGB")
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return image.convert("I").point(lambda level: level / 256).convert("L").convert("RGB")
    return image.convert("RGB")


# --- a page of paper -------------------------------------------------------------------------------------


def looks_like_a_page(image: Image) -> bool:
    """Whether the picture is mostly evenly bright, colourless paper with fine dark strokes spread over it.

    Looked at in a gray version of at most SIDE pixels: paper takes more than half of it, nearly all of the
    rest is ink (not the half-tones of a scene), and the ink touches many rows and columns of a coarse raster.
    """
    small = image.reduce(max(1, max(image.size) // SIDE)) if max(image.size) > 2 * SIDE else image.copy()
    small.thumbnail((SIDE, SIDE))
    gray = small.convert("L")
    paper = _paper_level(gray.histogram())
    if paper < 140 or _colourful(small, paper):
        return False
    levels = gray.tobytes()
    ink = [level < paper - 32 for level in levels]
    on_paper = sum(1 for level in levels if level >= paper - 32) / len(levels)
    return on_paper > 0.55 and _spread(ink, gray.width, gray.height) > 0.3 and _even(gray, paper)


def _paper_level(histogram: list[int]) -> int:
    """The gray level around which most of the bright pixels lie."""
    return max(range(96, 256), key=lambda level: sum(histogram[max(0, level - 10) : level + 11]))


def _colourful(image: Image, paper: int) -> bool:
    """Whether what is as bright as the paper has a colour of its own: sky, walls, skin."""
    saturation = image.convert("HSV").getchannel("S").tobytes()
    gray = image.convert("L").tobytes()
    bright = [colour for colour, level in zip(saturation, gray, strict=True) if level >= paper - 32]
    return sum(bright) > 40 * len(bright)


def _spread(ink: list[bool], width: int, height: int, raster: int = 12) -> float:
    """The share of a coarse raster's fields that hold both ink and paper."""
    mixed = 0
    for down in range(raster):
        for right in range(raster):
            field = [
                ink[y * width + x]
                for y in range(
                    down * height // raster, max((down + 1) * height // raster, down * height // raster + 1)
                )
                for x in range(
                    right * width // raster, max((right + 1) * width // raster, right * width // raster + 1)
                )
                if y < height and x < width
            ]
            dark = sum(field)
            mixed += 0 < dark < 0.8 * len(field) if field else 0
    return mixed / (raster * raster)


def _even(gray: Image, paper: int) -> bool:
    """Whether neighbours on the paper hardly differ: snow, fog and walls have a grain or a slope."""
    levels = gray.tobytes()
    width = gray.width
    pairs = [
        (one, other)
        for number, (one, other) in enumerate(pairwise(levels), 1)
        if number % width and one >= paper - 12 and other >= paper - 12
    ]
    return len(pairs) > 0.25 * len(levels) and sum(abs(a - b) for a, b in pairs) < 4 * len(pairs)

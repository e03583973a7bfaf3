"""A picture: a photo of the work, a page to be read, or a logo; and what tells the same photo again."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from agent.reading.limits import Budget
from agent.reading.refusals import USE_JPEG, damaged, too_large, without_program

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFilter import Filter

Look = Literal["photo", "page", "small"]

SMALLER_JPEG = 4  # a JPEG may have this many times the pixels: it can be decoded at a smaller scale
SIDE = 160  # pixels of the longer side of the small version that is looked at
STRIP = 256  # rows of a picture that are hashed at a time
ORIENTATION = 0x0112  # the tag of EXIF
MOST_PAGES = 20  # of one TIFF
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "HEIF")  # a JPEG may hold several (MPO)


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
    image = next(every_page(data, budget))
    digest = hashlib.sha256(f"{image.width}x{image.height}:".encode())
    for top in range(0, image.height, STRIP):  # all at once would be the picture a second time
        digest.update(image.crop((0, top, image.width, min(top + STRIP, image.height))).tobytes())
    if min(image.size) < min_pixels:
        return Looked("small", digest.hexdigest())
    return Looked("page" if looks_like_a_page(image) else "photo", digest.hexdigest())


@cache
def know_heif() -> bool:
    """Let Pillow open the photos of iPhones, too, where their decoder is there; whether it is."""
    try:
        import pi_heif
    except ImportError:
        return False
    pi_heif.register_heif_opener()
    return True


def every_page(data: bytes, budget: Budget) -> Iterator[Image]:
    """The first frame in RGB, turned as its EXIF says, on white where it is transparent; a TIFF's other pages.

    Raises:
        Unreadable: damaged, over the bounds, or of a format without its decoder.
    """
    from PIL import Image

    if not know_heif() and data[4:8] == b"ftyp":
        raise without_program("HEIC 格式的照片", "pi-heif", USE_JPEG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened: Image.Image = Image.open(BytesIO(data), formats=FORMATS)
            pages = getattr(opened, "n_frames", 1) if opened.format == "TIFF" else 1
            frame = _frame(opened, budget)
            if pages == 1:
                del opened  # it may be the picture a second time
            yield frame
            if pages > MOST_PAGES:
                raise too_large(f"超过 {MOST_PAGES} 页")
            for number in range(1, pages):
                opened.seek(number)
                yield _frame(opened, budget)
    except Image.DecompressionBombError as error:
        raise too_large("像素太多") from error
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


def _frame(opened: Image, budget: Budget) -> Image:
    from PIL import ImageOps

    most = budget.limits.pixels
    width, height = opened.size
    if opened.format == "JPEG" and most < width * height <= most * SMALLER_JPEG:
        opened.draft("RGB", (width // 2, height // 2))
        width, height = opened.size
    if width * height > most:
        raise too_large(f"有 {width}×{height} 像素，太大")
    budget.spend_pixels(width * height)
    opened.load()
    turned = opened.getexif().get(ORIENTATION, 1) != 1
    return _rgb(ImageOps.exif_transpose(opened) if turned else opened)


def _rgb(image: Image) -> Image:
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        shown = image if image.mode == "RGBA" else image.convert("RGBA")
        paper = Image.new("RGB", shown.size, "white")
        paper.paste(shown, mask=shown)
        return paper
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return image.convert("I").point(lambda level: level / 256).convert("L").convert("RGB")
    if image.mode == "RGB" and getattr(image, "n_frames", 1) == 1:  # the next page of a TIFF takes its place
        return image
    return image.convert("RGB")


# --- a page of paper -------------------------------------------------------------------------------------

RASTER = 12  # fields across and down in which ink is looked for


def looks_like_a_page(image: Image) -> bool:
    """Whether the picture is mostly colourless, even paper with dark strokes spread over it.

    Looked at small, and each pixel against the brightest around it, so that a shadow over the paper, a dark
    desk under it and a weak light change nothing. Much of a page is paper, and many fields of a coarse raster
    hold paper and ink; fewer will do where hardly any ink is thicker than a stroke, as it is in any scene. Where only
    things without strokes lie on an even ground (people on snow, balloons before a wall), nothing is written.
    """
    small = image.reduce(max(1, max(image.size) // SIDE)) if max(image.size) > 2 * SIDE else image.copy()
    small.thumbnail((SIDE, SIDE))
    gray = small.convert("L")
    against = _against_surroundings(gray)
    paper = _paper(small, gray, against)
    if _share(paper) < 0.4 or not _even(gray, paper):
        return False
    ink = against.point(_under(200))
    mixed, thick = _mixed(paper, ink), ink.filter(_erosion())
    only_strokes = _share(thick) < 0.3 * _share(ink)
    if not only_strokes:
        return mixed > 0.28 and _mixed(paper, _strokes(ink, thick)) > 0.12
    return mixed > 0.28 or (mixed > 0.08 and _share(paper) > 0.7)


def _strokes(ink: Image, thick: Image) -> Image:
    """The ink that is no thicker than a stroke: not what is left of it grown again, and a little more."""
    from PIL import ImageChops, ImageFilter

    return ImageChops.subtract(ink, thick.filter(ImageFilter.MaxFilter(5)))


def _erosion() -> Filter:
    from PIL import ImageFilter

    return ImageFilter.MinFilter(3)


def _under(bound: int) -> list[int]:
    """For ``point``: which levels are under a bound."""
    return [255 * (level < bound) for level in range(256)]


def _from(bound: int) -> list[int]:
    return [255 * (level >= bound) for level in range(256)]


def _against_surroundings(gray: Image) -> Image:
    """Each pixel's brightness in 255ths of the brightest around it."""
    from PIL import ImageFilter, ImageMath

    around = gray.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.GaussianBlur(4))

    def share(of: dict[str, Any]) -> Any:
        whole = of["min"](
            of["level"] * 255 / of["max"](of["bright"], 1), 255
        )  # of whole numbers: rounded down
        return of["convert"](whole, "L")

    against: Image = ImageMath.lambda_eval(share, level=gray, bright=around)
    return against


def _paper(image: Image, gray: Image, against: Image) -> Image:
    """Which pixels may be paper: as bright as what is around them, not dark, without much colour."""
    from PIL import ImageChops

    colour = image.convert("HSV").getchannel("S")
    bright = ImageChops.darker(against.point(_from(225)), gray.point(_from(100)))
    return ImageChops.darker(bright, colour.point(_under(60)))


def _share(marks: Image) -> float:
    return 1 - marks.histogram()[0] / (marks.width * marks.height)


def _even(gray: Image, paper: Image) -> bool:
    """Whether neighbours on the paper hardly differ: grass, gravel and brushwork have a grain."""
    from PIL import ImageChops

    left, right = (0, 0, gray.width - 1, gray.height), (1, 0, gray.width, gray.height)
    if gray.width < 2:
        return False
    both = ImageChops.darker(paper.crop(left), paper.crop(right))
    steps = ImageChops.difference(gray.crop(left), gray.crop(right)).histogram(both)
    return sum(steps) > 0 and sum(step * times for step, times in enumerate(steps)) < 6 * sum(steps)


def _mixed(paper: Image, ink: Image) -> float:
    """The share of the raster's fields that hold both."""
    mixed = 0
    for down in range(RASTER):
        for right in range(RASTER):
            field = (
                right * ink.width // RASTER,
                down * ink.height // RASTER,
                (right + 1) * ink.width // RASTER,
                (down + 1) * ink.height // RASTER,
            )
            size = (field[2] - field[0]) * (field[3] - field[1])
            if size:
                inked, blank = (one.crop(field).histogram()[255] for one in (ink, paper))
                mixed += inked > 0.02 * size and blank > 0.3 * size
    return mixed / (RASTER * RASTER)

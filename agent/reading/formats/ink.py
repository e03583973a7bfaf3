"""Whether ink is seen on its ground: the arithmetic of colours, for every format.

Contrast is WCAG 2's (relative luminance, from 1:1 to 21:1). What office programs offer as grey reads well enough down to
25 % (1.8:1); 15 % (1.4:1) is made out on one screen and not on another, nor on paper, and so is yellow on white
(1.07:1); 5 % (1.1:1) is white to everybody. Bright green on white (1.4:1), or red on green, is told by its colour.
"""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache
from typing import Literal

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

Visibility = Literal["seen", "faint", "unseen"]
"""``faint``: some see it and some don't, so nobody can tell what the figure is."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
FAINT_INK = "颜色太淡、看不清的字"
"""What a cell holds then, for ``Cell.drawn``."""

LEAST = 1.5  # contrast at which ink is seen by everybody
COLOURED = 1.2  # contrast at which a colour of its own is enough
NONE = 1.15  # contrast under which nobody sees any
OTHER_SHADE, OTHER_COLOUR = 64, 160  # of 255: by how much one of their parts differs at least


@lru_cache(maxsize=4096)
def visibility(ink: Colour | None, ground: Colour | None) -> Visibility:
    """How ink looks on a ground; where either isn't known, it is taken to be seen."""
    if ink is None or ground is None:
        return "seen"
    contrast = _contrast(ink, ground)
    apart = max(abs(one - other) for one, other in zip(ink, ground, strict=True))
    if contrast >= LEAST or (contrast >= COLOURED and apart >= OTHER_COLOUR):
        return "seen"
    return "unseen" if contrast < NONE and apart < OTHER_SHADE else "faint"


def of_hex(text: str | None) -> Colour | None:
    """FFFFFF, #FFFFFF, or FFFFFFFF with the opacity in front, as a colour; None for anything else (auto)."""
    match = _HEX.fullmatch((text or "").strip())
    return (int(match[1], 16), int(match[2], 16), int(match[3], 16)) if match else None


@lru_cache(maxsize=4096)
def of_css(text: str, ground: Colour | None = WHITE) -> Colour | None:
    """A colour as a style sheet or an old attribute writes it, on its ground; None for one that isn't known."""
    from PIL import ImageColor

    text = text.strip().lower()[:60]
    written = _RGB.fullmatch(text)
    if written:
        red, green, blue = (min(int(part), 255) for part in written.group(1, 2, 3))
        share = float(written[4] or 1) / (100 if written[5] else 1)
        return (
            mixed((red, green, blue), ground, min(share, 1)) if ground and share < 1 else (red, green, blue)
        )
    try:
        red, green, blue, *opacity = ImageColor.getrgb(text)
    except ValueError:
        return of_hex(text)
    return mixed((red, green, blue), ground, opacity[0] / 255) if opacity and ground else (red, green, blue)


def mixed(ink: Colour, ground: Colour, share: float) -> Colour:
    """So much of the one on the other, 0 to 1."""
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(ink, ground, strict=True))
    return (red, green, blue)


def tinted(colour: Colour, tint: float) -> Colour:
    """Lighter (up to 1) or darker (down to -1), as a workbook's tint has it (ECMA-376 part 1, 18.8.19)."""
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    red, green, blue = (
        round(part * 255) for part in colorsys.hls_to_rgb(hue, min(1, max(0, light)), saturation)
    )
    return (red, green, blue)


def _contrast(one: Colour, other: Colour) -> float:
    lower, higher = sorted((_luminance(one), _luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


_HEX = re.compile(r"#?(?:[0-9a-f]{2})?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.IGNORECASE)
_RGB = re.compile(
    r"rgba?\(\s*([0-9]{1,3})[\s,]+([0-9]{1,3})[\s,]+([0-9]{1,3})(?:[\s,/]+([0-9]{1,3}(?:\.[0-9]{1,6})?|\.[0-9]{1,6})(%?))?\s*\)"
)

"""PDF pages that lie on their side or upside down, by the direction of their letters: put upright, by pypdfium2."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

LOOKED_AT = 500  # letters of a page
STEEP = 5  # degrees by which letters may lean and still count as upright, or as on their side


def put_upright(document: Any) -> dict[int, int]:
    """Turn each page most of whose letters stand otherwise; the new rotations in degrees, by the pages' numbers."""
    turned = {}
    for number, page in enumerate(document, 1):
        rotation = _upright(page)
        if rotation is not None and rotation != page.get_rotation():
            page.set_rotation(rotation)
            turned[number] = rotation
        page.close()
    return turned


def _upright(page: Any) -> int | None:
    """The rotation that puts most letters upright; None where there are none, or they stand in all directions."""
    import pypdfium2.raw as raw

    text = page.get_textpage()
    try:
        angles: Counter[int | None] = Counter()
        for at in range(min(text.count_chars(), LOOKED_AT)):
            if raw.FPDFText_IsGenerated(text.raw, at) or chr(raw.FPDFText_GetUnicode(text.raw, at)).isspace():
                continue
            angles[_quarter(math.degrees(raw.FPDFText_GetCharAngle(text.raw, at)))] += 1
    finally:
        text.close()
    if not angles:
        return None
    angle, count = angles.most_common(1)[0]
    return None if angle is None or 2 * count <= angles.total() else (360 - angle) % 360


def _quarter(degrees: float) -> int | None:
    nearest = round(degrees / 90) * 90
    return nearest % 360 if abs(degrees - nearest) <= STEEP else None

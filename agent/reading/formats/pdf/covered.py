"""Whether a PDF's page shows other text than it says: invisible letters (a scanner's guess), or letters covered up."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

DEEPEST = 4  # forms within forms
THIN = 4.0  # points; what is thinner is a line and covers nothing
CORNERS = (
    6  # segments of a path that may be a box, beyond which it is a drawing: a seal lets the figures through
)

Box = tuple[float, float, float, float]


def shows_other_than_it_says(page: Any) -> bool:
    """Whether any text on the page isn't drawn, or something opaque was drawn over some later.

    Args:
        page: pypdfium2's.
    """
    import pypdfium2.raw as raw

    texts: list[Box] = []
    pages_text = page.get_textpage()
    try:
        for one in page.get_objects(max_depth=DEEPEST):
            if one.type == raw.FPDF_PAGEOBJ_TEXT:
                if not _says(one, pages_text):
                    continue
                if raw.FPDFTextObj_GetTextRenderMode(one.raw) in (
                    raw.FPDF_TEXTRENDERMODE_INVISIBLE,
                    raw.FPDF_TEXTRENDERMODE_CLIP,
                ):
                    return True
                if one.level == 0:  # within a form, places are the form's own
                    texts.append(_bounds(one))
            elif one.level == 0 and texts and _covers(one) and _over_any(_bounds(one), texts):
                return True
    finally:
        pages_text.close()
    return False


def _says(one: Any, pages_text: Any) -> bool:
    """Whether a text object has any letter but blanks."""
    return bool(text_of(one, pages_text).strip(" \t\r\n\u3000\xa0"))


def text_of(one: Any, pages_text: Any) -> str:
    """What a text object says."""
    import pypdfium2.raw as raw

    size = raw.FPDFTextObj_GetText(one.raw, pages_text.raw, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFTextObj_GetText(
        one.raw, pages_text.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size
    )
    return buffer.raw.decode("utf-16-le", "ignore").strip("\0")


def _covers(one: Any) -> bool:
    """Whether what is drawn here hides what was drawn before: a picture or a filled box that lets nothing through."""
    import pypdfium2.raw as raw

    if one.type not in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH):
        return False
    if raw.FPDFPageObj_HasTransparency(one.raw):
        return False
    return bool(one.type == raw.FPDF_PAGEOBJ_IMAGE) or _is_filled_box(one)


def _is_filled_box(one: Any) -> bool:
    import pypdfium2.raw as raw

    mode, stroke = ctypes.c_int(), raw.FPDF_BOOL()
    raw.FPDFPath_GetDrawMode(one.raw, mode, stroke)
    filled = mode.value != raw.FPDF_FILLMODE_NONE
    return bool(filled and raw.FPDFPath_CountSegments(one.raw) <= CORNERS)


def _bounds(one: Any) -> Box:
    left, bottom, right, top = one.get_bounds() if hasattr(one, "get_bounds") else one.get_pos()
    return left, bottom, right, top


def _over_any(cover: Box, texts: list[Box]) -> bool:
    left, bottom, right, top = cover
    if min(right - left, top - bottom) < THIN:
        return False
    return any(left < x < right and bottom < y < top for x, y in _middles(texts))


def _middles(boxes: list[Box]) -> Iterator[tuple[float, float]]:
    for left, bottom, right, top in boxes:
        yield (left + right) / 2, (bottom + top) / 2

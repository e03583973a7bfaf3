"""Whether the figures that a PDF's page says are the ones that it shows: there, uncovered, and of the shape of their names.

What a letter says comes from a table in the file (ToUnicode), which may be wrong, missing or made so that nobody can
copy the text; what is drawn may be clipped, switched off or off the page. Whoever reads the page sees only the drawing.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.base.unseen import acts
from agent.reading.formats.pdf.covered import DEEPEST, text_of
from agent.reading.formats.pdf.page import Char, Page, Run
from agent.reading.formats.pdf.table import CUT, Box

SCALE = 2.0  # dots a point: a digit of 5 points is ten high
MOST_PIXELS = 20_000_000
INK = 24  # of 255: what is paler is nothing to a reader
TALL = 48  # dots of a digit that is looked at by itself
MOST_LOOKED_AT = 60  # letters of a page, one for each font and digit

LEAST_HOLE = 8  # dots
UNKNOWN = "(cid:"  # how pdfminer begins the number of a letter that it has no name for
HOLES = {"0": (1, 2), "1": (0,), "2": (0,), "3": (0,), "4": (0, 1),
         "5": (0,), "6": (1,), "7": (0,), "8": (2,), "9": (1,)}  # fmt: skip
"""How many holes a digit has; a zero may have a stroke through it, a four may be open."""


class Seen:
    """A file's pages as PDFium draws them, each looked at beside what is read from it."""

    def __init__(self, data: bytes) -> None:
        import pypdfium2

        self._document = pypdfium2.PdfDocument(data)

    def looked_at(self, page: Page) -> Looked:
        """What a look at the page tells."""
        chars = [char for run in page.runs for char in run.chars]
        figures = [char for char in chars if _digit(char.text)]
        if any(_several(char.text) for char in chars):
            return Looked(false=True)
        if not figures:
            return Looked()
        drawn = self._document[page.number - 1]
        try:
            true = _known_to_both(figures, drawn) and _shaped(drawn, self._document)
            return Looked(not true, frozenset(_unseen(figures, page, drawn)))
        finally:
            drawn.close()


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a page tells.

    Attributes:
        false: some of its digits look like others than the file says they are.
        unseen: digits that aren't seen where they stand.
    """

    false: bool = False
    unseen: frozenset[Char] = frozenset()

    def unseen_in(self, boxes: Iterable[Box]) -> bool:
        """Whether an unseen digit stands in one of these boxes."""
        places = [char.middle for char in self.unseen]
        return any(x0 <= x <= x1 and top <= y <= low for x0, top, x1, low in boxes for x, y in places)

    def without_unseen(self, page: Page) -> Page:
        """The page with a mark in the place of each digit that isn't seen, which makes a figure none."""
        if not self.unseen:
            return page
        return replace(page, runs=tuple(Run(tuple(map(self._marked, run.chars))) for run in page.runs))

    def _marked(self, char: Char) -> Char:
        return replace(char, text=CUT) if char in self.unseen else char


def _digit(text: str) -> str:
    """The digit that a letter is, also a full-width one; else nothing."""
    plain = unicodedata.normalize("NFKC", text)
    return plain if len(plain) == 1 and plain in HOLES else ""


def _several(text: str) -> bool:
    """Whether one letter says that it is several, and a digit among them."""
    return len(text.strip()) > 1 and not text.startswith(UNKNOWN) and any(map(_digit, text))


def _unseen(figures: Sequence[Char], page: Page, drawn: Any) -> Iterator[Char]:
    left, top, right, bottom = _shown(page.raw)
    scale = min(SCALE, (MOST_PIXELS / max(1.0, (right - left) * (bottom - top))) ** 0.5)
    image = drawn.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil().convert("L")
    for char in figures:
        box = (char.x0 - left, char.top - top, char.x1 - left, char.bottom - top)
        x0, y0, x1, y1 = (round(scale * one) for one in box)
        if x0 >= x1 or y0 >= y1:
            yield char
            continue
        low, high = image.crop((x0, y0, x1, y1)).getextrema()
        if high - low < INK:
            yield char


def _known_to_both(figures: Sequence[Char], drawn: Any) -> bool:
    """Whether PDFium, which guesses otherwise where a font doesn't say what its letters are, reads the same digits."""
    text = drawn.get_textpage()
    try:
        also = {_digit(one) for one in text.get_text_range()}
    finally:
        text.close()
    return {_digit(one.text) for one in figures} <= also


def _shown(raw: Any) -> tuple[float, float, float, float]:
    """The part of the page that a viewer shows, in the letters' own points."""
    whole, cropped = raw.mediabox, raw.cropbox
    left, top = max(whole[0], cropped[0]), max(whole[1], cropped[1])
    return left, top, min(whole[2], cropped[2]), min(whole[3], cropped[3])


# --- shapes ----------------------------------------------------------------------------------------------


def _shaped(drawn: Any, document: Any) -> bool:
    """Whether one of each font's digits has as many holes as its name promises."""
    text = drawn.get_textpage()
    looked_at: set[tuple[str, str]] = set()
    try:
        for one, said in _in_figures(drawn, text):
            font = _font_of(one)
            if len(looked_at) > MOST_LOOKED_AT or all((font, digit) in looked_at for digit in said):
                continue
            glyphs = list(_glyphs(one, drawn, document))
            if len(glyphs) > len(said):  # a point, say, that calls itself a blank
                return False
            if len(glyphs) < len(said):  # they touch
                continue
            for glyph, digit in zip(glyphs, said, strict=True):
                if (font, digit) not in looked_at and _digit(digit):
                    looked_at.add((font, digit))
                    if _holes(glyph) not in HOLES[_digit(digit)]:
                        return False
    finally:
        text.close()
    return True


def _in_figures(drawn: Any, text: Any) -> Iterator[tuple[Any, str]]:
    """The text objects of nothing but digits and points, each with what it says."""
    import pypdfium2.raw as raw

    for one in drawn.get_objects(filter=(raw.FPDF_PAGEOBJ_TEXT,), max_depth=DEEPEST):
        said = _letters(text_of(one, text))
        figure = any(map(_digit, said)) and all(_digit(letter) or letter in ".,，" for letter in said)
        if figure and raw.FPDFTextObj_GetTextRenderMode(one.raw) == raw.FPDF_TEXTRENDERMODE_FILL:
            yield one, said


def _letters(said: str) -> str:
    """What is said, without blanks and marks of no width."""
    return "".join(one for one in said if not one.isspace() and not acts(one))


def _font_of(one: Any) -> str:
    import pypdfium2.raw as raw

    return str(ctypes.cast(raw.FPDFTextObj_GetFont(one.raw), ctypes.c_void_p).value)


Rows = list[bytes]  # of a picture, a byte a dot: 1 where there is ink


def _glyphs(one: Any, drawn: Any, document: Any) -> Iterator[Rows]:
    """The letters of a text object, drawn by itself, parted at blank columns."""
    rows = _alone(one, drawn, document)
    if not rows:
        return
    columns = [any(column) for column in zip(*rows, strict=True)]
    start = None
    for at, inked in enumerate([*columns, False]):
        if inked and start is None:
            start = at
        elif not inked and start is not None:
            yield [row[start:at] for row in rows]
            start = None


def _alone(one: Any, drawn: Any, document: Any) -> Rows:
    import pypdfium2.raw as raw

    _, low, _, high = one.get_bounds() if hasattr(one, "get_bounds") else one.get_pos()
    scale = TALL / max(1.0, high - low)
    bitmap = raw.FPDFTextObj_GetRenderedBitmap(document.raw, drawn.raw, one.raw, scale)
    if not bitmap:
        return []
    try:
        width, height = raw.FPDFBitmap_GetWidth(bitmap), raw.FPDFBitmap_GetHeight(bitmap)
        stride = raw.FPDFBitmap_GetStride(bitmap)
        if width * height > 4_000_000 or raw.FPDFBitmap_GetFormat(bitmap) != raw.FPDFBitmap_BGRA:
            return []
        data = ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), stride * height)
    finally:
        raw.FPDFBitmap_Destroy(bitmap)
    rows = (data[at * stride + 3 : at * stride + 4 * width : 4] for at in range(height))
    return [row.translate(_INKED) for row in rows]


_INKED = bytes(int(opacity >= 96) for opacity in range(256))


def _holes(rows: Rows) -> int:
    """How many patches of paper a shape encloses, those of a few dots apart: they are the drawing's grain."""
    width = len(rows[0]) + 2
    framed = [bytes(width), *(b"\0" + row + b"\0" for row in rows), bytes(width)]
    dots = bytearray().join(framed)
    _fill(dots, 0, width)
    holes = 0
    while (start := dots.find(0)) >= 0:
        holes += _fill(dots, start, width) >= LEAST_HOLE
    return holes


def _fill(dots: bytearray, start: int, width: int) -> int:
    """Ink the blank patch that a dot belongs to; how many dots it had."""
    dots[start] = 1
    waiting, size = [start], 0
    while waiting:
        at = waiting.pop()
        size += 1
        for near in (at - 1, at + 1, at - width, at + width):
            if 0 <= near < len(dots) and not dots[near]:
                dots[near] = 1
                waiting.append(near)
    return size

"""How much of a ruled line is drawn, from crossing to crossing: the long strokes, and a second look at what is left.

The first look wants long strokes. The second is at the line's own darkness between paper on both sides, pixel by
pixel: it finds what a seal or the light has left, dots and dashes in a row, and tells a line from strokes of bold
writing, which have others above and below them. Knows lines that run across; who asks turns the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.reading.ocr.paper import Pixels

BESIDE = 5  # pixels by which a line may sway
CLOSE_BY = 0.2  # of the pixels beside a stretch: more ink is writing
AROUND = 10  # pixels on both sides of a stretch's place that the second look is at
ASIDE = 5  # pixels from a line's middle: paper, on both sides
DARKER = 24  # grey levels by which a line's pixel is darker than the paper on both of its sides
LEFT = 0.45  # of a stretch that the second look sees: what is left of a line, also of each of its thirds
THIRD = 0.25  # (a dash in the middle of a cell is no line), while next to nothing is seen beside it
ALONE = 0.15
CLUTTER = 0.25  # of a stretch that looks like a line some pixels away: writing, where the line itself
UNEVEN = 0.6  # is seen along no more than this


@dataclass(frozen=True, slots=True)
class Strokes:
    """The strokes that run across, of one table.

    Attributes:
        mask: 255 where there are long strokes.
        inked: 255 where there is ink of any kind.
        gray: the page.
    """

    mask: Pixels
    inked: Pixels
    gray: Pixels

    def drawn(self, rows: Sequence[int], columns: Sequence[int]) -> NDArray[np.float64]:
        """How much of each stretch of each line, from column to column, is drawn: 0 to 1."""
        found = np.zeros((len(rows), max(0, len(columns) - 1)))
        for i, row in enumerate(rows):
            for j in range(len(columns) - 1):
                left, right = columns[j] + BESIDE, columns[j + 1] - BESIDE
                first = self._long(row, left, right)
                seen = trace(self.gray, row, left, right)
                if seen is None:
                    found[i, j] = first
                elif seen.whole < UNEVEN and seen.beside > CLUTTER:
                    found[i, j] = 0.0
                else:
                    found[i, j] = max(first, seen.whole if seen.is_line else 0.0)
        return found

    def _long(self, row: int, left: int, right: int) -> float:
        """What long strokes cover; what has ink close by on both sides all along is a stroke of writing."""
        near = (self.mask[max(0, row - BESIDE) : row + BESIDE + 1, left:right] > 0).any(axis=0)
        above = self.inked[max(0, row - 2 * BESIDE) : max(0, row - BESIDE), left:right]
        below = self.inked[row + BESIDE + 1 : row + 2 * BESIDE + 1, left:right]
        return float(near.mean()) if near.size and min(_density(above), _density(below)) < CLOSE_BY else 0.0


@dataclass(frozen=True, slots=True)
class Trace:
    """What is seen of a stretch of a line: shares of its length, 0 to 1.

    Attributes:
        whole: of all of it, where it is best seen.
        third: of the third that shows least.
        beside: of anything that looks like a line some pixels away.
    """

    whole: float
    third: float
    beside: float

    @property
    def is_line(self) -> bool:
        return self.whole >= LEFT and self.third >= THIRD and self.beside < ALONE


def trace(gray: Pixels, row: int, left: int, right: int) -> Trace | None:
    """The trace of a line across about a row, from a column to a column; None too near to the picture's edge."""
    reach = AROUND + ASIDE + 1
    if right - left < 6 or row < reach or row + reach >= gray.shape[0]:
        return None
    band = gray[row - reach : row + reach + 1, left:right].astype(np.int16)
    paper = np.minimum(band[: -2 * ASIDE], band[2 * ASIDE :])
    dark = np.where(paper - band[ASIDE:-ASIDE] > DARKER, 1, 0).astype(np.uint8)
    near = cv2.dilate(dark, np.ones((3, 1), np.uint8))[1:-1]  # a line that leans goes from row to row
    shares = near.mean(axis=1)
    best = AROUND - BESIDE + int(shares[AROUND - BESIDE : AROUND + BESIDE + 1].argmax())
    elsewhere = np.abs(np.arange(len(shares)) - best) > ASIDE
    thirds = [float(part.mean()) for part in np.array_split(near[best], 3)]
    return Trace(float(shares[best]), min(thirds), float(shares[elsewhere].max()))


def _density(inked: Pixels) -> float:
    return float((inked > 0).mean()) if inked.size else 0.0

"""Shapes of ink that bear out a reading, or don't: how wide a number is, whether it has a point, a lone stroke.

The recogniser reads one wrong reading twice; these measures are independent of it. Knows no words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.reading.ocr.paper import Pixels

SPECK = 4  # pixels of ink that are dust
SLIM = 3.2  # times as long as wide: a stroke
SLASH = 6.5  # the same for /
UPRIGHT = 8  # degrees from upright or level
NARROW = "1"
LEANING = 5  # degrees to the right from which a 1 is none; its flag makes an upright one lean to the left
CLOSE = 0.3  # the same where less is certain: a point takes 0.5
OFF = 0.55  # of a digit's width by which a number may be wider or narrower than its digits


def figure_like(text: str) -> bool:
    """Whether a text may be a figure: it has a digit, or no more than two characters that aren't words."""
    return re.search(r"[0-9０-９]", text) is not None or (
        len(text) <= 2 and re.search(r"[\u4e00-\u9fff]{2}|[无零]", text) is None
    )


def without_specks(mask: Pixels, tall: float) -> Pixels:
    """The ink without dust: single pixels, and small pieces far from what is as large as a character's part.

    Args:
        mask: 255 where there is ink.
        tall: the height of a line of this writing.
    """
    if not mask.size:
        return mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    large = [at for at in range(1, count) if max(stats[at][2], stats[at][3]) >= 0.35 * tall]
    reach = 2 * round(0.6 * tall) + 1
    near = cv2.dilate(np.isin(labels, large).astype(np.uint8), np.ones((reach, reach), np.uint8))
    kept = [
        at
        for at in range(1, count)
        if stats[at][cv2.CC_STAT_AREA] >= SPECK and (not large or near[labels == at].any())
    ]
    return np.where(np.isin(labels, kept), 255, 0).astype(np.uint8)


def lone_stroke(mask: Pixels) -> str | None:
    """What a single straight stroke is: — or /; empty where it leans so that it may be either 1 or /.

    None for what isn't one straight stroke, and for an upright one. Measured on seven typefaces, blurred: an upright 1
    leans by 6° at most, an italic one by 8 to 15° and is 6 times as long as wide; / leans by 16° or more and is
    longer; 7 is less than 3.2 times as long.
    """
    rows, columns = np.nonzero(mask)
    count, _ = cv2.connectedComponents(mask)
    if count != 2 or len(rows) < 6:
        return None
    spread, axes = np.linalg.eigh(np.cov(np.stack([columns, -rows]).astype(float)))
    slim = math.sqrt(max(spread[1], 0.0) / max(spread[0], 1e-9))
    if slim < SLIM:
        return None
    lean = math.degrees(math.atan2(axes[1, 1], axes[0, 1])) % 180
    if lean < UPRIGHT or lean > 180 - UPRIGHT:
        return "—"
    if lean > 90 - UPRIGHT:
        return None
    return "/" if 20 <= lean <= 74 and slim >= SLASH else ""


@dataclass(frozen=True, slots=True)
class Shapes:
    """A table's writing: how wide a digit is for its height; 0 where too few numbers tell."""

    pitch: float

    @classmethod
    def of(cls, lines: Sequence[tuple[str, Pixels]]) -> Shapes:
        """Measured on the numbers as they were read, the median of all."""
        measured = [
            mask.shape[1] / _low_marks(mask)[0] / _widths(text)
            for text, mask in lines
            if re.fullmatch(r"[0-9]{2,}", text)
        ]
        return cls(float(np.median(measured)) if len(measured) >= 3 else 0.0)

    def bear_out(self, text: str, mask: Pixels) -> bool:
        """Whether a number is as wide as its digits are, and has points and commas where the reading has them."""
        if not re.fullmatch(r"[0-9]+(?:[.,][0-9]+)*", text):
            return True
        height, marks = _low_marks(mask)
        if marks and marks != re.sub("[^.,]", "", text):
            return False  # where no mark stands apart, it may have run into its digit
        if _leaning_ones(text, mask, height):
            return False
        if not self.pitch:
            return True
        return bool(abs(mask.shape[1] / height / self.pitch - _widths(text)) <= OFF)

    def closely_bear_out(self, text: str, mask: Pixels) -> bool:
        """The same, by closer measures: a point would show in the width, if it doesn't show by itself."""
        if not self.pitch or not re.fullmatch(r"[0-9]+(?:[.,][0-9]+)*", text):
            return False
        height, marks = _low_marks(mask, below="7" not in text)
        off = abs(mask.shape[1] / height / self.pitch - _widths(text))
        return marks == re.sub("[^.,]", "", text) and off <= CLOSE and not _leaning_ones(text, mask, height)


def _leaning_ones(text: str, mask: Pixels, tall: float) -> bool:
    """Whether what reads as a 1 leans as the stem of a 7 does whose bar was lost, where each digit stands alone."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    pieces = sorted(
        (int(stats[at][cv2.CC_STAT_LEFT]), at)
        for at in range(1, count)
        if stats[at][cv2.CC_STAT_HEIGHT] >= 0.6 * tall
    )
    digits = re.sub("[.,]", "", text)
    if len(pieces) != len(digits):
        return False
    return any(
        _lean(labels == at) > LEANING
        for digit, (_, at) in zip(digits, pieces, strict=True)
        if digit == NARROW
    )


def _lean(piece: NDArray[np.bool_]) -> float:
    """By how many degrees a stroke leans to the right of upright."""
    rows, columns = np.nonzero(piece)
    spread = float(np.var(rows))
    across = float(np.cov(columns, -rows)[0, 1])
    return math.degrees(math.atan2(across, spread)) if spread else 0.0


def _widths(text: str) -> float:
    """How many digits' widths a number takes, from the first one's ink to the last one's."""
    wide = sum(0.5 if one in ".," else 1.0 for one in text) - 0.15
    return wide - 0.2 * ((text[0] == NARROW) + (text[-1] == NARROW))


def _low_marks(mask: Pixels, below: bool = False) -> tuple[float, str]:
    """How high the digits are, and the points and commas: low, small pieces of ink between others.

    A comma reaches below the digits, a point doesn't.

    Args:
        mask: a number's ink.
        below: what stands right below a digit's piece is a piece of that digit; below a 7 it may be a point.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    pieces = sorted(tuple(int(one) for one in stats[at][:4]) for at in range(1, count))
    tallest = max(pieces, key=lambda piece: piece[3])
    height, foot = tallest[3], tallest[1] + tallest[3]
    digits = [(x, x + wide) for x, _, wide, high in pieces if below and high >= 0.45 * height]
    marks = [
        "," if y + high > foot + 0.1 * height else "."
        for x, y, wide, high in pieces
        if max(wide, high) < 0.45 * height
        and y > foot - 0.45 * height
        and 0 < x < mask.shape[1] - wide
        and not any(left <= x and x + wide <= right for left, right in digits)
    ]
    return float(height), "".join(marks)

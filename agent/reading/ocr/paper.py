"""A picture as paper: grey ink on even white, the red of seals taken out, whatever the light was.

Knows pixels only; what is ruled and written on the page is for the rooms behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Grey values, 255 white, rows by columns; RGB with a third axis where it says so."""

INK = 170  # a grey value below this is ink
RED = 0.2  # of the paper's brightness by which red ink is brighter in red than in the other channels
PALE_RED = 0.06  # the same beside red ink, where compression has blurred its colour
PRINTED = 0.6  # of the paper's brightness: darker in red is print, also under a seal
RULED = 0.64  # the same for a hairline, which is paler
WHITEST = 0.80  # of the brightness around it: lighter is paper, also under a seal


@dataclass(frozen=True, slots=True)
class Paper:
    """A page in grey without red ink, on even white, twice: for the eye that reads, and for the one that finds lines.

    Attributes:
        text: red taken out with its paler edges, which else are specks beside figures.
        lines: only what is surely red taken out, so that a line under a seal isn't broken.
    """

    text: Pixels
    lines: Pixels

    def moved(self, move: Callable[[Pixels], Any]) -> Paper:
        """Both turned or warped alike."""
        return Paper(pixels(move(self.text)), pixels(move(self.lines)))


def ink_on_white(rgb: Pixels) -> Paper:
    """The page without colour and shade.

    In the red channel a seal is nearly as bright as the paper below it, and what is printed under it is not.
    """
    red = rgb[:, :, 0]
    paper = np.maximum(_background(red), 1)
    level = np.divide(red, paper, dtype=np.float32)
    redness = np.subtract(red, np.maximum(rgb[:, :, 1], rgb[:, :, 2]), dtype=np.float32)
    redness /= paper
    surely = (redness > RED) & (level > RULED)
    sealed = _sealed(redness) & (level > PRINTED)
    del paper, redness  # of the size of the page, four bytes a pixel
    return Paper(_whitened(level, sealed), _whitened(level, surely))


def _whitened(level: NDArray[np.float32], sealed: NDArray[np.bool_]) -> Pixels:
    shown = np.where(sealed, np.maximum(level, WHITEST), level)
    shown *= 255 / WHITEST
    return np.clip(shown, 0, 255, out=shown).astype(np.uint8)


def _sealed(redness: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where red ink is, with its paler edges."""
    red = np.where(redness > RED, 255, 0).astype(np.uint8)
    near = cv2.dilate(red, np.ones((7, 7), np.uint8)) > 0
    return np.asarray((red > 0) | (near & (redness > PALE_RED)), dtype=np.bool_)


def ink(gray: Pixels) -> Pixels:
    """255 where there is ink, else 0."""
    return np.where(gray < INK, 255, 0).astype(np.uint8)


def pixels(image: Any) -> Pixels:
    """What OpenCV returns, as what it is here."""
    return np.asarray(image, dtype=np.uint8)


def _background(channel: Pixels) -> NDArray[np.float32]:
    """The brightness of the paper at each pixel: the brightest around it, smoothed."""
    height, width = channel.shape
    small = cv2.resize(channel, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
    bright = cv2.dilate(cv2.medianBlur(small, 3), np.ones((9, 9), np.uint8))
    smooth = cv2.GaussianBlur(bright, (0, 0), 6)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)

"""A picture as paper: grey ink on even white, the red of seals taken out, whatever the light was.

Knows pixels only; what is ruled and written on the page is for the rooms behind it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Grey values, 255 white, rows by columns; RGB with a third axis where it says so."""

INK = 170  # a grey value below this is ink
LONGEST = 3000  # pixels of the longer side beyond which nothing more can be read
WHITEST = 0.80  # of the brightness around it: lighter is paper, also under a seal


def ink_on_white(rgb: Pixels) -> Pixels:
    """The page in grey without red ink, on even white.

    In the red channel a seal is nearly as bright as the paper below it, and what is printed under it is not.
    """
    rgb = _bounded(rgb)
    red, green, blue = (rgb[:, :, at].astype(np.float32) for at in range(3))
    paper = _background(rgb[:, :, 0])
    level = red / np.maximum(paper, 1)
    sealed = (red - np.maximum(green, blue) > 0.2 * paper) & (level > 0.62)
    level[sealed] = np.maximum(level[sealed], WHITEST)
    return np.clip(level * (255 / WHITEST), 0, 255).astype(np.uint8)


def ink(gray: Pixels) -> Pixels:
    """255 where there is ink, else 0."""
    return np.where(gray < INK, 255, 0).astype(np.uint8)


def pixels(image: Any) -> Pixels:
    """What OpenCV returns, as what it is here."""
    return np.asarray(image, dtype=np.uint8)


def _bounded(rgb: Pixels) -> Pixels:
    height, width = rgb.shape[:2]
    scale = LONGEST / max(height, width)
    if scale >= 1:
        return rgb
    size = (round(width * scale), round(height * scale))
    return pixels(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def _background(channel: Pixels) -> NDArray[np.float32]:
    """The brightness of the paper at each pixel: the brightest around it, smoothed."""
    height, width = channel.shape
    small = cv2.resize(channel, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
    bright = cv2.dilate(cv2.medianBlur(small, 3), np.ones((9, 9), np.uint8))
    smooth = cv2.GaussianBlur(bright, (0, 0), 6)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)

"""A page set upright by the ruled lines of its largest table: turned, and straightened where it was photographed askew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.reading.ocr.paper import Paper, Pixels, ink, pixels
from agent.reading.ocr.ruling import JOINED, may_be_a_table, ruled_lines

MOST_SKEW = 12  # degrees
SIDES = 0.7  # of a table's sides: along so much of each a line is drawn


def set_upright(page: Paper) -> Paper:
    """The page turned and straightened so that its largest table's lines run along the pixels.

    A page without a table is only turned, and one without any long line comes back as it is.
    """
    page = _deskewed(page)
    frame = _frame(page.lines)
    return page if frame is None else _straightened(page, frame)


def _deskewed(page: Paper) -> Paper:
    angle = _skew(page.lines)
    if abs(angle) < 0.05:
        return page
    height, width = page.lines.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    size = (math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine))
    turn[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return page.moved(
        lambda gray: cv2.warpAffine(gray, turn, size, flags=cv2.INTER_CUBIC, borderValue=(255,))
    )


def _skew(gray: Pixels) -> float:
    """Degrees by which the long lines lean, the median weighted by length; 0 where there are none."""
    small = pixels(cv2.erode(gray, np.ones((2, 2), np.uint8)))[::2, ::2]  # a hairline stays one
    shortest = min(small.shape) // 8
    thin = _without_blots(ink(small))
    found = cv2.HoughLinesP(thin, 1, math.pi / 720, shortest, minLineLength=shortest, maxLineGap=3)
    if found is None:
        return 0.0
    leans: list[tuple[float, float]] = []
    for x1, y1, x2, y2 in np.asarray(found).reshape(-1, 4).tolist():
        angle = (math.degrees(math.atan2(y2 - y1, x2 - x1)) + 45) % 90 - 45
        if abs(angle) <= MOST_SKEW:
            leans.append((angle, math.hypot(x2 - x1, y2 - y1)))
    return _weighted_median(leans)


def _without_blots(mask: Pixels) -> Pixels:
    """The ink without what is thicker than any ruled line: the edge of a page, a thumb, a photo."""
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((13, 13), np.uint8))
    return mask & ~pixels(cv2.dilate(thick, np.ones((9, 9), np.uint8)))


def _weighted_median(leans: Sequence[tuple[float, float]]) -> float:
    half, passed = sum(weight for _, weight in leans) / 2, 0.0
    for angle, weight in sorted(leans):
        passed += weight
        if passed >= half:
            return angle
    return 0.0


def _frame(gray: Pixels) -> NDArray[np.float32] | None:
    """The four corners of the largest table, clockwise from the upper left; None without one.

    Large is what has both room and crossings of lines: the edge of the paper on a desk has lines in its shadow, too.
    """
    across, down = ruled_lines(gray)
    drawn = across | down
    joined = pixels(cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    crossings = _crossings(labels, across, down, count)
    frames: list[tuple[bool, float, NDArray[np.float32]]] = []
    for at in range(1, count):
        if not may_be_a_table(stats[at], gray) or not crossings[at]:
            continue
        rows, columns = np.nonzero(labels == at)
        corners = _corners(np.stack([columns, rows], axis=1).astype(np.float32))
        weight = float(crossings[at]) * cv2.contourArea(corners)
        frames.append((_framed(corners, drawn), weight, corners))
    return max(frames, key=lambda one: one[:2])[2] if frames else None


def _framed(corners: NDArray[np.float32], drawn: Pixels) -> bool:
    """Whether there is a line along each of the four sides, in pieces perhaps."""
    near = cv2.dilate(drawn, np.ones((JOINED, JOINED), np.uint8))
    for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = np.linspace(one, other, 200).round().astype(int)
        inside = ((along >= 0) & (along < drawn.shape[::-1])).all(axis=1)
        on = near[along[inside, 1], along[inside, 0]] > 0
        if on.sum() < SIDES * len(along):
            return False
    return True


def _crossings(labels: NDArray[Any], across: Pixels, down: Pixels, count: int) -> NDArray[Any]:
    """In how many places lines meet or cross, for each component."""
    near = np.ones((JOINED, JOINED), np.uint8)
    meeting = pixels(cv2.dilate(across, near)) & pixels(cv2.dilate(down, near))
    _, _, _, centres = cv2.connectedComponentsWithStats(meeting)
    own = [_label_about(labels, round(y), round(x)) for x, y in centres[1:]]
    return np.bincount(own, minlength=count)


def _label_about(labels: NDArray[Any], row: int, column: int) -> int:
    """The component in or beside a pixel; 0 for none."""
    about = labels[max(0, row - JOINED) : row + JOINED + 1, max(0, column - JOINED) : column + JOINED + 1]
    return int(about.max(initial=0))


def _corners(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the lines along the four sides of a cloud of points meet."""
    sides = [_side(points, axis, last) for axis, last in ((1, False), (0, True), (1, True), (0, False))]
    top, right, bottom, left = sides
    pairs = ((top, left), (top, right), (bottom, right), (bottom, left))
    meetings = [_meeting(*pair) for pair in pairs]
    return np.array(meetings, dtype=np.float32)


def _side(points: NDArray[np.float32], axis: int, last: bool) -> NDArray[np.float64]:
    """A line (a, b, c: ax + by = c) along one side: through the outermost points, strays left out."""
    along = points[:, 1 - axis].astype(int)
    low, high = int(along.min()), int(along.max())
    outer = np.full(high - low + 1, -1.0 if last else 1e9)
    reduce = np.maximum if last else np.minimum
    reduce.at(outer, along - low, points[:, axis])
    where = np.arange(low, high + 1, dtype=np.float64)
    kept = (outer >= 0) & (outer < 1e9)
    margin = (high - low) * 0.02
    kept &= (where > low + margin) & (where < high - margin)
    x, y = where[kept], outer[kept]
    slope, offset = 0.0, float(np.median(y))
    for spread in (40, 12, 5, 3):
        near = np.abs(y - (slope * x + offset)) < max(spread, 1)
        if near.sum() < 10:
            break
        slope, offset = np.polyfit(x[near], y[near], 1)
    line = (slope, -1.0, -offset)  # y = slope * x + offset
    return np.array(line if axis == 1 else (line[1], line[0], line[2]))


def _meeting(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    x, y = np.linalg.solve(np.array([one[:2], other[:2]]), np.array([one[2], other[2]]))
    return float(x), float(y)


def _straightened(page: Paper, corners: NDArray[np.float32]) -> Paper:
    """The whole page, warped so that the frame is a rectangle."""
    upper_left, upper_right, lower_right, lower_left = corners
    width = (np.linalg.norm(upper_right - upper_left) + np.linalg.norm(lower_right - lower_left)) / 2
    height = (np.linalg.norm(lower_left - upper_left) + np.linalg.norm(lower_right - upper_right)) / 2
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) + upper_left
    warp = cv2.getPerspectiveTransform(corners, target)
    rows, columns = page.lines.shape
    sides = np.array([[[0, 0], [columns, 0], [columns, rows], [0, rows]]], np.float32)
    edges = cv2.perspectiveTransform(sides, warp)[0]
    low, high = edges.min(axis=0), edges.max(axis=0)
    if not np.isfinite(edges).all() or max(high - low) > 2 * max(rows, columns):
        return page
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]])
    size = (math.ceil(high[0] - low[0]), math.ceil(high[1] - low[1]))
    whole = shift @ warp
    return page.moved(
        lambda gray: cv2.warpPerspective(gray, whole, size, flags=cv2.INTER_CUBIC, borderValue=(255,))
    )

"""The ruled lines of a page: the page set upright by its largest table, and the cells between the lines.

Knows ink; what is written in the cells is for others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.reading.ocr.paper import Paper, Pixels, ink, pixels
from agent.reading.ocr.traces import BESIDE, Strokes

MOST_SKEW = 12  # degrees
THICKEST = 11  # pixels of a ruled line
FAINTEST = 16  # grey levels by which a line differs from what lies beside it
FULL = 0.95  # of a stretch between two cells, at least somewhere along a line
NEARLY = 0.8  # the same in several places, where a seal lies along the line
DRAWN = 0.75  # of a stretch between two cells: a line divides them
PIECE = 0.25  # of such a stretch: it may be what a seal or the light has left of a line
JOINED = 7  # pixels of a gap between lines that meet
SIDES = 0.7  # of a table's sides: along so much of each a line is drawn
SMALLEST_TABLE = 0.15  # of the page's width


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels, ends exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def shrunk(self, by: int) -> Box:
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by)


@dataclass(frozen=True, slots=True)
class RuledCell:
    """A cell: its pixels, and the rows and columns that it fills, zero-based, ends exclusive.

    ``whole`` is false where its border has a gap: its neighbour's ink may be in it.
    """

    box: Box
    top: int
    left: int
    bottom: int
    right: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RuledTable:
    """A table's frame and cells, with so many rows and columns."""

    box: Box
    cells: tuple[RuledCell, ...]
    height: int
    width: int


def set_upright(page: Paper) -> Paper:
    """The page turned and straightened so that its largest table's lines run along the pixels.

    A page without a table is only turned, and one without any long line comes back as it is.
    """
    page = _deskewed(page)
    frame = _frame(page.lines)
    return page if frame is None else _straightened(page, frame)


def find_tables(gray: Pixels) -> tuple[list[RuledTable], Pixels]:
    """The tables of an upright page from top to bottom, and the mask of their lines."""
    across, down = _lines(gray)
    joined = pixels(cv2.morphologyEx(across | down, cv2.MORPH_CLOSE, np.ones((JOINED, JOINED), np.uint8)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    mask, inked = np.zeros_like(gray), ink(gray)
    tables = []
    for at in range(1, count):
        if not _large(stats[at], gray):
            continue
        x, y, width, height, _ = (int(one) for one in stats[at])
        own = labels == at  # strokes of writing inside the frame don't touch its lines
        frame = Box(x, y, x + width, y + height)
        table = _table(frame, pixels(across * own), pixels(down * own), inked, gray)
        if table is not None:
            tables.append(table)
            mask |= pixels((across | down) * own)
    mask = pixels(cv2.dilate(mask, np.ones((3, 3), np.uint8)))
    return sorted(tables, key=lambda one: (one.box.top, one.box.left)), mask


def stroke_length(gray: Pixels) -> int:
    """Pixels from which a straight stroke is a ruled line: no stroke of small writing is that long."""
    return max(24, round(float(max(gray.shape)) / 62))


# --- straightening ---------------------------------------------------------------------------------------


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
    across, down = _lines(gray)
    drawn = across | down
    joined = pixels(cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    crossings = _crossings(labels, across, down, count)
    frames: list[tuple[bool, float, NDArray[np.float32]]] = []
    for at in range(1, count):
        if not _large(stats[at], gray) or not crossings[at]:
            continue
        rows, columns = np.nonzero(labels == at)
        corners = _corners(np.stack([columns, rows], axis=1).astype(np.float32))
        if corners is not None:
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


def _large(stats: NDArray[np.int32], gray: Pixels) -> bool:
    """Whether a component may be a table, by the width and height of its box."""
    width, height = int(stats[2]), int(stats[3])
    return width >= SMALLEST_TABLE * gray.shape[1] and height > 2 * stroke_length(gray)


def _corners(points: NDArray[np.float32]) -> NDArray[np.float32] | None:
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


# --- lines and cells -------------------------------------------------------------------------------------


def _lines(gray: Pixels) -> tuple[Pixels, Pixels]:
    """The ruled lines that run across and down, as masks.

    A line may be faint: it is darker than what lies beside it all along, which noise and writing aren't.
    """
    length = stroke_length(gray)
    return _strokes(gray, length), pixels(_strokes(pixels(gray.T), length).T)


def _strokes(gray: Pixels, length: int) -> Pixels:
    """The straight strokes that run across."""
    beside = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, np.ones((THICKEST, 1), np.uint8))
    darker = cv2.blur(cv2.subtract(beside, gray), (3, 1))
    darker = cv2.dilate(darker, np.ones((2, 1), np.uint8))  # a line that leans goes from row to row
    strokes = cv2.morphologyEx(
        np.where(darker > FAINTEST, 255, 0).astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, length), np.uint8)
    )
    return pixels(cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((1, length), np.uint8)))


def _without_blots(mask: Pixels) -> Pixels:
    """The ink without what is thicker than any ruled line: the edge of a page, a thumb, a photo."""
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((13, 13), np.uint8))
    return mask & ~pixels(cv2.dilate(thick, np.ones((9, 9), np.uint8)))


def _table(frame: Box, across: Pixels, down: Pixels, inked: Pixels, gray: Pixels) -> RuledTable | None:
    """The cells inside a frame: fields of the grid that all lines make, joined where no line runs between."""
    part = (slice(frame.top, frame.bottom), slice(frame.left, frame.right))
    level = Strokes(across[part], inked[part], gray[part])
    upright = Strokes(*(pixels(one[part].T) for one in (down, inked, gray)))
    rows, columns = _positions(level.mask), _positions(upright.mask)
    for _ in range(2):  # a line without a stretch that divides two cells is a stroke of writing
        below, beside = level.drawn(rows, columns), upright.drawn(columns, rows)
        rows, columns = _dividing(rows, below), _dividing(columns, beside)
    if len(rows) < 2 or len(columns) < 3:
        return None
    below, beside = level.drawn(rows, columns), upright.drawn(columns, rows).T
    cells = tuple(_cells(frame, rows, columns, below, beside))
    if len(cells) < 4 or 2 * sum(cell.whole for cell in cells) < len(cells):  # marks in a shadow
        return None
    return RuledTable(frame, cells, len(rows) - 1, len(columns) - 1)


def _positions(across: Pixels) -> list[int]:
    """Where lines run across: the middles of bunches of strokes, the frame's own edges among them."""
    width = across.shape[1]
    weight = (across > 0).sum(axis=1).astype(float)
    weight = np.convolve(weight, np.ones(2 * BESIDE + 1), mode="same")
    found: list[int] = []
    for at in np.argsort(-weight, kind="stable").tolist():
        if weight[at] < max(0.03 * width, 30):
            break
        if all(abs(at - other) > 3 * BESIDE for other in found):
            found.append(_middle(across, at))
    return sorted({*found})


def _middle(across: Pixels, at: int) -> int:
    """The mean row of the strokes about a row."""
    first = max(0, at - BESIDE)
    counts = (across[first : at + BESIDE + 1] > 0).sum(axis=1)
    return first + round(float((counts * np.arange(len(counts))).sum() / max(1, counts.sum())))


def _dividing(lines: Sequence[int], drawn: NDArray[np.float64]) -> list[int]:
    """The lines with a stretch that is drawn in full, or with several that nearly are."""
    return [
        line
        for line, stretches in zip(lines, drawn, strict=True)
        if (stretches >= FULL).any() or (stretches >= NEARLY).sum() > 1
    ]


def _divides(drawn: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which stretches divide two cells: those drawn, and pieces left of one that goes on beside them."""
    sure = drawn >= DRAWN
    goes_on = np.zeros_like(sure)
    goes_on[:, 1:] |= sure[:, :-1]
    goes_on[:, :-1] |= sure[:, 1:]
    return np.asarray(sure | ((drawn >= PIECE) & goes_on), dtype=np.bool_)


def _continued(
    under: NDArray[np.bool_], next_to: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The dividing stretches, with those that are missing where a line would end in the middle of nowhere."""
    under, next_to = under.copy(), next_to.copy()
    for _ in range(sum(next_to.shape)):
        before = int(under.sum() + next_to.sum())
        _continue(next_to, under)
        _continue(under.T, next_to.T)
        if int(under.sum() + next_to.sum()) == before:
            break
    return under, next_to


def _continue(down: NDArray[np.bool_], across: NDArray[np.bool_]) -> None:
    """Let lines that run down go on over each crossing at which no line runs across, in place."""
    bare = ~(across[1:-1, :-1] | across[1:-1, 1:])
    inner = down[:, 1:-1]
    joined = (inner[:-1] | inner[1:]) & bare
    inner[:-1] |= joined
    inner[1:] |= joined


def _cells(
    frame: Box,
    rows: Sequence[int],
    columns: Sequence[int],
    below: NDArray[np.float64],
    beside: NDArray[np.float64],
) -> Iterator[RuledCell]:
    """The cells, in reading order: the fields of the grid, joined where no line runs between."""
    under, next_to = _continued(_divides(below), _divides(beside.T).T)
    height, width = len(rows) - 1, len(columns) - 1
    seen = np.zeros((height, width), dtype=bool)
    for row in range(height):
        for column in range(width):
            if seen[row, column]:
                continue
            right = column + 1
            while right < width and not next_to[row, right] and not seen[row, right]:
                right += 1
            bottom = row + 1
            while bottom < height and not under[bottom, column:right].any():
                bottom += 1
            seen[row:bottom, column:right] = True
            inside = [
                *below[row + 1 : bottom, column:right].flat,
                *beside[row:bottom, column + 1 : right].flat,
            ]
            around = [*under[[row, bottom], column:right].flat, *next_to[row:bottom, [column, right]].flat]
            left, top = frame.left + columns[column], frame.top + rows[row]
            box = Box(left, top, frame.left + columns[right], frame.top + rows[bottom])
            yield RuledCell(
                box, row, column, bottom, right, all(around) and all(one < PIECE for one in inside)
            )

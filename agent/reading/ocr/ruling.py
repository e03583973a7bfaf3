"""The ruled lines of an upright page, and the cells between them.

Knows ink; what is written in the cells is for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.reading.ocr.paper import Pixels, ink, pixels
from agent.reading.ocr.traces import BESIDE, Strokes

THICKEST = 11  # pixels of a ruled line
FAINTEST = 16  # grey levels by which a line differs from what lies beside it
FULL = 0.95  # of a stretch between two cells, at least somewhere along a line
NEARLY = 0.8  # the same in several places, where a seal lies along the line
DRAWN = 0.75  # of a stretch between two cells: a line divides them
PIECE = 0.25  # of such a stretch: it may be what a seal or the light has left of a line
JOINED = 7  # pixels of a gap between lines that meet
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


def find_tables(gray: Pixels) -> tuple[list[RuledTable], Pixels]:
    """The tables of an upright page from top to bottom, and the mask of their lines."""
    across, down = ruled_lines(gray)
    joined = pixels(cv2.morphologyEx(across | down, cv2.MORPH_CLOSE, np.ones((JOINED, JOINED), np.uint8)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    mask, inked = np.zeros_like(gray), ink(gray)
    tables = []
    for at in range(1, count):
        if not may_be_a_table(stats[at], gray):
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


# --- lines -----------------------------------------------------------------------------------------------


def ruled_lines(gray: Pixels) -> tuple[Pixels, Pixels]:
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


def may_be_a_table(stats: NDArray[np.int32], gray: Pixels) -> bool:
    """Whether a component may be a table, by the width and height of its box."""
    width, height = int(stats[2]), int(stats[3])
    return width >= SMALLEST_TABLE * gray.shape[1] and height > 2 * stroke_length(gray)


# --- cells -----------------------------------------------------------------------------------------------


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

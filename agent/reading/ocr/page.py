"""A picture of a page to its tables and text, as plain data. Runs in a process of its own (apart.py)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from PIL.Image import Image, Resampling

from agent.reading.limits import Budget, Limits
from agent.reading.ocr.cells import ReadCell, read_cells
from agent.reading.ocr.memory import give_back, keep_little
from agent.reading.ocr.paper import Paper, Pixels, ink_on_white, pixels
from agent.reading.ocr.recogniser import Recogniser, Word
from agent.reading.ocr.ruling import Box, RuledTable, find_tables
from agent.reading.ocr.straightening import set_upright
from agent.reading.pictures import every_page
from agent.reading.refusals import page_too_poor

LONGEST = 3000  # pixels of the longer side beyond which nothing more can be read
POOR = 0.6  # half of a page's lines are less sure than this: the picture is too poor
UNSURE = 0.34  # share of a table's figures that aren't certain from which it is too poor
FAINT = 215  # a grey value below this may be writing, however faint
TELLING = 7  # characters in a line that says which way up it is; longer ones take longer
FIND_AT = 1280  # pixels of the longer side at which lines of text are looked for
FIND_IN = 1_250_000  # and pixels in all: the model wants 200 bytes for each


def tell(data: bytes, most_pixels: int) -> list[dict[str, Any]]:
    """Each page's tables and the text outside of them; a page without any writing has neither.

    Args:
        data: a picture file, maybe of several pages (TIFF).
        most_pixels: of one page.

    Raises:
        Unreadable: damaged, too large, or too poor to read.
    """
    budget = Budget(Limits(pixels=most_pixels))
    return [_page(ink_on_white(_bounded(image))) for image in every_page(data, budget)]


def _page(page: Paper) -> dict[str, Any]:
    give_back()
    page = set_upright(page)
    give_back()
    page, boxes = _right_way_up(page)
    give_back()
    tables, lines = find_tables(page.lines)
    give_back()
    words = _outside(page.text, boxes, tables)
    read = [(table, read_cells(page, lines, table, _recogniser())) for table in tables]
    read = [(table, cells) for table, cells in read if any(cell.text for cell in cells)]
    _require_legible(words, read)
    text = [line for _, line in _in_lines(words)]
    return {"tables": [_table(table, cells, words) for table, cells in read], "text": "\n".join(text)}


def _bounded(image: Image) -> Pixels:
    """The picture's pixels in RGB; where it is larger than anything that can be read, it is made smaller itself."""
    image.thumbnail((LONGEST, LONGEST), Resampling.BOX, reducing_gap=None)
    return np.asarray(image, dtype=np.uint8)


@cache
def _recogniser() -> Recogniser:
    keep_little()
    return Recogniser()


# --- tables ----------------------------------------------------------------------------------------------


def _table(table: RuledTable, cells: Sequence[ReadCell], words: Sequence[tuple[Box, Word]]) -> dict[str, Any]:
    rows: list[list[list[Any]]] = [[["", 1.0, True] for _ in range(table.width)] for _ in range(table.height)]
    merges = []
    for ruled, cell in zip(table.cells, cells, strict=True):
        rows[ruled.top][ruled.left] = [cell.text, round(cell.confidence, 3), cell.certain]
        if ruled.bottom - ruled.top > 1 or ruled.right - ruled.left > 1:
            merges.append([ruled.top, ruled.left, ruled.bottom - 1, ruled.right - 1])
    above = [one for one in words if _middle(one[0])[1] < table.box.top]
    below = [one for one in words if _middle(one[0])[1] > table.box.bottom]
    return {
        "rows": rows,
        "merges": merges,
        "before": [line for _, line in _in_lines(above)],
        "after": [line for _, line in _in_lines(below)],
    }


def _require_legible(
    words: Sequence[tuple[Box, Word]], read: Sequence[tuple[RuledTable, Sequence[ReadCell]]]
) -> None:
    """Refuse a page of which too much is guesswork."""
    cells = [cell for _, table in read for cell in table if cell.text or not cell.certain]
    sure = [word.confidence for _, word in words if word.text] + [cell.confidence for cell in cells]
    unread = sum(not cell.certain for cell in cells)
    if (sure and float(np.median(sure)) < POOR) or (cells and unread > UNSURE * len(cells)):
        raise page_too_poor()


# --- text outside of tables ------------------------------------------------------------------------------


def _outside(gray: Pixels, boxes: Sequence[Box], tables: Sequence[RuledTable]) -> list[tuple[Box, Word]]:
    """The words outside of the tables, with their places."""
    outside = [box for box in boxes if not any(_inside(table.box, box) for table in tables)]
    words = _recogniser().read([_cut(gray, box) for box in outside])
    return [(box, word) for box, word in zip(outside, words, strict=True) if word.text]


def _inside(table: Box, box: Box) -> bool:
    x, y = _middle(box)
    return table.left <= x < table.right and table.top <= y < table.bottom


def _found(page: Pixels) -> list[Box]:
    """Where text is found: looked for at a smaller scale, where there is ink at all."""
    inked = page < FAINT
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return []
    top, left = max(0, int(rows.min()) - 20), max(0, int(columns.min()) - 20)
    part = page[top : int(rows.max()) + 20, left : int(columns.max()) + 20]
    scale = min(1.0, FIND_AT / max(part.shape), math.sqrt(FIND_IN / part.size))
    small = pixels(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    found = (
        Box(
            left + int(box.left / scale),
            top + int(box.top / scale),
            left + int(box.right / scale) + 1,
            top + int(box.bottom / scale) + 1,
        )
        for box in _recogniser().find(small)
    )
    return [box for box in found if box.width > 3 and box.height > 3]


def _cut(page: Pixels, box: Box) -> Pixels:
    return page[max(0, box.top) : box.bottom, max(0, box.left) : box.right]


def _in_lines(words: Sequence[tuple[Box, Word]]) -> list[tuple[float, str]]:
    """The words in lines from top to bottom, those of one line with a gap between them."""
    lines: list[list[tuple[Box, Word]]] = []
    for one in sorted(words, key=lambda one: _middle(one[0])[1]):
        if lines and abs(_middle(one[0])[1] - _middle(lines[-1][-1][0])[1]) < 0.5 * one[0].height:
            lines[-1].append(one)
        else:
            lines.append([one])
    return [
        (
            _middle(line[0][0])[1],
            "    ".join(word.text for _, word in sorted(line, key=lambda one: one[0].left)),
        )
        for line in lines
    ]


def _middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


# --- which way up ----------------------------------------------------------------------------------------


def _right_way_up(page: Paper) -> tuple[Paper, list[Box]]:
    """The page turned by quarters so that its text reads, and where text was found on it.

    Most of the text lies, and says more than upside down.
    """
    boxes = _found(page.text)
    lying = sum(box.width for box in boxes if box.width > 2 * box.height)
    standing = sum(box.height for box in boxes if box.height > 2 * box.width)
    if standing > lying:
        page = page.moved(np.rot90)
        boxes = _found(page.text)
    if _upside_down(page.text, boxes):
        page = page.moved(lambda gray: np.rot90(gray, 2))
        boxes = _found(page.text)
    return page, boxes


def _upside_down(gray: Pixels, boxes: Sequence[Box]) -> bool:
    lying = (box for box in boxes if box.width > 2 * box.height)
    telling = sorted(lying, key=lambda box: abs(box.width / box.height - TELLING))[:6]
    lines = [_cut(gray, box) for box in telling]
    upright = sum(word.confidence for word in _recogniser().read(lines))
    if upright > 0.8 * len(lines):
        return False
    over = sum(word.confidence for word in _recogniser().read([pixels(np.rot90(one, 2)) for one in lines]))
    return over > upright + 0.1 * len(lines)

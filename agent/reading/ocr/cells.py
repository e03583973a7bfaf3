"""What is written in the cells of a ruled table, each line by itself, and whether that is certain.

A figure counts as read where two looks at it agree, the reader is sure of each character, and the shapes of the ink
bear it out; ink that gives no text is unread, never blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from agent.reading.ocr.paper import Pixels, ink, pixels
from agent.reading.ocr.recogniser import Recogniser, Word
from agent.reading.ocr.ruling import Box, RuledCell, RuledTable
from agent.reading.ocr.shapes import Shapes, figure_like, lone_stroke, without_specks

EDGE = 2  # pixels of a cell's border that its line takes at least
REMAINS = 5  # pixels beside the border: ink that lies within is what is left of the line
STRETCHED = 1.3  # the second look is at the line drawn out: digits that were run together come apart
SURE = 0.6  # of a figure's least certain character, at the first look
FAIR = 0.4  # at the second, which is at a picture that was changed
CLEAR = 0.9  # of a word's, below which it is looked at again
USUAL = 28  # pixels: the height of a line in a table that has none to measure


@dataclass(frozen=True, slots=True)
class ReadCell:
    """A cell's text, line by line; how sure the reader is, 0 to 1; false for ``certain``: it is no reading."""

    text: str
    confidence: float
    certain: bool = True


Looks = tuple[Word, Word]
"""A line as first read, and as read again; the same twice where once was enough."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of writing in a cell: which cell's, its picture with some white around it, its ink alone."""

    cell: int
    picture: Pixels
    inked: Pixels


def read_cells(gray: Pixels, lines: Pixels, table: RuledTable, recogniser: Recogniser) -> list[ReadCell]:
    """What each of a table's cells says, in their order.

    Args:
        gray: the upright page.
        lines: the mask of its ruled lines.
        table: the table.
        recogniser: the models.
    """
    written = list(_lines(gray, lines, table))
    looks = _looked_twice(written, recogniser)
    shapes = Shapes.of([(look[0].text, line.inked) for look, line in zip(looks, written, strict=True)])
    own: list[list[tuple[_Line, Looks]]] = [[] for _ in table.cells]
    for line, look in zip(written, looks, strict=True):
        own[line.cell].append((line, look))
    return [_read(cell, lines, shapes) for cell, lines in zip(table.cells, own, strict=True)]


def _read(cell: RuledCell, lines: Sequence[tuple[_Line, Looks]], shapes: Shapes) -> ReadCell:
    """A cell from its lines: words as they are best read; a figure only where all bears it out."""
    firsts, seconds = ("".join(look[at].text for _, look in lines) for at in range(2))
    figure = figure_like(firsts) or figure_like(seconds)
    read = [_figure(line, look, shapes) if figure else _words(look) for line, look in lines]
    return ReadCell(
        "\n".join(one.text for one in read),
        min((one.confidence for one in read), default=1.0),
        all(one.certain for one in read) and (cell.whole or not figure),
    )


# --- one line --------------------------------------------------------------------------------------------


def _looked_twice(written: Sequence[_Line], recogniser: Recogniser) -> list[Looks]:
    """Each line as first read; and what may be a figure, or isn't clear, read again, drawn out."""
    first = recogniser.read([line.picture for line in written])
    again = [at for at, word in enumerate(first) if figure_like(word.text) or word.confidence < CLEAR]
    second = recogniser.read([_stretched(written[at].picture) for at in again])
    seconds = dict(zip(again, second, strict=True))
    return [(word, seconds.get(at, word)) for at, word in enumerate(first)]


def _words(look: Looks) -> ReadCell:
    first, second = look
    if _ideographs(first.text) == _ideographs(second.text):  # a bracket that one look lost
        best = max(look, key=lambda word: len(word.text))
    else:
        best = max(look, key=lambda word: word.confidence)
    return ReadCell(best.text, best.confidence, certain=bool(best.text))


def _figure(line: _Line, look: Looks, shapes: Shapes) -> ReadCell:
    first, second = look
    confidence = (first.confidence + second.confidence) / 2
    stroke = lone_stroke(line.inked)
    if stroke is not None and len(first.text) <= 2:
        return ReadCell(stroke or first.text, confidence, certain=bool(stroke))
    agreed = first.text == second.text != "" and first.confidence >= SURE and second.confidence >= FAIR
    return ReadCell(first.text, confidence, agreed and shapes.bear_out(first.text, line.inked))


def _ideographs(text: str) -> str:
    return re.sub("[^\u4e00-\u9fff]", "", text)


def _stretched(picture: Pixels) -> Pixels:
    wide = cv2.resize(picture, None, fx=STRETCHED, fy=1.0, interpolation=cv2.INTER_CUBIC)
    return pixels(cv2.addWeighted(wide, 1.7, cv2.GaussianBlur(wide, (0, 0), 1.5), -0.7, 0))


# --- lines of a cell -------------------------------------------------------------------------------------


def _lines(gray: Pixels, lines: Pixels, table: RuledTable) -> Iterator[_Line]:
    """The lines of writing in all cells: bunches of rows that hold ink."""
    insides = [_inside(gray, lines, cell.box) for cell in table.cells]
    heights = [
        bottom - top for inside in insides for top, bottom in _bands(without_specks(ink(inside), 0), 0)
    ]
    tall = float(np.percentile(heights, 75)) if heights else USUAL
    for at, inside in enumerate(insides):
        mask = without_specks(ink(inside), tall)
        inside[(ink(inside) > 0) & (mask == 0)] = 255
        for top, bottom in _bands(mask, round(1.3 * tall)):
            own = mask[top:bottom]
            columns = np.flatnonzero(own.any(axis=0))
            left, right = int(columns[0]), int(columns[-1]) + 1
            picture = _framed(inside[top:bottom, left:right], round(tall))
            yield _Line(at, picture, own[:, left:right])


def _inside(gray: Pixels, lines: Pixels, box: Box) -> Pixels:
    """A cell's own ink on white: without its border and what is left of it."""
    box = box.shrunk(EDGE)
    crop = gray[box.top : box.bottom, box.left : box.right].copy()
    crop[_border(lines[box.top : box.bottom, box.left : box.right]) > 0] = 255
    height, width = crop.shape
    if not crop.size:
        return crop
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink(crop))
    for at in range(1, count):
        x, y, wide, high, _ = (int(one) for one in stats[at])
        if x + wide <= REMAINS or y + high <= REMAINS or x >= width - REMAINS or y >= height - REMAINS:
            crop[labels == at] = 255
    return crop


def _border(lines: Pixels) -> Pixels:
    """The part of the lines' mask along the edges: in the middle of a cell there is only writing."""
    kept = lines.copy()
    if min(kept.shape) > 4 * REMAINS:
        kept[REMAINS:-REMAINS, REMAINS:-REMAINS] = 0
    return kept


def _bands(mask: Pixels, tallest: int) -> list[tuple[int, int]]:
    """Runs of rows that hold ink; those that fit into one line's height together are one (二, ：, i)."""
    marks = (
        np.flatnonzero(np.diff(np.pad(mask.any(axis=1).astype(np.int8), 1))) if mask.size else np.array([])
    )
    bands: list[tuple[int, int]] = []
    for top, bottom in marks.reshape(-1, 2).tolist():
        if bands and bottom - bands[-1][0] <= tallest:
            bands[-1] = (bands[-1][0], bottom)
        else:
            bands.append((top, bottom))
    return bands


def _framed(line: Pixels, tall: int) -> Pixels:
    """A line with white around it, at least as high as writing is: a dash alone is no block."""
    aside = max(4, round(0.3 * tall))
    above = max(aside, (round(1.15 * tall) - line.shape[0]) // 2)
    return pixels(np.pad(line, ((above, above), (aside, aside)), constant_values=255))

"""What is written in the cells of a ruled table, each line by itself, and whether that is certain.

A figure counts as read where two looks at it agree, the reader is sure of each character, and the shapes of the ink
bear it out, if not as it stands out at first, then with its paler edges, or on the page as it was before all red was
taken out; ink that gives no text is unread, never blank.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from agent.reading.ocr.paper import INK, Paper, Pixels, ink, pixels
from agent.reading.ocr.recogniser import Recogniser, Word
from agent.reading.ocr.ruling import Box, RuledCell, RuledTable
from agent.reading.ocr.shapes import Shapes, figure_like, lone_stroke, without_specks

EDGE = 2  # pixels of a cell's border that its line takes at least
REMAINS = 5  # pixels beside the border: ink that lies within is what is left of the line
STRETCHED = 1.3  # the second look is at the line drawn out: digits that were run together come apart
SURE = 0.6  # of a figure's least certain character, at the first look
FAIR = 0.4  # at the second, which is at a picture that was changed
CLEAR = 0.9  # of a word's, below which it is looked at again
BROAD = frozenset("2346789")  # digits that a single stroke can only be the remains of
PALEST = 215  # a grey value below this is ink where the writing is pale
PALE_EDGE = 2  # pixels of pale ink around what stands out
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
    """A line of writing in a cell.

    Attributes:
        cell: which cell's.
        picture: with some white around it.
        inked: its ink alone, as it stands out.
        pale: with its paler edges, where it is pale.
    """

    cell: int
    picture: Pixels
    inked: Pixels
    pale: Pixels


def read_cells(page: Paper, lines: Pixels, table: RuledTable, recogniser: Recogniser) -> list[ReadCell]:
    """What each of a table's cells says, in their order.

    Args:
        page: upright.
        lines: the mask of its ruled lines.
        table: the table.
        recogniser: the models.
    """
    written = list(_lines(page.text, lines, table.cells))
    looks = _looked_twice(written, recogniser)
    shapes = Shapes.of([(look[0].text, line.inked) for look, line in zip(looks, written, strict=True)])
    figures = _figures(written, looks, len(table.cells))
    own: list[list[tuple[ReadCell, Looks]]] = [[] for _ in table.cells]
    for line, look in zip(written, looks, strict=True):
        read = _figure(line, look, shapes) if line.cell in figures else _words(look)
        own[line.cell].append((read, look))
    unsure = [at for at in figures if len(own[at]) == 1 and not own[at][0][0].certain]
    for at, again in _on_bare_paper(page, lines, [table.cells[at] for at in unsure], recogniser, shapes):
        own[unsure[at]] = [(_borne_out(*own[unsure[at]][0], again), own[unsure[at]][0][1])]
    return [
        _joined(cell, [read for read, _ in parts], at in figures)
        for at, (cell, parts) in enumerate(zip(table.cells, own, strict=True))
    ]


def _on_bare_paper(
    page: Paper, lines: Pixels, cells: Sequence[RuledCell], recogniser: Recogniser, shapes: Shapes
) -> Iterator[tuple[int, ReadCell]]:
    """Cells by their ordinals with the figure read where only what is surely red was taken out: all of a point is."""
    written = list(_lines(page.lines, lines, cells))
    alone = Counter(line.cell for line in written)
    for line, look in zip(written, _looked_twice(written, recogniser), strict=True):
        if alone[line.cell] == 1:
            yield line.cell, _figure(line, look, shapes)


def _figures(written: Sequence[_Line], looks: Sequence[Looks], cells: int) -> set[int]:
    """The cells that may hold a figure."""
    texts = [["", ""] for _ in range(cells)]
    for line, look in zip(written, looks, strict=True):
        texts[line.cell][0] += look[0].text
        texts[line.cell][1] += look[1].text
    return {at for at, (first, second) in enumerate(texts) if figure_like(first) or figure_like(second)}


def _joined(cell: RuledCell, lines: Sequence[ReadCell], figure: bool) -> ReadCell:
    """A cell from its lines."""
    return ReadCell(
        "\n".join(one.text for one in lines),
        min((one.confidence for one in lines), default=1.0),
        all(one.certain for one in lines) and (cell.whole or not figure),
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
    agreed = first.text == second.text != "" and first.confidence >= SURE and second.confidence >= FAIR
    stroke = lone_stroke(line.inked)
    if stroke is not None and len(first.text) <= 2:
        if stroke or first.text not in BROAD:
            return ReadCell(stroke or first.text, confidence, certain=bool(stroke))
    elif agreed and shapes.bear_out(first.text, line.inked):
        return ReadCell(first.text, confidence)
    pale = agreed and lone_stroke(line.pale) is None and shapes.closely_bear_out(first.text, line.pale)
    return ReadCell(first.text, confidence, certain=pale)


def _borne_out(read: ReadCell, look: Looks, again: ReadCell) -> ReadCell:
    """A figure that isn't certain, or as read again on another picture: if that is, and no digit is another one."""
    same = all(_digits(word.text) == _digits(again.text) != "" for word in look)
    return again if again.certain and same else read


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _ideographs(text: str) -> str:
    return re.sub("[^\u4e00-\u9fff]", "", text)


def _stretched(picture: Pixels) -> Pixels:
    wide = cv2.resize(picture, None, fx=STRETCHED, fy=1.0, interpolation=cv2.INTER_CUBIC)
    return pixels(cv2.addWeighted(wide, 1.7, cv2.GaussianBlur(wide, (0, 0), 1.5), -0.7, 0))


# --- lines of a cell -------------------------------------------------------------------------------------


def _lines(gray: Pixels, lines: Pixels, cells: Sequence[RuledCell]) -> Iterator[_Line]:
    """The lines of writing in cells: bunches of rows that hold ink."""
    insides = [_inside(gray, lines, cell.box) for cell in cells]
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
            yield _Line(at, picture, own[:, left:right], _pale(inside, own, top, bottom))


def _pale(inside: Pixels, own: Pixels, top: int, bottom: int) -> Pixels:
    """A line's ink with what of it is paler: what is nearer to its darkest than to the paper."""
    darkest = float(np.percentile(inside[top:bottom][own > 0], 10))
    part = inside[max(0, top - PALE_EDGE) : bottom + PALE_EDGE]
    level = min(PALEST, max(INK, (255 + darkest) / 2))
    mask = without_specks(np.where(part < level, 255, 0).astype(np.uint8), bottom - top)
    columns = np.flatnonzero(mask.any(axis=0))
    return mask[:, int(columns[0]) : int(columns[-1]) + 1] if len(columns) else own


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

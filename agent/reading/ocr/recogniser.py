"""Writing in pictures of lines to text: the one room that knows rapidocr.

rapidocr keeps the flags of its last call, so each call passes all of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from rapidocr import RapidOCR

from agent.reading.ocr.paper import Pixels
from agent.reading.ocr.ruling import Box

WIDE = 16  # times as wide as high
SMALLEST_SIDE = 480  # pixels to which a smaller side is drawn up where text is looked for


@dataclass(frozen=True, slots=True)
class Word:
    """A line of text, and how sure the reader is of its least certain character, 0 to 1."""

    text: str
    confidence: float


class Recogniser:
    """The models, loaded once."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.text_score": 0.0,
                "Global.use_cls": False,
                "Global.return_word_box": True,
                "Det.limit_side_len": SMALLEST_SIDE,
                # One thread: two wait for each other busily, which costs more than it brings on a busy machine.
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            }
        )

    def find(self, gray: Pixels) -> list[Box]:
        """Where there are lines of text on a page."""
        with _short_of_memory():
            found = self._engine(
                _coloured(gray),
                use_det=True,
                use_cls=False,
                use_rec=False,
                return_word_box=True,
                return_single_char_box=False,
                text_score=0.0,
                box_thresh=0.5,
                unclip_ratio=1.6,
            )
        boxes = getattr(found, "boxes", None)
        if boxes is None:
            return []
        corners = [(np.min(one, axis=0), np.max(one, axis=0)) for one in boxes]
        return [Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])) for low, high in corners]

    def read(self, lines: Sequence[Pixels]) -> list[Word]:
        """What the pictures of single lines say, in their order; wide ones each alone, several at once want too much."""
        wide = {at for at, line in enumerate(lines) if line.shape[1] > WIDE * line.shape[0]}
        words = iter(self._read([line for at, line in enumerate(lines) if at not in wide]))
        return [self._read([line])[0] if at in wide else next(words) for at, line in enumerate(lines)]

    def _read(self, lines: Sequence[Pixels]) -> list[Word]:
        """Several at once: each is widened to the widest."""
        if not lines:
            return []
        with _short_of_memory():
            read = self._engine.recognize_txt([_coloured(line) for line in lines])
        infos = read.word_results or [None] * len(lines)
        return [
            Word(text.strip(), _least(info, score))
            for text, score, info in zip(read.txts or (), read.scores or (), infos, strict=True)
        ]


@contextlib.contextmanager
def _short_of_memory() -> Iterator[None]:
    """Its word for that as Python's: a bad_alloc of onnxruntime is a MemoryError."""
    try:
        yield
    except Exception as error:
        if "bad_alloc" in str(error):
            raise MemoryError from error
        raise


def _least(info: object, mean: float) -> float:
    certain = [float(one) for one in getattr(info, "confs", None) or [mean]]
    return min(certain, default=0.0)


def _coloured(gray: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), dtype=np.uint8)

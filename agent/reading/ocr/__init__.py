"""The writing in pictures of pages: scans and photographs of a printed form, as grids that came from a picture.

Needs the extra ``ocr`` (rapidocr with its models, onnxruntime, OpenCV), in a process of its own (apart.py): the
models are large, and a hostile picture may have its way with a decoder. Knows no campaign.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from agent.reading.apart.apart import read_apart
from agent.reading.formats.flow import page_grid
from agent.reading.grid import Cell, Document
from agent.reading.limits import Budget
from agent.reading.refusals import page_as_picture

__all__ = ["installed", "read_picture"]


@cache
def installed() -> bool:
    """Whether what the extra ``ocr`` brings is here."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2"))


def read_picture(data: bytes, budget: Budget) -> Document | None:
    """What is written on a picture of a page, or on each page of a TIFF; None where there is no writing at all.

    The tables are named 第1页表1 and so on; the text is what stands outside of them.

    Raises:
        Unreadable: ``not_supported`` without the extra; ``unreadable`` where the picture is damaged or too poor
            to read; ``too_large`` where it is over the bounds or takes too long.
    """
    if not installed():
        raise page_as_picture()
    pages = read_apart("picture", "picture", [data], budget).data
    grids = tuple(
        page_grid(f"第{number}页表{place}", table, _cell, from_picture=True)
        for number, page in enumerate(pages, 1)
        for place, table in enumerate(page["tables"], 1)
    )
    text = "\n".join(str(page["text"]) for page in pages).strip("\n")
    return Document(grids=grids, text=text) if grids or text else None


def _cell(address: str, text: str, confidence: float, certain: bool) -> Cell:
    if not certain:
        return Cell(address, "unread", text, confidence=confidence)
    return Cell(address, "text" if text else "empty", text, confidence=confidence)

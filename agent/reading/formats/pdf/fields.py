"""The figures typed into a PDF's fields: whether what a field holds is what the page shows there. By pypdfium2."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_FIGURE = re.compile(r"[0-9][0-9.,\s]*")


@dataclass(frozen=True, slots=True)
class Field:
    """A field with a figure: what it holds, and its box on the page (left, bottom, right, top)."""

    holds: Decimal
    box: tuple[float, float, float, float]


def filled_in(page: Any, notes: Iterable[Any]) -> Iterator[Field]:
    """The page's fields that hold a figure; a program may have changed it without drawing it anew."""
    import pypdfium2.raw as raw

    form = page.formenv
    for note in notes if form else ():
        if raw.FPDFAnnot_GetSubtype(note) != raw.FPDF_ANNOT_WIDGET:
            continue
        figure = _figure(_value(form, note))
        rectangle = raw.FS_RECTF()
        if figure is not None and raw.FPDFAnnot_GetRect(note, rectangle):
            box = (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
            yield Field(figure, box)


def shown_as_filled_in(document: Any, number: int, fields: Sequence[Field]) -> bool:
    """Whether each of the fields of a page, made part of it by now, shows what it holds."""
    page = document[number - 1]
    text = page.get_textpage()
    try:
        return all(_figure(text.get_text_bounded(*one.box)) == one.holds for one in fields)
    finally:
        text.close()
        page.close()


def _value(form: Any, note: Any) -> str:
    import pypdfium2.raw as raw

    size = raw.FPDFAnnot_GetFormFieldValue(form, note, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetFormFieldValue(form, note, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", "ignore").strip("\0")


def _figure(text: str) -> Decimal | None:
    """The number that a text is, whatever parts its thousands; None for any other text."""
    text = text.strip()
    if not _FIGURE.fullmatch(text):
        return None
    try:
        return Decimal(re.sub(r"[,\s]", "", text))
    except InvalidOperation:
        return None

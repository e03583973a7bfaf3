"""What was filled in or noted upon a PDF's pages (form fields, text boxes, lines): made part of them, by pypdfium2.

Pages that lie on their side or upside down are put upright first.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.reading.formats.pdf.covered import shows_other_than_it_says
from agent.reading.formats.pdf.fields import filled_in, shown_as_filled_in
from agent.reading.formats.pdf.upright import put_upright
from agent.reading.refusals import damaged, dynamic_form, encrypted, too_large


@dataclass(frozen=True, slots=True)
class Noted:
    """The file with its notes in its pages, and its pages upright.

    Attributes:
        data: the file.
        unclear: numbers of the pages that can only be drawn to tell what they show.
        turned: the rotation of each page that had to be put upright, in degrees.
    """

    data: bytes
    unclear: frozenset[int]
    turned: Mapping[int, int]


def with_notes(data: bytes, most_pages: int) -> Noted:
    """The file as its reader sees it.

    Raises:
        Unreadable: damaged, with a password, or with too many pages.
    """
    import pypdfium2.raw as raw

    document = _opened(data)
    try:
        if len(document) > most_pages:
            raise too_large(f"超过 {most_pages} 页")
        if document.get_formtype() == raw.FORMTYPE_XFA_FULL:
            raise dynamic_form()
        document.init_forms()  # before the first page is had
        turned = put_upright(document)
        noted, unclear = _flattened(document)
        if not noted and not turned:
            return Noted(data, unclear, turned)
        stream = io.BytesIO()
        document.save(stream)
        return Noted(stream.getvalue(), unclear, turned)
    finally:
        document.close()


def _opened(data: bytes) -> Any:
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD
        raise (encrypted() if locked else damaged()) from error


def _flattened(document: Any) -> tuple[bool, frozenset[int]]:
    """Whether any page bore a note, and which pages must be drawn.

    Those that bear a note that says where it is and not how it looks, or text that nobody sees.
    """
    import pypdfium2.raw as raw

    noted, unclear = False, set()
    for number, page in enumerate(document, 1):
        if shows_other_than_it_says(page):
            unclear.add(number)
        if raw.FPDFPage_GetAnnotCount(page) > 0:
            noted = True
            _without_seals(page)
            if any(_shown_without_looks(note) for note in _notes(page)):
                unclear.add(number)
            fields = list(filled_in(page, _notes(page)))
            raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
            if fields and not shown_as_filled_in(document, number, fields):
                unclear.add(number)
        page.close()
    return noted, frozenset(unclear)


def _without_seals(page: Any) -> None:
    """Take away seals and signatures: the number in a seal would be read as the figure of the cell it lies on.

    And what is in the page for a printer's sake alone: nobody who looks at it sees that.
    """
    import pypdfium2.raw as raw

    unseen = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
    gone = [
        at
        for at, note in enumerate(_notes(page))
        if _is_seal(note, page) or raw.FPDFAnnot_GetFlags(note) & unseen
    ]
    for at in reversed(gone):
        raw.FPDFPage_RemoveAnnot(page, at)


def _is_seal(note: Any, page: Any) -> bool:
    import pypdfium2.raw as raw

    if raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_STAMP:
        return True
    form = page.formenv
    return bool(form) and raw.FPDFAnnot_GetFormFieldType(form, note) == raw.FPDF_FORMFIELD_SIGNATURE


def _notes(page: Any) -> Iterator[Any]:
    import pypdfium2.raw as raw

    for at in range(raw.FPDFPage_GetAnnotCount(page)):
        note = raw.FPDFPage_GetAnnot(page, at)
        yield note
        raw.FPDFPage_CloseAnnot(note)


def _shown_without_looks(note: Any) -> bool:
    import pypdfium2.raw as raw

    seen = (
        raw.FPDF_ANNOT_FREETEXT,
        raw.FPDF_ANNOT_LINE,
        raw.FPDF_ANNOT_STRIKEOUT,
        raw.FPDF_ANNOT_INK,
        raw.FPDF_ANNOT_REDACT,
        raw.FPDF_ANNOT_POLYLINE,
    )
    hidden = raw.FPDFAnnot_GetFlags(note) & (raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW)
    if hidden or raw.FPDFAnnot_GetSubtype(note) not in seen:
        return False
    # A string of UTF-16 with its end: two bytes are none.
    return bool(raw.FPDFAnnot_GetAP(note, raw.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0) <= 2)

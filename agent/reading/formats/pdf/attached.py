"""Files that a PDF carries with it: in its list of attachments, or pinned to a page. By pypdfium2."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from agent.reading.formats.embedded import MOST, Embedded
from agent.reading.grid import Picture
from agent.reading.refusals import too_large

TOO_LARGE = "里面的附件太多太大"


def attached(data: bytes, most: int) -> Embedded:
    """The files, and that there are some which can't be taken out.

    Raises:
        Unreadable: ``too_large``: more than so many bytes, or a hundred.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        return Embedded(tuple(_within(_listed(document), most))) + _pinned(document)
    finally:
        document.close()


def _within(files: Iterator[Picture], most: int) -> Iterator[Picture]:
    for one in files:
        most -= len(one.data)
        if most < 0:
            raise too_large(TOO_LARGE)
        yield one


def _listed(document: Any) -> Iterator[Picture]:
    import pypdfium2

    count = document.count_attachments()
    if count > MOST:
        raise too_large(TOO_LARGE)
    for at in range(count):
        one = document.get_attachment(at)
        try:
            held = bytes(one.get_data())
        except pypdfium2.PdfiumError:  # listed, and not there
            held = b""
        yield Picture(one.get_name() or f"附件{at + 1}", held)


def _pinned(document: Any) -> Embedded:
    import pypdfium2.raw as raw

    found = Embedded()
    for page in document:
        for at in range(raw.FPDFPage_GetAnnotCount(page)):
            note = raw.FPDFPage_GetAnnot(page, at)
            if raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_FILEATTACHMENT:
                held = _held(note)
                found += Embedded((held,)) if held else Embedded(unread=("附件",))
            raw.FPDFPage_CloseAnnot(note)
        page.close()
    if len(found.files) > MOST:
        raise too_large(TOO_LARGE)
    return found


def _held(note: Any) -> Picture | None:
    import pypdfium2.raw as raw

    take = getattr(raw, "FPDFAnnot_GetFileAttachment", None)  # not in every release of PDFium
    attachment = take(note) if take else None
    if not attachment:
        return None
    size = ctypes.c_ulong()
    if not raw.FPDFAttachment_GetFile(attachment, None, 0, size):
        return None
    buffer = ctypes.create_string_buffer(size.value)
    if not raw.FPDFAttachment_GetFile(attachment, buffer, size.value, size):
        return None
    return Picture(_name(attachment), buffer.raw)


def _name(attachment: Any) -> str:
    import pypdfium2.raw as raw

    size = raw.FPDFAttachment_GetName(attachment, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAttachment_GetName(attachment, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", "ignore").strip("\0") or "附件"

"""A PDF page by page, by pdfplumber and pypdfium2: plain data for pdf.py. Runs in a process of its own (apart.py)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent.reading.formats.pdf.attached import attached
from agent.reading.formats.pdf.loose import downwards, loose_tables
from agent.reading.formats.pdf.notes import with_notes
from agent.reading.formats.pdf.page import Page
from agent.reading.formats.pdf.seen import Seen
from agent.reading.formats.pdf.table import Table, tables
from agent.reading.limits import MEGABYTE
from agent.reading.refusals import damaged, encrypted, too_large

MOST_PAGES = 100
MOST_PICTURES = 200
MOST_ATTACHED = 120 * MEGABYTE  # of attachments: they stand in memory twice
SMALLEST_PICTURE = 64  # pixels of the shorter side; what is smaller is an ornament
DOTS_PER_POINT = 200 / 72  # what the reading of writing in pictures was measured at
COVERED = 0.6  # share of a page under pictures from which it is one
GARBLED = 0.1  # share of characters that the file doesn't say what they are

Told = tuple[dict[str, Any], list[bytes]]


def tell(data: bytes, most_bytes: int, most_cells: int, most_pixels: int) -> Told:
    """The document's tables, text and pictures, as plain data and the pictures' bytes.

    Args:
        data: the file.
        most_bytes: that its pictures may have in all.
        most_cells: that its tables may have in all.
        most_pixels: of one page drawn as a picture.

    Raises:
        Unreadable: damaged, with a password, or over the bounds.
    """
    noted = with_notes(data, MOST_PAGES)
    told: dict[str, Any] = {
        "grids": [],
        "loose": [],
        "downwards": [],
        "text": "",
        "pictures": [],
        "pages": [],
        "doubted": [],
    }
    blobs: list[bytes] = []
    drawn: list[int] = []
    text: list[str] = []
    seen = Seen(noted.data)
    for page in _pages(noted.data):
        if _is_picture(page):  # its letters, if it has any, are a scanner's guess
            drawn.append(page.number)
            continue
        read = None if page.number in noted.unclear else _as_seen(page, seen)
        if read is None:
            drawn.append(page.number)
            told["doubted"].append(page.number)
            continue
        page, found = read
        most_cells -= sum(len(row) for table in found for row in table.rows)
        if most_cells < 0:
            raise too_large("表格的单元格太多")
        told["grids"] += _grids(page, found, found)
        loose = loose_tables(page, found)
        told["loose"] += _grids(page, loose, [*found, *loose])
        told["downwards"] += downwards(page, found)
        text.append(page.text(found))
    told["text"] = "\n".join(one for one in text if one)
    _add_pictures((data, noted.turned), drawn, most_pixels, told, blobs)
    held = attached(data, min(most_bytes, MOST_ATTACHED))
    told |= {"files": [one.name for one in held.files], "unread": held.unread}
    blobs += [one.data for one in held.files]
    if sum(len(one) for one in blobs) > most_bytes:
        raise too_large("里面的图片和附件太多太大")
    return told, blobs


def _pages(data: bytes) -> Iterator[Page]:
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        document = pdfplumber.open(io.BytesIO(data))
    except PdfminerException as error:
        locked = any(isinstance(one, PDFPasswordIncorrect) for one in (*error.args, error.__cause__))
        raise (encrypted() if locked else damaged()) from error
    with document:
        if len(document.pages) > MOST_PAGES:
            raise too_large(f"超过 {MOST_PAGES} 页")
        if not document.pages:
            raise damaged()
        for page in document.pages:
            yield Page.of(page)
            page.close()


def _as_seen(page: Page, seen: Seen) -> tuple[Page, list[Table]] | None:
    """The page as far as it is seen, and its ruled tables; None where those show other figures than they say."""
    found = tables(page)
    if not found and not _may_hold_a_form(page):
        return page, found
    looked = seen.looked_at(page)
    texts = (text for table in found for row in table.rows for text, _ in row)
    if looked.false or looked.unseen_in(table.box for table in found) or any(map(_is_garbled_figure, texts)):
        return None
    return looked.without_unseen(page), found


_LABELLED = re.compile(r"[:：=]\s*[0-9０-９]")


def _may_hold_a_form(page: Page) -> bool:
    """Whether a page without ruled lines has figures in columns or behind labels; drawing others only costs."""
    return bool(loose_tables(page, []) or _LABELLED.search(page.text([])))


def _is_picture(page: Page) -> bool:
    return page.covered >= COVERED or page.garbled > GARBLED or page.outlined


def _is_garbled_figure(text: str) -> bool:
    """Whether a cell holds letters of which the file doesn't say what they are, and no words beside them."""
    return ("(cid:" in text or "\ufffd" in text) and not re.search(r"[\u4e00-\u9fff]", text)


def _grids(page: Page, tables: list[Table], every: list[Table]) -> Iterator[dict[str, Any]]:
    for number, table in enumerate(tables, 1):
        before, after = page.beside(table, every)
        yield {
            "name": f"第{page.number}页表{number}",
            "rows": table.rows,
            "merges": table.merges,
            "joined": table.joined,
            "edges": table.edges,
            "before": before,
            "after": after,
        }


# --- pictures --------------------------------------------------------------------------------------------


def _add_pictures(
    file: tuple[bytes, Mapping[int, int]],
    drawn: list[int],
    most_pixels: int,
    told: dict[str, Any],
    blobs: list[bytes],
) -> None:
    """The pictures in pages of text, then the pages that are pictures, drawn: turned upright, and with their fields."""
    import pypdfium2

    data, turned = file
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    pages: list[bytes] = []
    try:
        for number in range(1, len(document) + 1):
            page = document[number - 1]
            if number in drawn:
                if number in turned:
                    page.set_rotation(turned[number])
                told["pages"].append(number)
                pages.append(_drawn(page, most_pixels))
            else:
                for picture in _inside(page):
                    told["pictures"].append(f"第{number}页图{len(blobs) + 1}.jpg")
                    blobs.append(picture)
            page.close()
    finally:
        document.close()
    blobs += pages


def _drawn(page: Any, most_pixels: int) -> bytes:
    width, height = page.get_size()
    scale = min(DOTS_PER_POINT, (most_pixels / max(1.0, width * height)) ** 0.5)
    return _jpeg(page.render(scale=scale).to_pil())


def _inside(page: Any) -> Iterator[bytes]:
    import pypdfium2.raw as raw

    shown = page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=4)
    for number, picture in enumerate(shown):
        if number >= MOST_PICTURES:
            raise too_large(f"一页里的图片超过 {MOST_PICTURES} 张")
        if min(picture.get_px_size()) >= SMALLEST_PICTURE:
            yield _stored(picture)


def _stored(picture: Any) -> bytes:
    """A JPEG as it is stored, so that the same photo has the same pixels; anything else drawn."""
    if picture.get_filters() == ["DCTDecode"]:
        return bytes(picture.get_data(decode_simple=True))
    return _jpeg(picture.get_bitmap().to_pil())


def _jpeg(image: Any) -> bytes:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=92)
    return stream.getvalue()

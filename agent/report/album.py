"""The photo album (照片册): by unit, two photos a row with captions, scaled down, without what cameras write into them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt
from PIL import Image

from agent.base.errors import Unreadable
from agent.base.plain import plain
from agent.dossier.dossier import Dossier
from agent.dossier.overview import Overview
from agent.dossier.version import Filed
from agent.reading.photos import smaller
from agent.report.word import (
    FANG,
    HEI,
    KAI,
    TITLE,
    add_text,
    mark_pages,
    name_fonts,
    page_numbers,
    paper,
    saved,
    set_font,
)
from agent.report.words import Titles, clean, one_line

LONGEST = 1280
"""Pixels, the longer side: enough for print at this size, small enough to send."""
BOX = (78.0, 54.0)
"""Millimetres that a photo may take."""

PhotoBytes = Callable[[Filed], bytes]


def album(overview: Overview, titles: Titles, photo_bytes: PhotoBytes) -> bytes:
    """The album as .docx; ``photo_bytes`` gives a filed photo's bytes, and is asked for one at a time."""
    document = docx.Document()
    _page(document)
    with_photos = [one for one in overview.dossiers if one.photos]
    _title(document, titles.album, _summary(overview, with_photos))
    for dossier in with_photos:
        heading = f"{dossier.unit.name}（{len(dossier.photos)}张）"
        _line(document, heading, HEI, 16, keep=True, before=6)
        _photos(document, dossier.photos, photo_bytes)
    mark_pages(document, overview.campaign.mark)
    return saved(document, titles.album, overview.as_of)


def _page(document: Document) -> None:
    set_font(document.styles["Normal"], FANG, 16)
    name_fonts(document)
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    paper(section)
    section.top_margin, section.bottom_margin = Mm(25), Mm(25)
    section.left_margin, section.right_margin, section.footer_distance = Mm(25), Mm(25), Mm(14)
    page_numbers(document.sections[0])


def _title(document: Document, title: str, summary: str) -> None:
    _line(document, title, TITLE, 22, align=1)
    _line(document, summary, FANG, 12, align=1, after=6)


def _summary(overview: Overview, with_photos: Sequence[Dossier]) -> str:
    count = sum(len(one.photos) for one in with_photos)
    if not count:
        return "尚未收到照片。"
    place = f"{overview.register.district}　{plain(overview.as_of)}"
    return f"{place}　{len(with_photos)}个单位，共{count}张"


def _line(
    document: Document,
    text: str,
    font: str,
    points: float,
    *,
    align: int = 0,
    keep: bool = False,
    before: float = 0,
    after: float = 0,
) -> None:
    paragraph: Any = document.add_paragraph()
    form = paragraph.paragraph_format
    form.alignment, form.keep_with_next = align, keep
    form.line_spacing, form.space_before, form.space_after = Pt(28.9), Pt(before), Pt(after)
    add_text(paragraph, text, font, points)


def _photos(document: Document, photos: Sequence[Filed], photo_bytes: PhotoBytes) -> None:
    """A table without lines, two photos a row; a row stays on one page."""
    table: Any = document.add_table(rows=0, cols=2)
    table.autofit = False
    for start in range(0, len(photos), 2):
        row = table.add_row()
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, filed in zip(row.cells, photos[start : start + 2], strict=False):
            cell.width = Mm(80)
            _photo(cell, filed, photo_bytes)


def _photo(cell: Any, filed: Filed, photo_bytes: PhotoBytes) -> None:
    paragraph = cell.paragraphs[0]
    form = paragraph.paragraph_format
    form.alignment = 1
    form.space_before, form.space_after, form.line_spacing = Pt(4), Pt(2), 1.0
    try:
        picture = smaller(photo_bytes(filed), LONGEST)
    except Unreadable:
        add_text(paragraph, "（这张照片在此无法显示，请看归档的原件）", KAI, 12)
    else:
        _describe(_place(paragraph, picture), _name(filed))
    _caption(cell, _name(filed), 12, after=0)
    _caption(cell, f"{one_line(filed.piece.name, 40)}　{plain(filed.received)}收到", 9, after=6)


def _place(paragraph: Any, picture: bytes) -> Any:
    """The picture in the paragraph, as large as its box allows, its proportions kept."""
    with Image.open(io.BytesIO(picture)) as image:
        wide, high = image.size
    scale = min(BOX[0] / wide, BOX[1] / high)
    return paragraph.add_run().add_picture(io.BytesIO(picture), Mm(wide * scale), Mm(high * scale))


def _describe(shape: Any, name: str) -> None:
    """What a screen reader says of it."""
    shape._inline.docPr.set("descr", clean(name))


def _name(filed: Filed) -> str:
    return filed.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _caption(cell: Any, text: str, points: float, *, after: float) -> None:
    paragraph = cell.add_paragraph()
    form = paragraph.paragraph_format
    form.alignment, form.line_spacing = 1, Pt(points + 5)
    form.space_before, form.space_after = Pt(0), Pt(after)
    add_text(paragraph, text, FANG, points)

"""A document to its reading, whatever its format: the form in it, else its words; a picture that shows a page, too.

Knows neither containers nor messages; what lies inside a document is read by whoever asks (files.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from agent.base.errors import Unreadable
from agent.base.findings import Finding
from agent.base.noise import without_noise
from agent.campaign.rules import Campaign
from agent.reading.apart.opening import open_apart
from agent.reading.cell.folding import squeeze
from agent.reading.context import Context, guarded, reading_of
from agent.reading.filetype import FileType, refusal_of
from agent.reading.grid import Document, PagePicture
from agent.reading.reading import FileReading, Kind
from agent.reading.refusals import page_without_form
from agent.reading.words.prose import says_little

if TYPE_CHECKING:
    from agent.reading.table.form import FoundForm

TEXT_TYPES: tuple[FileType, ...] = ("docx", "odt", "html", "mht", "text", "doc", "rtf", "word-xml", "pdf")
"""Formats whose running text may be a narrative."""

MOST_OF_A_KIND = 40  # characters of what an object calls itself

LONG_CELL = 40  # characters from which a table's cell is prose


@dataclass(frozen=True, slots=True)
class _Opened:
    """A document, and what was found in it before it is known what it counts as."""

    name: str
    data: bytes
    kind: FileType
    document: Document
    found: FoundForm | None
    overlooked: tuple[Finding, ...]
    text: str
    inside: tuple[FileReading, ...]
    noise: bool


def read_document(
    name: str,
    data: bytes,
    had: tuple[FileType, Document],
    context: Context,
    read_inside: Callable[[bool], tuple[FileReading, ...]],
) -> FileReading:
    """What a document is and holds.

    Args:
        name: as sent.
        data: its bytes.
        had: its type, and what its format's reader made of it.
        context: of the file given.
        read_inside: reads the pictures and files in it, once it is known to be no letter of ours; told whether the
            document is a form or a narrative without them.
    """
    kind, document = had
    if _is_own_letter(document):
        return _own_letter(name, data)
    found, overlooked = context.look_through(document, set_out=kind != "pdf")
    words = without_noise(_running_text(document, found is not None) if kind in TEXT_TYPES else "")
    gained = found is not None or not (overlooked or says_little(words.text, context.campaign))
    had_noise = words.noise > 0 or words.enciphered
    seen = (found, overlooked, words.text)
    opened = _Opened(name, data, kind, document, *seen, read_inside(gained), had_noise)
    reading = _paged(opened, context) if kind == "pdf" else _flowing(opened, context.campaign)
    if not reading.form:
        reading = replace(reading, stated=context.stated(document))
    if reading.form:
        from agent.reading.table.marked import marked_by_name

        reading = marked_by_name(reading, context.campaign, context.register)
    if any(one.form for one in opened.inside):  # few words around the form are enough
        enough = tuple(one for one in reading.findings if one.rule != "little_text")
        reading = replace(reading, findings=enough)
    return _with_unread(reading, document.unread)


def _flowing(one: _Opened, campaign: Campaign) -> FileReading:
    """A document without pages."""
    if one.overlooked:
        return reading_of(one.name, one.data, "unreadable", None, one.overlooked, one.inside, one.text)
    words_meant = _is_text(one.name) and not one.noise
    if one.kind == "text" and not one.found and not words_meant and says_little(one.text, campaign):
        raise refusal_of("unknown")
    kind, notes = ("form", ()) if one.found else _words(one.name, one.text, campaign)
    return reading_of(one.name, one.data, kind, one.found, notes, one.inside, one.text)


def _with_unread(reading: FileReading, unread: tuple[str, ...]) -> FileReading:
    """With a word about what is inside and can't be read: an error where the form may be nowhere else."""
    if not unread:
        return reading
    kinds = "、".join(dict.fromkeys(one[:MOST_OF_A_KIND] for one in unread))
    said = (
        f"文件“{reading.file}”里嵌入了无法读取的对象（{kinds}），其中的内容没有读取。"
        "如里面有统计表，请在对象上双击打开，另存为 Excel（.xlsx）后作为附件发送。"
    )
    gained = reading.kind in ("form", "narrative") or any(one.form for one in reading.everything())
    finding = Finding("warning" if gained else "error", "unreadable", said)
    kind: Kind = reading.kind if gained else "unreadable"
    return replace(reading, kind=kind, findings=(*reading.findings, finding))


def _is_text(name: str) -> bool:
    """Whether the name is one of a text, or says nothing."""
    return PurePath(name).suffix.lower() in ("", ".txt", ".md", ".text")


def _words(name: str, text: str, campaign: Campaign) -> tuple[Kind, tuple[Finding, ...]]:
    """What a document without a form is by its words, and what its sender is told where they are too few."""
    if not says_little(text, campaign):
        return "narrative", ()
    owed = campaign.deliverables.narrative
    if owed is None or not text.strip():
        return "other", ()
    said = f"文件“{name}”内容很少，未作为{owed.label}登记。如是{owed.label}，请补充文字后重新发送。"
    return "other", (Finding("note", "little_text", said),)


def _paged(one: _Opened, context: Context) -> FileReading:
    """A document with pages, some of which may be pictures and are read as picture files are."""
    from agent.reading.paged import (
        form_of_pages,
        page_findings,
        shape_without_lines,
        told_doubted,
        told_joined,
    )

    name, document, campaign = one.name, one.document, context.campaign
    inner = replace(context, within=name)
    pages = {page.number: _page(page, inner) for page in document.pages}
    found = told_joined(one.found, document, campaign) if one.found else form_of_pages(pages, campaign)
    findings = page_findings(name, pages, "warning" if one.found else "error")
    if found is None and not findings:
        findings = one.overlooked or shape_without_lines(name, document, campaign)
    kind: Kind
    if found is not None or findings:
        kind = "form" if found else "unreadable"
    else:
        kind, findings = _words(name, one.text, campaign)
    findings = (*findings, *told_doubted(name, document.pages, "note" if found else "warning"))
    # A form in a page becomes the document's own, unless the text has one: then both are there to be compared.
    done = ("unreadable",) if one.found else ("unreadable", "form")
    kept = tuple(page for page in pages.values() if page.kind not in done)
    return reading_of(name, one.data, kind, found, findings, (*one.inside, *kept), one.text)


def _page(page: PagePicture, context: Context) -> FileReading:
    name = f"第{page.number}页.jpg"

    def read() -> FileReading:
        looked = open_apart(name, page.data, context.min_pixels, False, context.budget).content
        return read_picture(name, page.data, looked, context)

    return guarded(name, page.data, context, read)


def _own_letter(name: str, data: bytes) -> FileReading:
    said = f"文件“{name}”是报送邮箱发出的信，其中的数不作为统计表登记。更正请发送填好的统计表。"
    return reading_of(name, data, "other", findings=(Finding("note", "own_letter", said),))


def _is_own_letter(document: Document) -> bool:
    """Whether it is a letter of ours that was saved: its footer stands somewhere, however the lines are broken."""
    from agent.reading.words.quoting import is_automatic

    cells = (cell.text for grid in document.grids for row in grid.rows for cell in row)
    words = "".join("\n".join((document.text, *cells)).split())
    return "本邮件由" in words and is_automatic(words)  # another system may say that it has made the form


def _running_text(document: Document, is_form: bool) -> str:
    """The text; of a document without a form also what its tables frame, as circulars (简报) are set."""
    framed = [
        cell.text
        for grid in (() if is_form else document.grids)
        for row in grid.rows
        for cell in row
        if len(cell.text) >= LONG_CELL and not cell.hidden and cell.text not in document.text
    ]
    return "\n".join([document.text, *framed]).strip("\n")


def read_picture(name: str, data: bytes, looked: Any, context: Context) -> FileReading:
    """A photo, something that is neither a photo nor a page, or the page that it shows (``looked``: a Looked)."""
    if looked.look == "page":
        return guarded(name, data, context, partial(_page_of_paper, name, data, looked.pixels, context))
    return reading_of(name, data, "photo" if looked.look == "photo" else "other", pixels=looked.pixels)


def _page_of_paper(name: str, data: bytes, pixels: str, context: Context) -> FileReading:
    """A scan or photograph of a page: the form on it, else a narrative where enough is written on it."""
    from agent.reading import ocr
    from agent.reading.paged import shape_without_lines

    try:
        document = ocr.read_picture(data, context.budget)
    except Unreadable as refusal:
        if context.illustrates and refusal.rule in ("unreadable", "not_supported"):
            return _illustration(name, data, pixels, context)
        raise
    if document is None:
        return _illustration(name, data, pixels, context)
    if _is_own_letter(document):
        return _own_letter(name, data)
    found = context.find(document)
    if found is not None:
        from agent.reading.table.marked import marked_by_name

        reading = reading_of(name, data, "form", found=found, pixels=pixels)
        return marked_by_name(reading, context.campaign, context.register)
    narrative = context.campaign.deliverables.narrative
    if shape_without_lines(name, document, context.campaign):
        raise page_without_form()
    if document.grids or narrative is None or len(squeeze(document.text)) < narrative.min_characters:
        return _illustration(name, data, pixels, context)
    return reading_of(name, data, "narrative", text=document.text, pixels=pixels)


def _illustration(name: str, data: bytes, pixels: str, context: Context) -> FileReading:
    """A page without a form: among a document's own words it need be none.

    Raises:
        Unreadable: it stands alone.
    """
    if not context.illustrates:
        raise page_without_form()
    said = (
        f"“{context.within}”里的“{name}”像是拍照或扫描的文稿，没有从中登记数字，也没有作为工作照片。"
        "如是统计表，请直接发送 Word（.docx）、Excel（.xlsx）文件。"
    )
    return reading_of(name, data, "other", findings=(Finding("note", "unreadable", said),), pixels=pixels)

"""One file to its reading: what it is, the form in it, and what is inside it. Bytes in, values out.

Knows no disk, no clock and no network. Whatever a file makes a library do, it ends as a finding.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from agent.errors import AgentError, Unreadable
from agent.findings import Finding
from agent.reading.attachments import FileType, refusal_of
from agent.reading.containers.member import clean_path
from agent.reading.folding import squeeze
from agent.reading.formats.limits import MEGABYTE, Budget, Limits
from agent.reading.formats.refusals import damaged, encrypted, page_without_form, some_encrypted, too_large
from agent.reading.grid import Document, PagePicture, Picture
from agent.reading.opening import message_apart, open_apart, texts_apart
from agent.reading.prose import says_little
from agent.reading.reading import FileReading, Kind
from agent.rules import Campaign, PhotosDeliverable
from agent.units import Register, Unit

if TYPE_CHECKING:
    from agent.mime import Mime, MimePart
    from agent.reading.containers import ContainerType
    from agent.reading.form import FoundForm

__all__ = ["Limits", "read_file", "read_message"]

LOG = logging.getLogger(__name__)

TEXT_TYPES: tuple[FileType, ...] = ("docx", "odt", "html", "mht", "text", "doc", "rtf", "word-xml", "pdf")
"""Formats whose running text may be a narrative."""

MOST_OF_A_KIND = 40  # characters of what an object calls itself

LONG_CELL = 40  # characters from which a table's cell is prose

NO_FILES = ("message/delivery-status", "message/disposition-notification", "text/rfc822-headers")


def read_file(
    name: str,
    data: bytes,
    campaign: Campaign,
    register: Register,
    near: dt.date,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> FileReading:
    """What a file is and holds, with all that is inside it.

    Args:
        name: as sent.
        data: its bytes.
        campaign: whose form is looked for.
        register: the units that a form may name.
        near: the day that settles a date written without its year.
        limits: bounds for the file and everything in it together.
    """
    return _read(name, data, _Context(campaign, register, near, limits, Budget(limits)), depth=0)


def read_message(
    name: str,
    raw: bytes,
    campaign: Campaign,
    register: Register,
    near: dt.date,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    owner: Unit | None = None,
) -> FileReading:
    """What a mail holds: a form in its own text, its attachments in ``contains``. Arguments as above.

    ``owner`` is the unit for which the contact hands it in: of a table of several units only its rows are read.
    """
    context = _Context(campaign, register, near, limits, Budget(limits), owner=owner)
    most = limits.mail_bytes
    return _guarded(name, raw, context, lambda: _message(name, raw, context, depth=0), most)


@dataclass(frozen=True, slots=True)
class _Context:
    """What stays the same while one file given is read, and what is left of the bounds.

    ``within`` is the document whose pictures are being read: their own names mean nothing to its sender.
    """

    campaign: Campaign
    register: Register
    near: dt.date
    limits: Limits
    budget: Budget
    within: str = ""
    owner: Unit | None = None

    @property
    def min_pixels(self) -> int:
        photos = self.campaign.deliverables.photos or PhotosDeliverable(label="")
        return photos.min_pixels

    def find(self, document: Document) -> FoundForm | None:
        """The form in a document, or None."""
        from agent.reading.form import find_form, find_forms_by_unit

        about = (document, self.campaign, self.register, self.near)
        if not document.grids:
            return None
        own = find_forms_by_unit(*about).get(self.owner.id) if self.owner else None
        return own or find_form(*about)

    def _in_loose(self, document: Document) -> FoundForm | None:
        """The form in a table without lines, where all of it is there."""
        from agent.reading.paged import is_whole

        found = self.find(replace(document, grids=document.loose))
        return found if found and is_whole(found, self.campaign) else None

    def look_through(
        self, document: Document, set_out: bool = True
    ) -> tuple[FoundForm | None, tuple[Finding, ...]]:
        """The form in a document's tables, else in its lines; where there is none, what looks like one.

        ``set_out``: the gaps in its lines were typed.
        """
        from agent.reading.formats.text import read_text
        from agent.reading.overlooked import in_lines, overlooked, with_overlooked

        found = self.find(document)
        if found is not None:
            return with_overlooked(found, document, self.campaign), ()
        found = self.find(read_text(in_lines(document), set_out)) or self._in_loose(document)
        return found, () if found else overlooked(document, self.campaign, None)


def _read(name: str, data: bytes, context: _Context, depth: int) -> FileReading:
    return _guarded(name, data, context, lambda: _known(name, data, context, depth))


def _guarded(
    name: str, data: bytes, context: _Context, read: Callable[[], FileReading], most: int = 0
) -> FileReading:
    """The reading, or the finding that there is none: the one place where a library's failure ends.

    ``most``: how many bytes it may have; 0: as many as a file.
    """
    most = most or context.limits.file_bytes
    try:
        if len(data) > most:
            raise too_large(f"超过 {most // MEGABYTE} MB")
        return read()
    except Unreadable as refusal:
        return _unreadable(name, data, refusal, context)
    except AgentError:  # nothing about the file
        raise
    except Exception:  # whatever a library let through; the log tells a hostile file from a fault of ours
        LOG.exception("file %s could not be read", hashlib.sha256(data).hexdigest()[:12])
        return _unreadable(name, data, damaged(), context)


def _unreadable(name: str, data: bytes, refusal: Unreadable, context: _Context) -> FileReading:
    return _reading(name, data, "unreadable", findings=(_refused(name, refusal, context),))


def _refused(name: str, refusal: Unreadable, context: _Context) -> Finding:
    where = f"“{context.within}”里的" if context.within else ""
    return Finding("error", refusal.rule, f"{where}“{name}”{refusal}")


def _known(name: str, data: bytes, context: _Context, depth: int) -> FileReading:
    """By what the file is."""
    opened = open_apart(name, data, context.min_pixels, depth < context.limits.depth, context.budget)
    sniffed, content = opened.sniffed, opened.content
    match sniffed.type:
        case "zip" | "rar" | "7z" | "tar" | "tnef":
            return _archive(sniffed.type, name, data, content, context, depth)
        case "message" | "msg":
            _require_depth(context, depth)
            return _taken_apart(name, data, _mime(content, context), context, depth)
        case "picture":
            return _picture(name, data, content, context)
        case "vector" | "card":
            return _reading(name, data, "other")
        case "encrypted":
            raise encrypted()
        case "unsupported":
            raise refusal_of(sniffed.what)
        case _:
            document = content if isinstance(content, Document) else _converted(sniffed.type, data, context)
            reading = _document(name, data, (sniffed.type, document), context, depth)
            return _with_macros(reading) if sniffed.macros else reading


def _with_macros(reading: FileReading) -> FileReading:
    said = f"文件“{reading.file}”里有宏。宏没有运行，只读取了文件里的内容；以后请发送不带宏的文件。"
    return replace(reading, findings=(*reading.findings, Finding("note", "macros", said)))


def _converted(kind: FileType, data: bytes, context: _Context) -> Document:
    """A document that needs a program or a process of its own."""
    if kind == "pdf":
        from agent.reading.formats.pdf import read_pdf

        return read_pdf(data, context.budget)
    from agent.reading.formats.office import read_by_office

    return read_by_office(kind, data, context.budget)


# --- documents -------------------------------------------------------------------------------------------


def _document(
    name: str, data: bytes, had: tuple[FileType, Document], context: _Context, depth: int
) -> FileReading:
    kind_of_file, document = had
    if _is_own_letter(document):
        return _own_letter(name, data)
    found, overlooked = context.look_through(document, set_out=kind_of_file != "pdf")
    text = _running_text(document, found is not None) if kind_of_file in TEXT_TYPES else ""
    inner = replace(context, within=name)
    context.budget.spend_members(len(document.files))
    inside = (
        *(_read(one.name, one.data, inner, depth + 1) for one in document.pictures),
        *(_file_inside(one, inner, depth + 1) for one in document.files),
    )
    if kind_of_file == "pdf":
        reading = _paged(name, data, document, (found, text, inside, overlooked), inner)
    else:
        reading = _flowing(name, data, had, (found, text, inside, overlooked), context)
    if any(one.form for one in inside):  # few words around the form are enough
        enough = tuple(one for one in reading.findings if one.rule != "little_text")
        reading = replace(reading, findings=enough)
    return _with_unread(reading, document.unread)


def _file_inside(file: Picture, context: _Context, depth: int) -> FileReading:
    name = clean_path(file.name)

    def read() -> FileReading:
        _require_depth(context, depth)
        return _known(name, file.data, context, depth)

    return _guarded(name, file.data, context, read)


def _flowing(
    name: str,
    data: bytes,
    had: tuple[FileType, Document],
    gained: tuple[FoundForm | None, str, tuple[FileReading, ...], tuple[Finding, ...]],
    context: _Context,
) -> FileReading:
    """A document without pages."""
    kind_of_file, _ = had
    found, text, inside, overlooked = gained
    if overlooked:
        return _reading(name, data, "unreadable", findings=overlooked, contains=inside, text=text)
    if (
        found is None
        and kind_of_file == "text"
        and says_little(text, context.campaign)
        and not _is_text(name)
    ):
        raise refusal_of("unknown")
    kind, notes = ("form", ()) if found else _words(name, text, context.campaign)
    return _reading(name, data, kind, found=found, findings=notes, contains=inside, text=text)


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


def _paged(
    name: str,
    data: bytes,
    document: Document,
    had: tuple[FoundForm | None, str, tuple[FileReading, ...], tuple[Finding, ...]],
    context: _Context,
) -> FileReading:
    """A document with pages, some of which may be pictures and are read as picture files are."""
    from agent.reading.paged import (
        form_of_pages,
        page_findings,
        shape_without_lines,
        told_doubted,
        told_joined,
    )

    found, text, inside, overlooked = had
    pages = {
        page.number: _guarded(
            f"第{page.number}页.jpg", page.data, context, partial(_page_picture, page, context)
        )
        for page in document.pages
    }
    in_text = found is not None
    found = (
        told_joined(found, document, context.campaign) if found else form_of_pages(pages, context.campaign)
    )
    findings = page_findings(name, pages, "warning" if in_text else "error")
    if found is None and not findings:
        findings = overlooked or shape_without_lines(name, document, context.campaign)
    kind: Kind
    if found is not None or findings:
        kind = "form" if found else "unreadable"
    else:
        kind, findings = _words(name, text, context.campaign)
    findings = (*findings, *told_doubted(name, document.pages, "note" if found else "warning"))
    # A form in a page becomes the document's own, unless the text has one: then both are there to be compared.
    done = ("unreadable",) if in_text else ("unreadable", "form")
    kept = tuple(page for page in pages.values() if page.kind not in done)
    return _reading(name, data, kind, found=found, findings=findings, contains=(*inside, *kept), text=text)


def _page_picture(page: PagePicture, context: _Context) -> FileReading:
    name = f"第{page.number}页.jpg"
    looked = open_apart(name, page.data, context.min_pixels, False, context.budget).content
    return _picture(name, page.data, looked, context)


def _own_letter(name: str, data: bytes) -> FileReading:
    said = f"文件“{name}”是报送邮箱发出的信，其中的数不作为统计表登记。更正请发送填好的统计表。"
    return _reading(name, data, "other", findings=(Finding("note", "own_letter", said),))


def _is_own_letter(document: Document) -> bool:
    """Whether it is a letter of ours that was saved: its footer stands somewhere, however the lines are broken."""
    from agent.reading.quoting import is_automatic

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


def _picture(name: str, data: bytes, looked: Any, context: _Context) -> FileReading:
    if looked.look == "page":
        return _guarded(name, data, context, partial(_page_of_paper, name, data, looked.pixels, context))
    return _reading(name, data, "photo" if looked.look == "photo" else "other", pixels=looked.pixels)


def _page_of_paper(name: str, data: bytes, pixels: str, context: _Context) -> FileReading:
    """A scan or photograph of a page: the form on it, else a narrative where enough is written on it."""
    from agent.reading.ocr import read_picture
    from agent.reading.paged import shape_without_lines

    document = read_picture(data, context.budget)
    if document is None:
        raise page_without_form()
    if _is_own_letter(document):
        return _own_letter(name, data)
    found = context.find(document)
    if found is not None:
        return _reading(name, data, "form", found=found, pixels=pixels)
    narrative = context.campaign.deliverables.narrative
    if shape_without_lines(name, document, context.campaign):
        raise page_without_form()
    if document.grids or narrative is None or len(squeeze(document.text)) < narrative.min_characters:
        raise page_without_form()
    return _reading(name, data, "narrative", text=document.text, pixels=pixels)


# --- containers ------------------------------------------------------------------------------------------


def _archive(
    kind: ContainerType, name: str, data: bytes, content: Any, context: _Context, depth: int
) -> FileReading:
    _require_depth(context, depth)
    unpacked = content
    if kind == "rar":
        from agent.reading.containers.rar import unpack_rar

        unpacked = unpack_rar(data, context.budget)
    if not unpacked.members and kind != "tnef":  # a winmail.dat without files only says how a mail looks
        raise (
            encrypted()
            if unpacked.encrypted
            else Unreadable("unreadable", "里面没有文件。请检查后重新发送。")
        )
    inside = tuple(
        _unreadable(member.name, member.data, member.refusal, context)
        if member.refusal
        else _read(member.name, member.data, context, depth + 1)
        for member in unpacked.members
    )
    findings = (_refused(name, some_encrypted(), context),) if unpacked.encrypted else ()
    return _reading(name, data, "archive", findings=findings, contains=inside)


def _require_depth(context: _Context, depth: int) -> None:
    if depth >= context.limits.depth:
        raise too_large(f"在压缩包或邮件里套了 {depth} 层以上")


def _message(name: str, raw: bytes, context: _Context, depth: int) -> FileReading:
    _require_depth(context, depth)
    mime = message_apart(raw, context.budget)
    return _taken_apart(name, raw, _mime(mime, context), context, depth)


def _mime(content: Any, context: _Context) -> Mime:
    mime: Mime = content
    context.budget.spend_bytes(sum(len(part.data) for part in mime.parts))
    return mime


def _taken_apart(name: str, raw: bytes, mime: Mime, context: _Context, depth: int) -> FileReading:
    context.budget.spend_members(len(mime.parts))
    inside = tuple(_part(part, context, depth + 1) for part in mime.parts)
    # A mail that lies inside another and that a machine wrote may be our own receipt, figures and all.
    found, told = (None, ()) if depth and _automatic(mime) else _form_in_message(mime, context)
    if any(one.form for part in inside for one in part.everything()):
        told = tuple(replace(one, severity="warning") for one in told)
    return _reading(name, raw, "message", found=found, findings=told, contains=inside, text=mime.text)


def _part(part: MimePart, context: _Context, depth: int) -> FileReading:
    if part.content_type in NO_FILES:
        return _reading(part.name, part.data, "other")
    if part.content_type == "message/rfc822":
        return _guarded(part.name, part.data, context, lambda: _message(part.name, part.data, context, depth))
    return _read(part.name, part.data, context, depth)


def _automatic(mime: Mime) -> bool:
    said = [value for name, value in mime.headers if name.lower() == "auto-submitted"]
    return any(value.strip().lower() != "no" for value in said)


def _form_in_message(mime: Mime, context: _Context) -> tuple[FoundForm | None, tuple[Finding, ...]]:
    """The form in the sender's own text, else in a mail that is forwarded in it; never in a quotation.

    Where there is none, what looks like one.
    """
    from agent.reading.overlooked import overlooked, with_overlooked

    told: tuple[Finding, ...] = ()
    for document in texts_apart(mime, context.budget):
        found = context.find(document)
        if found is not None:
            return with_overlooked(found, document, context.campaign), ()
        told = told or overlooked(document, context.campaign, None)
    return None, tuple(replace(one, text=one.text.replace("“", "邮件正文的“", 1)) for one in told)


# --- the result ------------------------------------------------------------------------------------------


def _reading(
    name: str,
    data: bytes,
    kind: Kind,
    found: FoundForm | None = None,
    findings: tuple[Finding, ...] = (),
    contains: tuple[FileReading, ...] = (),
    text: str = "",
    pixels: str | None = None,
) -> FileReading:
    return FileReading(
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        kind=kind,
        form=found.form if found else None,
        findings=(*findings, *(found.findings if found else ())),
        contains=contains,
        text=text,
        pixels=pixels,
        data=data,
    )

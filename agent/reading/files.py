"""One file to its reading: what it is, the form in it, and what is inside it. Bytes in, values out.

Knows no disk, no clock and no network. Whatever a file makes a library do, it ends as a finding.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.base.errors import Unreadable
from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import Register, Unit
from agent.reading.apart.opening import message_apart, open_apart
from agent.reading.containers.member import beside_photos, clean_path, once
from agent.reading.context import Context, guarded, reading_of, refused, require_depth, unreadable
from agent.reading.documents import read_document, read_picture
from agent.reading.filetype import FileType, refusal_of
from agent.reading.grid import Document, Picture
from agent.reading.limits import MEGABYTE, Budget, Limits
from agent.reading.mails import Mail
from agent.reading.reading import FileReading, Stated
from agent.reading.refusals import (
    encrypted,
    in_fragments,
    kept_elsewhere,
    nothing_inside,
    some_encrypted,
    too_large,
    unread_finding,
)
from agent.reading.words.accompanying import with_accompanying

if TYPE_CHECKING:
    from agent.base.mime import Mime, MimePart
    from agent.reading.containers import ContainerType
    from agent.reading.table.form import FoundForm

__all__ = ["Limits", "Mail", "open_mail", "read_file", "read_message"]

NO_FILES = (
    *("message/delivery-status", "message/disposition-notification", "text/rfc822-headers"),
    *("application/pkcs7-signature", "application/x-pkcs7-signature"),
    *(
        "application/pgp-signature",
        "application/pgp-keys",
        "application/pgp-encrypted",
    ),  # the last says a version
)
LIVE_PHOTO = ".livp"
REFUSED = {"message/partial": in_fragments, "message/external-body": kept_elsewhere}


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
    return _read(name, data, Context(campaign, register, near, Budget(limits)), depth=0)


def open_mail(raw: bytes, limits: Limits = Limits()) -> Mail:  # noqa: B008 (frozen)
    """A mail taken apart, in the process apart and once for all who look into it: nobody else parses its body."""
    try:
        if len(raw) > limits.mail_bytes:
            raise too_large(f"超过 {limits.mail_bytes // MEGABYTE} MB")
        return message_apart(raw, Budget(limits))
    except Unreadable as refusal:
        return Mail.refused(raw, refusal)


def read_message(
    name: str,
    raw: bytes,
    campaign: Campaign,
    register: Register,
    near: dt.date,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    owner: Unit | None = None,
    mail: Mail | None = None,
) -> FileReading:
    """What a mail holds: a form in its own text, its attachments in ``contains``. Arguments as above.

    ``owner`` is the unit for which the contact hands it in: of a table of several units only its rows are read.
    ``mail`` is the same taken apart (``open_mail``), where it is at hand.
    """
    opened = open_mail(raw, limits) if mail is None else mail
    context = Context(campaign, register, near, Budget(limits), owner=owner)

    def read() -> FileReading:
        if opened.refusal is not None:
            raise opened.refusal
        return _taken_apart(name, raw, _counted(opened, context), context, depth=0)

    return guarded(name, raw, context, read, limits.mail_bytes)


def _read(name: str, data: bytes, context: Context, depth: int) -> FileReading:
    return guarded(name, data, context, lambda: _known(name, data, context, depth))


def _known(name: str, data: bytes, context: Context, depth: int) -> FileReading:
    """By what the file is."""
    opened = open_apart(name, data, context.min_pixels, depth < context.budget.limits.depth, context.budget)
    sniffed, content = opened.sniffed, opened.content
    match sniffed.type:
        case "zip" | "rar" | "7z" | "tar" | "tnef":
            return _archive(sniffed.type, name, data, content, context, depth)
        case "message" | "msg":
            require_depth(context, depth)
            return _taken_apart(name, data, _counted(content, context), context, depth)
        case "picture":
            return read_picture(name, data, content, context)
        case "vector" | "card":
            return reading_of(name, data, "other")
        case "encrypted":
            raise encrypted()
        case "unsupported":
            raise refusal_of(sniffed.what)
        case _:
            document = content if isinstance(content, Document) else _converted(sniffed.type, data, context)
            inside = partial(_inside, name, document, context, depth + 1)
            reading = read_document(name, data, (sniffed.type, document), context, inside)
            return _with_macros(reading) if sniffed.macros else reading


def _with_macros(reading: FileReading) -> FileReading:
    said = f"文件“{reading.file}”里有宏。宏没有运行，只读取了文件里的内容；以后请发送不带宏的文件。"
    return replace(reading, findings=(*reading.findings, Finding("note", "macros", said)))


def _converted(kind: FileType, data: bytes, context: Context) -> Document:
    """A document that needs a program or a process of its own."""
    if kind == "pdf":
        from agent.reading.formats.pdf.document import read_pdf

        return read_pdf(data, context.budget)
    from agent.reading.formats.office import read_by_office

    return read_by_office(kind, data, context.budget)


def _inside(
    name: str, document: Document, context: Context, depth: int, illustrated: bool
) -> tuple[FileReading, ...]:
    """The pictures and the files in a document; ``illustrated``: it is a form or a narrative without them."""
    inner = replace(context, within=name, illustrates=False)
    context.budget.spend_members(len(document.files))
    shown = replace(inner, illustrates=illustrated)
    return (
        *(_read(one.name, one.data, shown, depth) for one in document.pictures),
        *(_file_inside(one, inner, depth) for one in document.files),
    )


def _file_inside(file: Picture, context: Context, depth: int) -> FileReading:
    name = clean_path(file.name)

    def read() -> FileReading:
        require_depth(context, depth)
        return _known(name, file.data, context, depth)

    return guarded(name, file.data, context, read)


# --- containers ------------------------------------------------------------------------------------------


def _archive(
    kind: ContainerType, name: str, data: bytes, content: Any, context: Context, depth: int
) -> FileReading:
    require_depth(context, depth)
    unpacked = content
    if kind == "rar":
        from agent.reading.containers.rar import unpack_rar

        unpacked = unpack_rar(data, context.budget)
    if not unpacked.members and kind != "tnef":  # a winmail.dat without files only says how a mail looks
        raise encrypted() if unpacked.encrypted else nothing_inside()
    # Two archives may hold files of one name; a winmail.dat is nothing that its sender knows of.
    inner = context if kind == "tnef" else context.inside(name)
    names = [member.name for member in unpacked.members]
    passed_over = once(names) if name.lower().endswith(LIVE_PHOTO) else beside_photos(names)
    inside = tuple(
        unreadable(member.name, member.data, member.refusal, inner)
        if member.refusal
        else _read(member.name, member.data, inner, depth + 1)
        for member in unpacked.members
        if member.name not in passed_over
    )
    findings = (refused(name, some_encrypted(), context),) if unpacked.encrypted else ()
    reading = reading_of(name, data, "archive", findings=findings, contains=inside)
    return _with_name_of_archive(reading, context) if kind != "tnef" else reading


def _with_name_of_archive(reading: FileReading, context: Context) -> FileReading:
    """The forms in an archive, asked about where its name says that they aren't the whole report."""
    if not any(one.form for one in reading.everything()):
        return reading
    from agent.reading.table.marked import mark_of_file, marked_reading
    from agent.reading.words.signs import Signs

    mark = mark_of_file(reading.file, Signs.of(context.campaign, context.register))
    return marked_reading(reading, mark, context.campaign)


def _message(name: str, raw: bytes, context: Context, depth: int) -> FileReading:
    require_depth(context, depth)
    return _taken_apart(name, raw, _counted(message_apart(raw, context.budget), context), context, depth)


def _counted(content: Any, context: Context) -> Mail:
    mail: Mail = content
    context.budget.spend_bytes(sum(len(part.data) for part in mail.mime.parts))
    return mail


def _taken_apart(name: str, raw: bytes, mail: Mail, context: Context, depth: int) -> FileReading:
    mime = mail.mime
    context.budget.spend_members(len(mime.parts))
    passed_over = beside_photos([part.name for part in mime.parts])
    parts = (part for part in mime.parts if part.name not in passed_over)
    inside = tuple(_part(part, context, depth + 1) for part in parts)
    # A mail that lies inside another and that a machine wrote may be our own receipt, figures and all.
    found, stated, told = (None, (), ()) if depth and _automatic(mime) else _form_in_message(mail, context)
    told = (*told, *_unread(mime, found, inside))
    if any(one.form for part in inside for one in part.everything()):
        told = tuple(replace(one, severity="warning") for one in told)
    reading = reading_of(name, raw, "message", found=found, findings=told, contains=inside, text=mime.text)
    reading = with_accompanying(replace(reading, stated=stated), mime.subject, context.campaign)
    return _with_words_of_mail(reading, mime, context)


def _with_words_of_mail(reading: FileReading, mime: Mime, context: Context) -> FileReading:
    """The forms in a mail, asked about where its words or its subject say that they aren't the whole report."""
    if not any(one.form for one in reading.everything()):
        return reading
    from agent.reading.table.marked import mark_of_mail, marked_reading
    from agent.reading.words.ownwords import own_words
    from agent.reading.words.quoting import forwarded_texts
    from agent.reading.words.signs import Signs

    campaign = context.campaign
    # Around a form in the text itself they have been looked at with it.
    texts = (
        () if reading.form else (own_words(mime.text, campaign), *forwarded_texts(mime.subject, mime.text))
    )
    mark = mark_of_mail(mime.subject, texts, Signs.of(campaign, context.register))
    return marked_reading(reading, mark, campaign)


def _unread(mime: Mime, found: FoundForm | None, inside: Sequence[FileReading]) -> Iterator[Finding]:
    """What the sender is told of what wasn't read in the message itself."""
    kinds = {"form"} if found else {one.kind for part in inside for one in part.everything()}
    for what in mime.unread:
        enough = {"form", "narrative", "photo"} if what == "noise" else {"form"}
        yield unread_finding(what, gained=bool(kinds & enough))


def _part(part: MimePart, context: Context, depth: int) -> FileReading:
    if part.content_type in NO_FILES:
        return reading_of(part.name, part.data, "other")
    refusal = REFUSED.get(part.content_type)
    if refusal is not None:
        return unreadable(part.name, part.data, refusal(), context)
    if part.content_type == "message/rfc822":
        return guarded(part.name, part.data, context, lambda: _message(part.name, part.data, context, depth))
    return _read(part.name, part.data, context, depth)


def _automatic(mime: Mime) -> bool:
    said = [value for name, value in mime.headers if name.lower() == "auto-submitted"]
    return any(value.strip().lower() != "no" for value in said)


def _form_in_message(
    mail: Mail, context: Context
) -> tuple[FoundForm | None, tuple[Stated, ...], tuple[Finding, ...]]:
    """The form in the sender's own text, else in a mail that is forwarded in it; never in a quotation.

    Where there is none, what its tables state of the form's figures, and what looks like a form.
    """
    from agent.reading.table.overlooked import overlooked, with_overlooked

    told: tuple[Finding, ...] = ()
    stated: tuple[Stated, ...] = ()
    above: list[str] = []
    for document in mail.places:
        found = context.find(document)
        if found is not None:
            found = with_overlooked(found, document, context.campaign)
            return _with_words_above(found, above, context.campaign), (), ()
        above += document.text.split("\n")
        stated = stated or tuple(_stated_in_words(document, context))
        told = told or overlooked(document, context.campaign, None)
    return None, stated, tuple(replace(one, text=one.text.replace("“", "邮件正文的“", 1)) for one in told)


def _stated_in_words(document: Document, context: Context) -> Iterator[Stated]:
    """What a mail's own text states in tables; lines only where they call themselves a correction: else they are words."""
    for whole in (True, False):
        grids = tuple(grid for grid in document.grids if grid.complete is whole)
        for one in context.stated(replace(document, grids=grids)):
            if whole or one.mark:
                yield replace(one, name="邮件正文", in_lines=not whole)


def _with_words_above(found: FoundForm, above: Sequence[str], campaign: Campaign) -> FoundForm:
    """The form, with a warning where words above what is forwarded seem to put it right."""
    from agent.reading.words.doubting import Words, with_doubts

    return with_doubts(found, [Words(line, "来信正文", manner="line") for line in above], campaign)

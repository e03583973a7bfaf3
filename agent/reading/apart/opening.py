"""What one file is and holds, before anybody looks for a form in it: one question to the process apart.

The public functions ask; what stands below the line runs in the other process (worker.py), where the formats' readers
and the libraries under them are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agent.base.errors import Unreadable
from agent.reading.apart import carried
from agent.reading.apart.carried import Told
from agent.reading.containers.member import Unpacked
from agent.reading.filetype import FileType, Sniffed, sniff
from agent.reading.grid import Document
from agent.reading.limits import Budget
from agent.reading.mails import Mail
from agent.reading.refusals import too_large

if TYPE_CHECKING:
    from agent.reading.pictures import Looked

CONTAINERS: tuple[FileType, ...] = ("zip", "rar", "7z", "tar", "tnef")
MOST_TEXT = 1_000_000  # characters of running text
CELLS_FOR_ONE = 5  # so many characters in cells count as one
LEFT_TO_OTHERS: tuple[FileType, ...] = (
    *("rar", "doc", "rtf", "word-xml", "xlsb", "pdf"),  # to a program from outside, or a process of its own
    *("vector", "card", "encrypted", "unsupported"),  # to nobody
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's type and, where nothing else is needed to read that, its content."""

    sniffed: Sniffed
    content: Document | Looked | Unpacked | Mail | None


def open_apart(name: str, data: bytes, min_pixels: int, inner: bool, budget: Budget) -> Opened:
    """What a file is and holds.

    Args:
        name: as sent.
        data: its bytes.
        min_pixels: a picture with a shorter side is a logo or a signature.
        inner: whether containers and messages may be opened, too.
        budget: bounds for it and everything in it.

    Raises:
        Unreadable: damaged, with a password, over the bounds, or busy for too long.
    """
    arguments = {"name": name, "min_pixels": min_pixels, "inner": inner}
    return _opened(_ask("open", [data], budget, arguments))


def message_apart(data: bytes, budget: Budget) -> Mail:
    """A message taken apart, whatever it looks like; without its page where that is too much for its reader.

    Raises:
        Unreadable: not even its parts could be told.
    """
    try:
        return _message_apart(data, budget, pages=True)
    except Unreadable:
        return _message_apart(data, budget, pages=False)


def _message_apart(data: bytes, budget: Budget, pages: bool) -> Mail:
    return carried.mail(_ask("mail", [data], budget, {"pages": pages}))


def converted_apart(
    kind: FileType, target: FileType, converted: bytes, original: bytes, budget: Budget
) -> Document:
    """The document in what a file was converted to, with what only the original tells."""
    arguments = {"kind": kind, "target": target}
    return carried.documents(_ask("document", [converted, original], budget, arguments))[0]


def _ask(job: str, blobs: list[bytes], budget: Budget, arguments: Mapping[str, Any]) -> Told:
    from agent.reading.apart.apart import read_apart

    return read_apart("files", job, blobs, budget, arguments)


def _opened(told: Told) -> Opened:
    kind, what, macros, holds, data = told.data
    sniffed = Sniffed(kind, what, macros)
    inside = Told(data, told.blobs)
    match holds:
        case "document":
            return Opened(sniffed, carried.documents(inside)[0])
        case "picture":
            from agent.reading.pictures import Looked

            return Opened(sniffed, Looked(*data))
        case "unpacked":
            return Opened(sniffed, carried.unpacked(inside))
        case "mail":
            return Opened(sniffed, carried.mail(inside))
        case _:
            return Opened(sniffed, None)


# --- in the other process --------------------------------------------------------------------------------


def open_file(data: bytes, budget: Budget, name: str, min_pixels: int, inner: bool) -> Opened:
    """What a file is and holds; arguments and errors as of ``open_apart``."""
    sniffed = sniff(name, data)
    if sniffed.type == "encrypted":
        sniffed, data = _unlocked(sniffed, name, data)
    return Opened(sniffed, _content(sniffed.type, name, data, min_pixels, inner, budget))


def _unlocked(sniffed: Sniffed, name: str, data: bytes) -> tuple[Sniffed, bytes]:
    """A workbook that only Excel's own password keeps closed, without it; anything else as it is."""
    from agent.reading.formats.defaultpassword import without_default_password

    plain = without_default_password(data)
    inside = sniff(name, plain) if plain else sniffed
    return (inside, plain) if plain and inside.type in ("xlsx", "docx") else (sniffed, data)


def tell_opened(opened: Opened) -> Told:
    """The same as plain data."""
    kind, content = opened.sniffed, opened.content
    if content is None:
        return Told((kind.type, kind.what, kind.macros, "", None))
    if isinstance(content, Document):
        holds, told = "document", carried.of_documents([content])
    elif isinstance(content, Unpacked):
        holds, told = "unpacked", carried.of_unpacked(content)
    elif isinstance(content, Mail):
        holds, told = "mail", carried.of_mail(content)
    else:
        holds, told = "picture", Told((content.look, content.pixels))
    return Told((kind.type, kind.what, kind.macros, holds, told.data), told.blobs)


def _content(
    kind: FileType, name: str, data: bytes, min_pixels: int, inner: bool, budget: Budget
) -> Document | Looked | Unpacked | Mail | None:
    if kind == "doc":
        from agent.reading.formats.old_word import refuse_password

        refuse_password(data)
    if kind == "rtf":
        from agent.reading.formats.old_word import refuse_claims

        refuse_claims(data)
    if kind in LEFT_TO_OTHERS or ((kind in CONTAINERS or kind in ("message", "msg")) and not inner):
        return None
    match kind:
        case "zip" | "7z" | "tar" | "tnef" as container:
            from agent.reading.containers import unpack

            return unpack(container, name, data, budget)
        case "message":
            return open_mail(data, budget)
        case "msg":
            from agent.reading.containers.outlook import read_msg
            from agent.reading.words.texts import with_places

            return with_places(read_msg(data, budget), budget)
        case "picture":
            from agent.reading.pictures import look_at

            return look_at(data, min_pixels, budget)
        case _:
            return load(kind, data, budget)


def open_mail(data: bytes, budget: Budget, pages: bool = True) -> Mail:
    """A message taken apart; ``pages`` as of ``parse_mime``."""
    from agent.base.mime import parse_mime
    from agent.reading.words.texts import with_places

    return with_places(parse_mime(data, pages=pages), budget)


def load(kind: FileType, data: bytes, budget: Budget) -> Document:
    """The document in a file.

    Raises:
        Unreadable: as above; ``too_large`` also where it has more text than a narrative ever has.
    """
    document = _load(kind, data, budget)
    in_cells = (cell for grid in document.grids for row in grid.rows for cell in row)
    if len(document.text) + sum(len(cell.text) for cell in in_cells) // CELLS_FOR_ONE > MOST_TEXT:
        raise too_large(f"文字超过 {MOST_TEXT // 10_000} 万字")
    return document


def _load(kind: FileType, data: bytes, budget: Budget) -> Document:
    """By its format; each's reader is imported when it is first needed."""
    match kind:
        case "xlsx":
            from agent.reading.formats.xlsx.sheets import read_xlsx

            return read_xlsx(data, budget)
        case "xls":
            from agent.reading.formats.xls import read_xls

            return read_xls(data, budget)
        case "ods":
            from agent.reading.formats.ods import read_ods

            return read_ods(data, budget)
        case "odt":
            from agent.reading.formats.odt import read_odt

            return read_odt(data, budget)
        case "docx":
            from agent.reading.formats.docx import read_docx

            return read_docx(data, budget)
        case "csv":
            from agent.reading.formats.delimited import read_delimited

            return read_delimited(data, budget)
        case "excel-xml":
            from agent.reading.formats.excelxml import read_excel_xml

            return read_excel_xml(data, budget)
        case "html" | "mht":
            from agent.reading.formats.html import read_html

            return read_html(_page(data) if kind == "mht" else data, budget)
        case _:
            from agent.reading.formats.text import decode, read_text

            text = decode(data)
            return replace(read_text(text), text=text)


def load_converted(
    kind: FileType, target: FileType, converted: bytes, original: bytes, budget: Budget
) -> Document:
    """A document by way of LibreOffice: the files inside are the original's, and so are a workbook's numbers."""
    from agent.reading.formats import embedded
    from agent.reading.formats.oldfields import with_dropped_fields
    from agent.reading.formats.package import Package

    document = load(target, converted, budget)
    match kind:
        case "xlsb":
            from agent.reading.formats.stored import with_stored_results

            document = with_stored_results(document, original)
            inside = embedded.in_parts(Package(original, budget), "xl", budget)
        case "doc":
            document = with_dropped_fields(document, kind, original)
            inside = embedded.in_compound(original, budget)
        case "rtf":
            document = with_dropped_fields(document, kind, original)
            inside = embedded.in_rtf(original, budget)
        case _:
            inside = embedded.in_word_xml(original)
    return replace(document, files=inside.files, unread=inside.unread)


def _page(data: bytes) -> str:
    """The page of a web archive, which is a mail in form."""
    from agent.base.mime import parse_mime

    return parse_mime(data).html

"""A MIME message's headers, text and parts, out of any bytes at all; nothing that is sent makes it raise.

Used where mail comes in and where an .eml file lies in an attachment; knows nothing of mailboxes and
nothing of forms. The message is cut at its boundary lines here and not by the standard library's parser,
which takes seventeen times as long on large base64 bodies and recurses without bound; what stands in a
header's parameters is still the library's business.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from agent.base.cms import signed_content
from agent.base.mimehead import (
    MAX_HEAD,
    decode_words,
    headers_at,
    repaired,
    split_headers,
    value_and_parameters,
)
from agent.base.mimetext import decode_body, decode_text, html_text
from agent.base.mimewrapped import data_fork, files_in_text, is_resource_fork
from agent.base.noise import TOLD, without_noise

__all__ = [
    "Mime",
    "MimePart",
    "Unread",
    "decode_text",
    "decode_words",
    "head_of",
    "html_text",
    "parse_mime",
    "split_headers",
]

MAX_DEPTH = 24  # multiparts inside each other; what lies deeper stays one undecoded part
MAX_PARTS = 2000  # parts of one multipart; the last of them holds whatever follows
MAX_ENTITIES = 5000  # parts in all
MAX_PAGE = 4_000_000  # characters of HTML, apart from pictures written into it
MAX_TAGS = 100_000  # of it all; a page of a form has hundreds, one of many quoted mails thousands
MAX_TEXT = 300_000  # characters of a message's own text: a book has as many
MAX_LINES = 20_000
LONG_TEXT = 4 * MAX_TEXT  # bytes that such a text may be written in

Unread = Literal["parts", "text", "page", "noise", "enciphered"]
"""What of a message wasn't read: parts beyond the bounds; its text or its page (too large); what of its text is
encoded, or could be opened with a key alone."""


@dataclass(frozen=True, slots=True)
class MimePart:
    """One file in a message, decoded.

    Attributes:
        name: the file's name as sent, repaired; for an attached message its subject with ``.eml``; a made-up
            one (附件1.jpg) where there is none.
        content_type: as declared, lower case, without parameters.
        data: the decoded bytes; of an attached message (message/rfc822) its raw bytes.
        inline: shown inside the text: Content-Disposition inline, or a Content-ID that the HTML refers to.
        content_id: without angle brackets, or "".
    """

    name: str
    content_type: str
    data: bytes = field(repr=False)
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Mime:
    """A message taken apart.

    Attributes:
        headers: every header in order, decoded, on one line, free of control characters.
        undecoded: the same, with RFC 2047's words as they stand: what addresses have to be parsed from.
        content_type: of the whole message, lower case, without parameters.
        subject: decoded, or "".
        text: the plain text, or the HTML's where there is no plain part; line ends are newlines.
        html: the HTML text, or "".
        parts: every part that isn't the message's own text, in order, named or not.
        plain: the plain parts' text alone, or "".
        unread: what of it wasn't read.
    """

    headers: tuple[tuple[str, str], ...]
    undecoded: tuple[tuple[str, str], ...]
    content_type: str
    subject: str
    text: str
    html: str
    parts: tuple[MimePart, ...]
    plain: str = ""
    unread: tuple[Unread, ...] = ()


def parse_mime(raw: bytes, *, pages: bool = True) -> Mime:
    """The message in raw bytes, whatever they are.

    Args:
        raw: the bytes.
        pages: False leaves HTML alone: for a message whose page was too much for its reader.
    """
    raw = signed_content(raw) or raw  # a mail that was kept as it was signed
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    undecoded, at = headers_at(raw, 0, len(raw))
    root = _Entity.of(undecoded, _Body(raw, at, len(raw)))
    found = _Found(pages)
    texts = list(_texts(root, found, depth=0))
    html = _joined([one.html for one in texts])
    text = "\n".join(shown for shown in (one.shown(found) for one in texts) if shown)
    plain = "\n".join(one.plain for one in texts if one.plain.strip())
    return replace(
        _head(undecoded, root.content_type),
        text=text if found.bounded(text) else "",
        html=html,
        plain=plain if found.bounded(plain) else "",
        parts=tuple(_named(part, number, html) for number, part in enumerate(found.parts, 1)),
        unread=tuple(found.unread),
    )


def head_of(raw: bytes) -> Mime:
    """What the headers alone tell of a message; its body isn't looked at."""
    head = raw[:MAX_HEAD]
    undecoded, _ = headers_at(head if b"\n" in head else head.replace(b"\r", b"\n"), 0, len(head))
    return _head(undecoded, _Entity.of(undecoded, _Body(b"", 0, 0)).content_type)


def _head(undecoded: tuple[tuple[str, str], ...], content_type: str) -> Mime:
    headers = tuple((name, decode_words(value)) for name, value in undecoded)
    subject = next((value for name, value in headers if name.lower() == "subject"), "")
    return Mime(headers, undecoded, content_type, subject, text="", html="", parts=())


# --- the structure ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Body:
    """A stretch of the raw mail. Not copied: each multipart in another would be the whole mail once more."""

    raw: bytes = field(repr=False)
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entity:
    """A message or a part of one: its headers' parameters and its body, still encoded."""

    content_type: str
    parameters: dict[str, str]
    disposition: str
    name: str
    encoding: str
    content_id: str
    body: _Body

    @classmethod
    def of(
        cls, headers: tuple[tuple[str, str], ...], body: _Body, default_type: str = "text/plain"
    ) -> _Entity:
        first: dict[str, str] = {}
        for name, value in headers:
            first.setdefault(name.lower(), value)
        declared, own = value_and_parameters(first.get("content-type", ""))
        disposition, more = value_and_parameters(first.get("content-disposition", ""))
        return cls(
            content_type=declared if re.fullmatch(r"[^/\s]+/[^/\s]+", declared) else default_type,
            parameters=own,
            disposition=disposition,
            name=(more.get("filename") or own.get("name") or more.get("name") or "").strip(),
            encoding=first.get("content-transfer-encoding", "").strip().split(";")[0].strip().lower(),
            content_id=first.get("content-id", "").strip().strip("<>"),
            body=body,
        )

    def data(self) -> bytes:
        return decode_body(self.body.raw, self.encoding, self.body.start, self.body.end)


_ENCODED = re.compile(rb"^[A-Za-z0-9+/]{60,76}={0,2}[ \t]*\r?\n", re.MULTILINE)


class _Found:
    """What has been found on the way, and how much; the one thing here that changes.

    The parts' names are completed once the HTML is known.
    """

    def __init__(self, pages: bool) -> None:
        self.pages = pages
        self.parts: list[MimePart] = []
        self.unread: dict[Unread, None] = {}
        self._entities = MAX_ENTITIES
        self._page, self._tags = MAX_PAGE, MAX_TAGS

    def told(self, what: Unread) -> None:
        """Something isn't read."""
        self.unread[what] = None

    def entities(self, pieces: list[_Body], whole: bool) -> list[_Body]:
        """As many of a multipart's pieces as are still within the bounds."""
        kept = pieces[: self._entities]
        self._entities -= len(kept)
        if len(kept) < len(pieces) or not whole:
            self.told("parts")
        return kept

    def page(self, html: str) -> bool:
        """Whether a piece of HTML may be read, too."""
        self._page -= len(html)
        self._tags -= html.count("<")
        within = self.pages and self._page >= 0 and self._tags >= 0
        if not within:
            self.told("page")
        return within

    def short(self, text: bytes) -> bytes:
        """A text's bytes; of a very long one without what is encoded in it, and nothing where it is still too long."""
        if len(text) <= LONG_TEXT:
            return text
        words = _ENCODED.sub(b"", text)
        if len(words) < len(text):
            self.told("noise")
        if len(words) <= LONG_TEXT:
            return words
        self.told("text")
        return b""

    def bounded(self, text: str) -> bool:
        """Whether a text is within the bounds."""
        within = len(text) <= MAX_TEXT and text.count("\n") <= MAX_LINES
        if not within:
            self.told("text")
        return within

    def words(self, text: str) -> str:
        """The text without what is noise in it."""
        words = without_noise(text)
        if words.enciphered:
            self.told("enciphered")
        if words.noise >= TOLD:
            self.told("noise")
        return words.text


@dataclass(frozen=True, slots=True)
class _Text:
    """A piece of the message's own text."""

    plain: str = ""
    html: str = ""

    def shown(self, found: _Found) -> str:
        return self.plain if self.plain.strip() else found.words(html_text(self.html))


def _texts(entity: _Entity, found: _Found, depth: int) -> Iterator[_Text]:
    """The pieces of the message's own text in order; parts that are none go to ``found``."""
    children = _children(entity, found) if depth < MAX_DEPTH else ()
    if children:
        inner = [list(_texts(child, found, depth + 1)) for child in children]
        if entity.content_type == "multipart/alternative":
            yield _one_of(inner)
        else:
            yield from (text for texts in inner for text in texts)
    elif _is_text(entity, depth):
        yield _own_text(entity, found)
    else:
        _add_part(entity, found)


def _add_part(entity: _Entity, found: _Found) -> None:
    data = entity.data()
    if is_resource_fork(data):
        return  # nothing that its sender knows of
    part = MimePart(
        name=entity.name,
        content_type=entity.content_type,
        data=data_fork(data) or data,
        inline=entity.disposition == "inline",
        content_id=entity.content_id,
    )
    if part.name or part.data:
        found.parts.append(part)


_SIGNED = ("application/pkcs7-mime", "application/x-pkcs7-mime")


def _children(entity: _Entity, found: _Found) -> tuple[_Entity, ...]:
    if entity.content_type in _SIGNED or entity.name.lower().endswith(".p7m"):
        content = signed_content(entity.data())
        return (_entity_in(_Body(content, 0, len(content)), "text/plain"),) if content else ()
    if not _is_multipart(entity):
        return ()
    default = "message/rfc822" if entity.content_type == "multipart/digest" else "text/plain"
    pieces = _cut(entity.body, entity.parameters.get("boundary", "")) or _cut(
        entity.body, _guessed_boundary(entity.body)
    )
    kept = found.entities(pieces, whole=len(pieces) < MAX_PARTS)
    return tuple(_entity_in(piece, default) for piece in kept)


def _entity_in(piece: _Body, default_type: str) -> _Entity:
    headers, at = headers_at(piece.raw, piece.start, piece.end)
    return _Entity.of(headers, replace(piece, start=at), default_type)


def _cut(body: _Body, boundary: str) -> list[_Body]:
    """The body's pieces between its boundary lines (RFC 2046 section 5.1); a missing end is forgiven."""
    if not boundary:
        return []
    mark, raw, end = b"--" + _as_sent(boundary), body.raw, body.end
    pieces: list[_Body] = []
    first = raw.startswith(mark, body.start, end)
    start, at = -1, body.start if first else raw.find(b"\n" + mark, body.start, end) + 1 or -1
    while at >= 0:
        line_end = raw.find(b"\n", at, end)
        rest = raw[at + len(mark) : line_end if line_end >= 0 else end].strip(b" \t\r")
        if rest in (b"", b"--"):
            if start >= 0:
                pieces.append(_without_line_end(_Body(raw, start, at)))
            start = line_end + 1 if line_end >= 0 and not rest else -1
            if start < 0 or len(pieces) >= MAX_PARTS - 1:
                break
        at = raw.find(b"\n" + mark, line_end, end) + 1 or -1 if line_end >= 0 else -1
    return [*pieces, _Body(raw, start, end)] if start >= 0 else pieces


_LOOKS_LIKE_ONE = re.compile(rb"^--([^\s-][^\s]{0,200})[ \t]*\r?\nContent-", re.MULTILINE | re.IGNORECASE)


def _guessed_boundary(body: _Body) -> str:
    """The boundary of a multipart that doesn't tell it, or tells another: its first line of that look."""
    first = _LOOKS_LIKE_ONE.search(body.raw, body.start, body.end)
    return first[1].decode("latin-1") if first else ""


def _as_sent(boundary: str) -> bytes:
    try:
        return boundary.encode("latin-1")
    except UnicodeEncodeError:
        return boundary.encode("utf-8", "surrogateescape")


def _without_line_end(piece: _Body) -> _Body:
    end = piece.end
    for letter in (b"\n", b"\r"):
        end -= piece.raw.endswith(letter, piece.start, end)
    return replace(piece, end=end)


def _is_multipart(entity: _Entity) -> bool:
    return entity.content_type.startswith("multipart/")


def _is_text(entity: _Entity, depth: int) -> bool:
    if _is_multipart(entity) and depth < MAX_DEPTH:
        return True  # without a boundary line in it: all that is left is its text
    if entity.content_type not in ("text/plain", "text/html") or entity.disposition == "attachment":
        return False
    return not entity.name or depth == 0


def _own_text(entity: _Entity, found: _Found) -> _Text:
    charset = entity.parameters.get("charset")
    if entity.content_type != "text/html":
        text, files = files_in_text(entity.data())
        for name, data in files:
            found.parts.append(MimePart(repaired(name), "application/octet-stream", data))
        text = found.short(text)
        return _Text(plain=found.words(_lines(decode_text(text, charset))))
    data = entity.data()
    inside = re.search(rb"""<meta[^>]{0,200}charset=["']?([\w-]{1,40})""", data[:4096], re.IGNORECASE)
    if not charset and inside:
        charset = inside[1].decode("latin-1")
    html = _PICTURE.sub("", _lines(decode_text(data, charset)))
    return _Text(html=html) if found.page(html) else _Text()


_PICTURE = re.compile(r"\bdata:image/[a-z+.-]{1,20};base64,[A-Za-z0-9+/=\s]{1000,}")
"""A picture written into a page: nobody reads it there."""


def _one_of(alternatives: list[list[_Text]]) -> _Text:
    """Alternatives say the same: the first in plain words, and the last as a page, each with all its pieces."""
    plain = next((texts for texts in alternatives if any(one.plain.strip() for one in texts)), [])
    pages = next((texts for texts in reversed(alternatives) if any(one.html.strip() for one in texts)), [])
    return _Text(
        plain="\n".join(one.plain for one in plain if one.plain.strip()),
        html=_joined([one.html for one in pages]),
    )


_FRAME = re.compile(r"<(?:!doctype|/?html|/?body)\b[^<>]{0,2000}>", re.IGNORECASE)


def _joined(pages: list[str]) -> str:
    """Several pages as one: a parser drops what stands behind the end of the first, or in front of the last."""
    written = [one for one in pages if one.strip()]
    return written[0] if len(written) == 1 else "\n".join(_FRAME.sub("\n", one) for one in written)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# --- names -----------------------------------------------------------------------------------------------

_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/heic": ".heic",
    "text/plain": ".txt",
    "application/octet-stream": ".bin",
    "application/x-zip-compressed": ".zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
}


def _named(part: MimePart, number: int, html: str) -> MimePart:
    name = part.name
    if part.content_type == "message/rfc822":
        name = name or _subject_of(part.data) or f"邮件{number}"
        name = name if name.lower().endswith(".eml") else name + ".eml"
    if part.content_type == "message/partial":
        name = name or f"邮件片段{number}.bin"
    inline = part.inline or bool(part.content_id and f"cid:{part.content_id}" in html)
    return replace(part, name=name or f"附件{number}{_suffix(part.content_type)}", inline=inline)


def _subject_of(raw: bytes) -> str:
    headers, _ = headers_at(raw, 0, len(raw))
    return next((decode_words(value).strip() for name, value in headers if name.lower() == "subject"), "")


def _suffix(content_type: str) -> str:
    # Without the machine's own table: the same mail must be named alike everywhere.
    known = mimetypes.MimeTypes(filenames=())
    return _SUFFIXES.get(content_type) or known.guess_extension(content_type) or ".bin"

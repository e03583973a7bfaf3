"""A MIME message's headers, text and parts, out of any bytes at all; nothing that is sent makes it raise.

Used where mail comes in and where an .eml file lies in an attachment; knows nothing of mailboxes and
nothing of forms. The message is cut at its boundary lines here and not by the standard library's parser,
which takes seventeen times as long on large base64 bodies and recurses without bound; what stands in a
header's parameters is still the library's business.
"""

from __future__ import annotations

import binascii
import contextlib
import email.message
import mimetypes
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from agent.mimetext import decode_base64, decode_body, decode_text, html_text

__all__ = ["Mime", "MimePart", "decode_text", "decode_words", "html_text", "parse_mime", "split_headers"]

MAX_DEPTH = 24  # multiparts inside each other; what lies deeper stays one undecoded part
MAX_PARTS = 2000  # parts of one multipart; the last of them holds whatever follows
MAX_HEADER = 100_000  # characters of a header that are looked at


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
    """

    headers: tuple[tuple[str, str], ...]
    undecoded: tuple[tuple[str, str], ...]
    content_type: str
    subject: str
    text: str
    html: str
    parts: tuple[MimePart, ...]
    plain: str = ""


def parse_mime(raw: bytes, *, files: bool = True) -> Mime:
    """The message in raw bytes, whatever they are.

    Args:
        raw: the bytes.
        files: False leaves the data of all parts empty but of texts and messages: for who only wants to know what
            the mail says, where it may be large.
    """
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    undecoded, at = _headers_at(raw, 0, len(raw))
    root = _Entity.of(undecoded, _Body(raw, at, len(raw)))
    found = _Found(files)
    texts = list(_texts(root, found, depth=0))
    html = "\n".join(one.html for one in texts if one.html)
    headers = tuple((name, decode_words(value)) for name, value in undecoded)
    return Mime(
        headers=headers,
        undecoded=undecoded,
        content_type=root.content_type,
        subject=next((value for name, value in headers if name.lower() == "subject"), ""),
        text="\n".join(shown for shown in (one.shown() for one in texts) if shown),
        html=html,
        plain="\n".join(one.plain for one in texts if one.plain.strip()),
        parts=tuple(_named(part, number, html) for number, part in enumerate(found.parts, 1)),
    )


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
        declared, parameters = _parameters(first.get("content-type", ""))
        disposition, more = _parameters(first.get("content-disposition", ""))
        return cls(
            content_type=declared if re.fullmatch(r"[^/\s]+/[^/\s]+", declared) else default_type,
            parameters=parameters,
            disposition=disposition,
            name=(more.get("filename") or parameters.get("name") or more.get("name") or "").strip(),
            encoding=first.get("content-transfer-encoding", "").strip().split(";")[0].strip().lower(),
            content_id=first.get("content-id", "").strip().strip("<>"),
            body=body,
        )

    def data(self) -> bytes:
        return decode_body(self.body.raw, self.encoding, self.body.start, self.body.end)


@dataclass(frozen=True, slots=True)
class _Text:
    """A piece of the message's own text."""

    plain: str = ""
    html: str = ""

    def shown(self) -> str:
        return self.plain if self.plain.strip() else html_text(self.html)


_SAYS = ("text/", "message/")
"""What is of a type that begins so says something itself: of whom a bounce tells, which mail it answers."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The parts on the way; names are completed once the HTML is known."""

    files: bool
    parts: list[MimePart] = field(default_factory=list)


def _texts(entity: _Entity, found: _Found, depth: int) -> Iterator[_Text]:
    """The pieces of the message's own text in order; parts that are none go to ``found``."""
    children = _children(entity) if depth < MAX_DEPTH else ()
    if children:
        inner = [text for child in children for text in _texts(child, found, depth + 1)]
        yield from _one_of(inner) if entity.content_type == "multipart/alternative" else inner
    elif _is_text(entity, depth):
        yield _own_text(entity)
    else:
        part = MimePart(
            name=entity.name,
            content_type=entity.content_type,
            data=entity.data() if found.files or entity.content_type.startswith(_SAYS) else b"",
            inline=entity.disposition == "inline",
            content_id=entity.content_id,
        )
        if part.name or part.data or (not found.files and entity.data()):
            found.parts.append(part)


def _children(entity: _Entity) -> tuple[_Entity, ...]:
    if not _is_multipart(entity):
        return ()
    default = "message/rfc822" if entity.content_type == "multipart/digest" else "text/plain"
    pieces = _cut(entity.body, entity.parameters.get("boundary", "")) or _cut(
        entity.body, _guessed_boundary(entity.body)
    )
    return tuple(_entity_in(piece, default) for piece in pieces)


def _entity_in(piece: _Body, default_type: str) -> _Entity:
    headers, at = _headers_at(piece.raw, piece.start, piece.end)
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


def _own_text(entity: _Entity) -> _Text:
    data, charset = entity.data(), entity.parameters.get("charset")
    if entity.content_type != "text/html":
        return _Text(plain=_lines(decode_text(data, charset)))
    inside = re.search(rb"""<meta[^>]{0,200}charset=["']?([\w-]{1,40})""", data[:4096], re.IGNORECASE)
    if not charset and inside:
        charset = inside[1].decode("latin-1")
    return _Text(html=_lines(decode_text(data, charset)))


def _one_of(texts: list[_Text]) -> Iterator[_Text]:
    """Alternatives say the same: the first plain one with words in it, and the last HTML one."""
    yield _Text(
        plain=next((one.plain for one in texts if one.plain.strip()), ""),
        html=next((one.html for one in reversed(texts) if one.html.strip()), ""),
    )


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
    inline = part.inline or bool(part.content_id and f"cid:{part.content_id}" in html)
    return replace(part, name=name or f"附件{number}{_suffix(part.content_type)}", inline=inline)


def _subject_of(raw: bytes) -> str:
    headers, _ = split_headers(raw)
    return next((decode_words(value).strip() for name, value in headers if name.lower() == "subject"), "")


def _suffix(content_type: str) -> str:
    # Without the machine's own table: the same mail must be named alike everywhere.
    known = mimetypes.MimeTypes(filenames=())
    return _SUFFIXES.get(content_type) or known.guess_extension(content_type) or ".bin"


# --- headers ---------------------------------------------------------------------------------------------

_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)


def split_headers(raw: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Headers on one line each, not yet decoded by RFC 2047, and the body behind the blank line."""
    headers, at = _headers_at(raw, 0, len(raw))
    return headers, raw[at:]


def _headers_at(raw: bytes, start: int, stop: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """The same of a stretch of the raw mail, with the place where the body begins."""
    headers: list[tuple[str, list[bytes]]] = []
    at = start
    while at < stop:
        end = raw.find(b"\n", at, stop) + 1 or stop
        line = raw[at:end].rstrip(b"\r\n")
        if not line:
            at = end
            break
        header = _HEADER.fullmatch(line)
        if line[:1] in b" \t" and headers:
            headers[-1][1].append(line)
        elif header:
            headers.append((header[1].decode("latin-1"), [header[2]]))
        elif at == start and line.startswith((b"From ", b">From ")):
            pass  # a line of mbox
        elif headers and _header_follows(raw, end, stop):
            headers[-1][1].append(b" " + line)  # folded without its space
        else:
            break  # no blank line: the body begins here
        at = end
    unfolded = tuple((name, _on_one_line(_repaired(b"".join(lines)))) for name, lines in headers)
    return unfolded, at


def _header_follows(raw: bytes, at: int, stop: int) -> bool:
    return _NEXT_HEADER.match(raw, at, stop) is not None


_NEXT_HEADER = re.compile(rb"[!-9;-~]{2,76}:[ \t]")


def _repaired(value: bytes) -> str:
    """Raw bytes in a header: UTF-8 or GB18030, strictly; else one character a byte."""
    for charset in ("utf-8", "gb18030"):
        try:
            return value.decode(charset)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def _on_one_line(value: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", " ", value).strip()


_WORDS = re.compile(r"=\?([^?\s]*)\?([bBqQ])\?(.*?)\?=")


def decode_words(value: str) -> str:
    """A header's text with RFC 2047's words decoded.

    Words in a row are decoded as one, for a character may have been cut in two between them.
    """
    if "=?" not in value or len(value) > MAX_HEADER:
        return value
    pieces: list[str] = []
    run, run_charset, at = b"", "", 0
    for word in _WORDS.finditer(value):
        charset = word[1].split("*")[0].lower()
        between = value[at : word.start()]
        if between.strip() or not run or charset != run_charset:
            pieces.append(decode_text(run, run_charset) if run else "")
            pieces.append(between if between.strip() or not run else "")
            run = b""
        run, run_charset, at = run + _decode_word(word[2], word[3]), charset, word.end()
    pieces += [decode_text(run, run_charset) if run else "", value[at:]]
    return _on_one_line("".join(pieces))


def _decode_word(encoding: str, text: str) -> bytes:
    sent = text.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return decode_base64(sent)
    return binascii.a2b_qp(sent.replace(b" ", b"_"), header=True)


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured header's value, lower case, and its parameters, decoded; the first of a name counts."""
    holder = email.message.Message()
    try:
        holder["Content-Type"] = value[: MAX_HEADER // 5]
        found = holder.get_params(failobj=[], unquote=True) or []
    except Exception:  # the library's own parser on hostile input: anything may come
        found = [(value.split(";")[0].strip(), "")]
        found += re.findall(r";\s*([\w*-]+)\s*=\s*\"?([^\";]*)", value[: MAX_HEADER // 5])
    parameters: dict[str, str] = {}
    for name, one in found[1:]:
        parameters.setdefault(name.lower(), _parameter(one))
    return (found[0][0].strip().lower() if found else ""), parameters


def _parameter(value: str | tuple[str | None, str | None, str]) -> str:
    """A parameter's text, from RFC 2231's triple, RFC 2047's words, percent signs, or as it stands."""
    if isinstance(value, tuple):
        charset, _, text = value
        try:
            return _on_one_line(decode_text(text.encode("latin-1"), charset))
        except UnicodeEncodeError:
            return _on_one_line(text)
    if re.search(r"(?:%[0-9A-Fa-f]{2}){3}", value):
        with contextlib.suppress(UnicodeDecodeError):
            value = urllib.parse.unquote(value, errors="strict")
    return _on_one_line(decode_words(value))

"""Outlook's own mail files (.msg) as messages, by python-oxmsg; knows Outlook's properties and nothing of forms."""

from __future__ import annotations

import codecs
import io
import struct
from collections.abc import Iterator
from typing import Any

from agent.base.errors import Unreadable
from agent.base.mime import Mime, MimePart, decode_text, html_text
from agent.reading.limits import Budget
from agent.reading.refusals import damaged

MESSAGE_OFFSET, EMBEDDED_OFFSET, ATTACHMENT_OFFSET = (
    32,
    24,
    8,
)  # of the properties in their stream ([MS-OXMSG] 2.4)
SUBJECT, BODY, HTML, HEADERS = 0x0037, 0x1000, 0x1013, 0x007D
DATA, SHORT_NAME, LONG_NAME, MIME_TAG, SHOWN_NAME = 0x3701, 0x3704, 0x3707, 0x370E, 0x3001
EMBEDDED = "__substg1.0_3701000D"
MESSAGE_CODEPAGE, INTERNET_CODEPAGE = 0x3FFD, 0x3FDE
INTEGER, UNICODE, STRING8, BINARY = 0x0003, 0x001F, 0x001E, 0x0102
CHINESE, UTF8, UTF7 = (936, 10008, 20936, 50227, 50229, 51936, 52936, 54936), 65001, 65000
OF_SEVERAL_BYTES = (932, 949, 950, 1361, 10001, 10002, 10003, 20932, 51949)
"""Code pages that few other texts fit into; any text fits into a Western one, which programs name by default."""
DEEPEST = 6


def read_msg(data: bytes, budget: Budget) -> Mime:
    """The message, taken apart as a mail is; one that is attached to it becomes a mail among its parts.

    Raises:
        Unreadable: damaged, or over the bounds.
    """
    from olefile import OleFileIO
    from oxmsg.storage import Storage

    try:
        with OleFileIO(io.BytesIO(data)) as compound:
            budget.spend_bytes(sum(entry.size for entry in compound.direntries if entry is not None))
            root = Storage.from_ole(compound)
        return _message(root, MESSAGE_OFFSET, depth=0)
    except Unreadable:
        raise
    except Exception as error:  # the libraries take whatever sectors and properties claim
        raise damaged() from error


def _message(storage: Any, offset: int, depth: int) -> Mime:
    said = _Said(storage, offset)
    headers = tuple(_headers(said.text(HEADERS), said.text(SUBJECT)))
    html = said.page()
    text = said.text(BODY) or html_text(html)
    return Mime(
        headers=headers,
        undecoded=headers,
        content_type="application/vnd.ms-outlook",
        subject=said.text(SUBJECT),
        text=text.replace("\r\n", "\n").replace("\r", "\n"),
        html=html,
        parts=tuple(_part(one, number, said, depth) for number, one in enumerate(_attachments(storage), 1)),
    )


class _Said:
    """A storage's properties as text ([MS-OXMSG] 2.4), in whatever code page they turn out to be."""

    def __init__(self, storage: Any, offset: int, within: _Said | None = None) -> None:
        self._streams = {one.name: one for one in storage.streams}
        stored = bytes(storage.properties_stream_bytes)[offset:]
        segments = (stored[at : at + 16] for at in range(0, len(stored) - 15, 16))
        told = [struct.unpack("<HHII", one[:12]) for one in segments]
        self._numbers = {number: value for kind, number, _, value in told if kind == INTEGER}
        # What is attached is in the code page of the message.
        self._codepages: tuple[int, ...] = within._codepages if within else self._named()

    def _named(self) -> tuple[int, ...]:
        named = (self._numbers.get(one) for one in (MESSAGE_CODEPAGE, INTERNET_CODEPAGE))
        return tuple(one for one in named if one)

    def text(self, number: int) -> str:
        stored = self._stored(number, UNICODE)
        if stored is not None:
            return stored.decode("utf-16-le", "replace").strip("\0")
        return _decoded(self._stored(number, STRING8) or b"", self._codepages).strip("\0")

    def data(self, number: int) -> bytes:
        return self._stored(number, BINARY) or b""

    def page(self) -> str:
        """The HTML: bytes, or text."""
        stored = self.data(HTML)
        return _decoded(stored, self._codepages[::-1]) if stored else self.text(HTML)

    def _stored(self, number: int, kind: int) -> bytes | None:
        stream = self._streams.get(f"__substg1.0_{number:04X}{kind:04X}")
        return None if stream is None else bytes(stream.bytes_)


def _decoded(stored: bytes, codepages: tuple[int, ...]) -> str:
    """Text in UTF-8, or in a code page that the message names and that nothing else fits into, else as Chinese.

    What a message names is often only what its program is set to; a Western code page comes last.
    """
    asian = [charset(one) for one in codepages if one in (*CHINESE, *OF_SEVERAL_BYTES, UTF7)]
    whole = _in(stored, "utf-8")
    if whole is not None:
        return whole
    read = [text for name in (*asian, "gb18030") if (text := _in(stored, name)) is not None]
    if read:
        return max(read, key=_usual)
    others = (_in(stored, charset(one)) for one in codepages)
    return next((text for text in others if text is not None), decode_text(stored, None))


def _in(stored: bytes, name: str) -> str | None:
    try:
        return stored.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


LOOKED_AT = 2000  # characters by which it is told which of two code pages a text is in


def _usual(text: str) -> int:
    """How many of its characters are such as people write: read in another code page, they become rare ones."""
    return sum(map(_is_usual, text[:LOOKED_AT]))


def _is_usual(letter: str) -> bool:
    if letter.isascii() or "\u3040" <= letter <= "\u30ff":
        return letter.isprintable()
    simple, full = letter.encode("gb2312", "replace"), letter.encode("big5", "replace")
    return b"\xa1" <= simple[:1] <= b"\xd7" or b"\xa1" <= full[:1] <= b"\xc6"


def charset(codepage: int) -> str:
    """Python's name of a code page of Windows, or one that it doesn't know."""
    known = {UTF8: "utf-8", UTF7: "utf-7", 20127: "ascii", 28591: "latin-1", 20932: "euc-jp", 51949: "euc-kr"}
    if codepage in CHINESE:
        return "gb18030"
    name = known.get(codepage, f"cp{codepage}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "unknown"


def _headers(written: str, subject: str) -> Iterator[tuple[str, str]]:
    from email.parser import HeaderParser

    yield "Subject", subject
    for name, value in HeaderParser().parsestr(written).items():
        if name.lower() != "subject":
            yield name, str(value)


def _attachments(storage: Any) -> Iterator[Any]:
    return iter(storage.iter_attachment_storages())


def _part(storage: Any, number: int, message: _Said, depth: int) -> MimePart:
    said = _Said(storage, ATTACHMENT_OFFSET, message)
    name = said.text(LONG_NAME) or said.text(SHORT_NAME) or said.text(SHOWN_NAME) or f"附件{number}"
    embedded = next((one for one in storage.storages if one.name == EMBEDDED), None)
    if embedded is not None and depth < DEEPEST:
        inner = _message(embedded, EMBEDDED_OFFSET, depth + 1)
        return MimePart(f"{name.removesuffix('.msg')}.eml", "message/rfc822", _as_mail(inner))
    return MimePart(name, said.text(MIME_TAG).lower(), said.data(DATA))


def _as_mail(inner: Mime) -> bytes:
    """The attached message as the mail that it was."""
    from email.message import EmailMessage

    mail = EmailMessage()
    for name, value in inner.headers:
        if name.lower() in ("subject", "from", "date", "auto-submitted"):
            mail[name] = " ".join(value.split())
    mail.set_content(inner.text)
    if inner.html:
        mail.add_alternative(inner.html, subtype="html")
    for part in inner.parts:
        main, _, sub = (part.content_type or "application/octet-stream").partition("/")
        if main in ("message", "text", "multipart") or not sub:
            main, sub = "application", "octet-stream"
        mail.add_attachment(part.data, maintype=main, subtype=sub, filename=part.name)
    return mail.as_bytes()

"""Outlook's own mail files (.msg) as messages, by python-oxmsg; knows Outlook's properties and nothing of forms."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from agent.errors import Unreadable
from agent.mime import Mime, MimePart, html_text
from agent.reading.containers.member import decoded_name
from agent.reading.formats.limits import Budget
from agent.reading.formats.refusals import damaged

MESSAGE_OFFSET, EMBEDDED_OFFSET, ATTACHMENT_OFFSET = (
    32,
    24,
    8,
)  # of the properties in their stream ([MS-OXMSG] 2.4)
SUBJECT, BODY, HTML, HEADERS = 0x0037, 0x1000, 0x1013, 0x007D
DATA, SHORT_NAME, LONG_NAME, MIME_TAG, SHOWN_NAME = 0x3701, 0x3704, 0x3707, 0x370E, 0x3001
EMBEDDED = "__substg1.0_3701000D"
WESTERN = "iso-8859-15"  # what python-oxmsg takes for text without a code page
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
    from oxmsg.properties import Properties

    said = _Said(Properties(storage, properties_header_offset=offset))
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
        parts=tuple(_part(one, number, depth) for number, one in enumerate(_attachments(storage), 1)),
    )


class _Said:
    """A storage's properties as text."""

    def __init__(self, properties: Any) -> None:
        self._properties = properties

    def text(self, number: int) -> str:
        return _mended(str(self._properties.str_prop_value(number) or "")).strip("\0")

    def data(self, number: int) -> bytes:
        return bytes(self._properties.binary_prop_value(number) or b"")

    def page(self) -> str:
        """The HTML: bytes in the code page that the message names, or whatever they turn out to be."""
        stored = self.data(HTML)
        if not stored:
            return self.text(HTML)
        try:
            return stored.decode(self._properties.body_encoding)
        except (UnicodeDecodeError, LookupError, KeyError, ValueError):
            return decoded_name(stored) or stored.decode("utf-8", "replace")


def _headers(written: str, subject: str) -> Iterator[tuple[str, str]]:
    from email.parser import HeaderParser

    yield "Subject", subject
    for name, value in HeaderParser().parsestr(written).items():
        if name.lower() != "subject":
            yield name, str(value)


def _attachments(storage: Any) -> Iterator[Any]:
    return iter(storage.iter_attachment_storages())


def _part(storage: Any, number: int, depth: int) -> MimePart:
    from oxmsg.properties import Properties

    said = _Said(Properties(storage, properties_header_offset=ATTACHMENT_OFFSET))
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


def _mended(text: str) -> str:
    """Text in GBK that was taken for Western, since the file doesn't say what it is in."""
    if text.isascii():
        return text
    try:
        return decoded_name(text.encode(WESTERN)) or text
    except UnicodeEncodeError:
        return text

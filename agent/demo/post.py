"""Mails as the mail programs of Chinese offices write them: charsets, encoded file names, forwarded mails.

The standard library's older classes are used on purpose: the newer ones would put every name right.
"""

from __future__ import annotations

import datetime as dt
import html
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import encoders
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr
from pathlib import PurePosixPath

from agent.demo import MARK

Part = Message
File = tuple[str, bytes]
"""A file's name and bytes."""

TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail's head.

    Attributes:
        sender: display name and address.
        number: makes the Message-ID, together with ``sent``.
        charset: of the display name and the subject.
    """

    sender: str
    to: str
    subject: str
    sent: dt.datetime
    number: int
    charset: str


def message(body: Part, attachments: Sequence[Part]) -> Part:
    """A mail of a body and what is attached to it."""
    if not attachments:
        return body
    whole = MIMEMultipart("mixed")
    for part in (body, *attachments):
        whole.attach(part)
    return whole


def address(mail: Part, envelope: Envelope, headers: Mapping[str, str] | None = None) -> None:
    """Write the head of a mail: who, to whom, about what, when."""
    name, sender = parseaddr(envelope.sender)
    mail["From"] = f"{_encoded(name, envelope.charset)} <{sender}>"
    mail["To"] = envelope.to
    mail["Subject"] = _encoded(envelope.subject, envelope.charset)
    mail["Date"] = format_datetime(envelope.sent)
    mail["Message-ID"] = f"<demo.{envelope.number}.{envelope.sent:%Y%m%d%H%M}@{sender.partition('@')[2]}>"
    for header, value in (headers or {}).items():
        mail[header] = value


def as_bytes(mail: Part, number: int) -> bytes:
    """The mail as it goes over the wire; ``number`` makes its boundaries, the same each time."""
    for depth, part in enumerate(one for one in mail.walk() if one.get_content_maintype() == "multipart"):
        part.set_boundary(f"----=_Demo_{number:03d}_{depth}")
    out = io.BytesIO()
    BytesGenerator(out, mangle_from_=False, policy=compat32.clone(linesep="\r\n")).flatten(mail)
    return out.getvalue()


def plain_text(lines: Sequence[str], charset: str) -> Part:
    """A mail's text."""
    return MIMEText("\n".join([*lines, "", f"（{MARK}）", ""]), "plain", charset)


def rich_text(lines: Sequence[str], pasted: str, charset: str) -> Part:
    """A mail's text with a table pasted below it, as plain text and as HTML."""
    paragraphs = "".join(f"<div>{html.escape(line)}</div>\n" for line in lines)
    markup = f"{paragraphs}<div><br></div>\n{pasted}\n<div>（{MARK}）</div>\n"
    both = MIMEMultipart("alternative")
    both.attach(plain_text(lines, charset))
    both.attach(MIMEText(markup, "html", charset))
    return both


def attachment(file: File, charset: str) -> Part:
    """A file as a part of a mail."""
    name, data = file
    kind, _, subtype = TYPES[PurePosixPath(name).suffix.lower()].partition("/")
    part = MIMEBase(kind, subtype)
    part.set_payload(data)
    encoders.encode_base64(part)
    _name(part, name, charset)
    return part


def forwarded(mail: Part, subject: str, charset: str) -> Part:
    """A whole mail as an attachment of another."""
    part = MIMEMessage(mail)
    _name(part, f"{subject}.eml", charset)
    return part


def gbk_zip(files: Sequence[File], modified: dt.date) -> bytes:
    """A zip as Chinese Windows makes it: names in GBK, without the flag that would say so."""
    out = io.BytesIO()
    names = {}
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, data) in enumerate(files):
            gbk = name.encode("gbk")
            # zipfile writes ASCII or UTF-8: a stand-in of the same length is replaced once all is written.
            stand_in = f"{number:03d}".ljust(len(gbk), "~")
            names[stand_in.encode()] = gbk
            entry = zipfile.ZipInfo(stand_in, (modified.year, modified.month, modified.day, 9, 0, 0))
            archive.writestr(entry, data)
    raw = out.getvalue()
    for stand_in_bytes, gbk in names.items():
        raw = raw.replace(stand_in_bytes, gbk)
    return raw


def _name(part: Part, name: str, charset: str) -> None:
    """The file's name: per RFC 2231 in UTF-8 mails, as an encoded word (no RFC allows it) in GB18030 ones."""
    if charset == "utf-8":
        part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
        return
    encoded = _encoded(name, charset)
    part.set_param("name", encoded)
    part.add_header("Content-Disposition", "attachment", filename=encoded)


def _encoded(text: str, charset: str) -> str:
    return text if text.isascii() else Header(text, charset).encode(maxlinelen=0)

"""A letter as a mail: its Message-ID, its headers, its two bodies, in bytes that come out equal every time.

Knows nothing of forms, units or templates; no clock and no randomness, so that a letter made twice is one letter.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.charset import BASE64, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime
from typing import Literal

from agent.letters.cleaning import clip, one_line
from agent.reading.reading import Figure

Kind = Literal[
    "receipt", "correction", "acknowledgement", "noted", "decision", "reminder", "notice", "digest"
]
UNASKED: frozenset[Kind] = frozenset({"reminder", "notice", "digest"})
"""Letters that answer no mail."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, ready to leave.

    Attributes:
        id: its Message-ID, angle brackets included; the same letter has the same, whenever it is made.
        to: whom it goes to (the envelope's recipients).
        unit: id of the unit that it is about, or None.
        about: what the id was derived from.
        raw: the whole mail, CRLF line ends, 7-bit clean.
    """

    id: str
    kind: Kind
    to: tuple[str, ...]
    unit: str | None
    about: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class SaidOtherwise:
    """A figure that the mail's words dispute: what is registered, and what they say, where that is certain."""

    label: str
    known: Figure
    said: Figure


@dataclass(frozen=True, slots=True)
class Answered:
    """The mail that a letter answers.

    Attributes:
        message: SHA-256 of the raw mail.
        message_id, references: as the mail gave them; what isn't a message id is left out of the letter.
        to: the address to answer.
        decision: seq of the decision that gave rise to this answer, where a person's was (a held mail that was
            accepted, a form that was confirmed): it gets an answer of its own.
        disputed: figures that its words say otherwise, and that nothing was changed by: how to put them right.
    """

    message: str
    message_id: str
    references: tuple[str, ...]
    subject: str
    to: str
    received: dt.datetime
    decision: int | None = None
    disputed: tuple[SaidOtherwise, ...] = ()

    @property
    def about(self) -> str:
        return self.message if self.decision is None else f"{self.message}+{self.decision}"


def message_id(kind: Kind, about: str, sender: str) -> str:
    """``<report-agent.receipt.0123456789abcdef01234567@town.example>``: derived, never random."""
    return f"<report-agent.{kind}.{_digest(about)}@{_domain(sender)}>"


def is_own_id(candidate: str, sender: str) -> bool:
    """Whether a Message-ID is one of ours: of this form, at the sender's domain."""
    found = _OWN.fullmatch(candidate.strip())
    return found is not None and found["domain"].casefold() == _domain(sender)


@dataclass(frozen=True, slots=True)
class Text:
    """What a letter says: one line of subject, the sender's display name, and both bodies."""

    subject: str
    display_name: str
    plain: str
    html: str


def seal(
    kind: Kind,
    about: str,
    text: Text,
    *,
    sender: str,
    to: Sequence[str],
    unit: str | None,
    now: dt.datetime,
    answered: Answered | None = None,
) -> Letter:
    """The letter with its headers, as bytes."""
    identity = message_id(kind, about, sender)
    mail = MIMEMultipart("alternative", boundary=f"=_{_digest(identity)}", policy=compat32)
    for name, value in _headers(kind, identity, text, sender, to, now, answered).items():
        mail[name] = value
    mail.attach(_body("plain", text.plain))
    mail.attach(_body("html", text.html))
    return Letter(identity, kind, tuple(to), unit, about, mail.as_bytes(policy=_WIRE))


def _headers(
    kind: Kind,
    identity: str,
    text: Text,
    sender: str,
    to: Sequence[str],
    now: dt.datetime,
    answered: Answered | None,
) -> Mapping[str, str]:
    threading: dict[str, str] = {}
    if answered is not None and _is_message_id(answered.message_id):
        earlier = [one for one in answered.references if _is_message_id(one)][-_MOST_REFERENCES:]
        chain = dict.fromkeys([*earlier, answered.message_id])
        threading = {"In-Reply-To": answered.message_id, "References": "\n ".join(chain)}
    return {
        "From": _from(text.display_name, sender),
        "To": ",\n ".join(one for one in to if _PLAIN_ADDRESS.fullmatch(one)) or "undisclosed-recipients:;",
        "Subject": _encoded("Subject", clip(one_line(text.subject), _LONGEST_SUBJECT)),
        "Date": format_datetime(now),
        "Message-ID": identity,
        **threading,
        "Auto-Submitted": "auto-generated" if kind in UNASKED else "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": "zh-CN",
    }


def _from(display_name: str, sender: str) -> str:
    return f"{_encoded('From', clip(one_line(display_name), 60))}\n <{sender}>"


def _encoded(name: str, value: str) -> str:
    return Header(value, "utf-8", header_name=name, maxlinelen=78).encode()


def _body(subtype: str, text: str) -> MIMENonMultipart:
    charset = Charset("utf-8")
    charset.body_encoding = BASE64
    part = MIMENonMultipart("text", subtype, charset="utf-8", policy=compat32)
    part.set_payload("\r\n".join(text.splitlines()) + "\r\n", charset)
    return part


def _is_message_id(candidate: str) -> bool:
    return len(candidate) <= _LONGEST_ID and _MESSAGE_ID.fullmatch(candidate) is not None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _domain(sender: str) -> str:
    domain = sender.rpartition("@")[2].casefold()
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")


# The headers are folded above, where it is known which parts belong together: a line that begins with
# "Message-ID:" alone is legal, yet read as an id with a space in front of it.
_WIRE = compat32.clone(linesep="\r\n", max_line_length=None)
_LONGEST_SUBJECT = 120
_LONGEST_ID = 250
_MOST_REFERENCES = 12
_OWN = re.compile(r"<report-agent\.[a-z]+\.[0-9a-f]{24}@(?P<domain>[^<>@\s]+)>")
_MESSAGE_ID = re.compile(r"<[!#-;=?-~]+>")
# Whatever isn't a plain address stays in the envelope only: nothing in it can become a header or a second address.
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")

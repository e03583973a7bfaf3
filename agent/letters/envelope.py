"""A letter as a mail: its Message-ID, its headers, its two bodies, in bytes that come out equal every time.

Knows nothing of forms, units or templates; no clock and no randomness, so that a letter made twice is one letter.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.charset import BASE64, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime

from agent.dossier.letter_ids import Kind, _digest, message_id
from agent.letters.cleaning import clip, one_line
from agent.reading.reading import Figure

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


# The headers are folded above, where it is known which parts belong together: a line that begins with
# "Message-ID:" alone is legal, yet read as an id with a space in front of it.
_WIRE = compat32.clone(linesep="\r\n", max_line_length=None)
_LONGEST_SUBJECT = 120
_LONGEST_ID = 250
_MOST_REFERENCES = 12
_MESSAGE_ID = re.compile(r"<[!#-;=?-~]+>")
# Whatever isn't a plain address stays in the envelope only: nothing in it can become a header or a second address.
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")

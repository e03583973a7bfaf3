"""Raw bytes to a message: headers that survive anything, the sender, the text, the parts.

Placeholder of types; see the functions below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """One attachment or inline file of a message, decoded.

    Attributes:
        name: the file's name, decoded and GBK repaired, as sent; a made-up one (附件1.jpg) where it has none.
        content_type: as declared, lower case.
        data: the decoded bytes.
        inline: shown inside the text (Content-Disposition inline or a Content-ID that the HTML refers to).
    """

    name: str
    content_type: str
    data: bytes = field(repr=False)
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as it came.

    Attributes:
        sha256: of the raw bytes.
        headers: first value of each header by lower-case name, decoded; ``all_headers`` keeps every one.
        sender: the From address, lower case, or "" where there is none that can be read.
        sender_name: the display name, cleaned of control characters.
        reply_to: the Reply-To address, or "".
        return_path: the envelope sender as the server wrote it: "<>" for none given back empty, None if absent.
        to: addresses in To and Cc, lower case.
        subject: decoded.
        message_id, in_reply_to: with angle brackets, or "".
        references: message ids, oldest first.
        date: the Date header's moment, or None.
        received: the topmost Received header's moment, or None.
        text: the plain text (of the HTML where there is no plain part), line ends as newlines.
        html: the HTML text, or "".
        parts: what is attached, in order.
        authentication: the Authentication-Results header values, topmost first, unfolded.
    """

    sha256: str
    headers: Mapping[str, str]
    all_headers: tuple[tuple[str, str], ...]
    sender: str
    sender_name: str
    reply_to: str
    return_path: str | None
    to: tuple[str, ...]
    subject: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    date: dt.datetime | None
    received: dt.datetime | None
    text: str
    html: str
    parts: tuple[Part, ...]
    authentication: tuple[str, ...]

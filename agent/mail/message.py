"""Raw bytes to a message: headers that survive anything, the sender, the text, the parts.

Knows nothing of mailboxes, and not what the message is about.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.base.mime import Mime, decode_words, head_of, parse_mime, split_headers
from agent.base.unseen import without_unseen


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
        subject: decoded, without what nobody sees.
        message_id, in_reply_to: with angle brackets, or "".
        references: message ids, oldest first.
        date: the Date header's moment, or None.
        received: the topmost Received header's moment, or None.
        text: the plain text (of the HTML where there is no plain part), line ends as newlines.
        html: the HTML text, or "".
        parts: what is attached, in order.
        authentication: the Authentication-Results header values, topmost first, unfolded.
        claims: how many different addresses From names, in all of its headers, whoever reads it.
        plain: From is written in the one way that everybody reads alike: no group, no second pair of brackets.
        doubled: headers that a mail has once and that this one has more often, in lower case: a signature covers
            the lowest of them, and people see the topmost.
        above: how many lines of ``authentication`` stand above every Received header.
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
    claims: int
    plain: bool = True
    doubled: tuple[str, ...] = ()
    above: int = 0


def parse(raw: bytes, mime: Mime | None = None) -> Message:
    """The message in raw bytes, whatever they are.

    Args:
        raw: the bytes.
        mime: the same taken apart, by a process that may spend as much on it as a body wants; None: it is taken apart
            here, which is for mails that are known to be small.
    """
    mime = parse_mime(raw) if mime is None else mime
    written = _Headers(mime.undecoded)
    sender_name, sender = _sender(written)
    return Message(
        sha256=hashlib.sha256(raw).hexdigest(),
        headers=_first_of_each(mime.headers),
        all_headers=mime.headers,
        sender=sender,
        sender_name=sender_name,
        reply_to=next((address for _, address in addresses(written.first("reply-to"))), ""),
        return_path=_return_path(written),
        to=tuple(
            address for name in ("to", "cc") for one in written.all(name) for _, address in addresses(one)
        ),
        subject=without_unseen(mime.subject),
        message_id=next(iter(message_ids(written.first("message-id"))), ""),
        in_reply_to=next(iter(message_ids(written.first("in-reply-to"))), ""),
        references=message_ids(" ".join(written.all("references"))),
        date=moment(written.first("date")),
        received=_received(written),
        text=mime.text,
        html=mime.html,
        parts=tuple(Part(one.name, one.content_type, one.data, one.inline) for one in mime.parts),
        authentication=tuple(written.all("authentication-results")),
        claims=len({address for value in written.all("from") for address in _claimed(value)}),
        plain=all(_is_plain(value) for value in written.all("from")),
        doubled=tuple(name for name in ONCE if len(written.all(name)) > 1),
        above=written.above("authentication-results", "received"),
    )


ONCE = (
    "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
    "content-type", "content-transfer-encoding",
)  # fmt: skip
"""Headers that a mail has once at most (RFC 5322 section 3.6, RFC 2045 section 3), and that say what it is."""


def parse_head(raw: bytes) -> Message:
    """The message as its headers alone tell it, without text and parts: nobody pays for a body by this."""
    return parse(raw, head_of(raw))


def thread_of(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """A mail's Message-ID and its references, as `parse` finds them, by its headers alone."""
    written = _Headers(head_of(raw).undecoded)
    own = next(iter(message_ids(written.first("message-id"))), "")
    return own, message_ids(" ".join(written.all("references")))


def identity_of(raw: bytes) -> str:
    """What is the same of a mail that comes by another way, with other trace headers: its Message-ID, From and body.

    A digest of these; "" where the mail has no Message-ID, or two, or no certain sender: then it is itself alone.
    Line ends are alike whatever they are, and empty lines at the end don't count.
    """
    beginning = raw[:_HEAD]
    head, rest = split_headers(beginning)
    written = _Headers(head)
    own, sender = message_ids(written.first("message-id")), _sender(written)[1]
    if len(own) != 1 or not sender or any(len(written.all(name)) > 1 for name in ("message-id", "from")):
        return ""
    digest = hashlib.sha256(f"{own[0]}\0{sender}\0".encode("utf-8", "surrogatepass"))
    for piece in _in_unix_lines(raw, len(beginning) - len(rest)):
        digest.update(piece)
    return digest.hexdigest()


def _in_unix_lines(raw: bytes, at: int) -> Iterator[bytes]:
    """What begins there, with line feeds alone, some of it at a time: a mail of 80 MB need not be there twice."""
    last = _without_empty_lines(raw, at)
    while at < last:
        end = min(at + _PIECE, last)
        end += raw[end - 1 : end + 1] == b"\r\n"  # not between CR and LF
        yield raw[at:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        at = end


def _without_empty_lines(raw: bytes, at: int) -> int:
    """Where what begins there ends, but for line ends."""
    last = len(raw)
    while last > at:
        piece = raw[max(at, last - _PIECE) : last]
        kept = piece.rstrip(b"\r\n")
        last -= len(piece) - len(kept)
        if kept:
            break
    return last


_HEAD = 256_000  # bytes in which a mail's headers end
_PIECE = 1_000_000


def is_whole(raw: bytes) -> bool:
    """Whether the mail's own end is there: a multipart's last boundary line, else the end of a line.

    By that, a mail is told from one that was cut off, though the size that its server announces is an estimate.
    """
    declared = _Headers(split_headers(raw[:_HEAD])[0]).first("content-type")
    found = re.search(
        r"""(?i)^\s*multipart/.*?boundary\s*=\s*("[^"]{1,200}"|[^\s;]{1,200})""", declared[:2000]
    )
    if found is None:
        return raw.endswith(b"\n")
    boundary = found[1].strip('"').encode("utf-8", "surrogateescape")
    return b"\n--" + boundary + b"--" in raw[-_TAIL:]


_TAIL = 10_000  # bytes behind a multipart's end that are looked through: what lists add


def received_of(raw: bytes) -> dt.datetime | None:
    """When a raw mail was received by its own account: its topmost Received header, else its Date."""
    written = _Headers(head_of(raw).undecoded)
    return _received(written) or moment(written.first("date"))


# --- headers ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Headers:
    """Headers before RFC 2047's words are decoded: what they decode to must not be taken for structure."""

    pairs: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.pairs if one.lower() == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def above(self, name: str, below: str) -> int:
        """How many headers of one name stand above the first of another."""
        names = [one.lower() for one, _ in self.pairs]
        return names[: names.index(below) if below in names else len(names)].count(name)


def _first_of_each(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    first: dict[str, str] = {}
    for name, value in pairs:
        first.setdefault(name.lower(), value)
    return first


def _sender(written: _Headers) -> tuple[str, str]:
    """Name and address of the first From address; none where several From headers disagree."""
    claimed = [found for value in written.all("from") for found in addresses(value)[:1]]
    if len({address for _, address in claimed}) > 1:
        return claimed[0][0], ""
    if claimed:
        return claimed[0]
    return _cleaned(written.first("from")), ""


def _return_path(written: _Headers) -> str | None:
    values = written.all("return-path")
    if not values:
        return None
    return values[0] if values[0].strip("<> ") else "<>"


def _received(written: _Headers) -> dt.datetime | None:
    moments = (moment(value.rpartition(";")[2]) for value in written.all("received"))
    return next((one for one in moments if one is not None), None)


def moment(value: str) -> dt.datetime | None:
    """The moment that a Date header or a Received header's end tells, with its offset; None where it can't be.

    One that doesn't tell its offset (-0000) is taken as UTC.
    """
    try:
        told = email.utils.parsedate_to_datetime(value[:200])
        if told.tzinfo is None:
            told = told.replace(tzinfo=dt.UTC)
        told.astimezone(dt.UTC)
    except Exception:  # the library's own parser on hostile input: anything may come
        return None
    return told


def message_ids(value: str) -> tuple[str, ...]:
    """The message ids in a header, with angle brackets."""
    found = re.findall(r"<([^<>]{1,998})>", value)
    if not found and re.fullmatch(r"[^\s<>]{1,998}", value.strip()):
        found = [value.strip()]  # without its brackets
    return tuple("<" + "".join(one.split()) + ">" for one in found if one.strip())


# --- addresses -------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"""[^@\s<>"(),;:\\]+@[^@\s<>"(),;:\\]+""")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_COMMENT = re.compile(r"\([^()]*\)")
_ENCODED = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*\?=")
_LONGEST = 20_000  # characters of a header that are looked at
_DEEPEST = 20  # comments inside each other


def addresses(value: str) -> list[tuple[str, str]]:
    """(display name, address in lower case where it is ASCII) of a header's addresses, before RFC 2047's words are decoded.

    An address is what stands in angle brackets, or alone. One inside a display name, a quoted text, a
    comment or an encoded word is none: anybody may write another's there.
    """
    value = value[:_LONGEST]
    masked = _masked(value)
    found: list[tuple[str, str]] = []
    at, name_from = 0, 0
    while at < len(masked):
        end = max(_piece_end(masked, at), at + 1)
        address, bracket = _address_in(value[at:end], masked[at:end])
        if address:
            name = value[name_from : at + bracket] if bracket >= 0 else ""
            found.append((_cleaned(name), _lowered(address)))
        if address or masked[end - 1 : end] == ";":
            name_from = end
        at = end
    return found


def _lowered(address: str) -> str:
    # Not ſ or K: lower-cased, another's address would become an ASCII one.
    return address.lower() if address.isascii() else address


def _masked(value: str) -> str:
    """The header with quoted texts and comments blanked, those inside other comments too."""
    masked = _blank(_QUOTED, value)
    for _ in range(_DEEPEST):
        before, masked = masked, _blank(_COMMENT, masked)
        if masked == before:
            break
    return masked


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\0" * len(match[0]), text)


# --- a From that can be read in two ways -----------------------------------------------------------------


def _claimed(value: str) -> Iterator[str]:
    """Every address that some reader takes From for: a group's name, each pair of brackets, what stands behind one.

    One in the name before the only pair of brackets is nobody's sender, however it is written.
    """
    yield from (address for _, address in addresses(value))
    for piece in _pieces(_shown(value)):
        group, _, rest = ("", "", piece) if "<" in piece.partition(":")[0] else piece.rpartition(":")
        one_pair = rest.count("<") == rest.count(">") == 1
        for text in (group, rest.partition("<")[2] if one_pair else rest):
            words = re.split(r"""[\s<>"(),;:\\]+""", text)
            yield from (_lowered(word) for word in words if _ADDRESS.fullmatch(word))


def _is_plain(value: str) -> bool:
    """Whether From has no group (RFC 6854), no second pair of brackets, and can be seen whole."""
    shown = _shown(value)
    in_group = ";" in re.sub(r"<[^<>]*>", "", shown).partition(":")[2]
    pairs = all(piece.count("<") <= 1 and piece.count(">") <= 1 for piece in _pieces(shown))
    return pairs and not in_group and len(value) <= _LONGEST


def _shown(value: str) -> str:
    """The header without quoted texts, comments and encoded words."""
    return _blank(_ENCODED, _masked(value[:_LONGEST])).replace("\0", " ")


def _pieces(shown: str) -> list[str]:
    return re.split(r"[,;]", shown)


def _piece_end(masked: str, at: int) -> int:
    """The place behind the next comma or semicolon that isn't inside angle brackets."""
    separator = re.compile(r"<[^<>]*>|[,;]")
    for match in separator.finditer(masked, at):
        if match[0] in ",;":
            return match.end()
    return len(masked)


def _address_in(piece: str, masked: str) -> tuple[str, int]:
    """The address in one piece of an address list, and where its bracket opens (-1 for none)."""
    for match in reversed(list(re.finditer(r"<([^<>]*)>", masked))):
        inside = piece[match.start(1) : match.end(1)].strip()
        if _ADDRESS.fullmatch(inside):
            return inside, match.start()
    if "<" in masked:
        return "", -1
    alone = masked.rpartition(":")[2].replace("\0", " ").strip(" ,;")
    return (alone if _ADDRESS.fullmatch(alone) else ""), -1


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _cleaned(name: str) -> str:
    """A display name for people: decoded, without quotes and without what can't be seen."""
    unquoted = re.sub(r"\\(.)", r"\1", name.strip(" ,;\t").strip('"').strip())
    return without_unseen(_CONTROLS.sub("", decode_words(unquoted))).strip(" \"'")[:200]

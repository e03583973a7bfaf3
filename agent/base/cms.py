"""What a signed message (CMS, RFC 5652: S/MIME's smime.p7m) says, without asking whether the signature holds.

Just the few steps from the outermost element to the content, since no library here gives that away: a definite length
or an open end, the text in one piece or in many. Whatever is none gives nothing; nothing here raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["signed", "enveloped", "other"]

_SIGNED, _ENVELOPED, _ENCRYPTED, _AUTHENTICATED = (
    bytes.fromhex("2a864886f70d010702"),
    bytes.fromhex("2a864886f70d010703"),
    bytes.fromhex("2a864886f70d010706"),
    bytes.fromhex("2a864886f70d0109100117"),
)
_KINDS: dict[bytes, Kind] = {
    _SIGNED: "signed",
    _ENVELOPED: "enveloped",
    _ENCRYPTED: "enveloped",
    _AUTHENTICATED: "enveloped",
}
SEQUENCE, SET, IDENTIFIER, OCTETS, IN_PIECES, CONTENT = 0x30, 0x31, 0x06, 0x04, 0x24, 0xA0
DEEPEST = 8  # pieces inside pieces
MOST_PIECES = 200_000  # of one content: programs write a kilobyte, or four, in each


@dataclass(frozen=True, slots=True)
class _Element:
    """One element; its content ends at ``end``, or, with an open end, at a mark that is yet to be met."""

    tag: int
    start: int
    end: int | None


def kind_of(data: bytes) -> Kind | None:
    """What sort of such a message it is; None where it is none."""
    try:
        outer = _element(data, 0)
        inner = _element(data, outer.start)
        if outer.tag != SEQUENCE or inner.tag != IDENTIFIER or inner.end is None:
            return None
        named = data[inner.start : inner.end]
    except (IndexError, ValueError):
        return None
    return _KINDS.get(named, "other") if named.startswith(_SIGNED[:7]) else None


def signed_content(data: bytes) -> bytes | None:
    """What is signed; None where it isn't in there (a signature beside its text), or where this is none."""
    if kind_of(data) != "signed":
        return None
    try:
        at = _element(data, _element(data, 0).start).end
        wrapped = _inside(data, at or 0, CONTENT)
        signed = _inside(data, wrapped, SEQUENCE)
        at = _behind(data, _behind(data, signed))  # the version, the digests
        held = _inside(data, at, SEQUENCE)
        content = _inside(data, _behind(data, held), CONTENT)
        return b"".join(_pieces(data, content))
    except (IndexError, ValueError):
        return None


def _element(data: bytes, at: int) -> _Element:
    tag, length, at = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise ValueError("a tag of several bytes")
    if length == 0x80:
        return _Element(tag, at, None)
    if length > 0x80:
        size = length & 0x7F
        if size > 8:
            raise ValueError("a length of more than eight bytes")
        length, at = int.from_bytes(data[at : at + size]), at + size
    if at + length > len(data):
        raise ValueError("cut short")
    return _Element(tag, at, at + length)


def _inside(data: bytes, at: int, tag: int) -> int:
    """Where the content of the element at a place begins, which must be of that tag."""
    found = _element(data, at)
    if found.tag != tag:
        raise ValueError("another element")
    return found.start


def _behind(data: bytes, at: int) -> int:
    """The place behind the element at a place."""
    open_ends, steps = 0, 0
    while steps < MOST_PIECES:
        steps += 1
        if open_ends and data[at : at + 2] == b"\0\0":
            at, open_ends = at + 2, open_ends - 1
        else:
            found = _element(data, at)
            at, open_ends = (found.start, open_ends + 1) if found.end is None else (found.end, open_ends)
        if not open_ends:
            return at
    raise ValueError("without end")


def _pieces(data: bytes, at: int) -> list[bytes]:
    """The bytes of a text in one piece or in several, in their order."""
    found: list[bytes] = []
    ends: list[int | None] = []  # of the elements that were entered
    while True:
        element = _element(data, at)
        if element.tag == IN_PIECES and len(ends) < DEEPEST:
            ends.append(element.end)
            at = element.start
        elif element.tag == OCTETS and element.end is not None:
            found.append(data[element.start : element.end])
            at = element.end
        else:
            raise ValueError("no text")
        while ends and (at == ends[-1] or (ends[-1] is None and data[at : at + 2] == b"\0\0")):
            at = at + 2 if ends.pop() is None else at
        if not ends:
            return found
        if len(found) > MOST_PIECES:
            raise ValueError("without end")

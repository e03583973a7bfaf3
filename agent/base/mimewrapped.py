"""Files that a message carries in another way than as a part: in its text (uuencode), or behind a head (AppleSingle).

Bytes in, bytes out; nothing here raises.
"""

from __future__ import annotations

import re
import struct

from agent.base.mimetext import decode_base64, decode_uu

MOST_FILES = 2000  # in one text: more than are read of any mail

_BEGIN = re.compile(rb"^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,255}?)[ \t]*\r?$", re.MULTILINE)
_END = {
    b"": re.compile(rb"^end[ \t]*\r?$", re.MULTILINE),
    b"-base64": re.compile(rb"^====\r?$", re.MULTILINE),
}
_LINE = re.compile(rb"[ -`]{1,64}")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=]{1,100}")


def files_in_text(text: bytes) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """The text without the files in it, and each file's name and bytes."""
    if b"begin" not in text:
        return text, ()
    kept: list[bytes] = []
    files: list[tuple[bytes, bytes]] = []
    at = 0
    for begin in _BEGIN.finditer(text):
        kind = begin[1] or b""
        if begin.start() < at or not _is_line(text, begin.end(), kind) or len(files) >= MOST_FILES:
            continue
        end = _END[kind].search(text, begin.end())
        stop, behind = (end.start(), end.end()) if end else (len(text), len(text))
        encoded = text[begin.end() : stop]
        files.append((begin[2], decode_base64(encoded) if kind else decode_uu(encoded)))
        kept.append(text[at : begin.start()])
        at = behind
    return b"".join([*kept, text[at:]]), tuple(files)


def _is_line(text: bytes, at: int, kind: bytes) -> bool:
    """Whether what stands below is encoded: a person may write of how something begins."""
    start = text.find(b"\n", at) + 1
    end = text.find(b"\n", start) if start else -1
    line = text[start : end if end >= 0 else len(text)].rstrip(b"\r\n") if start else b""
    if kind:
        return _BASE64_LINE.fullmatch(line) is not None
    told = ((line[0] - 32) & 63) if line else 0
    return _LINE.fullmatch(line) is not None and 0 < len(line) <= (told + 2) // 3 * 4 + 2


# --- Apple's -----------------------------------------------------------------------------------------------

_SINGLE, _DOUBLE = b"\x00\x05\x16\x00", b"\x00\x05\x16\x07"
_DATA_FORK = 1


def is_resource_fork(data: bytes) -> bool:
    """Whether it is what a Mac keeps beside a file for itself (AppleDouble)."""
    return data.startswith(_DOUBLE)


def data_fork(data: bytes) -> bytes | None:
    """The file in an AppleSingle (RFC 1740); None where this is none."""
    if not data.startswith(_SINGLE) or len(data) < 26:
        return None
    (count,) = struct.unpack_from(">H", data, 24)
    for number in range(min(count, (len(data) - 26) // 12)):
        identity, offset, length = struct.unpack_from(">III", data, 26 + 12 * number)
        if identity == _DATA_FORK:
            return data[offset : offset + length]
    return None

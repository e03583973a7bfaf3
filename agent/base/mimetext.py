"""A mail's bytes as text: transfer encodings, charsets, HTML. Lenient, and nothing in it raises.

Knows nothing of how a message is put together.
"""

from __future__ import annotations

import binascii
import io
import re
from collections.abc import Iterator
from typing import Any

# --- bodies ----------------------------------------------------------------------------------------------

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


def decode_body(raw: bytes, encoding: str, start: int = 0, end: int | None = None) -> bytes:
    """The bytes that are encoded between two places of a raw mail; large base64 isn't copied for that."""
    end = len(raw) if end is None else end
    if encoding == "base64" and _is_one_piece(raw, start, end):
        return _decode_in_turn(raw, start, end)
    body = raw[start:end]
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return decode_uu(body)
    return body


def decode_base64(body: bytes) -> bytes:
    """Base64, forgiving: stray bytes are passed over, a missing end is completed, pieces in a row are joined.

    Behind the end of a piece, text that isn't base64 (a mailing list's footer) doesn't count.
    """
    letters = body.translate(None, _NOT_BASE64).rstrip(b"=")
    pieces = letters.split(b"=")
    if len(pieces) > 1 and body.translate(None, _BASE64 + b" \t\r\n"):
        pieces = pieces[:1]
    return b"".join(map(_decode_letters, pieces))


CHUNK = 1 << 20


def _is_one_piece(raw: bytes, start: int, end: int) -> bool:
    """Whether nothing but its own filling, and ends of lines, stands behind the first "="."""
    first = raw.find(b"=", start, end)
    return first < 0 or (end - first < CHUNK and not raw[first:end].strip(b"= \t\r\n"))


def _decode_in_turn(raw: bytes, start: int, end: int) -> bytes:
    """As `decode_base64`, a piece at a time: a file of 60 MB takes 60 MB, and not five times that."""
    decoded, left = io.BytesIO(), b""
    for at in range(start, end, CHUNK):
        letters = left + raw[at : min(at + CHUNK, end)].translate(None, _NOT_BASE64).rstrip(b"=")
        whole = len(letters) - len(letters) % 4
        decoded.write(binascii.a2b_base64(letters[:whole]))
        left = letters[whole:]
    decoded.write(_decode_letters(left))
    return decoded.getvalue()


def _decode_letters(letters: bytes) -> bytes:
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def decode_uu(body: bytes) -> bytes:
    """Lines of uuencode, with or without the line that names the file; what is none is passed over."""
    decoded: list[bytes] = []
    for line in body.splitlines():
        if line.startswith(b"begin ") or line.strip() in (b"end", b"`", b""):
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                decoded.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                continue
    return b"".join(decoded)


# GB2312's labels are used for anything that Windows can write; GB18030 reads all of it.
_CHARSETS = dict.fromkeys(
    ("gb2312", "gb_2312-80", "gb_2312", "gbk", "x-gbk", "cp936", "ms936", "936", "windows-936", "hz-gbk",
     "gb-18030", "x-gb18030", "euc-cn", "chinese"),
    "gb18030",
)  # fmt: skip
_NO_CHARSETS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem")


def decode_text(data: bytes, charset: str | None) -> str:
    """Text in the declared charset, strictly; else UTF-8, else GB18030.

    Where none fits, it is whichever of them has the fewest characters that can't be read.
    """
    declared = (charset or "").strip().strip("\"'").lower()
    declared = _CHARSETS.get(declared, declared)
    known = [
        one for one in (declared, "utf-8", "gb18030") if one and _decoded(b"", one, "strict") is not None
    ]
    for candidate in known:
        text = _decoded(data, candidate, "strict")
        if text is not None:
            return text.removeprefix("\ufeff")
    damaged = [_decoded(data, candidate, "replace") or "" for candidate in known]
    best = min(damaged, key=lambda text: text.count("\ufffd"))
    return best if best.count("\ufffd") * 10 <= len(best) else data.decode("latin-1")


_HALVES = re.compile("[\ud800-\udfff]")


def _decoded(data: bytes, charset: str, errors: str) -> str | None:
    if charset.replace("-", "_") in _NO_CHARSETS:
        return None
    try:
        text = data.decode(charset, errors)
    except (LookupError, ValueError):  # no such charset, none for text, or not in it
        return None
    return None if _HALVES.search(text) else text  # UTF-7 can spell half a character, which none can write


# --- HTML as text ----------------------------------------------------------------------------------------

_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "fieldset",
     "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
     "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"]
)  # fmt: skip
_UNSEEN = frozenset(["script", "style", "head", "title", "template", "noscript"])


def html_text(html: str) -> str:
    """An HTML text's words: a line for each block, a tab between a table's cells."""
    if not html.strip():
        return ""
    from lxml import etree
    from lxml.html import document_fromstring

    try:
        # As bytes: a text with an encoding declaration of its own would be refused.
        parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
        root = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
        whole = not parser.error_log.filter_from_fatals()
    except (etree.LxmlError, ValueError, AssertionError):
        whole = False
    if not whole:  # nested beyond what the parser takes: it would keep the beginning and drop the rest
        return _tidy(re.sub(r"<[^<>]{0,1000}>", "\n", html))
    return _tidy("".join(_words(root)))


def _words(root: Any) -> Iterator[str]:
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else "script"
        if event == "start":
            if tag in _UNSEEN:
                walk.skip_subtree()
                continue
            yield "\n" if tag in _BLOCKS else ""
            yield re.sub(r"[ \t\r\n]+", " ", element.text or "")
            continue
        yield "\n" if tag in _BLOCKS else "\t" if tag in ("td", "th") else ""
        yield re.sub(r"[ \t\r\n]+", " ", element.tail or "")


def _tidy(text: str) -> str:
    lines = (re.sub(r" *\t[ \t]*", "\t", line.replace("\u00a0", " ")).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)

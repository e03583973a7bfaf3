"""A MIME header out of any bytes at all: its lines put together, its words and parameters decoded. Nothing here raises.

Bounded: no more than a stretch of a head is looked at, since the agent's own process reads heads as well.
"""

from __future__ import annotations

import binascii
import contextlib
import email.message
import re
import urllib.parse

from agent.base.mimetext import decode_base64, decode_text

MAX_HEADER = 100_000  # characters of a header that are looked at
MAX_HEAD = 1_000_000  # bytes of all the headers of a message or a part; what follows counts as its body

_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)


def split_headers(raw: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Headers on one line each, not yet decoded by RFC 2047, and the body behind the blank line."""
    headers, at = headers_at(raw, 0, len(raw))
    return headers, raw[at:]


def headers_at(raw: bytes, start: int, stop: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """The same of a stretch of the raw mail, with the place where the body begins."""
    headers: list[tuple[str, list[bytes]]] = []
    at, stop = start, min(stop, start + MAX_HEAD)
    while at < stop:
        end = raw.find(b"\n", at, stop) + 1 or stop
        line = raw[at:end].rstrip(b"\r\n")
        if not line:
            at = end
            break
        header = _HEADER.fullmatch(line)
        if line[:1] in b" \t" and headers:
            headers[-1][1].append(line)
        elif header:
            headers.append((header[1].decode("latin-1"), [header[2]]))
        elif at == start and line.startswith((b"From ", b">From ")):
            pass  # a line of mbox
        elif headers and _header_follows(raw, end, stop):
            headers[-1][1].append(b" " + line)  # folded without its space
        else:
            break  # no blank line: the body begins here
        at = end
    unfolded = tuple((name, on_one_line(repaired(b"".join(lines)))) for name, lines in headers)
    return unfolded, at


def _header_follows(raw: bytes, at: int, stop: int) -> bool:
    return _NEXT_HEADER.match(raw, at, stop) is not None


_NEXT_HEADER = re.compile(rb"[!-9;-~]{2,76}:[ \t]")


def repaired(value: bytes) -> str:
    """Raw bytes in a header, or a name: UTF-8 or GB18030, strictly; else one character a byte."""
    for charset in ("utf-8", "gb18030"):
        try:
            return value.decode(charset)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def on_one_line(value: str) -> str:
    """Without line ends and control characters."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", " ", value).strip()


_WORDS = re.compile(r"=\?([^?\s]*)\?([bBqQ])\?(.{0,1500}?)\?=")


def decode_words(value: str) -> str:
    """A header's text with RFC 2047's words decoded.

    Words in a row are decoded as one, for a character may have been cut in two between them.
    """
    if "=?" not in value or len(value) > MAX_HEADER:
        return value
    pieces: list[str] = []
    run, run_charset, at = b"", "", 0
    for word in _WORDS.finditer(value):
        charset = word[1].split("*")[0].lower()
        between = value[at : word.start()]
        if between.strip() or not run or charset != run_charset:
            pieces.append(decode_text(run, run_charset) if run else "")
            pieces.append(between if between.strip() or not run else "")
            run = b""
        run, run_charset, at = run + _decode_word(word[2], word[3]), charset, word.end()
    pieces += [decode_text(run, run_charset) if run else "", value[at:]]
    return on_one_line("".join(pieces))


def _decode_word(encoding: str, text: str) -> bytes:
    sent = text.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return decode_base64(sent)
    return binascii.a2b_qp(sent.replace(b" ", b"_"), header=True)


def value_and_parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured header's value, lower case, and its parameters, decoded; the first of a name counts."""
    holder = email.message.Message()
    try:
        holder["Content-Type"] = value[: MAX_HEADER // 5]
        found = holder.get_params(failobj=[], unquote=True) or []
    except Exception:  # the library's own parser on hostile input: anything may come
        found = [(value.split(";")[0].strip(), "")]
        found += re.findall(r";\s*([\w*-]+)\s*=\s*\"?([^\";]*)", value[: MAX_HEADER // 5])
    told: dict[str, str] = {}
    for name, one in found[1:]:
        told.setdefault(name.lower(), _parameter(one))
    return (found[0][0].strip().lower() if found else ""), told


def _parameter(value: str | tuple[str | None, str | None, str]) -> str:
    """A parameter's text, from RFC 2231's triple, RFC 2047's words, percent signs, or as it stands."""
    if isinstance(value, tuple):
        charset, _, text = value
        try:
            return on_one_line(decode_text(text.encode("latin-1"), charset))
        except UnicodeEncodeError:
            return on_one_line(text)
    if re.search(r"(?:%[0-9A-Fa-f]{2}){3}", value):
        with contextlib.suppress(UnicodeDecodeError):
            value = urllib.parse.unquote(value, errors="strict")
    return on_one_line(decode_words(value))

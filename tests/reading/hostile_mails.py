"""Hostile mails: bodies that cost their reader much, made when they are needed.

``test_hostile_mails.py`` reads those that are cheap, ``bench/hostile.py`` all of them, and measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MEGABYTE = 1024 * 1024
FINE = "read"  # nothing is told of it: there was nothing in it, or it was read
HEAD = (
    b"From: qingnian@town.example\r\nTo: report@civil.example\r\nSubject: x\r\n"
    b"Message-ID: <1@town.example>\r\nMIME-Version: 1.0\r\n"
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A hostile mail.

    Attributes:
        what: it is, in a few words.
        make: its bytes.
        may: the rules of the refusals that its sender may be told; ``FINE`` where none is needed.
        slow: making or reading it takes more than a blink: left to the bench.
    """

    what: str
    make: Callable[[], bytes]
    may: tuple[str, ...] = ("too_large",)
    slow: bool = False


def page(html: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html


def text(words: bytes) -> bytes:
    return HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + words


def parts(count: int, part: bytes) -> bytes:
    head = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + (b"--b\r\n" + part + b"\r\n") * count + b"--b--\r\n"


def tree(depth: int, wide: int) -> bytes:
    """Multiparts in multiparts."""

    def made(level: int, path: bytes) -> bytes:
        if not level:
            return b"Content-Type: text/plain\r\n\r\nx\r\n"
        mark = b"q%d-%s" % (level, path)
        inner = b"".join(b"--%s\r\n%s\r\n" % (mark, made(level - 1, path + b"%d" % at)) for at in range(wide))
        return b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n%s--%s--\r\n" % (mark, inner, mark)

    return HEAD + made(depth, b"")


def in_each_other(count: int) -> bytes:
    levels = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(count)
    )
    return HEAD + b"".join(levels) + b"Content-Type: text/plain\r\n\r\nx"


def table(rows: int, columns: int) -> bytes:
    return b"<table>" + (b"<tr>" + b"<td>1</td>" * columns + b"</tr>") * rows + b"</table>"


SAID = "<p>冬季送温暖，今日巡查12次。</p>".encode()
FORWARDED = "<p>---------- 转发邮件 ----------</p><p>发件人：a</p><p>主题：x</p>".encode()

MAILS = [
    Hostile("40 MB of HTML", lambda: page(SAID * (40 * MEGABYTE // len(SAID))), slow=True),
    Hostile("one paragraph of 40 MB", lambda: page(b"<p>" + b"a " * (20 * MEGABYTE)), slow=True),
    Hostile("a tag with 10 million attributes", lambda: page(b"<p " + b"a=1 " * (10 * MEGABYTE)), slow=True),
    Hostile("5 MB, a table of 400,000 cells", lambda: page(table(4000, 100))),
    Hostile("a table of 30,000 cells", lambda: page(table(1500, 20))),
    Hostile(
        "cells that claim a million each",
        lambda: page(b"<table>" + b"<tr><td colspan=1000 rowspan=1000>1" * 1000),
    ),
    Hostile("a million tags in each other", lambda: page(b"<div>" * 1_000_000)),
    Hostile("99,000 tags in each other", lambda: page(b"<b>" * 99_000 + b"x")),
    Hostile("3,000 tables in each other", lambda: page(b"<table><tr><td>" * 3000)),
    Hostile("99,000 paragraphs", lambda: page(b"<p>a" * 99_000), ("too_large", FINE), slow=True),
    Hostile("33,000 forwarded mails", lambda: page(FORWARDED * 16_000), ("too_large", FINE), slow=True),
    Hostile(
        "40,000 quotations",
        lambda: page(b"<blockquote>a</blockquote>" * 40_000),
        ("too_large", FINE),
        slow=True,
    ),
    Hostile("100,000 parts of text", lambda: parts(100_000, b"Content-Type: text/plain\r\n\r\nx")),
    Hostile("100,000 files", lambda: parts(100_000, b"Content-Type: application/x; name=a.bin\r\n\r\nx")),
    Hostile("37,000 parts, eight in each", lambda: tree(5, 8)),
    Hostile("100,000 parts in each other", lambda: in_each_other(100_000)),
    Hostile("a line of 60 MB", lambda: text(b"a" * (60 * MEGABYTE)), slow=True),
    Hostile("a line of 2 MB", lambda: text("巡查12次，".encode() * (2 * MEGABYTE // 15))),
    Hostile("20 million lines", lambda: text(b"a\r\n" * (20 * MEGABYTE)), slow=True),
    Hostile("25,000 lines", lambda: text(b"a\r\n" * 25_000)),
    Hostile("60 MB of base64", lambda: text((b"QUJD" * 19 + b"\r\n") * 800_000), ("unreadable",), slow=True),
    Hostile("2 MB of base64", lambda: text((b"QUJD" * 19 + b"\r\n") * 27_000), ("unreadable",)),
    Hostile("60 MB of spaces", lambda: text(b" " * (60 * MEGABYTE)), slow=True),
    Hostile(
        "3,000 files in the text",
        lambda: text(b"begin 644 a\r\n#0V%T\r\n`\r\nend\r\n" * 3000),
        ("too_large",),
    ),
    Hostile(
        "a head of 60 MB",
        lambda: b"X: " + b"a" * (60 * MEGABYTE) + b"\r\n\r\n",
        ("too_large", "not_supported", FINE),
        slow=True,
    ),
    Hostile("a million heads", lambda: b"X: a\r\n" * 1_000_000 + b"\r\n", ("too_large", FINE)),
    Hostile(
        "words in a head without end",
        lambda: b"".join(b"X%d: " % at + b"=?a?b?" * 16_000 + b"\r\n" for at in range(9)),
        ("too_large", FINE),
    ),
    Hostile("300,000 characters", lambda: text("巡查12次，".encode() * 42_000), (FINE,)),
]

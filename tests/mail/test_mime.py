"""Whatever bytes come as a message, they are taken apart without an error and without loss."""

from __future__ import annotations

import base64
import email.message
import email.policy
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base.mime import Mime, decode_text, decode_words, html_text, parse_mime

LINES = st.sampled_from(
    [
        b"From: a@b.example",
        b"Subject: =?gb2312?B?x+DE6g==?= =?utf-8?Q?=E9?= =??B??= =?x?q?",
        b"Content-Type: multipart/mixed; boundary=b",
        b'Content-Type: multipart/alternative; boundary="c"',
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=gbk",
        b"Content-Type: text/plain; charset=unicode_escape; name*0*=utf-8''%E9; name*2=x",
        b"Content-Disposition: attachment; filename*=''%; filename=\"\xc7\xe0",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: uuencode",
        b"Authentication-Results: mx; (((dkim=fail",
        b"Received: by x; Tue, 32 Foo 2024 99:00 +99999",
        b"Date: \x00",
        b"",
        b"",
        b"--b",
        b"--c",
        b"--b--",
        b"=E9=9D=",
        b"aGVsbG8===",
        b"<p><table><td>x</p>&#0;",
        b" folded",
    ]
)


@given(st.binary(max_size=400) | st.lists(LINES | st.binary(max_size=30), max_size=30).map(b"\r\n".join))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    assert isinstance(parse_mime(raw), Mime)


@given(
    st.binary(max_size=200), st.text(max_size=20) | st.sampled_from(["gbk", "utf-16", "idna", "zlib", "\0"])
)
def test_any_bytes_are_text_in_any_charset(data: bytes, charset: str) -> None:
    assert isinstance(decode_text(data, charset), str)


@given(st.text(max_size=200))
def test_any_header_decodes_to_one_line(value: str) -> None:
    assert "\n" not in decode_words("=?utf-8?Q?=0A?= " + value.replace("\n", ""))


@given(st.text(max_size=200))
def test_any_text_is_html(html: str) -> None:
    assert isinstance(html_text(html), str)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(
    subject=TEXTS.map(str.strip),
    text=TEXTS,
    files=st.lists(st.tuples(TEXTS.map(str.strip), st.binary(max_size=300)), max_size=4),
)
def test_what_a_well_kept_library_writes_is_read_back(
    subject: str, text: str, files: list[tuple[str, bytes]]
) -> None:
    written = email.message.EmailMessage(policy=email.policy.SMTP)
    written["Subject"] = subject
    written.set_content(text, cte="base64")
    for name, data in files:
        written.add_attachment(data, maintype="application", subtype="octet-stream", filename=name or "x")
    read = parse_mime(bytes(written))
    assert read.subject.split() == subject.split()
    assert read.text.strip() == text.replace("\x85", " ").strip()
    assert [part.data for part in read.parts] == [data for _, data in files]


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("镕".encode("gb18030"), "gb2312", "镕"),
        ("青年镇".encode("gbk"), None, "青年镇"),
        ("青年镇".encode(), "us-ascii", "青年镇"),
        ("青年镇".encode("utf-16"), "utf-16", "青年镇"),
        ("\ufeff青年镇".encode(), "utf-8", "青年镇"),
        ("青年镇报送的统计表和照片".encode("gbk") + b"\xff", "gbk", "青年镇报送的统计表和照片\ufffd"),
        (b"caf\xe9", "iso-8859-1", "café"),
    ],
)
def test_text_is_read_in_its_charset_or_in_the_likeliest(data: bytes, charset: str | None, text: str) -> None:
    assert decode_text(data, charset) == text


def test_html_reads_as_lines_with_tabs_between_cells() -> None:
    html = (
        "<style>x</style><p>一<b>二</b></p>三<br>四<table><tr><td>甲</td><td> 乙 </td></tr></table>&nbsp;五"
    )
    assert html_text(html) == "一二\n三\n四\n甲\t乙\n五"


@pytest.mark.parametrize("depth", [100, 300, 3000, 100_000])
def test_html_nested_beyond_reason_keeps_its_text(depth: int) -> None:
    assert html_text("<div>" * depth + "深处" + "</div>" * depth + "末尾") == "深处\n末尾"


def nested(depth: int) -> bytes:
    inner = b"Content-Type: application/octet-stream; name=x.bin\r\n\r\nlowest\r\n"
    for level in range(depth):
        mark = b"b%d" % level
        inner = b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n%s\r\n--%s--\r\n" % (
            mark, mark, inner, mark,
        )  # fmt: skip
    return inner


def test_parts_inside_each_other_are_found_down_to_a_bound_and_below_it_kept_whole() -> None:
    [part] = parse_mime(nested(20)).parts
    assert (part.name, part.data.strip()) == ("x.bin", b"lowest")
    [kept] = parse_mime(nested(3000)).parts
    assert b"lowest" in kept.data


HOSTILE = {
    "the same boundary at every level": b"Content-Type: multipart/mixed; boundary=x\n\n"
    + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 50_000,
    "parts without number": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nA\n" * 200_000,
    "words that never end": b"Subject: " + b"=?a?q?" * 300_000,
    "parameters without number": b"Content-Type: a/b;" + b' ;x="' * 100_000,
    "headers without number": b"A: b\n" * 300_000,
    "a header without end": b"Subject:" + b"\n =?utf-8?q?a" * 300_000,
    "tags that never close": b"Content-Type: text/html\n\n" + b"<" * 1_000_000,
    "tables without number": b"Content-Type: text/html\n\n" + b"<table><td>" * 50_000,
    "boundaries that are none": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-" * 2_000_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_message_takes_no_more_than_seconds(raw: bytes) -> None:
    start = time.process_time()
    parse_mime(raw)
    assert time.process_time() - start < 10


def test_a_mail_of_many_megabytes_is_taken_apart_in_a_moment() -> None:
    data = random.Random(1).randbytes(20_000_000)
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/jpeg; name=a.jpg\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data) + b"\r\n--b--\r\n"
    )
    start = time.process_time()
    [part] = parse_mime(raw).parts
    assert part.data == data
    assert time.process_time() - start < 10  # the standard library's parser takes some seconds here

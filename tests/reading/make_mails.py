"""Mails of odd programs, put together by hand: parts as they are sent, and what some programs wrap files in; for tests."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import struct
from functools import cache
from typing import Any

HEAD = (
    b"From: =?utf-8?B?6Z2S5bm06ZWH?= <qingnian@town.example>\r\nTo: report@civil.example\r\n"
    b"Date: Fri, 01 Mar 2024 10:00:00 +0800\r\nMessage-ID: <1@town.example>\r\nMIME-Version: 1.0\r\n"
)


def part(content_type: str, data: bytes | str, name: str = "", encoding: str = "base64") -> bytes:
    """One part, or a whole message's body, with its headers."""
    body = data.encode() if isinstance(data, str) else data
    lines = [f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}"]
    if name:
        lines.append(f'Content-Disposition: attachment; filename="{name}"')
    sent = base64.encodebytes(body) if encoding == "base64" else body
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + sent


def text(words: str) -> bytes:
    return part("text/plain; charset=utf-8", words)


def page(html: str) -> bytes:
    return part("text/html; charset=utf-8", f"<html><body>{html}</body></html>")


def file(name: str, data: bytes, content_type: str = "application/octet-stream") -> bytes:
    return part(content_type, data, name)


def multipart(kind: str, *parts: bytes) -> bytes:
    """Parts in a multipart; boundaries differ by what is between them."""
    boundary = f"b{binascii.crc32(b''.join(parts)):x}"
    inner = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + inner + b"--" + boundary.encode() + b"--\r\n"


def mail(entity: bytes, subject: str = "") -> bytes:
    return HEAD + (f"Subject: {subject}\r\n".encode() if subject else b"") + entity


# --- uuencode --------------------------------------------------------------------------------------------


def uu(name: str, data: bytes, blank: bytes = b"`", end: bool = True) -> str:
    """A file as uuencode writes it, with "`" or a space for nothing."""
    lines = [binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)]
    body = b"".join(one.replace(b" ", b"`") if blank == b"`" else one for one in lines)
    tail = "`\nend\n" if end else ""
    return f"begin 644 {name}\n{body.decode('ascii')}{tail}"


def b64(name: str, data: bytes) -> str:
    return f"begin-base64 644 {name}\n{base64.encodebytes(data).decode()}====\n"


# --- Apple's ---------------------------------------------------------------------------------------------


def apple(data: bytes | None, resource: bytes = b"\0" * 80) -> bytes:
    """AppleSingle with its data fork, or, without data, AppleDouble's other half."""
    forks = [(9, b"XLSXXCEL" + b"\0" * 24), (2, resource), *([(1, data)] if data is not None else [])]
    magic = b"\x00\x05\x16\x00" if data is not None else b"\x00\x05\x16\x07"
    head = magic + b"\x00\x02\x00\x00" + b"Mac OS X        " + struct.pack(">H", len(forks))
    at, table = len(head) + 12 * len(forks), b""
    for number, fork in forks:
        table += struct.pack(">III", number, at, len(fork))
        at += len(fork)
    return head + table + b"".join(fork for _, fork in forks)


# --- S/MIME ----------------------------------------------------------------------------------------------


@cache
def _signer() -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(dt.datetime(2023, 1, 1))
    return made.not_valid_after(dt.datetime(2033, 1, 1)).sign(key, hashes.SHA256()), key


def signed(content: bytes, *, detached: bool = False) -> bytes:
    """A message signed with a key of its own, as DER."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.serialization import pkcs7

    certificate, key = _signer()
    options = [pkcs7.PKCS7Options.Binary, *([pkcs7.PKCS7Options.DetachedSignature] if detached else [])]
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, options)


def enveloped(content: bytes) -> bytes:
    """A message for one addressee's key alone."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs7

    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).add_recipient(_signer()[0])
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


SIGNED_DATA, DATA = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")


def streamed(content: bytes, size: int = 1000) -> bytes:
    """As programs write it that don't know its length: open ends, and the text in pieces; no signature in it."""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    octets = _open(0x24, *(_definite(0x04, one) for one in pieces))
    held = _open(0x30, DATA, _open(0xA0, octets))
    digests = _open(0x31, _definite(0x30, bytes.fromhex("0609608648016503040201")))
    return _open(
        0x30, SIGNED_DATA, _open(0xA0, _open(0x30, b"\x02\x01\x01", digests, held, _definite(0x31, b"")))
    )


def _definite(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def _open(tag: int, *contents: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(contents) + b"\0\0"

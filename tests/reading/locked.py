"""Workbooks locked with a password, by hand from [MS-OFFCRYPTO]: .xls by RC4 (2.3.6), .xlsx by AES (2.3.4.5 to 2.3.4.9)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from hashlib import md5, sha1

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

BOF, FILEPASS, BOUNDSHEET, INTERFACE = 0x0809, 0x002F, 0x0085, 0x00E1
SALT = bytes(range(16))
BLOCK = 1024


def xls(data: bytes, password: str) -> bytes:
    """An .xls behind a password: what stands in its records is encrypted, their headers aren't."""
    from olefile import OleFileIO
    from xlwt.CompoundDoc import XlsDoc

    stream = OleFileIO(io.BytesIO(data)).openstream("Workbook").read()
    made = bytearray()
    for kind, content in _records(stream):
        if kind == BOUNDSHEET:
            (place,) = struct.unpack_from("<I", content)
            content = struct.pack("<I", place + 4 + 54) + content[4:]
        made += _record(kind, content)
        if kind == BOF and len(made) == 4 + len(content):
            made += _record(FILEPASS, b"\1\0\1\0\1\0" + SALT + _verifier(password))
    made += _record(0x00FF, b"\0" * (-len(made) % 4))  # what is left behind is records of nothing, whole ones
    stored = _encrypted(bytes(made), password)
    file = io.BytesIO()
    XlsDoc().save(file, stored)
    return file.getvalue()


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if not kind:
            return
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _verifier(password: str) -> bytes:
    verifier = b"0123456789abcdef"
    return _mixed(_key(password, 0), verifier + md5(verifier).digest())


def _encrypted(stream: bytes, password: str) -> bytes:
    inked = b"".join(
        _mixed(_key(password, place // BLOCK), bytes(stream[place : place + BLOCK]))
        for place in range(0, len(stream), BLOCK)
    )
    made, at = bytearray(), 0
    for kind, content in _records(stream):
        open_ = len(content) if kind in (BOF, FILEPASS, INTERFACE) else 4 if kind == BOUNDSHEET else 0
        made += stream[at : at + 4 + open_] + inked[at + 4 + open_ : at + 4 + len(content)]
        at += 4 + len(content)
    return bytes(made)


def _key(password: str, block: int) -> bytes:
    first = md5(password.encode("utf-16-le")).digest()[:5]
    return md5(md5((first + SALT) * 16).digest()[:5] + struct.pack("<I", block)).digest()


def _mixed(key: bytes, data: bytes) -> bytes:
    """RC4, whose own library warns that nobody should use it any more."""
    box, at = list(range(256)), 0
    for place in range(256):
        at = (at + box[place] + key[place % len(key)]) % 256
        box[place], box[at] = box[at], box[place]
    made, one, two = bytearray(), 0, 0
    for letter in data:
        one = (one + 1) % 256
        two = (two + box[one]) % 256
        box[one], box[two] = box[two], box[one]
        made.append(letter ^ box[(box[one] + box[two]) % 256])
    return bytes(made)


def xlsx_info(password: str) -> tuple[bytes, bytes]:
    """What Excel 2007 says of its encryption (AES of 128 bits), and the key."""
    key = _aes_key(password)
    verifier = b"0123456789abcdef"
    aes = Cipher(AES(key), ECB()).encryptor()
    names = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<IIIIIIII", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + names
    said = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header + struct.pack("<I", 16) + SALT
    hashed = sha1(verifier).digest().ljust(32, b"\0")
    return said + aes.update(verifier) + struct.pack("<I", 20) + aes.update(hashed), key


def package(data: bytes, key: bytes) -> bytes:
    """The package as it is stored beside that."""
    aes = Cipher(AES(key), ECB()).encryptor()
    return struct.pack("<Q", len(data)) + aes.update(data.ljust(-(-len(data) // 16) * 16, b"\0"))


def _aes_key(password: str) -> bytes:
    found = sha1(SALT + password.encode("utf-16-le")).digest()
    for number in range(50_000):
        found = sha1(struct.pack("<I", number) + found).digest()
    found = sha1(found + struct.pack("<I", 0)).digest()
    return sha1(bytes(a ^ 0x36 for a in found.ljust(64, b"\0"))).digest()[:16]

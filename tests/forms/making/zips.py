"""Zip archives, those that documents are included: made so that making them again changes nothing."""

from __future__ import annotations

import io
import re
import zipfile

FIXED = (2024, 3, 1, 9, 0, 0)


def settled(data: bytes) -> bytes:
    """A zip's bytes without the moment at which it was made, so that making again changes nothing."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2024-03-01T09:00:00Z", content)
            entry = zipfile.ZipInfo(info.filename, FIXED)
            entry.compress_type = zipfile.ZIP_STORED if info.filename == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return file.getvalue()


def rewritten(data: bytes, part: str, old: str, new: str) -> bytes:
    """A zip with one part changed by a regular expression, which must find something."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            content = source.read(info)
            if info.filename == part:
                text, times = re.subn(old, new, content.decode(), flags=re.DOTALL)
                assert times, f"{old} is not in {part}"
                content = text.encode()
            entry = zipfile.ZipInfo(info.filename, FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return file.getvalue()


def packed(*members: tuple[str, bytes], gbk: bool = False) -> bytes:
    """A zip, with names as Windows in Chinese writes them where asked: GBK without the UTF-8 flag."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, FIXED)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    whole = file.getvalue()
    if gbk:
        for name, _ in members:
            old, new = name.encode(), name.encode("gb18030")
            whole = _renamed(whole, old, new)
    return whole


def _renamed(whole: bytes, old: bytes, new: bytes) -> bytes:
    # A name of the same length in bytes would be rare: so the archive is written with a stand-in of the right length.
    file = io.BytesIO()
    stand_in = ("n" * len(new)).encode()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            name = stand_in.decode() if info.filename.encode() == old else info.filename
            entry = zipfile.ZipInfo(name, info.date_time)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(info))
    return file.getvalue().replace(stand_in, new)


def locked(whole: bytes) -> bytes:
    """The archive with the flag of encryption on every entry."""
    data = bytearray(whole)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(signature, place + 4)
    return bytes(data)

"""Tars, plain or compressed, and single files that are only compressed (.gz, .bz2, .xz), by the standard library."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from typing import Protocol

from agent.reading.containers.member import Member, Unpacked, clean_path, decoded_name, over_the_bound, wanted
from agent.reading.limits import MEGABYTE, Budget
from agent.reading.refusals import damaged, too_large

BLOCK = 512
_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)
_SUFFIXES = re.compile(r"\.(gz|gzip|bz2|xz|lzma)$", re.IGNORECASE)


def unpack_tar(name: str, data: bytes, budget: Budget) -> Unpacked:
    """What is inside a tar, or the one file that is compressed.

    Raises:
        Unreadable: damaged, or over the budget as a whole.
    """
    try:
        stream = _Bounded(_opened(data), budget.bytes_left())
        head = stream.read(BLOCK)
        stream.seen = head
        if is_tar(head):
            return Unpacked(tuple(_members(stream, budget)))
        budget.spend_members(1)
        return Unpacked((_single(name, stream, budget),))
    except _DAMAGE as error:
        raise damaged() from error


def is_tar(head: bytes) -> bool:
    """Whether a first block is a tar's: by its checksum, which old tars without a mark have too."""
    if len(head) < BLOCK or not head.strip(b"\0"):
        return False
    try:
        tarfile.TarInfo.frombuf(head[:BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def _opened(data: bytes) -> _Readable:
    stream = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if data.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if data.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(stream)
    return stream


class _Bounded(io.RawIOBase):
    """A stream that ends with a refusal instead of going on for ever; ``seen`` is read again first."""

    def __init__(self, inner: _Readable, most: int) -> None:
        self._inner = inner
        self._most = most
        self._had = 0
        self.seen = b""

    def read(self, size: int = -1) -> bytes:
        size = size if 0 <= size <= self._most else self._most + 1
        again, self.seen = self.seen[:size], self.seen[size:]
        new = self._inner.read(size - len(again))
        self._had += len(new)
        if self._had > self._most + 2 * MEGABYTE:  # the blocks' own headers and padding are no content
            raise too_large(f"解压后超过 {self._most // MEGABYTE} MB")
        return again + new


def _members(stream: _Bounded, budget: Budget) -> Iterator[Member]:
    """The files in order; links and devices are nobody's report. What comes before a damaged place is kept."""
    with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape") as archive:
        for info in archive:
            name = _name(info.name)
            if not info.isreg() or not wanted(name):
                continue
            budget.spend_members(1)
            refusal = over_the_bound(info.size, budget)
            if refusal is None:
                budget.spend_bytes(info.size)
            stored = None if refusal else archive.extractfile(info)
            yield Member(name, stored.read() if stored else b"", refusal)


def _name(written: str) -> str:
    raw = written.encode("utf-8", "surrogateescape")
    return clean_path(decoded_name(raw) or raw.decode("utf-8", "replace"))


def _single(name: str, stream: _Bounded, budget: Budget) -> Member:
    inner = clean_path(_SUFFIXES.sub("", name) or name)
    content = stream.read(budget.limits.file_bytes + 1)
    refusal = over_the_bound(len(content), budget)
    if refusal:
        return Member(inner, refusal=refusal)
    budget.spend_bytes(len(content))
    return Member(inner, content)

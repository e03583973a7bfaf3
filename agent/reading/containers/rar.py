"""RAR archives: RAR5 by bsdtar (libarchive), older ones by unar; each member checked against its CRC here.

The headers of a RAR5 are read here too: bsdtar 3.6 hands out an encrypted member's bytes, and a damaged one's,
without a word.
"""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.reading.apart.outside import Bounds, Ran, find, folder_for, patience, run
from agent.reading.containers.member import Member, Unpacked, clean_path, over_the_bound, wanted
from agent.reading.limits import MEGABYTE, Budget
from agent.reading.refusals import USE_ZIP, damaged, encrypted, in_volumes, without_program

RAR5 = b"Rar!\x1a\x07\x01\x00"
SECONDS = 10  # of the processor
NAME = "given.rar"


def unpack_rar(data: bytes, budget: Budget) -> Unpacked:
    """What is inside a RAR.

    Raises:
        Unreadable: damaged, with a password, in volumes, over the budget as a whole, or ``not_supported`` without
            the program that reads it.
    """
    return _by_bsdtar(data, budget) if data.startswith(RAR5) else _by_unar(data, budget)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file as the archive lists it; ``crc`` is None where it isn't stored."""

    index: int
    name: str
    size: int
    crc: int | None
    encrypted: bool


def _unpacked(entries: Sequence[_Entry], contents: dict[int, bytes], budget: Budget) -> Unpacked:
    shown = [(clean_path(one.name), one) for one in entries if not one.encrypted]
    members = tuple(_member(name, one, contents, budget) for name, one in shown)
    return Unpacked(members, encrypted=len(shown) < len(entries))


def _member(name: str, entry: _Entry, contents: dict[int, bytes], budget: Budget) -> Member:
    refusal = over_the_bound(entry.size, budget)
    if refusal:
        return Member(name, refusal=refusal)
    content = contents.get(entry.index)
    if content is None or len(content) != entry.size:
        return Member(name, refusal=damaged())
    if entry.crc is not None and zlib.crc32(content) != entry.crc:
        return Member(name, refusal=damaged())
    return Member(name, content)


def _readable(entries: Sequence[_Entry], budget: Budget) -> list[_Entry]:
    """The entries whose bytes are wanted, charged to the budget."""
    budget.spend_members(len(entries))
    kept = [one for one in entries if not one.encrypted and one.size <= budget.limits.file_bytes]
    budget.spend_bytes(sum(one.size for one in kept))
    return kept


def _bounds(entries: Sequence[_Entry]) -> Bounds:
    # A tar's headers and padding come on top.
    output = sum(one.size + 4096 for one in entries) + 2 * MEGABYTE
    return Bounds(patience() * SECONDS, output=output, processor=SECONDS)


# --- RAR5 ------------------------------------------------------------------------------------------------

MAIN, FILE, ENCRYPTION, END = 1, 2, 4, 5
IN_VOLUMES = 1
HAS_EXTRA, HAS_DATA = 1, 2
DIRECTORY, HAS_TIME, HAS_CRC, UNKNOWN_SIZE = 1, 2, 4, 8
CRYPT_RECORD, REDIRECTION_RECORD = 1, 5


def _by_bsdtar(data: bytes, budget: Budget) -> Unpacked:
    try:
        entries = [one for one in _listed_rar5(data) if wanted(one.name)]
    except (IndexError, struct.error, ValueError) as error:
        raise damaged() from error
    program = find("bsdtar")
    if program is None:
        raise without_program("RAR 压缩包", "bsdtar（libarchive-tools）", USE_ZIP)
    kept = _readable(entries, budget)
    if not kept:
        return _unpacked(entries, {}, budget)
    with folder_for(NAME, b"") as folder:
        # Turned into a tar on standard output: nothing is unpacked on the disk. By a pipe, since in a file libarchive
        # would look at the end first, and take a RAR that ends with a stored .xlsx for a zip.
        command = [program, "-cf", "-", "--format=pax", "@-"]
        ran = run(command, folder, _bounds(entries), budget, given=data)
    by_name = _from_tar(ran.output)
    return _unpacked(entries, {one.index: by_name[one.name] for one in kept if one.name in by_name}, budget)


def _from_tar(data: bytes) -> dict[str, bytes]:
    """The files of the tar by name; what comes before a place where it is cut."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as archive:
            for info in archive:
                stored = archive.extractfile(info) if info.isreg() else None
                if stored is not None:
                    found[info.name] = stored.read()
    except (tarfile.TarError, OSError, EOFError):
        pass
    return found


def _listed_rar5(data: bytes) -> list[_Entry]:
    """The files by the archive's own headers (RAR 5.0 archive format, rarlab's technote)."""
    entries: list[_Entry] = []
    at = len(RAR5)
    while at < len(data):
        start = at + 4
        size, at = _number(data, start)
        body, end = at, at + size
        if zlib.crc32(data[start:end]) != struct.unpack_from("<I", data, start - 4)[0]:
            raise ValueError("a header's checksum")
        kind, at = _number(data, body)
        flags, at = _number(data, at)
        extra, at = _number(data, at) if flags & HAS_EXTRA else (0, at)
        packed, at = _number(data, at) if flags & HAS_DATA else (0, at)
        if kind == ENCRYPTION:
            raise encrypted()
        if kind == MAIN and _number(data, at)[0] & IN_VOLUMES:
            raise in_volumes()
        if kind == END:
            break
        if kind == FILE:
            entry = _file(data[at : end - extra], data[end - extra : end], len(entries))
            entries += [entry] if entry else []
        at = end + packed
    return entries


def _file(fields: bytes, extra: bytes, index: int) -> _Entry | None:
    """The file that a header describes; None for a folder or a link."""
    flags, at = _number(fields, 0)
    size, at = _number(fields, at)
    _, at = _number(fields, at)  # attributes
    at += 4 if flags & HAS_TIME else 0
    crc = struct.unpack_from("<I", fields, at)[0] if flags & HAS_CRC else None
    at += 4 if flags & HAS_CRC else 0
    for _ in ("compression", "system"):
        _, at = _number(fields, at)
    length, at = _number(fields, at)
    records = _records(extra)
    if flags & DIRECTORY or REDIRECTION_RECORD in records:
        return None
    name = fields[at : at + length].decode("utf-8", "surrogateescape")
    size = -1 if flags & UNKNOWN_SIZE else size
    return _Entry(index, name, size, crc, CRYPT_RECORD in records)


def _records(extra: bytes) -> set[int]:
    found, at = set(), 0
    while at < len(extra):
        size, start = _number(extra, at)
        found.add(_number(extra, start)[0])
        at = start + size
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise ValueError("a number without an end")


# --- older ones ------------------------------------------------------------------------------------------


OLD_IN_VOLUMES, OLD_ENCRYPTED = (
    0x01,
    0x80,
)  # of the main header, behind the mark and the header's sum and type


def _by_unar(data: bytes, budget: Budget) -> Unpacked:
    flags = struct.unpack_from("<H", data, 10)[0] if len(data) > 20 else 0
    if flags & OLD_IN_VOLUMES:
        raise in_volumes()
    if flags & OLD_ENCRYPTED:
        raise encrypted()
    unar, lsar = find("unar"), find("lsar")
    if unar is None or lsar is None:
        raise without_program("RAR 压缩包", "unar", USE_ZIP)
    with folder_for(NAME, data) as folder:
        ran = run([lsar, "-j", NAME], folder, Bounds(patience() * SECONDS, processor=SECONDS), budget)
        entries = [one for one in _listed_by_lsar(ran) if wanted(one.name)]
        contents = _by_index(unar, folder, _readable(entries, budget), budget)
    return _unpacked(entries, contents, budget)


def _listed_by_lsar(ran: Ran) -> list[_Entry]:
    try:
        told = json.loads(ran.output.decode("utf-8", "replace"))
        listed = told.get("lsarContents", [])
        if not listed and ("password" in ran.errors or "encrypted" in ran.errors.lower()):
            raise encrypted()
        if told.get("lsarProperties", {}).get("XADIsEncrypted") and not listed:
            raise encrypted()
        return [
            _Entry(
                index=int(one["XADIndex"]),
                name=str(one["XADFileName"]),
                size=int(one.get("XADFileSize", -1)),
                crc=one.get("RARCRC32"),
                encrypted=bool(one.get("XADIsEncrypted")),
            )
            for one in listed
            if not one.get("XADIsDirectory") and not one.get("XADIsLink")
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged() from error


def _by_index(unar: str, folder: Path, entries: Sequence[_Entry], budget: Budget) -> dict[int, bytes]:
    """The files' bytes: all in one go, cut by their sizes; one at a time where that doesn't come out even."""
    if not entries:
        return {}
    ran = _piped(unar, folder, entries, budget)
    if ran.status == 0 and len(ran.output) == sum(one.size for one in entries):
        ends = [sum(one.size for one in entries[: at + 1]) for at in range(len(entries))]
        return {one.index: ran.output[end - one.size : end] for one, end in zip(entries, ends, strict=True)}
    return {one.index: _piped(unar, folder, [one], budget).output for one in entries}


def _piped(unar: str, folder: Path, entries: Sequence[_Entry], budget: Budget) -> Ran:
    indexes = [str(one.index) for one in entries]
    command = [unar, "-quiet", "-output-directory", "-", "-indexes", NAME, *indexes]
    return run(command, folder, _bounds(entries), budget)

"""Zip archives, with the names that Chinese Windows gave their files."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from agent.reading.containers.member import Member, Unpacked, clean_path, decoded_name, over_the_bound, wanted
from agent.reading.limits import Budget
from agent.reading.refusals import damaged

_UNICODE_PATH = 0x7075  # Info-ZIP's extra field: the name in UTF-8, beside whatever stands in the old one
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


def unpack_zip(data: bytes, budget: Budget) -> Unpacked:
    """What is inside a zip, without what the systems put there for themselves.

    Raises:
        Unreadable: damaged, or over the budget as a whole.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise damaged() from error
    infos = [(member_name(info), info) for info in archive.infolist() if not info.is_dir()]
    infos = [(name, info) for name, info in infos if wanted(name)]
    budget.spend_members(len(infos))
    open_ones = [(name, info) for name, info in infos if not info.flag_bits & _ENCRYPTED]
    sizes = [info.file_size for _, info in open_ones if info.file_size <= budget.limits.file_bytes]
    budget.spend_bytes(sum(sizes))
    members = tuple(_member(archive, name, info, budget) for name, info in open_ones)
    return Unpacked(members, encrypted=len(open_ones) < len(infos))


def _member(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo, budget: Budget) -> Member:
    refusal = over_the_bound(info.file_size, budget)
    if refusal:
        return Member(name, refusal=refusal)
    try:
        return Member(name, archive.read(info))
    except _DAMAGE:
        return Member(name, refusal=damaged())


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's path: what Windows in Chinese wrote as GBK read as such, and nothing that leads outside."""
    return clean_path(_unicode_path(info) or _decoded_name(info))


def _decoded_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    return decoded_name(raw) or info.orig_filename


def _unicode_path(info: zipfile.ZipInfo) -> str | None:
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH and length > 5 and extra[4] == 1:
            try:
                return extra[9 : 4 + length].decode("utf-8")
            except UnicodeDecodeError:
                return None
        extra = extra[4 + length :]
    return None

"""Outlook's winmail.dat: the files in it, and its text where that holds a table; by tnefparse."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from agent.reading.containers.member import Member, Unpacked, clean_path, decoded_name, over_the_bound, wanted
from agent.reading.limits import Budget
from agent.reading.refusals import damaged


def unpack_tnef(data: bytes, budget: Budget) -> Unpacked:
    """What is inside a winmail.dat.

    Raises:
        Unreadable: damaged, or over the budget as a whole.
    """
    from tnefparse import TNEF

    logging.getLogger("tnefparse").setLevel(logging.ERROR)
    _require_whole(data)
    try:
        parsed = TNEF(data, do_checksum=False)
        files = [(name, content) for name, content in _files(parsed) if wanted(name)]
    except Exception as error:  # tnefparse unpacks whatever the lengths claim
        raise damaged() from error
    budget.spend_members(len(files))
    budget.spend_bytes(sum(len(content) for _, content in files))
    return Unpacked(
        tuple(Member(name, content, over_the_bound(len(content), budget)) for name, content in files)
    )


def _require_whole(data: bytes) -> None:
    """Refuse one that ends within an attribute: the library would hand out what there is of a file."""
    at = 6  # behind the mark and the key; then level, name, length, content, checksum ([MS-OXTNEF] 2.1.3)
    while at + 9 <= len(data):
        at += 9 + int.from_bytes(data[at + 5 : at + 9], "little") + 2
    if at > len(data):
        raise damaged()


def _files(parsed: Any) -> Iterator[tuple[str, bytes]]:
    page = parsed.htmlbody
    if page:
        stored = page.encode() if isinstance(page, str) else bytes(page)
        # The message's plain text stands in the mail itself; only a table would be lost in it.
        if b"<table" in stored.lower():
            yield "邮件正文.html", stored
    for number, attachment in enumerate(parsed.attachments, 1):
        yield clean_path(_name(attachment) or f"附件{number}"), bytes(attachment.data)
        embedded = getattr(attachment, "embed", None)
        if embedded is not None:
            yield from _files(embedded)


LONG_NAMES = (0x3707, 0x3704)  # PidTagAttachLongFilename, PidTagAttachFilename


def _name(attachment: Any) -> str:
    """The long name, else the short one; Windows in Chinese wrote them as GBK, whatever the code page says."""
    stored = [one.data for kind in LONG_NAMES for one in attachment.mapi_attrs if one.name == kind]
    for one in (*stored, attachment._name):  # its own ``name`` raises on GBK
        name = decoded_name(one) or "" if isinstance(one, bytes) else str(one)
        if name.strip("\0 "):
            return _mended(name.strip("\0 "))
    return ""


def _mended(name: str) -> str:
    """A name that was read as Western text though it is Chinese."""
    for wrong in ("latin-1", "cp1252"):
        try:
            return decoded_name(name.encode(wrong)) or name
        except UnicodeEncodeError:
            continue
    return name

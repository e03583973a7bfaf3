"""7z archives, by py7zr (an extra: its decoders are many)."""

from __future__ import annotations

import io
from typing import Any

from agent.base.errors import Unreadable
from agent.reading.containers.member import Member, Unpacked, clean_path, over_the_bound, wanted
from agent.reading.limits import Budget
from agent.reading.refusals import USE_ZIP, damaged, encrypted, without_program


def unpack_7z(data: bytes, budget: Budget) -> Unpacked:
    """What is inside a 7z.

    Raises:
        Unreadable: damaged, with a password, over the budget as a whole, or ``not_supported`` without py7zr.
    """
    try:
        import py7zr
    except ImportError as error:
        raise without_program("7z 压缩包", "py7zr", USE_ZIP) from error
    try:
        with py7zr.SevenZipFile(io.BytesIO(data)) as archive:
            if archive.needs_password():
                raise encrypted()
            return Unpacked(_members(archive, budget))
    except py7zr.PasswordRequired as error:
        raise encrypted() from error
    except Unreadable:
        raise
    except Exception as error:  # py7zr's decoders raise whatever they meet
        raise damaged() from error


def _members(archive: Any, budget: Budget) -> tuple[Member, ...]:
    from py7zr.io import BytesIOFactory

    listed = [(clean_path(info.filename), info) for info in archive.list() if info.is_file]
    listed = [(name, info) for name, info in listed if wanted(name)]
    budget.spend_members(len(listed))
    refusals = {info.filename: over_the_bound(info.uncompressed, budget) for _, info in listed}
    targets = [info for _, info in listed if not refusals[info.filename]]
    budget.spend_bytes(sum(info.uncompressed for info in targets))
    factory = BytesIOFactory(budget.limits.file_bytes + 1)
    if targets:
        archive.extract(targets=[info.filename for info in targets], factory=factory)
    return tuple(_member(name, info, refusals[info.filename], factory) for name, info in listed)


def _member(name: str, info: Any, refusal: Unreadable | None, factory: Any) -> Member:
    if refusal:
        return Member(name, refusal=refusal)
    made = factory.products.get(info.filename)
    content = b""
    if made is not None:
        made.seek(0)
        content = made.read()
    if len(content) != info.uncompressed:
        return Member(name, refusal=damaged())
    return Member(name, content)

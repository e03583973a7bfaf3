"""One small file a container: its bytes in, the files that are inside it out."""

from __future__ import annotations

from typing import Literal

from agent.reading.containers.member import Member, Unpacked
from agent.reading.limits import Budget

__all__ = ["ContainerType", "Member", "Unpacked", "unpack"]

ContainerType = Literal["zip", "rar", "7z", "tar", "tnef"]
"""``tar`` also stands for what is only compressed (.gz, .bz2, .xz), whether a tar or a single file."""


def unpack(kind: Literal["zip", "7z", "tar", "tnef"], name: str, data: bytes, budget: Budget) -> Unpacked:
    """What is inside a container; a .rar is read by programs from outside (rar.py), never where this runs.

    Raises:
        Unreadable: damaged, behind a password, over the bounds, or read by something that this machine lacks.
    """
    match kind:
        case "zip":
            from agent.reading.containers.zipped import unpack_zip

            return unpack_zip(data, budget)
        case "7z":
            from agent.reading.containers.sevenzip import unpack_7z

            return unpack_7z(data, budget)
        case "tar":
            from agent.reading.containers.tar import unpack_tar

            return unpack_tar(name, data, budget)
        case "tnef":
            from agent.reading.containers.tnef import unpack_tnef

            return unpack_tnef(data, budget)

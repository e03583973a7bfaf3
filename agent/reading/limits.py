"""How much one file may cost: bounds on bytes, members, depth, pixels and cells, and what is left of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.reading.refusals import too_large

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds.

    Attributes:
        file_bytes: one file, packed or unpacked.
        mail_bytes: a mail as it came: a file of 60 MB is 82 MB in it.
        unpacked_bytes: everything unpacked from one file given, in all.
        depth: containers inside containers.
        members: files inside one file given, in all.
        pixels: of one decoded picture; a JPEG may have four times as many and is decoded at a smaller scale.
        pixels_in_all: of all decoded pictures of one file given.
        cells: of one workbook that hold something, and of one text table.
        seconds_apart: that programs from outside may take for one file given, in all.
    """

    file_bytes: int = 60 * MEGABYTE
    mail_bytes: int = 120 * MEGABYTE
    unpacked_bytes: int = 300 * MEGABYTE
    depth: int = 4
    members: int = 1000
    pixels: int = 40_000_000
    pixels_in_all: int = 2_000_000_000
    cells: int = 300_000
    seconds_apart: float = 240


class Budget:
    """What is left of the bounds while one file given is read; the one thing here that changes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._bytes = limits.unpacked_bytes
        self._members = limits.members
        self._pixels = limits.pixels_in_all
        self._seconds = limits.seconds_apart

    def spend_bytes(self, size: int) -> None:
        """Count bytes about to be unpacked; Unreadable ``too_large`` where they are too many."""
        if size > self._bytes:
            raise too_large(f"解压后超过 {self.limits.unpacked_bytes // MEGABYTE} MB")
        self._bytes -= size

    def spend_members(self, count: int) -> None:
        """Count files about to be unpacked."""
        if count > self._members:
            raise too_large(f"里面的文件超过 {self.limits.members} 个")
        self._members -= count

    def spend_pixels(self, count: int) -> None:
        """Count pixels about to be decoded."""
        if count > self._pixels:
            raise too_large("里面的图片太多太大")
        self._pixels -= count

    def seconds_left(self) -> float:
        """The time that programs from outside still have; Unreadable ``too_large`` where there is none."""
        if self._seconds <= 0:
            raise too_large("里面需要转换的文件太多，用时太久")
        return self._seconds

    def spend_seconds(self, seconds: float) -> None:
        """Count the time that a program took."""
        self._seconds -= seconds

    def bytes_left(self) -> int:
        """How many bytes may still be unpacked."""
        return self._bytes

    # --- in another process ---

    def left(self) -> list[int]:
        """What is left of bytes, members and pixels, for ``resumed`` and ``take``."""
        return [self._bytes, self._members, self._pixels]

    def take(self, left: Sequence[int]) -> None:
        """Go on with what another process has left."""
        self._bytes, self._members, self._pixels = left

    @classmethod
    def resumed(cls, limits: Limits, left: Sequence[int]) -> Budget:
        """A budget some of which is spent."""
        budget = cls(limits)
        budget.take(left)
        return budget

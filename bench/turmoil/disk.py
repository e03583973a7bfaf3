"""A disk that can be full: a small file system of its own where this is root, else a limit on what a process may write."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE = 400_000_000
CLONE_NEWNS = 0x00020000


@dataclass
class Disk:
    """The disk that the archive lies on.

    Attributes:
        how: which of the two ways, for the record.
    """

    folder: Path
    how: str = "RLIMIT_FSIZE"
    _limit: int | None = None

    @contextlib.contextmanager
    def full(self, left: int) -> Iterator[None]:
        """So many bytes are left, until the block ends."""
        if self.how == "RLIMIT_FSIZE":
            self._limit = left
            yield
            self._limit = None
            return
        ballast = self.folder / "ballast"
        free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free - left))
        try:
            yield
        finally:
            ballast.unlink()

    def limit(self) -> None:
        """What a process that starts now is told."""
        if self._limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._limit, self._limit))


def small_disk(folder: Path) -> Disk:
    """A file system of its own at the folder; nobody but this process and its children sees it, and it goes with them."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
        return Disk(folder)
    mounts = (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)],
    )
    if any(subprocess.run(mount, capture_output=True).returncode for mount in mounts):
        return Disk(folder)
    return Disk(folder, "tmpfs")

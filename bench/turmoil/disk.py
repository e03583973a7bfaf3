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
        try:
            free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, free - left))
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def limit(self) -> None:
        """What a process that starts now is told."""
        if self._limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._limit, self._limit))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A file system of its own at the folder, which nobody but this process and its children sees."""
    libc = ctypes.CDLL(None, use_errno=True)
    mounts = (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)],
    )
    if (
        os.geteuid() != 0
        or libc.unshare(CLONE_NEWNS) != 0
        or any(subprocess.run(one).returncode for one in mounts)
    ):
        yield Disk(folder)
        return
    yield Disk(folder, "tmpfs")
    subprocess.run(["umount", "--lazy", str(folder)], check=True)

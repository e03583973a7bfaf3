"""Files and folders that only their owner may read, from the moment that they are there (POSIX; Windows has its own).

Knows nothing of what stands in them. A folder that is there already keeps the rights that somebody gave it.
"""

from __future__ import annotations

import os
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make the folder, and those above it that aren't there, for their owner alone."""
    for one in reversed([folder, *folder.parents]):
        if not one.is_dir():
            one.mkdir(mode=0o700, exist_ok=True)


def to_write(path: str | os.PathLike[str]) -> int:
    """A descriptor of the file, emptied or made, to write to."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _AS_IT_IS, 0o600)


def to_add_to(path: str | os.PathLike[str]) -> int:
    """A descriptor of the file, as it was or made, to read it and to write at its end."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _AS_IT_IS, 0o600)


_AS_IT_IS = getattr(os, "O_BINARY", 0)

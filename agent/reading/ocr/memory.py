"""What the C library keeps of memory that is free: left to itself, what the steps of one page want would pile up.

It is glibc that keeps it, and is asked here not to; elsewhere nothing is done.
"""

from __future__ import annotations

import contextlib
import ctypes

LARGE = 4 * 1024 * 1024  # bytes: a block of as many goes back to the system as soon as it is free
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # names of malloc.h


def keep_little() -> None:
    """Keep one store for all threads, and no large blocks."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_MMAP_THRESHOLD, LARGE)


def give_back() -> None:
    """Everything that is free, to the system."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)

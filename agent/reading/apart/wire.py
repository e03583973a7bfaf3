"""The line between two processes: a head of JSON on one line, then the bytes that it announces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

MOST_TOLD = 200 * 1024 * 1024  # bytes of one head


def _stamp() -> int:
    """When the readers' code was last written: a program that was replaced while it ran is two programs."""
    return max((path.stat().st_mtime_ns for path in Path(__file__).parent.parent.rglob("*.py")), default=0)


READY: Mapping[str, Any] = {"ready": _stamp()}
"""What the process says first: both ends must be of the same code."""


def send(stream: IO[bytes], head: Mapping[str, Any], blobs: Sequence[bytes]) -> None:
    """One message.

    Raises:
        OSError: nobody is listening any more.
    """
    stream.write(json.dumps({**head, "blobs": [len(one) for one in blobs]}).encode() + b"\n")
    for one in blobs:
        stream.write(one)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """One message, whole.

    Raises:
        EOFError: the line was closed before its end.
        ValueError: it is none.
    """
    line = stream.readline(MOST_TOLD)
    if not line.endswith(b"\n"):
        raise EOFError
    head = json.loads(line)
    return head, [_exactly(stream, size) for size in head.pop("blobs")]


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data

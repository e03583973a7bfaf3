"""What processes have used of the processor, and for how long they only waited, where the system tells (Linux).

A busy machine makes everybody wait for the processor: that isn't counted. What sleeps, or waits for a line that nobody
speaks on, is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

STILL = 0.05  # share of a look's time from which a process has done something in it


class Effort:
    """One process and its children, looked at again and again; seconds. Without /proc all of it stays 0."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._before: dict[int, float] = {}
        self._started = sum(map(processor_seconds, self._family()))
        self.processor = 0.0
        self.waited = 0.0

    def look(self, passed: float) -> None:
        """Look again, so many seconds after the last time."""
        family = self._family()
        wanted: dict[int, float] = {}
        for one in family:
            wanted |= _wanted(one)
        done = sum(seconds - self._before.get(thread, 0.0) for thread, seconds in wanted.items())
        if wanted and done < STILL * passed:
            self.waited += passed
        self._before = wanted
        self.processor = sum(map(processor_seconds, family)) - self._started

    def _family(self) -> list[int]:
        return [self._process, *descendants(self._process)]


def processor_seconds(process: int) -> float:
    """What a process and the children that have ended have used of the processor."""
    with contextlib.suppress(OSError, IndexError, ValueError, AttributeError):
        told = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
        return sum(map(int, told[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def descendants(process: int) -> Iterator[int]:
    """The processes that one has started, and theirs."""
    for task in _tasks(process):
        with contextlib.suppress(OSError, ValueError):
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from descendants(child)


def _tasks(process: int) -> list[Path]:
    with contextlib.suppress(OSError):
        return list(Path(f"/proc/{process}/task").iterdir())
    return []


def _wanted(process: int) -> dict[int, float]:
    """For each of a process' threads, for how long it ran or waited for a processor."""
    found = {}
    for task in _tasks(process):
        with contextlib.suppress(OSError, ValueError):
            ran, queued, _ = (task / "schedstat").read_text().split()
            found[int(task.name)] = (int(ran) + int(queued)) / 1e9
    return found

"""A reader in a process of its own: for libraries that a hostile file could keep busy or fill the memory with.

The process is started at the first such file, kept for the next ones (starting it takes half a second), and ended
where it takes too long. What comes back is plain data, never an object that could run something here.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from agent.errors import Unreadable
from agent.reading.formats.limits import MEGABYTE, Budget
from agent.reading.formats.refusals import damaged, took_too_long
from agent.reading.outside import bare_environment, network_cut

FILES_EACH = 200  # files after which a process is replaced: libraries keep what they have seen
IDLE = 120  # seconds after which a process that nobody asks is ended: some hold a gigabyte
MOST_TOLD = 200 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Task:
    """What one process is for: how long a file may take it, and how much memory it may have (not on Windows)."""

    seconds: float
    memory: int


TASKS = {
    "pdf": Task(seconds=40, memory=2000 * MEGABYTE),
    "picture": Task(seconds=60, memory=4000 * MEGABYTE),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the process says of a file: plain data, and bytes beside it."""

    data: Any
    blobs: tuple[bytes, ...] = ()


def read_apart(task: str, data: bytes, budget: Budget) -> Told:
    """What a task (one of ``TASKS``) makes of a file, in a process of its own.

    Raises:
        Unreadable: what the task refused; ``too_large`` where it takes too long; damaged where it dies.
    """
    seconds = min(TASKS[task].seconds, budget.seconds_left())
    started = time.monotonic()
    with _LOCK:
        try:
            return _worker(task).ask(data, budget, seconds)
        finally:
            budget.spend_seconds(time.monotonic() - started)


def worker_id(task: str) -> int | None:
    """The process' number in the system, where one is running: for whoever measures it."""
    return _workers[task].id if task in _workers else None


# --- this side -------------------------------------------------------------------------------------------


class _Worker:
    """The process, as seen from here."""

    def __init__(self, task: str) -> None:
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            [*network_cut(), sys.executable, "-m", "agent.reading.apart", task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**bare_environment(), "PYTHONPATH": path},
        )
        self.owner = os.getpid()
        self._task = task
        self._files = 0

    @property
    def id(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None and self._files < FILES_EACH

    def ask(self, data: bytes, budget: Budget, seconds: float) -> Told:
        """One file; a process that doesn't answer in time or at all is done with."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._files += 1
        late = threading.Event()
        timer = threading.Timer(seconds, self._stop, (late,))
        timer.start()
        try:
            limits = {
                "most_bytes": budget.bytes_left(),
                "most_cells": budget.limits.cells,
                "most_pixels": budget.limits.pixels,
            }
            _send(self._process.stdin, {"task": self._task, "limits": limits}, [data])
            told, blobs = _receive(self._process.stdout)
        except (OSError, ValueError, EOFError) as error:
            self.end()
            raise (took_too_long() if late.is_set() else damaged()) from error
        finally:
            timer.cancel()
        self._end_when_idle()
        if "refused" in told:
            raise Unreadable(*told["refused"])
        return Told(told["data"], tuple(blobs))

    def _end_when_idle(self) -> None:
        timer = threading.Timer(IDLE, self._idle, (self._files,))
        timer.daemon = True
        timer.start()

    def _idle(self, files: int) -> None:
        with _LOCK:
            if self._files == files:
                self.end()

    def _stop(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def end(self) -> None:
        if self.owner != os.getpid():
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()


_LOCK = threading.Lock()
_workers: dict[str, _Worker] = {}


def _worker(task: str) -> _Worker:
    if not _workers:
        atexit.register(_end_all)
    if task not in _workers or not _workers[task].usable:
        if task in _workers:
            _workers.pop(task).end()
        _workers[task] = _Worker(task)
    return _workers[task]


def _end_all() -> None:
    for worker in _workers.values():
        worker.end()


# --- the line between ------------------------------------------------------------------------------------


def _send(stream: IO[bytes], head: dict[str, Any], blobs: Sequence[bytes]) -> None:
    stream.write(json.dumps({**head, "blobs": [len(one) for one in blobs]}).encode() + b"\n")
    for one in blobs:
        stream.write(one)
    stream.flush()


def _receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
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


# --- the other side --------------------------------------------------------------------------------------


def main() -> None:
    """Answer one file after another until nobody asks any more."""
    _bound_memory(TASKS[sys.argv[1]].memory)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints stays out of the answers
    while True:
        try:
            head, (data,) = _receive(asked)
        except EOFError:
            return
        try:
            told, blobs = _answer(head, data)
        except Unreadable as refusal:
            told, blobs = {"refused": [refusal.rule, str(refusal)]}, []
        except Exception:  # whatever a library lets through
            told, blobs = {"refused": [damaged().rule, str(damaged())]}, []
        _send(answers, told, blobs)


def _answer(head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    match head["task"]:
        case "pdf":
            from agent.reading.formats.pdffile import tell

            told, blobs = tell(data, **head["limits"])
            return {"data": told}, blobs
        case "picture":
            from agent.reading.ocr.page import tell as tell_picture

            return {"data": tell_picture(data, head["limits"]["most_pixels"])}, []
        case task:
            raise ValueError(task)


def _bound_memory(most: int) -> None:
    """Where the system lets us (not on Windows)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()

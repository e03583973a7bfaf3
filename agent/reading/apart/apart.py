"""Readers in processes of their own: for libraries that a hostile file could crash, keep busy or fill the memory with.

A process is started at the first file for it, kept for the next ones, ended where it takes too long or stands idle,
and replaced where it dies: that is a finding about the file, never the end of the agent. What comes back is plain
data, never an object that could run something here (worker.py is the other side).
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agent.base.errors import ReaderNotStarted, Unreadable
from agent.reading.apart.carried import Told
from agent.reading.apart.effort import Effort
from agent.reading.apart.outside import bare_environment, network_cut, patience
from agent.reading.apart.wire import READY, receive, send
from agent.reading.limits import MEGABYTE, Budget, Limits
from agent.reading.refusals import damaged, took_too_long

LOG = logging.getLogger(__name__)

IDLE = 120  # seconds after which a process that nobody asks is ended: the models alone hold 200 MB
STEP = 0.2  # seconds between two looks at whether a process is late
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # it reserves 64 MB for each


@dataclass(frozen=True, slots=True)
class Task:
    """What one process is for: how long a file may take it, how much memory it may allocate, and how many it reads.

    The seconds are the processor's, and as many of mere waiting, where the system tells them (Linux); and of the clock
    as many, or up to three times as many on a busy machine: what keeps a reader busy is hostile, what waits for a busy
    machine is not. Elsewhere they are the clock's. The memory is bounded by the system (on Windows not); with the
    libraries' code 460 MB are less than 512. It is replaced after so many files, since libraries keep what they have
    seen.
    """

    seconds: float = 10
    memory: int = 460 * MEGABYTE
    files: int = 500


TASKS = {
    "files": Task(),
    "pdf": Task(),
    # Some 130 MB of these are reserved, or lie between what is used: more of them after each page.
    "picture": Task(seconds=60, memory=640 * MEGABYTE, files=25),
}
"""``files`` reads everything but PDFs, and the writing in pictures: their libraries take long to load."""


def read_apart(
    task: str, job: str, blobs: Sequence[bytes], budget: Budget, arguments: Mapping[str, Any] | None = None
) -> Told:
    """What a job (one of worker.py's) makes of a file, in a task's process.

    Raises:
        Unreadable: what the job refused; ``too_large`` where it takes too long or too much; damaged where the
            process dies of it, twice.
        ReaderNotStarted: no process could be started: that says nothing about the file.
    """
    ask = _Ask(job, arguments or {}, blobs)
    with _LOCK:
        try:
            return _worker(task).answer(ask, budget)
        except _DiedError:  # perhaps of something else: a system short of memory ends whom it likes
            LOG.warning("读取进程（%s）中途退出，换一个进程再试。", task)
        try:
            return _worker(task).answer(ask, budget)
        except _DiedError as error:
            LOG.error("读取进程（%s）再次退出：%s", task, ask)
            raise damaged() from error


def prepare(task: str, *modules: str) -> None:
    """Start a task's process, with what it will import anyhow, so that it is there when it is needed.

    Nothing is waited for; where it can't be started, whoever needs it is told.
    """
    with _LOCK, contextlib.suppress(ReaderNotStarted):
        _worker(task, *modules)


def worker_id(task: str) -> int | None:
    """The process' number in the system, where one is running: for whoever measures it."""
    return _workers[task].id if task in _workers else None


class _DiedError(Exception):
    """The process ended before it had answered."""


@dataclass(frozen=True, slots=True)
class _Ask:
    job: str
    arguments: Mapping[str, Any]
    blobs: Sequence[bytes] = dataclasses.field(repr=False)

    def __str__(self) -> str:
        """For the log: what was to be done with which file, of whose name and words nothing."""
        return f"{self.job} {hashlib.sha256(self.blobs[0] if self.blobs else b'').hexdigest()[:12]}"


class _Worker:
    """The process, as seen from here."""

    def __init__(self, task: str, *modules: str) -> None:
        root = str(Path(__file__).resolve().parents[3])
        told = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        path = os.pathsep.join(
            [root, *filter(os.path.isabs, told)]
        )  # an empty or relative one is where we stand
        # -P: nothing that happens to lie in the folder where the agent was started is imported.
        command = [
            sys.executable,
            "-P",
            "-m",
            "agent.reading.apart.worker",
            task,
            str(TASKS[task].memory),
            *modules,
        ]
        try:
            self._process = subprocess.Popen(
                [*network_cut(), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**bare_environment(), **ONE_THREAD, "PYTHONPATH": path},
            )
        except OSError as error:
            raise ReaderNotStarted(f"读取进程无法启动：{error.strerror}。请稍后再试。") from error
        assert self._process.stdin is not None and self._process.stdout is not None
        self._asked, self._answers = self._process.stdin, self._process.stdout
        self.owner = os.getpid()
        self._seconds, self._most_files = TASKS[task].seconds, TASKS[task].files
        self._ready = False
        self._files = 0
        self._until: tuple[float, float, Effort] | None = None  # on the clock, of each effort, and that
        self._late = False
        self._used = time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def id(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None and self._files < self._most_files

    def answer(self, ask: _Ask, budget: Budget) -> Told:
        """One file; a process that doesn't answer in time or at all is done with."""
        self._require_ready()
        self._files += 1
        started = time.monotonic()
        seconds = min(self._seconds, budget.seconds_left())
        self._until = (started + seconds * patience(), seconds, Effort(self.id))
        try:
            told, blobs = self._exchange(ask, budget, seconds)
        finally:
            self._until = None
            self._used = time.monotonic()
            budget.spend_seconds(self._used - started)
        budget.take(told["left"])
        if "failure" in told:
            LOG.error("读取文件时出错（%s）：\n%s", ask, told["failure"])
        if "refused" in told:
            raise Unreadable(*told["refused"])
        return Told(told["data"], blobs)

    def _exchange(self, ask: _Ask, budget: Budget, seconds: float) -> tuple[dict[str, Any], list[bytes]]:
        head = {
            "job": ask.job,
            "arguments": ask.arguments,
            "seconds": 3 * seconds,
            "limits": _told(budget.limits),
            "left": budget.left(),
        }
        try:
            send(self._asked, head, ask.blobs)
            return receive(self._answers)
        except (OSError, ValueError, EOFError) as error:
            self.end()
            raise (took_too_long() if self._late else _DiedError()) from error

    def _require_ready(self) -> None:
        """Its start is not the file's time; and where it can't even start, the file isn't to blame."""
        if self._ready:
            return
        try:
            said, _ = receive(self._answers)
        except (OSError, ValueError, EOFError) as error:
            self.end()
            raise ReaderNotStarted("读取进程启动后立即退出，可能是内存不足或安装不完整。") from error
        if said != READY:
            self.end()
            raise ReaderNotStarted("程序文件在运行中被更换。请停止值守（report-agent run）后重新启动。")
        self._ready = True

    def _watch(self) -> None:
        """End it where it is late, or idle for long."""
        while self._process.poll() is None:
            time.sleep(STEP)
            until, now = self._until, time.monotonic()
            if until is not None and _is_late(*until, now):
                self._late = True
                self._process.kill()
                return
            if now - self._used > IDLE and _LOCK.acquire(blocking=False):
                try:
                    if time.monotonic() - self._used > IDLE:
                        self.end()
                finally:
                    _LOCK.release()

    def end(self) -> None:
        if self.owner != os.getpid():
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._asked, self._answers):
            with contextlib.suppress(OSError):
                stream.close()


@cache
def _told(limits: Limits) -> dict[str, int | float]:
    return dataclasses.asdict(limits)


def _is_late(until: float, seconds: float, effort: Effort, now: float) -> bool:
    effort.look(STEP)
    return now > until or max(effort.processor, effort.waited) > seconds


_LOCK = threading.Lock()
_workers: dict[str, _Worker] = {}


def _worker(task: str, *modules: str) -> _Worker:
    if task not in _workers or not _workers[task].usable:
        if task in _workers:
            _workers.pop(task).end()
        _workers[task] = _Worker(task, *modules)
    return _workers[task]


@atexit.register
def end_all() -> None:
    """End every process; the next file starts one anew."""
    while _workers:
        _workers.popitem()[1].end()

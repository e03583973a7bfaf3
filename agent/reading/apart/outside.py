"""Programs from outside (LibreOffice, bsdtar, unar), each run in bounds and ended with all that it started.

The one room of reading that starts processes and writes temporary files; it knows no format. A program sees a folder
of its own, a bare environment and, where the system lets it be cut off (Linux, as root or with user namespaces), no
network.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agent.reading.apart.effort import Effort
from agent.reading.limits import MEGABYTE, Budget
from agent.reading.refusals import too_large

POSIX = os.name == "posix"
KEPT_ERRORS = 20_000  # bytes of standard error that are looked at
_KEPT_VARIABLES = (
    "PATH",
    "SYSTEMROOT",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "LD_LIBRARY_PATH",
)
_LIMITED = (
    'ulimit -v "$1"; ulimit -d "$2"; ulimit -f "$3"; ulimit -S -t "$4"; ulimit -c 0; shift 4; exec "$@"'
)
STEP = 0.2  # seconds between two looks at what a program has cost


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one run may cost.

    Attributes:
        seconds: of the clock; also of the processor and of mere waiting, unless ``processor`` says less.
        memory: bytes of address space (on Windows not bounded).
        output: bytes of standard output, and of each file that it writes.
        allocated: bytes of memory that are its own, and neither code nor only reserved (Linux).
        processor: seconds of the processor, the program's children included, and of mere waiting.
    """

    seconds: float = 30
    memory: int = 3000 * MEGABYTE
    output: int = 300 * MEGABYTE
    allocated: int = 450 * MEGABYTE
    processor: float | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended. ``status`` is None where it was stopped for taking too long."""

    status: int | None
    output: bytes
    errors: str


def run(command: Sequence[str], folder: Path, bounds: Bounds, budget: Budget, given: bytes = b"") -> Ran:
    """Run a program in a folder until it ends or costs too much.

    Args:
        command: the program and its arguments.
        folder: where it works; also its home and its place for temporary files.
        bounds: of this run.
        budget: what the file given may still cost; the time is charged to it.
        given: its standard input, by a pipe.

    Raises:
        Unreadable: ``too_large``: more output than the bounds allow, or no time left.
    """
    seconds = min(bounds.seconds, budget.seconds_left())
    started = time.monotonic()
    try:
        return _run(command, folder, bounds, seconds, given)
    finally:
        budget.spend_seconds(time.monotonic() - started)


def find(*names: str) -> str | None:
    """The path of the first of these programs that is installed, or None."""
    return next((found for name in names if (found := shutil.which(name))), None)


def patience() -> float:
    """By how much more of the clock than of the processor a program may take: 1 to 3, by how busy the machine is."""
    try:
        return min(3.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
    except (AttributeError, OSError):  # Windows
        return 1.0


@contextlib.contextmanager
def folder_for(name: str, data: bytes) -> Iterator[Path]:
    """A temporary folder with one file in it; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="report-agent-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        (folder / name).write_bytes(data)
        yield folder


@cache
def network_cut() -> tuple[str, ...]:
    """What to put in front of a command so that it has no network; empty where the system doesn't let us."""
    unshare = find("unshare") if sys.platform == "linux" else None
    for prefix in ((unshare, "--net"), (unshare, "--map-root-user", "--net")) if unshare else ():
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            if subprocess.run([*prefix, "true"], capture_output=True, timeout=10).returncode == 0:
                return tuple(prefix)
    return ()


def _run(command: Sequence[str], folder: Path, bounds: Bounds, seconds: float, given: bytes) -> Ran:
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*_limits(bounds, seconds), *network_cut(), *command],
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=_environment(folder),
            start_new_session=POSIX,
        )
        late, ended = threading.Event(), threading.Event()
        watcher = threading.Thread(target=_watch, args=(process, bounds, seconds, (late, ended)), daemon=True)
        watcher.start()
        try:
            if given:
                threading.Thread(target=_feed, args=(process, given), daemon=True).start()
            output = _bounded_output(process, bounds.output)
            process.wait()
        finally:
            ended.set()
            _end(process)
            watcher.join()
        errors.seek(0)
        said = errors.read(KEPT_ERRORS).decode("utf-8", "replace")
    return Ran(None if late.is_set() else process.returncode, output, said)


def _feed(process: subprocess.Popen[bytes], given: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError, ValueError), process.stdin:
        process.stdin.write(given)


def _bounded_output(process: subprocess.Popen[bytes], most: int) -> bytes:
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read(most + 1)
    if len(output) > most:
        raise too_large(f"解压后超过 {most // MEGABYTE} MB")
    return output


def _watch(
    process: subprocess.Popen[bytes],
    bounds: Bounds,
    seconds: float,
    flags: tuple[threading.Event, threading.Event],
) -> None:
    """End the program where it is late, by the clock or by what it has done."""
    late, ended = flags
    until, most = time.monotonic() + seconds, min(seconds, bounds.processor or seconds)
    effort = Effort(process.pid)
    while not ended.wait(max(0.0, min(STEP, until - time.monotonic()))):
        effort.look(STEP)
        if time.monotonic() >= until or max(effort.processor, effort.waited) > most:
            late.set()
            _end(process)
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it started; no harm where it has ended."""
    with contextlib.suppress(OSError):
        if POSIX:
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True)
    process.wait()


def _limits(bounds: Bounds, seconds: float) -> tuple[str, ...]:
    """A shell that sets the limits and becomes the command; a fork of ours would have to be safe among threads."""
    if not POSIX:
        return ()
    kilobytes = (bounds.memory // 1024, bounds.allocated // 1024)
    sizes = (*kilobytes, bounds.output // 512, int(bounds.processor or seconds) + 1)
    return ("/bin/sh", "-c", _LIMITED, "sh", *map(str, sizes))


def bare_environment() -> dict[str, str]:
    """What a program needs to run at all: no passwords, no proxies."""
    return {name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES}


def _environment(folder: Path) -> dict[str, str]:
    own = {name: str(folder) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")}
    return {**bare_environment(), **own, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}

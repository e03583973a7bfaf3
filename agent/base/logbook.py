"""Where the program's own remarks go: a file beside the archive's mails, for whoever maintains it.

The operator reads plain words on the terminal; tracebacks and the libraries' warnings are not for the operator. No
mail's content stands in it, only ids: an exception's message and a library's remark may quote what a mail says, so
that only their kind and place are kept.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import traceback
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

from agent.base.private_files import make_private, to_add_to

NAME = "agent.log"
LARGEST, KEPT = 1_000_000, 3
"""Bytes of one file, and how many old ones stay."""


def keep_quiet() -> None:
    """Nothing that a library remarks reaches the terminal."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a remark that a full disk doesn't take isn't told of with a traceback


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[None]:
    """What is logged meanwhile goes into the folder's agent.log."""
    make_private(folder)
    handler = _Private(folder / NAME, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_WithoutContent())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        with contextlib.suppress(OSError):  # a full disk: what was done is done all the same
            handler.close()


def without_messages(error: BaseException | None) -> str:
    """A traceback, and those that led to it, with each exception's type and without what it says."""
    told: list[str] = []
    while error is not None and len(told) < MOST_LINKS:
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.append(
            f"Traceback (most recent call last):\n{frames}{type(error).__module__}.{type(error).__qualname__}"
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nled to:\n".join(reversed(told)) + "\n"


MOST_LINKS = 20
"""Exceptions of one chain that are told."""


class _Private(RotatingFileHandler):
    """Each of its files is its owner's alone, the next one too."""

    def _open(self) -> io.TextIOWrapper:
        opened = os.fdopen(to_add_to(self.baseFilename), "a", encoding=self.encoding)
        Path(self.baseFilename).chmod(0o600)  # it may have been there, for others to read
        return opened


class _WithoutContent(logging.Formatter):
    """Our own remarks as they are, since they name ids; of all others only whose they are and where."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.startswith("agent.")
        said = record.getMessage() if ours else _place(record)
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {said}"
        return f"{line}\n{without_messages(record.exc_info[1])}" if record.exc_info else line


def _place(record: logging.LogRecord) -> str:
    """Where a library remarked something; of a warning also its category."""
    warned = re.match(r".+?:\d+: \w+", record.getMessage()) if record.name == "py.warnings" else None
    return warned[0] if warned else f"{record.module}:{record.lineno}"

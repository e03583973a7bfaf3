"""Where the program's own remarks go: a file beside the archive's mails, for whoever maintains it.

The operator reads plain words on the terminal; tracebacks and the libraries' warnings are not for the operator.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

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
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = RotatingFileHandler(folder / NAME, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    (folder / NAME).chmod(0o600)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        with contextlib.suppress(OSError):  # a full disk: what was done is done all the same
            handler.close()

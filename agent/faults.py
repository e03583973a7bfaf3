"""Named places where a test can take the process down, to show that a restart makes good.

A place costs one look into the environment when the program starts. ``REPORT_AGENT_FAULT=raw mail kept:2`` kills
the process without warning, as a power cut would, the second time that it passes that place; ``*:40`` at the
fortieth place that it passes, whichever that is.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

VARIABLE = "REPORT_AGENT_FAULT"
LOG_VARIABLE = "REPORT_AGENT_FAULT_LOG"
"""A file that gets the name of each place passed, so that a test can list them all."""

ANYWHERE = "*"

_place, _, _count = os.environ.get(VARIABLE, "").partition(":")
_left = int(_count or 1)
_log = os.environ.get(LOG_VARIABLE, "")


def arm(place: str, count: int = 1, log: str = "") -> None:
    """Ask for the end at that place (``""``: nowhere), as the variables do, in a process that has started."""
    global _place, _left, _log
    _place, _left, _log = place, count, log


def passing(place: str) -> None:
    """Pass the place; end the process here where a test asked for that."""
    global _left
    if _log:
        with Path(_log).open("a", encoding="utf-8") as log:
            log.write(f"{place}\n")
    if _place not in (place, ANYWHERE):
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)

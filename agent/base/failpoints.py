"""Named places where a test can take the process down, to show that a restart makes good.

Every effect (a file that appears or goes, a commit, a letter handed over) has a place before it and one after it. A
place costs one look into the environment when the program starts. ``REPORT_AGENT_FAULT=raw mail kept:2`` kills the
process without warning, as a power cut would, the second time that it passes that place; ``*:40`` at the fortieth
place that it passes, whichever that is.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

VARIABLE = "REPORT_AGENT_FAULT"
ANYWHERE = "*"

_place, _, _count = os.environ.get(VARIABLE, "").partition(":")
_left = int(_count or 1)
_watch: Callable[[str], object] | None = None


def arm(place: str, count: int = 1, watch: Callable[[str], object] | None = None) -> None:
    """Ask for the end at that place (``""``: nowhere), as the variable does, in a process that has started.

    ``watch`` is called with the name of each place passed.
    """
    global _place, _left, _watch
    _place, _left, _watch = place, count, watch


def passing(place: str) -> None:
    """Pass the place; end the process here where a test asked for that."""
    global _left
    if _watch is not None:
        _watch(place)
    if _place not in (place, ANYWHERE):
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


@contextlib.contextmanager
def around(effect: str) -> Iterator[None]:
    """A place before the effect, and one after it."""
    passing(f"before {effect}")
    yield
    passing(f"after {effect}")

"""The process apart, from the inside: one job after another until nobody asks any more (apart.py is the other side).

Here are the libraries that a hostile file could crash, keep busy or fill the memory with. What is answered is plain
data; a refusal is answered as such, and what a library lets through as its traceback.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any

from agent.base.errors import Unreadable
from agent.base.logbook import without_messages
from agent.reading.apart.carried import Told
from agent.reading.apart.wire import READY, receive, send
from agent.reading.limits import Budget, Limits
from agent.reading.refusals import damaged, took_too_much

GRACE = 5  # seconds after which a process ends itself whose file should have been given up long ago
LONGEST_TRACE = 4000  # characters: a recursion without end has thousands of lines
MAPPED = 1500 * 1024 * 1024  # bytes of address space for code and what is only reserved


def main() -> None:
    """Answer until the other side closes the line."""
    task, memory, *modules = sys.argv[1:]
    _bound_memory(int(memory))
    asked, answers = sys.stdin.buffer, _answers()
    send(answers, READY, ())
    if task == "files":  # openpyxl, for its dates, would load it only to know its numbers
        sys.modules["numpy"] = None  # type: ignore[assignment]
    for module in modules:
        importlib.import_module(module)
    while True:
        try:
            head, blobs = receive(asked)
        except EOFError:
            return
        spent_out = _answer(head, blobs, answers)
        if spent_out:  # nobody knows what a library leaves behind that was denied memory
            return


def _answers() -> IO[bytes]:
    """Standard output for the answers alone: whatever a library prints goes where errors go."""
    own = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(own, "wb")


def _answer(head: Mapping[str, Any], blobs: list[bytes], answers: IO[bytes]) -> bool:
    """One job; returns whether it wanted more memory than it may have. What was asked about is let go of."""
    budget = Budget.resumed(Limits(**head["limits"]), head["left"])
    out_of_memory = False
    told: dict[str, Any] = {}
    data = Told(None)
    with _ended_after(head["seconds"] + GRACE):
        try:
            data = JOBS[head["job"]](head["arguments"], blobs, budget)
            blobs.clear()  # a mail of 80 MB and what is in it needn't be there together
        except Unreadable as refusal:
            told = {"refused": [refusal.rule, str(refusal)]}
        except MemoryError:
            out_of_memory = True
        except Exception:  # whatever a library lets through
            told = {
                "refused": [damaged().rule, str(damaged())],
                "failure": without_messages(sys.exception())[-LONGEST_TRACE:],
            }
        if out_of_memory:
            told = {"refused": [took_too_much().rule, str(took_too_much())]}
        try:
            send(answers, {**told, "data": data.data, "left": budget.left()}, data.blobs)
        except MemoryError:
            return True  # half a line may be out: ended without the rest, that is a crash to the other side
    return out_of_memory


@contextlib.contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Nobody is left to end this process once its parent was killed."""
    alarm = getattr(signal, "alarm", None)
    if alarm is None:  # Windows
        yield
        return
    alarm(math.ceil(seconds))
    yield
    alarm(0)


def _bound_memory(most: int) -> None:
    """What the process may allocate, where the system lets us (not on Windows)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (most + MAPPED, most + MAPPED))
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


# --- the jobs --------------------------------------------------------------------------------------------

Arguments = Mapping[str, Any]
Blobs = Sequence[bytes]


def _open(arguments: Arguments, blobs: Blobs, budget: Budget) -> Told:
    from agent.reading.apart.opening import open_file, tell_opened

    return tell_opened(open_file(blobs[0], budget, **arguments))


def _document(arguments: Arguments, blobs: Blobs, budget: Budget) -> Told:
    from agent.reading.apart.carried import of_documents
    from agent.reading.apart.opening import load_converted

    converted, original = blobs
    return of_documents([load_converted(**arguments, converted=converted, original=original, budget=budget)])


def _mail(arguments: Arguments, blobs: Blobs, budget: Budget) -> Told:
    from agent.reading.apart.carried import of_mail
    from agent.reading.apart.opening import open_mail

    return of_mail(open_mail(blobs[0], budget, **arguments))


def _smaller(arguments: Arguments, blobs: Blobs, _: Budget) -> Told:
    from PIL import Image

    from agent.reading.photos import made_smaller

    try:
        return Told(None, [made_smaller(blobs[0], arguments["side"])])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise damaged() from error


def _pdf(_: Arguments, blobs: Blobs, budget: Budget) -> Told:
    from agent.reading.formats.pdf.file import tell

    limits = budget.limits
    return Told(*tell(blobs[0], budget.bytes_left(), limits.cells, limits.pixels))


def _picture(_: Arguments, blobs: Blobs, budget: Budget) -> Told:
    from agent.reading.ocr.page import tell

    return Told(tell(blobs[0], budget.limits.pixels))


JOBS: dict[str, Callable[[Arguments, Blobs, Budget], Told]] = {
    "open": _open,
    "document": _document,
    "mail": _mail,
    "smaller": _smaller,
    "pdf": _pdf,
    "picture": _picture,
}

if __name__ == "__main__":
    main()

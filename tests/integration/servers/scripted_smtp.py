"""A mail server that says at each stage what it is told to: word for word, garbage, nothing at all, or goodbye."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

Stage = Literal["greeting", "ehlo", "auth", "mail", "rcpt", "data", "text", "rset", "noop", "quit"]

CUT, SILENCE, TAKEN_AND_CUT, TAKEN_AND_SILENT = b"cut", b"silence", b"taken, cut", b"taken, silence"
"""Instead of an answer: the connection ends, or nothing is said; at the text's end the letter may be taken first."""

USUAL: dict[Stage, bytes] = {
    "greeting": b"220 ready",
    "ehlo": b"250-scripted\r\n250-8BITMIME\r\n250 AUTH LOGIN PLAIN",
    "auth": b"235 welcome",
    "mail": b"250 ok",
    "rcpt": b"250 ok",
    "data": b"354 go ahead",
    "text": b"250 taken",
    "rset": b"250 ok",
    "noop": b"250 ok",
    "quit": b"221 bye",
}


@dataclass
class ScriptedSmtp:
    """The running server.

    Attributes:
        port: in the clear.
        taken: the letters' texts that it took responsibility for, whether or not it said so.
        asked: how often each stage was reached; ``greeting`` counts the connections.
    """

    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    asked: Counter[Stage] = field(default_factory=Counter)
    _always: dict[Stage, bytes] = field(default_factory=dict)
    _next: dict[Stage, deque[bytes]] = field(default_factory=dict)
    _released: threading.Event = field(default_factory=threading.Event)

    def say(self, stage: Stage, answer: bytes, times: int | None = None) -> None:
        """Answer so from now on, or so many times."""
        if times is None:
            self._always[stage] = answer
        else:
            self._next.setdefault(stage, deque()).extend([answer] * times)

    def as_usual(self) -> None:
        self._always.clear()
        self._next.clear()

    def _answer(self, stage: Stage) -> bytes:
        self.asked[stage] += 1
        ordered = self._next.get(stage)
        return ordered.popleft() if ordered else self._always.get(stage, USUAL[stage])

    def _converse(self, lines: BinaryIO, out: BinaryIO) -> None:
        with contextlib.suppress(_Ended):
            self._say("greeting", out)
            for line in lines:
                command = line.split()[0].decode("latin-1").lower() if line.split() else ""
                if command in ("ehlo", "helo"):
                    self._say("ehlo", out)
                elif command == "data":
                    if self._say("data", out).startswith(b"354"):
                        self._take(lines, out)
                elif command in USUAL:
                    self._say(command, out)  # type: ignore[arg-type]  # a stage
                    if command == "quit":
                        return
                else:
                    out.write(b"500 what?\r\n")

    def _say(self, stage: Stage, out: BinaryIO) -> bytes:
        answer = self._answer(stage)
        if answer in (CUT, TAKEN_AND_CUT):
            raise _Ended
        if answer in (SILENCE, TAKEN_AND_SILENT):
            self._released.wait()
            raise _Ended
        out.write(answer + b"\r\n")
        return answer

    def _take(self, lines: BinaryIO, out: BinaryIO) -> None:
        text = b""
        for line in lines:
            if line == b".\r\n":
                break
            text += line
        else:
            raise _Ended  # without its end it isn't a letter
        answers = self._next.get("text") or [self._always.get("text", USUAL["text"])]
        if answers[0].startswith((b"2", b"taken")):
            self.taken.append(text)
        self._say("text", out)


class _Ended(Exception):
    """The connection ends here."""


@contextlib.contextmanager
def running_scripted_smtp() -> Iterator[ScriptedSmtp]:
    server = ScriptedSmtp()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                server._converse(self.rfile, self.wfile)  # type: ignore[arg-type]
                self.connection.shutdown(socket.SHUT_RDWR)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        listening.block_on_close = False
        server.port = listening.server_address[1]
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server._released.set()
        listening.shutdown()

"""The line between agent and mailbox: it hears which mails are asked for, and breaks while one is on its way.

In the clear, so that it sees where a mail's literal begins and how long it is.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LITERAL = re.compile(rb"BODY\[\] \{(\d+)\}\r\n")
ASKED = re.compile(rb"UID FETCH ([\d,:]+) \([^)]*BODY\.PEEK\[\]")


def nothing(_uids: list[int]) -> None:
    """Before a fetch: nothing."""


@dataclass
class Line:
    """A proxy in front of a port of this machine.

    Attributes:
        breaks: how the next mails on their way are broken off, each in the middle: ``cut``, ``reset`` or ``stall``.
        before_fetch: called with the UIDs that are asked for, before the server hears of it.
        broken: how many of each kind there were.
    """

    target: int
    port: int = 0
    breaks: deque[str] = field(default_factory=deque)
    before_fetch: Callable[[list[int]], None] = nothing
    broken: Counter[str] = field(default_factory=Counter)

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with (
            client,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.target)) as server,
        ):
            while True:
                for one in select.select([client, server], [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    if one is client:
                        self._listen(data)
                        server.sendall(data)
                    elif not self._pass_on(data, client):
                        return

    def _listen(self, command: bytes) -> None:
        asked = ASKED.search(command)
        if asked:
            self.before_fetch([int(word) for word in re.findall(rb"\d+", asked[1])])

    def _pass_on(self, data: bytes, client: socket.socket) -> bool:
        """Hand the server's bytes on; False where the line breaks, in the middle of a mail."""
        mail = LITERAL.search(data)
        if mail is None or not self.breaks or int(mail[1]) < 2:
            client.sendall(data)
            return True
        how = self.breaks.popleft()
        middle = mail.end() + min(int(mail[1]), len(data) - mail.end()) // 2
        client.sendall(data[:middle])
        self.broken[how] += 1
        if how == "stall":
            while client.recv(65536):
                pass
        elif how == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


@contextlib.contextmanager
def running_line(target: int) -> Iterator[Line]:
    line = Line(target)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line.port = listening.getsockname()[1]
        threading.Thread(target=line._serve, args=(listening,), daemon=True).start()
        yield line
        listening.shutdown(socket.SHUT_RDWR)

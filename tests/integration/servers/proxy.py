"""A TCP proxy that cuts, resets or stalls a connection once so many of the server's bytes have passed."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

How = Literal["cut", "reset", "stall"]


@dataclass
class FaultProxy:
    """In front of a server on this machine.

    Attributes:
        faults: for the next connections, in order: how many of the server's bytes pass, and then what.
            Without one a connection passes whole.
        connections: how many there were.
    """

    target: int
    port: int = 0
    faults: deque[tuple[int, How]] = field(default_factory=deque)
    connections: int = 0
    _open: set[socket.socket] = field(default_factory=set)
    _dead: set[socket.socket] = field(default_factory=set)

    def freeze_all(self) -> None:
        """Every open connection carries nothing any more, and neither side is told."""
        self._dead |= self._open

    def cut_all(self) -> None:
        """Every open connection ends, as when the server is restarted."""
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def fail(self, after: int, how: How = "cut", times: int = 1) -> None:
        self.faults.extend([(after, how)] * times)

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            fault = self.faults.popleft() if self.faults else None
            threading.Thread(target=self._carry, args=(client, fault), daemon=True).start()

    def _carry(self, client: socket.socket, fault: tuple[int, How] | None) -> None:
        left, how = fault or (1 << 60, "cut")
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            self._open.add(client)
            while True:
                for one in select.select([client, server], [], [])[0]:
                    if client in self._dead:
                        self._hold(client)
                        return
                    with contextlib.suppress(OSError):
                        data = one.recv(min(65536, left) if one is server else 65536)
                        if data:
                            (client if one is server else server).sendall(data)
                            left -= len(data) if one is server else 0
                            continue
                    return
                if left <= 0:
                    self._end(client, how)
                    return

    def _hold(self, client: socket.socket) -> None:
        """The connection seems open, and is dead; the client may hang up."""
        with contextlib.suppress(OSError):
            while client.recv(65536):
                pass

    @staticmethod
    def _end(client: socket.socket, how: How) -> None:
        if how == "stall":
            while client.recv(65536):
                pass
        elif how == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextlib.contextmanager
def running_proxy(target: int) -> Iterator[FaultProxy]:
    proxy = FaultProxy(target)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy.port = listening.getsockname()[1]
        thread = threading.Thread(target=proxy._serve, args=(listening,), daemon=True)
        thread.start()
        yield proxy
        listening.shutdown(socket.SHUT_RDWR)

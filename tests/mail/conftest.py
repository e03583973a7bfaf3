"""An IMAP server that answers word for word what is written down for it: quirks that Dovecot can't be brought to."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest


@dataclass
class QuirkyServer:
    """Answers by the first of its rules whose word stands in the command.

    Attributes:
        answers: for a word in a command, the reply's bytes; ``{tag}`` in them is the command's tag. A list
            is answered one after the other, its last one for good.
        commands: what was asked, without tags.
        connections: how many there were.
    """

    port: int = 0
    answers: dict[str, list[bytes]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    _streams: list[BinaryIO] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)
    _idling: str = ""

    def push(self, words: bytes) -> None:
        """Say something unasked, on the newest connection."""
        self._streams[-1].write(words.replace(b"\n", b"\r\n"))

    def on(self, word: str, *replies: bytes) -> None:
        self.answers[word] = list(replies)

    def hang_up(self) -> None:
        self._sockets[-1].shutdown(socket.SHUT_RDWR)

    def reply_to(self, line: bytes) -> bytes:
        tag, _, command = line.decode("latin-1").strip().partition(" ")
        if command == "IDLE":
            self._idling = tag
        if tag == "DONE":  # it has no tag of its own
            tag, command = self._idling, tag
        self.commands.append(command)
        for word, replies in self.answers.items():
            if word in command:
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                return reply.replace(b"{tag}", tag.encode()).replace(b"\n", b"\r\n")
        return f"{tag} OK done\r\n".encode()


@pytest.fixture
def quirky() -> Iterator[QuirkyServer]:
    """One that lets everybody in, and says that there is one mail, UID 7."""
    server = QuirkyServer()
    server.on("CAPABILITY", b"* CAPABILITY IMAP4rev1\n{tag} OK done\n")
    server.on("EXAMINE", b"* OK [UIDVALIDITY 3] ok\n{tag} OK [READ-ONLY] done\n")
    server.on("SEARCH", b"* SEARCH 7\n{tag} OK done\n")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            server.connections += 1
            server._streams.append(self.wfile)
            server._sockets.append(self.connection)
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                self.wfile.write(server.reply_to(line))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        server.port = listening.server_address[1]
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        listening.shutdown()

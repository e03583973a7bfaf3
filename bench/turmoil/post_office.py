"""A mail server in a process of its own, so that it can be killed: takes letters, and at times misbehaves.

python bench/turmoil/post_office.py PORT CERTIFICATE FOLDER SEED MISBEHAVING

What is taken lies as a file in FOLDER before the server says so; ``moods`` there names each time that it misbehaved.
"""

from __future__ import annotations

import os
import random
import ssl
import sys
import time
import uuid
import warnings
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

MOODS = ("taken, never said", "cut before it was taken", "put off", "too often")


class PostOffice:
    """aiosmtpd's hooks. Not frozen: its mood changes."""

    def __init__(self, folder: Path, chance: random.Random, misbehaving: float) -> None:
        self._folder, self._chance, self._misbehaving = folder, chance, misbehaving

    def login(self, *_: Any) -> AuthResult:
        return AuthResult(success=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        del session
        mood = self._mood()
        if mood == "put off":
            return "450 4.2.0 later"
        if mood == "too often":
            return "550 Connection frequency limited"
        if mood != "cut before it was taken":
            self._take(envelope.original_content)
        if mood:
            server.transport.abort()
        return "250 OK"

    def _mood(self) -> str:
        mood = self._chance.choice(MOODS) if self._chance.random() < self._misbehaving else ""
        if mood:
            with (self._folder / "moods").open("a") as file:
                file.write(f"{mood}\n")
        return mood

    def _take(self, letter: bytes) -> None:
        name = f"{time.time_ns()}-{uuid.uuid4().hex[:6]}"
        part = self._folder / f".{name}"
        part.write_bytes(letter)
        part.rename(self._folder / f"{name}.eml")


def main(port: str, certificate: str, folder: str, seed: str, misbehaving: str) -> None:
    warnings.filterwarnings("ignore", module="aiosmtpd")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, Path(certificate).with_name("key.pem"))
    # Each start another mood: after a kill it would else misbehave at the same letter again.
    office = PostOffice(Path(folder), random.Random(f"{seed}/{os.getpid()}"), float(misbehaving))
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=int(port),
        ssl_context=context,
        authenticator=office.login,
        auth_required=True,
        auth_require_tls=False,  # it only knows STARTTLS as such; here every byte is in TLS
        data_size_limit=100_000_000,
    )
    controller.start()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])

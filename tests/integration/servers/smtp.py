"""A mail server that letters are sent to: TLS and AUTH, delivery into Dovecot by LMTP, and faults to order."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.integration.servers.certificate import Certificate
from tests.integration.servers.dovecot import PASSWORD, Dovecot
from tests.integration.servers.ports import free_ports

Stage = Literal["mail", "rcpt", "data"]


@dataclass(frozen=True)
class Accepted:
    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass
class SmtpServer:
    """The running server.

    Attributes:
        port: by TLS, to be verified with the Dovecot's ca_file; every user of the Dovecot may log in.
        accepted: what was taken, in order, whether or not the client heard of it.
        connections: how many logins there were.
        cut_before, cut_after: so many next letters end with the connection cut instead of an answer, the
            letter not taken, or taken.
    """

    dovecot: Dovecot
    port: int
    accepted: list[Accepted] = field(default_factory=list)
    connections: int = 0
    cut_before: int = 0
    cut_after: int = 0
    _answers: dict[Stage, deque[str]] = field(default_factory=lambda: defaultdict(deque))

    def answer(self, stage: Stage, text: str, times: int = 1) -> None:
        """The next commands of that stage are answered so: ``smtp.answer("rcpt", "450 later")``."""
        self._answers[stage].extend([text] * times)

    def _ordered(self, stage: Stage) -> str | None:
        return self._answers[stage].popleft() if self._answers[stage] else None

    # --- aiosmtpd's hooks --------------------------------------------------------------------------------

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        self.connections += 1
        assert isinstance(data, LoginPassword)
        known = data.login.decode() in self.dovecot.users
        return AuthResult(success=known and data.password == PASSWORD.encode(), handled=False)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        del server, session
        ordered = self._ordered("mail")
        if ordered is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return ordered or "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        del server, session, options
        ordered = self._ordered("rcpt")
        if ordered is None and address not in self.dovecot.users:
            ordered = "550 5.1.1 User not found"
        if ordered is None:
            envelope.rcpt_tos.append(address)
        return ordered or "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        del session
        ordered = self._ordered("data")
        if ordered is not None:
            return ordered
        if self.cut_before:
            self.cut_before -= 1
            server.transport.abort()
            return "421 never heard"
        letter = Accepted(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
        deliver = self.dovecot.deliver_by_lmtp
        await asyncio.to_thread(deliver, letter.sender, list(letter.recipients), letter.raw)
        self.accepted.append(letter)
        if self.cut_after:
            self.cut_after -= 1
            server.transport.abort()
        return "250 OK"


@contextlib.contextmanager
def running_smtp(dovecot: Dovecot) -> Iterator[SmtpServer]:
    certificate = Certificate(dovecot.ca_file, dovecot.ca_file.with_name("key.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    server = SmtpServer(dovecot, port=free_ports(1)[0])
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=context,
        authenticator=server.login,
        auth_required=True,
        auth_require_tls=False,  # it only knows STARTTLS as such; here every byte is in TLS
        data_size_limit=100_000_000,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()

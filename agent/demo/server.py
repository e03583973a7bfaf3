"""An embedded mail server for the demo and for tests: IMAP and SMTP on free ports of this machine.

Both live in one thread on one event loop, and keep every mail in memory only. SMTP takes mail for the
accounts that exist and refuses the rest; nothing is ever passed on to another server. Knows nothing of
forms or campaigns.
"""

# ruff: noqa: ARG002 (aiosmtpd says which arguments its callbacks take)
from __future__ import annotations

import asyncio
import datetime as dt
import logging
import ssl
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Identity, Login
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

HOST = "127.0.0.1"
MAX_BYTES = 100_000_000
START_SECONDS = 10

T = TypeVar("T")


class MailServer:
    """An IMAP and SMTP server, running from ``__enter__`` to ``__exit__``.

    Attributes:
        imap_port, smtp_port: on 127.0.0.1, without TLS.
    """

    def __init__(
        self, accounts: Mapping[str, str] | None = None, *, clock: Callable[[], dt.datetime] | None = None
    ) -> None:
        """A server with these accounts (address → password).

        Args:
            accounts: more can be added while it runs.
            clock: the time that arriving mail is stamped with (INTERNALDATE), with a zone; else the real one.
        """
        self.imap_port = 0
        self.smtp_port = 0
        self._accounts = dict(accounts or {})
        self._clock = clock or (lambda: dt.datetime.now(dt.UTC))
        self._mailboxes: _Mailboxes
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="mail-server", daemon=True)

    def __enter__(self) -> MailServer:
        self._thread.start()
        self._ready.result(START_SECONDS)
        for address, password in self._accounts.items():
            self.add_account(address, password)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def add_account(self, address: str, password: str) -> None:
        """A mailbox for the address, from now on; the same address again changes its password."""
        self._in_loop(self._mailboxes.add(address, password))

    def deliver(self, address: str, raw: bytes, when: dt.datetime | None = None) -> None:
        """Put a mail into the address's INBOX without SMTP, as received at ``when`` (else: now).

        Raises:
            KeyError: there is no such account.
        """
        self._in_loop(self._mailboxes.append(address, raw, when or self._clock()))

    def messages(self, address: str) -> list[bytes]:
        """The raw mails in the address's INBOX, oldest first, byte for byte as they were sent.

        Raises:
            KeyError: there is no such account.
        """
        return self._in_loop(self._mailboxes.messages(address))

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(_quietly)
        logging.getLogger("mail").setLevel(logging.CRITICAL)  # aiosmtpd's loggers
        self._mailboxes = _Mailboxes()
        imap = await asyncio.start_server(self._mailboxes.imap_connection(), HOST, 0)
        smtp = await self._loop.create_server(self._smtp_connection, HOST, 0)
        self.imap_port, self.smtp_port = (one.sockets[0].getsockname()[1] for one in (imap, smtp))
        self._ready.set_result(None)
        try:
            await self._stop.wait()
        finally:
            imap.close()
            smtp.close()

    def _smtp_connection(self) -> SMTP:
        return SMTP(
            _SmtpHandler(self._mailboxes, self._clock),
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            authenticator=self._mailboxes.authenticate,
            auth_require_tls=False,
            loop=self._loop,
        )


class _SmtpHandler:
    """What aiosmtpd asks: who may receive, and where a mail goes."""

    def __init__(self, mailboxes: _Mailboxes, clock: Callable[[], dt.datetime]) -> None:
        self._mailboxes = mailboxes
        self._clock = clock

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address not in self._mailboxes:
            return "550 5.1.1 User unknown"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content
        assert raw is not None
        for address in dict.fromkeys(name.casefold() for name in envelope.rcpt_tos):
            await self._mailboxes.append(address, raw, self._clock())
        return "250 2.0.0 OK"


class _Mailboxes:
    """The accounts and their mail, in pymap's memory; used inside the event loop only."""

    def __init__(self) -> None:
        self._config = _ImapConfig(
            Namespace(proxy_protocol=None),
            host=HOST,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,
            # Given, so that neither the system's CA files nor a thread pool nor slow hashes are loaded.
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
            max_append_len=MAX_BYTES,
        )
        self._config.apply_context()
        self._login = Login(self._config)

    def __contains__(self, address: str) -> bool:
        return address.casefold() in self._login.users_dict

    def imap_connection(self) -> Callable[..., Any]:
        server = IMAPServer(self._login, self._config)
        return ProxyProtocolReader(self._config.proxy_protocol).get_callback(server)

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: object
    ) -> AuthResult:
        if not isinstance(credentials, LoginPassword):
            return AuthResult(success=False, handled=False)
        name, password = credentials.login.decode("utf-8"), credentials.password.decode("utf-8")
        user = self._login.users_dict.get(name.casefold())
        return AuthResult(success=user is not None and user.password == password, handled=False)

    async def add(self, address: str, password: str) -> None:
        name = address.casefold()
        self._login.users_dict[name] = UserMetadata(self._config, name, password=password)

    async def append(self, address: str, raw: bytes, when: dt.datetime) -> None:
        inbox = await self._inbox(address)
        await inbox.append(AppendMessage(raw, when), recent=True)

    async def messages(self, address: str) -> list[bytes]:
        inbox = await self._inbox(address)
        return [bytes(message._content) async for message in inbox.messages()]

    async def _inbox(self, address: str) -> Any:
        if address not in self:
            raise KeyError(address)
        owner = Identity(address.casefold(), self._login, None, frozenset())
        async with owner.new_session() as session:
            return await session.mailbox_set.get_mailbox("INBOX")


class _ImapConfig(Config):
    @property
    def greeting(self) -> bytes:
        return b"Server ready"  # pymap would look up this machine's name, which may take seconds


def _quietly(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Connections that break or are cut by the stop are no news to the demo's terminal."""

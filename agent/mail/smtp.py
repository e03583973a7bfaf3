"""Letters by SMTP: one connection for a run, and each answer told apart as wait, never, doubt or unreachable.

The commands are given one by one, since only so it is known whether a connection died before or after the
server could have taken the letter.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.errors import Unreachable
from agent.mail.connection import (
    Account,
    Checked,
    login_refused,
    server_words,
    unreachable,
    verified_tls,
)
from agent.mail.outbox import Deferred, Doubt, Refused

BROKEN = (OSError, smtplib.SMTPException)

# QQ's and others' words for too many letters: a wait, whatever the number in front of them.
_TOO_OFTEN = re.compile(
    r"frequen|rate.?limit|too many|too fast|try again|throttl|频率|频繁|过快|稍后再试", re.IGNORECASE
)
_CLOSING = (421, -1)


@dataclass
class SmtpOutbox:
    """An account's mail server. Not frozen: it keeps its connection from one letter to the next."""

    account: Account
    password: str = field(repr=False)
    _open: smtplib.SMTP | None = field(default=None, init=False, repr=False)

    def send(self, raw: bytes, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        server = self._ready()
        try:
            return _handed_over(server, self.account, raw, sender, recipients)
        except (Deferred, Refused) as error:
            self._reset(keep=not isinstance(error, Deferred))
            raise
        except (Doubt, Unreachable):
            self.close()
            raise
        except BROKEN as error:
            self.close()
            raise unreachable(self.account, error) from error

    def close(self) -> None:
        server, self._open = self._open, None
        if server is not None:
            with contextlib.suppress(*BROKEN):
                server.quit()
            server.close()

    def check(self) -> list[Checked]:
        where = f"发件 {self.account.host}:{self.account.port}"
        try:
            self._ready()
        except Unreachable as error:
            return [Checked(False, where, str(error))]
        finally:
            self.close()
        return [Checked(True, f"{where}：登录成功")]

    def _ready(self) -> smtplib.SMTP:
        """The open connection where it still lives, else a new one, logged in."""
        if self._open is not None:
            with contextlib.suppress(*BROKEN):
                if self._open.noop()[0] == 250:
                    return self._open
            self.close()
        self._open = _logged_in(self.account, self.password)
        return self._open

    def _reset(self, keep: bool) -> None:
        try:
            if keep and self._open is not None and self._open.rset()[0] == 250:
                return
        except BROKEN:
            pass
        self.close()


def _logged_in(account: Account, password: str) -> smtplib.SMTP:
    server: smtplib.SMTP | None = None
    try:
        if account.tls:
            context = verified_tls(account.ca_file)
            server = smtplib.SMTP_SSL(account.host, account.port, timeout=account.timeout, context=context)
        else:
            server = smtplib.SMTP(account.host, account.port, timeout=account.timeout)
        _write_at_once(server)
        server.ehlo_or_helo_if_needed()
        if password and server.has_extn("auth"):
            server.login(account.user, password)
        return server
    except (smtplib.SMTPAuthenticationError, UnicodeEncodeError) as error:
        _drop(server)
        if isinstance(error, UnicodeEncodeError):
            raise login_refused(account, "用户名或授权码中有中文或全角字符".encode()) from error
        if 400 <= error.smtp_code < 500 and error.smtp_code != 432:
            raise unreachable(account, error) from error
        raise login_refused(account, error) from error
    except BROKEN as error:
        _drop(server)
        raise unreachable(account, error) from error


def _write_at_once(server: smtplib.SMTP) -> None:
    """Let a letter's end leave at once: held back (RFC 896), it waits 40 ms for the other side's delayed answer."""
    if server.sock is not None:
        server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _drop(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()


# --- one letter ------------------------------------------------------------------------------------------


def _handed_over(
    server: smtplib.SMTP, account: Account, raw: bytes, sender: str, recipients: Sequence[str]
) -> dict[str, str]:
    body = _as_lines(raw)
    _begin(server, account, sender, body)
    refused = _address(server, recipients)
    _transmit(server, body)
    return refused


def _begin(server: smtplib.SMTP, account: Account, sender: str, body: bytes) -> None:
    options = ["BODY=8BITMIME"] if server.has_extn("8bitmime") and not body.isascii() else []
    code, words = server.mail(sender, options)
    if code == 250:
        return
    _raise_if_wait(code, words)
    raise Unreachable(
        f"{account.host} 不接受 {sender} 作为发件人（{_said(code, words)}）：address 要与 outbox.smtp.user 是同一个邮箱"
    )


def _address(server: smtplib.SMTP, recipients: Sequence[str]) -> dict[str, str]:
    """Names the recipients; those refused for good. With none left, nothing is sent at all."""
    refused: dict[str, str] = {}
    for recipient in recipients:
        try:
            code, words = server.rcpt(recipient)
        except UnicodeEncodeError:
            code, words = 553, b"not an ASCII address"
        if code not in (250, 251):
            _raise_if_wait(code, words)
            refused[recipient] = _said(code, words)
    if len(refused) == len(set(recipients)):
        told = "；".join(f"{address}（{words}）" for address, words in refused.items()) or "没有收件人"
        raise Refused(f"收件地址被拒收：{told}", scope="address")
    return refused


def _transmit(server: smtplib.SMTP, body: bytes) -> None:
    """The text, then its end: only behind that the server may have taken the letter."""
    code, words = server.docmd("DATA")
    if code == 354:
        server.send(body)
        server.send(b".\r\n")
        try:
            code, words = server.getreply()
        except BROKEN as error:
            raise Doubt(
                f"信已发完，但没有等到服务器的确认（{server_words(error)}）：可能已送达，也可能没有"
            ) from error
        if code == -1:
            raise Doubt("信已发完，但服务器的确认看不懂：可能已送达，也可能没有")
    if code == 250:
        return
    _raise_if_wait(code, words)
    raise Refused(f"信的内容被拒收（{_said(code, words)}）", scope="text")


def _raise_if_wait(code: int, words: bytes) -> None:
    if code in _CLOSING or 400 <= code < 500 or _TOO_OFTEN.search(server_words(words)):
        raise Deferred(f"服务器要求稍后再发（{_said(code, words)}）")


def _said(code: int, words: bytes) -> str:
    return f"{code} {server_words(words)}".strip()


def _as_lines(raw: bytes) -> bytes:
    """The text as SMTP wants it: CRLF at each line's end, a dot at its beginning doubled (RFC 5321 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    lines = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines)

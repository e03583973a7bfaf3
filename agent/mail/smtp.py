"""Letters by SMTP: one connection for a run, and each answer told apart as wait, never, doubt or unreachable.

The commands are given one by one, since only so it is known whether a connection died before or after the
server could have taken the letter. What an answer means stands in smtp_answers.py.
"""

from __future__ import annotations

import contextlib
import logging
import re
import smtplib
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.base.errors import Unreachable
from agent.mail.connection import (
    Account,
    Checked,
    login_refused,
    server_words,
    unreachable,
    verified_tls,
)
from agent.mail.outbox import Deferred, Doubt, Refused
from agent.mail.smtp_answers import Stage, meaning, refuses_the_login

log = logging.getLogger(__name__)

BROKEN = (OSError, smtplib.SMTPException)
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")
_NO_SUCH_MECHANISM = 504


@dataclass
class SmtpOutbox:
    """An account's mail server. Not frozen: it keeps its connection from one letter to the next.

    Attributes:
        waits: it waits for the server, and the letter in work can't have been taken yet.
    """

    account: Account
    password: str = field(repr=False)
    waits: bool = field(default=False, init=False)
    _open: smtplib.SMTP | None = field(default=None, init=False, repr=False)

    def send(
        self,
        raw: bytes,
        sender: str,
        recipients: Sequence[str],
        leaving: Callable[[], object] = lambda: None,
        patient: bool = True,
    ) -> Mapping[str, str]:
        self.waits = True
        try:
            server = self._ready()
            _begin(server, self.account, sender, body := _as_lines(raw))
            refused = _address(server, self.account, recipients, patient)
            self._transmit(server, body, leaving)
        except (Deferred, Refused) as error:
            self._reset(keep=not (isinstance(error, Deferred) and error.scope == "server"))
            raise
        except (Doubt, Unreachable):
            self._drop()
            raise
        except BROKEN as error:
            self._drop()
            raise unreachable(self.account, error) from error
        except (ValueError, LookupError, TypeError) as error:  # an answer that smtplib chokes on
            self._drop()
            log.exception("before the letter's end")
            raise Deferred(f"发送时出错（{type(error).__name__}）", scope="letter") from error
        except BaseException:
            self._drop()
            raise
        finally:
            self.waits = False
        return refused

    def close(self) -> None:
        if self._open is not None:
            with contextlib.suppress(*BROKEN):
                self._open.quit()
        self._drop()

    def hurry(self) -> None:
        server = self._open
        if server is not None and server.sock is not None:
            with contextlib.suppress(OSError):  # below TLS: another thread may be reading from it
                socket.socket.shutdown(server.sock, socket.SHUT_RDWR)

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
            self._drop()
        self._open = _logged_in(self.account, self.password)
        return self._open

    def _transmit(self, server: smtplib.SMTP, body: bytes, leaving: Callable[[], object]) -> None:
        """The text, then its end: only behind that the server may have taken the letter."""
        code, words = server.docmd("DATA")
        _judge("data", code, words, self.account)
        server.send(body)
        self.waits = False
        leaving()
        try:
            server.send(b".\r\n")
            code, words = server.getreply()
        except Exception as error:
            raise Doubt(
                f"信已发完，但没有等到服务器的确认（{server_words(error)}）：可能已送达，也可能没有"
            ) from error
        if code < 200 or 300 <= code < 400 or code >= 600:
            raise Doubt("信已发完，但服务器的确认看不懂：可能已送达，也可能没有")
        _judge("text", code, words, self.account)

    def _reset(self, keep: bool) -> None:
        self.waits = True
        with contextlib.suppress(*BROKEN):
            if keep and self._open is not None and self._open.rset()[0] == 250:
                return
        self._drop()

    def _drop(self) -> None:
        """Without a goodbye: a server that is silent now would be waited for once more."""
        server, self._open = self._open, None
        if server is not None:
            server.close()


def _logged_in(account: Account, password: str) -> smtplib.SMTP:
    server: smtplib.SMTP | None = None
    try:
        server = _greeted(account)
        _write_at_once(server)
        server.ehlo_or_helo_if_needed()
        if password and server.has_extn("auth"):
            _log_in(server, account, password)
        return server
    except Unreachable:
        _close(server)
        raise
    except smtplib.SMTPAuthenticationError as error:
        _close(server)
        if refuses_the_login(error.smtp_code, _bytes(error.smtp_error)):
            raise login_refused(account, error) from error
        raise unreachable(account, error) from error
    except UnicodeEncodeError as error:
        _close(server)
        raise login_refused(account, "用户名或授权码中有中文或全角字符".encode()) from error
    except (*BROKEN, ValueError) as error:  # ValueError: a challenge that isn't base64
        _close(server)
        raise unreachable(account, error) from error
    except BaseException:
        _close(server)
        raise


def _greeted(account: Account) -> smtplib.SMTP:
    if not account.tls:
        return smtplib.SMTP(account.host, account.port, timeout=account.timeout)
    context = verified_tls(account.ca_file)
    return smtplib.SMTP_SSL(account.host, account.port, timeout=account.timeout, context=context)


def _log_in(server: smtplib.SMTP, account: Account, password: str) -> None:
    """By one mechanism: smtplib's own login gives a refused password again by each other, and accounts get locked."""
    offered = server.esmtp_features.get("auth", "").upper().split()
    server.user, server.password = account.user, password
    ways: dict[str, Any] = {
        "PLAIN": server.auth_plain,
        "LOGIN": server.auth_login,
        "CRAM-MD5": server.auth_cram_md5,
    }
    for mechanism in (one for one in MECHANISMS if one in offered):
        try:
            server.auth(mechanism, ways[mechanism])
            return
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code != _NO_SUCH_MECHANISM:
                raise
    raise smtplib.SMTPNotSupportedError(f"AUTH {' '.join(offered)}")


def _write_at_once(server: smtplib.SMTP) -> None:
    """Let a letter's end leave at once: held back (RFC 896), it waits 40 ms for the other side's delayed answer."""
    if server.sock is not None:
        server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


# --- one letter ------------------------------------------------------------------------------------------


def _begin(server: smtplib.SMTP, account: Account, sender: str, body: bytes) -> None:
    options = ["BODY=8BITMIME"] if server.has_extn("8bitmime") and not body.isascii() else []
    code, words = server.mail(sender, options)
    if meaning("mail", code, words) == "sender_refused":
        raise Unreachable(
            f"{account.host} 不接受 {sender} 作为发件人（{_said(code, words)}）："
            "address 要与 outbox.smtp.user 是同一个邮箱"
        )
    _judge("mail", code, words, account)


def _address(
    server: smtplib.SMTP, account: Account, recipients: Sequence[str], patient: bool
) -> dict[str, str]:
    """Names the recipients; those who don't get it. With none left, nothing is sent at all.

    Who is put off puts off the letter for all, while there is patience: afterwards the others get it.
    """
    refused: dict[str, str] = {}
    put_off: dict[str, str] = {}
    for recipient in dict.fromkeys(recipients):
        try:
            code, words = server.rcpt(recipient)
        except ValueError:  # not ASCII, or a line break in it
            code, words = 553, b"not an address"
        means = meaning("rcpt", code, words)
        if means == "address_refused":
            refused[recipient] = _said(code, words)
        elif means == "letter_waits":
            put_off[recipient] = _said(code, words)
        else:
            _judge("rcpt", code, words, account)
    nobody = len(refused) + len(put_off) == len(set(recipients))
    if put_off and (patient or nobody):
        raise Deferred(f"服务器要求稍后再发（{_told(put_off)}）", scope="letter")
    if nobody:
        raise Refused(f"收件地址被拒收：{_told(refused) or '没有收件人'}", scope="address")
    return refused | put_off


def _judge(stage: Stage, code: int, words: bytes, account: Account) -> None:
    """Raises what the answer means, where it isn't that all went well."""
    means = meaning(stage, code, words)
    if means in ("server_waits", "letter_waits"):
        scope: Literal["server", "letter"] = "server" if means == "server_waits" else "letter"
        raise Deferred(f"服务器要求稍后再发（{_said(code, words)}）", scope)
    if means == "login_refused":
        raise login_refused(account, words)
    if means != "taken":
        raise Refused(f"信的内容被拒收（{_said(code, words)}）", scope="text")


def _told(answers: Mapping[str, str]) -> str:
    return "；".join(f"{address}（{words}）" for address, words in answers.items())


def _said(code: int, words: bytes) -> str:
    return f"{code} {server_words(words)}".strip()


def _as_lines(raw: bytes) -> bytes:
    """The text as SMTP wants it: CRLF at each line's end, a dot at its beginning doubled (RFC 5321 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    lines = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines)

"""What the mailbox and the mail server have in common: TLS, a trial's answer, and failures in plain words.

Knows nothing of messages.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent.base.errors import Unreachable
from agent.base.mime import decode_text


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of `check`: what was tried, whether it went well, and what to do where it didn't."""

    ok: bool
    what: str
    advice: str = ""


class Account(Protocol):
    """What a connection needs to know of a server (the settings' Server)."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def tls(self) -> bool: ...
    @property
    def timeout(self) -> float: ...
    @property
    def ca_file(self) -> Path | None: ...


class Strange(imaplib.IMAP4.error):
    """The server's answer isn't what the protocol has for it: nothing that follows could be believed."""


class LoginRefused(Unreachable):
    """The server is there and doesn't take the login: trying again would only lock the account."""


def verified_tls(ca_file: Path | None) -> ssl.SSLContext:
    """A context that verifies certificate and name, by the system's authorities and one's own.

    Raises:
        Unreachable: the file of the own authority can't be read.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise Unreachable(
                f"证书文件 {ca_file} 读不出来：请检查 ca_file 的路径和内容（PEM 格式）"
            ) from error
    return context


def is_hopeless(error: BaseException) -> bool:
    """Whether another try can't help: the certificate doesn't verify, or TLS isn't spoken there."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return True
    return isinstance(error, ssl.SSLError) and getattr(error, "reason", "") in (
        "WRONG_VERSION_NUMBER",
        "RECORD_LAYER_FAILURE",
    )


def unreachable(account: Account, error: BaseException) -> Unreachable:
    """The failure of a connection, in words that say what to do."""
    return Unreachable(f"连接不上邮件服务器 {account.host}:{account.port}：{_advice(account, error)}")


def _advice(account: Account, error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            "服务器的证书未通过验证（"
            f"{error.verify_message}）。请核对 host；如服务器用单位自己的 CA，请在 ca_file 写上它的证书"
        )
    if isinstance(error, ssl.SSLError):
        return (
            f"加密连接没有建立（{error.reason or error}）。请核对 port 是否为加密端口（IMAP 993，SMTP 465）"
        )
    if isinstance(error, socket.gaierror):
        return "找不到这个主机名。请核对 host 的拼写和本机的网络、DNS"
    if isinstance(error, ConnectionRefusedError):
        return "对方拒绝连接。请核对 port，或请网络管理员放行该端口"
    if isinstance(error, TimeoutError):
        return f"{account.timeout:g} 秒内没有应答。请检查网络和防火墙；网络慢时可调大 timeout"
    said = server_words(error)
    if isinstance(error, Strange):
        return f"服务器的回答看不懂（{said}）。请核对 host 和 port 是不是邮箱的 IMAP 服务；稍后会自动再试"
    return f"连接中断{f'（{said}）' if said else ''}。请检查网络；稍后会自动再试"


def login_refused(account: Account, error: BaseException | bytes) -> LoginRefused:
    """A refused login, with its causes in order of likelihood."""
    said = server_words(error)
    head = f"{account.host} 不接受 {account.user} 的登录{f'（{said}）' if said else ''}。"
    if account.host.lower().endswith(("qq.com", "foxmail.com")):
        causes = (
            "QQ 邮箱对下面五种情况回答相同，请依次检查：① 网页版“设置—账号”里没有开启 IMAP/SMTP 服务；"
            "② 用的不是授权码，或授权码已失效（改过密码后须重新生成）；③ 短时间内登录太频繁，请等半小时再试；"
            "④ 账号异常或被限制，请先在网页版登录一次；⑤ 服务器繁忙，请稍后再试"
        )
    else:
        causes = (
            "请依次检查：① 邮箱设置里是否开启了 IMAP/SMTP 服务；② 密码处是否用了授权码（客户端专用密码）而不是"
            "网页登录密码，改过密码后授权码须重新生成；③ 是否登录太频繁，可等半小时再试；④ user 是否写了完整地址"
        )
    return LoginRefused(head + causes)


def server_words(error: BaseException | bytes) -> str:
    """What the server said, from GBK or UTF-8 bytes wherever a library has left them, on one line."""
    said: object = error
    if isinstance(error, BaseException):
        result = getattr(error, "command_result", None)  # imap-tools' errors
        reply = getattr(error, "smtp_error", None)  # smtplib's
        said = result[1] if result else reply if reply else error
    if isinstance(said, list | tuple):
        said = b" ".join(one for one in said if isinstance(one, bytes))
    text = decode_text(said, None) if isinstance(said, bytes) else str(said)
    return re.sub(r"[\x00-\x20\x7f]+", " ", text).strip()[:300]

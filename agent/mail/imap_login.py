"""Getting into an IMAP mailbox: login, introduction, folder; each refusal in words that say what to do."""

from __future__ import annotations

import imaplib
import re

from imap_tools import BaseMailBox, ImapToolsError, MailboxLoginError

from agent.base.errors import Unreachable
from agent.mail.connection import Account, Strange, login_refused, server_words

IDENTITY = '("name" "report-agent" "version" "1" "vendor" "report-agent")'


def log_in(mailbox: BaseMailBox, account: Account, password: str) -> set[str]:
    """Logs in and introduces the program, without opening a folder yet; what the server says that it can do.

    163, 126 and yeah refuse every folder (Unsafe Login) until the ID command; QQ drops the connection on a
    command that it didn't announce.
    """
    before = set(mailbox.client.capabilities)
    try:
        mailbox.login(account.user, password, initial_folder=None)
    except UnicodeEncodeError as error:
        raise login_refused(account, "用户名或授权码中有中文或全角字符".encode()) from error
    except imaplib.IMAP4.abort:
        raise
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if re.search(r"\[(UNAVAILABLE|INUSE|SERVERBUG)\]", server_words(error)):
            raise imaplib.IMAP4.abort(server_words(error)) from error
        raise login_refused(account, error) from error
    _, announced = mailbox.client.capability()  # some are announced only now
    words = {word.upper() for line in announced if line for word in line.decode("ascii", "replace").split()}
    if "ID" in before | words:
        try:
            mailbox.client.xatom("ID", IDENTITY)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            pass  # announced and not understood: nothing is lost
    return before | words


def examine(mailbox: BaseMailBox, account: Account, folder: str) -> int:
    """Opens the folder for reading only; its UIDVALIDITY (0 where the server tells none)."""
    try:
        mailbox.folder.set(folder, readonly=True)
    except ImapToolsError as error:
        said = server_words(error)
        advice = (
            "服务器认为这次登录不安全：请在网页版邮箱的 IMAP 设置中允许客户端登录，或联系邮箱客服"
            if "unsafe login" in said.lower()
            else "请核对 inbox.imap.folder 的名称（收件箱写 INBOX）"
        )
        raise Unreachable(f"{account.host} 打不开文件夹 {folder}（{said}）：{advice}") from error
    _, told = mailbox.client.response("UIDVALIDITY")
    return number_in(told[-1], "UIDVALIDITY") if told and told[-1] else 0


def number_in(said: object, what: str) -> int:
    """A UID or a UIDVALIDITY (32 bits, RFC 9051 section 2.3.1) that the server told.

    Raises:
        Strange: it told something else.
    """
    word = said if isinstance(said, bytes) else b""
    if not re.fullmatch(rb"\d{1,10}", word):
        raise Strange(f"{what} {server_words(word)[:60]}")
    return int(word)

"""By which way mail comes in and goes out, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.mail.folders import FolderInbox, FolderOutbox
from agent.mail.inbox import Inbox
from agent.mail.outbox import Outbox
from agent.mail.password import find_password

if TYPE_CHECKING:
    from agent.campaign.settings import Settings
if TYPE_CHECKING:
    from agent.campaign.settings import Settings


def open_inbox(settings: Settings) -> Inbox:
    """The inbox that the settings name; nothing is connected yet.

    Raises:
        ConfigurationError: no password.
    """
    if settings.inbox.imap is None:
        assert settings.inbox.folder is not None  # settings take one of the two
        return FolderInbox(settings.path(settings.inbox.folder))
    from agent.mail.imap import ImapInbox

    server = settings.inbox.imap
    if server.ca_file is not None:
        server = server.model_copy(update={"ca_file": settings.path(server.ca_file)})
    password = find_password(server.user, server.password_env)
    return ImapInbox(server, server.folder, password, idle=settings.inbox.idle)


def open_outbox(settings: Settings) -> Outbox:
    """The outbox that the settings name; nothing is connected yet.

    Raises:
        ConfigurationError: no password.
    """
    if settings.outbox.smtp is None:
        assert settings.outbox.folder is not None  # settings take one of the two
        return FolderOutbox(settings.path(settings.outbox.folder))
    from agent.mail.smtp import SmtpOutbox

    server = settings.outbox.smtp
    if server.ca_file is not None:
        server = server.model_copy(update={"ca_file": settings.path(server.ca_file)})
    return SmtpOutbox(server, find_password(server.user, server.password_env))

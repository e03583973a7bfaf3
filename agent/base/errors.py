"""What can go wrong, as one small tree; each message tells the operator what happened and what to do.

    AgentError
    ├── ConfigurationError   a file of settings, rules, units or templates is wrong   (exit status 2)
    ├── UsageError           a command was given something that it can't take         (exit status 2)
    ├── Unreachable          a mailbox or a server couldn't be reached                (exit status 3)
    ├── ArchiveBusy          another agent works on the same archive                  (exit status 2)
    ├── ArchiveDamaged       what was kept is missing or altered                      (exit status 2)
    ├── BackupDamaged        a backup is incomplete or altered                        (exit status 1)
    ├── StillFails           a mail that failed was tried again, in vain              (exit status 1)
    ├── ReaderNotStarted     the process that reads files can't be started            (exit status 2)
    └── Unreadable           a file can't be read; carries the rule id of its finding (a finding, never an exit)

Messages are in Chinese, since operators read them; each is one line where it can be.
"""

from __future__ import annotations

import errno


class AgentError(Exception):
    """The root: whatever is shown to the operator in words, without a traceback."""

    exit_status = 2


class ConfigurationError(AgentError):
    """A file of settings, rules, units or templates says something that it may not."""


class UsageError(AgentError):
    """A command was given something that it can't take."""


class Unreachable(AgentError):
    """A mailbox or a server couldn't be reached, or refused the login."""

    exit_status = 3


class ArchiveBusy(AgentError):
    """Another agent works on the same archive."""


class ArchiveDamaged(AgentError):
    """What was kept is missing or altered: only a backup has it."""


class BackupDamaged(AgentError):
    """A backup is incomplete, altered, or none at all."""

    exit_status = 1


class StillFails(AgentError):
    """A mail that couldn't be processed was tried again, and stays set aside."""

    exit_status = 1


class ReaderNotStarted(AgentError):
    """The process that reads files can't be started: no memory, no more processes. No file is to blame for it."""


class Unreadable(AgentError):
    """A file can't be read.

    Attributes:
        rule: the finding's id: ``unreadable``, ``encrypted``, ``too_large`` or ``not_supported``.
    """

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


def in_words(error: OSError) -> str:
    """What the system says of a file, in the operator's language."""
    return _WORDS.get(error.errno or 0, error.strerror or type(error).__name__)


_WORDS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径里有一段不是文件夹",
    errno.EEXIST: "同名的文件已存在",
    errno.ENOSPC: "磁盘满了",
    errno.EROFS: "磁盘是只读的",
    errno.EFBIG: "文件写到了允许的上限",
    errno.EIO: "磁盘读写出错",
    errno.ENAMETOOLONG: "文件名太长",
}

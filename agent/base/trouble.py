"""Trouble that the machine makes (a full disk, a locked ledger, no room for a reader), told from a mail's or ours."""

from __future__ import annotations

import errno

from agent.base.errors import ReaderNotStarted
from agent.base.errors import in_words as words_of

_MACHINE_S = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE", "ENFILE", "ENOMEM", "EBUSY", "ESTALE")
    if hasattr(errno, name)
)  # fmt: skip

_OF_THE_LEDGER = {
    "full": "磁盘满了，请腾出空间",
    "locked": "被别的程序占用，请稍后再试",
    "readonly": "只读，请检查文件夹的权限",
    "read-only": "只读，请检查文件夹的权限",
    "unable to open": "打不开，请检查文件夹的权限和磁盘",
    "disk I/O": "磁盘读写出错，请检查磁盘和空间",
}


def is_the_machine_s(error: BaseException) -> bool:
    """Whether no mail can be blamed: a disk that is full or gone, a ledger that is locked, no room for a reader."""
    from sqlalchemy.exc import OperationalError

    return isinstance(error, OperationalError | ReaderNotStarted) or (
        isinstance(error, OSError) and error.errno in _MACHINE_S
    )


def in_words(error: BaseException) -> str | None:
    """What happened, in the operator's language; None where it isn't the machine's doing, or nobody can tell."""
    from sqlalchemy.exc import OperationalError

    if isinstance(error, OperationalError):
        said = str(error.orig)
        told = next((words for key, words in _OF_THE_LEDGER.items() if key in said), None)
        return f"台账写不进去：{told}" if told else None
    if isinstance(error, ReaderNotStarted):
        return str(error).rstrip("。")
    if isinstance(error, OSError) and error.errno in _MACHINE_S:
        return f"{error.filename or '磁盘'}：{words_of(error)}"
    return None

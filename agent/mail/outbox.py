"""Letters that leave: by SMTP (smtp.py), or into a folder of .eml files. How fast is the caller's business.

    Unsent                 the letter hasn't left
    ├── Deferred           not now: the server is busy or counts too many letters; wait and try again
    └── Refused            never: the address or the text isn't taken
    Doubt                  the connection died after the text was sent and before the server's answer

A server that can't be reached, or doesn't take the login or the sender, is `agent.base.errors.Unreachable`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from agent.base.errors import AgentError
from agent.base.mime import split_headers
from agent.base.private_files import make_private, to_write
from agent.mail.connection import Checked
from agent.mail.message import message_ids
from agent.mail.password import find_password

if TYPE_CHECKING:
    from agent.campaign.settings import Settings


class Unsent(AgentError):
    """A letter that certainly hasn't left."""


class Deferred(Unsent):
    """Not now: wait and try again.

    Attributes:
        scope: ``server`` where no letter may leave for now, ``letter`` where another may.
    """

    def __init__(self, text: str, scope: Literal["server", "letter"] = "letter") -> None:
        super().__init__(text)
        self.scope = scope


class Refused(Unsent):
    """Never, as it is.

    Attributes:
        scope: ``address`` where no recipient is taken, ``text`` where what was written isn't.
    """

    def __init__(self, text: str, scope: Literal["address", "text"]) -> None:
        super().__init__(text)
        self.scope = scope


class Doubt(AgentError):
    """Nobody knows whether the letter has left: the server died between its end and the answer."""


class Outbox(Protocol):
    """Where letters go.

    Attributes:
        waits: it waits for the server, and the letter in work can't have been taken yet: to be left at will.
    """

    @property
    def waits(self) -> bool: ...

    def send(
        self,
        raw: bytes,
        sender: str,
        recipients: Sequence[str],
        leaving: Callable[[], object] = lambda: None,
        patient: bool = True,
    ) -> Mapping[str, str]:
        """Hands one letter over.

        Args:
            raw: the letter.
            sender: the address that it is from.
            recipients: the addresses that it is for.
            leaving: called once, before what can't be taken back: until then, the letter certainly hasn't left.
            patient: a recipient who is put off puts the letter off for the others, too.

        Returns:
            The recipients that didn't get it while others did, with the server's words.

        Raises:
            Deferred, Refused, Doubt, Unreachable: as told above.
        """
        ...

    def close(self) -> None:
        """Ends the connection; the next letter opens another."""
        ...

    def hurry(self) -> None:
        """Breaks the connection off, from another thread: an answer that is still awaited never comes."""
        ...

    def check(self) -> list[Checked]:
        """The connection tried, without sending."""
        ...


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


@dataclass(frozen=True)
class FolderOutbox:
    """Each letter as one .eml, named by its Message-ID: the same letter again is the same file."""

    folder: Path
    waits: Literal[False] = False

    def send(
        self,
        raw: bytes,
        sender: str,
        recipients: Sequence[str],
        leaving: Callable[[], object] = lambda: None,
        patient: bool = True,
    ) -> Mapping[str, str]:
        del sender, recipients, patient  # they stand in the letter
        target = self.folder / file_name(raw)
        leaving()
        try:
            make_private(self.folder)
            _write_whole(target, raw)
        except OSError as error:
            raise Deferred(
                f"信件写不进文件夹 {self.folder}（{error.strerror}）：请检查磁盘空间和权限"
            ) from error
        return {}

    def close(self) -> None:
        pass

    def hurry(self) -> None:
        pass

    def check(self) -> list[Checked]:
        where = f"发件文件夹 {self.folder}"
        existing = next(one for one in (self.folder, *self.folder.parents) if one.exists())
        if existing.is_dir() and os.access(existing, os.W_OK):
            return [Checked(True, where)]
        return [Checked(False, where, "写不进去：请检查 outbox.folder 的路径和权限")]


def file_name(raw: bytes) -> str:
    """A letter's file name, out of its Message-ID, that every file system takes."""
    headers, _ = split_headers(raw)
    written = next((value for name, value in headers if name.lower() == "message-id"), "")
    identity = next(iter(message_ids(written)), "").strip("<>")
    digest = hashlib.sha256(identity.encode() if identity else raw).hexdigest()[:16]
    name = re.sub(r"[^A-Za-z0-9._@+=-]", "_", identity)
    if not name:
        return f"{digest}.eml"
    safe = name == identity and len(name) <= 100 and not _RESERVED.match(name) and name[0] not in ".-"
    # Two ids must not share a file where file systems don't tell upper from lower case.
    safe = safe and name == name.lower()
    return f"{name}.eml" if safe else f"letter_{name[:80]}_{digest}.eml"


_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


def _write_whole(target: Path, raw: bytes) -> None:
    """The file is there whole or not at all, whenever the power fails."""
    if target.exists() and target.read_bytes() == raw:
        return
    passing = target.with_name(f".{target.name}.part")
    try:
        with os.fdopen(to_write(passing), "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            passing.unlink()
        raise

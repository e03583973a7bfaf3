"""Mail in and out by folders of .eml files."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.base.errors import Unreachable
from agent.base.mime import split_headers
from agent.base.private_files import make_private, to_write
from agent.mail.connection import Checked
from agent.mail.inbox import MAX_BYTES, Arrival, Event, Mark, News, Passed, Withheld
from agent.mail.message import message_ids, received_of
from agent.mail.outbox import Deferred

HEAD_BYTES = 256_000  # in which a mail's headers end


@dataclass(frozen=True)
class FolderInbox:
    """A folder of .eml files, read only. It has no marks: what is known is asked for each file."""

    folder: Path
    max_bytes: int = MAX_BYTES

    @property
    def name(self) -> str:
        return f"folder:{self.folder}"

    def arrivals(
        self, mark: Mark | None, since: dt.datetime, known: Callable[[str], bool]
    ) -> Iterator[Event]:
        del mark
        early = 0
        for received, path in sorted((_received(path), path) for path in self._files()):
            if received >= since:
                yield from self._event(path, received, known)
            else:
                early += 1
        if early:
            yield Passed(early, early=early)

    def again(self, places: Sequence[Mark]) -> Iterator[Arrival]:
        del places  # there are none: each look is at every file
        return iter(())

    def check(self) -> list[Checked]:
        try:
            found = len(self._files())
        except Unreachable as error:
            return [Checked(False, f"邮件文件夹 {self.folder}", str(error))]
        return [Checked(True, f"邮件文件夹 {self.folder}：{found} 封邮件")]

    def stay(self) -> None:
        pass

    def wait(self, seconds: float) -> News:
        time.sleep(seconds)
        return "none"

    def close(self) -> None:
        pass

    def _files(self) -> list[Path]:
        try:
            return [
                path for path in self.folder.iterdir() if path.suffix.lower() == ".eml" and path.is_file()
            ]
        except OSError as error:
            raise Unreachable(f"邮件文件夹 {self.folder} 打不开：请检查 inbox.folder 的路径和权限") from error

    def _event(self, path: Path, received: dt.datetime, known: Callable[[str], bool]) -> Iterator[Event]:
        place = {"file": path.name}
        try:
            size = path.stat().st_size
            if size > self.max_bytes:
                yield Withheld("too_large", size, _head(path), received, place)
                return
            raw = path.read_bytes()
        except FileNotFoundError:  # moved away meanwhile
            return
        except OSError:
            yield Withheld("refused", 0, b"", received, place)
            return
        if not known(hashlib.sha256(raw).hexdigest()):
            yield Arrival(raw, received, place)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _received(path: Path) -> dt.datetime:
    try:
        told = received_of(_head(path))
        return told or dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except OSError:  # it is told of when its turn comes: last
        return dt.datetime.max.replace(tzinfo=dt.UTC)


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

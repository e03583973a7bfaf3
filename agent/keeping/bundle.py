"""Many files in one that every system opens: a zip, stored as it is, with a list of its files and their hashes.

Knows zips and hashes, and nothing of what is in them. Not compressed: photos, Word and Excel files are so already,
it is as fast as the disk, and where a byte goes bad one file is lost and no other. A zip, and no .tar, since Windows
shows what is in it by a double click.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from agent.base import jsontext
from agent.base.errors import BackupDamaged, in_words
from agent.base.failpoints import passing
from agent.base.private_files import to_write

LIST = "backup.json"
"""The list of the files, the last in the zip."""

FORMAT = 1
PART = ".part"
"""Ends the name of a zip that is still being written."""

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """One file that goes in.

    Attributes:
        name: its path inside, with slashes.
        source: where it lies, or its bytes.
        sha256: what it must be, where that is known.
        may_go: it may be taken away before its turn comes: then all is to begin anew.
    """

    name: str
    source: Path | bytes
    sha256: str | None = None
    may_go: bool = False


class Gone(Exception):
    """A file that may go went before it was copied."""


@dataclass
class Written:
    """What a zip holds: each file's size and hash; and in words what was wrong with what went in."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(one["size"] for one in self.files.values())


def write_bundle(path: Path, items: Iterable[Item], about: Mapping[str, Any]) -> Written:
    """Write the zip, whole and synced; readable to its owner alone.

    A file that is missing or altered is told of; the others go in all the same.

    Args:
        path: of the zip; one that is there is written anew.
        items: what goes in.
        about: what else its list says.

    Raises:
        Gone: a file that may go is gone.
    """
    written = Written()
    with os.fdopen(to_write(path), "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as bundle:
            for item in items:
                _add(bundle, item, written)
                passing("backup file written")
            listed = {"format": FORMAT, **about, "files": written.files}
            bundle.writestr(_entry(LIST), jsontext.dumps(listed))
        file.flush()
        os.fsync(file.fileno())
    return written


def check_bundle(path: Path) -> dict[str, Any]:
    """Read all of the zip again, and compare; returns its list.

    Raises:
        BackupDamaged: incomplete, altered, or none of ours; says which files.
    """
    if path.name.endswith(PART):
        raise BackupDamaged(f"{path} 是没有写完的备份（备份时程序或电脑停了），不能用来恢复，可以删掉。")
    return read_again(path)


def read_again(path: Path) -> dict[str, Any]:
    """The same, whatever the file is called."""
    try:
        with _from_the_disk(path) as file, zipfile.ZipFile(file) as bundle:
            listed = _list_in(bundle, path)
            bad = [name for name, told in listed["files"].items() if not _is_whole(bundle, name, told)]
    except (zipfile.BadZipFile, EOFError) as error:
        raise _no_backup(path) from error
    except OSError as error:
        raise BackupDamaged(f"{path} 读不出来（{in_words(error)}）。请换另一份备份。") from error
    if bad:
        shown = "、".join(bad[:5]) + ("等" if len(bad) > 5 else "")
        raise BackupDamaged(f"{path} 里有 {len(bad)} 个文件已损坏：{shown}。请换另一份备份。")
    return listed


def _list_in(bundle: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        listed: dict[str, Any] = jsontext.loads(bundle.read(LIST))
        known = listed["format"]
    except (KeyError, ValueError, TypeError) as error:
        # Of one that broke off, a zip finds the end of another zip in it: a workbook's, say.
        raise _no_backup(path) from error
    if known > FORMAT:
        raise BackupDamaged(f"{path} 是较新版本的程序做的备份。请升级 report-agent。")
    return listed


def _no_backup(path: Path) -> BackupDamaged:
    return BackupDamaged(
        f"{path} 不是完整的备份：没有写完，传送时断了，已损坏，或者不是 report-agent 的备份。请换另一份备份。"
    )


def _is_whole(bundle: zipfile.ZipFile, name: str, told: Mapping[str, Any]) -> bool:
    digest = hashlib.sha256()
    try:
        with bundle.open(name) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except (KeyError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        return False
    return bool(digest.hexdigest() == told["sha256"])


@contextlib.contextmanager
def _from_the_disk(path: Path) -> Iterator[IO[bytes]]:
    """The file, opened; on Linux without what the system remembers of it, so that the disk itself is read."""
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        yield file


def _add(bundle: zipfile.ZipFile, item: Item, written: Written) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        with _opened(item.source) as chunks, bundle.open(_entry(item.name), "w", force_zip64=True) as inside:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                inside.write(chunk)
    except FileNotFoundError as error:
        if item.may_go:
            raise Gone(item.name) from error
        written.problems.append(f"{item.name}：缺失，没有放进备份。")
        return
    if item.sha256 is not None and digest.hexdigest() != item.sha256:
        written.problems.append(f"{item.name}：内容已被改动，照现在的样子放进了备份。")
    written.files[item.name] = {"size": size, "sha256": digest.hexdigest()}


@contextlib.contextmanager
def _opened(source: Path | bytes) -> Iterator[Iterable[bytes]]:
    if isinstance(source, bytes):
        yield (source,)
        return
    with source.open("rb") as file:
        yield iter(lambda: file.read(CHUNK), b"")


def _entry(name: str) -> zipfile.ZipInfo:
    """Unpacked on Linux, it is readable to its owner alone again."""
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3  # Unix: on Windows nobody looks at the mode
    entry.external_attr = (0o100600) << 16
    return entry

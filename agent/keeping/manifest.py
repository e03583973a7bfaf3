"""What merges have written where, by the SHA-256 of each file: so that none overwrites what a person has changed, or a
report that was final. Reads files to compare them; writes none (filing.py does).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from agent.base import jsontext

FINAL_STAYS = "定稿的文件不覆盖：{name}；这次的写在：{target}"
CHANGED_STAYS = "有人改过的文件不覆盖：{name}；这次的写在：{target}"
STALE = "以前的报告有人改过，没有删去：{name}；不用了请自行删去"
HERE = ""
"""What the archive's own final/ is called in the manifest: it may be moved, or restored elsewhere."""


@dataclass(frozen=True, slots=True)
class Files:
    """What merges wrote into one folder.

    Attributes:
        known: name → the SHA-256 that a merge gave it; two, while one is being written; none where an older program
            noted only the name.
        final: names of those that belong to a final report.
    """

    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    final: frozenset[str] = frozenset()

    def target(self, folder: Path, name: str, data: bytes) -> str:
        """Under which name the file is to be written: its own, unless something lies there that must stay."""
        return next(one for one in _numbered(name) if self._is_free(folder / one, one, sha256(data)))

    def _is_free(self, path: Path, name: str, new: str) -> bool:
        if not path.exists():
            return True
        there = _sha256_of(path)
        return there == new or (name not in self.final and there in self.known.get(name, ()))

    def with_files(self, files: Mapping[str, bytes]) -> Files:
        """Also these, beside what had those names before."""
        new = {name: tuple({*self.known.get(name, ()), sha256(data)}) for name, data in files.items()}
        return replace(self, known={**self.known, **new})

    def only(self, files: Mapping[str, bytes], stays: Iterable[str]) -> Files:
        """These as they are now, of the earlier ones those that stay, and every final one."""
        stayed = {name: self.known[name] for name in {*stays, *self.final} if name in self.known}
        return replace(self, known={**stayed, **{name: (sha256(data),) for name, data in files.items()}})

    def stale(self, folder: Path, stays: Set[str]) -> tuple[list[str], list[str]]:
        """Of what was written before: what may be taken away, and what somebody has changed since."""
        old = [
            name for name in sorted(self.known) if name not in stays | self.final and (folder / name).exists()
        ]
        ours = [name for name in old if _sha256_of(folder / name) in self.known[name]]
        return ours, [name for name in old if name not in ours]

    def told(self, targets: Mapping[str, str]) -> list[str]:
        """What is to be said of each file that was written beside another."""
        beside = [(name, target) for name, target in targets.items() if name != target]
        return [
            (FINAL_STAYS if name in self.final else CHANGED_STAYS).format(name=name, target=target)
            for name, target in beside
        ]

    def marked(self, names: Set[str], *, final: bool) -> Files:
        return replace(self, final=self.final | names if final else self.final - names)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Folder (HERE, or its path) → what merges wrote there; and what the last report showed (filing.put_report)."""

    folders: Mapping[str, Files] = field(default_factory=dict)
    report: Mapping[str, Any] | None = None

    def of(self, folder: str) -> Files:
        return self.folders.get(folder, Files())

    def with_folder(self, folder: str, files: Files) -> Manifest:
        return replace(self, folders={**self.folders, folder: files})

    def as_bytes(self) -> bytes:
        folders = {
            folder: {
                "files": {name: list(hashes) for name, hashes in sorted(one.known.items())},
                "final": sorted(one.final),
            }
            for folder, one in self.folders.items()
        }
        return jsontext.dumps(
            {"folders": folders, "report": dict(self.report) if self.report else None}
        ).encode()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Manifest:
        read = jsontext.loads(stored)
        if isinstance(read, list):  # names alone: whether somebody has changed them, nobody knows
            return cls({HERE: Files(dict.fromkeys(read, ()))})
        folders = {
            folder: Files(
                {name: tuple(hashes) for name, hashes in one["files"].items()}, frozenset(one["final"])
            )
            for folder, one in read["folders"].items()
        }
        return cls(folders, read["report"])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _numbered(name: str) -> Iterator[str]:
    """报告.docx, 报告（2）.docx, 报告（3）.docx …"""
    yield name
    pure = PurePath(name)
    for number in itertools.count(2):
        yield f"{pure.stem}（{number}）{pure.suffix}"

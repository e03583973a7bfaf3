"""An outcome to files in archive/. The only room that writes there.

    archive/<campaign>/
      raw/ab/abcd….eml             the mail, written once; .envelope.json and .reading.json beside it
      raw/unnoted/                 a mark for each mail on its way into the ledger: what a crash may have left
      raw/filing/                  a mark for each mail whose copies are being filed: likewise
      records/000012.json          decisions and runs of the timetable, by their place in the journal
      letters/receipt.….eml        letters, with .json beside once they have left
      青年镇/青年镇_照片_01.jpg      copies filed for people, 缩略图/ beside
      final/                       the district report
      ledger.sqlite
      agent.lock, agent.keeping.lock   who works on it, and who copies or clears it
      token.key                    what tokens in letters are signed with; belongs into every backup

Every file is written to a temporary name, synced, and renamed: it is there whole or not at all. All is readable to
its owner alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from agent.base import jsontext
from agent.base.errors import ArchiveBusy
from agent.base.failpoints import around, passing
from agent.base.private_files import make_private, to_add_to, to_write
from agent.dossier.dossier import Dossier
from agent.dossier.version import Filed
from agent.judging.tokens import KEY_BYTES
from agent.keeping.ledger.entries import Entry, MailEntry, QueuedLetter, entry_from_json
from agent.keeping.manifest import HERE, STALE, Files, Manifest

log = logging.getLogger(__name__)

THUMBNAIL_SIDE = 320
"""Pixels of a thumbnail's longer side."""

THUMBNAILS = "缩略图"
UNNOTED = "unnoted"
"""Under raw/: an empty file for each mail that is being kept and isn't yet in the ledger."""

FILING = "filing"
"""Under raw/: for each mail whose copies are being filed, their paths, until it is settled what it came to."""

LONGEST_WRITE = 3600
"""Seconds after which a file that is still being written belongs to a process that died."""

KEY = "token.key"
"""What tokens in letters are signed with: whoever has it can decide by mail in the contact's name."""

HEAD_BYTES = 256_000
"""In which a mail's headers end."""

MANIFEST = ".made.json"
"""What merges wrote (manifest.py), so that the next one takes away and overwrites nothing else."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A raw mail that is in the archive: its hash and its envelope (when and where it was received)."""

    sha256: str
    envelope: Mapping[str, Any]

    @property
    def received(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.envelope["received"])


@dataclass(frozen=True, slots=True)
class Put:
    """The report's files as they were written; ``told``: which stand beside others, and why."""

    paths: tuple[Path, ...]
    told: tuple[str, ...] = ()


class Archive:
    """One campaign's folder in the archive."""

    def __init__(self, root: Path, campaign: str) -> None:
        self.folder = root / campaign
        self._folders: set[Path] = set()

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.sqlite"

    @property
    def final(self) -> Path:
        return self.folder / "final"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the archive against a second agent.

        Raises:
            ArchiveBusy: another agent holds it.
        """
        self._make(self.folder)
        path = self.folder / "agent.lock"
        with os.fdopen(to_add_to(path), "a+b") as lock:
            path.chmod(0o600)
            if not _lock(lock):
                raise ArchiveBusy(f"另一个 report-agent 正在处理 {self.folder}。请先停止它，再运行本命令。")
            yield

    @contextlib.contextmanager
    def held_still(self, patience: float = 20) -> Iterator[None]:
        """Nothing that was kept is taken away or written anew meanwhile; new mail may come in all the same.

        Held by whoever copies all of it, and by whoever changes what lies there for good.

        Args:
            patience: seconds to wait for another who holds it.

        Raises:
            ArchiveBusy: another holds it still.
        """
        self._make(self.folder)
        path, until = self.folder / "agent.keeping.lock", time.monotonic() + patience
        with os.fdopen(to_add_to(path), "a+b") as lock:
            path.chmod(0o600)
            while not _lock(lock):
                if time.monotonic() >= until:
                    raise ArchiveBusy(f"{self.folder} 正在备份、清理、重建或汇总。请等它结束，再运行本命令。")
                time.sleep(0.1)
            yield

    # Where things lie

    @property
    def key_path(self) -> Path:
        return self.folder / KEY

    def raw_path(self, sha256: str) -> Path:
        return self.folder / "raw" / sha256[:2] / f"{sha256}.eml"

    def envelope_path(self, sha256: str) -> Path:
        return self.raw_path(sha256).with_suffix(".envelope.json")

    def entry_path(self, entry: Entry) -> Path:
        if isinstance(entry, MailEntry) and not entry.again:  # beside the mail lies what it came to at first
            return self._reading_path(entry.message)
        return self.folder / "records" / f"{entry.seq:06d}.json"

    def letter_path(self, letter_id: str) -> Path:
        return self._letter(letter_id).with_suffix(".eml")

    def departure_path(self, letter_id: str) -> Path:
        return self._letter(letter_id).with_suffix(".json")

    def copy_path(self, filed: Filed) -> Path:
        return self.folder / filed.path

    def thumbnail_path(self, filed: Filed) -> Path:
        return _thumbnail(self.copy_path(filed))

    # The key of tokens

    def key(self) -> bytes | None:
        """The key by which tokens are signed; None where none was ever made."""
        return self.key_path.read_bytes() if self.key_path.exists() else None

    def made_key(self) -> bytes:
        """The key, made now where there is none; of two processes that make it at once, both have the same."""
        path = self.key_path
        if not path.exists():
            new = path.with_name(f".{KEY}.{os.getpid()}.part")
            self._make(self.folder)
            _write_synced(new, secrets.token_bytes(KEY_BYTES))
            with around("key"):
                try:
                    os.link(new, path)  # unlike a rename it never takes the place of another's
                    new.unlink()
                except FileExistsError:
                    new.unlink()
                except OSError:  # a disk that knows no links
                    new.replace(path)
            sync_folder(self.folder)
        return path.read_bytes()

    # Raw mails

    def keep(self, raw: bytes, envelope: Mapping[str, Any]) -> Kept:
        """Keep a raw mail, its envelope first: a raw mail that is there has its envelope."""
        sha256 = hashlib.sha256(raw).hexdigest()
        # A private mail is gone again, and has its reading.
        if not self.has_raw(sha256) and not self._reading_path(sha256).exists():
            self.write(self._unnoted(sha256), b"")
            self.write(self.envelope_path(sha256), envelope_bytes(envelope))
            passing("envelope kept")
            self.write(self.raw_path(sha256), raw)
            passing("raw mail kept")
        return Kept(sha256, self.envelope(sha256))

    def envelope(self, sha256: str) -> dict[str, Any]:
        stored: dict[str, Any] = jsontext.loads(self.envelope_path(sha256).read_bytes())
        return stored

    def add_to_envelope(self, sha256: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Note beside a kept mail what was found out about it since; returns the whole envelope."""
        envelope = self.envelope(sha256) | dict(found)
        self.write(self.envelope_path(sha256), envelope_bytes(envelope))
        return envelope

    def raw(self, sha256: str) -> bytes:
        return self.raw_path(sha256).read_bytes()

    def head(self, sha256: str) -> bytes:
        """The mail's first bytes, with its headers: enough to answer it, however large it is."""
        with self.raw_path(sha256).open("rb") as file:
            return file.read(HEAD_BYTES)

    def has_raw(self, sha256: str) -> bool:
        return self.raw_path(sha256).exists()

    def discard(self, sha256: str) -> None:
        """Take away a private mail's text: its envelope stays, so that it is counted and not fetched again."""
        self.take_away(self.raw_path(sha256))

    # Taking away, and putting right by the rule of retention (keeping/purge.py)

    def take_away(self, path: Path) -> None:
        """Remove a file; one that is gone already is gone."""
        with around(f"{self._kind(path)} goes"):
            path.unlink(missing_ok=True)
        passing("file removed")

    def put_right(self, path: Path, data: bytes) -> None:
        """Write the file anew where it says something else."""
        if not path.exists() or path.read_bytes() != data:
            self.write(path, data)
            passing("record put right")

    def noted(self, sha256: str) -> None:
        """The mail is in the ledger; until this is said, `unnoted` tells of it."""
        self.take_away(self._unnoted(sha256))

    def unnoted(self) -> list[Kept]:
        """Every kept mail that may not be in the ledger, in the order of arrival."""
        marks = [one.name for one in (self.folder / "raw" / UNNOTED).glob("[!.]*")]
        for sha256 in marks:
            # It may be private, and nobody would look.
            self._sweep(self.raw_path(sha256).parent, f".{sha256}.*.part")
        return _in_order([Kept(one, self.envelope(one)) for one in marks if self.has_raw(one)])

    def kept(self) -> list[Kept]:
        """Every mail of which there is an envelope and a raw text or a reading, in the order of arrival."""
        found = []
        for path in sorted((self.folder / "raw").glob("??/*.envelope.json")):
            sha256 = path.name.partition(".")[0]
            if self.has_raw(sha256) or self._reading_path(sha256).exists():
                found.append(Kept(sha256, self.envelope(sha256)))
        return _in_order(found)

    # The record

    def record(self, entry: Entry) -> None:
        """Lay the journal's entry down as a file: beside the raw mail it judges, or in records/."""
        for letter in entry.letters:
            if letter.raw:
                self.keep_letter(letter)
        self.write(self.entry_path(entry), entry_bytes(entry))
        passing("entry recorded")

    def keep_letter(self, letter: QueuedLetter) -> None:
        """Keep a letter's bytes: before it leaves, since the ledger forgets them once it has."""
        path = self.letter_path(letter.id)
        if not path.exists():
            self.write(path, letter.raw)

    def has_record(self, entry: Entry) -> bool:
        """Whether the entry, and each of its letters, lies there as a file."""
        letters = all(self.letter_path(one.id).exists() for one in entry.letters)
        return letters and self.entry_path(entry).exists()

    def has_entries(self) -> bool:
        """Whether any entry was ever recorded."""
        patterns = (("raw", "??/*.reading.json"), ("records", "*.json"))
        return any(next((self.folder / name).glob(pattern), None) for name, pattern in patterns)

    def entries(self) -> list[Entry]:
        """Every entry that was recorded, in order, with its letters' bytes."""
        raw = self.folder / "raw"
        paths = [*raw.glob("??/*.reading.json"), *(self.folder / "records").glob("*.json")]
        stored = [jsontext.loads(path.read_bytes()) for path in paths]
        gone = {letter for one in stored if one["kind"] == "purge" for letter in one["gone"]}
        found = [self._entry_of(one, gone) for one in stored]
        return sorted(found, key=lambda one: one.seq)

    def record_departure(self, letter_id: str, state: str, at: dt.datetime, error: str | None = None) -> None:
        """Record how a letter left: ``sent``, ``doubtful`` or ``failed``."""
        self.write(self.departure_path(letter_id), departure_bytes(letter_id, state, at, error))

    def departure(self, letter_id: str) -> dict[str, Any] | None:
        path = self.departure_path(letter_id)
        if not path.exists():
            return None
        stored: dict[str, Any] = jsontext.loads(path.read_bytes())
        return stored

    # Copies for people

    def file(self, dossier: Dossier, message: str, blobs: Mapping[str, bytes]) -> None:
        """File the copies of what one mail brought to the unit's dossier, and the photos' thumbnails."""
        lacking = [one for one in dossier.filed if one.message == message and not self._is_filed(one)]
        if lacking:
            self._begin_filing(message, lacking)
        # In this order: a copy that is there has its thumbnail.
        self._write_together(self._thumbnails(lacking, blobs))
        self._write_together(self._copies(lacking, blobs))

    def filing_begun(self) -> dict[str, list[str]]:
        """Raw mail → the paths of its copies, for each mail of which copies may be there and none may be due."""
        marks = sorted((self.folder / "raw" / FILING).glob("[!.]*"))
        return {one.name: one.read_text(encoding="utf-8", errors="replace").splitlines() for one in marks}

    def end_filing(self, message: str, wanted: Iterable[str] | None = None) -> None:
        """The mail has been judged: take away the copies that aren't wanted; None: all are.

        Nobody else may be filing: what is half written is taken for a dead process's.
        """
        begun = self.filing_begun().get(message, []) if wanted is not None else []
        stays = set(wanted or ())
        for name in begun:
            copy = self.folder / name
            for path in (_thumbnail(copy), copy):
                for part in path.parent.glob(f".{path.name[:80]}.*.part"):
                    part.unlink(missing_ok=True)
                if name not in stays and path.is_file():
                    self.take_away(path)
        self.take_away(self.folder / "raw" / FILING / message)

    def _begin_filing(self, message: str, filed: Iterable[Filed]) -> None:
        mark = self.folder / "raw" / FILING / message
        paths = dict.fromkeys((*self.filing_begun().get(message, ()), *(one.path for one in filed)))
        self._make(mark.parent)
        part = mark.with_name(f".{message}.{os.getpid()}.part")
        with os.fdopen(to_write(part), "w", encoding="utf-8") as file:
            file.write("\n".join(paths))
        # Not synced: if the power fails, and only then, `rebuild --verify` names the copies instead.
        with around("filing mark"):
            part.replace(mark)

    def sweep(self) -> None:
        """Take away whatever a crash left half written, anywhere."""
        self._sweep(self.folder, "**/.*.part")

    def _sweep(self, folder: Path, pattern: str) -> None:
        for part in folder.glob(pattern):
            with contextlib.suppress(FileNotFoundError):  # done just now
                if time.time() - part.stat().st_mtime > LONGEST_WRITE:
                    part.unlink()

    def put_report(
        self,
        files: Mapping[str, bytes],
        stays: Set[str] = frozenset(),
        folder: Path | None = None,
        report: Mapping[str, Any] | None = None,
    ) -> Put:
        """Write the district report; an earlier one, whose names may differ, goes, but for what stays.

        A final report, and a file that somebody has changed, stay as they are: what is new is written beside.

        Args:
            files: by name.
            stays: names of files that aren't taken away though they aren't made anew.
            folder: where to; None: final/. What lies elsewhere under other names is left alone.
            report: what is noted of the report as a whole.
        """
        place, key = folder or self.final, self._key(folder)
        with self.held_still():  # a backup shall hold one report, not parts of two
            before = self.manifest().of(key)
            targets = {name: before.target(place, name, data) for name, data in files.items()}
            written = {targets[name]: data for name, data in files.items()}
            self._note(key, before.with_files(written))  # after a crash the files of either may lie there
            paths = self.put(place, written)
            gone, left = before.stale(place, {*written, *stays}) if folder is None else ([], [])
            for name in gone:
                self.take_away(place / name)
            kept = {*stays, *left} if folder is None else set(before.known)
            self._note(key, before.only(written, kept), report)
        told = [*before.told(targets), *(STALE.format(name=name) for name in left if name not in files)]
        return Put(tuple(paths), tuple(told))

    def manifest(self) -> Manifest:
        """What merges have written."""
        path = self.final / MANIFEST
        return Manifest.from_bytes(path.read_bytes()) if path.exists() else Manifest()

    def mark_final(self, put: Put, folder: Path | None, *, final: bool) -> None:
        """What was put there is a final report, which no merge overwrites; or isn't after all."""
        key, names = self._key(folder), frozenset(path.name for path in put.paths)
        report = dict(self.manifest().report or {}) | {"final": final}
        self._note(key, self.manifest().of(key).marked(names, final=final), report)

    def _key(self, folder: Path | None) -> str:
        return HERE if folder is None or folder.resolve() == self.final.resolve() else str(folder.resolve())

    def _note(self, key: str, files: Files, report: Mapping[str, Any] | None = None) -> None:
        manifest = self.manifest().with_folder(key, files)
        manifest = replace(manifest, report=report) if report is not None else manifest
        self.write(self.final / MANIFEST, manifest.as_bytes())

    def put(self, folder: Path, files: Mapping[str, bytes]) -> list[Path]:
        """Write files into a folder, each whole or not at all; returns their paths."""
        for name, data in files.items():
            self.write(folder / name, data)
        return [folder / name for name in files]

    def copy(self, filed: Filed) -> bytes:
        return (self.folder / filed.path).read_bytes()

    def _is_filed(self, filed: Filed) -> bool:
        path = self.folder / filed.path
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == filed.piece.sha256

    def _thumbnails(
        self, lacking: Iterable[Filed], blobs: Mapping[str, bytes]
    ) -> Iterator[tuple[Path, bytes]]:
        from agent.reading.photos import smaller

        for filed in lacking:
            if filed.piece.kind != "photo":
                continue
            try:
                thumbnail = smaller(blobs[filed.piece.sha256], THUMBNAIL_SIDE)
            except Exception:  # a picture that its library can't make smaller is filed all the same
                log.warning("no thumbnail of %s", filed.piece.sha256[:12])
                continue
            yield self.thumbnail_path(filed), thumbnail

    def _copies(self, lacking: Iterable[Filed], blobs: Mapping[str, bytes]) -> Iterator[tuple[Path, bytes]]:
        for filed in lacking:
            yield self.folder / filed.path, blobs[filed.piece.sha256]
            passing("copy filed")

    # Writing

    def write(self, path: Path, data: bytes) -> None:
        """Write a file whole or not at all; synced, and readable to its owner alone."""
        self._write_together([(path, data)])

    def _write_together(self, files: Iterable[tuple[Path, bytes]]) -> None:
        """Write files as `write` does; their folders are synced once, when all are there."""
        folders = set()
        for path, data in files:
            self._write_whole(path, data)
            folders.add(path.parent)
        for folder in folders:
            sync_folder(folder)

    def _write_whole(self, path: Path, data: bytes) -> None:
        self._make(path.parent)
        # A decision and the agent beside it may write the same file: each has a name of its own to write to.
        temporary = path.with_name(f".{path.name[:80]}.{os.getpid()}.part")
        kind = self._kind(path)
        try:
            with around(kind):
                _write_synced(temporary, data)
                passing(f"{kind} written beside")
                temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def _kind(self, path: Path) -> str:
        """What a file is, for the places where a test may end the process."""
        if not path.is_relative_to(self.folder):
            return "report"
        place = path.relative_to(self.folder).parts
        name = place[0] if len(place) > 1 else ""
        if name == "raw":
            return "mark" if place[1] in (UNNOTED, FILING) else f"raw {'.'.join(path.name.split('.')[1:])}"
        if name == "letters":
            return f"letter {path.suffix}"
        known = {"records": "record", self.final.name: "report"}
        return known.get(name, "thumbnail" if THUMBNAILS in place else "copy")

    def _make(self, folder: Path) -> None:
        if folder not in self._folders:
            make_private(folder)
            self._folders.add(folder)

    def _unnoted(self, sha256: str) -> Path:
        return self.folder / "raw" / UNNOTED / sha256

    def _reading_path(self, sha256: str) -> Path:
        return self.raw_path(sha256).with_suffix(".reading.json")

    def _letter(self, letter_id: str) -> Path:
        # <report-agent.receipt.1f…@host>: kind and hash make the name.
        kind, digest = letter_id.strip("<>").partition("@")[0].split(".")[-2:]
        return self.folder / "letters" / f"{kind}-{digest}"

    def _entry_of(self, stored: dict[str, Any], gone: Set[str]) -> Entry:
        """The entry with its letters' bytes, but of those that were removed, or lost."""

        def raw(letter: str) -> bytes:
            path = self.letter_path(letter)
            return path.read_bytes() if letter not in gone and path.exists() else b""

        letters = tuple(QueuedLetter.from_json(one, raw(one["id"])) for one in stored["letters"])
        return entry_from_json(stored, letters)


def entry_bytes(entry: Entry) -> bytes:
    """The journal's entry as the file that it is in the archive."""
    return jsontext.dumps(entry.as_json()).encode()


def envelope_bytes(envelope: Mapping[str, Any]) -> bytes:
    return jsontext.dumps(dict(envelope)).encode()


def departure_bytes(letter_id: str, state: str, at: dt.datetime, error: str | None) -> bytes:
    """How a letter left, as the file that it is in the archive."""
    stamp = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return jsontext.dumps({"id": letter_id, "state": state, "at": stamp, "error": error}).encode()


def _thumbnail(copy: Path) -> Path:
    return copy.parent / THUMBNAILS / f"{copy.stem}.jpg"


def _in_order(mails: list[Kept]) -> list[Kept]:
    return sorted(mails, key=lambda one: (one.envelope["number"], one.sha256))


def _lock(file: IO[bytes]) -> bool:
    """Take the file's lock; the system lets go of it when the process ends, however it ends."""
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write_synced(path: Path, data: bytes) -> None:
    with os.fdopen(to_write(path), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename last; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

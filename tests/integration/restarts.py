"""Every state of the disk that kills can leave behind: what the agent does is stopped at each place, and begun again.

At each place that a run passes, the disk is as a kill just there would leave it. So one run yields what all kills in
it leave; each of these states that differs from the others is begun again, which yields what a second kill leaves.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy
import yaml

import agent.judging.outcome
import agent.keeping.pieces
import agent.reading.photos
from agent.base import failpoints as faults
from agent.campaign.rules import Campaign
from agent.campaign.settings import Settings, load_rules, load_settings
from agent.campaign.units import Register
from agent.keeping.ledger import Ledger
from agent.keeping.workspace import Workplace
from agent.letters import Letters
from agent.reading.files import read_message
from tests.integration.office import Office, make_office

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

Act = Callable[["Bench"], object]
"""Something that the agent or the contact does, in a process of its own."""


@dataclass(frozen=True)
class Left:
    """What a kill left: where it came, the disk as it was then, and what tells this disk from others."""

    where: tuple[str, ...]
    disk: Path
    digest: str


@dataclass
class Bench:
    """A bureau whose disk can be set back to any earlier state."""

    office: Office
    store: Path
    taken: int = 0

    @property
    def disk(self) -> Path:
        return self.office.folder / "disk"

    @functools.cached_property
    def _opened(self) -> tuple[Settings, Campaign, Register]:
        settings = load_settings(self.office.config)
        return settings, *load_rules(settings)

    def work(self) -> Workplace:
        """As a process that starts finds it; the templates are compiled once for all, to be quick."""
        work = Workplace(*self._opened)
        work.__dict__["letters"] = self._letters
        return work

    @functools.cached_property
    def _letters(self) -> Letters:
        return Workplace(*self._opened).letters

    def receive(self, *mails: bytes) -> None:
        """These mails lie in the mailbox."""
        for number, raw in enumerate(mails, 1):
            (self.office.folder / "mails" / f"{number}.eml").write_bytes(raw)

    def contents(self) -> dict[str, str]:
        return contents(self.disk, self._opened[1])

    def take(self) -> Path:
        """The disk as it is now, set aside."""
        self.taken += 1
        return _copied(self.disk, self.store / f"{os.getpid()}-{self.taken}")

    def put_back(self, disk: Path) -> None:
        shutil.rmtree(self.disk)
        _copied(disk, self.disk)

    def do(self, act: Act, place: str = "", count: int = 1) -> int:
        """Do it in a process of its own, which is killed at that place; the signal that ended it, or its status."""
        return self._forked(lambda: faults.arm(place, count), act)

    def all_kills(self, act: Act, before: Left) -> list[Left]:
        """What a kill at each place leaves, if it is begun from there; the last is what it leaves undisturbed.

        Between the place after an effect and the next place nothing happens: one of the two is enough.
        """
        self.put_back(before.disk)
        found = self.store / f"places-{self.taken}"
        self.taken += 1

        def watch() -> None:
            log = found.open("w")

            def passed(place: str) -> None:
                if not place.startswith("after "):
                    print(place, self.take(), sep="\t", file=log, flush=True)

            faults.arm("", watch=passed)

        assert self._forked(watch, act) == 0, before.where
        places = [line.split("\t") for line in found.read_text().splitlines()]
        left = [self.left((*before.where, place), Path(disk)) for place, disk in places]
        return [*left, self.now((*before.where, "end"))]

    def trace(self, act: Act) -> list[str]:
        """The places that it passes and the effects that it has, in their order: ``place …``, ``effect …``."""
        found = self.store / "trace"

        def watch() -> None:
            log = found.open("w")
            faults.arm("", watch=lambda place: print("place", place, file=log, flush=True))
            _tell_of_effects(self.disk, lambda what: print("effect", what, file=log, flush=True))

        assert self._forked(watch, act) == 0
        return found.read_text().splitlines()

    def now(self, where: tuple[str, ...] = ()) -> Left:
        return self.left(where, self.take())

    def left(self, where: tuple[str, ...], disk: Path) -> Left:
        # After one kill what is half written counts, too.
        return Left(where, disk, digest_of(disk, half_written=len(where) < 2))

    def _forked(self, prepare: Callable[[], object], act: Act) -> int:
        child = os.fork()
        if child == 0:
            status = 70
            try:
                prepare()
                act(self)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        return os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """What is read in a mail or picture is remembered meanwhile: it depends on nothing but what it is given."""
    known: dict[Any, Any] = {}

    def remembered(name: str, raw: bytes, campaign: Any, register: Any, near: Any, **given: Any) -> Any:
        owner = given.get("owner")
        key = name, raw, near, register.model_dump_json(), owner and owner.id
        if key not in known:
            known[key] = read_message(name, raw, campaign, register, near, **given)
        return known[key]

    with (
        mock.patch.object(agent.judging.outcome, "read_message", remembered),
        mock.patch.object(
            agent.judging.outcome, "open_mail", functools.cache(agent.judging.outcome.open_mail)
        ),
        mock.patch.object(agent.keeping.pieces, "read_message", remembered),
        mock.patch.object(agent.reading.photos, "smaller", functools.cache(agent.reading.photos.smaller)),
    ):
        yield


@contextlib.contextmanager
def bench(required: Sequence[str], inbox: Mapping[str, Any]) -> Iterator[Bench]:
    """A bureau on folders; its disk in memory where there is such a place, so that no sync is waited for.

    Args:
        required: ids of the units that must report.
        inbox: further settings of the inbox.
    """
    with tempfile.TemporaryDirectory(prefix="kills-", dir=MEMORY) as top:
        folder = Path(top) / "office"
        (folder / "disk").mkdir(parents=True)
        ways = {
            "inbox": {"folder": "mails", **inbox},
            "outbox": {"folder": "disk/sent", "per_minute": 6000},
        }
        office = make_office(folder, ways, archive="disk/archive")
        units = folder / "rules" / "units.yaml"
        register = yaml.safe_load(units.read_text(encoding="utf-8"))
        for unit in register["units"]:
            unit["required"] = unit["id"] in required
        units.write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
        yield Bench(office, Path(top))


def distinct(states: list[Left], known: Mapping[str, Left] | None = None) -> dict[str, Left]:
    """Of several that left the same disk the first, without those that are known."""
    found: dict[str, Left] = {}
    for one in states:
        if one.digest not in (known or {}):
            found.setdefault(one.digest, one)
    return found


def _tell_of_effects(disk: Path, tell: Callable[[str], object]) -> None:
    """Call ``tell`` with each file of this disk that is written, moved or removed in this process, and each commit."""

    def heard(event: str, given: tuple[Any, ...]) -> None:
        if event in ("os.rename", "os.remove"):
            path = Path(os.fsdecode(given[0 if event == "os.remove" else 1]))
        elif event == "open" and isinstance(given[0], str) and given[2] & (os.O_WRONLY | os.O_RDWR):
            path = Path(given[0])
        else:
            return
        # The ledger's own files tell of themselves by their commits; what is half written has no reader.
        if path.is_relative_to(disk) and path.suffix not in (".part", ".lock") and "ledger" not in path.name:
            tell(f"{event} {path.name}")

    def asked(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement == "COMMIT":
            tell("commit")

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", asked)
    sys.addaudithook(heard)


def digest_of(disk: Path, half_written: bool = False) -> str:
    """What tells a disk from others: its files, and the ledger's rows; the ledger's own bytes may differ.

    What is half written has no reader and a name of its own, so that it makes no other disk unless it is asked for.
    """
    found = [(path.relative_to(disk).as_posix(), path) for path in sorted(disk.rglob("*")) if path.is_file()]
    lines = [
        f"{_name(name)} {_of_bytes(path.read_bytes())}"
        for name, path in found
        if not path.name.startswith(("ledger.", "agent.lock")) and (path.suffix != ".part" or half_written)
    ]
    ledgers = [
        f"{name}\n{_rows(path)}" for name, path in found if path.name in ("ledger.sqlite", "ledger.new")
    ]
    return _of_bytes("\n".join(lines + ledgers).encode())


def contents(disk: Path, campaign: Campaign) -> dict[str, str]:
    """What people and the agent find there in the end: without tries and what a kill left half written."""
    found = {
        path.relative_to(disk).as_posix(): path for path in sorted(disk.rglob("*")) if _is_for_good(path)
    }
    # A digest tells of the moment it is written in: whether the reminders before it have left already.
    digests = [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in found.values() if "digest-" in path.name
    ]
    told = {
        name: "" if "digest" in name else path.read_bytes().decode("latin-1") for name, path in found.items()
    }
    told["ledger"] = str(_dump(next(disk.rglob("ledger.sqlite")), campaign))
    pattern = re.compile("|".join(digests) or "$.")
    return {name: _of_bytes(pattern.sub("", text).encode()) for name, text in told.items()}


def _is_for_good(path: Path) -> bool:
    return path.is_file() and path.suffix != ".part" and not path.name.startswith(("ledger.", "agent."))


def _name(name: str) -> str:
    """Without the process's number, which what is half written bears."""
    return ".".join(word for word in name.split(".") if not (name.endswith(".part") and word.isdigit()))


def _of_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _rows(ledger: Path) -> str:
    """Every row of every table."""
    with _copy_of(ledger) as copy, contextlib.closing(sqlite3.connect(copy)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in tables}
    return str(sorted(rows.items()))


def _dump(ledger: Path, campaign: Campaign) -> dict[str, list[dict[str, Any]]]:
    with _copy_of(ledger) as copy:
        opened = Ledger(copy, campaign)
        try:
            return opened.dump()
        finally:
            opened.close()


@contextlib.contextmanager
def _copy_of(ledger: Path) -> Iterator[Path]:
    """A copy to look into: a ledger that is opened mends itself, and would be another afterwards."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        copy = Path(folder) / "ledger"
        for suffix in ("", "-wal"):
            beside = ledger.with_name(ledger.name + suffix)
            if beside.exists():
                shutil.copyfile(beside, f"{copy}{suffix}")
        yield copy


def _copied(disk: Path, to: Path) -> Path:
    """A copy that costs nothing: what is in place is never written to again, the ledger aside."""
    shutil.copytree(disk, to, copy_function=_linked)
    return to


def _linked(source: str, target: str) -> None:
    if Path(source).name.startswith(("ledger.", "agent.")):
        shutil.copyfile(source, target)
    else:
        os.link(source, target)

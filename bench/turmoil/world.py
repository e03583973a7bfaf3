"""A bureau in turmoil: its mailbox, its mail server, its disk, its clock, and everything that befalls them.

Knows what was done, and with which mails; what must hold afterwards stands in promises.py.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import imaplib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.demo.district import AGENT_ADDRESS
from tests.integration.office import Office
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.integration.servers.ports import free_ports, wait_for_port
from tests.outcome.bureau import ZONE
from turmoil.disk import Disk
from turmoil.line import Line, nothing
from turmoil.mails import LONG_AGO, Mail

AGENT = User(AGENT_ADDRESS, PASSWORD)
BROKEN = (imaplib.IMAP4.error, OSError, EOFError, subprocess.CalledProcessError)
FIRST = dt.datetime(2024, 2, 26, 8, tzinfo=ZONE)
JUMPS = [
    dt.timedelta(hours=1),
    dt.timedelta(days=1),
    dt.timedelta(days=2),
    dt.timedelta(hours=-3),
    dt.timedelta(days=-1),
]
FASTER = 60  # a minute of the bureau's clock in a second


@dataclass
class Clock:
    """The bureau's clock: fast, and apt to leap."""

    _began: float = field(default_factory=time.monotonic)
    _leapt: dt.timedelta = dt.timedelta()

    def now(self) -> dt.datetime:
        return FIRST + self._leapt + FASTER * dt.timedelta(seconds=time.monotonic() - self._began)

    def leap(self, by: dt.timedelta) -> None:
        self._leapt += by


@dataclass
class PostOffice:
    """The mail server's process (post_office.py), and what it has taken."""

    folder: Path
    certificate: Path
    seed: int
    port: int = field(default_factory=lambda: free_ports(1)[0])
    _process: subprocess.Popen[bytes] | None = None

    def start(self, misbehaving: float) -> None:
        script = Path(__file__).with_name("post_office.py")
        command = [sys.executable, script, self.port, self.certificate, self.folder, self.seed, misbehaving]
        self._process = subprocess.Popen([str(word) for word in command], stderr=subprocess.DEVNULL)
        wait_for_port(self.port, 20)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def letters(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("[0-9]*.eml"))]

    def moods(self) -> Counter[str]:
        path = self.folder / "moods"
        return Counter(path.read_text().splitlines()) if path.exists() else Counter()


@dataclass
class World:
    """All of it.

    Attributes:
        delivered: what was put into the mailbox.
        removed: SHA-256 of what somebody took out of it, at any time.
        done: how often each thing befell the bureau.
        complaints: what an agent said or did that none may.
    """

    office: Office
    dovecot: Dovecot
    line: Line
    post: PostOffice
    disk: Disk
    clock: Clock = field(default_factory=Clock)
    delivered: list[Mail] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    started: int = 0
    lives: int = 0

    # The mailbox, as others use it

    def deliver(self, mail: Mail) -> None:
        """Put the mail into the mailbox, however often that takes."""
        received = LONG_AGO if mail.is_early else self.clock.now()
        while True:
            with contextlib.suppress(*BROKEN):
                self.dovecot.deliver(AGENT, mail.raw, received)
                self.delivered.append(mail)
                return
            time.sleep(0.2)

    def present(self) -> set[str]:
        """SHA-256 of every mail in the inbox."""
        with self.dovecot.session(AGENT) as client:
            return set(_hashes(client, "1:*").values())

    def vanish(self, chance: random.Random) -> None:
        """At the next fetch one of the mails asked for is gone, after it was listed."""
        done = threading.Event()

        def expunge(uids: list[int]) -> None:
            if done.is_set():
                return
            done.set()
            self.line.before_fetch = nothing
            with contextlib.suppress(*BROKEN):
                uid = chance.choice(uids)
                with self.dovecot.session(AGENT) as client:
                    self.removed |= set(_hashes(client, str(uid)).values())
                    client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
                    client.expunge()
                self.done["a mail vanished between listing and fetching"] += 1

        self.line.before_fetch = expunge

    def read(self, chance: random.Random) -> bool:
        """Somebody reads some mails, and flags them; False: there are none."""
        with self.dovecot.session(AGENT) as client:
            uids = _uids(client)
            for uid in chance.sample(uids, min(5, len(uids))):
                client.uid("FETCH", uid, "(BODY[])")
                client.uid("STORE", uid, chance.choice("+-") + "FLAGS", r"(\Flagged \Answered)")
            self.done["somebody read mails"] += bool(uids)
            return bool(uids)

    def move(self, chance: random.Random) -> bool:
        """Somebody moves a mail into another folder; at times all that lies there back."""
        with self.dovecot.session(AGENT) as client:
            client.create("Done")
            uids = _uids(client)
            for uid in chance.sample(uids, min(2, len(uids))):
                self.removed |= set(_hashes(client, uid).values())
                client.uid("MOVE", uid, "Done")
                self.done["somebody moved a mail away"] += 1
            if chance.random() < 0.5:
                client.select("Done")
                client.uid("MOVE", "1:*", "INBOX")
                self.done["somebody moved mails back"] += 1
            return bool(uids)

    def copy(self, chance: random.Random) -> bool:
        """The same mail lies there once more, under another UID."""
        with self.dovecot.session(AGENT) as client:
            if uids := _uids(client):
                client.uid("COPY", chance.choice(uids), "INBOX")
                self.done["a mail lay there twice"] += 1
            return bool(uids)

    def new_uidvalidity(self, chance: random.Random) -> None:
        self.dovecot.doveadm(
            "mailbox",
            "update",
            "-u",
            AGENT_ADDRESS,
            "--uid-validity",
            str(chance.randrange(1, 1 << 31)),
            "INBOX",
        )
        self.done["a new UIDVALIDITY"] += 1

    # Servers, line, disk, clock

    def kill_imap(self, chance: random.Random) -> None:
        self.dovecot.end(signal.SIGKILL)
        self.done["IMAP server killed"] += 1
        time.sleep(chance.uniform(0.1, 1.5))
        self.dovecot.start()

    def kill_smtp(self, chance: random.Random) -> None:
        self.post.kill()
        self.done["SMTP server killed"] += 1
        time.sleep(chance.uniform(0.1, 1.5))
        self.post.start(misbehaving=0.06)

    def break_line(self, chance: random.Random) -> None:
        self.line.breaks.append(chance.choice(("cut", "reset", "stall")))

    def fill_disk(self, chance: random.Random) -> None:
        started = self.started
        with self.disk.full(chance.randrange(20_000, 150_000)):
            self.done["disk full"] += 1
            time.sleep(chance.uniform(1, 3))
            for _ in range(100):
                if self.started > started:  # somebody has started meanwhile
                    return
                time.sleep(0.1)

    def leap(self, chance: random.Random) -> None:
        self.clock.leap(chance.choice(JUMPS))
        self.done["the clock leapt"] += 1

    # The agent, and the contact beside it

    def agent(self, chance: random.Random) -> None:
        """One agent's life: a pass, or a while on duty; killed at a place, at a moment, or not at all."""
        short = self.lives < 4  # on a slow machine a short turmoil sees few lives
        command = chance.choice(("poll", "poll", "poll" if short else "run"))
        end = ("place", "none", "moment", "place")[self.lives % 4]
        self.lives += 1
        count = int(10 ** chance.uniform(0, 1.0 if short else 2.6))
        place = {"REPORT_AGENT_FAULT": f"*:{count}"} if end == "place" else {}
        life = chance.uniform(0.6, 4) if end == "moment" else 3.5 if command == "run" else 60
        process = self.start(command, env=place)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(life)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL if end == "moment" else signal.SIGTERM)
        try:
            status = process.wait(60)
        except subprocess.TimeoutExpired:
            self.complaints.append(f"agent {self.started} ({command}) doesn't end")
            process.kill()
            status = process.wait()
        if status == -signal.SIGKILL:
            self.done[f"agent killed at a {end}"] += 1
        else:
            self.done["agent not killed"] += 1

    def decide(self, chance: random.Random) -> None:
        """The contact takes a held mail; at times the command is killed, too."""
        listed = self.office.run("review", "--json", "--now", self.clock.now().isoformat())
        held = re.findall(r'"id": "(H\d+)"', listed.stdout)
        if not held:
            return
        place = {"REPORT_AGENT_FAULT": f"*:{chance.randrange(1, 12)}"} if chance.random() < 0.5 else {}
        process = self.start("review", "accept", chance.choice(held), env=place)
        self.done["decision killed" if process.wait(60) == -signal.SIGKILL else "decision"] += 1

    def start(self, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """A command in a process of its own; what it says is kept, and looked through at the end."""
        self.started += 1
        log = self.office.folder / "agents" / f"{self.started:04d}-{command[0]}.log"
        log.parent.mkdir(exist_ok=True)
        words = [sys.executable, "-m", "agent", *command, "--config", str(self.office.config)]
        with log.open("wb") as file:
            return subprocess.Popen(
                [*words, "--now", self.clock.now().isoformat()],
                cwd=Path(__file__).resolve().parents[2],
                env=self.environment | (env or {}),
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=self.disk.limit,
            )

    def said(self) -> Iterator[str]:
        """What an agent said or did that no operator should ever see."""
        for log in sorted((self.office.folder / "agents").iterdir()):
            text = log.read_text(encoding="utf-8", errors="replace")
            if "Traceback" in text or "程序出错了" in text:
                yield f"{log.name}: {text[-600:]}"
        for crash in (self.office.folder / "crashes").glob("*.log"):
            yield f"{crash.name}: {crash.read_text(encoding='utf-8')[-1200:]}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "REPORT_AGENT_PASSWORD": PASSWORD,
            "TMPDIR": str(self.office.folder / "crashes"),
        }


def _uids(client: imaplib.IMAP4) -> list[str]:
    found = client.uid("SEARCH", "ALL")[1][0]
    return found.decode().split() if found else []


def _hashes(client: imaplib.IMAP4, uids: str) -> dict[int, str]:
    """UID → SHA-256 of each of these mails."""
    lines = client.uid("FETCH", uids, "(UID BODY.PEEK[])")[1]
    found = {}
    for line in lines:
        if isinstance(line, tuple) and (uid := re.search(rb"UID (\d+)", line[0])):
            found[int(uid[1])] = hashlib.sha256(line[1]).hexdigest()
    return found

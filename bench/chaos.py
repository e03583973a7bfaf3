"""A bureau in turmoil, against a real Dovecot and a real mail server: nothing lost, nothing twice, or exit status 1.

While made-up mails arrive, the agent, the IMAP server and the SMTP server are killed, the line breaks in the middle of
a mail, the disk fills, the clock leaps, the UIDVALIDITY changes, mails vanish between listing and fetching, somebody
reads, moves and copies mails in the same mailbox, and the contact decides. The same seed makes the same mails and the
same plan; how the processes fall into step with it is the machine's.

    python bench/chaos.py --seed 1                           500 mails, 10 minutes
    python bench/chaos.py --seed 1 --mails 40 --minutes 0.4  a quick look
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import logging
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from measure import result, show
from turmoil.disk import small_disk
from turmoil.line import nothing, running_line
from turmoil.mails import Mail, made_up
from turmoil.promises import Findings, look
from turmoil.world import BROKEN, PostOffice, World

from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS, addresses
from tests.integration.office import make_office
from tests.integration.servers.dovecot import running_dovecot

Act = Callable[[World, random.Random], object]

A_MINUTE: dict[str, tuple[float, Act]] = {
    "kill the IMAP server": (2, World.kill_imap),
    "kill the SMTP server": (2, World.kill_smtp),
    "break the line in a mail": (6, World.break_line),
    "fill the disk": (1.5, World.fill_disk),
    "leap in time": (2, World.leap),
    "change the UIDVALIDITY": (1.5, World.new_uidvalidity),
    "let a mail vanish": (4, World.vanish),
    "read mails": (4, World.read),
    "move mails": (4, World.move),
    "copy a mail": (2, World.copy),
    "decide": (2, World.decide),
}
"""What befalls the bureau, and how often a minute; each once at least."""

DELIVERED_BY, QUIET_FROM = 0.8, 0.92  # of the time: when the last mail has come, and when the turmoil ends
PATIENCE = 10  # times that something is tried to befall the bureau
LONGEST_DRAIN = 60  # passes after the turmoil until nothing is left to do


@dataclass(frozen=True)
class Step:
    """One thing that befalls the bureau, so many seconds after the beginning."""

    at: float
    what: str
    seed: int


def main() -> int:
    asked = _arguments()
    top = Path(tempfile.mkdtemp(prefix=f"chaos-{asked.seed}-"))
    top.chmod(0o755)
    print(f"chaos: seed {asked.seed}, {asked.mails} mails, {asked.minutes:g} minutes, in {top}", flush=True)
    plan = _plan(asked.seed, 60 * asked.minutes)
    _print_plan(plan)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    with _world(top, asked.seed) as world:
        try:
            _turmoil(world, plan, asked)
            found = look(world)
        except Exception:
            found = Findings([traceback.format_exc()])
        _show(world, found, asked)
        if found.broken:
            shutil.copytree(
                world.office.archive, top / "archive-kept"
            )  # the small disk goes with this process
    if not found.broken and not asked.keep:
        shutil.rmtree(top)
        return 0
    print(
        f"everything is kept in {top}; again: python bench/chaos.py --seed {asked.seed} --mails {asked.mails} --minutes {asked.minutes:g}"
    )
    return 1 if found.broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--keep", action="store_true", help="keep all files, also where nothing is broken")
    return parser.parse_args()


def _plan(seed: int, seconds: float) -> list[Step]:
    chance = random.Random(f"plan {seed}")
    steps = []
    for what, (often, _) in A_MINUTE.items():
        for _ in range(max(1, round(often * seconds / 60))):
            at = chance.uniform(0.1, QUIET_FROM) * seconds
            steps.append(Step(at, what, chance.randrange(1 << 30)))
    return sorted(steps, key=lambda step: step.at)


def _print_plan(plan: list[Step]) -> None:
    for step in plan:
        print(f"  {step.at:6.1f} s  {step.what}")
    sys.stdout.flush()


@contextlib.contextmanager
def _world(top: Path, seed: int) -> Iterator[World]:
    (top / "office" / "archive").mkdir(parents=True)
    (top / "office" / "crashes").mkdir()
    for name in ("servers", "post"):
        (top / name).mkdir()
    with (
        small_disk(
            top / "office" / "archive"
        ) as disk,  # first: threads that run already would see another disk
        running_dovecot(top / "servers") as dovecot,
        running_line(dovecot.imap_port) as line,
    ):
        for address in (AGENT_ADDRESS, CONTACT_ADDRESS, *addresses().values()):
            dovecot.new_user(address)
        post = PostOffice(top / "post", dovecot.ca_file, seed)
        account = {"host": "127.0.0.1", "user": AGENT_ADDRESS, "timeout": 2}
        ways = {
            "inbox": {
                "imap": {**account, "port": line.port, "tls": False},
                "answer_from": "2000-01-01T00:00:00",
            },
            "outbox": {
                "smtp": {**account, "port": post.port, "ca_file": str(dovecot.ca_file)},
                "per_minute": 6000,
                "per_address_per_hour": 30,
            },
        }
        office = make_office(top / "office", ways, schedule={"poll_minutes": 1})
        post.start(misbehaving=0.06)
        try:
            yield World(office, dovecot, line, post, disk)
        finally:
            post.kill()


def _turmoil(world: World, plan: list[Step], asked: argparse.Namespace) -> None:
    chance = random.Random(f"mails {asked.seed}")
    mails = made_up(asked.mails, chance)
    over, began = threading.Event(), time.monotonic()
    seconds = 60 * asked.minutes
    threads = [
        threading.Thread(target=_guarded, args=(world, work))
        for work in (lambda: _deliver(world, mails, chance, seconds), lambda: _work(world, asked.seed, over))
    ]
    for thread in threads:
        thread.start()
    for step in plan:
        time.sleep(max(0.0, began + step.at - time.monotonic()))
        _befall(world, step)
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    over.set()
    for thread in threads:
        thread.join()
    _drain(world)


def _befall(world: World, step: Step) -> None:
    """Do it; again where a server was away just then, or no mail there to do it with."""
    for _ in range(PATIENCE):
        with contextlib.suppress(*BROKEN):
            if A_MINUTE[step.what][1](world, random.Random(step.seed)) is not False:
                return
        time.sleep(0.3)
    world.done[f"couldn't {step.what}"] += 1


def _guarded(world: World, work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        world.complaints.append(f"the bench itself: {traceback.format_exc()}")


def _deliver(world: World, mails: list[Mail], chance: random.Random, seconds: float) -> None:
    began = time.monotonic()
    moments = sorted(chance.uniform(0, DELIVERED_BY * seconds) for _ in mails)
    for mail, moment in zip(mails, moments, strict=True):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        world.deliver(mail)


def _work(world: World, seed: int, over: threading.Event) -> None:
    chance = random.Random(f"agent {seed}")
    while not over.is_set():
        world.agent(chance)


def _drain(world: World) -> None:
    """After the turmoil: passes until there is nothing left to do."""
    world.post.kill()
    world.post.start(misbehaving=0)
    if world.line.breaks or world.line.before_fetch is not nothing:  # planned, and no mail was fetched since
        world.new_uidvalidity(random.Random(0))
    for done in range(LONGEST_DRAIN):
        world.clock.leap(dt.timedelta(hours=1))
        process = world.start("poll", "--json")
        status = process.wait(300)
        counts = world.office.json("status")
        asked_again = done > 1  # what the mailbox didn't give comes within two hours
        if asked_again and status == 0 and not counts["letters"]["queued"]:
            return
    world.complaints.append(f"after {LONGEST_DRAIN} passes there is still something to do")


def _show(world: World, found: Findings, asked: argparse.Namespace) -> None:
    done = (
        world.done + world.post.moods() + Counter({f"line: {how}": n for how, n in world.line.broken.items()})
    )
    show("What befell the bureau", ("", "times"), sorted(done.items()))
    show("What became of it", ("", ""), list(found.figures.items()))
    print(f"\nthe disk: {world.disk.how}; agents started: {world.started}")
    for broken in found.broken:
        print(f"BROKEN: {broken}")
    kept = not found.broken
    result(
        "chaos",
        {"nothing lost, nothing twice": kept},
        seed=asked.seed,
        done=dict(done),
        figures=found.figures,
    )


if __name__ == "__main__":
    sys.exit(main())

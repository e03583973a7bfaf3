"""Hostile files and mails (tests/reading/hostile.py, hostile_mails.py): what each costs, and what its sender is told.

    .venv/bin/python bench/hostile.py              all of them, some minutes
    .venv/bin/python bench/hostile.py pdf 弹.zip    those of a family, or of a name
    .venv/bin/python bench/hostile.py mail          the mails

A case is read in this process, as `report-agent read` would; a mail as it is judged, so that this process's share is the
agent's own. Seconds are of the clock and, with those of all that was started, of the processor; memory is the highest of
this process (beyond what it had) and of any that it started, disk is what is left in the folder for temporary files. The
clock's bound is the product's: up to three times as long on a machine that is busy with other work.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from measure import ROOT, result, show

sys.path.insert(0, str(ROOT / "tests" / "reading"))

from hostile import CASES, REFUSALS, Case  # type: ignore[import-not-found]
from hostile_mails import MAILS  # type: ignore[import-not-found]

from agent.campaign.rules import load_campaign
from agent.campaign.units import load_register
from agent.judging.contents import bring
from agent.mail.message import parse
from agent.reading.apart import apart
from agent.reading.apart.effort import Effort
from agent.reading.apart.outside import patience
from agent.reading.files import open_mail, read_file, read_message
from agent.reading.reading import FileReading

SECONDS, MEGABYTES = 10.0, 512
MAIL = "mail"
NEAR = dt.date(2024, 3, 5)
SLACK = 4.0  # seconds: starting processes, and the machine's other work
CAMPAIGN, REGISTER = (
    load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml"),
    load_register(ROOT / "agent/demo/campaign/units.yaml"),
)


@dataclass
class Cost:
    """What reading one case took."""

    seconds: float = 0.0
    processor: float = 0.0
    patience: float = 1.0
    own_mb: float = 0.0
    others_mb: float = 0.0
    left: list[str] = field(default_factory=list)
    told: tuple[str, ...] = ()
    kind: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*")
    which = parser.parse_args().which
    mails = [Case(f"{one.what}.{MAIL}", "a mail", one.make, one.may, one.slow) for one in MAILS]
    cases = [
        one
        for one in (*CASES, *mails)
        if not which or one.name in which or one.name.rpartition(".")[2] in which
    ]
    read_file("a.csv", b"a,b", CAMPAIGN, REGISTER, NEAR)  # what is loaded once
    rows, bad = [], []
    for case in cases:
        cost = measured(case)
        wrong = _wrong(case, cost)
        bad += [f"{case.name}（{case.what}）：{one}" for one in wrong]
        row = (
            case.name,
            cost.seconds,
            cost.processor,
            round(cost.own_mb),
            round(cost.others_mb),
            cost.kind,
            " ".join(cost.told) or "-",
        )
        rows.append(row)
        print(*row, "" if not wrong else f"<-- {wrong}", flush=True)
    heads = ("", "clock s", "processor s", "own MB", "others MB", "kind", "told")
    show("Hostile files", heads, rows)
    print("\n".join(bad))
    result(
        "hostile",
        {"bounded and told": not bad},
        cases=len(cases),
        slowest_s=max(row[1] for row in rows),
        most_processor_s=max(row[2] for row in rows),
        most_own_mb=max(row[3] for row in rows),
        most_others_mb=max(row[4] for row in rows),
    )


def measured(case: Case) -> Cost:
    data = case.make()
    cost = Cost()
    with _temporary() as folder, _fresh_processes():
        apart.prepare("files")
        read_file("a.csv", b"a,b", CAMPAIGN, REGISTER, NEAR)
        before = _reset_peak()
        with _watched(cost):
            effort, began = Effort(os.getpid()), time.perf_counter()
            cost.patience = patience()
            reading = _read(case, data)
            cost.seconds = time.perf_counter() - began
            effort.look(cost.seconds)
            cost.processor, cost.patience = effort.processor, max(cost.patience, patience())
        cost.own_mb = _peak(os.getpid()) - before
        cost.left = [one.name for one in folder.iterdir() if not one.name.startswith("report-agent-office-")]
    cost.kind, cost.told = reading.kind, refusals(reading)
    return cost


def _read(case: Case, data: bytes) -> FileReading:
    """The case as the command reads it; a mail as it is judged."""
    if not case.name.endswith(f".{MAIL}"):
        return read_file(case.name, data, CAMPAIGN, REGISTER, NEAR)
    opened = open_mail(data)
    message = parse(data, opened.mime)
    reading = read_message(case.name, data, CAMPAIGN, REGISTER, NEAR, mail=opened)
    bring(message, reading, CAMPAIGN, opened.pages)
    return reading


def refusals(reading: FileReading) -> tuple[str, ...]:
    rules = (finding.rule for one in reading.everything() for finding in one.findings)
    return tuple(dict.fromkeys(rule for rule in rules if rule in REFUSALS))


def _wrong(case: Case, cost: Cost) -> list[str]:
    wrong = []
    if not (set(cost.told) <= set(case.may) and (cost.told or "read" in case.may)):
        wrong.append(f"told {cost.told} instead of {case.may}")
    seconds = 60.0 if case.pictured else SECONDS
    if cost.seconds > seconds * cost.patience + SLACK or cost.processor > seconds + SLACK:
        wrong.append(f"{cost.seconds:.1f} s, {cost.processor:.1f} of the processor")
    if max(cost.own_mb, cost.others_mb) > MEGABYTES:
        wrong.append(f"{cost.own_mb:.0f} and {cost.others_mb:.0f} MB")
    return wrong + [f"left {name}" for name in cost.left]


# --- what it costs ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        was, tempfile.tempdir = tempfile.tempdir, made
        yield Path(made)
        tempfile.tempdir = was


@contextlib.contextmanager
def _fresh_processes() -> Iterator[None]:
    apart.end_all()
    yield


@contextlib.contextmanager
def _watched(cost: Cost) -> Iterator[None]:
    """Look at what was started, and at its children, fifty times a second."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            cost.others_mb = max([cost.others_mb, *map(_peak, _descendants(os.getpid()))])

    watcher = threading.Thread(target=look)
    watcher.start()
    yield
    done.set()
    watcher.join()


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _peak(pid: int) -> float:
    """The most memory that a process has held, in megabytes."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _reset_peak() -> float:
    Path("/proc/self/clear_refs").write_text("5")
    return _peak(os.getpid())


if __name__ == "__main__":
    main()

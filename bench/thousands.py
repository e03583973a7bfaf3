"""Ten thousand mails, the whole job: memory, time a mail, and what standing idle costs, as they grow.

Mixed mails, all different (many.py), from eleven units: forms, forms with errors, photos, accounts, questions,
strangers, automatic answers. The mailbox is filled by and by; one agent polls it, and after each batch its memory, its
time a mail, and its idle time are taken. Syncing to the disk is left out: it costs each mail the same.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from many import STRANGERS, mixed_mail
from measure import ROOT, arguments, result, show
from scene import FIRST, Scene, scene

STEPS = 10
GROWTH = 1.25
"""How much more a mail may take, and the memory be, at the end than after the first fifth."""


def main() -> None:
    asked = arguments(__doc__ or "", runs=1, mails=10_000)
    with scene() as place:
        for stranger in STRANGERS:  # who are answered
            place.dovecot.new_user(stranger)
        told = _watched(place, [asked.mails * step // STEPS for step in range(1, STEPS + 1)])
    heads = ("", "MB", "peak", "readers", "CPU ms a mail", "idle poll, CPU ms", "idle minute", "status, ms")
    names = ("mb", "peak_mb", "readers_mb", "ms_a_mail", "poll_ms", "minute_ms", "status_ms")
    rows = [(f"{one['mails']} mails", *(float(one[name]) for name in names)) for one in told]
    show(f"{asked.mails} mails of {told[-1]['units']} units, {told[-1]['letters']} letters", heads, rows)
    early, late = told[1], told[-1]  # the first batch pays for what is loaded once
    ratios = {name: late[name] / early[name] for name in names[:-1] if early[name]}
    aims = {f"{name} grows < {GROWTH}": ratios[name] < GROWTH for name in ("peak_mb", "ms_a_mail", "poll_ms")}
    result("thousands", aims, ratios=ratios, batches=told)


def _watched(place: Scene, counts: list[int]) -> list[dict[str, Any]]:
    """The agent in a process of its own, which is told to go on once the mailbox holds the next batch."""
    from agent.demo.district import AGENT_ADDRESS
    from tests.integration.servers.dovecot import PASSWORD, User

    command = [sys.executable, __file__, "agent", str(place.office("thousands").config)]
    env = {**os.environ, "REPORT_AGENT_PASSWORD": PASSWORD}
    pipe, told, had = subprocess.PIPE, list[dict[str, Any]](), 0
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True) as agent:
        assert agent.stdin is not None
        assert agent.stdout is not None
        for count in counts:
            moments = {number: FIRST + dt.timedelta(seconds=90 * number) for number in range(had, count)}
            mails = ((mixed_mail(number, sent), sent) for number, sent in moments.items())
            place.fill(User(AGENT_ADDRESS, PASSWORD), mails)
            print("go", file=agent.stdin, flush=True)
            told.append(json.loads(agent.stdout.readline()))
            print(told[-1], file=sys.stderr, flush=True)
            assert told[-1]["mails"] == count, told[-1]
            had = count
        agent.stdin.close()
    return told


# --- the agent -------------------------------------------------------------------------------------------


def _agent(config: Path) -> None:
    from polling import unsynced

    from agent.campaign.settings import load_settings
    from agent.keeping.workspace import Workplace
    from agent.service.loop import Service

    os.fsync = unsynced
    work = Workplace.open(load_settings(config))
    clock = _Clock(FIRST)
    with work.archive.locked():
        service = Service(work, clock)
        for _ in sys.stdin:
            before, began = work.ledger.last_seq(), time.process_time()
            done = service.poll()
            took = time.process_time() - began
            assert done.went_well, done
            counts = work.ledger.message_counts()
            told = {
                "mails": counts.received,
                "units": len(work.listed.units),
                "letters": work.ledger.letter_counts().sent,
                "ms_a_mail": 1000 * took / (work.ledger.last_seq() - before),
                "mb": _of_status("VmRSS"),
                "peak_mb": _of_status("VmHWM"),
                "readers_mb": _readers(),
                "poll_ms": _cpu_ms(service.poll),
                "minute_ms": _cpu_ms(service.minute),
                "status_ms": _cpu_ms(lambda: work.overview(clock()), runs=1),
            }
            print(json.dumps({name: round(value, 2) for name, value in told.items()}), flush=True)


class _Clock:
    """A clock that goes on by a few seconds whenever it is looked at: ten thousand mails come in over days."""

    def __init__(self, now: dt.datetime) -> None:
        self._now = now

    def __call__(self) -> dt.datetime:
        self._now += dt.timedelta(seconds=10)
        return self._now


def _cpu_ms(act: Any, runs: int = 5) -> float:
    act()
    began = time.process_time()
    for _ in range(runs):
        act()
    return 1000 * (time.process_time() - began) / runs


def _of_status(name: str, process: int | str = "self") -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0.0)


def _readers() -> float:
    """The memory of the processes that read files, all together."""
    from agent.reading.apart.apart import TASKS, worker_id

    found = [one for one in map(worker_id, TASKS) if one is not None]
    return sum(_of_status("VmRSS", one) for one in found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["agent"]:
        _agent(Path(sys.argv[2]))
    else:
        main()

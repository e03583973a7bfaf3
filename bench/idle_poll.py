"""An idle poll, one that finds nothing new, on a large mailbox against one on a small mailbox.

Twice: the mails are from before the campaign (a mailbox with a past), and the agent has taken in every one of
them. The floor is what any client must do: connect by TLS, log in, open the folder, search. A minute is what
`run` does each minute in which nothing happened.
"""

from __future__ import annotations

import os
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imap_tools import MailBox
from measure import ROOT, arguments, result, show
from polling import in_a_process
from scene import FIRST, NOW, Scene, scene, small_mails

from agent.service.loop import Service
from tests.integration.office import Office
from tests.integration.servers.dovecot import PASSWORD, User

AIM = 1.2
SMALL = 100


@dataclass(frozen=True)
class Case:
    """A mailbox and the bureau that polls it, all that was new already had."""

    user: User
    office: Office
    service: Service


def main() -> None:
    asked = arguments(__doc__ or "", runs=15, mails=20_000)
    os.environ["REPORT_AGENT_PASSWORD"] = PASSWORD
    rows, ratios = [], {}
    with scene() as place:
        for past in (True, False):
            what = "from before the campaign" if past else "taken in"
            cases = [_case(place, count, past) for count in (SMALL, asked.mails)]
            for how, measure, runs in _measures(place, asked.runs):
                few, many = _in_turn(cases, measure, runs)
                ratios[f"{how}, {what}"] = many / few
                rows.append((f"{how}, mails {what}", 1000 * few, 1000 * many, many / few))
    heads = ("", f"{SMALL} mails, ms", f"{asked.mails} mails, ms", "ratio")
    show(f"An idle poll (median of {asked.runs})", heads, rows)
    polls = {name: ratio for name, ratio in ratios.items() if not name.startswith("floor")}
    result("idle_poll", {f"{name} < {AIM}": ratio < AIM for name, ratio in polls.items()}, ratios=ratios)


def _case(place: Scene, count: int, past: bool) -> Case:
    user = User(f"{'past' if past else 'had'}{count}@civil.example", PASSWORD)
    first = FIRST.replace(year=FIRST.year - 1) if past else FIRST
    place.fill(user, small_mails(count, first))
    office = place.office(user.address, user)
    told = in_a_process("setup", office.config, NOW)
    assert told["mails"] == (0 if past else count), told
    work = office.open()
    service = Service(work, lambda: NOW)
    assert service.poll().intake.new == 0
    return Case(user, office, service)


Measure = Callable[[Case], object]


def _measures(place: Scene, runs: int) -> list[tuple[str, Measure, int]]:
    context = ssl.create_default_context(cafile=place.dovecot.ca_file)

    def floor(case: Case) -> object:
        with MailBox("127.0.0.1", place.dovecot.imaps_port, ssl_context=context) as mailbox:
            mailbox.login(case.user.address, PASSWORD, initial_folder=None)
            mailbox.folder.set("INBOX", readonly=True)
            return mailbox.client.uid("SEARCH", "UID", "100000:*")

    def poll(case: Case) -> object:
        return case.service.poll()

    def command(case: Case) -> object:
        arguments = [sys.executable, "-m", "agent", "poll", "--config", str(case.office.config)]
        return subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True)

    def minute(case: Case) -> object:
        return case.service.minute()

    few = max(3, runs // 3)
    return [
        ("floor", floor, runs),
        ("poll", poll, runs),
        ("minute", minute, runs),
        ("whole command", command, few),
    ]


def _in_turn(cases: Sequence[Case], measure: Measure, runs: int) -> list[float]:
    """The median seconds of each case, measured in turn, so that a slow moment of the machine is everybody's."""
    took: list[list[float]] = [[] for _ in cases]
    for case in cases:
        measure(case)  # once for nothing: caches
    for _ in range(runs):
        for case, seconds in zip(cases, took, strict=True):
            began = time.perf_counter()
            measure(case)
            seconds.append(time.perf_counter() - began)
    return [statistics.median(one) for one in took]


if __name__ == "__main__":
    main()

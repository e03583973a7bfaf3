"""Polling 300 mails (a form and three photos, 1 to 3 MB each), the whole job with filing and answers.

The floor is imap-tools' own loop over the same mailbox, which downloads and parses the mails and does no more.
"""

from __future__ import annotations

import statistics
from typing import Any

from measure import arguments, result, show
from polling import in_a_process
from scene import NOW, Scene, reports, scene

from agent.demo.district import AGENT_ADDRESS
from tests.integration.servers.dovecot import PASSWORD, User


def main() -> None:
    asked = arguments(__doc__ or "", runs=3, mails=300)
    with scene() as place:
        size = place.fill(User(AGENT_ADDRESS, PASSWORD), reports(asked.mails))
        _run(place, "loop", 0, asked.mails)  # for nothing: caches
        passes, loops = [], []
        for run in range(asked.runs):  # in turn, so that a slow minute of the machine is everybody's
            passes.append(_run(place, "agent", run, asked.mails))
            loops.append(_run(place, "loop", run, asked.mails))
        staged = _run(place, "stages", asked.runs, asked.mails)
    _tell(asked.mails, size, passes, loops, staged)


def _run(place: Scene, how: str, number: int, mails: int) -> dict[str, Any]:
    told = in_a_process(how, place.office(f"{how}-{number}").config, NOW)
    assert told["mails"] == mails, told
    return told


def _tell(
    mails: int,
    size: int,
    passes: list[dict[str, Any]],
    loops: list[dict[str, Any]],
    staged: dict[str, Any],
) -> None:
    took, floor = (statistics.median(one["seconds"] for one in runs) for runs in (passes, loops))
    letters = passes[0]["letters"]
    show(
        f"{mails} mails, {size / 1e6:.0f} MB, {letters} letters sent",
        ("", "seconds", "ms a mail", "ratio"),
        [
            ("imap-tools' loop: download and parse", floor, 1000 * floor / mails, 1.0),
            ("the whole job", took, 1000 * took / mails, took / floor),
        ],
    )
    stages = sorted(staged["stages"].items(), key=lambda stage: -stage[1])
    show(
        f"Where it goes (one run with stopwatches; {staged['syncs'] / mails:.1f} syncs a mail, "
        f"{1000 * staged['sync_seconds'] / mails:.1f} ms)",
        ("stage", "ms a mail", "share"),
        [(name, 1000 * seconds / mails, seconds / staged["seconds"]) for name, seconds in stages],
    )
    result(
        "poll_300",
        {},
        mails=mails,
        megabytes=size / 1e6,
        ratio=took / floor,
        seconds=took,
        floor_seconds=floor,
        syncs_a_mail=staged["syncs"] / mails,
        ms_a_mail={name: 1000 * seconds / mails for name, seconds in stages},
    )


if __name__ == "__main__":
    main()

"""The peak memory of a pass over 300 mails of 1 to 3 MB, in a process of its own.

Beside it: the program with all its modules loaded and nothing done, and imap-tools' own loop over the same mails.
"""

from __future__ import annotations

import statistics

from measure import arguments, result, show
from polling import in_a_process
from scene import NOW, reports, scene

from agent.demo.district import AGENT_ADDRESS
from tests.integration.servers.dovecot import PASSWORD, User

AIM = 250
WHAT = {"imports": "modules loaded", "loop": "imap-tools' loop", "agent": "the whole job"}


def main() -> None:
    asked = arguments(__doc__ or "", runs=2, mails=300)
    peaks: dict[str, float] = {}
    with scene() as place:
        size = place.fill(User(AGENT_ADDRESS, PASSWORD), reports(asked.mails))
        for how in WHAT:
            told = [in_a_process(how, place.office(f"{how}-{run}").config, NOW) for run in range(asked.runs)]
            assert how == "imports" or all(one["mails"] == asked.mails for one in told), told
            peaks[how] = statistics.median(one["peak_mb"] for one in told)
    rows = [(what, peaks[how], peaks[how] / peaks["imports"]) for how, what in WHAT.items()]
    show(f"Peak memory, {asked.mails} mails, {size / 1e6:.0f} MB", ("", "MB", "ratio"), rows)
    result("memory", {f"< {AIM} MB": peaks["agent"] < AIM}, mails=asked.mails, peak_mb=peaks)


if __name__ == "__main__":
    main()

"""One mail of 60 MB, the whole job, in a process of its own: six photos of ten megabytes, or one zip of them.

Its memory and that of the processes that read files for it, each and all together, looked at twenty times a second.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from many import heavy_mail
from measure import ROOT, arguments, result, show
from scene import FIRST, NOW

from tests.integration.office import FOLDERS, make_office

AIM = 300


def main() -> None:
    asked = arguments(__doc__ or "", runs=3, megabytes=60)
    told = {how: _measured(how, asked.megabytes, asked.runs) for how in ("photos", "zip")}
    rows = [
        (how, one["agent_mb"], one["readers_mb"], one["together_mb"], one["seconds"])
        for how, one in told.items()
    ]
    heads = ("", "agent, MB", "largest reader", "all together", "seconds")
    show(f"A mail of {asked.megabytes} MB of photos", heads, rows)
    aims = {f"agent < {AIM} MB, {how}": one["agent_mb"] < AIM for how, one in told.items()}
    result("heavy", aims, megabytes=asked.megabytes, **told)


def _measured(how: str, megabytes: int, runs: int) -> dict[str, float]:
    raw = heavy_mail(how, FIRST, megabytes)
    seen = [_once(raw) for _ in range(runs)]
    return {name: statistics.median(one[name] for one in seen) for name in seen[0]} | {
        "mail_mb": len(raw) / 1e6
    }


def _once(raw: bytes) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        office = make_office(Path(folder), FOLDERS)
        (office.folder / "mails" / "1.eml").write_bytes(raw)
        command = [
            sys.executable,
            "-m",
            "agent",
            "poll",
            "--config",
            str(office.config),
            "--now",
            NOW.isoformat(),
        ]
        began = time.perf_counter()
        agent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peaks: dict[int, float] = {}
        together = 0.0
        while agent.poll() is None:
            family = _family(agent.pid)
            together = max(together, sum(one["VmRSS"] for one in family.values()))
            peaks |= {one: max(told["VmHWM"], peaks.get(one, 0)) for one, told in family.items()}
            time.sleep(0.05)
        took = time.perf_counter() - began
        assert agent.returncode == 0
        (status,) = (one for one in office.json("status")["units"] if one["photos"]["count"])
        assert (status["photos"]["count"], status["form"]["status"]) == (6, "accepted"), status
    readers = [peak for one, peak in peaks.items() if one != agent.pid]
    told: dict[str, Any] = {"agent_mb": peaks[agent.pid], "readers_mb": max(readers), "together_mb": together}
    return {**told, "seconds": took}


def _family(parent: int) -> dict[int, dict[str, float]]:
    """The process and all that it has started, each with its memory in megabytes now and at its most."""
    found = {int(path.name): told for path in Path("/proc").glob("[0-9]*") if (told := _told(path))}
    family, grown = {parent}, True
    while grown:
        more = {one for one, told in found.items() if told["PPid"] in family} - family
        family, grown = family | more, bool(more)
    return {one: found[one] for one in family if one in found}


def _told(process: Path) -> dict[str, float]:
    try:
        lines = dict(
            line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
        )
    except OSError:  # it has just ended
        return {}
    memory = {name: int(lines.get(name, "0").split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}
    return {"PPid": int(lines["PPid"]), **memory}


if __name__ == "__main__":
    main()

"""How soon the command answers: --help, status on the demo's archive, read on one small form, against Python's own start.

Lists what status spends on imports, dearest first.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ROOT, arguments, result, show

AIMS = {"--help": 0.3, "status": 0.8, "read": 0.5}
SLOWEST = 12


def main() -> None:
    asked = arguments(__doc__ or "", runs=11)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        out = Path(folder) / "demo"
        _run("-m", "agent", "demo", "--out", str(out))
        commands = {
            "python -c pass": ("-c", "pass"),
            "--help": ("-m", "agent", "--help"),
            "status": ("-m", "agent", "status", "--config", str(out / "config.yaml")),
            "read": ("-m", "agent", "read", str(_form(Path(folder)))),
        }
        seconds = _in_turn(commands, asked.runs)
        imports = _imports(*commands["status"])
    floor = seconds["python -c pass"]
    rows = [(name, took, took / floor) for name, took in seconds.items()]
    show(f"Start-up (median of {asked.runs})", ("", "seconds", "ratio"), rows)
    show("Dearest imports of status", ("module", "own ms", "with all it imports"), imports[:SLOWEST])
    met = {f"{name} < {aim} s": seconds[name] < aim for name, aim in AIMS.items()}
    result("startup", met, seconds=seconds, ratios={name: took / floor for name, took in seconds.items()})


def _form(folder: Path) -> Path:
    """A filled form, .xlsx."""
    sys.path.insert(0, str(ROOT / "tests" / "reading"))
    import make_forms  # type: ignore[import-not-found]

    path = folder / "form.xlsx"
    path.write_bytes(make_forms.xlsx())
    return path


def _run(*arguments: str) -> str:
    """Run Python; returns its standard error, which -X importtime writes to."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stderr


def _in_turn(commands: dict[str, tuple[str, ...]], runs: int) -> dict[str, float]:
    """The median seconds of each command, one after another each time; the first time is for the caches."""
    took: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            _run(*command)
            if run:
                took[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in took.items()}


def _imports(*command: str) -> list[tuple[str, float, float]]:
    """Module, its own milliseconds, and with what it imports; by package, the dearest first."""
    lines = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \|\s+(\S+)", _run("-X", "importtime", *command))
    own: dict[str, float] = {}
    whole: dict[str, float] = {}
    for alone, together, module in lines:
        package = module.partition(".")[0]
        own[package] = own.get(package, 0.0) + int(alone) / 1000
        whole[package] = max(whole.get(package, 0.0), int(together) / 1000)
    return sorted(((name, took, whole[name]) for name, took in own.items()), key=lambda row: -row[1])


if __name__ == "__main__":
    main()

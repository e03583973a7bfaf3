"""What LibreOffice costs for each old Word document, and what keeping it running could save at the most.

The agent starts it once a file, on a profile that is kept. The floor is the same files in one call: what a file costs
where the program runs already, so that no listener could be faster. Needs LibreOffice.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from measure import ROOT, arguments, result, show

from agent.reading.formats.office import KINDS, convert, find_office
from agent.reading.limits import Budget, Limits

OLD = ROOT / "tests" / "forms" / "old"


def main() -> None:
    asked = arguments(__doc__ or "", runs=3, files=8)
    assert find_office(), "LibreOffice is not installed"
    files = [path.read_bytes() for path in sorted(OLD.glob("*.doc"))[: asked.files]]
    convert(KINDS["doc"], files[0], Budget(Limits()))  # makes the profile
    each, together = [], []
    for _ in range(asked.runs):  # in turn, since the machine is shared
        each.append(_one_by_one(files))
        together.append(_in_one_call(files))
    one, floor = (statistics.median(times) / len(files) for times in (each, together))
    rows = [("started for each file", one, one / floor), ("one call for all", floor, 1.0)]
    show(f"{len(files)} .doc files in a row, seconds a file", ("", "s a file", "ratio"), rows)
    result("office", {"< 1 s a file": one < 1}, files=len(files), seconds=one, floor=floor, saved=one - floor)


def _one_by_one(files: list[bytes]) -> float:
    """Each as the agent reads it."""
    began = time.perf_counter()
    for data in files:
        convert(KINDS["doc"], data, Budget(Limits()))
    return time.perf_counter() - began


def _in_one_call(files: list[bytes]) -> float:
    """All in one call, on a profile that is there already."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{at}.doc" for at in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        profile = Path(folder) / "profile"
        command = [
            str(find_office()),
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--norestore",
        ]
        command += ["--convert-to", "docx", "--outdir", str(Path(folder) / "out")]
        subprocess.run([*command, str(paths[0])], capture_output=True, check=False)  # makes the profile
        began = time.perf_counter()
        subprocess.run([*command, *map(str, paths)], capture_output=True, check=True)
        taken = time.perf_counter() - began
        assert len(list((Path(folder) / "out").iterdir())) == len(files)
        return taken


if __name__ == "__main__":
    main()

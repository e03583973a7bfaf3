"""Nothing that lies in the folder where the program is started is imported, whatever it is called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import form

SCRIPT = "import sys\nfrom agent.cli.commands import main\nsys.exit(main())\n"
"""What an installation makes of `report-agent`: Python looks in the script's own folder, not where one stands."""
TAKEN = [
    "address.py",
    "agent.py",
    "email.py",
    "json.py",
    "decimal.py",
    "openpyxl.py",
    "worker.py",
    "formats.py",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where files and folders lie that are called like what the program imports."""
    trap = "open('imported', 'a').write(__name__ + '\\n')\nraise SystemExit('imported from the working folder')\n"
    for name in TAKEN:
        (tmp_path / name).write_text(trap, encoding="utf-8")
    for package in ("agent", "agent/reading", "yaml", "lxml"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(trap, encoding="utf-8")
    (tmp_path / "agent" / "reading" / "worker.py").write_text(trap, encoding="utf-8")
    (tmp_path / "表.xlsx").write_bytes(form()[1])
    return tmp_path


@pytest.mark.parametrize("way", ["report-agent", "python -P -m agent"])
def test_what_lies_in_the_working_folder_is_never_imported(
    folder: Path, way: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = tmp_path_factory.mktemp("bin") / "report-agent"
    script.write_text(SCRIPT, encoding="utf-8")
    start = [str(script)] if way == "report-agent" else ["-P", "-m", "agent"]
    ran = subprocess.run(
        [sys.executable, *start, "read", "表.xlsx", "--json"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert not (folder / "imported").exists(), (folder / "imported").read_text()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert '"kind": "form"' in ran.stdout


@pytest.mark.parametrize("path", ["", ":", ".", "agent::.", "./agent"], ids=repr)
def test_a_reader_imports_nothing_from_there_either(folder: Path, path: str) -> None:
    """Whatever PYTHONPATH says: an empty or a relative part of it is the working folder."""
    code = (
        "import os; from agent.reading.apart import apart;"
        f"os.chdir({str(folder)!r}); os.environ['PYTHONPATH'] = {path!r};"
        "apart._worker('files')._require_ready(); print('ready')"
    )
    root = str(Path(__file__).resolve().parent.parent.parent)
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert (ran.stdout, (folder / "imported").exists()) == ("ready\n", False), ran.stderr


def test_started_as_a_module_it_forgets_the_folder_at_once(tmp_path: Path) -> None:
    """Without -P too: in the program's own folder, where `agent` is the right one, its neighbours aren't imported."""
    root = Path(__file__).resolve().parent.parent.parent
    shutil.copytree(root / "agent", tmp_path / "agent", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("rules", "templates"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copy(root / "config.yaml", tmp_path)
    for name in ("typer.py", "simplejson.py", "schedule.py", "rich.py"):
        (tmp_path / name).write_text("open('imported', 'w').close()\n", encoding="utf-8")
    (tmp_path / "表.xlsx").write_bytes(form()[1])
    ran = subprocess.run(
        [sys.executable, "-m", "agent", "read", "表.xlsx", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert not (tmp_path / "imported").exists()
    assert '"kind": "form"' in ran.stdout, ran.stderr

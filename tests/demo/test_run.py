"""The demo's command: the whole way once, and again over what it made before."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.base.errors import UsageError
from agent.demo import MARK
from agent.demo.run import run_demo


@pytest.mark.integration
def test_it_ends_with_paths_that_exist_and_can_be_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        run_demo(tmp_path / "out", lambda _text: None)
        told = capsys.readouterr().out
        paths = [
            Path(line.split("　")[1])
            for line in told.splitlines()
            if line.startswith("  ") and "report-agent" not in line
        ]
        assert len(paths) >= 8
        assert all(path.exists() for path in paths)
        letters = [path for path in paths if path.suffix == ".html"]
        assert len(letters) == 4
        assert all(MARK in path.read_text(encoding="utf-8") for path in letters)


def test_it_touches_no_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="--out"):
        run_demo(tmp_path, lambda _text: None)
    assert (tmp_path / "mine.txt").exists()

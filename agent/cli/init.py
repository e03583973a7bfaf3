"""`init`: lay out a working folder with the built-in config.yaml, rules/ and templates/."""

from __future__ import annotations

import shutil
from pathlib import Path

from agent.base.errors import UsageError, in_words
from agent.campaign import resources


def lay_out(folder: Path) -> list[str]:
    """Copy the built-in files; what is there already stays. Returns what was done, a line each.

    Raises:
        UsageError: the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lines = [_copy(source, folder / name) for name, source in _sources()]
        for empty in ("mails",):
            (folder / empty).mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"建不了工作文件夹 {folder}：{in_words(error)}。") from error
    return [
        *lines,
        f"接下来：编辑 {folder / 'config.yaml'} 和 {folder / 'rules' / 'units.yaml'}，然后运行 report-agent check。",
    ]


def _sources() -> list[tuple[str, Path]]:
    base = resources.base()
    trees = [
        path for tree in ("rules", "templates") for path in sorted((base / tree).rglob("*")) if path.is_file()
    ]
    return [(path.relative_to(base).as_posix(), path) for path in (base / "config.yaml", *trees)]


def _copy(source: Path, target: Path) -> str:
    if target.exists():
        return f"保留 {target}（已有）"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return f"建立 {target}"

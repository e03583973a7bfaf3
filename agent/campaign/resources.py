"""Where the built-in rules, templates and config.yaml are: inside an installed wheel, or in the source tree."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def base() -> Path:
    """The folder that holds rules/, templates/ and config.yaml."""
    installed = _PACKAGE / "defaults"
    return installed if installed.is_dir() else _PACKAGE.parent


def templates() -> Path:
    return base() / "templates"

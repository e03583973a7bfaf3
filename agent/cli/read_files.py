"""What the agent reads in files that somebody points at (`read`): nothing is kept, nothing is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agent.base.errors import UsageError, in_words
from agent.campaign.rules import Campaign, run_checks
from agent.campaign.units import Register
from agent.reading.files import Limits, read_file
from agent.reading.reading import FileReading
from agent.reading.table.headers import header_values


def read_files(paths: Sequence[Path], campaign: Campaign, register: Register) -> list[FileReading]:
    """One reading a file, in the order given, with the checks that need neither sender nor dossier.

    Raises:
        UsageError: a file can't be opened.
    """
    return [_read(path, campaign, register) for path in paths]


def has_unreadable(readings: Sequence[FileReading]) -> bool:
    return any(file.kind == "unreadable" for reading in readings for file in reading.everything())


def _read(path: Path, campaign: Campaign, register: Register) -> FileReading:
    most = Limits().file_bytes
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UsageError(f"{path} 不是普通文件。")
        with path.open("rb") as file:
            data = file.read(most + 1)  # of a larger one no more is needed to refuse it
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        inside = "请写明里面的文件，如 read 文件夹/*。" if path.is_dir() else ""
        raise UsageError(f"读不到文件 {path}：{in_words(error)}。{inside}") from error
    reading = read_file(path.name, data, campaign, register, campaign.deadline)
    return _checked(replace(reading, sha256=sha256), campaign)


def _checked(reading: FileReading, campaign: Campaign) -> FileReading:
    inner = tuple(_checked(one, campaign) for one in reading.contains)
    if reading.form is None:
        return replace(reading, contains=inner)
    found = run_checks(campaign, {**reading.form.values, **header_values(reading.form, campaign)})
    return replace(reading, contains=inner, findings=(*reading.findings, *found))

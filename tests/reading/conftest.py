"""What the tests of this folder share: a reading of bytes under a name, and documents' cells at a glance."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.files import read_file
from agent.reading.limits import Limits
from agent.reading.reading import FileReading

sys.path.insert(0, str(Path(__file__).parent))  # for make_forms: the importlib mode adds no folder

NEAR = dt.date(2024, 3, 5)

Read = Callable[..., FileReading]


@pytest.fixture(scope="session")
def read(campaign: Campaign, register: Register) -> Read:
    """``read(name, data)``: the reading under the campaign's rules, near its deadline."""

    def one(name: str, data: bytes, limits: Limits = Limits()) -> FileReading:  # noqa: B008
        return read_file(name, data, campaign, register, NEAR, limits)

    return one


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of writing in pictures isn't installed."""
    monkeypatch.setattr("agent.reading.ocr.installed", lambda: False)

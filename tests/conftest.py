"""What every test may use: the project's root, the campaign, the register; and which tests are integration."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import Register, load_register

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # tests import what they share as tests.…

MEMORY, ROOM = Path("/dev/shm"), 4 << 30
"""Where the tests' files lie if there is so much room, in bytes: on a disk, the agent's synced writes are waited for."""


def pytest_configure() -> None:
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


OFFICE = {"bureau", "Bureau", "make_office", "Office"}
"""What a test file takes that works with a whole office: mails in at one end, letters and archive at the other."""


@pytest.hookimpl(tryfirst=True)  # before pytest looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Integration is, besides what is marked so, every test of a file that works with a whole office.

    The folder of that name goes first: its files take longest, and at the end a long one leaves the others idle.
    """
    items.sort(key=lambda item: "integration" not in item.path.parts)
    for item in items:
        if isinstance(item, pytest.Function) and OFFICE & vars(item.module).keys():
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    return load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")


@pytest.fixture(scope="session")
def register() -> Register:
    return load_register(ROOT / "agent/demo/campaign/units.yaml")

"""What every test may use: the project's root, the campaign, the register."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agent.rules import Campaign, load_campaign
from agent.units import Register, load_register

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # tests import what they share as tests.…


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    return load_campaign(ROOT / "rules" / "winter-warmth.yaml")


@pytest.fixture(scope="session")
def register() -> Register:
    return load_register(ROOT / "rules" / "units.yaml")

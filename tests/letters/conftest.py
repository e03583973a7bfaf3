"""Fixtures of the letters' tests."""

from __future__ import annotations

import pytest

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.dossier.dossier import Dossier
from agent.letters import Answered, Letter, Letters

from .made_up import (
    CONTACT,
    ROOT,
    SENDER,
    cases,
    decided,
    overview,
)
from .opened import EVENING, Case, digest_of


@pytest.fixture(scope="session")
def letters(campaign: Campaign) -> Letters:
    return Letters([ROOT / "templates"], SENDER, CONTACT, campaign)


@pytest.fixture(scope="session")
def sent(campaign: Campaign, register: Register) -> dict[str, tuple[Answered, Dossier, Dossier]]:
    return cases(campaign, register)


@pytest.fixture(scope="session")
def every(
    letters: Letters, sent: dict[str, Case], campaign: Campaign, register: Register
) -> dict[str, Letter]:
    """One of every letter."""
    made = {name: letters.reply(*case, EVENING) for name, case in sent.items()}
    answered, before, after = sent["correction"]
    made["acknowledgement"] = letters.acknowledgement(answered, EVENING)
    made["noted"] = letters.noted(answered, before, EVENING, True, ["微云：照片.zip"])
    made["reminder"] = letters.reminder(after, ["a@town.example", "b@town.example"], EVENING)
    made["decision"] = letters.decision(answered, decided(), EVENING)
    made["digest"] = digest_of(letters, overview(campaign, register, EVENING))
    return made

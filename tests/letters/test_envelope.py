"""Letters as mails: their ids, their headers, their bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.letters import Letter, Letters, is_own_id, message_id

from .made_up import (
    CONTACT,
    ROOT,
    SENDER,
    cases,
    overview,
)
from .opened import (
    EVENING,
    Case,
    digest_of,
    parsed,
    says,
)

# The envelope


def test_every_letter_parses_back_without_defects(every: dict[str, Letter]) -> None:
    for letter in every.values():
        opened = parsed(letter)
        for part in opened.walk():
            assert not part.defects
            assert not [value for value in part.values() if value.defects]
        assert opened.get_content_type() == "multipart/alternative"
        assert [part.get_content_subtype() for part in opened.iter_parts()] == ["plain", "html"]


def test_every_letter_can_travel_by_plain_smtp(every: dict[str, Letter]) -> None:
    for letter in every.values():
        letter.raw.decode("ascii")
        lines = letter.raw.split(b"\r\n")
        assert max(map(len, lines)) < 200
        assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_replies_thread_and_no_letter_invites_an_automatic_answer(
    every: dict[str, Letter], sent: dict[str, Case]
) -> None:
    opened = parsed(every["correction"])
    assert opened["In-Reply-To"] == sent["correction"][0].message_id
    assert opened["References"].split() == ["<first@town.example>", sent["correction"][0].message_id]
    assert opened["Auto-Submitted"] == "auto-replied"
    assert parsed(every["digest"])["Auto-Submitted"] == parsed(every["reminder"])["Auto-Submitted"]
    assert parsed(every["digest"])["Auto-Submitted"] == "auto-generated"
    assert parsed(every["digest"])["In-Reply-To"] is None
    for letter in every.values():
        assert parsed(letter)["X-Auto-Response-Suppress"] == "All"
        assert parsed(letter)["Date"].datetime == EVENING
        assert parsed(letter)["From"].addresses[0].addr_spec == SENDER
        assert "报送邮箱（自动" in parsed(letter)["From"].addresses[0].display_name
        assert [one.addr_spec for one in parsed(letter)["To"].addresses] == list(letter.to)
        says(letter, CONTACT.name, CONTACT.phone, "自动")


def test_the_same_letter_is_the_same_bytes_and_its_id_is_derived(
    every: dict[str, Letter], letters: Letters, campaign: Campaign, register: Register, sent: dict[str, Case]
) -> None:
    fresh = Letters([ROOT / "templates"], SENDER, CONTACT, campaign)
    again = cases(campaign, register)
    for name in sent:
        assert fresh.reply(*again[name], EVENING) == every[name]
    assert digest_of(fresh, overview(campaign, register, EVENING)) == every["digest"]
    for letter in every.values():
        assert letter.id == message_id(letter.kind, letter.about, SENDER) == parsed(letter)["Message-ID"]
        assert is_own_id(letter.id, SENDER)
    answered, before, after = sent["correction"]
    later = letters.correction(replace(answered, decision=7), before, after, EVENING)
    assert later.id != every["correction"].id


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "<x@civil.example>",
        "<report-agent.receipt.0123@civil.example>",
        "<report-agent.receipt.0123456789abcdef01234567@other.example>",
        "report-agent.receipt.0123456789abcdef01234567@civil.example",
    ],
)
def test_another_id_is_not_taken_for_ours(foreign: str) -> None:
    assert not is_own_id(foreign, SENDER)


def test_letters_of_different_kinds_about_one_mail_have_different_ids() -> None:
    kinds = ("receipt", "correction", "acknowledgement", "noted")
    assert len({message_id(kind, "a" * 64, SENDER) for kind in kinds}) == 4

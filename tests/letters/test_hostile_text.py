"""Whatever a sender wrote stays text in a letter, of a bounded length, and never becomes a header."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.dossier.dossier import assemble
from agent.dossier.open_items import KINDS, OpenItem
from agent.dossier.overview import Held, Overview, Stray, Told
from agent.dossier.submission import Piece
from agent.letters import Letter, Letters

from .made_up import (
    answer,
    form,
    form_file,
    form_values,
    mail,
    photo,
)
from .opened import (
    EVENING,
    Case,
    case_of,
    digest_of,
    html_of,
    is_silent_about,
    parsed,
    says,
    shown,
    text_of,
)

BIDI = "\u202e"

# What senders may write


EVIL = f'<script>alert(1)</script><img src=x onerror="y">{BIDI}\r\nBcc: all@town.example\r\n\r\n{{{{ 7*7 }}}}\x00\udcff'


@pytest.fixture(scope="session")
def hostile(letters: Letters, campaign: Campaign, register: Register) -> list[Letter]:
    """Every letter with hostile text wherever a sender's words can stand."""
    case = _hostile_case(campaign, register, EVIL, errors=True)
    good = _hostile_case(campaign, register, EVIL, errors=False)
    held = Held("H1", "0" * 64, "unknown_sender", EVIL, EVIL, None, EVENING, EVIL, (EVIL, EVIL))
    told = Told("letter_failed", EVENING, EVIL)
    said = tuple(
        OpenItem(f"Q{number}", kind, "qingnian", EVIL, EVENING, "0" * 64, number, kind)
        for number, kind in enumerate(KINDS)
    )
    strays = (Stray(EVIL, EVIL, 1), Stray("qingnian", EVIL, 1, EVIL))
    view = Overview(
        campaign, register, EVENING, (case[2], good[2]), held=(held,), told=(told,), open=said, strays=strays
    )
    return [
        letters.reply(*case, EVENING, [EVIL]),
        letters.reply(*good, EVENING, [EVIL]),
        letters.noted(case[0], case[2], EVENING, True, [EVIL]),
        letters.acknowledgement(case[0], EVENING),
        letters.reminder(case[2], ["a@b.example"], EVENING),
        digest_of(letters, view),
    ]


def _hostile_case(campaign: Campaign, register: Register, text: str, *, errors: bool) -> Case:
    unit = register.by_id["qingnian"].model_copy(update={"name": f"青年镇{text}"})
    severities = ("error", "warning", "note") if errors else ("warning", "note")
    findings = tuple(Finding(one, "x", text, "patrols", text) for one in severities)
    values = {**form_values(campaign), "remarks": text}
    came = mail(
        1,
        "2024-03-01T09:32",
        subject=text,
        form=replace(form(unit, values), unit=text, reporter=text, phone=text),
        form_file=form_file(text),
        pieces=(form_file(text), replace(photo(1), name=text), Piece(text, "q", "other")),
        form_findings=findings,
        findings=tuple(Finding(one, "x", text) for one in ("error", "warning", "note")),
        explanation=text,
    )
    return (
        answer(came, message_id=f"<a@b>{text}", references=(text, "<ok@town.example>")),
        assemble(unit, (), (), campaign),
        assemble(unit, (came,), (), campaign),
    )


def test_hostile_text_stays_text(hostile: list[Letter]) -> None:
    for letter in hostile:
        tags = {tag for tag, _ in shown(letter).elements}
        assert not tags & {"script", "img", "iframe", "link", "style", "form"}
        for text in (text_of(letter), html_of(letter)):
            assert BIDI not in text and "\x00" not in text and "\udcff" not in text
            assert not any(line.startswith("Bcc:") for line in text.splitlines())
            assert "49" not in re.sub(r"&#\d+;", "", text).replace("149", "")
        parsed(letter).as_bytes()


def test_hostile_text_adds_no_header_and_no_recipient(hostile: list[Letter]) -> None:
    known = {
        "content-type", "mime-version", "from", "to", "subject", "date", "message-id", "in-reply-to", "references",
        "auto-submitted", "x-auto-response-suppress", "content-language",
    }  # fmt: skip
    for letter in hostile:
        opened = parsed(letter)
        assert {name.lower() for name in opened} <= known
        assert len(opened.keys()) == len(set(opened.keys()))
        assert opened["In-Reply-To"] is None
        assert not opened.defects
        assert len(opened["Subject"]) <= 120


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", '"x" <a@b>', "张@town.example"]
)
def test_an_odd_address_never_becomes_a_header(address: str, letters: Letters, sent: dict[str, Case]) -> None:
    answered, before, after = sent["receipt_first"]
    opened = parsed(letters.receipt(replace(answered, to=address), before, after, EVENING))
    assert opened["Bcc"] is None
    assert not opened["To"].addresses
    assert not opened["To"].defects


def test_very_long_text_is_cut_and_the_letter_stays_a_letter(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    case = _hostile_case(campaign, register, "很长" * 20000, errors=True)
    letter = letters.reply(*case, EVENING, ["很长" * 20000])
    assert len(letter.raw) < 90_000
    assert "…" in text_of(letter)


def test_hundreds_of_problems_are_cut_short_and_counted(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    many = tuple(
        Finding("error", "unreadable", f"“{number}.bin”的第 {number} 页打不开。") for number in range(500)
    )
    letter = letters.reply(*case_of(campaign, register, findings=many), EVENING)
    says(letter, "500 个文件未能读取", "“29.bin”", "另有 470 项")
    is_silent_about(letter, "“30.bin”")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=80), errors=st.booleans())
def test_no_text_at_all_breaks_a_letter(
    text: str, errors: bool, letters: Letters, campaign: Campaign, register: Register
) -> None:
    case = _hostile_case(campaign, register, text, errors=errors)
    letter = letters.reply(*case, EVENING, [text])
    letter.raw.decode("ascii")
    assert parsed(letter)["Message-ID"] == letter.id
    assert {tag for tag, _ in shown(letter).elements} <= {
        "html", "head", "meta", "title", "body", "table", "tr", "td", "div", "span", "b", "br", "a",
    }  # fmt: skip


def test_nothing_is_fetched_and_every_style_is_inline(every: dict[str, Letter]) -> None:
    for letter in every.values():
        for tag, attributes in shown(letter).elements:
            assert tag not in ("img", "script", "style", "link")
            assert "class" not in attributes
            assert not {"src", "background"} & set(attributes)
            assert (attributes.get("href") or "tel:").startswith("tel:")

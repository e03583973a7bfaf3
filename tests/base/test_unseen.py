"""What nobody sees: one list, which is Unicode's own, and used by every room that compares what people wrote."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path

import pytest

from agent.base.unseen import AS_NOTHING, UNSEEN, acts, is_turned, is_unseen, without_unseen
from agent.campaign.units import fold as fold_name
from agent.judging.command_words import _flat
from agent.letters.cleaning import one_line
from agent.mail.message import parse
from agent.reading.cell.folding import fold, squeeze, trim
from agent.report.words import clean

ROOT = Path(__file__).parent.parent.parent
DRAWN = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
MARKS = [
    "\u00ad",
    "\u200b",
    "\u200e",
    "\u202d",
    "\u2060",
    "\u2066",
    "\ufeff",
    "\ufe0f",
    "\u180e",
    "\U000e0041",
]


def test_every_format_character_of_unicode_is_unseen_but_for_those_that_are_drawn() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    assert {one for one in every if unicodedata.category(one) == "Cf" and not is_unseen(one)} == DRAWN


def test_nothing_that_is_seen_and_no_white_space_is_unseen() -> None:
    unseen = set(map(chr, AS_NOTHING))
    assert not any(one.isspace() for one in unseen)
    assert {unicodedata.category(one) for one in unseen} <= {"Cf", "Mn", "Lo", "Cn"}
    assert {one for one in unseen if unicodedata.category(one) == "Lo"} == set("\u115f\u1160\u3164\uffa0")


@pytest.mark.parametrize("mark", MARKS)
def test_every_room_reads_a_text_as_if_the_mark_were_not_there(mark: str) -> None:
    written = f"{mark}青{mark}年镇 1{mark}2"
    assert without_unseen(written) == "青年镇 12"
    assert re.sub(f"[{UNSEEN}]", "", written) == "青年镇 12"
    assert (fold(written), trim(written), squeeze(written)) == ("青年镇 12", "青年镇 12", "青年镇12")
    assert (fold_name(written), _flat(written)) == ("青年镇12", "青年镇 12")
    assert (one_line(written), clean(written)) == ("青年镇 12", "青年镇 12")
    assert acts(mark)


@pytest.mark.parametrize(
    "turned", ["\u202e12", "12\u202e", "\u200f3 000", "\u202b3 000\u202c", "\u20671 (2)"]
)
def test_what_turns_figures_around_is_known(turned: str) -> None:
    assert is_turned(turned)


@pytest.mark.parametrize(
    "straight", ["12", "３ 000", "\u202d12\u202c", "\u200f12", "\u202b2024-03-01\u202c", "\u202e"]
)
def test_marks_that_leave_the_figures_as_they_stand_do_not_turn_them(straight: str) -> None:
    assert not is_turned(straight)


def test_no_room_has_a_list_of_its_own() -> None:
    own = re.compile(r"\\u200b|\\u00ad|\\u2060|\\u202a|\"Cf\"")
    allowed = {"agent/base/unseen.py", "agent/base/personal.py"}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "agent").rglob("*.py")
        if own.search(path.read_text(encoding="utf-8"))
    }
    assert found <= allowed


@pytest.mark.parametrize("mark", MARKS)
def test_a_mails_subject_and_a_token_in_it_are_read_without_the_mark(mark: str) -> None:
    raw = (
        f"From: a@town.example\r\nSubject: {mark}Re: H3 K7MQ2-9X{mark}WPA-4TZ3N-8BVDE\r\n\r\n好\r\n".encode()
    )
    assert parse(raw).subject == "Re: H3 K7MQ2-9XWPA-4TZ3N-8BVDE"

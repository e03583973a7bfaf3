"""Mails that lack what most have: a Date, a Message-ID, a name for what is attached. None of it costs a mail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.outcome.bureau import bureau, form, kinds, sender_of

QINGNIAN = sender_of("qingnian")


def without(header: bytes, raw: bytes) -> bytes:
    changed = re.sub(rb"(?mi)^" + header + rb":.*\r\n(?:[ \t].*\r\n)*", b"", raw)
    assert changed != raw
    return changed


@pytest.mark.parametrize("header", [b"Date", b"Message-ID", b"Subject"])
def test_a_mail_without_it_is_registered_and_answered(tmp_path: Path, header: bytes) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.receive(without(header, office.mail(QINGNIAN, form())))
        assert (letter.kind, letter.to) == ("receipt", QINGNIAN)
        assert ("In-Reply-To" in letter.headers) == (header != b"Message-ID")
        assert office.unit("qingnian")["form"]["status"] == "accepted"


def test_two_mails_without_a_message_id_are_two(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        mails = [without(b"Message-ID", office.mail(QINGNIAN, form(patrols=n))) for n in (20, 21)]
        assert kinds(office.receive(*mails)) == ["receipt", "receipt"]


def test_a_form_in_a_part_without_any_name_is_found(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(QINGNIAN, form())
        for named in (rb"Content-Disposition", rb"Content-ID"):
            raw = re.sub(rb"(?mi)^" + named + rb":.*\r\n(?:[ \t].*\r\n)*", b"", raw)
        assert b"filename" not in raw
        assert kinds(office.receive(raw)) == ["receipt"]
        assert office.unit("qingnian")["form"]["status"] == "accepted"

"""In somebody's own mailbox, a mail that is none of ours leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.outcome.bureau import STRANGER, Bureau, bureau, form, killed, photo

SECRET = "周末聚餐"
NEWSLETTER = {"List-Unsubscribe": "<mailto:x@shop.example>", "Precedence": "bulk"}
OWN = "report@civil.example"


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        (STRANGER, {}),
        ("news@shop.example", NEWSLETTER),
        ("", {}),
        (OWN, {}),
        ("mailer-daemon@far.example", {}),
    ],
)
def test_private_mail_leaves_nothing_behind(tmp_path: Path, sender: str, headers: dict[str, str]) -> None:
    with bureau(tmp_path, inbox={"dedicated": False}) as office:
        raw = office.mail(
            sender, (f"{SECRET}.txt", SECRET.encode()), subject=SECRET, text=SECRET, headers=headers
        )
        office.deliver(raw, f"{SECRET}.eml")
        assert office.poll().went_well
        assert office.new_letters() == []
        assert office.counts() == (0, 0, 1, 0)
        assert office.told() == []
        assert _mentions(office, SECRET, raw) == []
        assert office.poll().intake.new == 0


@pytest.mark.parametrize(
    ("files", "subject", "unit"),
    [
        ([form("石林镇")], "你好", "shilin"),
        ([], "冬季送温暖", None),
        ([photo(1, "黑山镇.jpg")], "照片", "heishan"),
        ([], "青年镇来信", "qingnian"),
    ],
)
def test_a_stranger_s_mail_with_a_sign_of_the_campaign_is_held_there_too(
    tmp_path: Path, files: list[Any], subject: str, unit: str | None
) -> None:
    with bureau(tmp_path, inbox={"dedicated": False}) as office:
        office.send(STRANGER, *files, subject=subject)
        assert [one["suggested_unit"] for one in office.held] == [unit]


PLACES = [
    "envelope kept",
    "raw mail kept",
    "mail noted",
    "attempt counted",
    "before commit",
    "outcome committed",
]


@pytest.mark.parametrize("place", PLACES)
def test_private_mail_leaves_nothing_behind_after_a_crash_either(tmp_path: Path, place: str) -> None:
    with bureau(tmp_path, inbox={"dedicated": False}) as office:
        raw = office.mail(STRANGER, subject=SECRET, text=SECRET)
        office.deliver(raw, f"{SECRET}.eml")
        assert killed(office, place)
        office.poll()
        assert office.counts() == (0, 0, 1, 0)
        assert _mentions(office, SECRET, raw) == []


def _mentions(office: Bureau, words: str, raw: bytes) -> list[str]:
    """Files of the archive that hold the words, in any encoding that a mail has them in."""
    from email.header import Header
    from urllib.parse import quote

    encoded = Header(words, "utf-8").encode().split("?")[3]
    needles = [words.encode(), words.encode("gb18030"), encoded.encode(), quote(words).encode()]
    assert any(needle in raw for needle in needles)
    assert all(words not in path.name for path in office.office.archive.rglob("*"))
    return [
        path.name
        for path in office.office.archive.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]

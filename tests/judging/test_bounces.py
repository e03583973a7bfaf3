"""Bounces of our own letters, as QQ, 163, Exchange, Postfix, Gmail and others write them."""

from __future__ import annotations

import email
import email.utils
from pathlib import Path

import pytest

from agent.demo.district import CONTACT_ADDRESS
from agent.handling.decisions import settle
from agent.service.mailings import digest_letter, send_digest
from tests.outcome.bureau import Bureau, Sent, bureau, form, read_letter, sender_of

BOUNCES = sorted((Path(__file__).parent.parent / "mail" / "bounces").glob("*.eml"))
QINGNIAN = sender_of("qingnian")


def bounced(path: Path, letter: Sent, office: Bureau, address: str = QINGNIAN) -> bytes:
    """The bounce of a letter of ours in that system's words."""
    headers = letter.raw.partition(b"\r\n\r\n")[0]
    text = path.read_bytes().replace(b"\n", b"\r\n")
    for mark, told in (
        (b"@@ID@@", letter.id.encode()),
        (b"@@ADDRESS@@", address.encode()),
        (b"@@SUBJECT@@", letter.subject.encode()),
        (b"@@DATE@@", email.utils.format_datetime(office.now).encode()),
        (b"@@HEADERS@@", headers),
        (b"@@ORIGINAL@@", letter.raw),
    ):
        text = text.replace(mark, told)
    return text


@pytest.mark.parametrize("path", BOUNCES, ids=lambda path: path.stem)
def test_a_bounce_is_matched_to_its_letter_and_the_contact_hears_of_it(tmp_path: Path, path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        office.pass_time(minutes=5)
        assert office.receive(bounced(path, letter, office)) == []
        assert office.counts() == (1, 0, 1, 0)
        assert office.unit("qingnian")["unreachable"]
        [row] = [row for row in office.work.ledger.letter_rows() if row["bounced_at"]]
        assert row["id"] == letter.id
        told = f"给 {QINGNIAN} 的回执被退回，对方没有收到"
        assert office.told() == [told]
        assert told in read_letter(digest_letter(office.work, office.now).raw).text
        office.pass_time(minutes=5)
        office.send(QINGNIAN, form(leaflets_distributed=3))
        assert not office.unit("qingnian").get("unreachable")


@pytest.mark.parametrize("path", BOUNCES, ids=lambda path: path.stem)
def test_a_bounce_of_another_s_letter_marks_nobody(tmp_path: Path, path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        raw = bounced(path, letter, office, "wang@elsewhere.example")
        office.receive(raw.replace(letter.id.encode(), b"<another@civil.example>"))
        assert not office.unit("qingnian").get("unreachable")
        assert office.counts() == (1, 0, 1, 0)


def test_a_bounce_in_words_says_nothing_of_those_it_only_mentions(tmp_path: Path) -> None:
    [path] = [one for one in BOUNCES if one.stem == "words-alone"]
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        office.receive(bounced(path, letter, office, "wang@elsewhere.example"))
        assert office.told() == []
        office.receive(bounced(path, letter, office, CONTACT_ADDRESS))
        assert [one for one in office.told() if CONTACT_ADDRESS in one]


def test_letters_that_come_back_are_one_matter_until_the_unit_writes_or_it_is_settled(tmp_path: Path) -> None:
    path = BOUNCES[0]
    with bureau(tmp_path) as office:
        letters = []
        for number in range(2):
            letters += office.send(QINGNIAN, form(leaflets_distributed=number))
            office.pass_time(minutes=5)
        for letter in letters:
            office.receive(bounced(path, letter, office))
            office.pass_time(minutes=5)
        [item] = office.status["open"]
        assert (item["kind"], item["unit"]) == ("bounce", "qingnian")
        send_digest(office.work, office.now)
        office.poll()
        assert office.told() == []
        assert [one["id"] for one in office.status["open"]] == [item["id"]], "a digest settles nothing"
        settle(office.work, item["id"], office.ruling("已电话核对邮箱"))
        assert office.status["open"] == []
        [letter] = [
            one for one in office.send(QINGNIAN, form(leaflets_distributed=9)) if one.kind == "receipt"
        ]
        office.pass_time(minutes=5)
        office.receive(bounced(path, letter, office))
        [again] = office.status["open"]
        assert again["id"] != item["id"], "what comes back later is another matter"
        office.pass_time(minutes=5)
        office.send(QINGNIAN, text="谢谢")
        assert office.status["open"] == []

"""Who isn't registered changes nothing and learns nothing, however the mail is dressed up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS
from agent.handling.decisions import accept
from tests.outcome.bureau import STRANGER, Bureau, Sent, bureau, form, kinds, make_mail, photo, sender_of

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")
LOCAL, _, DOMAIN = QINGNIAN.partition("@")


def claimed(office: Bureau, *headers: str) -> list[Sent]:
    """A mail with a whole form of 青年镇 under these headers, instead of a From."""
    raw = make_mail("", form(leaflets_distributed=4712), subject="青年镇统计表", at=office.now)
    return office.receive("".join(f"{one}\r\n" for one in headers).encode() + raw)


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ([f'From: "{QINGNIAN}" <{STRANGER}>'], STRANGER),
        ([f"From: {QINGNIAN} <{STRANGER}>"], STRANGER),
        ([f'From: "青年镇 <{QINGNIAN}>" <{STRANGER}>'], STRANGER),
        ([f"From: {STRANGER} ({QINGNIAN})"], STRANGER),
        ([f"From: =?utf-8?Q?{QINGNIAN.replace('@', '=40')}?= <{STRANGER}>"], STRANGER),
        ([f"From: =?utf-8?Q?=3C{QINGNIAN.replace('@', '=40')}=3E?= <{STRANGER}>"], STRANGER),
        ([f"From: {STRANGER}", f"Sender: {QINGNIAN}", f"Reply-To: {QINGNIAN}"], STRANGER),
        ([f"From: {STRANGER}", f"X-From: {QINGNIAN}", f"Resent-From: {QINGNIAN}"], STRANGER),
        ([f"From: {STRANGER}", f"Return-Path: <{QINGNIAN}>"], STRANGER),
        ([f"From: {LOCAL}+x@{DOMAIN}"], f"{LOCAL}+x@{DOMAIN}"),
        ([f"From: {LOCAL}@mail.{DOMAIN}"], f"{LOCAL}@mail.{DOMAIN}"),
        ([f"From: {LOCAL}@{DOMAIN}.evil.example"], f"{LOCAL}@{DOMAIN}.evil.example"),
        ([f"From: {LOCAL}.@{DOMAIN}"], f"{LOCAL}.@{DOMAIN}"),
        ([f"From: Towns: {STRANGER};"], STRANGER),
        # Letters that look alike, or become alike when their case is folded.
        ([f"From: {LOCAL.replace('i', 'і')}@{DOMAIN}"], f"{LOCAL.replace('i', 'і')}@{DOMAIN}"),
        ([f"From: {LOCAL}@{DOMAIN.replace('e', 'е')}"], f"{LOCAL}@{DOMAIN.replace('e', 'е')}"),
        (["From: " + SHILIN.replace("s", "ſ")], SHILIN.replace("s", "ſ")),
    ],
)
def test_who_only_looks_like_a_unit_is_a_stranger(tmp_path: Path, headers: list[str], sender: str) -> None:
    with bureau(tmp_path) as office:
        letters = claimed(office, *headers)
        assert [(one["reason"], one["from"]) for one in office.held] == [("unknown_sender", sender)]
        assert office.figure("qingnian") is None
        assert [one.to for one in letters] == ([sender] if sender.isascii() else [])
        assert kinds(letters) == ["acknowledgement"] * len(letters)


@pytest.mark.parametrize(
    "headers",
    [
        [f"From: {QINGNIAN}, {STRANGER}"],
        [f"From: {STRANGER}, {QINGNIAN}"],
        [f"From: Towns: {QINGNIAN}, {STRANGER};"],
        [f"From: {QINGNIAN}", f"From: {STRANGER}"],
        [f"From: {QINGNIAN}", f"from: {SHILIN}"],
        ["From: <>"],
        ["From: nobody"],
        [f"From: <@relay.example:{QINGNIAN}>"],
        [],
    ],
)
def test_who_names_several_senders_or_none_changes_nothing(tmp_path: Path, headers: list[str]) -> None:
    with bureau(tmp_path) as office:
        letters = claimed(office, *headers)
        assert len(office.held) == 1
        assert office.figure("qingnian") is None
        assert len(letters) <= 1


@pytest.mark.parametrize(
    "address",
    [QINGNIAN.upper(), QINGNIAN.title(), f'"{LOCAL}"@{DOMAIN}', f"{LOCAL}@{DOMAIN}."],
)
def test_a_registered_address_is_known_in_any_case_and_in_no_other_shape(
    tmp_path: Path, address: str
) -> None:
    with bureau(tmp_path) as office:
        claimed(office, f"From: 青年镇 <{address}>")
        plain = address.lower() == QINGNIAN
        assert (office.figure("qingnian") is not None) == plain
        assert len(office.held) == (0 if plain else 1)


@pytest.mark.parametrize(
    "headers",
    [
        [f"From: {QINGNIAN}", "AR: mx; dmarc=fail"],
        [f"From: {STRANGER}", "AR: mx; dmarc=fail"],
        [f"From: {STRANGER}", "AR: mx; spf=fail; dkim=none"],
        [f"From: {STRANGER}", "AR: mx; dmarc=pass header.from=evil.example"],
        [f"From: evil@evil.example: {STRANGER};"],
        [f"From: <evil@evil.example> <{STRANGER}>"],
        [f"From: {CONTACT_ADDRESS}", "AR: mx; spf=fail; dkim=fail"],
    ],
)
def test_who_is_named_by_a_forger_hears_nothing_until_the_contact_takes_it(
    tmp_path: Path, headers: list[str]
) -> None:
    with bureau(tmp_path) as office:
        written = [one.replace("AR:", "Authentication-Results:") for one in headers]
        assert claimed(office, *written) == []
        accept(office.work, "H1", office.ruling())
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]


def test_a_stranger_is_told_the_same_whatever_the_mail_holds_and_whatever_is_known(tmp_path: Path) -> None:
    bodies = set()
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed=4712), photo())
        for number, (unit, text) in enumerate(
            (("青年镇", "请查收"), ("石林镇", "青年镇报了多少？"), ("", ""))
        ):
            office.pass_time(minutes=1)
            stranger = f"stranger{number}@personal.example"
            [letter] = office.send(
                stranger,
                *([form(unit, leaflets_distributed=9)] if unit else []),
                text=text,
                subject=f"{unit}秘密",
            )
            assert letter.kind == "acknowledgement"
            bodies.add(re.sub(r"\d+月\d+日.{0,6}\d+:\d+", "", letter.text) + letter.subject)
        assert len(bodies) == 1
        [body] = bodies
        assert not re.search(r"471|青年镇|石林镇|秘密|已登记|未登记", body)


def test_one_acknowledgement_a_day_is_for_the_mailbox_whatever_its_tag(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        sent: list[Sent] = []
        for number in range(6):
            address = f"Zhang+{number}@personal.example"
            sent += office.send(address, photo(number), number=f"t{number}")
            office.pass_time(hours=1)
        assert len(sent) == 1
        office.pass_time(days=1)
        assert len(office.send("zhang@personal.example", photo(9))) == 1


@pytest.mark.parametrize(
    "reply_to",
    [
        STRANGER,
        SHILIN,
        CONTACT_ADDRESS,
        AGENT_ADDRESS,
        f"{QINGNIAN}, {STRANGER}",
        f"x: {STRANGER};",
        "<>",
        "@",
    ],
)
def test_an_answer_goes_to_no_third_party(tmp_path: Path, reply_to: str) -> None:
    with bureau(tmp_path) as office:
        headers = {"Reply-To": reply_to, "Errors-To": STRANGER, "Disposition-Notification-To": STRANGER}
        letters = office.send(QINGNIAN, form(), headers=headers)
        letters += office.send("else@personal.example", photo(), headers={**headers, "Sender": SHILIN})
        assert [one.to for one in letters] == [QINGNIAN, "else@personal.example"]
        assert all("cc" not in map(str.lower, one.headers) for one in letters)
        assert all("bcc" not in map(str.lower, one.headers) for one in letters)
        rows = office.work.ledger.letter_rows()
        assert {row["recipients"] for row in rows} == {f'["{QINGNIAN}"]', '["else@personal.example"]'}


def test_an_address_that_folds_to_a_registered_one_is_not_the_contact_either(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        look_alike = CONTACT_ADDRESS.replace("s", "ſ").replace("k", "\u212a").replace("c", "с", 1)
        claimed(office, f"From: {look_alike}")
        assert [one["reason"] for one in office.held] == ["unknown_sender"]
        accept(office.work, "H1", office.ruling())
        assert office.figure("qingnian") == 4712

"""What a mail comes to: whose it is, by the evidence, and what answers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.base.errors import UsageError
from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS
from agent.handling.decisions import accept, assign
from tests.outcome.bureau import DEPUTY, STRANGER, bureau, form, kinds, narrative, photo, sender_of

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


# --- a registered sender ---------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["青年镇", "青年镇人民政府", "万盛经开区青年镇民政和社会事务办公室", ""])
def test_a_registered_sender_whose_form_agrees_or_is_silent_is_that_unit(tmp_path: Path, unit: str) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(unit))
        assert (letter.kind, letter.to) == ("receipt", QINGNIAN)
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        assert office.counts() == (1, 0, 0, 0)


@pytest.mark.parametrize("unit", ["石林镇", "森林镇", "丛林镇人民政府"])
def test_a_registered_sender_whose_form_names_another_place_is_held(tmp_path: Path, unit: str) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(unit))
        assert (letter.kind, letter.to) == ("acknowledgement", QINGNIAN)
        [held] = office.held
        assert (held["reason"], held["suggested_unit"]) == ("unit_conflict", None)
        with pytest.raises(UsageError, match="assign"):
            accept(office.work, "H1", office.ruling())
        assert office.unit("qingnian")["form"]["status"] == "missing"
        assign(office.work, "h1", "青年镇", office.ruling("电话核实"))
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]


def test_photos_alone_add_to_the_sender_s_dossier_whatever_their_names_say(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, photo(1, "石林镇.jpg"), subject="石林镇照片")
        assert office.unit("qingnian")["photos"]["count"] == 1


# --- an address that isn't registered --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "subject", "suggested"),
    [
        ([form("石林镇")], "青年镇统计表", "shilin"),
        ([form("")], "青年镇统计表", "qingnian"),
        ([form("民政办")], "报送", None),
        ([form("", name="关坝镇统计表.xlsx")], "报送", "guanba"),
        ([form("森林镇")], "青年镇统计表", None),
        ([], "青年镇的来信", "qingnian"),
        ([], "青年镇、石林镇", None),
        ([], "你好", None),
        ([photo(1, "青林镇.jpg")], "石林", None),
        ([photo(1, "万盛经开区东林街道.jpg")], "", "donglin"),
    ],
)
def test_an_unregistered_sender_is_held_with_the_unit_that_is_named_whole(
    tmp_path: Path, files: list[tuple[str, bytes]], subject: str, suggested: str | None
) -> None:
    with bureau(tmp_path) as office:
        letters = office.send(STRANGER, *files, subject=subject)
        assert kinds(letters) == ["acknowledgement"]
        [held] = office.held
        assert (held["reason"], held["suggested_unit"], held["from"]) == (
            "unknown_sender",
            suggested,
            STRANGER,
        )
        assert not any(unit["form"]["version"] or unit["photos"]["count"] for unit in office.status["units"])
        if suggested is None:
            with pytest.raises(UsageError, match="assign"):
                accept(office.work, "H1", office.ruling())
        else:
            accept(office.work, "H1", office.ruling())
            assert office.dossier(suggested).has_sent
            assert office.poll().dispatch.sent == 1
            assert kinds(office.new_letters()) in (["receipt"], ["correction"])


def test_an_acknowledgement_tells_nothing_of_a_unit_nor_of_the_mail(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed=4711))
        [letter] = office.send(STRANGER, form(leaflets_distributed=4712), subject="青年镇的秘密")
        assert not any(word in letter.text + letter.subject for word in ("471", "青年镇", "秘密"))


def test_each_held_mail_of_a_registered_unit_is_answered_a_stranger_s_once_a_day(tmp_path: Path) -> None:
    failing = {"Authentication-Results": "mx.civil.example; dmarc=fail"}
    with bureau(tmp_path, authentication={"trust": "mx.civil.example"}) as office:
        for leaflets in (20, 30):
            assert kinds(office.send(QINGNIAN, form("石林镇", leaflets_distributed=leaflets))) == [
                "acknowledgement"
            ]
            office.pass_time(hours=1)
        assert kinds(office.send(STRANGER, form())) == ["acknowledgement"]
        office.pass_time(hours=1)
        assert office.send(STRANGER, form(leaflets_distributed=20)) == []
        office.pass_time(hours=1)
        assert office.send(QINGNIAN, form(), headers=failing) == [], "it may be a stranger's"


def test_an_accepted_sender_may_be_registered_and_is_the_unit_s_from_then_on(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        accept(office.work, "H1", office.ruling(), register=True)
        office.pass_time(hours=1)
        office.send(STRANGER, form("", leaflets_distributed=20))
        assert office.figure("qingnian") == 20
        office.send("other@personal.example", form())
        with pytest.raises(UsageError, match="青年镇"):
            office.send(STRANGER, form("石林镇"), at=office.now.replace(minute=30))
            assign(office.work, "H3", "石林镇", office.ruling(), register=True)


def test_registering_one_address_twice_reminds_it_once(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.receive(office.mail(STRANGER, photo(1)), office.mail(STRANGER, photo(2)))
        for held in ("H1", "H2"):
            assign(office.work, held, "station", office.ruling(), register=True)
        assert office.work.register().by_id["station"].senders.count(STRANGER) == 1


@pytest.mark.parametrize("sender", [CONTACT_ADDRESS, DEPUTY, ""])
def test_the_contact_s_own_address_is_never_registered_to_a_unit(tmp_path: Path, sender: str) -> None:
    automatic = {"Auto-Submitted": "auto-generated"}  # so that a mail without From is held at all
    with bureau(tmp_path) as office:
        office.send(sender, form("民政办"), subject="转", headers={} if sender else automatic)
        with pytest.raises(UsageError, match="登记"):
            assign(office.work, "H1", "青年镇", office.ruling(), register=True)
        assert office.held


# --- the contact -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [CONTACT_ADDRESS, DEPUTY, CONTACT_ADDRESS.upper()])
@pytest.mark.parametrize(
    ("unit", "subject", "name"),
    [
        ("青年镇", "转发：石林镇", "表.xlsx"),
        ("", "转发：青年镇统计表", "表.xlsx"),
        ("", "转发", "青年镇.xlsx"),
    ],
)
def test_what_the_contact_forwards_is_the_unit_s_and_decided_by_the_contact(
    tmp_path: Path, sender: str, unit: str, subject: str, name: str
) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(sender, form(unit, name=name), subject=subject)
        assert letter.kind == "receipt"
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.submission.decided_by == sender.lower()


def test_what_the_contact_forwards_as_a_mail_is_read_like_that_mail(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        inner = office.mail(STRANGER, form("", name="表.xlsx"), photo(), subject="青年镇统计表")
        office.send(CONTACT_ADDRESS, ("青年镇统计表.eml", inner), subject="转发：报送")
        unit = office.unit("qingnian")
        assert (unit["form"]["status"], unit["photos"]["count"]) == ("accepted", 1)


def test_what_the_contact_forwards_without_naming_a_unit_is_held(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(CONTACT_ADDRESS, form("民政办"), subject="转发")
        assert [(one["reason"], one["suggested_unit"]) for one in office.held] == [("unknown_sender", None)]


def test_words_from_the_contact_are_neither_filed_nor_answered_and_told(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert office.send(CONTACT_ADDRESS, text="这个表怎么看？", subject="问一下") == []
        assert office.counts() == (0, 0, 1, 0)
        assert any("问一下" in text for text in office.told())


# --- where the answer goes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "reply_to", "answered"),
    [
        (QINGNIAN, "second@town.example", "second@town.example"),
        (QINGNIAN, SHILIN, QINGNIAN),
        (QINGNIAN, STRANGER, QINGNIAN),
        (STRANGER, QINGNIAN, STRANGER),
        (STRANGER, SHILIN, STRANGER),
    ],
)
def test_answers_go_to_from_and_to_reply_to_only_where_the_unit_is_the_same(
    tmp_path: Path, sender: str, reply_to: str, answered: str
) -> None:
    with bureau(tmp_path) as office:
        office.send("second@town.example", form())
        accept(office.work, "H1", office.ruling(), register=True)
        office.pass_time(minutes=1)
        office.poll()
        office.new_letters()
        letters = office.send(sender, photo(), headers={"Reply-To": reply_to})
        assert [one.to for one in letters] == [answered]


# --- authentication --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("mx.civil.example; dmarc=fail; spf=pass; dkim=pass", True),
        ("mx.civil.example; spf=fail; dkim=fail", True),
        ("mx.civil.example; spf=softfail; dkim=fail (bad signature)", True),
        ("mx.civil.example; spf=fail; dkim=pass", False),
        ("mx.civil.example; spf=none; dkim=none", False),
        ("elsewhere.example; dmarc=fail", False),
    ],
)
@pytest.mark.parametrize("sender", [QINGNIAN, CONTACT_ADDRESS])
def test_a_claim_that_fails_authentication_is_held_whoever_it_claims_to_be(
    tmp_path: Path, sender: str, line: str, held: bool
) -> None:
    with bureau(tmp_path, authentication={"trust": "mx.civil.example"}) as office:
        letters = office.send(sender, form(), headers={"Authentication-Results": line})
        assert kinds(letters) == ([] if held else ["receipt"])
        assert [(one["reason"], one["suggested_unit"]) for one in office.held] == (
            [("failed_authentication", "qingnian")] if held else []
        )


def test_without_a_configured_server_the_topmost_line_counts(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(QINGNIAN, form(), headers={"Authentication-Results": "sender.example; dmarc=pass"})
        office.receive(b"Authentication-Results: mx.any.example; dmarc=fail\r\n" + raw)
        assert [one["reason"] for one in office.held] == ["failed_authentication"]


def test_a_failed_claim_whose_form_names_another_unit_suggests_none(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form("石林镇"), headers={"Authentication-Results": "mx; dmarc=fail"})
        assert [(one["reason"], one["suggested_unit"]) for one in office.held] == [
            ("failed_authentication", None)
        ]
        with pytest.raises(UsageError, match="assign"):
            accept(office.work, "H1", office.ruling())


# --- machines --------------------------------------------------------------------------------------------


def test_a_machine_s_form_is_held_and_never_answered(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert office.send(QINGNIAN, form(""), headers={"Auto-Submitted": "auto-generated"}) == []
        assert [(one["reason"], one["suggested_unit"]) for one in office.held] == [("automatic", "qingnian")]
        accept(office.work, "H1", office.ruling())
        office.poll()
        assert office.new_letters() == []
        assert office.unit("qingnian")["form"]["status"] == "accepted"


def test_a_machine_s_mail_without_a_form_is_ignored(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert office.send(QINGNIAN, photo(), headers={"Auto-Submitted": "auto-replied"}) == []
        assert office.counts() == (0, 0, 1, 0)


def test_our_own_mail_is_ignored(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        assert office.receive(letter.raw, office.mail(AGENT_ADDRESS, form("石林镇"))) == []
        assert office.counts() == (1, 0, 2, 0)


def test_narrative_words_may_come_as_the_mail_s_own_text(tmp_path: Path) -> None:
    account = "我镇组织力量开展夜间巡查，劝导救助流浪乞讨人员，发放御寒物资，" * 4
    quoted = "\n".join(f"> {account}" for _ in range(3))
    signature = "\n-- \n" + account
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, text=f"请查收。\n\n{quoted}{signature}")
        assert office.unit("qingnian")["narrative"]["status"] == "missing"
        office.send(QINGNIAN, text=account[:90] + signature, at=office.now.replace(minute=1))
        assert office.unit("qingnian")["narrative"]["status"] == "missing"
        office.send(QINGNIAN, text=account + signature, at=office.now.replace(minute=2))
        assert office.unit("qingnian")["narrative"]["status"] == "accepted"
        office.send(SHILIN, narrative(), text=account)
        assert [Path(path).suffix for path in office.unit("shilin")["narrative"]["files"]] == [".docx"]

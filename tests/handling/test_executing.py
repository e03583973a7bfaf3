"""Decisions by mail: links and words in answer to the digest, obeyed from the contact alone, each once."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from agent.demo.district import CONTACT_ADDRESS
from agent.handling.decisions import assign
from agent.keeping.backup import back_up
from agent.keeping.rebuild import rebuild
from agent.service.mailings import digest_letter, send_digest
from tests.outcome.bureau import (
    DEPUTY,
    STRANGER,
    Bureau,
    Sent,
    assert_rebuilds,
    bureau,
    form,
    in_a_fork,
    killed,
    kinds,
    photo,
    sender_of,
)

QINGNIAN = sender_of("qingnian")
OTHER = "li@personal.example"
PROVEN = {
    "Authentication-Results": "mx.civil.example; spf=pass smtp.mailfrom=contact@civil.example; "
    "dkim=pass header.d=civil.example; dmarc=pass header.from=civil.example"
}
REFUTED = {"Authentication-Results": "mx.civil.example; dmarc=fail header.from=civil.example"}


def digest(office: Bureau) -> tuple[Sent, dict[str, str]]:
    """A digest, and the token of each mail that waits."""
    office.pass_time(minutes=10)
    send_digest(office.work, office.now)
    office.poll()
    [letter] = [one for one in office.new_letters() if one.kind == "digest"]
    tokens = dict(re.findall(r"(H\d+|F\w{8}) (?:接受|退回|归入某某镇) ([0-9A-Z-]{23})", letter.text))
    office.pass_time(minutes=10)
    return letter, tokens


def say(
    office: Bureau, subject: str, text: str = "原因：", sender: str = CONTACT_ADDRESS, **more: Any
) -> list[Sent]:
    office.pass_time(minutes=1)
    headers = PROVEN if sender.endswith("@civil.example") else {}
    return office.send(sender, subject=subject, text=text, **{"headers": headers, **more})


def results(office: Bureau) -> list[str]:
    """What became of each order of the newest mail."""
    outcome = next(office.work.ledger.each_message(newest_first=True)).outcome
    assert outcome is not None
    return [one.result for one in outcome.orders]


# --- obeyed ----------------------------------------------------------------------------------------------


def test_a_link_of_the_digest_takes_a_held_mail_and_the_answer_says_so(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form(leaflets_distributed=31))
        _, tokens = digest(office)
        letters = say(office, f"待核 H1 接受 {tokens['H1']}", "原因：电话核实")
        assert sorted(kinds(letters)) == ["decision", "receipt"]
        [answer] = [one for one in letters if one.kind == "decision"]
        assert answer.to == CONTACT_ADDRESS
        assert "H1 已归入青年镇" in answer.subject
        for said in ("已归入青年镇", "回执", STRANGER, "电话核实"):
            assert said in answer.text
        assert (office.figure("qingnian"), office.counts()) == (31, (2, 0, 0, 0))
        [decision] = office.work.ledger.decisions()
        mail = next(office.work.ledger.each_message(newest_first=True)).sha256
        assert (decision.by, decision.reason, decision.via) == (CONTACT_ADDRESS, "电话核实", mail)


def test_the_address_is_registered_where_the_decision_says_so(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        letters = say(office, f"待核 H1 接受并登记 {tokens['H1']}")
        assert any(f"{STRANGER} 登记为该单位的邮箱" in one.text for one in letters)
        assert kinds(office.send(STRANGER, photo())) == ["receipt"]


def test_a_reply_to_the_digest_decides_line_by_line_and_what_it_quotes_decides_nothing(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path) as office:
        for number, sender in enumerate((STRANGER, OTHER, "wang@personal.example")):
            office.send(sender, form("石林镇", leaflets_distributed=number), photo(number))
        letter, tokens = digest(office)
        words = f"H1 归入青年镇 {tokens['H1']}\nH2 退回 {tokens['H2']} 原因：重复\n\n"
        quoted = f"{words}------------------ 原始邮件 ------------------\n发件人: 报送邮箱\n\n{letter.text}"
        letters = say(office, f"回复：{letter.subject}", quoted, answers=letter)
        [answer] = [one for one in letters if one.kind == "decision"]
        assert "2 件已办" in answer.subject
        assert [one["id"] for one in office.held] == ["H3"]
        assert office.figure("qingnian") == 0
        assert [one.kind for one in office.work.ledger.decisions()] == ["assign", "reject"]


def test_a_reply_that_quotes_the_digest_without_a_sign_decides_by_its_own_words_alone(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        office.send(OTHER, form("石林镇"))
        letter, tokens = digest(office)
        say(office, f"Re: {letter.subject}", f"H1 接受 {tokens['H1']}\n\n{letter.text}")
        assert [one["id"] for one in office.held] == ["H2"]


def test_two_photos_of_one_unit_that_one_mail_takes_are_filed_side_by_side(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, photo(1), subject="青年镇照片")
        office.send(OTHER, photo(2), subject="青年镇照片")
        _, tokens = digest(office)
        say(office, "回复：日报", "".join(f"{one} 接受 {tokens[one]}\n" for one in ("H1", "H2")))
        assert len(list((office.work.archive.folder / "青年镇").glob("*照片_0*.jpg"))) == 2


def test_a_deputy_decides_as_well(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        letters = say(office, f"待核 H1 退回 {tokens['H1']}", sender=DEPUTY)
        assert (kinds(letters), letters[0].to, office.held) == (["decision"], DEPUTY, [])
        assert office.work.ledger.decisions()[-1].by == DEPUTY


def test_a_mail_that_failed_is_set_aside_by_its_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with bureau(tmp_path) as office:

        def fails(*_given: Any) -> None:
            raise ValueError

        with monkeypatch.context() as broken:
            broken.setattr("agent.handling.intake.decide", fails)
            for _ in range(3):
                office.send(QINGNIAN, photo()) if not office.delivered else office.poll()
        assert office.counts() == (0, 0, 0, 1)
        [(item, token)] = digest(office)[1].items()
        say(office, f"待核 {item} 接受 {token}")
        assert results(office) == ["refused"]
        say(office, f"待核 {item} 退回 {token}")
        assert (results(office), office.counts()) == (["done"], (2, 0, 1, 0))  # fmt: skip


# --- once ------------------------------------------------------------------------------------------------


def test_a_token_decides_once_and_the_second_answer_says_who_decided_what(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        say(office, f"待核 H1 退回 {tokens['H1']}", sender=DEPUTY)
        [answer] = say(office, f"待核 H1 接受 {tokens['H1']}")
        assert f"已由 {DEPUTY} 退回" in answer.text
        assert (results(office), office.dossier("qingnian").has_sent) == (["used"], False)


def test_a_token_does_nothing_once_the_terminal_has_decided(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        assign(office.work, "H1", "石林镇", office.ruling(by="李四"))
        letters = say(office, f"待核 H1 退回 {tokens['H1']}")
        assert any("已由 李四 归入石林镇" in one.text for one in letters)
        assert office.dossier("shilin").has_sent


def test_a_token_expires_and_the_next_digest_has_another(tmp_path: Path) -> None:
    with bureau(tmp_path, decisions={"valid_days": 2}) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        office.pass_time(days=3)
        [answer] = say(office, f"待核 H1 接受 {tokens['H1']}")
        assert ("口令已过期" in answer.text, len(office.held)) == (True, 1)
        say(office, f"待核 H1 接受 {digest(office)[1]['H1']}")
        assert office.held == []


def test_whether_a_token_has_expired_goes_by_when_the_mail_came_not_by_when_it_is_read(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path, decisions={"valid_days": 2}) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        mail = office.mail(CONTACT_ADDRESS, subject=f"待核 H1 接受 {tokens['H1']}", headers=PROVEN)
        office.pass_time(days=9)
        office.receive(mail)
        assert office.held == []


@pytest.mark.parametrize("place", ["entry recorded", "order obeyed", "before commit", "outcome committed"])
def test_killed_between_deciding_and_answering_it_neither_decides_twice_nor_loses_the_answer(
    tmp_path: Path, place: str
) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        office.send(OTHER, form("石林镇"))
        _, tokens = digest(office)
        mail = office.mail(
            CONTACT_ADDRESS, text=f"H1 接受 {tokens['H1']}\nH2 退回 {tokens['H2']}", headers=PROVEN
        )
        office.work.ledger.close()
        office.deliver(mail)
        assert killed(office, place)
        office.reopen()
        office.poll()
        letters = office.new_letters()
        assert sorted(kinds(letters)) == ["decision", "receipt"]
        assert any("2 件已办" in one.subject for one in letters)
        assert [one.kind for one in office.work.ledger.decisions()] == ["assign", "reject"]


# --- not obeyed ------------------------------------------------------------------------------------------


def test_without_a_proof_of_the_sender_nothing_is_decided_and_the_answer_says_what_to_do(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        [answer] = say(office, f"待核 H1 接受 {tokens['H1']}", headers={})
        assert answer.kind == "decision"
        for said in ("没有办理", "验证通过", "report-agent review"):
            assert said in answer.text
        assert (results(office), len(office.held)) == (["unauthenticated"], 1)


def test_a_mail_in_the_contact_s_name_that_is_found_forged_decides_nothing_and_the_digest_tells(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        [answer] = say(office, f"待核 H1 接受 {tokens['H1']}", headers=REFUTED)
        assert (answer.to, results(office), len(office.held)) == (CONTACT_ADDRESS, ["unauthenticated"], 1)
        assert any("以您的地址来信" in text for text in office.told())


def test_a_stranger_with_the_right_token_is_treated_as_any_stranger_and_the_contact_is_told(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        right = say(office, f"待核 H1 接受 {tokens['H1']}", sender=OTHER)
        wrong = say(office, f"待核 H1 接受 {'0' * 20}", sender="wang@personal.example")
        assert (kinds(right), kinds(wrong)) == (["acknowledgement"], ["acknowledgement"])
        assert right[0].text.splitlines()[5:] == wrong[0].text.splitlines()[5:]
        assert [one["id"] for one in office.held] == ["H1", "H2", "H3"]
        [told] = office.told()
        assert OTHER in told
        assert "H1" in told
        assert "口令异常" in digest_letter_text(office)


def test_a_unit_with_the_contact_s_token_decides_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        assert kinds(say(office, f"待核 H1 接受 {tokens['H1']}", sender=QINGNIAN)) == ["noted"]
        assert len(office.held) == 1
        assert any(QINGNIAN in text and "口令" in text for text in office.told())


def test_an_automatic_reply_that_quotes_the_digest_decides_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        headers = {**PROVEN, "Auto-Submitted": "auto-replied"}
        assert say(office, "自动回复", f"H1 接受 {tokens['H1']}", headers=headers) == []
        assert len(office.held) == 1


def test_whose_a_mail_is_must_be_said_where_sender_and_form_disagree(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form("石林镇"))
        _, tokens = digest(office)
        say(office, f"待核 H1 接受 {tokens['H1']}")
        assert results(office) == ["refused"]
        say(office, f"待核 H1 归入森林镇 {tokens['H1']}")
        assert results(office) == ["unit_unknown"]
        say(office, f"待核 H1 归入其他单位 {tokens['H1']}", "单位：石林镇\n原因：")
        assert (results(office), office.dossier("shilin").has_sent) == (["done"], True)


def test_what_else_a_decision_brings_isn_t_dropped_without_a_word(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        office.pass_time(minutes=1)
        office.send(CONTACT_ADDRESS, photo(), subject=f"待核 H1 接受 {tokens['H1']}", headers=PROVEN)
        assert office.held == []
        assert any("还带有附件" in text for text in office.told())


def test_decisions_by_mail_can_be_switched_off(tmp_path: Path) -> None:
    with bureau(tmp_path, decisions={"by_mail": False}) as office:
        office.send(STRANGER, form())
        _, tokens = digest(office)
        assert tokens == {}
        assert not (office.work.archive.folder / "token.key").exists()


# --- the key ---------------------------------------------------------------------------------------------


def test_the_key_is_made_once_for_its_owner_alone_and_outlives_a_rebuild(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        path = office.work.archive.folder / "token.key"
        office.send(STRANGER, form())
        assert not path.exists()
        _, tokens = digest(office)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        rebuild(office.work)
        say(office, f"待核 H1 退回 {tokens['H1']}")
        assert results(office) == ["done"]
        rebuild(office.work)
        assert_rebuilds(office.work)
        assert office.work.ledger.decisions()[-1].via
        said = str(office.work.ledger.dump())
        assert path.read_bytes().hex() not in said
        assert tokens["H1"] not in said


def test_a_backup_holds_the_key(tmp_path: Path) -> None:
    with bureau(tmp_path / "office") as office:
        office.send(STRANGER, form())
        digest(office)
        with zipfile.ZipFile(back_up(office.work, office.now, tmp_path).path) as bundle:
            [name] = [one for one in bundle.namelist() if one.endswith("token.key")]
            assert bundle.read(name) == office.work.archive.key()


def test_two_processes_that_make_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        made = [tmp_path / str(number) for number in range(4)]
        for path in made:
            in_a_fork(office, lambda: None, lambda work, path=path: path.write_bytes(work.archive.made_key()))
        assert {path.read_bytes() for path in made} == {office.work.archive.made_key()}
        assert list(office.work.archive.folder.glob(".token*")) == []


def digest_letter_text(office: Bureau) -> str:
    from agent.cli.show_status import plain_text

    return plain_text(digest_letter(office.work, office.now).raw)

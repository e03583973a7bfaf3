"""A form that needs a person: confirmed or put right in words, by a reply or by the letter's link."""

from __future__ import annotations

import re
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from agent.base import jsontext
from agent.demo.district import CONTACT_ADDRESS
from agent.handling.decisions import confirm, override
from agent.reading.words.corrections import read_corrections
from agent.service.final_report import merge
from agent.service.mailings import run_timetable, send_digest
from tests.outcome.bureau import (
    STRANGER,
    Bureau,
    Sent,
    bureau,
    campaign,
    everything,
    form,
    kinds,
    photo,
    sender_of,
    unmarked_sum,
)

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


def asked(office: Bureau, leaflets: int = 6, sender: str = QINGNIAN) -> Sent:
    """The letter that asks to confirm the sums of two villages."""
    office.pass_time(hours=1)
    [letter] = office.send(sender, unmarked_sum(leaflets=leaflets))
    assert "请确认" in letter.subject
    office.pass_time(hours=1)
    return letter


def links(letter: Sent) -> dict[str, dict[str, str]]:
    """Label → subject and body of each ready reply in the letter's page."""
    body = message_from_bytes(letter.raw, policy=policy.default).get_body(("html",))
    assert body is not None
    found = re.findall(r'<a href="(mailto:[^"]+)"[^>]*>([^<]+)</a>', body.get_content())
    return {
        label: {key: one[0] for key, one in parse_qs(urlsplit(href.replace("&amp;", "&")).query).items()}
        for href, label in found
    }


def click(office: Bureau, letter: Sent, label: str, sender: str = QINGNIAN, **changed: str) -> list[Sent]:
    """Send a ready reply; ``changed``: label of a line → what is written there instead."""
    reply = links(letter)[label]
    body = reply["body"]
    for name, value in changed.items():
        body, count = re.subn(rf"(?m)^({re.escape(name)}：).*?(\r?)$", rf"\g<1>{value}\2", body)
        assert count == 1
    return office.send(sender, subject=reply["subject"], text=body)


def standing(office: Bureau, unit: str = "qingnian") -> str:
    return str(office.unit(unit)["form"]["status"])


CONFIRM, CORRECT = "全部相符，确认", "有不符的，更正"


# --- by the letter's link --------------------------------------------------------------------------------


def test_a_link_of_the_letter_confirms_though_the_program_drops_what_is_answered(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        [receipt] = click(office, letter, CONFIRM)
        assert (receipt.kind, standing(office), office.figure("qingnian")) == ("receipt", "accepted", 12)
        assert office.unit("qingnian")["form"]["confirmed_by"] == QINGNIAN


def test_what_the_letter_s_text_says_to_write_confirms_as_well(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        [subject] = re.findall(r"(?m)^(确认青年镇.*)$", letter.text)
        office.send(QINGNIAN, subject=subject, text="确认")
        assert standing(office) == "accepted"


def test_only_the_unit_s_own_address_confirms_by_the_link(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        forged = {"Authentication-Results": "mx.civil.example; dmarc=fail header.from=town.example"}
        reply = links(letter)[CONFIRM]
        assert kinds(click(office, letter, CONFIRM, sender=SHILIN)) == ["noted"]
        assert kinds(click(office, letter, CONFIRM, sender=STRANGER)) == ["acknowledgement"]
        office.send(QINGNIAN, subject=reply["subject"], text=reply["body"], headers=forged)
        assert standing(office) == "needs_confirmation"


def test_the_link_of_a_form_that_was_replaced_confirms_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        first, second = asked(office, 6), asked(office, 7)
        assert kinds(click(office, first, CONFIRM)) == ["noted"]
        assert standing(office) == "needs_confirmation"
        office.pass_time(minutes=1)
        click(office, second, CONFIRM)
        assert office.figure("qingnian") == 14


def test_a_link_that_has_expired_is_answered_by_a_new_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        office.pass_time(days=9)
        [again] = click(office, letter, CONFIRM)
        assert ("口令已过期" in again.text, standing(office)) == (True, "needs_confirmation")
        office.pass_time(minutes=1)
        click(office, again, CONFIRM)
        assert standing(office) == "accepted"


def test_a_reminder_asks_with_a_link_too_and_an_answer_to_it_counts(tmp_path: Path) -> None:
    for number, by_link in enumerate((True, False)):
        with bureau(tmp_path / str(number)) as office:
            asked(office)
            office.now = office.now.replace(day=2, hour=9, minute=31)
            assert "remind" in run_timetable(office.work, office.now)
            office.poll()
            [reminder] = [one for one in office.new_letters() if one.to == QINGNIAN]
            office.pass_time(hours=1)
            if by_link:
                click(office, reminder, CONFIRM)
            else:
                office.send(QINGNIAN, text="确认", answers=reminder, subject="回复：催报")
            assert standing(office) == "accepted"


# --- figures put right -----------------------------------------------------------------------------------


def test_figures_that_the_unit_puts_right_replace_those_read_and_are_traced_to_its_mail(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path / "office") as office:
        letter = asked(office)
        [receipt] = office.send(
            QINGNIAN, text="发放宣传资料：3,000份\n其余无误", answers=letter, subject="回复："
        )
        assert (receipt.kind, standing(office), office.figure("qingnian")) == ("receipt", "accepted", 3000)
        for said in (
            "更正（1 项）",
            "发放宣传资料　　 　3000 份（贵单位更正，原读 12）",
            "巡查次数/总计　　　20 次",
        ):
            assert re.sub(r"\s", "", said) in re.sub(r"\s", "", receipt.text)
        mail = next(office.work.ledger.each_message(newest_first=True)).sha256
        corrected = office.unit("qingnian")["form"]["corrections"]["leaflets_distributed"]
        assert (corrected["message"], corrected["by"], corrected["read"]) == (mail, QINGNIAN, 12)
        sources = report(office, tmp_path / "out")["sources"]
        assert sources["leaflets_distributed"] | {"received": ""} == {
            "message": mail, "received": "", "sender": QINGNIAN, "file": None, "sha256": None, "cell": None,
            "version": 1, "decided_by": QINGNIAN,
        }  # fmt: skip
        assert sources["patrols"]["file"] == "各村统计表.csv"
        assert sources["patrols"]["decided_by"] == QINGNIAN


def test_the_link_s_lines_may_be_edited_and_are_no_form_and_no_account_of_their_own(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        assert "发放宣传资料：12\r\n" in links(letter)[CORRECT]["body"]
        [receipt] = click(office, letter, CORRECT, 发放宣传资料="30", 媒体宣传="三")
        dossier = office.dossier("qingnian")
        assert (receipt.kind, standing(office), len(dossier.versions)) == ("receipt", "accepted", 1)
        assert (office.figure("qingnian"), office.figure("qingnian", "media_reports")) == (30, 3)
        assert "按 3 次登记" in receipt.text
        assert dossier.narratives == ()


def test_all_lines_sent_back_untouched_confirm(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        click(office, asked(office), CORRECT)
        assert (standing(office), office.figure("qingnian")) == ("accepted", 12)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("发放宣传资料：3000", "其余无误"),
        ("发放宣传资料：约3000\n其余无误", "约3000"),
        ("发放宣传资料：3000\n发放宣传资料：300\n其余无误", "不同的数"),
        ("联合巡查：90\n其余无误", "联合巡查"),
        ("发放宣传资料：\n其余无误", "未填写"),
        ("发放宣传资料：12人\n确认", "单位不符"),
    ],
)
def test_in_doubt_nothing_is_taken_and_it_is_asked_again_exactly(
    tmp_path: Path, words: str, why: str
) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        [again] = office.send(QINGNIAN, text=words, answers=letter)
        assert (again.kind, standing(office)) == ("receipt", "needs_confirmation")
        assert "还不能登记" in again.subject
        assert why in again.text
        assert "附上更正后的统计表" in again.text
        assert office.told() == []
        office.pass_time(minutes=1)
        body = links(again)[CORRECT]["body"].replace("联合巡查：90", "联合巡查：20")
        [receipt] = office.send(
            QINGNIAN, text=re.sub("发放宣传资料：.*", "发放宣传资料：3000", body), answers=again
        )
        assert (standing(office), office.figure("qingnian")) == ("accepted", 3000)
        assert "更正（1 项）" in receipt.text


def test_what_was_said_and_not_taken_is_offered_again_to_be_completed(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        [again] = office.send(QINGNIAN, text="发放宣传资料：3000", answers=letter)
        body = links(again)[CORRECT]["body"]
        assert "发放宣传资料：3000\r\n" in body
        assert "媒体宣传：20\r\n" in body


@pytest.mark.parametrize("words", ["其余无误", "确认", "媒体宣传：7\n其余无误"])
def test_what_the_unit_has_said_is_never_passed_over_by_a_later_yes(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        [again] = office.send(QINGNIAN, text="发放宣传资料：3000", answers=asked(office))
        assert CONFIRM not in links(again)
        office.pass_time(minutes=1)
        [third] = office.send(QINGNIAN, text=words, answers=again)
        assert standing(office) == "needs_confirmation"
        assert "“发放宣传资料”贵单位此前写的是“3000”，读到的是“12”" in third.text
        office.pass_time(minutes=1)
        both = "发放宣传资料：3000\n媒体宣传：20\n其余无误"
        office.send(QINGNIAN, text=both, answers=third)
        assert (standing(office), office.figure("qingnian")) == ("accepted", 3000)


def test_the_contact_who_confirms_what_was_read_is_told_what_the_unit_has_said(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, text="发放宣传资料：3000", answers=asked(office))
        confirm(office.work, "qingnian", office.ruling())
        [told] = [one["text"] for one in office.unit("qingnian")["form"]["findings"] if "3000" in one["text"]]
        assert "没有据此改" in told


@pytest.mark.parametrize(
    "words",
    [
        "发放宣传资料：3000，是去年的数\n其余无误",
        "发放宣传资料：3000\n其余请以附件为准",
        "发放物品：3\n其余无误",
        "总计：3\n确认",
    ],
)
def test_other_words_are_for_the_contact_as_ever(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        office.send(QINGNIAN, text=words, answers=letter)
        assert standing(office) == "needs_confirmation"


def test_figures_in_words_without_an_answer_to_our_letter_change_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        asked(office)
        office.send(QINGNIAN, text="发放宣传资料：3000\n其余无误")
        assert standing(office) == "needs_confirmation"


@pytest.mark.parametrize(
    "words",
    ["出动工作人员：130", "您好，出动工作人员改成130人次，其余无误，谢谢！", "出动工作人员由30改为130"],
)
def test_one_line_puts_an_accepted_form_s_figure_right_and_is_echoed_and_traced(
    tmp_path: Path, words: str
) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, *everything())
        before = office.figure("qingnian", "staff_deployed")
        office.pass_time(minutes=1)
        [again] = office.send(QINGNIAN, text=words, answers=receipt, subject="回复：")
        assert (again.kind, standing(office)) == ("receipt", "accepted")
        assert office.figure("qingnian", "staff_deployed") == 130
        assert f"130人次（贵单位更正，原读{before}）" in re.sub(r"\s", "", again.text)
        assert "更正（1 项）已收到" in again.text
        corrected = office.unit("qingnian")["form"]["corrections"]["staff_deployed"]
        assert (corrected["by"], corrected["read"]) == (QINGNIAN, before)
        assert office.told() == []


def test_a_line_that_would_break_a_check_is_asked_back_and_the_form_stands(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, *everything())
        before = office.figure("qingnian", "joint_patrols")
        office.pass_time(minutes=1)
        [again] = office.send(QINGNIAN, text="联合巡查：9999", answers=receipt)
        assert "还不能登记" in again.subject
        assert "联合巡查" in again.text
        assert (standing(office), office.figure("qingnian", "joint_patrols")) == ("accepted", before)


def test_lines_mend_a_form_that_was_sent_back_one_after_another(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [note] = office.send(QINGNIAN, form(staff_deployed="约20", media_reports="若干"))
        assert "一行写一项，如“出动工作人员：（正确的数）”" in note.text
        office.pass_time(minutes=1)
        [second] = office.send(QINGNIAN, text="出动工作人员：20", answers=note)
        assert (second.kind, standing(office)) == ("correction", "needs_correction")
        assert "更正的数（1 项）已收到并记下" in second.text
        assert "若干" in second.text
        assert "约20”，" not in second.text
        office.pass_time(minutes=1)
        [receipt] = office.send(QINGNIAN, text="媒体宣传 2次", answers=second)
        assert (receipt.kind, standing(office)) == ("receipt", "accepted")
        assert office.figure("qingnian", "media_reports") == 2
        assert len(office.dossier("qingnian").versions) == 1


@pytest.mark.parametrize("as_page", [False, True])
def test_a_figure_typed_over_in_our_quoted_letter_is_seen_and_asked_for(
    tmp_path: Path, as_page: bool
) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, *everything())
        office.pass_time(minutes=1)
        before = office.figure("qingnian", "staff_deployed")
        again = office.receive(quoting(office, receipt, "已改，见下", "130", as_page))
        assert [one.kind for one in again] == ["receipt"]
        assert "如应为 130，请回复一行“出动工作人员：130”" in again[0].text
        assert office.figure("qingnian", "staff_deployed") == before
        [said] = [
            one for one in office.unit("qingnian")["form"]["findings"] if one["rule"] == "said_otherwise"
        ]
        assert (said["field"], "130" in said["text"]) == ("staff_deployed", True)
        office.pass_time(minutes=1)
        office.send(QINGNIAN, text="出动工作人员：130", answers=again[0])
        assert office.figure("qingnian", "staff_deployed") == 130


@pytest.mark.parametrize("as_page", [False, True])
def test_our_letter_quoted_as_it_was_says_nothing(tmp_path: Path, as_page: bool) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, *everything())
        office.pass_time(minutes=1)
        [answer] = office.receive(quoting(office, receipt, "请问收到了吗？", "", as_page))
        assert answer.kind == "noted"
        rules = {one["rule"] for one in office.unit("qingnian")["form"]["findings"]}
        assert "said_otherwise" not in rules


def quoting(office: Bureau, letter: Sent, words: str, new: str, as_page: bool) -> bytes:
    """A reply that quotes the letter, as a text or as a page, with the figure of 出动工作人员 typed over."""
    mail = message_from_bytes(letter.raw, policy=policy.default)
    body = mail.get_body(("html",) if as_page else ("plain",))
    assert body is not None
    quoted = body.get_content()
    if new:
        quoted, count = re.subn(r"(出动工作人员(?:<[^>]*>|\s|　)*)\d+\b", rf"\g<1>{new}", quoted)
        assert count == 1
    reply = EmailMessage()
    for name, value in {
        "From": QINGNIAN,
        "To": "report@civil.example",
        "Subject": "回复：",
        "Date": f"{office.now:%a, %d %b %Y %H:%M:%S +0800}",
        "Message-ID": f"<{as_page}{new}@town.example>",
        "In-Reply-To": letter.id,
    }.items():
        reply[name] = value
    head = "------------------ 原始邮件 ------------------"
    if as_page:
        reply.set_content(f"<div>{words}</div><div>{head}</div><div>{quoted}</div>", subtype="html")
    else:
        reply.set_content(f"{words}\n\n{head}\n" + "\n".join(f"> {line}" for line in quoted.splitlines()))
    return reply.as_bytes()


def test_what_the_contact_has_set_stands_and_a_difference_is_told(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        override(office.work, "qingnian", "leaflets_distributed", "31", office.ruling("电话核实"))
        [receipt, *_] = office.send(QINGNIAN, text="发放宣传资料：0\n媒体宣传：7\n其余无误", answers=letter)
        assert (office.figure("qingnian"), office.figure("qingnian", "media_reports")) == (31, 7)
        send_digest(office.work, office.now)
        office.poll()
        [digest] = [one for one in office.new_letters() if one.kind == "digest"]
        assert "单位来信写的是 0，联系人已改定为 31" in digest.text
        assert "联系人已改定" not in receipt.text


def test_corrections_may_come_with_photos_but_not_with_another_file(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        words = {"text": "发放宣传资料：30\n其余无误", "answers": letter}
        office.send(QINGNIAN, ("更正.pdf", b"%PDF-1.4 broken"), **words)
        assert standing(office) == "needs_confirmation"
        office.pass_time(minutes=1)
        office.send(QINGNIAN, photo(), **words)
        assert (standing(office), office.unit("qingnian")["photos"]["count"]) == ("accepted", 1)


def test_a_new_table_in_answer_counts_as_ever(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office)
        office.send(QINGNIAN, form(leaflets_distributed=77), text="更正如下", answers=letter)
        assert (standing(office), office.figure("qingnian")) == ("accepted", 77)


def test_the_contact_puts_right_in_words_what_was_forwarded(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked(office, sender=CONTACT_ADDRESS)
        click(office, letter, CORRECT, sender=CONTACT_ADDRESS, 发放宣传资料="30")
        assert (standing(office), office.figure("qingnian")) == ("accepted", 30)
        assert office.unit("qingnian")["form"]["version"] == 1


# --- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "values", "affirms"),
    [
        ("确认", {}, True),
        ("“确认无误”！", {}, True),
        ("您好：\n更正如下：\n发放宣传资料应为 3000 份；媒体宣传：2\n其他各项均无误。\n谢谢！", {"leaflets_distributed": 3000, "media_reports": 2}, True),
        ("1、巡查次数／总计：１５次", {"patrols": 15}, False),
        ("联合巡查改为5", {"joint_patrols": 5}, False),
        ("发放宣传资料由300改为3000", {"leaflets_distributed": 3000}, False),
        ("出动工作人员改成130，其余无误，谢谢", {"staff_deployed": 130}, True),
        ("您好，出动工作人员130人次，媒体宣传应该是2次。", {"staff_deployed": 130, "media_reports": 2}, False),
        ("我镇已核对，数据无误，请登记。\n青年镇民政办 张三 2024年3月1日", {}, True),
        ("好的，没问题", {}, True),
        ("填报人：李四\n确认", {}, True),
        ("备注：含社会捐赠，已核实\n其余不变", {"remarks": "含社会捐赠,已核实"}, True),
        ("发放物资（元）：12000", {"supplies_distributed": Decimal("1.2")}, False),
        ("备注：含社会捐赠\n其余不变", {"remarks": "含社会捐赠"}, True),
    ],
)  # fmt: skip
def test_lines_read_like_a_form_s(words: str, values: dict[str, Any], affirms: bool) -> None:
    said = read_corrections(words, campaign())
    assert said is not None
    assert (said.values, said.affirms) == (values, affirms)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "不确认",
        "确认吗",
        "其余有误",
        "没有确认",
        "确认，再等等",
        "没问题，明天再补一张表",
        "其余数据不一致",
        "巡查次数：15",
        "好的",
        "确认收到",
    ],
)
def test_other_words_aren_t_understood(words: str) -> None:
    assert read_corrections(words, campaign()) is None


def report(office: Bureau, folder: Path) -> dict[str, Any]:
    """The unit's part of report.json."""
    merge(office.work, office.now, folder)
    units = jsontext.loads((folder / "report.json").read_bytes())["units"]
    found: dict[str, Any] = next(one for one in units if one["id"] == "qingnian")
    return found

"""What comes back in answer to our letters: 确认, explanations, questions, bounces, out-of-office notes."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from pathlib import Path

import pytest

from agent.demo.district import CONTACT_ADDRESS
from agent.handling.decisions import accept, extend, override
from agent.handling.handing_in import hand_in
from agent.reading.words.contradicting import contradiction
from agent.reading.words.explaining import explains
from agent.service.mailings import digest_letter, send_digest, send_reminders
from tests.outcome.bureau import (
    STRANGER,
    Bureau,
    Sent,
    bureau,
    form,
    kinds,
    narrative,
    photo,
    sender_of,
    unmarked_sum,
)

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


def standing(office: Bureau, unit: str = "qingnian") -> str:
    return str(office.unit(unit)["form"]["status"])


def asked_to_confirm(office: Bureau, leaflets: int = 6) -> Sent:
    office.pass_time(hours=1)
    [letter] = office.send(QINGNIAN, unmarked_sum(leaflets=leaflets))
    assert standing(office) == "needs_confirmation"
    office.pass_time(hours=1)
    return letter


# --- 确认 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "确认",
        "确认。",
        " 确认无误！\n",
        "“确认”",
        "确认\n\n在 2024年3月1日，报送系统 写道：\n> 请答复",
        "确认\n-- \n张三",
        "数据准确，同意上报。",
    ],
)
def test_a_reply_that_says_so_confirms(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        letter = asked_to_confirm(office)
        [receipt] = office.send(QINGNIAN, text=words, answers=letter, subject="回复：")
        assert (receipt.kind, standing(office)) == ("receipt", "accepted")
        assert office.figure("qingnian") == 12
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.confirmed_by == QINGNIAN


def test_a_form_below_last_winter_s_title_counts_once_the_unit_says_that_it_is_this_one(
    tmp_path: Path,
) -> None:
    old = Path(__file__).parent.parent / "forms/offices/last-winter-by-its-title.xlsx"
    with bureau(tmp_path) as office:
        office.pass_time(hours=1)
        [letter] = office.send(QINGNIAN, (old.name, old.read_bytes()))
        assert (standing(office), "2022—2023年度" in letter.text) == ("needs_confirmation", True)
        office.pass_time(hours=1)
        [receipt] = office.send(QINGNIAN, text="确认", answers=letter, subject="回复：")
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert (receipt.kind, [one.rule for one in accepted.open_warnings]) == (
            "receipt",
            ["stories_without_narrative"],
        )


@pytest.mark.parametrize(
    "words", ["不确认", "确认收到，数字再核对", "好的", "没有确认", "确认一下：巡查应为 5 次"]
)
def test_other_words_confirm_nothing(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        letter = asked_to_confirm(office)
        [noted] = office.send(QINGNIAN, text=words, answers=letter)
        assert (noted.kind, standing(office)) == ("noted", "needs_confirmation")
        assert any(words[:4] in text for text in office.told())


def test_only_a_reply_to_the_letter_that_showed_the_figures_confirms_them(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        first = asked_to_confirm(office, 6)
        second = asked_to_confirm(office, 7)
        [other] = office.send(SHILIN, form("石林镇"))
        for number, answered in enumerate((None, first, other)):
            office.send(QINGNIAN, text="确认", answers=answered, number=str(number))
            assert standing(office) == "needs_confirmation"
        office.send(SHILIN, text="确认", answers=second)
        assert standing(office) == "needs_confirmation"
        office.send(QINGNIAN, text="确认", answers=second)
        assert office.figure("qingnian") == 14


def test_a_reply_to_any_later_letter_about_the_form_confirms_it(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked_to_confirm(office)
        [noted] = office.send(QINGNIAN, text="请问怎么改？", answers=letter)
        office.pass_time(hours=1)
        thread = {"In-Reply-To": noted.id, "References": f"{letter.id} {noted.id}"}
        office.send(QINGNIAN, text="确认", headers=thread)
        assert standing(office) == "accepted"


def test_a_reply_to_a_letter_about_photos_sent_since_confirms_the_form(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        asked_to_confirm(office)
        [receipt] = office.send(QINGNIAN, photo())
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="确认无误，谢谢！", answers=receipt)
        assert standing(office) == "accepted"


def test_a_reply_to_a_notice_of_the_contact_s_decision_confirms_the_form(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        asked_to_confirm(office)
        extend(office.work, "qingnian", "2024-03-08", office.ruling())
        office.poll()
        [notice] = office.new_letters()
        assert notice.kind == "notice"
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="确认", answers=notice)
        assert standing(office) == "accepted"


def test_a_confirmation_is_about_the_form_that_was_shown_though_an_older_one_joined_later(
    tmp_path: Path,
) -> None:
    with bureau(tmp_path) as office:
        office.send(STRANGER, unmarked_sum(leaflets=5))
        letter = asked_to_confirm(office, 6)
        accept(office.work, "H1", office.ruling())
        office.send(QINGNIAN, text="确认", answers=letter)
        assert office.figure("qingnian") == 12


def test_a_confirmation_may_come_with_photos_but_not_with_figures(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked_to_confirm(office)
        office.send(QINGNIAN, ("更正.pdf", b"%PDF-1.4 broken"), text="确认", answers=letter)
        assert standing(office) == "needs_confirmation"
        office.pass_time(hours=1)
        [receipt] = office.send(QINGNIAN, photo(), text="确认", answers=letter)
        assert (standing(office), receipt.kind) == ("accepted", "receipt")
        assert office.unit("qingnian")["photos"]["count"] == 1


def test_the_contact_may_confirm_by_a_reply_what_was_forwarded(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(CONTACT_ADDRESS, unmarked_sum())
        office.pass_time(hours=1)
        assert kinds(office.send(CONTACT_ADDRESS, text="确认", answers=letter)) == ["receipt"]
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.confirmed_by == CONTACT_ADDRESS


def test_a_confirmation_that_quotes_a_cloud_link_is_one_all_the_same(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked_to_confirm(office)
        quoted = (
            "确认\n\n------------------ 原始邮件 ------------------\n照片：https://pan.baidu.com/s/1abc\n"
        )
        office.send(QINGNIAN, text=quoted, answers=letter)
        assert standing(office) == "accepted"


# --- explanations ----------------------------------------------------------------------------------------


def warned(office: Bureau) -> Sent:
    [letter] = office.send(QINGNIAN, form(staff_deployed=1))
    assert "请核实" in letter.text
    office.pass_time(hours=1)
    return letter


def still_open(office: Bureau) -> bool:
    accepted = office.dossier("qingnian").accepted
    assert accepted is not None
    return bool(accepted.open_warnings)


def test_a_reply_that_says_why_settles_the_warnings_and_is_shown(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(
            QINGNIAN, text="巡查由联防队员开展，工作人员只出动一次。", answers=warned(office)
        )
        assert receipt.kind == "receipt"
        assert "联防队员" in receipt.text
        assert office.unit("qingnian")["form"]["explanation"] == "巡查由联防队员开展，工作人员只出动一次。"
        assert not still_open(office)


def test_a_figure_that_was_explained_is_not_marked_to_be_checked_any_more(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = warned(office)
        assert "← 请核实" in letter.text
        office.send(QINGNIAN, text="巡查由联防队员开展，工作人员只出动一次。", answers=letter)
        override(office.work, "qingnian", "leaflets_distributed", "12", office.ruling("电话核实"))
        office.poll()
        [notice] = office.new_letters()
        assert "← 请核实" not in notice.text


@pytest.mark.parametrize(
    "words",
    [
        "核实无误",
        "已核实，无误。",
        "经核实，以上数据均属实，请查收，谢谢！",
        "我镇已再次核对，数据无误。",
        "您好，统计表数据准确，没有问题，特此回复",
        "请问这个怎么改？",
        "是不是要写联防队员的人次呢？",
        "确认无误 李四 3月1日",
        "以上数据无误。\n青年镇民政和社会事务办公室\n李四",
    ],
)
def test_a_bare_assurance_or_a_question_settles_nothing(tmp_path: Path, words: str) -> None:
    assert not explains(words)
    with bureau(tmp_path) as office:
        assert kinds(office.send(QINGNIAN, text=words, answers=warned(office))) == ["noted"]
        assert still_open(office)


def test_who_only_assures_is_told_that_a_reason_is_wanted(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [noted] = office.send(QINGNIAN, text="核实无误", answers=warned(office))
        assert "只写“核实无误”不作为说明" in noted.text
        assert "出动工作人员" in noted.text
        assert "附件" not in noted.text


@pytest.mark.parametrize(
    "words",
    [
        "工作人员应为13人次，请更正。",
        "不好意思，工作人员填错了，少了一个零。",
        "联防队员的人次漏报，核实后再报。",
        "情况已说明，详见附件。",
        "已修改统计表，请查收，谢谢老师。",
        "工作人员那一栏是笔误，不是1人次。",
        "数字我们还在核，明天再报给您。",
        "出动人次算错了，不止这么多。",
        "稍后重新发一张更正的统计表过来。",
        "实为联防队员一同出动，按13人次算才对。",
        "出动工作人员不是1人次是13人次",
        "其实是13人次，都是联防队员",
        "联防队员没有计入，计入后为13人次",
        "少写了一个零，实在抱歉",
        "村干部的出动忘了加上去",
        "把出动人次写成出动次数了",
        "这一栏口径不对，按车次统计的",
        "这个数不准确，是各村报的",
        "村里还没统计完，先这样报的",
        "我问一下村里再答复您",
        "这张表作废吧，我另做一张",
    ],
)
def test_words_that_take_a_figure_back_explain_nothing(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        letter = warned(office)
        [noted] = office.send(QINGNIAN, text=words, answers=letter)
        assert still_open(office)
        assert noted.kind == "noted"
        assert any(words[5:9] in text for text in office.told())


def test_who_only_asks_for_more_time_explains_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = warned(office)
        [noted] = office.send(QINGNIAN, text="来不及核对了，想晚两天报", answers=letter)
        assert (noted.kind, still_open(office)) == ("noted", True)
        assert [one["kind"] for one in office.status["open"]] == ["extension"]


@pytest.mark.parametrize(
    "words",
    [
        "巡查由联防队员开展，没有漏报，工作人员只出动一次。",
        "因为巡查多由网格员随同开展，不存在填错的情况。",
        "巡查以社区志愿者为主，工作人员带队一次。如有错误请指正。",
        "补充说明：夜间巡查由物业保安承担。",
        "辖区巡查委托救援队实施，镇上只派了一人次。",
        "联防队员未计入工作人员，故人次少于巡查次数。",
        "因为下雪停了3天，巡查由网格员代为开展。",
    ],
)
def test_a_reason_is_a_reason_though_it_denies_a_mistake(words: str) -> None:
    assert explains(words)


def test_an_explanation_settles_only_the_warnings_that_it_names(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(staff_deployed=1, moving_stories=2))
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        rules = {one.rule for one in accepted.open_warnings}
        assert {"staff_at_least_patrols", "stories_without_narrative"} <= rules
        office.pass_time(hours=1)
        [receipt] = office.send(QINGNIAN, text="巡查由联防队员开展，工作人员只出动一次。", answers=letter)
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert {one.rule for one in accepted.open_warnings} == rules - {"staff_at_least_patrols"}
        assert "感人事迹" in receipt.text
        office.pass_time(hours=1)
        [noted] = office.send(QINGNIAN, text="因为降温突然，各村都很忙。", answers=receipt)
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="感人事迹的文字由办公室整理。", answers=noted)
        assert not still_open(office)


def test_a_mail_that_forgot_its_file_is_told_so_and_a_question_is_not(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        for number, (words, told) in enumerate(
            [
                ("现将统计表报上，请查收附件。", True),
                ("", True),
                ("请问照片最少几张？", False),
                ("附件要盖章吗？", False),
            ]
        ):
            [noted] = office.send(
                QINGNIAN, text=words, subject="报送" if told else "请教", number=str(number)
            )
            assert ("检查附件是否已添加" in noted.text) is told, words


def test_a_yes_in_answer_to_a_correction_note_is_told_that_the_errors_stand(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [note] = office.send(QINGNIAN, form(staff_deployed="约20"))
        office.pass_time(hours=1)
        [noted] = office.send(QINGNIAN, text="确认无误", answers=note)
        assert (noted.kind, standing(office)) == ("noted", "needs_correction")
        assert "统计表（第 1 版）还有 1 处错误没有改正" in noted.text


def test_words_that_confirm_nothing_are_answered_with_the_line_to_send(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked_to_confirm(office)
        [noted] = office.send(QINGNIAN, text="确认收到，数字再核对", answers=letter)
        assert "统计表（第 1 版）仍待确认" in noted.text
        assert "正文只写“确认”" in noted.text
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="确认", answers=noted)
        assert standing(office) == "accepted"


def test_an_explanation_that_answers_no_letter_is_shown_to_the_contact(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        warned(office)
        office.send(QINGNIAN, text="巡查由联防队员开展，工作人员只出动一次。")
        assert still_open(office)
        assert any("联防队员" in text for text in office.told())


# --- questions -------------------------------------------------------------------------------------------


def test_a_question_is_noted_and_told_in_one_digest(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [noted] = office.send(QINGNIAN, subject="请教", text="照片最少几张？")
        assert (noted.kind, noted.to) == ("noted", QINGNIAN)
        assert any("照片最少几张" in text for text in office.told())
        send_digest(office.work, office.now)
        assert office.told() == []


def test_a_question_from_just_before_the_digest_that_is_read_just_after_it_is_told(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.poll()
        asked = office.now
        office.pass_time(minutes=1)
        send_digest(office.work, office.now)
        office.pass_time(minutes=4)
        office.send(QINGNIAN, text="照片最少几张？", at=asked)
        assert any("照片最少几张" in text for text in office.told())


def test_a_figure_in_answer_to_a_reminder_is_taken(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        office.pass_time(days=3)
        send_reminders(office.work, office.now)
        office.poll()
        [reminder] = [one for one in office.new_letters() if (one.kind, one.to) == ("reminder", QINGNIAN)]
        office.pass_time(hours=1)
        [receipt] = office.send(QINGNIAN, text="发放宣传资料：15", answers=reminder)
        assert (receipt.kind, office.figure("qingnian")) == ("receipt", 15)


def test_a_figure_with_a_plus_may_be_to_be_added_and_is_asked_back(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        [asked] = office.send(QINGNIAN, text="发放宣传资料：＋5", answers=receipt)
        assert "看不出是增加这么多，还是就是这个数" in asked.text
        assert office.figure("qingnian") == 10
        assert [one["field"] for one in office.status["open"]] == ["leaflets_distributed"]


def test_who_agrees_isn_t_told_to_look_after_an_attachment(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        letter = asked_to_confirm(office)
        [noted] = office.send(QINGNIAN, text="数据准确，同意上报", answers=letter, subject="回复：请查收")
        assert "请检查附件" not in noted.text


# --- words beside files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("附件里的巡查次数应为15次，请以此为准", ["patrols"]),
        ("统计表里劝导人数填错了，实际是 7 人。", ["people_persuaded"]),
        ("请查收。发放宣传单以15份为准。", ["leaflets_distributed"]),
        ("发放宣传单由10改为１５。", ["leaflets_distributed"]),
        ("巡查次数有误，正确的是15次。", ["patrols"]),
        ("巡查车辆漏填，共3台。", ["patrols"]),
        ("巡查次数更正为十五次。", ["patrols"]),
        ("请以正文数字为准：巡查15次。", ["patrols"]),
        ("附主要数据。\n劝导人数：99人", ["people_persuaded"]),
        ("联合巡查次数：90；劝导人数：99", ["joint_patrols", "people_persuaded"]),
    ],
)
def test_words_that_put_the_form_beside_them_right_are_an_open_warning(
    tmp_path: Path, words: str, fields: list[str | None]
) -> None:
    with bureau(tmp_path) as office:
        [receipt] = office.send(QINGNIAN, form(), text=f"您好：\n{words}\n谢谢！")
        assert standing(office) == "accepted"
        findings = office.unit("qingnian")["form"]["findings"]
        doubts = [one for one in findings if one["rule"] == "words_besides"]
        assert [(one["severity"], one["field"]) for one in doubts] == [("warning", one) for one in fields]
        for letter in (receipt.text, digest_letter(office.work, office.now).raw.decode("ascii")):
            assert "与统计表可能不一致" in _plain(letter)
        assert doubts[0]["text"].startswith("来信正文提到“")


@pytest.mark.parametrize(
    "words",
    [
        "请查收。",
        "请查收，如有问题请联系 000-00000000。",
        "如数据有误，请电话 000-00000000 联系我们，共3个附件。",
        "若有填错的地方请告知，电话13800000000。",
        "以此表为准，共 2 页。",
        "数据以附件为准。3月1日",
        "请以本表为准，此前2月28日所报作废。",
        "请以附表1为准。",
        "现报送统计表1份、照片3张。",
        "表中数字有误之处，敬请指正。",
    ],
)
def test_courtesies_are_no_contradiction(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(), text=words)
        rules = [one["rule"] for one in office.unit("qingnian")["form"]["findings"]]
        assert "words_besides" not in rules
        assert not any("来信询问" in text for text in office.told())


def test_an_amount_whose_digits_stand_in_the_mail_by_the_yuan_waits_to_be_put_right(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(), text="准备物资10元，其余不变。")
        assert standing(office) != "accepted"
        errors = [one for one in office.unit("qingnian")["form"]["findings"] if one["severity"] == "error"]
        assert [(one["rule"], one["field"]) for one in errors] == [
            ("wrong_measure", "supplies_prepared"),
            ("wrong_measure", "supplies_distributed"),  # filled in by the same hand
        ]
        assert "如是 10 元，请填 0.001" in letter.text


def test_a_correction_without_a_figure_is_none() -> None:
    assert contradiction("注：巡查次数应为累计数。\n") == ""


def test_a_correction_is_quoted_short() -> None:
    quoted = contradiction("附件中" + "乡镇" * 60 + "应为15次。")
    assert len(quoted) <= 60
    assert "应为15次" in quoted


@pytest.mark.parametrize("files", [(form(),), (photo(),), (narrative(), form())])
@pytest.mark.parametrize(
    "question", ["请问照片最少几张", "照片能否周五再交。", "是否可以只交两张照片。", "照片只有两张，可以吗？"]
)
def test_a_question_beside_files_is_told_and_the_files_are_filed(
    tmp_path: Path, files: tuple[tuple[str, bytes], ...], question: str
) -> None:
    account = "我镇组织力量开展夜间巡查，劝导救助流浪乞讨人员，发放御寒物资。" * 4
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *files, text=f"{account}\n{question}")
        [told] = office.told()
        assert "青年镇" in told
        assert question.strip("。") in told
        assert office.counts() == (1, 0, 0, 0)


def test_an_address_with_a_question_mark_is_no_question(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, photo(), text="照片另见 https://pan.example/s/abc?pwd=1234 ，请查收。")
        assert office.told() == []


def _plain(raw: str) -> str:
    """A letter's readable text, given its text or its bytes as text."""
    if "Content-Type" not in raw:
        return raw
    body = email.message_from_string(raw, policy=email.policy.default).get_body(("plain",))
    return str(body.get_content()) if body else ""


# --- bounces ---------------------------------------------------------------------------------------------


def bounce(
    letter_id: str, at: dt.datetime, action: str = "failed", sender: str = "MAILER-DAEMON@town.example"
) -> bytes:
    """A delivery report (RFC 3464) about a letter."""
    return f"""Received: from there by mx.civil.example; {at:%a, %d %b %Y %H:%M:%S +0800}
Return-Path: <>
From: {sender}
To: report@civil.example
Subject: Undelivered Mail Returned to Sender
Date: {at:%a, %d %b %Y %H:%M:%S +0800}
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

I'm sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.town.example

Final-Recipient: rfc822; {QINGNIAN}
Action: {action}
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: {letter_id}
Subject: x

--b--
""".replace("\n", "\r\n").encode()


def test_a_bounce_of_our_letter_makes_the_unit_unreachable_until_it_writes_again(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        office.pass_time(minutes=5)
        assert office.receive(bounce(letter.id, office.now)) == []
        assert office.counts() == (1, 0, 1, 0)
        assert office.unit("qingnian")["unreachable"] is True
        assert any("退回" in text and QINGNIAN in text for text in office.told())
        office.pass_time(minutes=5)
        office.send(QINGNIAN, photo())
        assert "unreachable" not in office.unit("qingnian")


def test_a_unit_that_wrote_after_the_bounce_is_reachable_though_both_were_read_later(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        at = office.now
        office.pass_time(hours=5)
        office.receive(
            bounce(letter.id, at + dt.timedelta(hours=1)),
            office.mail(QINGNIAN, photo(), at=at + dt.timedelta(hours=2)),
        )
        assert "unreachable" not in office.unit("qingnian")


def test_what_others_hand_in_for_a_unit_says_nothing_of_its_mailbox(tmp_path: Path) -> None:
    with bureau(tmp_path / "office") as office:
        [letter] = office.send(QINGNIAN, form())
        office.pass_time(minutes=5)
        office.receive(bounce(letter.id, office.now))
        office.pass_time(minutes=5)
        office.send(CONTACT_ADDRESS, photo(), subject="青年镇")
        file = tmp_path / "图.jpg"
        file.write_bytes(photo(2)[1])
        hand_in(office.work, "qingnian", [file], office.ruling(by="王主任"))
        assert office.unit("qingnian")["photos"]["count"] == 2
        assert office.unit("qingnian")["unreachable"] is True


def test_a_report_that_our_letter_is_late_or_about_another_s_letter_changes_nothing(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        office.pass_time(minutes=5)
        office.receive(
            bounce(letter.id, office.now, action="delayed"), bounce("<x@elsewhere.example>", office.now)
        )
        assert office.counts() == (1, 0, 2, 0)
        assert "unreachable" not in office.unit("qingnian")


def bounce_without_original(recipient: str, at: dt.datetime, action: str = "failed") -> bytes:
    """A delivery report that names the address alone."""
    report = bounce("<x@elsewhere.example>", at, action).decode().replace(QINGNIAN, recipient)
    head, original, _ = report.partition("--b\r\nContent-Type: text/rfc822-headers")
    assert original
    return f"{head}--b--\r\n".encode()


def test_a_bounce_that_brings_no_original_is_about_the_newest_letter_to_that_address(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        office.pass_time(days=1)
        office.send(QINGNIAN, text="照片最少几张？")
        send_digest(office.work, office.now)
        office.pass_time(minutes=5)
        assert kinds(office.receive(bounce_without_original(QINGNIAN.upper(), office.now))) == ["digest"]
        assert office.unit("qingnian")["unreachable"] is True
        [told] = office.told()
        assert all(words in told for words in ("来信答复", QINGNIAN, "被退回"))
        office.pass_time(minutes=5)
        office.send(QINGNIAN, photo())
        assert "unreachable" not in office.unit("qingnian")


@pytest.mark.parametrize("address", [SHILIN, CONTACT_ADDRESS])
def test_a_bounce_about_a_unit_or_the_contact_is_told_though_no_letter_of_ours_is_found(
    tmp_path: Path, address: str
) -> None:
    with bureau(tmp_path) as office:
        office.receive(bounce_without_original(address, office.now))
        assert office.counts() == (0, 0, 1, 0)
        [told] = office.told()
        assert address in told
        assert "退回" in told
        assert "unreachable" not in office.unit("shilin")


def test_a_bounce_is_not_about_a_letter_of_long_ago(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        office.pass_time(days=8)
        office.receive(bounce_without_original(QINGNIAN, office.now))
        assert "unreachable" not in office.unit("qingnian")
        assert any(QINGNIAN in text for text in office.told())


def test_a_report_about_an_address_that_we_never_wrote_to_is_nobody_s(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        office.pass_time(minutes=5)
        office.receive(
            bounce_without_original("other@elsewhere.example", office.now),
            bounce_without_original(QINGNIAN, office.now, action="delayed"),
        )
        assert office.counts() == (1, 0, 2, 0)
        assert office.told() == []
        assert "unreachable" not in office.unit("qingnian")


def test_in_a_mailbox_that_is_somebody_s_own_only_a_bounce_of_ours_leaves_a_trace(tmp_path: Path) -> None:
    with bureau(tmp_path, inbox={"dedicated": False}) as office:
        office.receive(bounce_without_original(SHILIN, office.now))
        assert office.told() == []
        assert next(office.work.ledger.each_message()).reason == "private"
        office.send(QINGNIAN, form())
        office.pass_time(minutes=5)
        office.receive(bounce_without_original(QINGNIAN, office.now))
        assert office.unit("qingnian")["unreachable"] is True


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied", "Subject": "自动回复：回执"},
        {"X-Autoreply": "yes", "Subject": "外出"},
        {"Return-Path": "<>", "Subject": "自动回复: 出差中"},
        {"Precedence": "auto_reply", "Subject": "Out of office"},
    ],
)
def test_an_out_of_office_note_is_no_bounce(tmp_path: Path, headers: dict[str, str]) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        office.pass_time(minutes=5)
        subject, more = headers["Subject"], {k: v for k, v in headers.items() if k != "Subject"}
        assert office.send(QINGNIAN, text="我出差了。", subject=subject, answers=letter, headers=more) == []
        assert office.counts() == (1, 0, 1, 0)
        assert "unreachable" not in office.unit("qingnian")


def test_a_machine_that_sends_a_form_in_reply_to_our_letter_is_held_and_not_lost(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(people_persuaded="约20"))
        office.pass_time(minutes=5)
        office.send(QINGNIAN, form(), answers=letter, headers={"Auto-Submitted": "auto-generated"})
        assert [one["reason"] for one in office.held] == ["automatic"]


def test_a_narrative_that_comes_later_settles_what_was_missing_it(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(moving_stories=1))
        assert still_open(office)
        office.pass_time(hours=1)
        office.send(QINGNIAN, narrative())
        assert not still_open(office)

"""Letters say what was read, what is wrong and what is missing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.campaign.rules import Campaign
from agent.campaign.settings import Contact
from agent.campaign.units import Register
from agent.dossier.dossier import assemble
from agent.dossier.overview import Health, Held, Overview
from agent.dossier.submission import Submission
from agent.letters import Letter, Letters, news

from .made_up import (
    CONTACT,
    ERRORS,
    LOCKED,
    ROOT,
    SENDER,
    answer,
    mail,
    moment,
    overview,
    photo,
)
from .opened import (
    EVENING,
    Case,
    both,
    case_of,
    digest_of,
    is_silent_about,
    parsed,
    says,
    text_of,
)

# What each letter says


@pytest.mark.parametrize("name", ["receipt_first", "receipt_changed", "receipt_confirm", "correction"])
def test_every_figure_stands_behind_its_label_in_the_forms_order(
    name: str, letters: Letters, sent: dict[str, Case], campaign: Campaign
) -> None:
    letter = letters.reply(*sent[name], EVENING)
    version = sent[name][2].versions[-1]
    for text in both(letter):
        table = text[text.rindex("联系电话：" if "联系电话：" in text else "联系电话") :]
        at = 0
        for field in campaign.form.figures:
            value = version.values[field.id]
            number = "—" if value is None else plain(value)
            found = re.compile(
                rf"{field.full_label}(有误|请核实)?([0-9.]+→)?{number}(?![0-9.]).{{0,9}}"
            ).search(table, at)
            assert found, (field.full_label, number, table[at:])
            at = found.start()


def test_a_receipt_tells_the_file_the_version_the_notes_and_what_is_missing_by_when(
    every: dict[str, Letter],
) -> None:
    says(
        every["receipt_first"],
        "青年镇统计表.xlsx",
        "第 1 版",
        "按 0 登记",
        "按 1.25 万元登记",
        "填报人",
        "张某某",
        "开展情况 未收到",
        "照片 未收到",
        "2024年3月5日",
    )


def test_a_receipt_tells_old_and_new_of_each_figure_that_changed_and_of_no_other(
    every: dict[str, Letter],
) -> None:
    says(
        every["receipt_changed"],
        "与第 1 版相比",
        "巡查次数/总计：12",
        "→ 13 次",
        "发放物资：1.2",
        "→ 1.25 万元",
    )
    is_silent_about(every["receipt_changed"], "媒体宣传：2")


def test_a_receipt_asks_to_explain_warnings_and_says_that_a_bare_confirmation_is_none(
    every: dict[str, Letter],
) -> None:
    says(every["receipt_warnings"], "2 处需核实", "超过 1000 万元", "只写“核实无误”不作为说明")


def test_explained_warnings_are_no_longer_asked_for(every: dict[str, Letter]) -> None:
    says(every["receipt_explained"], "说明已收悉", "含上年结转 1100 万元")
    is_silent_about(every["receipt_explained"], "超过 1000 万元")


def test_a_photo_that_came_twice_is_counted_once_and_named(every: dict[str, Letter]) -> None:
    says(every["receipt_materials"], "照片 5 张", "不重复计数 1 件：IMG_0001.jpg", "已齐")


def test_a_form_from_a_picture_is_shown_and_asked_about_and_not_called_registered(
    every: dict[str, Letter],
) -> None:
    says(every["receipt_confirm"], "尚未登记", "“确认”", "更正后的统计表", "读到的数", "不计入汇总")
    assert "请确认" in parsed(every["receipt_confirm"])["Subject"]
    is_silent_about(every["receipt_confirm"], "登记的数", "审核符合要求")


def test_the_senders_confirmation_is_answered_with_the_figures_now_registered(
    every: dict[str, Letter],
) -> None:
    says(every["receipt_confirmed"], "确认已收到", "登记的数", "48 人次")


def test_a_late_form_is_marked(every: dict[str, Letter]) -> None:
    says(every["receipt_late"], "期限（2024年3月5日）之后收到", "逾期")


def test_a_correction_note_tells_each_error_with_its_cell_and_what_was_written(
    every: dict[str, Letter],
) -> None:
    letter = every["correction"]
    says(letter, "有 5 处错误", "重新报送全表", *(one.text for one in ERRORS), "Sheet1 表 D6 格", "约40人次")
    says(letter, "巡查次数/总计 5 次（Sheet1 表 B6 格）", "巡查次数/联合巡查 7 次（Sheet1 表 C6 格）")
    assert letter.kind == "correction"


def test_a_correction_note_says_that_the_older_form_stands_and_what_was_filed(
    every: dict[str, Letter],
) -> None:
    says(every["correction"], "第 1 版（3月1日 09:32 收到）仍然有效", "已归档，不必重发", LOCKED.text)
    is_silent_about(every["correction_first"], "仍然有效")


def test_what_was_written_is_quoted_where_the_finding_does_not(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    finding = Finding("error", "x", "请改。", "patrols", "廿几次")
    says(letters.reply(*case_of(campaign, register, form_findings=(finding,)), EVENING), "所写：“廿几次”")


def test_a_mail_of_only_unreadable_files_gets_a_correction_note(every: dict[str, Letter]) -> None:
    assert every["correction_unread"].kind == "correction"
    says(every["correction_unread"], "未能读取", LOCKED.text)


def test_an_unreadable_file_beside_good_ones_is_told_in_the_receipt(every: dict[str, Letter]) -> None:
    assert every["receipt_unread"].kind == "receipt"
    says(every["receipt_unread"], "1 个文件未能读取", LOCKED.text, "照片 5 张")


def test_what_is_for_the_contact_only_is_not_told_to_the_unit(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    secret = Finding("warning", "outlier", "与其他单位相差较大", "patrols", contact_only=True)
    case = case_of(campaign, register, form_findings=(secret,))
    for letter in (letters.receipt(*case, EVENING), letters.reminder(case[2], ["a@b.example"], EVENING)):
        is_silent_about(letter, "与其他单位相差较大")


def test_an_acknowledgement_tells_nothing_of_any_unit_nor_repeats_the_mail(every: dict[str, Letter]) -> None:
    is_silent_about(every["acknowledgement"], "青年镇", "统计表", "报送期限", "更正")
    says(every["acknowledgement"], "已收到", "工作人员核对", CONTACT.phone)
    assert every["acknowledgement"].unit is None


def test_a_question_is_passed_to_the_contact_and_links_are_told_to_expire(every: dict[str, Letter]) -> None:
    says(every["noted"], "已转", "微云：照片.zip", "链接会过期")


@pytest.mark.parametrize(
    ("now", "said", "subject"),
    [
        ("2024-03-02T09:30", "还有 3 天", "3月5日截止"),
        ("2024-03-05T09:30", "今日（2024年3月5日）内", "今日截止"),
        ("2024-03-07T09:30", "已过 2 天", "已逾期 2 天"),
    ],
)
def test_a_reminder_says_how_long_is_left_or_over(
    now: str, said: str, subject: str, letters: Letters, sent: dict[str, Case]
) -> None:
    letter = letters.reminder(sent["receipt_first"][1], ["a@town.example"], moment(now))
    says(letter, said, "统计表 未收到", "不少于 100 字", SENDER)
    assert subject in parsed(letter)["Subject"]
    assert "尚缺统计表、开展情况、照片" in parsed(letter)["Subject"]


def test_a_reminder_repeats_the_errors_still_open(every: dict[str, Letter]) -> None:
    says(every["reminder"], "待改正", *(one.text for one in ERRORS))


def test_the_digests_subject_carries_the_essentials(every: dict[str, Letter]) -> None:
    assert parsed(every["digest"])["Subject"] == (
        "【日报】冬季送温暖 2024-03-06：已齐 4/10，待核 2，待确认 1，逾期 6"
    )


def test_the_digest_tells_what_waits_with_the_exact_commands(every: dict[str, Letter]) -> None:
    says(
        every["digest"],
        "report-agent review accept H3",
        "report-agent review assign H5 jinqiao",
        "report-agent review confirm jinqiao",
        "似为丛林镇",
        "与其他单位相差较大",
        "志愿者人次是否含网格员",
        "邮箱已满",
        "16:05 收信服务器连接中断",
        "关坝镇：统计表第 1 版（已登记）",
    )


def test_the_digests_matrix_has_a_line_for_each_unit_in_words(
    every: dict[str, Letter], register: Register
) -> None:
    lines = text_of(every["digest"]).split("【各单位】")[1].split("【合计】")[0].strip().splitlines()
    assert [line.split("\u3000")[0] for line in lines] == [unit.name for unit in register.units]
    assert "×统计表 未报　×开展情况 未报　×照片 未报　逾期 1 天" in lines[-2]
    assert "可不报" in lines[-1]


def test_the_digests_totals_are_the_sums_of_the_accepted_forms(
    every: dict[str, Letter], campaign: Campaign, register: Register
) -> None:
    for name, value in overview(campaign, register, EVENING).totals.items():
        field = campaign.form.field(name)
        says(every["digest"], f"{field.full_label} {plain(value)} {field.measure}")


def test_news_are_the_mails_since_the_last_digest_and_count_each_photo_once(
    campaign: Campaign, register: Register, sent: dict[str, Case]
) -> None:
    dossier = sent["receipt_changed"][2]
    view = Overview(campaign, register, EVENING, (dossier,))
    first = dossier.submissions[0].seq
    items = news(replace(view, health=Health(last_digest_seq=first)))
    assert [(one.form, one.narratives, one.photos) for one in items] == [(None, 1, 5), (2, 0, 0)]
    assert len(news(view)) == 3


def test_a_long_day_is_cut_short_in_the_digest_and_says_so(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    held = tuple(
        Held(f"H{number}", "0" * 64, "unknown_sender", "x@x.example", "表", None, EVENING)
        for number in range(40)
    )
    letter = digest_of(letters, Overview(campaign, register, EVENING, (), held=held))
    says(letter, "另有 25 封", "H14", "report-agent review assign H14 单位代号")
    is_silent_about(letter, "H15")


def test_the_digest_goes_to_the_contact_and_the_deputies(campaign: Campaign, register: Register) -> None:
    contact = Contact(name="某某", address="c@civil.example", phone="0", deputies=("d@civil.example",))
    letters = Letters([ROOT / "templates"], SENDER, contact, campaign)
    assert digest_of(letters, overview(campaign, register, EVENING)).to == (
        "c@civil.example",
        "d@civil.example",
    )


def test_a_unit_that_needn_t_report_isn_t_pressed(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    unit = register.by_id["station"]
    came: Submission = mail(1, "2024-03-01T09:00", pieces=(photo(1),))
    after = assemble(unit, (came,), (), campaign)
    says(letters.reply(answer(came), assemble(unit, (), (), campaign), after, EVENING), "贵单位可以不报")

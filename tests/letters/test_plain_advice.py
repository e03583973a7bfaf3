"""A letter says each thing once, where it is to be done, in the sender's own terms, and contradicts itself nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.dossier.submission import Piece
from agent.letters import Letters
from agent.letters.rendering import place

from .made_up import LOCKED, form, form_file, form_values, moment, narrative
from .opened import EVENING, Case, both, case_of, is_silent_about, parsed, says, text_of

TITLE = Finding("warning", "other_title", "表的标题写的是“2022年统计表”，看来不是这次行动的表。请核对。")
SUM = Finding("warning", "sum_unmarked", "表中有 3 行数据，没有标明哪一行是合计，已逐栏相加。")
SCAN = Finding("note", "from_picture", "此表是从图片识别的，可能认错。")


def blank(campaign: Campaign) -> tuple[Finding, ...]:
    """A finding for each figure that is lacking."""
    return tuple(
        Finding("error", "blank", f"“{one.full_label}”未填写，如无请填 0。", one.id)
        for one in campaign.form.figures
    )


def waiting(campaign: Campaign, register: Register, *findings: Finding, **more: object) -> Case:
    unit = register.by_id["qingnian"]
    read = form(unit, form_values(campaign), needs_confirmation=True)
    brought = {"pieces": (form_file(), narrative()), **more}
    return case_of(campaign, register, form=read, form_findings=findings, **brought)


def test_thirteen_empty_columns_are_one_line_and_thirteen_errors(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    unit = register.by_id["qingnian"]
    empty = form(unit, form_values(campaign, [None] * 13))
    letter = letters.reply(*case_of(campaign, register, form=empty, form_findings=blank(campaign)), EVENING)
    says(letter, "有 13 处错误", "13 栏数字都未填写", "青年镇统计表.xlsx")
    assert all(text.count("请填0") == 1 for text in both(letter))


@pytest.mark.parametrize("reason", [TITLE, SUM, SCAN], ids=lambda one: one.rule)
def test_why_a_form_is_to_be_confirmed_is_said_once_where_it_is_asked_for(
    letters: Letters, campaign: Campaign, register: Register, reason: Finding
) -> None:
    letter = letters.reply(*waiting(campaign, register, reason), EVENING)
    says(letter, reason.text, "正文写“确认”")
    assert all(text.count(reason.text.replace(" ", "")) == 1 for text in both(letter))
    # 只写“核实无误”不作为说明 would contradict 正文写“确认”.
    is_silent_about(letter, "需核实的事项", "不作为说明")


def test_another_warning_beside_it_is_still_to_be_explained(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    other = Finding("warning", "hidden", "表中有隐藏的内容，未作为填报数据。")
    letter = letters.reply(*waiting(campaign, register, TITLE, other), EVENING)
    says(letter, "需核实的事项", other.text)


def test_a_confirmed_form_is_not_called_doubtful_any_more(letters: Letters, sent: dict[str, Case]) -> None:
    letter = letters.reply(*sent["receipt_confirmed"], EVENING)
    says(letter, "已登记")
    is_silent_about(letter, "照片或扫描件")


def test_a_reminder_says_why_it_asks_for_a_confirmation(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    _, _, after = waiting(campaign, register, SUM)
    says(letters.reminder(after, ["a@town.example"], EVENING), SUM.text)


def test_a_reminders_subject_calls_only_that_missing_which_has_not_come(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    _, _, after = waiting(campaign, register, SUM)
    subject = parsed(letters.reminder(after, ["a@town.example"], moment("2024-03-04T09:30")))["Subject"]
    assert subject == "【催报】冬季送温暖：青年镇统计表待确认，尚缺照片，3月5日截止"


def test_what_is_only_to_be_confirmed_is_not_asked_for_as_missing(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    photo = Piece("1.jpg", "9" * 64, "photo", pixels="9")
    letter = letters.reply(
        *waiting(campaign, register, SCAN, pieces=(form_file(), narrative(), photo)), EVENING
    )
    is_silent_about(letter, "报齐")


def test_a_file_to_be_sent_again_is_not_said_to_need_no_sending(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    locked = Piece("青年镇照片.zip", "8" * 64, "other")
    case = case_of(campaign, register, form=None, form_file=None, pieces=(locked,), findings=(LOCKED,))
    letter = letters.reply(*case, EVENING)
    says(letter, "请去掉密码后重新发送", "附上文件")
    is_silent_about(letter, "不必重发", "其他材料", "附上全表")


def test_other_material_in_place_of_the_form_is_asked_about(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    table = Piece("附件1.xlsx", "7" * 64, "other")
    case = case_of(campaign, register, form=None, form_file=None, pieces=(table,))
    says(letters.reply(*case, EVENING), "附件1.xlsx", f"没有找到《{campaign.form.title}》")
    with_form = case_of(campaign, register, pieces=(form_file(), table))
    is_silent_about(letters.reply(*with_form, EVENING), "没有找到")


def test_a_correction_note_asks_for_what_else_is_missing_and_tells_of_unread_files(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    unit = register.by_id["qingnian"]
    empty = form(unit, form_values(campaign, [None] * 13))
    case = case_of(campaign, register, form=empty, form_findings=blank(campaign), findings=(LOCKED,))
    says(letters.reply(*case, EVENING), "尚缺的开展情况、照片，请一并报送", "另有 1 个文件未能读取")


def test_what_is_to_be_done_stands_before_the_figures(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    odd = form(
        register.by_id["qingnian"], form_values(campaign, (12, 5, 8, 30, 1250, 1, 1, 1, 1, 1, 1, 1, 1))
    )
    letter = letters.reply(*case_of(campaign, register, form=odd, findings=(LOCKED,)), EVENING)
    text = text_of(letter)
    assert text.index("未能读取的文件】") < text.index("需核实的事项】") < text.index("登记的数】")


def test_lateness_is_said_once_in_a_correction_note(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    empty = form(register.by_id["qingnian"], form_values(campaign, [None] * 13))
    late = moment("2024-03-07T09:00")
    case = case_of(campaign, register, form=empty, form_findings=blank(campaign), received=late)
    answered = replace(case[0], received=late)
    letter = letters.reply(answered, *case[1:], late)
    assert all(text.count("2024年3月5日") == 1 for text in both(letter))
    says(letter, "已过 2 天", "逾期收到")


def test_a_form_in_the_mails_own_text_is_called_that(
    letters: Letters, campaign: Campaign, register: Register
) -> None:
    pasted = replace(form_file("邮件正文.txt"), text="单位：青年镇")
    letter = letters.reply(*case_of(campaign, register, form_file=pasted, pieces=(pasted,)), EVENING)
    says(letter, "邮件正文")
    is_silent_about(letter, ".txt")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Sheet1!B6", "Sheet1 表 B6 格"),
        ("一季度!B6:B8", "一季度 表 B6:B8 格"),
        ("表1!R3C2", "第 1 个表第 3 行第 2 列"),
        ("第2页表1!R3C2", "第 2 页第 1 个表第 3 行第 2 列"),
        ("表1!C3", "表1 表 C3 格"),
        ("来信", "来信"),
        ("", ""),
    ],
)
def test_a_cell_is_named_as_its_sender_finds_it(source: str, said: str) -> None:
    assert place(source) == said

"""Mails whose words, subject or files say that a form isn't the whole report: it waits, and what was accepted stands."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from agent.service.mailings import digest_letter
from tests.outcome.bureau import Bureau, bureau, form, sender_of

QINGNIAN = sender_of("qingnian")


def status(office: Bureau) -> tuple[str, int, str]:
    """How the unit's form stands, how many leaflets the report would take, and how a newer form stands."""
    shown = office.unit("qingnian")["form"]
    return (
        shown["status"],
        shown["values"]["leaflets_distributed"],
        shown.get("pending", {}).get("status", ""),
    )


@pytest.mark.parametrize(
    "words",
    [
        "本次为2月新增数，请与上次累加。",
        "请在上次的基础上累加。",
        "附件为增量，不是全部。",
        "这些数请加到上次报的数上。",
        "附件为新增部分。",
        "补报上次漏报的数据。",
    ],
)
def test_an_increment_never_replaces_what_was_accepted_without_a_word(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed=300))
        office.pass_time(days=1)
        [letter] = office.send(QINGNIAN, form(leaflets_distributed=20), text=words)
        assert status(office) == ("accepted", 300, "needs_confirmation")
        assert "是否就是要报的全部数字" in letter.text
        assert words.rstrip("。")[:6] in letter.text
        assert "相加后的全部数字" in letter.text
        assert "请确认" in letter.subject
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="确认", answers=letter)
        assert status(office) == ("accepted", 20, "")


@pytest.mark.parametrize(
    "words", ["请与上次累加。", "附件为板辽村的数据，其他村明天报。", "附件是2月的数据。"]
)
def test_a_first_form_that_is_marked_waits_too(tmp_path: Path, words: str) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(), text=words)
        assert office.unit("qingnian")["form"]["status"] == "needs_confirmation"
        assert letter.text.count("是否就是要报的全部数字") == 1
        digest = email.message_from_bytes(
            digest_letter(office.work, office.now).raw, policy=email.policy.default
        )
        assert "待确认" in digest.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("补报统计表", "现补报我镇统计表。"),
        ("报送材料", "迟报了，现补报，抱歉。"),
        ("青年镇2月29日报送材料", "请查收。"),
        ("报送材料", "2月新增流浪人员2名，均已劝导进站。"),
    ],
)
def test_the_first_form_of_a_late_unit_is_the_whole(tmp_path: Path, subject: str, words: str) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(), subject=subject, text=words)
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        assert "全部数字" not in letter.text


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("更正", "更正后的统计表见附件，请以此为准。"),
        ("重报统计表", "上次发错了，请以这次的表为准。"),
        ("报送材料", "现补报照片3张，统计表重新盖了章。"),
        ("报送材料", "补充说明：统计表已重新核对。"),
    ],
)
def test_a_whole_form_sent_anew_replaces_the_one_before(tmp_path: Path, subject: str, words: str) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed=300))
        office.pass_time(days=1)
        office.send(QINGNIAN, form(leaflets_distributed=20), subject=subject, text=words)
        assert status(office) == ("accepted", 20, "")


def test_what_was_sent_back_is_put_right_by_a_form_that_calls_itself_late(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(leaflets_distributed="约300"))
        assert office.unit("qingnian")["form"]["status"] == "needs_correction"
        office.pass_time(days=1)
        office.send(QINGNIAN, form(leaflets_distributed=300), text="现补报统计表。")
        assert office.unit("qingnian")["form"]["status"] == "accepted"


def test_a_form_that_is_marked_twice_is_asked_about_once(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        _, data = form()
        [letter] = office.send(
            QINGNIAN, ("2月统计表.xlsx", data), subject="2月统计表", text="附件是2月的数据。"
        )
        assert letter.text.count("是否就是要报的全部数字") == 1


def test_an_unfinished_table_is_sent_back(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        _, data = form()
        [letter] = office.send(QINGNIAN, ("统计表（未完成）.xlsx", data))
        assert office.unit("qingnian")["form"]["status"] == "needs_correction"
        assert letter.kind == "correction"
        assert letter.text.count("还没有完成") == 1


def test_the_sentence_is_quoted_and_no_telephone_in_it(tmp_path: Path) -> None:
    words = "您好！\n我镇材料见附件。\n附件是2月的数据，有事打13912345678。\n谢谢"
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(), text=words)
        assert "来信正文写有“附件是2月的数据" in letter.text
        assert "13912345678" not in letter.text

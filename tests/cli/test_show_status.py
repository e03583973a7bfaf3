"""What the commands print for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import bureau, form, mail, whole


def test_a_command_that_is_shown_can_be_copied_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    office = bureau(tmp_path)
    office.post(mail(form("青年镇", patrols="约20")))
    office.post(mail(form("青年镇"), sender="stranger@personal.example", subject="很长的主题" * 20))
    office.run("poll")
    shown = office.run("review").out.splitlines()
    assert any("report-agent review override qingnian 项目 数值" in line for line in shown)
    assert any(
        "report-agent review accept H1（加 --register" in line and "report-agent review reject H1" in line
        for line in shown
    )


def test_words_in_square_brackets_are_shown_as_they_are(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(mail(form(), sender="stranger@personal.example", subject="[red]急件[/red] [/]"))
    office.run("poll")
    assert "[red]急件[/red] [/]" in office.run("review").out


def test_status_shows_each_unit_with_what_it_sent(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(whole("qingnian"))
    office.post(mail(form("青年镇", patrols=3.5), sent="2024-03-01T09:30+08:00"))
    office.run("poll")
    shown = office.run("status", now="2024-03-06").out
    row = next(line for line in shown.splitlines() if "青年镇" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "青年镇",
        "已登记",
        "已收",
        "1 张",
        "第 2 版待改正",
    ]
    row = next(line for line in shown.splitlines() if "黑山镇" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["黑山镇", "未报", "未报", "未报", "逾期"]
    assert "邮件 2 封：已登记 2，待核 0，不处理 0，失败 0。" in shown


def test_nothing_to_review_is_said(tmp_path: Path) -> None:
    assert bureau(tmp_path).run("review").out.strip() == "没有待核事项。"


def test_like_errors_are_reviewed_in_one_line_and_a_held_form_with_its_unit(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(mail(form("青年镇", patrols="约20", joint_patrols="约10", staff_deployed="约30")))
    office.post(mail(form("石林镇"), subject="报送"))
    office.run("poll")
    shown = office.run("review").out
    assert (
        "以下 3 栏请填准确数字：巡查次数/总计“约20”、巡查次数/联合巡查“约10”、出动工作人员“约30”。" in shown
    )
    assert "推断单位：不明　表上单位：石林镇　材料：" in shown

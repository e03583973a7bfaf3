"""Like findings are told in one sentence, which leaves out no column and nothing that was written."""

from __future__ import annotations

import pytest

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.letters.cleaning import LONGEST as SHOWN
from agent.letters.grouping import FEWEST, LONGEST, told_together
from agent.reading.cell.values import read_figure
from agent.reading.grid import Cell

OF_EACH = {
    "": "13 栏数字都未填写",
    "约{n}": "以下 13 栏请填准确数字：",
    "{n}户": "以下 13 栏单位不符，请按括号里的单位填写数字：",
    "-{n}": "以下 13 栏不能为负数，请核对：",
    "2024-03-{n}": "以下 13 栏是日期，应填数字：",
    "无": "以下 13 栏写的是“无”，按 0 登记，如不对，请更正后重报：",
    "若干": "以下 13 栏写的是“若干”，请填准确数字：",
    "见附件": "应只填一个数字，请填准确数字：",
}


def findings(campaign: Campaign, written: str) -> list[Finding]:
    """What reading finds where each column holds the like; a number of two digits stands for ``{n}``."""
    found = []
    for number, field in enumerate(campaign.form.figures, start=10):
        text = written.format(n=number)
        found += read_figure(Cell("A1", "text" if text else "empty", text), field, campaign).findings
    return found


@pytest.mark.parametrize(("written", "said"), OF_EACH.items())
def test_what_is_wrong_with_every_column_is_said_once(campaign: Campaign, written: str, said: str) -> None:
    (told,) = told_together(findings(campaign, written), campaign)
    assert said in told.text
    assert len(told.findings) == len(campaign.form.figures)


@pytest.mark.parametrize("written", list(OF_EACH)[1:])
def test_each_column_is_named_with_what_was_written_in_it(campaign: Campaign, written: str) -> None:
    (told,) = told_together(findings(campaign, written), campaign)
    at = 0
    for number, field in enumerate(campaign.form.figures, start=10):
        at = told.text.index(field.full_label, at)
        quoted = f"“{written.format(n=number)}”"
        assert quoted in told.text and ("{" not in written or told.text.index(quoted, at) > at)


def test_what_is_asked_is_kept_for_each_measure(campaign: Campaign) -> None:
    (told,) = told_together(findings(campaign, "{n}户"), campaign)
    assert [told.text.count(f"”（{measure}）") for measure in ("次", "人次", "万元", "人")] == [3, 2, 2, 4]


def test_different_findings_and_a_few_alike_stay_as_they_are(campaign: Campaign) -> None:
    few = [
        *findings(campaign, "")[: FEWEST - 1],
        *findings(campaign, "约{n}")[: FEWEST - 1],
        Finding("error", "encrypted", "“统计表.xlsx”设有密码，无法读取。请取消密码后重新发送。"),
        Finding("warning", "words_besides", "“备注”写的是“漏报3人”，请核对。"),
    ]
    assert [one.text for one in told_together(few, campaign)] == [one.text for one in few]


def test_an_error_and_a_warning_are_never_told_as_one(campaign: Campaign) -> None:
    errors = findings(campaign, "约{n}")
    warnings = [Finding("warning", one.rule, one.text, one.field) for one in errors]
    told = told_together([*errors, *warnings], campaign)
    assert [{one.severity for one in each.findings} for each in told] == [{"error"}, {"warning"}]


def test_no_sentence_is_longer_than_a_letter_shows_and_no_finding_is_left_out(campaign: Campaign) -> None:
    many = [
        Finding(one.severity, one.rule, one.text.replace("约", "大约" * 15), one.field)
        for one in findings(campaign, "约{n}")
    ]
    told = told_together(many, campaign)
    assert len(told) > 1
    assert all(len(one.text) < min(SHOWN, LONGEST + 60) for one in told)
    assert [finding for one in told for finding in one.findings] == many


def test_a_sentence_counts_the_columns_that_it_names(campaign: Campaign) -> None:
    (told,) = told_together(findings(campaign, "")[:5], campaign)
    assert told.text == (
        "以下 5 栏未填写，如无请填 0：巡查次数/总计、巡查次数/联合巡查、出动工作人员、动员社会力量参与、准备物资。"
    )


def test_hundreds_of_like_findings_in_the_rows_of_a_table_are_one_line(campaign: Campaign) -> None:
    villages = [f"第{number}村" for number in range(25)]
    many = [
        Finding(one.severity, one.rule, f"“{village}”一行：{one.text}", one.field, one.written)
        for village in villages
        for one in findings(campaign, "无")
    ]
    (told,) = told_together(many[2:], campaign)
    assert "以下 323 处写的是“无”，按 0 登记，如不对，请更正后重报：第0村（" in told.text
    assert "第1村各栏、第2村各栏" in told.text
    assert len(told.findings) == 323 and len(told.text) < SHOWN


def test_rows_with_different_words_are_named_with_what_stands_in_them_and_never_mixed_with_the_forms_own(
    campaign: Campaign,
) -> None:
    rows = [
        Finding(one.severity, one.rule, f"“{village}”一行：{one.text}", one.field, one.written)
        for village in ("板辽村", "湛家村")
        for one in findings(campaign, "约{n}")[:2]
    ]
    told = told_together([*rows, *findings(campaign, "约{n}")[:3]], campaign)
    assert [len(one.findings) for one in told] == [4, 3]
    assert (
        "以下 4 处请填准确数字：板辽村（巡查次数/总计“约10”、巡查次数/联合巡查“约11”）、湛家村（"
        in told[0].text
    )


def test_remarks_in_brackets_are_told_of_together(campaign: Campaign) -> None:
    (told,) = told_together(findings(campaign, "{n}（含夜间）"), campaign)
    assert "按下列的数登记，括号内文字作备注，如不对" in told.text


def unreadable(
    number: int, place: str = "“照片.zip”里的", tail: str = "是无法识别的文件。请发 .jpg。"
) -> Finding:
    return Finding("error", "not_supported", f"{place}“照片{number}.xyz”{tail}")


def test_the_same_of_many_files_is_one_sentence_with_their_number(campaign: Campaign) -> None:
    (told,) = told_together([unreadable(number) for number in range(323)], campaign)
    assert told.text.startswith("“照片.zip”里的 323 个文件（照片0.xyz、照片1.xyz、")
    assert told.text.endswith("等）是无法识别的文件。请发 .jpg。")
    assert (len(told.findings), len(told.text) < SHOWN) == (323, True)


def test_files_of_another_place_or_of_which_something_else_is_said_stand_apart(campaign: Campaign) -> None:
    some = [unreadable(number) for number in range(FEWEST)]
    others = [unreadable(8, place=""), unreadable(9, tail="是空文件。"), *some[: FEWEST - 1]]
    told = told_together([*some, *others[:2]], campaign)
    assert [len(one.findings) for one in told] == [FEWEST, 1, 1]
    assert [one.text for one in told_together(others, campaign)] == [one.text for one in others]

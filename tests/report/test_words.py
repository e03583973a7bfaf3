"""Titles, file names and texts made safe."""

from __future__ import annotations

import pytest

from agent.campaign.rules import Campaign, FormField, FormRules
from agent.report.layout import layout
from agent.report.words import clean, file_name, lines, numeral, one_line, titles, width


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("“冬季送温暖”汇总表", "“冬季送温暖”汇总表.xlsx"),
        ('a/b\\c:d*e?f"g<h>i|j', "a／b＼c：d＊e？f＂g＜h＞i｜j.xlsx"),
        (" ..汇总. ", "汇总.xlsx"),
        ("甲\n乙", "甲 乙.xlsx"),
        ("...", "汇总.xlsx"),
        ("长" * 300, "长" * 100 + ".xlsx"),
    ],
)
def test_file_names_are_safe_on_windows(title: str, name: str) -> None:
    assert file_name(title, ".xlsx") == name


@pytest.mark.parametrize(
    ("form", "table"),
    [("情况统计表", "情况统计汇总表"), ("登记册", "登记册汇总表"), ("表彰名单", "表彰名单汇总表")],
)
def test_the_merged_table_is_named_after_the_form(campaign: Campaign, form: str, table: str) -> None:
    other = campaign.model_copy(update={"form": campaign.form.model_copy(update={"title": form})})
    assert titles(other, complete=True).table == table
    assert titles(other, complete=False).table == f"{table}（未完成）"


def test_numerals_for_headings() -> None:
    assert [numeral(n) for n in (1, 9, 10, 11, 20, 21)] == ["一", "九", "十", "十一", "二十", "二十一"]


def test_text_for_xml_keeps_its_characters_and_one_kind_of_line_end() -> None:
    assert clean("甲\r\n乙\r丙\u2028丁\t戊\x01😀") == "甲\n乙\n丙\n丁\t戊\ufffd😀"


def test_one_line_is_cut_where_it_is_very_long() -> None:
    assert one_line("甲\n\n乙") == "甲；乙"
    assert one_line("字" * 400) == "字" * 300 + "……（全文见原邮件）"


def test_width_and_lines_count_a_chinese_character_as_two() -> None:
    assert (width("青年镇12"), lines("青年镇\n12", 4)) == (8, 3)


def test_a_group_of_different_measures_keeps_them_by_column() -> None:
    fields = (
        FormField(id="a", label="面积", group="种植", measure="亩", type="amount"),
        FormField(id="b", label="户数", group="种植", measure="户", type="count"),
        FormField(id="c", label="备注", type="text"),
        FormField(id="d", label="人数", measure="人", type="count"),
    )
    shape = layout(FormRules(title="表", header=(), fields=fields))
    told = [(cell.text, cell.row, cell.column, cell.rows, cell.columns) for cell in shape.header]
    assert told == [
        ("序号", 0, 0, 2, 1),
        ("单位", 0, 1, 2, 1),
        ("种植", 0, 2, 1, 2),
        ("面积\n（亩）", 1, 2, 1, 1),
        ("户数\n（户）", 1, 3, 1, 1),
        ("备注", 0, 4, 2, 1),
        ("人数\n（人）", 0, 5, 2, 1),
    ]
    assert (shape.notes, shape.depth) == (4, 2)


def test_what_turns_text_around_or_hides_is_left_out_of_the_report() -> None:
    assert clean("一\u202e二\u2066三\u2069四\u200b五\ufeff六\x9b七") == "一二三四五六七"
    assert file_name("甲\u202exslx.乙", ".xlsx") == "甲xslx.乙.xlsx"

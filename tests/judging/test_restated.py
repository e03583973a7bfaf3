"""Some of the form's figures in a second table: in another file, in the mail's body, in a later mail."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.outcome.bureau import Bureau, File, bureau, everything, form, sender_of

QINGNIAN = sender_of("qingnian")
PAGE = "<p>{above}</p><table border=1><tr><td>劝导人数（人）</td></tr><tr><td>{figure}</td></tr></table>"


def sheet(*rows: list[Any], name: str = "附表.xlsx", title: str = "Sheet1") -> File:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return name, data.getvalue()


def small(figure: Any, **more: str) -> File:
    return sheet(["劝导人数（人）"], [figure], **more)


def page(figure: int, above: str = "请查收。") -> str:
    return f"<html><body>{PAGE.format(above=above, figure=figure)}</body></html>"


def newest(office: Bureau) -> Any:
    return office.dossier("qingnian").versions[-1]


def rules(office: Bureau) -> list[str]:
    return [one.rule for one in newest(office).findings]


@pytest.mark.parametrize(
    "second",
    [small(35, name="更正.xlsx"), small(35, title="更正"), sheet(["更正如下"], ["劝导人数（人）"], [35])],
    ids=["by its file's name", "by its sheet's name", "by its title"],
)
def test_a_correction_in_a_second_attachment_is_offered_to_be_confirmed(tmp_path: Path, second: File) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(people_persuaded=45), second)
        version = newest(office)
        assert version.standing == "needs_confirmation"
        assert version.values["people_persuaded"] == 35
        assert "45" in letter.text
        assert "更正为 35" in letter.text
        office.pass_time(hours=1)
        office.send(QINGNIAN, text="确认", answers=letter, subject="回复")
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.values["people_persuaded"] == 35
        assert not accepted.findings


@pytest.mark.parametrize("first", [True, False])
def test_a_whole_form_that_calls_itself_a_correction_is_offered(tmp_path: Path, first: bool) -> None:
    files = [form(people_persuaded=45), form(people_persuaded=35, name="统计表（更正）.xlsx")]
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *(reversed(files) if first else files))
        assert newest(office).values["people_persuaded"] == 35
        assert newest(office).standing == "needs_confirmation"


def test_a_small_table_in_a_second_attachment_that_differs_leaves_the_figure_open(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(people_persuaded=45), small(35))
        assert newest(office).standing == "needs_correction"
        assert newest(office).values["people_persuaded"] is None
        assert rules(office) == ["two_forms"]


@pytest.mark.parametrize("above", ["更正：", "劝导人数有误，以下表为准"])
def test_a_correction_in_the_body_is_offered_to_be_confirmed(tmp_path: Path, above: str) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(people_persuaded=45), html=page(35, above))
        assert newest(office).values["people_persuaded"] == 35
        assert newest(office).standing == "needs_confirmation"


def test_a_table_in_the_body_that_differs_leaves_the_figure_open(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form(people_persuaded=45), html=page(35))
        assert newest(office).values["people_persuaded"] is None


@pytest.mark.parametrize(
    "second",
    [
        small(45),
        sheet(["村", "劝导人数"], ["板辽村", 30], ["更古村", 15]),
        sheet(["物资名称", "准备物资"], ["棉被", 99]),
    ],
    ids=["the same", "a breakdown", "goods"],
)
def test_what_says_the_same_or_another_thing_changes_nothing(tmp_path: Path, second: File) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(people_persuaded=45), second)
        assert newest(office).standing == "accepted"
        assert not newest(office).findings


@pytest.mark.parametrize(
    "more", [{"files": (small(35),)}, {"html": page(35, "更正：")}], ids=["file", "body"]
)
def test_a_small_table_in_a_later_mail_is_no_version_and_is_not_dropped(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(people_persuaded=45))
        office.pass_time(hours=1)
        [letter] = office.send(QINGNIAN, *more.get("files", ()), html=more.get("html", ""))
        dossier = office.dossier("qingnian")
        assert len(dossier.versions) == 1
        assert dossier.versions[0].values["people_persuaded"] == 45
        assert dossier.versions[0].said == {"people_persuaded": Decimal(35)}
        assert "35" in letter.text
        assert "完整的统计表" in letter.text
        assert "said_otherwise" in rules(office)


def test_a_small_table_in_a_later_mail_that_says_the_same_is_only_filed(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(people_persuaded=45))
        office.pass_time(hours=1)
        office.send(QINGNIAN, small(45))
        assert not newest(office).said
        assert not newest(office).findings


def test_the_whole_form_after_a_small_table_settles_it(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(people_persuaded=45))
        office.pass_time(hours=1)
        office.send(QINGNIAN, small(35))
        office.pass_time(hours=1)
        office.send(QINGNIAN, form(people_persuaded=35))
        accepted = office.dossier("qingnian").accepted
        assert accepted is not None
        assert accepted.values["people_persuaded"] == 35
        assert not accepted.said


def test_a_small_table_without_any_form_is_told(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, small(35))
        assert not office.dossier("qingnian").versions
        assert "不是完整的统计表" in letter.text

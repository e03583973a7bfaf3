"""What stands in a file and isn't seen on paper: hidden, struck, commented, tracked."""

from __future__ import annotations

from .model import Case, Form, Styled
from .notice import expect, form, row

SIX = {"patrols": 20, "joint_patrols": 8}


def cases() -> list[Case]:
    sheet = form(row(patrols=40)).but(sheet="旧表", hidden_sheet=True)
    shown = form().but(sheet="新表")
    struck = form(row(patrols=Styled(40, struck=True)))
    revised = form(
        row(patrols=Styled("42", inserted=True, deleted="40"), staff_deployed=Styled("136", deleted="120"))
    )
    inserted = form(row(patrols=Styled("42", inserted=True)))
    deleted = form(row(patrols=Styled("", deleted="40")))
    commented = form(
        row(patrols=Styled(42, comment="应为43？"), minors_helped=Styled(4, comment="含2名婴儿"))
    )
    blank_comment = form(row(patrols=Styled(None, comment="42")))
    hidden_text = form(row(patrols=Styled("40", hidden=True)))
    old = form(row(patrols=40, people_persuaded=30), row())
    column = form()
    return [
        Case("a hidden row of older figures", [old.but(hidden_rows=frozenset({2}))], expect(warnings=["hidden:*"]), ("xlsx", "xls", "ods", "docx", "html")),
        Case("a hidden sheet", [sheet, shown], expect(warnings=["hidden:*"]), ("xlsx", "xls")),
        Case("a hidden column", [column.but(hidden_columns=frozenset({12}))], expect(errors={"minors_helped": "*"}, warnings=["?hidden:*"]), ("xlsx", "xls", "ods")),
        Case("a struck figure", [struck], expect(errors={"patrols": "*"}, warnings=["hidden:patrols"]), ("xlsx", "xls", "docx", "html")),
        Case("a comment", [commented], expect(warnings=["words_besides:patrols"]), ("xlsx", "xlsx>ods", "xlsx>xls")),
        Case("a comment on a blank cell", [blank_comment], expect(errors={"patrols": "blank"}), ("xlsx", "xlsx>xls")),
        Case("tracked changes", [revised], expect(warnings=["?hidden:*"]), ("docx", "html", "docx>docx", "docx>odt")),
        Case("a tracked insertion", [inserted], expect(), ("docx", "html")),
        Case("a tracked deletion", [deleted], expect(errors={"patrols": "blank"}, warnings=["?hidden:*"]), ("docx", "html")),
        Case("hidden text", [hidden_text], expect(errors={"patrols": "*"}, warnings=["hidden:patrols"]), ("docx", "html")),
        Case("hidden text beside a figure", [_beside()], expect(), ("docx",)),
    ]  # fmt: skip


def _beside() -> Form:
    return form(row(remarks=Styled("无异常")))

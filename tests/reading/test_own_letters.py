"""Our own letters, which hold figures: no form comes of one, whatever it was saved as and whoever sends it back."""

from __future__ import annotations

from collections.abc import Callable

import make_forms as forms
import pytest

from agent.reading.reading import FileReading

Read = Callable[..., FileReading]

FOOTER = "本邮件由报送邮箱 report@civil.example 自动回复。补报或更正，直接回复本邮件并附上材料即可。"
SEEN = "发件人：报送邮箱 <report@civil.example>\n收件人：qingnian@town.example\n主题：回执\n"


def page(above: str = "", footer: str = f"<div>{FOOTER}</div>") -> bytes:
    return f"<html><body>{above}{forms.html_table()}{footer}</body></html>".encode()


def document() -> bytes:
    word = forms.word()
    word.add_paragraph(FOOTER)
    return forms.saved(word)


SAVED: dict[str, Callable[[], bytes]] = {
    "回执.html": page,
    "表格里.html": lambda: page(footer=f"<table><tr><td>{FOOTER}</td></tr></table>"),
    "折行.html": lambda: page(footer=f"<div>{FOOTER.replace(' 自动', '<br>自动')}</div>"),
    "网页信箱.html": lambda: page("".join(f"<div>{line}</div>" for line in SEEN.split("\n"))),
    "回执.docx": document,
    "回执.txt": lambda: f"{forms.pairs()}\n\n{FOOTER}\n".encode(),
}


@pytest.mark.parametrize("name", SAVED)
def test_our_own_letter_saved_as_a_file_holds_no_form_and_says_so(name: str, read: Read) -> None:
    reading = read(name, SAVED[name]())
    assert (reading.kind, reading.form) == ("other", None)
    [finding] = reading.findings
    assert (finding.severity, finding.rule) == ("note", "own_letter")
    assert f"“{name}”" in finding.text


def test_what_another_system_made_is_a_form_all_the_same(read: Read) -> None:
    assert read("统计表.html", page(footer="<div>本表由系统自动生成</div>")).kind == "form"


def test_our_letter_below_in_the_page_is_no_form_though_the_text_has_cut_it_off(read: Read) -> None:
    text = "已收到，谢谢。\n\n------------------ 原始邮件 ------------------\n发件人: 报送邮箱"
    html = f"<div>已收到，谢谢。</div><hr>{forms.html_table()}<div>{FOOTER}</div>"
    assert read("a.eml", forms.mail(text, html, subject="回复：退回补正")).form is None


def test_a_picture_of_our_letter_is_no_form_and_no_narrative(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However well its table was read: a screenshot of a receipt, sent back."""
    from test_pictures import ruled_page, stored

    from agent.reading.formats.html import read_html
    from agent.reading.limits import Budget, Limits

    shown = read_html(page(), Budget(Limits()))
    monkeypatch.setattr("agent.reading.ocr.read_picture", lambda *_: shown)
    reading = read("截图.png", stored(ruled_page()))
    assert (reading.kind, reading.form) == ("other", None)
    assert [finding.rule for finding in reading.findings] == ["own_letter"]


def test_a_page_that_names_the_form_and_shows_no_table_is_no_narrative(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    from test_pictures import ruled_page, stored

    from agent.reading.grid import Document

    shown = Document(
        text="\n".join([forms.TITLE, *forms.ABOVE, *filter(None, forms.HEADINGS), forms.NARRATIVE])
    )
    monkeypatch.setattr("agent.reading.ocr.read_picture", lambda *_: shown)
    reading = read("扫描.png", stored(ruled_page()))
    assert (reading.kind, reading.form) == ("unreadable", None)
    assert "没有认出统计表" in reading.findings[0].text

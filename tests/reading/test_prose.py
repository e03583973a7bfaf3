"""Which documents say enough to be a narrative: a file that says next to nothing is filed, and its sender told."""

from __future__ import annotations

from collections.abc import Callable

import make_forms as forms
import pytest

from agent.reading.reading import FileReading

Read = Callable[..., FileReading]

LONG = "我镇组织力量开展夜间巡查，劝导救助流浪乞讨人员，发放御寒物资。"
assert len(LONG) >= 30


def document(*paragraphs: str) -> bytes:
    from docx import Document

    word = Document()
    for paragraph in paragraphs:
        word.add_paragraph(paragraph)
    return forms.saved(word)


SHORT: dict[str, bytes] = {
    "说明.docx": document("见附件"),
    "说明.html": "<html><body><p>见附件</p></body></html>".encode(),
    "说明.txt": b"123",
    "说明.TXT": "见附件\n".encode("gb18030"),
    "说明.md": "# 见附件\n".encode(),
    "说明": "见附件".encode(),
    "表头.docx": document(forms.TITLE, "单位：青年镇人民政府　填报时间：2024年3月1日", "12", "见附件"),
}


@pytest.mark.parametrize("name", SHORT)
def test_a_document_that_says_next_to_nothing_is_no_narrative_and_says_so(name: str, read: Read) -> None:
    reading = read(name, SHORT[name])
    assert (reading.kind, reading.form) == ("other", None)
    [finding] = reading.findings
    assert (finding.severity, finding.rule) == ("note", "little_text")
    assert f"“{name}”" in finding.text
    assert "开展情况" in finding.text


@pytest.mark.parametrize("name", ["x.y", "x.dat", "1.2", "统计表.wps"])
def test_scraps_under_a_name_that_is_none_of_a_text_can_not_be_read(name: str, read: Read) -> None:
    reading = read(name, b"123")
    assert (reading.kind, [one.rule for one in reading.findings]) == ("unreadable", ["not_supported"])
    assert f"“{name}”" in reading.findings[0].text


@pytest.mark.parametrize("name", ["情况.txt", "情况.y", "情况", "情况.docx", "情况.html"])
def test_a_document_of_ordinary_length_is_a_narrative(name: str, read: Read) -> None:
    page = f"<html><body><p>{LONG}</p></body></html>".encode()
    data = {"情况.docx": document(LONG), "情况.html": page}.get(name, LONG.encode())
    reading = read(name, data)
    assert (reading.kind, reading.findings) == ("narrative", ())


def test_an_account_in_one_paragraph_may_name_the_form(read: Read) -> None:
    assert read("情况.docx", document(f"按照《{forms.TITLE}》的要求，{LONG}{LONG}")).kind == "narrative"


def test_tabs_between_a_number_and_its_paragraph_make_it_no_table(read: Read) -> None:
    assert read("情况.txt", f"一、\t{LONG}\n二、\t{LONG}".encode()).kind == "narrative"


def test_a_form_as_text_is_a_form_under_any_name(read: Read) -> None:
    assert read("统计表.y", forms.pairs().encode()).kind == "form"


def test_a_document_of_photos_is_filed_with_its_photos(read: Read) -> None:
    import io

    from docx import Document

    from agent.demo import pictures

    word = Document()
    word.add_paragraph("巡查")
    word.add_picture(io.BytesIO(pictures.photo(1)))
    reading = read("照片.docx", forms.saved(word))
    assert (reading.kind, [one.kind for one in reading.contains]) == ("other", ["photo"])

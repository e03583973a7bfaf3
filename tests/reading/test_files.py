"""Files of every kind to readings: the same form out of each, and nothing but a finding out of what is broken."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import time
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import make_forms as forms
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.demo import pictures as made_up
from agent.reading import context
from agent.reading.files import read_message
from agent.reading.limits import Limits
from agent.reading.reading import FileReading

Read = Callable[..., FileReading]


def web_archive() -> bytes:
    """A page as Word and browsers save it in one file."""
    import base64

    page = base64.encodebytes(forms.html(charset="gbk")).decode()
    part = f"Content-Type: text/html; charset=gb2312\nContent-Transfer-Encoding: base64\nContent-Location: file:///x.htm\n\n{page}"
    return (
        f'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\n{part}\n--x--\n'.encode()
    )


MAKERS: dict[str, Callable[[], bytes]] = {
    "统计表.xlsx": forms.xlsx,
    "统计表.xls": forms.xls,
    "统计表.et": forms.xls,
    "统计表.ods": forms.ods,
    "统计表.docx": forms.docx,
    "统计表.wps": forms.docx,
    "统计表.html": forms.html,
    "网页.xls": lambda: forms.html(charset="gbk"),
    "统计表.csv": forms.csv,
    "统计表gbk.csv": lambda: forms.csv(encoding="gb18030"),
    "统计表.tsv": lambda: forms.tabbed().encode("utf-16"),
    "表格.txt": lambda: forms.tabbed().encode(),
    "逐项.txt": lambda: forms.pairs().encode("gb18030"),
    "表格.eml": lambda: forms.mail("请查收", forms.html_table()),
    "文字表格.eml": lambda: forms.mail(forms.tabbed()),
    "网页.mht": lambda: web_archive(),
    "网页.doc": lambda: web_archive(),
    "逐项.eml": lambda: forms.mail(forms.pairs()),
    "转发.eml": lambda: forms.mail(f"请查收\n\n-------- 转发邮件信息 --------\n主题：x\n\n{forms.pairs()}"),
}


def require_the_form(reading: FileReading) -> None:
    """The one expected form, without a finding."""
    assert reading.form is not None
    assert dict(reading.form.values) == forms.EXPECTED
    assert (reading.form.unit, reading.form.reported_on) == ("青年镇人民政府", dt.date(2024, 3, 1))
    assert (reading.form.reporter, reading.form.phone) == ("张三", "000-00000000")
    assert not [finding for finding in reading.findings if finding.severity == "error"]


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_form_comes_out_of_every_format(name: str, read: Read) -> None:
    reading = read(name, MAKERS[name]())
    require_the_form(reading)
    assert reading.kind == ("message" if name.endswith(".eml") else "form")


CONVERSIONS = [
    ("xlsx", "xls"),
    ("xlsx", "xlsx"),
    ("xlsx", "ods"),
    ("xlsx", "html"),
    ("xlsx", "csv:Text - txt - csv (StarCalc):44,34,76"),
    ("xls", "xlsx"),
    ("ods", "xlsx"),
    ("docx", "docx"),
    ("docx", "odt"),
    ("docx", "html"),
]


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize(("source", "target"), CONVERSIONS)
def test_the_same_form_comes_out_of_what_libreoffice_writes(
    source: str, target: str, read: Read, tmp_path: Path
) -> None:
    made = getattr(forms, source)()
    suffix = target.partition(":")[0]
    require_the_form(read(f"统计表.{suffix}", forms.converted(made, f".{source}", target, tmp_path)))


def test_sources_name_sheet_and_cell(read: Read) -> None:
    reading = read("a.xlsx", forms.xlsx(title="汇总"))
    assert reading.form is not None and reading.form.sources["patrols"] == "汇总!A6"
    reading = read("a.docx", forms.docx())
    assert reading.form is not None and reading.form.sources["joint_patrols"] == "表1!R3C2"


def test_spans_that_do_not_line_up_neither_double_nor_shift_a_figure(read: Read) -> None:
    """As LibreOffice writes it: a grid of 15 columns for 14 cells, a data cell spanning two of them."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    document = forms.word()
    rows = document.tables[0]._tbl.tr_lst
    for row, ordinal in ((rows[0], 0), (rows[1], 1), (rows[2], 0)):
        properties = row.tc_lst[ordinal].get_or_add_tcPr()
        span = properties.find(qn("w:gridSpan"))
        if span is None:
            span = OxmlElement("w:gridSpan")
            properties.append(span)
        span.set(qn("w:val"), "3" if row is rows[0] else "2")
    require_the_form(read("a.docx", forms.saved(document)))


# --- numbers that would be wrong in silence --------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [forms.xlsx, forms.xls, forms.ods, forms.docx, forms.html, forms.csv],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("１２", Decimal(12)),
        ("1,200", Decimal(1200)),
        ("十二", Decimal(12)),
        ("12次", Decimal(12)),
        ("", None),
        ("约12", None),
        ("12人", None),
        ("1,5", None),
        ("-12", None),
    ],
)
def test_a_written_figure_means_the_same_in_every_format(
    make: Callable[..., bytes], written: str, value: Decimal | None, read: Read
) -> None:
    figures = [written, *forms.FIGURES[1:]]
    reading = read(f"a.{make.__name__}", make(figures))
    assert reading.form is not None
    assert reading.form.values["patrols"] == value
    assert (value is None) == any(f.severity == "error" and f.field == "patrols" for f in reading.findings)


def _set(**options: Any) -> Callable[[Any], None]:
    def change(cell: Any) -> None:
        for name, value in options.items():
            setattr(cell, name, value)

    return change


def _struck(cell: Any) -> None:
    from openpyxl.styles import Font

    cell.font = Font(strike=True)


UNCERTAIN: dict[str, Callable[[Any], None]] = {
    "another measure in the format": _set(number_format='0"元"'),
    "a percentage": _set(value=0.12, number_format="0%"),
    "thousands in the format": _set(value=12000, number_format="0,"),
    "a date": _set(value=dt.datetime(2024, 1, 12)),
    "a boolean": _set(value=True),
    "a formula without a result": _set(value="=5+7"),
    "an error": _set(value="#REF!"),
    "struck through": _struck,
    "shown as nothing": _set(number_format=";;;"),
}


@pytest.mark.parametrize("change", UNCERTAIN.values(), ids=UNCERTAIN)
def test_a_cell_that_shows_and_stores_different_things_is_no_figure(
    change: Callable[[Any], None], read: Read
) -> None:
    book = forms.workbook()
    change(book.active["A6"])
    reading = read("a.xlsx", forms.saved(book))
    assert reading.form is not None
    assert reading.form.values["patrols"] is None
    assert any(f.severity == "error" and f.field == "patrols" for f in reading.findings)


def test_a_hidden_sheet_holds_no_figures(read: Read) -> None:
    book = forms.workbook()
    book.create_sheet("说明")["A1"] = "见隐藏的表"
    book["Sheet1"].sheet_state = "hidden"
    book.active = 1
    reading = read("a.xlsx", forms.saved(book))
    assert reading.form is None or not any(reading.form.values.values())
    assert "hidden" in rules(reading)


def test_a_percentage_in_an_open_sheet_is_no_figure(read: Read) -> None:
    source = forms.ods()
    archive = zipfile.ZipFile(io.BytesIO(source))
    content = archive.read("content.xml").decode()
    old = 'office:value-type="float" office:value="12"'
    if old not in content:
        old = 'office:value="12" office:value-type="float"'
    assert old in content
    changed = content.replace(old, 'office:value-type="percentage" office:value="0.12"')
    data = forms.zipped(
        [
            (name, changed.encode() if name == "content.xml" else archive.read(name))
            for name in archive.namelist()
        ]
    )
    reading = read("a.ods", data)
    assert reading.form is not None and reading.form.values["patrols"] is None


# --- what counts as what ---------------------------------------------------------------------------------


def test_kinds(read: Read) -> None:
    plain = forms.zipped(
        [
            (
                "word/document.xml",
                b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body/></w:document>',
            ),
            ("[Content_Types].xml", b""),
        ]
    )
    cases = {
        "开展情况.docx": (narrative_document(), "narrative"),
        "开展情况.txt": (forms.NARRATIVE.encode(), "narrative"),
        "空.docx": (plain, "other"),
        "空.txt": (b" \r\n", "other"),
        "名单.csv": ("姓名,电话\n张三,000-00000000\n".encode(), "other"),
        "照片.jpg": (made_up.photo(1), "photo"),
        "徽标.png": (made_up.logo(), "other"),
        "名片.vcf": (b"BEGIN:VCARD\r\nEND:VCARD", "other"),
    }
    assert {name: read(name, data).kind for name, (data, _) in cases.items()} == {
        name: kind for name, (_, kind) in cases.items()
    }
    assert all(not read(name, data).findings for name, (data, _) in cases.items())


def narrative_document() -> bytes:
    from docx import Document

    document = Document()
    document.add_paragraph(forms.NARRATIVE)
    return forms.saved(document)


def test_a_document_with_form_narrative_and_photos_is_all_three(read: Read) -> None:
    reading = read(
        "青年镇.docx", forms.docx(narrative=forms.NARRATIVE, pictures=[made_up.photo(1), made_up.photo(2)])
    )
    assert reading.kind == "form"
    assert forms.NARRATIVE in reading.text
    assert [inner.kind for inner in reading.contains] == ["photo", "photo"]
    assert len({inner.pixels for inner in reading.contains}) == 2


def test_prose_in_a_frame_is_a_narrative_too(read: Read) -> None:
    from docx import Document

    document = Document()
    document.add_table(rows=1, cols=1).cell(0, 0).text = forms.NARRATIVE
    reading = read("简报.docx", forms.saved(document))
    assert (reading.kind, reading.text) == ("narrative", forms.NARRATIVE)


def test_a_picture_in_a_document_is_told_with_the_documents_name(read: Read, without_ocr: None) -> None:
    from test_pictures import ruled_page, stored

    (picture,) = read("青年镇.docx", forms.docx(pictures=[stored(ruled_page())])).contains
    assert picture.findings[0].text.startswith("“青年镇.docx”里的“")


@pytest.mark.parametrize("what", ["narrative", "form"])
def test_a_picture_in_a_document_with_words_of_its_own_is_no_bad_scan(
    what: str, read: Read, without_ocr: None
) -> None:
    """It may be a certificate, a notice on a wall: told in a note, while alone it would be an error."""
    from docx import Document
    from test_pictures import ruled_page, stored

    page = [stored(ruled_page())]
    if what == "form":
        data = forms.docx(pictures=page)
    else:
        made = Document(io.BytesIO(narrative_document()))
        made.add_picture(io.BytesIO(page[0]))
        data = forms.saved(made)
    reading = read("开展情况.docx", data)
    assert reading.kind == what
    assert [(one.kind, one.findings[0].severity) for one in reading.contains] == [("other", "note")]


def test_a_picture_that_is_all_there_is_in_a_document_is_told_as_one_alone(
    read: Read, without_ocr: None
) -> None:
    from docx import Document
    from test_pictures import ruled_page, stored

    for words in ("", "统计表见下图"):
        document = Document()
        document.add_paragraph(words)
        document.add_picture(io.BytesIO(stored(ruled_page())))
        (picture,) = read("统计表.docx", forms.saved(document)).contains
        assert (picture.kind, picture.findings[0].severity) == ("unreadable", "error")


def test_the_same_photo_has_the_same_pixels_inside_a_document_and_beside_it(read: Read) -> None:
    inside = read("a.docx", forms.docx(pictures=[made_up.photo(1)])).contains[0]
    assert inside.pixels == read("b.jpg", made_up.photo(1)).pixels


def test_a_page_as_a_picture_is_no_photo_and_says_what_to_send(read: Read, without_ocr: None) -> None:
    from test_pictures import ruled_page, stored

    reading = read("统计表.jpg", stored(ruled_page(), "JPEG"))
    assert reading.kind == "unreadable"
    assert [(f.severity, f.rule) for f in reading.findings] == [("error", "not_supported")]
    assert reading.findings[0].text.startswith("“统计表.jpg”")


def test_a_zip_is_read_through_and_keeps_its_paths(read: Read) -> None:
    inner = forms.zipped([("照片/1.jpg", made_up.photo(1))], "gbk")
    reading = read(
        "材料.zip", forms.zipped([("青年镇/统计表.xlsx", forms.xlsx()), ("照片.zip", inner)], "gbk")
    )
    assert [(one.file, one.kind) for one in reading.everything()] == [
        ("材料.zip", "archive"),
        ("青年镇/统计表.xlsx", "form"),
        ("照片.zip", "archive"),
        ("照片/1.jpg", "photo"),
    ]
    require_the_form(reading.contains[0])


def test_every_reading_carries_its_bytes_and_their_digest(read: Read) -> None:
    import hashlib

    reading = read("材料.zip", forms.zipped([("a.txt", b"x"), ("b.xlsx", b"PK\x03\x04")]))
    assert all(hashlib.sha256(one.data).hexdigest() == one.sha256 for one in reading.everything())


# --- messages --------------------------------------------------------------------------------------------


def test_a_form_in_a_quotation_is_never_read(read: Read) -> None:
    for mark in (
        "------------------ 原始邮件 ------------------",
        "-----Original Message-----",
        '在 2024-03-01 10:00:00，"x" <a@b.example> 写道：',
    ):
        page = f"<div>已更正</div><div>{mark.replace('<', '&lt;')}</div>{forms.html_table()}"
        assert (
            read("a.eml", forms.mail(f"已更正\n\n{mark}\n{forms.pairs()}", page, subject="回复：回执")).form
            is None
        )
    quoted = "\n".join(f"> {line}" for line in forms.pairs().split("\n"))
    assert (
        read("a.eml", forms.mail(f"好\n{quoted}", f"好<blockquote>{forms.html_table()}</blockquote>")).form
        is None
    )


@pytest.mark.parametrize("around", ["{}", "<blockquote>{}</blockquote>", '<div class="gmail_quote">{}</div>'])
def test_a_form_in_a_page_that_is_forwarded_is_read_and_what_it_quotes_is_not(
    around: str, read: Read
) -> None:
    old = forms.html_table([99, *forms.FIGURES[1:]])
    head = "<div>---------- 转发的邮件 ----------</div><div>发件人: qingnian@town.example</div><div>主题: 统计表</div><br>"
    above = "".join(f"<p>{line}</p>" for line in (forms.TITLE, *forms.ABOVE))
    page = around.format(f"{head}{above}{forms.html_table()}<blockquote>{old}</blockquote>")
    require_the_form(read("a.eml", forms.mail("见下", f"<p>请查收</p>{page}", subject="转发：统计表")))
    reply = forms.mail(
        "见下", f"<p>请查收</p>{page.replace('转发的邮件', '原始邮件')}", subject="回复：统计表"
    )
    assert read("a.eml", reply).form is None


def test_the_senders_own_form_counts_and_not_the_one_below_it(read: Read) -> None:
    old = forms.pairs([99, *forms.FIGURES[1:]])
    require_the_form(
        read("a.eml", forms.mail(f"{forms.pairs()}\n\n----- 原始邮件 -----\n{old}", subject="回复：回执"))
    )


def test_our_own_letter_is_no_form_wherever_it_stands(read: Read) -> None:
    letter = f"{forms.pairs()}\n\n————————\n本邮件由报送邮箱 report@civil.example 自动回复。"
    assert read("a.eml", forms.mail(letter)).form is None
    assert (
        read(
            "a.eml", forms.mail(f"-------- 转发邮件信息 --------\n主题：回执\n\n{letter}", subject="Fw:回执")
        ).form
        is None
    )


def test_a_machines_letter_inside_a_mail_is_no_form(read: Read) -> None:
    inner = forms.mail(forms.pairs())
    outer = forms.mail("见附件", files=[("回执.eml", b"Auto-Submitted: auto-replied\n" + inner)])
    reading = read("a.eml", outer)
    assert [(one.kind, one.form) for one in reading.everything()] == [("message", None)] * 2
    require_the_form(read("a.eml", forms.mail("见附件", files=[("统计表.eml", inner)])).contains[0])


def test_a_mails_attachments_are_read_and_its_text_is_kept(campaign: Campaign, register: Register) -> None:
    raw = forms.mail(forms.NARRATIVE, files=[("统计表.xlsx", forms.xlsx()), ("照片.jpg", made_up.photo(1))])
    reading = read_message("mail.eml", raw, campaign, register, dt.date(2024, 3, 5))
    assert (reading.kind, reading.text.strip()) == ("message", forms.NARRATIVE)
    assert [(one.file, one.kind) for one in reading.contains] == [
        ("统计表.xlsx", "form"),
        ("照片.jpg", "photo"),
    ]


def test_a_form_below_a_drawn_line_is_no_signature(read: Read) -> None:
    require_the_form(read("a.eml", forms.mail(f"请查收\n————————\n{forms.pairs()}")))


MAILS = Path(__file__).resolve().parents[3] / "shared" / "mails"


@pytest.mark.skipif(not MAILS.is_dir(), reason="the collection of real mails is not beside the project")
def test_real_mails_are_read_without_an_exception(
    campaign: Campaign, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    paths = sorted(MAILS.rglob("*.eml"))
    assert len(paths) > 100
    for path in paths:
        reading = read_message(path.name, path.read_bytes(), campaign, register, dt.date(2024, 3, 5))
        assert (reading.kind, reading.form) == ("message", None), path
    assert caplog.text == ""


# --- what can't be read ----------------------------------------------------------------------------------


def rules(reading: FileReading) -> list[str]:
    return [finding.rule for one in reading.everything() for finding in one.findings]


def encrypted_ods() -> bytes:
    manifest = b'<manifest:manifest xmlns:manifest="x"><manifest:encryption-data/></manifest:manifest>'
    return forms.zipped(
        [
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("META-INF/manifest.xml", manifest),
            ("content.xml", b"\xff"),
        ]
    )


BROKEN: dict[str, tuple[bytes, str]] = {
    "空.xlsx": (b"", "unreadable"),
    "坏.xlsx": (forms.xlsx()[:3000], "unreadable"),
    "坏.docx": (forms.docx()[:9000], "unreadable"),
    "坏.xls": (forms.xls()[:3000], "unreadable"),
    "坏.jpg": (made_up.photo(1)[:5000], "unreadable"),
    "坏.zip": (forms.zipped([("a.txt", b"x")])[:20], "unreadable"),
    "空.zip": (forms.zipped([]), "unreadable"),
    "密.ods": (encrypted_ods(), "encrypted"),
    "表.pdf": (b"%PDF-1.7\n", "unreadable"),
    "包.rar": (b"Rar!\x1a\x07\x00", "unreadable"),
    "图.heic": (b"\0\0\0\x18ftypheic", "unreadable"),
    "什么.bin": (b"\0\1\2\3", "not_supported"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_an_error_that_names_the_file(name: str, read: Read) -> None:
    data, rule = BROKEN[name]
    reading = read(name, data)
    assert (reading.kind, reading.form) == ("unreadable", None)
    assert [(f.severity, f.rule) for f in reading.findings] == [("error", rule)]
    assert f"“{name}”" in reading.findings[0].text


def test_a_workbook_behind_a_password_is_told(read: Read) -> None:
    """Xlwt can't encrypt: a FILEPASS record is put behind the first BOF record of its stream."""
    import struct

    stream = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 0x0005, 0, 0, 0, 0) + struct.pack(
        "<HHHHH", 0x2F, 6, 0, 1, 1
    )
    assert rules(read("密.xls", stream + b"\x0a\0\0\0")) == ["encrypted"]


def test_files_over_the_bounds_are_told(read: Read) -> None:
    assert rules(read("大.xlsx", forms.xlsx(), limits=Limits(file_bytes=1000))) == ["too_large"]
    assert rules(read("大.xlsx", forms.xlsx(), limits=Limits(unpacked_bytes=1000))) == ["too_large"]
    assert rules(
        read("大.zip", forms.zipped([("a.txt", b"\0" * 9999)]), limits=Limits(unpacked_bytes=1000))
    ) == ["too_large"]


def test_a_zip_in_a_zip_and_so_on_ends(read: Read) -> None:
    data = forms.zipped([("a.txt", b"x")])
    for _ in range(10):
        data = forms.zipped([("a.zip", data)])
    reading = read("a.zip", data)
    assert rules(reading) == ["too_large"]
    assert len(list(reading.everything())) == 5


def test_a_bomb_costs_little(read: Read) -> None:
    bomb = forms.zipped([(f"{n}.txt", b"\0" * 50_000_000) for n in range(8)])
    started = time.process_time()
    assert rules(read("a.zip", bomb)) == ["too_large"]
    assert time.process_time() - started < 10


def test_one_bad_file_in_an_archive_stops_no_other(read: Read) -> None:
    reading = read("a.zip", forms.zipped([("坏.xlsx", b"PK\x03\x04"), ("好.xlsx", forms.xlsx())]))
    assert [one.kind for one in reading.contains] == ["unreadable", "form"]


def test_a_librarys_failure_is_a_finding_and_is_logged(
    read: Read, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(context.Context, "find", fail)
    assert rules(read("a.xlsx", forms.xlsx())) == ["unreadable"]
    assert "a.xlsx" not in caplog.text and "could not be read" in caplog.text


SEEDS = {
    name: MAKERS[name]() for name in ("统计表.xlsx", "统计表.xls", "统计表.ods", "统计表.docx", "表格.eml")
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(SEEDS)),
    st.floats(0, 1),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4),
)
def test_damage_anywhere_gives_the_form_or_a_finding_and_never_raises(
    read: Read, name: str, kept: float, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(SEEDS[name][: int(len(SEEDS[name]) * kept)])
    for where, byte in changes if data else ():
        data[int(where * len(data))] = byte
    reading = read(name, bytes(data))
    assert reading.kind in ("form", "narrative", "archive", "message", "other", "unreadable")
    assert (reading.kind == "unreadable") <= bool(reading.findings)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["a.xlsx", "a.csv", "a.txt", "a.eml", "a.html", "a.jpg"]))
def test_any_bytes_are_a_reading(read: Read, data: bytes, name: str) -> None:
    assert read(name, data).file == name

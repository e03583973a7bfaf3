"""What a mail brings: several forms, broken files, links, and whatever hostile senders put into it."""

from __future__ import annotations

import re
from email.header import Header
from pathlib import Path
from typing import Any

import pytest

from agent.demo.forms import form_docx, form_html
from agent.demo.pictures import logo
from agent.service.final_report import merge
from tests.outcome.bureau import (
    Bureau,
    bureau,
    campaign,
    figures,
    form,
    form_header,
    kinds,
    narrative,
    photo,
    sender_of,
)

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")
BROKEN = ("损坏.docx", b"PK\x03\x04 nothing of the kind")
ACCOUNT = "我镇组织力量开展夜间巡查，劝导救助流浪乞讨人员，发放御寒物资，" * 5


def word(name: str = "统计表.docx", **values: Any) -> tuple[str, bytes]:
    return name, form_docx(campaign(), figures(**values), form_header())


def pasted(unit: str = "青年镇", **values: Any) -> str:
    return form_html(campaign(), figures(**values), form_header(unit))


def blank() -> tuple[str, bytes]:
    return "空表.docx", form_docx(campaign(), {}, {})


# --- several forms ---------------------------------------------------------------------------------------


def test_two_equal_forms_are_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.send(QINGNIAN, form(), word())) == ["receipt"]
        assert office.unit("qingnian")["form"]["version"] == 1


def test_of_two_that_differ_neither_counts_where_they_do(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(leaflets_distributed=10), word(leaflets_distributed=31))
        assert letter.kind == "correction"
        shown = office.unit("qingnian")["form"]
        assert shown["status"] == "needs_correction"
        assert shown["values"]["leaflets_distributed"] is None
        assert "31" in letter.text


def test_the_figures_are_traced_to_the_filled_form_beside_a_blank_one(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.send(QINGNIAN, blank(), form(name="已填.xlsx"))) == ["receipt"]
        assert office.unit("qingnian")["form"]["source"]["file"] == "已填.xlsx"


def test_a_blank_form_alone_is_told_to_be_blank(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, blank())
        assert letter.kind == "correction"
        assert "未填写" in letter.text


def test_a_form_in_the_mail_s_text_counts_and_equals_the_one_attached(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.send(QINGNIAN, html=pasted(), text="见下表")) == ["receipt"]
        assert kinds(office.send(SHILIN, form("石林镇"), html=pasted("石林镇"))) == ["receipt"]
        for unit in ("qingnian", "shilin"):
            assert office.unit(unit)["form"]["status"] == "accepted"
            assert office.unit(unit)["narrative"]["status"] == "missing"
        [letter] = office.send(
            QINGNIAN, form(), html=pasted(leaflets_distributed=31), at=office.now.replace(hour=13)
        )
        assert letter.kind == "correction"


# --- what is a narrative ---------------------------------------------------------------------------------


def test_the_form_s_own_lines_are_no_narrative(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, word())
        assert office.unit("qingnian")["narrative"]["status"] == "missing"
        office.send(SHILIN, html=pasted("石林镇"), text=" ")
        assert office.unit("shilin")["narrative"]["status"] == "missing"


def test_an_account_around_the_form_is(tmp_path: Path) -> None:
    import io

    import docx

    document = docx.Document(io.BytesIO(word()[1]))
    document.add_paragraph(ACCOUNT)
    out = io.BytesIO()
    document.save(out)
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, ("统计表.docx", out.getvalue()))
        assert office.unit("qingnian")["narrative"]["status"] == "accepted"
        office.send(SHILIN, html=f"<p>{ACCOUNT}</p>{pasted('石林镇')}", text=" ")
        assert office.unit("shilin")["narrative"]["status"] == "accepted"
        text = office.office.archive / office.unit("shilin")["narrative"]["files"][0]
        assert text.read_text(encoding="utf-8") == ACCOUNT


def test_a_logo_is_filed_nowhere(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert kinds(office.send(QINGNIAN, ("logo.png", logo()), text="请问几号截止？")) == ["noted"]
        assert office.unit("qingnian")["photos"]["count"] == 0


# --- what can't be read ----------------------------------------------------------------------------------


def test_an_unreadable_file_beside_the_form_is_told_in_the_receipt(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(), BROKEN)
        assert letter.kind == "receipt"
        assert "损坏.docx" in letter.text


def test_an_unreadable_file_alone_is_asked_for_again(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, BROKEN)
        assert letter.kind == "correction"
        assert "损坏.docx" in letter.text


LINK = "https://pan.baidu.com/s/1abcdefg"


def test_a_link_to_a_cloud_drive_is_told_to_be_no_attachment(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, text=f"照片见 {LINK}")
        assert letter.kind == "correction"
        assert "百度网盘" in letter.text


def test_a_link_that_is_only_quoted_is_not_told_again(tmp_path: Path) -> None:
    quoted = f"照片补上了。\n\n------------------ 原始邮件 ------------------\n照片见 {LINK}\n"
    page = f"<div>照片补上了。</div><blockquote>照片见 <a href='{LINK}'>链接</a></blockquote>"
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, photo(), text=quoted, html=page)
        assert letter.kind == "receipt"
        assert "百度网盘" not in letter.text


# --- hostile ---------------------------------------------------------------------------------------------

NAMES = [
    "../../../../tmp/evil.jpg",
    "..\\..\\evil.jpg",
    "C:\\Windows\\evil.jpg",
    "/etc/evil.jpg",
    "CON.jpg",
    "\u202egpj.exe.jpg",
    "长" * 300 + ".jpg",
    "a\x00b.jpg",
    "<script>alert(1)</script>.jpg",
    "{{ 7*7 }}{% for x in y %}.jpg",
    "x.jpg.",
    ".jpg",
    "",
    "照片.jpg:stream",
    "'; DROP TABLE messages; --.jpg",
]


def test_whatever_files_are_called_copies_stay_in_the_unit_s_folder(tmp_path: Path) -> None:
    with bureau(tmp_path / "office") as office:
        raw = office.mail(QINGNIAN, *(photo(seed, f"n{seed}.jpg") for seed in range(len(NAMES))), form())
        for seed, name in enumerate(NAMES):
            encoded = Header(name, "utf-8").encode(maxlinelen=0) if name else ""
            raw = raw.replace(f'filename="n{seed}.jpg"'.encode(), f'filename="{encoded}"'.encode())
        letters = office.receive(raw)
        assert kinds(letters) == ["receipt"]
        assert "<script>alert(1)" not in letters[0].raw.decode()
        unit = office.unit("qingnian")
        assert unit["photos"]["count"] == len(NAMES)
        assert all(
            re.fullmatch(r"青年镇/青年镇_照片_\d\d\.(?:jpg|bin)", path) for path in unit["photos"]["files"]
        )
        _nothing_outside(office, tmp_path)
        assert merge(office.work, office.now, tmp_path / "out").paths


SUBJECTS = [
    "青年镇\r\nBcc: all@elsewhere.example",
    "\u202e青年镇",
    "<b>&{{7*7}}",
    "x" * 5000,
    "\ud800",
    "=?utf-7?Q?+2AA-?=",
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_whatever_the_subject_says_the_letter_is_whole(tmp_path: Path, subject: str) -> None:
    with bureau(tmp_path / "office") as office:
        text = subject.encode("utf-8", "surrogatepass")
        import base64

        word_ = (
            subject.encode() if subject.startswith("=?") else b"=?utf-8?B?" + base64.b64encode(text) + b"?="
        )
        raw = office.mail(QINGNIAN, form(), subject="SUBJECT").replace(b"SUBJECT", word_)
        [letter] = office.receive(raw)
        assert letter.kind == "receipt"
        assert letter.to == QINGNIAN
        assert "Bcc" not in letter.headers
        assert merge(office.work, office.now, tmp_path / "out").paths


@pytest.mark.parametrize("reason", [b"", b"\r\n", b"\x00" * 100, b"From: \r\n\r\n", b"\xff" * 1000])
def test_a_mail_that_is_hardly_one_is_counted_and_stops_nobody(tmp_path: Path, reason: bytes) -> None:
    with bureau(tmp_path) as office:
        import os

        office.deliver(reason, "odd.eml")
        at = office.now.timestamp()
        os.utime(office.office.folder / "mails" / "odd.eml", (at, at))
        assert kinds(office.send(QINGNIAN, photo())) == ["receipt"]
        assert office.counts() == (1, 0, 1, 0)


def test_a_form_from_nobody_is_held_and_not_answered(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        assert office.send("", form()) == []
        assert [(one["reason"], one["from"], one["suggested_unit"]) for one in office.held] == [
            ("automatic", "", "qingnian")
        ]


def test_two_thousand_attachments_are_taken_or_told_of(tmp_path: Path) -> None:
    parts = b"".join(
        b"--b\r\nContent-Disposition: attachment; filename=f%d.txt\r\n\r\n%d\r\n" % (n, n)
        for n in range(2000)
    )
    with bureau(tmp_path) as office:
        head = office.mail(QINGNIAN).replace(
            b'Content-Type: text/plain; charset="utf-8"', b"Content-Type: multipart/mixed; boundary=b"
        )
        head = head.split(b"\r\n\r\n")[0].replace(b"Content-Transfer-Encoding: 8bit\r\n", b"")
        [letter] = office.receive(head + b"\r\n\r\n" + parts + b"--b--\r\n")
        assert letter.kind == "correction"
        assert "这封邮件" in letter.text
        assert office.counts() == (1, 0, 0, 0)


def test_text_that_no_utf8_can_hold_is_filed_all_the_same(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        raw = office.mail(QINGNIAN, text="BODY").replace(b'charset="utf-8"', b'charset="utf-7"')
        account = ACCOUNT.encode("utf-7") + b"+2AA-"
        raw = raw.replace(b"BODY", account)
        assert kinds(office.receive(raw)) in (["receipt"], ["noted"], ["correction"])  # of signs nobody reads


def test_html_in_a_name_stays_text_in_every_letter_and_on_every_page(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    with bureau(tmp_path / "office") as office:
        letters = office.send(
            f'"{evil}" <{QINGNIAN}>',
            form(header={"reporter": evil}, remarks=evil),
            narrative(),
            photo(1, f"{evil}.jpg"),
        )
        import email
        import email.policy

        page = email.message_from_bytes(letters[0].raw, policy=email.policy.default).get_body(("html",))
        assert page is not None
        assert "<img src=x" not in page.get_content()
        assert merge(office.work, office.now, tmp_path / "out").paths


def _nothing_outside(office: Bureau, folder: Path) -> None:
    root = office.office.folder
    known = {"archive", "mails", "sent", "rules", "config.yaml"}
    assert {path.name for path in root.iterdir()} <= known
    assert {path.name for path in folder.iterdir()} <= {"office"}
    assert not Path("/tmp/evil.jpg").exists()

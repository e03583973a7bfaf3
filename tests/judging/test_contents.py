"""What a mail brings besides the form: what counts as the unit's account in words, and what doesn't."""

from __future__ import annotations

import email
import email.policy
import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from agent.base import jsontext
from agent.demo.district import CONTACT_ADDRESS
from agent.service.final_report import merge
from tests.outcome.bureau import Bureau, Sent, bureau, campaign, form, photo, sender_of

QINGNIAN = sender_of("qingnian")
ACCOUNT = "我镇组织力量开展夜间巡查，劝导救助流浪乞讨人员，发放御寒物资，" * 5


def told(office: Bureau) -> str:
    """How the unit's narrative stands."""
    status: str = office.unit("qingnian")["narrative"]["status"]
    return status


def page(letter: Sent) -> str:
    found = email.message_from_bytes(letter.raw, policy=email.policy.default).get_body(("html",))
    assert found is not None
    content: str = found.get_content()
    return content


# --- our own letters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "status"), [("谢谢，收到了。", "missing"), (ACCOUNT, "accepted")])
@pytest.mark.parametrize("way", ["text", "page", "both"])
def test_of_an_answer_above_our_letter_only_what_stands_above_it_counts(
    tmp_path: Path, way: str, words: str, status: str
) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        html = f"<div>{words}</div><hr>{page(letter)}" if way != "text" else ""
        text = f"{words}\n\n________________________________\n{letter.text}" if way != "page" else " "
        office.send(QINGNIAN, photo(), text=text, html=html, subject="回复：回执")
        assert told(office) == status
        for path in office.unit("qingnian")["narrative"]["files"]:
            assert (office.office.archive / path).read_text(encoding="utf-8").strip() == ACCOUNT


@pytest.mark.parametrize("way", ["text", "page"])
def test_an_explanation_above_our_letter_is_kept_without_the_letter(tmp_path: Path, way: str) -> None:
    words = "感人事迹材料另行报送。"
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(moving_stories=3))
        office.pass_time(hours=1)
        html = f"<div>{words}</div><hr>{page(letter)}" if way == "page" else ""
        text = f"{words}\n\n————————\n{letter.text}" if way == "text" else " "
        office.send(QINGNIAN, text=text, html=html, subject="回复：回执", answers=letter)
        assert office.dossier("qingnian").submissions[-1].explanation == words


BIG = (
    "从QQ邮箱发来的超大附件\n青年镇照片{n}.zip (120.5M, 2024年4月1日 9:00 到期)\n进入下载页面："
    "https://mail.qq.com/cgi-bin/ftnExs_download?t=exs_ftn_download&k=abcdef{n}&code=0123456\n"
)


@pytest.mark.parametrize(("words", "status"), [("材料见超大附件。", "missing"), (ACCOUNT, "accepted")])
def test_links_and_what_programs_write_around_them_are_no_account(
    tmp_path: Path, words: str, status: str
) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, text=f"{words}\n" + "".join(BIG.format(n=n) for n in range(3)))
        assert told(office) == status
        assert "QQ邮箱超大附件的链接" in letter.text


@pytest.mark.parametrize("name", ["回执.eml", "回执.html", "回执.txt"])
def test_our_letter_attached_is_no_narrative(tmp_path: Path, name: str) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form())
        office.pass_time(hours=1)
        data = {"回执.eml": letter.raw, "回执.html": page(letter).encode(), "回执.txt": letter.text.encode()}
        office.send(QINGNIAN, (name, data[name]), photo(), subject="回复：回执")
        assert told(office) == "missing"
        assert office.unit("qingnian")["form"]["version"] == 1


# --- the contact -----------------------------------------------------------------------------------------


def test_what_the_contact_writes_is_nobody_s_narrative(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(CONTACT_ADDRESS, form(), text=ACCOUNT, subject="转发：青年镇")
        office.pass_time(hours=1)
        assert office.send(CONTACT_ADDRESS, text=ACCOUNT, subject="青年镇的材料怎么还没有报") == []
        assert told(office) == "missing"
        assert office.counts() == (1, 0, 1, 0)


FORWARDED = "\n\n------------------ 原始邮件 ------------------\n发件人: 某某 <a@town.example>\n发送时间: 2024年3月1日\n收件人: 民政局\n主题: 青年镇开展情况\n\n"


def test_what_the_contact_forwards_is_the_unit_s_narrative(tmp_path: Path) -> None:
    with bureau(tmp_path / "quoted") as office:
        chat = "请帮忙登记一下，" * 20
        office.send(CONTACT_ADDRESS, text=f"{chat}{FORWARDED}{ACCOUNT}", subject="转发：青年镇开展情况")
        assert told(office) == "accepted"
        [path] = office.unit("qingnian")["narrative"]["files"]
        assert (office.office.archive / path).read_text(encoding="utf-8") == ACCOUNT
    with bureau(tmp_path / "attached") as office:
        inner = office.mail(QINGNIAN, text=ACCOUNT, subject="青年镇开展情况")
        office.send(CONTACT_ADDRESS, ("青年镇.eml", inner), text="请登记", subject="转发：青年镇")
        assert told(office) == "accepted"


def test_what_the_contact_quotes_in_an_answer_is_nobody_s_narrative(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(CONTACT_ADDRESS, photo(), text=f"好的{FORWARDED}{ACCOUNT}", subject="回复：青年镇")
        assert told(office) == "missing"


# --- documents -------------------------------------------------------------------------------------------


def test_a_document_that_says_next_to_nothing_is_filed_and_its_sender_is_told(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        [letter] = office.send(QINGNIAN, form(), ("说明.txt", "见附件".encode()))
        assert told(office) == "missing"
        assert letter.kind == "receipt"
        assert "文件“说明.txt”内容很少，未作为开展情况登记" in letter.text
        assert "其他材料 1 件：说明.txt" in letter.text


def test_a_figure_that_a_second_file_fills_in_is_traced_to_that_file(tmp_path: Path) -> None:
    whole, lacking = table(patrols=True), table(patrols=False)
    with bureau(tmp_path / "office") as office:
        office.send(QINGNIAN, ("甲.xlsx", lacking), ("乙.xlsx", whole))
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        merge(office.work, office.now, tmp_path / "out")
        made = jsontext.loads((tmp_path / "out" / "report.json").read_bytes())
        traced = next(one for one in made["units"] if one["id"] == "qingnian")["sources"]
        assert (traced["patrols"]["file"], traced["patrols"]["cell"]) == ("乙.xlsx", "Sheet!A2")
        assert (traced["joint_patrols"]["file"], traced["joint_patrols"]["cell"]) == ("甲.xlsx", "Sheet!A2")


def table(*, patrols: bool) -> bytes:
    """A workbook of labels and tens, with or without the first column."""
    names = [one for one in campaign().form.figures if patrols or one.id != "patrols"]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([one.full_label for one in names])
    sheet.append([0 if one.id == "moving_stories" else 10 for one in names])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()

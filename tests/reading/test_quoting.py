"""Quotation styles as data: each file in quoting/ holds a subject, a mail's text, and what is to be left of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reading.formats.html import read_tree
from agent.reading.limits import Budget, Limits
from agent.reading.words.quotedpages import forwarded_html, own_html
from agent.reading.words.quoting import forwarded_texts, own_text

CASES = sorted((Path(__file__).parent / "quoting").glob("*.txt"))
PAGES = Path(__file__).parent / "quoting_html"


def _case(path: Path) -> tuple[str, str, str, tuple[str, ...]]:
    subject, *sections = path.read_text("utf-8").split("\n=== ")
    parts = [section.partition("\n")[::2] for section in sections]
    text, own = (next(body for name, body in parts if name == wanted) for wanted in ("正文", "自写"))
    return subject, text, own.strip("\n"), tuple(body.strip("\n") for name, body in parts if name == "转发")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_only_what_the_sender_wrote_now_is_left(path: Path) -> None:
    _, text, own, _ = _case(path)
    assert own_text(text) == own


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_line_ends_of_windows_make_no_difference(path: Path) -> None:
    _, text, own, _ = _case(path)
    assert own_text(text.replace("\n", "\r\n")) == own


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_only_a_forwarded_mail_is_opened(path: Path) -> None:
    subject, text, _, forwarded = _case(path)
    assert forwarded_texts(subject, text) == forwarded


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_same_lines_as_a_page_read_the_same(path: Path) -> None:
    subject, text, _, forwarded = _case(path)
    page = "".join(f"<div>{_escaped(line) or '<br>'}</div>" for line in text.split("\n"))
    trees = forwarded_html(subject, page)
    assert [_lines(tree) for tree in trees] == [_words(one) for one in forwarded]
    assert "巡查次数：12" not in _lines(own_html(page))


def _escaped(line: str) -> str:
    return line.replace("<", "&lt;").replace(">", "&gt;")


def _lines(tree: object) -> list[str]:
    return read_tree(tree, Budget(Limits())).text.split("\n")  # type: ignore[arg-type]


def _words(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


TABLE = "<table><tr><td>巡查次数</td><td>12</td></tr></table>"
QUOTING_PAGES = {
    "qq": f'<div>好的</div><div style="font-size:12px">------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b>x</div>{TABLE}',
    "qq in line breaks": f"好的<br>------------------ 原始邮件 ------------------<br>发件人: x<br>{TABLE}",
    "163": f'<div>好的</div><div id="divNeteaseMailCard"></div>在 2024-03-01 10:00:00，"x" &lt;a@b.example&gt; 写道：<br><blockquote id="isReplyContent">{TABLE}</blockquote>',
    "163 old": f'好的<div id="origbody">{TABLE}</div>',
    "gmail": f'<div>好的</div><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">x</div><blockquote class="gmail_quote">{TABLE}</blockquote></div>',
    "outlook web": f'<div>好的</div><hr><div id="divRplyFwdMsg">From: x</div><div>{TABLE}</div>',
    "outlook": f"<p>好的</p><div style='border-top:solid #E1E1E1 1.0pt'><p><b>发件人:</b> x<br><b>发送时间:</b> 2024年3月1日<br><b>收件人:</b> y<br><b>主题:</b> z</p></div>{TABLE}",
    "apple": f'<div>好的</div><blockquote type="cite"><div>在 2024年3月1日，10:00，x 写道：</div>{TABLE}</blockquote>',
    "aliyun": f"<p>好的</p><div>------------------------------</div><div>发件人：x&lt;x@a.example&gt;</div><div>日　期：2024年02月28日 10:00:00</div><div>收件人：y</div><div>主　题：z</div>{TABLE}",
    "aliyun in line breaks": f"好的<br>发件人：x<br>日&nbsp;&nbsp;期：2024年02月28日<br>收件人：y<br>主&#8203;题：z<br>{TABLE}",
    "head in a table": f"<p>好的</p><table><tr><td>发件人</td><td>x</td></tr><tr><td>日　期</td><td>2024年</td></tr><tr><td>收件人</td><td>y</td></tr><tr><td>主　题</td><td>z</td></tr></table>{TABLE}",
    "foxmail old": f"<div>好的</div><div>======= 2024-02-28 10:00:00 您在来信中写道： =======</div>{TABLE}",
    "original text": f"<div>好的</div><p><b>原文：</b></p>{TABLE}",
    "words split over tags": f"<p>好的</p><p>＝＝＝ <i>原始</i><b>邮件</b> ＝＝＝</p>{TABLE}",
    "coremail": f'<p>好的</p><blockquote name="replyContent"><p>-----原始邮件-----</p>{TABLE}</blockquote>',
    "domino": f"<div>好的</div><div>收件人 y</div><div>抄送</div><div>主题 统计表</div><div>发件人 x</div>{TABLE}",
    "deep": f"<div><div><div>好的<p>-----原始邮件-----</p></div></div></div><div><span>{TABLE}</span></div>",
}


@pytest.mark.parametrize("page", QUOTING_PAGES.values(), ids=QUOTING_PAGES)
def test_a_table_in_a_quotation_is_gone_and_the_senders_words_stay(page: str) -> None:
    document = read_tree(own_html(f"<html><body>{page}</body></html>"), Budget(Limits()))
    assert not any(cell.text for grid in document.grids for row in grid.rows for cell in row)
    assert document.text.split("\n")[0] == "好的"


def test_a_table_above_a_quotation_stays() -> None:
    page = f"{TABLE}<div>------ 原始邮件 ------</div>{TABLE.replace('12', '99')}"
    document = read_tree(own_html(page), Budget(Limits()))
    assert [grid.rows[0][1].text for grid in document.grids] == ["12"]


FORWARDING_PAGES = {
    "aliyun": f"<p>请收</p><p>-----------------------------</p><p>发件人：x</p><p>日　期：2024年</p><p>收件人：y</p><p>主　题：统计表</p>{TABLE}",
    "domino": f"<p>请收</p><p>----- 转发人： 张三/青年镇 时间 2024-02-28 10:00 -----</p><p>发件人： x</p><p>主题： 统计表</p>{TABLE}",
    "163": f'请收<br>-------- 转发邮件信息 --------<br>发件人：x<br>主题：统计表<br><blockquote id="isReplyContent">{TABLE}</blockquote>',
    "gmail": f'<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>发件人： x<br>Date: 1<br>Subject: 统计表<br></div>{TABLE}</div>',
    "qq": f"<div>请收</div><div>------------------ 原始邮件 ------------------</div><div>发件人: x</div><div>主题: 统计表</div><div>{TABLE}</div>",
}


@pytest.mark.parametrize("page", FORWARDING_PAGES.values(), ids=FORWARDING_PAGES)
def test_a_table_in_a_forwarded_mail_is_found_in_what_is_forwarded_only(page: str) -> None:
    assert read_tree(own_html(page), Budget(Limits())).grids == ()
    (tree,) = forwarded_html("Fw: 统计表", page)
    assert [grid.rows[0][1].text for grid in read_tree(tree, Budget(Limits())).grids] == ["12"]


def test_what_a_forwarded_page_quotes_stays_closed() -> None:
    page = f"<p>-------- 转发邮件信息 --------</p><p>主题：答复</p>{TABLE}<p>----- 原始邮件 -----</p>{TABLE.replace('12', '99')}"
    trees = forwarded_html("转发：答复", page)
    assert [grid.rows[0][1].text for tree in trees for grid in read_tree(tree, Budget(Limits())).grids] == [
        "12"
    ]


@given(
    st.text(alphabet="转发邮件信息原始发件人主题写道在2024-:：> \n-—_a@<>", max_size=300),
    st.text(max_size=20),
)
def test_no_text_makes_it_raise_or_add_anything(text: str, subject: str) -> None:
    own = own_text(text)
    written = {line.strip() for line in text.split("\n")}
    assert all(line.strip() in written for line in own.split("\n") if line)
    forwarded_texts(subject, text)

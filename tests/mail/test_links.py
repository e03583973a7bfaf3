"""Files that came as a link: known by their host, or by the words around the link."""

from __future__ import annotations

import pytest

from agent.mail.links import SOME_CLOUD, linked_files


def told(text: str = "", html: str = "") -> list[str]:
    return [one.text.split("里有")[1].split("的链接")[0] for one in linked_files(text, html)]


@pytest.mark.parametrize(
    "text",
    [
        "照片打包在这里：https://yunpan.town.example/f/8a7c 提取码：k3f9",
        "从Coremail发来的超大附件\n照片.zip (82.5M, 2024年3月9日到期)\n进入下载页面：http://cm.town.example/d?k=1",
        "文件中转站\n照片.rar\nhttps://send.town.example/x",
        "【文叔叔】点击下载 https://wss.town.example/t/abc",
        "通过网盘分享的文件：冬季送温暖\n链接: https://pan.town.example/s/1xyz?pwd=8888",
        "统计表见下载链接\n\nhttps://files.town.example/1.xlsx\n\n有效期至2024-03-09",
    ],
)
def test_a_link_is_a_file_s_by_the_words_beside_it(text: str) -> None:
    assert told(text) == [SOME_CLOUD]


def test_a_page_s_link_is_known_by_the_words_around_it() -> None:
    page = (
        '<div>您好</div><div class="att"><p>云附件</p><p>照片.zip</p><a target=_blank href="https://d.town.example/a">'
        "<b>下载</b></a></div>"
    )
    assert told(html=page) == [SOME_CLOUD]


def test_a_known_host_is_called_by_its_name_and_told_once() -> None:
    text = "链接：https://pan.baidu.com/s/1abc 提取码：1234\n另：https://pan.baidu.com/s/1def"
    assert told(text) == ["百度网盘"]
    assert told("https://wx.mail.qq.com/ftn/download?func=3") == ["QQ邮箱超大附件"]


@pytest.mark.parametrize(
    "text",
    [
        "通知见 https://www.civil.example/notice/12.html ，请查收附件。",
        "我镇在网站（http://www.town.example）发布了简报，另有照片三张。",
        "照片太大，网盘发不了，已压缩后作为附件发送。",
        "国家反诈中心下载地址已张贴。\n一\n二\n三\nhttps://www.town.example",
        "报道：https://news.town.example/a/2024-02-01.html\n记者王某",
    ],
)
def test_other_links_and_words_without_a_link_are_none(text: str) -> None:
    assert told(text) == []


def test_a_hostile_page_is_looked_at_quickly() -> None:
    assert told(html="<a " * 300_000) == []
    assert told(html="<a href='https://" * 60_000) == []

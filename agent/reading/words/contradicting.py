"""Words beside a form's figures that seem to put one of them right: 劝导人数应为35人, 漏报8人, 请以正文数字为准.

They are never figures themselves: what they say is told, and a person decides. Knows neither mails nor files.
"""

from __future__ import annotations

import re

from agent.base.personal import mask
from agent.campaign.rules import Campaign
from agent.campaign.units import fold
from agent.reading.table.labels import LabelBook, key


def contradiction(words: str) -> str:
    """What words beside a form say that may put its figures right, at most 60 characters of it; "" where nothing."""
    sentences = [_plain(one) for one in _SENTENCES.split(words)]
    for number, sentence in enumerate(sentences):
        found = _CORRECTS.search(sentence)
        # 填错了。实际是15次。
        told = sentence + "".join(sentences[number + 1 : number + 2])
        if found and _FIGURE.search(_NO_FIGURES.sub("", told)):
            quoted = sentence if _FIGURE.search(sentence) else told
            return _around(quoted, found.end())
    return ""


def speaks_of_figures(sentence: str, campaign: Campaign) -> bool:
    """Whether a sentence around a table is about its figures: it names one."""
    return _names_a_figure(sentence, campaign)


def _names_a_figure(text: str, campaign: Campaign) -> bool:
    if _NUMBERED.search(text):
        return True
    book, words = LabelBook.of(campaign), key(text)
    names = (name for name, fields in book.fields.items() if len(name) > 2 and fields[0][0].is_figure)
    return any(name in words for name in names)


def _plain(sentence: str) -> str:
    """A sentence without courtesies (如有问题请联系, 以附件为准), links and its number in a list."""
    return _COURTESIES.sub("", fold(_NUMBER.sub("", _LINKS.sub("", sentence))))


def _around(text: str, place: int) -> str:
    """At most 60 characters of the text, those around that place."""
    start = max(0, min(place - 40, len(text) - 60))
    return mask(text)[start : start + 60]  # masked first: a number that is cut would be known by nobody


_LINKS = re.compile(r"https?://\S+")
_SENTENCES = re.compile(r"[。！!？?；;\n]+")
_NUMBER = re.compile(r"^\s*(?:[(（]?\d{1,2}[)）.、．]|[①-⑳])(?!\d)")
_CORRECTS = re.compile(
    r"应[为是]|以.{0,8}为准|更正[为是:]|改正?为|改成|修[正改]为|有误|[填写报]错|漏[填报计统]|[少多](?:填|报|计|统计)了"
    r"|(?<![切落确务])(?<!结合|根据)实际?[为是]\D{0,3}\d|[未没]有?(?:计(?![划较])|包?含|包括)"
    r"|[\d一二两三四五六七八九十][人名次份个位](?:[是为系有])?重复(?:$|[计统登填上]|的)"
)
_COURTESIES = re.compile(
    r"(?:如|若|倘|假如)[^,]{0,12}?(?:有误|填错|漏填|不符|问题|错误)|有误之处"
    r"|以(?:[^,以]{0,6}?(?:表|附件|此件|本件|文件|扫描件|盖章件)[^,以]{0,2})为准"
)
_NUMBERED = re.compile(r"第\s*[\d０-９一二三四五六七八九十]{1,3}\s*[项栏列格个]")
_NO_FIGURES = re.compile(r"\d{4}年|\d{1,2}月(?:\d{1,2}[日号])?|0\d{2,3}-?\d{7,8}|1\d{10}")
_FIGURE = re.compile(
    r"\d|[一二两三四五六七八九十].?.?重复|(?:应[为是]|更正为|改为|是|共)[〇零一二两三四五六七八九十百千]"
)

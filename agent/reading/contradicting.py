"""Words beside a form's figures that seem to put one of them right: 劝导人数应为35人, 漏报8人, 请以正文数字为准.

They are never figures themselves: what they say is told, and a person decides. Knows neither mails nor files.
"""

from __future__ import annotations

import re

from agent.findings import Finding
from agent.privacy.personal import mask
from agent.reading.labels import LabelBook, key
from agent.rules import Campaign
from agent.units import fold


def contradiction(words: str) -> str:
    """What words beside a form say that may put its figures right, at most 60 characters of it; "" where nothing."""
    sentences = [_plain(one) for one in _SENTENCES.split(words)]
    for number, sentence in enumerate(sentences):
        if disowned := _disowned(sentence):
            return _around(sentence, disowned)
        found = _CORRECTS.search(sentence)
        # 填错了。实际是15次。
        told = sentence + "".join(sentences[number + 1 : number + 2])
        if found and _FIGURE.search(_NO_FIGURES.sub("", told)):
            quoted = sentence if _FIGURE.search(sentence) else told
            return _around(quoted, found.end())
    return ""


def speaks_of_figures(sentence: str, campaign: Campaign) -> bool:
    """Whether a sentence around a table is about its figures: it names one, or says what the table is."""
    return _names_a_figure(sentence, campaign) or bool(_disowned(_plain(sentence)))


def told_by_name(name: str, campaign: Campaign) -> tuple[Finding, ...]:
    """The warning for a form in a file whose name says that it isn't the one to report (…（作废）.docx)."""
    years = {int(one) for one in _YEARS.findall(fold(name))}
    other = years and not years & set(range(campaign.start.year, campaign.deadline.year + 1))
    if not other and not _NO_REPORT.search(name):
        return ()
    text = f"文件名是“{mask(name)[:60]}”，表中的数可能不是要报的数，请核对；如不是，请发送要报的表。"
    return (Finding("warning", "words_besides", text),)


def _disowned(sentence: str) -> int:
    """Where a sentence says that the figures aren't the ones to report (附件是去年的统计表, 数据还没核实); else 0."""
    found = _DISOWNS.search(sentence) if len(sentence) <= _LONGEST_WORD else None
    return found.end() if found and _ABOUT.search(sentence) and not _COMPARES.search(sentence) else 0


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
    r"|(?<![切落确务])(?<!结合|根据)实际?[为是]\D{0,3}\d|[未没]有?计入"
)
_COURTESIES = re.compile(
    r"(?:如|若|倘|假如)[^,]{0,12}?(?:有误|填错|漏填|不符|问题|错误)|有误之处"
    r"|以(?:[^,以]{0,6}?(?:表|附件|此件|本件|文件|扫描件|盖章件)[^,以]{0,2})为准"
)
_NUMBERED = re.compile(r"第\s*[\d０-９一二三四五六七八九十]{1,3}\s*[项栏列格个]")
_DISOWNS = re.compile(
    r"(?:去年|上年|上一?年度|往年|历年)(?:度|同期)?的?(?:数据|数字|统计表|情况表|报表|表)|[是为系](?:去年|上年|往年|上月|上次)的|上次所?[报填]"
    r"|供(?:您|领导)?(?:参考|参阅)|[初草]稿|^(?!.*(?:之前|以前|此前|先前|上次|前[一次]|原[来表报件先]|旧|昨)).*?(?:作废|不作数|不算数)|未定稿"
    r"|(?:[未没]有?|还没有?|尚未)经?(?:最后|最终|完全|全部)?(?:(?:核实|核对)(?!身份|户籍|信息|的)|核准|核定|审定|审核|定稿|核$|核,)"
)
_ABOUT = re.compile("表|数据|数字|附件|以[上下]|上面|下面|此件")
_COMPARES = re.compile("比|较|[与和](?:去|上)年|增|减|高于|低于|超过|下降|上升")
_LONGEST_WORD = 60  # characters of a sentence about a form; narratives have longer ones
_YEARS = re.compile(r"(?<!\d)(20\d\d)年")
_NO_REPORT = re.compile("作废|示例|样例|范例|废表")
_NO_FIGURES = re.compile(r"\d{4}年|\d{1,2}月(?:\d{1,2}[日号])?|0\d{2,3}-?\d{7,8}|1\d{10}")
_FIGURE = re.compile(r"\d|(?:应[为是]|更正为|改为|是|共)[〇零一二两三四五六七八九十百千]")

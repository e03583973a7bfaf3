"""What a reply to one of our letters says about a form: that it is right (确认), why it is so, or neither.

Only a reply counts, and only about the form that the letter it answers showed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.brought import Brought
from agent.dossier import Dossier, FormVersion
from agent.letters import message_id
from agent.letters.envelope import Kind
from agent.mail.message import Message
from agent.personal import mask
from agent.units import fold


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said about which version; an explanation in the sender's words, or ""."""

    version: FormVersion
    confirms: bool = False
    explanation: str = ""


def spoken_about(message: Message, brought: Brought, dossier: Dossier, address: str) -> Spoken | None:
    """What a mail without a form says about the unit's form, in reply to a letter of ours; None: nothing.

    Args:
        message: the mail.
        brought: what it brings besides words: a 确认 may come with photos, but not with another file, which may
            be the figures put right; an explanation comes alone, since words beside files are about the files.
        dossier: what the unit has sent before.
        address: the agent's own, of which our letters' ids are made.
    """
    words = brought.own_words.strip()
    pending, accepted = dossier.pending, dossier.accepted
    if pending is not None and pending.standing == "needs_confirmation" and _confirms(words, brought):
        return Spoken(pending, confirms=True) if _answers(message, pending, address) else None
    # Words about a form that isn't accepted may put its figures right: those are for the contact to see.
    if accepted is not None and accepted.open_warnings and not brought.anything and explains(words):
        return Spoken(accepted, explanation=words) if _answers(message, accepted, address) else None
    return None


def explains(words: str) -> bool:
    """Whether the words say something about why: neither a bare assurance (核实无误) nor a question."""
    return not _ASKS.search(words) and len(_BARE.sub("", fold(words))) >= _LEAST_EXPLANATION


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


def question(words: str) -> str:
    """The first sentence that asks something, with its mark; "" where none does."""
    asking = (one.strip() for one in _QUESTIONS.findall(_LINKS.sub("", words)))
    return next((one for one in asking if _ASKS_FOR_AN_ANSWER.search(one)), "")


def _plain(sentence: str) -> str:
    """A sentence without courtesies: 如有问题请联系, 以附件为准."""
    return _COURTESIES.sub("", fold(_LINKS.sub("", sentence)))


def _around(text: str, place: int) -> str:
    """At most 60 characters of the text, those around that place."""
    start = max(0, min(place - 40, len(text) - 60))
    return mask(text)[start : start + 60]  # masked first: a number that is cut would be known by nobody


def _confirms(words: str, brought: Brought) -> bool:
    others = any(piece.kind not in ("photo", "narrative") for piece in brought.pieces)
    return _CONFIRMS.fullmatch(words) is not None and not others and not brought.findings


def _answers(message: Message, version: FormVersion, address: str) -> bool:
    """Whether the mail answers a letter that showed this version's figures."""
    parent = message.in_reply_to or next(reversed(message.references), "")
    sha256 = version.submission.message
    abouts = (sha256, f"{sha256}+{version.submission.seq}")  # the second: once a person had decided
    return parent in {message_id(kind, about, address) for kind in _WITH_FIGURES for about in abouts}


_WITH_FIGURES: tuple[Kind, ...] = ("receipt", "correction")
_CONFIRMS = re.compile(r"[“\"]?确认(?:无误)?[”\"]?[。.!！]?")
_ASKS = re.compile(r"[?？]|请问|吗(?:[。!！]|$)|怎么|如何|是否|能否|可否|什么|哪")
_BARE = re.compile(
    r"[已均都全经再]*核实|核对|无误|属实|没有问题|没问题|正确|准确|真实|完整|确认|数据|数字|情况|以上|上述|各项|统计表|报表|填报"
    r"|上报|报送|我镇|我街道|我单位|我们|我站|请查收|查收|请审阅|审阅|收悉|收到|谢谢|感谢|支持|领导|老师|您好|你好|特此|说明"
    r"|回复|此致|敬礼|为准|[已均都全该所请的了,。、.!:;~\s]"
)
_LEAST_EXPLANATION = 6
_LINKS = re.compile(r"https?://\S+")
_SENTENCES = re.compile(r"[。！!？?；;\n]+")
_QUESTIONS = re.compile(r"[^。！!？?；;\n]+[？?]?")
_ASKS_FOR_AN_ANSWER = re.compile(r"[？?]|请问|是否可以|能否|可否")
_CORRECTS = re.compile(r"应为|以.{0,8}为准|更正为|改为|有误|填错|漏填")
_COURTESIES = re.compile(
    r"(?:如|若|倘|假如)[^,]{0,12}?(?:有误|填错|漏填|不符|问题|错误)|有误之处"
    r"|以(?:[^,以]{0,6}?(?:表|附件|此件|本件|文件|扫描件|盖章件)[^,以]{0,2})为准"
)
_NO_FIGURES = re.compile(r"\d{4}年|\d{1,2}月(?:\d{1,2}[日号])?|0\d{2,3}-?\d{7,8}|1\d{10}")
_FIGURE = re.compile(r"\d|(?:应为|更正为|改为|是|共)[〇零一二两三四五六七八九十百千]")

"""What a unit's words say about warnings: why it is so, and of which; or that a figure is wrong after all.

Pure; knows neither letters nor dossiers. Its words are data (data/answers.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.reading.cell.folding import squeeze
from agent.reading.reading import Figure
from agent.reading.words.affirming import answers, clause, clauses
from agent.reading.words.asking import asks_for_time

LEAST = 6  # characters of a reason, without assurances and courtesies


def explains(words: str) -> bool:
    """Whether the words say something about why, and nothing that takes it back.

    Neither a bare assurance (核实无误, with a name and a day or without) nor a question; nor another figure, a mistake,
    a form or file still to come, or one that isn't there; nor that more time is needed.
    """
    if _ASKS.search(words) or takes_back(words) or asks_for_time(words):
        return False
    return len(_BARE.sub("", _without_signature(words))) >= LEAST


def states_another(words: str, values: Mapping[str, Figure]) -> bool:
    """Whether the words say of something that it is a number which none of the figures is (实际是12次)."""
    known = {one for one in values.values() if isinstance(one, Decimal)}
    said = (one for one in clauses(words) if not _EACH.search(one))
    return any(Decimal(found[1]) not in known for one in said for found in _IS_A_NUMBER.finditer(one))


def _without_signature(words: str) -> str:
    """The clauses that say something, without the name and the office at the end."""
    said = clauses(words)
    while said and clause(said[-1]) in ("signature", "affirms", "courtesy"):
        said.pop()
    return "".join(said)


def takes_back(words: str) -> bool:
    """Whether the words say that a figure is another, was a mistake, or that a form or file is to come or is here."""
    text = squeeze(words)
    return any(_says(text, word) for kind in _TAKING_BACK for word in answers()[kind])


def explained(words: str, warnings: Sequence[Finding], campaign: Campaign) -> tuple[Finding, ...]:
    """Those of some open warnings that the words explain: the ones they name; where there is but one, that one.

    Args:
        words: that explain (``explains``).
        warnings: the open ones that the sender was told.
        campaign: whose labels the words may name.
    """
    if len(warnings) < 2:
        return tuple(warnings)
    text = squeeze(words)
    return tuple(one for one in warnings if any(name in text for name in _names(one, campaign)))


def announces_file(words: str, subject: str) -> bool:
    """Whether a mail without files means to bring one: it says so, or says nothing at all."""
    said = squeeze(words)
    if not re.search(r"\w", said):
        return True
    about = "" if _ANSWERING.match(subject) else squeeze(subject)  # it is the other mail's
    return not _ASKS.search(words) and any(word in said + about for word in answers()["announces"])


def _says(text: str, word: str) -> bool:
    denied = answers()["denied"]
    found = (match.start() for match in re.finditer(re.escape(word), text))
    return any(not any(one in text[max(0, at - 3) : at] for one in denied) for at in found)


def _names(finding: Finding, campaign: Campaign) -> Iterator[str]:
    """By which words a warning's figures or header values may be named: any two characters that only labels share."""
    about = set(finding.fields) | {finding.field}
    labels = [one.full_label for one in campaign.form.fields if one.id in about]
    labels += [one.label for one in campaign.form.header if one.id in about]
    for label in map(squeeze, labels):
        yield label
        for at in range(len(label) - 1):
            pair = label[at : at + 2]
            if pair not in answers()["common"] and pair.isalpha():
                yield pair


_TAKING_BACK = ("other_figure", "admits", "unfit", "promises", "files")
_ANSWERING = re.compile(r"\s*(?:回复|答复|re)\s*[:：]", re.IGNORECASE)
_EACH = re.compile("每|平均|其中|一组")  # 每次2人 breaks a figure down
_IS_A_NUMBER = re.compile(
    r"(?:实际|其实|应当?|[是为共计改有])[^\d]{0,4}?(\d{1,12}(?:\.\d{1,6})?)(?=人|次|份|个|万元|元|$)"
)
_ASKS = re.compile(r"[?？]|请问|吗(?:[。!！]|$)|怎么|如何|是否|能否|可否|什么|哪")
_BARE = re.compile(
    r"[已均都全经再]*核实|核对|无误|属实|没有问题|没问题|没错|正确|准确|真实|完整|确认|数据|数字|情况|以上|上述|各项|统计表|报表|填报"
    r"|上报|报送|我镇|我街道|我单位|我们|我站|请查收|查收|请审阅|审阅|收悉|收到|谢谢|感谢|支持|领导|老师|您好|你好|特此|说明"
    r"|回复|此致|敬礼|为准|[已均都全该所请的了,。、.!:;~\s]"
)

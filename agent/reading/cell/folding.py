"""One spelling for characters that are the same to a reader: full-width forms, spaces, Kangxi radicals.

Narrower than NFKC on purpose: NFKC turns ② into 2, ½ into 1⁄2 and 10² into 102, and none of those is a number
that somebody wrote.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from agent.base.unseen import AS_NOTHING


def fold(text: str) -> str:
    r"""The text with half-width ASCII, plain spaces and ordinary ideographs, without what nobody sees.

    Line breaks and tabs stay: ``3\n000`` is two lines, not three thousand.
    """
    return text if text.isascii() else text.translate(_TABLE)


def ideographs(text: str) -> str:
    """The text with ordinary ideographs where a font's table gives their radicals (⻘年镇 for 青年镇)."""
    return text if text.isascii() else text.translate(_RADICALS)


RAISED = "\ue000"
"""What a reader puts before and behind raised or lowered text."""


def level(text: str) -> str:
    """The text without the marks of raised text, but 27 with a raised 1 as 27^1: it isn't 271."""
    if RAISED not in text:
        return text
    return re.sub(rf"(?<=\d){RAISED}+(?=[\d.,])", "^", text).replace(RAISED, "")


def is_wordless(text: str) -> bool:
    """Whether a text, a figure say, has no letter: words in white stand on a ground that some style gives them."""
    return re.search("[A-Za-z\u4e00-\u9fff]", text) is None


def trim(text: str) -> str:
    """The folded text without white space at its ends."""
    return fold(text).strip()


@lru_cache(maxsize=4096)
def squeeze(text: str) -> str:
    """The folded text without any white space, with one style of brackets."""
    return re.sub(r"\s+", "", fold(text)).translate(_BRACKETS)


def _radicals() -> dict[int, str]:
    """Kangxi radicals and compatibility ideographs, and the radicals' supplement, for which NFKC has no word."""
    table = {}
    for code in (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFAFF), *range(0x2F800, 0x2FA1E)):
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1 and plain != chr(code):
            table[code] = plain
    return table | {ord(radical): plain for radical, plain in zip(_ALIKE[::2], _ALIKE[1::2], strict=True)}


# The radicals that are words by themselves, as Unicode's EquivalentUnifiedIdeograph.txt pairs them.
_ALIKE = (
    "⺁厂⺄乙⺊卜⺒巳⺝月⺟母⺠民⺧牛⺬示⺽臼⻁虎⻄西⻅见⻆角⻉贝⻋车⻑長⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻡首"
    "⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻰龙⻳龟"
)
_RADICALS = _radicals()
_TABLE = (
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | _RADICALS
    | dict.fromkeys((0x00A0, 0x2007, 0x2009, 0x202F, 0x3000), " ")
    | AS_NOTHING
    | {0xFFE5: "¥", 0x2215: "/", 0x301C: "~"}  # what browsers print for ￥, ／ and ～
)
_BRACKETS = str.maketrans("〔〕【】[]{}〈〉<>", "()()()()()()")

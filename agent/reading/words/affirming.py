"""Whether words say nothing but that figures are right: 确认无误，谢谢; 数据都对过了，没问题; 确认 张三 3月1日.

By their clauses: one that is made of affirming words alone, beside greetings, thanks and a signature. Anything more
is for a person to read. The words are data (data/answers.yaml). Knows nothing of mail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from agent.reading.cell.folding import fold, squeeze

Clause = Literal["affirms", "courtesy", "signature", "other"]
LONGEST = 200  # characters of a line that says yes


def affirmation(line: str) -> Clause:
    """What a line of words is as a whole: ``affirms`` where one clause does and no other says anything else."""
    if len(line) > LONGEST:
        return "other"
    kinds = {clause(one) for one in clauses(line)}
    if "other" in kinds or not kinds:
        return "other" if kinds else "courtesy"
    return "affirms" if "affirms" in kinds else "courtesy" if "courtesy" in kinds else "signature"


def clauses(line: str) -> list[str]:
    """The line's parts between marks and spaces; a day and a telephone stay whole, and say nothing."""
    plain = _DAYS.sub(" ", _NUMBERS.sub(" ", fold(line)))
    return [one for one in map(squeeze, _MARKS.split(plain)) if one]


def clause(text: str) -> Clause:
    """What one clause says."""
    words = answers()
    if _only(text, "affirms") and any(word in text for word in words["affirms"]):
        return "affirms"
    if _only(text, "courtesies") or _only(text, "about"):  # 我镇已核对: what was found stands beside it
        return "courtesy"
    return "signature" if _is_signature(text) else "other"


def is_courtesy(words: str) -> bool:
    """Whether some words are thanks and greetings alone, or marks and pictures (👍) without any word."""
    return all(clause(one) in ("courtesy", "signature") for one in clauses(words)) or not re.search(
        r"[\w]", words.replace("_", "")
    )


@lru_cache(1)
def answers() -> Mapping[str, Any]:
    """What people write in answer to a letter (data/answers.yaml)."""
    from agent.campaign.yamlfile import packaged

    words: Mapping[str, Any] = packaged(Path(__file__).parent.parent / "data" / "answers.yaml")
    return words


def _only(text: str, kind: str) -> bool:
    """Whether a clause is made of such words alone, the longest first: no word of it is left."""
    return _made_of(kind).fullmatch(text) is not None


@lru_cache(4)
def _made_of(kind: str) -> re.Pattern[str]:
    words = answers()
    known: Sequence[str] = [*words[kind], *(words["about"] if kind == "affirms" else ())]
    longest_first = sorted(map(squeeze, known), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(re.escape, longest_first))})+")


def _is_signature(text: str) -> bool:
    """A name, an office, or what stands beside one (经办人张三, 青年镇民政办); never a word that says something."""
    words = answers()
    rest = text
    for word in sorted(words["signing"], key=len, reverse=True):
        rest = rest.replace(word, "")
    if not rest:
        return True
    if any(sign in rest for sign in words["no_name"]):
        return False
    place = re.fullmatch(r".{1,8}(?:镇|乡|街道|街|区|站)", rest)
    return bool(place) or (
        2 <= len(rest) <= 4 and rest[0] in words["surnames"] and _HAN.fullmatch(rest) is not None
    )


_HAN = re.compile("[\u4e00-\u9fff]+")
_MARKS = re.compile("[\\s,，。.!！、;；:：~～…“”\"'()]+")
_DAYS = re.compile(r"(?<!\d)(?:\d{2,4}\s*[年./-]\s*)?\d{1,2}\s*[月./-]\s*\d{1,2}(?!\d)\s*[日号]?")
_NUMBERS = re.compile(r"(?<!\d)(?:1\d{10}|0\d{2,3}-?\d{7,8}|\d{4}-\d{7,8})(?!\d)")

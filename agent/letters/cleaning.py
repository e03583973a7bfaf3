"""Text that others wrote, made safe to show: no control or bidi characters, one line, a bounded length."""

from __future__ import annotations

import re
import unicodedata

from agent.base.unseen import acts, without_unseen

LONGEST = 600
"""What one value may take at most of a letter, in characters; the raw mail has all of it."""


def one_line(text: str) -> str:
    """The text on one line, without characters that control, hide or turn around what stands near them."""
    text = without_unseen(text)
    if not text.isprintable():  # nearly all are: then there is neither a break nor anything unseen in it
        spaced = _BREAKS.sub(" ", text)
        text = "".join(character for character in spaced if not acts(character))
    return _PILED_MARKS.sub(r"\1", re.sub(r" {2,}", " ", text)).strip()


def clip(text: str, longest: int) -> str:
    """The text, cut to ``longest`` characters with an ellipsis where it is longer."""
    return text if len(text) <= longest else text[: max(longest - 1, 0)].rstrip() + "…"


def clip_name(name: str, longest: int) -> str:
    """A file's name, cut in its middle, so that its end (the suffix) still shows."""
    if len(name) <= longest:
        return name
    end = min(10, longest // 3)
    return f"{name[: longest - end - 1]}…{name[-end:]}"


def width(text: str) -> int:
    """How many columns the text takes where a Chinese character takes two."""
    return sum(_columns(character) for character in text)


def pad(text: str, columns: int) -> str:
    """The text with ideographic spaces behind it up to so many columns: they align in any font, on phones too."""
    lacking = max(columns - width(text), 0)
    return text + "\u3000" * (lacking // 2) + " " * (lacking % 2)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1


_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PILED_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)

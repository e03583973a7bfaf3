"""Characters that nobody sees: the one list of them, for every room that compares, reads or shows what people wrote.

Unicode's format characters (Cf: zero-width spaces, the soft hyphen, bidi marks, byte order marks), the variation
selectors and the fillers that are drawn as nothing. Knows nothing of forms or mail.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Of a text, the characters in which is_turned looks for figures."""

# Format characters, but for the thirteen that are drawn (signs before Arabic, Syriac and Kaithi numbers); then the
# variation selectors, with all that is kept free for such characters; then the fillers.
_RANGES = (
    "\u00ad\u00ad\u061c\u061c\u180e\u180e\u200b\u200f\u202a\u202e\u2060\u206f\ufeff\ufeff\ufff9\ufffb"
    "\U00013430\U0001343f\U0001bca0\U0001bca3\U0001d173\U0001d17a"
    "\u180b\u180f\ufe00\ufe0f\U000e0000\U000e0fff"
    "\u034f\u034f\u115f\u1160\u17b4\u17b5\u3164\u3164\uffa0\uffa0"
)
_PAIRS = tuple(zip(_RANGES[::2], _RANGES[1::2], strict=True))

UNSEEN = "".join(f"{first}-{last}" for first, last in _PAIRS)
"""For a character class of a regular expression."""
AS_NOTHING: dict[int, None] = {
    code: None for first, last in _PAIRS for code in range(ord(first), ord(last) + 1)
}
"""For str.translate."""


def is_unseen(character: str) -> bool:
    """Whether the character is drawn as nothing and isn't white space or a control character."""
    return ord(character) in AS_NOTHING


def without_unseen(text: str) -> str:
    """The text as people see it."""
    return text if text.isascii() else text.translate(AS_NOTHING)


def acts(character: str) -> bool:
    """Whether a character does something where it is shown, or is none: unseen ones, controls, lone surrogates."""
    return is_unseen(character) or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")


def is_turned(text: str) -> bool:
    """Whether the figures in a text may be seen in another order than they are stored in.

    An override to the left turns the digits themselves (12 is seen as 21); other marks of that direction only what
    stands apart (3 000 is seen as 000 3).
    """
    if text.isascii():
        return False
    beginning = text[:LONGEST]
    if "\u202e" in beginning:
        return any(character.isalnum() for character in beginning)
    return _LEFTWARDS.search(beginning) is not None and _APART.search(without_unseen(beginning)) is not None


_LEFTWARDS = re.compile("[\u200f\u061c\u202b\u2067\u2068]")
_APART = re.compile(r"\d[^\d\s()（）、~+*=]*[\s()（）、~+*=]\D*\d")

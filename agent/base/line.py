"""Lines that tell what is going on: in full for a person at the terminal, in ids alone where a log keeps them."""

from __future__ import annotations


class Line(str):
    """A line that quotes what others wrote (a sender, a subject, a server's words).

    Attributes:
        ids: the same without any of it.
    """

    __slots__ = ("ids",)
    ids: str

    def __new__(cls, text: str, ids: str) -> Line:
        line = super().__new__(cls, text)
        line.ids = ids
        return line


def without_content(text: str) -> str:
    """What of a line may be kept in a log."""
    return text.ids if isinstance(text, Line) else text


def size_words(count: int) -> str:
    """So many bytes, as people say it."""
    if count < 1000:
        return f"{count} 字节"
    for unit, size in (("KB", 1e3), ("MB", 1e6)):
        if count < 1000 * size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1e9:.2f} GB"

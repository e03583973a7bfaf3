"""A line that tells what is going on: in full for a person at the terminal, in ids alone where a log keeps it."""

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

"""A mail taken apart, as its readers hand it over: its parts, and what of its own text is worth a look (the type)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from agent.base.errors import Unreadable
from agent.base.mime import Mime, Unread, head_of
from agent.reading.grid import Document


@dataclass(frozen=True, slots=True)
class Mail:
    """What is known of a mail without parsing its body once more.

    Attributes:
        mime: its headers, text and parts; not its page, which nobody needs any more.
        places: where in its text a form may stand, in the order of preference (texts.py).
        pages: the HTML of what its sender wrote and of what is forwarded, without what is only quoted.
        refusal: why it wasn't taken apart; its headers are all that is known then.
    """

    mime: Mime
    places: tuple[Document, ...] = ()
    pages: str = field(default="", repr=False)
    refusal: Unreadable | None = None

    @classmethod
    def refused(cls, raw: bytes, refusal: Unreadable) -> Mail:
        """One that couldn't be taken apart."""
        return cls(head_of(raw), refusal=refusal)

    def without(self, what: Unread) -> Mail:
        """The same, with a word that a piece of it wasn't read."""
        return replace(self, mime=replace(self.mime, unread=(*self.mime.unread, what)))

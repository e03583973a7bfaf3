"""What is written beside a document's own text: comments, footnotes, and the text boxes that lie over a sheet."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agent.errors import Unreadable
from agent.reading.formats.package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST = 200  # asides that are looked at
LONGEST = 1000  # characters of each

_PARTS = re.compile(
    r"(?:xl/(?:comments|threadedComments|drawings)/?|word/(?:comments|footnotes|endnotes))[^/]*[.]xml",
    re.IGNORECASE,
)
_HOLDERS = ("{*}comment", "{*}threadedComment", "{*}txBody", "{*}footnote", "{*}endnote")


def in_package(package: Package) -> tuple[str, ...]:
    """Those in a .docx or .xlsx; a part that can't be read says nothing."""
    found: list[str] = []
    for name in package.names:
        if _PARTS.fullmatch(name) and len(found) < MOST:
            with contextlib.suppress(Unreadable):
                found += told(package.xml(name).iter(*_HOLDERS))
    return tuple(found[:MOST])


def told(elements: Iterable[_Element]) -> Iterator[str]:
    """The elements' texts, those of their paragraphs on lines of their own."""
    for element in elements:
        paragraphs = [*element.iter("{*}p")] or [element]
        text = "\n".join("".join(map(str, one.itertext())).strip() for one in paragraphs)
        if text.strip():
            yield text.strip()[:LONGEST]

"""What is written beside a document's own text: comments, footnotes, and the text boxes that lie over a sheet."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from agent.base.errors import Unreadable
from agent.reading.formats.package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST = 200  # asides that are looked at
LONGEST = 1000  # characters of each

MARGINS = (
    "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}header",
    "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}footer",
)
"""What holds page headers and footers in OpenDocument's styles."""

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


def is_figure(text: str) -> bool:
    """Whether a text is nothing but a number, with its measure at most: whoever sees it takes it for the cell's."""
    return _FIGURE.fullmatch(text) is not None


_FIGURE = re.compile(r"\s*[0-9０-９][0-9０-９,，.．]{0,11}\s*[\u4e00-\u9fff]{0,2}\s*")


def comments(package: Package, folder: str) -> dict[str, str]:
    """A Word document's comments by their ids."""
    name = package.find(f"{folder}/comments.xml")
    if name is None:
        return {}
    found: dict[str, str] = {}
    with contextlib.suppress(Unreadable):
        for one in islice(package.xml(name).iter("{*}comment"), MOST):
            ids = [str(value) for key, value in one.attrib.items() if str(key).endswith("}id")]
            text = next(told([one]), "")
            found |= dict.fromkeys(ids[:1], text) if text else {}
    return found


def margins(package: Package, names: Iterable[str], *holders: str) -> tuple[str, ...]:
    """What page headers and footers say, and watermarks, which stand in them: the lines of those parts.

    Args:
        package: the document.
        names: its parts in which they stand.
        holders: the elements that hold them; without any the whole part.
    """
    lines: dict[str, None] = {}
    for name in names:
        with contextlib.suppress(Unreadable):
            root = package.xml(name)
            for holder in root.iter(*holders) if holders else [root]:
                drawn = (one.get("string", "") for one in holder.iter("{*}textpath"))
                text = "\n".join((*told([holder]), *drawn))
                lines |= dict.fromkeys(line.strip() for line in text.split("\n") if line.strip())
    return tuple(islice(lines, MOST))


def told(elements: Iterable[_Element]) -> Iterator[str]:
    """The elements' texts, those of their paragraphs on lines of their own."""
    for element in elements:
        paragraphs = [*element.iter("{*}p")] or [element]
        text = "\n".join("".join(map(str, one.itertext())).strip() for one in paragraphs)
        if text.strip():
            yield text.strip()[:LONGEST]

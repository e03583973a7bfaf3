"""What a page draws in a table's cell and doesn't hold as its text: numbers of lists, boxes to fill in, tables inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent.reading.formats.drawn import (
    BOX_INSIDE,
    DRAWING_INSIDE,
    NUMBERED,
    OBJECT_INSIDE,
    TABLE_INSIDE,
    may_be_figure,
    named,
)
from agent.reading.formats.htmllooks import seen, withholds
from agent.reading.formats.ink import FAINT_INK

if TYPE_CHECKING:
    from lxml.etree import _Element

_WITHOUT_TEXT = frozenset(("hidden", "checkbox", "radio", "file", "image", "color", "range"))  # of an input
_UNSEEN = frozenset(("script", "style", "template", "noscript", "head", "title", "meta", "link"))
_BULLETS = frozenset(("none", "disc", "circle", "square", "disclosure-open", "disclosure-closed"))
_BESIDES = frozenset(("inside", "outside", "inherit", "initial", "unset", "revert", "!important"))
_LIST_STYLE = re.compile(r"(?<![-\w])list-style(?:-type)?\s*:\s*([^;]*)", re.IGNORECASE)
_QUOTED = re.compile(r"[\"']([^\"']*)[\"']")
_URL = re.compile(r"url\([^)]*\)", re.IGNORECASE)


def drawn_in(cell: _Element) -> str:
    """What the cell draws besides its text, in Chinese; empty where that is all."""
    return named(_within(cell))


def _within(cell: _Element) -> Iterator[str]:
    yield FAINT_INK if seen(cell) == "faint" else ""
    stack = list(reversed(cell))
    while stack:
        one = stack.pop()
        if not isinstance(one.tag, str) or one.tag in _UNSEEN or withholds(one):
            continue
        if one.tag == "table":
            yield TABLE_INSIDE if _has_text(one) else ""
            continue
        yield _drawn(one)
        yield FAINT_INK if seen(one) == "faint" else ""
        stack += reversed(one)


def _drawn(element: _Element) -> str:
    match element.tag:
        case "li":
            return NUMBERED if _is_numbered(element) else ""
        case "input":
            shown = (element.get("type") or "text").lower() not in _WITHOUT_TEXT
            return BOX_INSIDE if shown and (element.get("value") or "").strip() else ""
        case "select" | "textarea" | "button":
            return BOX_INSIDE if _has_text(element) else ""
        case "svg":
            return DRAWING_INSIDE if _has_text(element) else ""
        case "canvas":
            return DRAWING_INSIDE
        case "object" | "embed" | "iframe":
            return OBJECT_INSIDE
        case _:
            return ""


def _has_text(element: _Element) -> bool:
    return any(str(piece).strip() for piece in element.itertext())


def _is_numbered(item: _Element) -> bool:
    """Whether what stands before an item may be taken for a part of a figure."""
    holder = item.getparent()
    for one in (item, holder):
        if one is not None:
            written = _LIST_STYLE.findall(one.get("style") or "")
            told = _kind(written[-1]) if written else (one.get("type") or "").strip()
            if told:
                return _tells(told)
    return holder is not None and holder.tag == "ol"


def _kind(written: str) -> str:
    """The kind of numbers in a list-style; empty where it only says where they stand."""
    quoted = _QUOTED.search(written)
    if quoted:
        return f'"{quoted[1]}'
    words = [one for one in _URL.sub("", written).lower().split() if one not in _BESIDES]
    return words[0] if words else ""


def _tells(kind: str) -> bool:
    return may_be_figure(kind[1:]) if kind.startswith('"') else kind.lower() not in _BULLETS

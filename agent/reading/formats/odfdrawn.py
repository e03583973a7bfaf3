"""What an OpenDocument text draws in a table's cell and doesn't hold as its text: numbers of lists, tables and objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent.reading.formats.drawn import NUMBERED, OBJECT_INSIDE, TABLE_INSIDE, may_be_figure, named
from agent.reading.formats.odfstyles import STYLE, TABLE, TEXT, Styles

if TYPE_CHECKING:
    from lxml.etree import _Element

_CELL = f"{TABLE}table-cell"
_ITEM, _LIST = f"{TEXT}list-item", f"{TEXT}list"


def drawn_in(cell: _Element, styles: Styles) -> str:
    """What the cell draws besides its text, in Chinese; empty where that is all."""
    return named(_within(cell, styles))


def _within(cell: _Element, styles: Styles) -> Iterator[str]:
    stack = list(reversed(cell))
    while stack:
        one = stack.pop()
        if one.tag == f"{TABLE}table":
            # Split cells are stored as a table, too, and have no text of the cell's own beside it.
            yield TABLE_INSIDE if _has_text(one) else ""
            continue
        if one.tag in (f"{TEXT}p", f"{TEXT}h"):
            yield NUMBERED if _is_numbered(one, cell, styles) else ""
            if any(
                isinstance(e.tag, str) and e.tag.endswith(("}object", "}object-ole", "}control"))
                for e in one.iter()
            ):
                yield OBJECT_INSIDE
            continue
        stack += [inner for inner in reversed(one) if isinstance(inner.tag, str)]


def _has_text(element: _Element) -> bool:
    return any(str(piece).strip() for piece in element.itertext())


def _is_numbered(paragraph: _Element, cell: _Element, styles: Styles) -> bool:
    """Whether what stands before a paragraph may be taken for a part of a figure: an item's first one has a number."""
    item = paragraph.getparent()
    if (
        item is None
        or item.tag != _ITEM
        or (any(item.iterchildren()) and next(item.iterchildren()) is not paragraph)
    ):
        return False
    level, style = 0, None
    for up in paragraph.iterancestors():
        if up is cell:
            break
        if up.tag == _LIST:
            level += 1
            style = style or up.get(f"{TEXT}style-name")
    style = style or next(_by_paragraph(paragraph, styles), None)
    if style is None:
        return True
    for one in styles.lists.get(style, ()):
        if isinstance(one.tag, str) and one.get(f"{TEXT}level") == str(level):
            return _tells(one)
    return False


def _by_paragraph(paragraph: _Element, styles: Styles) -> Iterator[str]:
    for style in styles.chain("paragraph", paragraph.get(f"{TEXT}style-name")):
        name = style.get(f"{STYLE}list-style-name")
        if name:
            yield name


def _tells(level: _Element) -> bool:
    marks = [level.get(f"{STYLE}num-prefix", ""), level.get(f"{STYLE}num-suffix", "")]
    if level.tag == f"{TEXT}list-level-style-number" and level.get(f"{STYLE}num-format"):
        return True
    if level.tag == f"{TEXT}list-level-style-image":
        return False
    if level.tag == f"{TEXT}list-level-style-number":  # no number, and then nothing around it either
        return False
    return any(map(may_be_figure, [*marks, level.get(f"{TEXT}bullet-char", "")]))

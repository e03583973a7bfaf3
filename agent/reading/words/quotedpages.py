"""What the sender of a mail wrote now, in a page: the same as quoting.py tells of a text, with the page's own signs."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.base.unseen import without_unseen
from agent.reading.formats.html import INLINE, SKIPPED, parse_html
from agent.reading.words.quoting import MOST_LEVELS, SPACES, find_cut, is_automatic, is_forwarded

if TYPE_CHECKING:
    from lxml.etree import _Element


def own_html(html: str) -> _Element | None:
    """The page without what it quotes; None where nothing is left."""
    root = parse_html(html)
    return _own_tree(root) if root is not None else None


def forwarded_html(subject: str, html: str) -> tuple[_Element, ...]:
    """What each forwarded mail in the page holds itself, the outermost first."""
    root = parse_html(html)
    found: list[_Element] = []
    while root is not None and len(found) < MOST_LEVELS:
        inner = _open_forwarded(root, subject)
        if inner is None:
            break
        subject = inner
        found.append(_own_tree(copy.deepcopy(root)))
    return tuple(found)


_QUOTE_IDS = re.compile(
    r"^(?:x_)?(?:origbody|isreplycontent|isforwardcontent|divrplyfwdmsg|olk_src_body_section|reply-?content|original-content"
    r"|mail-editor-reference-message-container|ntesmailquote|divntesquote)$",
    re.IGNORECASE,
)
_QUOTE_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_quote\S*|yahoo_quoted|moz-cite-prefix|ntes-mailmaster-quote|protonmail_quote|zmail_extra|mail_quote)(?:\s|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Node:
    """A piece of text in a tree: an element's text, or what stands behind it."""

    element: _Element
    behind: bool


def _own_tree(root: _Element) -> _Element:
    for element in list(root.iter()):
        if _quotes(element) and element.getparent() is not None:
            if (element.get("id") or "").lower().endswith("divrplyfwdmsg"):
                _drop_following(element)
            behind = element.tail
            element.clear()
            element.tail = behind
    lines = _lines(root)
    cut = find_cut([text for text, _ in lines])
    if cut is not None:
        _drop_from(lines[cut.start][1])
    return root


def _open_forwarded(root: _Element, subject: str) -> str | None:
    """Leave in the tree only what is forwarded; the forwarded mail's subject, or None where nothing is."""
    lines = _lines(root)
    cut = find_cut([text for text, _ in lines])
    if cut is None or not is_forwarded(cut, subject) or cut.body >= len(lines):
        return None
    if is_automatic("\n".join(text for text, _ in lines[cut.body :])):
        return None
    first = lines[cut.body][1]
    for element in (first.element, *first.element.iterancestors()):
        if _quotes(element):  # the outermost quotation is what is being sent, no longer a quotation
            element.tag = "div"
            for name in ("id", "class"):
                if name in element.attrib:
                    del element.attrib[name]
    _drop_before(root, first)
    return cut.subject


def _quotes(element: _Element) -> bool:
    if not isinstance(element.tag, str):
        return False
    return (
        element.tag == "blockquote"
        or bool(_QUOTE_IDS.match(element.get("id") or ""))
        or bool(_QUOTE_CLASSES.search(element.get("class") or ""))
    )


def _lines(root: _Element) -> list[tuple[str, _Node]]:
    """The page's lines of text, each with the piece of text in which it begins."""
    lines: list[tuple[str, _Node]] = []
    text = ""
    first: _Node | None = None
    for node, piece in _walk(root):
        if node is None:
            if first is not None:
                lines.append((SPACES.sub(" ", without_unseen(text)).strip(), first))
            text, first = "", None
        else:
            first = first or (node if piece.strip() else None)
            text += piece
    return lines


def _walk(root: _Element) -> list[tuple[_Node | None, str]]:
    """Every piece of text in the page's order, and None where a line ends."""
    walked: list[tuple[_Node | None, str]] = []
    stack: list[tuple[_Element, bool]] = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        known = isinstance(element.tag, str)
        if leaving:
            if known and element.tag not in INLINE:
                walked.append((None, ""))
            walked.append((_Node(element, True), element.tail or ""))
            continue
        if element is not root:
            stack.append((element, True))
        if not known or element.tag in SKIPPED:
            continue
        if element.tag not in INLINE:
            walked.append((None, ""))
        walked.append((_Node(element, False), element.text or ""))
        stack += [(child, False) for child in reversed(element)]
    walked.append((None, ""))
    return walked


def _drop_following(element: _Element) -> None:
    """Outlook puts the quotation behind its header, as the header's siblings."""
    element.tail = None
    for sibling in list(element.itersiblings()):
        _remove(sibling)


def _drop_from(node: _Node) -> None:
    """Take away a piece of text and everything behind it."""
    element = node.element
    if not node.behind:
        element.text = None
        for child in list(element):
            element.remove(child)
    for one in (element, *element.iterancestors()):
        one.tail = None
        for sibling in list(one.itersiblings()):
            _remove(sibling)


def _drop_before(root: _Element, node: _Node) -> None:
    """Take away everything in front of a piece of text."""
    element = node.element
    if node.behind:
        element.text = None
        for child in list(element):
            element.remove(child)
    for one in (element, *element.iterancestors()):
        for sibling in list(one.itersiblings(preceding=True)):
            _remove(sibling)
        parent = one.getparent()
        if parent is not None:
            parent.text = None
    root.text = None if root is not element or node.behind else root.text


def _remove(element: _Element) -> None:
    parent = element.getparent()
    if parent is not None:
        element.tail = None
        parent.remove(element)

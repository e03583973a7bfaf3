"""Where in a mail's own text a form may stand: the sender's words, or a mail forwarded in them; never a quotation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.base.errors import Unreadable
from agent.base.mime import MAX_LINES, MAX_PAGE, MAX_TEXT, Mime, Unread
from agent.base.noise import TOLD, without_noise
from agent.reading.formats.html import page_lines, read_tree
from agent.reading.formats.text import read_text
from agent.reading.grid import Document
from agent.reading.limits import Budget
from agent.reading.mails import Mail
from agent.reading.words.quotedpages import forwarded_html, own_html
from agent.reading.words.quoting import forwarded_texts, is_automatic, unquoted

if TYPE_CHECKING:
    from lxml.etree import _Element

LONGEST_ATTRIBUTE = 2000  # characters: longer ones are pictures, or nothing that anybody looks for
MOST_PAGES = 1_000_000  # characters of them: links are looked for in as many
CELLS = 20_000  # of the tables in one mail's text: a form has hundreds, and a workbook is sent as such


def with_places(mime: Mime, budget: Budget) -> Mail:
    """The mail with what of its text is worth a look; where its page is too much, without that."""
    mime = _bounded(mime)
    try:
        own = own_html(mime.html) if mime.html.strip() else None
        forwarded = forwarded_html(mime.subject, mime.html) if mime.html.strip() else ()
        # Nobody looks for a form in a book, nor in words that lost the page beside them: cells are blank there.
        in_part = bool({"text", "page"} & set(mime.unread))
        places = () if in_part else tuple(_places(mime, own, forwarded, budget))
        _require_few_cells(places)
        pages = "\n".join(_written(tree) for tree in (own, *forwarded) if tree is not None)[:MOST_PAGES]
    except Unreadable:
        return Mail(replace(mime, html="")).without("page")
    return Mail(replace(mime, html=""), places, pages)


def _bounded(mime: Mime) -> Mime:
    """A message of Outlook's, which no bound has been put to yet, without what is over it."""
    unread: list[Unread] = list(mime.unread)
    if len(mime.html) > MAX_PAGE:
        unread.append("page")
        mime = replace(mime, html="")
    if len(mime.text) > MAX_TEXT or mime.text.count("\n") > MAX_LINES:
        unread.append("text")
        mime = replace(mime, text="", plain="")
    words = without_noise(mime.text)
    if words.noise >= TOLD:
        unread.append("noise")
    return replace(mime, text=words.text, unread=tuple(dict.fromkeys(unread)))


def _places(
    mime: Mime, own: _Element | None, forwarded: Sequence[_Element], budget: Budget
) -> Iterator[Document]:
    """Each such place as a document, in the order of preference."""
    # Text made from a page has lost its quotations and blank cells: only what was written as text.
    plain = mime.plain or ("" if mime.html.strip() else mime.text)
    # The one may have been cut off above our letter, and the other have no sign of where it begins.
    if not is_automatic(mime.text) and not is_automatic(page_lines(own)):
        if mime.html.strip():
            yield read_tree(own, budget)
            yield read_text(page_lines(own))
        yield read_text(unquoted(plain))
    for tree in forwarded:
        yield read_tree(tree, budget)
        yield read_text(page_lines(tree))
    for one in forwarded_texts(mime.subject, plain):
        yield read_text(one)


def _require_few_cells(places: Sequence[Document]) -> None:
    from agent.reading.refusals import too_large

    if sum(len(row) for one in places for grid in one.grids for row in grid.rows) > CELLS:
        raise too_large("表格的单元格太多")


def _written(tree: _Element) -> str:
    from lxml import etree
    from lxml.html import tostring

    etree.strip_elements(tree, "style", "script", with_tail=False)
    for element in tree.iter():
        for name, value in element.attrib.items():
            if len(value) > LONGEST_ATTRIBUTE:
                del element.attrib[name]
    return str(tostring(tree, encoding="unicode"))

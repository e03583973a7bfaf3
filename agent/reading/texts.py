"""Where in a mail's own text a form may stand: the sender's words, or a mail forwarded in them; never a quotation."""

from __future__ import annotations

from collections.abc import Iterator

from agent.reading.formats.html import page_lines, read_tree
from agent.reading.formats.limits import Budget
from agent.reading.formats.text import read_text
from agent.reading.grid import Document
from agent.reading.quotedpages import forwarded_html, own_html
from agent.reading.quoting import forwarded_texts, is_automatic, unquoted


def texts_of(subject: str, text: str, written: str, html: str, budget: Budget) -> Iterator[Document]:
    """Each such place as a document, in the order of preference.

    Args:
        subject: the mail's.
        text: its text, made from the page where there is no other.
        written: the plain parts alone.
        html: the page, or "".
        budget: bounds.
    """
    # Text made from a page has lost its quotations and blank cells: only what was written as text.
    plain = written or ("" if html.strip() else text)
    own = own_html(html) if html.strip() else None
    # The one may have been cut off above our letter, and the other have no sign of where it begins.
    if not is_automatic(text) and not is_automatic(page_lines(own)):
        if html.strip():
            yield read_tree(own, budget)
            yield read_text(page_lines(own))
        yield read_text(unquoted(plain))
    if html.strip():
        for tree in forwarded_html(subject, html):
            yield read_tree(tree, budget)
            yield read_text(page_lines(tree))
    for one in forwarded_texts(subject, plain):
        yield read_text(one)

"""PDFs: what the reader in the other process says of one, as a Document; its pages' tables are 第1页表1 and so on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agent.reading.apart.apart import read_apart
from agent.reading.apart.carried import Told
from agent.reading.formats.flow import page_grid, text_cell
from agent.reading.grid import Document, PagePicture, Picture
from agent.reading.limits import Budget


def read_pdf(data: bytes, budget: Budget) -> Document:
    """The document's ruled tables as grids, its text, its pictures, and its pages that are nothing but pictures.

    Raises:
        Unreadable: damaged, with a password, over the bounds, or busy for too long.
    """
    told = read_apart("pdf", "pdf", [data], budget)
    budget.spend_bytes(sum(len(one) for one in told.blobs))
    return _document(told)


def _document(told: Told) -> Document:
    tables, blobs = _over_pages(told.data["grids"]), iter(told.blobs)
    pictures = tuple(Picture(str(name), next(blobs)) for name in told.data["pictures"])
    doubted = told.data["doubted"]
    pages = tuple(PagePicture(int(one), next(blobs), one in doubted) for one in told.data["pages"])
    files = tuple(Picture(str(name), next(blobs)) for name in told.data["files"])
    return Document(
        grids=tuple(page_grid(one["name"], one, text_cell) for one in tables),
        loose=tuple(page_grid(one["name"], one, text_cell) for one in told.data["loose"]),
        downwards=tuple(map(str, told.data["downwards"])),
        text=str(told.data["text"]),
        pictures=pictures,
        pages=pages,
        files=files,
        unread=tuple(map(str, told.data["unread"])),
        joined=frozenset(f"{one['name']}!{address}" for one in tables for address in one["joined"]),
    )


# --- a table that goes on on the next page ---------------------------------------------------------------

SAME_EDGE = 3.0  # points
_PAGE_NUMBER = re.compile(r"[-—–\s]*第?\s*[0-9]{1,3}\s*页?[-—–\s]*(?:[/共]\s*[0-9]{1,3}\s*页?)?")


def _over_pages(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tables, each joined with what goes on at the top of the next page under the same columns."""
    joined: list[dict[str, Any]] = []
    last: dict[str, Any] | None = None
    for one in told:
        if last is not None and _goes_on(last, one):
            joined[-1] = _appended(joined[-1], one)
        else:
            joined.append(one)
        last = one
    return joined


def _goes_on(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if _page_of(other) != _page_of(one) + 1 or _words(one["after"]) or _words(other["before"]):
        return False
    edges = list(zip(one["edges"], other["edges"], strict=False))
    same = len(one["edges"]) == len(other["edges"]) > 2
    return same and all(abs(first - second) <= SAME_EDGE for first, second in edges)


def _page_of(told: dict[str, Any]) -> int:
    return int(re.findall(r"[0-9]+", told["name"])[0])


def _words(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not _PAGE_NUMBER.fullmatch(line)]


def _appended(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The table with the rows of the next page's below it, without the header that is printed again there."""
    again = _header_again(one["rows"], other["rows"])
    shift = len(one["rows"]) - again
    merges = [
        [top + shift, left, bottom + shift, right]
        for top, left, bottom, right in other["merges"]
        if top >= again
    ]
    joined = [
        re.sub(r"[0-9]+", lambda row: str(int(row[0]) + shift), address, count=1)
        for address in other["joined"]
    ]
    return {
        **one,
        "rows": [*one["rows"], *other["rows"][again:]],
        "merges": [*one["merges"], *merges],
        "joined": [*one["joined"], *joined],
        "after": other["after"],
    }


def _header_again(rows: Sequence[Sequence[list[str]]], more: Sequence[Sequence[list[str]]]) -> int:
    again = 0
    for first, second in zip(rows, more, strict=False):
        if first != second or any(re.fullmatch(r"[0-9.,]+", text.strip()) for text, _ in first):
            break
        again += 1
    return again

"""PDFs: what the reader in the other process says of one, as a Document; its pages' tables are 第1页表1 and so on."""

from __future__ import annotations

from typing import Any

from agent.reading.apart import Told, read_apart
from agent.reading.formats.flow import LINES_BESIDE
from agent.reading.formats.limits import Budget
from agent.reading.grid import Cell, Document, Grid, Merge, PagePicture, Picture


def read_pdf(data: bytes, budget: Budget) -> Document:
    """The document's ruled tables as grids, its text, its pictures, and its pages that are nothing but pictures.

    Raises:
        Unreadable: damaged, with a password, over the bounds, or busy for too long.
    """
    told = read_apart("pdf", data, budget)
    budget.spend_bytes(sum(len(one) for one in told.blobs))
    return _document(told)


def _document(told: Told) -> Document:
    blobs = iter(told.blobs)
    pictures = tuple(Picture(str(name), next(blobs)) for name in told.data["pictures"])
    pages = tuple(PagePicture(int(number), next(blobs)) for number in told.data["pages"])
    return Document(
        grids=tuple(_grid(one) for one in told.data["grids"]),
        text=str(told.data["text"]),
        pictures=pictures,
        pages=pages,
        joined=frozenset(
            f"{one['name']}!{address}" for one in told.data["grids"] for address in one["joined"]
        ),
    )


def _grid(told: dict[str, Any]) -> Grid:
    return Grid(
        name=str(told["name"]),
        rows=tuple(
            tuple(_cell(f"R{row}C{column}", cell) for column, cell in enumerate(cells, 1))
            for row, cells in enumerate(told["rows"], 1)
        ),
        merges=tuple(Merge(*map(int, one)) for one in told["merges"]),
        lines_before=tuple(map(str, told["before"][-LINES_BESIDE:])),
        lines_after=tuple(map(str, told["after"][:LINES_BESIDE])),
    )


def _cell(address: str, told: list[str]) -> Cell:
    text, withheld = told
    struck = bool(withheld.strip()) and not text.strip()
    return Cell(address, "text" if text.strip() else "empty", text, struck=struck, withheld=withheld)

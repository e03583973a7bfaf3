"""What a file holds as plain data and bytes, and back: the form in which it goes from one process to another.

Numbers stay exact (as text), bytes go beside the data. Knows neither processes nor formats.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agent.base.errors import Unreadable
from agent.base.mime import Mime, MimePart
from agent.reading.containers.member import Member, Unpacked
from agent.reading.grid import Cell, Document, Grid, Merge, Picture
from agent.reading.mails import Mail

_USUAL = (None, None, "General", False, False, "", None, "", ())  # what most cells have behind their text


@dataclass(frozen=True, slots=True)
class Told:
    """What one process says to another: plain data, and bytes beside it in the order of their mention."""

    data: Any
    blobs: Sequence[bytes] = field(default=(), repr=False)


def of_documents(documents: Sequence[Document]) -> Told:
    """Documents as plain data; pages drawn as pictures are the PDF reader's own affair and aren't carried."""
    data = [
        {
            "grids": [_of_grid(grid) for grid in one.grids],
            "text": one.text,
            "pictures": [picture.name for picture in one.pictures],
            "files": [file.name for file in one.files],
            "unread": one.unread,
            "asides": one.asides,
            "margins": one.margins,
        }
        for one in documents
    ]
    return Told(data, [held.data for one in documents for held in (*one.pictures, *one.files)])


def documents(told: Told) -> tuple[Document, ...]:
    """The documents back."""
    blobs = iter(told.blobs)
    return tuple(
        Document(
            grids=tuple(_grid(grid) for grid in one["grids"]),
            text=one["text"],
            pictures=tuple(Picture(name, data) for name, data in zip(one["pictures"], blobs, strict=False)),
            files=tuple(Picture(name, data) for name, data in zip(one["files"], blobs, strict=False)),
            unread=tuple(one["unread"]),
            asides=tuple(one["asides"]),
            margins=tuple(one["margins"]),
        )
        for one in told.data
    )


def _of_grid(grid: Grid) -> dict[str, Any]:
    return {
        "name": grid.name,
        "rows": [[_of_cell(cell) for cell in row] for row in grid.rows],
        "merges": [(one.top, one.left, one.bottom, one.right) for one in grid.merges],
        "columns": grid.columns,
        "before": grid.lines_before,
        "after": grid.lines_after,
        "hidden": grid.hidden,
        "complete": grid.complete,
    }


def _grid(told: dict[str, Any]) -> Grid:
    return Grid(
        name=told["name"],
        rows=tuple(tuple(_cell(cell) for cell in row) for row in told["rows"]),
        merges=tuple(Merge(*one) for one in told["merges"]),
        columns=tuple(tuple((start, end) for start, end in row) for row in told["columns"]),
        lines_before=tuple(told["before"]),
        lines_after=tuple(told["after"]),
        hidden=told["hidden"],
        complete=told["complete"],
    )


def _of_cell(cell: Cell) -> list[Any]:
    more = (
        None if cell.number is None else str(cell.number),
        None if cell.date is None else cell.date.isoformat(),
        cell.number_format,
        cell.hidden,
        cell.struck,
        cell.withheld,
        cell.confidence,
        cell.drawn,
        cell.notes,
    )
    first = [cell.address, cell.kind, cell.text]
    return first if more == _USUAL else [*first, *more]


def _cell(told: list[Any]) -> Cell:
    if len(told) == 3:
        return Cell(*told)
    address, kind, text, number, date, *rest, notes = told
    more = (*rest, tuple(notes))
    return Cell(
        address,
        kind,
        text,
        None if number is None else Decimal(number),
        None if date is None else dt.date.fromisoformat(date),
        *more,
    )


# --- what is inside other files --------------------------------------------------------------------------


def of_unpacked(unpacked: Unpacked) -> Told:
    """An archive's files as plain data."""
    members = [
        (one.name, (one.refusal.rule, str(one.refusal)) if one.refusal else None) for one in unpacked.members
    ]
    return Told({"members": members, "encrypted": unpacked.encrypted}, [one.data for one in unpacked.members])


def unpacked(told: Told) -> Unpacked:
    """An archive's files back."""
    members = (
        Member(name, data, Unreadable(*refusal) if refusal else None)
        for (name, refusal), data in zip(told.data["members"], told.blobs, strict=True)
    )
    return Unpacked(tuple(members), told.data["encrypted"])


def of_mail(mail: Mail) -> Told:
    """A mail taken apart, as plain data."""
    mime, places = _of_mime(mail.mime), of_documents(mail.places)
    data = {"mime": mime.data, "places": places.data, "pages": mail.pages}
    return Told(data, [*mime.blobs, *places.blobs])


def mail(told: Told) -> Mail:
    """A mail back."""
    mime, count = told.data["mime"], len(told.data["mime"]["parts"])
    places = documents(Told(told.data["places"], told.blobs[count:]))
    return Mail(_mime(Told(mime, told.blobs[:count])), places, told.data["pages"])


def _of_mime(mime: Mime) -> Told:
    parts = [(one.name, one.content_type, one.inline, one.content_id) for one in mime.parts]
    texts = (mime.content_type, mime.subject, mime.text, mime.html, mime.plain)
    heads = {"headers": mime.headers, "undecoded": mime.undecoded}
    data = {**heads, "texts": texts, "parts": parts, "unread": mime.unread}
    return Told(data, [one.data for one in mime.parts])


def _mime(told: Told) -> Mime:
    content_type, subject, text, html, plain = told.data["texts"]
    return Mime(
        headers=tuple(_pairs(told.data["headers"])),
        undecoded=tuple(_pairs(told.data["undecoded"])),
        content_type=content_type,
        subject=subject,
        text=text,
        html=html,
        parts=tuple(
            MimePart(name, kind, data, inline, content_id)
            for (name, kind, inline, content_id), data in zip(told.data["parts"], told.blobs, strict=True)
        ),
        plain=plain,
        unread=tuple(told.data["unread"]),
    )


def _pairs(told: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in told)

"""Labels of a form in a picture that were misread by a character, set right where nothing else can be meant.

Knows the campaign's labels and their order, nothing of pixels and never a figure: those are as they were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from agent.campaign.rules import FormField
from agent.reading.cell.folding import squeeze
from agent.reading.cell.measures import factor_of, strip_measure
from agent.reading.grid import Cell, Grid
from agent.reading.table.labels import LabelBook, key
from agent.reading.table.layout import Placed, upright

SHORTEST = 4  # characters of a label of which one may be misread: of 总计, 合计 could have been printed
SURE = 0.97  # of a label's least certain character: what is read as surely stands there


def with_labels_mended(grid: Grid, book: LabelBook) -> Grid:
    """The table with each label that the reader wasn't sure of, and read as none, as it must have been printed.

    One character differs or is missing; no other label is as near, no other cell has this one; and it stands beside
    the one that comes before or after it in the campaign's form, and beside no other. The measure printed with it has
    to be the form's own. Anything but a picture's table comes back as it is.
    """
    if not grid.from_picture:
        return grid
    mending = _Mending(book, [cell for row in upright(grid).rows for cell in row])
    mended = mending.all()
    if not mended:
        return grid
    rows = (tuple(mended.get(cell.address, cell) for cell in row) for row in grid.rows)
    return replace(grid, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Place:
    """A label's place in the form: the ordinals of its first and last field, several below a group's."""

    first: int
    last: int
    printed: str


@dataclass(frozen=True)
class _Mending:
    book: LabelBook
    cells: Sequence[Placed]

    def all(self) -> dict[str, Cell]:
        """The cells that are set right, by their addresses; what was set right helps its neighbours."""
        known = {cell: place for cell in self.cells if (place := self._named(cell.text)) is not None}
        mended: dict[str, Cell] = {}
        for _ in self.cells:
            found = next(self._mendable(known), None)
            if found is None:
                break
            cell, place = found
            known[cell] = place
            mended[cell.cell.address] = replace(cell.cell, text=place.printed)
        return mended

    def _mendable(self, known: dict[Placed, _Place]) -> Iterator[tuple[Placed, _Place]]:
        taken = {(place.first, place.last) for place in known.values()}
        for cell in self.cells:
            if cell in known or not cell.text or (cell.cell.confidence or 0.0) >= SURE:
                continue
            place = self._nearest(cell.text)
            if place and (place.first, place.last) not in taken and _in_order(cell, place, known):
                yield cell, place

    # --- what a text names ---

    def _named(self, text: str) -> _Place | None:
        """The place of a label that reads as it should."""
        match, group = (self.book.match([text]), self.book.group(text)) if text else (None, None)
        if group:
            return next(place for name, place in self._groups if name == key(group[0]))
        campaign = self.book.campaign
        if not match or (match.measure and factor_of(match.measure, match.field, campaign) is None):
            return None
        at = self._fields.index(match.field)
        return _Place(at, at, text)

    def _nearest(self, text: str) -> _Place | None:
        """The place of the one label that a misread text is nearest to."""
        name, measure = self._parted(text)
        near = [(_apart(name, label), at) for label, at in self._labels]
        least = min(distance for distance, _ in near)
        meant = {at for distance, at in near if distance == least}
        if least > 1 or len(meant) != 1:
            return None
        first, last = meant.pop()
        if first != last:
            return next(place for _, place in self._groups if (place.first, place.last) == (first, last))
        return self._as_printed(self._fields[first], first, measure)

    def _as_printed(self, one: FormField, at: int, measure: str | None) -> _Place | None:
        """The label with its measure; None where another one may be printed: it could scale the figure."""
        misread = (
            one.type == "count"
            and measure not in self.book.campaign.measure_names
            and len(measure or "") in (0, len(one.measure or ""))
        )
        if measure != one.measure and not misread:
            return None
        name = f"{one.group or ''}{one.label}"
        return _Place(at, at, f"{name}（{one.measure}）" if one.measure else name)

    def _parted(self, text: str) -> tuple[str, str | None]:
        """A label's name and the measure behind it, one of whose brackets may have been lost."""
        squeezed = squeeze(text).rstrip("*:;,.。、；，")
        measures = "|".join(sorted(map(re.escape, self.book.campaign.measure_names), key=len, reverse=True))
        parts = re.fullmatch(r"([^()]+)\(([^()]*)\)", squeezed)
        parts = parts or re.fullmatch(rf"([^()]+)\(({measures})[0-9]?", squeezed)
        parts = parts or re.fullmatch(rf"([^()]+?)({measures})\)", squeezed)
        if not parts:
            return key(text), None
        return key(parts[1]), strip_measure(parts[2]) or None

    @cached_property
    def _fields(self) -> list[FormField]:
        return list(self.book.campaign.form.fields)

    @cached_property
    def _labels(self) -> list[tuple[str, tuple[int, int]]]:
        """Each label and alias with the ordinals of its fields."""
        fields = [
            (key(name), (at, at)) for at, one in enumerate(self._fields) for name in (one.label, *one.aliases)
        ]
        return [*fields, *((name, (place.first, place.last)) for name, place in self._groups)]

    @cached_property
    def _groups(self) -> list[tuple[str, _Place]]:
        own: dict[str, list[int]] = {}
        for at, one in enumerate(self._fields):
            if one.group:
                own.setdefault(one.group, []).append(at)
        return [(key(name), _Place(min(at), max(at), name)) for name, at in own.items()]


def _apart(read: str, label: str) -> int:
    """0 or 1 where the label reads so but for one character that differs or is missing; else 2."""
    if read == label:
        return 0
    if len(label) < SHORTEST:
        return 2
    if len(read) == len(label):
        return min(2, sum(one != other for one, other in zip(read, label, strict=True)))
    return 1 if any(label[:at] + label[at + 1 :] == read for at in range(len(label))) else 2


def _in_order(cell: Placed, place: _Place, known: dict[Placed, _Place]) -> bool:
    """Whether the labels beside a cell are those beside its label in the form, as far as they are known."""
    after = {known[one].first == place.last + 1 for one in known if _follows(one, cell)}
    before = {known[one].last == place.first - 1 for one in known if _follows(cell, one)}
    return after | before == {True}


def _follows(one: Placed, other: Placed) -> bool:
    """Whether a cell comes right behind another, to its right or, in a form turned on its side, below it."""
    right = one.left == other.right and one.top < other.bottom and other.top < one.bottom
    below = one.top == other.bottom and one.left < other.right and other.left < one.right
    return right or below

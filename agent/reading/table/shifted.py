"""Figures that may stand a column beside their own: the last one in 备注, or next to a column that is missing.

A figure typed twice pushes the rest of the row one cell on; no cell is blank then, and only the remark tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.reading.cell import numerals
from agent.reading.cell.folding import squeeze
from agent.reading.cell.values import quote, read_text
from agent.reading.table.columns import Assigned, Header
from agent.reading.table.part import Part
from agent.reading.table.rows import Row


def shifted(part: Part, assigned: Sequence[Assigned], campaign: Campaign) -> Iterator[Finding]:
    """The warning for figures that may belong to the column beside them; the form then waits for a person.

    Args:
        part: the form's part of a table.
        assigned: the column of each field.
        campaign: whose form it is.
    """
    for one in assigned:
        if not one.field.is_figure and one.at is not None:
            rows = part.body.rows if len(part.body.rows) == 1 or not part.table.turned else ()
            full = (row for row in rows if _is_full(row, assigned))
            written = (_number_in(row, one.at, campaign) for row in full)
            if found := next(filter(None, written), ""):
                text = (
                    f"“{one.field.label}”一栏只写了数字“{quote(found)}”，可能是前面的数都右移了一格，或多填了一个数。"
                    "请逐项核对各栏的数，确认后才登记；如有错位，请改好后重报。"
                )
                yield Finding("warning", "shifted", text, one.field.id, found, (one.field.id,))


def _is_full(row: Row, assigned: Sequence[Assigned]) -> bool:
    """Whether each figure's column has something in the row: what is asked for anyway needs no more doubts."""
    there = [row.cells.get(one.at) for one in assigned if one.field.is_figure and one.at is not None]
    return not row.problems and all(cell is not None and cell.kind != "empty" for cell in there)


def _number_in(row: Row, at: int, campaign: Campaign) -> str:
    """What a row's text column holds where that is nothing but a number, and no telephone or date."""
    cell = row.cells.get(at)
    text = read_text(cell) if cell is not None and cell.kind in ("text", "number") else ""
    bare = squeeze(text)
    for measure in sorted(campaign.measure_names, key=len, reverse=True):
        bare = bare.removesuffix(measure)
    if len(re.sub(r"\D", "", bare)) > _MOST_DIGITS:
        return ""
    return text if _NUMBER.fullmatch(bare) else ""


def beside_missing(part: Part, assigned: Sequence[Assigned]) -> Iterator[Finding]:
    """The doubt about what stands next to a column that wasn't found, unless one without its name is in its place.

    A warning that stays open: the missing figure is asked for anyway, and with it these are looked at.
    """
    # Turned, each label stands in its figure's own row; where cells stand beside their headings, all is asked for.
    if part.table.turned or any(row.problems for row in part.body.rows):
        return
    figures = [one for one in assigned if one.field.is_figure]
    missing = [one for one in figures if one.finding is not None and one.finding.rule == "no_column"]
    if not 1 <= len(missing) <= MOST_MISSING:  # a part of a form set in several, or most of it is asked for
        return
    taken = {one.at for one in assigned if one.at is not None}
    near = [one for gap in missing for one in _neighbours(gap, figures, taken, part.header)]
    if near:
        labels = "".join(f"“{one.field.full_label}”" for one in dict.fromkeys(near))
        text = f"{labels}紧挨着没有找到的栏目，可能也错了位。请一并核对这几栏的数；如有错位，请用原表重报。"
        yield Finding(
            "warning", "shifted", text, None, None, tuple(one.field.id for one in dict.fromkeys(near))
        )


def _neighbours(
    gap: Assigned, figures: Sequence[Assigned], taken: set[int], header: Header
) -> Iterator[Assigned]:
    place = figures.index(gap)
    before = next((one for one in reversed(figures[:place]) if one.at is not None), None)
    behind = next((one for one in figures[place + 1 :] if one.at is not None), None)
    first = before.at if before is not None and before.at is not None else -1
    last = behind.at if behind is not None and behind.at is not None else first + 2
    within = set(range(*sorted((first, last)))) & set(range(len(header.columns)))
    if not within - taken:
        yield from (one for one in (before, behind) if one is not None)


MOST_MISSING = 3  # columns; more are lacking in one part of a form set in several
_MOST_DIGITS = 6  # more are a telephone or a date
_NUMBER = re.compile(rf"[0-9][0-9.,，]*|[{numerals.CHARACTERS}]+")

"""A cell of an Excel sheet: what is stored in it, as it is to be seen."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.reading.cell.folding import RAISED, is_wordless, level
from agent.reading.formats.drawn import REPEATED, named
from agent.reading.formats.formulas import Formula
from agent.reading.formats.ink import FAINT_INK
from agent.reading.formats.sheet import address, decimal_text, exact
from agent.reading.formats.xlsx.book import Book, Run, Text, text_of
from agent.reading.formats.xlsx.styles import Style, index, local, moment, moment_of_text
from agent.reading.grid import Cell
from agent.reading.refusals import damaged

if TYPE_CHECKING:
    from lxml.etree import _Element

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


def read_cell(stored: _Element, at: tuple[int, int], hidden: bool, book: Book) -> Cell | None:
    """The cell, or None where nothing stands in it."""
    style, place = book.styles[index(stored.get("s") or "0")], address(*at)
    hidden = hidden or style.number_format.strip() == ";;;"
    parts = {local(one): one for one in reversed(stored)}
    kind, formula = stored.get("t", "n"), "f" in parts
    value = _stored(kind, parts, style, book)
    if formula and book.recalculates and value == 0 and not isinstance(value, bool):
        value = None
    if value is None:
        if not formula or kind == "str":
            return None
        return Cell(place, "no_result", number_format=style.number_format, hidden=hidden)
    if isinstance(value, _Error):
        struck = style.look.struck
        return Cell(
            place, "error", value.text, number_format=style.number_format, hidden=hidden, struck=struck
        )
    if isinstance(value, str | tuple):
        return _text_cell(place, value, style, hidden)
    shown, text, number, date = _value(value)
    struck, seen = style.look.struck, style.seen()
    return Cell(
        place,
        shown,
        text,
        number,
        date,
        style.number_format,
        hidden or seen == "unseen",
        struck,
        text if struck else "",
        drawn=named((FAINT_INK if seen == "faint" else "", REPEATED if style.filling else "")),
    )


def formula_of(
    stored: _Element, at: tuple[int, int], shared: dict[str, tuple[tuple[int, int], str]]
) -> Formula | None:
    """The cell's formula, or None; ``shared``: those that further cells have too, by their number, with their place.

    One that isn't written out (a table of data) is there, and is none that could be worked out.
    """
    parts = {local(one): one for one in stored}
    if "f" not in parts:
        return None
    text, number = parts["f"].text or "", parts["f"].get("si")
    has_result = "v" in parts and bool(parts["v"].text)
    if parts["f"].get("t") != "shared" or number is None:
        return Formula(text, stored=has_result)
    if text:
        shared.setdefault(number, (at, text))
        return Formula(text, stored=has_result)
    (row, column), text = shared.get(number, (at, ""))
    return Formula(text, (at[0] - row, at[1] - column), has_result)


@dataclass(frozen=True, slots=True)
class _Error:
    text: str


def _stored(kind: str, parts: Mapping[str, _Element], style: Style, book: Book) -> Any:
    """What a cell holds: text, a number, a yes or no, a date or time, an error; None where nothing."""
    text = parts["v"].text if "v" in parts else None
    if "is" in parts and (kind == "inlineStr" or not text):
        return text_of(parts["is"], book.palette)
    if not text:
        return None
    match kind:
        case "s":
            return book.texts[index(text)]
        case "b":
            return bool(int(text))
        case "d":
            return moment_of_text(text)
        case "e":
            return _Error(text)
        case "n":
            return _number(text, style, book)
        case _:
            return text


def _number(text: str, style: Style, book: Book) -> Any:
    """A number; a date or time where the format makes it one."""
    if not _NUMBER.fullmatch(text):
        raise damaged()
    number = float(text) if _FRACTION.search(text) else int(text)
    if not (style.dated or style.local):
        return number if math.isfinite(number) else _Error("#NUM!")
    found = moment(number, style, book.since_1904)
    return _Error("#VALUE!") if found is None else found


_FRACTION = re.compile(r"[.eE]")


def _text_cell(place: str, value: Text, style: Style, hidden: bool) -> Cell | None:
    text, withheld, faint = _seen(value, style)
    if not text and not withheld:
        return None
    whole = bool(withheld) and not text.strip()
    return Cell(
        place,
        "text" if text else "empty",
        text,
        None,
        None,
        style.number_format,
        hidden,
        whole,
        withheld,
        drawn=named((FAINT_INK if faint else "", REPEATED if style.filling else "")),
    )


def _seen(value: Text, style: Style) -> tuple[str, str, bool]:
    """The text that counts, what is struck through or not to be seen, and whether a figure in it is faint."""
    kept: list[str] = []
    withheld: list[str] = []
    faint = False
    for run in (Run(value, None),) if isinstance(value, str) else value:
        look = run.look or style.look
        seen = style.seen(run.look) if run.text.strip() and is_wordless(run.text) else "seen"
        off = look.struck or seen == "unseen"
        faint = faint or (not off and seen == "faint")
        # The cell's own font may raise a whole figure; only a run's sets a mark beside one.
        mark = RAISED if run.look is not None and look.raised else ""
        (withheld if off else kept).append(mark + _unescape(run.text) + mark)
    return level("".join(kept)), level("".join(withheld)), faint


def _unescape(text: str) -> str:
    return text.replace("_x000D_\n", "\n").replace("_x000D_", "\n").replace("\r\n", "\n")


def _value(value: Any) -> tuple[Any, str, Any, dt.date | None]:
    """Kind, text, number and date of a stored value that is no text."""
    if isinstance(value, bool):
        return "boolean", "TRUE" if value else "FALSE", None, None
    if isinstance(value, int | float):
        number = exact(value)
        return "number", decimal_text(number), number, None
    if isinstance(value, dt.datetime):
        day = value.date()
        midnight = value.time() == dt.time()
        return "date", day.isoformat() if midnight else value.isoformat(" ", "seconds"), None, day
    if isinstance(value, dt.date):
        return "date", value.isoformat(), None, value
    return "date", str(value), None, None

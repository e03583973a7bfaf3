"""A PDF page's characters as runs and lines, without what nobody sees; what stands beside which table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent.reading.cell.folding import ideographs

WIDE_GAP = 0.8  # of the letters' size: a gap that parts two things in a line
WORD_GAP = 0.15
RUN_GAP = 0.3
MUCH_DRAWN = 20
SMALL = 0.8  # of a digit's size: a smaller one behind it is no part of the number
LIFTED = 0.2  # of its size: nor is one that stands so much higher or lower
SMALLEST = 1.0  # points; smaller letters are not meant to be seen


class Placed(Protocol):
    """Something with a place on the page, in points from its upper left corner."""

    @property
    def box(self) -> tuple[float, float, float, float]: ...


@dataclass(frozen=True, slots=True)
class Char:
    """A letter: its text, its box, and whether it counts (``struck``: a line goes through it)."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    struck: bool = False

    @property
    def size(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that the file sets one behind the other in one line: they belong together, whatever they overlap."""

    chars: tuple[Char, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        return (
            min(one.x0 for one in self.chars),
            min(one.top for one in self.chars),
            max(one.x1 for one in self.chars),
            max(one.bottom for one in self.chars),
        )

    @property
    def text(self) -> str:
        return "".join(one.text for one in self.chars)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page, from left to right."""

    text: str
    top: float
    bottom: float


@dataclass(frozen=True)
class Page:
    """A page as far as it is seen.

    Attributes:
        number: from 1.
        raw: pdfplumber's page, for its ruled lines.
        runs: the letters, in the file's order.
        covered: the share of the page under pictures.
        garbled: the share of letters that the file doesn't say what they are.
        outlined: it has no letters, but much that is drawn: letters as curves, say.
    """

    number: int
    raw: Any
    runs: tuple[Run, ...]
    covered: float
    garbled: float
    outlined: bool

    @classmethod
    def of(cls, raw: Any) -> Page:
        known = [one for one in raw.chars if one["upright"] and one["matrix"][0] > 0]  # not upside down
        garbled = sum(one["text"].startswith("(cid:") or one["text"] == "\ufffd" for one in known)
        area = max(1.0, float(raw.width * raw.height))
        pictures = sum(
            max(0.0, min(one["x1"], raw.width) - max(one["x0"], 0))
            * max(0.0, min(one["bottom"], raw.height) - max(one["top"], 0))
            for one in raw.images
        )
        return cls(
            number=raw.page_number,
            raw=raw,
            runs=tuple(_runs(_seen(raw, known))),
            covered=pictures / area,
            garbled=garbled / max(1, len(known)),
            outlined=not known and len(raw.curves) + len(raw.edges) + len(raw.chars) >= MUCH_DRAWN,
        )

    def text(self, tables: Sequence[Placed]) -> str:
        """The lines outside the tables."""
        return "\n".join(line.text for line in self._lines(tables))

    def beside(self, table: Placed, tables: Sequence[Placed]) -> tuple[list[str], list[str]]:
        """The lines above and below a table, up to the next one."""
        _, top, _, bottom = table.box
        ceiling = max(
            (other.box[3] for other in tables if other.box[3] <= top + 1 and other is not table), default=-1.0
        )
        floor = min(
            (other.box[1] for other in tables if other.box[1] >= bottom - 1 and other is not table),
            default=1e9,
        )
        lines = self._lines(tables)
        before = [one.text for one in lines if ceiling < one.top and _middle(one) < top]
        after = [one.text for one in lines if bottom < _middle(one) and one.bottom < floor]
        return before, after

    def _lines(self, tables: Sequence[Placed]) -> list[Line]:
        boxes = [table.box for table in tables]
        outside = [run for run in self.runs if not any(_inside(run, box) for box in boxes)]
        return list(_lines(outside))


def _middle(line: Line) -> float:
    return (line.top + line.bottom) / 2


def _inside(run: Run, box: tuple[float, float, float, float]) -> bool:
    x0, top, x1, bottom = run.box
    across, down = (x0 + x1) / 2, (top + bottom) / 2
    return box[0] <= across <= box[2] and box[1] <= down <= box[3]


# --- what is seen ----------------------------------------------------------------------------------------


def _seen(raw: Any, chars: list[dict[str, Any]]) -> Iterator[Char]:
    strokes = [one for one in raw.edges if one["orientation"] == "h"]
    fills = [one for one in raw.rects if one.get("fill") and not _white(one.get("non_stroking_color"))]
    printed: set[tuple[str, int, int]] = set()
    for one in chars:
        char = Char(ideographs(one["text"]), one["x0"], one["top"], one["x1"], one["bottom"])
        if char.size < SMALLEST or (_white(one.get("non_stroking_color")) and not _on(char, fills)):
            continue
        if _again(char, printed):
            continue
        yield Char(char.text, char.x0, char.top, char.x1, char.bottom, _crossed(char, strokes))


def _again(char: Char, printed: set[tuple[str, int, int]]) -> bool:
    """Whether the same letter was printed in nearly the same place before: bold by printing twice."""
    step = max(0.5, 0.15 * char.size)
    right, down = round(char.x0 / step), round(char.top / step)
    near = ((char.text, right + x, down + y) for x in (-1, 0, 1) for y in (-1, 0, 1))
    if not char.text.isspace() and any(one in printed for one in near):
        return True
    printed.add((char.text, right, down))
    return False


def _white(colour: Any) -> bool:
    if not isinstance(colour, list | tuple) or not all(isinstance(one, int | float) for one in colour):
        return False
    if len(colour) == 4:
        return all(one <= 0.03 for one in colour)
    return len(colour) in (1, 3) and all(one >= 0.97 for one in colour)


def _on(char: Char, fills: list[dict[str, Any]]) -> bool:
    across, down = char.middle
    return any(one["x0"] <= across <= one["x1"] and one["top"] <= down <= one["bottom"] for one in fills)


def _crossed(char: Char, strokes: list[dict[str, Any]]) -> bool:
    """Whether a line goes through the middle of the letter: struck through, not underlined."""
    across = (char.x0 + char.x1) / 2
    high, low = char.top + 0.25 * char.size, char.bottom - 0.25 * char.size
    return any(high < one["top"] < low and one["x0"] <= across <= one["x1"] for one in strokes)


# --- runs and lines --------------------------------------------------------------------------------------


def _runs(chars: Iterator[Char]) -> Iterator[Run]:
    run: list[Char] = []
    for char in chars:
        if run and not _follows(run[-1], char):
            yield Run(tuple(run))
            run = []
        run.append(char)
    if run:
        yield Run(tuple(run))


def _follows(last: Char, char: Char) -> bool:
    size = min(last.size, char.size)
    gap = char.x0 - last.x1
    return abs(char.bottom - last.bottom) < 0.4 * size and -0.4 * size < gap < RUN_GAP * size


def _lines(runs: Sequence[Run]) -> Iterator[Line]:
    """The runs by their lines, from top to bottom, gaps kept as blanks."""
    rows: list[list[Run]] = []
    for run in sorted((one for one in runs if one.text.strip()), key=lambda one: (one.box[3], one.box[0])):
        _, top, _, bottom = run.box
        if rows and bottom - rows[-1][0].box[3] < 0.5 * (bottom - top):
            rows[-1].append(run)
        else:
            rows.append([run])
    for row in rows:
        row.sort(key=lambda one: one.box[0])
        text = in_a_line([char for run in row for char in run.chars if not char.struck])
        if text.strip():
            yield Line(text.strip(), min(one.box[1] for one in row), max(one.box[3] for one in row))


def in_a_line(chars: Sequence[Char]) -> str:
    """The letters of a line as text, with blanks where it has gaps."""
    text: list[str] = []
    for last, char in zip([None, *chars], chars, strict=False):
        gap = (char.x0 - last.x1) / max(1.0, char.size) if last is not None else 0.0
        if gap > WIDE_GAP:
            text.append("   ")
        elif last is not None and _is_raised(last, char):
            text.append("^")
        elif gap > WORD_GAP and last is not None and last.text.isascii() and char.text.isascii():
            text.append(" ")
        text.append(char.text)
    return "".join(text)


def _is_raised(last: Char, char: Char) -> bool:
    """Whether one of two digits is an index of the other, a footnote's mark say: 27 with a small 1 is no 271."""
    if not (last.text.isdigit() and char.text.isdigit()):
        return False
    sizes = sorted((last.size, char.size))
    return sizes[0] < SMALL * sizes[1] or abs(last.bottom - char.bottom) > LIFTED * sizes[1]

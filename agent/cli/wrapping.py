"""Chinese text broken into lines on a terminal: between any two characters, but before no closing mark and in no word.

Rich breaks at spaces alone, which leaves most of a line empty where a Chinese sentence holds a number. Knows nothing of
what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.measure import Measurement

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text

_NARROWEST = 12  # columns in which something can still be read

# What stays on one line: a word or number with the marks around it, or one character with those around it.
_OPENING, _CLOSING = "（《“‘「『【([{", "，。、；：？！）》”’」』】…—·,.;:?!)]}%"
_PIECE = re.compile(rf"[{re.escape(_OPENING)}]*(?:[!-~\u00a1-\u02af]+|[^\s])[{re.escape(_CLOSING)}]*\s*|\s+")


@dataclass(frozen=True)
class Wrapped:
    """A text that takes as many lines as it needs in whatever width it is given."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.divide(breaks(self.text.plain, options.max_width)):
            line.rstrip()
            yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widest = min(cell_len(self.text.plain), options.max_width)
        return Measurement(min(_NARROWEST, widest), widest)


def breaks(text: str, columns: int) -> list[int]:
    """Where lines begin, the first apart, so that none takes more than so many columns."""
    found, used = [], 0
    for start, piece in _pieces(text, columns):
        wide = cell_len(piece.rstrip())
        if used and used + wide > columns:
            found.append(start)
            used = 0
        used += cell_len(piece)
    return found


def _pieces(text: str, columns: int) -> Iterator[tuple[int, str]]:
    """What stays together; what is wider than a line, character by character."""
    for match in _PIECE.finditer(text):
        if cell_len(match[0].rstrip()) <= columns:
            yield match.start(), match[0]
        else:
            yield from ((match.start() + at, one) for at, one in enumerate(match[0]))

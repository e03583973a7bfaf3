"""Plain text: its characters, the tables drawn in it, and lines of the kind 巡查次数：12."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from agent.reading.formats.flow import LINES_BESIDE, text_cell
from agent.reading.formats.sentence import in_words
from agent.reading.grid import Cell, Document, Grid
from agent.reading.refusals import damaged

Splitter = Callable[[str], list[str] | None]

LONGEST_LABEL = 40
LONGEST_VALUE = 80
LONGEST_PAIR = 150
LONGEST_SENTENCE = 1000
MOST_DIGITS = 6  # of what a mail program may have broken off a figure; a telephone number has more
REACH = 60  # lines above and below a table, blank ones too, among which those beside it are looked for
FEWEST_MENDED = 6  # cells of a row that may have been parted: of shorter ones two may each lack their last
MOST_LINES = 20_000  # lines in which tables are looked for

_NUMBERING = (
    r"(?:[（(]?[\d一二三四五六七八九十]{1,3}[）)]|\d{1,2}[.．、]|[一二三四五六七八九十]{1,3}[、.．]|[-*•·●◆])"
)
_PAIR = re.compile(
    rf"^\s*{_NUMBERING}?\s*(?P<label>[^\s:：=＝][^:：=＝]{{0,{LONGEST_LABEL}}}?)\s*[:：=＝]\s*(?P<value>.{{0,{LONGEST_VALUE}}}?)\s*$"
)
_REST = re.compile(r"[,，.。]?[0-9０-９][0-9０-９,，.]*\s?[^\d\s:：]{0,3}")
_FIGURE = re.compile(r"[0-9０-９][0-9０-９,，.]*[^\W\d]{0,3}")
_COMMA = re.compile(r"[,，。](?=\s*[^\W\d])")
_WIDE_GAP = re.compile(r"\t+| {2,}|\u3000{2,}|[;；]")
_RULE = re.compile(r"^[\s|+\-=_:─━═┌┐└┘├┤┬┴┼│┃┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬]+$")
_WORD = re.compile(r"[^\W\d_]")


def decode(data: bytes) -> str:
    """Text by its byte order mark, else strictly as UTF-8, else strictly as GB18030; newlines as one character.

    Raises:
        Unreadable: it is none of them.
    """
    for marks, name in (((b"\xef\xbb\xbf",), "utf-8-sig"), ((b"\xff\xfe", b"\xfe\xff"), "utf-16")):
        if data.startswith(marks):
            return _strictly(data, name)
    try:
        return _strictly(data, "utf-8")
    except type(damaged()):
        return _strictly(data, "gb18030")


def _strictly(data: bytes, name: str) -> str:
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        raise damaged() from error
    if "\0" in text:
        raise damaged()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(text: str, set_out: bool = True) -> Document:
    """The tables in a text: by tabs, by drawn lines, by wide gaps, or as lines of label and value.

    Args:
        text: the text.
        set_out: the gaps in it were typed; else (a page's letters by their places) only label and value count.
    """
    lines = text.split("\n")
    searched = lines[:MOST_LINES]
    grids: list[Grid] = []
    tabular: set[int] = set()
    for first, end, rows, pairs in _tables(searched, WAYS if set_out else WAYS[-1:]):
        if not pairs:
            tabular.update(range(first, end))
        grids.append(
            Grid(
                name=f"表{len(grids) + 1}",
                rows=_cells(rows),
                lines_before=_near(lines[max(0, first - REACH) : first])[-LINES_BESIDE:],
                lines_after=_near(lines[end : end + REACH])[:LINES_BESIDE],
            )
        )
    running = "\n".join(line for number, line in enumerate(lines) if number not in tabular)
    return Document(grids=tuple(grids), text=running.strip("\n"))


def _near(lines: list[str]) -> tuple[str, ...]:
    return tuple(line.strip() for line in lines if line.strip())


def _cells(rows: list[list[str]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        tuple(text_cell(f"R{row}C{column}", text.strip()) for column, text in enumerate(texts, 1))
        for row, texts in enumerate(rows, 1)
    )


def _tables(
    lines: list[str], ways: Sequence[tuple[Splitter, bool]]
) -> Iterator[tuple[int, int, list[list[str]], bool]]:
    """Each table's first line, the line behind it, its rows, and whether its lines are label and value."""
    at = 0
    while at < len(lines):
        end, rows = in_words(lines, at)
        if rows:
            yield at, end, rows, True
            at = end
            continue
        for split, pairs in ways:
            end, rows = _run(lines, at, split, pairs)
            if len(rows) >= 2:
                yield at, end, rows, pairs
                at = end
                break
        else:
            at += 1


def _run(lines: list[str], at: int, split: Splitter, pairs: bool) -> tuple[int, list[list[str]]]:
    """The rows from a line on that split alike; blank lines may stand between pairs of label and value."""
    rows: list[list[str]] = []
    end = at
    for number in range(at, len(lines)):
        line = lines[number]
        broken = rows and end == number and (pairs or split(line) is None)
        if broken and _goes_on(rows[-1][-1], line):
            # A number broken over two lines: together they are no figure, and the first alone is a wrong one.
            rows[-1][-1] = f"{rows[-1][-1]}\n{line.strip()}".strip()
            end = number + 1
            continue
        if rows and ((_RULE.match(line) and line.strip()) or (pairs and not line.strip())):
            continue
        if pairs and rows and in_words(lines, number)[1]:
            break
        cells = split(line)
        if cells is None or (split is _by_gaps and rows and len(cells) != len(rows[0])):
            break
        rows += [cells[start : start + 2] for start in range(0, len(cells), 2)] if pairs else [cells]
        end = number + 1
    return end, [[label, value.rstrip(",，")] for label, value in rows] if pairs else _mended(rows)


def _mended(rows: list[list[str]]) -> list[list[str]]:
    """The rows, with one made of two that a line break in a cell has parted: together they are as long as the first row."""
    if not rows or len(rows[0]) < FEWEST_MENDED:
        return rows
    mended: list[list[str]] = []
    for row in rows:
        short = len(mended) > 1 and len(mended[-1]) < len(rows[0])
        # The last blank of a line is often lost on the way.
        whole = len(rows[0]) - len(mended[-1]) if short else 0
        if len(row) > 1 and len(row) - 1 in (whole, whole - 1):
            *before, parted = mended.pop()
            mended.append([*before, f"{parted}\n{row[0]}", *row[1:]])
        else:
            mended.append(row)
    return mended


def _goes_on(value: str, line: str) -> bool:
    """Whether a line may be the rest of the value in the line above it, or all of it."""
    rest = _REST.fullmatch(line.strip())
    if rest is None or len(re.sub(r"\D", "", rest[0])) > MOST_DIGITS or rest[0].count(".") > 1:
        return False
    return not value or value[-1].isdigit() or value[-1] in ",，.。"


def _by_tabs(line: str) -> list[str] | None:
    return line.split("\t") if "\t" in line.strip("\n") and line.strip() else None


def _by_bars(line: str) -> list[str] | None:
    for bar in "|│┃║｜":
        if line.count(bar) >= 2:
            stripped = line.strip()
            return stripped.removeprefix(bar).removesuffix(bar).split(bar)
    return None


def _by_gaps(line: str) -> list[str] | None:
    """Cells with wide gaps between them; only where every row has as many, for a blank one would shift them."""
    cells = [cell for cell in re.split(r"\s{2,}|\u3000+", line.strip()) if cell]
    if any(re.search(r"[:：]", cell) for cell in cells):
        return None
    # A label and its figure are two, a title and its date aren't a table.
    return cells if len(cells) >= 3 or (len(cells) == 2 and _FIGURE.fullmatch(cells[1])) else None


def _by_colon(line: str) -> list[str] | None:
    """Label, value, label, value … of a line that holds nothing else, be it a sentence of them."""
    pieces = _WIDE_GAP.split(line)
    if len(re.findall("[:：]", line[:LONGEST_SENTENCE])) > 2:
        listed = _pairs([one for piece in pieces for one in _COMMA.split(piece.rstrip(" 。"))])
        if listed and len(listed) > 4:
            return listed
    return _pairs(pieces)


def _pairs(pieces: Sequence[str]) -> list[str] | None:
    found: list[str] = []
    for piece in pieces:
        if not piece.strip(" \u3000。.，,"):
            continue
        if len(piece) > LONGEST_PAIR:
            return None
        match = _PAIR.match(piece)
        if match is None or not _WORD.search(match["label"]):
            return None
        found += [match["label"].strip(), match["value"].strip()]
    return found or None


WAYS: tuple[tuple[Splitter, bool], ...] = (
    (_by_bars, False),
    (_by_tabs, False),
    (_by_gaps, False),
    (_by_colon, True),
)
"""How lines may be parted into cells, and whether these are label and value."""

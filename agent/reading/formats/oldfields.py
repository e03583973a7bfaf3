"""Fields that LibreOffice drops without a word, or spells out, in a .doc or an .rtf: their cells, by the text around them.

Word draws them from their instructions (a circled 5 behind a 4), and of which cell nobody can tell once it is converted.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from agent.reading.cell.folding import is_wordless
from agent.reading.formats.drawn import named
from agent.reading.grid import Cell, Document

MOST = 200  # fields that are looked at
REACH = 1000  # bytes around one

_NAMES = "EQ|SYMBOL|ADVANCE|LISTNUM|AUTONUM|AUTONUMLGL|AUTONUMOUT|FORMDROPDOWN|MACROBUTTON|GOTOBUTTON"
_WIDE = re.compile(
    rb"\x13\x00(?:\x20\x00){0,4}((?:%s)\x00)(?![A-Za-z]\x00)"
    % b"|".join(b"\0".join(bytes([one]) for one in name.encode()) for name in _NAMES.split("|")),
    re.IGNORECASE,
)
_NARROW = re.compile(rb"\x13 {0,4}(%s)(?![A-Za-z])" % _NAMES.encode(), re.IGNORECASE)
_IN_RTF = re.compile(rb"\\fldinst(?![a-z])")
_NAMED = re.compile(rf"\s*({_NAMES})(?![A-Za-z])", re.IGNORECASE)
_ENDS_IN_RTF = re.compile(rb"\\(?:cell|nestcell|par|row|pard|trowd)(?![a-z])")
_CONTROL = re.compile(rb"\\'[0-9a-fA-F]{2}|\\[a-z]{1,32}-?[0-9]{0,10} ?|\\.|[{}\r\n]")
_ENDS = re.compile("[\x07\r\x0c]")

Around = tuple[str, str, str]
"""A field's name, and what stands before and behind it in its cell."""


def with_dropped_fields(document: Document, kind: Literal["doc", "rtf"], original: bytes) -> Document:
    """The document, with cells marked as drawn where the original has such a field beside a figure."""
    found = _in_doc(original) if kind == "doc" else _in_rtf(original)
    beside = {one for one in found if re.search("[0-9]", one[1] + one[2])}
    if not beside:
        return document
    grids = (
        replace(grid, rows=tuple(tuple(_marked(cell, beside) for cell in row) for row in grid.rows))
        for grid in document.grids
    )
    return replace(document, grids=tuple(grids))


def _marked(cell: Cell, beside: set[Around]) -> Cell:
    """A cell that may be one of those: what it says begins and ends as theirs do, the field spelt out or dropped."""
    text = cell.text.strip()
    if not text or not is_wordless(text):
        return cell
    names = [name for name, before, behind in beside if text.startswith(before) and text.endswith(behind)]
    return replace(cell, drawn=named((cell.drawn, *(f"域（{name}）" for name in names)))) if names else cell


def _in_doc(data: bytes) -> Iterator[Around]:
    """In a Word document's text, where a field stands between 0x13 and 0x15 ([MS-DOC] 2.8.25), a cell ends with 7."""
    stream = _main_stream(data)
    for pattern, wide, encoding in ((_WIDE, 2, "utf-16-le"), (_NARROW, 1, "latin-1")):
        for _, match in zip(range(MOST), pattern.finditer(stream), strict=False):
            start = max(match.start() % wide, match.start() - REACH)
            before = stream[start : match.start()].decode(encoding, "replace")
            behind = stream[match.start() : match.start() + REACH // wide * wide].decode(encoding, "replace")
            name = match[1].replace(b"\0", b"").decode().upper()
            yield name, _ENDS.split(before)[-1].strip(), _ENDS.split(_behind(behind))[0].strip()


def _main_stream(data: bytes) -> bytes:
    from olefile import OleFileIO

    try:
        with OleFileIO(io.BytesIO(data)) as compound:
            stream: bytes = compound.openstream("WordDocument").read()
            return stream
    except Exception:  # LibreOffice could read it, so this need not
        return b""


def _behind(text: str) -> str:
    """What stands behind the field with which a text begins."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "\x13") - (letter == "\x15")
        if not depth:
            return text[at + 1 :]
    return ""


def _in_rtf(data: bytes) -> Iterator[Around]:
    for _, match in zip(range(MOST), _IN_RTF.finditer(data), strict=False):
        name = _NAMED.match(_words(data[match.end() : match.end() + REACH]))
        start = data.rfind(b"{\\field", max(0, match.start() - REACH), match.start())
        if name is None or start < 0:
            continue
        before = _ENDS_IN_RTF.split(data[max(0, start - REACH) : start])[-1]
        behind = _ENDS_IN_RTF.split(_behind_group(data[start : start + 4 * REACH]))[0]
        yield name[1].upper(), _words(before).strip(), _words(behind).strip()


def _behind_group(data: bytes) -> bytes:
    depth, at = 0, 0
    while at < len(data):
        letter = data[at : at + 1]
        at += 2 if letter == b"\\" else 1
        depth += (letter == b"{") - (letter == b"}")
        if not depth:
            return data[at:]
    return b""


def _words(rtf: bytes) -> str:
    return _CONTROL.sub(b"", rtf).decode("latin-1")

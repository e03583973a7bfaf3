"""The styles of OpenDocument files: how numbers show in a workbook's notation, and what of a text doesn't count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.reading.cell.folding import is_wordless
from agent.reading.formats.ink import WHITE, Colour, Visibility, of_hex, visibility
from agent.reading.formats.sheet import FLAT

if TYPE_CHECKING:
    from lxml.etree import _Element

_NS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TABLE, TEXT, STYLE, NUMBER = (
    _NS % name for name in ("office", "table", "text", "style", "datastyle")
)
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
SIZES = {"row": "row-height", "column": "column-width"}
POINTS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, "pc": 12.0}
DEEPEST_STYLE = 20  # styles based on each other


@dataclass(frozen=True, slots=True)
class Paint:
    """A text's ink, whether it is too small for anybody to read, and what it stands on; None where that isn't known."""

    ink: Colour | None = None
    tiny: bool = False
    ground: Colour | None = WHITE

    def seen(self, text: str) -> Visibility:
        """How a text is to be seen; only a figure's ink matters."""
        if not text.strip() or not is_wordless(text):
            return "seen"
        return "unseen" if self.tiny else visibility(self.ink, self.ground)


@dataclass(frozen=True, slots=True)
class Styles:
    """The named styles of a document, its number styles, and its lists' styles."""

    named: Mapping[tuple[str, str], _Element]
    numbers: Mapping[str, _Element]
    lists: Mapping[str, _Element]

    @classmethod
    def of(cls, *roots: _Element | None) -> Styles:
        named: dict[tuple[str, str], _Element] = {}
        numbers: dict[str, _Element] = {}
        lists: dict[str, _Element] = {}
        for root in roots:
            for one in root.iter() if root is not None else ():
                name = one.get(f"{STYLE}name") if isinstance(one.tag, str) else None
                if name and one.tag == f"{STYLE}style":
                    named.setdefault((one.get(f"{STYLE}family", ""), name), one)
                elif name and one.tag.startswith(NUMBER):
                    numbers.setdefault(name, one)
                elif name and one.tag == f"{TEXT}list-style":
                    lists.setdefault(name, one)
        return cls(named, numbers, lists)

    def chain(self, family: str, name: str | None) -> Iterator[_Element]:
        """A style and those that it is based on, nearest first."""
        for _ in range(DEEPEST_STYLE):
            if not name or (family, name) not in self.named:
                break
            style = self.named[family, name]
            yield style
            name = style.get(f"{STYLE}parent-style-name")

    def struck(self, family: str, name: str | None) -> bool | None:
        """Whether the style strikes text through; None where it leaves that open."""
        for style in self.chain(family, name):
            properties = style.find(f"{STYLE}text-properties")
            for key in ("text-line-through-style", "text-line-through-type"):
                line = properties.get(f"{STYLE}{key}") if properties is not None else None
                if line is not None:
                    return line != "none"
        return None

    def paint(self, family: str, name: str | None, on: Paint) -> Paint:
        """How the style's text is painted, what it leaves open as in ``on``."""
        ink: Colour | None = None
        tiny: bool | None = None
        ground: str | None = None
        told = False
        for style in self.chain(family, name):
            properties = style.find(f"{STYLE}text-properties")
            if properties is None:
                continue
            colour, size = properties.get(f"{FO}color"), properties.get(f"{FO}font-size")
            if not told and (colour or properties.get(f"{STYLE}use-window-font-color") == "true"):
                told, ink = True, of_hex(colour)
            tiny = _points(size) <= FLAT if tiny is None and size else tiny
            ground = ground or properties.get(f"{FO}background-color")
        return Paint(
            ink if told else on.ink, on.tiny if tiny is None else tiny, _ground_of(ground, on.ground)
        )

    def ground(self, family: str, name: str | None, below: Colour | None) -> Colour | None:
        """What a cell, a row, a table or a paragraph is set on; ``below`` where it has no ground of its own."""
        for style in self.chain(family, name):
            properties = style.find(f"{STYLE}{family}-properties")
            ground = properties.get(f"{FO}background-color") if properties is not None else None
            if ground is not None:
                return _ground_of(ground, below)
        return below

    def repeats(self, cell_style: str | None) -> bool:
        """Whether what stands in a cell is repeated to the cell's width (5 as 5555)."""
        for style in self.chain("table-cell", cell_style):
            properties = style.find(f"{STYLE}table-cell-properties")
            told = properties.get(f"{STYLE}repeat-content") if properties is not None else None
            if told is not None:
                return told == "true"
        return False

    def is_flat(self, kind: str, name: str | None) -> bool:
        """Whether a row is kept so low, or a column so narrow, that nobody sees what is in it."""
        for style in self.chain(f"table-{kind}", name):
            properties = style.find(f"{STYLE}table-{kind}-properties")
            size = properties.get(f"{STYLE}{SIZES[kind]}") if properties is not None else None
            if size is not None:
                return _points(size) <= FLAT
        return False

    def hides(self, family: str, name: str | None) -> bool:
        """Whether the style hides its text or its sheet."""
        for style in self.chain(family, name):
            for one in style:
                if one.get(f"{TEXT}display") == "none" or one.get(f"{TABLE}display") == "false":
                    return True
                if one.get(f"{TEXT}display") or one.get(f"{TABLE}display"):
                    return False
        return False

    def raises(self, name: str | None) -> bool:
        """Whether a text style raises or lowers its text."""
        for style in self.chain("text", name):
            properties = style.find(f"{STYLE}text-properties")
            place = properties.get(f"{STYLE}text-position") if properties is not None else None
            if place is not None:
                return not place.startswith("0%")
        return False

    def format_code(self, cell_style: str | None) -> str:
        """The cell's number format in a workbook's notation; ``General`` where it has none."""
        for style in self.chain("table-cell", cell_style):
            name = style.get(f"{STYLE}data-style-name")
            if name is not None and name in self.numbers:
                return _code(self._for_positive(self.numbers[name]))
        return "General"

    def format_ink(self, cell_style: str | None) -> Colour | None:
        """The colour that the cell's number format gives to numbers over zero, where it gives one."""
        for style in self.chain("table-cell", cell_style):
            name = style.get(f"{STYLE}data-style-name")
            if name is not None and name in self.numbers:
                found = self._for_positive(self.numbers[name]).find(f"{STYLE}text-properties")
                return of_hex(found.get(f"{FO}color")) if found is not None else None
        return None

    def _for_positive(self, style: _Element) -> _Element:
        for one in style.iterfind(f"{STYLE}map"):
            target = self.numbers.get(one.get(f"{STYLE}apply-style-name", ""))
            if target is not None and one.get(f"{STYLE}condition", "").startswith("value()>"):
                return target
        return style


def _ground_of(written: str | None, below: Colour | None) -> Colour | None:
    return below if written in (None, "transparent") else of_hex(written)


def _code(style: _Element) -> str:
    """A number style as a format code: ``0.00"元"``."""
    parts: list[str] = []
    for one in style:
        name = one.tag.removeprefix(NUMBER) if isinstance(one.tag, str) else ""
        if name == "number":
            parts.append(_digits(one))
        elif name in ("text", "currency-symbol"):
            parts.append(_literal(one.text or ""))
        elif name == "fraction":
            parts.append("# ?/?")
        elif name == "scientific-number":
            parts.append("0.00E+00")
        elif name == "text-content":
            parts.append("@")
    code = "".join(parts)
    if style.tag == f"{NUMBER}percentage-style" and "%" not in code:
        code += "%"
    return code or "General"


def _digits(number: _Element) -> str:
    if number.get(f"{NUMBER}decimal-places") is None and number.get(f"{NUMBER}display-factor") is None:
        if number.get(f"{NUMBER}grouping") != "true":
            return "General"
        decimals = 0
    else:
        decimals = small(number.get(f"{NUMBER}decimal-places"))
    least = small(number.get(f"{NUMBER}min-decimal-places"), decimals)
    whole = "0" * max(1, small(number.get(f"{NUMBER}min-integer-digits"), 1))
    if number.get(f"{NUMBER}grouping") == "true":
        whole = "#,##" + whole
    factor = number.get(f"{NUMBER}display-factor") or "1"
    fraction = "." + "0" * min(least, decimals) + "#" * max(0, decimals - least) if decimals else ""
    inside = "".join(_literal(one.text or "") for one in number.iterfind(f"{NUMBER}embedded-text"))
    return whole + fraction + "," * ((len(factor) - 1) // 3 if factor.strip("0") == "1" else 0) + inside


def small(value: str | None, default: int = 0) -> int:
    return min(int(value), 30) if value and value.isdecimal() else default


def _points(size: str | None) -> float:
    """A length in points; a very large one where it isn't given as such."""
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)(pt|in|cm|mm|px|pc)", size or "")
    return float(match[1]) * POINTS[match[2]] if match else 1e9


def _literal(text: str) -> str:
    if text == "%" or not text.strip():
        return text
    return '"' + text.replace('"', "") + '"'

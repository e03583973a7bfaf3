"""How a Word document's text looks, as far as that decides whether it counts: hidden, struck, raised, tiny, its ink."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agent.reading.formats.ink import BLACK, WHITE, Colour, mixed, of_hex
from agent.reading.formats.package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFF = ("0", "false", "off", "none")
DEEPEST_STYLE = 20  # styles based on each other
TINY = 4  # half points; smaller letters are not meant to be seen
FLAT = 40  # twentieths of a point; a row kept lower isn't either


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says of text that counts: None where it leaves it to the style below it.

    Attributes:
        ink: the letters' colour; ``auto`` is black on light and white on dark, and always seen.
        ground: what the letters themselves stand on (shading, highlight).
    """

    hidden: bool | None = None
    struck: bool | None = None
    raised: bool | None = None
    ink: Colour | Literal["auto"] | None = None
    ground: Ground | None = None

    def over(self, below: Style) -> Style:
        return Style(
            below.hidden if self.hidden is None else self.hidden,
            below.struck if self.struck is None else self.struck,
            below.raised if self.raised is None else self.raised,
            below.ink if self.ink is None else self.ink,
            below.ground if self.ground is None else self.ground,
        )


@dataclass(frozen=True, slots=True)
class Ground:
    """What something stands on; ``colour`` is None where it isn't known (a pattern)."""

    colour: Colour | None


PLAIN = Style()
PAPER = Ground(WHITE)


class Styles:
    """The document's styles, each looked into when a paragraph or a run names it."""

    def __init__(self, own: Mapping[str, _Element]) -> None:
        self._own = own
        self._known: dict[str, Style] = {}
        of_paragraphs = (one for one in own.values() if one.get(f"{W}type") == "paragraph")
        usual = next((one for one in of_paragraphs if one.get(f"{W}default") in ("1", "true")), None)
        self.usual = usual.get(f"{W}styleId", "") if usual is not None else ""

    def get(self, style_id: str) -> Style:
        if style_id not in self._known:
            style = PLAIN
            for one in self.chain(style_id):
                style = style.over(properties_of(one.find(f"{W}rPr")))
            self._known[style_id] = style
        return self._known[style_id]

    def chain(self, style_id: str) -> Iterator[_Element]:
        """A style and those that it is based on, nearest first."""
        for _ in range(DEEPEST_STYLE):
            if style_id not in self._own:
                return
            yield self._own[style_id]
            style_id = value_of(self._own[style_id], "basedOn") or ""


def read_styles(package: Package, main: str) -> Styles:
    """The styles of a document, whose main part has that name."""
    name = posixpath.join(posixpath.dirname(main), "styles.xml")
    if name not in package.names:
        return Styles({})
    return Styles({one.get(f"{W}styleId", ""): one for one in package.xml(name).iterfind(f"{W}style")})


def properties_of(properties: _Element | None) -> Style:
    """What a run's or a style's own properties (w:rPr) say."""
    if properties is None:
        return PLAIN
    strikes = [
        one for one in (switch(properties, "strike"), switch(properties, "dstrike")) if one is not None
    ]
    hidden = switch(properties, "vanish") or _is_tiny(properties) or None
    return Style(
        switch(properties, "vanish") if hidden is None else hidden,
        any(strikes) if strikes else None,
        _raised(properties),
        _ink(properties),
        ground_of(properties),
    )


def _raised(properties: _Element) -> bool | None:
    """Whether it is set higher or lower than its line, as an index or by so many points."""
    place, lifted = value_of(properties, "vertAlign"), value_of(properties, "position")
    if place is None and lifted is None:
        return None
    return place in ("superscript", "subscript") or (lifted or "0") != "0"


def _is_tiny(properties: _Element) -> bool:
    size = value_of(properties, "sz")
    return size is not None and size.isdecimal() and int(size) <= TINY


def _ink(properties: _Element) -> Colour | Literal["auto"] | None:
    """The letters' colour; letters that are filled with nothing have their ground's."""
    for fill in properties.iterfind("{*}textFill"):
        if fill.find("{*}noFill") is not None:
            return WHITE
    found = properties.find(f"{W}color")
    if found is None:
        return None
    if found.get(f"{W}themeColor") in ("background1", "light1") and not found.get(f"{W}themeShade"):
        return WHITE
    return of_hex(found.get(f"{W}val")) or "auto"


def ground_of(properties: _Element | None) -> Ground | None:
    """What something (a cell, a paragraph, a run) is set on by its own properties; None where they say nothing."""
    if properties is None:
        return None
    marked = value_of(properties, "highlight")
    if marked is not None and marked != "none":
        return Ground(_HIGHLIGHTS.get(marked))
    shading = properties.find(f"{W}shd")
    if shading is None:
        return None
    fill = of_hex(shading.get(f"{W}fill"))
    pattern = shading.get(f"{W}val", "clear")
    if pattern in ("clear", "nil"):
        return Ground(fill) if fill else None
    ink = of_hex(shading.get(f"{W}color")) or BLACK
    if pattern == "solid":
        return Ground(ink)
    share = pattern.removeprefix("pct")
    if share.isdecimal() and pattern.startswith("pct"):
        return Ground(mixed(ink, fill or WHITE, min(int(share), 100) / 100))
    return Ground(None)


_HIGHLIGHTS: Mapping[str, Colour] = {
    "black": BLACK,
    "white": WHITE,
    "blue": (0, 0, 255),
    "cyan": (0, 255, 255),
    "green": (0, 255, 0),
    "magenta": (255, 0, 255),
    "red": (255, 0, 0),
    "yellow": (255, 255, 0),
    "darkBlue": (0, 0, 128),
    "darkCyan": (0, 128, 128),
    "darkGreen": (0, 128, 0),
    "darkMagenta": (128, 0, 128),
    "darkRed": (128, 0, 0),
    "darkYellow": (128, 128, 0),
    "darkGray": (128, 128, 128),
    "lightGray": (192, 192, 192),
}


def is_flat(row_properties: _Element) -> bool:
    """Whether a row is kept so low that nobody sees what is in it."""
    height = row_properties.find(f"{W}trHeight")
    if height is None or height.get(f"{W}hRule") != "exact":
        return False
    value = height.get(f"{W}val", "")
    return value.isdecimal() and int(value) <= FLAT


def value_of(properties: _Element, name: str) -> str | None:
    """A property's value; None where it isn't there."""
    found = properties.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val", "")


def switch(properties: _Element, name: str) -> bool | None:
    """Whether a property is on; None where it isn't there."""
    found = properties.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val", "true").lower() not in OFF

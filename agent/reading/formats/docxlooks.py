"""How a Word document's text looks, as far as that decides whether it counts: hidden, struck, raised, white or tiny."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """What a style says of text that counts: None where it leaves it to the style below it."""

    hidden: bool | None = None
    struck: bool | None = None
    raised: bool | None = None
    white: bool | None = None

    def over(self, below: Style) -> Style:
        return Style(
            below.hidden if self.hidden is None else self.hidden,
            below.struck if self.struck is None else self.struck,
            below.raised if self.raised is None else self.raised,
            below.white if self.white is None else self.white,
        )


PLAIN = Style()


class Styles:
    """The document's styles, each looked into when a paragraph or a run names it."""

    def __init__(self, own: Mapping[str, _Element]) -> None:
        self._own = own
        self._known: dict[str, Style] = {}

    def get(self, style_id: str) -> Style:
        if style_id not in self._known:
            self._known[style_id] = _inherited(style_id, self._own)
        return self._known[style_id]


def read_styles(package: Package, main: str) -> Styles:
    """The styles of a document, whose main part has that name."""
    name = posixpath.join(posixpath.dirname(main), "styles.xml")
    if name not in package.names or not _TELLING.search(package.read(name)):
        return Styles({})
    root = package.xml(name)
    return Styles({one.get(f"{W}styleId", ""): one for one in root.iterfind(f"{W}style")})


_TELLING = re.compile(
    rb"strike|vanish|vertAlign|w:position|FFFFFF|w:sz w:val=.[0-4].|\0|<!DOCTYPE", re.IGNORECASE
)
"""What must stand in the styles for any to matter, as far as bytes tell (another encoding is looked into)."""


def _inherited(style_id: str, own: Mapping[str, _Element]) -> Style:
    style = PLAIN
    for _ in range(DEEPEST_STYLE):
        if style_id not in own:
            break
        style = style.over(properties_of(own[style_id].find(f"{W}rPr")))
        based = own[style_id].find(f"{W}basedOn")
        style_id = based.get(f"{W}val", "") if based is not None else ""
    return style


def properties_of(properties: _Element | None) -> Style:
    """What a run's or a style's own properties (w:rPr) say."""
    if properties is None:
        return PLAIN
    strikes = [
        one for one in (switch(properties, "strike"), switch(properties, "dstrike")) if one is not None
    ]
    hidden = switch(properties, "vanish") or _is_tiny(properties) or None
    white = value_of(properties, "color")
    return Style(
        switch(properties, "vanish") if hidden is None else hidden,
        any(strikes) if strikes else None,
        _raised(properties),
        None if white is None else white.upper() == "FFFFFF" and not is_shaded(properties),
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


def is_shaded(properties: _Element | None) -> bool:
    """Whether something is set on a ground of its own, on which white is seen."""
    if properties is None:
        return False
    ground = properties.find(f"{W}shd")
    fill = ground.get(f"{W}fill", "auto") if ground is not None else "auto"
    return fill.upper() not in ("AUTO", "FFFFFF") or value_of(properties, "highlight") is not None


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

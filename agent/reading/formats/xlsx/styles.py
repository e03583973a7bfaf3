"""A workbook's styles, as far as they bear on a figure: how numbers show, and what is struck through or not to be seen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from agent.reading.formats.ink import BLACK, WHITE, Colour, Visibility, of_hex, tinted, visibility
from agent.reading.formats.package import parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

LOCAL_DATES = frozenset((*range(27, 37), *range(50, 59), *range(71, 82)))
"""Built-in formats of dates and times in Chinese, Japanese, Korean and Thai (ECMA-376 part 1, 18.8.30)."""

GENERAL = "General"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
"""The namespace of all that a workbook's own parts say; what stands there in others says nothing of its cells."""


@dataclass(frozen=True, slots=True)
class Palette:
    """What the numbers of colours stand for: those of the theme, and those of the list (see ``palette_of``)."""

    theme: tuple[Colour | None, ...] = (WHITE, BLACK)
    listed: tuple[Colour | None, ...] = ()

    def colour(self, element: _Element) -> Colour | None:
        """The colour that an element names; None where that is automatic, or isn't known."""
        found = of_hex(element.get("rgb"))
        if found is None:
            found = _at(self.theme, element.get("theme")) or _at(self.listed, element.get("indexed"))
        tint = float(element.get("tint", "0"))
        return tinted(found, tint) if found is not None and tint else found


@dataclass(frozen=True, slots=True)
class Look:
    """How letters look: struck through, smaller than anybody can read, raised or lowered, and their ink."""

    struck: bool = False
    tiny: bool = False
    raised: bool = False
    ink: Colour | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """A cell's style.

    Attributes:
        ground: what it stands on; None where that isn't known (a pattern).
        ink: the colour that its number format gives, where it gives one.
        dated: by its format a number in it is a date or a time.
        spanning: by its format that is a span of time ([h]:mm).
        local: the format is a built-in one that the file doesn't spell out (10月20日).
        filling: what stands in it is repeated to the cell's width (5 as 5555).
    """

    number_format: str = GENERAL
    look: Look = Look()
    ground: Colour | None = WHITE
    ink: Colour | None = None
    dated: bool = False
    spanning: bool = False
    local: bool = False
    filling: bool = False

    def seen(self, look: Look | None = None) -> Visibility:
        """How what stands there is to be seen; ``look``: a run's own."""
        ink = (self.ink or self.look.ink) if look is None else look.ink
        return "unseen" if (look or self.look).tiny else visibility(ink, self.ground)


def styles_of(part: bytes | None, palette: Palette) -> tuple[Style, ...]:
    """The styles by the number by which cells name them; without a part the one that all cells then have.

    Raises:
        Unreadable: the part is damaged.
        ValueError, LookupError: likewise.
    """
    if part is None:
        return (Style(),)
    root = parse_xml(part)
    looks = [look_of(font, palette) for font in root.iterfind(f"{MAIN}fonts/{MAIN}font")]
    formats = {
        index(one.get("numFmtId", "")): one.get("formatCode", "")
        for one in root.iterfind(f"{MAIN}numFmts//{MAIN}numFmt")  # perhaps in two versions
    }
    grounds = [_ground(one, palette) for one in root.iterfind(f"{MAIN}fills/{MAIN}fill")]
    styles = (
        _style(one, looks, grounds, formats, palette) for one in root.iterfind(f"{MAIN}cellXfs/{MAIN}xf")
    )
    return tuple(styles) or (Style(),)


def palette_of(styling: bytes | None, theme: _Element | None) -> Palette:
    """The colours of a workbook: of its theme, light ones first as their numbers go, and of its list."""
    from openpyxl.styles.colors import COLOR_INDEX

    own = parse_xml(styling).iterfind(f"{MAIN}colors/{MAIN}indexedColors/{MAIN}rgbColor") if styling else ()
    listed = tuple(of_hex(one.get("rgb")) for one in own) or tuple(map(of_hex, COLOR_INDEX[:64]))
    scheme = theme.find("{*}themeElements/{*}clrScheme") if theme is not None else None
    if scheme is None:
        return Palette(listed=listed)
    colours = [_of_theme(one) for one in scheme if isinstance(one.tag, str)]
    colours[:4] = [colours[place] for place in (1, 0, 3, 2) if place < len(colours)]
    return Palette(tuple(colours), listed)


def _of_theme(element: _Element) -> Colour | None:
    return next(
        (of_hex(one.get("lastClr") or one.get("val")) for one in element if isinstance(one.tag, str)), None
    )


def _at(colours: tuple[Colour | None, ...], number: str | None) -> Colour | None:
    place = int(number) if number is not None and number.isdecimal() and len(number) < 5 else len(colours)
    return colours[place] if place < len(colours) else None


def look_of(properties: Iterable[_Element], palette: Palette) -> Look:
    """The look that a font, or a run's own properties, give."""
    struck = tiny = raised = False
    ink: Colour | None = None
    for one in properties:
        match local(one):
            case "strike":
                struck = is_on(one.get("val", "1"))
            case "vertAlign":
                raised = one.get("val") in ("superscript", "subscript")
            case "color":
                ink = palette.colour(one)
            case "sz":
                tiny = _TINY.fullmatch(one.get("val", "")) is not None
    return Look(struck, tiny, raised, ink)


def local(element: _Element) -> str:
    """The element's own name; none where it is of another namespace."""
    tag = str(element.tag)
    return tag.removeprefix(MAIN) if tag.startswith(MAIN) else ""


def index(text: str) -> int:
    """A number by which one part names something in another.

    Raises:
        ValueError: it is none.
    """
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"no index: {text[:20]}")
    return int(text)


def is_on(value: str | None) -> bool:
    """What XML says of yes and no."""
    return value is not None and value.lower() not in ("0", "false", "f", "off", "")


def moment(value: float, style: Style, since_1904: bool) -> Any:
    """What a number in a cell of dates shows: a date, a time, both, a span; None where it is none.

    A local format's number that is no day is a time at midnight: whatever it shows, it is no figure.
    """
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    epoch = MAC_EPOCH if since_1904 else WINDOWS_EPOCH
    try:
        found = from_excel(value, epoch, timedelta=style.spanning)
    except (OverflowError, ValueError):
        return dt.time() if style.local else None
    return (found or value) if style.local else found


def moment_of_text(text: str) -> Any:
    """What a date written out (2024-03-01T00:00:00) is."""
    from openpyxl.utils.datetime import from_ISO8601

    return from_ISO8601(text)  # type: ignore[no-untyped-call]


def _style(
    xf: _Element,
    looks: list[Look],
    grounds: list[Colour | None],
    formats: Mapping[int, str],
    palette: Palette,
) -> Style:
    number, font = index(xf.get("numFmtId") or "0"), index(xf.get("fontId") or "0")
    look = looks[font] if font < len(looks) else Look()
    fill = index(xf.get("fillId") or "0")
    ground = WHITE if fill == 0 else grounds[fill] if fill < len(grounds) else None
    aligned = xf.find(f"{MAIN}alignment")
    filling = aligned is not None and aligned.get("horizontal") == "fill"
    if number == 0 and number not in formats:
        return Style(look=look, ground=ground, filling=filling)
    own = formats.get(number)
    shown, dated, spanning = _shown(number if own is None else None, own)
    local_ = own is None and number in LOCAL_DATES
    return Style(shown, look, ground, ink_of_format(shown, palette), dated, spanning, local_, filling)


def ink_of_format(number_format: str, palette: Palette) -> Colour | None:
    """The colour that a number format gives to what is more than zero ([White]0, [颜色2]0)."""
    match = _COLOURED.match(number_format)
    if match is None:
        return None
    if match[2]:
        return _at(palette.listed, str(int(match[2]) + 7))
    return _NAMED[match[1].lower()]


@cache
def _shown(built_in: int | None, own: str | None) -> tuple[str, bool, bool]:
    """The format, and whether it is one of dates, or spans of time."""
    from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format

    shown = own if built_in is None else builtin_format_code(built_in)
    return shown or GENERAL, bool(is_date_format(shown)), bool(is_timedelta_format(shown))


def _ground(fill: _Element, palette: Palette) -> Colour | None:
    """What a fill sets a cell on: white where it is none at all."""
    pattern = fill.find(f"{MAIN}patternFill")
    if pattern is None:
        return None
    if pattern.get("patternType", "none") == "none":
        return WHITE
    color = pattern.find(f"{MAIN}fgColor")
    return palette.colour(color) if pattern.get("patternType") == "solid" and color is not None else None


_NAMED: Mapping[str, Colour] = {
    **dict.fromkeys(("white", "白色"), WHITE),
    **dict.fromkeys(("yellow", "黄色"), (255, 255, 0)),
    **dict.fromkeys(("cyan", "青色", "蓝绿色"), (0, 255, 255)),
    **dict.fromkeys(("green", "绿色"), (0, 255, 0)),
    **dict.fromkeys(("red", "红色"), (255, 0, 0)),
    **dict.fromkeys(("blue", "蓝色"), (0, 0, 255)),
    **dict.fromkeys(("magenta", "洋红", "洋红色"), (255, 0, 255)),
    **dict.fromkeys(("black", "黑色"), BLACK),
}
_COLOURED = re.compile(
    rf"[^;]{{0,200}}?\[(?:({'|'.join(_NAMED)})|(?:color|颜色)\s?([0-9]{{1,2}}))\]", re.IGNORECASE
)
_TINY = re.compile(r"[0-2](?:\.\d+)?")

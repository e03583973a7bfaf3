"""A workbook's styles, as far as they bear on a figure: how numbers show, and what is struck through or not to be seen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from agent.reading.formats.package import parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

LOCAL_DATES = frozenset((*range(27, 37), *range(50, 59), *range(71, 82)))
"""Built-in formats of dates and times in Chinese, Japanese, Korean and Thai (ECMA-376 part 1, 18.8.30)."""

GENERAL = "General"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
"""The namespace of all that a workbook's own parts say; what stands there in others says nothing of its cells."""


@dataclass(frozen=True, slots=True)
class Look:
    """How letters look: struck through, white or smaller than anybody can read, raised or lowered."""

    struck: bool = False
    unseen: bool = False
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """A cell's style.

    Attributes:
        plain: it stands on no ground of its own, or on a white one: white on that is not to be seen.
        dated: by its format a number in it is a date or a time.
        spanning: by its format that is a span of time ([h]:mm).
        local: the format is a built-in one that the file doesn't spell out (10月20日).
    """

    number_format: str = GENERAL
    look: Look = Look()
    plain: bool = True
    dated: bool = False
    spanning: bool = False
    local: bool = False


def styles_of(part: bytes | None) -> tuple[Style, ...]:
    """The styles by the number by which cells name them; without a part the one that all cells then have.

    Raises:
        Unreadable: the part is damaged.
        ValueError, LookupError: likewise.
    """
    if part is None:
        return (Style(),)
    root = parse_xml(part)
    looks = [look_of(font) for font in root.iterfind(f"{MAIN}fonts/{MAIN}font")]
    formats = {
        index(one.get("numFmtId", "")): one.get("formatCode", "")
        for one in root.iterfind(f"{MAIN}numFmts//{MAIN}numFmt")  # perhaps in two versions
    }
    grounds = [_is_plain(one) for one in root.iterfind(f"{MAIN}fills/{MAIN}fill")]
    styles = (_style(one, looks, grounds, formats) for one in root.iterfind(f"{MAIN}cellXfs/{MAIN}xf"))
    return tuple(styles) or (Style(),)


def look_of(properties: Iterable[_Element]) -> Look:
    """The look that a font, or a run's own properties, give."""
    struck = unseen = raised = False
    for one in properties:
        match local(one):
            case "strike":
                struck = is_on(one.get("val", "1"))
            case "vertAlign":
                raised = one.get("val") in ("superscript", "subscript")
            case "color":
                unseen = unseen or is_white(one)
            case "sz":
                unseen = unseen or _TINY.fullmatch(one.get("val", "")) is not None
    return Look(struck, unseen, raised)


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


def _style(xf: _Element, looks: list[Look], grounds: list[bool], formats: Mapping[int, str]) -> Style:
    number, font = index(xf.get("numFmtId") or "0"), index(xf.get("fontId") or "0")
    look = looks[font] if font < len(looks) else Look()
    ground = index(xf.get("fillId") or "0")
    plain = ground == 0 or (ground < len(grounds) and grounds[ground])
    if number == 0 and number not in formats:
        return Style(look=look, plain=plain)
    own = formats.get(number)
    shown, dated, spanning = _shown(number if own is None else None, own)
    return Style(shown, look, plain, dated, spanning, local=own is None and number in LOCAL_DATES)


@cache
def _shown(built_in: int | None, own: str | None) -> tuple[str, bool, bool]:
    """The format, and whether it is one of dates, or spans of time."""
    from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format

    shown = own if built_in is None else builtin_format_code(built_in)
    return shown or GENERAL, bool(is_date_format(shown)), bool(is_timedelta_format(shown))


def _is_plain(fill: _Element) -> bool:
    """Whether a fill is none at all, or plain white."""
    pattern = fill.find(f"{MAIN}patternFill")
    if pattern is None or pattern.get("patternType", "none") == "none":
        return pattern is not None
    color = pattern.find(f"{MAIN}fgColor")
    return pattern.get("patternType") == "solid" and color is not None and is_white(color)


def is_white(color: _Element) -> bool:
    """White, and a theme's own white, unless they are made darker."""
    if float(color.get("tint", "0")) != 0:
        return False
    white = _WHITE.fullmatch(color.get("rgb", "")) is not None
    return white or color.get("theme") == "0" or color.get("indexed") in ("1", "9")


_WHITE = re.compile(r"(?:[0-9A-F]{2})?FFFFFF", re.IGNORECASE)
_TINY = re.compile(r"[0-2](?:\.\d+)?")

"""What Word draws in a cell and doesn't store as its text: automatic numbers, fields it works out, tables inside it.

Nobody can tell the figure of such a cell from its text: a 5 behind an automatic 1. is seen as 1.5.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.reading.formats.docxlooks import OFF, Styles, W, switch, value_of
from agent.reading.formats.drawn import NUMBERED, OBJECT_INSIDE, TABLE_INSIDE, may_be_figure, named
from agent.reading.formats.package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_LINKS = 10  # lists that name each other

_MARKS = frozenset(("", "XE", "TC", "TA", "RD", "SET", "ASK", "PRINT", "PRIVATE", "ADDIN", "HYPERLINK"))
"""Fields that draw nothing of their own where they have no result."""
_WORKED_OUT = frozenset(
    [
        "EQ",
        "SYMBOL",
        "ADVANCE",
        "LISTNUM",
        "AUTONUM",
        "AUTONUMLGL",
        "AUTONUMOUT",
        "MACROBUTTON",
        "GOTOBUTTON",
        "FORMCHECKBOX",
        "FORMDROPDOWN",
        "DISPLAYBARCODE",
        "MERGEBARCODE",
        "BARCODE",
    ]
)
"""Fields that are drawn from their instructions, whatever result is stored."""
_UNSEEN = frozenset(f"{W}{name}" for name in ("del", "moveFrom", "txbxContent", "sdtPr", "pPr", "rt"))
_DRAWN_BY_NAME = {
    "object": OBJECT_INSIDE,
    "altChunk": "嵌入内容",
    "contentPart": "手写墨迹",
    "pgNum": "自动页码",
    **dict.fromkeys(
        (f"{part}{size}" for part in ("day", "month", "year") for size in ("Short", "Long")), "自动日期"
    ),
}


@dataclass(frozen=True, slots=True)
class Numbering:
    """The document's lists, and the styles that put a paragraph into one.

    Attributes:
        lists: by the number by which paragraphs name them, the levels' elements by their own number.
        styles: the document's.
        updated: the document asks that its fields be worked out anew when it is opened.
    """

    lists: Mapping[str, Mapping[str, _Element]]
    styles: Styles
    updated: bool = False

    def draws(self, paragraph: _Element) -> bool:
        """Whether a number, or a mark that may be taken for a part of one, is drawn before the paragraph."""
        properties = paragraph.find(f"{W}pPr")
        own = properties.find(f"{W}numPr") if properties is not None else None
        named = value_of(properties, "pStyle") if properties is not None else None
        number = value_of(own, "numId") if own is not None else None
        level = value_of(own, "ilvl") if own is not None else None
        for style in self.styles.chain(named or self.styles.usual):
            inherited = style.find(f"{W}pPr/{W}numPr")
            if number is None and inherited is not None:
                number = value_of(inherited, "numId")
                level = level or value_of(inherited, "ilvl") or self._level_of(number, style)
        levels = self.lists.get(number or "0", {})
        return bool(levels) and _is_telling(levels.get(level or "0"))

    def _level_of(self, number: str | None, style: _Element) -> str | None:
        """The level that belongs to a style."""
        for level, element in self.lists.get(number or "", {}).items():
            if value_of(element, "pStyle") == style.get(f"{W}styleId", ""):
                return level
        return None


def read_numbering(package: Package, main: str, styles: Styles) -> Numbering:
    """The lists of a document whose main part has that name.

    Raises:
        Unreadable: damaged.
    """
    folder = posixpath.dirname(main)
    name, settings = posixpath.join(folder, "numbering.xml"), posixpath.join(folder, "settings.xml")
    updated = settings in package.names and _asks_for_update(package, settings)
    if name not in package.names:
        return Numbering({}, styles, updated)
    root = package.xml(name)
    patterns = {one.get(f"{W}abstractNumId", ""): one for one in root.iterfind(f"{W}abstractNum")}
    linked = {value_of(one, "styleLink"): one for one in patterns.values()}
    lists: dict[str, dict[str, _Element]] = {}
    for one in root.iterfind(f"{W}num"):
        pattern = patterns.get(value_of(one, "abstractNumId") or "")
        for _ in range(MOST_LINKS):
            target = value_of(pattern, "numStyleLink") if pattern is not None else None
            pattern = linked.get(target, pattern) if target else pattern
        levels = {} if pattern is None else {e.get(f"{W}ilvl", "0"): e for e in pattern.iterfind(f"{W}lvl")}
        levels |= {e.get(f"{W}ilvl", "0"): e for e in one.iterfind(f"{W}lvlOverride/{W}lvl")}
        lists[one.get(f"{W}numId", "")] = levels
    return Numbering(lists, styles, updated)


def drawn_in(parts: Iterable[_Element], numbering: Numbering) -> str:
    """What a cell of these parts draws besides its text, in Chinese; empty where that is all."""
    found: list[str] = []
    fields: list[_Field] = []
    for part in parts:
        if part.tag == f"{W}tbl":
            found.append(TABLE_INSIDE if _says_something(part) else "")
            continue
        if part.tag == f"{W}p" and numbering.draws(part):
            found.append(NUMBERED)
        found += _in_part(part, fields, numbering.updated)
    found += [one.told(numbering.updated) for one in fields[:1]]  # one that never ends
    return named(found)


def _asks_for_update(package: Package, settings: str) -> bool:
    if b"updateFields" not in package.read(settings):
        return False
    return bool(switch(package.xml(settings), "updateFields"))


def _says_something(table: _Element) -> bool:
    return any((one.text or "").strip() for one in table.iter(f"{W}t"))


def _is_telling(level: _Element | None) -> bool:
    """Whether what a level draws may be taken for a part of a figure. One that isn't described is numbered."""
    if level is None:
        return True
    properties = level.find(f"{W}rPr")
    if properties is not None and switch(properties, "vanish"):
        return False
    kind = value_of(level, "numFmt") or "decimal"
    text = value_of(level, "lvlText") or ""
    if kind not in ("none", "bullet") and "%" in text:
        return True
    return may_be_figure(re.sub("%[1-9]", "", text))


# --- fields, and what else a run draws -------------------------------------------------------------------


@dataclass(slots=True)
class _Field:
    """A field that is open: its instructions, and whether its result has begun and holds anything."""

    instructions: str = ""
    begun: bool = False
    filled: bool = False
    stale: bool = False

    def told(self, updated: bool) -> str:
        """What it is called where what it draws isn't known."""
        words = self.instructions.split()
        name = words[0].upper() if words else ""
        name = "=" if name.startswith("=") else re.sub(r"\W.*", "", name)
        stale = self.stale or (updated and name == "=")
        if name in _WORKED_OUT or stale or (not self.filled and name not in _MARKS):
            return "域（公式）" if name == "=" else f"域（{name[:20]}）"
        return ""


def _in_part(part: _Element, fields: list[_Field], updated: bool) -> Iterator[str]:
    for one in _shown(part):
        name = one.tag.removeprefix(W)
        if name == "fldSimple":
            simple = _Field(one.get(f"{W}instr", ""), True, _says_something(one), _is_dirty(one))
            yield simple.told(updated)
        elif name == "fldChar":
            yield _follow(one, fields, updated)
        elif name == "instrText" and fields and not fields[-1].begun:
            fields[-1].instructions += one.text or ""
        elif name in ("t", "sym", "drawing", "pict") and (name != "t" or (one.text or "").strip()):
            if all(field.begun for field in fields):
                for field in fields:
                    field.filled = True
        elif name == "eastAsianLayout" and one.get(f"{W}combine", "0").lower() not in OFF:
            yield "双行合一"
        elif name == "bdo" and one.get(f"{W}val") == "rtl":
            yield "从右到左排的字"
        elif name in _DRAWN_BY_NAME:
            yield _DRAWN_BY_NAME[name]


def _follow(mark: _Element, fields: list[_Field], updated: bool) -> str:
    kind = mark.get(f"{W}fldCharType", "")
    if kind == "begin":
        fields.append(_Field(stale=_is_dirty(mark)))
    elif kind == "separate" and fields:
        fields[-1].begun = True
    elif kind == "end" and fields:
        ended = fields.pop()
        if all(field.begun for field in fields):  # else it is only a part of another one's instructions
            return ended.told(updated)
    return ""


def _is_dirty(field: _Element) -> bool:
    return field.get(f"{W}dirty", "0").lower() not in OFF


def _shown(part: _Element) -> Iterator[_Element]:
    """Every element under a part and itself, but for what is deleted, hidden, or a text box's own."""
    stack = [part]
    while stack:
        one = stack.pop()
        if not isinstance(one.tag, str) or one.tag in _UNSEEN or one.tag.endswith("}Fallback"):
            continue
        if one.tag == f"{W}r":
            properties = one.find(f"{W}rPr")
            if properties is not None and switch(properties, "vanish"):
                continue
        yield one
        stack += reversed(one)

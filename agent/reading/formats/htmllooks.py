"""How a page's text looks, as far as that decides whether it counts: hidden, struck, raised, tiny, its ink."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from agent.reading.cell.folding import is_wordless
from agent.reading.formats.ink import Visibility, of_css, visibility

if TYPE_CHECKING:
    from lxml.etree import _Element

STRUCK = frozenset(("s", "strike", "del"))
MOST_RULES = 2000  # of a style sheet
LONGEST_FIGURE = 40  # characters; what is longer, or has words, isn't taken for a figure written in white

_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*(?:0(?:\.0\d*)?|\.0\d*)\s*(?:;|!|$)"
    r"|(?<![-\w])color\s*:\s*transparent|(?:left|top|text-indent|margin-left)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*0"
    r"|(?<![-\w])(?:width|height|max-width|max-height)\s*:\s*0(?:px|pt)?\s*(?:;|!|$)(?=.*overflow\s*:\s*hidden)"
    r"|unicode-bidi\s*:\s*bidi-override"
    r"|font-size\s*:\s*[0-2](?:\.\d+)?(?:px|pt|%)?\s*(?:;|!|$)|font-size\s*:\s*0",
    re.IGNORECASE,
)
_LINE_THROUGH = re.compile(r"text-decoration[^;]*line-through", re.IGNORECASE)
_RAISED = re.compile(
    r"vertical-align\s*:\s*(?:super|sub\b|-?(?:[1-9]|0\.\d))|mso-text-raise\s*:\s*-?[1-9]|float\s*:\s*(?:left|right)",
    re.IGNORECASE,
)
_INK = re.compile(r"(?<![-\w])color\s*:\s*([^;!]{1,80})", re.IGNORECASE)
_GROUND = re.compile(r"(?<![-\w])background(?:-color|-image)?\s*:\s*([^;!]{1,200})", re.IGNORECASE)
_NO_GROUND = re.compile(r"\s*(?:transparent|none|inherit|initial|unset)\b", re.IGNORECASE)
_NOT_SET = frozenset(("inherit", "currentcolor", "unset"))
_LISTED = re.compile(r"list-style", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}@;]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"([A-Za-z][\w:-]*)?(?:([.#])([\w-]+))?")


def take_over_sheets(root: _Element) -> None:
    """Write what the page's style sheets say of its elements into them, so that one place tells how each looks.

    Only selectors of one element (td, .xl65, td.xl65, #a) and only what decides whether text counts.
    """
    rules: dict[tuple[str, str], str] = {}
    for sheet in root.iter("style"):
        for selector, said in _rules("".join(map(str, sheet.itertext()))):
            rules[selector] = f"{rules.get(selector, '')};{said}"
            if len(rules) >= MOST_RULES:
                break
    for element in root.iter() if rules else ():
        if isinstance(element.tag, str):
            found = [rules[one] for one in _selectors(element) if one in rules]
            if found:
                element.set("style", ";".join([*found, element.get("style") or ""]))


def withholds(element: _Element) -> bool:
    """Whether what is in the element doesn't count: struck through, or not to be seen."""
    return is_struck(element) or hides(element)


def is_struck(element: _Element) -> bool:
    """Whether a line goes through what is in the element."""
    if element.tag in STRUCK or "msodel" in (element.get("class") or "").lower():  # Word's tracked deletions
        return True
    return bool(_LINE_THROUGH.search(element.get("style") or ""))


def hides(element: _Element) -> bool:
    """Whether nobody sees what is in the element, or nobody as it is stored."""
    style = element.get("style") or ""
    turned = element.tag == "bdo" and (element.get("dir") or "").lower() == "rtl"
    if turned or element.get("hidden") is not None or _HIDDEN.search(style):
        return True
    return seen(element) == "unseen"


@lru_cache(maxsize=8)  # asked twice of each cell
def seen(element: _Element) -> Visibility:
    """How the ink of a lone figure is to be seen, where the element sets it or is a table's cell: words are seen."""
    style = element.get("style") or ""
    own = _ink(style, element.get("color")) or _ground(
        style, element.get("bgcolor"), element.get("background")
    )
    if not own and element.tag not in ("td", "th"):
        return "seen"
    ups = [element, *element.iterancestors()]
    ink = next((ink for one in ups if (ink := _ink(one.get("style") or "", one.get("color")))), "")
    if not ink or not _is_lone_figure(element):
        return "seen"
    grounds = (_ground(one.get("style") or "", one.get("bgcolor"), one.get("background")) for one in ups)
    written = next(filter(None, grounds), "white")
    ground = of_css(written)
    return visibility(of_css(ink, ground), ground)


def is_raised(element: _Element) -> bool:
    """Whether the element's text is set apart from the text before it: higher, lower, smaller, or elsewhere."""
    return element.tag in ("sup", "sub", "small") or bool(_RAISED.search(element.get("style") or ""))


def _rules(sheet: str) -> Iterator[tuple[tuple[str, str], str]]:
    for match in _RULE.finditer(_COMMENT.sub(" ", sheet)):
        said = match[2]
        if any(one.search(said) for one in (_HIDDEN, _LINE_THROUGH, _RAISED, _INK, _GROUND, _LISTED)):
            for selector in match[1].split(","):
                simple = _SIMPLE.fullmatch(selector.strip())
                if simple and selector.strip():
                    yield ((simple[1] or "").lower(), f"{simple[2] or ''}{simple[3] or ''}"), said


def _selectors(element: _Element) -> Iterator[tuple[str, str]]:
    tag = str(element.tag)
    names = [f".{name}" for name in (element.get("class") or "").split()]
    names += [f"#{element.get('id')}"] if element.get("id") else []
    yield tag, ""
    for name in names:
        yield "", name
        yield tag, name


@lru_cache(maxsize=4096)
def _ink(style: str, attribute: str | None) -> str:
    """The colour that an element gives its text, as it is written; empty where it leaves that to what it is in."""
    written = _INK.findall(style)
    ink = (written[-1] if written else attribute or "").strip().lower()
    return "" if ink in _NOT_SET else ink


@lru_cache(maxsize=4096)
def _ground(style: str, colour: str | None, picture: str | None) -> str:
    """What an element sets its text on, as it is written: more than a colour is none that is known."""
    if picture:
        return "a picture"
    written = [one for one in _GROUND.findall(style) if not _NO_GROUND.match(one)]
    if any("url(" in one.lower() or "gradient" in one.lower() for one in written):
        return "a picture"
    return _first_colour(written[-1]) if written else (colour or "").strip()


def _first_colour(written: str) -> str:
    """The colour among what a background says (white none repeat scroll)."""
    return written.strip() if "(" in written else (written.split() or [""])[0]


def _is_lone_figure(element: _Element) -> bool:
    text = ""
    for piece in element.itertext():
        text += str(piece).strip()
        if len(text) > LONGEST_FIGURE or not is_wordless(text):
            return False
    return bool(text)

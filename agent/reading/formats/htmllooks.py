"""How a page's text looks, as far as that decides whether it counts: hidden, struck, raised, white on white or tiny."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent.reading.folding import is_wordless

if TYPE_CHECKING:
    from lxml.etree import _Element

STRUCK = frozenset(("s", "strike", "del"))
MOST_RULES = 2000  # of a style sheet
LONGEST_FIGURE = 40  # characters; what is longer, or has words, isn't taken for a figure written in white

_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
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
_WHITE = r"(?:#fff(?:fff)?(?![0-9a-f])|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))"
_WRITTEN_WHITE = re.compile(rf"(?<![-\w])color\s*:\s*{_WHITE}", re.IGNORECASE)
_GROUND = re.compile(
    rf"(?<![-\w])background(?:-color|-image)?\s*:\s*(?!\s*(?:{_WHITE}|transparent|none|inherit|initial|unset))",
    re.IGNORECASE,
)
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
    return _is_white_on_white(element, style)


def is_raised(element: _Element) -> bool:
    """Whether the element's text is set apart from the text before it: higher, lower, smaller, or elsewhere."""
    return element.tag in ("sup", "sub", "small") or bool(_RAISED.search(element.get("style") or ""))


def _rules(sheet: str) -> Iterator[tuple[tuple[str, str], str]]:
    for match in _RULE.finditer(_COMMENT.sub(" ", sheet)):
        said = match[2]
        if any(
            one.search(said) for one in (_HIDDEN, _LINE_THROUGH, _RAISED, _WRITTEN_WHITE, _GROUND, _LISTED)
        ):
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


def _is_white_on_white(element: _Element, style: str) -> bool:
    """Whether the element holds a lone figure in white, on no ground of its own: words in white are seen on theirs."""
    if not (_WRITTEN_WHITE.search(style) or re.fullmatch(_WHITE, element.get("color") or "", re.IGNORECASE)):
        return False
    text = ""
    for piece in element.itertext():
        text += str(piece).strip()
        if len(text) > LONGEST_FIGURE or not is_wordless(text):
            return False
    return bool(text) and not any(map(_has_ground, (element, *element.iterancestors())))


def _has_ground(element: _Element) -> bool:
    named = element.get("bgcolor") or ""
    if element.get("background") or (named and not re.fullmatch(_WHITE, named, re.IGNORECASE)):
        return True
    return bool(_GROUND.search(element.get("style") or ""))

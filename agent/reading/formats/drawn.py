"""What may be drawn in a cell and isn't its text, whatever the format: how it is called, and which marks say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

NUMBERED = "自动编号"
TABLE_INSIDE = "嵌套表格"
OBJECT_INSIDE = "嵌入对象"
BOX_INSIDE = "可填写的框"
DRAWING_INSIDE = "图形"
REPEATED = "重复填充的内容"


def may_be_figure(mark: str) -> bool:
    """Whether a mark before a text may be taken for a part of a figure: a digit, a letter, a sign or a point.

    Bullets are not; but fonts of symbols keep numbers where others keep none (U+F080 to U+F095: Wingdings' circled ones).
    """
    return _HARMLESS.fullmatch(mark) is None


def named(found: Iterable[str]) -> str:
    """What ``Cell.drawn`` says of these: each once."""
    return "、".join(dict.fromkeys(filter(None, found)))


_HARMLESS = re.compile(r"[^\w\-‐-―−－.,．，。+＋\uf080-\uf095①-⓿❶-➓㈠-㋿🄀-🄊]*")

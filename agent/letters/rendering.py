"""Templates to text: the Jinja2 environment, what templates may use, and errors that name template and line.

Whatever a template writes out is cleaned, bounded and escaped here, so that no template, the operator's own
included, can forget it. Text templates are escaped like HTML and set back once at the end: a macro that both use is
then safe in both, while one that Jinja2 took for plain text would come out unescaped in HTML.
"""

from __future__ import annotations

import datetime as dt
import re
import traceback
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from agent.base.errors import ConfigurationError
from agent.base.plain import plain
from agent.letters.cleaning import LONGEST, clip, clip_name, one_line, pad, width

NOTHING = "—"
"""Stands for a value that isn't there."""

_WIDEST_LABEL = 24


class _Compiled(BytecodeCache):
    """What templates were compiled to in this process, by name, file and wording: compiling takes longer than writing."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        wording, code = self._codes.get(bucket.key, ("", None))
        bucket.code = code if wording == bucket.checksum else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key] = bucket.checksum, bucket.code


_COMPILED = _Compiled()


def environment(folders: Sequence[Path]) -> Environment:
    """The templates of these folders; of two with the same name the first folder's."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    made.filters |= {
        "clip": lambda value, longest: clip(_text(value), longest),
        "clip_name": lambda value, longest: clip_name(_text(value), longest),
        "columns": lambda values: min(max((width(_text(one)) for one in values), default=0), _WIDEST_LABEL),
        "day": day,
        "link": lambda value: Markup(escape(str(value))),  # whole: a link that is cut leads nowhere
        "moment": moment,
        "pad": _padded,
        "place": place,
        "phone": lambda value: re.sub(r"[^0-9+]", "", _text(value)),
    }
    return made


def render(templates: Environment, name: str, context: Mapping[str, Any]) -> str:
    """The template's text.

    Raises:
        ConfigurationError: names the template and the line, in one line.
    """
    try:
        text = templates.get_template(name).render(context)
    except Exception as error:  # a template may fail with anything at all: a division, a missing attribute
        raise ConfigurationError(_explained(name, error)) from error
    return text if ".html" in name else _unescaped(text)


def without_blank_runs(text: str) -> str:
    """The text with no line end spaces and no more than one empty line in a row."""
    trimmed = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", trimmed).strip() + "\n"


def day(value: dt.date, near: dt.date | None = None) -> str:
    """3月5日; with its year where that isn't the year of ``near``."""
    text = f"{value.month}月{value.day}日"
    return text if near is not None and value.year == near.year else f"{value.year}年{text}"


def moment(value: dt.datetime, near: dt.date | None = None) -> str:
    """3月5日 17:30; with its year where that isn't the year of ``near``."""
    return f"{day(value, near)} {value:%H:%M}"


def place(source: str) -> str:
    """A cell as its sender finds it: Sheet1!B6 in a workbook, 表1!R3C2 in a document, 第1页表1!R3C2 on a page."""
    grid, _, cells = source.rpartition("!")
    table = re.fullmatch(r"(?:第(\d+)页)?表(\d+)", grid)
    spot = re.fullmatch(r"R(\d+)C(\d+)", cells)
    if table and spot:
        page = f"第 {table[1]} 页" if table[1] else ""
        return f"{page}第 {table[2]} 个表第 {spot[1]} 行第 {spot[2]} 列"
    return f"{grid} 表 {cells} 格" if grid and not spot else source


def _shown(value: object) -> object:
    """What stands in the letter for a template's value."""
    if isinstance(value, Markup | Undefined):
        return value
    return clip(_text(value), LONGEST)


def _padded(value: object, columns: int) -> Markup:
    """The value in so many columns; marked as done with, or the spaces would be cleaned away again."""
    return escape(pad(_text(value), columns))


def _unescaped(text: str) -> str:
    """What ``escape`` did, undone; nothing else that looks like HTML is touched."""
    for written, meant in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(written, meant)
    return text


def _text(value: object) -> str:
    if isinstance(value, Markup):
        return _unescaped(str(value))
    if value is None:
        return NOTHING
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, Decimal | dt.date):
        return plain(value)
    return one_line(str(value))


def _explained(name: str, error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"模板 {name}：找不到 {error.name}。请从自带的 templates/ 复制一份，或删去对它的引用。"
    if isinstance(error, TemplateSyntaxError):
        return f"模板 {error.name or name} 第 {error.lineno} 行：语法有误（{error.message}）。"
    place = _place(error) or f"模板 {name}"
    if isinstance(error, UndefinedError):
        return f"{place}：用了没有的名字（{error.message}）。可用的名字见自带的同名模板。"
    if isinstance(error, SecurityError):
        return f"{place}：用了模板里不许用的东西（{error.message}）。"
    said = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    return f"{place}：无法生成（{said}）。"


def _place(error: Exception) -> str | None:
    """The innermost template line of the traceback, which Jinja2 writes into it."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.endswith(".j2")]
    return f"模板 {Path(inside[-1].filename).name} 第 {inside[-1].lineno} 行" if inside else None

"""How the commands are called: the two options that every command takes, and typer's own words in Chinese.

typer and click speak English and have no catalogue for other languages; what they say is translated here, sentence
by sentence. A sentence that isn't known stays as it is.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from agent.base.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def _given_anywhere(context: typer.Context, option: typer.CallbackParam, value: Any) -> Any:
    """An option's value as given to this command, else to the command above it: `review --now … accept H1`."""
    if value is not None:
        context.meta[option.name] = value
    return context.meta.get(option.name)


def _moment(text: str) -> dt.datetime:
    with contextlib.suppress(ValueError):
        moment = dt.datetime.fromisoformat(text)
        if 1970 <= moment.year <= 9000:  # beyond, another zone's day may not exist
            return moment
    raise UsageError(f"--now 的时刻 {text} 不对，应写成 2024-03-01T09:30 这样。")


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="PATH",
        help="设置文件（默认 ./config.yaml）。",
        show_default=False,
        callback=_given_anywhere,
    ),
]
Now = Annotated[
    dt.datetime | None,
    typer.Option(
        "--now",
        metavar="TIMESTAMP",
        help="以此时刻代替当前时间（ISO 8601）。",
        show_default=False,
        parser=_moment,
        callback=_given_anywhere,
    ),
]


class Command(TyperCommand):
    """A command whose help is in Chinese."""

    def get_help(self, ctx: Any) -> str:
        return in_chinese(super().get_help(ctx))

    def get_usage(self, ctx: Any) -> str:
        return in_chinese(super().get_usage(ctx))


class Group(TyperGroup):
    """A group of commands whose help is in Chinese."""

    def get_help(self, ctx: Any) -> str:
        return in_chinese(super().get_help(ctx))

    def get_usage(self, ctx: Any) -> str:
        return in_chinese(super().get_usage(ctx))


class Commands(typer.Typer):
    """typer's commands, in Chinese."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(cls=Group, add_completion=False, rich_markup_mode=None, **settings)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[F], F]:
        return super().command(name, cls=Command, **settings)


def complaint(error: Exception) -> str:
    """What typer has to say of a command line that it can't take, with how the command is called."""
    context, told = getattr(error, "ctx", None), in_chinese(str(getattr(error, "format_message", str)()))
    if told.startswith(_USAGE):  # the whole help: no command was given
        return told
    if context is None:
        return f"错误：{told}"
    return f"{context.get_usage()}\n运行 {context.command_path} --help 查看用法。\n\n错误：{told}"


def in_chinese(text: str) -> str:
    for english, chinese in _CATALOGUE:
        text = english.sub(chinese, text)
    return text


_USAGE = "用法："
_CATALOGUE = [
    (re.compile(english, re.MULTILINE), chinese)
    for english, chinese in (
        (r"^Usage: ", _USAGE),
        (r"^Arguments:$", "参数："),
        (r"^Options:$", "选项："),
        (r"^Commands:$", "命令："),
        (r"\[OPTIONS\]", "[选项]"),
        (r"COMMAND \[ARGS\]\.\.\.", "命令 [参数]…"),
        (r"\{(\S+?)…?\}\.\.\.", r"\1…"),
        (r"\{(\S+?)\}(?=\s|$)", r"\1"),
        (r"(?<=\S) <(?:str|[Pp]ath|list\[[Pp]ath\])>", ""),
        (r"Show this message and exit\.", "显示本说明。"),
        (r"  \[required\]", ""),
        (r"Missing (?:argument|parameter) '(.+?)'\.", r"缺少参数 \1。"),
        (r"Missing option '(.+?)'\.", r"缺少选项 \1。"),
        (r"Missing command\.", "缺少命令。"),
        (r"No such command '(.+?)'\.?", r"没有命令 \1。"),
        (r" ?Did you mean (.+?)\?", r"是不是 \1？"),
        (r"No such option: (\S+)", r"没有选项 \1。"),
        (r" ?\(Possible options: (.+?)\)", r"是不是 \1？"),
        (r"Option '(.+?)' requires an argument\.", r"选项 \1 后面要写值。"),
        (r"Option '(.+?)' does not take a value\.", r"选项 \1 不带值。"),
        (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"多出了参数：\1。"),
        (r"Invalid value for '(.+?)': ", r"\1 的值不对："),
    )
]

"""What `read` shows on a terminal: each file, the figures in the form's order with their cells, the findings in colour.

Piped, it is the same text without colour and without breaking a line. What was sent is shown, never obeyed: control
characters and those that turn the line around come out as a mark.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from agent.base.findings import Finding, Severity
from agent.base.line import size_words
from agent.base.plain import plain
from agent.base.unseen import acts
from agent.campaign.rules import Campaign
from agent.cli.wrapping import Wrapped
from agent.letters.grouping import told_together
from agent.reading.reading import FileReading, Form, Kind

if TYPE_CHECKING:
    from agent.campaign.rules import FormField

COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "note": "cyan"}
SEVERITIES: dict[Severity, str] = {"error": "错误", "warning": "核实", "note": "提示"}
KINDS: dict[Kind, str] = {
    "form": "统计表",
    "narrative": "开展情况",
    "photo": "照片",
    "archive": "压缩包",
    "message": "邮件",
    "other": "其他",
    "unreadable": "读不出",
}
COUNTED: dict[Kind, str] = {
    "form": "统计表 {} 份",
    "narrative": "开展情况 {} 份",
    "photo": "照片 {} 张",
    "other": "其他 {} 个",
    "unreadable": "读不出 {} 个",
}
BEGINNING = 60  # characters of a narrative that are shown
WIDEST = 100  # columns: a line that is longer is hard to read
UNBROKEN = 10_000  # columns where nobody looks at the lines' ends


def show_readings(readings: Sequence[FileReading], campaign: Campaign) -> None:
    """Print each file with what is in it; where there are several, how many of what there are."""
    console = _console()
    for number, reading in enumerate(readings):
        if number:
            console.print()
        console.print(_of_file(reading, campaign))
    if len(readings) > 1 or any(reading.contains for reading in readings):
        console.print()
        console.print(Wrapped(_counts(readings)))


def safe(text: str) -> str:
    """What was sent, on one line and without anything that would do something to a terminal."""
    return "".join("\ufffd" if acts(one) else one for one in re.sub(r"[\t\r\n]+", " ", text))


def _console() -> Console:
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        console = Console(highlight=False, emoji=False)
        return console if console.width <= WIDEST else Console(highlight=False, emoji=False, width=WIDEST)
    return Console(highlight=False, emoji=False, width=UNBROKEN)


# --- a file ----------------------------------------------------------------------------------------------


def _of_file(reading: FileReading, campaign: Campaign) -> RenderableType:
    """The file, and below it those in it, joined by lines."""
    own = Group(*_own(reading, campaign))
    if not reading.contains:
        return own
    tree = Tree(own, guide_style="dim")
    _grow(tree, reading, campaign)
    return tree


def _grow(tree: Tree, reading: FileReading, campaign: Campaign) -> None:
    for inner in reading.contains:
        _grow(tree.add(Group(*_own(inner, campaign))), inner, campaign)


def _own(reading: FileReading, campaign: Campaign) -> Iterator[RenderableType]:
    yield _heading(reading)
    if reading.form is not None:
        yield from _form(reading.form, reading.findings, campaign)
    elif reading.kind == "narrative":
        yield Padding(Wrapped(Text(_beginning(reading.text), style="dim")), (0, 0, 0, 2))
    elif reading.kind == "other" and not reading.findings:
        yield Padding(Wrapped(Text(_why_other(reading), style="dim")), (0, 0, 0, 2))
    if reading.findings:
        yield _findings(reading.findings, campaign)


def _heading(reading: FileReading) -> Text:
    colour = "bold red" if reading.kind == "unreadable" else "bold green" if reading.form else "cyan"
    words = Text.assemble((safe(reading.file), "bold"), "  ", (KINDS[reading.kind], colour))
    said = _size(reading)
    return words.append(f"　{said}", style="dim") if said else words


def _size(reading: FileReading) -> str:
    match reading.kind:
        case "archive" | "message":
            return f"里面有 {len(reading.contains)} 个文件" if reading.contains else "里面没有文件"
        case "narrative":
            return f"{len(''.join(reading.text.split()))} 字"
        case "photo" | "other" | "unreadable":
            return size_words(len(reading.data))
        case _:
            return ""


def _why_other(reading: FileReading) -> str:
    """Why a file of which nothing is told counts as nothing that is asked for."""
    if reading.pixels is not None:
        return "图片太小，像徽标、签名之类，不作为工作照片。"
    if reading.contains:
        return "本身没有统计表，也没有开展情况；里面的文件见下。"
    return "里面没有统计表、开展情况或照片，不作登记。"


def _beginning(text: str) -> str:
    words = safe(text).strip()
    return words if len(words) <= BEGINNING else f"{words[:BEGINNING]}……"


# --- a form ----------------------------------------------------------------------------------------------


def _form(form: Form, findings: Sequence[Finding], campaign: Campaign) -> Iterator[RenderableType]:
    worst = _worst(findings)
    yield _header(form, worst, campaign)
    table = _grid(show_header=True, header_style="dim")
    for heading in ("项目", "读作", "", "出处"):
        figures = heading == "读作"
        table.add_column(heading, justify="right" if figures else "left", overflow="fold", no_wrap=figures)
    group = None
    for field in campaign.form.figures:
        if field.group and field.group != group:
            table.add_row(field.group)
        group = field.group
        table.add_row(*_row(field, form, worst.get(field.id)))
    yield table
    words = _grid()
    for _ in range(3):
        words.add_column(overflow="fold")
    for field in campaign.form.fields:
        if not field.is_figure and form.values.get(field.id):
            label, shown, _, source = _row(field, form, worst.get(field.id))
            words.add_row(label, shown, source)
    if words.row_count:
        yield words
    if form.needs_confirmation:
        yield Padding(Wrapped(Text("待确认  登记前要有人核对，原因见下。", style="yellow")), (0, 0, 0, 2))


def _grid(**options: Any) -> Table:
    """A table without lines, set in by two."""
    return Table(box=None, **{"show_header": False, **options}, pad_edge=True, padding=(0, 0, 0, 2))


def _row(field: FormField, form: Form, severity: Severity | None) -> tuple[Text, Text, Text, Text]:
    value = form.values.get(field.id)
    colour = COLOURS[severity] if severity else ""
    shown = Text("—", colour or "dim") if value is None else Text(safe(plain(value)), colour or "bold")
    source = Text(safe(form.sources.get(field.id, "")), "dim")
    return (
        Text(f"{'  ' if field.group else ''}{field.label}", colour),
        shown,
        Text(field.measure or ""),
        source,
    )


def _header(form: Form, worst: dict[str, Severity], campaign: Campaign) -> Table:
    """The header values, two on a line as above the form."""
    table = _grid()
    for _ in range(2):
        table.add_column(overflow="fold")
    cells: list[Text] = []
    for header in campaign.form.header:
        value = getattr(form, header.id, None)
        colour = COLOURS[worst[header.id]] if header.id in worst else ""
        said = Text(safe(plain(value)) if value else "—", colour)
        cells.append(Text.assemble((f"{header.label}：", "dim"), said))
    for at in range(0, len(cells), 2):
        table.add_row(*cells[at : at + 2])
    return table


def _worst(findings: Iterable[Finding]) -> dict[str, Severity]:
    """The gravest severity that is said of each field."""
    worst: dict[str, Severity] = {}
    order: list[Severity] = ["note", "warning", "error"]
    for finding in findings:
        for field in {finding.field or "", *finding.fields} - {""}:
            had = worst.get(field, "note")
            worst[field] = max(had, finding.severity, key=order.index)
    return worst


def _findings(findings: Sequence[Finding], campaign: Campaign) -> Table:
    """The gravest first, each with its text beside the word for it, however many lines that takes; like ones as one."""
    table = _grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    order = list(COLOURS)
    for told in told_together(sorted(findings, key=lambda one: order.index(one.severity)), campaign):
        severity = told.findings[0].severity
        colour = COLOURS[severity]
        table.add_row(Text(SEVERITIES[severity], f"bold {colour}"), Wrapped(Text(safe(told.text), colour)))
    return table


# --- all of them -----------------------------------------------------------------------------------------


def _counts(readings: Sequence[FileReading]) -> Text:
    every = [one for reading in readings for one in reading.everything()]
    kinds = Counter("form" if one.form else one.kind for one in every)
    severities = Counter(finding.severity for one in every for finding in one.findings)
    files = "，".join(words.format(kinds[kind]) for kind, words in COUNTED.items() if kinds[kind])
    line = Text(f"共：{files}。" if files else "里面没有文件。", "bold")
    said = [severity for severity in SEVERITIES if severities[severity]]
    for number, severity in enumerate(said):
        text = f"{'，' if number else ''}{SEVERITIES[severity]} {severities[severity]} 处"
        line.append(text, style=COLOURS[severity])
    return line

"""`check`: the configuration, the rules, the templates, then each connection; one line each, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import AgentError, in_words
from agent.mail.connection import Checked
from agent.settings import Settings, load_settings
from agent.workplace import Workplace

CONFIGURATION, UNREACHABLE = 2, 3


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was checked; ``exit_status`` is the command's where it failed."""

    ok: bool
    what: str
    advice: str = ""
    exit_status: int = CONFIGURATION


def check_all(config: Path) -> list[Line]:
    """Everything in turn; what depends on something that failed is left out."""
    lines: list[Line] = []
    try:
        settings = load_settings(config)
        lines.append(Line(True, f"设置 {config}"))
        work = Workplace.open(settings)
        lines.append(
            Line(
                True,
                f"规则：{work.campaign.title}，{len(work.campaign.form.fields)} 个项目，截止 {work.campaign.deadline}",
            )
        )
        lines.extend(_units(work))
        lines.extend(_templates(work))
        lines.extend(_archive(work))
    except AgentError as error:
        return [*lines, Line(False, "设置或规则", str(error))]
    return [*lines, *_connections(settings)]


def _units(work: Workplace) -> Iterator[Line]:
    required = [unit for unit in work.listed.units if unit.required]
    without = [unit.name for unit in work.register().units if unit.required and not unit.senders]
    yield Line(True, f"单位：{len(work.listed.units)} 个，其中应报 {len(required)} 个")
    if without:
        yield Line(
            True,
            f"还没有登记邮箱的单位：{'、'.join(without)}（首次来信会待核，用 review accept 编号 --register 登记）",
        )


def _templates(work: Workplace) -> Iterator[Line]:
    problems = work.letters.check()
    yield Line(not problems, "信件模板", "\n    ".join(problems))


def _archive(work: Workplace) -> Iterator[Line]:
    try:
        work.archive.write(work.archive.folder / ".check", b"")
        (work.archive.folder / ".check").unlink()
    except OSError as error:
        yield Line(
            False, f"归档文件夹 {work.archive.folder}", f"写不进去（{in_words(error)}）：请检查磁盘空间和权限"
        )
    else:
        yield Line(True, f"归档文件夹 {work.archive.folder}")


def _connections(settings: Settings) -> Iterator[Line]:
    from agent.mail.inbox import open_inbox
    from agent.mail.outbox import open_outbox

    for name, opened in (("收件", open_inbox), ("发件", open_outbox)):
        try:
            checked: list[Checked] = opened(settings).check()
        except AgentError as error:
            yield Line(False, name, str(error), error.exit_status)
            continue
        yield from (Line(one.ok, f"{name}：{one.what}", one.advice, UNREACHABLE) for one in checked)

"""What the commands print for people: tables and lines, in Chinese, with colour where the terminal has it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.cli.show_reading import COLOURS, SEVERITIES, safe
from agent.dossier.dossier import Dossier
from agent.dossier.open_items import OpenItem
from agent.dossier.overview import Overview
from agent.judging.personal_notes import notes
from agent.letters.grouping import told_together
from agent.letters.names import purged_words

STANDINGS = {
    "missing": "未报",
    "needs_correction": "待改正",
    "needs_confirmation": "待确认",
    "accepted": "已登记",
}
REASONS = {
    "unknown_sender": "发件邮箱未登记",
    "unit_conflict": "发件邮箱与统计表的单位不一致",
    "failed_authentication": "发件人身份验证未通过",
    "automatic": "自动回复里有统计表",
    "after_final": "定稿以后收到",
}


def show_status(overview: Overview) -> None:
    """The units and what each has sent, then the counts."""
    console = _console()
    table = Table(title=f"{overview.campaign.title}　截止 {plain(overview.campaign.deadline)}")
    for heading in ("单位", "统计表", *_deliverables(overview)[1:], "备注"):
        table.add_column(heading, overflow="fold")
    for dossier in overview.dossiers:
        table.add_row(*_status_row(dossier, overview))
    console.print(table)
    counts, letters = overview.messages, overview.letters
    early = (
        f"另有 {counts.passed_over} 封早于收信的起始日期（inbox.since），没有收。"
        if counts.passed_over
        else ""
    )
    console.print(
        f"邮件 {counts.received} 封：已登记 {counts.processed}，待核 {counts.held}，不处理 {counts.ignored}，失败 {counts.failed}。{early}"
        f"信件：已发 {letters.sent}，待发 {letters.queued}，存疑 {letters.doubtful}，失败 {letters.failed}。"
    )
    for past in overview.purged:
        console.print(
            f"{plain(past.at)}{purged_words(past.before, past.counts)}（{escape(safe(past.by))}）。"
        )
    _show_said(console, overview)
    _show_report(console, overview)
    for one in overview.failed:
        console.print(
            f"[red]失败[/]  {escape(safe(one.sender))}  {escape(safe(one.subject))}  {escape(safe(one.reason))}"
        )
    for trouble in overview.health.troubles:
        console.print(f"[red]故障[/]  {escape(safe(trouble))}")
    _show_personal(console, overview)


def show_review(overview: Overview) -> None:
    """What waits for a decision, each with the command that makes it."""
    console, waiting = _console(), False
    for held in overview.held:
        waiting = True
        unit = overview.register.by_id.get(held.suggested_unit or "")
        suggested = unit.name if unit else "不明"
        console.print(
            f"[bold]{held.id}[/]  {REASONS[held.reason]}  {escape(safe(held.sender))}  {escape(safe(held.subject))}"
        )
        written = f"　表上单位：{escape(safe(held.form_unit))}" if held.form_unit else ""
        console.print(
            f"    推断单位：{suggested}{written}　材料：{escape(safe('、'.join(held.files))) or '无'}"
        )
        accept = f"review accept {held.id}" if unit else f"review assign {held.id} 单位"
        remember = "（加 --register，以后直接收这个邮箱的信）" if held.reason == "unknown_sender" else ""
        console.print(f"    report-agent {accept}{remember}　或　report-agent review reject {held.id}")
    for failed in overview.failed:
        waiting = True
        console.print(
            f"[bold]{failed.id}[/]  处理失败  {escape(safe(failed.sender))}  {escape(safe(failed.subject))}"
        )
        console.print(f"    {escape(safe(failed.reason))}")
        console.print(
            f"    再试一次：report-agent review retry {failed.id}　看过以后：report-agent review reject {failed.id}"
            "　其中的材料用 review hand-in 代交"
        )
    waiting = _show_said(console, overview, how=True) or waiting
    for dossier in overview.dossiers:
        for line in _to_decide(dossier, overview):
            waiting = True
            console.print(line)
    if not waiting:
        console.print("没有待核事项。")
    _show_personal(console, overview)


SAID = {
    "correction": "来信更正",
    "question": "来信询问",
    "extension": "要求延期",
    "bounce": "退信",
    "other": "来信",
}


def _show_said(console: Console, overview: Overview, *, how: bool = False) -> bool:
    """All that somebody said and nobody has settled, and what is filed under no unit; whether there is anything."""
    for stray in overview.strays:
        console.print(f"[red]单位对不上[/]  {escape(safe(stray.words))}")
    for one in overview.open:
        colour = "red" if one.kind == "correction" else "yellow"
        console.print(f"[bold]{one.id}[/]  [{colour}]{SAID[one.kind]}[/]  {escape(safe(one.text))}")
        if how:
            console.print(f"    {settling(one)}")
    if overview.open and not how:
        console.print("以上办完以后用 report-agent review settle 编号 --reason 怎样办的 了结。")
    return bool(overview.open or overview.strays)


def settling(item: OpenItem) -> str:
    """The commands by which what was said is settled."""
    settle = f"report-agent review settle {item.id} --reason 怎样办的"
    if item.kind == "correction" and item.unit and item.field:
        value = plain(item.value) if item.value is not None else "数值"
        return f"来信说得对：report-agent review override {item.unit} {item.field} {value}　不用改：{settle}"
    if item.kind == "correction":
        return f"请对方重报统计表，或核实以后：{settle}"
    if item.kind == "extension" and item.unit:
        return f"同意：report-agent review extend {item.unit} 日期　不同意，答复以后：{settle}"
    if item.kind == "bounce":
        return f"核对邮箱，请对方来一封信；改用电话联系好了：{settle}"
    return f"答复以后：{settle}"


def _show_report(console: Console, overview: Overview) -> None:
    """That the report which was made is another than it would be now."""
    if overview.report is not None and overview.report.outdated:
        kind = "定稿的" if overview.report.final else "做的"
        console.print(
            f"[red]报告过时[/]  {plain(overview.report.at)}{kind}汇总报告，以后有改动，请重新运行 report-agent merge。"
        )


def _show_personal(console: Console, overview: Overview) -> None:
    """Whose words hold personal data; nothing to decide, but somebody to telephone."""
    for dossier in overview.dossiers:
        found = "".join(one.text for one in notes(dossier))
        if found:
            console.print(
                f"[yellow]个人信息[/]  {escape(safe(dossier.unit.name))}：{escape(safe(found))}请提醒对方今后不要写。"
            )


def show_owed(overview: Overview) -> None:
    """What still keeps the report from being complete."""
    console = _console(stderr=True)
    labels = overview.campaign.deliverables.labels()
    for dossier in overview.incomplete:
        owes = "、".join(labels[name] for name in dossier.owes)
        pending = "，有一份统计表待改正或确认" if dossier.pending else ""
        console.print(f"{escape(safe(dossier.unit.name))}：{f'缺{owes}' if owes else '已齐'}{pending}")
    for one in overview.disputed:
        console.print(f"{one.id}  {escape(safe(one.text))}")
        console.print(f"    {settling(one)}")
    others = len(overview.open) - len(overview.disputed)
    if others:
        console.print(f"来信询问、要求延期等 {others} 件没有了结（report-agent review）")
    if overview.held:
        console.print(f"待核邮件 {len(overview.held)} 封（report-agent review）")
    if overview.failed:
        console.print(f"处理失败的邮件 {len(overview.failed)} 封（report-agent status）")
    if overview.photos_removed:
        console.print("照片已按保存期限删去，照片册没有重做；以前做的照片册不动。")


def plain_text(raw: bytes) -> str:
    """A letter's plain text, with its subject, for the terminal."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body(("plain",))
    return f"主题：{mail['Subject']}\n\n{body.get_content() if body else ''}".rstrip()


def _console(*, stderr: bool = False) -> Console:
    """A terminal that breaks no line of its own accord: a command that is shown can be copied whole."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def _finding(finding: Finding, text: str | None = None) -> str:
    colour = COLOURS[finding.severity]
    return f"[{colour}]{SEVERITIES[finding.severity]}[/]  {escape(safe(text or finding.text))}"


def _together(findings: Iterable[Finding], dossier: Dossier) -> Iterable[str]:
    """The findings, like ones in one line."""
    return (_finding(one.findings[0], one.text) for one in told_together(findings, dossier.campaign))


def _deliverables(overview: Overview) -> list[str]:
    return list(overview.campaign.deliverables.labels().values())


def _status_row(dossier: Dossier, overview: Overview) -> list[str]:
    owed = overview.campaign.deliverables
    row = [escape(safe(dossier.unit.name)), STANDINGS[dossier.form_status]]
    if owed.narrative is not None:
        row.append("已收" if dossier.narratives else "未报")
    if owed.photos is not None:
        row.append(f"{len(dossier.photos)} 张" if dossier.photos else "未报")
    notes = []
    if dossier.late(overview.today):
        notes.append("[red]逾期[/]")
    if dossier.accepted is not None and dossier.pending is not None:
        notes.append(f"第 {dossier.pending.number} 版{STANDINGS[dossier.pending.standing]}")
    if dossier.unit.id in overview.unreachable:
        notes.append("[red]来信被退回[/]")
    if not dossier.unit.required:
        notes.append("可不报")
    return [*row, "，".join(notes)]


def _to_decide(dossier: Dossier, overview: Overview) -> Iterable[str]:
    name = escape(safe(dossier.unit.name))
    pending, shown = dossier.pending, dossier.pending or dossier.accepted
    unit = dossier.unit.id
    if pending is not None and pending.standing == "needs_confirmation":
        yield f"[bold]{name}[/]  统计表待确认：核对后运行 report-agent review confirm {unit}"
    if pending is not None and pending.standing == "needs_correction":
        yield f"[bold]{name}[/]  统计表待改正（已请对方修改；也可用 report-agent review override {unit} 项目 数值）"
        yield from (f"    {one}" for one in _together(pending.of_severity("error"), dossier))
    if shown is not None and shown.open_warnings:
        yield f"[bold]{name}[/]  待核实：有说明后运行 report-agent review close {unit}"
        yield from (f"    {one}" for one in _together(shown.open_warnings, dossier))
    yield from (f"[bold]{name}[/]  {_finding(one)}" for one in overview.cross_findings.get(unit, ()))

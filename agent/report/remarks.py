"""What the report has to explain (需要说明的情况): open questions, changed figures, explanations, waiting mails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.base.plain import plain
from agent.dossier.dossier import Dossier
from agent.dossier.overview import Overview
from agent.dossier.submission import Decision
from agent.dossier.version import FormVersion
from agent.reading.reading import Figure
from agent.report.missing import HELD
from agent.report.owed import STANDING
from agent.report.record import warnings
from agent.report.words import moment, one_line


def remarks(overview: Overview) -> list[tuple[str, list[str]]]:
    """Headings and what stands below each; a heading with nothing to tell is left out."""
    groups: list[tuple[str, Iterable[str]]] = [
        ("来信说有误、尚未了结的数（定稿前必须了结）", _disputed(overview)),
        ("有待核实的问题（定稿前请核实）", _open(overview)),
        ("单位已说明或联系人已核实的问题", _answered(overview)),
        ("联系人更正的数", _overridden(overview)),
        ("单位来信更正的数", _corrected(overview)),
        ("经确认采用的统计表", _confirmed(overview)),
        ("重新报送而尚未采用的统计表", _pending(overview)),
        ("待核和未能处理的邮件", _waiting(overview)),
        ("来信中尚未了结的事", _said(overview)),
        ("与此前定稿的报告不同", _replaces(overview)),
    ]
    told = [(heading, list(texts)) for heading, texts in groups]
    return [(heading, texts) for heading, texts in told if texts]


def _open(overview: Overview) -> Iterator[str]:
    for dossier, finding in warnings(overview):
        yield f"{dossier.unit.name}：{one_line(finding.text)}"


def _disputed(overview: Overview) -> Iterator[str]:
    for one in overview.disputed:
        yield _stop(one_line(one.text))


def _said(overview: Overview) -> Iterator[str]:
    for one in overview.open:
        if one.kind != "correction":
            yield _stop(one_line(one.text))


def _replaces(overview: Overview) -> Iterator[str]:
    report = overview.report
    if report is not None and report.final and report.outdated:
        yield f"{moment(report.at)}定稿的报告以后有改动，已不作准，以本报告为准。"


def _accepted(overview: Overview) -> Iterator[tuple[Dossier, FormVersion]]:
    for dossier in overview.dossiers:
        if dossier.accepted is not None:
            yield dossier, dossier.accepted


def _answered(overview: Overview) -> Iterator[str]:
    for dossier, version in _accepted(overview):
        waits = version.open_warnings
        asked = [one_line(one.text) for one in version.of_severity("warning") if one not in waits]
        if not asked:
            continue
        said = f"单位说明：{one_line(version.explanation)}" if version.explanation else _closed(version)
        yield f"{dossier.unit.name}：{''.join(asked)}{_stop(said)}"


def _closed(version: FormVersion) -> str:
    reason = next((one.reason for one in version.closings if one.reason), "")
    return f"联系人已核实{'：' + one_line(reason) if reason else ''}"


def _overridden(overview: Overview) -> Iterator[str]:
    for dossier, version in _accepted(overview):
        for name, decision in version.overrides.items():
            yield f"{dossier.unit.name}：{_change(overview, version, name, decision)}"


def _corrected(overview: Overview) -> Iterator[str]:
    for dossier, version in _accepted(overview):
        for name, mail in version.corrections.items():
            read, value = version.form.values.get(name), version.values.get(name)
            if read != value:
                field = overview.campaign.form.field(name)
                before, after = (_told(one, field.measure or "") for one in (read, value))
                yield _stop(
                    f"{dossier.unit.name}：“{field.full_label}”由{before}更正为{after}（{moment(mail.received)}，{mail.sender}来信）"
                )


def _change(overview: Overview, version: FormVersion, name: str, decision: Decision) -> str:
    field = overview.campaign.form.field(name)
    measure = field.measure or ""
    before, after = (_told(value, measure) for value in (version.form.values.get(name), decision.value))
    because = f"，原因：{one_line(decision.reason)}" if decision.reason else ""
    return _stop(
        f"“{field.full_label}”由{before}更正为{after}（{plain(decision.at)}，{decision.by}）{because}"
    )


def _told(value: Figure, measure: str) -> str:
    if value is None:
        return "未能读出"
    return f"“{one_line(value)}”" if isinstance(value, str) else f"{plain(value)}{measure}"


def _confirmed(overview: Overview) -> Iterator[str]:
    for dossier, version in _accepted(overview):
        if version.form.needs_confirmation:
            yield f"{dossier.unit.name}的统计表由图片识别、未标明合计行、标题不是这次的，或标明不是全部数字，数字经{version.confirmed_by}确认。"


def _pending(overview: Overview) -> Iterator[str]:
    for dossier in overview.dossiers:
        pending = dossier.pending
        if pending is None:
            continue
        sent = f"{dossier.unit.name}{moment(pending.received)}报送的统计表（第{pending.number}次）"
        used = f"，汇总采用第{dossier.accepted.number}次报送的数" if dossier.accepted else "，未计入汇总"
        yield f"{sent}{STANDING[pending.standing]}{used}。"


def _waiting(overview: Overview) -> Iterator[str]:
    for held in overview.held:
        subject = one_line(held.subject, 60)
        yield f"{held.id}：{held.sender}于{moment(held.received)}发来“{subject}”，{HELD[held.reason]}，待核。"
    for failed in overview.failed:
        subject = one_line(failed.subject, 60)
        yield _stop(
            f"{failed.sender}于{moment(failed.received)}发来“{subject}”，未能处理：{one_line(failed.reason)}"
        )


def _stop(sentence: str) -> str:
    return sentence if sentence.endswith(("。", "！", "？")) else f"{sentence}。"

"""Made-up dossiers for trying the templates out: every branch of a letter once, for whatever the campaign asks."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, get_args

from agent.base.errors import ConfigurationError
from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import Dossier
from agent.dossier.open_items import KINDS, OpenItem
from agent.dossier.overview import (
    Failed,
    Health,
    Held,
    HeldReason,
    LetterCounts,
    Made,
    MessageCounts,
    Overview,
    Stray,
    Told,
)
from agent.dossier.submission import NOTICED, Decision, Piece, PieceKind, Submission
from agent.dossier.version import Filed, FormVersion, Standing
from agent.judging.command_words import Order, Result
from agent.letters.decided import Decided
from agent.letters.digest import news
from agent.letters.envelope import Answered, Letter
from agent.reading.reading import Figure, Form

if TYPE_CHECKING:
    from agent.letters.letters import Letters


def failing_templates(letters: Letters, campaign: Campaign) -> list[str]:
    """Render every letter with made-up dossiers; what went wrong, each in one line."""
    problems = []
    for write in every_letter(letters, campaign):
        try:
            write()
        except ConfigurationError as error:
            problems.append(str(error))
    return list(dict.fromkeys(problems))


def every_letter(letters: Letters, campaign: Campaign) -> Iterator[Callable[[], Letter]]:
    """Each kind of letter, to be written, in the cases that its template tells apart."""
    noon = dt.datetime.combine(campaign.deadline, dt.time(12), dt.UTC)
    days = [noon + dt.timedelta(days=shift) for shift in (-3, 0, 2)]
    nothing = _dossier(campaign)
    fuller = [_dossier(campaign, standing, at) for at in days for standing in _STANDINGS]
    for after in (nothing, *fuller, *(_with_older(one) for one in fuller)):
        answered = _answered(after, noon)
        yield partial(letters.receipt, answered, nothing, after, noon, ["云盘/附件"])
        yield partial(letters.correction, answered, nothing, after, noon)
        yield from (partial(letters.reminder, after, ["a@b.example"], now) for now in days)
    for shown in (_to_confirm(campaign, noon, taken) for taken in (False, True)):
        answered = _answered(shown, noon)
        yield partial(letters.receipt, answered, fuller[-1], shown, noon, token="00000-00000-00000-00000")
        yield partial(letters.correction, answered, fuller[-1], shown, noon, token="00000-00000-00000-00000")
        yield partial(letters.reminder, shown, ["a@b.example"], noon, token="00000-00000-00000-00000")
    for kind in NOTICED:
        about = campaign.form.figures[0].id if kind == "override" else None
        decided = Decision(
            1, kind, noon, "示例", "示例", "sample", "1" * 64, about, Decimal(7), campaign.deadline
        )
        yield partial(letters.notice, decided, fuller[0], fuller[0], noon)
    answered = _answered(nothing, noon)
    yield partial(letters.acknowledgement, answered, noon)
    for after in (nothing, *fuller):
        yield partial(letters.noted, answered, after, noon, False, ["云盘/附件"])
        yield partial(letters.noted, answered, after, noon, True)
    for overview in (_overview(campaign, (), noon), *(_overview(campaign, fuller, now) for now in days)):
        yield partial(letters.digest, overview, noon, news(overview))
    tokens = dict.fromkeys(("H0", "H1", "H2", "F00000000"), "00000-00000-00000-00000")
    yield partial(letters.digest, overview, noon, news(overview), tokens=tokens, valid_days=7)
    made = [_decided(result, noon) for result in get_args(Result) if result != "asked"]
    yield partial(letters.decision, answered, made, noon)
    yield from (partial(letters.decision, answered, [one], noon) for one in made)


def _decided(result: Result, at: dt.datetime) -> Decided:
    order = Order("H1", "assign", "sample", reason="示例", result=result, why="示例。")
    decision = Decision(1, "assign", at, "示例", unit="sample", address="x@x.example")
    return Decided(order, "x@x.example", "示例", at, "示例单位", decision, "示例单位", True, ("示例单位",))


_STANDINGS: tuple[Standing, ...] = ("accepted", "needs_correction", "needs_confirmation")
_UNIT = Unit(id="sample", name="示例单位")


def _answered(dossier: Dossier, at: dt.datetime) -> Answered:
    message = dossier.submissions[-1].message if dossier.submissions else "0" * 64
    return Answered(message, "<sample@sample.example>", (), "示例", "sample@sample.example", at)


def _dossier(
    campaign: Campaign, standing: Standing | None = None, at: dt.datetime | None = None, number: int = 1
) -> Dossier:
    if standing is None or at is None:
        return Dossier(_UNIT, campaign, campaign.deadline)
    submission = _submission(campaign, at, number)
    version = _version(submission, campaign, standing, number)
    filed = tuple(Filed(one, f"示例单位/{one.name}", submission.message, at) for one in submission.pieces)
    return Dossier(_UNIT, campaign, campaign.deadline, (submission,), (), (version,), filed)


def _to_confirm(campaign: Campaign, at: dt.datetime, taken: bool) -> Dossier:
    """One whose form needs a person, with what the unit put right in words: taken, or asked again."""
    one = _dossier(campaign, "accepted" if taken else "needs_confirmation", at)
    version, first = one.versions[0], campaign.form.figures[0].id
    reply = Submission(
        seq=2,
        message="2" * 64,
        received=at,
        sender="sample@sample.example",
        subject="示例",
        confirms=taken,
        answers=version.submission.message,
        corrections={first: Decimal(7)},
        correction_findings=() if taken else (Finding("error", "rest_unsaid", "请写明其余各数。"),),
    )
    corrections = {first: reply} if taken else {}
    form = replace(version.form, needs_confirmation=True)
    versions = (replace(version, form=form, corrections=corrections),)
    return replace(one, submissions=(*one.submissions, reply), versions=versions)


def _with_older(dossier: Dossier) -> Dossier:
    """The same with an accepted version before, so that there is something to compare with."""
    before = dossier.submissions[0].received - dt.timedelta(days=1)
    older = _dossier(dossier.campaign, "accepted", before, number=0)
    return Dossier(
        dossier.unit,
        dossier.campaign,
        dossier.deadline,
        (*older.submissions, *dossier.submissions),
        (),
        (*older.versions, *dossier.versions),
        dossier.filed,
    )


def _submission(campaign: Campaign, at: dt.datetime, number: int) -> Submission:
    kinds: tuple[PieceKind, ...] = ("form", "narrative", "photo", "photo", "other")
    pieces = tuple(
        Piece(f"示例{index}.bin", f"{index}", kind, kind == "narrative") for index, kind in enumerate(kinds)
    )
    return Submission(
        seq=number,
        message=f"{number}" * 64,
        received=at,
        sender="sample@sample.example",
        subject="示例",
        pieces=(*pieces, pieces[2]),
        form=_form(campaign, number),
        form_file=pieces[0],
        findings=(
            *_findings(campaign, with_field=False),
            Finding("error", "encrypted", "“示例.zip”有密码。"),
        ),
        explanation="示例说明",
    )


def _form(campaign: Campaign, number: int) -> Form:
    values: dict[str, Figure] = {
        one.id: Decimal(10 + number) if one.is_figure else "示例" for one in campaign.form.fields
    }
    sources = dict.fromkeys(values, "Sheet1!B6")
    return Form("示例单位", campaign.start, "示例", "000-00000000", values, sources)


def _findings(campaign: Campaign, *, with_field: bool) -> tuple[Finding, ...]:
    field = campaign.form.fields[0].id if with_field else None
    fields = tuple(one.id for one in campaign.form.figures[:2]) if with_field else ()
    return (
        Finding("error", "not_exact", "请填准确数字。", field=field, written="约20"),
        Finding("warning", "sample", "请核实这两个数。", field=field, fields=fields),
        Finding("note", "normalised", "按 12 登记。", field=field, written="十二"),
    )


def _version(submission: Submission, campaign: Campaign, standing: Standing, number: int) -> FormVersion:
    form = submission.form
    assert form is not None
    findings = _findings(campaign, with_field=True)
    shown = findings if standing == "needs_correction" else findings[1:]
    return FormVersion(number, submission, form, form.values, shown, standing)


def _overview(
    campaign: Campaign, dossiers: tuple[Dossier, ...] | list[Dossier], now: dt.datetime
) -> Overview:
    register = Register(district="示例", units=(_UNIT,))
    if not dossiers:
        return Overview(campaign, register, now, ())
    held = [
        Held(f"H{index}", "0" * 64, reason, "x@x.example", "示例", suggested, now, "示例", ("a.xlsx",))
        for index, (reason, suggested) in enumerate(_HELD)
    ]
    kinds = ("letter_failed", "letter_doubtful", "limit", "purge")
    said = [
        OpenItem(f"Q{n}", kind, _UNIT.id, "示例", now, "0" * 64, n, kind, field)
        for n, (kind, field) in enumerate(itertools.product(KINDS, (None, campaign.form.figures[0].id)))
    ]
    return Overview(
        campaign,
        register,
        now,
        tuple(dossiers),
        held=tuple(held) * 2,
        failed=(Failed("0" * 64, "x@x.example", "示例", now, "示例"),) * 6,
        messages=MessageCounts(1, 1),
        letters=LetterCounts(1, 1),
        unreachable=frozenset({_UNIT.id}),
        told=tuple(Told(kind, now, "示例") for kind in kinds) * 11,
        open=tuple(said) * 21,
        strays=(Stray("x", "示例", 1), Stray("y", "示例", 1, "示例")),
        report=Made(now, final=True, outdated=True),
        health=Health(now, now - dt.timedelta(days=30), ("示例",) * 6),
        cross_findings={_UNIT.id: (Finding("warning", "outlier", "请核实。", contact_only=True),) * 4},
    )


_HELD: tuple[tuple[HeldReason, str | None], ...] = (
    ("unknown_sender", _UNIT.id),
    ("unit_conflict", _UNIT.id),
    ("failed_authentication", None),
    ("automatic", None),
    ("after_final", _UNIT.id),
)

"""All that one unit has sent for one campaign (报送材料), put together from what is recorded.

A pure fold: submissions and decisions in, the unit's dossier out. Nothing here is stored; what is stored are the
submissions and decisions themselves (ledger.py, and beside the raw mails).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath

from agent.base.findings import Finding, has_errors
from agent.campaign.rules import Campaign, run_checks
from agent.campaign.units import Unit
from agent.dossier.old_copies import equal_older, old_copy
from agent.dossier.own_corrections import (
    against_overrides,
    corrections_of,
    outstanding,
    said_otherwise,
    without_corrected,
)
from agent.dossier.submission import REMOVED, Decision, Piece, PieceKind, Submission
from agent.dossier.version import Filed, FormVersion, Standing
from agent.reading.reading import Figure, Form
from agent.reading.table.headers import header_values


@dataclass(frozen=True)
class Dossier:
    """All that one unit has sent, and what it still owes; what is asked for again and again is found once."""

    unit: Unit
    campaign: Campaign
    deadline: dt.date
    submissions: tuple[Submission, ...] = ()
    decisions: tuple[Decision, ...] = ()
    versions: tuple[FormVersion, ...] = ()
    filed: tuple[Filed, ...] = ()

    @cached_property
    def accepted(self) -> FormVersion | None:
        """The newest form, by when it was received, that stands: what the report takes."""
        standing = [version for version in self.versions if version.standing == "accepted"]
        return max(standing, key=_age, default=None)

    @cached_property
    def pending(self) -> FormVersion | None:
        """The newest form that waits to be mended or confirmed, where it is newer than the accepted one."""
        waiting = [version for version in self.versions if version.standing.startswith("needs_")]
        newest = max(waiting, key=_age, default=None)
        if newest is None or (self.accepted is not None and _age(newest) < _age(self.accepted)):
            return None
        return newest

    def version_of(self, message: str) -> FormVersion | None:
        """The version that a mail's form makes, or that it brought once more."""
        brought = (one for one in self.versions if message in (one.submission.message, *one.again))
        return next(brought, None)

    @property
    def shown(self) -> FormVersion | None:
        """The accepted form, else the newest one that waits."""
        return self.accepted or self.pending

    @property
    def form_status(self) -> str:
        """``missing``, ``needs_correction``, ``needs_confirmation`` or ``accepted``."""
        return self.shown.standing if self.shown else "missing"

    @cached_property
    def narratives(self) -> tuple[Filed, ...]:
        return tuple(filed for filed in self.filed if filed.piece.is_narrative)

    @cached_property
    def photos(self) -> tuple[Filed, ...]:
        """Each photo once, however often it came."""
        return tuple(filed for filed in self.filed if filed.piece.kind == "photo")

    @property
    def owes(self) -> tuple[str, ...]:
        """What is still owed: of form, narrative, photos, in that order; also for a unit that may but needn't."""
        owed = self.campaign.deliverables
        lacking = []
        if self.accepted is None:
            lacking.append("form")
        if owed.narrative is not None and not self.narratives:
            lacking.append("narrative")
        if owed.photos is not None and len(self.photos) < owed.photos.min_count:
            lacking.append("photos")
        return tuple(lacking)

    @property
    def complete(self) -> bool:
        return not self.owes

    @property
    def has_sent(self) -> bool:
        return bool(self.submissions)

    def late(self, today: dt.date) -> bool:
        """The accepted form came after the deadline, or a required unit owes something after it."""
        came_late = self.accepted is not None and self.accepted.received.date() > self.deadline
        return came_late or (self.unit.required and not self.complete and today > self.deadline)


def assemble(
    unit: Unit, submissions: Iterable[Submission], decisions: Iterable[Decision], campaign: Campaign
) -> Dossier:
    """The unit's dossier from all that is recorded of it, in any order."""
    came = tuple(sorted(submissions, key=lambda one: one.seq))
    decided = tuple(sorted((one for one in decisions if one.unit == unit.id), key=lambda one: one.seq))
    filed = tuple(_file(unit, came))
    narrative_sent = any(one.piece.is_narrative for one in filed) if campaign.deliverables.narrative else None
    extensions = [one.date for one in decided if one.kind == "extend" and one.date]
    return Dossier(
        unit=unit,
        campaign=campaign,
        deadline=extensions[-1] if extensions else campaign.deadline,
        submissions=came,
        decisions=decided,
        versions=tuple(_versions(came, decided, campaign, narrative_sent)),
        filed=filed,
    )


CONFIRMED_AWAY = (
    "sum_unmarked", "other_title", "called_otherwise", "maybe_added", "corrected", "shifted", "old_copy",
)  # fmt: skip
"""The rules of the warnings that a confirmation answers."""


def joined(dossier: Dossier, submission: Submission) -> Dossier:
    """The dossier with one more submission: what `assemble` makes of all, without looking at each again.

    A unit that has sent nine hundred mails costs no more than one that has sent nine.
    """
    came = (*dossier.submissions, submission)
    filed = (*dossier.filed, *_file(dossier.unit, [submission], dossier.filed))
    if _changes_earlier(dossier, submission, filed):
        return assemble(dossier.unit, came, dossier.decisions, dossier.campaign)
    return _longer(dossier, came, filed)


def _changes_earlier(dossier: Dossier, submission: Submission, filed: Sequence[Filed]) -> bool:
    """Whether it bears on forms sent before: it is out of turn, says something of one, or is the first narrative."""
    out_of_turn = bool(dossier.submissions) and dossier.submissions[-1].seq >= submission.seq
    words = (
        submission.explanation,
        submission.answers,
        submission.corrections,
        submission.correction_findings,
    )
    decided = any(one.message == submission.message for one in dossier.decisions)
    says = submission.confirms or any(words) or decided
    narrative = dossier.campaign.deliverables.narrative is not None
    first = narrative and not dossier.narratives and any(one.piece.is_narrative for one in filed)
    return out_of_turn or says or first


def _longer(dossier: Dossier, came: tuple[Submission, ...], filed: tuple[Filed, ...]) -> Dossier:
    submission, versions = came[-1], dossier.versions
    newest = max(versions, key=_age, default=None)
    if newest is not None and _is_the_same_again(submission, newest.submission, dossier.decisions):
        again = replace(newest, again=(*newest.again, submission.message))
        versions = tuple(again if one is newest else one for one in versions)
    elif submission.form is not None:
        with_forms = [*(one.submission for one in versions), submission]
        withdrawn_at = _withdrawn_at(dossier.decisions)
        about = _about(submission, with_forms, dossier.decisions, withdrawn_at)
        sent = (
            any(one.piece.is_narrative for one in filed) if dossier.campaign.deliverables.narrative else None
        )
        asked = _asked(submission, with_forms[:-1], withdrawn_at)
        version = _version(len(with_forms), asked, about, (), dossier.campaign, sent)
        version = replace(version, submission=submission)
        version = _asked_if_old(version, versions, dossier.campaign)
        if submission.seq < withdrawn_at:
            version = replace(version, standing="withdrawn")
        versions = (*versions, version)
    return replace(dossier, submissions=came, filed=filed, versions=versions)


def _age(version: FormVersion) -> tuple[dt.datetime, int]:
    return version.received, version.number


def _versions(
    came: Sequence[Submission], decided: Sequence[Decision], campaign: Campaign, narrative_sent: bool | None
) -> Iterable[FormVersion]:
    withdrawn_at = _withdrawn_at(decided)
    each = _each_once(came, decided)
    made: list[FormVersion] = []
    with_forms = [one for one, _ in each]
    for number, (submission, again) in enumerate(each, start=1):
        until = with_forms[number].seq if number < len(with_forms) else None
        about = _about(submission, with_forms[:number], decided, withdrawn_at, again)
        replies = [one for one in came if _is_about(one, submission, until, again)]
        asked = _asked(submission, with_forms[: number - 1], withdrawn_at)
        version = _version(number, asked, about, replies, campaign, narrative_sent)
        version = replace(version, submission=submission)
        version = replace(version, again=again) if again else version
        version = _asked_if_old(version, made, campaign)
        made.append(replace(version, standing="withdrawn") if submission.seq < withdrawn_at else version)
    return made


def _each_once(
    came: Sequence[Submission], decided: Sequence[Decision]
) -> list[tuple[Submission, tuple[str, ...]]]:
    """The submissions that make a version, each with the later mails that brought the same file again."""
    found: list[tuple[Submission, tuple[str, ...]]] = []
    for submission in (one for one in came if one.form is not None):
        newest = max(range(len(found)), key=lambda at: (found[at][0].received, at), default=None)
        if newest is not None and _is_the_same_again(submission, found[newest][0], decided):
            found[newest] = (found[newest][0], (*found[newest][1], submission.message))
        else:
            found.append((submission, ()))
    return found


def _is_the_same_again(later: Submission, newest: Submission, decided: Sequence[Decision]) -> bool:
    """Whether a mail brings just the file of the unit's newest form, read alike, and nothing that casts a doubt on it.

    What was withdrawn in between may be sent again.
    """
    if later.form is None or newest.form is None or later.form_file is None or newest.form_file is None:
        return False
    withdrawn = any(one.kind == "withdraw" and newest.seq < one.seq < later.seq for one in decided)
    return (
        later.form_file.sha256 == newest.form_file.sha256
        and not withdrawn
        and _figures(later.form) == _figures(newest.form)
        and later.elsewhere == newest.elsewhere
        and _casts_no_doubt(later, newest)
    )


def _figures(form: Form) -> tuple[bool, Mapping[str, Figure]]:
    figures = {name: value for name, value in form.values.items() if not isinstance(value, str)}
    return form.needs_confirmation, figures


def _casts_no_doubt(later: Submission, newest: Submission) -> bool:
    """Whether every error and warning of the later mail's form is one of the newest's; of a purged one the words are gone."""
    purged = any(finding.text == REMOVED for one in (later, newest) for finding in one.form_findings)
    told, before = (
        {
            (one.rule, one.field, "" if purged else one.text)
            for one in found
            if one.severity != "note" and one.rule != "maybe_added"
        }
        for found in (later.form_findings, newest.form_findings)
    )
    return told <= before


def _asked(submission: Submission, earlier: Sequence[Submission], withdrawn_at: int) -> Submission:
    """The submission; a form that may have to be added to an earlier one (补报) waits where there is one to add to.

    The first form of a unit that is late is the whole report, whatever it calls itself.
    """
    form = submission.form
    if form is None or not any(one.rule == "maybe_added" for one in submission.form_findings):
        return submission
    if any(one.seq > withdrawn_at and _was_whole(one) for one in earlier):
        return replace(submission, form=replace(form, needs_confirmation=True))
    kept = tuple(one for one in submission.form_findings if one.rule != "maybe_added")
    return replace(submission, form_findings=kept)


def _was_whole(submission: Submission) -> bool:
    """Whether a form had all its figures when it came: one that was sent back is put right, not added to."""
    form = submission.form
    return form is not None and not has_errors(submission.form_findings)


def _withdrawn_at(decided: Sequence[Decision]) -> int:
    return max((one.seq for one in decided if one.kind == "withdraw"), default=-1)


def _is_about(
    reply: Submission, submission: Submission, until: int | None, again: Sequence[str] = ()
) -> bool:
    """Whether what a mail says is about the form: as it names it, else about the newest one before it."""
    if reply.answers:
        return reply.answers in (submission.message, *again)
    return reply.seq > submission.seq and (until is None or reply.seq < until)


def _about(
    submission: Submission,
    until: Sequence[Submission],
    decided: Sequence[Decision],
    withdrawn_at: int,
    again: Sequence[str] = (),
) -> list[Decision]:
    """What was decided about the form; of the same file sent before, or again, too, unless that was withdrawn."""
    file = submission.form_file
    same = set(again) | {
        one.message
        for one in until
        if one is submission
        or (one.seq > withdrawn_at and file and one.form_file and one.form_file.sha256 == file.sha256)
    }
    return [one for one in decided if one.message in same]


def _version(
    number: int,
    submission: Submission,
    about: Sequence[Decision],
    replies: Sequence[Submission],
    campaign: Campaign,
    narrative_sent: bool | None,
) -> FormVersion:
    """The version that a submission's form makes, with what was decided and answered about it since."""
    form = submission.form
    assert form is not None
    overrides = {one.field: one for one in about if one.kind == "override" and one.field}
    corrections = corrections_of(replies)
    corrected = {name: one.corrections[name] for name, one in corrections.items()}
    decided = {name: one.value for name, one in overrides.items()}
    values = {**form.values, **corrected, **decided} if corrected or decided else form.values
    said = outstanding(replies, values)
    context = {
        **values,
        **header_values(form, campaign),
        "received_on": submission.received.date(),
        "narrative_sent": narrative_sent,
    }
    confirmed_by = next((one.by for one in about if one.kind == "confirm"), None) or next(
        (one.sender for one in replies if one.confirms), None
    )
    read = without_corrected(submission.form_findings, replies, corrected)
    asked = (one for one in read if one.rule not in CONFIRMED_AWAY or confirmed_by is None)
    found = (*asked, *run_checks(campaign, context))
    findings = (
        *_after_overrides(found, overrides),
        *against_overrides(corrected, overrides, campaign),
        *said_otherwise(said, campaign),
    )
    return FormVersion(
        number=number,
        submission=submission,
        form=form,
        values=values,
        findings=findings,
        standing=_standing(form, values, findings, confirmed_by, campaign),
        overrides=overrides,
        said=said,
        corrections={name: one for name, one in corrections.items() if name not in overrides},
        confirmed_by=confirmed_by,
        explained=tuple(one for one in replies if one.explanation),
        closings=tuple(one for one in about if one.kind == "close"),
    )


def _asked_if_old(version: FormVersion, before: Sequence[FormVersion], campaign: Campaign) -> FormVersion:
    """The version; where it says what the unit has replaced since, waiting for a person: a copy of an older form."""
    older = equal_older(version, before, campaign)
    if older is None:
        return version
    form = replace(version.form, needs_confirmation=True)
    asked = () if version.confirmed_by else (old_copy(older),)
    findings = (*version.findings, *asked)
    standing = _standing(form, version.values, findings, version.confirmed_by, campaign)
    return replace(version, form=form, findings=findings, standing=standing)


def _after_overrides(found: Iterable[Finding], overrides: Mapping[str, Decision]) -> Iterator[Finding]:
    """The findings once the contact's figures stand.

    What was wrong with such a figure alone is settled; a check across fields that still fails keeps the form out no
    more, but stays a warning to the contact, so that a slip of the hand is seen.
    """
    for one in found:
        if not (one.field in overrides or any(name in overrides for name in one.fields)):
            yield one
        elif len(one.fields) > 1:
            yield replace(one, severity="warning", contact_only=True)


def _standing(
    form: Form,
    values: Mapping[str, Figure],
    findings: Sequence[Finding],
    confirmed_by: str | None,
    campaign: Campaign,
) -> Standing:
    # An override may settle the one finding about two fields: the other's figure is still lacking.
    if has_errors(findings) or any(values.get(one.id) is None for one in campaign.form.figures):
        return "needs_correction"
    if form.needs_confirmation and confirmed_by is None:
        return "needs_confirmation"
    return "accepted"


_ON_PAPER: Mapping[PieceKind, str] = {
    "form": "统计表",
    "narrative": "开展情况",
    "photo": "照片",
    "other": "其他材料",
}


def _file(unit: Unit, came: Sequence[Submission], before: Sequence[Filed] = ()) -> Iterable[Filed]:
    """Each piece with its name for people: numbered in order of arrival, the same photo or file once."""
    counts = Counter(one.piece.kind for one in before)
    seen = {one.piece.pixels or one.piece.sha256 for one in before}
    for submission in came:
        for piece in submission.pieces:
            identity = piece.pixels or piece.sha256
            if identity in seen:
                continue
            seen.add(identity)
            counts[piece.kind] += 1
            name = f"{unit.folder}_{_ON_PAPER[piece.kind]}_{counts[piece.kind]:02d}{suffix_of(piece)}"
            yield Filed(piece, f"{unit.folder}/{name}", submission.message, submission.received)


def suffix_of(piece: Piece) -> str:
    """The file's own suffix where it is a plain one, so that a double click opens it."""
    suffix = PurePosixPath(piece.name.replace("\\", "/")).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 6 else ".bin"

"""What a letter to a unit shows: its dossier, sorted for reading. Holds no wording; that is the templates'."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.base.findings import Finding, Severity
from agent.campaign.rules import Campaign, FormField
from agent.dossier.dossier import CONFIRMED_AWAY, Dossier
from agent.dossier.overview import Held
from agent.dossier.own_corrections import overruled
from agent.dossier.submission import Piece, Submission
from agent.dossier.version import Filed, FormVersion, Standing
from agent.judging.contents import BODY_NAME
from agent.judging.personal_notes import RULE
from agent.letters.envelope import Answered
from agent.letters.grouping import Told, told_together
from agent.reading.reading import Figure
from agent.reading.table.headers import header_values

State = Literal["ok", "missing", "some", "needs_correction", "needs_confirmation", "checking"]
"""How one thing that is owed stands; ``some``: photos have come, but fewer than are owed; ``checking``: it is held."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the form: what it is called, what was read, what the accepted form before said.

    Attributes:
        measure: "" for text.
        was: the accepted form's value, where there is one; the same as ``value`` where nothing changed.
        changed: ``was`` and ``value`` differ.
        source: the cell (``Sheet1!B6``), or "".
        severity: of the worst finding about it, or "".
        overridden: the contact set it.
        corrected: the unit put it right in words; ``read`` is what had been read.
    """

    label: str
    value: Figure
    measure: str
    was: Figure
    changed: bool
    source: str
    severity: Severity | Literal[""]
    overridden: bool
    corrected: bool = False
    read: Figure = None


@dataclass(frozen=True, slots=True)
class Written:
    """What one field says: ``text`` as the sender wrote it, else the value that was read."""

    label: str
    text: Figure
    measure: str
    source: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding with what was written in the fields that it is about; several like ones are one problem.

    Attributes:
        label: of the fields, or "" where it is about none.
        source: the cell of its one field, or "".
        written: what stands in the fields, where the text doesn't quote it already.
        count: how many findings it tells.
    """

    severity: Severity
    label: str
    source: str
    written: tuple[Written, ...]
    text: str
    count: int = 1

    @property
    def names_itself(self) -> bool:
        """The text (or what was written, where it names several fields) alone says what it is about."""
        named = any(f"“{label}”" in self.text for label in (self.label, *self.label.split("、")))
        return not self.label or self.count > 1 or len(self.written) > 1 or named


@dataclass(frozen=True, slots=True)
class FormView:
    """One version of the form.

    Attributes:
        replaces: the accepted version before, where another one; None for the first.
        superseded: accepted, but a newer one stands, so that this one isn't reported.
        open_warnings: nobody has explained or closed them yet.
        reasons: why it waits for a confirmation; they are among neither the warnings that are open nor the notes.
        again: the mail brought its file once more, and so no newer version.
    """

    number: int
    file: str
    received: dt.datetime
    standing: Standing
    rows: tuple[Row, ...]
    header: tuple[tuple[str, dt.date | str | None], ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    open_warnings: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    replaces: FormVersion | None
    superseded: bool
    late: bool
    explanation: str
    reasons: tuple[Problem, ...] = ()
    again: bool = False

    @property
    def error_count(self) -> int:
        return sum(one.count for one in self.errors)

    @property
    def open_count(self) -> int:
        return sum(one.count for one in self.open_warnings)

    @property
    def corrected(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.corrected and not row.overridden)

    @property
    def changes(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.changed)


@dataclass(frozen=True, slots=True)
class Brought:
    """What one mail brought, by kind; ``repeated`` was filed before and counts once."""

    forms: tuple[Piece, ...] = ()
    narratives: tuple[Piece, ...] = ()
    photos: tuple[Piece, ...] = ()
    others: tuple[Piece, ...] = ()
    repeated: tuple[Piece, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.forms or self.narratives or self.photos or self.others)


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing that the unit owes and how it stands."""

    what: Literal["form", "narrative", "photos"]
    label: str
    state: State
    count: int
    needed: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """By when; ``left`` is the days from today, negative once it is over."""

    on: dt.date
    left: int
    required: bool


@dataclass(frozen=True, slots=True)
class UnitView:
    """All that a letter to a unit may tell of.

    Attributes:
        form: the version that the mail brought, or that it confirmed; None where it did neither.
        confirmed, explained: the mail did so; ``explained`` is the unit's words.
        standing: the accepted version after this mail, or None.
        pending: the version that waits to be mended or confirmed after this mail, or None.
        late: the mail came after the deadline and brought something.
        checking: when the unit's mails came that are held.
        personal: the mail's remarks or narrative hold personal data.
        asked_again: why what the mail says about the form's figures wasn't taken; ``form`` is then that form.
        overruled: the figures that the mail puts right, as it says them, and that the contact has set otherwise.
    """

    unit: str
    form: FormView | None
    confirmed: bool
    explained: str
    standing: FormView | None
    pending: FormView | None
    brought: Brought
    unread: tuple[Problem, ...]
    file_warnings: tuple[Problem, ...]
    file_notes: tuple[Problem, ...]
    owed: tuple[Owed, ...]
    due: Due
    late: bool
    checking: tuple[dt.datetime, ...] = ()
    personal: bool = False
    asked_again: tuple[Problem, ...] = ()
    overruled: tuple[tuple[str, Figure], ...] = ()

    @property
    def missing(self) -> tuple[Owed, ...]:
        return tuple(one for one in self.owed if one.state not in ("ok", "checking"))


def unit_view(before: Dossier, after: Dossier, answered: Answered, today: dt.date) -> UnitView:
    """What the answer to one mail shows, from the dossier before and after it."""
    mine = [one for one in after.submissions if one.message == answered.message]
    submission = mine[-1] if mine else None
    not_taken = submission.not_taken if submission else ()
    about = _said_about(after, submission) if submission else None
    version = about or _version_of(answered, before, after)
    brought = _brought(after, answered.message, submission)
    findings = submission.findings if submission else ()
    own = version is not None and version is after.version_of(answered.message)
    again = version is not None and answered.message in version.again
    return replace(
        standing_view(after, today),
        form=replace(_form_view(version, before.accepted, after), again=again) if version else None,
        confirmed=version is not None and not own and not not_taken,
        asked_again=_problems(not_taken, "error", None, after.campaign),
        overruled=_overruled(submission, version, after),
        explained=submission.explanation if submission else "",
        brought=brought,
        unread=_problems(findings, "error", None, after.campaign),
        file_warnings=_problems(findings, "warning", None, after.campaign),
        file_notes=_problems(findings, "note", None, after.campaign),
        late=bool(brought) and answered.received.date() > after.deadline,
        personal=any(
            one.rule == RULE for one in (*findings, *(submission.form_findings if submission else ()))
        ),
    )


def _overruled(
    submission: Submission | None, version: FormVersion | None, dossier: Dossier
) -> tuple[tuple[str, Figure], ...]:
    if submission is None or version is None or not submission.confirms:
        return ()
    found = overruled(submission.corrections, version.overrides)
    return tuple((dossier.campaign.form.label_of(name), value) for name, value in found.items())


def standing_view(dossier: Dossier, today: dt.date) -> UnitView:
    """What a letter shows that no mail gave rise to: how the unit's dossier stands today."""
    accepted, pending = dossier.accepted, dossier.pending
    return UnitView(
        unit=dossier.unit.name,
        form=None,
        confirmed=False,
        explained="",
        standing=_form_view(accepted, None, dossier) if accepted else None,
        pending=_form_view(pending, accepted, dossier) if pending else None,
        brought=Brought(),
        unread=(),
        file_warnings=(),
        file_notes=(),
        owed=owed(dossier),
        due=Due(dossier.deadline, (dossier.deadline - today).days, dossier.unit.required),
        late=False,
    )


def with_held(view: UnitView, held: Sequence[Held]) -> UnitView:
    """The view where mails of the unit's are held: what they bring is neither missing nor to be mended now."""
    brings = {what for one in held for what in one.brings}
    things = tuple(
        replace(one, state="checking") if one.what in brings and one.state != "ok" else one
        for one in view.owed
    )
    pending = None if "form" in brings else view.pending
    moments = tuple(one.received for one in held)
    return replace(view, owed=things, pending=pending, checking=moments)


def owed(dossier: Dossier) -> tuple[Owed, ...]:
    """The things owed, in the order form, narrative, photos."""
    shown, deliverables = dossier.shown, dossier.campaign.deliverables
    form: State = "missing" if shown is None else "ok" if shown.standing == "accepted" else _waiting(shown)
    number = shown.number if shown else None
    found = [Owed("form", deliverables.form.label, form, len(dossier.versions), 1, number)]
    if deliverables.narrative is not None:
        count = len(dossier.narratives)
        found.append(Owed("narrative", deliverables.narrative.label, "ok" if count else "missing", count, 1))
    if deliverables.photos is not None:
        count, needed = len(dossier.photos), deliverables.photos.min_count
        photos: State = "ok" if count >= needed else "some" if count else "missing"
        found.append(Owed("photos", deliverables.photos.label, photos, count, needed))
    return tuple(found)


def has_unmended_form(dossier: Dossier, message: str) -> bool:
    """Whether the mail's form has errors that stand."""
    version = dossier.version_of(message)
    return version is not None and version.standing == "needs_correction"


def brought_only_unreadable(dossier: Dossier, message: str) -> bool:
    """Whether the mail brought nothing to file but a file that couldn't be read."""
    mine = [one for one in dossier.submissions if one.message == message]
    if not mine or mine[-1].form is not None or mine[-1].explanation or mine[-1].confirms:
        return False
    filed = any(piece.kind != "other" or piece.is_narrative for piece in mine[-1].pieces)
    return not filed and any(one.severity == "error" for one in mine[-1].findings)


def _said_about(dossier: Dossier, submission: Submission) -> FormVersion | None:
    """The version whose figures the mail puts right, whether that could be taken or not."""
    if not (submission.corrections or submission.not_taken):
        return None
    about = (one for one in dossier.versions if one.submission.message == submission.answers)
    return next(about, None)


def has_figures_left_wrong(dossier: Dossier, message: str) -> bool:
    """Whether the mail put figures right in words, and the form that they are about has other errors still."""
    mine = [one for one in dossier.submissions if one.message == message and one.confirms]
    version = _said_about(dossier, mine[-1]) if mine else None
    return version is not None and version.standing == "needs_correction"


def _waiting(version: FormVersion) -> State:
    return "needs_confirmation" if version.standing == "needs_confirmation" else "needs_correction"


def _version_of(answered: Answered, before: Dossier, after: Dossier) -> FormVersion | None:
    """The version that the mail brought; else the one that it got accepted."""
    version = after.version_of(answered.message)
    if version is not None:
        return version
    newly = after.accepted
    if newly is None or (before.accepted is not None and before.accepted.number == newly.number):
        return None
    return newly


def file_of(version: FormVersion) -> str:
    """What the sender calls that in which the form stands: the file's name, or the mail's own text."""
    file = version.submission.form_file
    return BODY_NAME.removesuffix(".txt") if file is not None and file.text is not None else version.file


def _form_view(version: FormVersion, accepted: FormVersion | None, dossier: Dossier) -> FormView:
    campaign, form = dossier.campaign, version.form
    older = accepted if accepted is not None and accepted.number != version.number else None
    newest = dossier.accepted
    said = header_values(form, campaign)
    asked = _CONFIRMED if form.needs_confirmation and version.confirmed_by is None else ()
    accepted_but_older = version.standing == "accepted" and newest is not None
    return FormView(
        number=version.number,
        file=file_of(version),
        received=version.received,
        standing=version.standing,
        rows=tuple(_row(one, version, older) for one in campaign.form.fields),
        header=tuple((one.label, said[one.id]) for one in campaign.form.header),
        errors=_problems(version.findings, "error", version, campaign),
        warnings=_problems(version.findings, "warning", version, campaign),
        open_warnings=_problems(_unless_asked(version.open_warnings, asked), "warning", version, campaign),
        notes=_problems(_unless_asked(version.findings, _CONFIRMED), "note", version, campaign),
        replaces=older,
        superseded=accepted_but_older and newest is not None and newest.number != version.number,
        late=version.received.date() > dossier.deadline,
        explanation=version.explanation,
        reasons=tuple(
            problem
            for severity in ("warning", "note")
            for problem in _problems(
                [one for one in version.findings if one.rule in asked], severity, version, campaign
            )
        ),
    )


_CONFIRMED = (*CONFIRMED_AWAY, "from_picture")
"""The rules of what a confirmation settles: told where it is asked for, and not again once it has been given."""


def _unless_asked(findings: Iterable[Finding], asked: Sequence[str]) -> Iterable[Finding]:
    return (one for one in findings if one.rule not in asked)


def _row(field: FormField, version: FormVersion, older: FormVersion | None) -> Row:
    value = version.values.get(field.id)
    was = older.values.get(field.id) if older else value
    return Row(
        label=field.full_label,
        value=value,
        measure=field.measure or "",
        was=was,
        changed=was != value,
        source=version.form.sources.get(field.id, ""),
        severity=_worst(_standing(version), field.id),
        overridden=field.id in version.overrides,
        corrected=field.id in version.corrections and version.form.values.get(field.id) != value,
        read=version.form.values.get(field.id),
    )


def _standing(version: FormVersion) -> Iterator[Finding]:
    """Its findings without the warnings that somebody has explained or closed."""
    waiting = set(version.open_warnings)
    yield from (one for one in version.findings if one.severity != "warning" or one in waiting)


def _worst(findings: Iterable[Finding], field_id: str) -> Severity | Literal[""]:
    about = {
        one.severity for one in findings if field_id in (one.field, *one.fields) and not one.contact_only
    }
    order: tuple[Severity, ...] = ("error", "warning", "note")
    return next((one for one in order if one in about), "")


def _problems(
    findings: Iterable[Finding], severity: Severity, version: FormVersion | None, campaign: Campaign
) -> tuple[Problem, ...]:
    """The findings of that severity that the unit is told, each once, like ones together."""
    told = [one for one in findings if one.severity == severity and not one.contact_only]
    together = told_together(dict.fromkeys(told), campaign)
    return tuple(dict.fromkeys(_problem(one, version, campaign) for one in together))


def _problem(told: Told, version: FormVersion | None, campaign: Campaign) -> Problem:
    finding, count = told.findings[0], len(told.findings)
    names = _fields_of(told)
    return Problem(
        severity=finding.severity,
        label="、".join(campaign.form.label_of(name) for name in names),
        source=version.form.sources.get(names[0], "") if version and len(names) == 1 else "",
        written=_written(finding, names, version, campaign) if count == 1 else (),
        text=told.text,
        count=count,
    )


def _fields_of(told: Told) -> tuple[str, ...]:
    every = (one.fields or ((one.field,) if one.field else ()) for one in told.findings)
    return tuple(dict.fromkeys(name for names in every for name in names))


def _written(
    finding: Finding, names: Sequence[str], version: FormVersion | None, campaign: Campaign
) -> tuple[Written, ...]:
    """As written where the finding tells it; else the values of the fields that a check compares."""
    label = campaign.form.label_of
    source = version.form.sources if version else {}
    if finding.written is not None and names:
        quoted = finding.written in finding.text
        return () if quoted else (Written(label(names[0]), finding.written, "", source.get(names[0], "")),)
    if version is None or len(names) < 2:
        return ()
    measures = {one.id: one.measure or "" for one in campaign.form.fields}
    compared = [name for name in names if version.values.get(name) is not None]
    return tuple(
        Written(label(name), version.values[name], measures[name], source.get(name, "")) for name in compared
    )


def _brought(dossier: Dossier, message: str, submission: Submission | None) -> Brought:
    new = tuple(one.piece for one in dossier.filed if one.message == message)
    pieces = submission.pieces if submission else ()
    findings = submission.findings if submission else ()
    known = {_identity(piece) for piece in new}
    return Brought(
        forms=tuple(one for one in new if one.kind == "form"),
        narratives=tuple(one for one in new if one.is_narrative and one.kind != "form"),
        photos=tuple(one for one in new if one.kind == "photo"),
        others=tuple(
            one for one in new if one.kind == "other" and not one.is_narrative and not _unread(one, findings)
        ),
        repeated=_repeated(pieces, known, dossier.filed, message),
    )


def _unread(piece: Piece, findings: Iterable[Finding]) -> bool:
    """Whether the unit is told that it couldn't be read: it is kept, but to be sent again."""
    return any(one.severity == "error" and f"“{piece.name}”" in one.text for one in findings)


def _repeated(
    pieces: Sequence[Piece], new: set[str], filed: Sequence[Filed], message: str
) -> tuple[Piece, ...]:
    """Pieces that an earlier mail brought already, or that this mail holds more than once."""
    earlier = {_identity(one.piece) for one in filed if one.message != message}
    seen: set[str] = set()
    repeated = []
    for piece in pieces:
        identity = _identity(piece)
        if identity in seen or (identity in earlier and identity not in new):
            repeated.append(piece)
        seen.add(identity)
    return tuple(repeated)


def _identity(piece: Piece) -> str:
    return piece.pixels or piece.sha256

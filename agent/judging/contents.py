"""What one mail brings, before it is known whose it is: pieces to be filed, the form, what is wrong with either.

Pure, like the outcome that is made of it; knows neither units nor what was sent before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.base.findings import Finding
from agent.campaign.rules import Campaign
from agent.campaign.units import fold
from agent.dossier.submission import Piece, PieceKind
from agent.mail.links import linked_files, without_links
from agent.mail.message import Message
from agent.reading.reading import FileReading, Form, Stated
from agent.reading.table.form import FoundForm, combine
from agent.reading.table.second_tables import mark_in, set_against
from agent.reading.words.ownwords import own_words
from agent.reading.words.prose import prose
from agent.reading.words.quoting import forwarded_texts, unquoted

BODY_NAME = "邮件正文.txt"


@dataclass(frozen=True, slots=True)
class Brought:
    """What was found in a mail.

    Attributes:
        form_file: the piece in which the form stands that counts.
        elsewhere: field id → SHA-256 of the piece that it stands in, where another file fills what that one lacks.
        own_words: what the sender wrote now, without quotations, signature, and letters of ours.
        names: of every file, also of those inside others.
        accounts: of each narrative its name and its text.
        stated: what tables that are no form state of the form's figures, where no form came.
        blobs: SHA-256 → bytes of the pieces.
    """

    pieces: tuple[Piece, ...] = ()
    form: Form | None = None
    form_file: Piece | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    form_findings: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    own_words: str = ""
    names: tuple[str, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()
    stated: tuple[Stated, ...] = ()
    blobs: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def anything(self) -> bool:
        return bool(self.pieces) or bool(self.findings)


def bring(
    message: Message, reading: FileReading, campaign: Campaign, pages: str = "", for_another: bool = False
) -> Brought:
    """The pieces, the form and the findings in a mail that has been read.

    Args:
        message: the mail.
        reading: what it holds.
        campaign: what is owed.
        pages: the HTML in it that its sender wrote or forwards.
        for_another: the sender only hands in what a unit has written: their own words are nobody's narrative.
    """
    blobs: dict[str, bytes] = {}
    pieces: list[Piece] = []
    forms: list[tuple[FoundForm, Piece]] = []
    findings: list[Finding] = []
    accounts: list[tuple[str, str]] = []
    for file in reading.everything():
        # A mail that couldn't be taken apart at all is kept as it came: it is no piece of itself.
        piece = None if file is reading and file.kind == "unreadable" else _piece(file, campaign)
        if piece is not None:
            pieces.append(piece)
            blobs[piece.sha256] = piece.text.encode() if piece.text is not None else file.data
            if piece.is_narrative:
                accounts.append((piece.name, prose(file.text, campaign) if file.form else file.text))
        if file.form is not None and piece is not None:
            forms.append((FoundForm(file.form, file.findings, mark_in([file.file])), piece))
        else:
            findings.extend(file.findings)
    words = own_words(message.text, campaign)
    forwarded = forwarded_texts(message.subject, message.text) if for_another else ()
    texts = [own_words(text, campaign) for text in forwarded] if for_another else [words]
    for piece in _words_as_narrative(reading, pieces, texts, campaign):
        pieces.append(piece)
        blobs[piece.sha256] = (piece.text or "").encode()
        accounts.append((BODY_NAME.removesuffix(".txt"), piece.text or ""))
    findings.extend(_links(message, pages))
    stated = tuple(_stated(reading))
    # The order of attachments says nothing: what calls itself a correction is held against the others.
    found = (
        combine(sorted((form for form, _ in forms), key=lambda one: bool(one.mark)), campaign)
        if forms
        else None
    )
    found = set_against(found, stated, campaign.form.figures) if found else None
    form_file = _file_of(found, forms) if found else None
    return Brought(
        pieces=tuple(pieces),
        form=found.form if found else None,
        form_file=form_file,
        elsewhere=dict(_elsewhere(found, forms, form_file)) if found and form_file else {},
        form_findings=found.findings if found else (),
        findings=tuple(findings),
        own_words=words,
        names=tuple(file.file for file in reading.everything() if file is not reading),
        accounts=tuple(accounts),
        stated=() if found else stated,
        blobs=blobs,
    )


def _stated(reading: FileReading) -> Iterator[Stated]:
    """What tables in files without a form state of its figures; the file's name may call them a correction."""
    for file in reading.everything():
        for one in file.stated:
            inside = file.kind in ("message", "archive")
            mark = one.mark or ("" if inside else mark_in([file.file]))
            yield replace(one, mark=mark, name=one.name if inside else file.file)


def _file_of(counted: FoundForm, forms: Sequence[tuple[FoundForm, Piece]]) -> Piece:
    """The file whose form counts: a blank copy, or a scan of the same form, may lie in front of it."""

    def agreement(one: tuple[FoundForm, Piece]) -> tuple[int, bool]:
        form = one[0].form
        cells = counted.form.sources.items()
        same = sum(
            form.sources.get(name) == cell and form.values.get(name) == counted.form.values.get(name)
            for name, cell in cells
        )
        return same, not form.needs_confirmation

    return max(forms, key=agreement)[1]


def _elsewhere(
    counted: FoundForm, forms: Sequence[tuple[FoundForm, Piece]], form_file: Piece
) -> Iterator[tuple[str, str]]:
    for name, cell in counted.form.sources.items():
        value = counted.form.values.get(name)
        holders = [
            piece
            for found, piece in forms
            if found.form.sources.get(name) == cell and found.form.values.get(name) == value
        ]
        if holders and form_file not in holders:
            yield name, holders[0].sha256


_PIECES: Mapping[str, PieceKind] = {
    "form": "form",
    "narrative": "narrative",
    "photo": "photo",
    "other": "other",
    "unreadable": "other",
}


def _piece(file: FileReading, campaign: Campaign) -> Piece | None:
    """The file as a piece to be filed; None for a container, and for a logo or a signature's picture."""
    if file.kind in ("message", "archive"):
        return _text_piece("form", file.text) if file.form is not None else None
    if file.kind == "other" and file.pixels is not None:
        return None
    owed = campaign.deliverables.narrative
    is_narrative = file.kind == "narrative" or (file.kind == "form" and _is_account(file.text, campaign))
    return Piece(file.file, file.sha256, _PIECES[file.kind], is_narrative and owed is not None, file.pixels)


# --- words -----------------------------------------------------------------------------------------------


def _words_as_narrative(
    reading: FileReading, pieces: Sequence[Piece], texts: Sequence[str], campaign: Campaign
) -> Iterator[Piece]:
    """One of the mail's own texts (or an attached mail's) that is long enough where no document is the narrative."""
    if any(piece.is_narrative for piece in pieces):
        return
    mails = [one for one in reading.everything() if one.kind == "message" and one is not reading]
    inner = [(one, own_words(one.text, campaign)) for one in mails]
    for file, text in [*((reading, text) for text in texts), *inner]:
        account = prose(text, campaign) if file.form is not None else text
        if _long_enough(without_links(account), campaign):
            yield _text_piece("narrative", account)
            return


def _is_account(text: str, campaign: Campaign) -> bool:
    """Whether a text around a form says enough besides the form's own lines to be a narrative."""
    return _long_enough(prose(text, campaign), campaign)


def _long_enough(text: str, campaign: Campaign) -> bool:
    owed = campaign.deliverables.narrative
    return owed is not None and len(fold(text)) >= owed.min_characters


def _links(message: Message, pages: str) -> tuple[Finding, ...]:
    """Files that came as links in what is sent: not in what is only quoted, and answered already."""
    texts = [unquoted(message.text), *forwarded_texts(message.subject, message.text)]
    return linked_files("\n".join(texts), pages)


def _text_piece(kind: PieceKind, text: str) -> Piece:
    sound = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text that could be written
    digest = hashlib.sha256(sound.encode()).hexdigest()
    return Piece(BODY_NAME, digest, kind, is_narrative=kind == "narrative", text=sound)

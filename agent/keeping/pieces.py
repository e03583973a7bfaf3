"""The bytes of what a mail brought, read from its raw mail again."""

from __future__ import annotations

from collections.abc import Mapping

from agent.keeping.ledger import MessageRow
from agent.keeping.workspace import Workplace
from agent.reading.files import read_message


def blobs_of(work: Workplace, row: MessageRow) -> Mapping[str, bytes]:
    """SHA-256 → bytes of the pieces in a kept mail, read again from its raw text."""
    assert row.outcome is not None
    submission = row.outcome.submission
    pieces = submission.pieces if submission else ()
    found = {piece.sha256: piece.text.encode() for piece in pieces if piece.text is not None}
    if any(piece.sha256 not in found for piece in pieces):
        raw = work.archive.raw(row.sha256)
        near = row.received.astimezone(work.zone).date()
        reading = read_message("", raw, campaign=work.campaign, register=work.listed, near=near)
        found |= {file.sha256: file.data for file in reading.everything()}
    return found

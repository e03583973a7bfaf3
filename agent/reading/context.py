"""What stays the same while one file given is read, all that is inside it too, and how a reading comes out of it.

Here is the one place where a library's failure ends: as a finding. Knows no formats and opens nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.base.errors import AgentError, Unreadable
from agent.base.findings import Finding
from agent.campaign.rules import Campaign, PhotosDeliverable
from agent.campaign.units import Register, Unit
from agent.reading.grid import Document
from agent.reading.limits import MEGABYTE, Budget
from agent.reading.reading import FileReading, Kind, Stated
from agent.reading.refusals import damaged, too_deep, too_large

if TYPE_CHECKING:
    from agent.reading.table.form import FoundForm

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """What stays the same while one file given is read, and what is left of the bounds.

    ``within`` is the document whose pictures are being read, since their own names mean nothing to its sender, or the
    archives that the file lies in, the outermost first. ``illustrates``: that document is a form or a narrative by
    itself, so its pictures need be neither.
    """

    campaign: Campaign
    register: Register
    near: dt.date
    budget: Budget
    within: str = ""
    owner: Unit | None = None
    illustrates: bool = False

    def inside(self, archive: str) -> Context:
        """The same for what lies in an archive."""
        return replace(self, within=f"{self.within}”里的“{archive}" if self.within else archive)

    @property
    def min_pixels(self) -> int:
        photos = self.campaign.deliverables.photos or PhotosDeliverable(label="")
        return photos.min_pixels

    def find(self, document: Document) -> FoundForm | None:
        """The form in a document, or None."""
        from agent.reading.table.form import find_form, find_forms_by_unit

        about = (document, self.campaign, self.register, self.near)
        if not document.grids:
            return None
        own = find_forms_by_unit(*about).get(self.owner.id) if self.owner else None
        return own or find_form(*about)

    def stated(self, document: Document) -> tuple[Stated, ...]:
        """What the tables of a document without a form state of the form's figures."""
        from agent.reading.table.form import find_stated

        return find_stated(document, self.campaign, self.register, self.near) if document.grids else ()

    def _in_loose(self, document: Document) -> FoundForm | None:
        """The form in a table without lines, where all of it is there."""
        from agent.reading.paged import is_whole

        found = self.find(replace(document, grids=document.loose))
        return found if found and is_whole(found, self.campaign) else None

    def look_through(
        self, document: Document, set_out: bool = True
    ) -> tuple[FoundForm | None, tuple[Finding, ...]]:
        """The form in a document's tables, else in its lines; where there is none, what looks like one.

        ``set_out``: the gaps in its lines were typed.
        """
        from agent.reading.formats.text import read_text
        from agent.reading.table.overlooked import in_lines, overlooked, with_overlooked

        found = self.find(document)
        if found is not None:
            return with_overlooked(found, document, self.campaign), ()
        lines = read_text(in_lines(document), set_out)
        lines = replace(lines, asides=document.asides, margins=document.margins)
        found = self.find(lines) or self._in_loose(document)
        return found, () if found else overlooked(document, self.campaign, None)


def guarded(
    name: str, data: bytes, context: Context, read: Callable[[], FileReading], most: int = 0
) -> FileReading:
    """The reading, or the finding that there is none: the one place where a library's failure ends.

    ``most``: how many bytes it may have; 0: as many as a file.
    """
    most = most or context.budget.limits.file_bytes
    try:
        if len(data) > most:
            raise too_large(f"超过 {most // MEGABYTE} MB")
        return read()
    except Unreadable as refusal:
        return unreadable(name, data, refusal, context)
    except AgentError:  # nothing about the file
        raise
    except Exception:  # whatever a library let through; the log tells a hostile file from a fault of ours
        LOG.exception("file %s could not be read", hashlib.sha256(data).hexdigest()[:12])
        return unreadable(name, data, damaged(), context)


def unreadable(name: str, data: bytes, refusal: Unreadable, context: Context) -> FileReading:
    return reading_of(name, data, "unreadable", findings=(refused(name, refusal, context),))


def refused(name: str, refusal: Unreadable, context: Context) -> Finding:
    where = f"“{context.within}”里的" if context.within else ""
    return Finding("error", refusal.rule, f"{where}“{name}”{refusal}")


def require_depth(context: Context, depth: int) -> None:
    if depth >= context.budget.limits.depth:
        raise too_deep(depth)


def reading_of(
    name: str,
    data: bytes,
    kind: Kind,
    found: FoundForm | None = None,
    findings: tuple[Finding, ...] = (),
    contains: tuple[FileReading, ...] = (),
    text: str = "",
    pixels: str | None = None,
) -> FileReading:
    return FileReading(
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        kind=kind,
        form=found.form if found else None,
        findings=(*findings, *(found.findings if found else ())),
        contains=contains,
        text=text,
        pixels=pixels,
        data=data,
    )

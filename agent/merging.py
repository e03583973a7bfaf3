"""The merge, run once by hand: the district report from what is there; with a ruling, the campaign's end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from agent.deciding.decisions import Ruling, close_campaign
from agent.overview import Overview
from agent.report.compile import compile_report
from agent.report.words import file_name, titles
from agent.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Merged:
    """What the merge made.

    Attributes:
        refused: it was to be final, and something is missing, unmended or held: nothing was made.
    """

    overview: Overview
    paths: tuple[Path, ...] = ()
    refused: bool = False


def merge(work: Workplace, now: dt.datetime, out: Path | None = None, final: Ruling | None = None) -> Merged:
    """Make the district report.

    Args:
        work: whose dossiers.
        now: the report's date.
        out: where to; None: final/ in the campaign's archive.
        final: who closes the campaign; None: it stays open.

    Raises:
        UsageError: it was to be final, and something came while it was being made.
    """
    seen = work.ledger.last_seq()
    overview = work.overview(now)
    if final is not None and not overview.is_complete:
        return Merged(overview, refused=True)
    phone = work.settings.contact.phone
    files = compile_report(overview, work.template_folders, work.archive.copy, phone)
    # An album of photos that were removed since is the only one that there is.
    album = {file_name(titles(work.campaign, one).album, ".docx") for one in (True, False)}
    stays = frozenset(album if overview.photos_removed else ())
    paths = work.archive.put_report(files, stays) if out is None else work.archive.put(out, files)
    # Closed before, with nothing recorded since: it is the same report once more.
    if final is not None and (overview.final is None or overview.final.seq != seen):
        close_campaign(work, final, seen)
    return Merged(overview, tuple(paths))

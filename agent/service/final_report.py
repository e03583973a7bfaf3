"""The merge, run once by hand: the district report from what is there; with a ruling, the campaign's end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from agent.base.errors import ConfigurationError, UsageError
from agent.dossier.overview import Overview, what_it_shows
from agent.dossier.submission import Ruling
from agent.handling.decisions import close_campaign
from agent.keeping.archive import Put
from agent.keeping.workspace import Workplace
from agent.report.compile import compile_report, list_of_missing
from agent.report.words import file_name, titles


@dataclass(frozen=True, slots=True)
class Merged:
    """What the merge made.

    Attributes:
        told: what the contact should know of the files: which stand beside others that must stay.
        refused: it was to be final, and something is missing, unmended, held or disputed: nothing was made.
    """

    overview: Overview
    paths: tuple[Path, ...] = ()
    told: tuple[str, ...] = ()
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
        ConfigurationError: material is filed under a unit that the register doesn't have.
        AgentError: the report couldn't be made; the list of what is missing is there all the same.
    """
    seen = work.ledger.last_seq()
    overview = work.overview(now)
    if overview.strays:
        told = "".join(one.words for one in overview.strays)
        raise ConfigurationError(f"没有生成汇总报告：有的材料不知道算给哪个单位。{told}")
    if final is not None and not overview.may_be_final:
        return Merged(overview, refused=True)
    phone = work.settings.contact.phone
    try:
        files = compile_report(overview, work.template_folders, work.archive.copy, phone)
    except Exception:  # whatever it is: who owes what is known all the same
        work.archive.put_report(list_of_missing(overview, phone), folder=out or work.archive.final)
        raise
    # An album of photos that were removed since is the only one that there is.
    album = {file_name(titles(work.campaign, one).album, ".docx") for one in (True, False)}
    stays = frozenset(album if overview.photos_removed else ())
    report = {"at": now.isoformat(), "shows": what_it_shows(overview.dossiers), "final": False}
    put = work.archive.put_report(files, stays, out, report)
    # Closed before, with nothing recorded since: it is the same report once more.
    if final is not None:
        work.archive.mark_final(put, out, final=True)
        if overview.final is None or overview.final.seq != seen:
            _close(work, final, seen, put, out)
    return Merged(overview, put.paths, put.told)


def _close(work: Workplace, final: Ruling, seen: int, put: Put, out: Path | None) -> None:
    try:
        close_campaign(work, final, seen)
    except UsageError:
        work.archive.mark_final(put, out, final=False)
        raise

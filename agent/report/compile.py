"""The district report, all of it: the table, the report, the album, the list of what is missing, report.json.

Pure: the overview and the templates in, files' names and bytes out. It knows neither clock nor archive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.report.words import file_name, titles

if TYPE_CHECKING:
    from agent.dossier.overview import Overview
    from agent.dossier.version import Filed


def compile_report(
    overview: Overview, templates: Sequence[Path], photo_bytes: Callable[[Filed], bytes], phone: str = ""
) -> dict[str, bytes]:
    """The report's files by name; what units wrote stands in them with personal data masked.

    Args:
        overview: where the campaign stands; its ``as_of`` is the report's date.
        templates: folders, the first that holds ``report.docx`` counts.
        photo_bytes: the bytes of a filed photo; asked for one at a time.
        phone: the bureau's own, which isn't masked.

    Raises:
        AgentError: the totals can't be vouched for.
        ConfigurationError: the template is missing or wrong.
    """
    from agent.base.masked import masked
    from agent.report.album import album
    from agent.report.document import has_album, report_document
    from agent.report.merge import merge
    from agent.report.missing import missing_workbook
    from agent.report.record import record
    from agent.report.workbook import merged_workbook

    overview = masked(overview, phone)
    named = titles(overview.campaign, overview.is_complete)
    merged = merge(overview)
    files = {
        file_name(named.table, ".xlsx"): merged_workbook(overview, merged, named),
        file_name(named.report, ".docx"): report_document(overview, merged, named, templates),
    }
    if has_album(overview) and not overview.photos_removed:
        files[file_name(named.album, ".docx")] = album(overview, named, photo_bytes)
    files[file_name(named.missing, ".xlsx")] = missing_workbook(overview, named)
    files["report.json"] = record(overview, merged)
    return files


def list_of_missing(overview: Overview, phone: str = "") -> dict[str, bytes]:
    """The list of what is missing alone, by its name: it needs no figure, and telephoning can't wait for one.

    Arguments as for ``compile_report``.
    """
    from agent.base.masked import masked
    from agent.report.missing import missing_workbook

    named = titles(overview.campaign, overview.is_complete)
    return {file_name(named.missing, ".xlsx"): missing_workbook(masked(overview, phone), named)}

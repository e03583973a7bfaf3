"""The report in words (汇总报告), from the operator's Word template and the merged table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import jinja2
from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from markupsafe import Markup, escape

from agent.base.errors import ConfigurationError
from agent.base.plain import plain
from agent.campaign.rules import WHOM, fill, placeholders
from agent.dossier.overview import Overview
from agent.report.merge import Merged
from agent.report.owed import lacks
from agent.report.remarks import remarks
from agent.report.table import table_xml
from agent.report.word import mark_pages, saved
from agent.report.words import INCOMPLETE, NO_TOTAL, Titles, clean, moment, numeral, one_line, whom, width
from agent.report.words import titles as names

NAME = "report.docx"


def report_document(overview: Overview, merged: Merged, titles: Titles, templates: Sequence[Path]) -> bytes:
    """The report as .docx.

    Raises:
        ConfigurationError: no folder holds report.docx, or the template is wrong.
    """
    path = find_template(templates)
    context = {
        **_facts(overview, merged, titles),
        **_figures(overview, merged),
        **_reporting(overview, merged),
        "table": Markup(_inert(table_xml(overview, merged))),
        "table_notes": list(merged.notes),
    }
    template = _open(path)
    try:
        template.render(context, _environment(), autoescape=True)
    except (jinja2.TemplateError, TypeError) as error:
        raise ConfigurationError(
            f"报告模板 {path} 有误：{error}。请对照随程序附带的 {NAME} 检查大括号里的名字和语句。"
        ) from error
    mark_pages(template.docx, overview.campaign.mark)
    return saved(template.docx, titles.report, overview.as_of)


def find_template(templates: Sequence[Path]) -> Path:
    """report.docx of the first folder that has it.

    Raises:
        ConfigurationError: none has.
    """
    for folder in templates:
        if (folder / NAME).is_file():
            return folder / NAME
    looked = "、".join(str(folder) for folder in templates)
    raise ConfigurationError(f"在 {looked} 里找不到报告模板 {NAME}。请用 report-agent init 取一份。")


def _open(path: Path) -> DocxTemplate:
    try:
        template = DocxTemplate(str(path))
        template.init_docx()
    except (OSError, KeyError, ValueError, BadZipFile, OpcError) as error:
        raise ConfigurationError(
            f"报告模板 {path} 打不开：{error}。请用 Word 或 WPS 另存为 .docx。"
        ) from error
    return template


def _environment() -> jinja2.Environment:
    """A name that the template gets wrong is an error; what units wrote shows as they wrote it."""
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=_literal)


def _literal(value: object) -> object:
    if isinstance(value, Markup | jinja2.Undefined):
        return value
    return Markup(_inert(str(escape(clean(str(value))))))


def _inert(xml: str) -> str:
    """Braces as character references: docxtpl makes {_{ a brace of its own after rendering."""
    return xml.replace("{", "&#123;").replace("}", "&#125;")


def _facts(overview: Overview, merged: Merged, titles: Titles) -> dict[str, Any]:
    campaign, unmarked = overview.campaign, names(overview.campaign, complete=True)
    return {
        "title": titles.report,
        "title_lines": _two_lines(titles.report, campaign.title),
        "campaign": campaign.title,
        "district": overview.register.district,
        "start": plain(campaign.start),
        "deadline": plain(campaign.deadline),
        "as_of": moment(overview.as_of),
        "date": plain(overview.as_of),
        "complete": overview.is_complete,
        "table_title": titles.table,
        "table_name": unmarked.table,
        "album_name": unmarked.album if has_album(overview) else "",
        "counted": len(merged.counted),
        "uncounted": "、".join(row.dossier.unit.name for row in merged.rows if not row.values),
    }


def has_album(overview: Overview) -> bool:
    if any(one.counts.get("album") for one in overview.purged):
        return False
    return overview.campaign.deliverables.photos is not None or any(one.photos for one in overview.dossiers)


def _two_lines(title: str, campaign: str) -> str:
    """The title on two lines where it doesn't fit on one (20 characters of 22 pt), broken behind the name."""
    if width(title) <= 40:
        return title
    before, name, after = title.partition(campaign)
    return f"{before}{name}\n{after}" if name else title


def _figures(overview: Overview, merged: Merged) -> dict[str, Any]:
    """The campaign's paragraphs with the totals filled in; without any, one that lists all totals.

    What nobody has reported is left out. Where units are lacking, each says how many it counts.
    """
    campaign = overview.campaign
    totals = {name: value for name, value in merged.totals.items() if value is not None}
    counted = whom(len(merged.counted), len(merged.rows), overview.register.district)
    told = []
    for one in campaign.report.paragraphs:
        asked = placeholders(one.text)
        if asked - {WHOM} <= totals.keys():
            before = "" if merged.is_whole or WHOM in asked else f"{counted}合计："
            told.append((one.heading, before + fill(one.text, {**totals, WHOM: counted}, campaign)))
    if not campaign.report.paragraphs and totals:
        listed = "，".join(
            f"{field.full_label}{plain(totals[field.id])}{field.measure}"
            for field in campaign.form.figures
            if field.id in totals
        )
        told = [("各项合计", ("" if merged.is_whole else f"{counted}合计：") + f"{listed}。")]
    parts = [
        {"numeral": numeral(number), "heading": heading, "text": text}
        for number, (heading, text) in enumerate(told, start=1)
    ]
    return {
        "parts": parts,
        "totals": {
            name: plain(value) if value is not None else NO_TOTAL for name, value in merged.totals.items()
        },
    }


def _reporting(overview: Overview, merged: Merged) -> dict[str, Any]:
    """Who has reported, who is missing what, who was late, what has to be explained."""
    due = [one for one in overview.dossiers if one.unit.required]
    reported = [row.dossier for row in merged.counted]
    owed = overview.campaign.deliverables
    late = [one for one in reported if one.accepted and one.accepted.received.date() > one.deadline]
    return {
        "due": len(due),
        "due_accepted": sum(1 for one in due if one.accepted),
        "due_lacking": sum(1 for one in due if not one.accepted),
        "voluntary": _names([one for one in reported if not one.unit.required]),
        "accepted_names": _names(reported),
        "narrative_label": owed.narrative.label if owed.narrative else "",
        "narratives": sum(1 for one in overview.dossiers if one.narratives),
        "photo_label": owed.photos.label if owed.photos else "",
        "photos": sum(len(one.photos) for one in overview.dossiers),
        "photo_units": sum(1 for one in overview.dossiers if one.photos),
        "late_names": "、".join(
            f"{one.unit.name}（{plain(one.accepted.received.date())}）" for one in late if one.accepted
        ),
        "lacking": _lacking(overview),
        "remarks": [
            {"numeral": numeral(number), "heading": heading, "texts": texts}
            for number, (heading, texts) in enumerate(remarks(overview), start=1)
        ],
        "incomplete_mark": "" if overview.is_complete else INCOMPLETE,
    }


def _names(dossiers: Sequence[Any]) -> str:
    return "、".join(one.unit.name for one in dossiers)


def _lacking(overview: Overview) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "unit": lack.dossier.unit.name,
            "what": "、".join(f"缺{what}" for what in lack.what),
            "days_late": lack.days_late,
            "deadline": plain(lack.dossier.deadline),
            "problems": "".join(one_line(text) for text in lack.problems),
        }
        for number, lack in enumerate(lacks(overview), start=1)
    ]

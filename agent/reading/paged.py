"""A document made of pages: the form in pages that are pictures, and what is told of what can't be read in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from agent.base.findings import Finding, Severity
from agent.campaign.rules import Campaign, FormField
from agent.reading.cell.folding import squeeze
from agent.reading.grid import Document, PagePicture
from agent.reading.reading import Figure, FileReading, Form
from agent.reading.refusals import scanned_pages, table_without_lines
from agent.reading.table.form import FoundForm, combine

_QUOTES = '“”"《》'
FIRST_PAGE = "第1页"  # what a picture's own reader calls it


def form_of_pages(pages: Mapping[int, FileReading], campaign: Campaign) -> FoundForm | None:
    """The form in pages that are pictures, its sources naming the page; None where there is none."""
    found = [
        FoundForm(_on_page(page.form, number), page.findings) for number, page in pages.items() if page.form
    ]
    return combine(found, campaign) if found else None


def _on_page(form: Form, number: int) -> Form:
    sources = {
        field: f"第{number}页{source.removeprefix(FIRST_PAGE)}" if source.startswith(FIRST_PAGE) else source
        for field, source in form.sources.items()
    }
    return replace(form, sources=sources)


def page_findings(name: str, pages: Mapping[int, FileReading], severity: Severity) -> tuple[Finding, ...]:
    """One finding for all pages that couldn't be read; a warning where the form stands elsewhere in the document."""
    unread = {number: page for number, page in pages.items() if page.kind == "unreadable"}
    if not unread:
        return ()
    rules = [finding.rule for page in unread.values() for finding in page.findings]
    if any(rule != "not_supported" for rule in rules):
        return tuple(replace(one, severity=severity) for page in unread.values() for one in page.findings)
    refusal = scanned_pages("、".join(map(str, unread)))
    return (Finding(severity, refusal.rule, f"“{name}”{refusal}"),)


def told_doubted(name: str, pages: Iterable[PagePicture], severity: Severity) -> tuple[Finding, ...]:
    """What is told of the pages that weren't read by their text, since they show something else than it says."""
    numbers = "、".join(str(page.number) for page in pages if page.doubted)
    if not numbers:
        return ()
    said = (
        f"“{name}”第 {numbers} 页里存的文字和页面上看到的对不上（有遮住、裁掉的部分，字体或填写框有问题），"
        "只按看到的页面识别。请用原来的 Word（.docx）或 Excel（.xlsx）文件报送。"
    )
    return (Finding(severity, "displayed_otherwise", said),)


def is_whole(found: FoundForm, campaign: Campaign) -> bool:
    """Whether every field of a form has one column: without lines a missing one means that columns ran together."""
    columns = set(found.form.sources)
    told = any(one.rule in ("no_column", "two_columns", "wrong_measure") for one in found.findings)
    return not told and all(field.id in columns for field in campaign.form.fields)


def shape_without_lines(name: str, document: Document, campaign: Campaign) -> tuple[Finding, ...]:
    """An error where the text names most of the form's fields and yet no table was found in it."""
    cells = (cell.text for grid in document.grids for row in grid.rows for cell in row)
    text = squeeze("\n".join((document.text, *document.downwards, *cells)))
    figures = [field for field in campaign.form.fields if field.is_figure]
    named = sum(squeeze(field.label) in text for field in figures)
    if 3 * named < 2 * len(figures) and not _is_headed(document, campaign):
        return ()
    refusal = table_without_lines()
    return (Finding("error", refusal.rule, f"“{name}”{refusal}"),)


def _is_headed(document: Document, campaign: Campaign) -> bool:
    """Whether the form's title stands on a line of its own, and two of its header values below."""
    lines = [squeeze(line).strip(_QUOTES) for line in document.text.splitlines()]
    if squeeze(campaign.form.title).strip(_QUOTES) not in lines:
        return False
    labels = [
        f"{squeeze(name)}:" for header in campaign.form.header for name in (header.label, *header.aliases)
    ]
    return sum(label in line for label in labels for line in lines) >= 2


def told_joined(found: FoundForm, document: Document, campaign: Campaign) -> FoundForm:
    """The form, with a warning for each figure that was put together from two lines of a cell."""
    told = tuple(
        _joined(field, found.form.values[field.id])
        for field in campaign.form.fields
        if field.is_figure
        and found.form.sources.get(field.id) in document.joined
        and found.form.values[field.id] is not None
    )
    return replace(found, findings=(*found.findings, *told))


def _joined(field: FormField, value: Figure) -> Finding:
    text = f"“{field.full_label}”在格子里分成了几行，按 {value} 登记，请核对。"
    return Finding("warning", "displayed_otherwise", text, field.id)

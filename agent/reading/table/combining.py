"""Several forms to one: equal ones count once, a blank copy doesn't count, and where two differ there is no value."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agent.base.findings import Finding, Severity
from agent.base.plain import plain
from agent.campaign.rules import Campaign, FormField, HeaderField
from agent.reading.cell.folding import squeeze
from agent.reading.cell.values import quote
from agent.reading.reading import Figure, Form
from agent.reading.table.found import FoundForm
from agent.reading.table.headers import header_value, kept
from agent.reading.table.second_tables import PLACE_OR_TIME, as_stated, set_against


def combine(found: Sequence[FoundForm], campaign: Campaign) -> FoundForm:
    """The one form that several make, found in one document or in one mail's files.

    Args:
        found: at least one, in the order found.
        campaign: whose form it is.
    """
    filled = [one for one in found if not is_blank(one, campaign)]
    if not filled:
        return found[0]
    forms, others = _parted(filled, campaign)
    # A copy that needs no confirmation speaks for an equal one that does (a scan of the same form).
    copies = sorted(forms, key=lambda one: one.form.needs_confirmation)
    result = copies[0]
    for other in copies[1:]:
        result = _merge(result, other, campaign)
    figures, first = campaign.form.figures, filled.index(forms[0])
    for one in others:
        result = set_against(result, [as_stated(one, figures)], figures, filled.index(one) > first)
    return result


def join(parts: Sequence[FoundForm], campaign: Campaign) -> FoundForm:
    """One form that stands in several parts, each with other fields (its columns in two rows of boxes, say).

    Args:
        parts: at least one; no two have a column for the same figure.
        campaign: whose form it is.
    """
    values: dict[str, Figure] = {}
    sources: dict[str, str] = {}
    findings: list[Finding] = []
    for field in campaign.form.fields:
        having = [one for one in parts if field.id in one.form.sources and one.form.values.get(field.id)]
        one = next(iter(having or [one for one in parts if not _lacks(one, field)]), parts[0])
        values[field.id] = one.form.values.get(field.id)
        sources |= {name: at for name, at in one.form.sources.items() if name == field.id}
        findings += [told for told in one.findings if told.field == field.id]
    named: dict[str, object] = {}
    for header in campaign.form.header:
        said = [one for one in parts if header_value(one.form, header, campaign) is not None]
        one = next(iter(said), parts[0])
        named[header.id] = header_value(one.form, header, campaign)
        findings += [told for told in one.findings if told.field == header.id]
    findings += dict.fromkeys(told for one in parts for told in one.findings if told.field is None)
    needs = any(one.form.needs_confirmation for one in parts)
    return FoundForm(
        Form(**kept(named, campaign), values=values, sources=sources, needs_confirmation=needs),
        tuple(findings),
    )


def is_blank(found: FoundForm, campaign: Campaign) -> bool:
    """Whether a form is a blank copy: nobody wrote anything where a figure belongs."""
    figures = {field.id for field in campaign.form.figures}
    if any(found.form.values.get(name) is not None for name in figures):
        return False
    return all(one.rule in ("blank", "no_column", "hidden") for one in found.findings if one.field in figures)


def _parted(found: list[FoundForm], campaign: Campaign) -> tuple[list[FoundForm], list[FoundForm]]:
    """The forms, and what is only held against them: a table of some of the figures, a correction below the form."""
    widths = [_width(one, campaign) for one in found]
    forms: list[FoundForm] = []
    others: list[FoundForm] = []
    for one, width in zip(found, widths, strict=True):
        corrects = bool(one.mark) and any(not other.mark for other in forms)
        (others if corrects or 3 * width < 2 * max(widths) else forms).append(one)
    return forms, others


def _width(found: FoundForm, campaign: Campaign) -> int:
    return sum(not _lacks(found, field) for field in campaign.form.figures)


def _lacks(found: FoundForm, field: FormField) -> bool:
    return any(one.rule == "no_column" and one.field == field.id for one in found.findings)


def _merge(first: FoundForm, second: FoundForm, campaign: Campaign) -> FoundForm:
    values: dict[str, Figure] = {}
    sources: dict[str, str] = {}
    findings: list[Finding] = []
    counts = False  # whether the second bears on what comes out
    for field in campaign.form.fields:
        chosen = _choose(field, first, second)
        counts = counts or chosen is not first
        values[field.id] = chosen.form.values.get(field.id) if chosen else None
        if chosen is None:
            findings.append(_two_forms(field, first, second))
        else:
            findings += [one for one in chosen.findings if one.field == field.id]
            sources |= {name: at for name, at in chosen.form.sources.items() if name == field.id}
    findings += _of_two_places(first, second) if not counts else ()
    both = (first, second) if counts else (first,)
    # Where an equal copy has the column that is missing here, its neighbours are no more in doubt.
    findings += dict.fromkeys(
        one
        for found in both
        for one in found.findings
        if one.field is None and (one.rule != "shifted" or not counts)
    )
    headers: dict[str, object] = {}
    for header in campaign.form.header:
        headers[header.id], told = _choose_header(header, first, second, campaign)
        findings += told
    needs = any(found.form.needs_confirmation for found in both)
    return FoundForm(
        Form(**kept(headers, campaign), values=values, sources=sources, needs_confirmation=needs),
        tuple(findings),
    )


def _choose(field: FormField, first: FoundForm, second: FoundForm) -> FoundForm | None:
    """The form whose value counts; None where the two differ."""
    one, other = first.form.values.get(field.id), second.form.values.get(field.id)
    if one == other or _lacks(second, field) or (not field.is_figure and other == ""):
        return first
    return second if _lacks(first, field) or (not field.is_figure and one == "") else None


def _choose_header(
    header: HeaderField, first: FoundForm, second: FoundForm, campaign: Campaign
) -> tuple[object, list[Finding]]:
    one, other = (header_value(found.form, header, campaign) for found in (first, second))
    if one and other and not _same(header, one, other):
        return None, [_two_headers(header, one, other)]
    chosen = second if other and (not one or len(str(other)) > len(str(one))) else first
    return other if chosen is second else one, [
        finding for finding in chosen.findings if finding.field == header.id
    ]


def _same(header: HeaderField, one: object, other: object) -> bool:
    if header.type != "unit":
        return one == other
    # 青年镇 and 青年镇人民政府 are one; whose they are is judged by the register, later.
    short, long = sorted((squeeze(str(one)), squeeze(str(other))), key=len)
    return long.startswith(short)


def _of_two_places(first: FoundForm, second: FoundForm) -> list[Finding]:
    """The warning where equal forms stand on sheets named after two villages or months: two parts, or a copy?"""
    names = [next(iter(one.form.sources.values()), "").partition("!")[0] for one in (first, second)]
    if names[0] == names[1] or not all(map(PLACE_OR_TIME.search, names)) or not any(_figures(first)):
        return []
    text = (
        f"“{names[0]}”和“{names[1]}”两张表的数完全相同，只计了一份。"
        "请核对；如是两处各自的数，请相加后填在一张表里重报。"
    )
    return [Finding("warning", "two_forms", text)]


def _figures(found: FoundForm) -> list[Figure]:
    return [value for value in found.form.values.values() if isinstance(value, Decimal)]


def _two_forms(field: FormField, first: FoundForm, second: FoundForm) -> Finding:
    written = "、".join(f"“{_told(found, field)}”" for found in (first, second))
    text = f"收到两份填写不同的表，“{field.full_label}”分别是{written}，不能确定以哪份为准。请只报一份。"
    return Finding("error", "two_forms", text, field.id, None, (field.id,))


def _told(found: FoundForm, field: FormField) -> str:
    value = found.form.values.get(field.id)
    if value is not None:
        return quote(plain(value))
    written = next((one.written for one in found.findings if one.field == field.id and one.written), "")
    return quote(written) or "未填写"


def _two_headers(header: HeaderField, one: object, other: object) -> Finding:
    text = f"收到两份表，“{header.label}”分别是“{quote(plain(one))}”和“{quote(plain(other))}”，不能确定以哪份为准。请只报一份。"
    severity: Severity = "error" if header.type == "unit" else "warning"
    return Finding(severity, "two_forms", text, header.id, None, (header.id,))

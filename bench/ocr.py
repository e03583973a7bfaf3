"""How well scanned and photographed forms are read: figures right, refused and wrong, by how bad the picture is.

The pages are made by tests/reading/degrade.py from seeds that nothing was tuned on. What is expected is what the same
values mean in a workbook. A wrong figure above the line of confidence is what nobody would be warned of. The reader's
process is asked for its peak of memory after each (on Linux).
"""

from __future__ import annotations

import datetime as dt
import io
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import ROOT, arguments, result, show
from PIL import Image

from agent.base.errors import Unreadable
from agent.campaign.rules import load_campaign
from agent.campaign.units import load_register
from agent.demo.forms import form_xlsx
from agent.reading.apart import apart
from agent.reading.files import read_file
from agent.reading.grid import Document
from agent.reading.limits import Budget, Limits
from agent.reading.ocr import read_picture
from agent.reading.reading import Figure, Form
from agent.reading.table.form import FoundForm, find_form
from tests.reading import degrade

CAMPAIGN = load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")
REGISTER = load_register(ROOT / "agent/demo/campaign/units.yaml")
NEAR = dt.date(2024, 3, 5)
FIRST_SEED = 60_000
LINE = 0.9  # of confidence
MOST_SECONDS, MOST_MEGABYTES = 60, 512  # a file, and the process that reads it
SMALL = 1600  # pixels of the longer side, as a chat program sends a photo on


def main() -> None:
    given = arguments(__doc__ or "", runs=1, pages=20, seed=FIRST_SEED)
    seeds = range(given.seed, given.seed + given.pages)
    forms = [degrade.filled(CAMPAIGN, seed) for seed in seeds]
    pages = degrade.rendered(forms, CAMPAIGN)
    levels = {**degrade.LEVELS, "sent on small": _sent_on, "hopeless": degrade.hopeless}
    rows, figures, peak = [], {}, 0
    for name, make in levels.items():
        counts, seconds, most = _level(forms, pages, seeds, make, name)
        peak = max(peak, most)
        rows.append([name, *(counts[key] for key in KEYS), *_pace(seconds)])
        figures[name] = {
            **{key: counts[key] for key in (*KEYS, "forms")},
            **dict(zip(("seconds", "longest", "pages a minute"), _pace(seconds), strict=True)),
        }
    show(f"{given.pages} pages a level, {len(CAMPAIGN.form.fields)} cells a page", HEADS, rows)
    print(f"\npeak of the reader's process: {peak} MB")
    result("ocr", _aims(figures, peak, given.pages * len(CAMPAIGN.form.fields)), **figures, peak_mb=peak)


KEYS = ("right", "refused", "wrong, sure", "wrong, unsure", "header wrong", "pages refused", "to confirm")
HEADS = ("picture", *KEYS, "seconds a page", "longest", "pages a minute")


def _pace(seconds: list[float]) -> tuple[float, float, float]:
    """Median and longest seconds a page, and pages a minute one after the other."""
    return statistics.median(seconds), max(seconds), 60 * len(seconds) / sum(seconds)


def _peak_megabytes() -> int:
    """The most memory that the reader's process had at once; 0 where the system doesn't tell."""
    status = Path(f"/proc/{apart.worker_id('picture')}/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _aims(figures: dict[str, Any], peak: int, cells: int) -> dict[str, bool]:
    return {
        f"under {MOST_SECONDS} s a page": all(one["longest"] < MOST_SECONDS for one in figures.values()),
        f"under {MOST_MEGABYTES} MB": peak < MOST_MEGABYTES,
        "flat, all right": figures["flat"]["right"] == cells,
        "crooked, all right": figures["crooked"]["right"] == cells,
        "photographed, 270 of 280 right": figures["photographed"]["right"] >= cells * 270 / 280,
        "none wrong": not any(one["wrong, sure"] + one["wrong, unsure"] for one in figures.values()),
        "every form to confirm": all(one["to confirm"] == one["forms"] for one in figures.values()),
    }


def _level(
    forms: list[degrade.Filled],
    pages: list[Image.Image],
    seeds: range,
    make: Callable[[Image.Image, int], bytes],
    name: str,
) -> tuple[Counter[str], list[float], int]:
    counts: Counter[str] = Counter()
    seconds, peak = [], 0
    for form, page, seed in zip(forms, pages, seeds, strict=True):
        data = make(page, seed)
        began = time.perf_counter()
        document = _read(data)
        seconds.append(time.perf_counter() - began)
        peak = max(peak, _peak_megabytes())  # it is replaced now and then
        found = find_form(document, CAMPAIGN, REGISTER, NEAR) if document else None
        _count(form, document, found, counts, f"{name} {seed}")
    return counts, seconds, peak


def _read(data: bytes) -> Document | None:
    try:
        return read_picture(data, Budget(Limits()))
    except Unreadable:
        return None


def _count(
    form: degrade.Filled, document: Document | None, found: FoundForm | None, counts: Counter[str], page: str
) -> None:
    if found is None or document is None:
        counts["pages refused"] += 1
        counts["refused"] += len(CAMPAIGN.form.fields)
        return
    counts["forms"] += 1
    marked = any(one.rule == "from_picture" for one in found.findings)
    counts["to confirm"] += found.form.needs_confirmation and marked
    expected = _expected(form)
    for field in CAMPAIGN.form.fields:
        read, meant = found.form.values[field.id], expected.values[field.id]
        if _same(read, meant):
            counts["right"] += 1
        elif read is None:
            counts["refused"] += 1
        else:
            sure = _confidence(document, found.form.sources.get(field.id)) >= LINE
            counts["wrong, sure" if sure else "wrong, unsure"] += 1
            print(f"{page}: {field.id} {form.values.get(field.id)!r} read as {read!r}", file=sys.stderr)
    counts["header wrong"] += sum(
        getattr(found.form, name) not in (None, getattr(expected, name))
        for name in ("unit", "reported_on", "reporter", "phone")
    )


def _expected(form: degrade.Filled) -> Form:
    book = form_xlsx(CAMPAIGN, form.values, form.header, turned=form.turned)
    reading = read_file("统计表.xlsx", book, CAMPAIGN, REGISTER, NEAR)
    assert reading.form is not None
    return reading.form


def _same(one: Figure, other: Figure) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return "".join(one.split()) == "".join(other.split())
    return one == other


def _confidence(document: Document, source: str | None) -> float:
    cells = {grid.source(cell): cell for grid in document.grids for row in grid.rows for cell in row}
    cell = cells.get(source or "")
    return cell.confidence or 0.0 if cell else 0.0


def _sent_on(page: Image.Image, seed: int) -> bytes:
    photo = Image.open(io.BytesIO(degrade.photographed(page, seed)))
    photo.thumbnail((SMALL, SMALL))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=75)
    return out.getvalue()


if __name__ == "__main__":
    main()

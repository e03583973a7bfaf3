"""Forms read a second, .xlsx and .docx, against the bare library opening the same file and touching every cell.

Ours is the whole way: to the process apart and back, the form found by its labels, its figures and findings. Beside it
how long the parts take, measured in one process.
"""

from __future__ import annotations

import datetime as dt
import io
import statistics
import sys
import time
from collections.abc import Callable

from measure import ROOT, arguments, result, show

sys.path.insert(0, str(ROOT / "tests" / "reading"))

import make_forms as forms  # type: ignore[import-not-found]

from agent.campaign.rules import load_campaign
from agent.campaign.units import load_register
from agent.reading.apart.opening import open_file, tell_opened
from agent.reading.files import read_file
from agent.reading.grid import Document
from agent.reading.limits import Budget, Limits
from agent.reading.table.form import find_form

AIM = 1.5
NEAR = dt.date(2024, 3, 5)
CAMPAIGN, REGISTER = (
    load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml"),
    load_register(ROOT / "agent/demo/campaign/units.yaml"),
)


def main() -> None:
    asked = arguments(__doc__ or "", runs=15, files=20)
    rows, ratios, parts = [], {}, []
    for suffix, data, floors in (
        ("xlsx", forms.xlsx(), {"openpyxl": _openpyxl, "openpyxl, rich text and formats": _openpyxl_all}),
        ("docx", forms.docx(), {"python-docx": _python_docx, "zip and lxml": _lxml}),
    ):
        reading = read_file(f"a.{suffix}", data, CAMPAIGN, REGISTER, NEAR)
        assert reading.form is not None and all(value is not None for value in reading.form.values.values())
        ways = {
            "ours": lambda data, suffix=suffix: read_file(f"a.{suffix}", data, CAMPAIGN, REGISTER, NEAR),
            **floors,
        }
        took = _in_turn(ways, data, asked.runs, asked.files)
        for name in floors:
            ratios[f"{suffix} / {name}"] = took["ours"] / took[name]
        rows += [
            (f".{suffix}: {name}", 1 / one, 1000 * one, took["ours"] / one) for name, one in took.items()
        ]
        parts += [(f".{suffix}: {name}", 1000 * one) for name, one in _parts(suffix, data, asked).items()]
    show(f"Forms read (median of {asked.runs})", ("", "a second", "ms", "ours to it"), rows)
    show("Where ours goes, in one process", ("", "ms"), parts)
    met = {f"{name} <= {AIM}": ratios[name] <= AIM for name in ("xlsx / openpyxl", "docx / python-docx")}
    result("reading", met, ratios=ratios)


def _in_turn(
    ways: dict[str, Callable[[bytes], object]], data: bytes, runs: int, files: int
) -> dict[str, float]:
    """The median seconds a file of each way, one after another each time; the first time is for the caches."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            for _ in range(files):
                way(data)
            if run:
                took[name].append((time.perf_counter() - began) / files)
    return {name: statistics.median(seconds) for name, seconds in took.items()}


def _parts(suffix: str, data: bytes, asked: object) -> dict[str, float]:
    del asked
    opened = open_file(data, Budget(Limits()), f"a.{suffix}", 200, True)
    assert isinstance(opened.content, Document)
    document = opened.content
    ways: dict[str, Callable[[bytes], object]] = {
        "the format's reader": lambda data: open_file(data, Budget(Limits()), f"a.{suffix}", 200, True),
        "as plain data": lambda _: tell_opened(opened),
        "finding the form": lambda _: find_form(document, CAMPAIGN, REGISTER, NEAR),
    }
    return _in_turn(ways, data, 5, 10)


# --- the bare libraries ----------------------------------------------------------------------------------


def _openpyxl(data: bytes) -> int:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), data_only=True)
    return sum(cell.value is not None for sheet in book for row in sheet.iter_rows() for cell in row)


def _openpyxl_all(data: bytes) -> int:
    """With what our reader needs to know of each cell, too."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), data_only=True, rich_text=True)
    return sum(
        cell.value is not None and bool(cell.number_format) and not cell.font.strike
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
    )


def _python_docx(data: bytes) -> int:
    import docx

    document = docx.Document(io.BytesIO(data))
    return sum(bool(cell.text) for table in document.tables for row in table.rows for cell in row.cells)


def _lxml(data: bytes) -> int:
    """No library for the format at all: the part parsed, the text of each cell's runs joined."""
    import zipfile

    from lxml import etree

    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        root = etree.fromstring(package.read("word/document.xml"))
    return sum(
        bool("".join(one.text or "" for one in cell.iter(f"{word}t"))) for cell in root.iter(f"{word}tc")
    )


if __name__ == "__main__":
    main()

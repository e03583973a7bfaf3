"""Makes the corpus of forms: real files by the programs that offices use, and beside them what they say.

Run by hand: `python tests/forms/make_forms.py` (needs LibreOffice and Chromium for the conversions; those that are there are kept,
since these never write the same bytes twice: `--anew` makes them again). What a file says is known from
the specification and from what was written into it, never from the reader.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from making import (  # noqa: E402
    beside,
    books,
    checks,
    clerks,
    containers,
    doubled,
    drawn,
    everyday,
    finding,
    headers,
    hiding,
    inks,
    mails,
    offices,
    pages,
    papers,
    places,
    printing,
    rows,
    seconds,
    shifts,
    slips,
    stale,
    traps,
    values,
)
from making.model import Case, Expected, Form  # noqa: E402

FAMILIES: dict[str, Callable[[], list[Case]]] = {
    "values": values.cases,
    "finding": finding.cases,
    "rows": rows.cases,
    "doubled": doubled.cases,
    "seconds": seconds.cases,
    "shifts": shifts.cases,
    "headers": headers.cases,
    "hiding": hiding.cases,
    "clerks": clerks.cases,
    "checks": checks.cases,
    "everyday": everyday.cases,
    "printed": pages.printed,
    "old": pages.old,
    "pictures": pages.pictures,
}
WHOLE: dict[str, Callable[[], dict[str, tuple[bytes, Any]]]] = {
    "mails": mails.files,
    "everyday_mails": everyday.mails,
    "containers": containers.files,
    "traps": traps.files,
    "offices": offices.files,
    "slips": slips.files,
    "drawn": drawn.files,
    "inks": inks.files,
    "stale": stale.files,
    "places": places.files,
    "beside": beside.files,
}
WRITERS: dict[str, Callable[[Sequence[Form]], bytes]] = {
    "xlsx": books.xlsx,
    "xls": books.xls,
    "ods": books.ods,
    "docx": papers.docx,
    "html": papers.html,
    "csv": papers.delimited,
    "bom.csv": lambda forms: papers.delimited(forms, "utf-8-sig"),
    "gbk.csv": lambda forms: papers.delimited(forms, "gb18030"),
    "utf16.csv": lambda forms: papers.delimited(forms, "utf-16", "\t"),
    "page": printing.page,
    "sheet": printing.sheet,
    "loose-page": lambda forms: printing.page(forms, ruled=False),
    "loose-html": lambda forms: printing.html(forms, ruled=False),
    "eml": lambda forms: papers.mail(page=papers.html_body(forms)),
}
SUFFIXES = {"page": "docx", "loose-page": "docx", "sheet": "xlsx", "loose-html": "html"}
NAMED = str.maketrans(" ", "-", "',")


def main() -> None:
    kept = (
        {} if "--anew" in sys.argv[1:] else {path.name: path.read_bytes() for path in HERE.glob("*/*.from-*")}
    )
    asked = [one for one in sys.argv[1:] if not one.startswith("-")] or [*FAMILIES, *WHOLE]
    for family in asked:
        shutil.rmtree(HERE / family, ignore_errors=True)
        (HERE / family).mkdir()
    for family in asked:
        if family in FAMILIES:
            _write(family, _files(FAMILIES[family](), kept))
        else:
            _write(family, _turned(WHOLE[family](), kept))


def _turned(files: dict[str, tuple[bytes, Any]], kept: dict[str, bytes]) -> dict[str, tuple[bytes, Any]]:
    """The files; those named a.from-docx.odt, of which the .docx was given, as .odt."""
    asked: dict[tuple[str, str], dict[str, bytes]] = {}
    for name, (data, _) in files.items():
        if ".from-" in name and name not in kept:
            source, _, target = name.partition(".from-")[2].partition(".")
            asked.setdefault((source, target), {})[name] = data
    made = dict(kept)
    for (source, target), sources in asked.items():
        made |= converted(sources, source, target)
    return {name: (made.get(name, data), reading) for name, (data, reading) in files.items()}


def _write(family: str, files: dict[str, tuple[bytes, Any]]) -> None:
    for name, (data, _) in files.items():
        (HERE / family / name).write_bytes(data)
    expected = {name: reading for name, (_, reading) in files.items()}
    text = yaml.safe_dump(expected, allow_unicode=True, sort_keys=False, width=110)
    (HERE / family / "expected.yaml").write_text(text, encoding="utf-8")


def _files(cases: Sequence[Case], kept: dict[str, bytes]) -> dict[str, tuple[bytes, Any]]:
    made: dict[str, tuple[bytes, Any]] = {}
    asked: dict[tuple[str, str], dict[str, bytes]] = {}
    order: list[tuple[str, Any]] = []
    for case in cases:
        for wanted in case.formats:
            source, _, target = wanted.partition(">")
            name = f"{case.name.translate(NAMED)}.{f'from-{source}.{target}' if target else source}"
            expected = case.differs.get(wanted, case.expected)
            order.append((name, expected.as_yaml() if isinstance(expected, Expected) else expected))
            data = (printing.html if wanted == "html>pdf" else WRITERS[source])(case.forms)
            if name in kept:
                made[name] = (kept[name], None)
            elif target:
                asked.setdefault((source, target), {})[name] = data
            else:
                made[name] = (data, None)
    for (source, target), sources in asked.items():
        made |= {name: (data, None) for name, data in converted(sources, source, target).items()}
    return {name: (made[name][0], reading) for name, reading in order}


def converted(sources: dict[str, bytes], source: str, target: str) -> dict[str, bytes]:
    """The files in another format, by the program that reads the one and writes the other."""
    suffix = SUFFIXES.get(source, source)
    if suffix == "html" and target == "pdf":
        return printing.by_chromium(sources)
    if target in printing.PICTURES:
        pages = printing.by_office(sources, suffix, "pdf")
        return {name: printing.scanned(page, target) for name, page in pages.items()}
    return printing.by_office(sources, suffix, target)


if __name__ == "__main__":
    main()

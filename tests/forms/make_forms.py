"""Makes the corpus of forms: real files by the programs that offices use, and beside them what they say.

Run by hand: `python tests/forms/make_forms.py` (needs LibreOffice for the conversions). What a file says is known from
the specification and from what was written into it, never from the reader.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from making import books, containers, finding, headers, hiding, mails, papers, rows, values  # noqa: E402
from making.model import Case, Form  # noqa: E402

FAMILIES: dict[str, Callable[[], list[Case]]] = {
    "values": values.cases,
    "finding": finding.cases,
    "rows": rows.cases,
    "headers": headers.cases,
    "hiding": hiding.cases,
}
WHOLE: dict[str, Callable[[], dict[str, tuple[bytes, Any]]]] = {
    "mails": mails.files,
    "containers": containers.files,
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
    "eml": lambda forms: papers.mail(page=papers.html_body(forms)),
}
FIXED = (2024, 3, 1, 9, 0, 0)


def main() -> None:
    for family in (*FAMILIES, *WHOLE):
        shutil.rmtree(HERE / family, ignore_errors=True)
        (HERE / family).mkdir()
    for family, cases in FAMILIES.items():
        _write(family, _files(cases()))
    for family, files in WHOLE.items():
        _write(family, files())


def _write(family: str, files: dict[str, tuple[bytes, Any]]) -> None:
    for name, (data, _) in files.items():
        (HERE / family / name).write_bytes(data)
    expected = {name: reading for name, (_, reading) in files.items()}
    text = yaml.safe_dump(expected, allow_unicode=True, sort_keys=False, width=110)
    (HERE / family / "expected.yaml").write_text(text, encoding="utf-8")


def _files(cases: Sequence[Case]) -> dict[str, tuple[bytes, Any]]:
    made: dict[str, tuple[bytes, Any]] = {}
    asked: dict[tuple[str, str], dict[str, bytes]] = {}
    order: list[tuple[str, Any]] = []
    for case in cases:
        for wanted in case.formats:
            source, _, target = wanted.partition(">")
            name = f"{case.name.replace(' ', '-')}.{target and f'from-{source}.{target}' or source}"
            expected = case.differs.get(wanted, case.expected)
            order.append((name, expected.as_yaml() if expected else None))
            data = settled(WRITERS[source](case.forms))
            if target:
                asked.setdefault((source, target), {})[name] = data
            else:
                made[name] = (data, None)
    for (source, target), sources in asked.items():
        made |= {name: (data, None) for name, data in converted(sources, source, target).items()}
    return {name: (made[name][0], reading) for name, reading in order}


FILTERS = {"xls": "xls:MS Excel 97", "html": "html", "docx": "docx:MS Word 2007 XML", "doc": "doc:MS Word 97"}


def converted(sources: dict[str, bytes], source: str, target: str) -> dict[str, bytes]:
    """The files as LibreOffice writes them in another format, in one call."""
    with tempfile.TemporaryDirectory() as folder:
        numbered = {f"{place}.{source}": name for place, name in enumerate(sources)}
        for short, name in numbered.items():
            (Path(folder) / short).write_bytes(sources[name])
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
        out = str(Path(folder) / "out")
        inputs = [str(Path(folder) / short) for short in numbered]
        subprocess.run([*command, FILTERS.get(target, target), "--outdir", out, *inputs], check=True, capture_output=True)
        return {
            name: (Path(out) / short.replace(f".{source}", f".{target}")).read_bytes()
            for short, name in numbered.items()
        }


def settled(data: bytes) -> bytes:
    """A zip's bytes without the moment at which it was made, so that making again changes nothing."""
    if not data.startswith(b"PK"):
        return data
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2024-03-01T09:00:00Z", content)
            entry = zipfile.ZipInfo(info.filename, FIXED)
            entry.compress_type = zipfile.ZIP_STORED if info.filename == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return file.getvalue()


if __name__ == "__main__":
    main()

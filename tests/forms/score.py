"""How the reader does on the corpus: exact, refused or wrong, by family. `python -m tests.forms.score [-v]`.

Exact: every value, header value and finding as expected. Told otherwise: the values as expected, a finding not.
Refused: a value that the form states reads as null, and says so. Wrong: any other value than the form's; there must be
none, and above all none in silence. Below that, for each row of the specification the files that show it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

import yaml

from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import Register, load_register
from agent.cli.read_files import read_files
from agent.reading.reading import FileReading, Form

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
Verdict = Literal["exact", "told otherwise", "refused", "wrong"]
VERDICTS: tuple[Verdict, ...] = ("exact", "told otherwise", "refused", "wrong")


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of the corpus with its expected reading: None for no form, a list for several."""

    family: str
    path: Path
    expected: Any

    def __str__(self) -> str:
        return f"{self.family}/{self.path.name}"


def samples() -> Iterator[Sample]:
    for listed in sorted(HERE.glob("*/expected.yaml")):
        for name, expected in yaml.load(listed.read_text(encoding="utf-8"), yaml.CSafeLoader).items():
            yield Sample(listed.parent.name, listed.parent / name, expected)


def judge(sample: Sample, campaign: Campaign, register: Register) -> tuple[Verdict, list[str]]:
    """The verdict, and each difference in words."""
    (reading,) = read_files([sample.path], campaign, register)
    found = [one for one in reading.everything() if one.form]
    expected = sample.expected
    if isinstance(expected, dict) and "unread" in expected:
        return _unread(reading, found, expected["unread"])
    wanted = [] if expected is None else expected if isinstance(expected, list) else [expected]
    if len(found) != len(wanted):
        told = [
            f"{one.severity} {one.rule}: {one.text}"
            for every in reading.everything()
            for one in every.findings
        ]
        verdict: Verdict = "wrong" if len(found) > len(wanted) else "refused"
        return verdict, [f"{len(found)} forms instead of {len(wanted)}", *told]
    verdicts, differences = ["exact"], []
    for one, form in zip(found, wanted, strict=True):
        verdict, more = _compare(one, form)
        verdicts.append(verdict)
        differences += more
    return max(verdicts, key=list(VERDICTS).index), differences  # type: ignore[arg-type,return-value]


def _unread(reading: FileReading, found: list[FileReading], rule: str) -> tuple[Verdict, list[str]]:
    told = [
        finding.rule
        for every in reading.everything()
        for finding in every.findings
        if finding.severity == "error"
    ]
    if found:
        return "wrong", ["a form where none can be read"]
    return ("exact", []) if rule in told else ("told otherwise", [f"told {told} instead of {rule}"])


def _compare(reading: FileReading, expected: Mapping[str, Any]) -> tuple[Verdict, list[str]]:
    assert reading.form
    wrong, refused = [], []
    for name, wanted in expected["values"].items():
        value = plain(reading.form.values.get(name))
        if wanted in (value, "*"):
            continue
        (refused if value is None else wrong).append(f"{name}: {value!r} instead of {wanted!r}")
    if expected.get("needs_confirmation", False) not in (reading.form.needs_confirmation, "*"):
        wrong.append(f"needs_confirmation is {reading.form.needs_confirmation}")
    told = [*_header(reading.form, expected["header"]), *_findings(reading, expected)]
    verdict: Verdict = "wrong" if wrong else "refused" if refused else "told otherwise" if told else "exact"
    return verdict, [*wrong, *refused, *told]


def plain(value: Any) -> str | None:
    """A figure as the expected readings write it: exact, without trailing zeros."""
    if not isinstance(value, Decimal):
        return value  # type: ignore[no-any-return]
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _header(form: Form, wanted: Mapping[str, str | None]) -> Iterator[str]:
    found = {
        "unit": form.unit,
        "reported_on": form.reported_on and form.reported_on.isoformat(),
        "reporter": form.reporter,
        "phone": form.phone,
    }
    for name, value in wanted.items():
        one, other = found[name], value
        if name == "phone":  # spaces and dashes don't count
            one, other = (text and text.replace("-", "").replace(" ", "") for text in (one, other))
        if other not in (one, "*"):
            yield f"{name}: {found[name]!r} instead of {value!r}"


def _findings(reading: FileReading, expected: Mapping[str, Any]) -> Iterator[str]:
    for severity in ("error", "warning", "note"):
        told = [one for one in reading.findings if one.severity == severity]
        missing = []
        for one in sorted(expected.get(f"{severity}s", ()), key=lambda text: text.count("*")):
            match = next(
                (it for it in told if fnmatch(f"{it.rule}:{it.field or ''}", one.removeprefix("?"))), None
            )
            if match:
                told.remove(match)
            elif not one.startswith("?"):
                missing.append(one)
        if told:
            yield f"{severity} besides: " + "; ".join(
                f"{one.rule}:{one.field or ''} {one.text}" for one in told
            )
        if missing:
            yield f"{severity} not told: {', '.join(missing)}"


# --- what the files show ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the specification's tables, and the corpus' files that show it."""

    table: str
    row: str
    files: tuple[Sample, ...]

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(sorted({sample.path.suffix for sample in self.files}))


def rows(campaign: Campaign) -> Iterator[Row]:
    """Every row: fields, header values, checks, then what covered.yaml lists."""
    every = list(samples())
    for field in campaign.form.fields:
        yield Row("fields", field.full_label, tuple(one for one in every if _reads(one, "values", field.id)))
    for header in campaign.form.header:
        yield Row("header", header.label, tuple(one for one in every if _reads(one, "header", header.id)))
    for check in campaign.checks:
        if check.id not in BY_MAIL:
            yield Row("checks", check.id, tuple(one for one in every if _tells(one, check.id)))
    listed = yaml.safe_load((HERE / "covered.yaml").read_text(encoding="utf-8"))
    for table, asked in listed.items():
        for row, patterns in asked.items():
            yield Row(
                table, row, tuple(one for one in every if any(fnmatch(str(one), it) for it in patterns))
            )


BY_MAIL = ("stories_without_narrative", "reported_after_mail")  # need a mail and a dossier: see tests/outcome


def _forms(sample: Sample) -> list[dict[str, Any]]:
    listed = sample.expected if isinstance(sample.expected, list) else [sample.expected]
    return [one for one in listed if isinstance(one, dict) and "values" in one]


def _reads(sample: Sample, part: str, name: str) -> bool:
    return any(form[part].get(name) not in (None, "", "*") for form in _forms(sample))


def _tells(sample: Sample, rule: str) -> bool:
    told = (one for form in _forms(sample) for kind in ("errors", "warnings") for one in form.get(kind, ()))
    return any(one.startswith(f"{rule}:") for one in told)


def _show(every: list[Row]) -> None:
    for table in dict.fromkeys(row.table for row in every):
        print(f"\n{table}")
        for row in every:
            if row.table == table:
                print(f"  {len(row.files):>4} files  {' '.join(row.formats):<48}  {row.row}")


def main(verbose: bool) -> int:
    campaign = load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")
    register = load_register(ROOT / "agent/demo/campaign/units.yaml")
    table: dict[str, Counter[str]] = {}
    for sample in samples():
        verdict, differences = judge(sample, campaign, register)
        table.setdefault(sample.family, Counter())[verdict] += 1
        if differences and verbose:
            print(f"{verdict}: {sample}", *differences, sep="\n    ")
    print(f"{'':<12}{'files':>8}", *(f"{verdict:>16}" for verdict in VERDICTS))
    for family, counts in [*table.items(), ("all", sum(table.values(), Counter()))]:
        print(f"{family:<12}{counts.total():>8}", *(f"{counts[verdict]:>16}" for verdict in VERDICTS))
    _show(list(rows(campaign)))
    return 1 if any(counts["wrong"] for counts in table.values()) else 0


if __name__ == "__main__":
    sys.exit(main("-v" in sys.argv[1:]))

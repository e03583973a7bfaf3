"""The corpus in tests/forms: every file reads as its expected reading says, and none wrongly in silence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.reading.ocr import installed
from tests.forms.score import Sample, judge, rows, samples

SAMPLES = list(samples())
SLOW = (".pdf", ".doc", ".wps", ".rtf")  # read in other processes
MISSING = shutil.which("soffice") is None or not installed()


def cases() -> Iterator[object]:
    for sample in SAMPLES:
        slow = sample.family in ("old", "pictures") or (
            sample.family == "printed" and sample.path.suffix in SLOW
        )
        needs = pytest.mark.skipif(
            slow and sample.family != "printed" and MISSING, reason="LibreOffice or the extra ocr is missing"
        )
        yield pytest.param(sample, marks=[pytest.mark.integration, needs] if slow else [], id=str(sample))


@pytest.mark.parametrize("sample", list(cases()))
def test_a_form_reads_as_expected(sample: Sample, campaign: Campaign, register: Register) -> None:
    verdict, differences = judge(sample, campaign, register)
    assert verdict == "exact", "\n".join(differences)


def test_every_row_of_the_specification_is_shown_in_two_formats(campaign: Campaign) -> None:
    few = {f"{row.table}: {row.row}": row.formats for row in rows(campaign) if len(row.formats) < 2}
    assert not few


def test_the_corpus_is_large_and_of_many_formats() -> None:
    suffixes = {sample.path.suffix for sample in SAMPLES}
    assert len(SAMPLES) >= 500
    assert suffixes >= {".xlsx", ".xls", ".ods", ".docx", ".odt", ".html", ".csv", ".eml", ".zip", ".txt"}
    assert suffixes >= {".pdf", ".doc", ".wps", ".rtf", ".png", ".jpg", ".tif"}


def test_every_file_of_the_corpus_has_an_expected_reading() -> None:
    listed = {sample.path for sample in SAMPLES}
    there = {
        path for sample in SAMPLES for path in sample.path.parent.iterdir() if path.name != "expected.yaml"
    }
    assert there == listed

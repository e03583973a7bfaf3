"""The corpus in tests/forms: every file reads as its expected reading says, and none wrongly in silence."""

from __future__ import annotations

import pytest

from agent.rules import Campaign
from agent.units import Register
from tests.forms.score import Sample, judge, samples

SAMPLES = list(samples())


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_form_reads_as_expected(sample: Sample, campaign: Campaign, register: Register) -> None:
    verdict, differences = judge(sample, campaign, register)
    assert verdict == "exact", "\n".join(differences)


def test_the_corpus_is_large_and_of_many_formats() -> None:
    suffixes = {sample.path.suffix for sample in SAMPLES}
    assert len(SAMPLES) >= 500
    assert suffixes >= {".xlsx", ".xls", ".ods", ".docx", ".odt", ".html", ".csv", ".eml", ".zip", ".txt"}


def test_every_file_of_the_corpus_has_an_expected_reading() -> None:
    listed = {sample.path for sample in SAMPLES}
    there = {
        path for sample in SAMPLES for path in sample.path.parent.iterdir() if path.name != "expected.yaml"
    }
    assert there == listed

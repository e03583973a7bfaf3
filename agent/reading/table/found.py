"""A form as found in a table, before it is known what counts (the type)."""

from __future__ import annotations

from dataclasses import dataclass

from agent.base.findings import Finding
from agent.reading.reading import Form, Stated


@dataclass(frozen=True, slots=True)
class FoundForm:
    """A form as found, with what is wrong with it; checks across fields are not among the findings.

    Attributes:
        mark: the words that call it a correction of another, or "".
        stated: of one with fewer columns: what it states where it turns out to be no form beside a whole one.
    """

    form: Form
    findings: tuple[Finding, ...] = ()
    mark: str = ""
    stated: Stated | None = None

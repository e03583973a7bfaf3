"""What was read (the types): a file's reading, and the form in it. Plain data, storable as JSON."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from agent.base.findings import Finding

READERS_VERSION = "6"
"""Goes up whenever a reading of the same bytes may come out differently; recorded with each reading."""

Kind = Literal["form", "narrative", "photo", "archive", "message", "other", "unreadable"]
Figure = Decimal | str | None
"""A field's value: exact decimal for counts and amounts, text for remarks, None without a certain reading."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form (统计表) as read, before it is known who sent it.

    Attributes:
        unit: 单位 as the form writes it, or None.
        reported_on, reporter, phone: header values; None where missing or not readable.
        values: every field of the campaign, by id, in the form's order.
        sources: where each value stands (``Sheet1!B6``), for the fields that have a cell.
        headers: where the rules have two header values of one type, each by its own id (a date as 2024-02-29).
        needs_confirmation: from a picture, a sum that nobody marked as the total, below another year's title, put
            right by another table, with a figure in 备注, or said by its place to be something else than the whole
            report.
    """

    unit: str | None
    reported_on: dt.date | None
    reporter: str | None
    phone: str | None
    values: Mapping[str, Figure]
    sources: Mapping[str, str]
    needs_confirmation: bool = False
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As `read --json` shows it; amounts and counts as exact JSON numbers via ``Decimal`` objects."""
        return {
            "unit": self.unit,
            "reported_on": self.reported_on.isoformat() if self.reported_on else None,
            "reporter": self.reporter,
            "phone": self.phone,
            **({"headers": dict(self.headers)} if self.headers else {}),
            "values": dict(self.values),
            "sources": dict(self.sources),
            "needs_confirmation": self.needs_confirmation,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Form:
        """The form back from JSON that was parsed with exact decimals (jsontext.loads)."""
        return cls(
            unit=stored["unit"],
            reported_on=dt.date.fromisoformat(stored["reported_on"]) if stored["reported_on"] else None,
            reporter=stored["reporter"],
            phone=stored["phone"],
            # One field's name, and a small number, is the same object in every form: thousands are kept at once.
            values={
                sys.intern(name): _decimal(value) if isinstance(value, int) else value
                for name, value in stored["values"].items()
            },
            sources=_sources(tuple(stored["sources"].items())),
            needs_confirmation=stored["needs_confirmation"],
            headers=stored.get("headers", {}),
        )


_decimal = lru_cache(10_000)(Decimal)


@lru_cache(1_000)
def _sources(items: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Most forms stand in the same cells of the same template."""
    return {sys.intern(name): cell for name, cell in items}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a table that isn't the form states of its figures.

    Attributes:
        values: field id → the figure; None where it can't be read.
        alike: field id → figures that say the same: what a breakdown's rows, or its parts, add up to.
        written: field id → what is written where it can't be read.
        was: field id → the figure that it replaces, where the table says so.
        mark: the words that call it a correction, or "".
        name: what to call the table.
        part: it only says what is among the whole (其中), or what some villages or months have.
        rows: how many rows it adds up.
        in_lines: it was made of a text's lines, and may be no more than words.
    """

    values: Mapping[str, Figure]
    alike: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    was: Mapping[str, Decimal] = field(default_factory=dict)
    mark: str = ""
    name: str = ""
    part: bool = False
    rows: int = 1
    in_lines: bool = False


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file is and holds.

    Attributes:
        file: its name, as sent (decoded, not cleaned).
        sha256: of its bytes, hexadecimal.
        kind: what it counts as.
        form: the form in it, or None.
        findings: what is wrong with the file or its form; checks across fields are not among these.
        contains: what is inside an archive, a message, or a document with pictures.
        text: the running text of a document, for the narrative; empty for others.
        pixels: SHA-256 of a picture's decoded, oriented pixels: the same photo has the same; else None.
        stated: of a file without a form: what its tables state of the form's figures; never stored in JSON.
        data: the file's bytes, for filing; never stored in JSON.
    """

    file: str
    sha256: str
    kind: Kind
    form: Form | None = None
    findings: tuple[Finding, ...] = ()
    contains: tuple[FileReading, ...] = ()
    text: str = ""
    pixels: str | None = None
    stated: tuple[Stated, ...] = field(default=(), compare=False)
    data: bytes = field(default=b"", repr=False, compare=False)

    def everything(self) -> Iterator[FileReading]:
        """This file, then all that is inside it, depth first in order."""
        yield self
        for inner in self.contains:
            yield from inner.everything()

    def as_json(self) -> dict[str, Any]:
        """As `read --json` shows it."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "kind": self.kind,
            "form": self.form.as_json() if self.form else None,
            "findings": [finding.as_json() for finding in self.findings],
            "contains": [inner.as_json() for inner in self.contains],
        }

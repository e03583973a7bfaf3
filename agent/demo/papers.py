"""What one unit of the made-up district sends: its forms, narratives, photos, and archives of them.

Takes the unit's figures and texts from district.yaml, and the form's looks from the campaign.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent.base.plain import plain
from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.demo import MARK, forms, pictures, post
from agent.demo.forms import Values
from agent.demo.layout import Written

PHONE = "000-00000000"

FORMATS: Mapping[str, Callable[..., Any]] = {
    "docx": forms.form_docx,
    "xlsx": forms.form_xlsx,
    "csv": forms.form_csv,
    "html": forms.form_html,
}


@dataclass(frozen=True, slots=True)
class Papers:
    """Makes a unit's papers.

    Attributes:
        district: district.yaml.
        unit: the unit's id, or None for a sender that is none.
        day: the date on the papers.
    """

    campaign: Campaign
    register: Register
    district: Mapping[str, Any]
    unit: str | None
    day: dt.date

    @property
    def about(self) -> Mapping[str, Any]:
        return self._about(self.unit)

    @property
    def charset(self) -> str:
        charset: str = self.about.get("charset", "utf-8")
        return charset

    @property
    def unit_name(self) -> str:
        return self._name(self.unit)

    def files(self, item: Mapping[str, Any]) -> Iterator[post.File]:
        """The files that an item of a mail's ``attach`` stands for."""
        if "form" in item:
            yield item["file"], self.form(item)
        elif "narrative" in item:
            yield item["file"], self._narrative_document(item)
        elif "photos" in item:
            for number in item["photos"]:
                yield item["file"].format(n=number), self._photo(number, item)
        elif "logo" in item:
            yield item["logo"], pictures.logo()
        elif "zip" in item:
            held = [file for inner in item["holds"] for file in self.files(inner)]
            yield item["zip"], post.gbk_zip(held, self.day)

    def form(self, item: Mapping[str, Any]) -> Any:
        """The form in the format that the item names: bytes, or HTML text; another unit's if it says so."""
        about = self._about(item.get("unit", self.unit))
        written = {**about["figures"], **about.get("variants", {}).get(item.get("variant"), {})}
        values: dict[str, Written] = {field: _number(value) for field, value in written.items()}
        values |= {
            field.id: about.get("remarks", "") for field in self.campaign.form.fields if not field.is_figure
        }
        options = {"turned": item.get("turned", False)}
        if "breakdown" in item:
            options["breakdown"] = self._breakdown(values, item["breakdown"])
        return FORMATS[item["form"]](self.campaign, values, self._header(about), **options)

    def narrative(self, kind: str) -> list[str]:
        """The unit's account, a paragraph each."""
        figures = {field: plain(_number(value)) for field, value in self.about["figures"].items()}
        known = {"单位": self.unit_name, **figures}
        return [text.format_map(known) for text in self.district["narratives"][kind]]

    def _narrative_document(self, item: Mapping[str, Any]) -> bytes:
        title = f"{self.unit_name}{self.campaign.title}开展情况"
        shown = [self._photo(number, item) for number in item.get("pictures", ())]
        return forms.narrative_docx(title, self.narrative(item["narrative"]), shown)

    def _photo(self, number: int, item: Mapping[str, Any]) -> bytes:
        owner = self._name(item.get("of", self.unit))
        return pictures.photo(self.district["seed"] + number, f"{owner} {item.get('caption', '')}".strip())

    def _header(self, about: Mapping[str, Any]) -> dict[str, str]:
        date = about["date"].format(y=self.day.year, m=self.day.month, d=self.day.day)
        written = {"unit": about["written"], "date": date, "text": about["reporter"], "phone": PHONE}
        return {header.id: written[header.type] for header in self.campaign.form.header}

    def _breakdown(self, total: Values, names: Sequence[str]) -> dict[str, Values]:
        """A row for each name, whose figures add up to the total's exactly."""
        rng = random.Random(f"{self.district['seed']} {self.unit}")
        rows: dict[str, dict[str, Written]] = {name: {} for name in names}
        for field in self.campaign.form.figures:
            for name, share in zip(names, _shares(rng, total[field.id], len(names)), strict=True):
                rows[name][field.id] = share
        return {**rows}

    def _about(self, unit: str | None) -> Mapping[str, Any]:
        about: Mapping[str, Any] = self.district["units"].get(unit, {})
        return about

    def _name(self, unit: str | None) -> str:
        known = self.register.by_id.get(unit or "")
        return known.name if known else MARK


def _shares(rng: random.Random, total: Written, count: int) -> list[Decimal]:
    """A number in so many parts, in hundredths where it has any."""
    whole = Decimal(total)
    step = Decimal(1) if whole == whole.to_integral_value() else Decimal("0.01")
    steps = int(whole / step)
    cuts = sorted(rng.randint(0, steps) for _ in range(count - 1))
    return [(end - start) * step for start, end in zip([0, *cuts], [*cuts, steps], strict=True)]


def _number(value: object) -> Written:
    """A number as a number, anything else (约20) as the text that it is."""
    text = str(value)
    return Decimal(text) if text.replace(".", "", 1).isdecimal() and text.isascii() else text

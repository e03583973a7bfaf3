"""The register of reporting units (单位), and which of them a name means.

Names match whole, after the district's own prefix is stripped, and never by similarity: 石林镇, 丛林镇 and
东林街道 differ by one character, and 万盛街道 bears the district's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from agent.base.unseen import acts, without_unseen
from agent.campaign.rules import Identifier, Model
from agent.campaign.yamlfile import load_model

Address = Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]


class Unit(Model):
    """One reporting unit.

    Attributes:
        senders: registered addresses, compared without regard to case.
        required: whether it owes a report, and is late without one.
    """

    id: Identifier
    name: Annotated[str, Field(pattern=r"\S")]
    aliases: tuple[Annotated[str, Field(pattern=r"\S")], ...] = ()
    senders: tuple[Address, ...] = ()
    required: bool = True

    @property
    def folder(self) -> str:
        """The name as that of a folder and of files, on Windows too: with what they can't have in full width."""
        seen = "".join(one for one in self.name if not acts(one))
        wide = seen.translate(_WIDE)[:40].strip(" .") or self.id
        return f"单位{wide}" if _TAKEN.fullmatch(wide) else wide

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


_WIDE = str.maketrans('/\\:*?"<>|', "／＼：＊？＂＜＞｜")
_TAKEN = re.compile(  # Windows' devices, and the archive's own folders
    r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|raw|records|letters|final|held", re.IGNORECASE
)


class Register(Model):
    """units.yaml: the district and its units, in the order of the report's rows."""

    district: str
    units: tuple[Unit, ...]

    @model_validator(mode="after")
    def _unambiguous(self) -> Register:
        for what, owners in (
            ("id", [(unit.id, unit) for unit in self.units]),
            ("名称", [(fold(name), unit) for unit in self.units for name in unit.names]),
            ("归档文件夹", [(unit.folder.casefold(), unit) for unit in self.units]),
            ("邮箱", [(folded(sender), unit) for unit in self.units for sender in unit.senders]),
        ):
            seen: dict[str, Unit] = {}
            for key, unit in owners:
                if seen.setdefault(key, unit) is not unit:
                    raise ValueError(f"units：{what} {key} 写在了两个单位下（{seen[key].name}、{unit.name}）")
        return self

    @cached_property
    def by_id(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    @cached_property
    def _named(self) -> tuple[tuple[str, Unit], ...]:
        """Each name, folded, with the unit whose it is."""
        return tuple((fold(name), unit) for unit in self.units for name in unit.names)

    @cached_property
    def _prefix(self) -> str:
        return fold(self.district)

    def with_senders(self, registered: Iterable[tuple[str, str]]) -> Register:
        """The register with (address, unit id) pairs added that the contact has decided.

        What units.yaml says of an address stands; among decisions the first.
        """
        more: dict[str, list[str]] = {}
        taken = {folded(sender) for unit in self.units for sender in unit.senders}
        for address, unit_id in registered:
            if folded(address) not in taken:
                more.setdefault(unit_id, []).append(address)
                taken.add(folded(address))
        units = tuple(
            unit.model_copy(update={"senders": (*unit.senders, *more[unit.id])}) if unit.id in more else unit
            for unit in self.units
        )
        return Register(
            district=self.district, units=units
        )  # a copy would keep what was looked up in the old one

    def of_sender(self, address: str) -> Unit | None:
        """The unit to which the address is registered, or None."""
        wanted = folded(address)
        for unit in self.units:
            if any(folded(sender) == wanted for sender in unit.senders):
                return unit
        return None

    def in_form(self, text: str) -> NamedUnit:
        """What a form's 单位 says: a registered unit, a place that isn't registered, or no place.

        After the district's prefix is stripped, the text is, or begins with, a registered name or alias. One that
        goes on to name another unit (青年镇、石林镇) is nobody's: one form, one unit.
        """
        folded = fold(text)
        for start in (self._without_district(folded), folded):
            name, unit = self._longest(start)
            if unit is not None:
                joint = self._names_another(start[len(name) :], unit)
                return NamedUnit(place=folded) if joint else NamedUnit(unit=unit)
        place = _PLACE.search(folded)
        return NamedUnit(place=place.group() if place else None)

    def in_text(self, *texts: str) -> Unit | None:
        """The unit that subjects and file names name, where just one is named there; else None."""
        named: dict[str, Unit] = {}
        for folded in map(fold, texts):
            named |= {unit.id: unit for name, unit in self._named if self._stands_in(name, folded)}
        return next(iter(named.values())) if len(named) == 1 else None

    def _without_district(self, folded: str) -> str:
        # Loosely: 重庆市万盛经开区青年镇. But 万盛街道 stays: only the district's whole name is a prefix.
        before, found, rest = folded.partition(self._prefix)
        return rest if found and not _PLACE.search(before) else folded

    def _longest(self, folded: str) -> tuple[str, Unit | None]:
        """The longest registered name that the text begins with, and whose it is."""
        starts = [(name, unit) for name, unit in self._named if folded.startswith(name)]
        return max(starts, key=lambda one: len(one[0]), default=("", None))

    def _names_another(self, rest: str, owner: Unit) -> bool:
        names = [name for name, unit in self._named if unit is not owner]
        return any(name in rest for name in names) or _ANOTHER_PLACE.search(rest) is not None

    def _stands_in(self, name: str, folded: str) -> bool:
        # A name inside a longer name of another unit doesn't count; the longest registered name wins.
        for other in (longer for longer, _ in self._named if name in longer and longer != name):
            folded = folded.replace(other, "\0") if not self._same_unit(name, other) else folded
        return name in folded

    def _same_unit(self, one: str, other: str) -> bool:
        owners = [{unit.id for name, unit in self._named if name == each} for each in (one, other)]
        return bool(owners[0] & owners[1])


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """What a name means: ``unit`` where it is registered; else ``place``, where it names some place."""

    unit: Unit | None = None
    place: str | None = None


def folded(address: str) -> str:
    """An address for comparing, without regard to case; but one with ſ or K in it is not the one with s or k."""
    return address.lower() if address.isascii() else address


def fold(text: str) -> str:
    """A name without white space and what nobody sees, in half-width forms, for comparing."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", without_unseen(text)))


_PLACE = re.compile(r"[\u4e00-\u9fff]{1,12}?(?:镇|街道|乡|救助管理站)")
_ANOTHER_PLACE = re.compile(r"[、,/和及与;][\u4e00-\u9fff]{1,8}?(?:镇|街道|乡)")


def load_register(path: Path) -> Register:
    """The units that units.yaml lists.

    Raises:
        ConfigurationError: with the file, the key's path, what was found and what is allowed.
    """
    register, _ = load_model(Register, path)
    return register

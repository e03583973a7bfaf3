"""The mails of a restless month, made up, each with what is owed for it: how many letters, and which figure stands in it."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agent.campaign.units import load_register
from agent.demo.district import addresses
from agent.demo.pictures import photo
from tests.integration.office import ROOT
from tests.outcome.bureau import ZONE, File, form, make_mail, narrative

LONG_AGO = dt.datetime(2023, 1, 5, 9, tzinfo=ZONE)  # before any campaign's start
FIGURE = "leaflets_distributed"
KINDS = {
    "form": 34, "correction": 8, "photos": 22, "all at once": 6, "question": 8, "stranger": 8,
    "automatic": 5, "from before": 3, "damaged": 3, "large": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail.

    Attributes:
        kind: one of KINDS.
        message_id: its own, which the letter that answers it names.
        owed: how many letters answer it, once it is judged.
        figure: what stands in the form under FIGURE; None: it brings no form.
    """

    kind: str
    raw: bytes = field(repr=False)
    message_id: str
    owed: int
    figure: Decimal | None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def is_early(self) -> bool:
        return self.kind == "from before"


def made_up(count: int, chance: random.Random) -> list[Mail]:
    """So many mails, all different, of all kinds."""
    kinds = list(KINDS)[:count]
    kinds += chance.choices(list(KINDS), weights=list(KINDS.values()), k=count - len(kinds))
    chance.shuffle(kinds)
    return [_mail(number, kind, chance) for number, kind in enumerate(kinds, 1)]


def _mail(number: int, kind: str, chance: random.Random) -> Mail:
    unit, name = chance.choice(_units())
    sender = f"person{number}@personal.example" if kind == "stranger" else addresses()[unit]
    raw = make_mail(
        sender,
        *_files(number, kind, name, chance),
        subject=f"{name}报送材料（{number}）",
        text=f"第{number}封。请查收。" if kind != "question" else f"请问第{number}栏怎么填？",
        headers={"Auto-Submitted": "auto-replied"} if kind == "automatic" else {},
        number=f"mail.{number}",
    )
    has_form = kind in ("form", "correction", "all at once", "stranger")
    owed = 0 if kind in ("automatic", "from before") else 1
    return Mail(kind, raw, f"<mail.{number}@town.example>", owed, Decimal(number) if has_form else None)


def _files(number: int, kind: str, unit: str, chance: random.Random) -> Sequence[File]:
    table = form(unit, leaflets_distributed=number)
    if kind == "correction":
        return (form(unit, leaflets_distributed=number, patrols="约20"),)
    if kind == "photos":
        return [_photo(number, at) for at in range(chance.randint(1, 2))]
    if kind == "all at once":
        return (table, narrative(), _photo(number, 0))
    if kind == "damaged":
        return (("统计表.xlsx", table[1][: len(table[1]) // 2]),)
    if kind == "large":
        return [_photo(number, at, 1200) for at in range(2)]
    return () if kind in ("question", "automatic") else (table,)


def _photo(number: int, at: int, width: int = 320) -> File:
    """A photo that no other equals: a small one is some 10 KB, one of 1200 pixels some 200 KB."""
    from PIL import Image

    picture = _drawn(number % 8).resize((width, width * 3 // 4))
    mark = random.Random(f"{number}/{at}").randbytes(48 * 16 * 3)
    picture.paste(Image.frombytes("RGB", (48, 16), mark), (16, 16))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return f"照片{at + 1}.jpg", out.getvalue()


@functools.cache
def _drawn(seed: int) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(photo(seed))).convert("RGB")


@functools.cache
def _units() -> list[tuple[str, str]]:
    """Id and name of every unit that has a registered address."""
    units = load_register(ROOT / "agent/demo/campaign/units.yaml").units
    return [(unit.id, unit.name) for unit in units if unit.id in addresses()]

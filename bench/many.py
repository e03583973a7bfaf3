"""Mails by the thousand, of every kind that a reporting mailbox gets, all different; from a number alone."""

from __future__ import annotations

import datetime as dt
import functools
import io
import random
from decimal import Decimal
from typing import Any

from measure import ROOT

from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import load_register
from agent.demo import post
from agent.demo.district import AGENT_ADDRESS, addresses
from agent.demo.forms import form_csv, form_docx, form_html, form_xlsx

KINDS = (
    "pasted", "photo", "csv", "narrative", "stranger", "pasted", "question", "xlsx", "newsletter", "narrative",
    "pasted", "photo", "csv", "automatic", "docx", "narrative", "question", "xlsx", "newsletter", "named stranger",
)  # fmt: skip
"""Of twenty mails eight bring a form, and every fifth form has an error."""

STRANGERS = tuple(f"someone{number}@elsewhere.example" for number in range(50))
ACCOUNT = "我镇按照通知要求，组织干部群众开展走访、巡查和宣传，及时发现并救助困难群众，取得了较好的成效。" * 3


def mixed_mail(number: int, sent: dt.datetime) -> bytes:
    """The number-th mail; KINDS repeats itself, what stands in it doesn't."""
    kind = KINDS[number % len(KINDS)]
    unit, name = _units()[number // 3 % len(_units())]
    sender, subject, headers = f"{name} <{addresses()[unit]}>", f"{name}报送第{number}号", {}
    lines, files, pasted = [f"{name}第{number}号，请查收。"], [], ""
    match kind:
        case "pasted":
            pasted = form_html(_campaign(), _values(number), _header(name))
        case "csv" | "xlsx" | "docx":
            files = [(f"{name}统计表.{kind}", _file(kind, number, name))]
        case "photo":
            files = [(f"照片{number}.jpg", _photo(number))]
        case "narrative":
            lines = [f"{name}开展情况（第{number}号）。{ACCOUNT}"]
        case "question":
            lines = [f"请问第{number}号材料收到了吗？"]
        case "stranger":
            sender, subject = STRANGERS[number % len(STRANGERS)], f"来信{number}"
        case "named stranger":
            sender = STRANGERS[number % len(STRANGERS)]
            files = [(f"{name}统计表.csv", _file("csv", number, name))]
        case "newsletter":
            sender, headers = f"list{number}@elsewhere.example", {"Precedence": "bulk"}
        case "automatic":
            headers = {"Auto-Submitted": "auto-replied"}
    body = post.rich_text(lines, pasted, "utf-8") if pasted else post.plain_text(lines, "utf-8")
    mail = post.message(body, [post.attachment(file, "utf-8") for file in files])
    post.address(mail, post.Envelope(sender, AGENT_ADDRESS, subject, sent, number, "utf-8"), headers)
    return post.as_bytes(mail, number)


def heavy_mail(how: str, sent: dt.datetime, megabytes: int = 60) -> bytes:
    """A mail whose files are so large together: one ``photos``, six of a tenth each, or one ``zip`` of them."""
    unit, name = _units()[0]
    each = megabytes * 1_000_000 // 6
    photos = [(f"照片{number}.jpg", _large_photo(number, each)) for number in range(6)]
    files = photos if how == "photos" else [(f"{name}照片.zip", post.gbk_zip(photos, sent.date()))]
    form = (f"{name}统计表.xlsx", _file("xlsx", 3, name))
    mail = post.message(
        post.plain_text([f"{name}材料，请查收。"], "utf-8"),
        [post.attachment(one, "utf-8") for one in (form, *files)],
    )
    envelope = post.Envelope(f"{name} <{addresses()[unit]}>", AGENT_ADDRESS, f"{name}材料", sent, 1, "utf-8")
    post.address(mail, envelope)
    return post.as_bytes(mail, 1)


def _file(kind: str, number: int, unit: str) -> bytes:
    make = {"csv": form_csv, "xlsx": form_xlsx, "docx": form_docx}[kind]
    made: bytes = make(_campaign(), _values(number), _header(unit))  # type: ignore[operator]
    return made


def _values(number: int) -> dict[str, Any]:
    figures = _campaign().form.figures
    values: dict[str, Any] = {one.id: Decimal(20 + number % 7) for one in figures}
    values["staff_deployed"] = Decimal(100 + number)
    if number // len(KINDS) % 5 == 4:
        values[figures[0].id] = "约20"
    return values


def _header(unit: str) -> dict[str, Any]:
    return {"unit": unit, "reported_on": "2024年2月20日", "reporter": "张演示", "phone": "13800000000"}


def _photo(number: int) -> bytes:
    from PIL import Image

    chance, out = random.Random(number), io.BytesIO()
    Image.frombytes("RGB", (40, 40), chance.randbytes(4800)).resize((400, 300)).save(out, "JPEG", quality=70)
    return out.getvalue()


def _large_photo(number: int, size: int) -> bytes:
    """A photo of twelve megapixels, as telephones take them, of about so many bytes: grain makes it large."""
    from PIL import Image

    chance = random.Random(number)
    grain = Image.frombytes("RGB", (4000, 3000), chance.randbytes(36_000_000))
    low, high = 1, 100
    best = b""
    while low <= high:
        quality, out = (low + high) // 2, io.BytesIO()
        grain.save(out, "JPEG", quality=quality)
        if len(out.getvalue()) <= size:
            best, low = out.getvalue(), quality + 1
        else:
            high = quality - 1
    return best


@functools.cache
def _units() -> list[tuple[str, str]]:
    register = load_register(ROOT / "agent/demo/campaign/units.yaml")
    return [(unit.id, unit.name) for unit in register.units if unit.id in addresses()]


@functools.cache
def _campaign() -> Campaign:
    return load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")

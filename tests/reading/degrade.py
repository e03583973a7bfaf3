"""Makes pictures of filled-in forms as they arrive: scanned, sealed, turned, photographed askew in a bad light.

The forms are the real layout, rendered by LibreOffice and pdftoppm; what was done to a page follows from a seed.
Run as a script it writes one page a level: ``python tests/reading/degrade.py FOLDER``.
"""

from __future__ import annotations

import io
import math
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from agent.campaign.rules import Campaign
from agent.demo.forms import form_docx, form_xlsx

DPI = 200
SEALS = "★民政专用"

PROGRAMS = ("soffice", "pdftoppm")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form and what stands in it: field id → text, an absent one is an empty cell."""

    values: Mapping[str, str]
    header: Mapping[str, str]
    turned: bool = False
    workbook: bool = False


# What is written


def filled(campaign: Campaign, seed: int) -> Filled:
    """A made-up form: figures of every length, some in words people use, a blank now and then."""
    rng = random.Random(seed)
    values = {}
    for one in campaign.form.fields:
        if one.type == "text":
            written = rng.choice(["", "", "含夜间巡查", "其中2次与公安联合", "已核对"])
        elif one.type == "amount":
            written = _amount(rng)
        else:
            written = _count(rng)
        if written:
            values[one.id] = written
    number = rng.randint(0, 9)
    header = {
        "unit": rng.choice(
            ["青年镇人民政府", "石林镇", "丛林镇民政和社会事务办公室", "万盛街道办事处", "东林街道"]
        ),
        "reported_on": f"2024年{rng.randint(1, 3)}月{rng.randint(1, 28)}日",
        "reporter": rng.choice(["张演示", "李样本", "王试例"]),
        "phone": f"1380000{number}{number}{rng.randint(10, 99)}",
    }
    return Filled(values, header, turned=seed % 10 == 9, workbook=seed % 10 in (3, 6, 9))


def _count(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.04:
        return ""
    if kind < 0.08:
        return rng.choice(["无", "/", "—", "12次", "约20"])
    return str(
        rng.choice([rng.randint(0, 9), rng.randint(10, 99), rng.randint(100, 999), rng.randint(1000, 9999)])
    )


def _amount(rng: random.Random) -> str:
    # No longer than fits on a line of its cell: a number that wraps is refused, whoever reads it.
    whole = rng.choice([rng.randint(0, 9), rng.randint(10, 99), rng.randint(100, 300)])
    digits = rng.choice([0, 1, 2, 2, 2, 3] if whole < 100 else [0, 1, 2, 2])
    return f"{whole}.{rng.randint(1, 10**digits - 1):0{digits}d}" if digits else str(whole)


# What it looks like on paper


def rendered(forms: Sequence[Filled], campaign: Campaign, dpi: int = DPI) -> list[Image.Image]:
    """Each form as a clean page, the programs run once for all of them."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        sources = [_written(one, folder / f"{at:03d}", campaign) for at, one in enumerate(forms)]
        run = [
            "soffice",
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            "pdf",
        ]
        subprocess.run([*run, "--outdir", str(folder), *map(str, sources)], check=True, capture_output=True)
        pages = []
        for source in sources:
            pdf = source.with_suffix(".pdf")
            png = ["pdftoppm", "-r", str(dpi), "-png", "-singlefile", str(pdf), str(pdf.with_suffix(""))]
            subprocess.run(png, check=True, capture_output=True)
            pages.append(Image.open(io.BytesIO(source.with_suffix(".png").read_bytes())).convert("RGB"))
        return pages


def _written(form: Filled, stem: Path, campaign: Campaign) -> Path:
    make, suffix = (form_xlsx, ".xlsx") if form.workbook else (form_docx, ".docx")
    path = stem.with_suffix(suffix)
    path.write_bytes(make(campaign, form.values, form.header, turned=form.turned))
    return path


# What happens to it on its way


def flat(page: Image.Image, seed: int) -> bytes:
    """A flat scan with a seal beside the figures."""
    rng = random.Random(seed)
    sealed = _sealed(page, (rng.uniform(0.1, 0.35), rng.uniform(0.1, 0.25)), rng)
    return _stored(sealed, rng, "PNG" if seed % 2 else "JPEG", 90)


def crooked(page: Image.Image, seed: int) -> bytes:
    """Turned by 2 to 3 degrees, noisy, JPEG 60, the seal on the figures."""
    rng = random.Random(seed)
    sealed = _sealed(page, (rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.5)), rng)
    turned = _turned(sealed, rng.choice((-1, 1)) * rng.uniform(2, 3))
    return _stored(_noisy(turned, 14, rng), rng, "JPEG", 60)


def photographed(page: Image.Image, seed: int) -> bytes:
    """Crooked, and with perspective, blur and uneven light too; every other one on a desk."""
    rng = random.Random(seed)
    sealed = _sealed(page, (rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.5)), rng)
    under = (110, 85, 60) if seed % 2 else (246, 246, 244)
    turned = _turned(_in_perspective(sealed, rng, under), rng.choice((-1, 1)) * rng.uniform(1, 3), under)
    lit = _unevenly_lit(turned.filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 1.3))), rng)
    return _stored(_noisy(lit, 10, rng), rng, "JPEG", 60)


def hopeless(page: Image.Image, seed: int) -> bytes:
    """Too small and out of focus: a page that nobody could read."""
    rng = random.Random(seed)
    small = page.resize((page.width // 4, page.height // 4)).filter(ImageFilter.GaussianBlur(1.2))
    return _stored(_noisy(small, 10, rng), rng, "JPEG", 50)


LEVELS: dict[str, Callable[[Image.Image, int], bytes]] = {
    "flat": flat,
    "crooked": crooked,
    "photographed": photographed,
}


def _sealed(page: Image.Image, at: tuple[float, float], rng: random.Random) -> Image.Image:
    """A round red seal of 42 mm pressed on the page, as ink that lets black through."""
    size = round(42 / 25.4 * DPI)
    seal = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(seal)
    red = (rng.randint(200, 235), rng.randint(30, 70), rng.randint(40, 80))
    draw.ellipse((6, 6, size - 6, size - 6), outline=red, width=9)
    middle, outer = size / 2, size * 0.16
    points = []
    for corner in range(10):
        radius, angle = outer if corner % 2 == 0 else outer * 0.4, math.pi * corner / 5 - math.pi / 2
        points.append((middle + radius * math.cos(angle), middle + radius * math.sin(angle)))
    draw.polygon(points, fill=red)
    for step in range(12):
        angle = math.pi * (0.85 + step * 1.3 / 11)
        x, y = middle + size * 0.38 * math.cos(angle), middle + size * 0.38 * math.sin(angle)
        draw.rectangle((x - 14, y - 14, x + 14, y + 14), outline=red, width=5)
        draw.line((x - 14, y, x + 14, y), fill=red, width=4)
    seal = seal.rotate(rng.uniform(-20, 20), fillcolor="white")
    covered = Image.new("RGB", page.size, "white")
    covered.paste(seal, (round(at[0] * page.width - middle), round(at[1] * page.height - middle)))
    return ImageChops.multiply(page, covered)


def _turned(page: Image.Image, degrees: float, under: tuple[int, int, int] = (250, 250, 250)) -> Image.Image:
    return page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=under)


def _in_perspective(page: Image.Image, rng: random.Random, under: tuple[int, int, int]) -> Image.Image:
    margin = 60
    width, height = page.width + 2 * margin, page.height + 2 * margin
    shift = 0.035
    corners = [
        (margin, margin),
        (width - margin, margin),
        (width - margin, height - margin),
        (margin, height - margin),
    ]
    moved = [
        (x + rng.uniform(-shift, shift) * width * 0.7, y + rng.uniform(-shift, shift) * height * 0.7)
        for x, y in corners
    ]
    inner = [(0, 0), (page.width, 0), (page.width, page.height), (0, page.height)]
    return page.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        _perspective(moved, inner),
        Image.Resampling.BICUBIC,
        fillcolor=under,
    )


def _perspective(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]]) -> list[float]:
    """The eight numbers that take each source point to its target."""
    rows, sides = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        sides += [u, v]
    return [float(one) for one in np.linalg.solve(np.array(rows), np.array(sides))]


def _unevenly_lit(page: Image.Image, rng: random.Random) -> Image.Image:
    slope = Image.linear_gradient("L").rotate(rng.uniform(0, 360), Image.Resampling.BICUBIC, fillcolor=128)
    light = (
        slope.resize(page.size)
        .point(lambda level: 165 + level * 90 // 255)
        .filter(ImageFilter.GaussianBlur(40))
    )
    warm = ImageChops.multiply(Image.merge("RGB", [light] * 3), Image.new("RGB", page.size, (255, 247, 232)))
    return ImageEnhance.Brightness(ImageChops.multiply(page, warm)).enhance(rng.uniform(0.8, 1.05))


def _noisy(page: Image.Image, sigma: float, rng: random.Random) -> Image.Image:
    grain = np.random.default_rng(rng.randint(0, 2**31)).normal(0, sigma, (page.height, page.width, 1))
    return Image.fromarray(np.clip(np.asarray(page, dtype=np.float32) + grain, 0, 255).astype(np.uint8))


def _stored(page: Image.Image, rng: random.Random, kind: str, quality: int) -> bytes:
    out = io.BytesIO()
    page.save(out, kind, quality=quality)
    return out.getvalue()


def main() -> None:
    from agent.campaign.rules import load_campaign

    root, out = Path(__file__).resolve().parents[2], Path(sys.argv[1])
    campaign = load_campaign(root / "agent/demo/campaign/winter-warmth.yaml")
    pages = rendered([filled(campaign, seed) for seed in range(len(LEVELS) + 1)], campaign)
    out.mkdir(parents=True, exist_ok=True)
    for seed, (name, make) in enumerate({**LEVELS, "hopeless": hopeless}.items()):
        (out / f"{name}.jpg").write_bytes(make(pages[seed], seed))


if __name__ == "__main__":
    main()

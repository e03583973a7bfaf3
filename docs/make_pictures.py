"""Draws the README's pictures from what the demo made: `python docs/make_pictures.py demo-output docs/pictures`.

Letters and pages go through headless Chromium, workbook and report through LibreOffice and pdftoppm. Knows only the
demo's output folder, nothing of the program.
"""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops

COLOURS = 96
"""Of a picture's palette: letters and tables need few, photos none of these pictures shows large."""

BEHIND = "#e8ebef"
CARD = "background:#fff;border-radius:6px;box-shadow:0 1px 6px rgba(0,0,0,.22);overflow:hidden"
PHONE = f"{CARD};border-radius:22px;border:8px solid #2b2f36"

SHEETS = ("*统计汇总表*.xlsx", "*缺报清单*.xlsx")

FONTS = {
    "Noto Serif CJK SC": (
        "方正小标宋简体",
        "华文中宋",
        "宋体",
        "SimSun",
        "仿宋_GB2312",
        "仿宋",
        "楷体_GB2312",
        "楷体",
    ),
    "Noto Sans CJK SC": ("黑体", "SimHei", "微软雅黑"),
}
"""What stands in for the fonts of Windows, which the machine that draws may not have."""

SIZED = """<script>
for (const frame of document.querySelectorAll("iframe")) frame.onload = () => {
  const needed = frame.contentDocument.documentElement.scrollHeight;
  frame.style.height = Math.min(needed, Number(frame.dataset.most)) + "px";
};
</script>"""


def main(demo: Path, out: Path) -> None:
    """Every picture, into ``out``."""
    _require("chromium", "soffice", "pdftoppm")
    out.mkdir(parents=True, exist_ok=True)
    letters, final = demo / "letters", next(demo.glob("archive/*/final"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _draw(_card(letters / "日报.html", 760, 1500), 760, out / "digest.png", work)
        phones = [_card(letters / f"{name}.html", 375, 900, PHONE) for name in ("回执", "退回补正")]
        _draw(_row(phones), 880, out / "letters.png", work)
        sheets = [_image(_first_page(next(final.glob(name)), work, 860), 860) for name in SHEETS]
        report = _image(_first_page(next(final.glob("*报告*.docx")), work, 520, whole=True), 520, most=470)
        _draw(_row([_column(sheets), report]), 1420, out / "report.png", work)


def _require(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        sys.exit(f"Needed and not found: {', '.join(missing)}")


def _card(page: Path, wide: int, most: int, style: str = CARD) -> str:
    """A letter as it shows in a window of that width, cut at ``most`` pixels."""
    source = html.escape(page.read_text(encoding="utf-8"), quote=True)
    frame = f'<iframe srcdoc="{source}" data-most="{most}" scrolling="no" style="display:block;border:0;width:{wide}px"></iframe>'
    return f'<div style="{style};width:{wide}px">{frame}</div>'


def _image(picture: Path, wide: int, most: int = 2000) -> str:
    return f'<div style="{CARD};width:{wide}px;max-height:{most}px"><img src="{picture.as_uri()}" style="display:block;width:100%"></div>'


def _row(cards: Sequence[str]) -> str:
    return f'<div style="display:flex;gap:32px;align-items:flex-start;justify-content:center">{"".join(cards)}</div>'


def _column(cards: Sequence[str]) -> str:
    return f'<div style="display:flex;flex-direction:column;gap:24px">{"".join(cards)}</div>'


def _first_page(document: Path, work: Path, wide: int, *, whole: bool = False) -> Path:
    """The first page of a workbook or document, as it prints, twice as wide as it will be shown.

    Unless it is wanted whole, what stands below its first wide gap (the page's number) is cut off.
    """
    profile = f"-env:UserInstallation={(work / 'profile').as_uri()}"
    _run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", work, document, fonts=work)
    pdf, picture = work / f"{document.stem}.pdf", work / f"{len(list(work.iterdir()))}.page"
    _run("pdftoppm", "-png", "-singlefile", "-scale-to-x", wide * 2, "-scale-to-y", -1, pdf, picture)
    drawn = picture.with_suffix(".page.png")
    if not whole:
        with Image.open(drawn) as page:
            _without_foot(page.convert("RGB")).save(drawn)
    return drawn


def _without_foot(page: Image.Image) -> Image.Image:
    gap = page.height // 10
    inked = ImageChops.difference(page, Image.new("RGB", page.size, "white")).convert("L")
    rows = [bool(row) for row in inked.resize((1, page.height), Image.Resampling.BOX).tobytes()]
    bottom = page.height
    first = rows.index(True) if True in rows else 0
    for top in range(first, page.height - gap):
        if not any(rows[top : top + gap]):
            bottom = top + gap // 3
            break
    return page.crop((0, max(0, first - gap // 3), page.width, bottom))


def _draw(body: str, wide: int, target: Path, work: Path) -> None:
    """A page with the body in the middle, as a small picture without the empty rest below."""
    page, shot = work / "page.html", work / "shot.png"
    margin = 20
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><body style="margin:{margin}px;background:{BEHIND}">{body}{SIZED}',
        encoding="utf-8",
    )
    _run(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--disable-background-networking", f"--user-data-dir={work / 'chromium'}", "--virtual-time-budget=3000",
        f"--window-size={wide + 2 * margin},2400", f"--screenshot={shot}", page.as_uri(),
    )  # fmt: skip
    with Image.open(shot) as drawn:
        _small(_trimmed(drawn.convert("RGB"), margin)).save(target, optimize=True)
    print(f"{target}  {target.stat().st_size // 1024} kB")


def _trimmed(picture: Image.Image, margin: int) -> Image.Image:
    """Without the rows below that show nothing but what lies behind."""
    empty = Image.new("RGB", picture.size, BEHIND)
    box = ImageChops.difference(picture, empty).getbbox()
    return picture.crop((0, 0, picture.width, min(picture.height, box[3] + margin))) if box else picture


def _small(picture: Image.Image) -> Image.Image:
    return picture.quantize(COLOURS, dither=Image.Dither.NONE)


def _run(*command: object, fonts: Path | None = None) -> None:
    words = [str(word) for word in command]
    environment = {**os.environ, "FONTCONFIG_FILE": str(_font_names(fonts))} if fonts else None
    done = subprocess.run(words, capture_output=True, timeout=180, check=False, env=environment)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")


def _font_names(folder: Path) -> Path:
    """A fontconfig file with FONTS, on top of the system's own."""
    same = "".join(
        f'<match target="pattern"><test name="family"><string>{name}</string></test>'
        f'<edit name="family" mode="assign" binding="same"><string>{font}</string></edit></match>'
        for font, names in FONTS.items()
        for name in names
    )
    path = folder / "fonts.conf"
    path.write_text(
        f'<?xml version="1.0"?><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>{same}</fontconfig>',
        encoding="utf-8",
    )
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))

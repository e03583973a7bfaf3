"""Draws the README's pictures from what the demo made: `python docs/make_pictures.py demo-output docs/pictures`.

Letters and pages go through headless Chromium, workbook and report through LibreOffice and pdftoppm. Knows only the
demo's output folder, nothing of the program.
"""

from __future__ import annotations

import html
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
        _draw(_card(letters / "日报.html", 1000, 1500), 1000, out / "digest.png", work)
        phones = [_card(letters / f"{name}.html", 375, 900, PHONE) for name in ("回执", "退回补正")]
        _draw(_row(phones), 880, out / "letters.png", work)
        table = _first_page(next(final.glob("*统计汇总表*.xlsx")), work, 900)
        report = _first_page(next(final.glob("*报告*.docx")), work, 520)
        _draw(_row([_image(table, 900), _image(report, 520)], "flex-start"), 1500, out / "report.png", work)


def _require(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        sys.exit(f"Needed and not found: {', '.join(missing)}")


def _card(page: Path, wide: int, most: int, style: str = CARD) -> str:
    """A letter as it shows in a window of that width, cut at ``most`` pixels."""
    source = html.escape(page.read_text(encoding="utf-8"), quote=True)
    frame = f'<iframe srcdoc="{source}" data-most="{most}" scrolling="no" style="display:block;border:0;width:{wide}px"></iframe>'
    return f'<div style="{style};width:{wide}px">{frame}</div>'


def _image(picture: Path, wide: int) -> str:
    return f'<div style="{CARD};width:{wide}px"><img src="{picture.as_uri()}" style="display:block;width:100%"></div>'


def _row(cards: Sequence[str], align: str = "flex-start") -> str:
    return f'<div style="display:flex;gap:32px;align-items:{align};justify-content:center">{"".join(cards)}</div>'


def _first_page(document: Path, work: Path, wide: int) -> Path:
    """The first page of a workbook or document, as it prints, twice as wide as it will be shown."""
    profile = f"-env:UserInstallation={(work / 'profile').as_uri()}"
    _run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", work, document)
    pdf, picture = work / f"{document.stem}.pdf", work / f"{len(list(work.iterdir()))}.page"
    _run("pdftoppm", "-png", "-singlefile", "-scale-to-x", wide * 2, "-scale-to-y", -1, pdf, picture)
    return picture.with_suffix(".page.png")


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


def _run(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=180, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Forms on pages: documents and workbooks made wide enough to print, and the programs that print and scan them."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import books, papers
from .model import Form

DPI = 200
FILTERS = {
    "xls": "xls:MS Excel 97",
    "html": "html",
    "docx": "docx:MS Word 2007 XML",
    "doc": "doc:MS Word 97",
    "wps": "doc:MS Word 97",  # what WPS calls .wps is Word's binary format
    "rtf": "rtf:Rich Text Format",
}
PICTURES = {
    "png": "PNG",
    "jpg": "JPEG",
    "tif": "TIFF",
    "webp": "WEBP",
    "bmp": "BMP",
    "gif": "GIF",
    "scan.pdf": "PDF",
}
STYLE = "<style>@page{size:A3 landscape;margin:1.5cm} table{border-collapse:collapse} td{font-size:11px;padding:3px 8px;white-space:nowrap;%s}</style>"


def page(forms: Sequence[Form], ruled: bool = True) -> bytes:
    """A .docx of A3, landscape: no figure has to go on in the next line."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    document = Document(io.BytesIO(papers.docx(forms)))
    section = document.sections[0]
    section.page_width, section.page_height = Cm(42), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.5)
    for table in document.tables:
        table.autofit = False
        for column in table.columns:
            column.width = Cm(38 / len(table.columns))
        for row in table.rows:
            row.height = Cm(0.9)
            for cell in row.cells:
                for paragraph in cell.paragraphs:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                for run in (run for paragraph in cell.paragraphs for run in paragraph.runs):
                    run.font.size = Pt(9)
        if not ruled:
            table.style = "Normal Table"
    return _saved(document)


def sheet(forms: Sequence[Form]) -> bytes:
    """A workbook that prints on one page, ruled, each column as wide as its longest line."""
    from openpyxl import load_workbook
    from openpyxl.styles import Alignment, Border, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    book = load_workbook(io.BytesIO(books.xlsx(forms)))
    thin = Side(style="thin")
    for form, leaf in zip(forms, book.worksheets, strict=True):
        leaf.page_setup.orientation, leaf.page_setup.paperSize = "landscape", 8  # A3
        leaf.page_setup.fitToWidth, leaf.page_setup.fitToHeight = 1, 0
        leaf.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        top = len(form.above)
        width = max(map(len, form.cells))
        for line in leaf.iter_rows(min_row=top + 1, max_row=top + len(form.cells), max_col=width):
            for cell in line:
                cell.border = Border(thin, thin, thin, thin)
                cell.alignment = Alignment(wrap_text=True, vertical="center")
        for column in range(1, width + 1):
            leaf.column_dimensions[get_column_letter(column)].width = 26
    return _saved(book)


def html(forms: Sequence[Form], ruled: bool = True) -> bytes:
    """A page to be printed by a browser."""
    style = STYLE % ("border:1px solid black" if ruled else "")
    body = papers.html_body(forms)
    body = body if ruled else body.replace("border='1'", "")
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'>{style}</head><body>{body}</body></html>".encode()
    )


def _saved(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


# --- programs --------------------------------------------------------------------------------------------


def by_office(sources: Mapping[str, bytes], suffix: str, target: str) -> dict[str, bytes]:
    """The files as LibreOffice writes them in another format, in one call."""
    with tempfile.TemporaryDirectory() as folder:
        numbered = {f"{place}.{suffix}": name for place, name in enumerate(sources)}
        for short, name in numbered.items():
            (Path(folder) / short).write_bytes(sources[name])
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
        out = str(Path(folder) / "out")
        inputs = [str(Path(folder) / short) for short in numbered]
        kind = FILTERS.get(target, target)
        subprocess.run([*command, kind, "--outdir", out, *inputs], check=True, capture_output=True)
        ending = kind.partition(":")[0]
        return {
            name: (Path(out) / short.replace(f".{suffix}", f".{ending}")).read_bytes()
            for short, name in numbered.items()
        }


def by_chromium(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """Pages as Chromium prints them."""
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in sources.items():
            (Path(folder) / "page.html").write_bytes(data)
            out = Path(folder) / "page.pdf"
            command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
            subprocess.run(
                [
                    *command,
                    f"--user-data-dir={folder}/profile",
                    f"--print-to-pdf={out}",
                    f"file://{folder}/page.html",
                ],
                check=True,
                capture_output=True,
            )
            made[name] = out.read_bytes()
            out.unlink()
    return made


def scanned(pdf: bytes, target: str) -> bytes:
    """A page as a flat scan, in grey."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    image = document[0].render(scale=DPI / 72).to_pil().convert("L")
    file = io.BytesIO()
    options: dict[str, Any] = {"scan.pdf": {"resolution": DPI}, "tif": {"compression": "group4"}}.get(
        target, {}
    )
    if target == "tif":  # as an office's scanner writes it: black or white
        image = image.point(lambda level: 255 * (level > 150)).convert("1")
    elif target == "png":
        image = image.convert("P", colors=16)
    image.save(file, PICTURES[target], **options)
    return file.getvalue()

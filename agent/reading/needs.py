"""What some formats need beside Python: programs from outside and extras, whether they are there, how to get them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from agent.reading.apart.outside import find, network_cut
from agent.reading.formats.office import find_office
from agent.reading.ocr import installed


@dataclass(frozen=True, slots=True)
class Need:
    """A program or package, what is read with it, where it was found (or None), and how to get it."""

    name: str
    reads: str
    found: str | None
    get: str


def needs() -> Iterator[Need]:
    """Each in turn; looked up at the time of the call."""
    yield Need(
        "LibreOffice",
        "旧版 .doc 和 .wps、.rtf、.xlsb、Word 2003 的 XML",
        find_office(),
        "Debian：apt-get install libreoffice-writer-nogui libreoffice-calc-nogui",
    )
    yield Need("bsdtar", ".rar", find("bsdtar"), "Debian：apt-get install libarchive-tools")
    unar = find("unar") if find("lsar") else None
    yield Need("unar", "旧版 .rar", unar, "Debian：apt-get install unar")
    yield Need("py7zr", ".7z", "py7zr" if find_spec("py7zr") else None, _package("py7zr"))
    yield Need(
        "rapidocr",
        "扫描和拍照的表格、文稿",
        "rapidocr" if installed() else None,
        _package("rapidocr onnxruntime opencv-python-headless"),
    )


def _package(names: str) -> str:
    """The command that adds packages to where this program runs: pipx keeps each program in a place of its own."""
    by_pipx = "pipx" in Path(sys.prefix).parts
    return f"{'pipx inject report-agent' if by_pipx else 'pip install'} {names}"


def cuts_the_network() -> bool:
    """Whether the programs run without network here."""
    return bool(network_cut())

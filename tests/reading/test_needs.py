"""What isn't installed: one clear finding for each file that needs it, and a line of `check` with the way to get it."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import make_containers as containers
import make_forms as forms
import pytest
from conftest import Read

from agent.cli.check import _readers
from agent.reading import needs, ocr
from agent.reading.apart import apart, outside
from agent.reading.formats import office

EXTRAS = ("py7zr", "rapidocr", "onnxruntime", "cv2")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine with Python's own dependencies and nothing else: here, and in the process that opens files."""
    found = importlib.util.find_spec
    monkeypatch.setattr(outside.shutil, "which", lambda _: None)
    monkeypatch.setattr(office, "_PLACES", ())
    for name in EXTRAS:
        monkeypatch.setitem(sys.modules, name, None)
    for module in (needs, ocr):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name in EXTRAS else found(name))
    for name in EXTRAS:
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    _forget()
    yield
    _forget()


def _forget() -> None:
    for cached in (office.find_office, ocr.installed):
        cached.cache_clear()
    if "files" in apart._workers:
        apart._workers.pop("files").end()


def page() -> bytes:
    from test_pictures import ruled_page, stored

    return stored(ruled_page())


def compound(stream: str) -> bytes:
    return containers.compound(containers.Storage({stream: b"\xec\xa5" + b"\0" * 5000}))


NEEDING: dict[str, tuple[str, str]] = {
    "表.doc": ("LibreOffice", ".docx"),
    "表.wps": ("LibreOffice", ".docx"),
    "表.rtf": ("LibreOffice", ".docx"),
    "表.rar": ("bsdtar", ".zip"),
    "旧表.rar": ("unar", ".zip"),
    "表.7z": ("py7zr", ".zip"),
    "表.png": ("识别", ".docx"),
    "扫描.pdf": ("识别", ".docx"),
}


def made(name: str) -> bytes:
    files = [("统计表.xlsx", forms.xlsx())]
    match name:
        case "表.doc" | "表.wps":
            return compound("WordDocument")
        case "表.rtf":
            return b"{\\rtf1 x}"
        case "表.rar":
            return containers.rar5(files)
        case "旧表.rar":
            return containers.rar3(files)
        case "表.7z":
            return b"7z\xbc\xaf\x27\x1c" + b"\0" * 60
        case "表.png":
            return page()
    from PIL import Image

    buffer = io.BytesIO()
    sheets = [Image.open(io.BytesIO(page())).convert("RGB") for _ in range(3)]
    sheets[0].save(buffer, "PDF", save_all=True, append_images=sheets[1:])
    return buffer.getvalue()


@pytest.mark.parametrize("name", NEEDING)
def test_a_file_that_needs_what_is_missing_is_one_finding(name: str, read: Read, bare: None) -> None:
    missing, instead = NEEDING[name]
    told = [finding for one in read(name, made(name)).everything() for finding in one.findings]
    assert [(one.severity, one.rule) for one in told] == [("error", "not_supported")]
    assert f"“{name}”" in told[0].text and missing in told[0].text and instead in told[0].text


def test_check_names_each_thing_that_is_missing_and_fails_for_none(bare: None) -> None:
    lines = [line for line in _readers() if line.what.startswith("没有")]
    assert [line.what.split("：")[0] for line in lines] == [
        "没有 LibreOffice",
        "没有 bsdtar",
        "没有 unar",
        "没有 py7zr",
        "没有 rapidocr",
    ]
    assert all(line.ok and ("apt-get install" in line.what or "pip install" in line.what) for line in lines)


def test_an_open_file_of_wps_and_e_government_says_what_to_save_it_as(read: Read) -> None:
    """OFD: known by what is in it, whatever it is called."""
    data = forms.zipped([("OFD.xml", b"<ofd:OFD/>"), ("Doc_0/Document.xml", b"<ofd:Document/>")])
    for name in ("统计表.ofd", "统计表.pdf"):
        (told,) = read(name, data).findings
        assert (told.severity, told.rule) == ("error", "not_supported")
        assert "OFD" in told.text and "另存为" in told.text and ".docx" in told.text


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/opt/report-agent/.venv", "pip install py7zr"),
        ("/root/.local/share/pipx/venvs/report-agent", "pipx inject report-agent py7zr"),
    ],
)
def test_a_package_is_added_where_the_program_runs(
    prefix: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs.sys, "prefix", prefix)
    [line] = (one for one in _readers() if "py7zr" in one.what)
    assert f"（{command}）" in line.what


@pytest.mark.usefixtures("bare")
def test_what_is_lacking_has_another_mark_than_what_is_there() -> None:
    assert {line.mark for line in _readers()} == {"○"}

"""What `read` shows, as a clerk sees it: by the command itself, at several widths, piped and on a terminal."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from rich.cells import cell_len

from agent.campaign.rules import Campaign
from agent.cli.show_reading import safe
from tests.commands import ROOT, form, photo, run

WIDTHS = ("40", "60", "80", "120")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A zip with a form that has errors, a photo, and another zip with a sound form."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr(*form("万东镇"))
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr(
            "材料/有错的统计表.xlsx", form("青年镇", patrols="约20", supplies_prepared="12000元")[1]
        )
        archive.writestr("照片.jpg", photo(1))
        archive.writestr("另一包.zip", inner.getvalue())
    path = tmp_path / "报送材料.zip"
    path.write_bytes(outer.getvalue())
    return path


@pytest.mark.parametrize("columns", WIDTHS)
def test_no_figure_is_cut_short_and_no_line_is_too_long(
    tmp_path: Path, columns: str, monkeypatch: pytest.MonkeyPatch, bundle: Path
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    name, data = form(leaflets_distributed=123456789012)
    (tmp_path / name).write_bytes(data)
    shown = run("read", tmp_path / name, bundle).out
    assert "123456789012" in shown
    assert "…" not in shown.replace("……", "")
    assert max(map(cell_len, shown.splitlines())) <= int(columns)


def test_the_figures_stand_in_the_forms_order_with_measure_and_cell(
    tmp_path: Path, campaign: Campaign
) -> None:
    name, data = form("青年镇", patrols=12, supplies_prepared=1.25)
    (tmp_path / name).write_bytes(data)
    lines = run("read", tmp_path / name).out.splitlines()
    labels = [field.label for field in campaign.form.figures]
    shown = [line.split()[0] for line in lines if line.split() and line.split()[0] in labels]
    assert shown == labels
    assert re.search(r"总计 +12 +次 +\S+![A-Z]\d+", "\n".join(lines))
    assert re.search(r"准备物资 +1\.25 +万元 +\S+![A-Z]\d+", "\n".join(lines))
    assert any("单位：青年镇" in line and "填报时间：" in line for line in lines)


def test_columns_are_in_line_however_wide_their_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    name, data = form("青年镇")
    (tmp_path / name).write_bytes(data)
    lines = run("read", tmp_path / name).out.splitlines()
    ends = {
        cell_len(line[: match.start()]) for line in lines if (match := re.search(r"\S+![A-Z]+\d+ *$", line))
    }
    assert len(ends - {max(ends)}) <= 1  # the remarks stand on a line of their own


def test_what_is_inside_hangs_below_what_it_is_in(bundle: Path) -> None:
    lines = run("read", bundle).out.splitlines()
    assert lines[0] == "报送材料.zip  压缩包　里面有 3 个文件"
    assert [line for line in lines if re.match(r"[├└]── ", line)] == [
        "├── 材料/有错的统计表.xlsx  统计表",
        next(line for line in lines if line.startswith("├── 照片.jpg  照片　")),
        "└── 另一包.zip  压缩包　里面有 1 个文件",
    ]
    assert any(re.match(r"    └── .*万东镇.*\.xlsx  统计表", line) for line in lines)
    assert lines[-1] == "共：统计表 2 份，照片 1 张。错误 2 处，提示 1 处"


def test_a_finding_stands_below_its_form_the_gravest_first(bundle: Path) -> None:
    shown = run("read", bundle).out
    error, note = (
        shown.index("错误  “巡查次数/总计”写的是“约20”"),
        shown.index("提示  “准备物资”写的是“12000元”"),
    )
    assert shown.index("救助未成年人") < error < note < shown.index("照片.jpg")


def test_a_narrative_is_shown_by_its_beginning_and_a_bad_file_by_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "情况.txt").write_text("我镇高度重视，" * 40, "utf-8")
    (tmp_path / "坏.pdf").write_bytes(b"%PDF-1.7\n")
    ran = run("read", tmp_path / "情况.txt", tmp_path / "坏.pdf")
    assert "情况.txt  开展情况　280 字\n  我镇高度重视，" in ran.out
    assert "坏.pdf  读不出　9 字节\n  错误  “坏.pdf”已损坏或不完整" in ran.out
    assert "共：开展情况 1 份，读不出 1 个。错误 1 处" in ran.out
    assert ran.status == 1


def test_piped_it_has_no_colour_and_breaks_no_line(bundle: Path) -> None:
    shown = run("read", bundle).out
    assert "\x1b" not in shown
    assert any(
        line.rstrip().endswith("请填准确数字。") and "错误  “巡查次数" in line for line in shown.splitlines()
    )
    assert (
        max(map(cell_len, shown.splitlines())) < 200
    )  # nothing is filled up to the width of nobody's terminal


@pytest.mark.skipif(os.name != "posix", reason="file names like these are POSIX's")
def test_nothing_that_was_sent_does_anything_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "\u202efdp.\x1b[31m\x07\n[bold]红.txt"
    path.write_text("你好\x1b]0;x\x07", "utf-8")
    shown = run("read", path).out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", shown)
    assert "�fdp.�[31m� [bold]红.txt" in shown


@pytest.mark.parametrize("mark", ["\u200e", "\u2066", "\x9b", "\x7f", "\u2028", "\ud800"])
def test_what_acts_is_shown_as_a_mark(mark: str) -> None:
    assert safe(f"a{mark}b\r\nc\td") == "a�b c d"


@pytest.mark.integration
@pytest.mark.skipif(os.name != "posix", reason="a terminal here is a POSIX one")
@pytest.mark.parametrize("more", [{}, {"NO_COLOR": "1"}])
def test_on_a_terminal_there_is_colour_unless_it_is_not_wanted(bundle: Path, more: dict[str, str]) -> None:
    import pty

    mine, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **more}
    command = [sys.executable, "-m", "agent", "read", str(bundle)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(mine, 65536):
            shown += piece
    except OSError:  # the other end is closed
        pass
    process.wait()
    os.close(mine)
    red = re.search(rb"\x1b\[1;31m\xe9\x94\x99\xe8\xaf\xaf", shown)  # 错误
    assert (red is None) == bool(more)
    assert "统计表 2 份".encode() in shown


BARE = {
    "名片.vcf": b"BEGIN:VCARD\nEND:VCARD",
    "图.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "表.csv": b"a,b\n1,2\n",
    "空.html": b"<html></html>",
    "空白.txt": b"   ",
    "空.xlsx": b"",
    "未知": bytes(range(256)),
    "未知.bin": bytes(range(255, -1, -1)),
    "空.zip": b"PK\x05\x06" + b"\0" * 18,
    "谢谢.txt": "谢谢".encode(),
}


@pytest.mark.parametrize("name", BARE)
def test_of_every_file_it_is_said_what_it_is_and_why_it_counts_as_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BARE[name])
    heading, *reasons = [line for line in run("read", tmp_path / name).out.splitlines() if line.strip()]
    assert name in heading
    assert re.search("其他|读不出", heading)
    assert reasons


def test_of_a_picture_that_is_too_small_for_a_photo_it_is_said(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 40)).save(tmp_path / "logo.png")
    assert "图片太小" in run("read", tmp_path / "logo.png").out

"""A working folder that somebody starts from: out of the source tree, and out of an installed wheel."""

from __future__ import annotations

import email.policy
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

from agent.campaign import resources
from tests.commands import form, mail, run
from tests.integration.office import ROOT

pytestmark = pytest.mark.integration

LAID_OUT = {"config.yaml", "rules", "templates", "mails"}


def test_a_new_folder_works_without_editing_anything(tmp_path: Path) -> None:
    folder = tmp_path / "报送"
    made = run("init", folder)
    assert (made.status, made.err) == (0, "")
    assert "report-agent check" in made.out
    assert {path.name for path in folder.iterdir()} == LAID_OUT
    checked = run("check", at=folder)
    assert checked.status == 0, checked.out
    assert "✗" not in checked.out
    polled = run("poll", at=folder)
    assert polled.status == 0, polled.err
    assert run("status", at=folder).status == 0
    assert run("review", at=folder).status == 0
    assert run("digest", at=folder).status == 0
    assert run("merge", at=folder).status == 1, "every unit is missing"
    assert list((folder / "archive" / "winter-warmth" / "final").glob("*.docx"))


def test_everything_it_writes_stays_in_the_folder(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "office", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run("init", folder)
    (folder / "mails" / "1.eml").write_bytes(mail(form()))
    config = folder / "config.yaml"
    assert run("poll", "--config", config, "--now", "2024-03-01T10:00", at=elsewhere).status == 0
    run("merge", "--config", config, at=elsewhere)
    assert list(elsewhere.iterdir()) == []
    assert {path.name for path in folder.iterdir()} == LAID_OUT | {"archive", "sent"}


def test_the_files_are_the_built_in_ones_word_for_word(tmp_path: Path) -> None:
    run("init", tmp_path / "office")
    for name in ("config.yaml", "rules", "templates"):
        for source in [resources.base() / name, *(resources.base() / name).rglob("*")]:
            if source.is_file():
                copy = tmp_path / "office" / source.relative_to(resources.base())
                assert copy.read_bytes() == source.read_bytes(), copy


def test_a_configuration_says_what_each_key_is_for() -> None:
    text = (resources.base() / "config.yaml").read_text(encoding="utf-8")
    keys = [f"{name}:" for name in yaml.safe_load(text)]
    commented = [line for line in text.splitlines() if "#" in line]
    assert len(commented) >= len(keys)


def test_what_is_there_already_is_kept(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.yaml").write_text("# mine", encoding="utf-8")
    (tmp_path / "rules" / "units.yaml").write_text("# mine, too", encoding="utf-8")
    ran = run("init", tmp_path)
    assert ran.status == 0
    assert ran.out.count("保留") == 2
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == "# mine"
    assert (tmp_path / "rules" / "units.yaml").read_text(encoding="utf-8") == "# mine, too"
    assert (tmp_path / "templates" / "receipt.txt.j2").exists()


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = run("init", tmp_path / where)
    assert (ran.status, ran.out) == (2, "")
    assert str(tmp_path / "file") in ran.err


def test_the_operators_own_templates_come_first_and_may_be_few(tmp_path: Path) -> None:
    run("init", tmp_path)
    for path in (tmp_path / "templates").rglob("*"):
        if path.is_file() and path.name != "receipt.subject.j2":
            path.unlink()
    (tmp_path / "templates" / "receipt.subject.j2").write_text("收到了", encoding="utf-8")
    (tmp_path / "mails" / "1.eml").write_bytes(mail(form(), sender="qingnian@town.example"))
    units = tmp_path / "rules" / "units.yaml"
    text = units.read_text(encoding="utf-8")
    units.write_text(
        text.replace(
            "aliases: [青年镇人民政府, 青年镇政府], senders: []", "senders: [qingnian@town.example]"
        ),
        encoding="utf-8",
    )
    assert run("check", at=tmp_path).status == 0
    assert run("poll", "--now", "2024-03-01T10:00", at=tmp_path).status == 0
    (letter,) = (tmp_path / "sent").glob("*.eml")
    message = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    assert message["Subject"] == "收到了"


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    built = subprocess.run(command, capture_output=True, text=True, timeout=110)
    if built.returncode != 0 and "hatchling" in built.stderr:
        pytest.skip("the build backend isn't at hand")
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.integration
def test_the_wheel_carries_rules_templates_and_settings(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        held = set(package.namelist())
    for tree in ("rules", "templates"):
        for source in (ROOT / tree).rglob("*"):
            if source.is_file():
                assert f"agent/defaults/{source.relative_to(ROOT).as_posix()}" in held
    assert "agent/defaults/config.yaml" in held
    assert "agent/defaults/templates/report.docx" in held
    assert any(name.startswith("agent/defaults/templates/parts/") for name in held)
    assert any(name.endswith("entry_points.txt") for name in held)
    for source in (ROOT / "agent").rglob("*"):
        if source.is_file() and "__pycache__" not in source.parts and "defaults" not in source.parts:
            assert source.relative_to(ROOT).as_posix() in held, source
    strangers = [name for name in held if name.split("/")[0] != "agent" and ".dist-info/" not in name]
    assert strangers == []


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it, and this one's libraries beside it; returns its report-agent."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()
    )  # fmt: skip
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True, timeout=110)
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    return folder / "bin" / "report-agent"


@pytest.mark.integration
def test_the_installed_program_lays_out_a_folder_and_works_in_it(installed: Path, tmp_path: Path) -> None:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [installed, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )

    where = subprocess.run(
        [installed.with_name("python"), "-c", "import agent; print(agent.__file__)"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert str(installed.parent.parent) in where
    assert command("init", ".").returncode == 0
    (tmp_path / "mails" / "1.eml").write_bytes(mail(form()))
    name, data = form()
    (tmp_path / name).write_bytes(data)
    assert command("check").returncode == 0
    assert command("poll", "--now", "2024-03-01T10:00").returncode == 0
    merged = command("merge")
    assert merged.returncode == 1, merged.stderr
    assert "report.json" in merged.stdout
    (tmp_path / "config.yaml").unlink()
    read = command("read", "--json", name)
    assert (read.returncode, '"patrols": 10' in read.stdout) == (0, True)

"""How the commands are called: their options, their language, and what becomes of a command line that is wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.usage import in_chinese
from tests.commands import Bureau, bureau, run
from tests.integration.office import ROOT

PLAIN = [
    "demo",
    "init",
    "check",
    "run",
    "poll",
    "read",
    "status",
    "review",
    "digest",
    "remind",
    "merge",
    "rebuild",
    "backup",
    "purge",
]
REVIEW = [
    "accept",
    "reject",
    "assign",
    "confirm",
    "override",
    "close",
    "hand-in",
    "withdraw",
    "extend",
    "reopen",
]
COMMANDS = [*([name] for name in PLAIN), *(["review", name] for name in REVIEW)]
OPTIONS = {
    "read": ["--json"],
    "status": ["--json"],
    "digest": ["--send"],
    "remind": ["--send"],
    "merge": ["--out", "--final"],
    "rebuild": ["--verify"],
    "backup": ["--check FILE"],
    "purge": ["--before DATE", "--yes", "--reason"],
    "review accept": ["--register"],
    "review assign": ["--register"],
    **{f"review {name}": ["--reason"] for name in REVIEW if name not in ("accept", "assign")},
    "review hand-in": ["--reason", "--anyway"],
}
ENGLISH = re.compile(r"[A-Za-z]{4,}")
NAMES = {
    *PLAIN, "report", "agent", "PATH", "TIMESTAMP", "TEXT", "NAME", "FILE", "UNIT", "FIELD", "VALUE", "DATE", "JSON",
    "help", "json", "settle", "retry", "config", "yaml", "rules", "templates", "final", "output", "SIGTERM", "Ctrl", "register", "reason", "anyway",
    "send", "verify", "check", "DEST", "backup", "purge", "before",
}  # fmt: skip
NAMES |= {word for name in REVIEW for word in name.split("-")}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    return bureau(tmp_path_factory.mktemp("bureau"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_in_chinese_and_takes_the_two_options(command: list[str]) -> None:
    ran = run(*command, "--help")
    assert (ran.status, ran.err) == (0, "")
    for option in ("--config PATH", "--now TIMESTAMP", *OPTIONS.get(" ".join(command), ())):
        assert option in ran.out
    assert "用法：" in ran.out
    assert re.search("[一-鿿]", ran.out)
    assert set(ENGLISH.findall(ran.out)) <= NAMES


def test_the_list_of_commands_names_each_of_them() -> None:
    ran = run("--help")
    assert ran.status == 0
    assert re.findall(r"^  (\w+)  ", ran.out, re.MULTILINE) == [
        *(one for one in PLAIN if one != "review"),
        "review",
    ]
    assert set(ENGLISH.findall(ran.out)) <= NAMES


def test_options_stand_before_or_after_the_command(office: Bureau) -> None:
    given = ("--config", office.office.config, "--now", "2024-03-01T10:00")
    outs = [
        run(*given, "status", "--json").json,
        run("status", *given, "--json").json,
        run(*given[:2], "status", *given[2:], "--json").json,
    ]
    assert outs[0] == outs[1] == outs[2]
    assert outs[0]["as_of"] == "2024-03-01T10:00:00+08:00"
    for order in (("review", *given, "extend"), (*given, "review", "extend"), ("review", "extend", *given)):
        assert run(*order, "qingnian", "2024-03-08").status == 0


def test_the_option_nearest_to_the_command_counts(office: Bureau) -> None:
    early, late = ("--now", "2024-01-01"), ("--now", "2024-03-01T10:00")
    ran = run(*early, "status", "--config", office.office.config, "--json", *late)
    assert ran.json["as_of"] == "2024-03-01T10:00:00+08:00"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2024-03-01", "2024-03-01T00:00:00+08:00"),
        ("2024-03-01T10:00:30", "2024-03-01T10:00:30+08:00"),
        ("2024-03-01 10:00", "2024-03-01T10:00:00+08:00"),
        ("2024-03-01T10:00+00:00", "2024-03-01T18:00:00+08:00"),
        ("2024-03-01T10:00Z", "2024-03-01T18:00:00+08:00"),
        ("20240301T1000", "2024-03-01T10:00:00+08:00"),
    ],
)
def test_now_stands_in_for_the_clock_in_the_configured_zone(office: Bureau, given: str, shown: str) -> None:
    assert office.json("status", now=given)["as_of"] == shown


def test_another_zone_reads_now_as_its_own(tmp_path: Path) -> None:
    office = bureau(tmp_path, timezone="Asia/Urumqi")
    assert office.json("status", now="2024-03-01T10:00")["as_of"] == "2024-03-01T10:00:00+06:00"
    assert office.json("status", now="2024-03-01T10:00Z")["as_of"] == "2024-03-01T16:00:00+06:00"


@pytest.mark.parametrize(
    "given", ["", "gestern", "2024-13-01", "10:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59Z"]
)
@pytest.mark.parametrize("command", ["status", "poll", "check", "init", "demo", "read", "run", "merge"])
def test_a_moment_that_is_none_is_refused_on_every_command(office: Bureau, command: str, given: str) -> None:
    ran = run(
        command,
        "--now",
        given,
        *(["x"] if command in ("init", "read") else []),
        "--config",
        office.office.config,
    )
    assert (ran.status, ran.out) == (2, "")
    assert "--now" in ran.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "命令："),
        ("read", "缺少参数 FILE"),
        ("init", "缺少参数 DIR"),
        ("bogus", "没有命令 bogus"),
        ("statsu", "是不是 'status'"),
        ("status --bogus", "没有选项 --bogus"),
        ("status --config", "选项 --config 后面要写值"),
        ("status --json=1", "选项 --json 不带值"),
        ("status more of this", "多出了参数：more of this"),
        ("--now 2024-03-01", "缺少命令"),
        ("review bogus", "没有命令 bogus"),
        ("review accept", "缺少参数 ID"),
        ("review assign H1", "缺少参数 UNIT"),
        ("review hand-in qingnian", "缺少参数 FILE"),
    ],
)
def test_a_wrong_command_line_is_answered_in_chinese(line: str, told: str) -> None:
    ran = run(*line.split())
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err
    words = set(ENGLISH.findall(ran.err)) - {"bogus", "statsu", "more", "this", "hand"}
    assert words <= NAMES, words


def test_what_has_no_translation_stays_as_it_is() -> None:
    assert in_chinese("Something new happened.") == "Something new happened."


def test_help_loads_nothing_heavy() -> None:
    heavy = "{'pandas', 'openpyxl', 'sqlalchemy', 'lxml', 'PIL', 'docx', 'pydantic', 'imap_tools', 'jinja2'}"
    code = f"import agent.cli.commands, sys; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


def test_the_module_is_the_command() -> None:
    by_module = subprocess.run(
        [sys.executable, "-m", "agent", "--help"], cwd=ROOT, check=True, capture_output=True
    )
    assert "report-agent" in by_module.stdout.decode()
    assert by_module.stderr == b""


def test_a_terminal_that_speaks_no_utf8_gets_its_chinese_all_the_same(office: Bureau) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "agent", "status", "--config", str(office.office.config)],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
    )
    assert ran.returncode == 0
    assert "青年镇" in ran.stdout.decode("utf-8")


def test_a_reader_that_goes_away_is_no_error(office: Bureau) -> None:
    command = f"{sys.executable} -m agent status --json --config {office.office.config} | head -c 10"
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert ran.stderr == ""


@pytest.mark.parametrize(
    "command", [one for one in COMMANDS if one not in (["demo"], ["init"])], ids=" ".join
)
@pytest.mark.parametrize(
    "config", ["missing.yaml", ".", "/", "junk.yaml", "text.yaml", "missing/config.yaml"]
)
def test_a_configuration_that_is_none_is_named(tmp_path: Path, command: list[str], config: str) -> None:
    (tmp_path / "junk.yaml").write_bytes(bytes(range(256)))
    (tmp_path / "text.yaml").write_text("just a text", encoding="utf-8")
    arguments = {
        "accept": ["H1"],
        "reject": ["H1"],
        "assign": ["H1", "qingnian"],
        "override": ["qingnian", "patrols", "1"],
        "hand-in": ["qingnian", "x"],
        "extend": ["qingnian", "2024-03-08"],
        "read": ["x"],
        "purge": ["--before", "2024-03-01"],
        **{name: ["qingnian"] for name in ("confirm", "close", "withdraw")},
    }.get(command[-1], [])
    ran = run(*command, *arguments, "--config", config, at=tmp_path)
    assert ran.status == 2
    assert config in ran.err + ran.out
    assert "Traceback" not in ran.err
    assert ".log" not in ran.err


def test_without_configuration_the_default_one_is_looked_for_here(tmp_path: Path) -> None:
    ran = run("status", at=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert "config.yaml" in ran.err
    assert "report-agent init" in ran.err


@pytest.mark.parametrize("value", ["", " ", "\x00", "../x", "Hx", "H0", "H99", "-1", "青年镇", "'; --"])
def test_ids_units_fields_and_values_that_there_are_none_of_are_refused(office: Bureau, value: str) -> None:
    for line in (
        ("accept", value),
        ("reject", value),
        ("assign", value, "qingnian"),
        ("override", "qingnian", value, "1"),
        ("override", "qingnian", "patrols", value),
        ("hand-in", "qingnian", value),
        ("extend", "qingnian", value),
    ):
        ran = office.run("review", *line)
        assert ran.status == 2, line
        assert ran.out == ""
        assert "错误：" in ran.err, (line, ran.err)
    if value != "青年镇":
        for name in ("confirm", "close", "withdraw"):
            assert office.run("review", name, value).status == 2


def test_an_archive_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("")
    office = bureau(tmp_path, archive="occupied/archive")
    for command in ("status", "poll", "merge", "digest"):
        ran = office.run(command)
        assert ran.status == 2, command
        assert "occupied" in ran.err


def test_a_ledger_that_is_damaged_is_named_with_its_remedy(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    assert office.run("poll").status == 0
    for path in office.office.archive.glob("ledger.sqlite*"):
        path.write_bytes(b"no database" * 1000)
    ran = office.run("status")
    assert ran.status == 2
    assert "ledger.sqlite" in ran.err
    assert "report-agent rebuild" in ran.err
    assert office.run("rebuild").status == 0
    assert office.run("status").status == 0


def test_a_number_beyond_all_bounds_is_no_held_mail(office: Bureau) -> None:
    assert office.run("review", "accept", "H99999999999999999999").status == 2

"""A mistake in a YAML file ends in one message with the file and the line, and status 2."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from agent.base.errors import ConfigurationError
from agent.campaign.rules import Campaign
from agent.campaign.settings import Settings
from agent.campaign.units import Register
from agent.campaign.yamlfile import load_model, parse
from tests.commands import bureau, run

HERE = Path(__file__).parent.parent / "yaml"
MISTAKES = yaml.safe_load((HERE / "lines.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: repr(one["text"])[:40])
def test_a_mistake_is_told_with_its_line(mistake: dict[str, object]) -> None:
    path = Path("config.yaml")
    with pytest.raises(ConfigurationError) as error:
        parse(str(mistake["text"]), path)
    assert f"config.yaml 第 {mistake['line']} 行" in str(error.value)
    assert str(mistake["says"]) in str(error.value)


@pytest.mark.parametrize("character", "\x00\x08\x0b\x1b\x7f\x9f\ufffe")
@pytest.mark.parametrize("where", ["# {}", "a: x{}y", "{}a: 1", "a: '{}'"])
def test_a_control_character_is_told_with_its_line(character: str, where: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"第 3 行第 \d+ 列.*U\+{ord(character):04X}"):
        parse("x: 1\ny: 2\n" + where.format(character) + "\n", Path("units.yaml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2024-02-29", dt.date(2024, 2, 29)),
        ("a: '{{x}}'", "{{x}}"),
        ("a: '2024-02-30'", "2024-02-30"),
        ("a: 全角：冒号", "全角：冒号"),
        ("a: |\n  行一\n  key：值\n", "行一\nkey：值\n"),
        ("a: {b: 1}", {"b": 1}),
        ("a: '\u200b\u3000'", "\u200b\u3000"),
        ('a: "x\\ty"', "x\ty"),
        ("a: \U0001f600", "\U0001f600"),
    ],
)
def test_what_is_right_is_taken(text: str, value: object) -> None:
    assert parse(text, Path("x.yaml")) == {"a": value}


def test_nesting_without_end_is_no_crash() -> None:
    for text in ("[" * 50_000, "{a: " * 5_000, "a: &a [*a]", "a: &a {b: *a}"):
        with pytest.raises(ConfigurationError):
            parse(text, Path("x.yaml"))


@pytest.mark.parametrize(
    ("name", "model", "line"),
    [
        ("config-braces", Settings, 1),
        ("config-fullwidth-colon", Settings, 1),
        ("rules-impossible-date", Campaign, 4),
        ("units-control-character", Register, 3),
    ],
)
def test_the_line_is_the_right_one(name: str, model: type, line: int) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}.yaml 第 {line} 行"):
        load_model(model, HERE / f"{name}.yaml")


def test_a_value_that_may_not_be_is_told_with_its_line(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    config = office.office.config
    settings = yaml.safe_load(config.read_text(encoding="utf-8")) | {"schedule": {"poll_minutes": 0}}
    text = yaml.safe_dump(settings, allow_unicode=True)
    config.write_text(text, encoding="utf-8")
    line = next(at for at, one in enumerate(text.splitlines(), 1) if "poll_minutes" in one)
    ran = run("status", "--config", config)
    assert ran.status == 2
    assert f"（第 {line} 行）" in ran.err


@pytest.mark.parametrize("what", ["config", "campaign", "units"])
@pytest.mark.parametrize("text", ["a: {{x}}\n", "a：1\nb: 2\n", "a: 2024-02-30\n", "a: 1 # \x08\n"])
def test_every_command_ends_with_two_and_the_file_s_name(tmp_path: Path, what: str, text: str) -> None:
    office = bureau(tmp_path)
    config = office.office.config
    bad = config
    if what != "config":
        bad = tmp_path / f"bad-{what}.yaml"
        settings = yaml.safe_load(config.read_text(encoding="utf-8")) | {what: str(bad)}
        config.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    bad.write_text(text, encoding="utf-8")
    for command in ("check", "status", "poll"):
        ran = run(command, "--config", config)
        assert ran.status == 2, command
        assert f"{bad.name} 第 1 行" in ran.out + ran.err
        assert "Traceback" not in ran.err

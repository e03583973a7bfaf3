"""The README and docs/ against the program: commands, links, settings, messages, and the two languages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
import yaml
from PIL import Image

from agent.base.errors import ConfigurationError
from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.settings import Contact, load_settings
from agent.campaign.units import load_register
from agent.cli.commands import app
from agent.cli.init import lay_out
from agent.letters import Letters
from agent.letters.samples import failing_templates

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
DOCUMENTS = [ENGLISH, CHINESE, ROOT / "archive" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", re.DOTALL | re.MULTILINE)
MENTION = re.compile(r"`(report-agent(?: [^`]*)?)`")


def blocks(document: Path, language: str | None = None) -> list[str]:
    """The fenced blocks of a document, without their indentation."""
    found = [
        (match[1], "\n".join(_unindented(match[2]))) for match in FENCE.finditer(document.read_text("utf-8"))
    ]
    return [text for name, text in found if language in (None, name)]


def _unindented(text: str) -> list[str]:
    lines = text.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[indent:].rstrip() for line in lines]


def prose(document: Path) -> str:
    return FENCE.sub("", document.read_text("utf-8"))


def commands(document: Path) -> list[str]:
    """Every `report-agent …` that a document quotes, in its text or in its shell blocks."""
    shown = [
        match[1].strip()
        for block in (*blocks(document, "sh"), *blocks(document, "bat"))
        for line in block.splitlines()
        if (match := re.search(r"^(?:.*[ /])?(report-agent(?: [^'|]*)?)'?$", line.partition("#")[0].rstrip()))
        and not re.match(r"(schtasks|useradd|systemctl|sudo (useradd|chown|systemctl|cp|chmod)|echo)", line)
    ]
    return [*MENTION.findall(prose(document)), *shown]


# --- the two languages -----------------------------------------------------------------------------------


def test_both_readmes_have_the_same_sections() -> None:
    assert [*map(_level, _headings(ENGLISH))] == [*map(_level, _headings(CHINESE))]


def test_both_readmes_show_the_same_code() -> None:
    assert blocks(ENGLISH, "sh") == blocks(CHINESE, "sh")
    assert blocks(ENGLISH, "yaml") == blocks(CHINESE, "yaml")
    assert [*map(_paths, blocks(ENGLISH, "text"))] == [*map(_paths, blocks(CHINESE, "text"))]


def test_both_readmes_name_the_same_commands_and_rooms() -> None:
    assert sorted(commands(ENGLISH)) == sorted(commands(CHINESE))
    assert _first_cells(ENGLISH) == _first_cells(CHINESE)


def test_both_readmes_link_to_the_same_files() -> None:
    other = {ENGLISH.name, CHINESE.name}
    assert set(_links(ENGLISH)) - other == set(_links(CHINESE)) - other


def _headings(document: Path) -> list[str]:
    return re.findall(r"^(#+ .*)$", prose(document), re.MULTILINE)


def _level(heading: str) -> int:
    return heading.index(" ")


def _paths(block: str) -> list[str]:
    return [re.split(r" {2,}", line.strip())[0] for line in block.splitlines()]


def _first_cells(document: Path) -> list[str]:
    """What the tables' rows are about, without the columns' headings."""
    cells = re.findall(r"^\| ([^|]+) \|", prose(document), re.MULTILINE)
    return [", ".join(re.findall(r"`([^`]+)`", cell)) for cell in cells if "`" in cell]


# --- commands --------------------------------------------------------------------------------------------


def _quoted() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for command in dict.fromkeys(commands(document)):
            yield document.name, command


@pytest.mark.parametrize(("document", "command"), [*_quoted()])
def test_every_command_that_is_quoted_can_be_given(document: str, command: str) -> None:
    """It parses: the command exists, with these options; arguments may be left out where only its name is meant."""
    del document
    found, words = _resolved(shlex.split(command)[1:])
    if words:
        found.make_context("report-agent", words, resilient_parsing=False)


def test_every_command_is_described() -> None:
    told = {" ".join(_name(one)) for one in commands(CHINESE)}
    assert {" ".join(name) for name in _all_commands(_root())} <= told


def _root() -> Any:
    # Typer brings a click of its own or stands on the other one, by its version: neither is imported here.
    return typer.main.get_command(app)


def _inner(command: Any) -> dict[str, Any]:
    """The commands below one."""
    return getattr(command, "commands", {})


def _resolved(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and the words left for it."""
    command = _root()
    while words and _inner(command):
        inner = _inner(command).get(words[0])
        if inner is None:
            assert words[0].startswith("-"), f"no command {words[0]}"
            break
        command, words = inner, words[1:]
    return command, words


def _name(command: str) -> list[str]:
    words = shlex.split(command)[1:]
    left = _resolved(words)[1]
    return words[: len(words) - len(left)]


def _all_commands(group: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in _inner(group).items():
        yield (*above, name)
        yield from _all_commands(command, (*above, name))


# --- links and pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    gone = [link for link in _links(document) if not (document.parent / unquote(link)).exists()]
    assert gone == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"`((?:agent|docs|tests|rules|templates|bench)/[\w./-]*)`", prose(document))
    made_up = {"rules/summer-cooling.yaml"}
    assert [one for one in named if one not in made_up and not (ROOT / one).exists()] == []


def test_pictures_are_small() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 150_000, picture.name
        with Image.open(picture) as opened:
            assert opened.width <= 1500, picture.name


def _links(document: Path) -> list[str]:
    found = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose(document))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


# --- settings, rules and messages ------------------------------------------------------------------------


def _yaml_blocks(key: str) -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for block in blocks(document, "yaml"):
            if re.search(rf"^{key}:", block, re.MULTILINE):
                yield document.name, block


@pytest.mark.parametrize(("document", "block"), [*_yaml_blocks("inbox")])
def test_settings_that_are_shown_can_be_loaded(document: str, block: str, tmp_path: Path) -> None:
    del document
    (tmp_path / "config.yaml").write_text(block, encoding="utf-8")
    settings = load_settings(tmp_path / "config.yaml")
    assert settings.inbox.imap is not None
    assert settings.outbox.smtp is not None
    assert settings.address == settings.outbox.smtp.user


@pytest.mark.parametrize(("document", "block"), [*_yaml_blocks("form")])
def test_rules_that_are_shown_make_a_campaign_whose_letters_can_be_written(
    document: str, block: str, tmp_path: Path
) -> None:
    del document
    (tmp_path / "rules.yaml").write_text(block, encoding="utf-8")
    campaign = load_campaign(tmp_path / "rules.yaml")
    assert failing_templates(_letters(campaign), campaign) == []


@pytest.mark.parametrize(("document", "block"), [*_yaml_blocks("units")])
def test_a_register_that_is_shown_can_be_loaded(document: str, block: str, tmp_path: Path) -> None:
    del document
    if "inbox:" not in block:
        (tmp_path / "units.yaml").write_text(block, encoding="utf-8")
        assert load_register(tmp_path / "units.yaml").units


def test_every_key_of_the_rules_is_explained() -> None:
    told = prose(ROOT / "docs" / "rules.md")
    keys = set(Campaign.model_fields) | _keys(
        yaml.safe_load((ROOT / "rules/winter-warmth.yaml").read_text("utf-8"))
    )
    assert {key for key in keys if f"`{key}`" not in told} == set()


def test_every_key_of_the_settings_is_explained() -> None:
    told = "\n".join(document.read_text("utf-8") for document in DOCUMENTS)
    keys = _keys(yaml.safe_load((ROOT / "config.yaml").read_text("utf-8")))
    assert {key for key in keys if not re.search(rf"\b{key}\b", told)} == set()


def _keys(value: object) -> set[str]:
    """The keys of a YAML document, those of `measures` (measures themselves) apart."""
    if isinstance(value, list):
        return {key for item in value for key in _keys(item)}
    if not isinstance(value, dict):
        return set()
    inner = {key for name, item in value.items() if name != "measures" for key in _keys(item)}
    return {str(key) for key in value} | inner


MISTAKES = (
    ("config.yaml", "digest_at", "digest_att"),
    ("config.yaml", '"17:30"', "17:30"),
    ("config.yaml", "  folder: mails", "  imap: {host: imap.qq.com, user: a@qq.example}\n  folder: mails"),
    ("config.yaml", "Asia/Shanghai", "Asia/Beijing"),
    ("config.yaml", "  folder: mails", "  imap: {host: imap.qq.com, user: a@qq.example, tls: false} #"),
    ("config.yaml", "timezone: Asia/Shanghai", "timezone: Asia/Shanghai\ntimezone: Asia/Shanghai"),
    ("rules/winter-warmth.yaml", "type: count", "type: number"),
    ("rules/winter-warmth.yaml", "measure: 人次", "measure: 人天"),
    ("rules/winter-warmth.yaml", "deadline: 2024", "deadline: 2023"),
    ("rules/winter-warmth.yaml", "joint_patrols <= patrols", "abs(patrols) > 0"),
    ("rules/units.yaml", "青年镇人民政府", "万东镇"),
)  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong"), MISTAKES)
def test_the_messages_about_mistakes_are_quoted_as_they_are(
    file: str, right: str, wrong: str, tmp_path: Path
) -> None:
    lay_out(tmp_path)
    path = tmp_path / file
    path.write_text(path.read_text("utf-8").replace(right, wrong, 1), encoding="utf-8")
    load = {"config.yaml": load_settings, "rules/units.yaml": load_register}.get(file, load_campaign)
    with pytest.raises(ConfigurationError) as raised:
        load(path)
    quoted = blocks(ROOT / "docs" / "troubleshooting.md", "text")[0].splitlines()
    told = str(raised.value).splitlines()[0].replace(str(path), file)
    assert re.sub("（第 [0-9]+ 行）$", "", told) in quoted


def test_the_message_about_a_template_is_quoted_as_it_is(campaign: Campaign, tmp_path: Path) -> None:
    (tmp_path / "receipt.txt.j2").write_text("{% block title %}{{ unit.nam }", encoding="utf-8")
    quoted = blocks(ROOT / "docs" / "troubleshooting.md", "text")[0].splitlines()
    assert failing_templates(_letters(campaign, tmp_path), campaign)[0] in quoted


def _letters(campaign: Campaign, *own: Path) -> Letters:
    contact = Contact(name="联系人", address="contact@civil.example", phone="000-00000000")
    return Letters([*own, ROOT / "templates"], "report@civil.example", contact, campaign)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "ARCHITECTURE.md"])
def test_each_room_is_listed(name: str) -> None:
    rooms = {path.parent.name for path in (ROOT / "agent").glob("*/__init__.py")}
    listed = re.findall(r"(?m)^\| `(?:agent/)?([a-z]+)/` \|", (ROOT / name).read_text(encoding="utf-8"))
    assert (set(listed), len(listed)) == (rooms, len(rooms))

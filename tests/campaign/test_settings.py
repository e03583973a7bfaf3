"""config.yaml: what it takes, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.base.errors import ConfigurationError
from agent.campaign.settings import load_rules, load_settings

ROOT = Path(__file__).resolve().parent.parent.parent


def write(tmp_path: Path, **changes: Any) -> Path:
    content = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")) | changes
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_the_built_in_settings_point_at_no_mailbox() -> None:
    settings = load_settings(ROOT / "config.yaml")
    assert settings.inbox.imap is None
    assert settings.outbox.smtp is None
    assert settings.address.endswith(".example")
    assert settings.contact.address.endswith(".example")


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, archive="there"))
    assert settings.path(settings.archive) == tmp_path / "there"


def test_the_interface_s_own_example_loads(tmp_path: Path) -> None:
    server = {
        "host": "127.0.0.1",
        "user": "report@civil.example",
        "password_env": "REPORT_AGENT_PASSWORD",
        "tls": True,
    }
    path = write(
        tmp_path,
        inbox={
            "imap": {**server, "port": 993, "folder": "INBOX"},
            "since": None,
            "answer_from": None,
            "dedicated": True,
        },
        outbox={"smtp": {**server, "port": 465}, "per_minute": 15, "per_address_per_hour": 10},
    )
    settings = load_settings(path)
    assert settings.inbox.imap is not None
    assert settings.inbox.imap.folder == "INBOX"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inbox": {}}, "inbox"),
        ({"inbox": {"folder": "mails", "imap": {"host": "h", "user": "u"}}}, "只写一个"),
        ({"outbox": {"folder": "sent", "per_minut": 3}}, "outbox.per_minut"),
        ({"schedule": {"digest_at": "25:00"}}, "schedule.digest_at"),
        ({"schedule": {"poll_minutes": 0}}, "schedule.poll_minutes"),
        ({"timezone": "Asia/Chongqin"}, "Asia/Shanghai"),
        ({"address": "nobody"}, "address"),
        ({"contact": {"name": "某人", "address": "a@b.example"}}, "contact.phone"),
        ({"inbox": {"imap": {"host": "imap.example", "user": "u", "tls": False}}}, "明文"),
        ({"inbox": {"imap": {"host": "h", "user": "u", "password": "secret"}}}, "inbox.imap.password"),
    ],
)
def test_a_mistake_is_told_with_the_key(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(ConfigurationError) as error:
        load_settings(path)
    assert told in str(error.value)
    assert str(path) in str(error.value)


def test_settings_name_the_rules_and_the_units() -> None:
    campaign, register = load_rules(load_settings(ROOT / "config.yaml"))
    assert campaign.id == "winter-warmth"
    assert [unit.id for unit in register.units if not unit.required] == ["station"]

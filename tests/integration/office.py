"""A made-up bureau in a temporary folder: its settings, and the agent run on them as an operator runs it."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.campaign.settings import load_settings
from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS, addresses
from agent.keeping.workspace import Workplace
from tests.integration.servers.dovecot import PASSWORD, Dovecot
from tests.integration.servers.smtp import SmtpServer

ROOT = Path(__file__).resolve().parents[2]
FOLDERS: dict[str, Any] = {"inbox": {"folder": "mails"}, "outbox": {"folder": "sent", "per_minute": 6000}}


@dataclass(frozen=True)
class Office:
    """The bureau's working folder, and its agent's command line."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def archive(self) -> Path:
        return self.folder / "archive" / "winter-warmth"

    def open(self) -> Workplace:
        return Workplace.open(load_settings(self.config))

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """`report-agent ARGUMENTS --config …`, in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "agent", *arguments, "--config", str(self.config)],
            cwd=ROOT,
            env={**os.environ, "REPORT_AGENT_PASSWORD": PASSWORD, **(env or {})},
            capture_output=True,
            text=True,
            timeout=110,
        )

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def make_office(
    folder: Path, ways: dict[str, Any], days: tuple[dt.date, dt.date] | None = None, **settings: Any
) -> Office:
    """A bureau whose settings are the built-in ones but for these.

    Args:
        folder: an empty folder.
        ways: the ``inbox`` and ``outbox`` settings.
        days: the campaign's start and deadline, where they differ from the built-in rules'.
        settings: further keys of config.yaml.
    """
    config = _yaml("config.yaml") | ways | settings
    campaign = _yaml("agent/demo/campaign/winter-warmth.yaml")
    if days is not None:
        campaign["start"], campaign["deadline"] = days
    register = _yaml("agent/demo/campaign/units.yaml")
    for unit in register["units"]:
        unit["senders"] = [addresses()[unit["id"]]] if unit["id"] in addresses() else []
    for name, content in (
        ("config.yaml", config),
        ("rules/winter-warmth.yaml", campaign),
        ("rules/units.yaml", register),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    (folder / "mails").mkdir(exist_ok=True)
    return Office(folder)


def on_servers(dovecot: Dovecot, smtp: SmtpServer) -> dict[str, Any]:
    """The ways in and out by the real servers, with an account for everybody in the district."""
    for address in (AGENT_ADDRESS, CONTACT_ADDRESS, "chuyanshi@personal.example", *addresses().values()):
        dovecot.new_user(address)
    dovecot.doveadm("expunge", "-u", AGENT_ADDRESS, "mailbox", "INBOX", "all")  # another test's mail
    account = {"host": "127.0.0.1", "user": AGENT_ADDRESS, "ca_file": str(dovecot.ca_file)}
    return {
        "inbox": {"imap": {**account, "port": dovecot.imaps_port}, "answer_from": "2000-01-01T00:00:00"},
        "outbox": {"smtp": {**account, "port": smtp.port}, "per_minute": 6000},
    }


def _yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load((ROOT / name).read_text(encoding="utf-8"), yaml.CSafeLoader)
    return content

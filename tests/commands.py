"""The command line in tests: a command run in this process, and mails as units send them."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.policy
import functools
import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import simplejson

from agent.campaign.rules import Campaign, load_campaign
from agent.cli.commands import main
from agent.demo.district import AGENT_ADDRESS, addresses
from agent.demo.forms import form_xlsx
from agent.demo.pictures import photo
from tests.integration.office import FOLDERS, ROOT, Office, make_office

ZONE = ZoneInfo("Asia/Shanghai")
CAMPAIGN = load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")
ACCOUNT = "我镇按照通知要求，组织干部群众开展走访、巡查和宣传，及时发现并救助困难群众，取得了较好的成效。" * 4
"""Long enough for a narrative."""


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return simplejson.loads(self.out, use_decimal=True)


def run(*arguments: object, at: Path | None = None) -> Ran:
    """`report-agent ARGUMENTS`, from the folder ``at``."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(at or Path.cwd()),
        mock.patch.object(sys, "argv", ["report-agent", *map(str, arguments)]),
    ):
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
    return Ran(status, *(_written(stream) for stream in (out, err)))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@dataclass(frozen=True)
class Bureau:
    """An office in folder mode: mails are put into a folder, letters are written into another."""

    office: Office

    @property
    def folder(self) -> Path:
        return self.office.folder

    def run(self, *arguments: object, now: str | None = "2024-03-01T10:00") -> Ran:
        clock = ("--now", now) if now else ()
        return run(*arguments, "--config", self.office.config, *clock)

    def json(self, *arguments: object, now: str | None = "2024-03-01T10:00") -> Any:
        ran = self.run(*arguments, "--json", now=now)
        assert ran.status == 0, ran.err
        return ran.json

    def unit(self, unit: str, **options: Any) -> Any:
        return next(one for one in self.json("status", **options)["units"] if one["id"] == unit)

    def post(self, raw: bytes) -> Path:
        """Put a mail into the inbox."""
        folder = self.folder / "mails"
        path = folder / f"{len(list(folder.iterdir())):03d}.eml"
        path.write_bytes(raw)
        return path

    def letters(self) -> Iterator[EmailMessage]:
        for path in sorted((self.folder / "sent").glob("*.eml")):
            yield email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def bureau(folder: Path, **settings: Any) -> Bureau:
    return Bureau(
        make_office(
            folder,
            FOLDERS | {name: settings.pop(name) for name in ("inbox", "outbox") if name in settings},
            **settings,
        )
    )


def figures(**written: Any) -> dict[str, Any]:
    """A whole form's values: 10 in every figure but those given."""
    values: dict[str, Any] = {field.id: 10 if field.is_figure else "" for field in CAMPAIGN.form.fields}
    return values | {
        name: Decimal(value) if isinstance(value, float) else value for name, value in written.items()
    }


def heading(unit: str = "青年镇", day: dt.date | None = None) -> dict[str, Any]:
    return {
        "unit": unit,
        "reported_on": day or dt.date(2024, 3, 1),
        "reporter": "张演示",
        "phone": "000-00000000",
    }


def form(unit: str = "青年镇", /, **written: Any) -> tuple[str, bytes]:
    """A filled form as an attachment."""
    return f"{unit}统计表.xlsx", _form(
        unit, tuple((field, type(value), value) for field, value in sorted(written.items()))
    )


@functools.cache
def _form(unit: str, written: tuple[tuple[str, type, Any], ...]) -> bytes:  # 1 isn't 1.0 in a cell
    return form_xlsx(CAMPAIGN, figures(**{field: value for field, _, value in written}), heading(unit))


def mail(
    *attachments: tuple[str, bytes],
    sender: str | None = None,
    subject: str = "报送材料",
    text: str = "请查收。",
    sent: str | dt.datetime = "2024-03-01T09:00+08:00",
    **headers: str,
) -> bytes:
    """A mail as a unit sends it; without a sender from 青年镇's registered address."""
    message = EmailMessage(policy=email.policy.SMTP)
    moment = sent if isinstance(sent, dt.datetime) else dt.datetime.fromisoformat(sent)
    message["From"] = sender or addresses()["qingnian"]
    message["To"], message["Subject"], message["Date"] = AGENT_ADDRESS, subject, moment
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    for name, data in attachments:
        message.add_attachment(data, "application", "octet-stream", filename=name)
    return message.as_bytes()


def whole(unit: str, number: int = 1, **written: Any) -> bytes:
    """A mail that brings all that the unit owes; the photo is the number-th."""
    name = next(one.name for one in _register().units if one.id == unit)
    return mail(
        form(name, **written),
        (f"{name}照片.jpg", _photo(number)),
        sender=addresses().get(unit, f"{unit}@town.example"),
        subject=f"{name}材料",
        text=ACCOUNT,
    )


_photo = functools.cache(photo)


@functools.cache
def _register() -> Any:
    from agent.campaign.units import load_register

    return load_register(ROOT / "agent/demo/campaign/units.yaml")


def campaign_of(path: Path) -> Campaign:
    return load_campaign(path)


def settings_of(folder: Path) -> Mapping[str, Any]:
    import yaml

    content: Mapping[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return content

"""config.yaml: one operator's mailbox, contact, units and timetable, checked.

Relative paths in it are relative to its own folder. Passwords never stand in it: they come from the
environment or from the system's keyring.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, PrivateAttr, field_validator, model_validator

from agent.campaign.rules import Campaign, Model, load_campaign
from agent.campaign.units import Address, Register, folded, load_register
from agent.campaign.yamlfile import load_model

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class Contact(Model):
    """The person at the bureau (联系人), and who may stand in for them."""

    name: str
    address: Address
    phone: str
    deputies: tuple[Address, ...] = ()

    def is_contact(self, address: str) -> bool:
        return folded(address) in {folded(one) for one in (self.address, *self.deputies)}


class Authentication(Model):
    """What proves a sender.

    Attributes:
        trust: whose Authentication-Results lines count (an authserv-id, ``*`` for what differs from machine to
            machine); null: the topmost line's.
        otherwise: what becomes of a registered sender's mail that no such line proves or refutes: ``accept`` takes
            it, ``hold`` holds it for the contact, ``verify`` takes it where it is signed (DKIM) by the sender's
            own domain, which the DNS is asked about, and else holds it.
    """

    trust: Annotated[str, Field(min_length=1)] | None = None
    otherwise: Literal["accept", "hold", "verify"] = "accept"


class Decisions(Model):
    """Decisions by mail: whether letters offer them, and for how many days such an offer is good."""

    by_mail: bool = True
    valid_days: int = Field(default=7, ge=1, le=366)


class Server(Model):
    """An IMAP or SMTP account.

    Attributes:
        password_env: the environment variable that holds the password (授权码); without it set, the system's
            keyring is asked for service ``report-agent`` and this user.
        tls: from the first byte. False speaks in the clear: only to a server on this machine.
        ca_file: a private CA's certificate, beside the system's own.
        timeout: seconds for every answer of the server.
    """

    host: str
    port: Port
    user: str
    password_env: str = "REPORT_AGENT_PASSWORD"
    tls: bool = True
    ca_file: Path | None = None
    timeout: float = Field(default=30, gt=0, le=600)

    @model_validator(mode="after")
    def _clear_text_stays_here(self) -> Server:
        if not self.tls and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("tls: false 只能用于本机（127.0.0.1），否则密码会以明文传送")
        return self


class ImapServer(Server):
    """The mailbox that reports come to."""

    port: Port = 993
    folder: str = "INBOX"


class SmtpServer(Server):
    """The server that letters leave by."""

    port: Port = 465


class InboxSettings(Model):
    """Where mail comes from: one of ``imap`` and ``folder``.

    Attributes:
        since: mail received before this day isn't fetched; null: the campaign's start.
        answer_from: mail received before this moment is filed but not answered; null: the agent's first
            start (for a folder: no bound).
        dedicated: false where the mailbox is somebody's own.
        idle: `run` stays logged in and lets the server tell of new mail (IMAP IDLE), and polls besides; false:
            it logs in for each poll.
    """

    imap: ImapServer | None = None
    folder: Path | None = None
    since: dt.date | None = None
    answer_from: dt.datetime | None = None
    dedicated: bool = True
    idle: bool = True

    @model_validator(mode="after")
    def _one_source(self) -> InboxSettings:
        if (self.imap is None) == (self.folder is None):
            raise ValueError("imap 和 folder 要写一个，且只写一个")
        return self


class OutboxSettings(Model):
    """Where letters go: one of ``smtp`` and ``folder``; and how fast.

    Attributes:
        per_minute: the provider's limit.
        per_address_per_hour: answers to one address.
        acknowledgements_per_day: neutral ones, to all addresses together: mails under made-up names must not use up
            what the provider lets leave in a day.
    """

    smtp: SmtpServer | None = None
    folder: Path | None = None
    per_minute: int = Field(default=15, ge=1)
    per_address_per_hour: int = Field(default=10, ge=1)
    acknowledgements_per_day: int = Field(default=100, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> OutboxSettings:
        if (self.smtp is None) == (self.folder is None):
            raise ValueError("smtp 和 folder 要写一个，且只写一个")
        return self


class ScheduleSettings(Model):
    """The timetable; clock times in the configured zone."""

    poll_minutes: int = Field(default=5, ge=1, le=1440)
    digest_at: Clock = "17:30"
    remind_days_before: tuple[Annotated[int, Field(ge=0)], ...] = (7, 3, 1)
    remind_at: Clock = "09:30"
    remind_overdue: bool = True


Kept = Literal[
    "mails", "ignored", "forms", "narratives", "photos", "others", "letters", "album", "names"
]  # fmt: skip


class RetentionSettings(Model):
    """The bureau's rule of what goes once its time is over (保存期限): `purge` removes this, and nothing else.

    Attributes:
        keep_days: for so many days after it was received everything stays.
        remove: what goes. ``mails``: the raw mails of what was filed; ``ignored``: those of what was set aside;
            ``forms``, ``narratives``, ``photos``, ``others``: the copies filed by unit; ``letters``: those that
            were sent; ``album``: the report's photo album; ``names``: in the records, who wrote, under which
            subject, with which file names and remarks.
    """

    keep_days: int = Field(default=0, ge=0)
    remove: tuple[Kept, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _goes_for_good(self) -> RetentionSettings:
        """What goes in one place must not stay in another."""
        inside = [one for one in ("forms", "narratives", "photos", "others") if one in self.remove]
        if inside and "mails" not in self.remove:
            raise ValueError(f"remove：写了 {'、'.join(inside)}，也要写 mails：原始邮件里有同样的内容")
        needed = [one for one in ("mails", "ignored", "letters") if one not in self.remove]
        if "names" in self.remove and needed:
            raise ValueError(f"remove：写了 names，也要写 {'、'.join(needed)}：那里也有姓名、地址和主题")
        return self


class Settings(Model):
    """The whole of config.yaml."""

    campaign: Path
    units: Path
    archive: Path
    timezone: str = "Asia/Shanghai"
    address: Address
    contact: Contact
    authentication: Authentication = Authentication()
    inbox: InboxSettings
    outbox: OutboxSettings
    schedule: ScheduleSettings = ScheduleSettings()
    decisions: Decisions = Decisions()
    templates: Path | None = None
    retention: RetentionSettings | None = None

    _file: Path = PrivateAttr(default=Path("config.yaml"))

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"没有名为 {name} 的时区；中国用 Asia/Shanghai") from error
        return name

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def path(self, relative: Path) -> Path:
        """A path of the file, made absolute against the file's own folder."""
        return (self._file.parent / relative).resolve()

    @property
    def file(self) -> Path:
        """The config.yaml that they were read from."""
        return self._file


def load_settings(path: Path) -> Settings:
    """The settings of a config.yaml.

    Raises:
        ConfigurationError: one line for each key that is wrong.
    """
    settings, _ = load_model(Settings, path)
    settings._file = path.resolve()
    return settings


def load_rules(settings: Settings) -> tuple[Campaign, Register]:
    """The campaign and the units that the settings name.

    Raises:
        ConfigurationError: as for the settings.
    """
    return load_campaign(settings.path(settings.campaign)), load_register(settings.path(settings.units))

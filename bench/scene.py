"""The scene of the mail benches: real servers on this machine, a mailbox filled at once, a bureau to poll it."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import functools
import io
import logging
import os
import random
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from measure import ROOT

from agent.campaign.rules import Campaign, load_campaign
from agent.campaign.units import load_register
from agent.demo import post
from agent.demo.district import AGENT_ADDRESS, addresses
from agent.demo.forms import form_docx, form_xlsx
from agent.demo.pictures import photo_size
from tests.integration.office import Office, make_office, on_servers
from tests.integration.servers.dovecot import Dovecot, User, running_dovecot
from tests.integration.servers.smtp import SmtpServer, running_smtp

ZONE = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2024, 3, 5, 18, tzinfo=ZONE)
FIRST = dt.datetime(2024, 2, 20, 8, tzinfo=ZONE)
PHOTO_BYTES = (230_000, 700_000)  # of one photo; three in base64 make a mail of 1 to 3 MB
DRAWN = 12  # photos drawn at full length; the others are those with another mark on them


@dataclass(frozen=True)
class Scene:
    """The servers, the ways to them, and a folder for the bureaus."""

    folder: Path
    dovecot: Dovecot
    ways: dict[str, Any]
    smtp: SmtpServer

    def office(self, name: str, user: User | None = None) -> Office:
        """A bureau with an empty archive, whose agent polls the user's mailbox and answers every mail."""
        ways = copy.deepcopy(self.ways)
        ways["outbox"] |= {"per_minute": 100_000, "per_address_per_hour": 100_000}
        if user is not None:
            self.dovecot.new_user(user.address)
            ways["inbox"]["imap"] |= {"user": user.address}
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        return make_office(folder, ways)

    def fill(self, user: User, mails: Iterable[tuple[bytes, dt.datetime]]) -> int:
        """Put mails into the user's INBOX as files, which is many times faster than delivering; returns their bytes."""
        inbox = self.dovecot.maildir(user)
        for name in ("cur", "new", "tmp"):
            (inbox / name).mkdir(parents=True, exist_ok=True)
        total = 0
        had = len(list((inbox / "cur").iterdir()))
        for number, (raw, received) in enumerate(mails, start=had):
            path = inbox / "cur" / f"{int(received.timestamp())}.M{number}.bench,S={len(raw)}:2,"
            path.write_bytes(raw)
            os.utime(path, (received.timestamp(), received.timestamp()))
            total += len(raw)
        owner = self.dovecot.folder.stat()
        for path in (inbox.parent, *inbox.parent.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
        for name in (
            "cur",
            "new",
            ".",
        ):  # of a folder changed just now, Dovecot reads every name at each look
            os.utime(inbox / name, (FIRST.timestamp() + had, FIRST.timestamp() + had))
        os.sync()  # or the first run's own syncs would wait for all this
        with self.dovecot.session(user):  # so that no run pays for the first index
            pass
        return total


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    """Dovecot and a mail server, until the block ends."""
    warnings.filterwarnings("ignore", module="aiosmtpd")  # on this machine nobody listens in
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as top:
        folder, servers = Path(top), Path(top) / "servers"
        folder.chmod(0o755)
        servers.mkdir()
        with running_dovecot(servers) as dovecot, running_smtp(dovecot) as smtp:
            yield Scene(
                folder, dovecot, on_servers(dovecot, smtp), smtp
            )  # which empties the mailbox: once, before


def small_mails(count: int, first: dt.datetime) -> Iterator[tuple[bytes, dt.datetime]]:
    """Mails of a few lines from lists that nobody answers, a second apart."""
    for number in range(count):
        received = first + dt.timedelta(seconds=number)
        text = (
            f"From: someone{number}@elsewhere.example\r\nTo: {AGENT_ADDRESS}\r\nSubject: notice {number}\r\n"
            f"Message-ID: <{number}@elsewhere.example>\r\nPrecedence: list\r\n\r\nNothing in here is a report.\r\n"
        )
        yield text.encode(), received


def reports(count: int) -> list[tuple[bytes, dt.datetime]]:
    """Mails as townships send them, 1 to 3 MB each: a form (.docx and .xlsx in turn) and three photos, all different."""
    with ProcessPoolExecutor() as pool:
        mails = list(pool.map(_report, range(count), chunksize=max(1, min(8, count // 4))))
    return [(raw, FIRST + dt.timedelta(minutes=20 * number)) for number, raw in enumerate(mails)]


def _report(number: int) -> bytes:
    unit, name = _units()[number % len(_units())]
    form = _form(number, name)
    photos = [(f"照片{at + 1}.jpg", _photo(3 * number + at)) for at in range(3)]
    charset = ("utf-8", "gb18030")[number % 2]
    mail = post.message(
        post.plain_text([f"{name}的统计表和照片，请查收。"], charset),
        [post.attachment(file, charset) for file in (form, *photos)],
    )
    sent = FIRST + dt.timedelta(minutes=20 * number)
    subject = f"{name}报送统计表"
    post.address(
        mail, post.Envelope(f"{name} <{addresses()[unit]}>", AGENT_ADDRESS, subject, sent, number, charset)
    )
    return post.as_bytes(mail, number)


@functools.cache
def _units() -> list[tuple[str, str]]:
    """Id and name of every unit that has a registered address."""
    register = load_register(ROOT / "agent/demo/campaign/units.yaml")
    return [(unit.id, unit.name) for unit in register.units if unit.id in addresses()]


def _form(number: int, unit: str) -> tuple[str, bytes]:
    """A filled form; every fifth with a count that isn't one, so that some are sent back."""
    campaign = _campaign()
    values: dict[str, Any] = {
        field.id: Decimal(20 + number % 7) if field.is_figure else "" for field in campaign.form.fields
    }
    if number % 5 == 4:
        values[campaign.form.figures[0].id] = "约20"
    header = {"unit": unit, "reported_on": "2024年2月20日", "reporter": "张演示", "phone": "13800000000"}
    make, suffix = ((form_docx, "docx"), (form_xlsx, "xlsx"))[number % 2]
    return f"{unit}统计表.{suffix}", make(campaign, values, header)


@functools.cache
def _campaign() -> Campaign:
    return load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")


def _photo(number: int) -> bytes:
    """A photo that no other equals: one of a few, with marks of its own in a corner."""
    from PIL import Image

    with Image.open(io.BytesIO(_drawn(number % DRAWN))) as picture:
        picture.load()
        chance = random.Random(number)
        mark = Image.frombytes("RGB", (48, 16), chance.randbytes(48 * 16 * 3))
        picture.paste(mark, (16, 16))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=82)
    return out.getvalue()


@functools.cache
def _drawn(number: int) -> bytes:
    low, high = PHOTO_BYTES
    return photo_size(number, low + (high - low) * number // (DRAWN - 1))

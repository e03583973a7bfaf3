"""Killed on the way from a real mailbox to a real mail server: what only these can show. The rest: test_restarts.py."""

from __future__ import annotations

import collections
import datetime as dt
import email.policy
import functools
import hashlib
import os
import signal
from collections.abc import Iterator
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.base import failpoints as faults
from agent.campaign.rules import load_campaign
from agent.demo.district import AGENT_ADDRESS, addresses
from agent.demo.forms import form_xlsx
from agent.demo.pictures import photo
from agent.service.loop import Service
from tests.integration.office import FOLDERS, ROOT, Office, make_office, on_servers
from tests.integration.restarts import read_once
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.integration.servers.smtp import SmtpServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

NOW = dt.datetime(2024, 3, 5, 18, tzinfo=ZoneInfo("Asia/Shanghai"))
PLACES = [
    "mail fetched", "envelope kept", "raw mail kept", "mail noted", "attempt counted", "before commit",
    "outcome committed", "entry recorded", "letter begins", "letter accepted", "departure recorded", "letter settled",
]  # fmt: skip


def test_on_real_servers_at_most_the_letter_in_doubt_arrives_twice(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    for number, place in enumerate(PLACES):
        office = _office_on_servers(tmp_path / str(number), dovecot, smtp_server)
        smtp_server.accepted.clear()
        assert _poll(office, place) == signal.SIGKILL, place
        assert _poll(office) == 0, place
        letters = collections.Counter(hashlib.sha256(one.raw).hexdigest() for one in smtp_server.accepted)
        counts = office.json("status")["letters"]
        assert len(letters) == 1, place
        doubled = letters.total() - len(letters)
        assert doubled == (1 if place == "letter accepted" else 0), place
        in_doubt = place in ("letter begins", "letter accepted")
        assert (counts["sent"], counts["doubtful"]) == ((0, 1) if in_doubt else (1, 0)), place


@pytest.fixture(scope="module", autouse=True)
def _read_already(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The mail is read once, in this process: every other has it from here."""
    with read_once():
        office = make_office(tmp_path_factory.mktemp("first"), FOLDERS)
        (office.folder / "mails" / "1.eml").write_bytes(_mail())
        work = office.open()
        with work.archive.locked():
            Service(work, lambda: NOW).poll()
        work.ledger.close()
        yield


STEPS = ["letter begins", "letter accepted", "departure recorded", "letter settled"]
"""Of a letter's way; before the first and behind the last no server is concerned."""


@pytest.mark.parametrize("first", STEPS)
@pytest.mark.parametrize("second", STEPS)
def test_killed_twice_while_it_sends_no_letter_comes_more_than_twice(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, first: str, second: str
) -> None:
    office = make_office(tmp_path, on_servers(dovecot, smtp_server) | {"inbox": {"folder": "mails"}})
    (tmp_path / "mails" / "1.eml").write_bytes(_mail())
    smtp_server.accepted.clear()
    for place in ("outcome committed", first, second, ""):
        _poll(office, place)
    letters = office.open().overview(NOW).letters
    copies = len(smtp_server.accepted)
    doubts = [place for place in (first, second) if place in STEPS[:2]]
    if first not in doubts:  # it was settled, and the second kill found nothing to send
        doubts = []
    assert (letters.sent, letters.doubtful, letters.queued) == ((0, 1, 0) if doubts else (1, 0, 0))
    assert copies <= 1 + doubts.count("letter accepted")
    assert 1 <= copies <= 2 or doubts == ["letter begins"] * 2, (
        "twice in doubt, and so given up: the contact is told"
    )
    assert ("没有等到" in "".join(one.text for one in office.open().overview(NOW).told)) == (len(doubts) == 2)


@pytest.mark.parametrize("how", ["the ledger is made anew", "the ledger is lost"])
def test_a_letter_in_doubt_stays_so_through_a_rebuild(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, how: str
) -> None:
    office = make_office(tmp_path, on_servers(dovecot, smtp_server) | {"inbox": {"folder": "mails"}})
    (tmp_path / "mails" / "1.eml").write_bytes(_mail())
    smtp_server.accepted.clear()
    _poll(office, "letter accepted")
    if how == "the ledger is lost":
        for path in office.archive.glob("ledger.*"):
            path.unlink()
    else:
        assert office.run("rebuild").returncode == 0
    assert _poll(office) == 0
    letters = office.open().overview(NOW).letters
    assert (letters.sent, letters.doubtful, len(smtp_server.accepted)) == (0, 1, 2)


def _office_on_servers(folder: Path, dovecot: Dovecot, smtp: SmtpServer) -> Office:
    office = make_office(folder, on_servers(dovecot, smtp))
    dovecot.deliver(User(AGENT_ADDRESS, PASSWORD), _mail(), NOW)
    return office


@functools.cache
def _mail() -> bytes:
    """A form and a photo, as a township sends them."""
    campaign = load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")
    values = {field.id: Decimal(10) if field.is_figure else "" for field in campaign.form.fields}
    header = {"unit": "青年镇", "reported_on": "2024年3月5日", "reporter": "张演示", "phone": "13800000000"}
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"] = addresses()["qingnian"], AGENT_ADDRESS
    mail["Subject"], mail["Date"], mail["Message-ID"] = "青年镇统计表", NOW, "<1@town.example>"
    mail.set_content("请查收。")
    form = form_xlsx(campaign, values, header)
    mail.add_attachment(form, "application", "octet-stream", filename="青年镇统计表.xlsx")
    mail.add_attachment(photo(1), "image", "jpeg", filename="照片.jpg")
    return mail.as_bytes()


def _poll(office: Office, place: str = "") -> int:
    """One pass in a process of its own (a fork: quicker to start); the signal that ended it, or its exit status."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.environ["REPORT_AGENT_PASSWORD"] = PASSWORD
            faults.arm(place)
            work = office.open()
            with work.archive.locked():
                status = 0 if Service(work, lambda: NOW).poll().went_well else 1
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)

"""The process is killed at every step of the way of a mail, and started again: as if nothing had happened."""

from __future__ import annotations

import collections
import datetime as dt
import email.policy
import functools
import hashlib
import os
import signal
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import faults, jsontext
from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS, addresses
from agent.demo.forms import form_xlsx
from agent.demo.pictures import photo
from agent.filing import KEY
from agent.rebuild import verify
from agent.rules import load_campaign
from agent.service import Service
from agent.tokens import KEY_BYTES, Tokens, of_mail
from tests.integration.office import FOLDERS, ROOT, Office, make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.integration.servers.smtp import SmtpServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

NOW = dt.datetime(2024, 3, 5, 18, tzinfo=ZoneInfo("Asia/Shanghai"))
PLACES = {
    "mail fetched", "envelope kept", "raw mail kept", "mail noted", "attempt counted", "copy filed", "before commit",
    "outcome committed", "entry recorded", "letter begins", "letter accepted", "departure recorded", "letter settled",
}  # fmt: skip


def test_killed_anywhere_and_started_again_it_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    undisturbed = _office(tmp_path / "undisturbed")
    passed = _places(undisturbed, tmp_path / "log")
    assert {place for place, _ in passed} == PLACES
    wanted = _state(undisturbed)
    for number, (place, count) in enumerate(passed):
        office = _office(tmp_path / str(number))
        assert _poll(office, place, count) == signal.SIGKILL, (place, count)
        assert _poll(office) == 0, (place, count)
        assert _state(office) == wanted, (place, count)


def test_killed_twice_it_still_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    undisturbed = _office(tmp_path / "undisturbed")
    first_of_each = dict(reversed(_places(undisturbed, tmp_path / "log")))
    wanted = _state(undisturbed)
    for number, (place, count) in enumerate(first_of_each.items()):
        office = _office(tmp_path / str(number))
        killed = [_poll(office, place, count), _poll(office, place, 1)]
        assert killed[0] == signal.SIGKILL, place
        assert _poll(office) == 0, place
        assert _state(office) == wanted, place


def test_killed_anywhere_while_it_obeys_the_contact_it_ends_as_if_nothing_had_happened(
    tmp_path: Path,
) -> None:
    undisturbed = _office_with_decisions(tmp_path / "undisturbed")
    passed = _places(undisturbed, tmp_path / "log")
    assert {place for place, _ in passed} >= {"order obeyed", "outcome committed", "entry recorded"}
    wanted = _state(undisturbed)
    assert jsontext.loads(wanted["overview"])["messages"]["processed"] == 2
    # The letters' own way is the same for every mail's.
    for number, (place, count) in enumerate(one for one in passed if not one[0].startswith("letter")):
        office = _office_with_decisions(tmp_path / str(number))
        assert _poll(office, place, count) == signal.SIGKILL, (place, count)
        assert _poll(office) == 0, (place, count)
        assert _state(office) == wanted, (place, count)


def test_on_real_servers_at_most_the_letter_in_doubt_arrives_twice(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    for number, place in enumerate(sorted(PLACES - {"copy filed"})):
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


def _office(folder: Path) -> Office:
    office = make_office(folder, FOLDERS)
    (folder / "mails" / "1.eml").write_bytes(_mail())
    return office


def _office_on_servers(folder: Path, dovecot: Dovecot, smtp: SmtpServer) -> Office:
    office = make_office(folder, on_servers(dovecot, smtp))
    dovecot.deliver(User(AGENT_ADDRESS, PASSWORD), _mail(), NOW)
    return office


def _office_with_decisions(folder: Path) -> Office:
    """Two mails are held, and the contact has written which to take and which to reject."""
    office = make_office(folder, FOLDERS)
    held = [_mail("zhang@personal.example"), _mail("li@personal.example")]
    for number, raw in enumerate(held, start=1):
        (folder / "mails" / f"{number}.eml").write_bytes(raw)
    assert _poll(office) == 0
    work = office.open()
    work.archive.write(work.archive.folder / KEY, bytes(KEY_BYTES))
    work.ledger.close()
    abouts = [of_mail(f"H{n}", hashlib.sha256(raw).hexdigest()) for n, raw in enumerate(held, start=1)]
    tokens = [Tokens(bytes(KEY_BYTES)).issue(about, NOW + dt.timedelta(days=1)) for about in abouts]
    (folder / "mails" / "3.eml").write_bytes(
        f"Authentication-Results: mx.civil.example; dmarc=pass header.from={CONTACT_ADDRESS.partition('@')[2]}\r\n"
        f"From: {CONTACT_ADDRESS}\r\nTo: {AGENT_ADDRESS}\r\nSubject: Re: digest\r\nMessage-ID: <d@civil.example>\r\n"
        f"Date: Tue, 05 Mar 2024 18:00:00 +0800\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"H1 归入青年镇 {tokens[0]}\r\nH2 退回 {tokens[1]}\r\n".encode()
    )
    return office


@functools.cache
def _mail(sender: str = addresses()["qingnian"]) -> bytes:
    """A form and a photo, as a township sends them."""
    campaign = load_campaign(ROOT / "rules" / "winter-warmth.yaml")
    values = {field.id: Decimal(10) if field.is_figure else "" for field in campaign.form.fields}
    header = {"unit": "青年镇", "reported_on": "2024年3月5日", "reporter": "张演示", "phone": "13800000000"}
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"] = sender, AGENT_ADDRESS
    mail["Subject"], mail["Date"], mail["Message-ID"] = "青年镇统计表", NOW, "<1@town.example>"
    mail.set_content("请查收。")
    form = form_xlsx(campaign, values, header)
    mail.add_attachment(form, "application", "octet-stream", filename="青年镇统计表.xlsx")
    mail.add_attachment(photo(1), "image", "jpeg", filename="照片.jpg")
    mail.set_boundary("=_test")
    return mail.as_bytes()


def _places(office: Office, log: Path) -> list[tuple[str, int]]:
    """Every place that one undisturbed pass passes, each with its how-manieth time."""
    assert _poll(office, log=str(log)) == 0
    seen: collections.Counter[str] = collections.Counter()
    passed = []
    for place in log.read_text(encoding="utf-8").splitlines():
        seen[place] += 1
        passed.append((place, seen[place]))
    return passed


def _poll(office: Office, place: str = "", count: int = 1, log: str = "") -> int:
    """One pass in a process of its own (a fork: quicker to start); the signal that ended it, or its exit status."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.environ["REPORT_AGENT_PASSWORD"] = PASSWORD
            faults.arm(place, count, log)
            work = office.open()
            with work.archive.locked():
                status = 0 if Service(work, lambda: NOW).poll().went_well else 1
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)


def _state(office: Office) -> dict[str, Any]:
    """All that must be the same: the ledger, the letters that left, every file of the archive."""
    work = office.open()
    overview = work.overview(NOW).as_json()
    dump = work.ledger.dump()
    assert verify(work) == []
    work.ledger.close()
    files = {
        path.relative_to(office.archive).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(office.archive.rglob("*"))
        if path.is_file() and "ledger.sqlite" not in path.name and not path.name.endswith(".part")
    }
    letters = sorted(path.name for path in (office.folder / "sent").iterdir())
    return {"overview": jsontext.dumps(overview), "dump": dump, "files": files, "letters": letters}

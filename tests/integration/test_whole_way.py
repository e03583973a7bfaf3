"""The main job on real servers: from mails sent as a township's client sends them to the merged workbook."""

from __future__ import annotations

import csv
import datetime as dt
import email
import email.policy
import json
import smtplib
import ssl
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from agent.campaign.rules import Campaign
from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS, DemoMail, addresses, expected, mails
from tests.commands import Bureau
from tests.integration.office import Office, make_office, on_servers
from tests.integration.servers.dovecot import PASSWORD, Dovecot, User
from tests.integration.servers.smtp import SmtpServer, running_smtp

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

NOW = dt.datetime.now(ZoneInfo("Asia/Shanghai"))
UNREGISTERED = "chuyanshi@personal.example"


@pytest.fixture(scope="module")
def smtp(dovecot: Dovecot):
    with running_smtp(dovecot) as running:
        yield running


@pytest.fixture(scope="module")
def script(office: Office) -> list[DemoMail]:
    work = office.open()
    return mails(work.campaign, work.register(), NOW)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot, smtp: SmtpServer) -> Office:
    days = (NOW.date() - dt.timedelta(days=30), NOW.date() + dt.timedelta(days=5))
    return make_office(tmp_path_factory.mktemp("office"), on_servers(dovecot, smtp), days)


@pytest.fixture(scope="module")
def done(office: Office, script: list[DemoMail], dovecot: Dovecot, smtp: SmtpServer) -> Office:
    """The office after one pass over the whole district's mail."""
    context = ssl.create_default_context(cafile=str(dovecot.ca_file))
    for mail in script:
        with smtplib.SMTP_SSL("127.0.0.1", smtp.port, context=context, timeout=20) as client:
            sender = mail.sender if mail.sender in dovecot.users else UNREGISTERED
            client.login(sender, PASSWORD)
            client.sendmail(mail.sender, [AGENT_ADDRESS], mail.raw)
    polled = office.run("poll")
    assert polled.returncode == 0, polled.stderr
    return office


def shown(office: Office, *question: str) -> Any:
    """What a command that only tells prints with --json; asked in this process, since that is quicker."""
    return Bureau(office).json(*question, now=None)


def test_every_mail_is_counted_once(done: Office, script: list[DemoMail]) -> None:
    counts = shown(done, "status")["messages"]
    assert counts["received"] == len(script)  # delivery adds its own headers, so no two are alike
    assert counts["received"] == sum(counts[name] for name in ("processed", "held", "ignored", "failed"))
    assert counts["failed"] == 0


def test_accepted_figures_are_what_the_townships_wrote(done: Office) -> None:
    units = shown(done, "status")["units"]
    accepted = {unit["id"]: unit["form"]["values"] for unit in units if unit["form"]["status"] == "accepted"}
    wanted = expected()
    assert accepted.keys() == wanted.keys()
    for unit, figures in wanted.items():
        read = {name: Decimal(str(accepted[unit][name])) for name in figures}
        assert read == figures, unit


def test_every_letter_arrives_once_and_threads_to_the_mail_it_answers(
    done: Office, script: list[DemoMail], dovecot: Dovecot, smtp: SmtpServer
) -> None:
    letters = [
        email.message_from_bytes(one.raw, policy=email.policy.default)
        for one in smtp.accepted
        if one.sender == AGENT_ADDRESS
    ]
    ids = [letter["Message-ID"] for letter in letters]
    assert len(ids) == len(set(ids)) == shown(done, "status")["letters"]["sent"] > 20
    sent = {email.message_from_bytes(mail.raw)["Message-ID"] for mail in script} - {None}
    answering = [letter for letter in letters if letter["In-Reply-To"]]
    assert len(answering) >= 20
    assert all(letter["In-Reply-To"] in sent for letter in answering)
    assert all(letter["Auto-Submitted"] == "auto-replied" for letter in letters)
    with dovecot.session(User(addresses()["qingnian"], PASSWORD)) as mailbox:
        assert mailbox.search(None, "ALL")[1][0]


def test_automatic_mail_is_not_answered(smtp: SmtpServer, done: Office) -> None:
    assert shown(done, "status")["messages"]["ignored"] >= 1
    recipients = [one.recipients for one in smtp.accepted if one.sender == AGENT_ADDRESS]
    assert (addresses()["conglin"],) not in recipients


def test_a_second_pass_changes_nothing(done: Office, smtp: SmtpServer) -> None:
    before, letters = shown(done, "status", "--now", "2030-01-01"), len(smtp.accepted)
    assert done.run("poll").returncode == 0
    assert shown(done, "status", "--now", "2030-01-01") == before
    assert len(smtp.accepted) == letters


def test_a_new_uidvalidity_changes_nothing(done: Office, dovecot: Dovecot, smtp: SmtpServer) -> None:
    before, letters = shown(done, "status", "--now", "2030-01-01"), len(smtp.accepted)
    dovecot.doveadm("mailbox", "update", "-u", AGENT_ADDRESS, "--uid-validity", "777", "INBOX")
    assert done.run("poll").returncode == 0
    assert shown(done, "status", "--now", "2030-01-01") == before
    assert len(smtp.accepted) == letters


def test_nothing_in_the_mailbox_is_changed(done: Office, dovecot: Dovecot, script: list[DemoMail]) -> None:
    with dovecot.session(User(AGENT_ADDRESS, PASSWORD)) as mailbox:
        assert mailbox.search(None, "SEEN")[1] == [b""]
        assert len(mailbox.search(None, "ALL")[1][0].split()) >= len(script)


def test_the_contact_accepts_a_held_mail_and_merges(
    done: Office, smtp: SmtpServer, tmp_path: Path, campaign: Campaign
) -> None:
    held = shown(done, "review")
    stranger = next(one for one in held if one["reason"] == "unknown_sender" and one["suggested_unit"])
    accepted = done.run("review", "accept", stranger["id"], "--register", "--reason", "已电话核实")
    assert accepted.returncode == 0, accepted.stderr
    assert done.run("poll").returncode == 0
    assert smtp.accepted[-1].recipients == (stranger["from"],)

    merged = done.run("merge", "--out", str(tmp_path))
    assert merged.returncode == 1, "丛林镇 has sent nothing"
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_float=Decimal)
    assert report["complete"] is False
    wanted = expected(accepting_held=True)
    totals = {
        name: sum((figures[name] for figures in wanted.values()), Decimal(0)) for name in report["totals"]
    }
    assert {name: Decimal(value) for name, value in report["totals"].items()} == totals
    source = next(unit for unit in report["units"] if unit["id"] == stranger["suggested_unit"])["sources"][
        "patrols"
    ]
    assert source["decided_by"] == CONTACT_ADDRESS

    workbook = next(path for path in tmp_path.glob("*.xlsx") if "汇总表" in path.name)
    assert "（未完成）" in workbook.name
    figures = [field.id for field in campaign.form.figures]
    assert _totals_by_openpyxl(workbook, len(figures)) == [totals[name] for name in figures]
    assert _totals_by_libreoffice(workbook, len(figures), tmp_path) == [totals[name] for name in figures]


def test_the_report_is_not_closed_while_something_is_missing(done: Office) -> None:
    refused = done.run("merge", "--final")
    assert refused.returncode == 1
    assert "丛林镇" in refused.stderr
    assert shown(done, "status")["final"] is False


def test_digest_and_reminders_go_out(done: Office, smtp: SmtpServer) -> None:
    assert done.run("digest", "--send").returncode == 0
    assert smtp.accepted[-1].recipients == (CONTACT_ADDRESS,)
    count = len(smtp.accepted)
    assert done.run("remind", "--send").returncode == 0
    reminded = {one.recipients[0] for one in smtp.accepted[count:]}
    assert addresses()["conglin"] in reminded
    assert addresses()["qingnian"] not in reminded


def test_the_archive_alone_yields_the_ledger_again(done: Office) -> None:
    before = shown(done, "status", "--now", "2030-01-01")
    verified = done.run("rebuild", "--verify")
    assert verified.returncode == 0, verified.stdout
    for path in done.archive.glob("ledger.sqlite*"):
        path.unlink()
    assert done.run("rebuild").returncode == 0
    assert shown(done, "status", "--now", "2030-01-01") == before
    assert done.run("rebuild", "--verify").returncode == 0


def _totals_by_openpyxl(workbook: Path, count: int) -> list[Decimal]:
    """The results stored beside the formulas, as a phone's preview shows them."""
    sheet = openpyxl.load_workbook(workbook, data_only=True).worksheets[0]
    return _totals([list(row) for row in sheet.iter_rows(values_only=True)], count)


def _totals_by_libreoffice(workbook: Path, count: int, folder: Path) -> list[Decimal]:
    """What LibreOffice computes from the formulas."""
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", str(folder / "csv"), str(workbook)],
        check=True, capture_output=True, timeout=90,
    )  # fmt: skip
    with next((folder / "csv").glob("*.csv")).open(encoding="utf-8", newline="") as file:
        return _totals([[cell or None for cell in row] for row in csv.reader(file)], count)


def _totals(rows: list[list[object]], count: int) -> list[Decimal]:
    row = next(
        row
        for row in rows
        if any(str(cell).replace(" ", "").replace("　", "") == "合计" for cell in row if cell)
    )
    start = (
        next(
            place for place, cell in enumerate(row) if str(cell).replace(" ", "").replace("　", "") == "合计"
        )
        + 1
    )
    numbers = [
        Decimal(str(cell).replace(",", "")) for cell in row[start:] if cell is not None and str(cell) != ""
    ]
    return numbers[:count]

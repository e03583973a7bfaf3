"""Hostile mails (hostile_mails.py): all that their bodies cost is another process's, which is bounded; and told."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from pathlib import Path

import make_forms as forms
import pytest
from hostile_mails import FINE, MAILS, Hostile, page, table

from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.judging.contents import Brought, bring
from agent.mail.message import Message, parse
from agent.reading.apart import apart
from agent.reading.files import open_mail, read_message
from agent.reading.reading import FileReading
from tests.reading.test_files import require_the_form

ROOT = Path(__file__).resolve().parents[2]
CHEAP = [one for one in MAILS if not one.slow]
NEAR = dt.date(2024, 3, 5)
OWN_SECONDS = (
    3.0  # of the processor, for the agent's own part in a mail: it looks at 300,000 characters at most
)


def taken_in(raw: bytes, campaign: Campaign, register: Register) -> tuple[Message, FileReading, Brought]:
    """As the outcome does it."""
    mail = open_mail(raw)
    message = parse(raw, mail.mime)
    reading = read_message("这封邮件", raw, campaign, register, NEAR, mail=mail)
    return message, reading, bring(message, reading, campaign, mail.pages)


@pytest.mark.parametrize("case", CHEAP, ids=[case.what for case in CHEAP])
def test_a_hostile_mail_is_told_of_and_costs_the_agent_little(
    case: Hostile, campaign: Campaign, register: Register
) -> None:
    raw = case.make()
    apart.prepare("files")
    began = time.process_time()
    message, reading, brought = taken_in(raw, campaign, register)
    assert time.process_time() - began < OWN_SECONDS
    told = [one for inner in reading.everything() for one in inner.findings]
    assert {one.rule for one in told} <= set(case.may)
    assert told or FINE in case.may
    assert all("请" in one.text for one in told)
    assert brought.form is None
    assert message.sender in ("qingnian@town.example", "")


def test_what_is_attached_to_a_hostile_page_is_read_all_the_same(
    campaign: Campaign, register: Register
) -> None:
    whole = forms.mail("", "<p>x", files=[("统计表.xlsx", forms.xlsx())])
    raw = whole.replace(b"<p>x", b"<p>x" + b"<i>" * 150_000)
    assert raw != whole
    _, reading, brought = taken_in(raw, campaign, register)
    require_the_form(reading.contains[0])
    assert brought.form is not None
    assert [(one.severity, one.rule) for one in reading.findings] == [("warning", "too_large")]


def test_a_page_that_its_reader_fails_at_leaves_the_rest(
    campaign: Campaign, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(apart.TASKS, "files", apart.Task(seconds=0.5))
    apart.end_all()
    raw = forms.mail("", "<p>a</p>" * 45_000, files=[("统计表.xlsx", forms.xlsx())])
    _, reading, _ = taken_in(raw, campaign, register)
    assert [(one.severity, one.rule) for one in reading.findings] == [("warning", "too_large")]
    require_the_form(reading.contains[0])
    monkeypatch.undo()
    apart.end_all()


def test_words_whose_page_was_too_much_are_no_form(campaign: Campaign, register: Register) -> None:
    require_the_form(taken_in(forms.mail(forms.pairs(), forms.html_table()), campaign, register)[1])
    raw = forms.mail(forms.pairs(), forms.html_table() + "<i>\n" * 150_000)
    _, reading, _ = taken_in(raw, campaign, register)
    assert reading.form is None
    assert [(one.severity, one.rule) for one in reading.findings] == [("error", "too_large")]


def test_a_table_of_many_rows_in_a_page_is_still_read(campaign: Campaign, register: Register) -> None:
    raw = page(forms.html_table().encode() + table(100, 10))
    _, reading, _ = taken_in(raw, campaign, register)
    assert reading.form is not None


SELF = """
import datetime as dt, sys
from pathlib import Path
from agent.base import mime, mimetext
from agent.judging.contents import bring
from agent.mail.message import parse
from agent.reading.files import open_mail, read_message
from agent.campaign.rules import load_campaign
from agent.campaign.units import load_register

def never(*_, **__):
    raise AssertionError("parsed here")

mime.parse_mime = mimetext.html_text = mime.html_text = mime._children = never
campaign = load_campaign(Path("agent/demo/campaign/winter-warmth.yaml"))
register = load_register(Path("agent/demo/campaign/units.yaml"))
raw = sys.stdin.buffer.read()
mail = open_mail(raw)
message = parse(raw, mail.mime)
reading = read_message("x", raw, campaign, register, dt.date(2024, 3, 5), mail=mail)
brought = bring(message, reading, campaign, mail.pages)
assert brought.form is not None and brought.form.values["patrols"] == 12
assert [one.rule for one in brought.findings] == ["not_supported"], brought.findings
assert "lxml.etree" not in sys.modules
"""


def test_the_agents_own_process_parses_no_body() -> None:
    link = '<p><a href="https://pan.baidu.com/s/1abc">照片</a></p>'
    raw = forms.mail("", forms.html_table() + link)
    done = subprocess.run([sys.executable, "-c", SELF], input=raw, cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()

from __future__ import annotations

import datetime as dt
import email
import email.policy
import io
import smtplib
import zipfile
from decimal import Decimal
from email.header import decode_header, make_header
from email.message import Message
from typing import cast

import pytest

from agent.campaign.rules import Campaign, run_checks
from agent.campaign.units import Register
from agent.demo import MARK, district
from agent.demo.district import AGENT_ADDRESS, DemoMail
from agent.demo.server import HOST, MailServer

WHEN = dt.datetime(2024, 3, 4, 17, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture(scope="module")
def mails(campaign: Campaign, register: Register) -> list[DemoMail]:
    return district.mails(campaign, register, WHEN)


def _parsed(mail: DemoMail) -> Message:
    return email.message_from_bytes(mail.raw)


def _subject(mail: DemoMail) -> str:
    return str(make_header(decode_header(_parsed(mail)["Subject"])))


def _named(mails: list[DemoMail], words: str) -> DemoMail:
    return next(mail for mail in mails if words in _subject(mail))


def _texts(message: Message) -> str:
    texts = [part for part in message.walk() if part.get_content_type() in ("text/plain", "text/html")]
    return "\n".join(
        cast(bytes, part.get_payload(decode=True)).decode(part.get_content_charset() or "ascii")
        for part in texts
    )


def test_the_same_moment_gives_the_same_bytes(
    campaign: Campaign, register: Register, mails: list[DemoMail]
) -> None:
    assert district.mails(campaign, register, WHEN) == mails


def test_about_thirty_mails_come_in_order_before_the_moment(mails: list[DemoMail]) -> None:
    assert 28 <= len(mails) <= 34
    sent = [mail.sent for mail in mails]
    assert sent == sorted(sent)
    assert sent[-1] < WHEN
    assert WHEN - sent[0] < dt.timedelta(days=10)


def test_every_mail_parses_without_defects_and_says_that_it_is_made_up(mails: list[DemoMail]) -> None:
    for mail in mails:
        message = _parsed(mail)
        assert [part.defects for part in message.walk() if part.defects] == []
        assert MARK in _texts(message), mail.what
        assert message["To"] == AGENT_ADDRESS
        assert mail.sender in message["From"]
        assert MARK not in mail.what
        assert mail.what


def test_nothing_points_at_a_real_mailbox(mails: list[DemoMail]) -> None:
    for mail in mails:
        for header in ("From", "To", "Message-ID"):
            assert all(
                domain.rstrip(">").endswith(".example")
                for domain in str(_parsed(mail)[header]).split("@")[1:]
            )


def test_dates_follow_the_clock(campaign: Campaign, register: Register) -> None:
    later = district.mails(campaign, register, WHEN + dt.timedelta(days=300))
    assert _parsed(later[-1])["Date"].endswith("Dec 2024 12:00:00 +0800")


def test_one_mail_comes_twice_byte_for_byte_and_one_under_another_id(mails: list[DemoMail]) -> None:
    raws = [mail.raw for mail in mails]
    assert len(raws) - len(set(raws)) == 1
    first, again = (mail for mail in mails if "青年镇“冬季送温暖”统计表" in _subject(mail))
    assert first.raw != again.raw
    assert _parsed(first)["Message-ID"] != _parsed(again)["Message-ID"]
    bodies = [
        [part.get_payload() for part in _parsed(mail).walk() if not part.is_multipart()]
        for mail in (first, again)
    ]
    assert bodies[0] == bodies[1]


def test_the_correction_quotes_no_mail(mails: list[DemoMail]) -> None:
    correction = _parsed(_named(mails, "更正"))
    assert correction["In-Reply-To"] is None
    assert correction["References"] is None


def test_the_archive_has_gbk_names_without_the_flag(mails: list[DemoMail]) -> None:
    message = _parsed(_named(mails, "南桐镇报送材料"))
    data = next(part for part in message.walk() if part.get_content_type() == "application/zip")
    with zipfile.ZipFile(io.BytesIO(cast(bytes, data.get_payload(decode=True)))) as archive:
        entries = archive.infolist()
        assert archive.testzip() is None
    assert [entry.filename.encode("cp437").decode("gbk") for entry in entries][:2] == [
        "南桐镇统计表.xlsx", "照片/巡查131.jpg",
    ]  # fmt: skip
    assert not any(entry.flag_bits & 0x800 for entry in entries)


def test_the_forwarded_mail_is_a_message_with_the_form_in_it(mails: list[DemoMail]) -> None:
    message = _parsed(_named(mails, "转发"))
    inner = next(part for part in message.walk() if part.get_content_type() == "message/rfc822")
    names = [
        part.get_filename()
        for part in cast(list[Message], inner.get_payload())[0].walk()
        if part.get_filename()
    ]
    assert names == ["关坝镇统计表.docx"]


def test_the_automatic_reply_shows_that_it_is_one(mails: list[DemoMail]) -> None:
    assert _parsed(_named(mails, "自动回复"))["Auto-Submitted"] == "auto-replied"


def test_the_town_that_reports_nothing_is_conglin_and_heishan_sends_no_form(mails: list[DemoMail]) -> None:
    owing = set(district.addresses()) - set(district.expected())
    assert owing == {"conglin", "heishan", "station"}
    assert set(district.expected(accepting_held=True)) - set(district.expected()) == {"heishan"}
    assert [mail.what for mail in mails if mail.sender == district.addresses()["conglin"]] == [
        "丛林镇邮箱的自动回复，不作报送，也不回信"
    ]


def test_every_unit_of_the_register_has_an_address(register: Register) -> None:
    assert set(district.addresses()) == set(register.by_id)
    assert len(set(district.addresses().values())) == len(register.units)


def test_what_is_expected_is_whole_and_passes_the_campaigns_checks(campaign: Campaign) -> None:
    for unit, figures in district.expected(accepting_held=True).items():
        assert list(figures) == [field.id for field in campaign.form.figures]
        assert all(isinstance(value, Decimal) for value in figures.values())
        rules = [finding.rule for finding in run_checks(campaign, {**figures, "narrative_sent": True})]
        assert rules == (["staff_at_least_patrols"] if unit == "wansheng" else [])


def test_the_whole_district_passes_through_the_embedded_server(mails: list[DemoMail]) -> None:
    with MailServer({AGENT_ADDRESS: "demo"}) as server:
        with smtplib.SMTP(HOST, server.smtp_port, timeout=10) as client:
            for mail in mails:
                client.sendmail(mail.sender, [AGENT_ADDRESS], mail.raw)
        assert server.messages(AGENT_ADDRESS) == [mail.raw for mail in mails]

"""A mail may be larger than a file may be: what it brings is taken by each file's own size."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from agent.base.mime import head_of, parse_mime
from agent.base.mimetext import CHUNK, decode_base64, decode_body
from agent.campaign.rules import Campaign
from agent.campaign.units import Register
from agent.demo.pictures import photo
from agent.mail.message import parse, parse_head, thread_of
from agent.reading.files import Limits, read_message
from tests.commands import form, mail


def test_a_form_beside_photos_that_are_large_together_is_read(campaign: Campaign, register: Register) -> None:
    photos = [(f"{number}.jpg", photo(number)) for number in range(3)]
    raw = mail(form("青年镇"), *photos, **{"References": "<1@town.example> <2@town.example>"})
    limits = replace(Limits(), file_bytes=max(len(data) for _, data in photos) + 1)
    assert len(raw) > limits.file_bytes
    reading = read_message("mail", raw, campaign, register, dt.date(2024, 3, 1), limits)
    assert [one.kind for one in reading.contains] == ["form", "photo", "photo", "photo"]
    small = replace(limits, mail_bytes=len(raw) - 1)
    refused = read_message("mail", raw, campaign, register, dt.date(2024, 3, 1), small)
    assert [one.rule for one in refused.findings] == ["too_large"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, CHUNK - 1, CHUNK, 3 * CHUNK + 7])
@pytest.mark.parametrize("broken", [b"", b"\r\n", b" = \r\n", b"\r\nfooter", b"=QUJD"])
def test_large_base64_is_decoded_piece_by_piece_to_the_same(size: int, broken: bytes) -> None:
    import base64

    body = base64.encodebytes(bytes(number * 7 % 256 for number in range(size))) + broken
    raw = b"before\n" + body + b"\nbehind"
    assert decode_body(raw, "base64", 7, 7 + len(body)) == decode_base64(body)


def test_the_head_alone_says_the_same_but_for_text_and_parts() -> None:
    raw = mail(form("青年镇"), ("转发.eml", mail(subject="原信")), subject="报送")
    assert head_of(raw) == replace(parse_mime(raw), text="", html="", plain="", parts=())
    assert parse_head(raw) == replace(parse(raw), text="", html="", parts=())


def test_of_a_head_without_end_only_so_much_is_looked_at() -> None:
    raw = b"From: a@town.example\r\n" + b"X: y\r\n" * 400_000 + b"Subject: behind\r\n\r\n"
    assert parse_head(raw).sender == "a@town.example"
    assert parse_head(raw).subject == ""


def test_what_answers_a_mail_is_found_in_its_head() -> None:
    raw = mail(form("青年镇"), References="<1@town.example> <2@town.example>", Message_ID="<3@town.example>")
    message = parse(raw)
    assert thread_of(raw[: raw.index(b"\r\n\r\n") + 400]) == (message.message_id, message.references)
    assert message.references == ("<1@town.example>", "<2@town.example>")

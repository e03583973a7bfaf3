"""Mails that are really signed, with keys from a real name server, and what can be done to them on the way."""

from __future__ import annotations

import datetime as dt
import functools
import socket
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP

import dns.resolver
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.mail import signature
from agent.mail.authentication import Signed
from agent.mail.message import parse, parse_head
from agent.mail.signature import key_in_dns, signed
from tests.mail import keys
from tests.mail.keys import key, name_server

RECEIVED = dt.datetime(2024, 3, 1, 9, tzinfo=dt.UTC)
sign = functools.partial(keys.sign, at=RECEIVED)
PUBLISHED = {
    "s1._domainkey.town.example.": key()[1],
    "s1._domainkey.mail.town.example.": key()[1],
    "s1._domainkey.example.": key()[1],
    "s1._domainkey.evil.example.": key()[1],
    "revoked._domainkey.town.example.": b"v=DKIM1; p=",
    "nonsense._domainkey.town.example.": b"v=DKIM1; k=rsa; p=AAAA",
    "broken._domainkey.town.example.": None,
    "weak._domainkey.town.example.": key("weak", 1024)[1][:-40],
}


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[dns.resolver.Resolver]:
    with name_server(PUBLISHED) as made:
        monkeypatch.setattr(signature, "_resolver", lambda: made)
        yield made


def mail(sender: str = "qingnian@town.example", text: str = "请查收。") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, "report@civil.example", "统计表"
    message["Date"] = RECEIVED
    message.set_content(text)
    return message.as_bytes()


def judged(raw: bytes, received: dt.datetime = RECEIVED) -> Signed:
    return signed(raw, parse(raw), received)


def at(moment: dt.datetime) -> bytes:
    return str(int(moment.timestamp())).encode()


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (lambda: sign(mail()), "pass"),
        (lambda: sign(mail("qingnian@mail.town.example")), "pass"),
        (lambda: sign(mail(), "mail.town.example"), "pass"),
        (lambda: b"Received: by mx.example; x\r\n" + sign(mail()), "pass"),
        (lambda: sign(mail()).replace(b"\r\n", b"\n"), "pass"),
        # Two signatures: one good one of the sender's domain is enough, and a stranger's says nothing.
        (lambda: sign(sign(mail()), "evil.example", headers=(b"from",)), "pass"),
        (lambda: sign(sign(mail()), selector="revoked", headers=(b"from",)), "pass"),
        (lambda: sign(mail(), "evil.example"), "none"),
        (lambda: sign(mail(), "example"), "none"),
        (lambda: mail(), "none"),
        # Altered on the way.
        (lambda: sign(mail()).replace(mail()[-20:], mail(text="请查收！")[-20:]), "fail"),
        (lambda: sign(mail()) + b"\r\nmore", "fail"),
        (lambda: sign(mail()).replace(b"qingnian@", b"shilin@"), "fail"),
        (lambda: sign(mail(), private=key("two")[0]), "fail"),
        # Signatures that say nothing about who wrote all of it.
        (lambda: sign(mail(), length=True) + b"\r\nmore", "none"),
        (lambda: sign(mail(), algorithm=b"rsa-sha1"), "none"),
        (lambda: sign(mail()).replace(b"a=rsa-sha256", b"a=rsa-nonsense"), "none"),
        # Keys that aren't there, are revoked, are none.
        (lambda: sign(mail(), selector="gone"), "none"),
        (lambda: sign(mail(), selector="revoked"), "fail"),
        (lambda: sign(mail(), selector="nonsense"), "fail"),
        (lambda: sign(mail(), selector="weak"), "fail"),
        (lambda: sign(mail(), selector="broken"), "unanswered"),
        (lambda: sign(sign(mail()), selector="broken", headers=(b"from",)), "pass"),
        (lambda: sign(sign(mail() + b"\r\nmore"), selector="broken", headers=(b"from",)), "pass"),
        # By the time of receipt, not by today's.
        (lambda: sign(mail(), add=b"x=" + at(RECEIVED + dt.timedelta(days=1))), "pass"),
        (lambda: sign(mail(), add=b"x=" + at(RECEIVED - dt.timedelta(days=1))), "fail"),
        (lambda: sign(mail(), add=b"x=never"), "fail"),
        # A second From, and what isn't a mail.
        (lambda: b"From: shilin@town.example\r\n" + sign(mail()), "none"),
        (lambda: b"From : shilin@town.example\r\n" + sign(mail()), "none"),
        (lambda: b"DKIM-Signature: v=1; d=town.example\r\n" + mail(), "none"),
        (lambda: b"DKIM-Signature: ;;==;\r\n" + mail(), "none"),
        (lambda: b"DKIM-Signature\r\n", "none"),
        (lambda: b"", "none"),
    ],
)  # fmt: skip
def test_only_a_whole_mail_signed_by_the_sender_s_domain_passes(
    raw: Callable[[], bytes], found: Signed
) -> None:
    assert judged(raw()) == found


def test_a_signature_made_after_the_mail_was_received_is_wrong() -> None:
    assert judged(sign(mail()), RECEIVED - dt.timedelta(days=1)) == "fail"


def test_only_the_sender_s_own_domain_is_asked(resolver: dns.resolver.Resolver) -> None:
    judged(sign(mail(), "evil.example"))
    judged(mail())
    assert resolver.asked == []  # type: ignore[attr-defined]


def test_of_many_signatures_few_are_looked_at(resolver: dns.resolver.Resolver) -> None:
    one = sign(mail(), selector="gone")
    header = one[: one.index(b"Content") if one.startswith(b"Content") else one.index(b"From:")]
    judged(header * 50 + mail())
    assert len(resolver.asked) <= signature.MOST  # type: ignore[attr-defined]


def test_a_name_server_that_is_not_there_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        lost = dns.resolver.Resolver(configure=False)
        lost.nameservers, lost.port = ["127.0.0.1"], silent.getsockname()[1]
        monkeypatch.setattr(signature, "_resolver", lambda: lost)
        monkeypatch.setattr(signature, "TIMEOUT", 0.3)
        assert judged(sign(mail())) == "unanswered"


def test_a_machine_without_name_servers_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> dns.resolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(signature, "_resolver", none)
    assert judged(sign(mail())) == "unanswered"


def test_names_that_the_dns_cannot_know_have_no_key() -> None:
    assert key_in_dns("x" * 64 + "._domainkey.town.example.") is None
    assert key_in_dns("a..b._domainkey.town.example.") is None


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=80), st.integers(0, 400))
def test_whatever_is_changed_in_a_signed_mail_nothing_raises_and_no_other_words_pass(
    noise: bytes, place: int
) -> None:
    raw = sign(mail())
    altered = raw[:place] + noise + raw[place:]
    found = judged(altered)
    assert found in ("pass", "fail", "none", "unanswered")
    if found == "pass":
        assert (parse(altered).sender, parse(altered).text) == ("qingnian@town.example", parse(raw).text)


@settings(deadline=None)
@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\n", b"\r", b"a", b"  ", b"\r\n\r\n"]), max_size=30))
def test_a_body_is_prepared_as_the_library_would_have_it(pieces: list[bytes]) -> None:
    import dkim
    from dkim.canonicalization import Relaxed, Simple

    body = b"".join(pieces)
    _, whole = dkim.rfc822_parse(b"From: a@town.example\r\n\r\n" + body)
    for relaxed, way in ((True, Relaxed), (False, Simple)):
        prepared = signature._body(body, 0, relaxed=relaxed)
        assert way.canonicalize_body(prepared) == way.canonicalize_body(whole)


@pytest.mark.parametrize("way", [b"relaxed", b"simple"])
@pytest.mark.parametrize(
    "body", [b" " * 2_000_000 + b"x", b"\r\n" * 2_000_000, b"\t " * 500_000 + b"\r\n", b"\r" * 999_999]
)
def test_a_hostile_body_costs_no_more_than_its_length(way: bytes, body: bytes) -> None:
    head = (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/"
        + way
        + b"; d=town.example; s=s1; h=from; bh=AAAA; b=AAAA\r\n"
    )
    raw = head + b"From: qingnian@town.example\r\n\r\n" + body
    began = time.process_time()
    assert signed(raw, parse_head(raw), RECEIVED) == "fail"
    assert time.process_time() - began < 2


def test_a_head_without_end_is_looked_at_by_nobody() -> None:
    raw = sign(mail()).replace(b"Subject:", b"X: y\r\n" * 300_000 + b"Subject:")
    assert signed(raw, parse_head(raw), RECEIVED) == "none"

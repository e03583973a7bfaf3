"""Where the provider writes nothing: what is taken, what is held, what waits for the DNS, by the settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dns.resolver
import pytest

from agent.demo.district import CONTACT_ADDRESS
from agent.handling.decisions import accept
from agent.judging.outcome import decide
from agent.mail import signature
from tests.mail import keys
from tests.mail.keys import name_server
from tests.outcome.bureau import (
    NOON,
    STRANGER,
    Bureau,
    bureau,
    form,
    killed,
    kinds,
    make_mail,
    narrative,
    photo,
    sender_of,
)

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")
DOMAIN = QINGNIAN.rpartition("@")[2]
NAME = f"s1._domainkey.{DOMAIN}."
PASSES = {"Authentication-Results": f"mx.civil.example; dmarc=pass header.from={DOMAIN}"}


@pytest.fixture
def published() -> dict[str, bytes | None]:
    """What the name server knows; a test may change it on the way."""
    return {NAME: keys.key()[1]}


@pytest.fixture(autouse=True)
def resolver(
    published: dict[str, bytes | None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dns.resolver.Resolver]:
    with name_server(published) as made:
        monkeypatch.setattr(signature, "_resolver", lambda: made)
        yield made


def sign(raw: bytes, domain: str = DOMAIN) -> bytes:
    return keys.sign(raw, domain, at=NOON)


def asking(resolver: dns.resolver.Resolver) -> list[str]:
    asked: list[str] = resolver.asked  # type: ignore[attr-defined]
    return asked


def reasons(office: Bureau) -> list[str]:
    return [one["reason"] for one in office.held]


@pytest.mark.parametrize("otherwise", ["accept", "hold", "verify"])
def test_a_proof_by_the_provider_is_enough_and_a_failure_too(
    tmp_path: Path, otherwise: str, resolver: dns.resolver.Resolver
) -> None:
    fails = {"Authentication-Results": "mx.civil.example; dmarc=fail"}
    with bureau(tmp_path, authentication={"trust": "mx.civil.example", "otherwise": otherwise}) as office:
        assert kinds(office.send(QINGNIAN, form(), headers=PASSES)) == ["receipt"]
        assert office.receive(sign(office.mail(SHILIN, form("石林镇"), headers=fails))) == []
        assert reasons(office) == ["failed_authentication"]
    assert asking(resolver) == []


@pytest.mark.parametrize(
    ("otherwise", "signed", "taken"),
    [
        ("accept", False, True),
        ("hold", False, False),
        ("hold", True, False),
        ("verify", False, False),
        ("verify", True, True),
    ],
)
@pytest.mark.parametrize("sender", [QINGNIAN, CONTACT_ADDRESS])
def test_what_nobody_proves_is_taken_held_or_verified(
    tmp_path: Path, otherwise: str, signed: bool, taken: bool, sender: str, published: dict[str, bytes | None]
) -> None:
    domain = sender.rpartition("@")[2]
    published[f"s1._domainkey.{domain}."] = keys.key()[1]
    with bureau(tmp_path, authentication={"trust": "mx.civil.example", "otherwise": otherwise}) as office:
        raw = office.mail(sender, form(), headers={"Authentication-Results": "elsewhere.example; dmarc=pass"})
        office.receive(sign(raw, domain) if signed else raw)
        assert reasons(office) == ([] if taken else ["failed_authentication"])
        assert (office.figure("qingnian") is not None) == taken


def test_a_forged_mail_is_held_and_the_contact_may_take_it(tmp_path: Path) -> None:
    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        forged = sign(office.mail(SHILIN, form("石林镇"))).replace(SHILIN.encode(), QINGNIAN.encode(), 1)
        altered = sign(office.mail(QINGNIAN, form())).replace(b"Subject: ", b"Subject: x")
        stranger_s = sign(office.mail(QINGNIAN, photo()), "evil.example")
        office.receive(forged, altered, stranger_s)
        assert reasons(office) == ["failed_authentication"] * 3
        accept(office.work, "H2", office.ruling())
        assert office.figure("qingnian") == 10


def test_who_is_not_registered_is_held_anyway_and_nobody_is_asked(
    tmp_path: Path, resolver: dns.resolver.Resolver
) -> None:
    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        office.receive(sign(office.mail(STRANGER, form()), "personal.example"))
        assert reasons(office) == ["unknown_sender"]
    assert asking(resolver) == []


def test_a_mail_waits_while_the_dns_is_down_and_is_taken_when_it_answers(
    tmp_path: Path, published: dict[str, bytes | None]
) -> None:
    published[NAME] = None
    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        for _ in range(5):  # more often than a mail that can't be processed is tried
            assert office.receive(*([] if office.delivered else [sign(office.mail(QINGNIAN, form()))])) == []
            assert office.status["messages"]["received"] == 0
            assert [row.error for row in office.work.ledger.waiting()] == ["等待域名服务器的答复"]
            office.pass_time(hours=1)
        published[NAME] = keys.key()[1]
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]
        assert office.counts() == (1, 0, 0, 0)


def test_a_newer_form_does_not_overtake_an_older_one_that_waits(
    tmp_path: Path, published: dict[str, bytes | None], resolver: dns.resolver.Resolver
) -> None:
    published[NAME] = None
    published[f"s2._domainkey.{DOMAIN}."] = keys.key()[1]
    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        office.receive(sign(office.mail(QINGNIAN, form(leaflets_distributed=1))))
        newer = office.mail(QINGNIAN, form(leaflets_distributed=2), at=NOON + dt.timedelta(minutes=1))
        office.receive(
            keys.sign(newer, DOMAIN, selector="s2", at=NOON),
            office.mail(SHILIN, form("石林镇"), headers=PASSES),
        )
        assert (office.figure("qingnian"), office.figure("shilin")) == (None, 10)
        published[NAME] = keys.key()[1]
        office.poll()
        assert office.figure("qingnian") == 2
        assert office.unit("qingnian")["form"]["version"] == 2


def test_what_waited_for_a_day_is_held_for_a_person(
    tmp_path: Path, published: dict[str, bytes | None]
) -> None:
    published[NAME] = None
    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        office.receive(sign(office.mail(QINGNIAN, form())))
        assert office.counts() == (0, 0, 0, 0)
        office.pass_time(days=1)
        office.poll()
        assert reasons(office) == ["failed_authentication"]
        accept(office.work, "H1", office.ruling())
        assert office.figure("qingnian") == 10


def test_a_crash_after_the_signature_was_noted_asks_no_second_time(
    tmp_path: Path, published: dict[str, bytes | None]
) -> None:
    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        office.deliver(sign(office.mail(QINGNIAN, form())))
        assert killed(office, "signature noted")
        published.clear()  # asked again, it would be held
        office.poll()
        assert kinds(office.new_letters()) == ["receipt"]


def test_the_mail_is_judged_alike_from_the_archive_alone(
    tmp_path: Path, resolver: dns.resolver.Resolver
) -> None:
    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        office.receive(sign(office.mail(QINGNIAN, form(), narrative())))
        [row] = office.work.ledger.each_message()
        asked, envelope = len(asking(resolver)), office.work.archive.envelope(row.sha256)
        raw = office.work.archive.raw(row.sha256)
        again = decide(
            raw,
            row.received,
            row.seq or 0,
            office.work.circumstances(),
            office.work.dossier,
            envelope["signed"],
        )
        assert again == row.outcome
    assert asked == len(asking(resolver)) == 1


def test_a_mail_that_was_not_fetched_for_its_size_proves_nothing(tmp_path: Path) -> None:
    from agent.judging.outcome import withheld

    with bureau(tmp_path, authentication={"otherwise": "verify"}) as office:
        head = make_mail(QINGNIAN, form()).partition(b"\r\n\r\n")[0]
        envelope = {"withheld": "too_large", "size": 60_000_000}
        outcome = withheld(head, NOON, 1, envelope, office.work.circumstances())
        assert (outcome.state, outcome.unit, outcome.reply) == ("failed", None, None)

"""Which lines say who sent a mail, what they say, and what a sender can't make them say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.mail.authentication import Signed, Verdict, aligned, authserv_id, verdict
from agent.mail.message import parse

PROVEN = "dmarc=pass header.from=b.example"


def judged(
    lines: list[str], trust: str | None = None, signed: Signed | None = None, sender: str = "a@b.example"
) -> Verdict:
    raw = "".join(f"Authentication-Results: {line}\r\n" for line in lines) + f"From: {sender}\r\n\r\nwords"
    return verdict(parse(raw.encode()), trust, signed)


@pytest.mark.parametrize(
    ("lines", "trust", "found"),
    [
        ([], None, "unknown"),
        (["mx.example; none"], None, "unknown"),
        (["mx.example; dmarc=pass header.from=b.example"], None, "passes"),
        (["mx.example; dmarc=pass"], None, "passes"),
        (["mx.example; dmarc=fail (p=none) header.from=x; spf=pass; dkim=pass"], None, "fails"),
        (["mx.example; spf=fail; dkim=fail"], None, "fails"),
        (["mx.example; spf=softfail; dkim=fail"], None, "fails"),
        (["mx.example; spf=fail; dkim=pass header.d=b.example"], None, "passes"),
        (["mx.example; spf=none; dkim=pass header.i=@mail.b.example"], None, "passes"),
        # What failed is a failure where nothing passed that may be about the sender.
        (["mx.example; spf=fail; dkim=none"], None, "fails"),
        (["mx.example; spf=hardfail smtp.mailfrom=x@b.example; dkim=none; dmarc=none"], None, "fails"),
        (["mx.example; spf=none; dkim=fail (bad signature) header.d=b.example"], None, "fails"),
        (["mx.example; spf=neutral; dkim=hardfail"], "mx.example", "fails"),
        (["mx.example; spf=temperror; dkim=fail header.i=@b.example; dmarc=permerror"], None, "fails"),
        (["mx.example; spf=fail smtp.mailfrom=x@b.example; dkim=pass header.d=evil.example"], None, "fails"),
        (["mx.example; spf=fail", "mx.example; dkim=none"], "mx.example", "fails"),
        (["spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dkim=none; dmarc=none"], None, "fails"),
        (["mx.example; spf=softfail; dkim=none"], None, "unknown"),
        (["mx.example; spf=pass; dkim=fail header.d=b.example"], None, "unknown"),
        (["mx.example; spf=fail", "mx.example; dkim=pass header.d=b.example"], "mx.example", "unknown"),
        # The server read another From than we did.
        (["mx.example; dmarc=none header.from=evil.example"], None, "fails"),
        (["mx.example; spf=pass smtp.mailfrom=x@evil.example; dmarc=pass header.from=evil.example"], "mx.example", "fails"),
        (["mx.example; dkim=pass header.d=evil.example header.from=x@evil.example"], None, "fails"),
        (["mx.example; dmarc=pass header.from=<x@evil.example>"], None, "fails"),
        (["mx.example; spf=none", "mx.example; dmarc=pass header.from=evil.example"], "mx.example", "fails"),
        (["mx.example; dmarc=pass header.from=mail.b.example"], None, "passes"),
        (["mx.example; dmarc=none(permerror) header.from="], None, "unknown"),
        # The same method twice in one line: something of the sender's has got between.
        (['mx.example; spf=softfail (domain of "a); dmarc=pass header.from=b.example; (b"@evil.example) smtp.mailfrom=evil.example; dkim=none; dmarc=none'], None, "unknown"),
        (["mx.example; dkim=pass header.d=b.example; spf=none; dkim=none"], None, "unknown"),
        (["mx.example; spf=pass smtp.mailfrom=x@b.example; spf=softfail"], None, "unknown"),
        (["mx.example; dkim=neutral (no key) header.i=@b.example; dkim=pass header.i=@b.example"], None, "unknown"),
        (["mx.example; spf=none; dkim=fail header.d=list.example; dkim=pass header.i=@mail.b.example"], None, "unknown"),
        (["mx.example; dmarc=pass header.from=b.example; spf=fail; dmarc=none"], None, "fails"),
        (["mx.example; spf=pass smtp.mailfrom=x@b.example; spf=fail"], "mx.example", "fails"),
        (["mx.example; dkim=pass header.d=b.example; dkim=pass header.d=list.example"], None, "passes"),
        # What passed has to be about the sender's own domain.
        (["mx.example; spf=pass smtp.mailfrom=x@b.example"], None, "passes"),
        (["mx.example; spf=pass smtp.mailfrom=b.example"], None, "passes"),
        (["mx.example; spf=pass smtp.mailfrom=x@evil.example; dkim=pass header.d=evil.example"], None, "unknown"),
        (["mx.example; spf=pass smtp.helo=b.example"], None, "unknown"),
        (["mx.example; dmarc=pass header.from=evil.example"], None, "fails"),
        (["mx.example; dkim=pass header.d=notb.example"], None, "unknown"),
        (["mx.example; dkim=pass header.d=example"], None, "unknown"),
        (["mx.example; spf=pass; dkim=pass"], None, "unknown"),
        (['mx.example; spf=pass smtp.mailfrom="x@b.example"@evil.example'], None, "unknown"),
        # Several lines by the same server: a failure in any counts.
        (["mx.example; spf=fail", "mx.example 1; dkim=fail"], None, "fails"),
        (["mx.example; dmarc=fail", "mx.example; dmarc=pass"], None, "fails"),
        (["mx.example; dmarc=pass", "mx.example; dmarc=fail"], "mx.example", "fails"),
        # A proof is its topmost line's: the one below may be the sender's own.
        (["mx.example; spf=none", f"mx.example; {PROVEN}"], "mx.example", "unknown"),
        ([f"mx.example; {PROVEN}", "mx.example; spf=none"], "mx.example", "passes"),
        # Only one server is believed.
        (["mx.example; spf=none", f"evil.example; {PROVEN}"], "mx.example", "unknown"),
        (["mx.example; spf=pass", "evil.example; dmarc=fail"], None, "unknown"),
        (["relay.example; dmarc=pass", "MX.example; dmarc=fail"], "mx.example", "fails"),
        (["evil.example; dmarc=pass", f"mx.example; {PROVEN}"], "mx.example", "passes"),
        (["evil.example; dmarc=pass"], "mx.example", "unknown"),
        ([f"mx.example.evil.example; {PROVEN}"], "mx.example", "unknown"),
        ([f"amx.example; {PROVEN}"], "mx.example", "unknown"),
        # Nobody is named: the topmost line's server fails a mail, and proves it where nobody else wrote a line.
        ([f"evil.example; {PROVEN}", "mx.example; spf=none"], None, "unknown"),
        # Coremail's servers (163) write their own names, below what came.
        (["mx41; spf=pass smtp.mail=x@b.example"], "mx*", "passes"),
        (["gzga-mx-mtada-g0-8; spf=fail smtp.mail=x@b.example; dkim=fail"], "*mx*", "fails"),
        ([f"mx41; {PROVEN}", "mx41; spf=none"], "mx*", "unknown"),
        ([f"mx41; {PROVEN}", "mx41; spf=softfail; dkim=fail"], "mx*", "fails"),
        # ... and they fold lines inside words.
        (["mx41; spf=softfail smtp.mail=xxxxxxxxx@b.example; dki\r\n\tm=fail header.i=@b.example"], "mx*", "fails"),
        (["mx41; spf=pass smtp.mail=xxxxxxxxxxxxxx@b.exa\r\n\tmple;"], "mx*", "passes"),
        (["mx41; spf=pass smtp.mail=xxxxxxxxxxxxxx@b.example\r\n\t.evil.example;"], "mx*", "unknown"),
        (["mx41; spf=none; dkim=\r\n\tpass header.i=@b.example"], "mx*", "passes"),
        # QQ's, Exchange Online's, which names nobody, Google's with its comments, an old Yahoo's.
        (["mx.qq.example; spf=none smtp.mailfrom=;\r\n dkim=none; dmarc=none(permerror) header.from=b.example"], None, "unknown"),
        (["spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dkim=none (message not signed) header.d=none;dmarc=bestguesspass action=none header.from=b.example;compauth=pass reason=109"], None, "passes"),
        (["spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dkim=fail (body hash did not verify) header.d=b.example"], None, "fails"),
        (["mx.google.example;\r\n       dkim=pass header.i=@b.example header.s=s1 header.b=gJlLLhHa;\r\n       spf=neutral (google.example: 192.0.2.1 is neither permitted nor denied by best guess record for domain of x@b.example) smtp.mailfrom=x@b.example"], None, "passes"),
        (["mta1.yahoo.example  from=b.example; domainkeys=neutral (no sig);  from=b.example; dkim=pass header.d=b.example"], None, "passes"),
        # What the sender can put into a line of the server.
        (['mx.example; dmarc=fail reason="a; dmarc=pass"'], None, "fails"),
        (["mx.example; spf=pass (said; dmarc=fail (twice)) smtp.mailfrom=a@b.example"], None, "passes"),
        (["mx.example; spf=pass smtp.mailfrom==?utf-8?Q?;_dmarc=3Dfail?="], None, "unknown"),
        (['mx.example; spf=pass (he said "a) smtp.mailfrom=x@evil.example; dmarc=fail (")'], None, "fails"),
        (["mx.example; spf=pass smtp.mailfrom=x(y@evil.example; dmarc=fail"], None, "fails"),
        (['mx.example; spf=pass smtp.mailfrom="x@evil.example; dmarc=fail'], None, "fails"),
        (["mx.example; spf=pass (\\) ; dmarc=fail ) smtp.mailfrom=x@b.example"], None, "passes"),
        (['"mx.example" (a comment) 1; dmarc (here) = fail'], "mx.example", "fails"),
        (["mx.example (a; dmarc=pass); dmarc/1=fail"], "mx.example", "fails"),
        (["mx.example; DMARC=Fail"], "mx.example", "fails"),
        (["(mx.example; dmarc=pass) evil.example; dmarc=fail"], "mx.example", "unknown"),
        (["mx.example; xdmarc=fail; dmarc.x=fail; dmarc =; =fail; ;;"], None, "unknown"),
    ],
)  # fmt: skip
def test_only_the_own_server_s_lines_judge_the_sender(
    lines: list[str], trust: str | None, found: Verdict
) -> None:
    assert judged(lines, trust) == found


@pytest.mark.parametrize(
    ("signed", "line", "found"),
    [
        ("pass", None, "passes"),
        ("fail", None, "fails"),
        ("none", None, "unknown"),
        ("unanswered", None, "unknown"),
        ("pass", "mx.example; dmarc=fail", "fails"),  # the server saw the connection, too
        ("fail", f"mx.example; {PROVEN}", "passes"),
        ("pass", "mx.example; spf=none; dkim=none", "passes"),
    ],
)
def test_a_signature_decides_where_the_server_says_nothing(
    signed: Signed, line: str | None, found: Verdict
) -> None:
    assert judged([line] if line else [], None, signed) == found


@pytest.mark.parametrize(
    "claim",
    [
        "a@b.example, c@evil.example",
        "a@b.example\r\nFrom: c@evil.example",
        "c@evil.example\r\nFrom: a@b.example",
        "Towns: a@b.example, c@evil.example;",
    ],
)
def test_a_mail_that_claims_two_senders_is_nobody_s(claim: str) -> None:
    assert judged([f"mx.example; {PROVEN}"], "mx.example", "pass", sender=claim) == "fails"


@pytest.mark.parametrize(
    ("domain", "sender", "same"),
    [
        ("b.example", "a@b.example", True),
        ("B.Example.", "a@b.example", True),
        ("mail.b.example", "a@b.example", True),
        ("b.example", "a@mail.b.example", True),
        ("one.b.example", "a@two.b.example", False),
        ("xb.example", "a@b.example", False),
        ("b.example.evil.example", "a@b.example", False),
        ("example", "a@b.example", False),
        ("", "a@b.example", False),
        ("b.example", "", False),
    ],
)
def test_a_domain_vouches_for_itself_and_what_is_above_and_below(
    domain: str, sender: str, same: bool
) -> None:
    assert aligned(domain, sender) is same


def test_a_line_s_author_is_what_stands_first() -> None:
    assert authserv_id("MX.example 1 (x); spf=none") == "mx.example"
    assert authserv_id("spf=pass smtp.mailfrom=x") == ""


PIECES = [
    "mx.example",
    ";",
    " dmarc=fail",
    " spf=pass",
    " dkim=fail",
    "(",
    ")",
    '"',
    "\\",
    " ",
    "\r\n\t",
    "=",
    "a@b",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30).map("".join))
@example("(" * 20_000)
@example('"' * 20_000)
@example("\\" * 20_000 + "(")
@example(";" * 20_000)
def test_any_line_is_read(line: str) -> None:
    raw = (
        "Authentication-Results: "
        + "".join(one for one in line if one not in "\r\n")
        + "\r\nFrom: a@b.example\r\n\r\n"
    )
    assert verdict(parse(raw.encode("utf-8", "replace")), None) in ("passes", "fails", "unknown")


@given(st.text(alphabet='()"\\ab@. ', max_size=12))
def test_an_envelope_sender_s_text_can_t_hide_what_the_server_says_behind_it(local: str) -> None:
    if local.count("(") > local.count(")") or '"' in local or "\\" in local:
        return  # one that a server must quote
    line = f"mx.example; spf=pass smtp.mailfrom={local}@evil.example; dmarc=fail header.from=b.example"
    assert judged([line]) == "fails"


SENDERS = Path(__file__).parent / "senders"
VERDICTS: dict[str, dict[str, str]] = yaml.safe_load((SENDERS / "verdicts.yaml").read_text())


@pytest.mark.parametrize("name", VERDICTS)
def test_a_mail_of_two_senders_or_two_tellings_proves_nothing(name: str) -> None:
    expected = VERDICTS[name]
    message = parse((SENDERS / f"{name}.eml").read_bytes())
    assert verdict(message, expected.get("trust")) == expected["verdict"]
    assert message.sender == expected.get("sender", message.sender)


def test_every_mail_has_its_verdict() -> None:
    assert {path.stem for path in SENDERS.glob("*.eml")} == set(VERDICTS)


@pytest.mark.parametrize("name", ["two-subjects", "two-content-types", "two-message-ids"])
def test_a_signature_that_is_good_says_nothing_of_doubled_headers(name: str) -> None:
    message = parse((SENDERS / f"{name}.eml").read_bytes())
    assert verdict(replace(message, authentication=()), None, "pass") == "unknown"
    assert verdict(replace(message, authentication=()), None, "fail") == "fails"


@pytest.mark.parametrize("sign", '<>:;,"()@\\')
def test_a_from_of_signs_alone_is_read_at_once(sign: str) -> None:
    message = parse(f"From: {sign * 30_000} a@b.example\r\n\r\n".encode())
    assert verdict(message, None) in ("unknown", "fails")

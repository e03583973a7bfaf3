"""Each .eml in messages/ with what has to be read from it beside it, in the .yaml of the same name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.mail.message import Message, Part, addresses, authentication_verdict, parse, received_of

MESSAGES = sorted((Path(__file__).parent / "messages").glob("*.eml"))


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_message_is_read_as_it_was_meant(path: Path) -> None:
    expected = yaml.load(path.with_suffix(".yaml").read_text("utf-8"), yaml.BaseLoader)
    message = parse(path.read_bytes())
    assert shown(message, expected) == expected


def shown(message: Message, expected: dict[str, Any]) -> dict[str, Any]:
    """What the message says under the keys that are expected, in YAML's plain texts."""
    found: dict[str, Any] = {key: plain(getattr(message, key)) for key in expected}
    if "parts" in expected:
        wanted = [*expected["parts"], *[{"name": ""}] * len(message.parts)]
        found["parts"] = [shown_part(part, keys) for part, keys in zip(message.parts, wanted, strict=False)]
    if "headers" in expected:
        found["headers"] = {name: message.headers.get(name) for name in expected["headers"]}
    return found


def shown_part(part: Part, keys: dict[str, str]) -> dict[str, Any]:
    text = part.data.decode("latin-1")
    return {key: text if key == "text" else plain(getattr(part, key)) for key in keys}


def plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return [plain(one) for one in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("A@B.Example", [("", "a@b.example")]),
        ("<a@b.example>", [("", "a@b.example")]),
        ("青年镇 <a@b.example>", [("青年镇", "a@b.example")]),
        ("=?utf-8?B?6Z2S?= <a@b.example>", [("青", "a@b.example")]),
        ('"Town, Office" <a@b.example>', [("Town, Office", "a@b.example")]),
        ("Town, Office <a@b.example>", [("Town, Office", "a@b.example")]),
        ("boss@x.example <a@b.example>", [("boss@x.example", "a@b.example")]),
        ('"x\\" <boss@x.example>" <a@b.example>', [('x" <boss@x.example>', "a@b.example")]),
        ("(boss@x.example) a@b.example", [("", "a@b.example")]),
        ("a@b.example (青年镇)", [("", "a@b.example")]),
        ("Group: a@b.example, C <c@d.example>;", [("", "a@b.example"), ("C", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("MAILER-DAEMON", []),
        ("<>", []),
        ("", []),
        ("a@b@c.example", []),
        ('"boss@x.example"', []),
        ("<" * 9999, []),
        ('"' * 9999, []),
        ("," * 9999, []),
    ],
)  # fmt: skip
def test_an_address_is_what_stands_in_brackets_or_alone(written: str, read: list[tuple[str, str]]) -> None:
    assert addresses(written) == read


@pytest.mark.parametrize(
    ("lines", "trust", "verdict"),
    [
        ([], None, "none"),
        (["mx.example; none"], None, "none"),
        (["mx.example; dmarc=pass header.from=x"], None, "pass"),
        (["mx.example; dmarc=fail (p=none) header.from=x; spf=pass; dkim=pass"], None, "fail"),
        (["mx.example; spf=fail; dkim=fail"], None, "fail"),
        (["mx.example; spf=softfail; dkim=fail"], None, "fail"),
        (["mx.example; spf=fail; dkim=pass"], None, "pass"),
        (["mx.example; spf=fail; dkim=none"], None, "none"),
        (["mx.example; spf=none; dkim=fail; dkim=pass"], None, "pass"),
        # Several lines by the same server; what stands below its own is the sender's.
        (["mx.example; spf=fail", "mx.example 1; dkim=fail"], None, "fail"),
        (["mx.example; dmarc=fail", "mx.example; dmarc=pass"], None, "fail"),
        # Only one server is believed.
        (["mx.example; spf=pass", "evil.example; dmarc=fail"], None, "pass"),
        (["relay.example; dmarc=pass", "MX.example; dmarc=fail"], "mx.example", "fail"),
        (["evil.example; dmarc=pass"], "mx.example", "none"),
        # What the sender can put into a line of the server.
        (['mx.example; dmarc=fail reason="a; dmarc=pass"'], None, "fail"),
        (["mx.example; spf=pass (said; dmarc=fail (twice)) smtp.mailfrom=a@b"], None, "pass"),
        (["mx.example; spf=pass smtp.mailfrom==?utf-8?Q?;_dmarc=3Dfail?="], None, "pass"),
    ],
)
def test_only_the_own_servers_line_judges_the_sender(
    lines: list[str], trust: str | None, verdict: str
) -> None:
    raw = "".join(f"Authentication-Results: {line}\r\n" for line in lines) + "From: a@b.example\r\n\r\nwords"
    assert authentication_verdict(parse(raw.encode()), trust) == verdict


def test_the_topmost_received_header_tells_when_a_kept_mail_came() -> None:
    zone = dt.timezone(dt.timedelta(hours=8))
    top = b"Received: by a; Tue, 5 Mar 2024 10:00:00 +0800\r\nReceived: by b; Mon, 4 Mar 2024 10:00:00 +0800\r\n"
    date = b"Date: Sun, 3 Mar 2024 10:00:00 +0800\r\n"
    assert received_of(top + date) == dt.datetime(2024, 3, 5, 10, tzinfo=zone)
    assert received_of(b"Received: by a; nonsense\r\n" + date) == dt.datetime(2024, 3, 3, 10, tzinfo=zone)
    assert received_of(b"Subject: x\r\n") is None
    assert received_of(b"Date: Sun, 3 Mar 99999999 10:00:00 +0800\r\n") is None

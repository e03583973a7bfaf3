"""Each .eml in messages/ with what has to be read from it beside it, in the .yaml of the same name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.mail.message import Message, Part, addresses, parse, received_of

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


def test_the_topmost_received_header_tells_when_a_kept_mail_came() -> None:
    zone = dt.timezone(dt.timedelta(hours=8))
    top = b"Received: by a; Tue, 5 Mar 2024 10:00:00 +0800\r\nReceived: by b; Mon, 4 Mar 2024 10:00:00 +0800\r\n"
    date = b"Date: Sun, 3 Mar 2024 10:00:00 +0800\r\n"
    assert received_of(top + date) == dt.datetime(2024, 3, 5, 10, tzinfo=zone)
    assert received_of(b"Received: by a; nonsense\r\n" + date) == dt.datetime(2024, 3, 3, 10, tzinfo=zone)
    assert received_of(b"Subject: x\r\n") is None
    assert received_of(b"Date: Sun, 3 Mar 99999999 10:00:00 +0800\r\n") is None

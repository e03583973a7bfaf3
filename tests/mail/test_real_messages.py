"""Some three hundred real messages, well and badly formed, beside the project (never inside it)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.mail.authentication import verdict
from agent.mail.automatic import automatic, bounced_ids, failed_recipients
from agent.mail.message import Message, parse

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "mails"
MESSAGES = sorted(FOLDER.rglob("*.eml"))

# A person wrote these: an ordinary mail, and a bounce forwarded by hand.
PERSONS = {"is-not-bounce-01.eml", "is-not-bounce-02.eml", "lhost-sendmail-14.eml"}


def reason(message: Message) -> str | None:
    return automatic(message, ["report@civil.example"], lambda _: False)


def test_the_messages_are_there() -> None:
    if not MESSAGES and os.environ.get("CI") != "true":
        pytest.skip("no real messages here: ../shared/mails isn't beside the project")
    assert len(MESSAGES) >= 300


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_real_message_is_taken_apart(path: Path) -> None:
    message = parse(path.read_bytes())
    assert message.all_headers or not path.read_bytes().strip() or message.text
    assert "�" not in message.subject or b"\xef\xbf\xbd" in path.read_bytes()
    assert all(part.name for part in message.parts)
    assert verdict(message, None) in ("passes", "fails", "unknown")
    reason(message)
    bounced_ids(message)


@pytest.mark.parametrize(
    "path", [path for path in MESSAGES if path.parent.name == "sisimai"], ids=lambda p: p.name
)
def test_a_real_bounce_is_never_answered(path: Path) -> None:
    assert (reason(parse(path.read_bytes())) is None) == (path.name in PERSONS)


def test_most_real_reports_name_the_letter_and_who_did_not_get_it() -> None:
    reports = [parse(path.read_bytes()) for path in MESSAGES if path.parent.name == "sisimai"]
    reports = [one for one in reports if any(p.content_type == "message/delivery-status" for p in one.parts)]
    if not reports:
        pytest.skip("no real messages here")
    assert sum(bool(bounced_ids(one)) for one in reports) > 0.9 * len(reports)
    assert sum(bool(failed_recipients(one)) for one in reports) > 0.9 * len(reports)

"""Some three hundred real messages, well and badly formed, through the whole agent as one mailbox.

They lie beside the project, never inside it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.mail.message import parse
from tests.mail.test_real_messages import MESSAGES, PERSONS
from tests.outcome.bureau import Bureau, bureau

MAILS = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in MESSAGES}
LISTS = ("list-", "mailing-list", "precedence", "auto-submitted", "x-loop")


@pytest.fixture(scope="module", autouse=True)
def _there() -> None:
    if not MESSAGES and os.environ.get("CI") != "true":
        pytest.skip("no real messages here: ../shared/mails isn't beside the project")
    assert len(MESSAGES) >= 300


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: whether a disk syncs is another test's question."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else tmp_path) as made:
        yield Path(made)


def a_mailbox_of_all(office: Bureau) -> None:
    for number, path in enumerate(MESSAGES):
        office.deliver(path.read_bytes(), f"{number:03d}.eml")


@pytest.mark.integration
@pytest.mark.parametrize("dedicated", [True, False])
def test_every_real_message_is_accounted_for_and_only_persons_are_answered(
    folder: Path, dedicated: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    since = {"since": dt.date(1900, 1, 1), "dedicated": dedicated}
    with bureau(folder, inbox=since) as office:  # when it is left, the archive must yield everything again
        a_mailbox_of_all(office)
        done = office.poll()
        letters = office.new_letters()
        assert done.went_well
        assert {row.sha256 for row in office.work.ledger.each_message()} == MAILS.keys()
        assert sum(office.counts()) == office.status["messages"]["received"] == len(MAILS)
        assert office.counts()[3] == 0
        assert office.work.ledger.waiting() == []
        if not dedicated:
            assert (letters, office.counts()) == ([], (0, 0, len(MAILS), 0))
            assert not list(office.work.archive.folder.glob("raw/??/*.eml"))
            assert office.told() == []
        else:
            answered = {letter.headers.get("In-Reply-To") for letter in letters}
            assert 20 < len(letters) == len({letter.to for letter in letters})
            assert not answered & {one for one in map(message_id, machines()) if one}
            assert {letter.kind for letter in letters} == {"acknowledgement"}
        office.poll()
        assert office.new_letters() == []
    assert [record for record in caplog.records if record.exc_info] == []


def machines() -> Iterator[Path]:
    """Bounces, what mailing lists sent, and what a machine's name is under."""
    for path in MAILS.values():
        message = parse(path.read_bytes())
        lists = any(name.lower().startswith(LISTS) for name, _ in message.all_headers)
        if (
            (path.parent.name == "sisimai" and path.name not in PERSONS)
            or lists
            or "noreply" in message.sender
        ):
            yield path


def message_id(path: Path) -> str:
    return parse(path.read_bytes()).message_id


def test_the_machines_among_them_are_many() -> None:
    assert len(list(machines())) > 150

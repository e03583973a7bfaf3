"""A folder of .eml files as the outbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.mail.folders import FolderOutbox, file_name
from agent.mail.outbox import Deferred


def letter(identity: str, text: str = "words") -> bytes:
    return f"Message-ID: <{identity}>\r\nSubject: x\r\n\r\n{text}\r\n".encode()


def test_a_letter_is_one_file_however_often_it_is_sent(tmp_path: Path) -> None:
    outbox = FolderOutbox(tmp_path / "sent")
    for _ in range(2):
        outbox.send(letter("receipt.1@civil.example"), "a@civil.example", ["b@town.example"])
    [kept] = (tmp_path / "sent").iterdir()
    assert kept.name == "receipt.1@civil.example.eml"
    assert kept.read_bytes() == letter("receipt.1@civil.example")


def test_two_letters_never_share_a_file(tmp_path: Path) -> None:
    identities = [
        "a/b@x.example",
        "a_b@x.example",
        "a\\b@x.example",
        "A_b@x.example",
        "con@x.example",
        "con.x",
    ]
    for identity in identities:
        FolderOutbox(tmp_path).send(letter(identity), "", [])
    FolderOutbox(tmp_path).send(b"Subject: without a message id\r\n\r\n", "", [])
    assert len({path.name.lower() for path in tmp_path.iterdir()}) == len(identities) + 1


@pytest.mark.parametrize(
    "identity", ["../../etc/passwd", "CON", "nul.txt", "..", "-rf", "a:b*c?d", "x" * 500, "青年"]
)
def test_a_files_name_is_safe_on_every_system(identity: str) -> None:
    name = file_name(letter(identity))
    assert not set(name) & set('/\\:*?"<>|')
    assert len(name) < 150
    assert name.partition(".")[0].upper() not in ("", "CON", "NUL")
    assert name.endswith(".eml")


def test_a_folder_that_cannot_be_written_defers_the_letter(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    outbox = FolderOutbox(tmp_path / "file")
    with pytest.raises(Deferred, match="写不进"):
        outbox.send(letter("a@x.example"), "", [])
    assert [line.ok for line in outbox.check()] == [False]
    assert [line.ok for line in FolderOutbox(tmp_path / "later" / "sent").check()] == [True]

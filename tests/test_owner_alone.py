"""What lies in the archive, and every letter, is its owner's alone, while it is written too and whatever the umask."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.base import logbook
from agent.handling.decisions import override
from agent.keeping.rebuild import rebuild
from agent.keeping.workspace import Workplace
from agent.service.final_report import merge
from agent.service.loop import Service
from agent.service.mailings import send_digest
from tests.outcome.bureau import STRANGER, Bureau, bureau, everything, form, sender_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX rights")


@pytest.fixture(params=[0o022, 0o000], ids=["umask 022", "umask 000"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def half_written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files that others could read just before they got their names."""
    found: list[str] = []
    whole = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.stat().st_mode & 0o077:
            found.append(self.name)
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return found


def others_may(*folders: Path) -> list[str]:
    """What lies there, the folders themselves too, and others may read, write or enter."""
    everything = [one for folder in folders for one in (folder, *folder.rglob("*"))]
    return [
        f"{one.name} {stat.filemode(one.stat().st_mode)}" for one in everything if one.stat().st_mode & 0o077
    ]


def live(office: Bureau) -> None:
    """A few days of a bureau: mails, held and failed ones, a decision, a digest."""
    office.send(sender_of("qingnian"), *everything())
    office.send(STRANGER, form("黑山镇"))
    office.deliver(office.mail(sender_of("heishan"), form("黑山镇", patrols="约20")))
    with office.work.archive.locked(), logbook.kept(office.work.archive.folder):
        Service(office.work, lambda: office.now).poll()
        logging.getLogger("agent.test").warning("mail 0123456789ab: something")
    override(office.work, "qingnian", "patrols", "12", office.ruling())
    send_digest(office.work, office.now)
    office.poll()


def test_after_whatever_was_done_nothing_is_there_for_others(
    tmp_path: Path, umask: int, half_written: list[str]
) -> None:
    with bureau(tmp_path) as office:
        archive, out = office.work.archive.folder, tmp_path / "reports" / "march"
        live(office)
        assert {"agent.log", "agent.lock", "ledger.sqlite", "ledger.sqlite-wal"} <= {
            one.name for one in archive.iterdir()
        }
        merge(office.work, office.now)
        merge(office.work, office.now, out)
        places = (archive, out, office.office.folder / "sent")
        assert others_may(*places) == []
        rebuild(office.work)
        assert others_may(*places) == []
        assert half_written == []


def test_a_ledger_and_copies_made_anew_are_the_owner_s_alone(tmp_path: Path, umask: int) -> None:
    with bureau(tmp_path) as office:
        live(office)
        for copy in (office.work.archive.folder / "青年镇").rglob("*.*"):
            copy.unlink()
        (office.work.archive.folder / "青年镇" / "缩略图").rmdir()
        (office.work.archive.folder / "青年镇").rmdir()
        office.work.ledger.close()
        for file in office.work.archive.folder.glob("ledger.sqlite*"):
            file.unlink()
        office.work = Workplace.open(office.work.settings)
        rebuild(office.work)
        assert (office.work.archive.folder / "青年镇" / "缩略图").is_dir()
        assert others_may(office.work.archive.folder) == []


def test_the_next_log_file_is_the_owner_s_alone_too(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook, "LARGEST", 200)
    with logbook.kept(tmp_path / "archive"):
        for number in range(10):
            logging.getLogger("agent.test").warning("mail %d failed, and was tried again", number)
    assert len(list((tmp_path / "archive").glob("agent.log*"))) == 1 + logbook.KEPT
    assert others_may(tmp_path / "archive") == []


def test_a_folder_that_somebody_opened_to_others_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir(mode=0o755)
    (tmp_path / "reports").chmod(0o755)
    with bureau(tmp_path / "office") as office:
        merge(office.work, office.now, tmp_path / "reports")
        assert stat.S_IMODE((tmp_path / "reports").stat().st_mode) == 0o755
        assert len(others_may(tmp_path / "reports")) == 1  # the folder; not the files

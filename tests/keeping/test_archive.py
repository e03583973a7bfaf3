"""The archive's files: whole or not at all, for their owner alone, in names for people."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from agent.base.errors import ArchiveBusy, ConfigurationError
from agent.keeping.archive import LONGEST_WRITE, Archive
from agent.keeping.rebuild import rebuild
from tests.outcome.bureau import Bureau, bureau, everything, form, kinds, photo, sender_of

QINGNIAN = sender_of("qingnian")


def test_all_is_readable_to_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        with bureau(tmp_path) as office:
            office.work.ledger.meta("x")  # whoever comes first makes the folder
            office.send(QINGNIAN, *everything())
            paths = [office.office.archive, *office.office.archive.rglob("*")]
            assert len(paths) > 12
            for path in paths:
                if path.is_file() or path == office.office.archive:
                    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    finally:
        os.umask(old)


def test_copies_are_named_for_people_and_hold_what_was_sent(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, *everything(), photo(2), ("说明.txt", ("补充说明" * 10).encode()))
        folder = office.office.archive / "青年镇"
        assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
            "青年镇_开展情况_01.docx",
            "青年镇_开展情况_02.txt",
            "青年镇_照片_01.jpg",
            "青年镇_照片_02.jpg",
            "青年镇_统计表_01.xlsx",
        ]
        assert (folder / "青年镇_照片_01.jpg").read_bytes() == photo()[1]
        assert (folder / "缩略图" / "青年镇_照片_02.jpg").exists()


def test_a_file_that_cannot_be_written_leaves_no_half_and_the_old_one_whole(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "c")
    path = archive.folder / "a" / "file"
    archive.write(path, b"old")
    child = os.fork()
    if child == 0:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            archive.write(path, b"x" * 5000)
        except OSError:
            os._exit(3)
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    assert os.WEXITSTATUS(ended) == 3
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def _write_often(folder: str, letter: bytes) -> None:
    archive = Archive(Path(folder), "c")
    for _ in range(200):
        archive.write(archive.folder / "file", letter * 10_000)


def test_two_who_write_the_same_file_leave_one_of_theirs_whole(tmp_path: Path) -> None:
    """A decision lays its entry down while the agent beside it finds that it is missing."""
    writers = [
        multiprocessing.get_context("fork").Process(target=_write_often, args=(str(tmp_path), letter))
        for letter in (b"a", b"b")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert (tmp_path / "c" / "file").read_bytes() in (b"a" * 10_000, b"b" * 10_000)


def test_an_archive_is_held_by_one(tmp_path: Path) -> None:
    one, other = Archive(tmp_path, "c"), Archive(tmp_path, "c")
    with one.locked(), pytest.raises(ArchiveBusy), other.locked():
        pass
    with other.locked():
        pass


def test_what_a_crash_left_of_a_mail_being_written_goes(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "c")
    archive.write(archive.folder / "raw" / "unnoted" / ("a" * 64), b"")
    half = archive.folder / "raw" / "aa" / f".{'a' * 64}.eml.1234.part"
    archive.write(half, b"half a private mail")
    assert archive.unnoted() == []
    assert half.exists(), "it may still be being written"
    os.utime(half, (half.stat().st_mtime - LONGEST_WRITE - 1,) * 2)
    assert archive.unnoted() == []
    assert not half.exists()


def test_a_report_takes_away_the_last_one_s_files_and_nothing_else(tmp_path: Path) -> None:
    archive = Archive(tmp_path, "c")
    archive.put_report({"表（未完成）.xlsx": b"1", "report.json": b"{}"})
    (archive.final / "自己的笔记.txt").write_text("x", encoding="utf-8")
    archive.put_report({"表.xlsx": b"2", "report.json": b"{}"})
    assert sorted(path.name for path in archive.final.iterdir() if path.name[0] != ".") == [
        "report.json",
        "自己的笔记.txt",
        "表.xlsx",
    ]


# --- a ledger that is lost -------------------------------------------------------------------------------


def lose_the_ledger(office: Bureau) -> None:
    office.work.ledger.close()
    for path in office.office.archive.glob("ledger.sqlite*"):
        path.unlink()
    office.work = office.office.open()


def test_with_a_lost_ledger_nothing_is_done_a_second_time(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        [sent] = (office.office.folder / "sent").iterdir()
        sent.unlink()
        before = {path: path.read_bytes() for path in office.office.archive.rglob("*.json")}
        lose_the_ledger(office)
        assert office.poll().intake.new == 0
        assert not list((office.office.folder / "sent").iterdir())
        assert {path: path.read_bytes() for path in office.office.archive.rglob("*.json")} == before
        assert office.unit("qingnian")["form"]["version"] == 1


def test_with_a_lost_ledger_nobody_decides_before_it_is_made_anew(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.send(QINGNIAN, form())
        lose_the_ledger(office)
        with pytest.raises(ConfigurationError, match="rebuild"):
            office.work.overview(office.now)
        rebuild(office.work)
        assert office.unit("qingnian")["form"]["status"] == "accepted"
        office.pass_time(hours=1)
        assert kinds(office.send(QINGNIAN, photo())) == ["receipt"]


def test_a_folder_s_name_may_hold_what_addresses_may_not(tmp_path: Path) -> None:
    with bureau(tmp_path / "a?b#c%20 报送") as office:
        assert kinds(office.send(QINGNIAN, form())) == ["receipt"]
        assert (office.office.archive / "ledger.sqlite").exists()

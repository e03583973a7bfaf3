"""One file that holds all: made while the agent goes on, read again, and enough to begin anew from."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.base import failpoints as faults
from agent.demo.district import addresses
from agent.demo.pictures import photo
from agent.keeping.archive import Archive
from tests.commands import ACCOUNT, Bureau, bureau, form, mail, whole
from tests.integration.office import Office

NOW = "2024-03-01T12:00"


@pytest.fixture
def office(tmp_path: Path, made: Bureau) -> Bureau:
    folder = tmp_path / "office"
    shutil.copytree(made.folder, folder)
    return Bureau(Office(folder))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """Mails of all kinds, decisions about them, and a report."""
    office = bureau(tmp_path_factory.mktemp("office"))
    office.post(whole("qingnian", 1))
    office.post(whole("heishan", 2, patrols="约20"))
    office.post(mail(form("金桥镇"), ("照片.jpg", photo(3)), sender="new@personal.example", text=ACCOUNT))
    office.post(mail(form("石林镇"), sender="other@personal.example"))
    office.post(mail(sender=addresses()["nantong"], subject="自动回复", Auto_Submitted="auto-replied"))
    assert office.run("poll").status == 0
    assert office.run("review", "accept", "H1", "--register", "--reason", "电话核实").status == 0
    assert office.run("review", "extend", "guanba", "2024-03-08").status == 0
    assert office.run("merge").status == 1
    return office


def back_up(office: Bureau, *arguments: object, status: int = 0) -> Path:
    ran = office.run("backup", *arguments, now=NOW)
    assert ran.status == status, ran.err
    return Path(ran.out.splitlines()[0])


def unpacked(backup: Path, folder: Path) -> Bureau:
    with zipfile.ZipFile(backup) as bundle:
        bundle.extractall(folder)
    return Bureau(Office(folder))


def state(office: Bureau) -> Any:
    work = office.office.open()
    dump = work.ledger.dump()
    work.ledger.close()
    return dump, office.json("status"), office.json("review")


def test_what_is_unpacked_is_the_same_and_rebuilds_to_the_same(office: Bureau, tmp_path: Path) -> None:
    before = state(office)
    copy = unpacked(back_up(office, tmp_path), tmp_path / "copy")
    assert state(copy) == before
    rebuilt = copy.run("rebuild")
    assert (rebuilt.status, "补写 0 份" in rebuilt.out) == (0, True)
    assert copy.run("rebuild", "--verify").status == 0
    assert state(copy) == before
    assert state(office) == before
    report = {path.name: path.read_bytes() for path in office.office.archive.glob("final/*")}
    assert {path.name: path.read_bytes() for path in copy.office.archive.glob("final/*")} == report


def test_the_agent_goes_on_from_the_copy_alone(office: Bureau, tmp_path: Path) -> None:
    copy = unpacked(back_up(office, tmp_path), tmp_path / "copy")
    assert copy.run("rebuild").status == 0
    (copy.folder / "mails").mkdir()
    for path in (office.folder / "mails").iterdir():
        copy.post(path.read_bytes())
    copy.post(whole("nantong", 5))
    ran = copy.run("poll", "--json", now=NOW)
    assert ran.json["new"] == 1, "what was had before the backup isn't taken in again"
    assert copy.unit("nantong")["complete"]


def test_it_is_one_file_beside_the_archive_that_its_owner_alone_can_read(office: Bureau) -> None:
    backup = back_up(office)
    assert backup == office.folder / "winter-warmth-备份-20240301-120000.zip"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with zipfile.ZipFile(backup) as bundle:
        assert {one.compress_type for one in bundle.infolist()} == {zipfile.ZIP_STORED}
    assert office.run("backup", now=NOW).status == 2, "an earlier backup isn't written over"
    assert [path.name for path in office.folder.iterdir() if ".part" in path.name] == []


def test_settings_rules_units_and_templates_are_in_it_as_they_stand(office: Bureau, tmp_path: Path) -> None:
    template = office.folder / "templates" / "parts" / "how.txt.j2"
    template.parent.mkdir(parents=True)
    template.write_text("自己的话\n", encoding="utf-8")
    copy = unpacked(back_up(office, tmp_path), tmp_path / "copy")
    for name in ("config.yaml", "rules/winter-warmth.yaml", "rules/units.yaml", "templates/parts/how.txt.j2"):
        assert (copy.folder / name).read_bytes() == (office.folder / name).read_bytes()
    assert "rebuild" in (copy.folder / "恢复办法.txt").read_text("utf-8-sig")


def test_a_copy_of_an_archive_elsewhere_works_on_itself_and_not_on_that_archive(
    office: Bureau, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (office.folder / "archive").rename(elsewhere)
    (office.folder / "rules" / "units.yaml").rename(tmp_path / "单位.yaml")
    text = office.office.config.read_text("utf-8")
    text = text.replace("archive: archive", f"archive: {elsewhere}   # 大盘上")
    office.office.config.write_text(text.replace("units: rules/units.yaml", "units: ../单位.yaml"), "utf-8")
    before = office.json("status")
    copy = unpacked(back_up(office, tmp_path), tmp_path / "copy")
    settings = yaml.safe_load((copy.folder / "config.yaml").read_text("utf-8"))
    assert (settings["archive"], settings["units"]) == ("archive", "rules/单位.yaml")
    assert str(elsewhere) in (copy.folder / "config.yaml").read_text("utf-8"), "what it was stands beside"
    for path in elsewhere.glob("*/ledger.sqlite"):
        path.unlink()
    assert copy.run("rebuild").status == 0
    assert copy.json("status") == before
    assert not [*elsewhere.glob("*/ledger.sqlite")]


def test_what_the_ledger_has_and_no_file_yet_is_laid_down_from_the_ledger(
    office: Bureau, tmp_path: Path
) -> None:
    """As after a crash between the ledger's commit and the record: no mail, decision or letter may be lacking."""
    archive = office.office.archive
    lost = [min(archive.glob("raw/*/*.reading.json")), max(archive.glob("records/*.json"))]
    kept = {path: path.read_bytes() for path in lost}
    for path in lost:
        path.unlink()
    copy = unpacked(back_up(office, tmp_path), tmp_path / "copy")
    for path, data in kept.items():
        assert (copy.office.archive / path.relative_to(archive)).read_bytes() == data


def test_a_mail_that_waits_to_be_judged_is_in_it_and_is_judged_from_it(
    office: Bureau, tmp_path: Path
) -> None:
    office.post(whole("nantong", 5))
    assert _killed_polling(office, "mail noted")
    copy = unpacked(back_up(office, tmp_path), tmp_path / "copy")
    assert copy.run("rebuild").status == 0
    assert copy.json("status")["messages"]["waiting"] == 1
    (copy.folder / "mails").mkdir()
    assert copy.run("poll", now=NOW).status == 0
    assert copy.unit("nantong")["complete"]


def test_a_private_mail_s_text_is_not_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    office = bureau(folder, inbox={"folder": "mails", "dedicated": False})
    office.post(mail(sender="zhang@personal.example", subject="周末聚餐", text="周末聚餐"))
    assert _killed_polling(office, "outcome committed")
    assert [*office.office.archive.glob("raw/*/*.eml")], "it lies there still"
    with zipfile.ZipFile(back_up(office, tmp_path)) as bundle:
        assert [name for name in bundle.namelist() if name.endswith(".eml")] == []


def test_what_is_missing_or_altered_in_the_archive_is_told(office: Bureau, tmp_path: Path) -> None:
    altered, missing, *_ = sorted(office.office.archive.glob("raw/*/*.eml"))
    altered.write_bytes(altered.read_bytes() + b"more")
    missing.unlink()
    ran = office.run("backup", tmp_path, now=NOW)
    assert ran.status == 1
    assert f"{altered.name}：内容已被改动" in ran.err
    assert f"{missing.name}：缺失" in ran.err


def test_files_of_others_are_named_and_left_out(office: Bureau, tmp_path: Path) -> None:
    (office.office.archive / "青年镇" / "别人的.xlsx").write_bytes(b"x")
    ran = office.run("backup", tmp_path, now=NOW)
    assert ran.status == 0
    assert "青年镇/别人的.xlsx" in ran.out


@pytest.mark.parametrize("dest", ["nowhere/backup.zip", "nowhere/", "nowhere"])
def test_a_place_that_is_not_there_is_refused(office: Bureau, dest: str) -> None:
    ran = office.run("backup", f"{office.folder}/{dest}", now=NOW)
    assert ran.status == 2
    assert "nowhere" in ran.err


def test_while_the_archive_is_cleared_it_waits_and_then_says_so(
    office: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Archive.held_still
    monkeypatch.setattr(Archive, "held_still", lambda archive, patience=0.2: plain(archive, patience))
    with office.office.open().archive.held_still():
        ran = office.run("backup", now=NOW)
    assert ran.status == 2
    assert "正在备份" in ran.err


# --- a backup that isn't whole ---------------------------------------------------------------------------


def check(backup: Path, office: Bureau) -> tuple[int, str]:
    ran = office.run("backup", "--check", backup)
    assert "程序出错" not in ran.err
    return ran.status, ran.out + ran.err


def test_a_whole_backup_is_said_to_be_whole(office: Bureau, tmp_path: Path) -> None:
    status, said = check(back_up(office, tmp_path), office)
    assert status == 0
    assert "完好" in said
    assert "邮件 5 封" in said


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.97, 0.9999])
def test_a_backup_that_breaks_off_is_recognised(office: Bureau, tmp_path: Path, share: float) -> None:
    backup = back_up(office, tmp_path)
    data = backup.read_bytes()
    backup.write_bytes(data[: int(len(data) * share)])
    status, said = check(backup, office)
    assert status == 1
    assert "不是完整的备份" in said


def test_a_byte_that_went_bad_anywhere_is_recognised(office: Bureau, tmp_path: Path) -> None:
    backup = back_up(office, tmp_path)
    data = backup.read_bytes()
    with zipfile.ZipFile(backup) as bundle:
        first = {one.filename: one.header_offset for one in bundle.infolist()}
    for name, offset in [*first.items()][:: max(1, len(first) // 25)]:
        at = offset + 30 + len(name.encode()) + 20 + 3  # within the file's bytes, behind its zip64 header
        backup.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        status, said = check(backup, office)
        assert status == 1, name
        assert name in said or "不是完整的备份" in said or "backup.json" in said


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_backup_is_told_so(office: Bureau, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(content)
    status, said = check(path, office)
    assert status == 1
    assert "备份" in said


def test_killed_in_the_middle_it_leaves_no_backup_and_the_next_one_clears_up(
    office: Bureau, tmp_path: Path
) -> None:
    for place, count in (("backup file written", 9), ("backup verified", 1)):
        assert _killed(lambda: office.run("backup", tmp_path, now=NOW), place, count)
        half = [path for path in tmp_path.iterdir() if ".part" in path.suffix]
        assert half
        assert [*tmp_path.glob("*.zip")] == []
        status, said = check(next(path for path in half if path.suffix == ".part"), office)
        assert (status, "没有写完" in said) == (1, True)
    backup = back_up(office, tmp_path)
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [backup]


def _killed_polling(office: Bureau, place: str) -> bool:
    return _killed(lambda: office.run("poll", now=NOW), place)


def _killed(act: Any, place: str, count: int = 1) -> bool:
    """Whether a process of its own was killed at that place of what it was to do."""
    child = os.fork()
    if child == 0:
        try:
            faults.arm(place, count)
            act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])

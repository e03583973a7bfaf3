"""Backups made while the agent takes in mails: each is a moment of its journal, whole, and one can begin anew from it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from agent.demo.district import addresses
from agent.demo.pictures import photo
from agent.keeping.rebuild import rebuild
from agent.keeping.verify import verify
from tests.commands import ACCOUNT, Bureau, bureau, form, mail
from tests.integration.office import ROOT, Office

pytestmark = [pytest.mark.integration, pytest.mark.timeout(200)]

MAILS = 40
NOW = "2024-03-05T18:00"


def test_each_backup_of_a_busy_agent_is_one_moment_of_its_journal(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    office = bureau(folder, inbox={"folder": "mails", "dedicated": False})
    for number in range(MAILS):
        office.post(_mail(number))
    backups = []
    with _polling(office) as agent:
        while agent.poll() is None:
            number = len(backups)
            backups.append(_back_up(office, tmp_path / f"{number:03d}.zip", as_command=number == 1))
            office.run("review", "extend", "guanba", f"2024-03-{6 + number % 20:02d}", now=NOW)
        assert agent.returncode == 0
    journal = office.office.open().ledger.dump()["journal"]
    had = [_restored(backup, tmp_path / backup.stem, journal) for backup in backups]
    assert had == sorted(had)
    assert len({count for count in had if 0 < count < len(journal)}) >= 5, had
    for backup in backups[1 :: len(backups) // 3]:  # to read every mail again takes its time
        assert verify(Office(tmp_path / backup.stem).open()) == []


def _mail(number: int) -> bytes:
    """By turns: a form and a photo, a stranger's, none of ours (which leaves no text), a question."""
    unit = ("qingnian", "heishan", "nantong")[number % 3]
    name = {"qingnian": "青年镇", "heishan": "黑山镇", "nantong": "南桐镇"}[unit]
    sent = dt.datetime.fromisoformat("2024-03-01T08:00+08:00") + dt.timedelta(minutes=number)
    if number % 4 == 1:
        return mail(form("石林镇"), sender=f"s{number}@personal.example", subject="材料", sent=sent)
    if number % 4 == 2:
        return mail(sender=f"shop{number}@shop.example", subject="周末聚餐", sent=sent)
    if number % 4 == 3:
        return mail(sender=addresses()[unit], subject="请问", text="请问截止到哪天？", sent=sent)
    picture = ("照片.jpg", photo(number % 7))
    return mail(form(name, patrols=10 + number), picture, sender=addresses()[unit], text=ACCOUNT, sent=sent)


def _polling(office: Bureau) -> subprocess.Popen[bytes]:
    arguments = ["poll", "--config", str(office.office.config), "--now", NOW]
    return subprocess.Popen(
        [sys.executable, "-m", "agent", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _back_up(office: Bureau, path: Path, *, as_command: bool) -> Path:
    """By the command in a process of its own, or, which is quicker, in this one."""
    if as_command:
        done = office.office.run("backup", str(path), "--now", NOW)
        assert (done.returncode, done.stderr) == (0, "")
    else:
        ran = office.run("backup", path, now=NOW)
        assert (ran.status, ran.err) == (0, "")
    return path


def _restored(backup: Path, folder: Path, journal: list[dict[str, Any]]) -> int:
    """Unpack and rebuild; returns how many entries it has, the journal's first ones."""
    with zipfile.ZipFile(backup) as bundle:
        bundle.extractall(folder)
    work = Office(folder).open()
    then = _as_recorded(work.ledger.dump())
    work.ledger.close()
    (_, copies, *damaged) = rebuild(work)
    assert damaged == []
    assert copies == "归档文件：补写 0 份。", "every copy was in it"
    dump = work.ledger.dump()
    assert _as_recorded(dump) == then
    assert dump["journal"] == journal[: len(dump["journal"])]
    work.ledger.close()
    return len(dump["journal"])


def _as_recorded(dump: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """But for a letter that was just leaving: what the archive knows of it is that it waits."""
    letters = [one | {"state": one["state"].replace("sending", "queued")} for one in dump["letters"]]
    messages = sorted(dump["messages"], key=lambda one: str(one["sha256"]))
    return dump | {"letters": letters, "messages": messages}

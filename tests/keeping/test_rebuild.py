"""The archive is the truth: what is made anew from it is equal, and what differs from it is named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.base import jsontext
from agent.demo.district import addresses
from agent.demo.pictures import photo
from tests.commands import ACCOUNT, Bureau, bureau, form, mail, whole
from tests.integration.office import Office


@pytest.fixture
def office(kept: Path, tmp_path: Path) -> Bureau:
    """A district's mails and all kinds of decisions about them; each test has its own copy."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return Bureau(Office(tmp_path))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    office = bureau(tmp_path_factory.mktemp("kept"))
    office.post(whole("qingnian", 1))
    office.post(mail(form("青年镇", patrols=20), sent="2024-03-01T09:10+08:00"))
    office.post(whole("heishan", 2, patrols="约20"))
    office.post(mail(form("金桥镇"), ("照片.jpg", photo(3)), sender="new@personal.example", text=ACCOUNT))
    office.post(mail(form("石林镇"), sender="other@personal.example"))
    office.post(mail(sender=addresses()["nantong"], subject="请问截止到哪天？", text="请问截止到哪天？"))
    office.post(mail(sender=addresses()["nantong"], subject="自动回复", Auto_Submitted="auto-replied"))
    assert office.run("poll").status == 0
    for line in (
        ("accept", "H1", "--register", "--reason", "电话核实"),
        ("reject", "H2"),
        ("override", "heishan", "patrols", "20", "--reason", "电话核实"),
        ("extend", "guanba", "2024-03-08"),
        ("close", "qingnian"),
    ):
        ran = office.run("review", *line)
        assert ran.status == 0 or line[0] == "close", ran.err
    office.run("review", "hand-in", "shilin", office.post(whole("shilin", 4)))
    assert office.run("digest", "--send").status == 0
    assert office.run("poll", now="2024-03-01T11:00").status == 0
    return office.folder


def lose_the_ledger(office: Bureau) -> None:
    for path in office.office.archive.glob("ledger.sqlite*"):
        path.unlink()


def test_the_ledger_is_made_anew_from_the_archive_alone(office: Bureau) -> None:
    before = {name: office.json(name) for name in ("status", "review")}
    assert office.run("rebuild", "--verify").status == 0
    lose_the_ledger(office)
    ran = office.run("rebuild")
    assert ran.status == 0, ran.err
    assert {name: office.json(name) for name in ("status", "review")} == before
    verified = office.run("rebuild", "--verify")
    assert verified.status == 0, verified.out


def test_a_rebuild_changes_no_file_but_the_ledger_and_sends_nothing(office: Bureau) -> None:
    before, letters = _files(office), len(list(office.letters()))
    lose_the_ledger(office)
    office.run("rebuild")
    assert _files(office) == before
    assert office.run("poll", now="2024-03-01T12:00").status == 0
    assert len(list(office.letters())) == letters


def test_without_a_ledger_a_verification_says_that_rows_are_missing(office: Bureau) -> None:
    lose_the_ledger(office)
    ran = office.run("rebuild", "--verify")
    assert ran.status == 1
    assert ran.out.strip()


def _change_a_copy(office: Bureau) -> str:
    path = next((office.office.archive / "青年镇").glob("*.xlsx"))
    path.write_bytes(b"altered")
    return path.name


def _lose_a_copy(office: Bureau) -> str:
    path = next((office.office.archive / "黑山镇").glob("*.jpg"))
    path.unlink()
    return path.name


def _add_a_stranger(office: Bureau) -> str:
    (office.office.archive / "青年镇" / "别人的.xlsx").write_bytes(b"x")
    return "别人的.xlsx"


def _change_a_recorded_figure(office: Bureau) -> str:
    path = next(
        path
        for path in (office.office.archive / "raw").glob("*/*.reading.json")
        if '"patrols": 20' in path.read_text(encoding="utf-8")
    )
    path.write_text(
        path.read_text(encoding="utf-8").replace('"patrols": 20', '"patrols": 21'), encoding="utf-8"
    )
    return path.name[:12]


def _change_a_decision(office: Bureau) -> str:
    path = next(
        path
        for path in (office.office.archive / "records").iterdir()
        if '"override"' in path.read_text(encoding="utf-8")
    )
    stored = jsontext.loads(path.read_bytes())
    stored["decision"]["value"] = 99
    path.write_text(jsontext.dumps(stored), encoding="utf-8")
    return f"台账记录 {stored['seq']}"


@pytest.mark.parametrize(
    "change", [_change_a_copy, _lose_a_copy, _add_a_stranger, _change_a_recorded_figure, _change_a_decision]
)
def test_what_differs_is_named_and_left_as_it_is(office: Bureau, change: Callable[[Bureau], str]) -> None:
    named = change(office)
    before = _files(office)
    ran = office.run("rebuild", "--verify")
    assert ran.status == 1
    assert named in ran.out, ran.out
    assert _files(office) == before


@pytest.mark.parametrize("change", [_change_a_copy, _lose_a_copy])
def test_a_copy_that_is_lost_or_altered_is_filed_again(
    office: Bureau, change: Callable[[Bureau], str]
) -> None:
    before = _files(office)
    change(office)
    ran = office.run("rebuild")
    assert "1 份" in ran.out
    assert _files(office) == before
    assert office.run("rebuild", "--verify").status == 0


def test_a_raw_mail_that_was_altered_is_named(office: Bureau) -> None:
    path = max((office.office.archive / "raw").glob("*/*.eml"), key=lambda one: one.stat().st_size)
    path.write_bytes(path.read_bytes() + b"\r\nmore")
    ran = office.run("rebuild", "--verify")
    assert ran.status == 1
    assert path.name[:12] in ran.out


def test_a_raw_mail_that_is_lost_is_named(office: Bureau) -> None:
    path = max((office.office.archive / "raw").glob("*/*.eml"), key=lambda one: one.stat().st_size)
    path.unlink()
    ran = office.run("rebuild", "--verify")
    assert ran.status == 1
    assert path.name[:12] in ran.out


@pytest.mark.parametrize(
    ("pattern", "data"),
    [
        ("raw/*/*.reading.json", None),
        ("raw/*/*.reading.json", b"{"),
        ("raw/*/*.envelope.json", b"{}"),
        ("records/*.json", None),
        ("records/*.json", b"{"),
    ],
)
def test_a_record_that_is_lost_or_damaged_is_told_of_without_a_crash(
    office: Bureau, pattern: str, data: bytes | None
) -> None:
    before = office.json("status")
    path = min(office.office.archive.glob(pattern))
    whole = path.read_bytes()
    path.unlink() if data is None else path.write_bytes(data)
    verified = office.run("rebuild", "--verify")
    assert (verified.status, verified.err) == (1, "")
    rebuilt = office.run("rebuild")
    assert rebuilt.status in (0, 2)
    assert "程序出错" not in rebuilt.err
    if rebuilt.status == 2:
        assert office.json("status") == before, "the old ledger still stands"
    path.write_bytes(whole)
    assert office.run("rebuild").status == 0
    assert office.json("status") == before


def test_the_lost_reading_of_a_mail_that_was_decided_about_lets_its_form_not_drop_out_unseen(
    office: Bureau,
) -> None:
    decided = next(
        one["decision"]["message"]
        for path in sorted((office.office.archive / "records").glob("*.json"))
        if (one := jsontext.loads(path.read_bytes()))["kind"] == "decision"
        and one["decision"]["kind"] == "assign"
    )
    path = office.office.archive / "raw" / decided[:2] / f"{decided}.reading.json"
    path.unlink()
    rebuilt = office.run("rebuild")
    assert rebuilt.status == 2
    assert decided in rebuilt.err


def test_a_lost_letter_that_had_left_is_named_and_stops_nothing(office: Bureau) -> None:
    before, path = office.json("status"), min((office.office.archive / "letters").glob("*.eml"))
    path.unlink()
    verified = office.run("rebuild", "--verify")
    assert (verified.status, verified.out.strip()) == (1, f"信件 {path.name}：缺失。请从备份恢复。")
    lose_the_ledger(office)
    rebuilt = office.run("rebuild")
    assert rebuilt.status == 0, rebuilt.err
    assert path.name in rebuilt.out
    assert office.json("status") == before
    assert not path.exists()


def test_a_lost_letter_that_had_not_left_is_told_to_the_contact_and_the_others_leave(tmp_path: Path) -> None:
    office = bureau(tmp_path, outbox={"folder": "sent", "per_address_per_hour": 1})
    for number in range(3):
        office.post(mail(form(patrols=number), subject=f"第{number}次"))
    office.run("poll")
    waiting = sorted(set((office.office.archive / "letters").glob("*.eml")) - _departed(office))
    assert len(waiting) == 2
    waiting[0].unlink()
    lose_the_ledger(office)
    assert office.run("rebuild").status == 0
    office.run("poll", now="2024-03-01T12:00")
    office.run("poll", now="2024-03-01T14:00")
    assert office.json("status")["letters"] == {"queued": 0, "sent": 2, "doubtful": 0, "failed": 1}
    assert "原文丢失" in office.run("digest", now="2024-03-01T15:00").out


def _departed(office: Bureau) -> set[Path]:
    return {path.with_suffix(".eml") for path in (office.office.archive / "letters").glob("*.json")}


def test_a_letter_that_was_altered_is_named(office: Bureau) -> None:
    path = min((office.office.archive / "letters").glob("*.eml"))
    path.write_bytes(path.read_bytes().replace(b"To:", b"Cc:"))
    verified = office.run("rebuild", "--verify")
    assert (verified.status, verified.out.strip()) == (1, f"信件 {path.name}：内容已被改动。请从备份恢复。")


def test_what_todays_rules_would_read_differently_is_named_and_changes_nothing(office: Bureau) -> None:
    before = office.json("status")["units"]
    rules = office.folder / "rules" / "winter-warmth.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(
        re.sub("label: 媒体宣传", "label: 报纸刊载次数", text)
        .replace("媒体宣传次数", "报纸次数")
        .replace("媒体报道", "见报次数"),
        encoding="utf-8",
    )
    ran = office.run("rebuild", "--verify")
    assert ran.status == 1
    assert "media_reports" in ran.out
    assert "没有改变" in ran.out
    assert office.json("status")["units"] == before
    assert office.run("rebuild").status == 0
    assert office.json("status")["units"] == before


def test_an_archive_that_is_empty_is_equal_to_itself(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    assert office.run("rebuild", "--verify").status == 0
    assert office.run("rebuild").status == 0
    assert office.json("status")["messages"]["received"] == 0


def _files(office: Bureau) -> dict[str, Any]:
    """Every file of the archive but the ledger, with its bytes."""
    return {
        path.relative_to(office.office.archive).as_posix(): path.read_bytes()
        for path in sorted(office.office.archive.rglob("*"))
        if path.is_file() and not path.name.startswith(("ledger.", "agent."))
    }

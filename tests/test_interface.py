"""What other programs may rely on: what `--json` prints, what the exit status says, what a merge leaves behind."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agent.demo.district import addresses
from agent.demo.forms import form_docx, form_xlsx, narrative_docx
from agent.demo.pictures import photo
from tests.commands import ACCOUNT, CAMPAIGN, Bureau, bureau, figures, form, heading, mail, run, whole
from tests.integration.servers.ports import free_ports

FIGURES = [field.id for field in CAMPAIGN.form.figures]
FIELDS = [field.id for field in CAMPAIGN.form.fields]
REQUIRED = [name for name in addresses() if name != "station"]
FILE_KEYS = {"file", "sha256", "kind", "form", "findings", "contains"}
KINDS = {"form", "narrative", "photo", "archive", "message", "other", "unreadable"}


def read(*files: Path, at: Path) -> Any:
    """What `read --json` prints, from a folder without a configuration."""
    ran = run("read", "--json", *files, at=at)
    assert ran.status in (0, 1), ran.err
    return ran.json


def everything(readings: list[Any]) -> Iterator[Any]:
    for one in readings:
        yield one
        yield from everything(one["contains"])


# read --json


def test_a_workbook_is_read_cell_by_cell(tmp_path: Path) -> None:
    data = form_xlsx(
        CAMPAIGN, figures(patrols=12, joint_patrols=5, supplies_prepared="1.250", remarks="无"), heading()
    )
    (tmp_path / "青年镇统计表.xlsx").write_bytes(data)
    ran = run("read", "--json", "青年镇统计表.xlsx", at=tmp_path)
    assert (ran.status, ran.err) == (0, "")
    (reading,) = ran.json
    assert reading.keys() == FILE_KEYS
    assert reading["file"] == "青年镇统计表.xlsx"
    assert reading["sha256"] == hashlib.sha256(data).hexdigest()
    assert (reading["kind"], reading["contains"]) == ("form", [])
    found = reading["form"]
    assert found.keys() == {
        "unit",
        "reported_on",
        "reporter",
        "phone",
        "values",
        "sources",
        "needs_confirmation",
    }
    assert (found["unit"], found["reported_on"], found["reporter"]) == ("青年镇", "2024-03-01", "张演示")
    assert list(found["values"]) == FIELDS
    assert (found["values"]["patrols"], found["values"]["joint_patrols"]) == (12, 5)
    assert found["values"]["remarks"] == "无"
    assert found["sources"]["patrols"] == "Sheet1!A6"
    assert found["sources"]["joint_patrols"] == "Sheet1!B6"
    assert found["needs_confirmation"] is False


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        (12, "12"),
        (12.0, "12"),
        ("12.0", "12"),
        ("1.250", "1.25"),
        (0.1, "0.1"),
        ("0.10", "0.1"),
        (1.2000000000000002, "1.2"),
        ("3,000", "3000"),
        ("12000元", "1.2"),
        ("1000000", "1000000"),
        ("0", "0"),
        ("0.00", "0"),
        ("999999999.999999", "999999999.999999"),
    ],
)
def test_an_amount_is_printed_as_its_exact_decimal(tmp_path: Path, written: Any, printed: str) -> None:
    name, data = form(supplies_prepared=written, supplies_distributed=0)
    (tmp_path / name).write_bytes(data)
    out = run("read", "--json", name, at=tmp_path).out
    assert re.findall(r'"supplies_prepared": ([^,\s]+)', out)[0] == printed


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("", "blank"),
        ("约20", "not_exact"),
        ("-3", "negative"),
        (2.5, "not_whole"),
        ("12份", "wrong_measure"),
        ("abc", "not_a_number"),
    ],
)
def test_what_has_no_certain_reading_is_null_and_an_error_names_its_field(
    tmp_path: Path, written: Any, rule: str
) -> None:
    name, data = form(media_reports=written)
    (tmp_path / name).write_bytes(data)
    (reading,) = read(tmp_path / name, at=tmp_path)
    assert reading["form"]["values"]["media_reports"] is None
    errors = [one for one in reading["findings"] if one["severity"] == "error"]
    assert [(one["rule"], one["field"]) for one in errors] == [(rule, "media_reports")]
    assert errors[0]["text"]


def test_a_form_that_cannot_be_accepted_is_still_a_file_that_could_be_read(tmp_path: Path) -> None:
    name, data = form(media_reports="约20")
    (tmp_path / name).write_bytes(data)
    assert run("read", "--json", name, at=tmp_path).status == 0


def test_a_document_gives_table_row_and_column(tmp_path: Path) -> None:
    (tmp_path / "统计表.docx").write_bytes(form_docx(CAMPAIGN, figures(), heading()))
    (reading,) = read(tmp_path / "统计表.docx", at=tmp_path)
    assert reading["form"]["sources"]["joint_patrols"] == "表1!R3C2"


def test_an_unmarked_sum_needs_confirmation(tmp_path: Path) -> None:
    data = form_xlsx(
        CAMPAIGN,
        figures(**dict.fromkeys(FIGURES, 20)),
        heading(),
        breakdown={"甲村": figures(), "乙村": figures()},
    )
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    row = next(cell.row for cell in sheet["A"] if cell.value == "合计")
    for cell in sheet[row]:
        cell.value = None
    book.save(tmp_path / "两村.xlsx")
    (reading,) = read(tmp_path / "两村.xlsx", at=tmp_path)
    assert reading["form"]["needs_confirmation"] is True
    assert reading["form"]["values"]["patrols"] == 20


def test_every_file_is_of_one_of_the_kinds_in_the_order_given(tmp_path: Path) -> None:
    files = {
        "照片.jpg": photo(1),
        "统计表.xlsx": form()[1],
        "开展情况.docx": narrative_docx("开展情况", [ACCOUNT], [photo(2)]),
        "邮件.eml": mail(form(), ("照片.jpg", photo(3)), text=ACCOUNT),
        "junk.bin": bytes(range(256)) * 9,
        "空.docx": b"",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    ran = run("read", "--json", *files, at=tmp_path)
    assert ran.status == 1
    assert [one["file"] for one in ran.json] == list(files)
    kinds = [one["kind"] for one in ran.json]
    assert kinds == ["photo", "form", "narrative", "message", "unreadable", "unreadable"]
    assert all(one.keys() == FILE_KEYS and one["kind"] in KINDS for one in everything(ran.json))
    assert all(one["findings"] for one in ran.json if one["kind"] == "unreadable")
    assert [one["kind"] for one in ran.json[2]["contains"]] == ["photo"]
    assert [one["kind"] for one in ran.json[3]["contains"]] == ["form", "photo"]
    assert ran.json[3]["form"] is None


def test_a_file_that_cannot_be_read_inside_an_archive_makes_one_too(tmp_path: Path) -> None:
    inner = _zip({"统计表.xlsx": form()[1], "坏.docx": b"PK\x03\x04 broken"})
    (tmp_path / "材料.zip").write_bytes(_zip({"里面.zip": inner, "照片.jpg": photo(1)}))
    ran = run("read", "--json", "材料.zip", at=tmp_path)
    assert ran.status == 1
    found = {one["file"].rpartition("/")[2]: one["kind"] for one in everything(ran.json)}
    assert found == {
        "材料.zip": "archive",
        "里面.zip": "archive",
        "统计表.xlsx": "form",
        "坏.docx": "unreadable",
        "照片.jpg": "photo",
    }
    (tmp_path / "好.zip").write_bytes(_zip({"统计表.xlsx": form()[1]}))
    assert run("read", "--json", "好.zip", at=tmp_path).status == 0


def test_checks_across_fields_run_but_not_those_that_need_a_sender_or_a_dossier(tmp_path: Path) -> None:
    data = form_xlsx(
        CAMPAIGN,
        figures(joint_patrols=11, staff_deployed=3, moving_stories=5),
        heading(day=dt.date(2023, 1, 1)) | {"unit": ""},
    )
    (tmp_path / "统计表.xlsx").write_bytes(data)
    (reading,) = read(tmp_path / "统计表.xlsx", at=tmp_path)
    found = {one["rule"]: one["severity"] for one in reading["findings"]}
    assert found["joint_within_patrols"] == "error"
    assert found["staff_at_least_patrols"] == "warning"
    assert found["reported_before_start"] == "warning"
    assert "stories_without_narrative" not in found
    assert "reported_after_mail" not in found
    assert found["header_missing"] == "warning"


def test_a_mail_is_read_like_any_container_without_sender_or_dossier(tmp_path: Path) -> None:
    raw = mail(form("黑山镇", joint_patrols=99), sender="stranger@personal.example")
    (tmp_path / "邮件.eml").write_bytes(raw)
    (reading,) = read(tmp_path / "邮件.eml", at=tmp_path)
    assert reading["kind"] == "message"
    (inner,) = reading["contains"]
    assert inner["form"]["unit"] == "黑山镇"
    assert [one["rule"] for one in inner["findings"]] == ["joint_within_patrols"]


def test_reading_leaves_nothing_behind(tmp_path: Path) -> None:
    name, data = form()
    (tmp_path / name).write_bytes(data)
    run("read", name, at=tmp_path)
    run("read", "--json", name, at=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_reading_takes_the_configured_campaign_where_there_is_one(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    rules = tmp_path / "rules" / "winter-warmth.yaml"
    rules.write_text(
        rules.read_text(encoding="utf-8").replace("media_reports", "press_reports"), encoding="utf-8"
    )
    name, data = form()
    (tmp_path / name).write_bytes(data)
    by_option = run("read", "--json", tmp_path / name, "--config", office.office.config)
    by_folder = run("read", "--json", name, at=tmp_path)
    assert "press_reports" in by_option.json[0]["form"]["values"]
    assert by_option.json == by_folder.json


@pytest.mark.parametrize("name", ["fehlt.xlsx", ".", "ordner"])
def test_a_path_that_is_no_file_is_a_usage_error_that_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "ordner").mkdir()
    ran = run("read", "--json", name, at=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert name in ran.err


def test_a_file_that_is_far_too_large_is_refused_without_being_loaded(tmp_path: Path) -> None:
    with (tmp_path / "很大.xlsx").open("wb") as file:
        file.truncate(500_000_000)
    tracemalloc.start()
    ran = run("read", "--json", "很大.xlsx", at=tmp_path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (ran.status, ran.json[0]["kind"]) == (1, "unreadable")
    assert [one["rule"] for one in ran.json[0]["findings"]] == ["too_large"]
    assert most < 300_000_000


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rohr")
    assert run("read", "rohr", at=tmp_path).status == 2
    assert run("read", "/dev/zero", at=tmp_path).status == 2


# status --json


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """Three units in different states, a stranger, a conflict, an automatic answer."""
    office = bureau(tmp_path_factory.mktemp("bureau"))
    office.post(whole("qingnian", 1, patrols=12, supplies_prepared=1.25, supplies_distributed=1))
    office.post(mail(form("青年镇", patrols="约20"), sent="2024-03-01T09:10+08:00"))
    office.post(
        mail(form("黑山镇", joint_patrols=11), sender=addresses()["heishan"], sent="2024-03-01T09:20+08:00")
    )
    office.post(
        mail(form("金桥镇"), sender="new@personal.example", subject="金桥镇", sent="2024-03-01T09:30+08:00")
    )
    office.post(mail(form("石林镇"), sender=addresses()["conglin"], sent="2024-03-01T09:40+08:00"))
    auto = {"Auto_Submitted": "auto-replied"}
    office.post(
        mail(sender=addresses()["nantong"], subject="自动回复", sent="2024-03-01T09:50+08:00", **auto)
    )
    ran = office.run("poll")
    assert ran.status == 0, ran.err
    return office


def test_status_has_every_key_that_is_promised(office: Bureau) -> None:
    shown = office.json("status")
    assert shown["campaign"] == "winter-warmth"
    assert shown["deadline"] == "2024-03-05"
    assert shown["as_of"] == "2024-03-01T10:00:00+08:00"
    assert {"units", "held", "messages", "failed", "letters"} <= shown.keys()
    assert [one["id"] for one in shown["units"]] == [*REQUIRED, "station"]
    for unit in shown["units"]:
        assert {"id", "name", "required", "complete", "late", "form", "narrative", "photos"} <= unit.keys()
        assert {"status", "version", "values", "findings", "source"} <= unit["form"].keys()
        assert unit["form"]["status"] in ("missing", "needs_correction", "needs_confirmation", "accepted")
        assert {"status", "files"} <= unit["narrative"].keys()
        assert {"status", "count", "files"} <= unit["photos"].keys()
        assert unit["narrative"]["status"] in ("missing", "accepted")
        assert unit["required"] == (unit["id"] != "station")
    assert shown["messages"].keys() >= {"received", "processed", "held", "ignored", "failed"}
    assert shown["letters"].keys() >= {"queued", "sent", "doubtful", "failed"}


def test_messages_are_counted_once_each(office: Bureau) -> None:
    counts = office.json("status")["messages"]
    assert counts == {"received": 6, "processed": 3, "held": 2, "ignored": 1, "failed": 0}
    assert office.json("status")["letters"]["sent"] == 5  # the automatic mail is not answered


def test_an_accepted_form_stands_while_a_newer_one_waits(office: Bureau) -> None:
    unit = office.unit("qingnian")
    shown = unit["form"]
    assert (shown["status"], shown["version"]) == ("accepted", 1)
    assert (shown["values"]["patrols"], shown["values"]["supplies_prepared"]) == (12, Decimal("1.25"))
    assert shown["source"].keys() >= {"message", "file", "received"}
    assert shown["source"]["file"] == "青年镇统计表.xlsx"
    assert shown["source"]["received"] == "2024-03-01T09:00:00+08:00"
    assert (
        office.office.archive / "raw" / shown["source"]["message"][:2] / f"{shown['source']['message']}.eml"
    ).exists()
    assert (shown["pending"]["version"], shown["pending"]["status"]) == (2, "needs_correction")
    assert [one["rule"] for one in shown["pending"]["findings"] if one["severity"] == "error"] == [
        "not_exact"
    ]
    assert unit["complete"] is True
    assert (unit["photos"]["status"], unit["photos"]["count"], len(unit["photos"]["files"])) == (
        "accepted",
        1,
        1,
    )
    assert unit["narrative"]["status"] == "accepted"
    for path in (*unit["photos"]["files"], *unit["narrative"]["files"]):
        assert (office.office.archive / path).exists()


def test_values_are_those_of_the_newest_form_where_none_is_accepted(office: Bureau) -> None:
    shown = office.unit("heishan")["form"]
    assert (shown["status"], shown["version"]) == ("needs_correction", 1)
    assert shown["values"]["joint_patrols"] == 11
    assert [one["rule"] for one in shown["findings"]] == ["joint_within_patrols", "stories_without_narrative"]
    assert "pending" not in shown


def test_a_unit_that_sent_nothing_misses_everything(office: Bureau) -> None:
    unit = office.unit("guanba")
    assert unit["form"]["status"] == unit["narrative"]["status"] == unit["photos"]["status"] == "missing"
    assert (unit["complete"], unit["late"], unit["photos"]["count"]) == (False, False, 0)
    assert unit["form"]["values"] == {}
    assert "unreachable" not in unit


def test_held_mails_say_why_and_whose_they_may_be(office: Bureau) -> None:
    held = {one["from"]: one for one in office.json("status")["held"]}
    assert list(held) == ["new@personal.example", addresses()["conglin"]]
    stranger, conflict = held.values()
    assert (stranger["id"], stranger["reason"], stranger["suggested_unit"]) == (
        "H1",
        "unknown_sender",
        "jinqiao",
    )
    assert (stranger["subject"], stranger["received"]) == ("金桥镇", "2024-03-01T09:30:00+08:00")
    assert (conflict["id"], conflict["reason"]) == ("H2", "unit_conflict")
    assert office.json("review") == office.json("status")["held"]


def test_what_is_owed_after_the_deadlines_day_is_late_in_the_configured_zone(office: Bureau) -> None:
    assert office.unit("guanba", now="2024-03-05T23:59:59")["late"] is False
    assert office.unit("guanba", now="2024-03-06T00:00")["late"] is True
    assert office.unit("guanba", now="2024-03-05T15:59Z")["late"] is False
    assert office.unit("guanba", now="2024-03-05T16:00Z")["late"] is True
    assert office.unit("station", now="2024-03-07")["late"] is False
    assert office.unit("qingnian", now="2024-03-07")["late"] is False


@pytest.mark.parametrize(
    ("sent", "late"),
    [
        ("2024-03-05T23:59+08:00", False),
        ("2024-03-06T00:00+08:00", True),
        ("2024-03-05T15:59+00:00", False),
        ("2024-03-05T16:01+00:00", True),
    ],
)
def test_a_form_is_late_by_when_it_was_received(tmp_path: Path, sent: str, late: bool) -> None:
    office = bureau(tmp_path)
    office.post(mail(form(), ("照片.jpg", photo(1)), text=ACCOUNT, sent=sent))
    office.run("poll", now="2024-03-06T09:00")
    unit = office.unit("qingnian", now="2024-03-06T09:00")
    assert (unit["form"]["status"], unit["complete"], unit["late"]) == ("accepted", True, late)


def test_an_extension_moves_the_day_for_that_unit_alone(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    assert office.run("review", "extend", "qingnian", "2024-03-08", "--reason", "电话同意").status == 0
    assert office.unit("qingnian", now="2024-03-08T12:00")["late"] is False
    assert office.unit("qingnian", now="2024-03-09")["late"] is True
    assert office.unit("guanba", now="2024-03-08T12:00")["late"] is True


def test_a_mails_time_in_a_folder_is_received_then_date_then_the_files(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    hops = "Received: from a by b; Fri, 01 Mar 2024 08:00:00 +0800\r\nReceived: from c by a; Fri, 01 Mar 2024 07:00:00 +0800\r\n"
    office.post(hops.encode() + mail(form("青年镇")))
    office.post(mail(form("黑山镇"), sender=addresses()["heishan"], sent="2024-03-01T08:30+08:00"))
    undated = re.sub(rb"(?m)^Date: .*\r\n", b"", mail(form("石林镇"), sender=addresses()["shilin"]))
    moment = dt.datetime(2024, 3, 1, 1, tzinfo=dt.UTC).timestamp()
    os.utime(office.post(undated), (moment, moment))
    office.run("poll")
    received = {
        name: office.unit(name)["form"]["source"]["received"] for name in ("qingnian", "heishan", "shilin")
    }
    assert received == {
        "qingnian": "2024-03-01T08:00:00+08:00",
        "heishan": "2024-03-01T08:30:00+08:00",
        "shilin": "2024-03-01T09:00:00+08:00",
    }


def test_a_bounce_of_our_letter_is_ignored_and_marks_the_unit_until_it_writes_again(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(mail(form("青年镇", patrols="约20")))
    office.run("poll")
    (letter,) = office.letters()
    office.post(_bounce(str(letter["Message-ID"]), addresses()["qingnian"]))
    assert office.run("poll", now="2024-03-01T11:00").status == 0
    assert office.json("status")["messages"]["ignored"] == 1
    assert office.unit("qingnian")["unreachable"] is True
    assert "unreachable" not in office.unit("heishan")
    office.post(mail(form("青年镇"), sent="2024-03-01T12:00+08:00"))
    office.run("poll", now="2024-03-01T12:10")
    assert "unreachable" not in office.unit("qingnian")


def test_versions_count_every_form_mended_or_not(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    for minute, patrols in enumerate(("约20", "", 12, 13)):
        office.post(mail(form(patrols=patrols), sent=f"2024-03-01T09:0{minute}+08:00"))
        office.run("poll")
    shown = office.unit("qingnian")["form"]
    assert (shown["status"], shown["version"], shown["values"]["patrols"]) == ("accepted", 4, 13)
    assert "pending" not in shown


# poll and the letters


def test_poll_ends_with_one_when_a_mail_failed_and_the_mail_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ArithmeticError("nobody foresaw this")

    office = bureau(tmp_path)
    office.post(mail(form(), subject="坏邮件"))
    with monkeypatch.context() as patch:
        patch.setattr("agent.handling.intake.decide", fails)
        ran = [office.run("poll") for _ in range(3)]
    assert [one.status for one in ran] == [1, 1, 1]
    assert all("Traceback" not in one.err for one in ran)
    shown = office.json("status")
    assert shown["messages"] == {"received": 1, "processed": 0, "held": 0, "ignored": 0, "failed": 1}
    (failed,) = shown["failed"]
    assert failed.keys() >= {"message", "from", "subject", "received", "reason"}
    assert (failed["from"], failed["subject"]) == (addresses()["qingnian"], "坏邮件")
    assert failed["reason"]
    assert office.run("poll").status == 0, "it is told of in the digest, not at every poll"
    assert "坏邮件" in office.run("digest").out


def test_poll_says_what_it_did_on_standard_output_and_the_rest_on_standard_error(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(mail(form()))
    ran = office.run("poll", "--json")
    assert (ran.status, ran.json["new"], ran.json["dispatch"]["sent"]) == (0, 1, 1)
    assert "青年镇" in ran.err
    again = office.run("poll")
    assert (again.status, again.err) == (0, "")


def test_poll_ends_with_one_when_a_letter_cannot_be_sent(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    office = bureau(
        tmp_path,
        outbox={"smtp": {"host": "127.0.0.1", "port": port, "user": "report@civil.example", "tls": False}},
    )
    office.post(mail(form()))
    ran = _with_password(office, "poll")
    assert ran.status == 1
    assert f"127.0.0.1:{port}" in ran.err
    assert office.json("status")["letters"] == {"queued": 1, "sent": 0, "doubtful": 0, "failed": 0}


@pytest.mark.parametrize("command", ["digest", "remind"])
def test_a_letter_that_the_server_cannot_take_is_unreachable_where_it_is_all_that_was_asked(
    tmp_path: Path, command: str
) -> None:
    (port,) = free_ports(1)
    office = bureau(
        tmp_path,
        outbox={"smtp": {"host": "127.0.0.1", "port": port, "user": "report@civil.example", "tls": False}},
    )
    assert _with_password(office, command, "--send").status == 3


@pytest.mark.integration
def test_a_mailbox_that_cannot_be_reached_is_three(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    office = bureau(
        tmp_path,
        inbox={"imap": {"host": "127.0.0.1", "port": port, "user": "report@civil.example", "tls": False}},
    )
    ran = _with_password(office, "poll")
    assert (ran.status, ran.out) == (3, "")
    assert f"127.0.0.1:{port}" in ran.err
    assert _with_password(office, "check").status == 3
    for command in ("status", "review", "digest", "remind", "merge"):
        assert _with_password(office, command).status in (0, 1), command


def test_a_missing_password_is_a_matter_of_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REPORT_AGENT_PASSWORD", raising=False)
    office = bureau(
        tmp_path,
        inbox={"imap": {"host": "127.0.0.1", "port": 1, "user": "report@civil.example", "tls": False}},
    )
    for command in ("poll", "run", "check"):
        ran = office.run(command)
        assert ran.status == 2, command
        assert "REPORT_AGENT_PASSWORD" in ran.err + ran.out


def test_a_folder_that_is_not_there_is_an_unreachable_mailbox(tmp_path: Path) -> None:
    office = bureau(tmp_path, inbox={"folder": "nowhere"})
    ran = office.run("poll")
    assert ran.status == 3
    assert "nowhere" in ran.err


def test_digest_and_reminders_are_printed_or_sent(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(whole("qingnian"))
    office.run("poll")
    before = len(list(office.letters()))
    printed = office.run("digest")
    assert printed.status == 0
    assert "青年镇" in printed.out
    reminders = office.run("remind").out
    assert addresses()["heishan"] in reminders
    assert addresses()["qingnian"] not in reminders
    assert len(list(office.letters())) == before
    assert office.run("digest", "--send").status == 0
    assert office.run("remind", "--send").status == 0
    sent = list(office.letters())
    digests = [one for one in sent if one["To"] == "contact@civil.example"]
    assert len(digests) == 1
    assert digests[0]["Auto-Submitted"] == "auto-generated"
    reminded = {one["To"] for one in sent if "催报" in str(one["Subject"])}
    assert reminded == {addresses()[name] for name in REQUIRED} - {addresses()["qingnian"]}


def test_a_moment_given_stands_in_every_letter(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(mail(form()))
    office.run("poll", now="2024-03-01T10:00")
    office.run("digest", "--send", now="2024-03-04T17:30")
    dates = [one["Date"].datetime for one in office.letters()]
    assert sorted(dates) == [
        dt.datetime.fromisoformat("2024-03-01T10:00+08:00"),
        dt.datetime.fromisoformat("2024-03-04T17:30+08:00"),
    ]


# merge


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    """Every required unit has sent everything."""
    office = bureau(tmp_path_factory.mktemp("complete"))
    for number, unit in enumerate(REQUIRED, start=1):
        office.post(
            whole(unit, number, patrols=10 + number, supplies_prepared=0.1 * number, supplies_distributed=0)
        )
    assert office.run("poll").status == 0
    return office


def test_a_merge_of_all_is_complete(complete: Bureau, tmp_path: Path) -> None:
    ran = complete.run("merge", "--out", tmp_path)
    assert ran.status == 0, ran.err
    made = {Path(line) for line in ran.out.splitlines()}
    assert made == set(tmp_path.iterdir())
    assert not any("未完成" in path.name for path in made)
    assert {path.suffix for path in made} == {".xlsx", ".docx", ".json"}
    assert all("冬季送温暖" in path.name for path in made if path.name != "report.json")


def test_the_record_traces_every_figure_to_its_cell(complete: Bureau, tmp_path: Path) -> None:
    complete.run("merge", "--out", tmp_path)
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    report = json.loads(text, parse_float=Decimal)
    assert (report["campaign"], report["complete"], report["as_of"]) == (
        "winter-warmth",
        True,
        "2024-03-01T10:00:00+08:00",
    )
    assert (report["missing"], [one["id"] for one in report["units"]]) == ([], REQUIRED)
    assert isinstance(report["warnings"], list)
    assert report["totals"]["patrols"] == sum(10 + number for number in range(1, 11))
    assert Decimal(report["totals"]["supplies_prepared"]) == Decimal("5.5")
    assert list(report["totals"]) == FIGURES
    for unit in report["units"]:
        assert list(unit["values"]) == FIELDS
        assert set(FIGURES) <= unit["sources"].keys()
        for source in unit["sources"].values():
            keys = {"message", "received", "sender", "file", "sha256", "cell", "version", "decided_by"}
            assert keys <= source.keys()
        source = unit["sources"]["patrols"]
        assert (source["cell"], source["version"], source["decided_by"]) == ("Sheet1!A6", 1, None)
        assert source["sender"] == addresses()[unit["id"]]
        raw = complete.office.archive / "raw" / source["message"][:2] / f"{source['message']}.eml"
        assert hashlib.sha256(raw.read_bytes()).hexdigest() == source["message"]
        assert re.fullmatch("[0-9a-f]{64}", source["sha256"])


def test_the_workbook_has_a_row_a_unit_in_the_registers_order_then_the_total(
    complete: Bureau, tmp_path: Path
) -> None:
    complete.run("merge", "--out", tmp_path)
    (path,) = (one for one in tmp_path.glob("*汇总表*.xlsx"))
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    named = [
        next((re.sub(r"\s", "", cell.value) for cell in row[:2] if isinstance(cell.value, str)), "")
        for row in sheet.iter_rows()
    ]
    units = [one["name"] for one in complete.json("status")["units"] if one["required"]]
    assert [name for name in named if name in (*units, "合计")] == [*units, "合计"]


def test_an_override_shows_who_decided(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(whole("qingnian", patrols="约20"))
    office.run("poll")
    assert (
        office.run(
            "review", "override", "qingnian", "patrols", "20", "--reason", "电话核实", "--by", "王演示"
        ).status
        == 0
    )
    office.run("merge", "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    (unit,) = (one for one in report["units"] if one["id"] == "qingnian")
    assert unit["values"]["patrols"] == 20
    assert unit["sources"]["patrols"]["decided_by"] == "王演示"
    assert unit["sources"]["joint_patrols"]["decided_by"] is None


def test_an_incomplete_merge_says_so_in_every_name_and_ends_with_one(office: Bureau, tmp_path: Path) -> None:
    ran = office.run("merge", "--out", tmp_path)
    assert ran.status == 1
    assert all("（未完成）" in path.name for path in tmp_path.iterdir() if path.name != "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["complete"] is False
    owing = {one["id"]: one["owes"] for one in report["missing"]}
    assert owing["guanba"] == ["form", "narrative", "photos"]
    assert owing["heishan"][0] == "form"
    assert "station" not in owing
    assert "关坝镇" in ran.err


@pytest.mark.parametrize("open_thing", ["missing", "unmended", "held"])
def test_final_refuses_and_makes_nothing_while_something_is_open(tmp_path: Path, open_thing: str) -> None:
    office = bureau(tmp_path)
    for number, unit in enumerate(REQUIRED[open_thing == "missing" :], start=1):
        office.post(whole(unit, number))
    if open_thing == "unmended":
        office.post(mail(form(patrols="约20"), sent="2024-03-01T09:30+08:00"))
    if open_thing == "held":
        office.post(mail(form("石林镇"), sender="stranger@personal.example"))
    office.run("poll")
    ran = office.run("merge", "--final", "--out", tmp_path / "out")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err
    assert not (tmp_path / "out").exists()
    assert office.json("status")["final"] is False


def test_final_closes_and_what_comes_later_is_held(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    for number, unit in enumerate(REQUIRED, start=1):
        office.post(whole(unit, number))
    office.run("poll")
    final = office.run("merge", "--final", "--reason", "审定")
    assert final.status == 0, final.err
    folder = office.office.archive / "final"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    office.post(mail(form("青年镇", patrols=99), sent="2024-03-01T11:00+08:00"))
    office.run("poll", now="2024-03-01T12:00")
    (held,) = office.json("status")["held"]
    assert (held["reason"], held["suggested_unit"]) == ("after_final", "qingnian")
    assert office.unit("qingnian")["form"]["values"]["patrols"] == 10
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    again = office.run("merge", now="2024-03-01T12:00")
    assert again.status == 1, "a mail is held"
    assert any("（未完成）" in path.name for path in folder.iterdir())
    assert office.run("merge", "--final", now="2024-03-01T12:00").status == 1


def test_a_final_report_can_be_made_again(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    for number, unit in enumerate(REQUIRED, start=1):
        office.post(whole(unit, number))
    office.run("poll")
    assert office.run("merge", "--final").status == 0
    first = json.loads((office.office.archive / "final" / "report.json").read_text(encoding="utf-8"))
    assert office.run("merge").status == 0
    assert office.run("merge", "--final").status == 0
    assert json.loads((office.office.archive / "final" / "report.json").read_text(encoding="utf-8")) == first
    assert office.run("review", "reopen", "--reason", "补报").status == 0
    assert office.json("status")["final"] is False


def test_a_merge_takes_away_its_own_earlier_report_and_nothing_else(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    folder = office.office.archive / "final"
    assert office.run("merge").status == 1
    (folder / "批示.docx").write_bytes(b"the contact's own")
    incomplete = {path.name for path in folder.iterdir() if "未完成" in path.name}
    for number, unit in enumerate(REQUIRED, start=1):
        office.post(whole(unit, number))
    office.run("poll")
    assert office.run("merge").status == 0
    names = {path.name for path in folder.iterdir()}
    assert not incomplete & names
    assert "批示.docx" in names


# rebuild


def test_rebuild_verify_is_zero_where_all_is_equal_and_one_with_the_difference_named(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    office.post(whole("qingnian"))
    office.run("poll")
    assert office.run("rebuild", "--verify").status == 0
    copy = next(path for path in (office.office.archive / "青年镇").iterdir() if path.suffix == ".xlsx")
    copy.write_bytes(b"altered")
    ran = office.run("rebuild", "--verify")
    assert ran.status == 1
    assert copy.name in ran.out
    assert copy.read_bytes() == b"altered"
    assert office.run("rebuild").status == 0
    assert office.run("rebuild", "--verify").status == 0


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _with_password(office: Bureau, *arguments: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORT_AGENT_PASSWORD", "secret")
        return office.run(*arguments)


def _bounce(message_id: str, recipient: str) -> bytes:
    return (
        "From: MAILER-DAEMON@mail.example\r\nTo: report@civil.example\r\nSubject: Undelivered Mail\r\n"
        "Date: Fri, 01 Mar 2024 10:30:00 +0800\r\nAuto-Submitted: auto-replied\r\nReturn-Path: <>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nFrom: report@civil.example\r\n"
        f"To: {recipient}\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
    ).encode()

"""`check`: each thing that may be wrong, in its own line, with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
import yaml

from agent.mail import signature
from tests.commands import Bureau, Ran, bureau, mail
from tests.integration.servers.ports import free_ports
from tests.mail.keys import name_server

CLEAR = {"host": "127.0.0.1", "user": "report@civil.example", "tls": False}


def edited(office: Bureau, name: str, change: Callable[[Any], object]) -> Bureau:
    """The office, with a change in one of its YAML files."""
    path = office.folder / name
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return office


def wrong(ran: Ran) -> list[str]:
    """The lines that failed, each with its advice."""
    return [
        part.strip() for part in re.split(r"^(?=[✓✗])", ran.out, flags=re.MULTILINE) if part.startswith("✗")
    ]


def test_a_line_for_each_thing_that_is_right(tmp_path: Path) -> None:
    ran = bureau(tmp_path).run("check")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert all(line[0] in "✓○" for line in lines)  # ○: a program for a rarer format may be lacking
    for word in (
        "设置",
        "规则",
        "单位：11 个，其中应报 10 个",
        "信件模板",
        "报告模板",
        "归档",
        "收件",
        "发件",
    ):
        assert any(word in line for line in lines), word


def test_units_without_an_address_are_named_and_are_no_error(tmp_path: Path) -> None:
    office = edited(bureau(tmp_path), "rules/units.yaml", lambda it: it["units"][4].update(senders=[]))
    ran = office.run("check")
    assert ran.status == 0
    assert "青年镇" in ran.out
    assert "--register" in ran.out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda it: it.pop("contact"), ["config.yaml", "contact", "缺少"]),
        (lambda it: it.update(timezone="China"), ["timezone", "China", "Asia/Shanghai"]),
        (lambda it: it.update(adress="x"), ["adress", "没有这个键"]),
        (lambda it: it["schedule"].update(digest_at="25:00"), ["schedule.digest_at", "25:00"]),
        (lambda it: it["schedule"].update(poll_minutes=0), ["schedule.poll_minutes"]),
        (lambda it: it["schedule"].update(remind_days_before=[-1]), ["schedule.remind_days_before"]),
        (lambda it: it["inbox"].update(imap={"host": "h", "user": "u"}), ["inbox", "只写一个"]),
        (lambda it: it.update(outbox={}), ["outbox", "smtp", "folder"]),
        (lambda it: it.update(outbox={"smtp": {"host": "mail.example", "user": "u", "tls": False}}), ["outbox.smtp", "tls"]),
        (lambda it: it.update(address="nobody"), ["address", "nobody"]),
        (lambda it: it.update(campaign="rules/none.yaml"), ["none.yaml"]),
        (lambda it: it.update(units="rules"), ["rules"]),
    ],
)  # fmt: skip
def test_a_wrong_key_is_named_with_its_path(
    tmp_path: Path, change: Callable[[Any], object], told: list[str]
) -> None:
    office = edited(bureau(tmp_path), "config.yaml", change)
    ran = office.run("check")
    assert ran.status == 2
    (line,) = wrong(ran)
    assert all(word in line for word in told), line
    for command in ("status", "poll", "merge"):
        again = office.run(command)
        assert (again.status, again.out) == (2, "")
        assert all(word in again.err for word in told), again.err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda it: it["checks"][0].update(require="joint_patrols <= patrolls"), ["patrolls", "joint_patrols"]),
        (lambda it: it["checks"][0].update(require="joint_patrols <="), ["joint_within_patrols.require"]),
        (lambda it: it["checks"][0].update(require="__import__('os')"), ["joint_within_patrols.require"]),
        (lambda it: it["checks"][0].update(severity="fatal"), ["checks.0.severity", "fatal", "error"]),
        (lambda it: it["form"]["fields"][0].update(measure="趟"), ["form.fields.patrols.measure", "趟"]),
        (lambda it: it["form"]["fields"][0].update(id="start"), ["start"]),
        (lambda it: it.update(deadline="2023-01-01"), ["deadline"]),
        (lambda it: it.update(deadline="soon"), ["deadline", "soon"]),
        (lambda it: it["report"]["paragraphs"][0].update(text="{patrolls}"), ["report.paragraphs", "patrolls"]),
        (lambda it: it.pop("form"), ["form", "缺少"]),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_named_with_its_place(
    tmp_path: Path, change: Callable[[Any], object], told: list[str]
) -> None:
    ran = edited(bureau(tmp_path), "rules/winter-warmth.yaml", change).run("check")
    assert ran.status == 2
    (line,) = wrong(ran)
    assert all(word in line for word in ("winter-warmth.yaml", *told)), line


def test_two_units_with_one_address_are_named(tmp_path: Path) -> None:
    address = "both@town.example"

    def change(register: Any) -> None:
        for unit in register["units"][:2]:
            unit["senders"] = [address]

    (line,) = wrong(edited(bureau(tmp_path), "rules/units.yaml", change).run("check"))
    assert all(word in line for word in ("units.yaml", address, "万盛街道", "东林街道"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1, 2\n", "第 "),
        ("a: 1\na: 2\n", "a 写了两次"),
        ("\tx: 1", "第 1 行"),
        ("!!python/object:os.system {}", "YAML"),
    ],
)
def test_what_is_no_yaml_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    office = bureau(tmp_path)
    office.office.config.write_text(text, encoding="utf-8")
    ran = office.run("check")
    assert ran.status == 2
    (line,) = wrong(ran)
    assert "config.yaml" in line
    assert told in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ unit", r"receipt\.subject\.j2\D+2"),
        ("{% if %}", r"receipt\.subject\.j2\D+2"),
        ("{{ nothing.at_all }}", r"receipt\.subject\.j2\D+2.*nothing"),
        ("{% include 'missing.j2' %}", r"receipt\.subject\.j2.*missing\.j2"),
    ],
)
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    office = bureau(tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "receipt.subject.j2").write_text(f"回执\n{text}\n", encoding="utf-8")
    ran = office.run("check")
    assert ran.status == 2
    (line,) = wrong(ran)
    assert re.search(told, line), line


@pytest.mark.parametrize("data", [b"no document", None])
def test_a_broken_report_template_is_named(tmp_path: Path, data: bytes | None) -> None:
    office = bureau(tmp_path)
    (tmp_path / "templates").mkdir()
    path = tmp_path / "templates" / "report.docx"
    if data is None:
        document = docx.Document()
        document.add_paragraph("{{ nobody_knows_this }}")
        document.save(str(path))
    else:
        path.write_bytes(data)
    ran = office.run("check")
    assert ran.status == 2
    (line,) = wrong(ran)
    assert str(path) in line
    assert office.run("merge").status == 2


def test_a_closed_port_says_what_to_look_at(tmp_path: Path) -> None:
    ports = free_ports(2)
    office = bureau(
        tmp_path, inbox={"imap": {**CLEAR, "port": ports[0]}}, outbox={"smtp": {**CLEAR, "port": ports[1]}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORT_AGENT_PASSWORD", "secret")
        ran = office.run("check")
    assert ran.status == 3
    inbox, outbox = wrong(ran)
    assert f"127.0.0.1:{ports[0]}" in inbox
    assert f"127.0.0.1:{ports[1]}" in outbox
    assert "port" in inbox
    assert "port" in outbox


def test_an_archive_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("")
    ran = bureau(tmp_path, archive="occupied").run("check")
    assert ran.status == 2
    assert any("occupied" in line for line in wrong(ran))


def test_a_mail_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    ran = bureau(tmp_path, inbox={"folder": "nowhere"}).run("check")
    assert ran.status == 3
    (line,) = wrong(ran)
    assert "nowhere" in line
    assert "inbox.folder" in line


def from_server(name: str) -> bytes:
    return f"Authentication-Results: {name}; spf=none\r\n".encode() + mail()


def test_whose_results_of_authentication_count_is_told_with_who_has_written_any(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    for name in ("mx.civil.example", "MX.civil.example; x", "relay.example"):
        office.post(from_server(name))
    office.run("poll")
    out = office.run("check").out
    assert "发件人验证：以信头最上面一行的结果为准；没有结果的照收" in out
    assert "mx.civil.example（2 封）、relay.example（1 封）" in out


@pytest.mark.parametrize(
    ("trust", "below", "told"),
    [
        ("mx.civil.example", True, True),
        ("mx.civil.example", False, False),
        ("mx.civil.example*", True, False),
    ],
)
def test_results_that_can_prove_nothing_by_their_place_are_pointed_out(
    tmp_path: Path, trust: str, below: bool, told: bool
) -> None:
    office = bureau(tmp_path, authentication={"trust": trust, "otherwise": "accept"})
    received = b"Received: from a by mx.civil.example; Fri, 01 Mar 2024 12:00:00 +0800\r\n"
    office.post((received if below else b"") + from_server("mx.civil.example"))
    office.run("poll")
    assert ("Received 下面" in office.run("check").out) == told


@pytest.mark.parametrize(("trust", "told"), [("mx.*", False), ("mx.other.example", True)])
def test_a_server_that_has_written_nothing_is_pointed_out(tmp_path: Path, trust: str, told: bool) -> None:
    office = bureau(tmp_path, authentication={"trust": trust, "otherwise": "hold"})
    office.post(from_server("mx.civil.example"))
    office.run("poll")
    out = office.run("check").out
    assert f"以 {trust} 写的结果为准；没有结果的待核" in out
    assert (f"里没有 {trust} 写的结果，写了结果的是：mx.civil.example（1 封）" in out) == told


@pytest.mark.parametrize("answers", [True, False])
def test_the_name_servers_are_tried_where_signatures_are_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    with name_server({} if answers else {"civil.example.": None}) as resolver:
        monkeypatch.setattr(signature, "_resolver", lambda: resolver)
        ran = bureau(tmp_path, authentication={"otherwise": "verify"}).run("check")
    assert ran.status == (0 if answers else 3)
    line = next(line for line in ran.out.splitlines() if "查询签名公钥的域名服务器" in line)
    assert line.startswith("✓" if answers else "✗")

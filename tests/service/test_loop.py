"""The scheduled agent: it starts, stops when asked, takes what comes, and outlives what breaks."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.base.logbook import kept
from agent.demo.district import addresses
from agent.service.loop import Service, _was_set_back
from tests.commands import ZONE, Bureau, bureau, form, mail, whole
from tests.integration.office import ROOT
from tests.integration.servers.ports import free_ports

NOW = dt.datetime(2024, 3, 1, 10, tzinfo=ZONE)
CLEAR = {"host": "127.0.0.1", "user": "report@civil.example", "tls": False}


@contextlib.contextmanager
def running(
    office: Bureau, *, now: str | None = "2024-03-01T10:00", password: str = "secret"
) -> Iterator[subprocess.Popen[str]]:
    """`report-agent run`; killed at the end of the block where it still runs."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "agent",
            "run",
            "--config",
            str(office.office.config),
            *(["--now", now] if now else []),
        ],
        cwd=ROOT,
        env={**os.environ, "REPORT_AGENT_PASSWORD": password},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stopped(
    process: subprocess.Popen[str], by: signal.Signals = signal.SIGTERM
) -> tuple[int, float, str, str]:
    """Its exit status, the seconds that it took to end, and what it said."""
    began = time.monotonic()
    process.send_signal(by)
    out, err = process.communicate(timeout=60)
    return process.returncode, time.monotonic() - began, out, err


def wait_until(holds: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_polls_at_once_and_ends_cleanly_when_asked(tmp_path: Path, by: signal.Signals) -> None:
    office = bureau(tmp_path)
    office.post(whole("qingnian"))
    with running(office) as process:
        wait_until(lambda: list(office.letters()))
        time.sleep(0.3)
        status, seconds, out, err = stopped(process, by)
    assert (status, out) == (0, "")
    assert seconds < 3
    assert "青年镇" in err
    assert err.rstrip().endswith("已停止。")
    assert office.unit("qingnian")["form"]["status"] == "accepted"


@pytest.mark.integration
def test_a_stop_in_the_midst_of_a_rush_leaves_the_rest_for_the_next_start(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    for number in range(40):
        office.post(mail(form(patrols=10 + number), sent=dt.datetime(2024, 3, 1, 8, number, tzinfo=ZONE)))
    with running(office) as process:
        wait_until(lambda: len(list(office.letters())) >= 3)
        status, seconds, _, _ = stopped(process)
    assert (status, seconds < 3) == (0, True)
    received = office.json("status")["messages"]["received"]
    assert 3 <= received < 40
    assert office.run("poll", now="2024-03-01T18:00").status == 0
    assert office.json("status")["messages"] == {
        "received": 40,
        "processed": 40,
        "held": 0,
        "ignored": 0,
        "failed": 0,
    }
    assert office.run("rebuild", "--verify").status == 0


def test_it_ends_at_once_while_a_mailbox_keeps_it_waiting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        account = {**CLEAR, "port": silent.getsockname()[1]}
        office = bureau(tmp_path, inbox={"imap": account})
        with running(office) as process:
            silent.accept()
            time.sleep(0.2)
            status, seconds, _, err = stopped(process)
    assert (status, seconds < 3) == (0, True)
    assert "Traceback" not in err


def test_a_second_agent_on_the_same_archive_is_refused(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    with running(office) as process:
        wait_until((office.office.archive / "ledger.sqlite").exists)
        time.sleep(0.5)
        for command in ("run", "poll", "rebuild"):
            ran = office.run(command)
            assert ran.status == 2, command
            assert "另一个 report-agent" in ran.err
        for command in ("status", "review", "digest", "remind"):
            assert office.run(command).status == 0, command
        assert process.poll() is None
        assert stopped(process)[0] == 0
    assert office.run("poll").status == 0


def test_letters_asked_for_beside_a_running_agent_are_left_to_it(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    with running(office) as process:
        wait_until((office.office.archive / "ledger.sqlite").exists)
        time.sleep(0.5)
        ran = office.run("digest", "--send")
        assert (ran.status, office.json("status")["letters"]["queued"]) == (0, 1)
        assert "一分钟内" in ran.out
        stopped(process)
    assert office.run("poll").status == 0
    assert [one["To"] for one in office.letters()] == ["contact@civil.example"]


def test_a_digest_missed_during_a_stop_is_made_good_once(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    assert office.run("poll", now="2024-02-20T08:00").status == 0
    for _ in range(2):
        with running(office, now="2024-02-24T08:00") as process:
            wait_until(lambda: list(office.letters()))
            time.sleep(0.3)
            stopped(process)
    (digest,) = office.letters()
    assert digest["To"] == "contact@civil.example"
    with running(office, now="2024-02-27T09:31") as process:
        wait_until(lambda: len(list(office.letters())) == 12)
        stopped(process)
    reminded = {one["To"] for one in office.letters()} - {"contact@civil.example"}
    assert reminded == {address for unit, address in addresses().items() if unit != "station"}


def test_the_given_moment_goes_on_from_there(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    with running(office, now="2024-03-01T10:00:00") as process:
        wait_until((office.office.archive / "ledger.sqlite").exists)
        time.sleep(0.5)
        office.run("review", "extend", "qingnian", "2024-03-08", now="2024-03-01T10:00")
        stopped(process)
    polled = office.office.open().overview(NOW).health.last_poll
    assert polled is not None
    assert NOW < polled < NOW + dt.timedelta(seconds=30)


def test_between_two_mails_a_stop_is_heard(tmp_path: Path) -> None:
    office = bureau(tmp_path)
    for number in range(3):
        office.post(mail(form(patrols=10 + number), sent=dt.datetime(2024, 3, 1, 8, number, tzinfo=ZONE)))
    work = office.office.open()
    service = Service(work, lambda: NOW, lambda _line: service.end())
    assert service.poll().intake.new == 1
    assert work.ledger.message_counts().received == 1
    assert Service(work, lambda: NOW).poll().intake.new == 2


@pytest.mark.integration
def test_an_unreachable_mailbox_is_told_of_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", "secret")
    (port,) = free_ports(1)
    office = bureau(tmp_path, inbox={"imap": {**CLEAR, "port": port}})
    work, told = office.office.open(), list[str]()
    service = Service(work, lambda: NOW, told.append)
    service.tick()
    assert f"127.0.0.1:{port}" in told[0]
    assert f"127.0.0.1:{port}" in work.overview(NOW).health.troubles[0]
    assert f"127.0.0.1:{port}" in office.run("digest").out
    with _empty_mailbox(port):
        service.tick()
    assert len(told) == 1
    assert work.overview(NOW).health.troubles == ()
    service.tick()
    assert len(told) == 2


def test_letters_that_cannot_leave_are_told_of_and_leave_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", "secret")
    (port,) = free_ports(1)
    office = bureau(tmp_path, outbox={"smtp": {**CLEAR, "port": port}})
    office.post(mail(form()))
    work, told = office.office.open(), list[str]()
    service = Service(work, lambda: NOW, told.append)
    service.tick()
    assert any(f"127.0.0.1:{port}" in line for line in told)
    assert work.ledger.letter_counts().queued == 1


def test_what_nobody_foresaw_does_not_end_it_and_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = bureau(tmp_path)
    work, told = office.office.open(), list[str]()
    service = Service(work, lambda: NOW, told.append)
    service.tick()
    (office.office.archive / "raw").write_text("in the way")
    office.post(mail(form()))
    with kept(work.archive.folder):
        service.tick()
    assert any("agent.log" in line or "raw" in line for line in told)
    assert "Traceback" in (work.archive.folder / "agent.log").read_text(encoding="utf-8")
    (office.office.archive / "raw").unlink()
    service.tick()
    assert len(list(office.letters())) == 1


def test_a_library_that_complains_is_not_heard_on_the_terminal(tmp_path: Path) -> None:
    script = "import warnings, logging; from agent.base.logbook import keep_quiet; keep_quiet(); warnings.warn('x'); logging.getLogger('y').error('z')"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")


@contextlib.contextmanager
def _empty_mailbox(port: int) -> Iterator[None]:
    """An IMAP server with nothing in its INBOX."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        thread = threading.Thread(target=_serve, args=(listening,), daemon=True)
        thread.start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _serve(listening: socket.socket) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        with client, client.makefile("rw", encoding="ascii", newline="\r\n") as stream:
            print("* OK ready", file=stream, flush=True)
            for line in stream:
                tag, command = line.split()[:2]
                told = {
                    "CAPABILITY": "* CAPABILITY IMAP4rev1\n",
                    "EXAMINE": "* 0 EXISTS\n* OK [UIDVALIDITY 1] ok\n",
                    "SELECT": "* 0 EXISTS\n* OK [UIDVALIDITY 1] ok\n",
                    "UID": "* SEARCH\n",
                    "LOGOUT": "* BYE\n",
                }.get(command.upper(), "")
                print(f"{told}{tag} OK done", file=stream, flush=True)


def test_a_clock_that_is_set_back_puts_no_poll_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import schedule

    class Wall(dt.datetime):
        shift = dt.timedelta()

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Wall:
            return super().now(tz) + cls.shift

    monkeypatch.setattr(schedule.datetime, "datetime", Wall)
    office = bureau(tmp_path)
    work = office.office.open()
    service = Service(work, lambda: NOW)
    plan = service._plan()
    assert not _was_set_back(plan)
    Wall.shift = dt.timedelta(days=1)  # set forward: what is due is done at once
    assert not _was_set_back(plan)
    assert all(job.should_run for job in plan.jobs)
    Wall.shift = dt.timedelta(days=-1)
    assert _was_set_back(plan)
    assert not _was_set_back(service._plan())
    work.ledger.close()

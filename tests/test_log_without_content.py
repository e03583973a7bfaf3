"""What the agent logs, and what it prints where a log keeps it, tells ids and nothing of what a mail says."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from agent.base import logbook
from agent.base.errors import ConfigurationError, Unreadable
from agent.base.line import Line
from agent.base.logbook import kept, without_messages
from agent.cli.commands import _say
from agent.handling import intake
from agent.mail.folders import FolderOutbox
from agent.mail.outbox import Refused
from agent.reading import context
from agent.reading.apart.apart import read_apart
from agent.reading.limits import Budget, Limits
from agent.service.loop import Service
from tests.integration.office import ROOT
from tests.outcome.bureau import Bureau, bureau, form, narrative, photo, sender_of

MARK = "机密词"
SENDER = "jimici@secret.example"
MARKS = (MARK, "jimici", "secret.example")


def deliver_all(office: Bureau) -> None:
    """Mails whose every part bears a mark: subject, sender, text, file names, remarks, what can't be read."""
    broken = f"坏{MARK}.xlsx", b"PK\x03\x04" + MARK.encode()
    office.deliver(
        office.mail(
            sender_of("qingnian"),
            form(remarks=MARK, name=f"{MARK}.xlsx"),
            narrative(f"{MARK}.docx", words=f"我单位{MARK}，"),
            photo(name=f"{MARK}.jpg"),
            (f"{MARK}.jpg", b"\xff\xd8\xff" + MARK.encode()),
            broken,
            subject=MARK,
            text=f"{MARK}？能否说明",
        )
    )
    office.deliver(office.mail(SENDER, form("黑山镇"), subject=MARK, text=MARK))
    office.deliver(office.mail(sender_of("heishan"), subject=MARK, text=f"请问{MARK}怎么填？"))


def assert_no_mark(text: str) -> None:
    assert [mark for mark in MARKS if mark in text] == []


def run_in(office: Bureau) -> str:
    """One pass with the log kept; the log."""
    with office.work.archive.locked(), kept(office.work.archive.folder):
        Service(office.work, lambda: office.now).poll()
    return (office.work.archive.folder / "agent.log").read_text(encoding="utf-8")


def test_a_pass_over_mails_full_of_words_logs_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object) -> Any:
        warnings.warn(f"cell says {MARK}", stacklevel=1)
        logging.getLogger("some.library").error("cell says %s", MARK)
        raise UnicodeDecodeError("gb18030", MARK.encode(), 0, 1, f"byte of {MARK}")

    with bureau(tmp_path) as office:
        deliver_all(office)
        logging.captureWarnings(
            False
        )  # a test before may have taken them to where pytest has since looked away
        logging.captureWarnings(True)
        monkeypatch.setattr(context.Context, "find", find)
        log = run_in(office)
        logging.captureWarnings(False)
        assert_no_mark(log)
        assert "could not be read" in log and "builtins.UnicodeDecodeError" in log
        assert "some.library: test_log_without_content:" in log
        assert "UserWarning" in log


def test_a_reader_that_fails_in_a_process_of_its_own_is_told_by_places_too(tmp_path: Path) -> None:
    with kept(tmp_path), pytest.raises(Unreadable):
        read_apart("files", "open", [MARK.encode()], Budget(Limits()), {MARK: MARK})
    log = (tmp_path / "agent.log").read_text(encoding="utf-8")
    assert_no_mark(log)
    assert "builtins.TypeError" in log


def test_a_mail_that_fails_is_logged_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(*_: object) -> Any:
        try:
            raise ValueError(MARK)
        except ValueError as error:
            raise KeyError(f"{MARK} {SENDER}") from error

    with bureau(tmp_path) as office:
        deliver_all(office)
        monkeypatch.setattr(intake, "decide", decide)
        log = run_in(office)
        assert_no_mark(log)
        assert "attempt 1 failed" in log
        assert log.index("builtins.ValueError") < log.index("led to:") < log.index("builtins.KeyError")
        monkeypatch.undo()


def test_a_letter_that_is_refused_is_logged_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(*_: object) -> Any:
        raise Refused(f"550 <{SENDER}>: {MARK}", scope="text")

    said: list[str] = []
    with bureau(tmp_path) as office:
        deliver_all(office)
        monkeypatch.setattr(FolderOutbox, "send", send)
        with office.work.archive.locked(), kept(office.work.archive.folder):
            Service(office.work, lambda: office.now, said.append).poll()
        assert_no_mark((office.work.archive.folder / "agent.log").read_text(encoding="utf-8"))
        refused = [line for line in said if "没能发出" in line]
        assert refused and all(isinstance(line, Line) for line in refused)
        assert_no_mark("\n".join(line.ids for line in said if isinstance(line, Line)))


def test_a_template_that_fails_quotes_nothing_into_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reply(*_: object, **__: object) -> Any:
        raise ConfigurationError(f"模板 receipt.txt.j2 第 1 行：{MARK}")

    with bureau(tmp_path) as office:
        deliver_all(office)
        monkeypatch.setattr(type(office.work.letters), "reply", reply)
        monkeypatch.setattr(type(office.work.letters), "noted", reply)
        log = run_in(office)
        assert_no_mark(log)
        assert "report-agent check" in log
        monkeypatch.undo()


@pytest.mark.integration
@pytest.mark.parametrize("command", ["run", "poll"])
def test_a_run_that_is_piped_prints_ids(tmp_path: Path, command: str) -> None:
    with bureau(tmp_path) as office:
        deliver_all(office)
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "agent",
                command,
                "--config",
                str(office.office.config),
                "--now",
                "2024-03-01T12:00",
            ],
            cwd=ROOT,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        told = b""
        assert process.stderr is not None and process.stdout is not None
        while told.count("→".encode()) < 6 and (line := process.stderr.readline()):
            told += line
        process.terminate()
        out, rest = process.communicate(timeout=60)
        text = (told + rest + out).decode()
        assert_no_mark(text)
        assert text.count("已登记") == 2 and "青年镇" in text and "待核" in text
        assert_no_mark((office.work.archive.folder / "agent.log").read_text(encoding="utf-8"))


def test_a_person_at_the_terminal_is_told_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    line = Line("已登记  青年镇  送温暖", "已登记  0123456789ab")
    for stream, shown in ((Terminal(), line), (io.StringIO(), line.ids)):
        monkeypatch.setattr(sys, "stderr", stream)
        _say(line)
        assert stream.getvalue() == f"{shown}\n"


def test_a_crash_is_told_by_places_and_kinds() -> None:
    try:
        try:
            int(MARK)
        except ValueError as error:
            raise RuntimeError(MARK) from error
    except RuntimeError as error:
        told = without_messages(error)
    assert_no_mark(told)
    assert "test_a_crash_is_told_by_places_and_kinds" in told
    assert told.endswith("builtins.RuntimeError\n") and "builtins.ValueError\nled to:\nTraceback" in told


def test_a_chain_without_an_end_ends(tmp_path: Path) -> None:
    error = ValueError("a")
    error.__context__ = error
    assert without_messages(error).count("ValueError") == logbook.MOST_LINKS

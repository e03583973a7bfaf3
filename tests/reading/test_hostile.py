"""Hostile files (hostile.py): bounded by the product itself in time, memory and disk, and answered with a finding."""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import make_forms as forms
import pytest
from hostile import CASES, FINE, REFUSALS, Case

from agent.base.errors import ReaderNotStarted, Unreadable
from agent.reading.apart import apart
from agent.reading.limits import MEGABYTE, Budget, Limits
from agent.reading.reading import FileReading

pytestmark = pytest.mark.integration  # starts and ends processes

Read = Callable[..., FileReading]
CHEAP = [case for case in CASES if not case.slow]
linux = pytest.mark.skipif(not Path("/proc").is_dir(), reason="the system bounds no memory, or doesn't tell")


@pytest.fixture
def clean_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, of which nothing may be left but LibreOffice's profile."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert [one for one in tmp_path.iterdir() if not one.name.startswith("report-agent-office-")] == []


@pytest.mark.parametrize("case", CHEAP, ids=[f"{case.name}: {case.what}" for case in CHEAP])
def test_a_hostile_file_is_read_or_refused_in_words(case: Case, read: Read, clean_disk: Path) -> None:
    reading = read(case.name, case.make())
    refusals = [one for inner in reading.everything() for one in inner.findings if one.rule in REFUSALS]
    assert {one.rule for one in refusals} <= set(case.may)
    assert refusals or FINE in case.may
    assert all(one.severity == "error" and "请" in one.text for one in refusals)
    assert "root:" not in reading.text  # of /etc/passwd
    for inner in reading.contains:
        assert not inner.file.startswith("/") and ".." not in inner.file.split("/")


@pytest.mark.parametrize("name", ["宏.xlsm", "宏.docm"])
def test_macros_are_told_of_and_never_run(name: str, read: Read) -> None:
    case = next(one for one in CASES if one.name == name)
    reading = read(name, case.make())
    assert reading.form is not None and reading.form.values["patrols"] == 12
    assert [(one.severity, one.rule) for one in reading.findings if "宏" in one.text] == [("note", "macros")]


FOUND = sorted((Path(__file__).parent / "found").iterdir())


@pytest.mark.parametrize("path", FOUND, ids=[path.name for path in FOUND])
def test_what_the_fuzzer_found_is_a_finding_and_no_fault_of_ours(
    path: Path, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    reading = read(path.name, path.read_bytes())
    assert [one.rule for one in reading.findings] == ["unreadable"]
    assert caplog.text == ""


# --- the bounds are the product's own -------------------------------------------------------------------


def plant(monkeypatch: pytest.MonkeyPatch, folder: Path, what: str, seconds: float = 10) -> None:
    """Let each process that is started now meet a library that does something to it, where a workbook is opened."""
    code = f"import os, signal, sys, time\ndef read_xlsx(data, budget):\n    {what}\n"
    (folder / "sitecustomize.py").write_text(
        "import sys, types\n"
        "module = types.ModuleType('agent.reading.formats.xlsx.sheets')\n"
        f"exec({code!r}, module.__dict__)\n"
        "sys.modules['agent.reading.formats.xlsx.sheets'] = module\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setitem(apart.TASKS, "files", apart.Task(seconds, apart.TASKS["files"].memory))
    apart.end_all()


@pytest.fixture
def back_to_normal() -> Iterator[None]:
    yield
    apart.end_all()


def told(reading: FileReading) -> list[tuple[str, str]]:
    return [(one.rule, one.text) for one in reading.findings]


@pytest.mark.parametrize("what", ["time.sleep(600)", "pass"])
def test_a_reader_that_never_ends_is_ended(
    what: str, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, back_to_normal: None
) -> None:
    plant(monkeypatch, tmp_path, f"while True: {what}", seconds=0.3)
    if Path("/proc/self/schedstat").is_file():  # then no busy machine gives it more
        monkeypatch.setattr(apart, "patience", lambda: 1000.0)
    began = time.monotonic()
    [(rule, text)] = told(read("慢.xlsx", forms.xlsx()))
    assert (rule, "用时太久" in text) == ("too_large", True)
    assert time.monotonic() - began < 60
    assert read("好.docx", forms.docx()).kind == "form"  # by a new process


@linux
def test_a_reader_that_wants_all_memory_is_denied_it(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, back_to_normal: None
) -> None:
    plant(monkeypatch, tmp_path, "return [b'x' * 50_000_000 for _ in range(40)]")
    [(rule, text)] = told(read("大.xlsx", forms.xlsx()))
    assert (rule, "内存太多" in text) == ("too_large", True)
    assert read("好.docx", forms.docx()).kind == "form"


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os.abort()", "os._exit(0)",
                                 "import ctypes; ctypes.string_at(0)"])  # fmt: skip
def test_a_reader_that_dies_is_a_finding_and_the_next_file_is_read(
    end: str, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, back_to_normal: None
) -> None:
    plant(monkeypatch, tmp_path, end)
    assert [rule for rule, _ in told(read("死.xlsx", forms.xlsx()))] == ["unreadable"]
    assert read("好.docx", forms.docx()).kind == "form"


def test_a_process_ended_by_somebody_else_costs_no_file_its_reading(read: Read) -> None:
    read("a.csv", b"a,b")
    apart._workers["files"]._process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    apart._workers["files"]._process.wait()
    assert read("好.xlsx", forms.xlsx()).kind == "form"


def test_a_process_that_cannot_be_started_says_nothing_about_the_file(
    read: Read, monkeypatch: pytest.MonkeyPatch, back_to_normal: None
) -> None:
    apart.end_all()
    monkeypatch.setattr(apart.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(apart, "network_cut", lambda: ())
    with pytest.raises(ReaderNotStarted):
        read("好.xlsx", forms.xlsx())


def test_a_process_that_ends_at_its_start_says_nothing_about_the_file(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, back_to_normal: None
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\nos._exit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    apart.end_all()
    with pytest.raises(ReaderNotStarted):
        read("好.xlsx", forms.xlsx())


def test_a_program_replaced_while_it_runs_is_told_as_that_and_blames_no_file(
    read: Read, monkeypatch: pytest.MonkeyPatch, back_to_normal: None
) -> None:
    apart.end_all()
    monkeypatch.setattr(apart, "READY", {"ready": 1})  # as the code was when the agent started
    with pytest.raises(ReaderNotStarted, match="重新启动"):
        read("好.xlsx", forms.xlsx())


def test_what_a_library_prints_is_no_answer(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, back_to_normal: None
) -> None:
    plant(monkeypatch, tmp_path, "print('{}'); os.write(1, b'{}\\n'); raise ValueError(1)")
    assert [rule for rule, _ in told(read("话.xlsx", forms.xlsx()))] == ["unreadable"]
    assert read("好.docx", forms.docx()).kind == "form"


def test_an_idle_process_is_ended(read: Read, monkeypatch: pytest.MonkeyPatch, back_to_normal: None) -> None:
    monkeypatch.setattr(apart, "IDLE", 0)
    apart.end_all()
    read("a.csv", b"a,b")
    process = apart._workers["files"]._process
    for _ in range(100):
        if process.poll() is not None:
            break
        time.sleep(0.05)
    assert process.poll() is not None
    assert read("好.xlsx", forms.xlsx()).kind == "form"


def test_many_files_leave_no_threads(read: Read) -> None:
    before = threading.active_count()
    for _ in range(30):
        read("a.csv", b"a,b")
    assert threading.active_count() <= before + 2


@linux
def test_the_bounds_are_what_is_promised(read: Read) -> None:
    for task in (apart.TASKS["files"], apart.TASKS["pdf"]):
        assert (task.seconds, task.memory < 512 * MEGABYTE) == (10, True)
    task, reserved = apart.TASKS["picture"], 130 * MEGABYTE  # and never used
    assert (task.seconds, task.memory - reserved < 512 * MEGABYTE) == (60, True)
    read("a.csv", b"a,b")
    limits = Path(f"/proc/{apart._workers['files'].id}/limits").read_text()
    assert f"Max data size             {apart.TASKS['files'].memory} " in limits
    assert "Max core file size        0 " in limits


def test_no_time_left_for_a_file_is_told() -> None:
    budget = Budget(Limits())
    budget.spend_seconds(10_000)
    with pytest.raises(Unreadable, match="用时太久"):
        apart.read_apart("files", "open", [b"a"], budget, {"name": "a", "min_pixels": 1, "inner": True})

"""Programs and processes apart: bounded in time and output, without secrets and network, gone afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.base.errors import Unreadable
from agent.reading.apart import apart, outside
from agent.reading.limits import Budget, Limits
from agent.reading.reading import FileReading

pytestmark = pytest.mark.integration  # starts and ends processes

Read = Callable[..., FileReading]


needs_sh = pytest.mark.skipif(os.name != "posix", reason="the programs here are a POSIX shell's")


@needs_sh
def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    budget = Budget(Limits())
    started = time.perf_counter()
    command = ["sh", "-c", "sleep 77 & echo $! > child; wait"]
    ran = outside.run(command, tmp_path, outside.Bounds(seconds=0.5), budget)
    assert ran.status is None
    assert time.perf_counter() - started < 25
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child is still running")
    assert budget.seconds_left() < Limits().seconds_apart


linux = pytest.mark.skipif(not Path("/proc/self/schedstat").is_file(), reason="the system doesn't tell")


@linux
@pytest.mark.parametrize(
    "command", ["sleep 77", "cat < /dev/zero > /dev/null & wait", "yes > /dev/null & yes > /dev/null & wait"]
)
def test_a_program_that_waits_or_works_is_ended_long_before_the_clock_of_a_busy_machine(
    command: str, tmp_path: Path
) -> None:
    """Its own seconds and its children's count together; asleep or at work, never in the queue for a processor."""
    started = time.perf_counter()
    bounds = outside.Bounds(seconds=60, processor=0.5)
    assert outside.run(["sh", "-c", command], tmp_path, bounds, Budget(Limits())).status is None
    assert time.perf_counter() - started < 30


@linux
def test_a_program_that_fills_no_line_and_sleeps_for_less_is_left_alone(tmp_path: Path) -> None:
    bounds = outside.Bounds(seconds=60, processor=20)
    assert outside.run(["sh", "-c", "sleep 1; echo x"], tmp_path, bounds, Budget(Limits())).output == b"x\n"


@needs_sh
def test_a_program_that_says_too_much_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="超过"):
        outside.run(["sh", "-c", "yes"], tmp_path, outside.Bounds(seconds=5, output=1000), Budget(Limits()))


@needs_sh
def test_a_program_sees_neither_secrets_nor_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_AGENT_PASSWORD", "geheim")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    ran = outside.run(["env"], tmp_path, outside.Bounds(seconds=5), Budget(Limits()))
    assert b"geheim" not in ran.output and b"proxy" not in ran.output


@needs_sh
@pytest.mark.skipif(not outside.network_cut(), reason="the system doesn't let the network be cut off")
def test_a_program_has_no_network(tmp_path: Path) -> None:
    ran = outside.run(["cat", "/proc/net/dev"], tmp_path, outside.Bounds(seconds=5), Budget(Limits()))
    assert [line.split(b":")[0].strip() for line in ran.output.splitlines()[2:]] in ([b"lo"], [])


@needs_sh
def test_no_time_left_is_told() -> None:
    budget = Budget(Limits(seconds_apart=1))
    budget.spend_seconds(2)
    with pytest.raises(Unreadable, match="用时太久"):
        budget.seconds_left()


def test_a_process_that_dies_is_replaced(read: Read) -> None:
    from test_pdf import PLAIN, drawn_pdf, two_columns

    data = drawn_pdf(two_columns(*PLAIN))
    read("a.pdf", data)
    apart._workers["pdf"]._process.kill()
    apart._workers["pdf"]._process.wait()
    assert read("a.pdf", data).kind == "other"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_the_process_apart_sees_no_secrets(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    from test_pdf import PLAIN, drawn_pdf, two_columns

    monkeypatch.setenv("REPORT_AGENT_PASSWORD", "geheim")
    apart.end_all()
    read("a.pdf", drawn_pdf(two_columns(*PLAIN)))
    told = Path(f"/proc/{apart._workers['pdf'].id}/environ").read_bytes()
    assert b"PYTHONPATH" in told and b"geheim" not in told

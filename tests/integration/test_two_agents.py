"""Two agents on one archive: the second says so and stops; when the first has died, the next one starts."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Bureau, bureau, form, mail
from tests.integration.office import Office
from tests.service.test_loop import running, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.fixture
def office(tmp_path: Path) -> Bureau:
    folder = tmp_path / "office"
    folder.mkdir()
    return bureau(folder)


@pytest.fixture
def on_duty(office: Bureau) -> Iterator[subprocess.Popen[str]]:
    """An agent that holds the archive."""
    with running(office) as process:
        wait_until(
            lambda: (office.office.archive / "ledger.sqlite").exists() and office.office.open().first_start()
        )
        yield process


def by_another_path(office: Bureau) -> Bureau:
    """The same working folder, through a link."""
    link = office.folder.with_name("linked")
    link.symlink_to(office.folder, target_is_directory=True)
    return Bureau(Office(link))


@pytest.mark.parametrize("command", ["poll", "run", "rebuild"])
def test_the_second_says_so_and_stops(office: Bureau, on_duty: subprocess.Popen[str], command: str) -> None:
    for second in (office, by_another_path(office)):
        ran = second.office.run(command)
        assert ran.returncode == 2
        assert "另一个 report-agent 正在处理" in ran.stderr
        assert "Traceback" not in ran.stderr
    assert on_duty.poll() is None


def test_when_the_first_was_killed_the_next_one_starts(
    office: Bureau, on_duty: subprocess.Popen[str]
) -> None:
    office.post(mail(form()))
    on_duty.send_signal(signal.SIGKILL)
    on_duty.wait()
    ran = by_another_path(office).office.run("poll", "--now", "2024-03-01T12:00")
    assert ran.returncode == 0, ran.stderr
    assert len(list(office.letters())) == 1


def test_of_several_that_start_at_once_one_gets_the_archive(office: Bureau) -> None:
    for number in range(5):
        office.post(mail(form(leaflets_distributed=number), subject=f"第{number}封"))
    command = [
        sys.executable,
        "-m",
        "agent",
        "poll",
        "--now",
        "2024-03-01T12:00",
        "--config",
        str(office.office.config),
    ]
    started = [
        subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(process.communicate(timeout=100)[1], process.returncode) for process in started]
    assert {status for _, status in ended} <= {0, 2}
    assert any(status == 0 for _, status in ended)
    assert all("另一个" in said for said, status in ended if status == 2)
    assert len(list(office.letters())) == office.json("status")["letters"]["sent"] == 5

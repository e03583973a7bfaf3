"""Two at once: a second agent stops; decisions come between mails, and all of it counts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import agent.judging.outcome
from agent.base.errors import ArchiveBusy
from agent.handling.decisions import accept, assign, close_campaign, override
from tests.outcome.bureau import STRANGER, bureau, form, kinds, photo, sender_of

QINGNIAN, SHILIN = sender_of("qingnian"), sender_of("shilin")


def test_a_second_agent_on_the_same_archive_says_so_and_stops(tmp_path: Path) -> None:
    with (
        bureau(tmp_path) as office,
        office.work.archive.locked(),
        pytest.raises(ArchiveBusy, match="另一个"),
    ):
        office.poll()


def test_a_decision_that_comes_between_reading_and_recording_is_taken_into_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a mail is read, the contact accepts another of the same unit: both count, in the order recorded."""
    with bureau(tmp_path) as office:
        office.send(STRANGER, form(leaflets_distributed=5), photo(1))
        office.pass_time(hours=1)
        other = office.office.open()
        sound, calls = agent.judging.outcome.bring, []

        def between(*given: Any) -> Any:
            calls.append(given)
            if len(calls) == 1:
                accept(other, "H1", office.ruling())
            return sound(*given)

        monkeypatch.setattr(agent.judging.outcome, "bring", between)
        letters = office.send(QINGNIAN, form(leaflets_distributed=31), photo(2))
        assert len(calls) == 2, "what was read before the decision is read again"
        assert kinds(letters) == ["receipt", "receipt"]
        assert office.unit("qingnian")["form"]["version"] == 2
        assert office.figure("qingnian") == 31
        assert len(office.unit("qingnian")["photos"]["files"]) == 2
        other.ledger.close()


def test_a_report_that_becomes_final_while_a_mail_is_read_holds_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bureau(tmp_path) as office:
        other = office.office.open()
        sound, calls = agent.judging.outcome.bring, []

        def between(*given: Any) -> Any:
            calls.append(given)
            if len(calls) == 1:
                close_campaign(other, office.ruling())
            return sound(*given)

        monkeypatch.setattr(agent.judging.outcome, "bring", between)
        office.send(QINGNIAN, form())
        assert [one["reason"] for one in office.held] == ["after_final"]
        other.ledger.close()


@pytest.mark.integration
def test_decisions_and_mails_at_the_same_time_all_count(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.receive(*(office.mail(STRANGER, photo(n), number=str(n)) for n in range(6)))
        for n in range(6, 12):
            office.deliver(office.mail(QINGNIAN, form(leaflets_distributed=n), photo(n), number=str(n)))
        other = office.office.open()

        def decide() -> None:
            for n in range(1, 7):
                assign(other, f"H{n}", "qingnian", office.ruling())
            override(other, "qingnian", "minors_helped", "3", office.ruling()) if other.dossier(
                "qingnian"
            ).accepted else None

        thread = threading.Thread(target=decide)
        thread.start()
        office.poll()
        thread.join()
        other.ledger.close()
        office.poll()
        unit = office.unit("qingnian")
        assert (unit["photos"]["count"], unit["form"]["version"]) == (12, 6)

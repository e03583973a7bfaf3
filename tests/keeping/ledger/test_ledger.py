"""The ledger: one transaction a step, what others wrote is seen, and its rows follow from the journal."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import pytest

from agent.campaign.rules import Campaign
from agent.handling.decisions import assign, close, extend, override, reject
from agent.keeping.ledger import DecisionEntry, Ledger, RunEntry
from agent.keeping.rebuild import rebuild
from tests.outcome.bureau import NOON, STRANGER, bureau, form, photo, sender_of
from tests.sent import decision

QINGNIAN = sender_of("qingnian")


@pytest.fixture
def ledger(tmp_path: Path, campaign: Campaign) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite", campaign)


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.writing() as writing:
        writing.append(RunEntry(1, NOON, "start", NOON))
        raise RuntimeError
    assert ledger.last_seq() == 0
    with ledger.writing() as writing:
        writing.append(RunEntry(writing.next_seq(), NOON, "start", NOON))
    assert ledger.last_seq() == 1


def test_one_place_in_the_journal_is_taken_once(ledger: Ledger) -> None:
    with ledger.writing() as writing:
        writing.append(RunEntry(1, NOON, "start", NOON))
    with pytest.raises(Exception, match="UNIQUE"), ledger.writing() as writing:
        writing.append(RunEntry(1, NOON, "digest", NOON))


def test_a_decision_about_a_mail_that_is_not_there_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LookupError), ledger.writing() as writing:
        about = decision(1, "reject")
        writing.append(DecisionEntry(1, NOON, about))
    assert ledger.decisions() == []


def test_what_another_process_decided_is_seen_at_once(
    tmp_path: Path, ledger: Ledger, campaign: Campaign
) -> None:
    other = Ledger(tmp_path / "ledger.sqlite", campaign)
    for seq in range(1, 4):
        with other.writing() as writing:
            writing.append(DecisionEntry(seq, NOON, decision(seq, "extend", date=dt.date(2024, 3, 8))))
        assert [one.seq for one in ledger.decisions()] == list(range(1, seq + 1))
    with other.writing() as writing:
        writing.append(RunEntry(4, NOON, "digest", NOON))
    run = ledger.last_run("digest")
    assert run is not None
    assert run.seq == 4
    assert ledger.last_run("remind") is None


def test_two_who_write_wait_for_each_other(tmp_path: Path, ledger: Ledger, campaign: Campaign) -> None:
    other = Ledger(tmp_path / "ledger.sqlite", campaign)

    def write(one: Ledger) -> None:
        for _ in range(25):
            with one.writing() as writing:
                writing.append(RunEntry(writing.next_seq(), NOON, "digest", NOON))

    threads = [threading.Thread(target=write, args=(one,)) for one in (ledger, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.seq for one in ledger.entries()] == list(range(1, 51))


def test_somebody_who_only_asks_does_not_wait_for_one_who_writes(
    tmp_path: Path, ledger: Ledger, campaign: Campaign
) -> None:
    with ledger.writing():
        other = Ledger(tmp_path / "ledger.sqlite", campaign)
        assert other.message_counts().received == 0


def test_a_mail_joins_once_and_keeps_its_number(ledger: Ledger) -> None:
    with ledger.writing() as writing:
        assert writing.add_message("a", NOON, {"number": 1})
        assert writing.add_message("b", NOON, {"number": 2})
        assert not writing.add_message("a", NOON, {"number": 3})
    assert [(row.sha256, row.number) for row in ledger.waiting()] == [("a", 1), ("b", 2)]


def test_tries_are_counted_but_for_those_that_no_mail_is_to_blame_for(ledger: Ledger) -> None:
    with ledger.writing() as writing:
        writing.add_message("a", NOON, {})
        assert [writing.begin_attempt("a") for _ in range(2)] == [1, 2]
        writing.end_attempt("a", "disk full", counted=False)
        assert writing.begin_attempt("a") == 2


def test_marks_are_kept_for_each_mailbox(ledger: Ledger) -> None:
    with ledger.writing() as writing:
        for mailbox, uid in (("one", 5), ("two", 7), ("one", 9)):
            writing.set_mark(mailbox, 1, uid)
    assert (ledger.mark("one"), ledger.mark("two"), ledger.mark("three")) == ((1, 9), (1, 7), None)


def test_everything_that_can_happen_is_rebuilt_from_the_archive(tmp_path: Path) -> None:
    with bureau(tmp_path) as office:
        office.receive(
            office.mail(QINGNIAN, form(staff_deployed=1), number="1"),
            office.mail(STRANGER, photo(1), number="2"),
            office.mail(STRANGER, form("石林镇"), number="3"),
            office.mail(QINGNIAN, text="请问几号截止？", number="4"),
            office.mail(QINGNIAN, photo(2), headers={"Precedence": "bulk"}, number="5"),
        )
        assign(office.work, "H1", "heishan", office.ruling(), register=True)
        reject(office.work, "H2", office.ruling())
        override(office.work, "qingnian", "minors_helped", "9", office.ruling("电话核实"))
        close(office.work, "qingnian", office.ruling())
        extend(office.work, "heishan", "2024-03-09", office.ruling())
        office.poll()
        before, told = office.status, office.told()
        rebuild(office.work)
        office.reopen()
        after = office.status
        assert (after, office.told()) == (before, told)

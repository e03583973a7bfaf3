"""Killed at any place, then, begun again, at any place once more: it ends as if nothing had happened.

Exhaustive: each place that a run passes, at each passing, and after each of those kills each place of the next run.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import itertools
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.base.errors import UsageError
from agent.demo.district import CONTACT_ADDRESS
from agent.dossier.submission import Ruling
from agent.handling.decisions import accept
from agent.handling.handing_in import hand_in
from agent.judging.tokens import KEY_BYTES, Tokens, of_mail
from agent.keeping.rebuild import rebuild
from agent.keeping.verify import verify
from agent.service.final_report import merge
from agent.service.loop import Service
from agent.service.mailings import run_timetable
from tests.integration.restarts import Act, Bench, Left, bench, digest_of, distinct, read_once
from tests.outcome.bureau import STRANGER, ZONE, File, everything, form, make_mail, photo, sender_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

BEFORE = dt.datetime(2024, 3, 1, 12, tzinfo=ZONE)
NOW = dt.datetime(2024, 3, 4, 18, tzinfo=ZONE)  # a reminder and a digest have fallen due since
KEY = bytes(KEY_BYTES)
RULING = Ruling(CONTACT_ADDRESS, NOW, "电话核实")


def poll(office: Bench, now: dt.datetime = NOW) -> None:
    work = office.work()
    with work.archive.locked():
        Service(work, lambda: now).poll()


def run_the_timetable(office: Bench) -> None:
    poll(office)  # the digest tells when that last was
    work = office.work()
    with work.archive.locked():
        run_timetable(work, NOW)
        Service(work, lambda: NOW).send()


def take_a_held_mail(office: Bench) -> None:
    accept(office.work(), "H1", RULING, register=True)


def hand_a_file_in(office: Bench) -> None:
    hand_in(office.work(), "shilin", [office.office.folder / "handed in.xlsx"], RULING)


def close_the_campaign(office: Bench) -> None:
    merge(office.work(), NOW, final=RULING)


def make_the_ledger_anew(office: Bench) -> None:
    work = office.work()
    with work.archive.locked():
        rebuild(work)


def _small_photo() -> File:
    """Large enough to be a photo, and quickly looked at."""
    from PIL import Image

    name, data = photo()
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).resize((240, 240)).save(out, "JPEG")
    return name, out.getvalue()


QINGNIAN = sender_of("qingnian")
MAIL = make_mail(QINGNIAN, form(), _small_photo(), at=BEFORE)
HELD = make_mail(STRANGER, form(), _small_photo(), at=BEFORE)
DECIDED = make_mail(
    CONTACT_ADDRESS,
    subject="Re: 日报",
    text=f"H1 归入青年镇 {Tokens(KEY).issue(of_mail('H1', hashlib.sha256(HELD).hexdigest()), NOW + dt.timedelta(days=1))}",
    headers={
        "Authentication-Results": f"mx.civil.example; dmarc=pass header.from={CONTACT_ADDRESS.partition('@')[2]}"
    },
    at=BEFORE,
)
WHOLE = make_mail(QINGNIAN, *everything(), at=BEFORE)
PRIVATE = make_mail("friend@personal.example", subject="晚上吃饭吗", at=BEFORE)


@dataclass(frozen=True)
class Case:
    """Something that is done, with the mails that are there before, and those that come for it."""

    act: Act
    earlier: tuple[bytes, ...] = ()
    mails: tuple[bytes, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    without_ledger: bool = False


CASES = {
    "a mail is taken in": Case(poll, mails=(MAIL,)),
    "a private mail is seen": Case(poll, mails=(PRIVATE,), settings={"dedicated": False}),
    "a held mail is accepted": Case(take_a_held_mail, earlier=(HELD,)),
    "the contact decides by mail": Case(poll, earlier=(HELD,), mails=(DECIDED,)),
    "a file is handed in": Case(hand_a_file_in),
    "the timetable runs": Case(run_the_timetable, earlier=(MAIL,)),
    "the report becomes final": Case(close_the_campaign, earlier=(WHOLE,)),
    "the ledger is made anew": Case(make_the_ledger_anew, earlier=(MAIL, HELD)),
    "the ledger is lost": Case(poll, earlier=(MAIL, HELD), without_ledger=True),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def office(case: Case) -> Iterator[Bench]:
    with read_once(), bench(inbox=case.settings, required=["qingnian"]) as one:
        (one.office.folder / "handed in.xlsx").write_bytes(form("石林镇")[1])
        archive = one.work().archive
        archive.write(archive.key_path, KEY)
        one.receive(*case.earlier)
        if case.earlier or case.act is not poll:
            assert one.do(lambda office: poll(office, BEFORE)) == 0
        if case.without_ledger:
            for path in one.disk.rglob("ledger.*"):
                path.unlink()
        one.receive(*case.earlier, *case.mails)
        began = one.now()
        case.act(one)  # in this process, so that all that is loaded and read once is there for every other
        begun_again(case, one)
        one.put_back(began.disk)
        yield one


def begun_again(case: Case, office: Bench) -> None:
    """As it is after a kill: the agent starts, the command is given once more, and the agent goes on."""
    poll(office)
    if case.act is not poll:
        with contextlib.suppress(UsageError):  # it had been done, and isn't done twice
            case.act(office)
        poll(office)


def test_killed_anywhere_and_once_more_anywhere_it_ends_as_if_nothing_had_happened(
    case: Case, office: Bench
) -> None:
    def again(office: Bench) -> None:
        begun_again(case, office)

    first = office.all_kills(case.act, office.now())
    office.put_back(first[-1].disk)
    assert office.do(again) == 0
    wanted = office.contents()
    assert verify(office.work()) == []

    known = distinct(first)
    second: dict[str, Left] = {}
    for one in known.values():
        states = office.all_kills(again, one)
        assert office.contents() == wanted, one.where
        second |= distinct(states, known | second)
    for one in second.values():
        office.put_back(one.disk)
        assert office.do(again) == 0, one.where
        assert office.contents() == wanted, one.where
    assert len(known) > 2, "it has places, and they make a difference"


@pytest.mark.parametrize("case", [CASES["a mail is taken in"]], ids=["a mail is taken in"])
def test_a_kill_leaves_just_what_was_on_the_disk_at_its_place(case: Case, office: Bench) -> None:
    """What the test above builds upon, with kills that are kills."""
    began = office.now()
    passed: Counter[str] = Counter()
    for one in office.all_kills(case.act, began)[:-1]:
        place = one.where[-1]
        passed[place] += 1
        if place.startswith("before"):  # a half: the others come right behind the one before them
            office.put_back(began.disk)
            assert office.do(case.act, place, passed[place]) == signal.SIGKILL
            assert digest_of(office.disk, half_written=True) == one.digest, one.where


def test_every_effect_has_a_place_before_it_and_one_after_it(case: Case, office: Bench) -> None:
    """Or a kill between two effects would never have been tried."""
    seen = [line.partition(" ") for line in office.trace(case.act)]
    effects = [what for kind, _, what in seen if kind == "effect"]
    assert effects
    between = [kind for kind, _, _ in seen]
    assert (between[0], between[-1]) == ("place", "place")
    for (kind, _, what), (following, _, what_then) in itertools.pairwise(seen):
        assert (kind, following) != ("effect", "effect"), f"no place between {what} and {what_then}"

"""Two agents that answer each other: it ends, whatever a gateway between them takes away."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.demo.district import AGENT_ADDRESS
from tests.outcome.bureau import Bureau, Sent, bureau, form, photo

OTHER = "report@other.example"
MARKS = ("Auto-Submitted", "X-Auto-Response-Suppress")


@dataclass
class Pair:
    """Two bureaus on folders; what one sends, the other gets."""

    one: Bureau
    other: Bureau
    stripped: tuple[str, ...] = ()

    def exchange(self) -> int:
        """One pass of each, each with the other's letters; how many letters left."""
        to_the_other = self.letters(self.one)
        to_the_one = self.letters(self.other)
        for office, letters in ((self.other, to_the_other), (self.one, to_the_one)):
            for letter in letters:
                office.deliver(self.carried(letter))
            office.pass_time(minutes=1)
        return len(to_the_other) + len(to_the_one)

    @staticmethod
    def letters(office: Bureau) -> list[Sent]:
        office.poll()
        return [one for one in office.new_letters() if one.to in (AGENT_ADDRESS, OTHER)]

    def carried(self, letter: Sent) -> bytes:
        raw = letter.raw
        for name in self.stripped:
            raw = re.sub(rb"(?im)^%s:.*\r\n(?:[ \t].*\r\n)*" % name.encode(), b"", raw, count=1)
        return raw


@contextlib.contextmanager
def pair(folder: Path, known: bool, stripped: tuple[str, ...]) -> Iterator[Pair]:
    limits: dict[str, Any] = {"outbox": {"per_address_per_hour": 10}}
    with (
        bureau(folder / "one", **limits) as one,
        bureau(folder / "other", address=OTHER, **limits) as other,
    ):
        if known:  # as if each were a unit of the other's
            register(one, OTHER)
            register(other, AGENT_ADDRESS)
        yield Pair(one, other, stripped)


def register(office: Bureau, address: str) -> None:
    path = office.office.folder / "rules" / "units.yaml"
    units = yaml.safe_load(path.read_text("utf-8"))
    units["units"][0]["senders"] = [address]
    path.write_text(yaml.safe_dump(units, allow_unicode=True), "utf-8")
    office.reopen()


@pytest.mark.parametrize(
    ("known", "stripped", "most"),
    [
        (False, (), 1),
        (True, (), 1),
        (False, MARKS, 2),
        (False, (*MARKS, "Message-ID", "In-Reply-To", "References"), 2),
        (True, MARKS, 21),
        (True, (*MARKS, "Message-ID", "In-Reply-To", "References"), 21),
    ],
)
def test_two_agents_that_answer_each_other_fall_silent(
    tmp_path: Path, known: bool, stripped: tuple[str, ...], most: int
) -> None:
    with pair(tmp_path, known, stripped) as both:
        begins = both.one.mail(OTHER, text="请问填报时间？") if known else both.one.mail(OTHER, form())
        both.one.deliver(begins)
        counts = [both.exchange() for _ in range(40)]
        assert counts[0] == 1
        assert sum(counts) <= most
        assert counts[-5:] == [0] * 5
        for office in (both.one, both.other):
            office.pass_time(hours=3)
        assert [both.exchange() for _ in range(3)] == [0, 0, 0]
        assert both.one.status["messages"]["failed"] == 0


def test_an_hour_s_limit_holds_receipts_back_and_drops_none(tmp_path: Path) -> None:
    with bureau(tmp_path, outbox={"per_address_per_hour": 3}) as office:
        from tests.outcome.bureau import sender_of

        mails = [
            office.mail(sender_of("qingnian"), photo(number), number=f"p{number}") for number in range(6)
        ]
        assert len(office.receive(*mails)) == 3
        assert len([one for one in office.told() if "暂缓发送" in one]) == 3
        for _ in range(5):
            office.pass_time(minutes=20)
            office.poll()
        assert len(office.new_letters()) == 3

"""From a mail's arrival to its receipt: the agent, waiting on IDLE, against the least that any client must do.

One mail at a time, at odd moments, each as a township sends it (a form and three photos); the clock runs from the
APPEND that puts it into the mailbox to the moment when the mail server has taken the receipt. The floor, in turn
with it: bare imaplib hears IDLE's word, fetches the mail, and sends a fixed text by a new SMTP connection. Then a
rush: so many mails at once, with the letters' rate as it is set out of the box.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import multiprocessing
import os
import random
import signal
import smtplib
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from measure import ROOT, arguments, result, show
from scene import NOW, Scene, reports, scene

from agent.demo.district import CONTACT_ADDRESS
from tests.integration.office import Office
from tests.integration.servers.dovecot import PASSWORD, User
from tests.integration.servers.smtp import Accepted

AGENT, FLOOR = User("latency@civil.example", PASSWORD), User("floor@civil.example", PASSWORD)
PER_MINUTE = 15
AIM = 5.0
Kind = Callable[[Accepted], bool]
TEXT = b"Subject: a fixed text\r\n\r\nThe mail has come.\r\n"


def main() -> None:
    asked = arguments(__doc__ or "", runs=1, mails=200, rush=30)
    os.environ["REPORT_AGENT_PASSWORD"] = PASSWORD
    mails = reports(asked.mails + asked.rush)
    with scene() as place:
        place.dovecot.new_user(FLOOR.address)
        desk = Desk(place.smtp.accepted)
        office = place.office("latency", AGENT)
        with _floor(place), _running(office):
            floor, agent = _one_by_one(place, desk, mails[: asked.mails])
        _set_the_usual_rate(office)
        with _running(office):
            rush = sorted(_at_once(place, desk, mails[asked.mails :]))
    rows = [(name, *_figures(seconds)) for name, seconds in (("floor", floor), ("agent", agent))]
    ratios = ("ratio", *(mine / least for mine, least in zip(rows[1][1:], rows[0][1:], strict=True)))
    show(
        f"Arrival to receipt, s ({asked.mails} mails, one at a time)", ("", "median", "99 %"), [*rows, ratios]
    )
    at_once = (f"{asked.rush} at once, {PER_MINUTE} a minute", rush[PER_MINUTE - 1], rush[-1])
    show("A rush, s", ("", f"the first {PER_MINUTE}", "the last"), [at_once])
    figures = {name: {"median": median, "p99": p99} for name, median, p99 in rows}
    last = {"first_15": rush[PER_MINUTE - 1], "last": rush[-1]}
    result("latency", {f"99 % < {AIM:g} s": rows[1][2] < AIM}, seconds=figures, rush=last)


def _figures(seconds: list[float]) -> tuple[float, float]:
    return statistics.median(seconds), statistics.quantiles(seconds, n=100, method="inclusive")[98]


def _one_by_one(
    place: Scene, desk: Desk, mails: list[tuple[bytes, dt.datetime]]
) -> tuple[list[float], list[float]]:
    """The seconds of the floor and of the agent, for each mail in turn."""
    took: dict[str, list[float]] = {FLOOR.address: [], AGENT.address: []}
    chance = random.Random(1)
    with place.dovecot.session(FLOOR) as floor, place.dovecot.session(AGENT) as agent:
        for number, (raw, received) in enumerate(mails):
            for client, user, is_it in ((floor, FLOOR, _is_the_floor_s), (agent, AGENT, _is_a_receipt)):
                time.sleep(chance.uniform(0.1, 0.5))
                began = time.perf_counter()
                _append(client, raw, received)
                took[user.address].append(desk.taken(is_it, number + 1) - began)
    return took[FLOOR.address], took[AGENT.address]


def _at_once(place: Scene, desk: Desk, mails: list[tuple[bytes, dt.datetime]]) -> list[float]:
    had = desk.count(_is_a_receipt)
    with place.dovecot.session(AGENT) as client:
        began = time.perf_counter()
        for raw, received in mails:
            _append(client, raw, received)
    return [desk.taken(_is_a_receipt, had + number + 1) - began for number in range(len(mails))]


def _append(client: imaplib.IMAP4, raw: bytes, received: dt.datetime) -> None:
    status, said = client.append("INBOX", "", imaplib.Time2Internaldate(received), raw)
    assert status == "OK", said


@dataclass
class Desk:
    """Where letters are taken, looked at every millisecond.

    Attributes:
        moments: when each was seen there, in the order of `SmtpServer.accepted`.
    """

    accepted: list[Accepted]
    moments: list[float] = field(default_factory=list)

    def count(self, is_it: Kind) -> int:
        return sum(map(is_it, self.accepted))

    def taken(self, is_it: Kind, number: int) -> float:
        """The moment when the number-th letter of a kind was taken; waits for it."""
        end = time.perf_counter() + 180
        while True:
            self.moments += [time.perf_counter()] * (len(self.accepted) - len(self.moments))
            found = [at for at, one in zip(self.moments, self.accepted, strict=False) if is_it(one)]
            if len(found) >= number:
                return found[number - 1]
            assert time.perf_counter() < end, "no letter has come"
            time.sleep(0.001)


def _is_the_floor_s(letter: Accepted) -> bool:
    return bool(letter.recipients == (CONTACT_ADDRESS,) and letter.raw.endswith(TEXT))


def _is_a_receipt(letter: Accepted) -> bool:
    return CONTACT_ADDRESS not in letter.recipients


@contextlib.contextmanager
def _running(office: Office) -> Iterator[None]:
    """`report-agent run`, once it waits for mail."""
    before = office.open().ledger.meta("last_poll")
    command = [sys.executable, "-m", "agent", "run", "--config", str(office.config), "--now", NOW.isoformat()]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        while office.open().ledger.meta("last_poll") == before:
            time.sleep(0.2)
        time.sleep(3)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _set_the_usual_rate(office: Office) -> None:
    path = Path(office.config)
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["outbox"]["per_minute"] = PER_MINUTE
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


# --- the floor -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _floor(place: Scene) -> Iterator[None]:
    """The least client, in a process of its own."""
    ports = place.dovecot.imaps_port, place.smtp.port
    process = multiprocessing.get_context("spawn").Process(
        target=_watch, args=(*ports, str(place.dovecot.ca_file)), daemon=True
    )
    process.start()
    time.sleep(2)
    try:
        yield
    finally:
        process.terminate()


def _watch(imap_port: int, smtp_port: int, ca_file: str) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    client = imaplib.IMAP4_SSL("127.0.0.1", imap_port, ssl_context=context)
    client.login(FLOOR.address, PASSWORD)
    client.select("INBOX", readonly=True)
    had = 0
    while True:
        client.send(b"F IDLE\r\n")
        while b"EXISTS" not in client.readline():
            pass
        client.send(b"DONE\r\n")
        while not client.readline().startswith(b"F "):
            pass
        found = client.uid("SEARCH", f"UID {had + 1}:*")[1][0].split()
        for uid in (int(one) for one in found if int(one) > had):
            client.uid("FETCH", str(uid), "(BODY.PEEK[])")
            _send(smtp_port, context)
            had = uid


def _send(port: int, context: ssl.SSLContext) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", port, context=context) as server:
        server.login(FLOOR.address, PASSWORD)
        server.sendmail(FLOOR.address, [CONTACT_ADDRESS], TEXT)


if __name__ == "__main__":
    main()

"""A bureau on folders, in this process: mails go in as .eml files, letters come out as .eml files.

However a scenario went, at its end the archive alone must yield the ledger and the filed copies again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import email.policy
import functools
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.base import failpoints as faults
from agent.base import jsontext
from agent.campaign.rules import load_campaign
from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS, addresses
from agent.demo.forms import form_csv, form_xlsx, narrative_docx
from agent.demo.pictures import photo as draw_photo
from agent.dossier.dossier import Dossier
from agent.dossier.submission import Ruling
from agent.keeping.verify import verify
from agent.keeping.workspace import Workplace
from agent.service.loop import Pass, Service
from tests.integration.office import ROOT, Office, make_office

ZONE = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2024, 3, 1, 12, tzinfo=ZONE)
STRANGER = "zhang@personal.example"
DEPUTY = "deputy@civil.example"

File = tuple[str, bytes]


@dataclass(frozen=True)
class Sent:
    """A letter that has left."""

    kind: str
    to: str
    subject: str
    text: str
    id: str
    headers: Mapping[str, str]
    raw: bytes = field(repr=False)


@dataclass
class Bureau:
    """The bureau at work; ``now`` is its clock."""

    office: Office
    work: Workplace
    now: dt.datetime = NOON
    delivered: int = 0
    seen: set[str] = field(default_factory=set)

    def poll(self) -> Pass:
        """One pass, as the command makes it."""
        with self.work.archive.locked():
            return Service(self.work, lambda: self.now).poll()

    def deliver(self, raw: bytes, name: str | None = None) -> None:
        self.delivered += 1
        (self.office.folder / "mails" / (name or f"{self.delivered:03d}.eml")).write_bytes(raw)

    def receive(self, *raws: bytes) -> list[Sent]:
        """Deliver the mails, make one pass; the letters that left with it."""
        for raw in raws:
            self.deliver(raw)
        self.poll()
        return self.new_letters()

    def send(self, sender: str, *files: File, **more: Any) -> list[Sent]:
        """One mail, received now; the letters that left with the pass."""
        return self.receive(self.mail(sender, *files, **more))

    def mail(self, sender: str, *files: File, **more: Any) -> bytes:
        return make_mail(sender, *files, at=more.pop("at", self.now), **more)

    def new_letters(self) -> list[Sent]:
        """The letters that left since this was last asked."""
        folder = self.office.folder / "sent"
        found = [path for path in sorted(folder.glob("*.eml")) if path.name not in self.seen]
        self.seen |= {path.name for path in found}
        return [read_letter(path.read_bytes()) for path in found]

    def pass_time(self, **delta: float) -> None:
        self.now += dt.timedelta(**delta)

    def ruling(self, reason: str = "", by: str = CONTACT_ADDRESS) -> Ruling:
        return Ruling(by, self.now, reason)

    # Where it stands

    @property
    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = jsontext.loads(jsontext.dumps(self.work.overview(self.now).as_json()))
        return status

    def unit(self, unit_id: str) -> dict[str, Any]:
        return next(one for one in self.status["units"] if one["id"] == unit_id)

    def dossier(self, unit_id: str) -> Dossier:
        return self.work.dossier(unit_id)

    @property
    def held(self) -> list[dict[str, Any]]:
        held: list[dict[str, Any]] = self.status["held"]
        return held

    def counts(self) -> tuple[int, int, int, int]:
        """Mails processed, held, ignored, failed."""
        counts = self.status["messages"]
        return counts["processed"], counts["held"], counts["ignored"], counts["failed"]

    def told(self) -> list[str]:
        """What the next digest tells the contact."""
        return [one.text for one in self.work.overview(self.now).told]

    def figure(self, unit_id: str, name: str = "leaflets_distributed") -> Decimal | None:
        accepted = self.dossier(unit_id).accepted
        value = accepted.values[name] if accepted else None
        return value if isinstance(value, Decimal) else None

    def reopen(self) -> None:
        """As another process would find it."""
        self.work.ledger.close()
        self.work = self.office.open()


@contextlib.contextmanager
def bureau(folder: Path, *, inbox: dict[str, Any] | None = None, **more: Any) -> Iterator[Bureau]:
    """A bureau in an empty folder; when it is left, the archive must yield the ledger and the copies again.

    Args:
        folder: an empty folder.
        inbox: further settings of the inbox.
        more: ``outbox`` settings, and further keys of config.yaml.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ways = {
        "inbox": {"folder": "mails", **(inbox or {})},
        "outbox": {
            "folder": "sent",
            "per_minute": 6000,
            "per_address_per_hour": 100,
            **more.pop("outbox", {}),
        },
    }
    contact = {"name": "联系人", "address": CONTACT_ADDRESS, "phone": "000-00000000", "deputies": [DEPUTY]}
    office = make_office(folder, ways, contact=contact, **more)
    one = Bureau(office, office.open())
    yield one
    assert_rebuilds(one.work)
    one.work.ledger.close()


def assert_rebuilds(work: Workplace) -> None:
    """The archive alone yields ledger and copies again; and no mail is lost from the counts."""
    assert verify(work) == []
    counts = work.ledger.message_counts()
    judged = counts.processed + counts.held + counts.ignored + counts.failed
    assert work.ledger.waiting() or counts.received == judged


# --- mails and files -------------------------------------------------------------------------------------


def sender_of(unit_id: str) -> str:
    return addresses()[unit_id]


def make_mail(
    sender: str,
    *files: File,
    subject: str = "报送材料",
    text: str = "请查收。",
    html: str = "",
    at: dt.datetime = NOON,
    answers: Sent | None = None,
    headers: Mapping[str, str] | None = None,
    number: str = "",
) -> bytes:
    """A mail as an ordinary program writes it; the same arguments make the same bytes."""
    mail = EmailMessage(policy=email.policy.SMTP)
    given = dict(headers or {})
    if "Authentication-Results" in given:  # the receiving server's: on top of all
        mail["Authentication-Results"] = given.pop("Authentication-Results")
    mail["Received"] = f"from there by mx.civil.example; {email.utils.format_datetime(at)}"
    if sender:
        mail["From"] = sender
    mail["To"], mail["Subject"], mail["Date"] = AGENT_ADDRESS, subject, at
    mail["Message-ID"] = f"<{number or re.sub('[^a-z0-9]', '', f'{sender}{at:%H%M%S%f}')}@town.example>"
    if answers is not None:
        mail["In-Reply-To"] = mail["References"] = answers.id
    for name, value in given.items():
        mail[name] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, data in files:
        if name.endswith(".eml"):
            mail.add_attachment(email.message_from_bytes(data, policy=email.policy.SMTP), filename=name)
        else:
            mail.add_attachment(data, "application", "octet-stream", filename=name)
    mail.set_boundary("=_test") if mail.is_multipart() else None
    return mail.as_bytes()


def form(
    unit: str = "青年镇", name: str = "统计表.xlsx", header: Mapping[str, str] | None = None, **values: Any
) -> File:
    """The form as a workbook: 10 in every figure but those given."""
    return name, _form(unit, tuple(sorted((header or {}).items())), tuple(sorted(values.items())))


@functools.cache
def _form(unit: str, header: tuple[tuple[str, str], ...], values: tuple[tuple[str, Any], ...]) -> bytes:
    return form_xlsx(campaign(), figures(**dict(values)), form_header(unit, **dict(header)))


def figures(**values: Any) -> dict[str, Any]:
    """10 in every figure but those given, and no moving stories (they ask for a narrative)."""
    filled: dict[str, Any] = {one.id: Decimal(10) for one in campaign().form.figures}
    return filled | {"moving_stories": Decimal(0)} | {k: _written(v) for k, v in values.items()}


def _written(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) else value


def form_header(unit: str = "青年镇", **more: str) -> dict[str, str]:
    return {"unit": unit, "reported_on": "2024年3月1日", "reporter": "张演示", "phone": "13800000000", **more}


@functools.cache
def unmarked_sum(unit: str = "青年镇", leaflets: int = 6) -> File:
    """A table of two villages' rows without a total: read, added up, and to be confirmed."""
    rows = {village: figures(leaflets_distributed=leaflets) for village in ("甲村", "乙村")}
    lines = form_csv(campaign(), figures(), form_header(unit), breakdown=rows).decode("gb18030").split("\r\n")
    kept = [line for line in lines if not line.startswith("合计")]
    assert len(kept) == len(lines) - 1
    return "各村统计表.csv", "\r\n".join(kept).encode("gb18030")


@functools.cache
def photo(seed: int = 1, name: str = "照片.jpg") -> File:
    return name, draw_photo(seed)


@functools.cache
def narrative(name: str = "开展情况.docx", words: str = "我单位组织力量开展巡查，") -> File:
    return name, narrative_docx("开展情况", [words * 20])


def everything(unit: str = "青年镇", **values: Any) -> tuple[File, ...]:
    return form(unit, **values), narrative(), photo()


@functools.cache
def campaign() -> Any:
    return load_campaign(ROOT / "agent/demo/campaign/winter-warmth.yaml")


def read_letter(raw: bytes) -> Sent:
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    body = letter.get_body(("plain",))
    assert body is not None
    found = re.match(r"<report-agent\.([a-z]+)\.", letter["Message-ID"])
    assert found is not None
    return Sent(
        kind=found[1],
        to=str(letter["To"]),
        subject=str(letter["Subject"]),
        text=body.get_content(),
        id=str(letter["Message-ID"]),
        headers={name: str(value) for name, value in letter.items()},
        raw=raw,
    )


def kinds(letters: list[Sent]) -> list[str]:
    return [one.kind for one in letters]


# --- passes that end badly --------------------------------------------------------------------------------


def killed(office: Bureau, place: str) -> bool:
    """One pass in a process of its own, which is killed at that place."""
    return in_a_fork(office, lambda: faults.arm(place)) == signal.SIGKILL


def limited(office: Bureau, size: int) -> int:
    """One pass in a process of its own that can't write files over so many bytes; how it ended."""
    return in_a_fork(office, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))


def limited_command(office: Bureau, size: int, *words: str, until: str = "") -> tuple[int, str]:
    """A command in a process that can't write files over so many bytes; how it ended, and what it said.

    Once it has said ``until``, it is asked to end.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "agent", *words, "--config", str(office.office.config)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if until and until in line:
            process.terminate()
    return process.wait(60), said


def in_a_fork(
    office: Bureau, prepare: Callable[[], object], act: Callable[[Workplace], object] | None = None
) -> int:
    """One pass, or something else, in a process of its own; the signal that ended it, or its exit status."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            prepare()
            work = office.office.open()
            if act is not None:
                act(work)
                status = 0
            else:
                with work.archive.locked():
                    status = 0 if Service(work, lambda: office.now).poll().went_well else 1
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)

"""`demo`: the whole product once, on the embedded mail server and the made-up district.

The same code that `run` uses does the work; only the mail server, the district and the clock are the demo's.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import os
import shutil
import smtplib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from agent.base.errors import UsageError
from agent.campaign import resources
from agent.campaign.settings import load_rules, load_settings
from agent.demo import MARK
from agent.demo.district import AGENT_ADDRESS, CONTACT_ADDRESS, DemoMail, addresses, mails
from agent.demo.server import HOST, MailServer
from agent.dossier.submission import Ruling
from agent.handling.decisions import accept
from agent.keeping.workspace import Workplace
from agent.letters import is_own_id
from agent.service.final_report import merge
from agent.service.loop import Service
from agent.service.mailings import send_digest, send_reminders

PASSWORD = "demo"  # of a server that lives as long as the demo, on this machine alone
RULES = "rules/winter-warmth.yaml"
OWN = Path(__file__).parent / "campaign"
"""The demo's campaign, and that of the tests: what an operator changes in rules/ changes neither."""
PASSWORD_VARIABLE = "REPORT_AGENT_DEMO_PASSWORD"
Say = Callable[[str], None]


def run_demo(out: Path, say: Say) -> None:
    """Run it, and end with the paths of what it made.

    Raises:
        UsageError: the folder holds something that isn't an earlier demo's.
    """
    began = time.monotonic()
    _clear(out)
    os.environ[PASSWORD_VARIABLE] = PASSWORD
    clock = _Clock()
    with MailServer(clock=lambda: clock.now) as server:
        work = _workplace(out, server)
        clock.now = dt.datetime.combine(work.campaign.deadline, dt.time(17, 30), work.zone)
        script = mails(work.campaign, work.register(), clock.now)
        for address in {
            AGENT_ADDRESS,
            CONTACT_ADDRESS,
            *(mail.sender for mail in script),
            *addresses().values(),
        }:
            server.add_account(address, PASSWORD)
        say(
            f"演示开始（{MARK}）：{work.campaign.title}，{len(work.listed.units)} 个单位，{len(script)} 封邮件。"
        )
        made = _play(work, server, script, clock, say)
    print(f"\n演示完成，用时 {time.monotonic() - began:.1f} 秒。看看这些：")
    for what, path in made:
        print(f"  {what}　{path}")
    print(f"  也可以运行　report-agent status --config {out / 'config.yaml'}")


class _Clock:
    """The demo's time: it stands still between mails."""

    now = dt.datetime.now(dt.UTC)


def _play(
    work: Workplace, server: MailServer, script: Iterable[DemoMail], clock: _Clock, say: Say
) -> list[tuple[str, Path]]:
    """The days of the campaign: mails come in and are answered; the last day's digest, decision and merge."""
    end, service = clock.now, Service(work, lambda: clock.now, lambda text: say(f"    {text}"))
    with work.archive.locked():
        for mail in script:
            clock.now = mail.sent
            say(f"{mail.sent:%m-%d %H:%M}  {mail.what}")
            _send(server, mail)
            service.poll()
        clock.now = end
        say("联系人核对后，接受一封待核邮件，并登记它的邮箱。")
        for held in [
            one for one in work.ledger.held() if one.reason == "unknown_sender" and one.suggested_unit
        ][:1]:
            say(
                f"    {accept(work, held.id, Ruling(CONTACT_ADDRESS, clock.now, '已电话核实'), register=True)}"
            )
        say("催报和日报。")
        send_reminders(work, clock.now)
        send_digest(work, clock.now)
        service.send()
    merged = merge(work, clock.now)
    return [
        *_letters(work, server),
        ("归档", work.archive.folder),
        *(("汇总", path) for path in merged.paths),
    ]


def _workplace(out: Path, server: MailServer) -> Workplace:
    """A working folder as `init` lays one out, pointed at the embedded server, marked as a demonstration."""
    settings = _yaml(resources.base() / "config.yaml")
    account = {"host": HOST, "user": AGENT_ADDRESS, "password_env": PASSWORD_VARIABLE, "tls": False}
    settings["inbox"] = {"imap": {**account, "port": server.imap_port}, "answer_from": "2000-01-01T00:00:00"}
    settings["outbox"] = {"smtp": {**account, "port": server.smtp_port}, "per_minute": 6000}
    campaign = _yaml(OWN / "winter-warmth.yaml")
    campaign["mark"] = MARK
    register = _yaml(OWN / "units.yaml")
    for unit in register["units"]:
        unit["senders"] = [address] if (address := addresses().get(unit["id"])) else []
    for name, content in (
        ("config.yaml", settings),
        (RULES, campaign),
        ("rules/units.yaml", register),
    ):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    loaded = load_settings(out / "config.yaml")
    return Workplace(loaded, *load_rules(loaded))


def _yaml(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _send(server: MailServer, mail: DemoMail) -> None:
    with smtplib.SMTP(HOST, server.smtp_port, timeout=30) as smtp:
        smtp.sendmail(mail.sender, [AGENT_ADDRESS], mail.raw)


def _letters(work: Workplace, server: MailServer) -> Iterator[tuple[str, Path]]:
    """The digest, a receipt and a correction note as they arrived, laid down as pages for a browser."""
    folder = work.settings.path(Path("letters"))
    found: dict[str, bytes] = {}
    for address in (CONTACT_ADDRESS, *addresses().values()):
        for raw in server.messages(address):
            identity = str(email.message_from_bytes(raw)["Message-ID"])
            if is_own_id(identity, AGENT_ADDRESS):
                found.setdefault(identity.split(".")[1], raw)
    for kind, name in (
        ("digest", "日报"),
        ("receipt", "回执"),
        ("correction", "退回补正"),
        ("reminder", "催报"),
    ):
        if kind in found:
            path = folder / f"{name}.html"
            work.archive.write(path, _page(found[kind]))
            yield name, path


def _page(raw: bytes) -> bytes:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body(("html",))
    return body.get_content().encode() if body else b""


def _clear(out: Path) -> None:
    """Take away an earlier demo's output; touch nothing else."""
    if not out.exists():
        return
    rules = out / RULES
    if any(out.iterdir()) and not (rules.exists() and f"mark: {MARK}" in rules.read_text(encoding="utf-8")):
        raise UsageError(f"{out} 里有别的东西。请用 --out 另指一个文件夹。")
    shutil.rmtree(out)

"""Everything that one command works with, opened together: settings, rules, archive, ledger, letters.

Answers where the campaign stands; changes nothing itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from agent import resources
from agent.dossier import Decision, Dossier, Submission, assemble
from agent.errors import ConfigurationError
from agent.filing import Archive
from agent.ledger import Ledger, RunEntry
from agent.letters import Letters
from agent.outcome import Circumstances
from agent.overview import Health, Overview, Told, across_units
from agent.rules import Campaign
from agent.settings import Settings, load_rules
from agent.units import Register


class Workplace:
    """One operator's campaign, open."""

    def __init__(self, settings: Settings, campaign: Campaign, register: Register) -> None:
        self.settings = settings
        self.campaign = campaign
        self.listed = register
        self.zone = settings.zone
        self.archive = Archive(settings.path(settings.archive), campaign.id)

    @classmethod
    def open(cls, settings: Settings) -> Workplace:
        """The workplace that the settings describe.

        Raises:
            ConfigurationError: the rules or the units are wrong.
        """
        return cls(settings, *load_rules(settings))

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, opened.

        Raises:
            ConfigurationError: it is damaged or can't be opened.
        """
        from sqlalchemy.exc import DatabaseError

        try:
            return Ledger(self.archive.ledger, self.campaign)
        except DatabaseError as error:
            raise ConfigurationError(
                f"台账 {self.archive.ledger} 打不开（{error.orig}）。如已损坏，可运行 report-agent rebuild，"
                f"从归档重新生成。"
            ) from error

    @cached_property
    def template_folders(self) -> Sequence[Path]:
        own = self.settings.path(self.settings.templates or Path("templates"))
        return [own, resources.templates()] if own.is_dir() else [resources.templates()]

    @cached_property
    def letters(self) -> Letters:
        return Letters(self.template_folders, self.settings.address, self.settings.contact, self.campaign)

    @cached_property
    def built_in_letters(self) -> Letters:
        """Letters by the built-in templates alone, for when the operator's own are wrong."""
        return Letters([resources.templates()], self.settings.address, self.settings.contact, self.campaign)

    # What decides

    def register(self, decisions: Sequence[Decision] | None = None) -> Register:
        """The units, with the addresses that the contact has registered."""
        decisions = self.ledger.decisions() if decisions is None else decisions
        return self.listed.with_senders(
            (one.address, one.unit) for one in decisions if one.address and one.unit
        )

    def circumstances(self) -> Circumstances:
        decisions = self.ledger.decisions()
        return Circumstances(
            campaign=self.campaign,
            register=self.register(decisions),
            contact=self.settings.contact,
            address=self.settings.address,
            zone=self.zone,
            dedicated=self.settings.inbox.dedicated,
            trust=self.settings.authentication.trust,
            closed=final_decision(decisions) is not None,
        )

    def first_start(self) -> dt.datetime | None:
        """When the agent first looked into the mailbox, or None before that."""
        started = self.ledger.last_run("start")
        return started.at if started else None

    def answers_from(self) -> dt.datetime | None:
        """Mail received before this moment is filed but not answered; None: all is answered."""
        inbox = self.settings.inbox
        if inbox.answer_from is not None:
            at = inbox.answer_from
            return at if at.tzinfo else at.replace(tzinfo=self.zone)
        return None if inbox.folder is not None else self.first_start()

    def dossier(self, unit_id: str, more: Sequence[Submission] = ()) -> Dossier:
        """What the unit has sent, with submissions that aren't recorded yet."""
        sent = self.ledger.submissions(unit_id).get(unit_id, [])
        unit = self.register().by_id[unit_id]
        return assemble(unit, [*sent, *more], self.ledger.decisions(), self.campaign)

    # Where it stands

    def overview(self, now: dt.datetime) -> Overview:
        ledger, decisions = self.ledger, self.ledger.decisions()
        register, sent = self.register(decisions), self.ledger.submissions()
        dossiers = tuple(
            assemble(unit, sent.get(unit.id, ()), decisions, self.campaign) for unit in register.units
        )
        digest = ledger.last_run("digest")
        return Overview(
            campaign=self.campaign,
            register=register,
            as_of=now.astimezone(self.zone),
            dossiers=dossiers,
            held=tuple(ledger.held()),
            failed=tuple(ledger.failed()),
            messages=ledger.message_counts(),
            letters=ledger.letter_counts(),
            unreachable=ledger.unreachable(),
            final=final_decision(decisions),
            told=tuple(self._told(digest.at if digest else None)),
            health=self._health(digest),
            cross_findings=across_units(dossiers, self.campaign),
        )

    def _health(self, digest: RunEntry | None) -> Health:
        polled, trouble = self.ledger.meta("last_poll"), self.ledger.meta("trouble")
        return Health(
            last_poll=dt.datetime.fromisoformat(polled).astimezone(self.zone) if polled else None,
            last_digest=digest.at if digest else None,
            last_digest_seq=digest.seq if digest else 0,
            troubles=(trouble,) if trouble else (),
        )

    def _told(self, since: dt.datetime | None) -> list[Told]:
        """What mails told the contact, and what became of letters, since the last digest."""
        told = self.ledger.told_since(since)
        for row in self.ledger.letter_rows():
            what = _trouble_with(dict(row))
            stamp = row["bounced_at"] or row["sent_at"] or row["queued_at"]
            at = dt.datetime.fromisoformat(stamp).astimezone(self.zone)
            if what is not None and (since is None or at > since or row["state"] == "queued"):
                kind, words = what
                error = f"：{row['error']}" if row["error"] else ""
                text = f"给 {'、'.join(_recipients(row['recipients']))} 的{LETTER_NAMES[row['kind']]}{words}{error}"
                told.append(Told(kind, at, text, row["unit"]))
        return sorted(told, key=lambda one: one.at)


LETTER_NAMES = {
    "receipt": "回执",
    "correction": "退回补正通知",
    "acknowledgement": "收件说明",
    "noted": "来信答复",
    "reminder": "催报",
    "digest": "日报",
}


def final_decision(decisions: Sequence[Decision]) -> Decision | None:
    """The decision that closed the campaign, or None while it is open."""
    closing = [one for one in decisions if one.kind in ("final", "reopen")]
    return closing[-1] if closing and closing[-1].kind == "final" else None


def _trouble_with(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """What kind of trouble a letter's row tells of, and in which words; None where all is well."""
    state = row["state"]
    if row["bounced_at"]:
        return "bounce", "被退回，对方没有收到"
    if state == "failed":
        return "letter_failed", "没能发出"
    if state == "doubtful":
        return "letter_doubtful", "发送时连接中断，可能重复送达一次"
    if state == "sent" and row["error"]:
        return "letter_failed", "有收件人没有收到"
    if state == "queued" and row["held_back"]:
        return "limit", "因一小时内给同一地址的来信答复过多，暂缓发送"
    return None


def _recipients(stored: str) -> list[str]:
    from agent import jsontext

    recipients: list[str] = jsontext.loads(stored)
    return recipients

"""Everything that one command works with, opened together: settings, rules, archive, ledger, letters.

Answers where the campaign stands; changes nothing itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from agent.base.errors import ConfigurationError
from agent.base.findings import Finding
from agent.campaign import resources
from agent.campaign.rules import Campaign
from agent.campaign.settings import Settings, load_rules
from agent.campaign.units import Register, Unit
from agent.dossier.dossier import Dossier, assemble, joined
from agent.dossier.oddities import across_units
from agent.dossier.open_items import OpenItem, item_id, kind_of, still_open
from agent.dossier.overview import Health, Made, Overview, Purged, Stray, Told, what_it_shows
from agent.dossier.submission import Decision, Submission, final_decision
from agent.judging.evidence import Circumstances, names_another
from agent.judging.tokens import Tokens, of_form, of_mail
from agent.keeping.archive import Archive
from agent.keeping.ledger import Ledger, MessageRow, RunEntry
from agent.letters import Letters
from agent.letters.names import LETTER_NAMES, _recipients, _trouble_with, purged_words


class Workplace:
    """One operator's campaign, open."""

    def __init__(self, settings: Settings, campaign: Campaign, register: Register) -> None:
        self.settings = settings
        self.campaign = campaign
        self.listed = register
        self.zone = settings.zone
        self.archive = Archive(settings.path(settings.archive), campaign.id)
        self._dossiers: dict[str, tuple[tuple[Ledger, int, int], Dossier]] = {}

    @classmethod
    def open(cls, settings: Settings) -> Workplace:
        """The workplace that the settings describe.

        Raises:
            ConfigurationError: the rules or the units are wrong.
        """
        return cls(settings, *load_rules(settings))

    def with_ledger(self, ledger: Ledger) -> Workplace:
        """The same, looking at another ledger: a copy of this one."""
        other = Workplace(self.settings, self.campaign, self.listed)
        other.__dict__["ledger"] = ledger
        return other

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, opened.

        Raises:
            ConfigurationError: it is damaged, lost, or can't be opened.
        """
        from sqlalchemy.exc import DatabaseError

        if self.ledger_is_lost():  # with an empty one, all would be done, and every letter sent, once more
            raise ConfigurationError(
                f"台账 {self.archive.ledger} 不见了，而归档里有记录。请运行 report-agent rebuild，从归档重新生成。"
            )
        try:
            return Ledger(self.archive.ledger, self.campaign)
        except DatabaseError as error:
            raise ConfigurationError(
                f"台账 {self.archive.ledger} 打不开（{error.orig}）。如已损坏，可运行 report-agent rebuild，"
                f"从归档重新生成。"
            ) from error

    @cached_property
    def began_at(self) -> int:
        """The place in the journal at which this process began."""
        return self.ledger.last_seq()

    def ledger_is_lost(self) -> bool:
        """Whether the archive holds a record of which there is no ledger."""
        return not self.archive.ledger.exists() and self.archive.has_entries()

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
            authentication=self.settings.authentication,
            closed=final_decision(decisions) is not None,
            tokens=self._tokens(self.archive.key()),
            items=self.ledger.decidable(),
        )

    def mail_tokens(self, mails: Mapping[str, str], now: dt.datetime) -> dict[str, str]:
        """Id of each mail that waits for the contact's decision (→ its SHA-256) → the token for deciding it by mail."""
        return self._issued({item: of_mail(item, sha256) for item, sha256 in mails.items()}, now)

    def form_token(self, dossier: Dossier, now: dt.datetime) -> str:
        """The token by which the unit confirms the form that waits for it; "" where none is to be offered."""
        version = dossier.pending
        if version is None or not version.form.needs_confirmation:
            return ""
        about = of_form(dossier.unit.id, version.submission.message)
        return self._issued({"": about}, now).get("", "")

    def _issued(self, abouts: Mapping[str, str], now: dt.datetime) -> dict[str, str]:
        decisions = self.settings.decisions
        if not decisions.by_mail or not abouts:
            return {}
        tokens = self._tokens(self.archive.made_key())
        assert tokens is not None
        until = now + dt.timedelta(days=decisions.valid_days)
        return {name: tokens.issue(about, until) for name, about in abouts.items()}

    def _tokens(self, key: bytes | None) -> Tokens | None:
        return Tokens(key) if key is not None and self.settings.decisions.by_mail else None

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
        started = self.first_start() if inbox.folder is None else None
        return started.replace(microsecond=0) if started else None  # a mailbox tells whole seconds only

    def dossier(self, unit_id: str) -> Dossier:
        """What the unit has sent."""
        decisions, purges = self.ledger.decisions(), self.ledger.purges()
        return self._dossier(self.register(decisions).by_id[unit_id], decisions, len(purges))

    def dossiers(self) -> tuple[Dossier, ...]:
        """What each unit has sent, in the register's order."""
        decisions, purges = self.ledger.decisions(), self.ledger.purges()
        return tuple(self._dossier(unit, decisions, len(purges)) for unit in self.register(decisions).units)

    def _dossier(self, unit: Unit, decisions: Sequence[Decision], purges: int) -> Dossier:
        """Of what was read of the ledger before only the dossier is kept, and added to."""
        stands, known = (self.ledger, len(decisions), purges), self._dossiers.get(unit.id)
        if known is None or known[0] != stands or known[1].unit != unit:
            dossier = assemble(unit, self.ledger.submissions(unit.id), decisions, self.campaign)
        else:
            dossier = known[1]
            above = dossier.submissions[-1].seq if dossier.submissions else 0
            for submission in self.ledger.submissions(unit.id, above):
                dossier = joined(dossier, submission)
        self._dossiers[unit.id] = stands, dossier
        return dossier

    # Where it stands

    def crossed(self) -> Mapping[str, tuple[Finding, ...]]:
        """Unit id → what is odd about it among the units, and not closed."""
        return across_units(self.dossiers(), self.campaign)

    def overview(self, now: dt.datetime) -> Overview:
        ledger, decisions = self.ledger, self.ledger.decisions()
        register = self.register(decisions)
        dossiers = self.dossiers()
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
            unreachable=ledger.unreachable(self._is_the_unit_s),
            final=final_decision(decisions),
            told=tuple(self._told(digest)),
            strays=tuple(self.strays()),
            report=self._report(dossiers),
            open=still_open(self.said(), decisions, dossiers, self._contacts),
            health=self._health(digest),
            cross_findings=across_units(dossiers, self.campaign),
            purged=tuple(Purged(one.at, one.by, one.before, one.counts) for one in ledger.purges()),
        )

    def _health(self, digest: RunEntry | None) -> Health:
        polled = self.ledger.meta("last_poll")
        troubles = (self.ledger.meta(key) for key in TROUBLE.values())
        return Health(
            last_poll=dt.datetime.fromisoformat(polled).astimezone(self.zone) if polled else None,
            last_digest=digest.at if digest else None,
            last_digest_seq=digest.seq if digest else 0,
            troubles=tuple(trouble for trouble in troubles if trouble),
        )

    def strays(self) -> Iterator[Stray]:
        """What is filed under a unit that units.yaml doesn't have, or whose forms name another than it has now."""
        for unit, mails in self.ledger.units_filed().items():
            if unit not in self.listed.by_id:
                forms = (one.form for one in self.ledger.submissions(unit) if one.form)
                yield Stray(unit, next((one.unit for one in forms if one.unit), ""), mails)
        register = self.register()
        for dossier in self.dossiers():
            # Whose a form is was decided by a person, or the form's own word agreed when it came.
            for version in (one for one in dossier.versions if one.standing != "withdrawn"):
                written, said = version.form.unit, version.submission
                if written and said.decided_by is None and names_another(written, dossier.unit, register):
                    yield Stray(dossier.unit.id, written, 1, dossier.unit.name)
                    break

    def _report(self, dossiers: Sequence[Dossier]) -> Made | None:
        """The report that was made last, and whether it would be another now."""
        made = self.archive.manifest().report
        if made is None:
            return None
        at = dt.datetime.fromisoformat(made["at"]).astimezone(self.zone)
        return Made(at, made["final"], made["shows"] != what_it_shows(dossiers))

    @cached_property
    def _contacts(self) -> tuple[str, ...]:
        contact = self.settings.contact
        return tuple(one.casefold() for one in (contact.address, *contact.deputies))

    def open_items(self) -> tuple[OpenItem, ...]:
        """What people said that nobody has settled."""
        return still_open(self.said(), self.ledger.decisions(), self.dossiers(), self._contacts)

    def _is_the_unit_s(self, submission: Submission) -> bool:
        return not self.settings.contact.is_contact(submission.sender)

    def _told(self, digest: RunEntry | None) -> list[Told]:
        """What mails told the contact, and what became of letters, since the last digest."""
        place = digest.seq if digest else 0
        told = self.ledger.told_since(place)
        for bounce, _, row in self.ledger.bounced_since(place):
            told.append(self._told_of(dict(row), "bounce", CAME_BACK, bounce.received))
        for one in self.ledger.purges():
            if one.seq > place:
                told.append(Told("purge", one.at.astimezone(self.zone), purged_words(one.before, one.counts)))
        for row in self.ledger.troubled_letters():
            what = _trouble_with(dict(row))
            at = dt.datetime.fromisoformat(row["sent_at"] or row["queued_at"])
            if what is not None and (digest is None or at >= digest.at or row["state"] == "queued"):
                told.append(self._told_of(dict(row), *what, at))
        return sorted(told, key=lambda one: one.at)

    def said(self) -> list[OpenItem]:
        """All that mails have told that waits, or waited, for a person."""
        found = [
            self._item(row, number, told)
            for row, all_told in self.ledger.telling()
            for number, told in all_told
        ]
        for bounce, number, letter in self.ledger.bounced_since(0):
            told = self._told_of(dict(letter), "bounce", CAME_BACK, bounce.received)
            beside = len(bounce.outcome.told) if bounce.outcome else 0
            found.append(self._item(bounce, beside + number, told))
        return found

    def _item(self, row: MessageRow, number: int, told: Told) -> OpenItem:
        # A mail that was held joined later than it was recorded: its own place is its submission's.
        said = row.outcome.submission if row.outcome else None
        seq = said.seq if said else row.seq or 0
        kind, unit = kind_of(told.kind), told.unit if row.decided_by is None else row.unit
        return OpenItem(
            id=item_id(seq, number),
            kind=kind,
            unit=unit,
            text=told.text,
            received=told.at.astimezone(self.zone),
            message=row.sha256,
            seq=seq,
            told=told.kind,
            field=told.field,
            value=told.value,
            about="" if unit or kind != "bounce" else told.text,
        )

    def _told_of(self, row: Mapping[str, Any], kind: str, words: str, at: dt.datetime) -> Told:
        error = f"：{row['error']}" if row["error"] else ""
        recipients = "、".join(_recipients(row["recipients"]))
        text = f"给 {recipients} 的{LETTER_NAMES[row['kind']]}{words}{error}"
        return Told(kind, at.astimezone(self.zone), text, row["unit"])


CAME_BACK = "被退回，对方没有收到"

TROUBLE = {"mails": "trouble", "letters": "trouble_with_letters"}
"""The ledger's notes of why mails can't be had, or letters can't leave."""

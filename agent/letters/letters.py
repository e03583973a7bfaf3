"""The letters that leave the house: receipt, correction note, acknowledgement, reminder, digest.

Puts together what a letter shows (views.py, digest.py), its wording (templates/) and its envelope. Pure: the same
arguments and templates make the same bytes. Knows neither the ledger nor how mail is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from agent.base.masked import masked
from agent.campaign.rules import Campaign
from agent.campaign.settings import Contact
from agent.campaign.units import Unit
from agent.dossier.dossier import Dossier
from agent.dossier.letter_ids import Kind, notice_about
from agent.dossier.overview import Held, Overview
from agent.dossier.submission import Decision
from agent.letters.confirming import ByClick, confirming
from agent.letters.decided import Decided
from agent.letters.digest import NewItem, Offer, digest_view
from agent.letters.envelope import Answered, Letter, Text, seal
from agent.letters.views import (
    UnitView,
    brought_only_unreadable,
    has_figures_left_wrong,
    has_unmended_form,
    standing_view,
    unit_view,
    with_held,
)

if TYPE_CHECKING:
    from jinja2 import Environment

Shown = TypeVar("Shown")


class Letters:
    """Writes letters in one campaign's name.

    Every method raises ConfigurationError, with template and line, where a template can't be rendered.
    """

    def __init__(self, folders: Sequence[Path], sender: str, contact: Contact, campaign: Campaign) -> None:
        """Take the templates from ``folders``: the operator's own first, then the built-in; the first wins."""
        self._folders = tuple(folders)
        self._sender = sender
        self._contact = contact
        self._campaign = campaign

    def reply(
        self,
        answered: Answered,
        before: Dossier,
        after: Dossier,
        now: dt.datetime,
        links: Sequence[str] = (),
        token: str = "",
    ) -> Letter:
        """The one letter that a mail with something to file gets: a correction note where it needs one.

        That is where its form has errors, or where it brought nothing but files that couldn't be read.
        """
        wrong = has_unmended_form(after, answered.message)
        wrong = wrong or brought_only_unreadable(after, answered.message)
        wrong = wrong or has_figures_left_wrong(after, answered.message)
        write = self.correction if wrong else self.receipt
        return write(answered, before, after, now, links, token)

    def receipt(
        self,
        answered: Answered,
        unit_before: Dossier,
        unit_after: Dossier,
        now: dt.datetime,
        links: Sequence[str] = (),
        token: str = "",
    ) -> Letter:
        """回执: what was read and filed, what changed, what is still missing; or what is to be confirmed.

        Args:
            answered: the mail; its ``decision`` where a person's decision gave rise to the answer.
            unit_before: the dossier without it.
            unit_after: the dossier with it.
            now: for the Date header and for how many days are left.
            links: names or addresses of files that came as a link to a cloud drive, which can't be filed.
            token: by which the form that waits for it may be confirmed with a click; "" for no such link.
        """
        return self._answer("receipt", answered, unit_before, unit_after, now, links, token)

    def correction(
        self,
        answered: Answered,
        unit_before: Dossier,
        unit_after: Dossier,
        now: dt.datetime,
        links: Sequence[str] = (),
        token: str = "",
    ) -> Letter:
        """退回补正: each error, what was written, what to do; arguments as for the receipt."""
        return self._answer("correction", answered, unit_before, unit_after, now, links, token)

    def acknowledgement(self, answered: Answered, now: dt.datetime) -> Letter:
        """To a held mail: that it came and a person will look. Nothing of a unit's, nor of the mail's own text."""
        context = {"received": answered.received}
        return self._seal("acknowledgement", answered.about, context, (answered.to,), None, now, answered)

    def noted(
        self,
        answered: Answered,
        dossier: Dossier,
        now: dt.datetime,
        lacks_file: bool = False,
        links: Sequence[str] = (),
    ) -> Letter:
        """To a registered unit's mail that holds nothing to file (a question): passed on to the contact.

        What it may have meant to answer is said as well: a form that waits to be confirmed, warnings that are open.
        ``lacks_file``: it means to bring a file and has none.
        """
        view = standing_view(dossier, now.date())
        context = {
            **_fields(self._masked(view)),
            "mail": self._masked(answered),
            "links": tuple(links),
            "lacks_file": lacks_file,
        }
        unit = dossier.unit.id
        return self._seal("noted", answered.about, context, (answered.to,), unit, now, answered)

    def decision(self, answered: Answered, decided: Sequence[Decided], now: dt.datetime) -> Letter:
        """To the contact, who decided by mail: what was done, about which mail, what follows; or why not."""
        context = {
            "mail": self._masked(answered),
            "orders": self._masked(tuple(decided)),
            "done": sum(one.done for one in decided),
        }
        return self._seal("decision", answered.about, context, (answered.to,), None, now, answered)

    def notice(self, decision: Decision, before: Dossier, after: Dossier, now: dt.datetime) -> Letter:
        """变动通知, to a unit: what the contact decided about its figures or its deadline, and how it stands now."""
        campaign = self._campaign
        was = next((one for one in before.versions if one.submission.message == decision.message), None)
        about = campaign.form.field(decision.field) if decision.field else None
        context = {
            **_fields(self._masked(standing_view(after, now.date()))),
            "decision": self._masked(decision),
            "label": about.full_label if about else "",
            "measure": (about.measure or "") if about else "",
            "was": was.values.get(about.id) if was and about else None,
            "number": was.number if was else 0,
            "old_deadline": before.deadline,
        }
        identity = notice_about(campaign, decision)
        return self._seal("notice", identity, context, after.unit.senders, after.unit.id, now)

    def reminder(
        self,
        dossier: Dossier,
        to: Sequence[str],
        now: dt.datetime,
        about: str | None = None,
        held: Sequence[Held] = (),
        token: str = "",
    ) -> Letter:
        """催报: before the deadline, on its day or after it. One a unit and day, unless ``about`` says otherwise.

        What the unit's ``held`` mails bring isn't asked for again.
        """
        unit = dossier.unit.id
        asked = confirming(dossier, ByClick(token, self._sender))
        view = with_held(standing_view(dossier, now.date()), held)
        context = {**_fields(self._masked(view)), "confirming": asked}
        about = about or f"{self._campaign.id}/{unit}/{now:%Y-%m-%d}"
        return self._seal("reminder", about, context, to, unit, now)

    def digest(
        self,
        overview: Overview,
        now: dt.datetime,
        new: Sequence[NewItem],
        about: str | None = None,
        to_phone: Sequence[Unit] = (),
        tokens: Mapping[str, str] | None = None,
        valid_days: int = 0,
    ) -> Letter:
        """日报, to the contact and the deputies. One a day, unless ``about`` says otherwise.

        ``to_phone``: units to be reminded that have no address; ``tokens``: by the id of a mail, for deciding by
        mail within so many days.
        """
        offer = Offer(tokens, self._sender, self._contact) if tokens else None
        overview = self._masked(overview)
        view = digest_view(overview, new, to_phone, offer)
        context = {**_fields(view), "overview": overview, "today": overview.today, "valid_days": valid_days}
        about = about or f"{self._campaign.id}/{now:%Y-%m-%d}"
        to = (self._contact.address, *self._contact.deputies)
        return self._seal("digest", about, context, to, None, now)

    def _answer(
        self,
        kind: Kind,
        answered: Answered,
        before: Dossier,
        after: Dossier,
        now: dt.datetime,
        links: Sequence[str],
        token: str,
    ) -> Letter:
        asked = confirming(after, ByClick(token, self._sender))
        view = unit_view(before, after, answered, now.date())
        context = {
            **_fields(self._masked(view, *_asked_for(view))),
            "confirming": asked,
            "mail": self._masked(answered),
            "links": tuple(links),
        }
        return self._seal(kind, answered.about, context, (answered.to,), after.unit.id, now, answered)

    def _seal(
        self,
        kind: Kind,
        about: str,
        context: Mapping[str, Any],
        to: Sequence[str],
        unit: str | None,
        now: dt.datetime,
        answered: Answered | None = None,
    ) -> Letter:
        text = self._text(kind, {**self._common(kind, now), **context})
        return seal(kind, about, text, sender=self._sender, to=to, unit=unit, now=now, answered=answered)

    def _common(self, kind: Kind, now: dt.datetime) -> Mapping[str, Any]:
        """What every template may use; the rest is the fields of UnitView or DigestView."""
        campaign = self._campaign
        return {
            "kind": kind,
            "now": now,
            "campaign": campaign,
            "short": campaign.also_called[0] if campaign.also_called else campaign.title,
            "contact": self._contact,
            "address": self._sender,
        }

    def _text(self, kind: Kind, context: Mapping[str, Any]) -> Text:
        from agent.letters import rendering  # here, since jinja2 takes a while and `--help` needs no letter

        def one(name: str) -> str:
            return rendering.render(self._templates, name, context)

        return Text(
            subject=one(f"{kind}.subject.j2"),
            display_name=one("sender.j2"),
            plain=rendering.without_blank_runs(one(f"{kind}.txt.j2")),
            html=rendering.without_blank_runs(one(f"{kind}.html.j2")),
        )

    def _masked(self, shown: Shown, *phones: str) -> Shown:
        """What a template is given: nobody's identity card or telephone leaves in full, whatever a template shows."""
        return masked(shown, self._contact.phone, *phones)

    @cached_property
    def _templates(self) -> Environment:
        from agent.letters import rendering

        return rendering.environment(self._folders)


def _asked_for(view: UnitView) -> Iterator[str]:
    """The header of the unit's own forms, whose telephone is there to be checked."""
    for form in (view.form, view.standing, view.pending):
        yield from (value for _, value in (form.header if form else ()) if isinstance(value, str))


def _fields(view: Any) -> dict[str, Any]:
    """A view's fields and properties by name, for a template."""
    return dict(_named(view))


def _named(view: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(type(view)):
        if not name.startswith("_"):
            yield name, getattr(view, name)

"""What a letter asks a unit to confirm: the lines that it may edit, and the ready replies that a click opens."""

from __future__ import annotations

from dataclasses import dataclass

from agent.base.plain import plain
from agent.dossier.dossier import Dossier
from agent.judging.command_words import ReadyReply, ready_reply
from agent.reading.reading import Figure

LONGEST_LINK = 1900
"""Characters of a link that every program still opens whole."""


@dataclass(frozen=True, slots=True)
class ByClick:
    """By which the unit may confirm or correct with a click: the form's token, and whom the reply goes to."""

    token: str
    to: str


@dataclass(frozen=True, slots=True)
class Confirming:
    """A form of which each figure waits for a person.

    Attributes:
        example: one line as the unit may write it.
        confirm, correct: ready replies, where they are offered; nothing to confirm while a figure is lacking.
        possible: it may be confirmed as it stands.
    """

    example: str
    possible: bool
    confirm: ReadyReply | None = None
    correct: ReadyReply | None = None


def confirming(dossier: Dossier, offer: ByClick) -> Confirming | None:
    """What to ask about the dossier's pending form; None where nothing is to be confirmed.

    Args:
        dossier: whose newest form waits; figures that the unit put right and that weren't taken are offered again.
        offer: without a token there are no links.
    """
    version = dossier.pending
    if version is None or not version.form.needs_confirmation:
        return None
    lines = [
        f"{one.full_label}：{_written(version.said.get(one.id, version.values.get(one.id)))}"
        for one in dossier.campaign.form.figures
    ]
    # Once the unit has said otherwise, a bare word would leave open which of the two is meant.
    possible = version.standing == "needs_confirmation" and not version.said
    if not offer.token:
        return Confirming(lines[0], possible)
    about = f"{dossier.unit.name}统计表第{version.number}版 {offer.token}"
    confirm = ready_reply("全部相符，确认", f"确认{about}", "确认", offer.to) if possible else None
    return Confirming(lines[0], possible, confirm, _correct(about, lines, offer.to))


def _correct(about: str, lines: list[str], to: str) -> ReadyReply:
    """All figures a line each, to be edited; of a very long form a blank line, and the word for the rest."""
    full = ready_reply("有不符的，更正", f"更正{about}", "\r\n".join(lines), to)
    if len(full.href) <= LONGEST_LINK:
        return full
    return ready_reply(full.label, full.subject, "\r\n其余无误", to)


def _written(value: Figure) -> str:
    return "" if value is None else plain(value)

"""What must hold after all of it: every mail in the ledger once, every letter sent once, the archive equal to the ledger."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.handling.intake import TRIES
from agent.keeping.ledger import Ledger, MailEntry, MessageRow
from agent.service.dispatch import UNCONFIRMED
from turmoil.mails import FIGURE, Mail
from turmoil.world import World

REPLIES = ("receipt", "correction", "acknowledgement", "noted")


@dataclass
class Findings:
    """What was found.

    Attributes:
        broken: each broken promise, in a sentence.
        figures: what was counted.
    """

    broken: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)


def look(world: World) -> Findings:
    """Hold ledger, archive and the letters that arrived against what was delivered."""
    found = Findings()
    work = world.office.open()
    ledger = work.ledger
    mails = {mail.sha256: mail for mail in world.delivered}
    everything = list(ledger.each_message())
    # In place of a mail at which the line broke too often: what is asked is whether the mail itself came in the end.
    rows = {row.sha256: row for row in everything if "withheld" not in row.envelope}
    found.figures["mails that weren't given at once"] = len(everything) - len(rows)
    found.broken += [*world.complaints, *world.said()]
    found.broken += _mails(world, mails, rows, found.figures)
    rows = {
        sha256: row for sha256, row in rows.items() if sha256 in mails
    }  # what else is there is told above
    found.broken += _judged(mails, rows, ledger, found.figures)
    found.broken += _letters(world, mails, rows, ledger, found.figures)
    for sha256, row in rows.items():
        if not work.archive.has_raw(sha256) or work.archive.raw(sha256) != mails[sha256].raw:
            found.broken.append(f"raw mail {row.number} isn't kept as it came")
    ledger.close()
    found.broken += _archive(world)
    return found


def _mails(
    world: World, mails: dict[str, Mail], rows: dict[str, MessageRow], figures: dict[str, int]
) -> Iterator[str]:
    present = world.present()
    wanted = {sha256 for sha256, mail in mails.items() if not mail.is_early}
    gone = {sha256 for sha256 in wanted - present - rows.keys() if sha256 in world.removed}
    figures |= {
        "mails delivered": len(mails),
        "from before the campaign": len(mails) - len(wanted),
        "removed before the agent had them": len(gone),
        "mails in the ledger": len(rows),
    }
    for sha256 in wanted - gone - rows.keys():
        yield f"LOST: {mails[sha256].message_id} ({mails[sha256].kind}) isn't in the ledger"
    for sha256 in rows.keys() - wanted:
        yield f"mail {rows[sha256].number} ({sha256[:12]}) in the ledger is none that was delivered"


def _judged(
    mails: dict[str, Mail], rows: dict[str, MessageRow], ledger: Ledger, figures: dict[str, int]
) -> Iterator[str]:
    """Each judged once, with the figure that was written."""
    judged = Counter(one.message for one in ledger.entries("mail") if isinstance(one, MailEntry))
    states = Counter(row.state for row in rows.values())
    figures |= {f"mails {state}": states[state] for state in ("processed", "held", "ignored", "failed")}
    for sha256, row in rows.items():
        if judged[sha256] != 1:
            yield f"mail {row.number} was judged {judged[sha256]} times"
        if row.state == "waiting" or row.outcome is None:
            yield f"mail {row.number} still waits"
        elif row.state == "failed":
            if row.attempts <= TRIES or "意外中止" not in (row.reason or ""):
                yield f"mail {row.number} failed: {row.reason}"
        else:
            form = row.outcome.submission.form if row.outcome.submission else None
            read = form.values.get(FIGURE) if form else None
            if read != mails[sha256].figure:
                yield f"mail {row.number}: {mails[sha256].figure} was written, {read} is in the ledger"


def _letters(
    world: World, mails: dict[str, Mail], rows: dict[str, MessageRow], ledger: Ledger, figures: dict[str, int]
) -> Iterator[str]:
    """Each letter of the ledger once; each mail that was judged has its own."""
    arrived = [email.message_from_bytes(raw, policy=email.policy.compat32) for raw in world.post.letters()]
    copies = Counter(str(letter["Message-ID"]) for letter in arrived)
    queued = {row["id"]: row for row in ledger.letter_rows()}
    states = Counter(row["state"] for row in queued.values())
    doubles = {name: count for name, count in copies.items() if count > 1}
    figures |= {
        "letters in the ledger": len(queued),
        **{f"letters {state}": states[state] for state in ("sent", "doubtful", "failed")},
        "letters that came twice": sum(count == 2 for count in doubles.values()),
        "letters that came more often": sum(count > 2 for count in doubles.values()),
    }
    for name in copies.keys() - queued.keys():
        yield f"letter {name} was sent, and isn't in the ledger"
    given_up = {name for name, row in queued.items() if row["error"] == UNCONFIRMED}
    figures["letters in doubt twice, so given up"] = len(given_up)
    for name, row in queued.items():
        most, least = (2 if row["state"] == "doubtful" else 1), (0 if name in given_up else 1)
        if row["state"] not in ("sent", "doubtful") or not least <= copies[name] <= most:
            yield f"letter {name} ({row['state']}) came {copies[name]} times"
    never_came = Counter(queued[name]["about"].partition("+")[0] for name in given_up if not copies[name])
    answers = Counter(_answered(queued, arrived))
    for sha256, row in rows.items():
        owed = 0 if row.state == "failed" else mails[sha256].owed + (row.decided_by is not None)
        wanted = owed - never_came[sha256]
        if answers[mails[sha256].message_id] != wanted:
            had = answers[mails[sha256].message_id]
            yield f"mail {row.number} ({mails[sha256].kind}, {row.state}) has {had} answers instead of {wanted}"


def _answered(queued: dict[str, Any], arrived: list[Any]) -> Iterator[str]:
    """The Message-ID of the mail that each letter answers; a letter that came twice counts once."""
    for name, letter in {str(one["Message-ID"]): one for one in arrived}.items():
        if name in queued and queued[name]["kind"] in REPLIES:
            yield str(letter["In-Reply-To"])


def _recorded(status: dict[str, Any]) -> dict[str, Any]:
    """A status without what the ledger alone knows: of mail that wasn't taken the archive has nothing."""
    counts = {name: count for name, count in status["messages"].items() if name != "passed_over"}
    return status | {"messages": counts}


def _archive(world: World) -> Iterator[str]:
    """The archive and the ledger are equal, and the ledger can be made anew."""
    office, far = world.office, ("--now", "2030-01-01")
    verified = office.run("rebuild", "--verify")
    if verified.returncode != 0:
        yield f"rebuild --verify: {verified.stdout}{verified.stderr}"
    before = _recorded(office.json("status", *far))
    for path in office.archive.glob("ledger.sqlite*"):
        path.rename(path.with_name(f"before.{path.name}"))
    rebuilt = office.run("rebuild")
    if rebuilt.returncode != 0 or _recorded(office.json("status", *far)) != before:
        yield f"rebuild from the archive alone gives another ledger: {rebuilt.stdout}{rebuilt.stderr}"

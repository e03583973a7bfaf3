"""Is a mail really from the address that it claims? What the receiving server wrote (RFC 8601), or a signature.

Pure. Whether its DKIM signature is good is found out elsewhere (signature.py asks the DNS) and handed in.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.mail.message import Message

Verdict = Literal["passes", "fails", "unknown"]
"""``passes``: proven to be from the address in From; ``fails``: found not to be; ``unknown``: nobody says."""

Signed = Literal["pass", "fail", "none", "unanswered"]
"""A DKIM signature by From's own domain, verified here: good, wrong, not there, or the DNS gave no answer."""


def verdict(message: Message, trust: str | None, signed: Signed | None = None) -> Verdict:
    """Whether the mail is proven to be from the address in its From, is found not to be, or neither.

    Args:
        message: the mail.
        trust: the authserv-id whose Authentication-Results count, as it stands there, or with ``*`` for what
            differs from machine to machine (163's mx12, mx41…); None: that of the topmost line.
        signed: what verifying the signature here came to; None: it wasn't verified.
    """
    if message.claims > 1 or not message.plain:
        return (
            "fails"  # a server's results are about the address that it reads in From, and people see another
        )
    told = _told_by_the_server(message, trust)
    if told == "unknown" and signed is not None:
        told = _BY_SIGNATURE[signed]
    # Whoever sends a signed mail again may put another Subject on top of the one that is signed.
    return "unknown" if told == "passes" and message.doubled else told


def names_a_stranger(message: Message, trust: str | None, signed: Signed | None = None) -> bool:
    """Whether the person at the address in From certainly didn't write the mail, or it can't be said who that is."""
    return message.claims > 1 or verdict(replace(message, plain=True), trust, signed) == "fails"


_BY_SIGNATURE: Mapping[Signed, Verdict] = {
    "pass": "passes",
    "fail": "fails",
    "none": "unknown",
    "unanswered": "unknown",
}


def authserv_id(line: str) -> str:
    """Who wrote an Authentication-Results line: its authserv-id, in lower case; "" where it names none."""
    return _read(line).server


def aligned(domain: str, sender: str) -> bool:
    """Whether a domain that was proven is that of the sender's address, above it, or below it.

    A whole top-level domain is nobody's.
    """
    ours, theirs = sender.rpartition("@")[2].casefold().strip("."), domain.casefold().strip(".")
    if not theirs or not ours:
        return False
    above = ours.endswith(f".{theirs}") and "." in theirs
    return theirs == ours or above or theirs.endswith(f".{ours}")


def _told_by_the_server(message: Message, trust: str | None) -> Verdict:
    """The verdict of the one server that is trusted, in all of its lines.

    A wrong result in any of them counts. For a proof, only the line counts that the server wrote for certain: its
    topmost, above every Received header, for it puts its lines above what came. Where the name is a pattern, or
    nobody's in particular, a sender could have written one that fits, so then there has to be just one line.
    """
    lines = [_read(line) for line in message.authentication]
    wanted = trust.casefold() if trust is not None else lines[0].server if lines else ""
    trusted = [one for one in lines if fnmatch.fnmatchcase(one.server, wanted)]
    by_name = trust is not None and "*" not in trust
    certain = [one for one in lines[: message.above] if one in trusted] if by_name else _only(trusted, lines)
    if any(_refuted(one, certain, message.sender) for one in trusted):
        return "fails"
    return "passes" if any(_proves(one, message.sender) for one in certain[:1]) else "unknown"


def _refuted(line: _Line, certain: Sequence[_Line], sender: str) -> bool:
    """Whether a server's line says that the mail isn't the sender's: outright, or of another From than we read.

    What failed is a failure where nothing passed, there or in another line that is the server's for certain:
    whoever forwards a mail breaks one method or the other.
    """
    if any(_failed_outright(one) or _is_about_another(one, sender) for one in line.results):
        return True
    failed = any(one.method != "dmarc" and one.value in _WRONG for one in line.results)
    beside = (line, *certain)
    return failed and not any(_passed(one, other, sender) for other in beside for one in other.results)


_WRONG = frozenset({"fail", "hardfail"})


def _failed_outright(result: _Result) -> bool:
    return result.method == "dmarc" and result.value == "fail"


def _is_about_another(result: _Result, sender: str) -> bool:
    """Whether the server says that From's domain is another than the one that we read there."""
    named = result.about.get("header.from", "").rpartition("@")[2].strip("<>")
    return "." in named and not aligned(named, sender)


def _passed(result: _Result, line: _Line, sender: str) -> bool:
    """Whether a result passed that may be about the sender; of one method's that contradict each other none did.

    A mail may bear several signatures, though, of which one is good.
    """
    contradicted = line.of(result.method)
    if result.value != "pass" or (
        len(contradicted) > 1 and (result.method != "dkim" or "none" in contradicted)
    ):
        return False
    domains = [one for one in _proven(result, sender) if one]
    return not domains or any(aligned(one, sender) for one in domains)


def _only(trusted: Sequence[_Line], lines: Sequence[_Line]) -> Sequence[_Line]:
    return trusted if len(trusted) == len(lines) == 1 else ()


@dataclass(frozen=True, slots=True)
class _Result:
    """One method's result, with what it is about (``header.d`` → a domain)."""

    method: str
    value: str
    about: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Line:
    """One Authentication-Results header."""

    server: str
    results: tuple[_Result, ...]

    def of(self, method: str) -> set[str]:
        return {one.value for one in self.results if one.method == method}


def _proves(line: _Line, sender: str) -> bool:
    """Whether a method passed that was about the sender's own domain.

    Not where the line says two things of one method: a comment or a quoted text that a sender has ended early.
    """
    if any(len(line.of(one.method)) > 1 for one in line.results):
        return False
    passed = [one for one in line.results if one.value == "pass"]
    return any(aligned(domain, sender) for one in passed for domain in _proven(one, sender))


def _proven(result: _Result, sender: str) -> Iterator[str]:
    """The domains that a result which passed is about; DMARC is about From's, where it doesn't say another."""
    about = result.about
    if result.method == "dmarc":
        yield about.get("header.from", sender).rpartition("@")[2]
    elif result.method == "spf":
        yield from (_domain(about[name]) for name in ("smtp.mailfrom", "smtp.mail") if name in about)
    elif "header.d" in about:
        yield about["header.d"]
    elif "header.i" in about:
        yield about["header.i"].rpartition("@")[2]


def _domain(address: str) -> str:
    """The domain of an envelope's sender; "" where what was written could be read in two ways."""
    return address.rpartition("@")[2] if address.count("@") <= 1 else ""


# --- a line ----------------------------------------------------------------------------------------------

_LONGEST = 20_000
_VALUES = "none|pass|fail|softfail|hardfail|neutral|policy|temperror|permerror|unknown|error|bestguesspass"
_RESULT = re.compile(rf"(dmarc|spf|dkim)(?:/\d+)?=({_VALUES})", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:^|\s)((?:smtp|header)\.[a-z]+)\s*=\s*(.*?)(?=\s+[a-z.]+\s*=|\s*$)", re.IGNORECASE)


def _read(line: str) -> _Line:
    clauses = _clauses(line[:_LONGEST])
    first = (clauses[0].split() or [""])[0]
    named = "=" not in first  # Exchange Online writes no authserv-id, but begins with a result
    results = (_result(clause) for clause in (clauses[1:] if named else clauses))
    return _Line(first.casefold() if named else "", tuple(one for one in results if one is not None))


def _result(clause: str) -> _Result | None:
    """The result in a clause. Coremail (163) folds a line anywhere, inside a word too: white space says nothing."""
    found = _RESULT.match("".join(clause.split()))
    if found is None:
        return None
    about: dict[str, str] = {}
    for name, value in _PROPERTY.findall(clause):
        about.setdefault(name.lower(), "".join(value.split()).lower())
    return _Result(found[1].lower(), found[2].lower(), about)


def _clauses(line: str) -> list[str]:
    """What stands between semicolons, without comments and quoted texts: a sender's words may stand in these.

    A bracket or a quotation mark that is never closed is a sign like any other: it must not hide what follows.
    """
    clauses: list[str] = []
    kept: list[str] = []
    comments, at = _comments(line), 0
    while at < len(line):
        quoted = _QUOTED.match(line, at) if line[at] == '"' else None
        if quoted:
            kept.append(quoted[1] if _PLAIN.fullmatch(quoted[1]) else "\0")
        elif line[at] == ";":
            clauses.append("".join(kept))
            kept = []
        else:
            kept.append(" " if at in comments else line[at])
        at = quoted.end() if quoted else comments.get(at, at + 1)
    return [*clauses, "".join(kept)]


_QUOTED = re.compile(r'"((?:[^"\\]|\\.){0,1000})"')
_PLAIN = re.compile(r"[\w.@+-]*")


def _comments(line: str) -> dict[int, int]:
    """Where each comment begins and the place behind its end, with the comments inside it."""
    opened: list[int] = []
    found: dict[int, int] = {}
    for sign in re.finditer(r"\\.|[()]", line):
        if sign[0] == "(":
            opened.append(sign.start())
        elif sign[0] == ")" and opened:
            found[opened.pop()] = sign.end()
    return found

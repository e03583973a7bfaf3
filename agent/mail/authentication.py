"""Is a mail really from the address that it claims? What the receiving server wrote (RFC 8601), or a signature.

Pure. Whether its DKIM signature is good is found out elsewhere (signature.py asks the DNS) and handed in.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    if message.claims > 1:
        return "fails"  # of several addresses in From, a server's results are about any
    told = _told_by_the_server(message, trust)
    if told != "unknown" or signed is None:
        return told
    return {"pass": "passes", "fail": "fails"}.get(signed, "unknown")  # type: ignore[return-value]


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
    topmost, for servers put theirs above what came. Where the name is a pattern, or nobody's in particular, a
    sender could have written one that fits, so then there has to be just one line.
    """
    lines = [_read(line) for line in message.authentication]
    wanted = trust.casefold() if trust is not None else lines[0].server if lines else ""
    trusted = [one for one in lines if fnmatch.fnmatchcase(one.server, wanted)]
    if any("fail" in one.of("dmarc") for one in trusted) or all(
        any(_failed(one.of(method)) for one in trusted) for method in ("spf", "dkim")
    ):
        return "fails"
    certain = trusted[:1] if trust is not None and "*" not in trust else _only(trusted, lines)
    return "passes" if any(_proves(one, message.sender) for one in certain) else "unknown"


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


def _failed(results: set[str]) -> bool:
    return bool(results & {"fail", "hardfail", "softfail"}) and "pass" not in results


def _proves(line: _Line, sender: str) -> bool:
    """Whether a method passed that was about the sender's own domain."""
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

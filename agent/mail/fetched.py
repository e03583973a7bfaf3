"""What FETCH brought: each reply under the UID of its own line, never by its position. Pure; knows no connection."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a mail before its body is asked for."""

    uid: int
    size: int
    received: dt.datetime | None
    body: bytes | None = field(default=None, repr=False)


_INTERNALDATE = re.compile(
    rb'INTERNALDATE "([ \d]?\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def facts_in(lines: Iterable[Any]) -> Iterator[Fact]:
    """FETCH replies, each with the UID of its own line; size -1 where it tells none.

    imaplib gives a reply with a literal as a pair (line up to the literal, literal) and then the line's rest,
    and one without as its line. An unsolicited one has no body or no UID and is of no use here.
    """
    words, body = b"", None
    for line in lines:
        if isinstance(line, tuple):
            words += line[0]
            if re.search(rb"BODY\[(HEADER)?\] ?\{\d+\}$", line[0]) and _is_whole(line):
                body = line[1]
            continue
        yield from _reply(words + line, body)
        words, body = b"", None


def _is_whole(line: tuple[bytes, bytes]) -> bool:
    announced = re.search(rb"\{(\d{1,18})\}$", line[0])
    return announced is not None and int(announced[1]) == len(line[1])


def _reply(words: bytes, body: bytes | None) -> Iterator[Fact]:
    uid = re.search(rb"\bUID (\d{1,10})\b", words)
    size = re.search(rb"RFC822\.SIZE (\d{1,18})\b", words)
    if body is None and (quoted := re.search(rb'BODY\[(?:HEADER)?\] "((?:[^"\\]|\\.)*)"', words)):
        body = re.sub(rb"\\(.)", rb"\1", quoted[1])
    if uid is not None:
        yield Fact(int(uid[1]), int(size[1]) if size else -1, _moment(words), body)


def _moment(words: bytes) -> dt.datetime | None:
    found = _INTERNALDATE.search(words)
    if not found:
        return None
    day, month, year, hour, minute, second, sign, off_hours, off_minutes = found.groups()
    offset = dt.timedelta(hours=int(off_hours), minutes=int(off_minutes)) * (-1 if sign == b"-" else 1)
    try:
        told = dt.datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second),
            tzinfo=dt.timezone(offset),
        )  # fmt: skip
    except ValueError:
        return None
    return told if 1 < told.year < dt.MAXYEAR else None  # else it is no moment in another zone

"""One-time tokens (口令): that a letter of ours offered somebody a decision, and until when.

A token signs what it is about and when it runs out; nothing of it is kept. Whether what it is about has been
decided already is the ledger's to say. Pure: the key is given, and so is the time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["valid", "expired", "wrong"]

KEY_BYTES = 32
_ALPHABET = (
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U that a reader could mistake
)
_MISREAD = str.maketrans("ILO", "110")
_GROUP, _GROUPS = 5, 4
_HOUR_BITS, _SIGNATURE_BITS = 20, 80
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

PATTERN = re.compile(
    rf"(?<![0-9A-Za-z-])[0-9A-Za-z]{{{_GROUP}}}(?:-?[0-9A-Za-z]{{{_GROUP}}}){{{_GROUPS - 1}}}(?![0-9A-Za-z-])"
)
"""What may be a token in a text in half-width characters."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and judges tokens by one key, that never leaves the archive."""

    key: bytes = field(repr=False)

    def issue(self, about: str, until: dt.datetime) -> str:
        """``K7MQ2-9XWPA-4TZ3N-8BVDE``: good for what it is about, to the full hour after ``until`` (aware)."""
        hours = -((_EPOCH - until) // dt.timedelta(hours=1))
        number = hours << _SIGNATURE_BITS | self._signature(about, hours)
        letters = [
            _ALPHABET[number >> shift & 31] for shift in range(_HOUR_BITS + _SIGNATURE_BITS - 5, -1, -5)
        ]
        text = "".join(letters)
        return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))

    def judge(self, token: str, about: str, at: dt.datetime) -> Verdict:
        """Whether a token, as somebody wrote it, is good for that at that moment (aware)."""
        number = _number(token)
        if number is None:
            return "wrong"
        hours, signature = number >> _SIGNATURE_BITS, number & ((1 << _SIGNATURE_BITS) - 1)
        size = _SIGNATURE_BITS // 8
        if not hmac.compare_digest(
            signature.to_bytes(size, "big"), self._signature(about, hours).to_bytes(size, "big")
        ):
            return "wrong"
        return "valid" if at < _EPOCH + dt.timedelta(hours=hours) else "expired"

    def _signature(self, about: str, hours: int) -> int:
        digest = hmac.new(self.key, f"{hours}\n{about}".encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[: _SIGNATURE_BITS // 8], "big")


def of_mail(item: str, sha256: str) -> str:
    """What the token of a mail that waits for a decision is about: the mail itself, whatever number it bears."""
    return f"mail {item} {sha256}"


def of_form(unit: str, sha256: str) -> str:
    """What the token is about by which a unit confirms the form that one of its mails brought."""
    return f"form {unit} {sha256}"


def _number(token: str) -> int | None:
    letters = token.replace("-", "").upper().translate(_MISREAD)
    if len(letters) != _GROUP * _GROUPS or not set(letters) <= set(_ALPHABET):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    return number

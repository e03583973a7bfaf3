"""What a mail server's answer means for the letter: gone, later, never, or not by this account. Pure.

Gathered from the providers' own lists. The number alone doesn't tell: QQ says 550 to a letter that comes too soon,
and 163 says 451 to a password that was wrong too often.
"""

from __future__ import annotations

import re
from typing import Literal

from agent.mail.connection import server_words

Stage = Literal["mail", "rcpt", "data", "text"]
"""Which command was answered: the sender, a recipient, the announcement of the text, the text's end."""

Meaning = Literal[
    "taken",
    "server_waits",
    "letter_waits",
    "address_refused",
    "text_refused",
    "sender_refused",
    "login_refused",
]
"""``server_waits``: no letter may leave for now; ``letter_waits``: this one, and another may.

``sender_refused`` and ``login_refused`` are the operator's matter, and hold up every letter.
"""

# Too many letters: QQ's "… frequency limited", 163's codes for counts per connection, quarter of an hour and day.
_TOO_OFTEN = re.compile(
    r"frequen|rate.?limit|too many (?:messages|mails?|connections|letters)|too fast|throttl"
    r"|sending quota|\bMI:(?:STC|SFQ|DMC|CEL|CCL)\b|\bRP:(?:TRC|QRC|DRC|CEL|CCL)\b|\bHL:(?:ICC|IFC|REP)\b"
    r"|频率|频繁|过快",
    re.IGNORECASE,
)
_LATER = re.compile(r"\b(?:try|send|retry)\b.{0,20}\blater\b|稍后", re.IGNORECASE)
_LOGIN = re.compile(
    r"authenticat\w+ (?:is )?required|\bauth\b.{0,20}\bfirst|fail authentication|auth error limit|未登录|请先登录",
    re.IGNORECASE,
)
_LOGIN_CODES = (530, 534, 535, 538)
_ABOUT_THE_ADDRESS = re.compile(r"^\s*5\.[12]\.\d")  # RFC 3463: no such mailbox, or one that is full


def meaning(stage: Stage, code: int, words: bytes) -> Meaning:
    """What the answer means.

    Args:
        stage: what was answered.
        code: the answer's number; -1 where it had none.
        words: the rest, in whatever encoding.
    """
    said = server_words(words)
    if code == 354 if stage == "data" else 200 <= code < 300:
        return "taken"
    if code in _LOGIN_CODES or (code >= 400 and _LOGIN.search(said)):
        return "login_refused"
    lasting = code >= 500 and _ABOUT_THE_ADDRESS.match(said) is not None
    if code == 421 or not 400 <= code < 600 or (_TOO_OFTEN.search(said) and not lasting):
        return "server_waits"
    if code < 500 or (_LATER.search(said) and not lasting):
        return "server_waits" if stage == "mail" else "letter_waits"
    return _REFUSED[stage]


_REFUSED: dict[Stage, Meaning] = {
    "mail": "sender_refused",
    "rcpt": "address_refused",
    "data": "text_refused",
    "text": "text_refused",
}


def refuses_the_login(code: int, words: bytes) -> bool:
    """Whether an answer to AUTH refuses the login, rather than being a moment's trouble."""
    return code >= 500 or code == 432 or _LOGIN.search(server_words(words)) is not None

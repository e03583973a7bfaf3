"""Letters that leave: by SMTP (smtp.py), or into a folder of .eml files. How fast is the caller's business.

    Unsent                 the letter hasn't left
    ├── Deferred           not now: the server is busy or counts too many letters; wait and try again
    └── Refused            never: the address or the text isn't taken
    Doubt                  the connection died after the text was sent and before the server's answer

A server that can't be reached, or doesn't take the login or the sender, is `agent.base.errors.Unreachable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from agent.base.errors import AgentError
from agent.mail.connection import Checked

if TYPE_CHECKING:
    pass


class Unsent(AgentError):
    """A letter that certainly hasn't left."""


class Deferred(Unsent):
    """Not now: wait and try again.

    Attributes:
        scope: ``server`` where no letter may leave for now, ``letter`` where another may.
    """

    def __init__(self, text: str, scope: Literal["server", "letter"] = "letter") -> None:
        super().__init__(text)
        self.scope = scope


class Refused(Unsent):
    """Never, as it is.

    Attributes:
        scope: ``address`` where no recipient is taken, ``text`` where what was written isn't.
    """

    def __init__(self, text: str, scope: Literal["address", "text"]) -> None:
        super().__init__(text)
        self.scope = scope


class Doubt(AgentError):
    """Nobody knows whether the letter has left: the server died between its end and the answer."""


class Outbox(Protocol):
    """Where letters go.

    Attributes:
        waits: it waits for the server, and the letter in work can't have been taken yet: to be left at will.
    """

    @property
    def waits(self) -> bool: ...

    def send(
        self,
        raw: bytes,
        sender: str,
        recipients: Sequence[str],
        leaving: Callable[[], object] = lambda: None,
        patient: bool = True,
    ) -> Mapping[str, str]:
        """Hands one letter over.

        Args:
            raw: the letter.
            sender: the address that it is from.
            recipients: the addresses that it is for.
            leaving: called once, before what can't be taken back: until then, the letter certainly hasn't left.
            patient: a recipient who is put off puts the letter off for the others, too.

        Returns:
            The recipients that didn't get it while others did, with the server's words.

        Raises:
            Deferred, Refused, Doubt, Unreachable: as told above.
        """
        ...

    def close(self) -> None:
        """Ends the connection; the next letter opens another."""
        ...

    def hurry(self) -> None:
        """Breaks the connection off, from another thread: an answer that is still awaited never comes."""
        ...

    def check(self) -> list[Checked]:
        """The connection tried, without sending."""
        ...

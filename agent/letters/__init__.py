"""Everything that is written to somebody: see letters.py. Only this package renders templates/*.j2."""

from __future__ import annotations

from agent.dossier.letter_ids import Kind, is_own_id, message_id
from agent.letters.decided import Decided
from agent.letters.digest import NewItem, news
from agent.letters.envelope import Answered, Letter
from agent.letters.letters import Letters

__all__ = ["Answered", "Decided", "Kind", "Letter", "Letters", "NewItem", "is_own_id", "message_id", "news"]

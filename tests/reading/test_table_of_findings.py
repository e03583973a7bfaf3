"""The package's docstring tells which module tells which finding; here it is held to the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import agent.reading

ROOM = Path(agent.reading.__file__).parent
PLACE = {"Finding": 1, "Unreadable": 0, "error": 0, "finding": 1}  # where each call has the rule's id


def told() -> Iterator[tuple[str, str]]:
    """Each rule's id that is written out in a call, with its module."""
    for path in sorted(ROOM.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                name = (
                    call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                )
                at = PLACE.get(name, len(call.args))
                if (
                    at < len(call.args)
                    and isinstance(rule := call.args[at], ast.Constant)
                    and rule.value.isidentifier()
                ):
                    yield rule.value, path.name


def test_every_finding_stands_in_the_table_with_its_module() -> None:
    table = (agent.reading.__doc__ or "").partition("Which finding comes from where")[2]
    every = set(told())
    assert len(every) > 30
    assert not {(rule, module) for rule, module in every if rule not in table or module not in table}

"""Which warnings are settled, by the contact or the unit's explanation: those that were there to be seen, each by a name of its own; never a later one.

A name is made of the rule, of the figures that it looks at as they stood, and of its place among its like; not of its
words, which the rule of retention may remove and a newer program may say better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from agent.base.findings import Finding
from agent.base.plain import plain
from agent.reading.reading import Figure


def named(findings: Iterable[Finding], values: Mapping[str, Figure]) -> list[tuple[str, Finding]]:
    """Each warning with its name: ``min_ratio[patrols=10,joint_patrols=5]#1``."""
    seen: Counter[str] = Counter()
    found = []
    for one in findings:
        if one.severity == "warning":
            about = _about(one, values)
            seen[about] += 1
            found.append((f"{about}#{seen[about]}", one))
    return found


def still_open(
    findings: Iterable[Finding], values: Mapping[str, Figure], settled: Sequence[Sequence[str] | None]
) -> tuple[Finding, ...]:
    """The warnings that nothing settles.

    Args:
        findings: of a form.
        values: its figures.
        settled: the names of the warnings that each closing of the contact's, and each explanation of the unit's,
            settles; None, from before they were named: all.
    """
    if any(one is None for one in settled):
        return ()
    closed = {name for one in settled for name in one or ()}
    return tuple(one for name, one in named(findings, values) if name not in closed)


CROSS = "cross:"
"""Before the name of a warning that arises among units, so that it isn't taken for one of the form's own."""


def cross_named(findings: Iterable[Finding], values: Mapping[str, Figure]) -> list[tuple[str, Finding]]:
    """The same for what is odd among units; a photo shared with one unit more is another matter."""
    return [(f"{CROSS}{_about(one, values)}{'' if one.field else one.text}", one) for one in findings]


def _about(one: Finding, values: Mapping[str, Figure]) -> str:
    return f"{one.rule}[{','.join(_stands(name, values) for name in _fields(one))}]"


def _fields(one: Finding) -> tuple[str, ...]:
    return one.fields or ((one.field,) if one.field else ())


def _stands(name: str, values: Mapping[str, Figure]) -> str:
    value = values.get(name)
    return f"{name}={plain(value)}" if isinstance(value, Decimal) else name

"""What every bench shares: medians, a small table, and one line of JSON. Knows nothing of what is measured."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the servers and the office live with the tests

Row = Sequence[object]


def arguments(what: str, runs: int, **sizes: int) -> argparse.Namespace:
    """The command line of a bench: how many runs, and its sizes, each with a default."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--runs", type=int, default=runs)
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    return parser.parse_args()


def median_of(runs: int, measure: Callable[[], float]) -> float:
    """The median of so many measurements."""
    return statistics.median(measure() for _ in range(runs))


def show(title: str, heads: Sequence[str], rows: Sequence[Row]) -> None:
    """A table, the first column to the left, figures to the right."""
    lines = [[str(cell) for cell in heads], *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    print(f"\n{title}")
    for line in lines:
        rest = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
        print("  ".join((line[0].ljust(widths[0]), *rest)))


def result(name: str, aims: dict[str, bool], **figures: object) -> None:
    """The figures as one line of JSON, with the machine's kind and whether each aim was met."""
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    print(
        json.dumps(
            {
                "bench": name,
                "met": aims,
                **{key: _rounded(one) for key, one in figures.items()},
                "machine": machine,
            }
        )
    )


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    return {key: _rounded(one) for key, one in value.items()} if isinstance(value, dict) else value

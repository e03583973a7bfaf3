"""An older ledger is brought up to date where it lies; a newer one is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from agent.base.errors import ConfigurationError
from agent.keeping.ledger.schema import MIGRATIONS, VERSION, metadata, prepare


def test_a_ledger_of_the_first_version_gets_what_came_later(tmp_path: Path) -> None:
    old, new = (create_engine(f"sqlite:///{tmp_path / name}") for name in ("old", "new"))
    with old.begin() as connection:
        metadata.create_all(connection)
        connection.execute(text("DROP INDEX journal_kind"))
        connection.execute(text("PRAGMA user_version = 1"))
        connection.execute(text("INSERT INTO journal VALUES (1, 'run', '2024', '{}')"))
    for engine in (old, new):
        with engine.begin() as connection:
            prepare(connection)
    with old.begin() as was, new.begin() as made:
        assert _tables(was) == _tables(made)
        assert was.execute(text("SELECT count(*) FROM journal")).scalar_one() == 1
        assert was.execute(text("PRAGMA user_version")).scalar_one() == VERSION == len(MIGRATIONS) + 1


def test_a_ledger_of_a_newer_program_is_refused() -> None:
    with create_engine("sqlite://").begin() as connection:
        connection.execute(text(f"PRAGMA user_version = {VERSION + 1}"))
        with pytest.raises(ConfigurationError, match="升级"):
            prepare(connection)
        assert inspect(connection).get_table_names() == []


def _tables(connection: Connection) -> dict[str, object]:
    found = inspect(connection)
    return {
        name: (
            [column["name"] for column in found.get_columns(name)],
            sorted(str(index["name"]) for index in found.get_indexes(name)),
        )
        for name in found.get_table_names()
    }

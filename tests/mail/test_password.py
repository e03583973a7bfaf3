from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from agent.base.errors import ConfigurationError
from agent.mail.password import find_password


class Kept(KeyringBackend):
    """A keyring that holds one password, or is broken."""

    priority = 1

    def __init__(self, password: str | None, broken: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.password, self.broken = password, broken

    def get_password(self, service: str, username: str) -> str | None:
        if self.broken:
            raise NoKeyringError
        return self.password if (service, username) == ("report-agent", "a@civil.example") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _own_keyring_again() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_the_environment_comes_first() -> None:
    keyring.set_keyring(Kept("from the keyring"))
    assert find_password("a@civil.example", "CODE", {"CODE": " secret\n"}) == "secret"


def test_the_keyring_comes_next() -> None:
    keyring.set_keyring(Kept("from the keyring"))
    assert find_password("a@civil.example", "CODE", {}) == "from the keyring"


@pytest.mark.parametrize("backend", [Kept(None), Kept(None, broken=True)])
def test_without_either_it_is_told_how_to_set_one(backend: KeyringBackend) -> None:
    keyring.set_keyring(backend)
    with pytest.raises(ConfigurationError, match=r"环境变量 CODE.*keyring set report-agent a@civil"):
        find_password("a@civil.example", "CODE", {})

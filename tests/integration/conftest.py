"""Real servers for tests: a private Dovecot, a mail server in front of it, a proxy that breaks connections."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.integration.servers.dovecot import Dovecot, running_dovecot
from tests.integration.servers.proxy import FaultProxy, running_proxy
from tests.integration.servers.smtp import SmtpServer, running_smtp


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    if shutil.which("dovecot") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("dovecot isn't installed: apt-get install dovecot-imapd dovecot-lmtpd")
        pytest.skip("dovecot isn't installed: no test against a real mailbox")
    # Not under pytest's own folder: nobody else may enter that, and Dovecot drops to another user.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    try:
        with running_dovecot(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def smtp_server(dovecot: Dovecot) -> Iterator[SmtpServer]:
    with running_smtp(dovecot) as running:
        yield running


@pytest.fixture
def fault_proxy() -> Iterator[Callable[[int], FaultProxy]]:
    """Makes a proxy in front of a port of this machine."""
    with contextlib.ExitStack() as stack:
        yield lambda port: stack.enter_context(running_proxy(port))

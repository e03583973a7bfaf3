"""A bureau in turmoil for half a minute, against a real Dovecot and a real mail server; the long run is bench/chaos.py."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.office import ROOT
from tests.integration.servers.dovecot import Dovecot

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

BEFELL = [
    "IMAP server killed", "SMTP server killed", "a mail lay there twice",
    "a mail vanished between listing and fetching", "a new UIDVALIDITY", "agent killed at a place", "disk full",
    "somebody moved a mail away", "somebody read mails", "the clock leapt",
]  # fmt: skip


def test_in_turmoil_nothing_is_lost_and_nothing_is_done_twice(dovecot: Dovecot) -> None:
    del dovecot  # a server of its own, since it is killed; this one only says whether there is any
    command = [sys.executable, "bench/chaos.py", "--seed", "1", "--mails", "40", "--minutes", "0.4"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    done, figures = told["done"], told["figures"]
    assert [what for what in BEFELL if not done.get(what)] == [], "all of it befell the bureau"
    assert sum(times for what, times in done.items() if what.startswith("line: ")) > 0, (
        "mails were broken off"
    )
    assert figures["mails delivered"] == 40
    assert figures["mails in the ledger"] + figures["removed before the agent had them"] == (
        40 - figures["from before the campaign"]
    )
    assert figures["letters in the ledger"] >= 20

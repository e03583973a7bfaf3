"""One pass over a mailbox in a process of its own, so that its time and memory are its own. For the other benches.

python bench/polling.py agent CONFIG     the whole job: fetch, keep, read, file, answer
python bench/polling.py stages CONFIG    the same, with stopwatches
python bench/polling.py loop CONFIG      imap-tools' own loop: download and parse the same mails, no more
python bench/polling.py imports CONFIG   only the program's modules, loaded
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from measure import ROOT

PASSWORD = "REPORT_AGENT_PASSWORD"


def in_a_process(how: str, config: Path, now: dt.datetime) -> dict[str, Any]:
    """What the process tells: seconds, peak megabytes, and more."""
    from tests.integration.servers.dovecot import PASSWORD as SECRET

    done = subprocess.run(
        [sys.executable, __file__, how, str(config), now.isoformat()],
        cwd=ROOT,
        env={**os.environ, PASSWORD: SECRET},
        stdout=subprocess.PIPE,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _agent(config: Path, now: dt.datetime) -> dict[str, Any]:
    from agent.campaign.settings import load_settings
    from agent.keeping.workspace import Workplace
    from agent.service.loop import Service

    began = time.perf_counter()
    work = Workplace.open(load_settings(config))
    with work.archive.locked():
        done = Service(work, lambda: now).poll()
    took = time.perf_counter() - began
    assert done.went_well, done
    return {"seconds": took, "mails": done.intake.new, "letters": done.dispatch.sent}


def _stages(config: Path, now: dt.datetime) -> dict[str, Any]:
    from stages import watch_a_pass

    watch = watch_a_pass()
    told = _agent(config, now)
    syncs = {"syncs": watch.calls.pop("fsync"), "sync_seconds": watch.seconds.pop("fsync")}
    rest = told["seconds"] - sum(watch.seconds.values())
    return {**told, **syncs, "stages": {**watch.seconds, "rest": rest}, "calls": dict(watch.calls)}


def _setup(config: Path, now: dt.datetime) -> dict[str, Any]:
    os.fsync = unsynced
    return _agent(config, now)


def unsynced(fd: Any) -> None:
    del fd


def _loop(config: Path, now: dt.datetime) -> dict[str, Any]:
    from imap_tools import MailBox

    from agent.campaign.settings import load_settings
    from agent.mail.connection import verified_tls

    del now
    server = load_settings(config).inbox.imap
    assert server is not None
    began, count, size = time.perf_counter(), 0, 0
    with MailBox(server.host, server.port, ssl_context=verified_tls(server.ca_file)) as mailbox:
        mailbox.login(server.user, os.environ[PASSWORD])
        for message in mailbox.fetch(mark_seen=False):
            count += 1
            size += sum(len(attachment.payload) for attachment in message.attachments)
    return {"seconds": time.perf_counter() - began, "mails": count, "attached": size}


def _imports(config: Path, now: dt.datetime) -> dict[str, Any]:
    import agent.service.loop

    del config, now, agent
    return {"seconds": 0.0}


def _peak() -> float:
    """The process's own peak in megabytes. ru_maxrss would count its parent's, too, on Linux: exec keeps it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    ways = {"agent": _agent, "stages": _stages, "setup": _setup, "loop": _loop, "imports": _imports}
    told = ways[sys.argv[1]](Path(sys.argv[2]), dt.datetime.fromisoformat(sys.argv[3]))
    print(json.dumps({**told, "peak_mb": _peak()}))

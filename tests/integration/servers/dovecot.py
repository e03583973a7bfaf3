"""A private Dovecot in a temporary folder: IMAP, IMAP over TLS, LMTP, and users made as they are needed."""

from __future__ import annotations

import contextlib
import datetime as dt
import grp
import imaplib
import itertools
import os
import pwd
import shutil
import signal
import smtplib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.servers.certificate import Certificate, make_certificate
from tests.integration.servers.ports import free_ports, wait_for_port

PASSWORD = "correct-horse"

# Every name is a user, with one password: a file of users is only looked at again a second later.
# imap-login refuses to run as root, hence the users; without the anvil lines repeated bad logins stall.
CONFIGURATION = """
base_dir={folder}/run
state_dir={folder}/state
log_path={folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
ssl = yes
ssl_cert = <{certificate.certificate}
ssl_key = <{certificate.key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
"""


@dataclass(frozen=True)
class User:
    address: str
    password: str


@dataclass
class Dovecot:
    """The running server.

    Attributes:
        imap_port: in the clear; ``imaps_port`` by TLS, to be verified with ``ca_file``.
    """

    folder: Path
    imap_port: int
    imaps_port: int
    lmtp_port: int
    ca_file: Path
    users: set[str] = field(default_factory=set)
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def start(self) -> None:
        """Let it run, and wait until it listens."""
        command = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        self._process = subprocess.Popen(command, start_new_session=True)
        for port in (self.imap_port, self.imaps_port, self.lmtp_port):
            wait_for_port(port)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it with all its sessions; by SIGKILL it is gone as in a power cut, and can be started again."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait(10)

    def new_user(self, name: str | None = None) -> User:
        """A user with an empty mailbox."""
        user = User(name or f"user{next(self._numbers)}@civil.example", PASSWORD)
        self.users.add(user.address)
        return user

    def deliver(self, user: User, raw: bytes, received: dt.datetime | None = None) -> None:
        """A mail in the user's INBOX with that INTERNALDATE."""
        self.deliver_all(user, [raw], received)

    def deliver_all(self, user: User, mails: list[bytes], received: dt.datetime | None = None) -> None:
        moment = received or dt.datetime.now(dt.UTC)
        with self.session(user) as client:
            for raw in mails:
                status, reply = client.append("INBOX", "", imaplib.Time2Internaldate(moment), raw)
                assert status == "OK", reply

    def deliver_by_lmtp(self, sender: str, recipients: list[str], raw: bytes) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=10) as server:
            server.sendmail(sender, recipients, raw, mail_options=["BODY=8BITMIME"])

    @contextlib.contextmanager
    def session(self, user: User) -> Iterator[imaplib.IMAP4]:
        """Another mail program's session, INBOX selected for writing."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=10) as client:
            client.login(user.address, user.password)
            client.select("INBOX")
            yield client

    def doveadm(self, *arguments: str) -> str:
        command = ["doveadm", "-c", str(self.folder / "dovecot.conf"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    def maildir(self, user: User) -> Path:
        return self.folder / "home" / user.address / "Maildir"


@contextlib.contextmanager
def running_dovecot(folder: Path) -> Iterator[Dovecot]:
    """Dovecot in an empty folder that everybody may enter, until the block ends."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    ports = free_ports(3)
    certificate = make_certificate(folder)
    _write_configuration(folder, account, ports, certificate)
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, account.pw_uid, account.pw_gid)
    imap_port, imaps_port, lmtp_port = ports
    server = Dovecot(folder, imap_port, imaps_port, lmtp_port, certificate.certificate)
    server.start()
    try:
        yield server
    finally:
        server.end()


def _write_configuration(
    folder: Path, account: pwd.struct_passwd, ports: list[int], certificate: Certificate
) -> None:
    (folder / "home").mkdir()
    (folder / "dovecot.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            password=PASSWORD,
            user=account.pw_name,
            group=grp.getgrgid(account.pw_gid).gr_name,
            uid=account.pw_uid,
            gid=account.pw_gid,
            certificate=certificate,
            imap_port=ports[0],
            imaps_port=ports[1],
            lmtp_port=ports[2],
        )
    )

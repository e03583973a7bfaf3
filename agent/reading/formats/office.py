"""What only LibreOffice reads (.doc, OLE .wps, .rtf, .xlsb, Word 2003's XML): turned into .docx or .xlsx by it.

It runs apart, with a profile of its own in which macros, links and active content are off. A second run on the same
profile would end without a word, so one process of ours runs one at a time.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from agent.reading.apart.opening import converted_apart
from agent.reading.apart.outside import Bounds, Ran, find, folder_for, patience, run
from agent.reading.filetype import FileType
from agent.reading.grid import Document
from agent.reading.limits import MEGABYTE, Budget
from agent.reading.refusals import damaged, took_too_long, without_program

SECONDS = 10  # for one file
ALLOCATED = 420 * MEGABYTE  # by one run; a usual document takes half of it
MAPPED = 3000 * MEGABYTE  # address space: most of it is code and what is only reserved
READY = "ready"  # a file in a profile that is set up
OUT_OF_TIME, KILLED = -24, -9  # ended by SIGXCPU, by SIGKILL
RESTART = 81  # what soffice.bin ends with once it has set up a new profile


@dataclass(frozen=True, slots=True)
class _Kind:
    """A format: its name for people, its suffix, what it is turned into, and LibreOffice's name for it."""

    what: str
    suffix: str
    target: Literal["docx", "xlsx"]
    filter: str = ""

    @property
    def instead(self) -> str:
        return f"请用 WPS 打开后另存为 .{self.target} 再发送。"


KINDS: dict[FileType, _Kind] = {
    "doc": _Kind("旧版 Word 文档（.doc 或 .wps）", "doc", "docx", "MS Word 97"),
    "rtf": _Kind("RTF 文档", "rtf", "docx", "Rich Text Format"),
    "word-xml": _Kind("Word 2003 XML 文档", "xml", "docx", "MS Word 2003 XML"),
    "xlsb": _Kind("二进制 Excel 工作簿（.xlsb）", "xlsb", "xlsx", "Calc MS Excel 2007 Binary"),
}


def read_by_office(kind: FileType, data: bytes, budget: Budget) -> Document:
    """The document, by way of LibreOffice.

    Raises:
        Unreadable: damaged, with a password, over the bounds, or ``not_supported`` without LibreOffice.
    """
    target = KINDS[kind].target
    converted = convert(KINDS[kind], data, budget)
    return converted_apart(kind, target, converted, data, budget)


def convert(kind: _Kind, data: bytes, budget: Budget) -> bytes:
    """The file in the format that it is turned into.

    Raises:
        Unreadable: as above.
    """
    program = find_office()
    if program is None:
        raise without_program(kind.what, "LibreOffice", kind.instead)
    with folder_for(f"given.{kind.suffix}", data) as folder, _LOCK:
        _set_up(program, budget)
        until = time.monotonic() + patience() * SECONDS
        for _ in range(2):  # the system may have ended the first run, short of memory
            ran = _started(program, kind, folder, until - time.monotonic(), budget)
            made = folder / "out" / f"given.{kind.target}"
            if ran.status == 0 and made.is_file():
                return made.read_bytes()
            if ran.status is not None and ran.status >= 0:
                break  # it ran through and couldn't
            _forget_profile()
            if ran.status is None or ran.status == OUT_OF_TIME:
                raise took_too_long()
            if ran.status != KILLED:
                break  # it died of the file
            _set_up(program, budget)
    raise damaged()


def _started(program: str, kind: _Kind, folder: Path, seconds: float, budget: Budget) -> Ran:
    command = [
        *_command(program),
        f"--infilter={kind.filter}",
        "--convert-to",
        kind.target,
        "--outdir",
        str(folder / "out"),
        str(folder / f"given.{kind.suffix}"),
    ]
    bounds = Bounds(max(1.0, seconds), MAPPED, budget.limits.unpacked_bytes, ALLOCATED, SECONDS)
    return run(command, folder, bounds, budget)


def _command(program: str) -> list[str]:
    profile = f"-env:UserInstallation={_profile().as_uri()}"
    return [program, profile, "--headless", "--norestore", "--nologo", "--nolockcheck"]


def _set_up(program: str, budget: Budget) -> None:
    """Let LibreOffice make its profile: the first start takes long, and is no file's time."""
    if (_profile() / READY).exists():
        return
    with folder_for("none.txt", b"") as folder:
        for _ in range(2):  # it ends with RESTART once it has set one up
            command = [*_command(program), "--convert-to", "txt", "--outdir", "out", "none.txt"]
            ran = run(command, folder, Bounds(seconds=60), Budget(budget.limits))
            if ran.status != RESTART:
                break
    (_profile() / READY).touch()


@cache
def find_office() -> str | None:
    """LibreOffice's program, or None; its own binary where it can be called without the script around it."""
    found = find("soffice", "libreoffice") or next((path for path in _PLACES if Path(path).is_file()), None)
    if found is None:
        return None
    binary = Path(os.path.realpath(found)).with_name("soffice.bin")
    return str(binary) if sys.platform == "linux" and binary.is_file() else found


_PLACES = (
    "/opt/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
)


# --- the profile -----------------------------------------------------------------------------------------

_LOCK = threading.Lock()
_profiles: dict[int, Path] = {}  # by process: a forked one must not share its parent's

_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Calc/Content/Update", "Link", "1"),  # never
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode", "1"),  # never: the stored results count
    ("Office.Calc/Formula/Load", "ODFRecalcMode", "1"),
    ("Office.Writer/Content/Update", "Link", "0"),  # never
    ("Office.Java/VirtualMachine", "Enable", "false"),
    # Where the system can't cut it off (outside.py), whatever it fetches goes to a port where nobody listens.
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
    ("Inet/Settings", "ooInetFTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetFTPProxyPort", "9"),
    ("Inet/Settings", "ooInetNoProxy", ""),
    ("Setup/Product", "ooSetupLastVersion", "99"),
)
_ITEM = (
    '<item oor:path="/org.openoffice.{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>'
)
_ITEMS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{}</oor:items>\n'
)


def _profile() -> Path:
    """This process' profile; kept while it lives, since making one takes longer than a conversion."""
    made = _profiles.get(os.getpid())
    if made is None or not made.is_dir():
        made = Path(tempfile.mkdtemp(prefix="report-agent-office-"))
        (made / "user").mkdir()
        items = "".join(_ITEM.format(*setting) for setting in _SETTINGS)
        (made / "user" / "registrymodifications.xcu").write_text(_ITEMS.format(items), encoding="utf-8")
        _profiles[os.getpid()] = made
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _forget_profile() -> None:
    made = _profiles.pop(os.getpid(), None)
    if made is not None:
        shutil.rmtree(made, ignore_errors=True)

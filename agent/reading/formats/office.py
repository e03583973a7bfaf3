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
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from agent.reading.formats.limits import Budget
from agent.reading.formats.refusals import damaged, encrypted, without_program
from agent.reading.grid import Document
from agent.reading.outside import Bounds, Ran, find, folder_for, run

OfficeType = Literal["doc", "rtf", "word-xml", "xlsb"]

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


KINDS: dict[OfficeType, _Kind] = {
    "doc": _Kind("旧版 Word 文档（.doc 或 .wps）", "doc", "docx", "MS Word 97"),
    "rtf": _Kind("RTF 文档", "rtf", "docx", "Rich Text Format"),
    "word-xml": _Kind("Word 2003 XML 文档", "xml", "docx", "MS Word 2003 XML"),
    "xlsb": _Kind("二进制 Excel 工作簿（.xlsb）", "xlsb", "xlsx", "Calc MS Excel 2007 Binary"),
}


def read_by_office(kind: OfficeType, data: bytes, budget: Budget) -> Document:
    """The document, by way of LibreOffice.

    Raises:
        Unreadable: damaged, with a password, over the bounds, or ``not_supported`` without LibreOffice.
    """
    if kind == "doc" and _asks_for_a_password(data):
        raise encrypted()
    converted = convert(KINDS[kind], data, budget)
    if KINDS[kind].target == "xlsx":
        from agent.reading.formats.stored import with_stored_results
        from agent.reading.formats.xlsx import read_xlsx

        return with_stored_results(read_xlsx(converted, budget), data)
    from agent.reading.formats.docx import read_docx

    return read_docx(converted, budget)


def convert(kind: _Kind, data: bytes, budget: Budget) -> bytes:
    """The file in the format that it is turned into.

    Raises:
        Unreadable: as above.
    """
    program = find_office()
    if program is None:
        raise without_program(kind.what, "LibreOffice", kind.instead)
    with folder_for(f"given.{kind.suffix}", data) as folder, _LOCK:
        for _ in range(2):  # a run ended from outside may leave a profile that stops the next one
            ran = _started(program, kind, folder, budget)
            made = folder / "out" / f"given.{kind.target}"
            if ran.status == 0 and made.is_file():
                return made.read_bytes()
            if ran.status is not None and ran.status >= 0:
                break  # it ran through and couldn't
            _forget_profile()
    raise damaged()


def _started(program: str, kind: _Kind, folder: Path, budget: Budget) -> Ran:
    command = [
        program,
        f"-env:UserInstallation={_profile().as_uri()}",
        "--headless",
        "--norestore",
        "--nologo",
        "--nolockcheck",
        f"--infilter={kind.filter}",
        "--convert-to",
        kind.target,
        "--outdir",
        str(folder / "out"),
        str(folder / f"given.{kind.suffix}"),
    ]
    bounds = Bounds(seconds=30, output=budget.limits.unpacked_bytes)
    ran = run(command, folder, bounds, budget)
    return run(command, folder, bounds, budget) if ran.status == RESTART else ran


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


def _asks_for_a_password(data: bytes) -> bool:
    """By the bit that says so in the beginning of the document's stream ([MS-DOC] 2.5.1, fEncrypted)."""
    import io

    from xlrd.compdoc import CompDoc

    try:
        stream = CompDoc(data, logfile=io.StringIO()).get_named_stream("WordDocument")
    except Exception as error:  # the compound file's own reader takes whatever the sectors claim
        raise damaged() from error
    return stream is not None and len(stream) > 11 and bool(stream[11] & 1)


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

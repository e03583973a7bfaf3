"""Files inside documents that are no pictures: workbooks set into a text, attached packages, whatever their wrapping.

A form may stand in one. What can be read comes out as a file of its own; what can't is named, but for what is only
shown and never read (formulas, charts, drawings, controls). Knows the wrappings, not what is in the files.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.base.errors import Unreadable
from agent.reading.formats.package import Package
from agent.reading.grid import Picture
from agent.reading.limits import Budget
from agent.reading.refusals import damaged, too_large

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST = 100  # objects of one document; more are no report
NAME = "嵌入对象"
_SHOWN_ONLY = re.compile(
    r"equation|mathtype|math\.|graph|chart|wordart|visio|paint|pbrush|picture|drawing|forms\.|seal|sign|control",
    re.IGNORECASE,
)
_WORKBOOKS = ("Workbook", "Book", "WORKBOOK", "BOOK")
_BEGINNINGS = (b"PK\x03\x04", b"%PDF-", COMPOUND, b"{\\rtf")


@dataclass(frozen=True, slots=True)
class Embedded:
    """What is inside a document: files, and the kinds of what can't be read (Word.Document.8)."""

    files: tuple[Picture, ...] = ()
    unread: tuple[str, ...] = ()

    def __add__(self, other: Embedded) -> Embedded:
        return Embedded((*self.files, *other.files), (*self.unread, *other.unread))


def in_parts(package: Package, folder: str, budget: Budget) -> Embedded:
    """In the embeddings below a zipped document's folder (word, xl); each may be a file or a wrapping of one.

    What a chart was drawn from is no file to anybody but the chart.
    """
    charts = [name for name in package.names if re.fullmatch(rf"{folder}/charts/[^/]+\.xml", name)]
    drawn = {target for chart in charts for target in package.relationships(chart).values()}
    names = [name for name in package.names if name.startswith(f"{folder}/embeddings/") and name not in drawn]
    _require_few(names)
    found = Embedded()
    for name in names:
        data = package.read(name)
        if data.startswith(COMPOUND):
            found += in_compound(data, budget, "", posixpath.basename(name))
        else:
            found += Embedded((Picture(posixpath.basename(name), data),))
    return found


def in_compound(data: bytes, budget: Budget, pool: str = "ObjectPool", name: str = "") -> Embedded:
    """In a compound file (.doc: pool ObjectPool; .xls: MBD); without a pool it is itself one object's wrapping.

    Raises:
        Unreadable: damaged, or over the bounds.
    """
    from olefile import OleFileIO

    if not data.startswith(COMPOUND) or pool.encode("utf-16-le") not in data:
        return Embedded()
    try:
        with OleFileIO(io.BytesIO(data)) as compound:
            if pool:
                return _pooled(compound, pool, budget)
            if any(compound.exists(one) for one in (*_WORKBOOKS, "WordDocument")):
                return Embedded((Picture(name, data),))
            return _object(compound, [], name, budget)
    except Unreadable:
        raise
    except Exception as error:  # olefile takes whatever the sectors claim
        raise damaged() from error


def _pooled(compound: Any, pool: str, budget: Budget) -> Embedded:
    storages = [one for one in compound.listdir(streams=False, storages=True) if _is_object(one, pool)]
    _require_few(storages)
    found = Embedded()
    for number, storage in enumerate(storages, 1):
        found += _object(compound, storage, f"{NAME}{number}", budget)
    return found


def _is_object(storage: Sequence[str], pool: str) -> bool:
    """``ObjectPool/_123`` in a Word document; ``MBD0001A2B3`` at a workbook's root."""
    if pool == "MBD":
        return len(storage) == 1 and re.fullmatch(r"MBD[0-9A-Fa-f]{8}", storage[0]) is not None
    return len(storage) == 2 and storage[0] == pool


def _object(compound: Any, storage: list[str], name: str, budget: Budget) -> Embedded:
    """One object's storage: the file in it, by the streams that wrap one."""
    for stream in (*_WORKBOOKS, "Package", "CONTENTS", "EMBEDDED ODF", "package_stream"):
        if compound.exists([*storage, stream]):
            data = _stream(compound, [*storage, stream], budget)
            if stream in _WORKBOOKS:
                return Embedded((Picture(f"{name}.xls", data),))
            if data.startswith(_BEGINNINGS):
                return Embedded((Picture(name, data),))
    if compound.exists([*storage, "\x01Ole10Native"]):
        held = _native(_stream(compound, [*storage, "\x01Ole10Native"], budget))
        if held is not None:
            return Embedded((held,))
    what = _kind(compound, storage)
    return Embedded() if _SHOWN_ONLY.search(what) else Embedded(unread=(what,))


def _stream(compound: Any, path: list[str], budget: Budget) -> bytes:
    budget.spend_bytes(compound.get_size(path))
    data: bytes = compound.openstream(path).read()
    return data


def _kind(compound: Any, storage: list[str]) -> str:
    """What the object calls itself: the program's id, else its words, in its CompObj stream ([MS-OLEDS] 2.3.7)."""
    if not compound.exists([*storage, "\x01CompObj"]):
        streams = (one[-1] for one in compound.listdir() if one[:-1] == storage)
        return "drawing" if any("Equation" in one for one in streams) else "OLE"
    data = compound.openstream([*storage, "\x01CompObj"]).read(2000)[28:]
    texts = []
    for _ in range(3):  # the words, the clipboard's format, the program's id
        size = min(struct.unpack("<I", data[:4])[0], 200) if len(data) >= 4 else 0
        texts.append(data[4 : 4 + size].split(b"\0")[0].decode("gb18030", "replace"))
        data = data[4 + size :]
    return texts[2].strip() or texts[0].strip() or "OLE"


def _native(data: bytes) -> Picture | None:
    """The file that was dropped upon a document as an icon ([MS-OLEDS] 2.3.6; its inside is the packager's own)."""
    try:
        at = 6
        label, at = _until_zero(data, at)
        _, at = _until_zero(data, at)
        at += 4
        (length,) = struct.unpack_from("<I", data, at)
        at += 4 + length
        (size,) = struct.unpack_from("<I", data, at)
    except (struct.error, ValueError):
        return None
    held = data[at + 4 : at + 4 + size]
    if len(held) != size or not size:
        return None
    name = label.decode("gb18030", "replace").replace("\\", "/").rpartition("/")[2]
    return Picture(name or NAME, held)


def _until_zero(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.index(b"\0", at)
    return data[at:end], end + 1


def _require_few(found: Sequence[object]) -> None:
    if len(found) > MOST:
        raise too_large(f"里面嵌入的对象超过 {MOST} 个")


# --- OpenDocument: a folder inside the zip is a document of its own ---------------------------------------

_OF_A_KIND = {b"spreadsheet": "ods", b"text": "odt"}


def in_opendocument(package: Package, budget: Budget) -> Embedded:
    """In a text or a sheet: folders with a content.xml of their own, and objects of other programs as files."""
    folders = sorted({posixpath.dirname(name) for name in package.names if _is_inner(name)}, key=_by_number)
    folders = [one for one in folders if not any(one.startswith(f"{other}/") for other in folders)]
    found = Embedded()
    _require_few(folders)
    for folder in folders:
        found += _inner_document(package, folder)
    for name in package.names:
        if "/" not in name and re.fullmatch(r"Obj(?:ect )?[0-9]+", name):
            data = package.read(name)
            if data.startswith(COMPOUND):
                found += in_compound(data, budget, "", name)
            elif data.startswith(_BEGINNINGS):
                found += Embedded((Picture(name, data),))
            else:
                found += Embedded(unread=("OLE",))
    return found


def _is_inner(name: str) -> bool:
    return posixpath.basename(name) == "content.xml" and "/" in name


def _by_number(folder: str) -> tuple[int, str]:
    return len(folder), folder


def _inner_document(package: Package, folder: str) -> Embedded:
    """The folder as the document that it is; charts and formulas are only shown."""
    root = package.xml(f"{folder}/content.xml")
    body = root.find("{*}body")
    kind = (
        next((one.tag.rpartition("}")[2] for one in body if isinstance(one.tag, str)), "")
        if body is not None
        else ""
    )
    suffix = _OF_A_KIND.get(kind.encode())
    if suffix is None:
        return Embedded()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as inner:
        inner.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        for name in package.names:
            if name.startswith(f"{folder}/"):
                inner.writestr(name.removeprefix(f"{folder}/"), package.read(name))
    return Embedded((Picture(f"{posixpath.basename(folder)}.{suffix}", out.getvalue()),))


# --- RTF ---------------------------------------------------------------------------------------------------

_DATA = re.compile(rb"\\objdata(?![a-z])")
_HEX = re.compile(rb"[^0-9A-Fa-f]+")


def in_rtf(data: bytes, budget: Budget) -> Embedded:
    """In an RTF: what stands behind each objdata, in digits."""
    starts = [match.end() for match in _DATA.finditer(data)]
    _require_few(starts)
    found = Embedded()
    for number, start in enumerate(starts, 1):
        end = data.find(b"}", start)
        digits = _HEX.sub(b"", data[start : end if end >= 0 else None])
        budget.spend_bytes(len(digits) // 2)
        found += _ole1(bytes.fromhex(digits[: len(digits) // 2 * 2].decode()), f"{NAME}{number}", budget)
    return found


def _ole1(data: bytes, name: str, budget: Budget) -> Embedded:
    """An object of OLE 1 ([MS-OLEDS] 2.2.5): its class, and its data, often a compound file."""
    try:
        kind, size, at = _ole1_head(data)
    except (struct.error, ValueError):
        return Embedded(unread=("OLE",))
    held = data[at : at + size]
    if held.startswith(COMPOUND):
        return in_compound(held, budget, "", name)
    if held.startswith(_BEGINNINGS):
        return Embedded((Picture(name, held),))
    dropped = _native(struct.pack("<I", len(held)) + held) if kind.lower() == "package" else None
    if dropped is not None:
        return Embedded((dropped,))
    return Embedded() if _SHOWN_ONLY.search(kind) else Embedded(unread=(kind or "OLE",))


def _ole1_head(data: bytes) -> tuple[str, int, int]:
    _, kind = struct.unpack_from("<II", data, 0)
    if kind != 2:  # a link, or nothing but its picture
        raise ValueError(kind)
    at, texts = 8, []
    for _ in range(3):
        (length,) = struct.unpack_from("<I", data, at)
        texts.append(data[at + 4 : at + 4 + length].rstrip(b"\0").decode("gb18030", "replace"))
        at += 4 + length
    (size,) = struct.unpack_from("<I", data, at)
    return texts[0], size, at + 4


# --- what Word 2003's XML holds -----------------------------------------------------------------------------


def in_word_xml(data: bytes) -> Embedded:
    """Objects in a flat XML document aren't taken out: it is only told that they are there."""
    marks = (b"oledata.mso", b"docOleData", b"/embeddings/")
    return Embedded(unread=("OLE",)) if any(one in data for one in marks) else Embedded()

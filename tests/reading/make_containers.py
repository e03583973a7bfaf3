"""Containers that nothing free writes (RAR, winmail.dat, .msg) and .xlsb, by their published formats; for tests."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Files = Sequence[tuple[str, bytes]]


# --- RAR: stored, not compressed -------------------------------------------------------------------------


def rar5(files: Files, encrypted: Sequence[str] = (), main_flags: int = 0) -> bytes:
    """A RAR 5 archive; ``main_flags=1`` marks it as one of several volumes."""
    archive = b"Rar!\x1a\x07\x01\x00" + _rar5_block(_seven(1) + _seven(0) + _seven(main_flags))
    for name, data in files:
        extra = b""
        if name in encrypted:
            record = _seven(1) + _seven(0) + _seven(0) + bytes([15]) + b"salt" * 4 + b"init" * 4
            extra = _seven(len(record)) + record
        sizes = (_seven(len(extra)) if extra else b"") + _seven(len(data))
        sum_ = struct.pack("<I", zlib.crc32(data))
        written = name.encode()
        fields = (
            _seven(4) + _seven(len(data)) + _seven(0x20) + sum_ + _seven(0) + _seven(0) + _seven(len(written))
        )
        archive += (
            _rar5_block(_seven(2) + _seven(3 if extra else 2) + sizes + fields + written + extra) + data
        )
    return archive + _rar5_block(_seven(5) + _seven(0) + _seven(0))


def rar5_with_encrypted_headers() -> bytes:
    """A RAR 5 archive that doesn't even show its files' names."""
    return b"Rar!\x1a\x07\x01\x00" + _rar5_block(
        _seven(4) + _seven(0) + _seven(0) + _seven(0) + b"\x0f" + b"s" * 16
    )


def _rar5_block(body: bytes) -> bytes:
    sized = _seven(len(body)) + body
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _seven(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = b""
    while True:
        number, low = number >> 7, number & 0x7F
        out += bytes([low | (0x80 if number else 0)])
        if not number:
            return out


def rar3(files: Files, encrypted: Sequence[str] = (), main_flags: int = 0, names: str = "gbk") -> bytes:
    """An older RAR archive, names as Windows in Chinese writes them; ``main_flags=1``: one of several volumes."""
    archive = b"Rar!\x1a\x07\x00" + _rar3_block(0x73, main_flags, b"\0" * 6)
    for name, data in files:
        written = name.encode(names)
        sizes = struct.pack(
            "<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0x58210020, 20, 0x30, len(written), 0x20
        )
        archive += _rar3_block(0x74, 0x8000 | (4 if name in encrypted else 0), sizes + written) + data
    return archive + _rar3_block(0x7B, 0x4000, b"")


def _rar3_block(kind: int, flags: int, fields: bytes) -> bytes:
    body = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


# --- winmail.dat -----------------------------------------------------------------------------------------


def winmail(files: Files, names: str = "gbk", html: str = "") -> bytes:
    """What Outlook puts into a winmail.dat, in the code page of Windows in Chinese."""
    parts = [
        _attribute(1, 0x89006, struct.pack("<I", 0x10000)),
        _attribute(1, 0x69007, struct.pack("<II", 936, 0)),
    ]
    if html:
        page = html.encode("utf-8")
        parts.append(_attribute(1, 0x69003, _mapi({0x10130102: page, 0x3FDE0003: 65001})))
    for name, data in files:
        written = name.encode(names) + b"\0"
        short = f"FILE{len(parts)}~1.DAT".encode() + b"\0"
        parts += [
            _attribute(2, 0x69002, b"\0" * 14),
            _attribute(2, 0x18010, short),
            _attribute(2, 0x6800F, data),
            _attribute(2, 0x69005, _mapi({0x3707001E: written})),
        ]
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(parts)


def _attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _mapi(properties: Mapping[int, Any]) -> bytes:
    out = struct.pack("<I", len(properties))
    for tag, value in properties.items():
        swapped = struct.pack("<HH", tag & 0xFFFF, tag >> 16)
        if isinstance(value, int):
            out += swapped + struct.pack("<I", value)
        else:
            out += swapped + struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return out


# --- .msg ------------------------------------------------------------------------------------------------


@dataclass
class Storage:
    """A folder of a compound file."""

    streams: dict[str, bytes] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)


def msg(
    subject: str,
    text: str = "",
    html: str = "",
    files: Files = (),
    attached: Storage | None = None,
    codepage: int = 0,
    headers: str = "",
    charset: str = "gb18030",
) -> Storage:
    """A message as Outlook saves it; with a code page its text is in that, else in UTF-16.

    ``compound(msg(…))`` are the file's bytes; ``attached`` is another message in it.
    """
    message = Storage()
    said: dict[int, Any] = {0x0037: subject, 0x1000: text, 0x001A: "IPM.Note"}
    if headers:
        said[0x007D] = headers
    if html:
        said[0x1013] = html.encode("gb18030")
        said[0x3FDE] = 54936
    _say(message, said, b"\0" * 32, charset if codepage else "")
    for number, (name, data) in enumerate(files):
        one = Storage()
        _say(one, {0x3707: name, 0x3701: data, 0x3705: 1}, b"\0" * 8, charset if codepage else "")
        message.storages[f"__attach_version1.0_#{number:08X}"] = one
    if attached is not None:
        one = Storage(storages={"__substg1.0_3701000D": _embedded(attached)})
        _say(one, {0x3001: "原邮件", 0x3705: 5}, b"\0" * 8, charset if codepage else "")
        message.storages[f"__attach_version1.0_#{len(files):08X}"] = one
    return message


def name_codepage(message: Storage, number: int, codepage: int) -> None:
    """Let a message name a code page, whatever it is in; 0: none."""
    if codepage:
        message.streams["__properties_version1.0"] += struct.pack("<HHIII", 3, number, 6, codepage, 0)


def _embedded(message: Storage) -> Storage:
    properties = message.streams["__properties_version1.0"]
    streams = {**message.streams, "__properties_version1.0": properties[:24] + properties[32:]}
    return Storage(streams, message.storages)


def _say(storage: Storage, said: Mapping[int, Any], head: bytes, charset: str) -> None:
    properties = head
    for number, value in sorted(said.items()):
        if isinstance(value, int):
            properties += struct.pack("<HHIII", 3, number, 6, value, 0)
            continue
        if isinstance(value, str):
            kind = 0x1E if charset else 0x1F
            value = value.encode(charset or "utf-16-le")
        else:
            kind = 0x102
        storage.streams[f"__substg1.0_{number:04X}{kind:04X}"] = value
        properties += struct.pack("<HHIII", kind, number, 6, len(value), 0)
    storage.streams["__properties_version1.0"] = properties


END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


@dataclass
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    child: int = FREE
    right: int = FREE
    start: int = END


def compound(root: Storage) -> bytes:
    """A compound file ([MS-CFB]) of sectors of 512 bytes."""
    entries = [_Entry("Root Entry", 5)]
    _enter(root, entries, entries[0])
    table: list[int] = []
    sectors: list[bytes] = []

    def chained(data: bytes) -> int:
        count = -(-len(data) // 512)
        first = len(sectors)
        sectors.extend(data[at * 512 : at * 512 + 512].ljust(512, b"\0") for at in range(count))
        table.extend([*range(first + 1, first + count), END][:count])
        return first if count else END

    small, small_table = b"", []
    for entry in entries[1:]:
        if len(entry.data) >= 4096:
            entry.start = chained(entry.data)
        elif entry.data:
            count, first = -(-len(entry.data) // 64), len(small_table)
            entry.start = first
            small_table += [*range(first + 1, first + count), END]
            small += entry.data.ljust(64 * count, b"\0")
    entries[0].data = small
    entries[0].start = chained(small)
    small_fat = chained(
        struct.pack(f"<{len(small_table)}I", *small_table).ljust(-(-len(small_table) // 128) * 512, b"\xff")
    )
    directory = chained(b"".join(map(_entry, entries)))
    fats = 1
    while len(table) + fats > fats * 128:
        fats += 1
    table += [FAT] * fats
    table += [FREE] * (fats * 128 - len(table))
    first_fat = len(sectors)
    sectors += [struct.pack("<128I", *table[at * 128 : at * 128 + 128]) for at in range(fats)]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack(
        "<IIIIIIIII", 0, fats, directory, 0, 4096, small_fat, -(-len(small_table) // 128), END, 0
    )
    places = [first_fat + at for at in range(fats)]
    return head + struct.pack("<109I", *places, *[FREE] * (109 - fats)) + b"".join(sectors)


def _enter(storage: Storage, entries: list[_Entry], parent: _Entry) -> None:
    last: _Entry | None = None
    inside = [*((name, data) for name, data in storage.streams.items()), *storage.storages.items()]
    for name, one in sorted(inside, key=lambda pair: (len(pair[0]), pair[0].upper())):
        entry = _Entry(name, 2, one) if isinstance(one, bytes) else _Entry(name, 1)
        number = len(entries)
        entries.append(entry)
        if last is None:
            parent.child = number
        else:
            last.right = number
        last = entry
        if isinstance(one, Storage):
            _enter(one, entries, entry)


def _entry(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")
    head = name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, entry.kind, 1)
    return head + struct.pack("<III36xIQ", FREE, entry.right, entry.child, entry.start, len(entry.data))


# --- .xlsb -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Formula:
    """A formula's tokens and its stored result."""

    tokens: bytes
    result: float


def xlsb(rows: Sequence[Sequence[Any]], formats: Sequence[str] = ("General", "0.0%")) -> bytes:
    """A binary workbook of one sheet; a cell is a text, a number, or a number and the index of its format."""
    sheet = (
        _record(129)
        + _record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1))
        + _record(145)
    )
    for number, row in enumerate(rows):
        sheet += _record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 0))
        for column, value in enumerate(row):
            value, style = value if isinstance(value, tuple) else (value, 0)
            place = struct.pack("<II", column, style)
            if isinstance(value, Formula):
                told = struct.pack("<dHI", value.result, 0, len(value.tokens)) + value.tokens
                sheet += _record(9, place + told + struct.pack("<I", 0))
            elif isinstance(value, str):
                sheet += _record(6, place + _wide(value))
            else:
                sheet += _record(5, place + struct.pack("<d", value))
    sheet += _record(146) + _record(130)
    listed = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Sheet1")
    book = _record(131) + _record(143) + _record(156, listed) + _record(144) + _record(132)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _relationships(("officeDocument", "xl/workbook.bin")))
        package.writestr("xl/workbook.bin", book)
        inside = _relationships(("worksheet", "worksheets/sheet1.bin"), ("styles", "styles.bin"))
        package.writestr("xl/_rels/workbook.bin.rels", inside)
        package.writestr("xl/worksheets/sheet1.bin", sheet)
        package.writestr("xl/styles.bin", _xlsb_styles(formats))
    return buffer.getvalue()


def _xlsb_styles(formats: Sequence[str]) -> bytes:
    own = [one for one in formats if one != "General"]
    codes = b"".join(_record(44, struct.pack("<H", 164 + at) + _wide(one)) for at, one in enumerate(own))
    ids = [0 if one == "General" else 164 + own.index(one) for one in formats]
    font = struct.pack("<HHHHBBBB", 220, 0, 400, 0, 0, 0, 0, 0) + b"\0" * 9 + _wide("Arial")
    return (
        _record(278)
        + _counted(615, len(own), codes, 616)
        + _counted(611, 1, _record(43, font), 612)
        + _counted(603, 1, _record(45, b"\0" * 68), 604)
        + _counted(613, 1, _record(46, b"\0" * 51), 614)
        + _counted(626, 1, _xf(0xFFFF, 0), 627)
        + _counted(617, len(ids), b"".join(_xf(0, one) for one in ids), 618)
        + _record(279)
    )


def _xf(parent: int, code: int) -> bytes:
    return _record(47, struct.pack("<HHHHHBBHBB", parent, code, 0, 0, 0, 0, 0, 0, 0, 0))


def _counted(begin: int, count: int, inside: bytes, end: int) -> bytes:
    return _record(begin, struct.pack("<I", count)) + inside + _record(end)


def _record(kind: int, data: bytes = b"") -> bytes:
    return (
        (bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])) + _seven(len(data)) + data
    )


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Override PartName="/xl/worksheets/sheet1.bin" ContentType="application/vnd.ms-excel.worksheet"/>'
    '<Override PartName="/xl/styles.bin" ContentType="application/vnd.ms-excel.styles"/></Types>'
)


def _relationships(*targets: tuple[str, str]) -> str:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    inside = "".join(
        f'<Relationship Id="rId{at}" Type="{kind}/{name}" Target="{target}"/>'
        for at, (name, target) in enumerate(targets, 1)
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'

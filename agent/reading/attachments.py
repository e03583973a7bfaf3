"""What a file is, by its content and not by its suffix, and what is inside a zip.

Knows the beginnings of many formats, also of those that nothing here can read yet, so that its sender can be
told what to send instead.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Literal

from agent.errors import Unreadable
from agent.reading.formats.limits import MEGABYTE, Budget
from agent.reading.formats.refusals import damaged, empty, not_supported, too_large

FileType = Literal[
    "xlsx",
    "xls",
    "ods",
    "odt",
    "docx",
    "html",
    "mht",
    "csv",
    "text",
    "zip",
    "message",
    "picture",
    "vector",
    "card",
    "encrypted",
    "unsupported",
]
"""What a file is; ``vector`` is a drawing without pixels, ``card`` a visiting card, calendar or signature."""

USE_WORD_OR_EXCEL = "请用 WPS 打开后另存为 .docx 或 .xlsx 再发送。"
USE_ZIP = "请改用 .zip 压缩，或者不压缩、直接作为附件发送。"
USE_JPEG = "请转存为 .jpg 再发送。"

UNSUPPORTED: dict[str, tuple[str, str]] = {
    "doc": ("旧版 Word 文档（.doc 或 .wps）", USE_WORD_OR_EXCEL),
    "rtf": ("RTF 文档", USE_WORD_OR_EXCEL),
    "word-xml": ("Word 2003 XML 文档", USE_WORD_OR_EXCEL),
    "excel-xml": ("Excel 2003 XML 表格", USE_WORD_OR_EXCEL),
    "xlsb": ("二进制 Excel 工作簿（.xlsb）", USE_WORD_OR_EXCEL),
    "ofd": ("OFD 文件", "统计表请发 Word（.docx）或 Excel（.xlsx）文件。"),
    "pdf": ("PDF 文件", "统计表请发 Word（.docx）或 Excel（.xlsx）文件，文字材料请发 .docx。"),
    "rar": ("RAR 压缩包", USE_ZIP),
    "7z": ("7z 压缩包", USE_ZIP),
    "gzip": ("gzip 或 tar 压缩包", USE_ZIP),
    "tnef": ("Outlook 的 winmail.dat", "请把邮件格式改为“HTML”或“纯文本”后重新发送附件。"),
    "msg": ("Outlook 邮件文件（.msg）", "请直接转发原邮件，或者把里面的附件另存后发送。"),
    "heic": ("HEIC 格式的照片", USE_JPEG),
    "presentation": ("演示文稿", "统计表请发 .docx 或 .xlsx，文字材料请发 .docx，照片请发 .jpg。"),
    "media": ("视频或音频", "照片请发 .jpg，文字材料请发 .docx。"),
    "link": ("快捷方式，文件本身不在里面", "请发送文件本身。"),
    "unknown": ("无法识别的文件", "统计表请发 .docx 或 .xlsx，文字材料请发 .docx，照片请发 .jpg。"),
}

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "gzip"),
    (b"\xfd7zXZ\x00", "gzip"),
    (b"\x78\x9f\x3e\x22", "tnef"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "link"),
    (b"[InternetShortcut]", "link"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"\x1aE\xdf\xa3", "media"),
    (b"FLV\x01", "media"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "media"),
)
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*", b"BM")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (
    b"\x09\x08\x10\x00",
    b"\x09\x08\x08\x00",
    b"\x09\x04\x06\x00",
    b"\x09\x02\x06\x00",
    b"\x09\x00\x04\x00",
)
_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|div|style|title|center|p|font|span)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEADERS = re.compile(
    rb"^(received|return-path|message-id|mime-version|from|to|subject|date|content-type|x-[\w-]+|delivered-to)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_STRONG_HEADERS = frozenset((b"received", b"return-path", b"message-id", b"mime-version", b"delivered-to"))
_FIELD_LINE = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:From \S[^\n]*\n)?[!-9;-~]+[ \t]*:")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file is; ``what`` names the format that can't be read, a key of UNSUPPORTED."""

    type: FileType
    what: str = ""


def sniff(name: str, data: bytes) -> Sniffed:
    """What the bytes are. The name decides only between kinds of plain text.

    Raises:
        Unreadable: no bytes at all.
    """
    if not data:
        raise empty()
    if data.startswith(_OLE):
        return _ole(data)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zipped(data)
    return _by_beginning(data) or _by_text(name.lower(), data)


def _by_beginning(data: bytes) -> Sniffed | None:
    for beginning, what in _BEGINNINGS:
        if data.startswith(beginning):
            return Sniffed("unsupported", what)
    if data.startswith(_PICTURES[:-1]) or (data[:2] == b"BM" and data[6:10] == b"\0\0\0\0"):
        return Sniffed("picture")
    if data[:4] == b"RIFF":
        return Sniffed("picture") if data[8:12] == b"WEBP" else Sniffed("unsupported", "media")
    if data[4:8] == b"ftyp":
        return Sniffed("unsupported", "heic" if data[8:12] in _HEIC else "media")
    if data.startswith(_BIFF):
        return Sniffed("xls")
    if data[40:44] == b" EMF" or data.startswith((b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00")):
        return Sniffed("vector")
    return None


_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")


def _by_text(name: str, data: bytes) -> Sniffed:
    """Plain text of some kind, or nothing known."""
    head = data[:4096]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = data[:8192].decode("utf-16", "ignore").encode()
    elif b"\0" in head:
        return (
            Sniffed("card") if name.endswith((".p7s", ".p7m", ".sig")) else Sniffed("unsupported", "unknown")
        )
    if name.endswith((".p7s", ".sig", ".asc")):
        return Sniffed("card")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper().startswith((b"BEGIN:VCARD", b"BEGIN:VCALENDAR")):
        return Sniffed("card")
    if b"schemas-microsoft-com:office:spreadsheet" in head and b"<?xml" in head:
        return Sniffed("unsupported", "excel-xml")
    if (
        b"schemas.microsoft.com/office/word/2003/wordml" in head
        or b"schemas.microsoft.com/office/2006/xmlPackage" in head
    ):
        return Sniffed("unsupported", "word-xml")
    if b"<svg" in head and b"<html" not in head.lower():
        return Sniffed("vector")
    if _HTML.match(head) or (name.endswith((".html", ".htm")) and b"<" in head):
        return Sniffed("html")
    if _FIELD_LINE.match(head):
        mail = _mail(name, head)
        if mail is not None:
            return mail
    if name.endswith((".csv", ".tsv")):
        return Sniffed("csv")
    return Sniffed("text") if _is_text(data) else Sniffed("unsupported", "unknown")


def _mail(name: str, head: bytes) -> Sniffed | None:
    block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    found = {match[1].lower() for match in _HEADERS.finditer(block)}
    web_archive = name.endswith((".mht", ".mhtml")) or b"multipart/related" in block
    if web_archive and b"mime-version" in found and not found & {b"to", b"received"}:
        return Sniffed("mht")
    if (name.endswith(".eml") and found) or (len(found) >= 3 and found & _STRONG_HEADERS):
        return Sniffed("message")
    return None


def _is_text(data: bytes) -> bool:
    """No control characters, and UTF-8, UTF-16 or GB18030 throughout."""
    from agent.reading.formats.text import decode

    try:
        text = decode(data)
    except Unreadable:
        return False
    odd = sum(
        1
        for one in text[:20_000]
        if unicodedata.category(one) in ("Cc", "Co", "Cn") and one not in "\t\n\f\v\x1a"
    )
    return odd * 100 <= len(text[:20_000])


# --- OLE and zip: several formats under one beginning ----------------------------------------------------


def _ole(data: bytes) -> Sniffed:
    """Which program wrote a compound file: by the streams that stand at its root."""
    names = _root_names(data)
    if "EncryptedPackage" in names or "EncryptionInfo" in names:
        return Sniffed("encrypted")
    if "WordDocument" in names:
        return Sniffed("unsupported", "doc")
    if names & {"Workbook", "Book", "WORKBOOK", "BOOK"}:
        return Sniffed("xls")
    if any(name.startswith("__substg1.0_") or name.startswith("__properties") for name in names):
        return Sniffed("unsupported", "msg")
    if "PowerPoint Document" in names:
        return Sniffed("unsupported", "presentation")
    return Sniffed("unsupported", "unknown")


def _root_names(data: bytes) -> frozenset[str]:
    from xlrd.compdoc import CompDoc, CompDocError

    try:
        entries = CompDoc(data, logfile=io.StringIO()).dirlist
    except (
        CompDocError,
        IndexError,
        struct.error,
        RecursionError,
        ValueError,
        AssertionError,
        MemoryError,
    ) as error:
        raise damaged() from error
    return frozenset(entry.name for entry in entries if entry.parent == 0 and entry.etype in (1, 2))


def _zipped(data: bytes) -> Sniffed:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.replace("\\", "/").lstrip("/") for name in archive.namelist()}
            mimetype = _mimetype(archive) if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged() from error
    if "OFD.xml" in names:
        return Sniffed("unsupported", "ofd")
    if b"opendocument.spreadsheet" in mimetype:
        return Sniffed("ods")
    if b"opendocument" in mimetype:
        return Sniffed("odt") if b".text" in mimetype else Sniffed("unsupported", "unknown")
    if "[Content_Types].xml" in names:
        return _office(names)
    return Sniffed("zip")


def _mimetype(archive: zipfile.ZipFile) -> bytes:
    try:
        with archive.open("mimetype") as stored:
            return stored.read(200)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, KeyError, zlib.error):
        return b""


def _office(names: set[str]) -> Sniffed:
    if "xl/workbook.bin" in names:
        return Sniffed("unsupported", "xlsb")
    if any(name.startswith("xl/") for name in names):
        return Sniffed("xlsx")
    if any(name.startswith("ppt/") for name in names):
        return Sniffed("unsupported", "presentation")
    return Sniffed("docx")


# --- archives --------------------------------------------------------------------------------------------

_IGNORED = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._|~\$|\.~|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE
)
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field: the name in UTF-8, beside whatever stands in the old one
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its cleaned path, and its bytes, or why there are none."""

    name: str
    data: bytes = field(repr=False, default=b"")
    refusal: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive's files, and whether some of them are behind a password."""

    members: tuple[Member, ...]
    encrypted: bool = False


def unpack_zip(data: bytes, budget: Budget) -> Unpacked:
    """What is inside a zip, without what the systems put there for themselves.

    Raises:
        Unreadable: damaged, or over the budget as a whole.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise damaged() from error
    infos = [(member_name(info), info) for info in archive.infolist() if not info.is_dir()]
    infos = [(name, info) for name, info in infos if not _IGNORED.search(name)]
    budget.spend_members(len(infos))
    open_ones = [(name, info) for name, info in infos if not info.flag_bits & _ENCRYPTED]
    sizes = [info.file_size for _, info in open_ones if info.file_size <= budget.limits.file_bytes]
    budget.spend_bytes(sum(sizes))
    members = tuple(_member(archive, name, info, budget) for name, info in open_ones)
    return Unpacked(members, encrypted=len(open_ones) < len(infos))


def _member(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo, budget: Budget) -> Member:
    most = budget.limits.file_bytes
    if info.file_size > most:
        return Member(name, refusal=too_large(f"超过 {most // MEGABYTE} MB"))
    try:
        return Member(name, archive.read(info))
    except _DAMAGE:
        return Member(name, refusal=damaged())


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's path: what Windows in Chinese wrote as GBK read as such, and nothing that leads outside."""
    return clean_path(_unicode_path(info) or _decoded_name(info))


def _decoded_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    for name in ("utf-8", "gb18030"):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _unicode_path(info: zipfile.ZipInfo) -> str | None:
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH and length > 5 and extra[4] == 1:
            try:
                return extra[9 : 4 + length].decode("utf-8")
            except UnicodeDecodeError:
                return None
        extra = extra[4 + length :]
    return None


def clean_path(name: str) -> str:
    """A path with forward slashes, relative, without dots, drive letters and control characters."""
    name = "".join(one for one in name if unicodedata.category(one) not in ("Cc", "Cf", "Cs"))
    parts = [part.strip() for part in re.split(r"[/\\]", re.sub(r"^[A-Za-z]:", "", name))]
    return "/".join(part for part in parts if part not in ("", ".", "..")) or "未命名"


def refusal_of(what: str) -> Unreadable:
    """Why a format that is known and can't be read isn't: what it is, and what to send instead."""
    return not_supported(*UNSUPPORTED[what])

"""What a file is, by its content and not by its suffix.

Knows the beginnings of many formats, also of those that nothing here can read, so that its sender can be told what
to send instead.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from typing import Literal

from agent.base.cms import kind_of, signed_content
from agent.base.errors import Unreadable
from agent.base.mimewrapped import is_resource_fork
from agent.reading.containers.tar import is_tar
from agent.reading.refusals import USE_JPEG, damaged, empty, not_supported, too_large

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
    "doc",
    "rtf",
    "word-xml",
    "excel-xml",
    "xlsb",
    "pdf",
    "zip",
    "rar",
    "7z",
    "tar",
    "tnef",
    "msg",
    "message",
    "picture",
    "vector",
    "card",
    "encrypted",
    "unsupported",
]
"""What a file is; ``vector`` is a drawing without pixels, ``card`` a visiting card, calendar, signature or what a Mac
keeps beside a file."""

UNSUPPORTED: dict[str, tuple[str, str]] = {
    "ofd": (
        "OFD 版式文件",
        "请在 WPS 里打开编辑前的原文件，另存为 Word（.docx）或 Excel（.xlsx）后发送；只有 OFD 的，请另存为 PDF 后发送。",
    ),
    "avif": ("AVIF 格式的照片", USE_JPEG),
    "presentation": ("演示文稿", "统计表请发 .docx 或 .xlsx，文字材料请发 .docx，照片请发 .jpg。"),
    "enciphered": ("加密的邮件内容，只有持有密钥的人能打开", "请不加密重新发送（只签名不影响读取）。"),
    "binhex": ("旧式苹果编码（BinHex）的文件", "请作为普通附件重新发送。"),
    "media": ("视频或音频", "不必重发；照片请发 .jpg，文字材料请发 .docx。"),
    "link": ("快捷方式，文件本身不在里面", "请发送文件本身。"),
    "unknown": ("无法识别的文件", "统计表请发 .docx 或 .xlsx，文字材料请发 .docx，照片请发 .jpg。"),
}

_BEGINNINGS: tuple[tuple[bytes, FileType, str], ...] = (
    (b"%PDF-", "pdf", ""),
    (b"{\\rt", "rtf", ""),
    (b"Rar!\x1a\x07", "rar", ""),
    (b"7z\xbc\xaf\x27\x1c", "7z", ""),
    (b"\x1f\x8b", "tar", ""),
    (b"BZh", "tar", ""),
    (b"\xfd7zXZ\x00", "tar", ""),
    (b"\x78\x9f\x3e\x22", "tnef", ""),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "unsupported", "link"),
    (b"[InternetShortcut]", "unsupported", "link"),
    (b"ID3", "unsupported", "media"),
    (b"OggS", "unsupported", "media"),
    (b"\x1aE\xdf\xa3", "unsupported", "media"),
    (b"FLV\x01", "unsupported", "media"),
    (b"(This file must be converted with BinHex", "unsupported", "binhex"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "unsupported", "media"),
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
_ENCODED_FILE = re.compile(rb"\A\s*begin(?:-base64)? [0-7]{3,4} [^\r\n]{1,255}\r?\n[ -z]{1,100}\r?\n")
_FIELD_LINE = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:From \S[^\n]*\n)?[!-9;-~]+[ \t]*:")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file is; ``what`` names the format that can't be read, a key of UNSUPPORTED.

    ``macros``: there is a program in it, which nobody runs here.
    """

    type: FileType
    what: str = ""
    macros: bool = False


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
    return _by_beginning(data) or _signed_or_enciphered(name.lower(), data) or _by_text(name.lower(), data)


def _by_beginning(data: bytes) -> Sniffed | None:
    for beginning, kind, what in _BEGINNINGS:
        if data.startswith(beginning):
            return Sniffed(kind, what)
    if data.startswith(_PICTURES[:-1]) or (data[:2] == b"BM" and data[6:10] == b"\0\0\0\0"):
        return Sniffed("picture")
    if data[:4] == b"RIFF":
        return Sniffed("picture") if data[8:12] == b"WEBP" else Sniffed("unsupported", "media")
    if data[4:8] == b"ftyp":
        return _boxed(data[8:12])
    if data.startswith(_BIFF):
        return Sniffed("xls")
    if data[40:44] == b" EMF" or data.startswith((b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00")):
        return Sniffed("vector")
    if is_resource_fork(data):
        return Sniffed("card")
    return Sniffed("tar") if is_tar(data[:512]) else None


def _signed_or_enciphered(name: str, data: bytes) -> Sniffed | None:
    """S/MIME and PGP: a signature, a mail that is signed, or one that nobody opens without the key."""
    kind = kind_of(data) if data[:1] == b"0" else None
    if kind == "enveloped" or data[:200].lstrip().startswith(b"-----BEGIN PGP MESSAGE-----"):
        return Sniffed("unsupported", "enciphered")
    if kind == "signed" and signed_content(data):
        return Sniffed("message")
    of_no_kind = name.endswith((*_SIGNATURES, ".bin", ".dat")) or "." not in name
    return Sniffed("card") if kind == "signed" and of_no_kind else None


_SIGNATURES = (".p7s", ".p7m", ".sig")


_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def _boxed(brand: bytes) -> Sniffed:
    """Photos and films share one kind of file; its brand tells which it is."""
    if brand in _HEIC:
        return Sniffed("picture")
    return Sniffed("unsupported", "avif" if brand == b"avif" else "media")


def _by_text(name: str, data: bytes) -> Sniffed:
    """Plain text of some kind, or nothing known."""
    head = data[:4096]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = data[:8192].decode("utf-16", "ignore").encode()
    elif b"\0" in head:
        return Sniffed("card") if name.endswith((".p7s", ".sig")) else Sniffed("unsupported", "unknown")
    if name.endswith((".p7s", ".sig", ".asc")):
        return Sniffed("card")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper().startswith((b"BEGIN:VCARD", b"BEGIN:VCALENDAR")):
        return Sniffed("card")
    if b"schemas-microsoft-com:office:spreadsheet" in head and b"<?xml" in head:
        return Sniffed("excel-xml")
    if (
        b"schemas.microsoft.com/office/word/2003/wordml" in head
        or b"schemas.microsoft.com/office/2006/xmlPackage" in head
    ):
        return Sniffed("word-xml")
    if b"<svg" in head and b"<html" not in head.lower():
        return Sniffed("vector")
    if _HTML.match(head) or (name.endswith((".html", ".htm")) and b"<" in head):
        return Sniffed("html")
    if _ENCODED_FILE.match(head):
        return Sniffed("message")  # its text is the file, as in a mail
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
    macros = bool(names & {"Macros", "_VBA_PROJECT_CUR"})
    if "WordDocument" in names:
        return Sniffed("doc", macros=macros)
    if names & {"Workbook", "Book", "WORKBOOK", "BOOK"}:
        return Sniffed("xls", macros=macros)
    if any(name.startswith("__substg1.0_") or name.startswith("__properties") for name in names):
        return Sniffed("msg")
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


LONGEST_DIRECTORY = (
    2 * 1024 * 1024
)  # bytes: of 10,000 files with long names; each costs memory and time to list


def _directory_size(data: bytes) -> int:
    """How long a zip says that the list at its end is, in the small zip's place for it or the large one's."""
    at, large = data.rfind(b"PK\x05\x06"), data.rfind(b"PK\x06\x06")
    small = struct.unpack_from("<I", data, at + 12)[0] if 0 <= at <= len(data) - 16 else 0
    if small == 0xFFFFFFFF and 0 <= large <= len(data) - 48:
        return int(struct.unpack_from("<Q", data, large + 40)[0])
    return int(small)


def _zipped(data: bytes) -> Sniffed:
    if LONGEST_DIRECTORY < _directory_size(data) <= len(data):
        raise too_large("里面的文件太多")
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
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    if "xl/workbook.bin" in names:
        return Sniffed("xlsb", macros=macros)
    if any(name.startswith("xl/") for name in names):
        return Sniffed("xlsx", macros=macros)
    if any(name.startswith("ppt/") for name in names):
        return Sniffed("unsupported", "presentation")
    return Sniffed("docx", macros=macros)


def refusal_of(what: str) -> Unreadable:
    """Why a format that is known and can't be read isn't: what it is, and what to send instead."""
    return not_supported(*UNSUPPORTED[what])

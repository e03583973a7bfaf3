"""Why a file can't be read, in words for its sender; the file's name is put in front where it is known."""

from __future__ import annotations

from agent.base.errors import Unreadable
from agent.base.findings import Finding
from agent.base.mime import Unread

USE_ZIP = "请改用 .zip 压缩，或者不压缩、直接作为附件发送。"
USE_JPEG = "请转存为 .jpg 再发送。"


def damaged() -> Unreadable:
    """The file is broken, cut short, or not what it claims to be."""
    return Unreadable("unreadable", "已损坏或不完整，无法读取。请在电脑上打开检查，用 WPS 另存后重新发送。")


def empty() -> Unreadable:
    """The file has no bytes at all."""
    return Unreadable("unreadable", "是空文件（0 字节）。请检查后重新发送。")


def encrypted() -> Unreadable:
    """The file asks for a password."""
    return Unreadable("encrypted", "设有密码，无法读取。请取消密码后重新发送。")


def too_large(what: str) -> Unreadable:
    """The file, or what is in it, is over a bound; ``what`` says which."""
    return Unreadable("too_large", f"{what}，没有读取。请删去无关内容、压缩图片，或者分成几封邮件发送。")


def too_deep(levels: int) -> Unreadable:
    """The file lies in so many archives or messages, one in the other, that nobody would find it."""
    return Unreadable(
        "too_large",
        f"在压缩包或邮件里套了 {levels} 层以上，没有读取。请把里面的文件取出来，直接作为附件发送，或者只压缩一层。",
    )


def not_supported(what: str, instead: str) -> Unreadable:
    """A known format without a reader: what it is, and what to send instead."""
    space = " " if what[:1].isascii() else ""
    return Unreadable("not_supported", f"是{space}{what}，目前还不能读取。{instead}")


def took_too_long() -> Unreadable:
    """The file keeps its reader busy for longer than any report should."""
    return Unreadable("too_large", "内容过于复杂，读取用时太久，没有读完。请删去无关内容，另存后重新发送。")


def took_too_much() -> Unreadable:
    """The file wants more memory than any report should."""
    return Unreadable(
        "too_large", "内容过于复杂，读取所需的内存太多，没有读完。请删去无关内容，另存后重新发送。"
    )


def without_program(what: str, program: str, instead: str) -> Unreadable:
    """A format that is read by a program or a package that this machine lacks."""
    return Unreadable("not_supported", f"是{what}，本机没有安装 {program}，无法读取。{instead}")


def some_encrypted() -> Unreadable:
    """A part of an archive asks for a password."""
    return Unreadable("encrypted", "里面有文件设有密码，无法读取。请取消密码后重新发送。")


def in_volumes() -> Unreadable:
    """One part of an archive that was split."""
    return Unreadable(
        "not_supported", "是分卷压缩包的一部分，无法单独读取。请不要分卷，改用 .zip 压缩后发送。"
    )


def nothing_inside() -> Unreadable:
    """An archive without files."""
    return Unreadable("unreadable", "里面没有文件。请检查后重新发送。")


def page_as_picture() -> Unreadable:
    """A picture of a page of paper, where the reader of writing in pictures isn't installed."""
    return Unreadable(
        "not_supported",
        "看起来是拍照或扫描的表格、文稿，目前还不能识别图片里的文字，也不计作工作照片。"
        "请发送 Word（.docx）或 Excel（.xlsx）文件。",
    )


def page_without_form() -> Unreadable:
    """A picture of a page on which there is neither the form nor text enough for a narrative."""
    return Unreadable(
        "unreadable",
        "看起来是拍照或扫描的文件，但没有认出统计表，文字也不足以作为开展情况，未计入报送材料。"
        "如是统计表，请把整张表放平、拍清楚后重新发送，或直接发送 Word（.docx）、Excel（.xlsx）文件。",
    )


def page_too_poor() -> Unreadable:
    """A picture of a page that leaves too much to guess."""
    return Unreadable(
        "unreadable",
        "拍得或扫得不够清楚，看不清上面的字和数。请把纸放平，在光线充足、不反光的地方对准后重拍，"
        "或用 200 dpi 以上扫描，发送原图；最好直接发送 Word（.docx）或 Excel（.xlsx）文件。",
    )


def scanned_pages(which: str) -> Unreadable:
    """Pages of a document (their numbers, listed) that are pictures of paper."""
    return Unreadable(
        "not_supported",
        f"第 {which} 页是扫描或拍照的表格、文稿，目前还不能识别图片里的文字。请发送 Word（.docx）或 Excel（.xlsx）文件。",
    )


def dynamic_form() -> Unreadable:
    """A PDF whose pages are made by Adobe's program while it is open: the file has only a page that says so."""
    return Unreadable(
        "not_supported",
        "是动态表单（XFA）PDF，内容只有 Adobe 的软件能显示，目前还不能读取。"
        "请用 Adobe 打开后打印成普通 PDF，或者发送 Word（.docx）、Excel（.xlsx）文件。",
    )


def table_without_lines() -> Unreadable:
    """A form whose labels are there and whose table can't be told: no ruled lines, or turned on its side."""
    return Unreadable(
        "not_supported",
        "里有统计表的栏目，但表格没有完整的框线，无法确定每个数属于哪一栏。请发送 Word（.docx）或 Excel（.xlsx）文件。",
    )


def in_fragments() -> Unreadable:
    """One piece of a mail that a program has sent in several (RFC 2046 section 5.2.2)."""
    return Unreadable(
        "not_supported",
        "只是一封邮件的一段：邮件程序把一封大邮件拆成了几段发送，单独一段无法读取。"
        "请作为一封完整的邮件重新发送（在邮件程序里关闭“拆分大邮件”，或者压缩照片、分几封邮件发附件）。",
    )


def kept_elsewhere() -> Unreadable:
    """A part that only says where its content lies (message/external-body)."""
    return Unreadable(
        "not_supported", "不在邮件里，邮件只写了它存放的地方，系统不去下载。请作为普通附件重新发送。"
    )


_UNREAD: dict[Unread, tuple[str, str]] = {
    "parts": ("too_large", "邮件里的部分太多，后面的没有读取。请只附统计表、文字材料和照片，重新发送。"),
    "text": (
        "too_large",
        "邮件正文太长，没有读取。请把统计表和文字材料作为附件（Word、Excel）发送，正文写几句话即可。",
    ),
    "page": (
        "too_large",
        "邮件正文的版式太大或太复杂，没有读取。请把统计表作为附件（Word、Excel）发送，正文写几句话即可。",
    ),
    "noise": (
        "unreadable",
        "邮件正文里有一段编码文字，可能是附件没有正确发出，无法读取。如有附件，请用普通附件的方式重新发送。",
    ),
    "enciphered": ("encrypted", "邮件正文是加密的，无法读取。请不加密重新发送（只签名不影响读取）。"),
}


def unread_finding(what: Unread, gained: bool) -> Finding:
    """What a mail's sender is told of a piece of it that wasn't read: a warning where the rest says enough."""
    rule, said = _UNREAD[what]
    return Finding("warning" if gained else "error", rule, said)

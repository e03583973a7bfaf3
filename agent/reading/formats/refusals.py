"""Why a file can't be read, in words for its sender; the file's name is put in front where it is known."""

from __future__ import annotations

from agent.errors import Unreadable


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


def not_supported(what: str, instead: str) -> Unreadable:
    """A known format without a reader: what it is, and what to send instead."""
    return Unreadable("not_supported", f"是{what}，目前还不能读取。{instead}")


def some_encrypted() -> Unreadable:
    """A part of an archive asks for a password."""
    return Unreadable("encrypted", "里面有文件设有密码，无法读取。请取消密码后重新发送。")


def page_as_picture() -> Unreadable:
    """A picture that looks like a page of paper; there is no reader for writing in pictures yet."""
    return Unreadable(
        "not_supported",
        "看起来是拍照或扫描的表格、文稿，目前还不能识别图片里的文字，也不计作工作照片。"
        "请发送 Word（.docx）或 Excel（.xlsx）文件。",
    )
